// SPDX-License-Identifier: MIT
/** @fileoverview System call 79, rmdir: an empty directory goes. */
import { AT_FDCWD, removeName } from '../fs/names';

export function rmdir(path: u64): i64 {
  return removeName(AT_FDCWD, path, true);
}
