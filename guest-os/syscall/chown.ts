// SPDX-License-Identifier: MIT
/** @fileoverview System call 16, chown: a file's owner and group. */
import { AT_FDCWD } from '../fs/names';
import { fchownat } from './fchownat';

export function chown(path: u64, uid: i32, gid: i32): i64 {
  return fchownat(AT_FDCWD, path, uid, gid, 0);
}
