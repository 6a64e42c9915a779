// SPDX-License-Identifier: MIT
/** @fileoverview System call 98, sigaction: what happens when a signal comes. */
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { bit, NSIG, UNSTOPPABLE } from '../kernel/signal/signal';
import { copyIn, copyOut } from '../kernel/memory/user';

/** struct sigaction for 64 bits: flags, handler, mask of 16 bytes. */
const SIZE: usize = 32;
const buffer = memory.data(32, 8);

export function sigaction(signal: i32, action: u64, old: u64): i64 {
  if (signal <= 0 || signal >= NSIG) return setError(EINVAL);
  const process = currentProcess();
  const disposition = process.dispositions[signal];
  let handler: u64 = 0;
  let mask: u64 = 0;
  let flags = 0;
  if (action) {
    const error = copyIn(buffer, action, SIZE);
    if (error) return error;
    if (bit(signal) & UNSTOPPABLE) return setError(EINVAL);
    flags = load<i32>(buffer);
    handler = load<u64>(buffer, 8);
    mask = load<u64>(buffer, 16);
  }
  if (old) {
    memory.fill(buffer, 0, SIZE);
    store<u32>(buffer, disposition.flags);
    store<u64>(buffer, disposition.handler, 8);
    store<u64>(buffer, disposition.mask, 16);
    const error = copyOut(old, buffer, SIZE);
    if (error) return error;
  }
  if (action) process.dispose(signal, handler, mask, flags);
  return 0;
}
