// SPDX-License-Identifier: MIT
/**
 * @fileoverview virtio block devices (Virtual I/O Device 1.2, section 5.2): vioblk.
 *
 * One queue, divided into slots of three descriptors: a request's header, its data, its status. What finds no free slot waits in a list and is
 * begun when one is. The host's answers are not trusted: a used entry that is no request in flight is ignored.
 *
 * Names: the disk whose serial number is `pool` is c0t0d0, where our system makes its pool by itself; all others are c1t0d0, c1t1d0, … in the
 * order of the bus.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { address, load8 } from 'machine/mem';
import { uptime } from '../kernel/time/clock';
import { EIO, ENOTSUP, setError } from '../kernel/errno';
import { newFrame } from '../kernel/memory/frames';
import { textOf } from '../kernel/memory/user';
import { addDisk, BLOCK_DISCARD, BLOCK_FLUSH, BLOCK_READ, BLOCK_WRITE, BlockDevice, Buffer, findDisk } from './block';
import { makeDiskNodes } from './disk';
import { addInterruptSource, InterruptSource, PciDriver, PciFunction } from './pci';
import { DESCRIPTOR_NEXT, DESCRIPTOR_WRITE, isVirtio, TYPE_BLOCK, VirtioDevice, Virtqueue } from './virtio';

const F_RO: u64 = 1 << 5;
const F_BLK_SIZE: u64 = 1 << 6;
const F_FLUSH: u64 = 1 << 9;
const F_DISCARD: u64 = 1 << 13;

const CONFIG_CAPACITY: u64 = 0;
const CONFIG_BLOCK_SIZE: u64 = 20;
const CONFIG_DISCARD: u64 = 36;

const T_IN: u32 = 0;
const T_OUT: u32 = 1;
const T_FLUSH: u32 = 4;
const T_GET_ID: u32 = 8;
const T_DISCARD: u32 = 11;
const S_OK: u32 = 0;
const S_UNSUPPORTED: u32 = 2;

/** A slot's memory: header (16 bytes), a discard's range (16), status. */
const SLOT: usize = 64;
const RANGE: usize = 16;
const STATUS: usize = 32;
const DESCRIPTORS: u32 = 3;
const SLOTS: i32 = 42;
const ID_LENGTH: i32 = 20;
/** Nanoseconds that a device has for one transfer in a panic. */
const CRASH_PATIENCE: u64 = 60000000000;
/** What GET_ID has given for the disk of the pool. */
const POOL: string = 'pool';

class VirtioBlock extends BlockDevice {
  private readonly inFlight: StaticArray<Buffer | null> = new StaticArray<Buffer | null>(SLOTS);
  private readonly slots: i32;
  /** Transfers without a slot, first come first served. */
  private firstWaiting: Buffer | null = null;
  private lastWaiting: Buffer | null = null;
  /** Something has been offered of which the device was not told. */
  private isOwed: bool = false;
  private readonly canFlush: bool;
  private readonly maxDiscard: u32;

  constructor(
    name: string,
    private readonly device: VirtioDevice,
    private readonly queue: Virtqueue,
    /** A frame for headers and statuses. */
    private readonly headers: usize,
  ) {
    super(name);
    const features = device.features;
    this.slots = min(SLOTS, <i32>(queue.size / DESCRIPTORS));
    this.capacity = device.config64(CONFIG_CAPACITY);
    this.readOnly = (features & F_RO) != 0;
    this.canFlush = (features & F_FLUSH) != 0;
    this.canDiscard = (features & F_DISCARD) != 0;
    this.maxDiscard = this.canDiscard ? device.config32(CONFIG_DISCARD) : 0;
    const block = features & F_BLK_SIZE ? device.config32(CONFIG_BLOCK_SIZE) : 512;
    if (block >= 512 && block <= 0x10000 && !(block & (block - 1))) this.physicalBlock = block;
    this.vendor = 'Virtio';
    this.product = 'Block Device';
  }

  protected start(buffer: Buffer): void {
    if (buffer.kind == BLOCK_FLUSH && !this.canFlush) {
      // Without the feature nothing is cached (5.2.6.2).
      this.ended(buffer, 0);
      return;
    }
    if (buffer.kind == BLOCK_DISCARD && buffer.count / 512 > this.maxDiscard) {
      this.ended(buffer, setError(ENOTSUP));
      return;
    }
    const slot = this.freeSlot();
    if (slot >= 0) {
      this.send(buffer, slot);
      this.isOwed = true;
      if (!buffer.more) this.begin();
      return;
    }
    this.begin();
    buffer.next = null;
    const last = this.lastWaiting;
    if (last) last.next = buffer;
    else this.firstWaiting = buffer;
    this.lastWaiting = buffer;
  }

  /** What is over when the device has been told, as it is where the disk is memory, needs no interrupt and nobody to sleep. */
  begin(): void {
    const flags = saveInterrupts();
    const queue = this.queue;
    while (this.isOwed) {
      this.isOwed = false;
      queue.setQuiet(true);
      queue.notify();
      queue.setQuiet(false);
      if (!queue.hasNext) break;
      this.collect();
    }
    restoreInterrupts(flags);
  }

  private freeSlot(): i32 {
    for (let i = 0; i < this.slots; i++) if (!this.inFlight[i]) return i;
    return -1;
  }

  private send(buffer: Buffer, slot: i32): void {
    this.inFlight[slot] = buffer;
    let type = T_IN;
    let data = buffer.data;
    let count = buffer.count;
    const header = this.headers + <usize>slot * SLOT;
    if (buffer.kind == BLOCK_WRITE) type = T_OUT;
    else if (buffer.kind == BLOCK_FLUSH) type = T_FLUSH;
    else if (buffer.kind == BLOCK_DISCARD) {
      type = T_DISCARD;
      data = header + RANGE;
      store<u64>(data, buffer.sector);
      store<u32>(data, count / 512, 8);
      store<u32>(data, 0, 12);
      count = 16;
    }
    this.describe(slot, type, type == T_IN || type == T_OUT ? buffer.sector : 0, data, count);
  }

  private describe(slot: i32, type: u32, sector: u64, data: usize, count: u32): void {
    const header = this.headers + <usize>slot * SLOT;
    const first = <u32>slot * DESCRIPTORS;
    store<u32>(header, type);
    store<u32>(header, 0, 4);
    store<u64>(header, sector, 8);
    store<u8>(header, 0xff, STATUS);
    const queue = this.queue;
    const hasData = type != T_FLUSH;
    queue.describe(first, header, 16, DESCRIPTOR_NEXT, hasData ? first + 1 : first + 2);
    const writes: u16 = type == T_IN || type == T_GET_ID ? DESCRIPTOR_WRITE : 0;
    if (hasData) queue.describe(first + 1, data, count, DESCRIPTOR_NEXT | writes, first + 2);
    queue.describe(first + 2, header + STATUS, 1, DESCRIPTOR_WRITE, 0);
    queue.offer(first);
  }

  interrupted(): void {
    if (!this.device.tookInterrupt()) return;
    this.collect();
    this.begin();
  }

  /** Ends what the device is done with, and offers what has waited for a slot. */
  private collect(): void {
    while (this.queue.next()) {
      const slot = <i32>(this.queue.head / DESCRIPTORS);
      const buffer = slot < this.slots ? this.inFlight[slot] : null;
      if (!buffer) continue;
      this.inFlight[slot] = null;
      const status = load8(address(this.headers + <usize>slot * SLOT + STATUS));
      this.ended(buffer, status == S_OK ? 0 : setError(status == S_UNSUPPORTED ? ENOTSUP : EIO));
      const waiting = this.firstWaiting;
      if (!waiting || this.inFlight[slot]) continue;
      this.firstWaiting = waiting.next;
      if (!waiting.next) this.lastWaiting = null;
      this.send(waiting, slot);
      this.isOwed = true;
    }
  }

  // ---- in a panic

  private spare: Virtqueue | null = null;
  /** A frame for the header and the status of a transfer in a panic. */
  private crashHeader: usize = 0;

  prepareCrash(): bool {
    if (!this.spare) this.spare = this.device.spareQueue(this.queue);
    if (!this.crashHeader) this.crashHeader = newFrame();
    return this.spare != null && this.crashHeader != 0;
  }
  beginCrash(): bool {
    const queue = this.spare;
    if (!queue || !this.crashHeader || !this.device.restart(queue)) return false;
    queue.setQuiet(true);
    return true;
  }
  crashTransfer(kind: i32, sector: u64, data: usize, count: u32): i32 {
    const queue = this.spare!;
    const header = this.crashHeader;
    const isFlush = kind == BLOCK_FLUSH;
    if (isFlush && !this.canFlush) return 0;
    store<u32>(header, isFlush ? T_FLUSH : kind == BLOCK_WRITE ? T_OUT : T_IN);
    store<u32>(header, 0, 4);
    store<u64>(header, isFlush ? 0 : sector, 8);
    store<u8>(header, 0xff, STATUS);
    queue.describe(0, header, 16, DESCRIPTOR_NEXT, isFlush ? 2 : 1);
    const writes: u16 = kind == BLOCK_READ ? DESCRIPTOR_WRITE : 0;
    queue.describe(1, data, count, DESCRIPTOR_NEXT | writes, 2);
    queue.describe(2, header + STATUS, 1, DESCRIPTOR_WRITE, 0);
    queue.offer(0);
    queue.notify();
    const patience = uptime() + CRASH_PATIENCE;
    while (!queue.next()) if (uptime() > patience) return setError(EIO);
    return load8(address(header + STATUS)) == S_OK ? 0 : setError(EIO);
  }

  /** Asks for the serial number and waits for the answer without interrupts, as at boot. Null: the device does not answer. */
  static identify(queue: Virtqueue, headers: usize): string | null {
    const answer = headers + RANGE;
    const header = headers;
    memory.fill(answer, 0, <usize>ID_LENGTH);
    store<u32>(header, T_GET_ID);
    store<u32>(header, 0, 4);
    store<u64>(header, 0, 8);
    queue.describe(0, header, 16, DESCRIPTOR_NEXT, 1);
    queue.describe(1, answer, ID_LENGTH, DESCRIPTOR_NEXT | DESCRIPTOR_WRITE, 2);
    queue.describe(2, headers + SLOT, 1, DESCRIPTOR_WRITE, 0);
    queue.offer(0);
    queue.notify();
    if (!queue.awaitNext()) return null;
    queue.next();
    if (load8(address(headers + SLOT)) != S_OK) return '';
    let length = 0;
    while (length < ID_LENGTH && load8(address(answer + length))) length++;
    return textOf(answer, length);
  }
}

class BlockInterrupt extends InterruptSource {
  constructor(private readonly disk: VirtioBlock) {
    super();
  }
  interrupted(): void {
    this.disk.interrupted();
  }
}

let named = 0;

export class VirtioBlockDriver extends PciDriver {
  constructor() {
    super('vioblk');
  }
  takes(fn: PciFunction): bool {
    return isVirtio(fn, TYPE_BLOCK);
  }
  attach(fn: PciFunction): bool {
    const device = new VirtioDevice(fn);
    if (!device.begin(F_RO | F_BLK_SIZE | F_FLUSH | F_DISCARD) || !device.config) return false;
    const queue = device.queue(0);
    const headers = newFrame();
    if (!queue || !headers || queue.size < DESCRIPTORS) return false;
    device.ready();
    const flags = saveInterrupts();
    const serial = VirtioBlock.identify(queue, headers);
    device.tookInterrupt();
    restoreInterrupts(flags);
    // What it has been given it may still write to: the frames stay with it.
    if (serial == null) return device.give();
    const isPool = serial == POOL && !findDisk('c0t0d0');
    const disk = new VirtioBlock(isPool ? 'c0t0d0' : 'c1t' + (named++).toString() + 'd0', device, queue, headers);
    disk.serial = serial;
    addDisk(disk);
    makeDiskNodes(disk, 'pci@0,0/' + fn.name + '/blkdev@0,0');
    addInterruptSource(fn.interruptLine, new BlockInterrupt(disk));
    return true;
  }
}
