// SPDX-License-Identifier: MIT
/** @fileoverview A segment: a range of pages of an address space with rights, backed by zeros or by a vnode (addressSpace.ts). */
import { Vnode } from '../../fs/vnode';
import { PAGE } from './frames';
import { NO_EXECUTE, USER, WRITABLE } from './hat';

/** Rights, by mmap's values (<sys/mman.h>). */
export const PROT_READ: i32 = 1;
export const PROT_WRITE: i32 = 2;
export const PROT_EXEC: i32 = 4;
/** Offset of an address in its page. */
export const PAGE_MASK: u64 = 4095;

export class Segment {
  next: Segment | null = null;
  /** File behind it, held; null: zeros. */
  vnode: Vnode | null = null;
  /** Offset in the file of `start`. */
  offset: u64 = 0;
  /** Address behind the last byte that comes from the file. */
  fileEnd: u64 = 0;
  shared: bool = false;
  /** The rest of its last page is zeros, and what follows too: an executable's segment, not one of mmap. */
  zeroFilled: bool = false;
  /** Every page has a frame promised. */
  reserved: bool = false;
  /** Its pages count as locked. */
  locked: bool = false;
  /** mprotect may not give more. */
  most: i32 = 7;
  constructor(
    public start: u64,
    public end: u64,
    public prot: i32,
  ) {}

  get pages(): u64 {
    return (this.end - this.start) / PAGE;
  }

  /** The same pages from another place of it on. */
  part(start: u64, end: u64): Segment {
    const copy = new Segment(start, end, this.prot);
    copy.shared = this.shared;
    copy.zeroFilled = this.zeroFilled;
    copy.reserved = this.reserved;
    copy.locked = this.locked;
    copy.most = this.most;
    const vnode = this.vnode;
    if (vnode) {
      vnode.hold();
      copy.vnode = vnode;
      copy.offset = this.offset + (start - this.start);
      copy.fileEnd = this.fileEnd;
    }
    return copy;
  }

  get rights(): u64 {
    return USER | (this.prot & PROT_WRITE ? WRITABLE : 0) | (this.prot & PROT_EXEC ? 0 : NO_EXECUTE);
  }
  /** Does it need promises? */
  get wantsReservation(): bool {
    return !this.shared && (this.prot & PROT_WRITE) != 0;
  }
}
