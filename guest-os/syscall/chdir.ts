// SPDX-License-Identifier: MIT
/** @fileoverview System call 12, chdir: the current directory. */
import { Walk } from '../fs/lookup';
import { checkAccess, X_OK } from '../fs/policy';
import { ENOTDIR, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { fetchText } from '../kernel/memory/user';

export function chdir(path: u64): i64 {
  const process = currentProcess();
  const name = fetchText(path);
  if (name == null) return setError(failure);
  const vnode = new Walk(process.root!, process.credentials).find(process.directory!, name, true);
  if (!vnode) return setError(failure);
  const errno = vnode.isDirectory ? -checkAccess(vnode, X_OK, process.credentials) : ENOTDIR;
  if (errno) {
    vnode.release();
    return setError(errno);
  }
  process.directory!.release();
  process.directory = vnode;
  return 0;
}
