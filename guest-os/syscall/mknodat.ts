// SPDX-License-Identifier: MIT
/** @fileoverview System call 48, mknodat: as mknod, by a path from a directory on. */
import { makeNode } from '../fs/names';

export function mknodat(directory: i32, path: u64, mode: i32, device: u64): i64 {
  return makeNode(directory, path, mode, device);
}
