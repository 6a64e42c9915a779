// SPDX-License-Identifier: MIT
/** @fileoverview System call 10, unlink: a name goes, and the file with its last one. */
import { Walk } from '../fs/lookup';
import { EACCES, ENOTDIR, EPERM, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { fetchText } from '../kernel/user';

export function unlink(path: u64): i64 {
  const process = currentProcess();
  const name = fetchText(path);
  if (name == null) return setError(failure);
  const walk = new Walk(process.root!, process.credentials);
  const directory = walk.parent(process.directory!, name);
  if (!directory) return setError(failure);
  let error = 0;
  const last = walk.lastName;
  if (!directory.isDirectory) error = setError(ENOTDIR);
  else if (!last.length || last == '.' || last == '..') error = setError(EPERM);
  else if (!walk.mayChange(directory)) error = setError(EACCES);
  else error = walk.needsDirectory ? setError(ENOTDIR) : directory.remove(last);
  directory.release();
  return error;
}
