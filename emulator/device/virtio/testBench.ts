// SPDX-License-Identifier: MIT
/**
 * @fileoverview For tests: guest memory, and a driver that finds a virtio device through configuration space and runs its rings as
 * the specification tells drivers to (virtio 1.2, sections 2.7.13, 3.1 and 4.1.5).
 */
import type { AccessSize, DmaMemory } from '../../bus/device.ts';
import { TestBench } from '../pci/testBench.ts';
import type { VirtioModel } from './model.ts';
import { VirtioPci } from './virtioPci.ts';

/** RAM from address 0; beyond it reads are ones and writes are dropped. */
export class Ram implements DmaMemory {
  readonly bytes: Uint8Array;
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }
  read8(address: number): number {
    return address < this.bytes.length ? this.bytes[address] : 0xff;
  }
  read16(address: number): number {
    return this.read8(address) | (this.read8(address + 1) << 8);
  }
  read32(address: number): number {
    return (this.read16(address) | (this.read16(address + 2) << 16)) >>> 0;
  }
  read64(address: number): bigint {
    return BigInt(this.read32(address)) | (BigInt(this.read32(address + 4)) << 32n);
  }
  write8(address: number, value: number): void {
    if (address < this.bytes.length) this.bytes[address] = value;
  }
  write16(address: number, value: number): void {
    this.write8(address, value);
    this.write8(address + 1, value >>> 8);
  }
  write32(address: number, value: number): void {
    this.write16(address, value);
    this.write16(address + 2, value >>> 16);
  }
  write64(address: number, value: bigint): void {
    this.write32(address, Number(value & 0xffff_ffffn));
    this.write32(address + 4, Number(value >> 32n));
  }
  readBytes(address: number, into: Uint8Array): void {
    const present = this.bytes.subarray(address, address + into.length);
    into.fill(0xff, present.length);
    into.set(present);
  }
  writeBytes(address: number, from: Uint8Array): void {
    if (address < this.bytes.length) this.bytes.set(from.subarray(0, this.bytes.length - address), address);
  }
}

/** A buffer of a request: bytes for the device to read, or a number of bytes for it to write. */
export type Buffer = Uint8Array | number;

const RING_AREA = 0x4000;
const BAR = 0xe000_0000;
const MSIX_BAR = 0xe010_0000;

/** The driver's bookkeeping of one queue: table at `base`, driver area at +1000h, device area at +2000h. */
export class DriverQueue {
  readonly base: number;
  readonly size: number;
  available = 0;
  seen = 0;
  nextDescriptor = 0;
  constructor(base: number, size: number) {
    this.base = base;
    this.size = size;
  }
}

export class VirtioBench {
  readonly pci: TestBench;
  readonly ram: Ram;
  readonly device: VirtioPci;
  readonly queues: DriverQueue[] = [];
  readonly slot: number;
  /** Offsets in the BAR of the structures by type, as found in the capability list. */
  readonly structures = new Map<number, number>();
  #heap: number;

  constructor(model: VirtioModel, options: { slot?: number; ramSize?: number } = {}) {
    this.pci = new TestBench();
    this.slot = options.slot ?? 2;
    this.ram = new Ram(options.ramSize ?? 0x40_0000);
    this.device = new VirtioPci('virtio', model, this.ram);
    this.#heap = 0x10_0000;
    this.pci.bus.add(this.device, this.slot);
    this.pci.write(this.slot, 0x14, 4, MSIX_BAR);
    this.pci.write(this.slot, 0x20, 4, BAR);
    this.pci.write(this.slot, 0x04, 2, 6);
    for (let at = this.pci.read(this.slot, 0x34, 1); at !== 0; at = this.pci.read(this.slot, at + 1, 1)) {
      if (this.pci.read(this.slot, at, 1) === 9)
        this.structures.set(this.pci.read(this.slot, at + 3, 1), this.pci.read(this.slot, at + 8));
    }
  }

  common(offset: number, size: AccessSize): number {
    return this.pci.memory.read(BAR + this.structures.get(1)! + offset, size);
  }

  setCommon(offset: number, size: AccessSize, value: number): void {
    this.pci.memory.write(BAR + this.structures.get(1)! + offset, size, value);
  }

  isr(): number {
    return this.pci.memory.read(BAR + this.structures.get(3)!, 1);
  }

  config(offset: number, size: AccessSize): number {
    return this.pci.memory.read(BAR + this.structures.get(4)! + offset, size);
  }

  setConfig(offset: number, size: AccessSize, value: number): void {
    this.pci.memory.write(BAR + this.structures.get(4)! + offset, size, value);
  }

  get status(): number {
    return this.common(0x14, 1);
  }

  /** The features the device offers. */
  offered(): bigint {
    this.setCommon(0, 4, 0);
    const low = BigInt(this.common(4, 4));
    this.setCommon(0, 4, 1);
    return low | (BigInt(this.common(4, 4)) << 32n);
  }

  /** Section 3.1.1, steps 1 to 6; returns the status after FEATURES_OK was asked for. */
  negotiate(features: bigint): number {
    this.setCommon(0x14, 1, 0);
    this.setCommon(0x14, 1, 1);
    this.setCommon(0x14, 1, 3);
    for (const half of [0, 1]) {
      this.setCommon(8, 4, half);
      this.setCommon(0xc, 4, Number((features >> BigInt(32 * half)) & 0xffff_ffffn));
    }
    this.setCommon(0x14, 1, 11);
    return this.status;
  }

  /** Sets up every queue the device has, without MSI-X unless `vectors`. */
  start(features: bigint, options: { vectors?: boolean } = {}): void {
    this.negotiate(features);
    this.setUpQueues(options.vectors ?? false);
    this.setCommon(0x14, 1, 15);
  }

  setUpQueues(vectors: boolean): void {
    if (vectors) {
      this.pci.write(this.slot, 0x9a, 2, 0x8000);
      this.setCommon(0x10, 2, 0);
    }
    this.queues.length = 0;
    const count = this.common(0x12, 2);
    for (let index = 0; index < count; index++) {
      this.setCommon(0x16, 2, index);
      const queue = new DriverQueue(0x1_0000 + index * RING_AREA, this.common(0x18, 2));
      this.ram.bytes.fill(0, queue.base, queue.base + RING_AREA);
      for (const [i, address] of [queue.base, queue.base + 0x1000, queue.base + 0x2000].entries()) {
        this.setCommon(0x20 + 8 * i, 4, address);
        this.setCommon(0x24 + 8 * i, 4, 0);
      }
      if (vectors) {
        this.programVector(index + 1);
        this.setCommon(0x1a, 2, index + 1);
      }
      this.setCommon(0x1c, 2, 1);
      this.queues.push(queue);
    }
    if (vectors) this.programVector(0);
  }

  /** Message data is 40h + the vector number. */
  programVector(vector: number): void {
    this.pci.memory.write(MSIX_BAR + 16 * vector, 4, 0xfee0_0000);
    this.pci.memory.write(MSIX_BAR + 16 * vector + 8, 4, 0x40 + vector);
    this.pci.memory.write(MSIX_BAR + 16 * vector + 12, 4, 0);
  }

  alloc(length: number): number {
    const at = this.#heap;
    this.#heap += (length + 15) & ~15;
    return at;
  }

  descriptor(table: number, index: number, address: number, length: number, flags: number, next: number): void {
    this.ram.write64(table + 16 * index, BigInt(address));
    this.ram.write32(table + 16 * index + 8, length);
    this.ram.write16(table + 16 * index + 12, flags);
    this.ram.write16(table + 16 * index + 14, next);
  }

  /** Puts buffers into a chain and makes it available; returns the buffers' addresses. `indirect` puts them behind one descriptor. */
  offer(queueIndex: number, buffers: Buffer[], options: { indirect?: boolean } = {}): number[] {
    const queue = this.queues[queueIndex];
    const addresses = buffers.map((buffer) => {
      const address = this.alloc(typeof buffer === 'number' ? buffer : buffer.length);
      if (typeof buffer !== 'number') this.ram.writeBytes(address, buffer);
      return address;
    });
    const table = options.indirect ? this.alloc(16 * buffers.length) : queue.base;
    const head = queue.nextDescriptor;
    const indexOf = (i: number) => (options.indirect ? i : (head + i) % queue.size);
    for (const [i, buffer] of buffers.entries()) {
      const flags = (i < buffers.length - 1 ? 1 : 0) | (typeof buffer === 'number' ? 2 : 0);
      this.descriptor(
        table,
        indexOf(i),
        addresses[i],
        typeof buffer === 'number' ? buffer : buffer.length,
        flags,
        indexOf(i + 1),
      );
    }
    if (options.indirect) this.descriptor(queue.base, head, table, 16 * buffers.length, 4, 0);
    queue.nextDescriptor = (head + (options.indirect ? 1 : buffers.length)) % queue.size;
    this.makeAvailable(queueIndex, head);
    return addresses;
  }

  makeAvailable(queueIndex: number, head: number): void {
    const queue = this.queues[queueIndex];
    this.ram.write16(queue.base + 0x1004 + 2 * (queue.available % queue.size), head);
    queue.available = (queue.available + 1) & 0xffff;
    this.ram.write16(queue.base + 0x1002, queue.available);
  }

  notify(queueIndex: number): void {
    this.setCommon(0x16, 2, queueIndex);
    this.pci.memory.write(BAR + this.structures.get(2)! + 4 * this.common(0x1e, 2), 2, queueIndex);
  }

  /** The chains the device has given back since the last call: head and bytes written. */
  used(queueIndex: number): { head: number; written: number }[] {
    const queue = this.queues[queueIndex];
    const result: { head: number; written: number }[] = [];
    while (queue.seen !== this.ram.read16(queue.base + 0x2002)) {
      const entry = queue.base + 0x2004 + 8 * (queue.seen % queue.size);
      result.push({ head: this.ram.read32(entry), written: this.ram.read32(entry + 4) });
      queue.seen = (queue.seen + 1) & 0xffff;
    }
    return result;
  }

  /** Offers, notifies, and returns what the device wrote into each writable buffer. */
  request(queueIndex: number, buffers: Buffer[], options: { indirect?: boolean } = {}): { written: number; data: Uint8Array[] } {
    const addresses = this.offer(queueIndex, buffers, options);
    this.notify(queueIndex);
    const [used] = this.used(queueIndex);
    const data = buffers.flatMap((buffer, i) =>
      typeof buffer === 'number' ? [this.ram.bytes.slice(addresses[i], addresses[i] + buffer)] : [],
    );
    return { written: used?.written ?? -1, data };
  }
}
