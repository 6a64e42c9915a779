// SPDX-License-Identifier: MIT
/** @fileoverview System call 61, chroot: another root directory for the process and its children. */
import { AT_FDCWD, fileAt } from '../fs/names';
import { ENOTDIR, EPERM, failure, setError } from '../kernel/errno';
import { PRIV_PROC_CHROOT } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';

export function chroot(path: u64): i64 {
  const process = currentProcess();
  const vnode = fileAt(AT_FDCWD, path, true);
  if (!vnode) return setError(failure);
  const errno = !vnode.isDirectory ? ENOTDIR : process.credentials.has(PRIV_PROC_CHROOT) ? 0 : EPERM;
  if (errno) {
    vnode.release();
    return setError(errno);
  }
  process.root!.release();
  process.root = vnode;
  return 0;
}
