// SPDX-License-Identifier: MIT
/** @fileoverview System call 194, timer_create: a timer that sends a signal, or tells an event port; its id at an int. */
import { CLOCK_HIGHRES, CLOCK_REALTIME } from './clock_gettime';
import { EventPort, PORT_SOURCE_TIMER, PortEvent } from '../fs/eventPort';
import { EAGAIN, EBADF, EFAULT, EINVAL, EPERM, setError } from '../kernel/errno';
import { heapHasRoom } from '../kernel/memory/heapRoom';
import { PRIV_PROC_CLOCK_HIGHRES } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { NSIG, SIGALRM } from '../kernel/signal/signal';
import { PosixTimer, TIMER_MAX, timersOf } from '../kernel/time/timers';
import { copyIn, put32 } from '../kernel/memory/user';

/** struct sigevent: notify, signal, value. */
const event_ = memory.data(16, 8);
const SIGEV_NONE: i32 = 1;
const SIGEV_SIGNAL: i32 = 2;
const SIGEV_PORT: i32 = 4;

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
  let port: EventPort | null = null;
  let portEvent: PortEvent | null = null;
  if (event) {
    const error = copyIn(event_, event, 16);
    if (error) return error;
    const notify = load<i32>(event_);
    if (notify != SIGEV_NONE && notify != SIGEV_SIGNAL && notify != SIGEV_PORT) return setError(EINVAL);
    signal = notify == SIGEV_SIGNAL ? load<i32>(event_, 4) : 0;
    if (notify == SIGEV_SIGNAL && (signal <= 0 || signal >= NSIG)) return setError(EINVAL);
    value = load<u64>(event_, 8);
    if (notify == SIGEV_PORT) {
      // value is the address of a port_notify_t: descriptor, the user's own.
      if (copyIn(event_, value, 16)) return setError(EFAULT);
      const file = process.file(load<i32>(event_));
      const vnode = file ? file.vnode : null;
      if (!vnode || !(vnode instanceof EventPort)) return setError(EBADF);
      port = changetype<EventPort>(vnode);
      portEvent = new PortEvent(PORT_SOURCE_TIMER);
      portEvent.object = id;
      portEvent.user = load<u64>(event_, 8);
    }
  }
  const error = put32(to, id);
  if (error) return error;
  const timer = new PosixTimer(process, id, clock == CLOCK_REALTIME);
  timer.signal = signal;
  timer.value = value;
  timer.port = port;
  timer.event = portEvent;
  if (id == timers.length) timers.push(timer);
  else timers[id] = timer;
  return 0;
}

/** A timer of the caller's; null: there is none of that id. */
export function findTimer(id: i32): PosixTimer | null {
  const timers = currentProcess().timers;
  return timers && <u32>id < <u32>timers.posix.length ? timers.posix[id] : null;
}
