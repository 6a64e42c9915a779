// SPDX-License-Identifier: MIT
/**
 * @fileoverview Processors: what each is doing, and where its time goes.
 *
 * Time is charged exactly, not sampled: at every passage between user mode, kernel and idling the counts since the last passage go to who
 * used them ({@link Cpu.charge}), in counts of the time stamp counter. There is one processor for now; what is its own lies here, found through
 * the block behind gs, so that a second one finds a place of its own.
 */
import { PerCpuAt } from 'layout/processor';
import { rdtsc } from 'machine/cpu';
import * as percpu from 'machine/percpu';
import { countsToTime, uptime } from '../time/clock';
import { Thread } from './thread';

export const MODE_USER: i32 = 0;
export const MODE_SYSTEM: i32 = 1;
export const MODE_IDLE: i32 = 2;

export class Cpu {
  running: Thread | null = null;
  idle: Thread | null = null;
  /** Another thread should run: looked at on the way to user mode. */
  reschedule: bool = false;
  /** Counts spent in each mode, and the count of the last passage. */
  user: u64 = 0;
  system: u64 = 0;
  idling: u64 = 0;
  private stamp: u64 = rdtsc();
  private mode: i32 = MODE_SYSTEM;

  switches: u64 = 0;
  /** Switches away from a thread that could have gone on. */
  involuntary: u64 = 0;
  interrupts: u64 = 0;
  systemCalls: u64 = 0;
  traps: u64 = 0;

  /** Threads that run or want to; and what that is, summed over time, since when. */
  private runnable: i32 = 0;
  private area: u64 = 0;
  private since: u64 = rdtsc();

  constructor(public readonly id: i32) {}

  countRunnable(change: i32): void {
    const now = rdtsc();
    this.area += <u64>this.runnable * (now - this.since);
    this.since = now;
    this.runnable += change;
  }
  /** The sum so far, in threads times counts of the time stamp counter. */
  get runnableArea(): u64 {
    this.countRunnable(0);
    return this.area;
  }

  /** What came before was in the mode told last; now `mode` begins. */
  charge(mode: i32): void {
    const now = rdtsc();
    const used = now - this.stamp;
    this.stamp = now;
    const thread = this.running;
    if (this.mode == MODE_IDLE) this.idling += used;
    else if (this.mode == MODE_USER) {
      this.user += used;
      if (thread) chargeThread(thread, used, true);
    } else {
      this.system += used;
      if (thread) chargeThread(thread, used, false);
    }
    this.mode = mode;
  }
}

/** Time is a thread's, and its zone's. */
function chargeThread(thread: Thread, counts: u64, user: bool): void {
  if (user) thread.userCounts += counts;
  else thread.systemCounts += counts;
  const process = thread.process;
  if (process) process.fairShare.charge(counts, user);
}

const cpus: Cpu[] = [new Cpu(0)];

export function processors(): Cpu[] {
  return cpus;
}
export function thisCpu(): Cpu {
  return cpus[percpu.load32(PerCpuAt.cpuOffset)];
}

// ---- load averages

/** What a second lets be of the averages over 1, 5 and 15 minutes: e^(-1/60), e^(-1/300), e^(-1/900), in 65536ths. */
const DECAY: StaticArray<u64> = [64453, 65318, 65463];
/** In 65536ths of a thread. */
const averages: StaticArray<u64> = [0, 0, 0];
let averagedArea: u64 = 0;
let averagedAt: u64 = 0;
/** Longer ago than this counts as for ever: both averages and patience would be at their end. */
const LONGEST: u64 = 3600;

/** Threads that ran or wanted to, on average over the last 1, 5 or 15 minutes (0, 1, 2), in 65536ths. Computed when somebody asks. */
export function loadAverage(which: i32): i32 {
  const now = uptime();
  const seconds = (now - averagedAt) / NANOSECONDS;
  if (seconds) {
    let area: u64 = 0;
    for (let i = 0; i < cpus.length; i++) area += cpus[i].runnableArea;
    // The mean of the whole time stands for each of its seconds.
    const passed = now - averagedAt;
    const mean = (countsToTime(area - averagedArea) << 16) / passed;
    for (let i = 0; i < 3; i++) {
      let value = averages[i];
      for (let k: u64 = 0; k < min(seconds, LONGEST); k++) value = (value * DECAY[i] + mean * (65536 - DECAY[i])) >> 16;
      averages[i] = value;
    }
    averagedArea = area;
    averagedAt = now;
  }
  return <i32>averages[which];
}
const NANOSECONDS: u64 = 1000000000;
