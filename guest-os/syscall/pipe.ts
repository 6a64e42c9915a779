// SPDX-License-Identifier: MIT
/** @fileoverview System call 42, pipe: two descriptors of a new pipe, at a user's two ints. */
import { O_RDONLY, O_WRONLY, OpenFile } from '../fs/file';
import { Pipe } from '../fs/pipe';
import { ENOMEM, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { put32 } from '../kernel/user';

export function pipe(descriptors: u64): i64 {
  const process = currentProcess();
  const vnode = Pipe.create(null);
  if (!vnode) return setError(ENOMEM);
  vnode.hold();
  vnode.hold();
  vnode.opened(1, 1);
  const reader = new OpenFile(vnode, O_RDONLY);
  const writer = new OpenFile(vnode, O_WRONLY);
  const first = process.install(reader, 0, false);
  const second = first < 0 ? first : process.install(writer, 0, false);
  let error = min(second, 0);
  if (!error) error = put32(descriptors, first) | put32(descriptors + 4, second);
  if (!error) return 0;
  if (first >= 0) process.close(first);
  else reader.release();
  if (second >= 0) process.close(second);
  else writer.release();
  return error;
}
