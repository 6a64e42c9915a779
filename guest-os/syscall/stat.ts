// SPDX-License-Identifier: MIT
/** @fileoverview System call 18, stat: what is known about the file at a path. */
import { AT_FDCWD } from '../fs/names';
import { fstatat } from './fstatat';

export function stat(path: u64, to: u64): i64 {
  return fstatat(AT_FDCWD, path, to, 0);
}
