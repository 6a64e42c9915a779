// SPDX-License-Identifier: MIT
/** @fileoverview System call 200, facl: an open file's list of access, or how many entries it has; or another one for it. */
import { aclOf } from '../fs/aclCall';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function facl(descriptor: i32, command: i32, count: i32, entries: u64): i64 {
  const file = currentProcess().file(descriptor);
  return file ? aclOf(file.vnode, command, count, entries) : setError(failure);
}
