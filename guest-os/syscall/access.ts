// SPDX-License-Identifier: MIT
/** @fileoverview System call 33, access: may the caller's real ids read, write, execute? */
import { AT_FDCWD } from '../fs/names';
import { faccessat } from './faccessat';

export function access(path: u64, wanted: i32): i64 {
  return faccessat(AT_FDCWD, path, wanted, 0);
}
