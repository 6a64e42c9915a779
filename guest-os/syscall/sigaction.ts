// SPDX-License-Identifier: MIT
/** @fileoverview System call 98, sigaction: what happens when a signal comes. */
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { bit, NSIG, UNSTOPPABLE } from '../kernel/signal';
import { copyIn, copyOut } from '../kernel/user';

/** struct sigaction for 64 bits: flags, handler, mask of 16 bytes. */
const SIZE: usize = 32;
const buffer = memory.data(32, 8);
const old_ = memory.data(32, 8);

export function sigaction(signal: i32, action: u64, old: u64): i64 {
  if (signal <= 0 || signal >= NSIG) return setError(EINVAL);
  const process = currentProcess();
  const disposition = process.dispositions[signal];
  memory.fill(old_, 0, SIZE);
  store<u32>(old_, disposition.flags);
  store<u64>(old_, disposition.handler, 8);
  store<u64>(old_, disposition.mask, 16);
  if (action) {
    const error = copyIn(buffer, action, SIZE);
    if (error) return error;
    if (bit(signal) & UNSTOPPABLE) return setError(EINVAL);
  }
  if (old) {
    const error = copyOut(old, old_, SIZE);
    if (error) return error;
  }
  if (action) process.dispose(signal, load<u64>(buffer, 8), load<u64>(buffer, 16), load<i32>(buffer));
  return 0;
}
