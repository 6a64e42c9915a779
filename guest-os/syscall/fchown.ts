// SPDX-License-Identifier: MIT
/** @fileoverview System call 94, fchown: an open file's owner and group. */
import { changeOwner } from '../fs/policy';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function fchown(descriptor: i32, uid: i32, gid: i32): i64 {
  const process = currentProcess();
  const file = process.file(descriptor);
  return file ? changeOwner(file.vnode, uid, gid, process.credentials) : setError(failure);
}
