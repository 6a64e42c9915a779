// SPDX-License-Identifier: MIT
/** @fileoverview System call 65, unlinkat: a name goes, by a path from a directory on; AT_REMOVEDIR: an empty directory's. */
import { AT_REMOVEDIR, removeName } from '../fs/names';
import { EINVAL, setError } from '../kernel/errno';

export function unlinkat(directory: i32, path: u64, flags: i32): i64 {
  return flags & ~AT_REMOVEDIR ? setError(EINVAL) : removeName(directory, path, flags != 0);
}
