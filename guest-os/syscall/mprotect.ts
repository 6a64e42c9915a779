// SPDX-License-Identifier: MIT
/** @fileoverview System call 116, mprotect: other rights for a range of memory. */
import { EACCES, EINVAL, ENOMEM, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { isUser } from '../kernel/memory/user';

export function mprotect(at: u64, length: u64, prot: i32): i64 {
  if (at & 4095 || prot & ~7) return setError(EINVAL);
  if (!isUser(at, length)) return setError(ENOMEM);
  const space = currentProcess().space!;
  const end = (at + length + 4095) & ~4095;
  for (let place = at; place < end; ) {
    const segment = space.segmentAt(place);
    if (!segment) return setError(ENOMEM);
    if (prot & ~segment.most) return setError(EACCES);
    place = segment.end;
  }
  return space.protect(at, end, prot);
}
