// SPDX-License-Identifier: MIT
/** @fileoverview System call 90, readlink: where a symbolic link points; no zero behind it. */
import { readlinkat } from './readlinkat';
import { AT_FDCWD } from '../fs/names';

export function readlink(path: u64, to: u64, size: u64): i64 {
  return readlinkat(AT_FDCWD, path, to, size);
}
