// SPDX-License-Identifier: MIT
/**
 * @fileoverview The kernel's counters at a moment, and what they grew by between two: for commands that look again and again (vmstat, iostat,
 * mpstat). The first look is at everything since boot, as their manual pages have it.
 */
import { flush, outputError } from './io';
import { Kstat, kstatChain } from './kstat';
import { sleepFor } from './process';
import { parseNumber } from './text';

export const SECOND: u64 = 1000000000;

export class Sample {
  readonly records: Kstat[] = [];
  /** Nanoseconds since boot when they were read. */
  time: u64 = 0;

  static take(): Sample {
    const sample = new Sample();
    const chain = kstatChain();
    for (let i = 0; i < chain.length; i++) {
      if (!chain[i].read()) continue;
      sample.records.push(chain[i]);
      sample.time = chain[i].taken;
    }
    return sample;
  }

  /** A record that was read; null: there is none. */
  find(module: string, instance: i32, name: string): Kstat | null {
    for (let i = 0; i < this.records.length; i++) {
      const record = this.records[i];
      if (record.module == module && record.instance == instance && record.name == name) return record;
    }
    return null;
  }

  /** A value; 0 where the kernel has none. */
  number(module: string, instance: i32, name: string, statistic: string): i64 {
    const record = this.find(module, instance, name);
    return record ? max<i64>(record.number(statistic), 0) : 0;
  }
}

/** What happened between two samples; `before` is null for all the time since boot. */
export class Change {
  constructor(
    readonly before: Sample | null,
    readonly now: Sample,
  ) {}

  /** Nanoseconds, never 0. */
  get span(): u64 {
    const before = this.before;
    return max<u64>(this.now.time - (before ? before.time : 0), 1);
  }
  growth(module: string, instance: i32, name: string, statistic: string): u64 {
    const before = this.before;
    const now = this.now.number(module, instance, name, statistic);
    return <u64>max<i64>(now - (before ? before.number(module, instance, name, statistic) : 0), 0);
  }
  /** For each second, rounded. */
  rate(module: string, instance: i32, name: string, statistic: string): u64 {
    return perSecond(this.growth(module, instance, name, statistic), this.span);
  }
}

export function perSecond(count: u64, span: u64): u64 {
  return <u64>Math.round((<f64>count * <f64>SECOND) / <f64>span);
}

/**
 * Runs `show` for `[interval [count]]`: once without operands, for ever without a count. False: the operands are wrong.
 */
export function lookAgain(operands: string[], show: (change: Change) => void): bool {
  if (operands.length > 2) return false;
  const interval = operands.length ? parseNumber(operands[0]) : 0;
  const count = operands.length > 1 ? parseNumber(operands[1]) : operands.length ? i64.MAX_VALUE : 1;
  if (count < 1 || (operands.length && interval < 1)) return false;
  let before: Sample | null = null;
  for (let i: i64 = 0; i < count; i++) {
    if (i && sleepFor(<u64>interval * SECOND)) break;
    const now = Sample.take();
    show(new Change(before, now));
    before = now;
    flush();
    if (outputError()) break;
  }
  return true;
}

/** Instances of the records of a module and name prefix, in order. */
export function instancesOf(sample: Sample, module: string): i32[] {
  const found: i32[] = [];
  for (let i = 0; i < sample.records.length; i++) if (sample.records[i].module == module) found.push(sample.records[i].instance);
  found.sort((a, b) => a - b);
  return found;
}
