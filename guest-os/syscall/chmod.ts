// SPDX-License-Identifier: MIT
/** @fileoverview System call 15, chmod: a file's permissions. */
import { AT_FDCWD } from '../fs/names';
import { fchmodat } from './fchmodat';

export function chmod(path: u64, mode: i32): i64 {
  return fchmodat(AT_FDCWD, path, mode, 0);
}
