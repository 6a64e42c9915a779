// SPDX-License-Identifier: MIT
/** @fileoverview System call 80, mkdir: a new directory. */
import { Walk } from '../fs/lookup';
import { S_IFDIR } from '../fs/vnode';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { fetchText } from '../kernel/user';

export function mkdir(path: u64, mode: i32): i64 {
  const process = currentProcess();
  const name = fetchText(path);
  if (name == null) return setError(failure);
  const walk = new Walk(process.root!, process.credentials);
  const directory = walk.place(process.directory!, name, true);
  if (!directory) return setError(failure);
  const made = directory.create(
    walk.lastName,
    S_IFDIR | (mode & 0o777 & ~process.umask),
    process.credentials.euid,
    process.credentials.egid,
  );
  directory.release();
  if (!made) return setError(failure);
  made.release();
  return 0;
}
