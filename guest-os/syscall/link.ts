// SPDX-License-Identifier: MIT
/** @fileoverview System call 9, link: another name for a file. */
import { Walk } from '../fs/lookup';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { fetchText } from '../kernel/user';

export function link(path: u64, newPath: u64): i64 {
  const process = currentProcess();
  const from = fetchText(path);
  if (from == null) return setError(failure);
  const to = fetchText(newPath);
  if (to == null) return setError(failure);
  const walk = new Walk(process.root!, process.credentials);
  const vnode = walk.find(process.directory!, from, false);
  if (!vnode) return setError(failure);
  const directory = walk.place(process.directory!, to, false);
  let error = setError(failure);
  if (directory) {
    error = directory.link(walk.lastName, vnode);
    directory.release();
  }
  vnode.release();
  return error;
}
