// SPDX-License-Identifier: MIT
/** @fileoverview System call 10, unlink: a name goes, and the file with its last one. */
import { AT_FDCWD, removeName } from '../fs/names';

export function unlink(path: u64): i64 {
  return removeName(AT_FDCWD, path, false);
}
