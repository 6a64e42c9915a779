// SPDX-License-Identifier: MIT
/** @fileoverview System call 33, access: may the caller's real ids read, write, execute? */
import { Walk } from '../fs/lookup';
import { EACCES, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { fetchText } from '../kernel/user';

export function access(path: u64, wanted: i32): i64 {
  const process = currentProcess();
  const name = fetchText(path);
  if (name == null) return setError(failure);
  const real = process.credentials.copy();
  real.euid = real.uid;
  real.egid = real.gid;
  const vnode = new Walk(process.root!, real).find(process.directory!, name, true);
  if (!vnode) return setError(failure);
  const attributes = vnode.attributes();
  const allowed = real.permits(attributes.mode, attributes.uid, attributes.gid, wanted & 7);
  vnode.release();
  return allowed ? 0 : setError(EACCES);
}
