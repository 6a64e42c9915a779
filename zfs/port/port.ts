// SPDX-License-Identifier: MIT
/**
 * @fileoverview What ZFS asks of the system below it: time, random numbers, one piece of memory, disks, and a lock that sleeps.
 *
 * There are two such systems: the kernel (threads that sleep until a disk answers) and Node (where a disk is a file or memory and
 * answers at once). Both look alike from here, since every request is a call that returns when it is done.
 *
 * Locking: each pool has one lock. Whoever calls into ZFS from above (zpl, zvol, commands, the sync thread) holds it for the whole of
 * the operation, while it waits for disks too. So everything below zpl is written as for one thread; nothing there may wait
 * for anything but a disk.
 */

/** A disk or a file that stands for one. Offsets and sizes are multiples of `sectorSize`. All results are 0 or -errno. */
export abstract class BlockDevice {
  constructor(
    /** /dev/dsk/c0t0d0s0, or the file's path. */
    public readonly path: string,
    public readonly isFile: bool,
    public size: u64,
    public readonly sectorSize: u32,
  ) {}

  abstract read(offset: u64, to: usize, bytes: u32): i32;
  /** Begins a write; the bytes at `from` stay as they are until {@link finish}. */
  abstract write(offset: u64, from: usize, bytes: u32): i32;
  /** Waits for all writes begun; the first error of them. */
  abstract finish(): i32;
  /** What has been written is on the medium when this returns. */
  abstract flush(): i32;
  close(): void {}
}

export abstract class Lock {
  abstract acquire(): void;
  abstract release(): void;
}

export abstract class System {
  /** Nanoseconds since 1970. */
  abstract now(): u64;
  abstract random(): u64;
  /** Opens what a path in a pool's configuration names; null if there is no such device, errno in kernel/errno's failure. */
  abstract openDevice(path: string): BlockDevice | null;
  abstract newLock(): Lock;
  abstract hostid(): u64;
  abstract hostname(): string;
  /** A line for the operator: what a console or /var/adm/messages shows. */
  abstract notice(text: string): void;
}

let current: System | null = null;

export function system(): System {
  return current!;
}
/** Called once, before anything else here is used. */
export function setSystem(system: System): void {
  current = system;
}

/** Seconds since 1970. */
export function now(): u64 {
  return system().now() / 1000000000;
}
