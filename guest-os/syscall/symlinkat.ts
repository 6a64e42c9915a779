// SPDX-License-Identifier: MIT
/** @fileoverview System call 11, symlinkat: a symbolic link, by a path from a directory on. */
import { makeLink } from '../fs/names';

export function symlinkat(target: u64, directory: i32, path: u64): i64 {
  return makeLink(target, directory, path);
}
