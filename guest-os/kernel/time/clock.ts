// SPDX-License-Identifier: MIT
/**
 * @fileoverview Time without ticks: the time stamp counter says what time it is, the local APIC's timer goes off when something is due.
 *
 * Both rates are measured once at boot against the 8254, whose rate is known (1193182 Hz): channel 0 counts down from the top in mode 0,
 * the processor halts until a hundredth of a second is over, then all three are read together, so that an interrupt that comes late does not
 * matter. The date is read once, at boot, from the MC146818 (registers 0 to 9, century in 32h), and counted on from there.
 *
 * What is due: {@link Callout}s, in a list sorted by time. Their functions run in the timer's interrupt: they allocate nothing, and only
 * move threads and post signals. The dispatcher's time slice ends by the same timer ({@link limitSlice}). With nothing due the timer stands
 * still: an idle machine is not interrupted.
 *
 * Times are nanoseconds since boot; processor time is kept in counts of the time stamp counter ({@link countsToTime}).
 */
import { inb, outb, rdtsc, restoreInterrupts, saveInterrupts, stiHlt } from 'machine/cpu';
import { counted, initLapic, startCounting, startTimer } from './lapic';

const PIT_RATE: u64 = 1193182;
const NANOSECONDS: u64 = 1000000000;
/** The unit of times(2), sysconf's CLK_TCK and `lbolt`. */
export const HZ: u64 = 100;
export const TICK: u64 = NANOSECONDS / HZ;
/** 8254 counts of the measurement: about 10 ms. */
const MEASURED: u32 = 11932;
/** Counts behind the end that are too many: a quarter of its round. */
const LATE: u32 = 0x4000;
/** The longest that the timer is set for; something later is set again then. */
const FARTHEST: u64 = 30 * NANOSECONDS;

let startCount: u64 = 0;
/** Counts of the time stamp counter in a second, and of the APIC's timer. */
let rate: u64 = NANOSECONDS;
let timerRate: u64 = NANOSECONDS / 16;
/** Nanoseconds per count, as a fixed-point number with 32 fraction bits; and of the timer's counts per nanosecond. */
let perCount: u64 = (<u64>1) << 32;
let perNanosecond: u64 = 0;

/** Nanoseconds since 1970 when the system started; clock_settime moves it. */
let bootTime_: u64 = 0;

/** Something to do at a time. */
export class Callout {
  next: Callout | null = null;
  when: u64 = 0;
  pending: bool = false;
  /** `argument` is what the owner likes: a thread, a process, a timer; the list keeps it alive. */
  constructor(
    private readonly action: (argument: usize) => void,
    private readonly argument: usize,
  ) {}

  run(): void {
    this.action(this.argument);
  }

  /** Once, at a time. */
  at(when: u64): void {
    const flags = saveInterrupts();
    this.cancel();
    this.when = when;
    this.pending = true;
    const first = due;
    if (!first || when < first.when) {
      this.next = first;
      due = this;
      setTimer();
    } else {
      let before = first;
      while (before.next && before.next!.when <= when) before = before.next!;
      this.next = before.next;
      before.next = this;
    }
    restoreInterrupts(flags);
  }

  cancel(): void {
    if (!this.pending) return;
    const flags = saveInterrupts();
    this.pending = false;
    if (due == this) due = this.next;
    else {
      let before = due!;
      while (before.next != this) before = before.next!;
      before.next = this.next;
    }
    this.next = null;
    restoreInterrupts(flags);
  }
}

let due: Callout | null = null;
/** When the running thread's time slice ends; 0: nobody waits for the processor. */
let sliceEnd: u64 = 0;
/** What the timer is set for; 0: it stands still. */
let setFor: u64 = 0;
let calloutsRun_: u64 = 0;

export function calloutsRun(): u64 {
  return calloutsRun_;
}

/** Interrupts go on here for a moment: the 8259A pair must be ready, and line 0 free. */
export function startClock(): void {
  initLapic();
  bootTime_ = readDate() * NANOSECONDS;
  measure(10);
  startCount = rdtsc();
}

function measure(tries: i32): void {
  // Channel 0, both bytes, mode 0. A second counter reading of the top starts the rest.
  outb(0x21, inb(0x21) & 0xfe);
  outb(0x43, 0x30);
  outb(0x40, MEASURED & 0xff);
  outb(0x40, MEASURED >> 8);
  startCounting();
  const from = readTogether();
  const fromCount = pairCount;
  const fromTimer = counted();
  // Another interrupt may come first. The look is with interrupts off: the timer's, which comes once, must not come between the look and the halt.
  do {
    stiHlt();
    saveInterrupts();
  } while (!hasEnded());
  const to = readTogether();
  const toTimer = counted();
  outb(0x21, inb(0x21) | 1);
  // The counter goes on below zero, and after 55 ms nobody knows how often it has gone round: on a busy host, one that emulates may come so late.
  const late: u32 = (0 - to) & 0xffff;
  if (late > LATE && tries > 1) {
    measure(tries - 1);
    return;
  }
  const passed = <u64>((from - to) & 0xffff);
  rate = ((pairCount - fromCount) * PIT_RATE) / passed;
  timerRate = ((<u64>toTimer - fromTimer) * PIT_RATE) / passed;
  perCount = (NANOSECONDS << 32) / rate;
  perNanosecond = (timerRate << 32) / NANOSECONDS;
}

let pairCount: u64 = 0;

/** The 8254's count, and in {@link pairCount} the time stamp counter of the same moment: of eight pairs the closest. */
function readTogether(): u32 {
  let best: u64 = 0xffffffffffffffff;
  let result: u32 = 0;
  for (let i = 0; i < 8; i++) {
    const before = rdtsc();
    const count = latch();
    const after = rdtsc();
    if (after - before >= best) continue;
    best = after - before;
    result = count;
    pairCount = before + (after - before) / 2;
  }
  return result;
}

/** Whether channel 0 has come to its end since it was set (read-back of its status: the line is high). */
function hasEnded(): bool {
  outb(0x43, 0xe2);
  return (inb(0x40) & 0x80) != 0;
}

function latch(): u32 {
  outb(0x43, 0);
  const low = inb(0x40);
  return low | (inb(0x40) << 8);
}

/** Seconds since 1970 when the system started. */
export function bootTime(): u64 {
  return bootTime_ / NANOSECONDS;
}

/** Counts of the time stamp counter in a second: the processor's clock. */
export function processorRate(): u64 {
  return rate;
}

/** Counts of the time stamp counter as nanoseconds. */
export function countsToTime(counts: u64): u64 {
  const low = counts & 0xffffffff;
  return (counts >> 32) * perCount + low * (perCount >> 32) + ((low * (perCount & 0xffffffff)) >> 32);
}

/** Nanoseconds since the clock started; never less than before. */
export function uptime(): u64 {
  return countsToTime(rdtsc() - startCount);
}

/** Hundredths of a second since the clock started. */
export function ticks(): u64 {
  return uptime() / TICK;
}

/** Nanoseconds since 1970, UTC. */
export function wallTime(): u64 {
  return bootTime_ + uptime();
}

/** The date is another one. What waits for a time since boot does not notice. */
export function setWallTime(nanoseconds: u64): void {
  bootTime_ = nanoseconds - uptime();
}

// ---- the timer; interrupts are off

/** The running thread gives way at a time; 0: it need not. */
export function limitSlice(end: u64): void {
  sliceEnd = end;
  if (end && (!setFor || end < setFor)) setTimer();
}

/** When the running thread gives way; 0: it need not. */
export function sliceEnds(): u64 {
  return sliceEnd;
}

function setTimer(): void {
  const first = due;
  let when: u64 = first ? first.when : 0;
  if (sliceEnd && (!when || sliceEnd < when)) when = sliceEnd;
  setFor = when;
  if (!when) return;
  const now = uptime();
  const left = when > now ? min(when - now, FARTHEST) : 0;
  startTimer(<u32>max<u64>((left * perNanosecond) >> 32, 1));
}

/** The timer's interrupt: runs what is due. True: the time slice is over. */
export function timerArrived(): bool {
  const now = uptime();
  setFor = 0;
  for (;;) {
    const first = due;
    if (!first || first.when > now) break;
    due = first.next;
    first.next = null;
    first.pending = false;
    calloutsRun_++;
    first.run();
  }
  const over = sliceEnd != 0 && sliceEnd <= now;
  if (over) sliceEnd = 0;
  setTimer();
  return over;
}

// ---- the date

function register(index: u32): i32 {
  outb(0x70, index);
  return <i32>inb(0x71);
}

function readDate(): u64 {
  // Not while the clock changes its registers.
  while (register(0x0a) & 0x80) {}
  const binary = (register(0x0b) & 4) != 0;
  const second = number(register(0), binary);
  const minute = number(register(2), binary);
  const hour = number(register(4), binary);
  const day = number(register(7), binary);
  const month = number(register(8), binary);
  const century = number(register(0x32), binary);
  const year = number(register(9), binary) + (century >= 19 ? century : 20) * 100;
  return <u64>daysBefore(year, month, day) * 86400 + <u64>hour * 3600 + <u64>minute * 60 + <u64>second;
}

function number(value: i32, binary: bool): i32 {
  return binary ? value : (value >> 4) * 10 + (value & 15);
}

/** Days from 1970-01-01 to a date of the Gregorian calendar; years begin in March here, so leap days come last. */
export function daysBefore(year: i32, month: i32, day: i32): i32 {
  const y = month <= 2 ? year - 1 : year;
  const m = month <= 2 ? month + 9 : month - 3;
  return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}
