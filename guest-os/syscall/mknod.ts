// SPDX-License-Identifier: MIT
/** @fileoverview System call 14, mknod: a new file of any kind but a directory: a fifo, a device. */
import { AT_FDCWD, makeNode } from '../fs/names';

export function mknod(path: u64, mode: i32, device: u64): i64 {
  return makeNode(AT_FDCWD, path, mode, device);
}
