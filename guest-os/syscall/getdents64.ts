// SPDX-License-Identifier: MIT
/** @fileoverview System call 213, getdents64: as getdents, for programs that ask for large files by name. */
import { getdents } from './getdents';

export function getdents64(descriptor: i32, to: u64, size: u64): i64 {
  return getdents(descriptor, to, size);
}
