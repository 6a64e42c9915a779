// SPDX-License-Identifier: MIT
/** @fileoverview System call 15, chmod: a file's permissions. */
import { Walk } from '../fs/lookup';
import { EPERM, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { fetchText } from '../kernel/user';

export function chmod(path: u64, mode: i32): i64 {
  const process = currentProcess();
  const name = fetchText(path);
  if (name == null) return setError(failure);
  const vnode = new Walk(process.root!, process.credentials).find(process.directory!, name, true);
  if (!vnode) return setError(failure);
  const credentials = process.credentials;
  const allowed = credentials.isPrivileged || credentials.euid == vnode.attributes().uid;
  const error = allowed ? vnode.setMode(mode) : setError(EPERM);
  vnode.release();
  return error;
}
