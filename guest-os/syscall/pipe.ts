// SPDX-License-Identifier: MIT
/** @fileoverview System call 42, pipe: two descriptors of a new pipe, at a user's two ints. Flags: O_CLOEXEC, O_NONBLOCK. */
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY, O_WRONLY, OpenFile } from '../fs/file';
import { Pipe } from '../fs/pipe';
import { EINVAL, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { put32 } from '../kernel/memory/user';

export function pipe(descriptors: u64, flags: i32): i64 {
  if (flags & ~(O_CLOEXEC | O_NONBLOCK)) return setError(EINVAL);
  const process = currentProcess();
  const vnode = Pipe.create(null);
  if (!vnode) return setError(failure);
  vnode.hold();
  vnode.hold();
  vnode.opened(1, 1);
  const reader = new OpenFile(vnode, O_RDONLY | (flags & O_NONBLOCK));
  const writer = new OpenFile(vnode, O_WRONLY | (flags & O_NONBLOCK));
  const closeOnExec = (flags & O_CLOEXEC) != 0;
  const first = process.install(reader, 0, closeOnExec);
  const second = first < 0 ? first : process.install(writer, 0, closeOnExec);
  let error = min(second, 0);
  if (!error) error = put32(descriptors, first) | put32(descriptors + 4, second);
  if (!error) return 0;
  if (first >= 0) process.close(first);
  else reader.release();
  if (second >= 0) process.close(second);
  else writer.release();
  return error;
}
