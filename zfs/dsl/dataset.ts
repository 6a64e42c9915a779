// SPDX-License-Identifier: MIT
/**
 * @fileoverview Datasets: file systems, volumes and their snapshots, each an object set with its place in a history.
 *
 * A head and its snapshots are a list: each knows the one before (`previous`) and after. A block belongs to the oldest snapshot that
 * was made after its birth. When the head lets go of a block born after the last snapshot, it is freed; an older one goes to the head's
 * deadlist. What only one snapshot holds is its `unique` space, which its destruction would free.
 */
import { DslDatasetPhys } from 'layout/zfs';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { EDQUOT } from '../port/errors';
import { now, system } from '../port/port';
import { Vector } from '../port/vector';
import { allocateObject, bonusOf, dirtyDnode, Dnode, holdDnode, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { ratioSize, TYPE_DSL_DATASET, TYPE_DSL_SNAPSHOTS, TYPE_NEXT_CLONES } from '../dmu/types';
import { Spa } from '../spa/spa';
import { zapCreate, zapDeleteInt, zapSet, zapSetInt } from '../zap/zap';
import { IntentLog, SYNC_DISABLED } from '../zil/intentLog';
import { physicalSize, pointer, POINTER_SIZE } from '../zio/blockPointer';
import { addDeadlistKey, addToDeadlist, cloneDeadlist, createDeadlist, DeadlistKeys, readKeys } from './deadlist';
import { Dir, USED_HEAD, USED_RESERVATION, USED_SNAPSHOTS } from './dir';
import { ownNumber } from './properties';

export const FLAG_INCONSISTENT: u64 = 1;
export const FLAG_UNIQUE_ACCURATE: u64 = 4;
/** A snapshot that goes with its last clone or hold. */
export const FLAG_DEFER_DESTROY: u64 = 8;

/** Whatever has a dataset mounted. */
export abstract class Mount {
  /** The dataset is about to go, or to be called otherwise: what was mounted without being asked for, and is not in use, is unmounted. */
  abstract giveWay(): void;
  /** The dataset is about to become another: nothing of it is kept, or in use, until {@link resume}. */
  abstract suspend(): void;
  abstract resume(): void;
}

/** An open dataset; its pool keeps it, with its dnode held. */
export class Dataset {
  private objset_: Objset | null = null;
  private log_: IntentLog | null = null;
  /** Blocks of older snapshots that were let go of, until the sync puts them into the deadlist. */
  readonly dead: Vector = new Vector(POINTER_SIZE);
  /** Mounts and other uses that keep it from being destroyed. */
  users: i32 = 0;
  /** A volume that memory is paged out to: its name and its size stay as they are. */
  isSwap: bool = false;
  /** Null: it is not mounted. */
  mount: Mount | null = null;
  isListed: bool = false;
  /** Bytes that what it refers to may have (refquota; 0: any number), and that it is sure of (refreservation). */
  refQuota: u64 = 0;
  reserved: u64 = 0;
  /** Bytes of changes that were accepted in the open transaction group. */
  pending: u64 = 0;

  constructor(
    public dir: Dir,
    public readonly object: u64,
    public readonly dn: Dnode,
    /** Of a snapshot, what follows @; empty: a head. */
    public snapshotName: string,
  ) {}

  get spa(): Spa {
    return this.dir.spa;
  }
  get phys(): DslDatasetPhys {
    return changetype<DslDatasetPhys>(bonusOf(this.dn));
  }
  get name(): string {
    return this.isSnapshot ? this.dir.fullName + '@' + this.snapshotName : this.dir.fullName;
  }
  get isSnapshot(): bool {
    return this.snapshotName.length > 0;
  }
  dirty(): void {
    dirtyDnode(this.dn);
  }

  /** The object set, open; null: it cannot be read. */
  objset(): Objset | null {
    let objset = this.objset_;
    if (objset) return objset;
    objset = new Objset(this.spa, this);
    if (objset.open(this.phys.root.pointer) < 0) {
      objset.close();
      return null;
    }
    this.spa.applyProperties(this, objset);
    this.objset_ = objset;
    return objset;
  }
  /** Gives a new dataset its empty object set. */
  createObjset(type: u64): Objset {
    const objset = new Objset(this.spa, this);
    this.objset_ = objset;
    objset.create(type);
    this.spa.applyProperties(this, objset);
    return objset;
  }
  get isOpen(): bool {
    return this.objset_ != null;
  }
  closeObjset(): void {
    const objset = this.objset_;
    const log = this.log_;
    if (log) log.close();
    this.log_ = null;
    if (objset) objset.close();
    this.objset_ = null;
  }

  /** Where changes are noted for fsync; null: with `sync=disabled` they are not. */
  log(): IntentLog | null {
    const objset = this.objset_;
    if (!objset || objset.syncMode == SYNC_DISABLED) return null;
    let log = this.log_;
    if (!log) this.log_ = log = new IntentLog(this, objset);
    return log;
  }
  /** What was done to an object, and to names, is on stable storage when this returns. */
  commit(object: u64): i32 {
    const log = this.log_;
    const objset = this.objset_;
    return log && objset && objset.syncMode != SYNC_DISABLED ? log.commit(object) : 0;
  }
  endLog(): void {
    const log = this.log_;
    if (log) log.end();
  }

  // ---- accounting

  /** Before a change: may so many bytes more be referred to? EDQUOT, ENOSPC. */
  reserve(bytes: u64): i32 {
    const phys = this.phys;
    if (bytes && this.refQuota && phys.referenced + this.pending + bytes > this.refQuota) return setError(EDQUOT);
    // What is reserved for it has been counted already.
    const slack = this.slack(phys.unique + this.pending);
    const result = this.dir.reserve(bytes - min(bytes, slack));
    if (result == 0) this.pending += bytes;
    return result;
  }
  /** Bytes of the reservation that are not used. */
  private slack(unique: u64): u64 {
    return this.reserved > unique ? this.reserved - unique : 0;
  }
  /** Bytes that can still be written. */
  available(): u64 {
    let room = this.dir.available() + this.slack(this.phys.unique + this.pending);
    if (!this.refQuota) return room;
    const referenced = this.phys.referenced + this.pending;
    return min(room, this.refQuota > referenced ? this.refQuota - referenced : 0);
  }
  /** Reads what is set of {@link refQuota} and {@link reserved}. */
  loadLimits(): void {
    if (this.isSnapshot) return;
    this.refQuota = ownNumber(this.dir, 'refquota', 0);
    this.reserved = ownNumber(this.dir, 'refreservation', 0);
  }
  /** In the sync of a group. */
  setReserved(bytes: u64): void {
    const before = this.slack(this.phys.unique);
    this.reserved = bytes;
    this.dir.addUsed(USED_RESERVATION, <i64>this.slack(this.phys.unique) - <i64>before, 0, 0);
  }
  /** Counts space that is this dataset's alone: as much of it as the reservation has not counted yet. */
  private addUnique(spent: i64, compressed: i64, uncompressed: i64): void {
    const phys = this.phys;
    const before = max(phys.unique, this.reserved);
    phys.unique += <u64>spent;
    const delta = <i64>max(phys.unique, this.reserved) - <i64>before;
    this.dir.addUsed(USED_HEAD, delta, compressed, uncompressed);
    if (spent != delta) this.dir.moveUsed(USED_RESERVATION, USED_HEAD, spent - delta);
  }

  blockBorn(bp: usize, spent: u64): void {
    const phys = this.phys;
    const compressed = <u64>physicalSize(bp);
    const uncompressed = <u64>ratioSize(bp);
    phys.referenced += spent;
    phys.compressed += compressed;
    phys.uncompressed += uncompressed;
    this.dirty();
    this.addUnique(spent, compressed, uncompressed);
  }

  blockFreed(bp: usize, spent: u64): void {
    const phys = this.phys;
    const compressed = <u64>physicalSize(bp);
    const uncompressed = <u64>ratioSize(bp);
    if (pointer(bp).birth > phys.previousTxg) {
      this.spa.free(bp);
      this.addUnique(-(<i64>spent), -(<i64>compressed), -(<i64>uncompressed));
    } else {
      this.dead.addCopy(bp);
      const previous = phys.previous ? this.spa.datasetByObject(phys.previous) : null;
      // No one but the previous snapshot has it now.
      if (previous && previous.phys.next == this.object && pointer(bp).birth > previous.phys.previousTxg) {
        previous.phys.unique += spent;
        previous.dirty();
      }
      if (pointer(bp).birth > this.originTxg()) this.dir.moveUsed(USED_HEAD, USED_SNAPSHOTS, spent);
    }
    phys.referenced -= spent;
    phys.compressed -= compressed;
    phys.uncompressed -= uncompressed;
    this.dirty();
  }

  /** When the snapshot was made that this is a clone of; 0: none. Blocks born before belong to another directory. */
  originTxg(): u64 {
    const origin = this.dir.phys.origin ? this.spa.datasetByObject(this.dir.phys.origin) : null;
    return origin ? origin.phys.creationTxg : 0;
  }

  // ---- sync

  /** Writes the object set. */
  sync(txg: u64, pass: u32): i32 {
    const objset = this.objset_;
    if (!objset || !objset.isDirty) return 0;
    this.dirty();
    const log = this.log_;
    if (log) log.sync();
    return objset.sync(this.phys.root.pointer, txg, pass);
  }

  /** Puts blocks that snapshots hold into the deadlist. */
  syncDead(): i32 {
    if (!this.dead.count) return 0;
    deadKeys = new DeadlistKeys();
    deadResult = readKeys(this.spa.mos!, this.phys.deadlist, deadKeys);
    this.dead.drain(addDead, changetype<usize>(this));
    return deadResult;
  }
}

let deadKeys: DeadlistKeys = new DeadlistKeys();
let deadResult: i32 = 0;
function addDead(bp: usize, context: usize): void {
  const dataset = changetype<Dataset>(context);
  const result = addToDeadlist(dataset.spa.mos!, dataset.phys.deadlist, deadKeys, bp);
  if (result < 0) deadResult = result;
}

// ---- making, in the sync of transaction group `txg`

function newGuid(): u64 {
  return system().random();
}

/** The head of a directory; with an origin (a snapshot) it begins as what that has. */
export function createHead(spa: Spa, dir: Dir, origin: Dataset | null, txg: u64): u64 {
  const mos = spa.mos!;
  const object = allocateObject(mos, TYPE_DSL_DATASET, 512, TYPE_DSL_DATASET, <u32>DslDatasetPhys.SIZE);
  const dn = holdDnode(mos, object)!;
  const phys = changetype<DslDatasetPhys>(bonusOf(dn));
  phys.dir = dir.object;
  phys.flags = FLAG_UNIQUE_ACCURATE;
  phys.fsid = newGuid() >> 8;
  phys.guid = newGuid();
  phys.snapshots = zapCreate(mos, TYPE_DSL_SNAPSHOTS, 0, 0);
  phys.creation = now();
  phys.creationTxg = txg;
  dirtyDnode(dn);
  if (!origin) {
    // Without a snapshot before it nothing is ever added.
    phys.deadlist = createDeadlist(mos);
  } else {
    phys.previous = origin.object;
    phys.previousTxg = origin.phys.creationTxg;
    phys.referenced = origin.phys.referenced;
    phys.compressed = origin.phys.compressed;
    phys.uncompressed = origin.phys.uncompressed;
    memory.copy(phys.root.pointer, origin.phys.root.pointer, POINTER_SIZE);
    phys.flags |= origin.phys.flags & FLAG_INCONSISTENT;
    const originHead = spa.datasetByObject(origin.dir.phys.head)!;
    phys.deadlist = cloneDeadlist(mos, originHead.phys.deadlist, origin.phys.creationTxg);
    origin.phys.children++;
    if (!origin.phys.nextClones) origin.phys.nextClones = zapCreate(mos, TYPE_NEXT_CLONES, 0, 0);
    zapSetInt(mos, origin.phys.nextClones, object, object);
    origin.dirty();
    dir.phys.origin = origin.object;
    dir.dirty();
  }
  releaseDnode(dn);
  dir.phys.head = object;
  dir.dirty();
  return object;
}

/**
 * Takes a snapshot of a head that has just been synced in `txg`: the snapshot gets the head's root and deadlist, the head a new deadlist.
 * The cost does not depend on what is in it.
 */
export function createSnapshot(head: Dataset, name: string, txg: u64): i32 {
  const spa = head.spa;
  const mos = spa.mos!;
  const object = allocateObject(mos, TYPE_DSL_DATASET, 512, TYPE_DSL_DATASET, <u32>DslDatasetPhys.SIZE);
  const dn = holdDnode(mos, object);
  if (!dn) return setError(EIO);
  const phys = changetype<DslDatasetPhys>(bonusOf(dn));
  const from = head.phys;
  phys.dir = from.dir;
  phys.fsid = newGuid() >> 8;
  phys.guid = newGuid();
  phys.previous = from.previous;
  phys.previousTxg = from.previousTxg;
  phys.next = head.object;
  phys.children = 1;
  phys.creation = now();
  phys.creationTxg = txg;
  phys.deadlist = from.deadlist;
  phys.referenced = from.referenced;
  phys.compressed = from.compressed;
  phys.uncompressed = from.uncompressed;
  phys.flags = from.flags;
  memory.copy(phys.root.pointer, from.root.pointer, POINTER_SIZE);
  dirtyDnode(dn);
  releaseDnode(dn);

  const previous = from.previous ? spa.datasetByObject(from.previous) : null;
  if (previous) {
    if (previous.phys.next == head.object) previous.phys.next = object;
    else if (previous.phys.nextClones) {
      zapDeleteInt(mos, previous.phys.nextClones, head.object);
      zapSetInt(mos, previous.phys.nextClones, object, object);
    }
    previous.dirty();
  }
  from.deadlist = cloneDeadlist(mos, phys.deadlist, from.previousTxg);
  addDeadlistKey(mos, from.deadlist, from.previousTxg);
  // What the head must be sure of it has to have beside what it shares now.
  const taken = min(from.unique, head.reserved);
  if (taken) head.dir.addUsed(USED_RESERVATION, taken, 0, 0);
  // Head and snapshot share everything: nothing is unique to either.
  from.unique = 0;
  from.previous = object;
  from.previousTxg = txg;
  head.dirty();
  spa.openDataset(object, head.dir, name);
  return zapSet(mos, from.snapshots, name, object);
}
