// SPDX-License-Identifier: MIT
/** @fileoverview Holds: names, each with the time it was given, that keep a snapshot from being destroyed. */
import { E2BIG, EEXIST, EIO, ENOENT, ESRCH, setError } from '../../guest-os/kernel/errno';
import { now } from '../port/port';
import { TYPE_USER_REFERENCES } from '../dmu/types';
import { holdDnode, releaseDnode } from '../dmu/dnode';
import { Spa } from '../spa/spa';
import { Task } from '../spa/task';
import { zapCreate, zapDelete, zapGet, zapNext, ZapEntry, zapSet } from '../zap/zap';
import { Dataset } from './dataset';
import { destroySnapshot, goesWithLast } from './destroy';

export const LONGEST_TAG: i32 = 255;

class HoldTask extends Task {
  constructor(
    private readonly snapshots: Dataset[],
    private readonly tag: string,
  ) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    for (let i = 0; i < this.snapshots.length; i++) {
      const phys = this.snapshots[i].phys;
      if (!phys.userReferences) phys.userReferences = zapCreate(spa.mos!, TYPE_USER_REFERENCES, 0, 0);
      const result = zapSet(spa.mos!, phys.userReferences, this.tag, now());
      if (result < 0) return result;
      this.snapshots[i].dirty();
    }
    return 0;
  }
}

class ReleaseTask extends Task {
  constructor(
    private readonly snapshots: Dataset[],
    private readonly tag: string,
  ) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    for (let i = 0; i < this.snapshots.length; i++) {
      const snapshot = this.snapshots[i];
      let result = zapDelete(spa.mos!, snapshot.phys.userReferences, this.tag);
      if (result == 0 && goesWithLast(snapshot)) result = destroySnapshot(snapshot);
      if (result < 0) return result;
    }
    return 0;
  }
}

function isHeld(snapshot: Dataset, tag: string): bool {
  return snapshot.phys.userReferences != 0 && zapGet(snapshot.spa.mos!, snapshot.phys.userReferences, tag) == 0;
}

/** EEXIST: one of them has this hold; E2BIG: the tag is too long. */
export function holdSnapshots(snapshots: Dataset[], tag: string): i32 {
  if (!snapshots.length) return setError(ENOENT);
  if (tag.length > LONGEST_TAG) return setError(E2BIG);
  for (let i = 0; i < snapshots.length; i++) if (isHeld(snapshots[i], tag)) return setError(EEXIST);
  return snapshots[0].spa.perform(new HoldTask(snapshots, tag));
}

/** ESRCH: none of them has this hold. Those that do not are left out. */
export function releaseSnapshots(snapshots: Dataset[], tag: string): i32 {
  const held: Dataset[] = [];
  for (let i = 0; i < snapshots.length; i++) if (isHeld(snapshots[i], tag)) held.push(snapshots[i]);
  return held.length ? held[0].spa.perform(new ReleaseTask(held, tag)) : setError(snapshots.length ? ESRCH : ENOENT);
}

/** Tags and times of a snapshot's holds. */
export function readHolds(snapshot: Dataset, tags: string[], times: u64[]): i32 {
  if (!snapshot.phys.userReferences) return 0;
  const dn = holdDnode(snapshot.spa.mos!, snapshot.phys.userReferences);
  if (!dn) return setError(EIO);
  const entry = new ZapEntry();
  for (let position: u64 = 0; zapNext(dn, position, entry) == 0; position = entry.next) {
    tags.push(entry.name);
    times.push(entry.value);
  }
  releaseDnode(dn);
  return 0;
}
