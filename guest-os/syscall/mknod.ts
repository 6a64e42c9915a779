// SPDX-License-Identifier: MIT
/** @fileoverview System call 14, mknod: a new file of a type; FIFOs and regular files, for devices have their places in /dev. */
import { Walk } from '../fs/lookup';
import { S_IFIFO, S_IFMT, S_IFREG } from '../fs/vnode';
import { EINVAL, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { fetchText } from '../kernel/user';

export function mknod(path: u64, mode: i32, device: u64): i64 {
  const type = mode & S_IFMT ? mode & S_IFMT : S_IFREG;
  if (type != S_IFIFO && type != S_IFREG) return setError(EINVAL);
  const process = currentProcess();
  const name = fetchText(path);
  if (name == null) return setError(failure);
  const walk = new Walk(process.root!, process.credentials);
  const directory = walk.place(process.directory!, name, false);
  if (!directory) return setError(failure);
  const permissions = mode & 0o7777 & ~process.umask;
  const made = directory.create(walk.lastName, type | permissions, process.credentials.euid, process.credentials.egid);
  directory.release();
  if (!made) return setError(failure);
  made.release();
  return 0;
}
