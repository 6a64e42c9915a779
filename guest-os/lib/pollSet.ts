// SPDX-License-Identifier: MIT
/** @fileoverview Descriptors that are waited for together (poll(2)), for programs. */
import * as calls from './calls';

export const POLLIN: u16 = 1;
export const POLLOUT: u16 = 4;
const POLLERR: u16 = 8;
const POLLHUP: u16 = 0x10;
const POLLNVAL: u16 = 0x20;

/** A time of nothing: struct timespec. */
const NOW = memory.data(16, 8);

export class PollSet {
  private readonly entries: StaticArray<u64>;
  private count: i32 = 0;

  /** `most`: how many there may be at a time; further ones are passed over. */
  constructor(most: i32 = 16) {
    this.entries = new StaticArray<u64>(most);
  }

  clear(): void {
    this.count = 0;
  }
  /** Descriptors below 0 are passed over. */
  add(descriptor: i32, events: u16 = POLLIN): void {
    if (descriptor < 0 || this.count == this.entries.length) return;
    this.entries[this.count++] = <u64>(<u32>descriptor) | ((<u64>events) << 32);
  }
  /** Waits for as long as it takes; false: a signal came. */
  wait(): bool {
    return calls.pollsys(changetype<usize>(this.entries), this.count, 0, 0) >= 0;
  }
  /** Is anything ready now? */
  look(): bool {
    return calls.pollsys(changetype<usize>(this.entries), this.count, NOW, 0) > 0;
  }
  /** Waits for so many milliseconds at most; false: nothing was ready, or a signal came. */
  waitFor(milliseconds: i64): bool {
    const time = new StaticArray<i64>(2);
    time[0] = milliseconds / 1000;
    time[1] = (milliseconds % 1000) * 1000000;
    return calls.pollsys(changetype<usize>(this.entries), this.count, changetype<usize>(time), 0) > 0;
  }
  /** There is something to read or to write, an error, or an end. */
  isReady(descriptor: i32): bool {
    for (let i = 0; i < this.count; i++)
      if (<i32>this.entries[i] == descriptor)
        return (<u16>(this.entries[i] >> 48) & (POLLIN | POLLOUT | POLLERR | POLLHUP | POLLNVAL)) != 0;
    return false;
  }
}
