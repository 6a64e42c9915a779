// SPDX-License-Identifier: MIT
/**
 * @fileoverview A pool: its vdevs, its own object set (MOS), its datasets, and the transaction groups in which it changes.
 *
 * All changes are made in memory, in the open transaction group `openTxg`; blocks are allocated and written when it is synced. Since the
 * pool's lock is held for each operation and for the sync, the states of a group follow one another: open; quiesced (no operation is
 * under way: the lock is held); syncing. {@link Spa.sync} in order:
 * 1. frees what the group before had deferred;
 * 2. writes the datasets that are dirty, appends to their deadlists, runs the tasks that change the DSL (create, snapshot, destroy, …),
 *    which therefore see everything that was done before as written;
 * 3. writes the MOS and the space maps, in passes: writing them allocates, which changes them again. From the second pass on frees are put
 *    off to the next group and blocks are written over in place, so that the passes end;
 * 4. flushes the devices, writes the new uberblock to every label, and flushes again.
 * The uberblock is what makes the group happen: before it, the pool is as it was.
 */
import { EIO, ENOSPC, EROFS, setError } from '../../guest-os/kernel/errno';
import { freeBuffer, hasLargePieces, memorySize, newZeroed } from '../port/memory';
import { NvList } from '../port/nvlist';
import { Lock, now, system } from '../port/port';
import { Vector } from '../port/vector';
import { arcForget } from '../arc/arc';
import { dirtyData } from '../dmu/dbuf';
import { holdDnode, releaseDnode } from '../dmu/dnode';
import { Objset, PASS_UNCOMPRESSED } from '../dmu/objset';
import { ratioSize } from '../dmu/types';
import { appendToBpobj, bpobjIsEmpty, emptyBpobj, visitBpobj } from '../dsl/bpobj';
import { Dataset } from '../dsl/dataset';
import { Dir, USED_HEAD } from '../dsl/dir';
import { applyProperties } from '../dsl/properties';
import { Statistics, Vdev } from '../vdev/vdev';
import { Leaf } from '../vdev/leaf';
import { notedBytes } from '../zil/intentLog';
import { physicalSize, POINTER_SIZE, setCopy } from '../zio/blockPointer';
import { visitPieces } from '../zio/zio';
import { ErrorLog } from './errorLog';
import { storeMissing } from './missing';
import { Scan } from './scan';
import { storeConfig, writeLabels, writeUberblocks } from './config';
import { Task } from './task';
import { TopLevel } from './topLevel';

export const VERSION_LATEST: u64 = 28;
export const FIRST_TXG: u64 = 4;
/** Names of the MOS's own objects. */
export const OBJECT_DIRECTORY: u64 = 1;

export const POOL_ACTIVE: u64 = 0;
export const POOL_EXPORTED: u64 = 1;
export const POOL_DESTROYED: u64 = 2;

/** From this pass on frees wait for the next group. */
const PASS_DEFER: u32 = 2;
/** Groups that are synced at most after the last change, for the accounting of the MOS itself. */
const LAST_GROUPS: i32 = 2;
/** If the passes do not end by then, they never will. */
const MOST_PASSES: u32 = 40;
/** Dirty data above this share of ZFS's memory is synced before more is accepted. */
const DIRTY_SHARE: u64 = 4;
/** The same for what intent logs have noted. */
const NOTED_SHARE: u64 = 16;
/** A 64th of a pool, and 32 MiB at least, is never given to datasets, so that things can always be freed. */
const SLOP_SHIFT: u64 = 6;
const LEAST_SLOP: u64 = 32 << 20;

let pools = 0;

export class Spa {
  /** Tells its blocks from other pools' in the cache. */
  readonly index: u32;
  readonly lock: Lock = system().newLock();
  version: u64 = VERSION_LATEST;
  state: u64 = POOL_ACTIVE;
  tops: TopLevel[] = [];
  /** The root of the tree: tells guids and names. */
  mos: Objset | null = null;
  openTxg: u64 = FIRST_TXG;
  /** Pointer to the MOS, as the last uberblock has it. */
  readonly rootPointer: usize = newZeroed(512);
  timestamp: u64 = 0;
  /** When it was opened, in seconds since 1970: its statistics count from then. */
  readonly opened: u64 = now();
  isWritable: bool = true;
  /** A write failed: the pool is left as it is. */
  isSuspended: bool = false;
  comment: string = '';
  /** What its labels say of features, if it is a pool of version 5000. */
  labelFeatures: NvList | null = null;
  /** Errors of the pool as a whole: blocks that no redundancy could bring back. */
  readonly statistics: Statistics = new Statistics();

  // Objects of the MOS.
  configObject: u64 = 0;
  deferredObject: u64 = 0;
  rootDir: Dir | null = null;
  mosDir: Dir | null = null;
  freeDir: Dir | null = null;
  origin: Dataset | null = null;

  private readonly dirs: Dir[] = [];
  private readonly datasets: Dataset[] = [];
  private readonly dirtyDatasets: Dataset[] = [];
  private readonly tasks: Task[] = [];
  private readonly toFree: Vector = new Vector(POINTER_SIZE);
  private mosDelta: i64 = 0;
  private mosCompressed: i64 = 0;
  private mosUncompressed: i64 = 0;
  private pass: u32 = 0;
  private rotor: u32 = 0;
  /** Larger blocks are written as gangs, as if nothing had room for them; 0: never. What others have as a tunable, for tests. */
  gangAbove: u32 = 0;
  private configDirty: bool = false;
  /** Labels do not say yet what the configuration is. */
  private labelsDirty: bool = false;
  /** Blocks that no copy of could be read. */
  lostBlocks: u64 = 0;
  readonly errors: ErrorLog = new ErrorLog();
  private scan_: Scan | null = null;
  /** Devices that left, whose record of what they missed is still there. */
  private readonly left: Leaf[] = [];

  constructor(
    public name: string,
    public guid: u64,
  ) {
    this.index = ++pools;
  }

  // ---- vdevs

  topLevel(id: u32): TopLevel | null {
    return id < <u32>this.tops.length ? this.tops[id] : null;
  }
  leaves(): Leaf[] {
    const all: Vdev[] = [];
    for (let i = 0; i < this.tops.length; i++) this.tops[i].vdev.leaves(all);
    const leaves: Leaf[] = [];
    for (let i = 0; i < all.length; i++) if (all[i] instanceof Leaf) leaves.push(all[i] as Leaf);
    return leaves;
  }
  guidSum(): u64 {
    let sum = this.guid;
    for (let i = 0; i < this.tops.length; i++) sum += this.tops[i].vdev.guidSum();
    return sum;
  }
  get scan(): Scan {
    const known = this.scan_;
    if (known) return known;
    const made = new Scan(this);
    this.scan_ = made;
    return made;
  }
  gone(leaf: Leaf): void {
    this.left.push(leaf);
  }
  configChanged(): void {
    this.configDirty = true;
    this.labelsDirty = true;
  }

  // ---- space

  capacity(): u64 {
    let bytes: u64 = 0;
    for (let i = 0; i < this.tops.length; i++) if (!this.tops[i].isLog) bytes += this.tops[i].capacity;
    return bytes;
  }
  allocated(): u64 {
    let bytes: u64 = 0;
    for (let i = 0; i < this.tops.length; i++) if (!this.tops[i].isLog) bytes += this.tops[i].allocated;
    return bytes;
  }
  /** What datasets can have altogether: parity and the reserve left out. */
  writableSpace(): u64 {
    let bytes: u64 = 0;
    for (let i = 0; i < this.tops.length; i++) {
      const top = this.tops[i];
      if (!top.isLog) bytes += (top.capacity >> 9) * top.deflateRatio;
    }
    const slop = max(bytes >> SLOP_SHIFT, LEAST_SLOP);
    return bytes > slop ? bytes - slop : 0;
  }

  /** Places for `copies` of a block of `bytes`, on different vdevs where there are several. */
  allocate(bp: usize, bytes: u32, copies: u32): i32 {
    if (this.gangAbove && bytes > this.gangAbove) return setError(ENOSPC);
    const count = <u32>this.tops.length;
    for (let copy: u32 = 0; copy < copies; copy++) {
      let done = false;
      for (let i: u32 = 0; i < count && !done; i++) {
        const id = (this.rotor + copy + i) % count;
        const top = this.tops[id];
        if (top.isLog || !top.vdev.isOpen) continue;
        const size = top.vdev.allocatedSize(bytes);
        const at = top.allocate(this, size, copy);
        if (at == u64.MAX_VALUE) continue;
        setCopy(bp, <i32>copy, id, at, size, false);
        if (!copy && top.tookTurn(size)) this.rotor = (id + 1) % count;
        done = true;
      }
      if (done) continue;
      // One copy is enough where there is no room for more, but not none.
      if (copy) return 0;
      return setError(ENOSPC);
    }
    return 0;
  }

  /** Nothing refers to this block any more. */
  free(bp: usize): void {
    this.toFree.addCopy(bp);
  }
  blockLost(bp: usize): void {
    this.lostBlocks++;
    this.statistics.checksumErrors++;
    this.errors.note(this.scan.isScrubbing);
  }
  mosUsed(spent: i64, bp: usize): void {
    const sign: i64 = spent < 0 ? -1 : 1;
    this.mosDelta += spent;
    this.mosCompressed += sign * <i64>physicalSize(bp);
    this.mosUncompressed += sign * <i64>ratioSize(bp);
  }

  // ---- datasets

  /** The open directory of an object; null: there is none. */
  dirByObject(object: u64): Dir | null {
    for (let i = 0; i < this.dirs.length; i++) if (this.dirs[i].object == object) return this.dirs[i];
    return null;
  }
  openDir(object: u64, parent: Dir | null, name: string): Dir | null {
    const known = this.dirByObject(object);
    if (known) return known;
    const dn = holdDnode(this.mos!, object);
    if (!dn) return null;
    const dir = new Dir(this, object, name, dn);
    dir.parent = parent;
    this.dirs.push(dir);
    return dir;
  }
  datasetByObject(object: u64): Dataset | null {
    for (let i = 0; i < this.datasets.length; i++) if (this.datasets[i].object == object) return this.datasets[i];
    return null;
  }
  openDataset(object: u64, dir: Dir, snapshotName: string): Dataset | null {
    const known = this.datasetByObject(object);
    if (known) return known;
    const dn = holdDnode(this.mos!, object);
    if (!dn) return null;
    const dataset = new Dataset(dir, object, dn, snapshotName);
    dataset.loadLimits();
    this.datasets.push(dataset);
    return dataset;
  }
  allDirs(): Dir[] {
    return this.dirs;
  }
  allDatasets(): Dataset[] {
    return this.datasets;
  }
  forgetDataset(dataset: Dataset): void {
    dataset.closeObjset();
    releaseDnode(dataset.dn);
    const at = this.datasets.indexOf(dataset);
    if (at >= 0) this.datasets.splice(at, 1);
  }
  forgetDir(dir: Dir): void {
    releaseDnode(dir.dn);
    const at = this.dirs.indexOf(dir);
    if (at >= 0) this.dirs.splice(at, 1);
  }
  dirtyDataset(dataset: Dataset): void {
    if (dataset.isListed) return;
    dataset.isListed = true;
    this.dirtyDatasets.push(dataset);
  }
  applyProperties(dataset: Dataset, objset: Objset): void {
    applyProperties(dataset, objset);
  }

  // ---- transactions

  /** Before a change of at most `bytes` to a dataset: is there room? May sync, so nothing may be half done. */
  begin(dataset: Dataset, bytes: u64): i32 {
    if (!this.isWritable || dataset.isSnapshot) return setError(EROFS);
    if (this.isSuspended) return setError(EIO);
    const size = <u64>memorySize();
    if (dirtyData() > size / DIRTY_SHARE || notedBytes() > size / NOTED_SHARE || !hasLargePieces()) {
      const result = this.sync();
      if (result < 0) return result;
    }
    const reserved = dataset.reserve(bytes);
    if (reserved == 0 || !this.rootDir!.pending) return reserved;
    // What was set aside for earlier changes was more than they took: that is known when they are written.
    const result = this.sync();
    return result < 0 ? result : dataset.reserve(bytes);
  }

  /** A task for the next group that is synced. */
  later(task: Task): void {
    this.tasks.push(task);
  }

  /** Runs a task in the sync of the open group; its result. */
  perform(task: Task): i32 {
    if (!this.isWritable) return setError(EROFS);
    const heads = task.heads();
    for (let i = 0; i < heads.length; i++) heads[i].endLog();
    this.tasks.push(task);
    const result = this.sync();
    return result < 0 ? result : task.result;
  }

  get isDirty(): bool {
    return (
      this.dirtyDatasets.length > 0 ||
      this.tasks.length > 0 ||
      this.mos!.isDirty ||
      this.configDirty ||
      this.toFree.count > 0 ||
      this.errors.isDirty
    );
  }

  /** Writes the open transaction group, if there is anything in it. */
  sync(): i32 {
    if (!this.isDirty) return 0;
    if (this.isSuspended) return setError(EIO);
    const txg = this.openTxg;
    const result = this.syncGroup(txg);
    if (result < 0) {
      // Nothing on disk refers to what was written; the pool is as the last uberblock says.
      this.isSuspended = true;
      system().notice("Pool '" + this.name + "' has encountered an uncorrectable I/O failure and has been suspended.");
      return result;
    }
    for (let i = 0; i < this.tops.length; i++) this.tops[i].syncDone(txg);
    for (let i = 0; i < this.dirs.length; i++) this.dirs[i].pending = 0;
    for (let i = 0; i < this.datasets.length; i++) this.datasets[i].pending = 0;
    this.openTxg = txg + 1;
    return 0;
  }

  private syncGroup(txg: u64): i32 {
    const mos = this.mos!;
    const leaves = this.leaves();
    for (let i = 0; i < leaves.length; i++) if (!leaves[i].isOpen) leaves[i].miss(txg);
    let result = this.freeDeferred();
    this.pass = 0;
    while (result == 0) {
      this.pass++;
      if (this.pass > MOST_PASSES) return setError(EIO);
      // What the first pass writes of the MOS is most of it, and counts in this group still. Late passes write everything in full size: much for a
      // moment, but with nothing changing any more, so all of it can be counted.
      if (this.pass <= 2 || this.pass > PASS_UNCOMPRESSED) this.takeMosUsed();
      if (this.pass == 1) {
        result = this.syncDatasets(txg);
        this.errors.sync(this);
        for (let i = 0; i < leaves.length && result == 0; i++) result = storeMissing(this, leaves[i], txg);
        while (this.left.length && result == 0) result = storeMissing(this, this.left.pop(), txg);
      }
      if (this.configDirty && result == 0) {
        this.configDirty = false;
        result = storeConfig(this, txg);
      }
      if (mos.isDirty && result == 0) result = mos.sync(this.rootPointer, txg, this.pass);
      if (result == 0) result = this.syncFrees();
      for (let i = 0; i < this.tops.length && result == 0; i++) result = this.tops[i].sync(this, txg, this.pass);
      const uncounted = this.pass >= PASS_UNCOMPRESSED && this.mosDelta != 0;
      if (!mos.isDirty && !this.configDirty && !uncounted) break;
    }
    if (result == 0) result = this.finish();
    if (result < 0) return result;
    for (let i = 0; i < leaves.length; i++) {
      if (!leaves[i].hasFailed) continue;
      leaves[i].hasFailed = false;
      leaves[i].miss(txg);
    }
    this.timestamp = now();
    if (this.labelsDirty) {
      this.labelsDirty = false;
      return writeLabels(this, txg);
    }
    return writeUberblocks(this, txg);
  }

  private syncDatasets(txg: u64): i32 {
    let result = 0;
    // Tasks may make datasets, whose object sets are written too.
    while (true) {
      while (this.dirtyDatasets.length && result == 0) {
        const dataset = this.dirtyDatasets.shift();
        dataset.isListed = false;
        result = dataset.sync(txg, this.pass);
      }
      for (let i = 0; i < this.datasets.length && result == 0; i++) result = this.datasets[i].syncDead();
      if (!this.tasks.length || result < 0) return result;
      const task = this.tasks.shift();
      task.result = task.run(this, txg);
    }
  }

  /** Space of the MOS counts for its directory one pass, or one group, late: counting it changes it. */
  private takeMosUsed(): void {
    const dir = this.mosDir;
    if (!dir || !this.mosDelta) return;
    dir.addUsed(USED_HEAD, this.mosDelta, this.mosCompressed, this.mosUncompressed);
    this.mosDelta = 0;
    this.mosCompressed = 0;
    this.mosUncompressed = 0;
  }

  private freeDeferred(): i32 {
    if (bpobjIsEmpty(this.mos!, this.deferredObject)) return 0;
    const result = visitBpobj(this.mos!, this.deferredObject, freeNow, changetype<usize>(this));
    return result < 0 ? result : emptyBpobj(this.mos!, this.deferredObject);
  }
  private syncFrees(): i32 {
    freeResult = 0;
    this.toFree.drain(this.pass < PASS_DEFER ? freeEach : deferEach, changetype<usize>(this));
    return freeResult;
  }

  private finish(): i32 {
    let result = 0;
    for (let i = 0; i < this.tops.length; i++) {
      const vdev = this.tops[i].vdev;
      const one = vdev.finish();
      if (one < 0) result = one;
    }
    return result < 0 ? result : this.flush();
  }
  /** What was written is on the media. */
  flush(): i32 {
    let result = 0;
    for (let i = 0; i < this.tops.length; i++) {
      const one = this.tops[i].vdev.flush();
      if (one < 0) result = one;
    }
    return result;
  }

  // ---- end

  /** Forgets everything in memory; what is not synced is lost. Nothing is in use. */
  close(): void {
    for (let i = 0; i < this.datasets.length; i++) {
      this.datasets[i].closeObjset();
      releaseDnode(this.datasets[i].dn);
    }
    for (let i = 0; i < this.dirs.length; i++) releaseDnode(this.dirs[i].dn);
    this.datasets.length = 0;
    this.dirs.length = 0;
    const mos = this.mos;
    if (mos) mos.close();
    this.mos = null;
    for (let i = 0; i < this.tops.length; i++) this.tops[i].close();
    arcForget(this.index);
    freeBuffer(this.rootPointer, 512);
    freeBuffer(this.scan.phys.pointer, 512);
  }

  /** Writes all, says in the labels that the pool is not in use (or destroyed), and closes it. */
  export(state: u64 = POOL_EXPORTED): i32 {
    this.state = state;
    this.configChanged();
    for (let i = 0; i < this.datasets.length; i++) this.datasets[i].endLog();
    let result = this.isWritable ? this.sync() : 0;
    // Each group leaves less of its own that is not counted.
    for (let i = 0; i < LAST_GROUPS && this.isWritable && this.mosDelta && result == 0; i++) {
      this.takeMosUsed();
      result = this.sync();
    }
    if (result == 0) this.close();
    return result;
  }

  config(txg: u64, tree: NvList | null, top: TopLevel | null, leaf: Vdev | null): NvList {
    const list = new NvList();
    list.setNumber('version', this.version);
    list.setText('name', this.name);
    list.setNumber('state', this.state);
    list.setNumber('txg', txg);
    list.setNumber('pool_guid', this.guid);
    const hostid = system().hostid();
    if (hostid) list.setNumber('hostid', hostid);
    list.setText('hostname', system().hostname());
    if (this.comment.length) list.setText('comment', this.comment);
    const features = this.labelFeatures;
    if (features) list.setList('features_for_read', features);
    if (top && leaf) {
      list.setNumber('top_guid', top.vdev.guid);
      list.setNumber('guid', leaf.guid);
      if (top.isLog) list.setNumber('is_log', 1);
    }
    list.setNumber('vdev_children', this.tops.length);
    if (top) list.setList('vdev_tree', top.config());
    else if (tree) list.setList('vdev_tree', tree);
    return list;
  }
}

let freeResult: i32 = 0;

function freePiece(spa: Spa, vdev: u32, offset: u64, size: u64): void {
  const top = spa.topLevel(vdev);
  const metaslab = top ? top.metaslabAt(offset) : null;
  if (!metaslab || !metaslab.free(offset, size)) freeResult = setError(EIO);
}
function freeNow(bp: usize, context: usize): i32 {
  return visitPieces(changetype<Spa>(context), bp, freePiece, 0);
}
function freeEach(bp: usize, context: usize): void {
  const result = freeNow(bp, context);
  if (result < 0) freeResult = result;
}
function deferEach(bp: usize, context: usize): void {
  const spa = changetype<Spa>(context);
  const result = appendToBpobj(spa.mos!, spa.deferredObject, bp);
  if (result < 0) freeResult = result;
}
