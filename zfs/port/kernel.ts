// SPDX-License-Identifier: MIT
/**
 * @fileoverview ZFS in the kernel: disks are those of guest-os/driver/block.ts, whose transfers are waited for; a file may stand for one.
 *
 * There is one lock for all pools, although the layers above take it as their pool's: cache, buffers and some scratch of ZFS are common to all
 * pools, and a thread that waits for a disk must find them as it left them. The thread that has it may take it again: a fault on a user's page
 * during a copy may lead back here. Then it only reads.
 *
 * ZFS's memory is a quarter of what there is, taken once, at boot. Every {@link INTERVAL} a thread writes what has changed.
 */
import { rdtsc, restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { address } from 'machine/mem';
import { print } from 'runtime/console';
import { takeContiguous } from 'runtime/frames';
import { BLOCK_READ, BLOCK_WRITE, BlockDevice as Disk, Buffer, SECTOR } from '../../guest-os/driver/block';
import { DiskNode } from '../../guest-os/driver/disk';
import { Walk } from '../../guest-os/fs/lookup';
import { S_IFREG, Vnode } from '../../guest-os/fs/vnode';
import { HZ, wallTime } from '../../guest-os/kernel/time/clock';
import { EBUSY, EINVAL, EIO, setError, setFailure } from '../../guest-os/kernel/errno';
import { freeFrames, PAGE } from '../../guest-os/kernel/memory/frames';
import { currentProcess } from '../../guest-os/kernel/process/processes';
import { createThread } from '../../guest-os/kernel/thread/threads';
import { current, Thread } from '../../guest-os/kernel/thread/thread';
import { startThread } from '../../guest-os/kernel/thread/dispatcher';
import { WaitQueue } from '../../guest-os/kernel/thread/waitQueue';
import { globalZone, zoneOf } from '../../guest-os/kernel/zone/zone';
import { ZoneIo } from '../../guest-os/kernel/zone/zoneIo';
import { allPools } from '../spa/pools';
import { setMemory } from './memory';
import { BlockDevice, Lock, setSystem, System } from './port';

/** Of memory, ZFS gets one part in so many, and works with no less than {@link LEAST_MEMORY}. */
const MEMORY_SHARE: usize = 4;
const LEAST_MEMORY: usize = 8 << 20;
/** Ticks between two transaction groups, if there is anything to write. */
const INTERVAL: u64 = 5 * HZ;
const FILE_SECTOR: u32 = 512;

// ---- the lock

class SleepLock extends Lock {
  private owner: Thread | null = null;
  private depth: i32 = 0;
  /** Since when it has an owner. */
  private since: u64 = 0;
  private readonly waiting: WaitQueue = new WaitQueue();

  acquire(): void {
    const me = current();
    if (this.owner == me) {
      this.depth++;
      return;
    }
    const io = ioOf(me);
    if (io) io.begin();
    const flags = saveInterrupts();
    if (!this.owner) {
      this.owner = me;
      this.depth = 1;
    } else while (this.owner != me) this.waiting.wait(false);
    restoreInterrupts(flags);
    me.noMemoryWait++;
    this.since = rdtsc();
  }
  /** The longest waiting gets it: else those who come back for it at once, as copying does, would keep everybody else away for ever. */
  release(): void {
    assert(this.owner == current(), 'lock of ZFS released by somebody else');
    if (--this.depth) return;
    current().noMemoryWait--;
    const io = ioOf(current());
    if (io) io.end(rdtsc() - this.since);
    const flags = saveInterrupts();
    const next = this.waiting.first;
    this.owner = next;
    if (next) {
      this.depth = 1;
      this.waiting.wakeOne();
    }
    restoreInterrupts(flags);
  }
}

/** The caller has written into the transaction group that is open. */
export function noteWritten(bytes: u64): void {
  const io = ioOf(current());
  if (io) io.noteWritten(bytes);
}

/** What a thread's zone has of ZFS; null: it is one of the kernel's own. */
function ioOf(thread: Thread): ZoneIo | null {
  const process = thread.process;
  return process ? zoneOf(process.credentials.zoneid).io : null;
}

const lock: SleepLock = new SleepLock();

/** Before anything of ZFS is called; and afterwards {@link leave}. */
export function enter(): void {
  lock.acquire();
}
export function leave(): void {
  lock.release();
}

// ---- disks

class DiskDevice extends BlockDevice {
  private readonly underWay: Buffer[] = [];

  constructor(
    path: string,
    public readonly disk: Disk,
    public readonly firstSector: u64,
    size: u64,
  ) {
    super(path, false, size, disk.physicalBlock);
    disk.pools++;
  }
  close(): void {
    this.disk.pools--;
  }

  read(offset: u64, to: usize, bytes: u32): i32 {
    for (let done: u32 = 0; done < bytes; ) {
      const part = min(bytes - done, this.disk.maxTransfer);
      const error = this.disk.transfer(BLOCK_READ, this.sectorOf(offset + done), to + done, part);
      if (error < 0) return error;
      done += part;
    }
    return 0;
  }
  write(offset: u64, from: usize, bytes: u32): i32 {
    if (this.disk.readOnly) return setError(EIO);
    for (let done: u32 = 0; done < bytes; ) {
      const part = min(bytes - done, this.disk.maxTransfer);
      const buffer = new Buffer(BLOCK_WRITE, this.sectorOf(offset + done), from + done, part);
      buffer.more = true;
      this.underWay.push(buffer);
      this.disk.strategy(buffer);
      done += part;
    }
    return 0;
  }
  private sectorOf(offset: u64): u64 {
    return this.firstSector + offset / SECTOR;
  }

  finish(): i32 {
    let result = 0;
    this.disk.begin();
    while (this.underWay.length) {
      const error = this.underWay.pop().wait();
      if (error < 0) result = error;
    }
    return result;
  }
  flush(): i32 {
    return this.disk.flush();
  }
}

/** The disk of the kernel's that a pool's device is, and its sector where that begins (in `firstSectorFound`). Null: it is a file. */
export function diskBelow(device: BlockDevice): Disk | null {
  if (!(device instanceof DiskDevice)) return null;
  const own = device as DiskDevice;
  firstSectorFound = own.firstSector;
  return own.disk;
}
export let firstSectorFound: u64 = 0;

/** A file of another file system. */
class FileDevice extends BlockDevice {
  constructor(
    path: string,
    private readonly vnode: Vnode,
  ) {
    super(path, true, vnode.attributes().size & ~(<u64>FILE_SECTOR - 1), FILE_SECTOR);
  }
  read(offset: u64, to: usize, bytes: u32): i32 {
    const count = this.vnode.read(offset, address(to), bytes, false);
    if (count == bytes) return 0;
    return count < 0 ? <i32>count : setError(EIO);
  }
  write(offset: u64, from: usize, bytes: u32): i32 {
    const count = this.vnode.write(offset, address(from), bytes, false);
    if (count == bytes) return 0;
    return count < 0 ? <i32>count : setError(EIO);
  }
  finish(): i32 {
    return 0;
  }
  flush(): i32 {
    return this.vnode.sync(true);
  }
  close(): void {
    this.vnode.release();
  }
}

// ---- the system

class KernelSystem extends System {
  private state: u64 = 0;

  now(): u64 {
    return wallTime();
  }
  /** SplitMix64 (G. Steele, D. Lea, C. Flood, 2014), stirred by the time at each call: identities, no secrets. */
  random(): u64 {
    this.state += 0x9e3779b97f4a7c15 ^ rdtsc() ^ wallTime();
    let mixed = this.state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  /** By a process that asks for it, so its rights and its root count. */
  openDevice(path: string): BlockDevice | null {
    const process = currentProcess();
    const walk = new Walk(process.root!, process.credentials);
    const vnode = walk.find(process.directory!, path, true);
    if (!vnode) return null;
    const real = vnode.real;
    if (real instanceof DiskNode) {
      const node = real as DiskNode;
      if (node.disk.swaps) {
        vnode.release();
        setFailure(EBUSY);
        return null;
      }
      const device = new DiskDevice(path, node.disk, node.start, node.size);
      vnode.release();
      return device;
    }
    // Writing to a file of a pool within a pool's sync would change what is being synced.
    if (real.type == S_IFREG && real.fileSystem.type != 'zfs') return new FileDevice(path, vnode);
    vnode.release();
    setFailure(EINVAL);
    return null;
  }
  newLock(): Lock {
    return lock;
  }
  hostid(): u64 {
    return 0;
  }
  hostname(): string {
    const name = globalZone.hostName;
    return name.length ? name : 'diorama';
  }
  notice(text: string): void {
    print('WARNING: ' + text + '\n');
  }
}

/** What is called before pools are synced: file systems give what was changed through mappings. */
let beforeSync: (() => void) | null = null;
export function setBeforeSync(call: () => void): void {
  beforeSync = call;
}

/** Writes all pools; the first error. */
export function syncPools(): i32 {
  enter();
  const call = beforeSync;
  if (call) call();
  const pools = allPools();
  const start = rdtsc();
  let result = 0;
  for (let i = 0; i < pools.length; i++) {
    if (!pools[i].isWritable) continue;
    const one = pools[i].sync();
    if (result == 0) result = one;
  }
  // A process that asks for it pays itself.
  if (!current().process) ZoneIo.shareGroup(rdtsc() - start);
  leave();
  return result;
}

function syncThread(): void {
  const timer = new WaitQueue();
  while (true) {
    const flags = saveInterrupts();
    timer.wait(false, INTERVAL);
    restoreInterrupts(flags);
    syncPools();
  }
}

/** What a scan does before others get their turn, in bytes, and ticks between two looks for one when there is none. */
const SLICE: u64 = 1 << 20;
const LOOK: u64 = HZ / 2;

/** Scrubs and resilvers, a slice at a time. */
function scanThread(): void {
  const timer = new WaitQueue();
  while (true) {
    enter();
    let more = false;
    const pools = allPools();
    for (let i = 0; i < pools.length; i++) if (pools[i].scan.step(SLICE)) more = true;
    leave();
    const flags = saveInterrupts();
    timer.wait(false, more ? 1 : LOOK);
    restoreInterrupts(flags);
  }
}

/** Once, at boot. False: there is too little memory, and no ZFS. */
export function startZfs(): bool {
  const bytes = (((<usize>freeFrames()) << 12) / MEMORY_SHARE) & ~(PAGE - 1);
  const arena = bytes >= LEAST_MEMORY ? takeContiguous(bytes) : 0;
  if (!arena) return false;
  setMemory(arena, bytes);
  setSystem(new KernelSystem());
  const thread = createThread('zfs sync', null);
  if (!thread) return false;
  thread.start = syncThread;
  startThread(thread, 0);
  const scanner = createThread('zfs scan', null);
  if (!scanner) return false;
  scanner.start = scanThread;
  startThread(scanner, 0);
  return true;
}
