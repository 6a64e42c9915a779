// SPDX-License-Identifier: MIT
/**
 * @fileoverview virtio over PCI, the modern interface (Virtual I/O Device 1.2, sections 2.7 and 4.1): configuration and split virtqueues.
 *
 * The device says by vendor capabilities where in its memory ranges its structures lie. {@link VirtioDevice.begin} resets it and agrees on features,
 * {@link VirtioDevice.queue} makes a queue, {@link VirtioDevice.ready} starts it.
 *
 * A queue is one frame: descriptors, available ring, used ring of up to 128 entries. Drivers have fixed slots of descriptors, so there is no free
 * list. Ring fields that the device writes are read by volatile
 * loads, and its answers (indices, lengths) are checked: a device that answers nonsense is not followed.
 */
import { address, fence, load8, load16, load32, store8, store16, store32 } from 'machine/mem';
import { uptime } from '../kernel/time/clock';
import { newFrame } from '../kernel/memory/frames';
import { mapRegisters, PciFunction } from './pci';

export const VIRTIO_VENDOR: u32 = 0x1af4;
/** PCI device ids: of modern devices by type, and of transitional ones from another base. */
const MODERN: u32 = 0x1040;
export const TYPE_BLOCK: u32 = 2;
export const TYPE_CONSOLE: u32 = 3;
export const TYPE_RNG: u32 = 4;
const TRANSITIONAL: StaticArray<u32> = [0, 0x1000, 0x1001, 0x1003, 0x1005];

const VENDOR_CAPABILITY: u32 = 9;
const CFG_COMMON: u32 = 1;
const CFG_NOTIFY: u32 = 2;
const CFG_ISR: u32 = 3;
const CFG_DEVICE: u32 = 4;

/** virtio_pci_common_cfg */
const FEATURE_SELECT: u64 = 0;
const FEATURE: u64 = 4;
const GUEST_FEATURE_SELECT: u64 = 8;
const GUEST_FEATURE: u64 = 12;
const STATUS: u64 = 20;
const QUEUE_SELECT: u64 = 22;
const QUEUE_SIZE: u64 = 24;
const QUEUE_ENABLE: u64 = 28;
const QUEUE_NOTIFY_OFFSET: u64 = 30;
const QUEUE_DESCRIPTORS: u64 = 32;
const QUEUE_AVAILABLE: u64 = 40;
const QUEUE_USED: u64 = 48;
const COMMON_SIZE: u64 = 56;

const ACKNOWLEDGE: u32 = 1;
const DRIVER: u32 = 2;
const DRIVER_OK: u32 = 4;
const FEATURES_OK: u32 = 8;
const FAILED: u32 = 128;
const VERSION_1: u64 = (<u64>1) << 32;

export const DESCRIPTOR_NEXT: u16 = 1;
export const DESCRIPTOR_WRITE: u16 = 2;

/** Entries that a queue has at most: so many fit a frame. */
const LONGEST: u32 = 128;
const AVAILABLE: usize = 2048;
/** Of the available ring's flags (2.7.7). */
const AVAILABLE_NO_INTERRUPT: u32 = 1;
const USED: usize = 2560;

/** How long a device may take for its reset, and for its first answer, in nanoseconds. Time, not looks: a busy host may let both wait. */
const PATIENCE: u64 = 30 * 1000000000;

export function isVirtio(fn: PciFunction, type: u32): bool {
  return fn.vendor == VIRTIO_VENDOR && (fn.device == MODERN + type || fn.device == TRANSITIONAL[type]);
}

export class Virtqueue {
  /** As if it were new: the device has been reset. */
  renew(): void {
    memory.fill(this.frame, 0, 4096);
    this.made = 0;
    this.seen = 0;
  }

  /** Entries made available, and used ones seen, so far. */
  private made: u16 = 0;
  private seen: u16 = 0;
  /** Index and length of the entry that {@link next} found. */
  head: u32 = 0;
  length: u32 = 0;

  constructor(
    public readonly frame: usize,
    public readonly index: u32,
    /** Entries: a power of two. */
    public readonly size: u32,
    public readonly notifyAt: u64,
  ) {}

  describe(index: u32, physical: usize, length: u32, flags: u16, next: u32): void {
    const at = this.frame + ((<usize>index) << 4);
    store<u64>(at, physical);
    store<u32>(at, length, 8);
    store<u16>(at, flags, 12);
    store<u16>(at, <u16>next, 14);
  }

  /** Gives a chain of descriptors to the device; {@link notify} tells it. */
  offer(head: u32): void {
    const ring = address(this.frame + AVAILABLE);
    store16(ring + 4 + ((<u64>(this.made & <u16>(this.size - 1))) << 1), head);
    fence();
    this.made = <u16>(this.made + 1);
    store16(ring + 2, this.made);
    fence();
  }
  notify(): void {
    store16(this.notifyAt, this.index);
  }
  /**
   * Asks the device not to interrupt for what it finishes, or to do so again; it may interrupt all the same. What it finished meanwhile it does not
   * tell afterwards: look ({@link hasNext}) after asking for interrupts again.
   */
  setQuiet(isQuiet: bool): void {
    store16(address(this.frame + AVAILABLE), isQuiet ? AVAILABLE_NO_INTERRUPT : 0);
    fence();
  }

  /** Has the device finished another chain? */
  get hasNext(): bool {
    return <u16>load16(address(this.frame + USED) + 2) != this.seen;
  }
  /** Waits, at boot, for a chain that a device without anything else to do answers: by the clock. False: no answer. */
  awaitNext(): bool {
    const end = uptime() + PATIENCE;
    while (!this.hasNext) if (uptime() > end) return false;
    return true;
  }
  /** Has it finished another one? It is in `head` and `length`. */
  next(): bool {
    const ring = address(this.frame + USED);
    if (!this.hasNext) return false;
    fence();
    const entry = ring + 4 + ((<u64>(this.seen & <u16>(this.size - 1))) << 3);
    this.head = load32(entry);
    this.length = load32(entry + 4);
    this.seen = <u16>(this.seen + 1);
    return true;
  }
}

export class VirtioDevice {
  private common: u64 = 0;
  private notifyBase: u64 = 0;
  private notifyMultiplier: u32 = 0;
  private interruptStatus: u64 = 0;
  /** The device's own configuration; 0: it has none. */
  config: u64 = 0;
  features: u64 = 0;

  constructor(private readonly fn: PciFunction) {}

  /** Finds the structures, resets the device, and agrees on those of the features that it offers. False: it is not usable. */
  begin(wanted: u64): bool {
    this.fn.enable();
    let at = this.fn.capability(VENDOR_CAPABILITY);
    while (at) {
      this.place(at);
      at = this.fn.capability(VENDOR_CAPABILITY, at);
    }
    if (!this.common || !this.notifyBase || !this.interruptStatus) return false;
    const common = this.common;
    if (!this.reset()) return false;
    store32(common + FEATURE_SELECT, 0);
    let offered = <u64>load32(common + FEATURE);
    store32(common + FEATURE_SELECT, 1);
    offered |= (<u64>load32(common + FEATURE)) << 32;
    if (!(offered & VERSION_1)) return this.give();
    this.features = offered & (wanted | VERSION_1);
    return this.agree();
  }

  private reset(): bool {
    const common = this.common;
    store8(common + STATUS, 0);
    // Reset is over when the status says so.
    const end = uptime() + PATIENCE;
    while (load8(common + STATUS)) if (uptime() > end) return false;
    store8(common + STATUS, ACKNOWLEDGE);
    store8(common + STATUS, ACKNOWLEDGE | DRIVER);
    return true;
  }
  private agree(): bool {
    const common = this.common;
    store32(common + GUEST_FEATURE_SELECT, 0);
    store32(common + GUEST_FEATURE, <u32>this.features);
    store32(common + GUEST_FEATURE_SELECT, 1);
    store32(common + GUEST_FEATURE, <u32>(this.features >> 32));
    store8(common + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    return load8(common + STATUS) & FEATURES_OK ? true : this.give();
  }

  /** Gives up: the device is not to do anything. */
  give(): bool {
    store8(this.common + STATUS, FAILED);
    return false;
  }

  private place(capability: u32): void {
    const type = this.fn.read8(capability + 3);
    const bar = this.fn.memoryBar(this.fn.read8(capability + 4));
    const offset = <u64>this.fn.read32(capability + 8);
    const length = <u64>this.fn.read32(capability + 12);
    if (!bar || !length || length > 0x100000) return;
    if (type == CFG_COMMON && !this.common && length >= COMMON_SIZE) this.common = mapRegisters(bar + offset, length);
    if (type == CFG_ISR && !this.interruptStatus) this.interruptStatus = mapRegisters(bar + offset, length);
    if (type == CFG_DEVICE && !this.config) this.config = mapRegisters(bar + offset, length);
    if (type == CFG_NOTIFY && !this.notifyBase) {
      this.notifyMultiplier = this.fn.read32(capability + 16);
      this.notifyBase = mapRegisters(bar + offset, length);
    }
  }

  /** The device begins anew with this one queue, which may have been made by {@link spareQueue}. Nothing is allocated. */
  restart(queue: Virtqueue): bool {
    if (!this.reset() || !this.agree()) return false;
    queue.renew();
    store16(this.common + QUEUE_SELECT, queue.index);
    this.install(queue.frame, queue.size);
    this.ready();
    return true;
  }
  /** A second queue's memory, for {@link restart}. Null: no memory. */
  spareQueue(queue: Virtqueue): Virtqueue | null {
    const frame = newFrame();
    return frame ? new Virtqueue(frame, queue.index, queue.size, queue.notifyAt) : null;
  }

  /** Null: the device has no such queue, or there is no memory. */
  queue(index: u32): Virtqueue | null {
    const common = this.common;
    store16(common + QUEUE_SELECT, index);
    const offered = load16(common + QUEUE_SIZE);
    const size = min(offered, LONGEST);
    if (!size || size & (size - 1)) return null;
    const frame = newFrame();
    if (!frame) return null;
    const notifyAt = this.notifyBase + <u64>load16(common + QUEUE_NOTIFY_OFFSET) * this.notifyMultiplier;
    this.install(frame, size);
    return new Virtqueue(frame, index, size, notifyAt);
  }

  /** Gives the queue that is selected its memory. */
  private install(frame: usize, size: u32): void {
    store16(this.common + QUEUE_SIZE, size);
    this.storeAddress(QUEUE_DESCRIPTORS, frame);
    this.storeAddress(QUEUE_AVAILABLE, frame + AVAILABLE);
    this.storeAddress(QUEUE_USED, frame + USED);
    store16(this.common + QUEUE_ENABLE, 1);
  }

  /** 64-bit fields are written in halves (4.1.3.1). */
  private storeAddress(field: u64, physical: usize): void {
    store32(this.common + field, physical);
    store32(this.common + field + 4, 0);
  }

  ready(): void {
    store8(this.common + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
  }

  /** Has it interrupted since the last look? Reading takes the request back. */
  tookInterrupt(): bool {
    return (load8(this.interruptStatus) & 1) != 0;
  }

  config32(offset: u64): u32 {
    return this.config ? load32(this.config + offset) : 0;
  }
  config64(offset: u64): u64 {
    return <u64>this.config32(offset) | ((<u64>this.config32(offset + 4)) << 32);
  }
}
