// SPDX-License-Identifier: MIT
/**
 * @fileoverview Time: ticks from the 8254, what lies between them from its counter, the date from the battery-backed clock.
 *
 * Channel 0 interrupts HZ times a second (8254 data sheet, mode 2). Within a tick the latched counter tells how far it is; a reading that
 * would lie before an earlier one (the counter has wrapped, the interrupt is still to come) gives the earlier one again. The date is read
 * once, at boot, from the MC146818 (registers 0 to 9, century in 32h), and counted on from there.
 */
import { inb, outb, restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { HZ, ticks } from './thread';

const RATE: u64 = 1193182;
const DIVISOR: u64 = RATE / HZ;
const NANOSECONDS: u64 = 1000000000;

let latest: u64 = 0;
/** Seconds since 1970 when the clock started. */
let bootTime_: u64 = 0;

export function startClock(): void {
  bootTime_ = readDate();
  outb(0x43, 0x34);
  outb(0x40, <u32>DIVISOR & 0xff);
  outb(0x40, <u32>DIVISOR >> 8);
}

export function bootTime(): u64 {
  return bootTime_;
}

/** Nanoseconds since the clock started; never less than before. */
export function uptime(): u64 {
  const flags = saveInterrupts();
  outb(0x43, 0);
  let count = <u64>inb(0x40);
  count |= (<u64>inb(0x40)) << 8;
  const now = ticks() * (NANOSECONDS / HZ) + ((DIVISOR - min(count, DIVISOR)) * NANOSECONDS) / RATE;
  latest = max(latest, now);
  const result = latest;
  restoreInterrupts(flags);
  return result;
}

/** Nanoseconds since 1970, UTC. */
export function wallTime(): u64 {
  return bootTime_ * NANOSECONDS + uptime();
}

/** Ticks that cover a time, at least one. */
export function ticksFor(nanoseconds: u64): u64 {
  const tick = NANOSECONDS / HZ;
  return max<u64>(nanoseconds / tick + (nanoseconds % tick ? 1 : 0), 1);
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
