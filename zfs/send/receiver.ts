// SPDX-License-Identifier: MIT
/**
 * @fileoverview Receiving a stream: its records are applied to a head that is marked as inconsistent, and in the end the head gets the stream's
 * snapshot, with that snapshot's identity.
 *
 * The head is a new one, or a new clone of the snapshot that the stream begins from. What is received into a dataset that there is goes into a clone of its
 * last snapshot, called `%recv` and below it, as in illumos: the dataset is as it was, mounted and in use, until the stream has come to its end. Then the
 * two change what they have ({@link swapHeads}), and the clone goes. Whatever ends the stream early, the new head is destroyed ({@link undoReceive});
 * after a crash, at import. Nothing is kept between pieces; the head is named by its object and identity.
 */
import { caller } from '../dsl/caller';
import { DnodePhys, ReplayFree, ReplayFreeObjects, ReplayObject, ReplaySpill, ReplayWrite } from 'layout/zfs';
import { EBUSY, EEXIST, EINVAL, EIO, ENODEV, ENOENT, ETXTBSY, setError } from '../../guest-os/kernel/errno';
import { dmuFreeRange, dmuWrite } from '../dmu/dmu';
import {
  bonusOf,
  bonusRoom,
  claimObject,
  dirtyDnode,
  Dnode,
  DNODE_SIZE,
  dropSpill,
  freeObject,
  holdDnode,
  isFreeObject,
  nextObject,
  releaseDnode,
  setBonus,
} from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { hasSpill, setSpill, writeSpill } from '../dmu/spill';
import { OBJSET_ZFS, OBJSET_ZVOL, TYPES, TYPE_NONE, TYPE_SA } from '../dmu/types';
import { createHead, createSnapshot, Dataset, FLAG_INCONSISTENT } from '../dsl/dataset';
import { cloneCount, destroyHead, destroySnapshot, DestroyTask, holdCount } from '../dsl/destroy';
import { clonesOf, createDir, Dir } from '../dsl/dir';
import { findDataset, findDir, findSnapshot, isValidComponent } from '../dsl/names';
import { swapHeads } from '../dsl/swap';
import { EDQUOT, ENOTSUP } from '../port/errors';
import { freeBuffer, newZeroed } from '../port/memory';
import { Spa } from '../spa/spa';
import { Task } from '../spa/task';
import { zapSetInt } from '../zap/zap';
import { LARGEST_BLOCK, POINTER_SIZE } from '../zio/blockPointer';
import { CHECKSUM_FUNCTIONS } from '../zio/checksum';
import { COMPRESS_FUNCTIONS } from '../zio/compress';
import { LARGEST_PAYLOAD, RECORD, RECORD_FREE, RECORD_FREE_OBJECTS, RECORD_OBJECT, RECORD_SPILL, RECORD_WRITE } from './records';

/** What a dataset that is being received into has below it meanwhile. */
export const TEMPORARY: string = '%recv';
/** Room for what a record changes besides its data. */
const CHANGE: u64 = 64 << 10;

/** What BEGIN says, and where it is to go. */
export class Incoming {
  name: string = '';
  snapshot: string = '';
  type: u64 = 0;
  toGuid: u64 = 0;
  fromGuid: u64 = 0;
  creation: u64 = 0;
  /** The from-snapshot is another dataset's: a clone of it is made. */
  isClone: bool = false;
  /** What has changed since the from-snapshot may be lost, with snapshots made since. */
  force: bool = false;
}

/** The snapshot of this identity; of several, which received streams make, the one whose name is most like `name`. Null: none. */
export function snapshotByGuid(spa: Spa, guid: u64, name: string): Dataset | null {
  const all = spa.allDatasets();
  let best: Dataset | null = null;
  let bestCommon = -1;
  for (let i = 0; i < all.length; i++) {
    if (!all[i].isSnapshot || all[i].phys.guid != guid || all[i] == spa.origin) continue;
    const other = all[i].name;
    // A stream could name any guid: what a zone does not own nothing is made from for it.
    if (!caller.owns(other)) continue;
    let common = 0;
    while (common < min(other.length, name.length) && other.charCodeAt(common) == name.charCodeAt(common)) common++;
    if (common <= bestCommon) continue;
    best = all[i];
    bestCommon = common;
  }
  return best;
}

class BeginTask extends Task {
  constructor(
    private readonly parent: Dir,
    private readonly name: string,
    private readonly from: Dataset | null,
    private readonly type: u64,
  ) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    const dir = spa.openDir(createDir(spa, this.parent, this.name), this.parent, this.name);
    if (!dir) return setError(EIO);
    const from = this.from;
    const head = spa.openDataset(createHead(spa, dir, from ? from : spa.origin, txg), dir, '');
    if (!head) return setError(EIO);
    head.phys.flags |= FLAG_INCONSISTENT;
    head.dirty();
    if (!from) {
      head.createObjset(this.type);
      return 0;
    }
    const clones = clonesOf(from.dir);
    return clones ? zapSetInt(spa.mos!, clones, head.object, head.object) : 0;
  }
}

/** The head to receive into comes to {@link receiving}. */
export let receiving: Dataset | null = null;

/**
 * EEXIST: there is such a dataset, ETXTBSY: changed since the snapshot, ENODEV: its last snapshot is another, ENOENT: nothing to begin from or no
 * parent, EBUSY: in use.
 */
export function beginReceive(spa: Spa, incoming: Incoming): i32 {
  if (!isValidComponent(incoming.snapshot)) return setError(EINVAL);
  if (incoming.type != OBJSET_ZFS && incoming.type != OBJSET_ZVOL) return setError(EINVAL);
  let head = findDataset(spa, incoming.name);
  const begun = head ? temporaryOf(head) : null;
  const left = head && head.phys.flags & FLAG_INCONSISTENT ? head : begun;
  if (left) {
    // What an earlier stream has left.
    const undone = undoReceive(left);
    if (undone < 0) return undone;
    head = findDataset(spa, incoming.name);
  }
  if (head && incoming.fromGuid && !incoming.isClone) return beginIncremental(head, incoming);
  if (head) return setError(EEXIST);
  if (incoming.fromGuid && !incoming.isClone) return setError(ENOENT);
  const slash = incoming.name.lastIndexOf('/');
  let parent: Dir | null = null;
  if (slash > 0) parent = findDir(spa, incoming.name.substring(0, slash));
  const name = incoming.name.substring(slash + 1);
  let from: Dataset | null = null;
  if (incoming.fromGuid) from = snapshotByGuid(spa, incoming.fromGuid, incoming.name);
  if (!parent || (incoming.fromGuid && !from)) return setError(ENOENT);
  if (!isValidComponent(name)) return setError(EINVAL);
  const result = spa.perform(new BeginTask(parent, name, from, incoming.type));
  receiving = findDataset(spa, incoming.name);
  return result;
}

function beginIncremental(head: Dataset, incoming: Incoming): i32 {
  const spa = head.spa;
  const from = ownSnapshot(head, incoming.fromGuid);
  const objset = head.objset();
  if (!from || !objset || (from.object != head.phys.previous && !incoming.force)) return setError(ENODEV);
  if (objset.type != incoming.type) return setError(EINVAL);
  const synced = spa.sync();
  if (synced < 0) return synced;
  if (incoming.force) giveWay(head, from.object);
  const refused = handoverRefusal(head, from, incoming);
  if (refused < 0) return refused;
  const result = spa.perform(new BeginTask(head.dir, TEMPORARY, from, incoming.type));
  receiving = temporaryOf(head);
  return result;
}

/** A head's own snapshot of this identity; null: it has none. */
function ownSnapshot(head: Dataset, guid: u64): Dataset | null {
  const spa = head.spa;
  let at = spa.datasetByObject(head.phys.previous);
  while (at && at.dir == head.dir && at.phys.guid != guid) at = at.phys.previous ? spa.datasetByObject(at.phys.previous) : null;
  return at && at.dir == head.dir ? at : null;
}

/** What a stream is being received into for a head; null: none is. */
export function temporaryOf(head: Dataset): Dataset | null {
  if (head.isSnapshot) return null;
  const dir = head.spa.dirByObject(head.dir.child(TEMPORARY));
  return dir ? head.spa.datasetByObject(dir.phys.head) : null;
}

/**
 * Why a head cannot become what was received since `from`, its own snapshot; 0: it can. ENODEV: that is not its last any more; ETXTBSY: it has changed since;
 * EEXIST: it has such a snapshot; EBUSY: in use, or a snapshot that would be lost is. The group has been synced.
 */
function handoverRefusal(head: Dataset, from: Dataset, incoming: Incoming): i32 {
  const spa = head.spa;
  const force = incoming.force;
  if (head.users > (head.mount ? 1 : 0)) return setError(EBUSY);
  for (let object = head.phys.previous; object != from.object; ) {
    const later = spa.datasetByObject(object);
    if (!later || !force) return setError(ENODEV);
    if (later.users || cloneCount(later) || holdCount(later)) return setError(EBUSY);
    object = later.phys.previous;
  }
  const named = findSnapshot(head, incoming.snapshot);
  // Those that are later are lost.
  if (named && named.phys.creationTxg <= from.phys.creationTxg) return setError(EEXIST);
  return force || !isModified(head, from) ? 0 : setError(ETXTBSY);
}

/** Snapshots that may be lost are unmounted, where somebody has only looked at them. */
function giveWay(head: Dataset, from: u64): void {
  const spa = head.spa;
  let at = spa.datasetByObject(head.phys.previous);
  while (at && at.object != from) {
    const mount = at.mount;
    if (mount) mount.giveWay();
    at = spa.datasetByObject(at.phys.previous);
  }
}

/** The dnode of all dnodes is the same in a head that is as its snapshot; what its log was is of no account. */
function isModified(head: Dataset, last: Dataset): bool {
  if (memory.compare(head.phys.root.pointer, last.phys.root.pointer, POINTER_SIZE) == 0) return false;
  const now = head.objset();
  const then = last.objset();
  return !now || !then || memory.compare(now.root, then.root, DNODE_SIZE) != 0;
}

/** What a stream was being received into goes. */
export function undoReceive(head: Dataset): i32 {
  return head.users ? setError(EBUSY) : head.spa.perform(new DestroyTask([head], false));
}

/** Nobody will send the rest: a dataset that is to be destroyed, or rolled back, is not kept by what had come. */
export function forgetReceive(dataset: Dataset): i32 {
  const all = dataset.spa.allDatasets();
  for (let i = 0; i < all.length; i++) {
    const one = all[i];
    if (one.isSnapshot || one.dir.name != TEMPORARY) continue;
    if (one.dir.parent == dataset.dir && (!dataset.isSnapshot || one.phys.previous == dataset.object)) return undoReceive(one);
  }
  return 0;
}

/** At import: streams that ended with the system. */
export function undoInterrupted(spa: Spa): i32 {
  const heads: Dataset[] = [];
  const all = spa.allDatasets();
  for (let i = 0; i < all.length; i++) if (!all[i].isSnapshot && all[i].phys.flags & FLAG_INCONSISTENT) heads.push(all[i]);
  let result = 0;
  for (let i = 0; i < heads.length; i++) {
    const one = undoReceive(heads[i]);
    if (one < 0) result = one;
  }
  return result;
}

// ---- records

/** Applies whole records. EINVAL: not ones that can be right; ENOTSUP: ones that are not known. */
export function receiveRecords(head: Dataset, from: usize, bytes: u32): i32 {
  const objset = head.objset();
  if (!objset || !(head.phys.flags & FLAG_INCONSISTENT)) return setError(EINVAL);
  const end = from + bytes;
  let at = from;
  while (at < end) {
    if (end - at < RECORD) return setError(EINVAL);
    const size = recordSize(at);
    if (!size || size > end - at) return setError(EINVAL);
    const begun = head.spa.begin(head, <u64>size * 3 + CHANGE);
    if (begun < 0) return begun;
    const result = apply(objset, at, size);
    if (result < 0) return result;
    at += size;
  }
  return 0;
}

/** With what follows; 0: too long. */
export function recordSize(at: usize): usize {
  const kind = load<u32>(at);
  let payload: u64 = 0;
  if (kind == RECORD_OBJECT) payload = (<u64>changetype<ReplayObject>(at).bonusLength + 7) & ~7;
  else if (kind == RECORD_WRITE) payload = changetype<ReplayWrite>(at).length;
  else if (kind == RECORD_SPILL) payload = changetype<ReplaySpill>(at).length;
  return payload > <u64>LARGEST_PAYLOAD ? 0 : RECORD + <usize>payload;
}

function apply(objset: Objset, at: usize, size: usize): i32 {
  switch (load<u32>(at)) {
    case RECORD_OBJECT:
      return applyObject(objset, changetype<ReplayObject>(at));
    case RECORD_FREE_OBJECTS:
      return applyFreeObjects(objset, changetype<ReplayFreeObjects>(at));
    case RECORD_WRITE:
      return applyWrite(objset, changetype<ReplayWrite>(at));
    case RECORD_FREE:
      return applyFree(objset, changetype<ReplayFree>(at));
    case RECORD_SPILL:
      return applySpill(objset, changetype<ReplaySpill>(at));
  }
  return setError(ENOTSUP);
}

const BONUS_ROOM: u32 = 320;
const LAST_OBJECT: u64 = (<u64>1) << 48;

function applyObject(objset: Objset, record: ReplayObject): i32 {
  const size = record.blockSize;
  const bonus = record.bonusLength;
  const sane =
    record.object != 0 &&
    record.object < LAST_OBJECT &&
    record.type != TYPE_NONE &&
    record.type < TYPES &&
    record.bonusType < TYPES &&
    size >= 512 &&
    size <= LARGEST_BLOCK &&
    !(size & 511) &&
    bonus <= BONUS_ROOM &&
    <u32>record.checksum < CHECKSUM_FUNCTIONS &&
    <u32>record.compress < COMPRESS_FUNCTIONS;
  if (!sane) return setError(EINVAL);
  let dn = holdDnode(objset, record.object);
  if (dn && !isSame(dn, record)) {
    // Another file, or one with other blocks: nothing of it stays.
    const freed = freeObject(dn);
    releaseDnode(dn);
    if (freed < 0) return freed;
    dn = null;
  } else if (!dn && !isFreeObject(objset, record.object)) return setError(EIO);
  if (!dn) {
    claimObject(objset, record.object, record.type, size, record.bonusType, bonus);
    dn = holdDnode(objset, record.object);
    if (!dn) return setError(EIO);
  }
  // Attributes that have spilled and still have are as many bytes here as before; else the block comes again, or not at all.
  if (bonus != dn.bonusLength) dropSpill(dn);
  if (bonus > bonusRoom(dn.raw)) {
    releaseDnode(dn);
    return setError(EINVAL);
  }
  if (bonus || dn.bonusLength) setBonus(dn, record.bonusType, bonus);
  memory.copy(bonusOf(dn), record.pointer + RECORD, bonus);
  dn.raw.checksum = record.checksum;
  dn.raw.compress = record.compress;
  dirtyDnode(dn);
  releaseDnode(dn);
  return 0;
}

function isSame(dn: Dnode, record: ReplayObject): bool {
  const room = bonusRoom(dn.raw) + (hasSpill(dn) ? <u32>POINTER_SIZE : 0);
  return dn.type == record.type && dn.blockSize == record.blockSize && record.bonusLength <= room;
}

function applyFreeObjects(objset: Objset, record: ReplayFreeObjects): i32 {
  const past = record.first + record.count;
  if (past < record.first) return setError(EINVAL);
  // Those in memory are not yet where the walk looks.
  const last = max(objset.lastObject, (objset.meta!.maxBlock + 1) * 32);
  // Object 0 is not one: it stands for the meta-dnode.
  for (let object = max(record.first, 1); object < min(past, last + 1); ) {
    const dn = holdDnode(objset, object);
    if (!dn) {
      const next = nextObject(objset, object);
      const known = objset.lastObject > object ? object + 1 : u64.MAX_VALUE;
      object = next ? min(next, known) : known;
      continue;
    }
    const result = freeObject(dn);
    releaseDnode(dn);
    if (result < 0) return result;
    object++;
  }
  return 0;
}

function applyWrite(objset: Objset, record: ReplayWrite): i32 {
  const past = record.offset + record.length;
  if (past < record.offset || !record.length) return setError(EINVAL);
  const dn = holdDnode(objset, record.object);
  if (!dn) return setError(EINVAL);
  const result = dmuWrite(dn, record.offset, record.length, record.pointer + RECORD);
  releaseDnode(dn);
  return result;
}

function applyFree(objset: Objset, record: ReplayFree): i32 {
  const dn = holdDnode(objset, record.object);
  if (!dn) return setError(EINVAL);
  const length = record.length == u64.MAX_VALUE ? u64.MAX_VALUE - record.offset : record.length;
  const result = dmuFreeRange(dn, record.offset, length);
  releaseDnode(dn);
  return result;
}

function applySpill(objset: Objset, record: ReplaySpill): i32 {
  const bytes = record.length;
  if (bytes < 512 || bytes > LARGEST_BLOCK || bytes & 511) return setError(EINVAL);
  const dn = holdDnode(objset, record.object);
  if (!dn) return setError(EINVAL);
  const room = bonusRoom(dn.raw) - (hasSpill(dn) ? 0 : <u32>POINTER_SIZE);
  let result = dn.bonusType == TYPE_SA && dn.bonusLength <= room ? 0 : setError(EINVAL);
  if (result == 0) {
    const bp = newZeroed(<usize>POINTER_SIZE);
    result = writeSpill(dn, record.pointer + RECORD, <u32>bytes, bp);
    if (result == 0) setSpill(dn, bp);
    freeBuffer(bp, <usize>POINTER_SIZE);
  }
  releaseDnode(dn);
  return result;
}

// ---- the end

class EndTask extends Task {
  constructor(
    /** What was received into, and what becomes of it: itself, or the head that it is below. */
    private readonly received: Dataset,
    private readonly head: Dataset,
    private readonly incoming: Incoming,
  ) {
    super();
  }
  heads(): Dataset[] {
    return [this.head, this.received];
  }
  run(spa: Spa, txg: u64): i32 {
    const head = this.head;
    const received = this.received;
    if (head.phys.previousTxg == txg) return setError(EBUSY);
    if (received != head) {
      const from = spa.datasetByObject(received.phys.previous);
      if (!from) return setError(EIO);
      const refused = handoverRefusal(head, from, this.incoming);
      if (refused < 0) return refused;
      if (head.refQuota && received.phys.referenced > head.refQuota) return setError(EDQUOT);
      const handed = this.handOver(spa, from);
      if (handed < 0) return handed;
    }
    head.phys.flags &= ~FLAG_INCONSISTENT;
    const result = createSnapshot(head, this.incoming.snapshot, txg);
    if (result < 0) return result;
    const made = findSnapshot(head, this.incoming.snapshot);
    if (!made) return setError(EIO);
    made.phys.guid = this.incoming.toGuid;
    made.phys.creation = this.incoming.creation;
    made.dirty();
    return received == head ? 0 : destroyHead(received);
  }
  private handOver(spa: Spa, from: Dataset): i32 {
    while (this.head.phys.previous != from.object) {
      const result = destroySnapshot(spa.datasetByObject(this.head.phys.previous)!);
      if (result < 0) return result;
    }
    return swapHeads(this.head, this.received);
  }
}

/** Everything has come: the head is what the stream's snapshot was, which it gets. If it is mounted, it stays so. */
export function endReceive(received: Dataset, incoming: Incoming): i32 {
  const objset = received.objset();
  if (!objset || objset.type != incoming.type) return setError(EINVAL);
  const spa = received.spa;
  const parent = received.dir.parent;
  const head = received.dir.name == TEMPORARY && parent ? spa.datasetByObject(parent.phys.head) : received;
  if (!head) return setError(EIO);
  if (head != received && incoming.force) giveWay(head, received.phys.previous);
  const mount = head.mount;
  if (mount) mount.suspend();
  const result = spa.perform(new EndTask(received, head, incoming));
  // Its attributes may be laid out in other ways now.
  if (result == 0) head.closeObjset();
  if (mount) mount.resume();
  return result;
}
