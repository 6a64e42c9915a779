// SPDX-License-Identifier: MIT
/** @fileoverview System call 80, mkdir: a new directory. */
import { AT_FDCWD, makeDirectory } from '../fs/names';

export function mkdir(path: u64, mode: i32): i64 {
  return makeDirectory(AT_FDCWD, path, mode);
}
