// SPDX-License-Identifier: MIT
/** @fileoverview System call 194, timer_create: a timer that sends a signal; its id at an int. */
import { CLOCK_HIGHRES, CLOCK_REALTIME } from './clock_gettime';
import { EAGAIN, EINVAL, EPERM, setError } from '../kernel/errno';
import { heapHasRoom } from '../kernel/heapRoom';
import { PRIV_PROC_CLOCK_HIGHRES } from '../kernel/privilege';
import { currentProcess } from '../kernel/process';
import { NSIG, SIGALRM } from '../kernel/signal';
import { PosixTimer, TIMER_MAX, timersOf } from '../kernel/timers';
import { copyIn, put32 } from '../kernel/user';

/** struct sigevent: notify, signal, value. */
const event_ = memory.data(16, 8);
const SIGEV_NONE: i32 = 1;
const SIGEV_SIGNAL: i32 = 2;

export function timer_create(clock: i32, event: u64, to: u64): i64 {
  if (clock != CLOCK_REALTIME && clock != CLOCK_HIGHRES) return setError(EINVAL);
  const process = currentProcess();
  if (clock == CLOCK_HIGHRES && !process.credentials.has(PRIV_PROC_CLOCK_HIGHRES)) return setError(EPERM);
  const timers = timersOf(process).posix;
  let id = 0;
  while (id < timers.length && timers[id]) id++;
  if (id == TIMER_MAX || !heapHasRoom()) return setError(EAGAIN);
  let signal = SIGALRM;
  let value: u64 = id;
  if (event) {
    const error = copyIn(event_, event, 16);
    if (error) return error;
    const notify = load<i32>(event_);
    if (notify != SIGEV_NONE && notify != SIGEV_SIGNAL) return setError(EINVAL);
    signal = notify == SIGEV_SIGNAL ? load<i32>(event_, 4) : 0;
    if (notify == SIGEV_SIGNAL && (signal <= 0 || signal >= NSIG)) return setError(EINVAL);
    value = load<u64>(event_, 8);
  }
  const error = put32(to, id);
  if (error) return error;
  const timer = new PosixTimer(process, id, clock == CLOCK_REALTIME);
  timer.signal = signal;
  timer.value = value;
  if (id == timers.length) timers.push(timer);
  else timers[id] = timer;
  return 0;
}

/** A timer of the caller's; null: there is none of that id. */
export function findTimer(id: i32): PosixTimer | null {
  const timers = currentProcess().timers;
  return timers && <u32>id < <u32>timers.posix.length ? timers.posix[id] : null;
}
