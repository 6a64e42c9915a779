// SPDX-License-Identifier: MIT
/** @fileoverview System call 229, getcwd: the current directory's path. */
import { pathOf } from '../fs/lookup';
import { ERANGE, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { copyOut, PATH_MAX, storeText } from '../kernel/memory/user';

const buffer = memory.data(1024);

export function getcwd(to: u64, size: u64): i64 {
  const process = currentProcess();
  const path = pathOf(process.directory!, process.root!);
  if (path == null) return setError(failure);
  if (<u64>path.length + 1 > size || path.length >= PATH_MAX) return setError(ERANGE);
  storeText(buffer, path);
  store<u8>(buffer + path.length, 0);
  return copyOut(to, buffer, path.length + 1);
}
