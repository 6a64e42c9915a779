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

  constructor(public readonly id: i32) {}

  /** What came before was in the mode told last; now `mode` begins. */
  charge(mode: i32): void {
    const now = rdtsc();
    const used = now - this.stamp;
    this.stamp = now;
    const thread = this.running;
    if (this.mode == MODE_IDLE) this.idling += used;
    else if (this.mode == MODE_USER) {
      this.user += used;
      if (thread) thread.userCounts += used;
    } else {
      this.system += used;
      if (thread) thread.systemCounts += used;
    }
    this.mode = mode;
  }
}

const cpus: Cpu[] = [new Cpu(0)];

export function processors(): Cpu[] {
  return cpus;
}
export function thisCpu(): Cpu {
  return cpus[percpu.load32(PerCpuAt.cpuOffset)];
}
