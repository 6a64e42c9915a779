// SPDX-License-Identifier: MIT
/** @fileoverview System call 163, lwp_sigqueue: a signal for one thread of the process; 0 only asks whether there is such a thread. */
import { EAGAIN, EINVAL, ESRCH, setError } from '../kernel/errno';
import { findLwp } from '../kernel/process/lwp';
import { currentProcess } from '../kernel/process/processes';
import { senderInfo } from '../kernel/process/posting';
import { NSIG } from '../kernel/signal/signal';
import { SI_LWP, SI_QUEUE } from '../kernel/signal/signalInfo';

export function lwp_sigqueue(id: i32, signal: i32, value: u64, code: i32): i64 {
  if (<u32>signal >= <u32>NSIG) return setError(EINVAL);
  const process = currentProcess();
  const thread = findLwp(process, id);
  if (!thread) return setError(ESRCH);
  if (!signal) return 0;
  const info = senderInfo(signal, code == SI_QUEUE ? SI_QUEUE : SI_LWP);
  if (!info) return setError(EAGAIN);
  info.value = value;
  process.postTo(thread, signal, info);
  return 0;
}
