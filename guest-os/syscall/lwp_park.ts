// SPDX-License-Identifier: MIT
/** @fileoverview System call 77, lwp_park (not restarted): waits until unparked (0), at most for a time; unparks a thread (1), or several (2). */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { uptime } from '../kernel/time/clock';
import { fetchEnd, fetchedEnd } from '../kernel/time/timespec';
import { EINVAL, ESRCH, ETIME, setError } from '../kernel/errno';
import { findLwp } from '../kernel/process/lwp';
import { currentProcess } from '../kernel/process/processes';
import { current, Thread } from '../kernel/thread/thread';
import { isTimedOut, WaitQueue } from '../kernel/thread/waitQueue';
import { fetch32, fetched } from '../kernel/memory/user';

const parked = new WaitQueue();

export function lwp_park(what: i32, first: u64, second: u64): i64 {
  if (what == 0) {
    if (second) unpark(<i32>second);
    return park(first);
  }
  if (what == 1) return unpark(<i32>first);
  if (what != 2 || second > 65536) return setError(EINVAL);
  let result = 0;
  for (let i: u64 = 0; i < second; i++) {
    const error = fetch32(first + (i << 2));
    if (error) return error;
    const failed = unpark(<i32>fetched());
    if (failed) result = failed;
  }
  return result;
}

function park(span: u64): i32 {
  const error = fetchEnd(span);
  if (error) return error;
  const deadline = fetchedEnd();
  const thread = current();
  const flags = saveInterrupts();
  let result = 0;
  while (!thread.unparked && !result) {
    result = parked.waitUntil(true, deadline);
    if (!result && !thread.unparked && (isTimedOut() || (deadline && uptime() >= deadline))) result = setError(ETIME);
  }
  thread.unparked = false;
  restoreInterrupts(flags);
  return result;
}

function unpark(id: i32): i32 {
  const thread = findLwp(currentProcess(), id);
  if (!thread) return setError(ESRCH);
  wakeParked(thread);
  return 0;
}

function wakeParked(thread: Thread): void {
  const flags = saveInterrupts();
  thread.unparked = true;
  parked.wakeThread(thread);
  restoreInterrupts(flags);
}
