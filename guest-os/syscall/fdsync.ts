// SPDX-License-Identifier: MIT
/** @fileoverview System call 58, fdsync: what was written to a file goes to stable storage; O_DSYNC: but for times and the like. */
import { O_DSYNC } from '../fs/file';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function fdsync(descriptor: i32, kind: i32): i64 {
  const file = currentProcess().file(descriptor);
  if (!file) return setError(failure);
  const error = file.vnode.putPages(0, 0);
  return error ? error : file.vnode.sync(kind == O_DSYNC);
}
