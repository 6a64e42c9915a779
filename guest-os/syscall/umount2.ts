// SPDX-License-Identifier: MIT
/** @fileoverview System call 255, umount2: takes away what is mounted on a path, or what was made of a special; MS_FORCE: though it is in use. */
import { AT_FDCWD, fileAt } from '../fs/names';
import { findMount, unmount } from '../fs/mount';
import { FileSystem } from '../fs/vnode';
import { EINVAL, EPERM, failure, setError } from '../kernel/errno';
import { PRIV_SYS_MOUNT } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { fetchText } from '../kernel/memory/user';

const MS_FORCE: i32 = 0x400;

export function umount2(path: u64, flags: i32): i64 {
  const credentials = currentProcess().credentials;
  if (!credentials.has(PRIV_SYS_MOUNT)) return setError(EPERM);
  if (flags & ~MS_FORCE) return setError(EINVAL);
  const name = fetchText(path);
  if (name == null) return setError(failure);
  let found: FileSystem | null = findMount(name, credentials.zoneid);
  if (!found) {
    const vnode = fileAt(AT_FDCWD, path, true);
    if (!vnode) return setError(failure);
    // What lies in a zone's root from the beginning is not the zone's own.
    if (vnode.covered && credentials.sees(vnode.fileSystem.zoneid)) found = vnode.fileSystem;
    vnode.release();
  }
  return found ? unmount(found, flags != 0) : setError(EINVAL);
}
