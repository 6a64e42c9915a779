// SPDX-License-Identifier: MIT
/**
 * @fileoverview Destroying datasets, in the sync of a transaction group.
 *
 * A snapshot between P and N: what died after it (N's deadlist) and was born after P was the snapshot's alone, and is freed; what its own deadlist has
 * goes into N's. Then P's and N's unique space grows by what they shared with it only.
 *
 * A head: every block born after its last snapshot (a clone's: its origin) is freed; it has no snapshots of its own any more.
 *
 * A snapshot with holds or clones may be marked, and goes with the last of them.
 */
import { EBUSY, EIO, ENOENT, setError } from '../../guest-os/kernel/errno';
import { traverse, Visitor } from '../dmu/traverse';
import { freeObject, holdDnode, releaseDnode } from '../dmu/dnode';
import { Spa } from '../spa/spa';
import { Task } from '../spa/task';
import { zapCount, zapDelete, zapDeleteInt, zapNext, ZapEntry, zapSetInt } from '../zap/zap';
import { pointer } from '../zio/blockPointer';
import { spentSize } from '../zio/zio';
import { Dataset, FLAG_DEFER_DESTROY } from './dataset';
import {
  addToDeadlist,
  DeadlistKeys,
  deadlistRange,
  deadlistUsed,
  freeDeadlist,
  isOldDeadlist,
  mergeDeadlist,
  removeDeadlistKey,
  Space,
  takeFromDeadlist,
  visitDeadlist,
} from './deadlist';
import { Dir, USED_RESERVATION, USED_SNAPSHOTS } from './dir';

/** Frees an object of the MOS if there is one. */
export function freeMosObject(spa: Spa, object: u64): i32 {
  if (!object) return 0;
  const dn = holdDnode(spa.mos!, object);
  if (!dn) return setError(EIO);
  const result = freeObject(dn);
  releaseDnode(dn);
  return result;
}

/** Clones and holds of a snapshot; the head or snapshot after it does not count. */
export function cloneCount(snapshot: Dataset): u64 {
  return snapshot.phys.children > 1 ? snapshot.phys.children - 1 : 0;
}
export function holdCount(snapshot: Dataset): u64 {
  if (!snapshot.phys.userReferences) return 0;
  const dn = holdDnode(snapshot.spa.mos!, snapshot.phys.userReferences);
  if (!dn) return 0;
  const count = zapCount(dn);
  releaseDnode(dn);
  return count;
}

export class DestroyTask extends Task {
  constructor(
    private readonly datasets: Dataset[],
    private readonly defer: bool,
  ) {
    super();
  }
  heads(): Dataset[] {
    return this.datasets;
  }
  run(spa: Spa, txg: u64): i32 {
    let result = 0;
    for (let i = 0; i < this.datasets.length && result == 0; i++) {
      const dataset = this.datasets[i];
      if (!dataset.isSnapshot) result = destroyHead(dataset);
      else if (this.defer && (cloneCount(dataset) || holdCount(dataset))) {
        dataset.phys.flags |= FLAG_DEFER_DESTROY;
        dataset.dirty();
      } else result = destroySnapshot(dataset);
    }
    return result;
  }
}

// ---- snapshots

let freeing: Spa | null = null;
function freeOne(bp: usize, context: usize): i32 {
  freeing!.free(bp);
  return 0;
}

export function destroySnapshot(snapshot: Dataset): i32 {
  const spa = snapshot.spa;
  const mos = spa.mos!;
  const phys = snapshot.phys;
  const next = spa.datasetByObject(phys.next);
  const previous = phys.previous ? spa.datasetByObject(phys.previous) : null;
  const head = spa.datasetByObject(snapshot.dir.phys.head);
  if (!next || !head || (phys.previous && !previous)) return setError(EIO);
  const isBranch = previous != null && previous.phys.next != snapshot.object;
  if (previous) {
    if (!isBranch) previous.phys.next = phys.next;
    else if (previous.phys.nextClones) {
      zapDeleteInt(mos, previous.phys.nextClones, snapshot.object);
      zapSetInt(mos, previous.phys.nextClones, phys.next, phys.next);
    }
    previous.dirty();
  }
  next.phys.previous = phys.previous;
  next.phys.previousTxg = phys.previousTxg;
  next.dirty();

  const uniqueBefore = next.phys.unique;
  let ownPrevious: Dataset | null = previous;
  if (isBranch) ownPrevious = null;
  const lists = isOldDeadlist(mos, next.phys.deadlist)
    ? sortOldDeadlist(snapshot, next, ownPrevious)
    : mergeDeadlists(snapshot, next, ownPrevious);
  if (lists < 0) return lists;
  let result = removeCloneKeys(snapshot.dir, phys.creationTxg);
  if (result < 0) return result;

  if (next.isSnapshot) {
    // What was born between the previous snapshot and this, and died between the next and the one after that, is the next one's alone.
    const after = spa.datasetByObject(next.phys.next);
    const space = new Space();
    result = after ? deadlistRange(mos, after.phys.deadlist, phys.previousTxg, phys.creationTxg, space) : setError(EIO);
    next.phys.unique += space.used;
    if (result == 0) result = removeDeadlistKey(mos, head.phys.deadlist, phys.creationTxg);
  } else {
    recountUnique(next);
    // More of what is reserved is used now.
    if (uniqueBefore < next.reserved) {
      const gained = min(next.phys.unique, next.reserved) - uniqueBefore;
      next.dir.addUsed(USED_RESERVATION, -(<i64>gained), 0, 0);
    }
  }
  if (result < 0) return result;
  zapDelete(mos, head.phys.snapshots, snapshot.snapshotName);
  freeMosObject(spa, phys.nextClones);
  freeMosObject(spa, phys.properties);
  freeMosObject(spa, phys.userReferences);
  return forget(snapshot);
}

/** The object goes, and what is in memory of it. */
function forget(dataset: Dataset): i32 {
  const spa = dataset.spa;
  const object = dataset.object;
  spa.forgetDataset(dataset);
  return freeMosObject(spa, object);
}

function mergeDeadlists(snapshot: Dataset, next: Dataset, previous: Dataset | null): i32 {
  const spa = snapshot.spa;
  const mos = spa.mos!;
  const phys = snapshot.phys;
  let result = 0;
  if (previous) {
    const shared = new Space();
    result = deadlistRange(mos, next.phys.deadlist, previous.phys.previousTxg, phys.previousTxg, shared);
    previous.phys.unique += shared.used;
  }
  const space = new Space();
  freeing = spa;
  if (result == 0) result = takeFromDeadlist(mos, next.phys.deadlist, phys.previousTxg, freeOne, 0, space);
  snapshot.dir.addUsed(USED_SNAPSHOTS, -(<i64>space.used), -(<i64>space.compressed), -(<i64>space.uncompressed));
  if (result == 0) result = mergeDeadlist(mos, next.phys.deadlist, phys.deadlist);
  phys.deadlist = 0;
  return result;
}

/** Before version 26: each block of the next deadlist is looked at. */
class Sorting {
  space: Space = new Space();
  shared: u64 = 0;
  constructor(
    readonly snapshot: Dataset,
    readonly previous: Dataset | null,
  ) {
    this.space.spa = snapshot.spa;
  }
}
function sortOne(bp: usize, context: usize): i32 {
  const sorting = changetype<Sorting>(context);
  const snapshot = sorting.snapshot;
  const birth = pointer(bp).birth;
  if (birth > snapshot.phys.previousTxg) {
    sorting.space.count(bp);
    snapshot.spa.free(bp);
    return 0;
  }
  const previous = sorting.previous;
  if (previous && birth > previous.phys.previousTxg) sorting.shared += spentSize(snapshot.spa, bp);
  return addToDeadlist(snapshot.spa.mos!, snapshot.phys.deadlist, noKeys, bp);
}
const noKeys = new DeadlistKeys();

function sortOldDeadlist(snapshot: Dataset, next: Dataset, previous: Dataset | null): i32 {
  const mos = snapshot.spa.mos!;
  const sorting = new Sorting(snapshot, previous);
  const result = visitDeadlist(mos, next.phys.deadlist, sortOne, changetype<usize>(sorting));
  if (result < 0) return result;
  if (previous) previous.phys.unique += sorting.shared;
  const space = sorting.space;
  snapshot.dir.addUsed(USED_SNAPSHOTS, -(<i64>space.used), -(<i64>space.compressed), -(<i64>space.uncompressed));
  const old = next.phys.deadlist;
  next.phys.deadlist = snapshot.phys.deadlist;
  snapshot.phys.deadlist = 0;
  return freeDeadlist(mos, old);
}

/** Deadlists of clones made after the snapshot, and of theirs, have a key for it. */
function removeCloneKeys(dir: Dir, creation: u64): i32 {
  const spa = dir.spa;
  const all = spa.allDatasets();
  for (let i = 0; i < all.length; i++) {
    if (all[i].isSnapshot || all[i].dir == dir) continue;
    const origin = all[i].dir.phys.origin ? spa.datasetByObject(all[i].dir.phys.origin) : null;
    if (!origin || origin.dir != dir || origin.phys.creationTxg <= creation) continue;
    let result = removeDeadlistKey(spa.mos!, all[i].phys.deadlist, creation);
    if (result == 0) result = removeCloneKeys(all[i].dir, creation);
    if (result < 0) return result;
  }
  return 0;
}

/** A head's unique space is what it refers to, less what its last snapshot has too. */
export function recountUnique(head: Dataset): void {
  const spa = head.spa;
  const previous = head.phys.previous ? spa.datasetByObject(head.phys.previous) : null;
  const shared = previous ? previous.phys.referenced - deadlistUsed(spa.mos!, head.phys.deadlist) : 0;
  head.phys.unique = head.phys.referenced - shared;
  head.dirty();
}

// ---- heads

class Killer extends Visitor {
  constructor(private readonly dataset: Dataset) {
    super();
  }
  block(bp: usize, object: u64, level: i32, block: u64): i32 {
    this.dataset.blockFreed(bp, spentSize(this.dataset.spa, bp));
    return 0;
  }
}

/** Frees all that was born after the last snapshot. The object set is not open. */
export function killBlocks(head: Dataset): i32 {
  return traverse(head.spa, head.phys.root.pointer, head.phys.previousTxg, new Killer(head));
}

export function destroyHead(head: Dataset): i32 {
  const spa = head.spa;
  const mos = spa.mos!;
  const dir = head.dir;
  const phys = head.phys;
  const origin = phys.previous ? spa.datasetByObject(phys.previous) : null;
  if (head.reserved) head.setReserved(0);
  head.closeObjset();
  let result = killBlocks(head);
  if (result < 0) return result;
  if (origin) {
    origin.phys.children--;
    if (origin.phys.nextClones) zapDeleteInt(mos, origin.phys.nextClones, head.object);
    if (origin.dir.phys.clones) zapDeleteInt(mos, origin.dir.phys.clones, head.object);
    origin.dirty();
  }
  result = freeDeadlist(mos, phys.deadlist);
  if (result == 0) result = freeMosObject(spa, phys.snapshots);
  if (result == 0) result = freeMosObject(spa, phys.properties);
  if (result == 0) result = forget(head);
  if (result == 0) result = destroyDir(dir);
  if (result < 0 || !origin) return result;
  return goesWithLast(origin) ? destroySnapshot(origin) : 0;
}

/** Was it to be destroyed as soon as nothing needs it? */
export function goesWithLast(snapshot: Dataset): bool {
  return (snapshot.phys.flags & FLAG_DEFER_DESTROY) != 0 && !cloneCount(snapshot) && !holdCount(snapshot);
}

function destroyDir(dir: Dir): i32 {
  const spa = dir.spa;
  const parent = dir.parent!;
  const phys = dir.phys;
  if (phys.reserved) dir.setReservation(0);
  let result = freeMosObject(spa, phys.children);
  if (result == 0) result = freeMosObject(spa, phys.properties);
  if (result == 0) result = freeMosObject(spa, phys.clones);
  if (result == 0) result = freeDelegation(spa, phys.delegation);
  if (result == 0) result = zapDelete(spa.mos!, parent.phys.children, dir.name);
  const object = dir.object;
  spa.forgetDir(dir);
  return result < 0 ? result : freeMosObject(spa, object);
}

/** Permissions: a ZAP of ZAPs. */
function freeDelegation(spa: Spa, object: u64): i32 {
  if (!object) return 0;
  const dn = holdDnode(spa.mos!, object);
  if (!dn) return setError(EIO);
  const entry = new ZapEntry();
  let result = 0;
  for (let position: u64 = 0; result == 0 && zapNext(dn, position, entry) == 0; position = entry.next) {
    result = freeMosObject(spa, entry.value);
  }
  releaseDnode(dn);
  return result < 0 ? result : freeMosObject(spa, object);
}

// ---- what may be destroyed

/** EBUSY: in use, or there are children, snapshots, clones or holds. ENOENT: a pool's own. */
export function destroyRefusal(dataset: Dataset, defer: bool): i32 {
  const mount = dataset.mount;
  if (mount) mount.giveWay();
  if (dataset.users) return setError(EBUSY);
  if (dataset.isSnapshot) return !defer && (cloneCount(dataset) || holdCount(dataset)) ? setError(EBUSY) : 0;
  const all = dataset.spa.allDatasets();
  for (let i = 0; i < all.length; i++) {
    if (all[i] != dataset && (all[i].dir == dataset.dir || all[i].dir.parent == dataset.dir)) return setError(EBUSY);
  }
  return dataset.dir.parent ? 0 : setError(ENOENT);
}
