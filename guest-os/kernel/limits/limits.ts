// SPDX-License-Identifier: MIT
/**
 * @fileoverview Resource limits of a process (<sys/resource.h>), which are the same as the process.* resource controls (rctl.ts).
 *
 * Where each is enforced: NOFILE when a descriptor is chosen (process.ts), VMEM and DATA when a range is mapped, STACK when the stack grows
 * (addressSpace.ts), FSIZE when a file is written (syscall/write), CPU by a timer (timers.ts), CORE
 * when a core file is written (core.ts). The LIMIT_ ones are resource controls alone, which setrlimit(2) does not know: System V IPC asks (ipc/).
 */
export const RLIMIT_CPU: i32 = 0;
export const RLIMIT_FSIZE: i32 = 1;
export const RLIMIT_DATA: i32 = 2;
export const RLIMIT_STACK: i32 = 3;
export const RLIMIT_CORE: i32 = 4;
export const RLIMIT_NOFILE: i32 = 5;
export const RLIMIT_VMEM: i32 = 6;
export const RLIM_NLIMITS: i32 = 7;
/** Of what a process makes: semaphores of a set, operations at a time on it, bytes and messages of a queue. */
export const LIMIT_SEM_NSEMS: i32 = 7;
export const LIMIT_SEM_OPS: i32 = 8;
export const LIMIT_MSG_QBYTES: i32 = 9;
export const LIMIT_MSG_MESSAGES: i32 = 10;
const LIMITS: i32 = 11;
export const RLIM_INFINITY: u64 = 0xfffffffffffffffd;

const STACK: u64 = 10 << 20;
const NOFILE: u64 = 256;
const NOFILE_MAX: u64 = 65536;
/** illumos's defaults of System V IPC. */
const SEM_NSEMS: u64 = 512;
const SEM_OPS: u64 = 512;
const MSG_QBYTES: u64 = 65536;
const MSG_MESSAGES: u64 = 8192;

export class Limits {
  private readonly softs: StaticArray<u64> = new StaticArray<u64>(LIMITS);
  private readonly hards: StaticArray<u64> = new StaticArray<u64>(LIMITS);

  constructor() {
    for (let i = 0; i < LIMITS; i++) this.set(i, RLIM_INFINITY, RLIM_INFINITY);
    this.set(RLIMIT_STACK, STACK, RLIM_INFINITY);
    this.set(RLIMIT_NOFILE, NOFILE, NOFILE_MAX);
    this.set(LIMIT_SEM_NSEMS, RLIM_INFINITY, SEM_NSEMS);
    this.set(LIMIT_SEM_OPS, RLIM_INFINITY, SEM_OPS);
    this.set(LIMIT_MSG_QBYTES, RLIM_INFINITY, MSG_QBYTES);
    this.set(LIMIT_MSG_MESSAGES, RLIM_INFINITY, MSG_MESSAGES);
  }

  soft(resource: i32): u64 {
    return this.softs[resource];
  }
  hard(resource: i32): u64 {
    return this.hards[resource];
  }
  /** What holds: a soft limit that nobody has set does not. */
  lower(resource: i32): u64 {
    return min(this.softs[resource], this.hards[resource]);
  }
  set(resource: i32, soft: u64, hard: u64): void {
    this.softs[resource] = soft;
    this.hards[resource] = hard;
  }
  copy(): Limits {
    const copy = new Limits();
    for (let i = 0; i < LIMITS; i++) copy.set(i, this.softs[i], this.hards[i]);
    return copy;
  }
}
