// SPDX-License-Identifier: MIT
/** @fileoverview System call 7, linkat: another name for a file, by paths from directories on. */
import { addName, AT_SYMLINK_FOLLOW } from '../fs/names';
import { EINVAL, setError } from '../kernel/errno';

export function linkat(directory: i32, path: u64, newDirectory: i32, newPath: u64, flags: i32): i64 {
  if (flags & ~AT_SYMLINK_FOLLOW) return setError(EINVAL);
  return addName(directory, path, newDirectory, newPath, flags != 0);
}
