// SPDX-License-Identifier: MIT
/**
 * @fileoverview Where a crash dump goes: a device whose bytes have their places on disks once and for all, found out when it is configured, so that a kernel
 * that panics need ask nobody. All disks of a target have the same bytes at the same distance from where each begins (a mirror).
 *
 * What is here is read in a panic: nothing of that allocates, waits, or changes more than a number.
 */
import { BLOCK_FLUSH, BLOCK_WRITE, BlockDevice, SECTOR } from '../../driver/block';
import { EIO, ENOSPC, setError } from '../errno';

/** Devices that a mirror may have for this. */
export const MOST_DISKS: i32 = 8;

export class DumpTarget {
  /** Bytes. */
  size: u64 = 0;
  private readonly disks: StaticArray<BlockDevice | null> = new StaticArray<BlockDevice | null>(MOST_DISKS);
  /** The sector of each disk where what the places count from begins. */
  private readonly origins: StaticArray<u64> = new StaticArray<u64>(MOST_DISKS);
  private diskCount: i32 = 0;
  /** Those that took part in the dump so far. */
  private readonly works: StaticArray<bool> = new StaticArray<bool>(MOST_DISKS);
  /** Runs of bytes, in order: where each begins on the target and on the disks; it ends where the next begins. */
  private readonly starts: u64[] = [];
  private readonly places: u64[] = [];

  /** Of the path that it was configured by. */
  constructor(public readonly path: string) {}

  addRun(place: u64, bytes: u64): void {
    this.starts.push(this.size);
    this.places.push(place);
    this.size += bytes;
  }

  // ---- the disks, which change while it is configured, as a mirror's do

  clearDisks(): void {
    this.diskCount = 0;
    for (let i = 0; i < MOST_DISKS; i++) this.disks[i] = null;
  }
  /** False: it is not one more that could be written to in a panic. */
  addDisk(disk: BlockDevice, origin: u64): bool {
    if (this.diskCount == MOST_DISKS || disk.readOnly || !disk.prepareCrash()) return false;
    this.disks[this.diskCount] = disk;
    this.origins[this.diskCount++] = origin;
    return true;
  }
  get hasDisks(): bool {
    return this.diskCount > 0;
  }

  // ---- input and output

  /** In a panic, once. False: no disk answers. */
  beginCrash(): bool {
    let any = false;
    for (let i = 0; i < this.diskCount; i++) {
      this.works[i] = this.disks[i]!.beginCrash();
      if (this.works[i]) any = true;
    }
    return any;
  }

  /** Writes whole sectors; `isLive`: not in a panic, by way of the drivers, waiting. What one disk has taken is written. */
  write(offset: u64, from: usize, count: u32, isLive: bool): i32 {
    if (offset + count > this.size) return setError(ENOSPC);
    let run = this.runOf(offset);
    for (let done: u32 = 0; done < count; run++) {
      const at = offset + done;
      const end = run + 1 < this.starts.length ? this.starts[run + 1] : this.size;
      const part = <u32>min<u64>(end - at, <u64>count - done);
      const error = this.writeRun(this.places[run] + (at - this.starts[run]), from + done, part, isLive);
      if (error) return error;
      done += part;
    }
    return 0;
  }
  private writeRun(place: u64, from: usize, count: u32, isLive: bool): i32 {
    let result = setError(EIO);
    for (let i = 0; i < this.diskCount; i++) {
      const disk = this.disks[i]!;
      const sector = this.origins[i] + place / SECTOR;
      if (isLive) {
        if (disk.transfer(BLOCK_WRITE, sector, from, count) == 0) result = 0;
      } else if (this.works[i]) {
        this.works[i] = disk.crashTransfer(BLOCK_WRITE, sector, from, count) == 0;
        if (this.works[i]) result = 0;
      }
    }
    return result;
  }

  flush(isLive: bool): i32 {
    let result = setError(EIO);
    for (let i = 0; i < this.diskCount; i++) {
      const disk = this.disks[i]!;
      if (isLive) {
        if (disk.flush() == 0) result = 0;
      } else if (this.works[i]) {
        this.works[i] = disk.crashTransfer(BLOCK_FLUSH, 0, 0, 0) == 0;
        if (this.works[i]) result = 0;
      }
    }
    return result;
  }

  /** The run that a byte of the target is in. */
  private runOf(offset: u64): i32 {
    let low = 0;
    let high = this.starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low;
  }
}
