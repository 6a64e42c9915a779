// SPDX-License-Identifier: MIT
/** @fileoverview System call 97, sigaltstack: another stack for signal handlers. */
import { EINVAL, ENOMEM, EPERM, setError } from '../kernel/errno';
import { frameOf } from '../kernel/process';
import { MINSIGSTKSZ, onAlternateStack, SS_DISABLE, SS_ONSTACK } from '../kernel/signal';
import { current } from '../kernel/thread';
import { copyIn, copyOut } from '../kernel/user';

/** stack_t for 64 bits: pointer, size, flags. */
const buffer = memory.data(24, 8);
const old_ = memory.data(24, 8);

export function sigaltstack(stack: u64, old: u64): i64 {
  const thread = current();
  const on = onAlternateStack(thread, frameOf(thread).rsp);
  store<u64>(old_, thread.altStack);
  store<u64>(old_, thread.altSize, 8);
  store<u64>(old_, 0, 16);
  store<i32>(old_, thread.altFlags | (on ? SS_ONSTACK : 0), 16);
  if (stack) {
    const error = copyIn(buffer, stack, 24);
    if (error) return error;
    const flags = load<i32>(buffer, 16);
    if (on) return setError(EPERM);
    if (flags & ~SS_DISABLE) return setError(EINVAL);
    if (!(flags & SS_DISABLE) && load<u64>(buffer, 8) < MINSIGSTKSZ) return setError(ENOMEM);
  }
  if (old) {
    const error = copyOut(old, old_, 24);
    if (error) return error;
  }
  if (!stack) return 0;
  thread.altFlags = load<i32>(buffer, 16);
  thread.altStack = load<u64>(buffer);
  thread.altSize = load<u64>(buffer, 8);
  return 0;
}
