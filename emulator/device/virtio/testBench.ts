// SPDX-License-Identifier: MIT
/**
 * @fileoverview For tests: guest memory, and a driver that finds a virtio device through configuration space and runs its rings as
 * the specification tells drivers to (virtio 1.2, sections 2.7.13, 3.1 and 4.1.5). It drives a device of ours or QEMU's.
 */
import type { AccessSize, DmaMemory } from '../../bus/device.ts';
import { TestBench } from '../pci/testBench.ts';
import type { VirtioModel } from './model.ts';
import { VirtioPci } from './virtioPci.ts';

/** RAM from address 0; beyond it reads are ones, and writes are dropped or go where a test wants them. */
export class Ram implements DmaMemory {
  readonly bytes: Uint8Array;
  onWriteOutside: (address: number, from: Uint8Array) => void = () => {};
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
    else this.onWriteOutside(address, from);
  }
  stretch(address: number, length: number): Uint8Array | undefined {
    return address + length <= this.bytes.length ? this.bytes.subarray(address, address + length) : undefined;
  }
}

/** The machine that a driver drives. */
export interface Target {
  readonly ram: Pick<DmaMemory, 'read8' | 'read16' | 'read32' | 'write16' | 'write32' | 'write64' | 'readBytes' | 'writeBytes'>;
  readConfig(slot: number, offset: number, size: AccessSize): number;
  writeConfig(slot: number, offset: number, size: AccessSize, value: number): void;
  read(address: number, size: AccessSize): number;
  write(address: number, size: AccessSize, value: number): void;
}

/** A buffer of a request: bytes for the device to read, or a number of bytes for it to write. */
export type Buffer = Uint8Array | number;

const RING_AREA = 0x4000;
/** Where the BARs of slot 2 go, and how far apart those of the next slots are. */
const FIRST_BAR = 0xe000_0000;
const BAR_STRIDE = 0x20_0000;
const MSIX_BAR_OFFSET = 0x10_0000;

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

export class VirtioDriver {
  readonly target: Target;
  readonly queues: DriverQueue[] = [];
  readonly slot: number;
  readonly bar: number;
  readonly msixBar: number;
  /** Offsets in the BAR of the structures by type, as found in the capability list. */
  readonly structures = new Map<number, number>();
  #heap = 0x10_0000;

  constructor(target: Target, slot: number) {
    this.target = target;
    this.slot = slot;
    this.bar = FIRST_BAR + (slot - 2) * BAR_STRIDE;
    this.msixBar = this.bar + MSIX_BAR_OFFSET;
    target.writeConfig(slot, 0x14, 4, this.msixBar);
    target.writeConfig(slot, 0x20, 4, this.bar);
    target.writeConfig(slot, 0x24, 4, 0);
    target.writeConfig(slot, 0x04, 2, 6);
    for (let at = target.readConfig(slot, 0x34, 1); at !== 0; at = target.readConfig(slot, at + 1, 1)) {
      if (target.readConfig(slot, at, 1) !== 9) continue;
      this.structures.set(target.readConfig(slot, at + 3, 1), target.readConfig(slot, at + 8, 4));
    }
  }

  common(offset: number, size: AccessSize): number {
    return this.target.read(this.bar + this.structures.get(1)! + offset, size);
  }

  setCommon(offset: number, size: AccessSize, value: number): void {
    this.target.write(this.bar + this.structures.get(1)! + offset, size, value);
  }

  isr(): number {
    return this.target.read(this.bar + this.structures.get(3)!, 1);
  }

  config(offset: number, size: AccessSize): number {
    return this.target.read(this.bar + this.structures.get(4)! + offset, size);
  }

  setConfig(offset: number, size: AccessSize, value: number): void {
    this.target.write(this.bar + this.structures.get(4)! + offset, size, value);
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
      this.target.writeConfig(this.slot, 0x9a, 2, 0x8000);
      this.setCommon(0x10, 2, 0);
    }
    this.queues.length = 0;
    const count = this.common(0x12, 2);
    for (let index = 0; index < count; index++) {
      this.setCommon(0x16, 2, index);
      const queue = new DriverQueue(0x1_0000 + index * RING_AREA, this.common(0x18, 2));
      this.target.ram.writeBytes(queue.base, new Uint8Array(RING_AREA));
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
    this.target.write(this.msixBar + 16 * vector, 4, 0xfee0_0000);
    this.target.write(this.msixBar + 16 * vector + 8, 4, 0x40 + vector);
    this.target.write(this.msixBar + 16 * vector + 12, 4, 0);
  }

  alloc(length: number): number {
    const at = this.#heap;
    this.#heap += (length + 15) & ~15;
    return at;
  }

  bytes(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.target.ram.readBytes(address, bytes);
    return bytes;
  }

  descriptor(table: number, index: number, address: number, length: number, flags: number, next: number): void {
    this.target.ram.write64(table + 16 * index, BigInt(address));
    this.target.ram.write32(table + 16 * index + 8, length);
    this.target.ram.write16(table + 16 * index + 12, flags);
    this.target.ram.write16(table + 16 * index + 14, next);
  }

  /** Puts buffers into a chain and makes it available; returns the buffers' addresses. `indirect` puts them behind one descriptor. */
  offer(queueIndex: number, buffers: Buffer[], options: { indirect?: boolean } = {}): number[] {
    const queue = this.queues[queueIndex];
    const addresses = buffers.map((buffer) => {
      const address = this.alloc(typeof buffer === 'number' ? buffer : buffer.length);
      if (typeof buffer !== 'number') this.target.ram.writeBytes(address, buffer);
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
    this.target.ram.write16(queue.base + 0x1004 + 2 * (queue.available % queue.size), head);
    queue.available = (queue.available + 1) & 0xffff;
    this.target.ram.write16(queue.base + 0x1002, queue.available);
  }

  notify(queueIndex: number): void {
    this.setCommon(0x16, 2, queueIndex);
    this.target.write(this.bar + this.structures.get(2)! + 4 * this.common(0x1e, 2), 2, queueIndex);
  }

  /** The chains the device has given back since the last call: head and bytes written. */
  used(queueIndex: number): { head: number; written: number }[] {
    const queue = this.queues[queueIndex];
    const result: { head: number; written: number }[] = [];
    while (queue.seen !== this.target.ram.read16(queue.base + 0x2002)) {
      const entry = queue.base + 0x2004 + 8 * (queue.seen % queue.size);
      result.push({ head: this.target.ram.read32(entry), written: this.target.ram.read32(entry + 4) });
      queue.seen = (queue.seen + 1) & 0xffff;
    }
    return result;
  }

  /** Offers, notifies, and returns what the device wrote into each writable buffer. */
  request(queueIndex: number, buffers: Buffer[], options: { indirect?: boolean } = {}): { written: number; data: Uint8Array[] } {
    const addresses = this.offer(queueIndex, buffers, options);
    this.notify(queueIndex);
    this.settle(queueIndex);
    const [used] = this.used(queueIndex);
    const data = buffers.flatMap((buffer, i) => (typeof buffer === 'number' ? [this.bytes(addresses[i], buffer)] : []));
    return { written: used?.written ?? -1, data };
  }

  /** For targets that work while the driver waits. */
  protected settle(_queueIndex: number): void {}
}

export class VirtioBench extends VirtioDriver {
  readonly pci: TestBench;
  readonly ram: Ram;
  readonly device: VirtioPci;

  constructor(model: VirtioModel, options: { slot?: number; ramSize?: number } = {}) {
    const pci = new TestBench();
    const slot = options.slot ?? 2;
    const ram = new Ram(options.ramSize ?? 0x40_0000);
    const device = new VirtioPci('virtio', model, ram);
    pci.bus.add(device, slot);
    const target: Target = {
      ram,
      readConfig: (at, offset, size) => pci.read(at, offset, size),
      writeConfig: (at, offset, size, value) => pci.write(at, offset, size, value),
      read: (address, size) => pci.memory.read(address, size),
      write: (address, size, value) => pci.memory.write(address, size, value),
    };
    super(target, slot);
    this.pci = pci;
    this.ram = ram;
    this.device = device;
  }
}
