// SPDX-License-Identifier: MIT
/** @fileoverview System call 88, lstat: what is known about a file, or about a symbolic link itself. */
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../fs/names';
import { fstatat } from './fstatat';

export function lstat(path: u64, to: u64): i64 {
  return fstatat(AT_FDCWD, path, to, AT_SYMLINK_NOFOLLOW);
}
