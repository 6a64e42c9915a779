// SPDX-License-Identifier: MIT
/** @fileoverview Other names for datasets and snapshots. A directory that moves takes its space, and what it has reserved, from those above to others. */
import { EBUSY, EEXIST, EINVAL, EIO, ENOENT, ENAMETOOLONG, EXDEV, setError } from '../../guest-os/kernel/errno';
import { isDumpVolume } from '../zvol/dump';
import { Spa } from '../spa/spa';
import { Task } from '../spa/task';
import { zapDelete, zapGet, zapSet } from '../zap/zap';
import { Dataset } from './dataset';
import { Dir, USED_CHILD_RESERVATIONS, USED_CHILDREN } from './dir';
import { findDir, findSnapshot, isValidComponent, LONGEST_DATASET_NAME } from './names';
import { isBelow } from './properties';

class RenameDirTask extends Task {
  constructor(
    private readonly dir: Dir,
    private readonly parent: Dir,
    private readonly name: string,
  ) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    const mos = spa.mos!;
    const dir = this.dir;
    const old = dir.parent!;
    const phys = dir.phys;
    let result = zapDelete(mos, old.phys.children, dir.name);
    if (result == 0) result = zapSet(mos, this.parent.phys.children, this.name, dir.object);
    if (result < 0) return result;
    dir.name = this.name;
    if (old == this.parent) return 0;
    const used = <i64>phys.used;
    const unused = phys.reserved > phys.used ? <i64>(phys.reserved - phys.used) : 0;
    old.addUsed(USED_CHILDREN, -used, -(<i64>phys.compressed), -(<i64>phys.uncompressed));
    old.addUsed(USED_CHILD_RESERVATIONS, -unused, 0, 0);
    this.parent.addUsed(USED_CHILDREN, used, phys.compressed, phys.uncompressed);
    this.parent.addUsed(USED_CHILD_RESERVATIONS, unused, 0, 0);
    dir.parent = this.parent;
    phys.parent = this.parent.object;
    dir.dirty();
    return 0;
  }
}

/** Longest name below a directory, its own left out. */
function longestBelow(dir: Dir): i32 {
  const own = dir.fullName.length;
  const all = dir.spa.allDatasets();
  let longest = 0;
  for (let i = 0; i < all.length; i++) {
    if (!isBelow(all[i].dir, dir)) continue;
    longest = max(longest, all[i].name.length - own);
  }
  return longest;
}

function hasSwapBelow(dir: Dir): bool {
  const all = dir.spa.allDatasets();
  for (let i = 0; i < all.length; i++) if (all[i].isSwap && isBelow(all[i].dir, dir)) return true;
  return false;
}

export function renameDataset(spa: Spa, from: string, to: string): i32 {
  const dir = findDir(spa, from);
  if (!dir || !dir.parent) return setError(dir ? EINVAL : ENOENT);
  const head = spa.datasetByObject(dir.phys.head);
  if (head && isDumpVolume(head)) return setError(EBUSY);
  const slash = to.lastIndexOf('/');
  if (to.split('/')[0] != spa.name) return setError(EXDEV);
  const name = to.substring(slash + 1);
  if (slash < 0 || findDir(spa, to)) return setError(EEXIST);
  if (!isValidComponent(name)) return setError(EINVAL);
  const parent = findDir(spa, to.substring(0, slash));
  if (!parent) return setError(ENOENT);
  if (isBelow(parent, dir)) return setError(EINVAL);
  if (hasSwapBelow(dir)) return setError(EBUSY);
  if (to.length + longestBelow(dir) > LONGEST_DATASET_NAME) return setError(ENAMETOOLONG);
  return spa.perform(new RenameDirTask(dir, parent, name));
}

class RenameSnapshotsTask extends Task {
  constructor(
    private readonly snapshots: Dataset[],
    private readonly name: string,
  ) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    for (let i = 0; i < this.snapshots.length; i++) {
      const snapshot = this.snapshots[i];
      const head = spa.datasetByObject(snapshot.dir.phys.head);
      if (!head) return setError(EIO);
      let result = zapDelete(spa.mos!, head.phys.snapshots, snapshot.snapshotName);
      if (result == 0) result = zapSet(spa.mos!, head.phys.snapshots, this.name, snapshot.object);
      if (result < 0) return result;
      snapshot.snapshotName = this.name;
    }
    return 0;
  }
}

/** Of a head, or (recursive) of all heads below that have such a snapshot. */
export function renameSnapshot(head: Dataset, from: string, to: string, recursive: bool): i32 {
  if (!isValidComponent(to)) return setError(EINVAL);
  const spa = head.spa;
  const found: Dataset[] = [];
  const all = spa.allDatasets();
  for (let i = 0; i < all.length; i++) {
    if (all[i].isSnapshot || !(all[i] == head || (recursive && isBelow(all[i].dir, head.dir)))) continue;
    const snapshot = findSnapshot(all[i], from);
    if (!snapshot) continue;
    if (zapGet(spa.mos!, all[i].phys.snapshots, to) == 0) return setError(EEXIST);
    if (all[i].name.length + 1 + to.length > LONGEST_DATASET_NAME) return setError(ENAMETOOLONG);
    found.push(snapshot);
  }
  for (let i = 0; i < found.length; i++) {
    const mount = found[i].mount;
    if (mount) mount.giveWay();
  }
  return found.length ? spa.perform(new RenameSnapshotsTask(found, to)) : setError(ENOENT);
}
