// SPDX-License-Identifier: MIT
/** @fileoverview System call 102, mkdirat: a new directory, by a path from a directory on. */
import { makeDirectory } from '../fs/names';

export function mkdirat(directory: i32, path: u64, mode: i32): i64 {
  return makeDirectory(directory, path, mode);
}
