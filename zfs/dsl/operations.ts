// SPDX-License-Identifier: MIT
/**
 * @fileoverview What `zfs create`, `snapshot` and `clone` do, by name. Names are checked here; what is done, in the sync of a group.
 */
import { EBUSY, EEXIST, EINVAL, EIO, ENAMETOOLONG, ENOENT, setError } from '../../guest-os/kernel/errno';
import { OBJSET_ZFS, OBJSET_ZVOL } from '../dmu/types';
import { Spa } from '../spa/spa';
import { Task } from '../spa/task';
import { zapGet } from '../zap/zap';
import { createFileSystem } from '../zpl/create';
import { createVolume, isVolumeSize } from '../zvol/volume';
import { createHead, createSnapshot, Dataset } from './dataset';
import { createDir, clonesOf, Dir } from './dir';
import { zapSetInt } from '../zap/zap';

/** Longest name of a dataset, its pool and snapshot included. */
export const LONGEST_DATASET_NAME: i32 = 255;

/** A component of a name: letters, digits, and - _ . : (and, made by the system only, % and $). */
export function isValidComponent(name: string): bool {
  if (!name.length) return false;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    const letter = code | 0x20;
    const plain = (letter >= 0x61 && letter <= 0x7a) || (code >= 0x30 && code <= 0x39);
    if (!plain && code != 0x2d && code != 0x5f && code != 0x2e && code != 0x3a && code != 0x20) return false;
  }
  return true;
}

/** The directory of a name without @; null: there is none. Those of the system are not found. */
export function findDir(spa: Spa, name: string): Dir | null {
  const words = name.split('/');
  if (words[0] != spa.name) return null;
  let dir = spa.rootDir;
  for (let i = 1; i < words.length && dir; i++) dir = words[i].startsWith('$') ? null : spa.dirByObject(dir.child(words[i]));
  return dir;
}

/** A dataset by its full name, with or without @; null: there is none. */
export function findDataset(spa: Spa, name: string): Dataset | null {
  const at = name.indexOf('@');
  const dir = findDir(spa, at < 0 ? name : name.substring(0, at));
  const head = dir ? spa.datasetByObject(dir.phys.head) : null;
  return head && at >= 0 ? findSnapshot(head, name.substring(at + 1)) : head;
}

export function findSnapshot(head: Dataset, name: string): Dataset | null {
  if (zapGet(head.spa.mos!, head.phys.snapshots, name) < 0) return null;
  const all = head.spa.allDatasets();
  for (let i = 0; i < all.length; i++) if (all[i].dir == head.dir && all[i].snapshotName == name) return all[i];
  return null;
}

/** The directory that a new name would be in comes to `parentFound`, its last component to `lastComponent`. */
let parentFound: Dir | null = null;
let lastComponent: string = '';
function checkNewName(spa: Spa, name: string): i32 {
  if (name.length > LONGEST_DATASET_NAME) return setError(ENAMETOOLONG);
  const slash = name.lastIndexOf('/');
  if (slash < 0) return setError(EEXIST);
  lastComponent = name.substring(slash + 1);
  if (!isValidComponent(lastComponent)) return setError(EINVAL);
  parentFound = findDir(spa, name.substring(0, slash));
  if (!parentFound) return setError(ENOENT);
  return parentFound!.child(lastComponent) ? setError(EEXIST) : 0;
}

class CreateTask extends Task {
  constructor(
    private readonly parent: Dir,
    private readonly name: string,
    /** Of a clone, the snapshot. */
    private readonly from: Dataset | null,
    /** Of a volume. */
    private readonly size: u64 = 0,
    private readonly blockSize: u32 = 0,
  ) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    const dir = spa.openDir(createDir(spa, this.parent, this.name), this.parent, this.name);
    if (!dir) return setError(EIO);
    const from = this.from;
    const head = spa.openDataset(createHead(spa, dir, from ? from : spa.origin, txg), dir, '');
    if (!head) return setError(EIO);
    if (!from && this.size) return createVolume(head.createObjset(OBJSET_ZVOL), this.size, this.blockSize);
    if (!from) return createFileSystem(head.createObjset(OBJSET_ZFS), txg);
    const clones = clonesOf(from.dir);
    return clones ? zapSetInt(spa.mos!, clones, head.object, head.object) : 0;
  }
}

export function createDataset(spa: Spa, name: string): i32 {
  const checked = checkNewName(spa, name);
  return checked < 0 ? checked : spa.perform(new CreateTask(parentFound!, lastComponent, null));
}

/** A volume of so many bytes, a multiple of its block size. */
export function createVolumeDataset(spa: Spa, name: string, size: u64, blockSize: u32): i32 {
  if (!isVolumeSize(size, blockSize)) return setError(EINVAL);
  const checked = checkNewName(spa, name);
  return checked < 0 ? checked : spa.perform(new CreateTask(parentFound!, lastComponent, null, size, blockSize));
}

export function cloneSnapshot(spa: Spa, snapshot: Dataset, name: string): i32 {
  if (!snapshot.isSnapshot) return setError(EINVAL);
  const checked = checkNewName(spa, name);
  return checked < 0 ? checked : spa.perform(new CreateTask(parentFound!, lastComponent, snapshot));
}

class SnapshotTask extends Task {
  constructor(
    private readonly head: Dataset,
    private readonly name: string,
  ) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    // Two in one group could not be told apart.
    if (this.head.phys.previousTxg == txg) return setError(EBUSY);
    return createSnapshot(this.head, this.name, txg);
  }
}

export function takeSnapshot(head: Dataset, name: string): i32 {
  if (head.isSnapshot || !isValidComponent(name)) return setError(EINVAL);
  if (head.name.length + 1 + name.length > LONGEST_DATASET_NAME) return setError(ENAMETOOLONG);
  if (zapGet(head.spa.mos!, head.phys.snapshots, name) == 0) return setError(EEXIST);
  return head.spa.perform(new SnapshotTask(head, name));
}
