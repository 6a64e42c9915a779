// SPDX-License-Identifier: MIT
/** @fileoverview System call 88, lstat: as stat, of a symbolic link itself. */
import { statPath } from './stat';

export function lstat(path: u64, to: u64): i64 {
  return statPath(path, to, false);
}
