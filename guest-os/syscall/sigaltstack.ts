// SPDX-License-Identifier: MIT
/** @fileoverview System call 97, sigaltstack: another stack for signal handlers. */
import { EINVAL, ENOMEM, EPERM, setError } from '../kernel/errno';
import { frameOf } from '../kernel/process/processes';
import { MINSIGSTKSZ, onAlternateStack, SS_DISABLE, SS_ONSTACK } from '../kernel/signal/signal';
import { current } from '../kernel/thread/thread';
import { copyIn, copyOut } from '../kernel/memory/user';

/** stack_t for 64 bits: pointer, size, flags. */
const buffer = memory.data(24, 8);

export function sigaltstack(stack: u64, old: u64): i64 {
  const thread = current();
  const on = onAlternateStack(thread, frameOf(thread).rsp);
  let place: u64 = 0;
  let size: u64 = 0;
  let flags = 0;
  if (stack) {
    const error = copyIn(buffer, stack, 24);
    if (error) return error;
    place = load<u64>(buffer);
    size = load<u64>(buffer, 8);
    flags = load<i32>(buffer, 16);
    if (on) return setError(EPERM);
    if (flags & ~SS_DISABLE) return setError(EINVAL);
    if (!(flags & SS_DISABLE) && size < MINSIGSTKSZ) return setError(ENOMEM);
  }
  if (old) {
    store<u64>(buffer, thread.altStack);
    store<u64>(buffer, thread.altSize, 8);
    store<u64>(buffer, 0, 16);
    store<i32>(buffer, thread.altFlags | (on ? SS_ONSTACK : 0), 16);
    const error = copyOut(old, buffer, 24);
    if (error) return error;
  }
  if (!stack) return 0;
  thread.altFlags = flags;
  thread.altStack = place;
  thread.altSize = size;
  return 0;
}
