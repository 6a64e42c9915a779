// SPDX-License-Identifier: MIT
/**
 * @fileoverview Virtual devices: the tree of disks, files, mirrors and raidz groups below a pool.
 *
 * Offsets here exclude the labels in front: offset 0 is byte 4 MiB of a disk. A read is told what the block must match (zio/verify.ts);
 * a group tries its children until one does, and writes what it found to those that had something else. Writes are
 * begun by {@link Vdev.write} and waited for by {@link Vdev.finish}; a group's write succeeds if enough of its children's do.
 *
 * A child that was away while transaction groups were written remembers which (`missing`), and is not asked for blocks of those
 * until they have been resilvered.
 */
import { NvList } from '../port/nvlist';
import { Check } from '../zio/verify';

/** Space at a disk's begin that holds two labels and the boot block, and at its end: two labels. */
export const LABEL_START: u64 = 4 << 20;
export const LABEL_END: u64 = 512 << 10;
export const LABEL_SIZE: u64 = 256 << 10;
/** Smallest device, 64 MiB, as others insist on. */
export const SMALLEST_DEVICE: u64 = 64 << 20;

/** States, by illumos's numbers. */
export const VDEV_CLOSED: i32 = 1;
export const VDEV_OFFLINE: i32 = 2;
export const VDEV_REMOVED: i32 = 3;
export const VDEV_CANT_OPEN: i32 = 4;
export const VDEV_FAULTED: i32 = 5;
export const VDEV_DEGRADED: i32 = 6;
export const VDEV_HEALTHY: i32 = 7;

/** Why a vdev is not healthy. */
export const AUX_NONE: i32 = 0;
export const AUX_OPEN_FAILED: i32 = 1;
export const AUX_CORRUPT_DATA: i32 = 2;
export const AUX_NO_REPLICAS: i32 = 3;
export const AUX_BAD_GUID_SUM: i32 = 4;
export const AUX_TOO_SMALL: i32 = 5;

export class Statistics {
  reads: u64 = 0;
  writes: u64 = 0;
  readBytes: u64 = 0;
  writtenBytes: u64 = 0;
  readErrors: u64 = 0;
  writeErrors: u64 = 0;
  checksumErrors: u64 = 0;
}

/** Bytes that scrubs have written anew. */
let repairedBytes: u64 = 0;
export function repaired(): u64 {
  return repairedBytes;
}
export function countRepair(bytes: u64): void {
  repairedBytes += bytes;
}

export abstract class Vdev {
  parent: Vdev | null = null;
  children: Vdev[] = [];
  state: i32 = VDEV_CLOSED;
  aux: i32 = AUX_NONE;
  /** log2 of the unit of allocation. */
  ashift: u32 = 9;
  /** Usable bytes of this vdev, labels excluded. */
  size: u64 = 0;
  readonly statistics: Statistics = new Statistics();

  constructor(
    public readonly type: string,
    public id: u32,
    public guid: u64,
  ) {}

  /** Opens what is below and sets size, ashift (never lowered) and state. */
  abstract open(): void;
  close(): void {
    for (let i = 0; i < this.children.length; i++) this.children[i].close();
  }

  /** Reads a block; without `check` whatever is there. */
  abstract read(offset: u64, to: usize, bytes: u32, check: Check | null): i32;
  abstract write(offset: u64, from: usize, bytes: u32): i32;
  /**
   * Reads every copy of a block that is here, parity too, and writes anew what is wrong or missing; {@link repaired} counts. What is right comes to `to`.
   * An error: nothing here is right.
   */
  abstract scrub(offset: u64, to: usize, bytes: u32, check: Check): i32;
  /** Waits for all writes begun. */
  finish(): i32 {
    return 0;
  }
  flush(): i32 {
    let result = 0;
    for (let i = 0; i < this.children.length; i++) {
      const child = this.children[i];
      const one = child.isOpen ? child.flush() : 0;
      if (one < 0) result = one;
    }
    return result;
  }

  get isOpen(): bool {
    return this.state >= VDEV_DEGRADED;
  }
  get isLeaf(): bool {
    return !this.children.length;
  }
  get parity(): u32 {
    return 0;
  }
  /** What zpool status calls it. */
  get name(): string {
    return this.type + '-' + this.id.toString();
  }

  /** Bytes that a block of `bytes` takes up here, parity and padding included. */
  allocatedSize(bytes: u64): u64 {
    const unit = (<u64>1) << this.ashift;
    return (bytes + unit - 1) & ~(unit - 1);
  }

  add(child: Vdev): void {
    child.parent = this;
    child.id = this.children.length;
    this.children.push(child);
  }
  /** `other` takes the place of a child. */
  exchange(child: Vdev, other: Vdev): void {
    const at = this.children.indexOf(child);
    this.children[at] = other;
    other.parent = this;
    other.id = at;
    child.parent = null;
  }
  remove(child: Vdev): void {
    this.children.splice(this.children.indexOf(child), 1);
    child.parent = null;
    for (let i = 0; i < this.children.length; i++) this.children[i].id = i;
  }

  /** Did this, or anything below, miss the group? */
  lacks(txg: u64): bool {
    for (let i = 0; i < this.children.length; i++) if (this.children[i].lacks(txg)) return true;
    return false;
  }
  /** Finds the state anew from those of the children, which have changed. */
  judge(): void {}
  /** Judges this and everything above. */
  judgeUp(): void {
    for (let at: Vdev | null = this; at; at = at.parent) at.judge();
  }
  clearErrors(): void {
    const figures = this.statistics;
    figures.readErrors = 0;
    figures.writeErrors = 0;
    figures.checksumErrors = 0;
    for (let i = 0; i < this.children.length; i++) this.children[i].clearErrors();
  }

  /** Calls for every leaf. */
  leaves(into: Vdev[]): void {
    if (this.isLeaf) into.push(this);
    for (let i = 0; i < this.children.length; i++) this.children[i].leaves(into);
  }

  guidSum(): u64 {
    let sum = this.guid;
    for (let i = 0; i < this.children.length; i++) sum += this.children[i].guidSum();
    return sum;
  }

  /** The vdev's part of a configuration; whoever adds it to a pool adds what top-level vdevs have besides. */
  config(): NvList {
    const list = new NvList();
    list.setText('type', this.type);
    list.setNumber('id', this.id);
    list.setNumber('guid', this.guid);
    this.describe(list);
    if (this.children.length) {
      const children: NvList[] = [];
      for (let i = 0; i < this.children.length; i++) children.push(this.children[i].config());
      list.setLists('children', children);
    }
    return list;
  }
  protected describe(list: NvList): void {}

  countRead(bytes: u32): void {
    this.statistics.reads++;
    this.statistics.readBytes += bytes;
  }
  countWrite(bytes: u32): void {
    this.statistics.writes++;
    this.statistics.writtenBytes += bytes;
  }
}
