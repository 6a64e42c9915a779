// SPDX-License-Identifier: MIT
/** @fileoverview System call 45, faccessat: may the caller's real ids, or with AT_EACCESS its effective ones, read, write, execute? */
import { AT_EACCESS, fileFor } from '../fs/names';
import { checkAccess } from '../fs/policy';
import { EINVAL, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function faccessat(directory: i32, path: u64, wanted: i32, flags: i32): i64 {
  if (wanted & ~7 || flags & ~AT_EACCESS) return setError(EINVAL);
  let credentials = currentProcess().credentials;
  if (!flags) {
    credentials = credentials.copy();
    credentials.euid = credentials.uid;
    credentials.egid = credentials.gid;
  }
  const vnode = fileFor(credentials, directory, path, true);
  if (!vnode) return setError(failure);
  const error = checkAccess(vnode, wanted, credentials);
  vnode.release();
  return error;
}
