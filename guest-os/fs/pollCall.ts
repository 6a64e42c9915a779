// SPDX-License-Identifier: MIT
/** @fileoverview poll(2): waits until one of several descriptors is ready. select is made of it by libraries. */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { uptime } from '../kernel/time/clock';
import { EFAULT, EINVAL, setError } from '../kernel/errno';
import { fetchedSpan, fetchTimespec } from '../kernel/time/timespec';
import { currentProcess } from '../kernel/process/processes';
import { isTimedOut, WaitQueue } from '../kernel/thread/waitQueue';
import { copyIn, copyOut } from '../kernel/memory/user';
import { POLLERR, POLLHUP, POLLNVAL, Poller } from './poll';

/** struct pollfd: descriptor, events, results. */
const POLLFD: usize = 8;
const entry = memory.data(8, 8);

/** Sleeps until something that it watches changes. */
class Sleeper extends Poller {
  private isChanged: bool = false;
  private readonly queue: WaitQueue = new WaitQueue();

  changed(): void {
    this.isChanged = true;
    this.queue.wakeAll();
  }
  /** Forgets what it watched, to watch anew. */
  begin(): void {
    this.forget();
    this.isChanged = false;
  }
  /** 0, or -EINTR. */
  sleep(deadline: u64): i32 {
    const flags = saveInterrupts();
    const error = this.isChanged ? 0 : this.queue.waitUntil(true, deadline);
    const timedOut = !this.isChanged && isTimedOut();
    restoreInterrupts(flags);
    this.isTimedOut = timedOut;
    return error;
  }
  isTimedOut: bool = false;
}

/** A user's struct timespec as a time since boot at which a wait ends: at {@link deadline}; 0 there: now. Null pointer: never. */
export function fetchDeadline(from: u64): i32 {
  deadline = NEVER;
  if (!from) return 0;
  const error = fetchTimespec(from);
  if (error) return error;
  deadline = fetchedSpan() ? uptime() + fetchedSpan() : 0;
  return 0;
}
export const NEVER: u64 = 0xffffffffffffffff;
export let deadline: u64 = 0;

/** How many are ready, after at most the time until `end` (0: at once, {@link NEVER}). */
export function pollDescriptors(at: u64, count: i32, end: u64): i64 {
  const process = currentProcess();
  if (<u32>count > <u32>max(process.descriptorLimit, 256)) return setError(EINVAL);
  const sleeper = new Sleeper();
  let last = end == 0;
  let result: i64 = 0;
  while (true) {
    sleeper.begin();
    result = look(at, count, last ? null : sleeper);
    if (result || last) break;
    const error = sleeper.sleep(end == NEVER ? 0 : end);
    if (error) {
      result = error;
      break;
    }
    // What has come at the last moment counts.
    if (sleeper.isTimedOut) last = true;
  }
  sleeper.forget();
  return result;
}

/** One look at all: how many are ready; results are stored. */
function look(at: u64, count: i32, poller: Poller | null): i64 {
  const process = currentProcess();
  let ready = 0;
  for (let i = 0; i < count; i++) {
    const place = at + <u64>i * POLLFD;
    if (copyIn(entry, place, POLLFD)) return setError(EFAULT);
    const descriptor = load<i32>(entry);
    const events = <i32>load<i16>(entry, 4);
    let now = 0;
    if (descriptor >= 0) {
      const file = process.file(descriptor);
      // Who is ready already is not waited for.
      if (!file) now = POLLNVAL;
      else now = file.vnode.poll(events, ready ? null : poller) & (events | POLLERR | POLLHUP);
    }
    if (now) ready++;
    store<i16>(entry, <i16>now, 6);
    if (copyOut(place + 6, entry + 6, 2)) return setError(EFAULT);
  }
  return ready;
}
