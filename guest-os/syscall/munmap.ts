// SPDX-License-Identifier: MIT
/** @fileoverview System call 117, munmap: a range of memory goes. */
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { isUser } from '../kernel/memory/user';

export function munmap(at: u64, length: u64): i64 {
  if (at & 4095 || !length || !isUser(at, length)) return setError(EINVAL);
  currentProcess().space!.unmap(at, (at + length + 4095) & ~4095);
  return 0;
}
