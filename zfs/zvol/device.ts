// SPDX-License-Identifier: MIT
/**
 * @fileoverview /dev/zvol/dsk/POOL/NAME (block) and /dev/zvol/rdsk/POOL/NAME (raw): volumes as disks. The nodes follow the datasets: {@link refreshVolumes}
 * is called after whatever may have made, renamed or removed one. A volume that is open counts as in use.
 */
import { address } from 'machine/mem';
import { Device, makeDevice } from '../../guest-os/fs/dev/device';
import { addDevice, addDeviceDirectory, removeDevice } from '../../guest-os/fs/dev/devices';
import { S_IFBLK, S_IFCHR } from '../../guest-os/fs/vnode';
import { DumpTarget } from '../../guest-os/kernel/dump/target';
import { EBUSY, EINVAL, EIO, ENOSPC, ENOTSUP, ENOTTY, ENXIO, EROFS, setError, setFailure } from '../../guest-os/kernel/errno';
import { PAGE } from '../../guest-os/kernel/memory/frames';
import { copyStep } from '../../guest-os/kernel/memory/pageout';
import { copy, copyOut } from '../../guest-os/kernel/memory/user';
import { holdDbuf, releaseDbuf } from '../dmu/dbuf';
import { Dnode, holdDnode, releaseDnode } from '../dmu/dnode';
import { Dataset } from '../dsl/dataset';
import { diskBelow, enter, firstSectorFound, leave } from '../port/kernel';
import { freeBuffer, newBuffer } from '../port/memory';
import { allPools } from '../spa/pools';
import { Leaf } from '../vdev/leaf';
import { LABEL_START, Vdev } from '../vdev/vdev';
import { DUMP_BLOCK, dumpify, dumpRefusal, extentsOf, isDumpVolume, setDumpVolume, transferRaw, undumpify } from './dump';
import { isVolume, VOLUME_DATA, volumeBlock, volumeError, volumeSize, volumeWrote } from './volume';

/** illumos's number of zfs; minor 0 is /dev/zfs. */
const MAJOR: u32 = 88;
const SECTOR: u64 = 512;
/** <sys/dkio.h> */
const DKIOCGMEDIAINFO: i32 = 0x042a;
const DKIOCFLUSHWRITECACHE: i32 = 0x0422;
const DK_FIXED_DISK: u32 = 0x10001;
const ZEROS: usize = memory.data(4096, 16);
const answer: usize = memory.data(16, 8);

class VolumeNode extends Device {
  /** The dataset is gone, or has another name. */
  isGone: bool = false;

  constructor(
    type: i32,
    minor: u32,
    private readonly dataset: Dataset,
  ) {
    super(type | 0o640, 3, makeDevice(MAJOR, minor));
  }

  get volume(): Dataset {
    return this.dataset;
  }
  get size(): u64 {
    enter();
    let size: u64 = 0;
    if (!this.isGone) {
      const objset = this.dataset.objset();
      if (objset) size = volumeSize(objset);
    }
    leave();
    return size;
  }
  get seekable(): bool {
    return true;
  }
  opened(readers: i32, writers: i32): i32 {
    // Who has it open still counts when the volume gets another name, and no longer when it is closed then.
    if (this.isGone && (readers > 0 || writers > 0)) return setError(ENXIO);
    if (writers > 0 && (this.dataset.isSnapshot || !this.dataset.spa.isWritable)) return setError(EROFS);
    this.dataset.users += readers + writers;
    return 0;
  }

  /** Size and whether it is there may be others after the lock was waited for. */
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    return this.inSteps(offset, to, count, false);
  }
  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    return this.inSteps(offset, from, count, true);
  }
  private inSteps(offset: u64, memory: u64, count: u64, isWrite: bool): i64 {
    let done: u64 = 0;
    while (true) {
      const step = copyStep(memory + done, count - done, !isWrite);
      enter();
      const size = this.size;
      const at = offset + done;
      let result: i64 = this.refusal(at, step);
      if (result == 0 && at < size) result = this.transfer(at, memory + done, min(step, size - at), isWrite);
      else if (result == 0 && isWrite && step) result = setError(ENOSPC);
      leave();
      if (result < 0) return done ? <i64>done : result;
      done += result;
      if (<u64>result < step || done == count) return <i64>done;
    }
  }
  private refusal(offset: u64, count: u64): i32 {
    if (this.isGone) return setError(ENXIO);
    return this.type == S_IFCHR && (offset % SECTOR || count % SECTOR) ? setError(EINVAL) : 0;
  }

  /** Part of the volume that the kernel dumps to: its blocks are read and written where they are. */
  private transferRaw(dn: Dnode, offset: u64, place: u64, count: u64, isWrite: bool): i64 {
    const buffer = newBuffer(DUMP_BLOCK);
    let done: u64 = 0;
    let error = 0;
    while (done < count && error == 0) {
      const at = offset + done;
      const part = <u32>min<u64>(DUMP_BLOCK - (at % DUMP_BLOCK), count - done);
      if (isWrite) error = copy(address(buffer), place + done, part);
      if (error == 0) error = transferRaw(this.dataset, dn, at, part, buffer, isWrite);
      if (error == 0 && !isWrite) error = copy(place + done, address(buffer), part);
      if (error == 0) done += part;
    }
    freeBuffer(buffer, DUMP_BLOCK);
    return done ? <i64>done : error;
  }

  private transfer(offset: u64, memory: u64, count: u64, isWrite: bool): i64 {
    const objset = this.dataset.objset();
    const dn = objset ? holdDnode(objset, VOLUME_DATA) : null;
    let done: u64 = 0;
    let error = dn ? 0 : setError(EIO);
    if (dn && isDumpVolume(this.dataset)) {
      const result = this.transferRaw(dn, offset, memory, count, isWrite);
      releaseDnode(dn);
      return result;
    }
    while (done < count && error == 0) {
      const at = offset + done;
      const within = at % <u64>dn!.blockSize;
      const part = min(<u64>dn!.blockSize - within, count - done);
      error = isWrite ? this.writePart(dn!, at, within, part, memory + done) : readPart(dn!, at, within, part, memory + done);
      if (error == 0) done += part;
    }
    if (dn) releaseDnode(dn);
    return done ? <i64>done : error;
  }
  private writePart(dn: Dnode, at: u64, within: u64, count: u64, from: u64): i32 {
    const db = volumeBlock(this.dataset, dn, at);
    if (!db) return volumeError;
    const error = copy(address(db.data + <usize>within), from, count);
    releaseDbuf(db);
    return error < 0 ? error : volumeWrote(this.dataset, at, count);
  }

  sync(dataOnly: bool): i32 {
    enter();
    let result = this.isGone ? setError(ENXIO) : 0;
    if (result == 0 && this.dataset.spa.isWritable) result = this.dataset.commit(VOLUME_DATA);
    leave();
    return result;
  }

  mayDump(): i32 {
    enter();
    const error = this.isGone ? setError(ENXIO) : this.dataset.users > 0 ? setError(EBUSY) : dumpRefusal(this.dataset);
    leave();
    return error;
  }
  beginDump(path: string): DumpTarget | null {
    enter();
    const target = this.makeTarget(path);
    if (target) {
      this.dataset.users++;
      setDumpVolume(this.dataset);
      volumeOfTarget = this;
      currentTarget = target;
    }
    leave();
    return target;
  }
  private makeTarget(path: string): DumpTarget | null {
    if (this.isGone || this.dataset.users > 0) {
      setFailure(this.isGone ? ENXIO : EBUSY);
      return null;
    }
    const error = dumpify(this.dataset);
    if (error < 0) {
      setFailure(-error);
      return null;
    }
    const extents = extentsOf(this.dataset);
    if (!extents) {
      setFailure(EIO);
      return null;
    }
    const target = new DumpTarget(path);
    for (let i = 0; i < extents.length; i++) target.addRun(extents[i].place, extents[i].bytes);
    findDisks(target, this.dataset);
    if (target.hasDisks) return target;
    setFailure(ENOTSUP);
    return null;
  }
  endDump(): void {
    enter();
    this.dataset.users--;
    if (volumeOfTarget == this) {
      setDumpVolume(null);
      volumeOfTarget = null;
      currentTarget = null;
    }
    undumpify(this.dataset);
    leave();
  }
  useForSwap(use: bool): i32 {
    enter();
    let result = 0;
    if (use) result = this.isGone || this.dataset.isSnapshot || !this.dataset.spa.isWritable ? setError(EROFS) : 0;
    // Somebody has it open: another file system's worth of data may be in it, or it is another kind of area.
    if (use && result == 0 && this.dataset.users) result = setError(EBUSY);
    if (result == 0) {
      this.dataset.users += use ? 1 : -1;
      this.dataset.isSwap = use;
    }
    leave();
    return result;
  }
  lockForSwap(): void {
    enter();
  }
  unlockForSwap(): void {
    leave();
  }
  /** A page in memory is read or written in one go; what a crash loses of it nobody misses, so the intent log has nothing of it. */
  transferPage(write: bool, page: u32, frame: usize): i32 {
    enter();
    const objset = this.dataset.objset();
    const dn = objset ? holdDnode(objset, VOLUME_DATA) : null;
    let error = dn ? 0 : setError(EIO);
    for (let done: u64 = 0; done < PAGE && error == 0; ) {
      const at = <u64>page * PAGE + done;
      const within = <usize>(at % <u64>dn!.blockSize);
      const part = min<usize>(dn!.blockSize - within, PAGE - <usize>done);
      error = write
        ? this.writeBytes(dn!, at, within, part, frame + <usize>done)
        : readBytes(dn!, at, within, part, frame + <usize>done);
      done += part;
    }
    if (dn) releaseDnode(dn);
    leave();
    return error;
  }
  private writeBytes(dn: Dnode, at: u64, within: usize, count: usize, from: usize): i32 {
    const db = volumeBlock(this.dataset, dn, at, count == <usize>dn.blockSize);
    if (!db) return volumeError;
    memory.copy(db.data + within, from, count);
    releaseDbuf(db);
    return 0;
  }

  ioctl(request: i32, argument: u64): i64 {
    if (request == DKIOCFLUSHWRITECACHE) return this.sync(true);
    if (request != DKIOCGMEDIAINFO) return setError(ENOTTY);
    store<u32>(answer, DK_FIXED_DISK);
    store<u32>(answer, <u32>SECTOR, 4);
    store<u64>(answer, this.size / SECTOR, 8);
    return copyOut(argument, answer, 16);
  }
}

/** The volume that is the dump device; null: none is. */
let volumeOfTarget: VolumeNode | null = null;
let currentTarget: DumpTarget | null = null;

/** Disks below the one top-level device that are written to. */
function findDisks(target: DumpTarget, dataset: Dataset): void {
  target.clearDisks();
  const leaves: Vdev[] = [];
  dataset.spa.tops[0].vdev.leaves(leaves);
  for (let i = 0; i < leaves.length; i++) {
    if (!leaves[i].isOpen || !(leaves[i] instanceof Leaf)) continue;
    const device = (leaves[i] as Leaf).device;
    const disk = device ? diskBelow(device) : null;
    if (disk) target.addDisk(disk, firstSectorFound + LABEL_START / SECTOR);
  }
}

/** A pool may consist of other disks now. ZFS's lock is held. */
export function refreshDumpTarget(): void {
  const target = currentTarget;
  const node = volumeOfTarget;
  if (target && node) findDisks(target, node.volume);
}

function readPart(dn: Dnode, at: u64, within: u64, count: u64, to: u64): i32 {
  const block = at / <u64>dn.blockSize;
  if (block > dn.maxBlock) {
    for (let done: u64 = 0; done < count; done += 4096) {
      const error = copy(to + done, address(ZEROS), min<u64>(count - done, 4096));
      if (error < 0) return error;
    }
    return 0;
  }
  const db = holdDbuf(dn, 0, block, true);
  if (!db) return setError(EIO);
  const error = copy(to, address(db.data + <usize>within), count);
  releaseDbuf(db);
  return error;
}

function readBytes(dn: Dnode, at: u64, within: usize, count: usize, to: usize): i32 {
  const block = at / <u64>dn.blockSize;
  const db = block <= dn.maxBlock ? holdDbuf(dn, 0, block, true) : null;
  if (!db) return setError(EIO);
  memory.copy(to, db.data + within, count);
  releaseDbuf(db);
  return 0;
}

// ---- nodes

class Entry {
  seen: bool = true;
  constructor(
    public readonly dataset: Dataset,
    public readonly name: string,
    public readonly block: VolumeNode,
    public readonly raw: VolumeNode,
  ) {}
}

let entries: Entry[] = [];
let minors: u32 = 1;

/** Gives every volume its nodes, and takes those away whose volume is gone. ZFS's lock is held. */
export function refreshVolumes(): void {
  for (let i = 0; i < entries.length; i++) entries[i].seen = false;
  const pools = allPools();
  for (let i = 0; i < pools.length; i++) {
    const datasets = pools[i].allDatasets();
    for (let j = 0; j < datasets.length; j++) {
      const dataset = datasets[j];
      const head = dataset.isSnapshot ? pools[i].datasetByObject(dataset.dir.phys.head) : dataset;
      if (head && !head.name.includes('$') && !head.name.includes('%') && isVolume(head)) see(dataset);
    }
  }
  const kept: Entry[] = [];
  for (let i = 0; i < entries.length; i++) {
    if (entries[i].seen) kept.push(entries[i]);
    else remove(entries[i]);
  }
  entries = kept;
}

function see(dataset: Dataset): void {
  const name = dataset.name;
  for (let i = 0; i < entries.length; i++) {
    if (entries[i].dataset != dataset || entries[i].name != name) continue;
    entries[i].seen = true;
    return;
  }
  const entry = new Entry(dataset, name, new VolumeNode(S_IFBLK, minors, dataset), new VolumeNode(S_IFCHR, minors, dataset));
  minors++;
  entries.push(entry);
  addDevice('zvol/dsk/' + name, '', entry.block);
  addDevice('zvol/rdsk/' + name, '', entry.raw);
}

function remove(entry: Entry): void {
  entry.block.isGone = true;
  entry.raw.isGone = true;
  entry.block.unregister();
  entry.raw.unregister();
  removeDevice('zvol/dsk/' + entry.name, '');
  removeDevice('zvol/rdsk/' + entry.name, '');
}

export function attachVolumes(): void {
  addDeviceDirectory('zvol/dsk');
  addDeviceDirectory('zvol/rdsk');
}
