// SPDX-License-Identifier: MIT
/**
 * @fileoverview Growing arrays of fixed-size records outside the collected heap: chunks of ZFS's memory in a list.
 *
 * Lists of block pointers to be freed may have millions of entries; they are filled at the end, walked and emptied.
 */
import { freeBuffer, newBuffer } from './memory';

const CHUNK: usize = 16384;
/** A chunk begins with the address of the next. */
const HEADER: usize = 128;

export class Vector {
  count: u32 = 0;
  private first: usize = 0;
  private last: usize = 0;
  private inLast: u32 = 0;
  private readonly perChunk: u32;

  constructor(private readonly size: usize) {
    this.perChunk = <u32>((CHUNK - HEADER) / size);
  }

  /** Room for one more record, not cleared. */
  add(): usize {
    if (!this.last || this.inLast == this.perChunk) {
      const chunk = newBuffer(CHUNK);
      store<usize>(chunk, 0);
      if (this.last) store<usize>(this.last, chunk);
      else this.first = chunk;
      this.last = chunk;
      this.inLast = 0;
    }
    this.count++;
    this.inLast++;
    return this.last + HEADER + <usize>(this.inLast - 1) * this.size;
  }
  addCopy(record: usize): void {
    memory.copy(this.add(), record, this.size);
  }

  /** Calls for each record in order, then empties. What is added meanwhile is visited too. */
  drain(each: (record: usize, context: usize) => void, context: usize): void {
    while (this.first) {
      const chunk = this.first;
      let i: u32 = 0;
      while (i < (chunk == this.last ? this.inLast : this.perChunk)) {
        each(chunk + HEADER + <usize>i * this.size, context);
        i++;
      }
      this.first = load<usize>(chunk);
      this.count -= i;
      if (!this.first) this.last = 0;
      freeBuffer(chunk, CHUNK);
    }
  }

  /** All records, which stay. */
  visit(each: (record: usize, context: usize) => void, context: usize): void {
    for (let chunk = this.first; chunk; chunk = load<usize>(chunk)) {
      const count = chunk == this.last ? this.inLast : this.perChunk;
      for (let i: u32 = 0; i < count; i++) each(chunk + HEADER + <usize>i * this.size, context);
    }
  }
}
