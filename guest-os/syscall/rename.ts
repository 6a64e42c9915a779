// SPDX-License-Identifier: MIT
/** @fileoverview System call 134, rename: another name for a file, which replaces what had it. */
import { Walk } from '../fs/lookup';
import { EACCES, EINVAL, ENOTDIR, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { fetchText } from '../kernel/user';

export function rename(from: u64, to: u64): i64 {
  const process = currentProcess();
  const old = fetchText(from);
  if (old == null) return setError(failure);
  const wanted = fetchText(to);
  if (wanted == null) return setError(failure);
  const source = new Walk(process.root!, process.credentials);
  const directory = source.parent(process.directory!, old);
  if (!directory) return setError(failure);
  const target = new Walk(process.root!, process.credentials);
  const toDirectory = target.parent(process.directory!, wanted);
  if (!toDirectory) {
    directory.release();
    return setError(failure);
  }
  let error = 0;
  if (!directory.isDirectory || !toDirectory.isDirectory) error = setError(ENOTDIR);
  else if (isSpecial(source.lastName) || isSpecial(target.lastName)) error = setError(EINVAL);
  else if (!source.mayChange(directory) || !target.mayChange(toDirectory)) error = setError(EACCES);
  else error = directory.rename(source.lastName, toDirectory, target.lastName);
  directory.release();
  toDirectory.release();
  return error;
}

function isSpecial(name: string): bool {
  return !name.length || name == '.' || name == '..';
}
