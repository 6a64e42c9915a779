// SPDX-License-Identifier: MIT
/** @fileoverview System call 5, open: a descriptor for the file at a path, which may be created. */
import { AT_FDCWD, startOf } from '../fs/names';
import { openFile } from '../fs/open';
import { failure, setError } from '../kernel/errno';
import { fetchText } from '../kernel/memory/user';

export function open(path: u64, flags: i32, mode: i32): i64 {
  const name = fetchText(path);
  return name == null ? setError(failure) : openFile(startOf(AT_FDCWD, name)!, name, flags, mode);
}
