// SPDX-License-Identifier: MIT
/** @fileoverview System call 190, sigqueue: a signal with a value, one of several that may wait. */
import { EAGAIN, EINVAL, EPERM, ESRCH, failure, setError } from '../kernel/errno';
import { currentProcess, findProcess } from '../kernel/process/processes';
import { senderInfo } from '../kernel/process/posting';
import { NSIG } from '../kernel/signal/signal';
import { SI_QUEUE } from '../kernel/signal/signalInfo';

/** Signals that one process may have waiting (_SC_SIGQUEUE_MAX). */
export const SIGQUEUE_MAX: i32 = 512;

export function sigqueue(pid: i32, signal: i32, value: u64, code: i32, block: i32): i64 {
  if (<u32>signal >= <u32>NSIG || (code != SI_QUEUE && code != -4 && code != -5)) return setError(EINVAL);
  const process = findProcess(pid);
  if (!process) return setError(failure);
  const caller = currentProcess().credentials;
  if (!caller.sees(process.credentials.zoneid)) return setError(ESRCH);
  if (!caller.mayControl(process.credentials)) return setError(EPERM);
  if (!signal) return 0;
  if (process.pending.queued >= SIGQUEUE_MAX) return setError(EAGAIN);
  const info = senderInfo(signal, code);
  if (!info) return setError(EAGAIN);
  info.value = value;
  info.queued = true;
  process.post(signal, info);
  return 0;
}
