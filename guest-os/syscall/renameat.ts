// SPDX-License-Identifier: MIT
/** @fileoverview System call 64, renameat: as rename, by paths from directories on. */
import { renameAt } from '../fs/names';

export function renameat(directory: i32, from: u64, newDirectory: i32, to: u64): i64 {
  return renameAt(directory, from, newDirectory, to);
}
