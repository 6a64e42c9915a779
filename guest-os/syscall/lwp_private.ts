// SPDX-License-Identifier: MIT
/** @fileoverview System call 166, lwp_private: the thread pointer: sets it (0), or gives it at a word (1). */
import { USER_END } from 'machine/addresses';
import { EINVAL, setError } from '../kernel/errno';
import { current } from '../kernel/thread/thread';
import { setThreadPointer } from '../kernel/thread/dispatcher';
import { put64 } from '../kernel/memory/user';

const FSBASE: i32 = 0;

export function lwp_private(command: i32, which: i32, base: u64): i64 {
  if (which != FSBASE) return setError(EINVAL);
  if (command == 1) return put64(base, current().fsBase);
  if (command != 0 || base >= USER_END) return setError(EINVAL);
  setThreadPointer(base);
  return 0;
}
