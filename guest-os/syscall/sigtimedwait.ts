// SPDX-License-Identifier: MIT
/** @fileoverview System call 144, sigtimedwait (not restarted): takes a signal of a set, which the caller blocks, when it comes; its number. */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { uptime } from '../kernel/time/clock';
import { fetchEnd, fetchedEnd } from '../kernel/time/timespec';
import { EAGAIN, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { SI_TIMER, giveInfo } from '../kernel/signal/signalInfo';
import { SIGINFO_SIZE, storeInfo, UNSTOPPABLE } from '../kernel/signal/signal';
import { current } from '../kernel/thread/thread';
import { timerDelivered } from '../kernel/time/timers';
import { copyOut, fetch64, fetched } from '../kernel/memory/user';

const buffer = memory.data(256, 8);

/** `timeout`: a struct timespec, 0: for ever. */
export function sigtimedwait(set: u64, to: u64, timeout: u64): i64 {
  let error = fetch64(set);
  if (error) return error;
  const wanted = fetched() & ~UNSTOPPABLE;
  error = fetchEnd(timeout);
  if (error) return error;
  const deadline = fetchedEnd();
  const process = currentProcess();
  const thread = current();
  const flags = saveInterrupts();
  let result = 0;
  for (;;) {
    const there = (process.pending.bits | thread.pending.bits) & wanted;
    if (there) {
      result = <i32>ctz(there) + 1;
      break;
    }
    if (deadline && uptime() >= deadline) result = setError(EAGAIN);
    else {
      // What is waited for counts as not blocked, and is taken here instead of being delivered.
      result = process.signalArrived.waitUntil(true, deadline);
    }
    if (result) break;
  }
  restoreInterrupts(flags);
  if (result < 0) return result;
  const info = process.takeSignal(thread, result);
  if (to) {
    storeInfo(buffer, result, info);
    error = copyOut(to, buffer, SIGINFO_SIZE);
  }
  if (info) {
    if (info.code == SI_TIMER && info.timer >= 0) timerDelivered(process, info.timer);
    giveInfo(info);
  }
  return error ? error : result;
}
