// SPDX-License-Identifier: MIT
/**
 * @fileoverview What truss -c counts. Each process that follows another counts for itself, and reports in one write, which pipes keep in one piece;
 * whoever was started first adds everything up.
 */
import * as calls from '../../lib/calls';
import { Writer } from '../../lib/io';
import { padLeft, padRight } from '../../lib/text';
import { nameOf, signalText } from './_trussShow';

const CALLS: i32 = 256;
const SIGNALS: i32 = 65;
/** Number, count, errors, nanoseconds; signals have numbers from {@link CALLS} on. */
const RECORD: i32 = 24;
/** Records of one report, which must not be larger than PIPE_BUF. */
const MOST: i32 = 200;
const FAULTS: i32 = CALLS + SIGNALS;
const USER: i32 = FAULTS + 1;
const records = memory.data(4800, 8);
const NANOSECONDS: u64 = 1000000000;

export class Counts {
  private readonly counts: StaticArray<u32> = new StaticArray<u32>(USER + 1);
  private readonly errors: StaticArray<u32> = new StaticArray<u32>(USER + 1);
  private readonly times: StaticArray<u64> = new StaticArray<u64>(USER + 1);

  clear(): void {
    for (let i = 0; i <= USER; i++) {
      this.counts[i] = 0;
      this.errors[i] = 0;
      this.times[i] = 0;
    }
  }
  set userTime(nanoseconds: u64) {
    this.counts[USER] = 1;
    this.times[USER] += nanoseconds;
  }
  add(call: i32, nanoseconds: u64, failed: bool): void {
    if (<u32>call >= <u32>CALLS) return;
    this.counts[call]++;
    this.times[call] += nanoseconds;
    if (failed) this.errors[call]++;
  }
  signal(number: i32): void {
    if (<u32>number < <u32>SIGNALS) this.counts[CALLS + number]++;
  }
  fault(): void {
    this.counts[FAULTS]++;
  }

  report(descriptor: i32): void {
    let count = 0;
    for (let i = 0; i <= USER && count < MOST; i++) {
      if (!this.counts[i]) continue;
      const at = records + count++ * RECORD;
      store<u32>(at, i);
      store<u32>(at, this.counts[i], 4);
      store<u32>(at, this.errors[i], 8);
      store<u64>(at, this.times[i], 16);
    }
    calls.write(descriptor, records, <u64>count * RECORD);
  }

  /** Adds what others report, until all of them have ended. */
  gather(descriptor: i32): void {
    while (calls.read(descriptor, records, RECORD) == RECORD) {
      const i = load<u32>(records);
      if (i > <u32>USER) return;
      this.counts[i] += load<u32>(records, 4);
      this.errors[i] += load<u32>(records, 8);
      this.times[i] += load<u64>(records, 16);
    }
  }

  show(to: Writer): void {
    let calls: u32 = 0;
    let errors: u32 = 0;
    let time: u64 = 0;
    to.write('syscall               seconds   calls  errors\n');
    for (let i = 0; i < CALLS; i++) {
      if (!this.counts[i]) continue;
      const failed = this.errors[i] ? padLeft(this.errors[i].toString(), 7) : '';
      to.write(
        padRight(nameOf(i), 20) + padLeft(seconds(this.times[i]), 9) + padLeft(this.counts[i].toString(), 8) + failed + '\n',
      );
      calls += this.counts[i];
      errors += this.errors[i];
      time += this.times[i];
    }
    to.write('                     --------  ------   ----\n');
    to.write(
      'sys totals:         ' + padLeft(seconds(time), 9) + padLeft(calls.toString(), 8) + padLeft(errors.toString(), 7) + '\n',
    );
    to.write('usr time:           ' + padLeft(seconds(this.times[USER]), 9) + '\n');
    let any = false;
    for (let i = 1; i < SIGNALS; i++) {
      if (!this.counts[CALLS + i]) continue;
      if (!any) to.write('signals ------------\n');
      any = true;
      to.write(padRight(signalText(i), 16) + padLeft(this.counts[CALLS + i].toString(), 12) + '\n');
    }
    if (this.counts[FAULTS]) to.write('faults: ' + this.counts[FAULTS].toString() + '\n');
  }
}

/** As truss shows them: .001, 12.345. */
function seconds(nanoseconds: u64): string {
  const whole = nanoseconds / NANOSECONDS;
  const part = ((nanoseconds % NANOSECONDS) / 1000000).toString();
  return (whole ? whole.toString() : '') + '.' + '0'.repeat(3 - part.length) + part;
}
