// SPDX-License-Identifier: MIT
/**
 * @fileoverview What `zfs create`, `snapshot` and `clone` do, by name. Names are checked here; what is done, in the sync of a group.
 */
import { EBUSY, EEXIST, EINVAL, EIO, ENAMETOOLONG, ENOENT, ENOSPC, setError } from '../../guest-os/kernel/errno';
import { OBJSET_ZFS, OBJSET_ZVOL } from '../dmu/types';
import { Spa } from '../spa/spa';
import { Task } from '../spa/task';
import { zapGet } from '../zap/zap';
import { createFileSystem } from '../zpl/create';
import { createVolume, isVolumeSize } from '../zvol/volume';
import { NvList } from '../port/nvlist';
import { createHead, createSnapshot, Dataset, FLAG_INCONSISTENT } from './dataset';
import { setProperties } from './limits';
import { createDir, clonesOf, Dir } from './dir';
import { findDir, isValidComponent, LONGEST_DATASET_NAME } from './names';
import { zapSetInt } from '../zap/zap';

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
    private readonly properties: NvList | null = null,
  ) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    const dir = spa.openDir(createDir(spa, this.parent, this.name), this.parent, this.name);
    if (!dir) return setError(EIO);
    const from = this.from;
    const head = spa.openDataset(createHead(spa, dir, from ? from : spa.origin, txg), dir, '');
    if (!head) return setError(EIO);
    const set = setProperties(head, this.properties, false);
    if (set < 0) return set;
    if (!from && this.size) return createVolume(head.createObjset(OBJSET_ZVOL), this.size, this.blockSize);
    if (!from) return createFileSystem(head.createObjset(OBJSET_ZFS), txg);
    const clones = clonesOf(from.dir);
    return clones ? zapSetInt(spa.mos!, clones, head.object, head.object) : 0;
  }
}

/** A new directory can have what its parent has room for. */
function checkLimits(list: NvList | null): i32 {
  if (!list) return 0;
  const quota = list.number('quota');
  const refQuota = list.number('refquota');
  const reserved = list.number('reservation');
  const refReserved = list.number('refreservation');
  const most = max(reserved, refReserved);
  if ((quota && most > quota) || (refQuota && refReserved > refQuota)) return setError(ENOSPC);
  return most && !parentFound!.roomFor(most) ? setError(ENOSPC) : 0;
}

export function createDataset(spa: Spa, name: string, properties: NvList | null = null): i32 {
  let checked = checkNewName(spa, name);
  if (checked == 0) checked = checkLimits(properties);
  return checked < 0 ? checked : spa.perform(new CreateTask(parentFound!, lastComponent, null, 0, 0, properties));
}

/** A volume of so many bytes, a multiple of its block size. */
export function createVolumeDataset(spa: Spa, name: string, size: u64, blockSize: u32, properties: NvList | null = null): i32 {
  if (!isVolumeSize(size, blockSize)) return setError(EINVAL);
  let checked = checkNewName(spa, name);
  if (checked == 0) checked = checkLimits(properties);
  return checked < 0 ? checked : spa.perform(new CreateTask(parentFound!, lastComponent, null, size, blockSize, properties));
}

export function cloneSnapshot(spa: Spa, snapshot: Dataset, name: string, properties: NvList | null = null): i32 {
  if (!snapshot.isSnapshot) return setError(EINVAL);
  let checked = checkNewName(spa, name);
  if (checked == 0) checked = checkLimits(properties);
  return checked < 0 ? checked : spa.perform(new CreateTask(parentFound!, lastComponent, snapshot, 0, 0, properties));
}

class SnapshotTask extends Task {
  constructor(
    private readonly heads_: Dataset[],
    private readonly name: string,
    private readonly properties: NvList | null,
  ) {
    super();
  }
  heads(): Dataset[] {
    return this.heads_;
  }
  run(spa: Spa, txg: u64): i32 {
    // Two in one group could not be told apart.
    for (let i = 0; i < this.heads_.length; i++) if (this.heads_[i].phys.previousTxg == txg) return setError(EBUSY);
    let result = 0;
    for (let i = 0; i < this.heads_.length && result == 0; i++) {
      result = createSnapshot(this.heads_[i], this.name, txg);
      const made = spa.datasetByObject(this.heads_[i].phys.previous);
      if (result == 0 && made) result = setProperties(made, this.properties, false);
    }
    return result;
  }
}

/** Name of the dataset for which {@link takeSnapshots} gave an error. */
export let failedFor: string = '';

/** Of all these heads at one instant. */
export function takeSnapshots(heads: Dataset[], name: string, properties: NvList | null = null): i32 {
  if (!isValidComponent(name)) return setError(EINVAL);
  for (let i = 0; i < heads.length; i++) {
    const head = heads[i];
    failedFor = head.name + '@' + name;
    if (head.isSnapshot) return setError(EINVAL);
    if (head.phys.flags & FLAG_INCONSISTENT) return setError(EBUSY);
    if (head.name.length + 1 + name.length > LONGEST_DATASET_NAME) return setError(ENAMETOOLONG);
    if (zapGet(head.spa.mos!, head.phys.snapshots, name) == 0) return setError(EEXIST);
    // What is reserved for the head it has to have beside what it shares with the snapshot.
    const again = min(head.phys.unique, head.reserved);
    if (again && !head.dir.roomFor(again)) return setError(ENOSPC);
  }
  return heads.length ? heads[0].spa.perform(new SnapshotTask(heads, name, properties)) : 0;
}
export function takeSnapshot(head: Dataset, name: string): i32 {
  return takeSnapshots([head], name);
}
