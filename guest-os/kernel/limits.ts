// SPDX-License-Identifier: MIT
/**
 * @fileoverview Resource limits of a process (<sys/resource.h>), which are the same as the process.* resource controls (rctl.ts).
 *
 * Where each is enforced: NOFILE when a descriptor is chosen (process.ts), VMEM and DATA when a range is mapped, STACK when the stack grows
 * (addressSpace.ts), FSIZE when a file is written (syscall/write), CPU by a timer (timers.ts), CORE
 * when a core file is written (core.ts).
 */
export const RLIMIT_CPU: i32 = 0;
export const RLIMIT_FSIZE: i32 = 1;
export const RLIMIT_DATA: i32 = 2;
export const RLIMIT_STACK: i32 = 3;
export const RLIMIT_CORE: i32 = 4;
export const RLIMIT_NOFILE: i32 = 5;
export const RLIMIT_VMEM: i32 = 6;
export const RLIM_NLIMITS: i32 = 7;
export const RLIM_INFINITY: u64 = 0xfffffffffffffffd;

const STACK: u64 = 10 << 20;
const NOFILE: u64 = 256;
const NOFILE_MAX: u64 = 65536;

export class Limits {
  private readonly softs: StaticArray<u64> = new StaticArray<u64>(RLIM_NLIMITS);
  private readonly hards: StaticArray<u64> = new StaticArray<u64>(RLIM_NLIMITS);

  constructor() {
    for (let i = 0; i < RLIM_NLIMITS; i++) this.set(i, RLIM_INFINITY, RLIM_INFINITY);
    this.set(RLIMIT_STACK, STACK, RLIM_INFINITY);
    this.set(RLIMIT_NOFILE, NOFILE, NOFILE_MAX);
  }

  soft(resource: i32): u64 {
    return this.softs[resource];
  }
  hard(resource: i32): u64 {
    return this.hards[resource];
  }
  set(resource: i32, soft: u64, hard: u64): void {
    this.softs[resource] = soft;
    this.hards[resource] = hard;
  }
  copy(): Limits {
    const copy = new Limits();
    for (let i = 0; i < RLIM_NLIMITS; i++) copy.set(i, this.softs[i], this.hards[i]);
    return copy;
  }
}
