// SPDX-License-Identifier: MIT
/**
 * @fileoverview The timer of a local APIC (Intel SDM vol. 3, 11.5.4): one-shot, periodic, or at a value of the time-stamp counter.
 *
 * It counts virtual nanoseconds (a 1 GHz bus clock, as QEMU's) divided by DCR. Nothing ticks: the state says when the count was started,
 * and one timer of the machine's clock stands at the instant at which it reaches zero.
 */
import type { Clock, Timer } from '../bus/device.ts';

/** Bits of the timer's entry in the local vector table. */
const MODE = 0x60000;
const PERIODIC = 0x20000;
const TSC_DEADLINE = 0x40000;

/** The CPU's time-stamp counter as the deadline timer needs it. */
export interface LapicTsc {
  read(): bigint;
  /** Virtual time at which the counter reaches `value`; at or before now if it has. */
  timeOf(value: bigint): number;
}

export function timerPowerOn() {
  return {
    divide: 0,
    initialCount: 0,
    /** When the current count was started. */
    countStart: 0,
    timerAt: null as number | null,
    tscDeadline: 0n,
  };
}

export class LapicTimer {
  state = timerPowerOn();
  private mode = 0;
  private readonly clock: Clock;
  private readonly tsc: LapicTsc;
  private readonly timer: Timer;

  /** `fired` is called when the count reaches zero, whether or not the entry is masked. */
  constructor(name: string, clock: Clock, tsc: LapicTsc, fired: () => void) {
    this.clock = clock;
    this.tsc = tsc;
    this.timer = clock.timer(name, () => {
      this.expire();
      fired();
    });
  }

  reset(): void {
    this.state = timerPowerOn();
    this.mode = 0;
    this.timer.cancel();
  }

  load(state: ReturnType<typeof timerPowerOn>, entry: number): void {
    this.state = state;
    this.mode = entry & MODE;
    this.arm(state.timerAt);
  }

  /** `entry` has been written to the local vector table. */
  setMode(entry: number): void {
    const [before, after] = [this.mode, entry & MODE];
    if (before === after) return;
    this.mode = after;
    if (before !== TSC_DEADLINE && after !== TSC_DEADLINE) {
      this.rearm();
      return;
    }
    this.state.tscDeadline = 0n;
    this.state.initialCount = 0;
    this.arm(null);
  }

  get initialCount(): number {
    return this.state.initialCount;
  }

  /** DCR. */
  get divide(): number {
    return this.state.divide;
  }

  get tscDeadline(): bigint {
    return this.state.tscDeadline;
  }

  currentCount(): number {
    const s = this.state;
    if (s.initialCount === 0 || this.mode === TSC_DEADLINE) return 0;
    const elapsed = Math.floor((this.clock.now() - s.countStart) / this.divisor);
    if (this.mode !== PERIODIC) return Math.max(s.initialCount - elapsed, 0);
    return s.initialCount - (elapsed % s.initialCount);
  }

  writeInitialCount(value: number): void {
    // In TSC-deadline mode the count is not used.
    if (this.mode === TSC_DEADLINE) return;
    this.state.initialCount = value;
    this.state.countStart = this.clock.now();
    this.rearm();
  }

  /** A new divisor applies to what is left of the count. */
  writeDivide(value: number): void {
    const s = this.state;
    const left = this.currentCount();
    s.divide = value;
    if (s.initialCount === 0) return;
    s.countStart = this.clock.now() - (s.initialCount - left) * this.divisor;
    this.rearm();
  }

  writeTscDeadline(value: bigint): void {
    // In other timer modes the MSR reads as zero and ignores writes.
    if (this.mode !== TSC_DEADLINE) return;
    this.state.tscDeadline = value;
    if (value === 0n) this.arm(null);
    else this.tscChanged();
  }

  /** The guest moved the time-stamp counter, or the deadline: it is now another instant. */
  tscChanged(): void {
    if (this.state.tscDeadline !== 0n) this.arm(Math.max(this.tsc.timeOf(this.state.tscDeadline), this.clock.now()));
  }

  /** Nanoseconds per count: DCR's bits 3, 1, 0 encode 2, 4 … 128, 1. */
  private get divisor(): number {
    const code = (this.state.divide & 3) | ((this.state.divide & 8) >>> 1);
    return 1 << ((code + 1) & 7);
  }

  /** Arms for the next instant at which the count reaches zero. */
  private rearm(): void {
    const s = this.state;
    if (s.initialCount === 0) {
      this.arm(null);
      return;
    }
    const period = s.initialCount * this.divisor;
    const elapsed = this.clock.now() - s.countStart;
    if (this.mode === PERIODIC) this.arm(s.countStart + (Math.floor(elapsed / period) + 1) * period);
    else this.arm(elapsed < period ? s.countStart + period : null);
  }

  private arm(at: number | null): void {
    this.state.timerAt = at;
    if (at === null) this.timer.cancel();
    else this.timer.arm(at);
  }

  private expire(): void {
    this.state.timerAt = null;
    if (this.mode === TSC_DEADLINE) this.state.tscDeadline = 0n;
    else if (this.mode === PERIODIC) this.rearm();
  }
}
