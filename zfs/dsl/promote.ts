// SPDX-License-Identifier: MIT
/**
 * @fileoverview Promotion: a clone and the dataset that it was cloned from change places. The origin, and all snapshots before it, become the
 * clone's own; the other is a clone of it from now on.
 *
 *     before:  o1 - o2 - origin - o4 - head          after:  o1 - o2 - origin - c1 - clone
 *                          \- c1 - clone                                 \- o4 - head
 *
 * What is counted: the space of the snapshots that move is what the origin refers to and what died before it. Deadlists stay where they are.
 */
import { EEXIST, EINVAL, EIO, ENOSPC, setError } from '../../guest-os/kernel/errno';
import { Spa } from '../spa/spa';
import { Task } from '../spa/task';
import { holdDnode, releaseDnode } from '../dmu/dnode';
import { zapDelete, zapDeleteInt, zapGet, zapNext, ZapEntry, zapSet, zapSetInt } from '../zap/zap';
import { Dataset } from './dataset';
import { deadlistRange, Space } from './deadlist';
import { clonesOf, Dir, USED_HEAD, USED_SNAPSHOTS } from './dir';

/** Name of the snapshot that is in both: why {@link promote} gave EEXIST. */
export let conflict: string = '';

/** The dataset and those before it, down to but without `until`. */
function chain(spa: Spa, from: Dataset, until: u64): Dataset[] {
  const list: Dataset[] = [];
  for (let at: Dataset | null = from; at && at.object != until; at = spa.datasetByObject(at.phys.previous)) list.push(at);
  return list;
}

function spaceOf(spa: Spa, list: Dataset[], after: u64): u64 {
  const space = new Space();
  for (let i = 0; i < list.length; i++) deadlistRange(spa.mos!, list[i].phys.deadlist, after, u64.MAX_VALUE, space);
  return space.used;
}

class PromoteTask extends Task {
  constructor(private readonly clone: Dataset) {
    super();
  }

  run(spa: Spa, txg: u64): i32 {
    const mos = spa.mos!;
    const clone = this.clone;
    const dir = clone.dir;
    const origin = spa.datasetByObject(dir.phys.origin);
    if (!origin) return setError(EIO);
    const other = origin.dir;
    const head = spa.datasetByObject(other.phys.head);
    if (!head) return setError(EIO);
    const grand = other.phys.origin ? spa.datasetByObject(other.phys.origin) : null;
    const shared = chain(spa, origin, other.phys.origin);
    const own = chain(spa, clone, origin.object);
    const theirs = chain(spa, head, origin.object);

    // What moves.
    const moved = new Space();
    moved.used = origin.phys.referenced - (grand ? grand.phys.referenced : 0);
    moved.compressed = origin.phys.compressed - (grand ? grand.phys.compressed : 0);
    moved.uncompressed = origin.phys.uncompressed - (grand ? grand.phys.uncompressed : 0);
    for (let i = 0; i < shared.length; i++) {
      if (shared[i].phys.previous) deadlistRange(mos, shared[i].phys.deadlist, 0, u64.MAX_VALUE, moved);
    }
    if (dir.parent != other.parent && !dir.roomFor(moved.used)) return setError(ENOSPC);
    const oldest = own[own.length - 1];
    const unique = new Space();
    deadlistRange(mos, oldest.phys.deadlist, origin.phys.previousTxg, u64.MAX_VALUE, unique);
    const grandTxg = grand ? grand.phys.creationTxg : 0;
    const cloneSnapshots = spaceOf(spa, shared, grandTxg) + spaceOf(spa, own, grandTxg);
    const otherSnapshots = spaceOf(spa, theirs, origin.phys.creationTxg);

    const afterOrigin = origin.phys.next;
    origin.phys.next = oldest.object;
    origin.dirty();
    if (origin.phys.nextClones) {
      zapDeleteInt(mos, origin.phys.nextClones, oldest.object);
      zapSetInt(mos, origin.phys.nextClones, afterOrigin, afterOrigin);
    }
    dir.phys.origin = other.phys.origin;
    other.phys.origin = origin.object;
    dir.dirty();
    other.dirty();
    const clones = clonesOf(dir);
    if (clones) {
      zapDeleteInt(mos, clonesOf(other), clone.object);
      if (grand && grand.dir.phys.clones) {
        zapDeleteInt(mos, grand.dir.phys.clones, head.object);
        zapSetInt(mos, grand.dir.phys.clones, clone.object, clone.object);
      }
      zapSetInt(mos, clones, head.object, head.object);
    }
    for (let i = 0; i < shared.length; i++) {
      const result = this.move(spa, shared[i], head, other);
      if (result < 0) return result;
    }

    let delta = <i64>cloneSnapshots - <i64>dir.phys.breakdown(USED_SNAPSHOTS);
    dir.addUsed(USED_SNAPSHOTS, delta, 0, 0);
    dir.addUsed(USED_HEAD, <i64>moved.used - delta, moved.compressed, moved.uncompressed);
    delta = <i64>otherSnapshots - <i64>other.phys.breakdown(USED_SNAPSHOTS);
    other.addUsed(USED_SNAPSHOTS, delta, 0, 0);
    other.addUsed(USED_HEAD, -(<i64>moved.used) - delta, -(<i64>moved.compressed), -(<i64>moved.uncompressed));
    origin.phys.unique = unique.used;
    return 0;
  }

  /** A snapshot comes to the clone's directory, and so do the clones made of it. */
  private move(spa: Spa, snapshot: Dataset, head: Dataset, other: Dir): i32 {
    const mos = spa.mos!;
    const clone = this.clone;
    let result = zapDelete(mos, head.phys.snapshots, snapshot.snapshotName);
    if (result == 0) result = zapSet(mos, clone.phys.snapshots, snapshot.snapshotName, snapshot.object);
    if (result < 0) return result;
    snapshot.phys.dir = clone.dir.object;
    snapshot.dir = clone.dir;
    snapshot.dirty();
    if (!snapshot.phys.nextClones || !clone.dir.phys.clones) return 0;
    const names = holdDnode(mos, snapshot.phys.nextClones);
    if (!names) return setError(EIO);
    const entry = new ZapEntry();
    for (let position: u64 = 0; zapNext(names, position, entry) == 0; position = entry.next) {
      const next = spa.datasetByObject(entry.value);
      if (!next || next.dir == clone.dir || next.dir == other) continue;
      const branch = next.dir.phys.head;
      if (other.phys.clones) zapDeleteInt(mos, other.phys.clones, branch);
      zapSetInt(mos, clone.dir.phys.clones, branch, branch);
    }
    releaseDnode(names);
    return 0;
  }
}

/** EINVAL: it is no clone; EEXIST: both have a snapshot of the name {@link conflict}. */
export function promote(clone: Dataset): i32 {
  const spa = clone.spa;
  const origin = clone.dir.phys.origin ? spa.datasetByObject(clone.dir.phys.origin) : null;
  if (clone.isSnapshot || !origin || origin == spa.origin) return setError(EINVAL);
  const shared = chain(spa, origin, origin.dir.phys.origin);
  for (let i = 0; i < shared.length; i++) {
    if (zapGet(spa.mos!, clone.phys.snapshots, shared[i].snapshotName) < 0) continue;
    conflict = shared[i].snapshotName;
    return setError(EEXIST);
  }
  return spa.perform(new PromoteTask(clone));
}
