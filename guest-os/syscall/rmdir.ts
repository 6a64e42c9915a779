// SPDX-License-Identifier: MIT
/** @fileoverview System call 79, rmdir: an empty directory goes. */
import { Walk } from '../fs/lookup';
import { EACCES, EBUSY, EINVAL, ENOTDIR, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { fetchText } from '../kernel/user';

export function rmdir(path: u64): i64 {
  const process = currentProcess();
  const name = fetchText(path);
  if (name == null) return setError(failure);
  const walk = new Walk(process.root!, process.credentials);
  const directory = walk.parent(process.directory!, name);
  if (!directory) return setError(failure);
  const last = walk.lastName;
  let error = 0;
  if (!directory.isDirectory) error = setError(ENOTDIR);
  else if (!last.length) error = setError(EBUSY);
  else if (last == '.' || last == '..') error = setError(EINVAL);
  else if (!walk.mayChange(directory)) error = setError(EACCES);
  else {
    const vnode = directory.lookup(last);
    if (!vnode) error = setError(failure);
    else {
      error = vnode.mounted ? setError(EBUSY) : directory.removeDirectory(last);
      vnode.release();
    }
  }
  directory.release();
  return error;
}
