// SPDX-License-Identifier: MIT
/** @fileoverview System call 9, link: another name for a file. */
import { addName, AT_FDCWD } from '../fs/names';

export function link(path: u64, newPath: u64): i64 {
  return addName(AT_FDCWD, path, AT_FDCWD, newPath, false);
}
