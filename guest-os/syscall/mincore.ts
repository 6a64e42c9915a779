// SPDX-License-Identifier: MIT
/** @fileoverview System call 114, mincore: a byte for each page of a range: is it there? */
import { EINVAL, ENOMEM, setError } from '../kernel/errno';
import { frameAt } from '../kernel/memory/hat';
import { currentProcess } from '../kernel/process/processes';
import { copyOut, isUser } from '../kernel/memory/user';

const bytes = memory.data(256);

export function mincore(at: u64, length: u64, to: u64): i64 {
  if (at & 4095 || !length) return setError(EINVAL);
  if (!isUser(at, length)) return setError(ENOMEM);
  const space = currentProcess().space!;
  const end = (at + length + 4095) & ~4095;
  if (!space.covers(at, end)) return setError(ENOMEM);
  const pages = (end - at) >> 12;
  for (let done: u64 = 0; done < pages; done += 256) {
    const part = <usize>min<u64>(pages - done, 256);
    for (let i: usize = 0; i < part; i++) store<u8>(bytes + i, frameAt(space.tables, at + ((done + i) << 12)) ? 1 : 0);
    const error = copyOut(to + done, bytes, part);
    if (error) return error;
  }
  return 0;
}
