// SPDX-License-Identifier: MIT
/**
 * @fileoverview The virtual clock and its timers.
 *
 * The machine sets the time (nanoseconds since power-on) from retired instructions and calls `fire` when the earliest deadline
 * is reached. Timers fire in order of deadline, then creation, so a run is the same every time. Within one `fire` a timer goes off at most
 * once: however short a period the guest programs, the CPU gets to execute between two rounds.
 *
 * Typical sequence: the machine runs the CPU for `nextDeadline() - now()` nanoseconds, `setNow`, `fire`, again. While halted it jumps
 * straight to `nextDeadline()`. When the guest arms a timer before the deadline last asked for, `onEarlierDeadline` is called, so that
 * the machine can cut the CPU's run short.
 *
 * A timer's deadline belongs to its device, which saves it and arms it again; the clock saves only the time.
 */
import type { Clock, Device, DeviceState, Timer } from './device.ts';
import { loadFields, saveFields } from './state.ts';

const VERSION = 1;

class ClockTimer implements Timer {
  /** Infinity while disarmed. */
  when = Number.POSITIVE_INFINITY;
  /** The round of `fire` in which this timer last went off. */
  round = -1;
  readonly name: string;
  readonly action: () => void;
  private readonly changed: (when: number) => void;

  constructor(name: string, action: () => void, changed: (when: number) => void) {
    this.name = name;
    this.action = action;
    this.changed = changed;
  }

  get deadline(): number | undefined {
    return this.when === Number.POSITIVE_INFINITY ? undefined : this.when;
  }

  arm(deadlineNs: number): void {
    this.when = deadlineNs;
    this.changed(deadlineNs);
  }

  cancel(): void {
    this.when = Number.POSITIVE_INFINITY;
    this.changed(this.when);
  }
}

export class VirtualClock implements Clock, Device {
  readonly name = 'clock';
  private time = 0;
  private rounds = 0;
  private readonly timers: ClockTimer[] = [];
  /** The earliest deadline, or undefined when a timer has changed since it was last looked for. */
  private earliest: number | undefined;
  /** What `nextDeadline` last said, or an earlier one armed since. */
  private promised = Number.POSITIVE_INFINITY;
  private readonly changed = (when: number) => {
    this.earliest = undefined;
    if (when >= this.promised) return;
    this.promised = when;
    this.onEarlierDeadline();
  };

  onEarlierDeadline: () => void = () => {};

  now(): number {
    return this.time;
  }

  /** Only forwards: devices rely on a clock that never runs back. */
  setNow(ns: number): void {
    if (ns < this.time) throw new Error(`clock: ${ns} ns is before the current ${this.time} ns`);
    this.time = ns;
  }

  timer(name: string, fire: () => void): Timer {
    if (this.timers.some((timer) => timer.name === name)) throw new Error(`clock: there are two timers called ${name}`);
    const timer = new ClockTimer(name, fire, this.changed);
    this.timers.push(timer);
    return timer;
  }

  /** The earliest armed deadline, which may lie in the past; Infinity when nothing is armed. */
  nextDeadline(): number {
    if (this.earliest === undefined) {
      this.earliest = Number.POSITIVE_INFINITY;
      for (const timer of this.timers) if (timer.when < this.earliest) this.earliest = timer.when;
    }
    this.promised = this.earliest;
    return this.earliest;
  }

  /** Sets the time and lets every timer that is due go off, each at most once. */
  fire(now: number): void {
    this.setNow(now);
    if (this.nextDeadline() > now) return;
    const round = ++this.rounds;
    for (;;) {
      let next: ClockTimer | undefined;
      for (const timer of this.timers) {
        if (timer.when <= now && timer.round !== round && (next === undefined || timer.when < next.when)) next = timer;
      }
      if (next === undefined) return;
      next.round = round;
      next.cancel();
      next.action();
    }
  }

  /** Lets time pass up to `ns` with every timer going off exactly at its deadline: what an idle machine does. */
  advanceTo(ns: number): void {
    while (this.nextDeadline() <= ns) this.fire(Math.max(this.nextDeadline(), this.time));
    this.setNow(ns);
  }

  reset(): void {
    // Time since power-on continues over RESET#.
  }

  save(): DeviceState {
    return saveFields(VERSION, { now: this.time });
  }

  load(state: DeviceState): void {
    this.time = loadFields(this.name, state, VERSION, { now: 0 }).now;
  }
}
