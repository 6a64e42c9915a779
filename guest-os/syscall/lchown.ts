// SPDX-License-Identifier: MIT
/** @fileoverview System call 130, lchown: owner and group of a file, or of a symbolic link itself. */
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../fs/names';
import { fchownat } from './fchownat';

export function lchown(path: u64, uid: i32, gid: i32): i64 {
  return fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}
