// SPDX-License-Identifier: MIT
/**
 * @fileoverview Guest RAM as firmware sees it: bytes at physical addresses.
 *
 * `size` is the amount of RAM installed. Where it lies is `memoryMap.ts`' business: below 4 GiB up to a limit, the rest from
 * 4 GiB on. The segments C0000-FFFFF are RAM here (firmware runs from its shadow copy), so tables can be left at F0000.
 */

export interface GuestRam {
  readonly size: number;
  write(address: number, bytes: Uint8Array): void;
  read(address: number, length: number): Uint8Array;
}

const PAGE = 0x1_0000;

/** RAM that takes host memory only where it was written: for tests and tools that look at what firmware leaves behind. */
export class SparseRam implements GuestRam {
  readonly size: number;
  private readonly pages = new Map<number, Uint8Array>();

  constructor(size: number) {
    this.size = size;
  }

  write(address: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = address + done;
      const count = Math.min(bytes.length - done, PAGE - (at % PAGE));
      const index = Math.floor(at / PAGE);
      let page = this.pages.get(index);
      if (!page) this.pages.set(index, (page = new Uint8Array(PAGE)));
      page.set(bytes.subarray(done, done + count), at % PAGE);
      done += count;
    }
  }

  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const at = address + done;
      const count = Math.min(length - done, PAGE - (at % PAGE));
      const page = this.pages.get(Math.floor(at / PAGE));
      if (page) bytes.set(page.subarray(at % PAGE, (at % PAGE) + count), done);
      done += count;
    }
    return bytes;
  }

  /** The pages that hold something, ascending. */
  written(): { address: number; bytes: Uint8Array }[] {
    return [...this.pages].sort(([a], [b]) => a - b).map(([index, bytes]) => ({ address: index * PAGE, bytes }));
  }
}
