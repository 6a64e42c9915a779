// SPDX-License-Identifier: MIT
/**
 * @fileoverview A process's timers: the interval timers of setitimer, those of timer_create, and the limit of processor time.
 *
 * Timers of real time are callouts. Timers of processor time (ITIMER_VIRTUAL, ITIMER_PROF, RLIMIT_CPU) are callouts too, set for the earliest
 * moment at which so much time can have been used; if by then less has been, they are set again for the rest.
 *
 * A timer's signal is queued once; expirations before it is delivered are counted as overruns.
 */
import { EventPort, PortEvent } from '../../fs/eventPort';
import { Callout, TICK, uptime, wallTime } from './clock';
import { MODE_SYSTEM, thisCpu } from '../thread/cpu';
import { RLIM_INFINITY, RLIMIT_CPU } from '../limits/limits';
import { Process } from '../process/process';
import { SIGALRM, SIGPROF, SIGVTALRM, SIGXCPU } from '../signal/signal';
import { SI_TIMER, takeInfo } from '../signal/signalInfo';

export const ITIMER_REAL: i32 = 0;
export const ITIMER_VIRTUAL: i32 = 1;
export const ITIMER_PROF: i32 = 2;
export const ITIMER_REALPROF: i32 = 3;
/** Timers that a process may have by timer_create (_SC_TIMER_MAX). */
export const TIMER_MAX: i32 = 32;

const KIND_CPU_LIMIT: i32 = 3;
const NANOSECONDS: u64 = 1000000000;

/** One of setitimer's, or the limit. */
class IntervalTimer {
  /** In the clock of its kind: when it goes off; 0: it does not. */
  expires: u64 = 0;
  interval: u64 = 0;
  callout: Callout | null = null;

  constructor(
    readonly process: Process,
    readonly kind: i32,
  ) {}

  /** What its clock says. */
  now(): u64 {
    if (this.kind == ITIMER_REAL) return uptime();
    if (this.kind == ITIMER_VIRTUAL) return this.process.userTime;
    return this.process.userTime + this.process.systemTime;
  }

  set(value: u64, interval: u64): void {
    let callout = this.callout;
    if (!callout) {
      callout = new Callout(intervalDue, changetype<usize>(this));
      this.callout = callout;
    }
    callout.cancel();
    this.interval = interval;
    this.expires = value ? this.now() + value : 0;
    if (value) callout.at(uptime() + value);
  }

  get left(): u64 {
    if (!this.expires) return 0;
    const now = this.now();
    return this.expires > now ? this.expires - now : 1000;
  }

  due(): void {
    if (this.kind != ITIMER_REAL) thisCpu().charge(MODE_SYSTEM);
    const now = this.now();
    if (now < this.expires) {
      // The time is one of the processor, and not all that has passed was used.
      this.callout!.at(uptime() + max<u64>(this.expires - now, TICK / 10));
      return;
    }
    if (this.kind == ITIMER_REAL) this.process.post(SIGALRM);
    else if (this.kind == ITIMER_VIRTUAL) this.process.post(SIGVTALRM);
    else if (this.kind == ITIMER_PROF) this.process.post(SIGPROF);
    else this.process.post(SIGXCPU);
    if (!this.interval) {
      this.expires = 0;
      return;
    }
    this.expires += this.interval * ((now - this.expires) / this.interval + 1);
    this.callout!.at(uptime() + (this.expires - now));
  }
}

function intervalDue(timer: usize): void {
  changetype<IntervalTimer>(timer).due();
}

/** One of timer_create's. */
export class PosixTimer {
  signal: i32 = 0;
  value: u64 = 0;
  interval: u64 = 0;
  /** Time since boot; 0: it is not set. */
  expires: u64 = 0;
  /** Expirations while the signal was pending, and those told with the last one delivered. */
  private missed: i32 = 0;
  overrun: i32 = 0;
  /** SIGEV_PORT: where expirations are told instead, counted in one event. */
  port: EventPort | null = null;
  event: PortEvent | null = null;
  private waiting: bool = false;
  private callout_: Callout | null = null;

  constructor(
    private readonly process: Process,
    private readonly id: i32,
    readonly realTime: bool,
  ) {}

  private get callout(): Callout {
    let callout = this.callout_;
    if (!callout) {
      callout = new Callout(posixDue, changetype<usize>(this));
      this.callout_ = callout;
    }
    return callout;
  }

  /** `absolute`: a time of its clock. */
  set(value: u64, interval: u64, absolute: bool): void {
    this.callout.cancel();
    this.interval = interval;
    this.expires = 0;
    this.missed = 0;
    if (!value) return;
    const now = uptime();
    let when = now + value;
    if (absolute) {
      const clock = this.realTime ? wallTime() : now;
      when = value > clock ? now + (value - clock) : now;
    }
    this.expires = when;
    this.callout.at(when);
  }

  get left(): u64 {
    const now = uptime();
    return !this.expires ? 0 : this.expires > now ? this.expires - now : 1;
  }

  cancel(): void {
    this.callout.cancel();
  }

  due(): void {
    const now = uptime();
    let times = 1;
    if (this.interval) {
      const passed = (now - this.expires) / this.interval;
      times += <i32>min<u64>(passed, 0x7ffffffe);
      this.expires += this.interval * (passed + 1);
      this.callout.at(this.expires);
    } else this.expires = 0;
    const port = this.port;
    const event = this.event;
    if (port && event) {
      event.events += times;
      port.enqueue(event);
    }
    if (!this.signal) return;
    if (this.waiting) {
      this.missed += times;
      return;
    }
    const info = takeInfo(this.signal, SI_TIMER);
    this.missed += times - 1;
    if (!info) {
      this.missed++;
      return;
    }
    info.value = this.value;
    info.timer = this.id;
    info.queued = true;
    this.waiting = true;
    this.process.post(this.signal, info);
  }

  delivered(): void {
    this.waiting = false;
    this.overrun = this.missed;
    this.missed = 0;
  }
}

function posixDue(timer: usize): void {
  changetype<PosixTimer>(timer).due();
}

export class ProcessTimers {
  private readonly intervals: (IntervalTimer | null)[] = [null, null, null, null];
  readonly posix: (PosixTimer | null)[] = [];

  constructor(private readonly process: Process) {}

  interval(kind: i32): IntervalTimer {
    const known = this.intervals[kind];
    if (known) return known;
    const made = new IntervalTimer(this.process, kind);
    this.intervals[kind] = made;
    return made;
  }

  cancelAll(): void {
    for (let kind = 0; kind < 4; kind++) {
      const timer = this.intervals[kind];
      if (timer) timer.set(0, 0);
    }
    this.cancelPosix();
  }

  /** exec keeps the interval timers, but not these. */
  cancelPosix(): void {
    for (let i = 0; i < this.posix.length; i++) {
      const timer = this.posix[i];
      if (timer) timer.cancel();
    }
    this.posix.length = 0;
  }
}

export function timersOf(process: Process): ProcessTimers {
  let timers = process.timers;
  if (!timers) {
    timers = new ProcessTimers(process);
    process.timers = timers;
  }
  return timers;
}

/** A timer's signal has reached its handler. */
export function timerDelivered(process: Process, id: i32): void {
  const timers = process.timers;
  if (!timers || id >= timers.posix.length) return;
  const timer = timers.posix[id];
  if (timer) timer.delivered();
}

/** The limit of processor time has changed: SIGXCPU when it is used up, and every second from then on. */
export function watchCpuLimit(process: Process): void {
  const limit = process.limits.soft(RLIMIT_CPU);
  if (limit >= RLIM_INFINITY / NANOSECONDS && !process.timers) return;
  const used = process.userTime + process.systemTime;
  const timer = timersOf(process).interval(KIND_CPU_LIMIT);
  if (limit >= RLIM_INFINITY / NANOSECONDS) timer.set(0, 0);
  else timer.set(limit * NANOSECONDS > used ? limit * NANOSECONDS - used : 1, NANOSECONDS);
}
