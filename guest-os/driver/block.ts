// SPDX-License-Identifier: MIT
/**
 * @fileoverview Block devices: what disk drivers offer to file systems and to /dev/dsk and /dev/rdsk.
 *
 * A transfer is a {@link Buffer} (illumos's buf(9S)): what to do, where on the disk, with which memory. {@link BlockDevice.strategy} begins it and
 * returns at once; when it is over, `done` is called, from an interrupt handler mostly, so that it must neither sleep nor allocate. Who has nothing
 * else to do waits: {@link Buffer.wait}. Transfers may end in any order; what was written is on stable storage after a FLUSH that was begun when
 * the writes were over. Data is contiguous memory of the kernel's window below 3 GiB (frames, the heap), where a pointer is the physical address.
 *
 *     const buffer = new Buffer(BLOCK_READ, 0, frame, 4096);
 *     device.strategy(buffer);
 *     const error = buffer.wait();        // 0 or -EIO
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { WINDOW_DIRECT } from 'machine/addresses';
import { EINVAL, EIO, EROFS, ENOTSUP, setError } from '../kernel/errno';
import { uptime } from '../kernel/time/clock';
import { Kstat, KSTAT_TYPE_IO, NamedData } from '../kernel/kstat';
import { WaitQueue } from '../kernel/thread/waitQueue';

export const BLOCK_READ: i32 = 0;
export const BLOCK_WRITE: i32 = 1;
/** No memory, no place: everything written before is to be stable. */
export const BLOCK_FLUSH: i32 = 2;
/** No memory: the content of a range is not needed any more. */
export const BLOCK_DISCARD: i32 = 3;

/** Unit of places on a disk and of its capacity (DEV_BSIZE). */
export const SECTOR: u64 = 512;

const finished = new WaitQueue();

export class Buffer {
  /** For a driver: the next that waits for a free slot. */
  next: Buffer | null = null;
  /** 0, or a negative errno, when it is over. */
  error: i32 = 0;
  isDone: bool = false;
  /** Called when it is over, with interrupts off; null: somebody waits. */
  done: ((buffer: Buffer) => void) | null = null;
  /** For whoever made it. */
  owner: usize = 0;
  /** More will follow: the device need not be told before {@link BlockDevice.begin}, or until there is no room for more. */
  more: bool = false;

  constructor(
    public kind: i32,
    /** First sector. */
    public sector: u64,
    public data: usize,
    /** Bytes, a multiple of the sector size. */
    public count: u32,
  ) {}

  /** The driver, when the transfer is over. Interrupts are off. */
  finish(error: i32): void {
    this.error = error;
    this.isDone = true;
    const done = this.done;
    if (done) done(this);
    else finished.wakeAll();
  }

  /** Sleeps until it is over: 0 or a negative errno. */
  wait(): i32 {
    const flags = saveInterrupts();
    while (!this.isDone) finished.wait(false);
    restoreInterrupts(flags);
    return this.error;
  }
}

/** Counts for kstat's I/O statistics. */
export class BlockFigures {
  reads: u64 = 0;
  writes: u64 = 0;
  bytesRead: u64 = 0;
  bytesWritten: u64 = 0;
  flushes: u64 = 0;
  discards: u64 = 0;
  errors: u64 = 0;
  /** Begun and not over. */
  pending: u32 = 0;
  /** Nanoseconds in which something was under way, and those of each transfer added up: kstat_io_t's rtime and rlentime. */
  busy: u64 = 0;
  served: u64 = 0;
  /** When that was last brought up to date, in nanoseconds since boot. */
  updated: u64 = 0;

  /** Before {@link pending} changes, or is read. */
  advance(): void {
    const now = uptime();
    if (this.pending) {
      this.busy += now - this.updated;
      this.served += (now - this.updated) * this.pending;
    }
    this.updated = now;
  }
}

export abstract class BlockDevice {
  readonly figures: BlockFigures = new BlockFigures();
  /** Sectors of {@link SECTOR} bytes. */
  capacity: u64 = 0;
  readOnly: bool = false;
  /** Devices of pools, and swap areas, that it is, or parts of it are. */
  pools: i32 = 0;
  swaps: i32 = 0;
  /** Bytes of the unit that the device writes without reading it before; at least SECTOR. */
  physicalBlock: u32 = 512;
  canDiscard: bool = false;
  /** Bytes that one transfer may have. */
  maxTransfer: u32 = 1 << 20;
  /** What the device says of itself, as diskinfo shows it. */
  vendor: string = '';
  product: string = '';
  serial: string = '';

  /** cXtYdZ. */
  constructor(public readonly name: string) {}

  /** Begins a transfer. One that cannot be is over at once, with its error. */
  strategy(buffer: Buffer): void {
    buffer.isDone = false;
    buffer.error = 0;
    const error = this.refusal(buffer);
    const flags = saveInterrupts();
    const figures = this.figures;
    if (error) {
      figures.errors++;
      buffer.finish(error);
    } else {
      if (buffer.kind == BLOCK_READ) {
        figures.reads++;
        figures.bytesRead += buffer.count;
      } else if (buffer.kind == BLOCK_WRITE) {
        figures.writes++;
        figures.bytesWritten += buffer.count;
      } else if (buffer.kind == BLOCK_FLUSH) figures.flushes++;
      else figures.discards++;
      figures.advance();
      figures.pending++;
      this.start(buffer);
    }
    restoreInterrupts(flags);
  }

  private refusal(buffer: Buffer): i32 {
    if (buffer.kind == BLOCK_FLUSH) return 0;
    const sectors = <u64>buffer.count / SECTOR;
    if (!sectors || buffer.count % <u32>SECTOR) return setError(EINVAL);
    if (buffer.sector >= this.capacity || sectors > this.capacity - buffer.sector) return setError(EIO);
    if (buffer.kind != BLOCK_READ && this.readOnly) return setError(EROFS);
    if (buffer.kind == BLOCK_DISCARD) return this.canDiscard ? 0 : setError(ENOTSUP);
    if (buffer.count > this.maxTransfer || <u64>buffer.data + buffer.count > WINDOW_DIRECT) return setError(EINVAL);
    return 0;
  }

  /** The driver's part; interrupts are off. It calls {@link ended} once for each. */
  protected abstract start(buffer: Buffer): void;

  /** Transfers that were given with `more` are begun. */
  begin(): void {}

  // ---- in a panic: interrupts are off for good, nobody sleeps, and nothing may be allocated

  /** Sets aside what {@link beginCrash} will need. False: the driver can't do it, or there is no memory. */
  prepareCrash(): bool {
    return false;
  }
  /** Forgets whatever is under way, so that the device touches no memory any more, and gets ready for {@link crashTransfer}. */
  beginCrash(): bool {
    return false;
  }
  /** A write, a read or a flush, over when this returns: 0 or a negative errno. */
  crashTransfer(kind: i32, sector: u64, data: usize, count: u32): i32 {
    return setError(ENOTSUP);
  }

  protected ended(buffer: Buffer, error: i32): void {
    this.figures.advance();
    this.figures.pending--;
    if (error) this.figures.errors++;
    buffer.finish(error);
  }

  /** A whole transfer, waited for. */
  transfer(kind: i32, sector: u64, data: usize, count: u32): i32 {
    const buffer = new Buffer(kind, sector, data, count);
    this.strategy(buffer);
    return buffer.wait();
  }
  flush(): i32 {
    return this.transfer(BLOCK_FLUSH, 0, 0, 0);
  }
}

const disks: BlockDevice[] = [];
/** All disks, in the order of their names' making. */
export function diskList(): BlockDevice[] {
  return disks;
}
/** By name, such as c1t0d0; null: there is none. */
export function findDisk(name: string): BlockDevice | null {
  for (let i = 0; i < disks.length; i++) if (disks[i].name == name) return disks[i];
  return null;
}
export function addDisk(disk: BlockDevice): void {
  disks.push(disk);
}

/** A disk's transfers: kstat's I/O record (kstat_io_t), of which nothing is said of the time in queues before the device: there are none. */
export class DiskKstat extends Kstat {
  constructor(
    instance: i32,
    private readonly disk: BlockDevice,
  ) {
    super('sd', instance, 'sd' + instance.toString(), 'disk');
  }
  get type(): i32 {
    return KSTAT_TYPE_IO;
  }
  fill(data: NamedData): void {
    const figures = this.disk.figures;
    const flags = saveInterrupts();
    figures.advance();
    restoreInterrupts(flags);
    const at = data.bytes(80);
    store<u64>(at, figures.bytesRead);
    store<u64>(at, figures.bytesWritten, 8);
    store<u32>(at, <u32>figures.reads, 16);
    store<u32>(at, <u32>figures.writes, 20);
    store<u64>(at, figures.busy, 48);
    store<u64>(at, figures.served, 56);
    store<u64>(at, figures.updated, 64);
    store<u32>(at, figures.pending, 76);
  }
}

/** What a disk is, as iostat -E and diskinfo show it. */
export class DiskErrorKstat extends Kstat {
  constructor(
    instance: i32,
    private readonly disk: BlockDevice,
  ) {
    super('sderr', instance, 'sd' + instance.toString() + ',err', 'device_error');
  }
  fill(data: NamedData): void {
    const disk = this.disk;
    data.u32('Hard Errors', <u32>disk.figures.errors);
    data.text('Vendor', disk.vendor);
    data.text('Product', disk.product);
    data.text('Serial No', disk.serial);
    data.u64('Size', disk.capacity * SECTOR);
    data.text('Device', disk.name);
  }
}
