// SPDX-License-Identifier: MIT
/**
 * @fileoverview A split virtqueue, device side (virtio 1.2, section 2.7), with indirect descriptors and event indices.
 *
 * The driver owns three areas of guest memory: the descriptor table, the driver area (available ring) and the device area (used
 * ring). The device takes chains from the available ring and gives them back through the used ring, in any order.
 *
 * Typical sequence: `while ((chain = queue.pop())) { ...; queue.push(chain, written); } if (queue.shouldInterrupt()) interrupt`.
 *
 * Invariants: nothing here trusts guest memory. A ring that breaks the rules (an available index too far ahead, a descriptor index
 * outside its table, a loop, readable after writable, more than 2^32 bytes) is reported through `malformed` once per `pop`,
 * which then yields nothing; the transport marks the device as needing reset and stops using it. Every walk is bounded by the
 * table it walks and by MAX_SEGMENTS.
 *
 * Omitted: the packed ring, and `VIRTQ_USED_F_NO_NOTIFY` (work is done within the notification, so there is nothing to suppress).
 */
import type { DmaMemory } from '../../bus/device.ts';

/** QEMU's limit for one chain (VIRTQUEUE_MAX_SIZE); no driver comes near. */
const MAX_SEGMENTS = 1024;
/** A chain may not exceed 2^32 bytes (2.7.5.2). */
const MAX_CHAIN_BYTES = 2 ** 32;

const DESCRIPTOR_SIZE = 16;
const DESC_F_NEXT = 1;
const DESC_F_WRITE = 2;
const DESC_F_INDIRECT = 4;
const AVAIL_F_NO_INTERRUPT = 1;

export interface Segment {
  address: number;
  length: number;
}

/** One request: what the driver lets the device read, then what it lets it write. */
export class Chain {
  readonly head: number;
  readonly readable: readonly Segment[];
  readonly writable: readonly Segment[];
  readonly #memory: DmaMemory;

  constructor(memory: DmaMemory, head: number, readable: Segment[], writable: Segment[]) {
    this.#memory = memory;
    this.head = head;
    this.readable = readable;
    this.writable = writable;
  }

  get readableLength(): number {
    return totalLength(this.readable);
  }

  get writableLength(): number {
    return totalLength(this.writable);
  }

  /** Copies from the readable part, starting `offset` bytes in; returns how many bytes there were. */
  read(offset: number, into: Uint8Array): number {
    return visit(this.readable, offset, into.length, (address, at, length) => {
      this.#memory.readBytes(address, into.subarray(at, at + length));
    });
  }

  /** Memory itself, where `length` bytes of the readable part are one stretch; and of the writable part, where they are about to be written. */
  readableMemory(offset: number, length: number): Uint8Array | undefined {
    const at = placeOf(this.readable, offset, length);
    return at === undefined ? undefined : this.#memory.stretch(at, length, false);
  }
  writableMemory(offset: number, length: number): Uint8Array | undefined {
    const at = placeOf(this.writable, offset, length);
    return at === undefined ? undefined : this.#memory.stretch(at, length, true);
  }

  /** Copies to the writable part, starting `offset` bytes in; returns how many bytes fitted. */
  write(offset: number, from: Uint8Array): number {
    return visit(this.writable, offset, from.length, (address, at, length) => {
      this.#memory.writeBytes(address, from.subarray(at, at + length));
    });
  }
}

export class VirtQueue {
  readonly index: number;
  readonly maxSize: number;
  size: number;
  enabled = false;
  /** Guest-physical addresses as the driver wrote them: low and high halves of descriptor table, driver area, device area. */
  readonly addresses = new Uint32Array(6);
  /** MSI-X vector, or 0xffff. */
  vector = 0xffff;
  /** VIRTIO_F_EVENT_IDX and VIRTIO_F_INDIRECT_DESC as negotiated. */
  eventIndex = false;
  indirect = false;

  readonly #memory: DmaMemory;
  readonly #malformed: (reason: string) => void;
  #nextAvailable = 0;
  #used = 0;
  /** The used index at the last decision about an interrupt. */
  #decidedAt = 0;

  constructor(index: number, maxSize: number, memory: DmaMemory, malformed: (reason: string) => void) {
    this.index = index;
    this.maxSize = maxSize;
    this.size = maxSize;
    this.#memory = memory;
    this.#malformed = malformed;
  }

  reset(): void {
    this.size = this.maxSize;
    this.enabled = false;
    this.addresses.fill(0);
    this.vector = 0xffff;
    this.eventIndex = false;
    this.indirect = false;
    this.#nextAvailable = 0;
    this.#used = 0;
    this.#decidedAt = 0;
  }

  /** The next chain the driver made available. */
  pop(): Chain | undefined {
    if (!this.enabled) return undefined;
    const ahead = this.#ahead();
    if (ahead === 0) return undefined;
    if (ahead > this.size) return this.#refuse(`available index is ${ahead} entries ahead of ${this.size}`);
    const head = this.#memory.read16(this.#driverArea + 4 + 2 * (this.#nextAvailable % this.size));
    this.#nextAvailable = (this.#nextAvailable + 1) & 0xffff;
    return this.#gather(head);
  }

  /** Takes back the last `count` pops, none of which was pushed: the chains are available again. */
  unpop(count: number): void {
    this.#nextAvailable = (this.#nextAvailable - count) & 0xffff;
  }

  /** Gives the chain back, with `written` bytes of its writable part filled. */
  push(chain: Chain, written: number): void {
    const entry = this.#deviceArea + 4 + 8 * (this.#used % this.size);
    this.#memory.write32(entry, chain.head);
    this.#memory.write32(entry + 4, written);
    this.#used = (this.#used + 1) & 0xffff;
    this.#memory.write16(this.#deviceArea + 2, this.#used);
  }

  /** After pushing: does the driver want to hear of it (2.7.7, 2.7.10)? */
  shouldInterrupt(): boolean {
    const before = this.#decidedAt;
    if (before === this.#used) return false;
    this.#decidedAt = this.#used;
    if (!this.eventIndex) return (this.#memory.read16(this.#driverArea) & AVAIL_F_NO_INTERRUPT) === 0;
    const usedEvent = this.#memory.read16(this.#driverArea + 4 + 2 * this.size);
    return ((this.#used - usedEvent - 1) & 0xffff) < ((this.#used - before) & 0xffff);
  }

  save(): { [field: string]: number | boolean | number[] } {
    return {
      size: this.size,
      enabled: this.enabled,
      addresses: Array.from(this.addresses),
      vector: this.vector,
      nextAvailable: this.#nextAvailable,
      used: this.#used,
      decidedAt: this.#decidedAt,
    };
  }

  load(state: ReturnType<VirtQueue['save']>): void {
    this.size = state.size as number;
    this.enabled = state.enabled as boolean;
    this.addresses.set(state.addresses as number[]);
    this.vector = state.vector as number;
    this.#nextAvailable = state.nextAvailable as number;
    this.#used = state.used as number;
    this.#decidedAt = state.decidedAt as number;
  }

  get #descriptorTable(): number {
    return this.addresses[1] * 2 ** 32 + this.addresses[0];
  }

  get #driverArea(): number {
    return this.addresses[3] * 2 ** 32 + this.addresses[2];
  }

  get #deviceArea(): number {
    return this.addresses[5] * 2 ** 32 + this.addresses[4];
  }

  /** How many chains wait. When none does, asks to be notified of the next one before looking a last time. */
  #ahead(): number {
    const look = () => (this.#memory.read16(this.#driverArea + 2) - this.#nextAvailable) & 0xffff;
    const ahead = look();
    if (ahead !== 0 || !this.eventIndex) return ahead;
    this.#memory.write16(this.#deviceArea + 4 + 8 * this.size, this.#nextAvailable);
    return look();
  }

  #gather(head: number): Chain | undefined {
    const readable: Segment[] = [];
    const writable: Segment[] = [];
    let table = this.#descriptorTable;
    let count = this.size;
    let index = head;
    let seen = 0;
    let bytes = 0;
    let inIndirect = false;
    for (;;) {
      if (index >= count) return this.#refuse(`descriptor ${index} is outside a table of ${count}`);
      if (++seen > count) return this.#refuse('a descriptor chain loops');
      const at = table + DESCRIPTOR_SIZE * index;
      const address = this.#memory.read32(at + 4) * 2 ** 32 + this.#memory.read32(at);
      const length = this.#memory.read32(at + 8);
      const flags = this.#memory.read16(at + 12);
      if (flags & DESC_F_INDIRECT) {
        if (!this.indirect) return this.#refuse('an indirect descriptor was not negotiated');
        if (inIndirect) return this.#refuse('an indirect table holds an indirect descriptor');
        if (flags & DESC_F_NEXT) return this.#refuse('an indirect descriptor has a successor');
        if (length === 0 || length % DESCRIPTOR_SIZE !== 0) return this.#refuse(`an indirect table of ${length} bytes`);
        inIndirect = true;
        table = address;
        count = length / DESCRIPTOR_SIZE;
        index = 0;
        seen = 0;
        continue;
      }
      if (!(flags & DESC_F_WRITE) && writable.length > 0) return this.#refuse('a readable buffer follows a writable one');
      if (readable.length + writable.length >= MAX_SEGMENTS) return this.#refuse(`a chain of more than ${MAX_SEGMENTS} buffers`);
      bytes += length;
      if (bytes > MAX_CHAIN_BYTES) return this.#refuse('a chain of more than 2^32 bytes');
      (flags & DESC_F_WRITE ? writable : readable).push({ address, length });
      if (!(flags & DESC_F_NEXT)) return new Chain(this.#memory, head, readable, writable);
      index = this.#memory.read16(at + 14);
    }
  }

  #refuse(reason: string): undefined {
    this.#malformed(`queue ${this.index}: ${reason}`);
    return undefined;
  }
}

function totalLength(segments: readonly Segment[]): number {
  let length = 0;
  for (const segment of segments) length += segment.length;
  return length;
}

/** The address of `length` bytes that start `offset` bytes into the segments, if one segment has all of them. */
function placeOf(segments: readonly Segment[], offset: number, length: number): number | undefined {
  let skip = offset;
  for (const segment of segments) {
    if (skip < segment.length) return skip + length <= segment.length ? segment.address + skip : undefined;
    skip -= segment.length;
  }
  return undefined;
}

/** Calls `each(address, position, length)` for the pieces of `length` bytes that start `offset` bytes into the segments. */
function visit(
  segments: readonly Segment[],
  offset: number,
  length: number,
  each: (address: number, at: number, length: number) => void,
): number {
  let done = 0;
  let skip = offset;
  for (const segment of segments) {
    if (done === length) break;
    if (skip >= segment.length) {
      skip -= segment.length;
      continue;
    }
    const piece = Math.min(segment.length - skip, length - done);
    each(segment.address + skip, done, piece);
    done += piece;
    skip = 0;
  }
  return done;
}
