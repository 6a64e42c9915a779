// SPDX-License-Identifier: MIT
/** @fileoverview System call 134, rename: another name for a file, which replaces what had it. */
import { AT_FDCWD, renameAt } from '../fs/names';

export function rename(from: u64, to: u64): i64 {
  return renameAt(AT_FDCWD, from, AT_FDCWD, to);
}
