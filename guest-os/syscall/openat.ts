// SPDX-License-Identifier: MIT
/** @fileoverview System call 68, openat: a descriptor for the file at a path from a directory on; O_XATTR: for an attribute of a file. */
import { O_XATTR } from '../fs/file';
import { describedBy, startOf } from '../fs/names';
import { openExtended, openFile } from '../fs/open';
import { failure, setError } from '../kernel/errno';
import { fetchText } from '../kernel/memory/user';

export function openat(directory: i32, path: u64, flags: i32, mode: i32): i64 {
  const name = fetchText(path);
  if (name == null) return setError(failure);
  if (flags & O_XATTR) {
    const file = describedBy(directory);
    return file ? openExtended(file, name, flags & ~O_XATTR, mode) : setError(failure);
  }
  const start = startOf(directory, name);
  return start ? openFile(start, name, flags, mode) : setError(failure);
}
