// SPDX-License-Identifier: MIT
/** @fileoverview System call 89, symlink: a symbolic link. */
import { Walk } from '../fs/lookup';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { fetchText } from '../kernel/user';

export function symlink(target: u64, path: u64): i64 {
  const process = currentProcess();
  const text = fetchText(target);
  if (text == null) return setError(failure);
  const name = fetchText(path);
  if (name == null) return setError(failure);
  const walk = new Walk(process.root!, process.credentials);
  const directory = walk.place(process.directory!, name, false);
  if (!directory) return setError(failure);
  const error = directory.symlink(walk.lastName, text, process.credentials.euid, process.credentials.egid);
  directory.release();
  return error;
}
