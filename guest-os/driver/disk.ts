// SPDX-License-Identifier: MIT
/**
 * @fileoverview Device files of disks: /dev/dsk (block) and /dev/rdsk (raw). Each disk has its whole self as cXtYdZ and cXtYdZp0, and as cXtYdZs0 what
 * is meant for a file system: the first partition of a GUID partition table (UEFI 2.10, chapter 5.3), or, without one, all of it.
 *
 * Both kinds go through one 64 KiB bounce buffer, in whole sectors; of a sector that is written in part, the rest is read first. A raw device
 * insists on whole sectors (EINVAL), as raw devices do. Requests that tell of the medium are illumos's (<sys/dkio.h>).
 */
import { address } from 'machine/mem';
import { addDevice } from '../fs/dev/devices';
import { Device, makeDevice } from '../fs/dev/device';
import { S_IFBLK, S_IFCHR } from '../fs/vnode';
import { EBUSY, EFAULT, EINVAL, ENOSPC, ENOTTY, EROFS, setError } from '../kernel/errno';
import { PAGE } from '../kernel/memory/frames';
import { current } from '../kernel/thread/thread';
import { WaitQueue } from '../kernel/thread/waitQueue';
import { copy, copyIn, copyOut, put32, storeText } from '../kernel/memory/user';
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { installKstat } from '../kernel/kstat';
import { BLOCK_DISCARD, BLOCK_READ, BLOCK_WRITE, BlockDevice, DiskErrorKstat, DiskKstat, SECTOR } from './block';

const MAJOR: u32 = 150;
/** Minors of one disk: slices a to p, then partitions, then the whole. */
const MINORS: u32 = 64;
const MINOR_P0: u32 = 16;
const MINOR_WHOLE: u32 = 32;
const GROUP_SYS: i32 = 3;

const DKIOCINFO: i32 = 0x0403;
const DKIOCGMEDIAINFO: i32 = 0x042a;
const DKIOCGMEDIAINFOEXT: i32 = 0x0430;
const DKIOCFLUSHWRITECACHE: i32 = 0x0422;
const DKIOCSTATE: i32 = 0x040d;
const DKIOCFREE: i32 = 0x0432;
const DK_FIXED_DISK: u32 = 0x10001;
const DKC_BLKDEV: u32 = 20;
const DKIO_INSERTED: u32 = 2;

const BOUNCE: u64 = 65536;
const bounce: usize = memory.data(65536, 4096);
let busy = false;
const bounceFree = new WaitQueue();
const answer = memory.data(128, 8);

let disks: u32 = 0;

export class DiskNode extends Device {
  private partitionStart: u64 = 0;
  private partitionEnd: u64 = 0;
  private looked: bool;
  /** Its first sector when it became a swap area. */
  private swapStart: u64 = 0;

  constructor(
    public readonly disk: BlockDevice,
    type: i32,
    private readonly instance: u32,
    private readonly minor: u32,
  ) {
    super(type | 0o640, GROUP_SYS, makeDevice(MAJOR, instance * MINORS + minor));
    this.looked = minor != 0;
  }

  /** The first sector of what this node is, and the one behind it. */
  get start(): u64 {
    this.look();
    return this.partitionStart;
  }
  private get end(): u64 {
    this.look();
    return this.partitionEnd ? this.partitionEnd : this.disk.capacity;
  }

  get size(): u64 {
    return (this.end - this.start) * SECTOR;
  }
  get seekable(): bool {
    return true;
  }
  private get isRaw(): bool {
    return this.type == S_IFCHR;
  }

  opened(readers: i32, writers: i32): i32 {
    // Somebody may have made other partitions meanwhile.
    if (readers > 0 || writers > 0) this.looked = this.minor != 0;
    return 0;
  }

  /** Finds the first partition, once per opening. */
  private look(): void {
    if (this.looked) return;
    this.looked = true;
    this.partitionStart = 0;
    this.partitionEnd = 0;
    if (takeBounce()) return;
    const disk = this.disk;
    if (!disk.transfer(BLOCK_READ, 1, bounce, 512) && load<u64>(bounce) == 0x5452415020494645) {
      const table = load<u64>(bounce, 72);
      const entry = load<u32>(bounce, 84);
      if (entry >= 128 && entry <= 512 && table < disk.capacity && !disk.transfer(BLOCK_READ, table, bounce, 512)) {
        const first = load<u64>(bounce, 32);
        const last = load<u64>(bounce, 40);
        if (load<u64>(bounce) && first <= last && last < disk.capacity) {
          this.partitionStart = first;
          this.partitionEnd = last + 1;
        }
      }
    }
    giveBounce();
  }

  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    return this.transfer(BLOCK_READ, offset, to, count);
  }
  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    if (offset >= this.size && count) return setError(ENOSPC);
    return this.transfer(BLOCK_WRITE, offset, from, count);
  }

  private transfer(kind: i32, offset: u64, memory: u64, count: u64): i64 {
    if (this.isRaw && (offset % SECTOR || count % SECTOR)) return setError(EINVAL);
    const size = this.size;
    if (offset >= size) return 0;
    const wanted = min(count, size - offset);
    let done: u64 = 0;
    let error = takeBounce();
    if (error) return error;
    while (done < wanted && !error) {
      const at = offset + done;
      const within = at % SECTOR;
      const part = min(wanted - done, BOUNCE - within);
      error = this.piece(kind, at - within, within, memory + done, part);
      if (!error) done += part;
    }
    giveBounce();
    return done ? <i64>done : error;
  }

  /** Part of a transfer that the bounce buffer takes; `within`: bytes of the first sector before it. */
  private piece(kind: i32, at: u64, within: u64, memory: u64, count: u64): i32 {
    const disk = this.disk;
    const sector = this.start + at / SECTOR;
    const whole = <u32>((within + count + SECTOR - 1) & ~(SECTOR - 1));
    const place = bounce + <usize>within;
    if (kind == BLOCK_READ) {
      const error = disk.transfer(BLOCK_READ, sector, bounce, whole);
      if (error) return error;
      return copy(memory, address(place), count) ? setError(EFAULT) : 0;
    }
    if (within || count % SECTOR) {
      const error = disk.transfer(BLOCK_READ, sector, bounce, whole);
      if (error) return error;
    }
    if (copy(address(place), memory, count)) return setError(EFAULT);
    return disk.transfer(BLOCK_WRITE, sector, bounce, whole);
  }

  sync(dataOnly: bool): i32 {
    return this.disk.flush();
  }

  useForSwap(use: bool): i32 {
    const disk = this.disk;
    if (use && disk.pools) return setError(EBUSY);
    if (use && disk.readOnly) return setError(EROFS);
    this.swapStart = this.start;
    disk.swaps += use ? 1 : -1;
    return 0;
  }
  /** Without the bounce buffer: the thread may have that. */
  transferPage(write: bool, page: u32, frame: usize): i32 {
    const sector = this.swapStart + <u64>page * (PAGE / SECTOR);
    return this.disk.transfer(write ? BLOCK_WRITE : BLOCK_READ, sector, frame, <u32>PAGE);
  }

  ioctl(request: i32, argument: u64): i64 {
    const disk = this.disk;
    memory.fill(answer, 0, 128);
    switch (request) {
      case DKIOCGMEDIAINFO:
      case DKIOCGMEDIAINFOEXT:
        store<u32>(answer, DK_FIXED_DISK);
        store<u32>(answer, <u32>SECTOR, 4);
        store<u64>(answer, disk.capacity, 8);
        store<u32>(answer, disk.physicalBlock, 16);
        return copyOut(argument, answer, request == DKIOCGMEDIAINFO ? 16 : 24);
      case DKIOCINFO:
        // struct dk_cinfo: controller's name, type, flags, number, address, …; device's name, unit, partition, largest transfer.
        storeText(answer, 'blkdev');
        store<u16>(answer, <u16>DKC_BLKDEV, 16);
        storeText(answer + 40, 'blkdev');
        store<u32>(answer, this.instance, 56);
        store<u16>(answer, <u16>this.minor, 64);
        store<u16>(answer, <u16>(disk.maxTransfer / 512), 66);
        return copyOut(argument, answer, 68);
      case DKIOCSTATE:
        return put32(argument, DKIO_INSERTED);
      case DKIOCFLUSHWRITECACHE:
        return disk.flush();
      case DKIOCFREE: {
        // dkioc_free_list_t: flags, count, offset; then pairs of start and length in bytes.
        const error = copyIn(answer, argument, 40);
        if (error) return error;
        if (load<u64>(answer, 8) != 1) return setError(EINVAL);
        const start = load<u64>(answer, 16) + load<u64>(answer, 24);
        const length = load<u64>(answer, 32);
        if ((start | length) % SECTOR || start > this.size || length > this.size - start || length > 0xffffffff)
          return setError(EINVAL);
        return disk.transfer(BLOCK_DISCARD, this.start + start / SECTOR, 0, <u32>length);
      }
    }
    return setError(ENOTTY);
  }
}

/** One transfer at a time has the bounce buffer. 0 or -EINTR. */
function takeBounce(): i32 {
  const flags = saveInterrupts();
  let error = 0;
  while (busy && !error) error = bounceFree.wait(true);
  if (!error) {
    busy = true;
    // Who has ZFS's lock, which paging out may wait for, may wait for this.
    current().noMemoryWait++;
  }
  restoreInterrupts(flags);
  return error;
}
function giveBounce(): void {
  current().noMemoryWait--;
  busy = false;
  bounceFree.wakeOne();
}

/** Puts a disk into /dev/dsk, /dev/rdsk and, at a path, into /devices. */
export function makeDiskNodes(disk: BlockDevice, path: string): void {
  const instance = disks++;
  installKstat(new DiskKstat(instance, disk));
  installKstat(new DiskErrorKstat(instance, disk));
  add(disk, instance, 's0', 'a', path, 0);
  add(disk, instance, 'p0', 'q', path, MINOR_P0);
  add(disk, instance, '', 'wd', path, MINOR_WHOLE);
}

function add(disk: BlockDevice, instance: u32, suffix: string, minorName: string, path: string, minor: u32): void {
  const at = path + ':' + minorName;
  addDevice('dsk/' + disk.name + suffix, at, new DiskNode(disk, S_IFBLK, instance, minor));
  addDevice('rdsk/' + disk.name + suffix, at + ',raw', new DiskNode(disk, S_IFCHR, instance, minor));
}
