// SPDX-License-Identifier: MIT
/** @fileoverview System call 142, forksys: a new process like this one: the child's id, 0 in the child. */
import { EINVAL, setError } from '../kernel/errno';
import { fork } from '../kernel/process';

/** All threads or one are the same while processes have one; a vfork that shares memory is not offered. */
export function forksys(subcode: i32, flags: i32): i64 {
  return (subcode == 0 || subcode == 1) && !flags ? fork() : setError(EINVAL);
}
