// SPDX-License-Identifier: MIT
/**
 * @fileoverview Finding pools on devices, and opening them.
 *
 * Labels are all there is to go by at first: devices whose labels name the same pool belong together, and each label has the
 * configuration of its top-level vdev. The newest label of each of those counts. From them the tree is built and opened, the best
 * uberblock is looked for, and its MOS read.
 */
import { EIO, ENXIO, EROFS, setError } from '../../guest-os/kernel/errno';
import { ENOTSUP } from '../port/errors';
import { freeBuffer, newZeroed } from '../port/memory';
import { NvList } from '../port/nvlist';
import { Objset } from '../dmu/objset';
import { holdDnode, releaseDnode } from '../dmu/dnode';
import { Dataset } from '../dsl/dataset';
import { Dir } from '../dsl/dir';
import { Leaf } from '../vdev/leaf';
import { Mirror } from '../vdev/mirror';
import { Raidz } from '../vdev/raidz';
import { Vdev } from '../vdev/vdev';
import { undoInterrupted } from '../send/receiver';
import { replayLogs } from '../zil/log';
import { POINTER_SIZE } from '../zio/blockPointer';
import { zapGet, zapNext, ZapEntry, zapValue } from '../zap/zap';
import { BestUberblock, readLabel } from './config';
import { checkFeatures, isForWriting, refusedFeatures, VERSION_FEATURES } from './features';
import { loadMissing } from './missing';
import { OBJECT_DIRECTORY, POOL_ACTIVE, Spa, VERSION_LATEST } from './spa';
import { TopLevel } from './topLevel';

/** Groups of groups that are followed. */
const DEEPEST_VDEV: i32 = 4;
const DEEPEST_DIR: i32 = 50;

/** A pool as its labels tell of it. */
export class FoundPool {
  name: string = '';
  state: u64 = 0;
  version: u64 = 0;
  txg: u64 = 0;
  children: u64 = 0;
  hostname: string = '';
  comment: string = '';
  /** Newest configuration of each top-level vdev, by its number; null: not seen. */
  readonly tops: (NvList | null)[] = [];
  private readonly txgs: u64[] = [];
  readonly devices: Leaf[] = [];
  /** Of each device's top-level vdev: says where its uberblocks are. */
  private readonly ashifts: u32[] = [];
  features: string[] = [];

  constructor(public readonly guid: u64) {}

  add(leaf: Leaf, label: NvList): void {
    const txg = label.number('txg');
    const vdev = label.list('vdev_tree');
    this.devices.push(leaf);
    this.ashifts.push(vdev ? <u32>vdev.number('ashift', 9) : 9);
    if (txg >= this.txg) {
      this.txg = txg;
      this.name = label.text('name');
      this.state = label.number('state');
      this.version = label.number('version');
      this.children = label.number('vdev_children');
      this.hostname = label.text('hostname');
      this.comment = label.text('comment');
      this.features = [];
      const features = label.list('features_for_read');
      for (let i = 0; features && i < features.pairs.length; i++) this.features.push(features.pairs[i].name);
    }
    const tree = label.list('vdev_tree');
    if (!tree) return;
    const id = tree.number('id');
    if (id > 4096) return;
    while (<u64>this.tops.length <= id) {
      this.tops.push(null);
      this.txgs.push(0);
    }
    if (this.tops[<i32>id] && this.txgs[<i32>id] >= txg) return;
    this.tops[<i32>id] = tree;
    this.txgs[<i32>id] = txg;
  }

  /** The newest uberblock of all devices; its root pointer comes to `root`. */
  searchUberblocks(best: BestUberblock, root: usize, limit: u64): void {
    for (let i = 0; i < this.devices.length; i++) {
      if (this.devices[i].isOpen) best.search(this.devices[i], min(this.ashifts[i], 16), root, limit);
    }
  }
  /**
   * As the labels of group `txg` or before tell of it: when a change of devices was cut off, some tell of one that has not happened. Devices that had no
   * label then are none of the pool's.
   */
  asOf(txg: u64): FoundPool {
    const earlier = new FoundPool(this.guid);
    for (let i = 0; i < this.devices.length; i++) {
      const label = readLabel(this.devices[i], txg);
      if (!label || label.number('pool_guid') != this.guid) continue;
      this.devices[i].guid = label.number('guid');
      earlier.add(this.devices[i], label);
    }
    earlier.name = this.name;
    return earlier;
  }
  /** Closes the devices of a pool that is not opened. */
  close(): void {
    for (let i = 0; i < this.devices.length; i++) this.devices[i].close();
  }
  device(guid: u64): Leaf | null {
    for (let i = 0; i < this.devices.length; i++) if (this.devices[i].guid == guid) return this.devices[i];
    return null;
  }
}

/** What pools there are on these devices. */
export function searchPools(paths: string[]): FoundPool[] {
  const pools: FoundPool[] = [];
  for (let i = 0; i < paths.length; i++) {
    const leaf = new Leaf('file', 0, 0, paths[i]);
    leaf.open();
    const label = leaf.isOpen ? readLabel(leaf) : null;
    if (!label) {
      leaf.close();
      continue;
    }
    leaf.guid = label.number('guid');
    const guid = label.number('pool_guid');
    let pool: FoundPool | null = null;
    for (let j = 0; j < pools.length; j++) if (pools[j].guid == guid) pool = pools[j];
    if (!pool) {
      pool = new FoundPool(guid);
      pools.push(pool);
    }
    pool.add(leaf, label);
  }
  return pools;
}

// ---- the tree

/** Null: not one that we know. */
function buildVdev(config: NvList, found: FoundPool, depth: i32): Vdev | null {
  const type = config.text('type');
  const guid = config.number('guid');
  const id = <u32>config.number('id');
  let vdev: Vdev;
  if (type == 'disk' || type == 'file') {
    const leaf = new Leaf(type, id, guid, config.text('path'));
    leaf.wholeDisk = config.number('whole_disk') != 0;
    leaf.offline = config.number('offline') != 0;
    leaf.missingObject = config.number('DTL');
    const device = found.device(guid);
    if (device) {
      // Where it is now counts, not where it was.
      leaf.device = device.device;
      leaf.path = device.path;
    } else leaf.isAbsent = true;
    return leaf;
  }
  if (type == 'mirror' || type == 'replacing' || type == 'spare') vdev = new Mirror(type, id, guid);
  else if (type == 'raidz' && config.number('nparity', 1) == 1) vdev = new Raidz(type, id, guid, 1);
  else return null;
  const children = config.lists('children');
  if (!children.length || depth == DEEPEST_VDEV) return null;
  for (let i = 0; i < children.length; i++) {
    const child = buildVdev(children[i], found, depth + 1);
    if (!child) return null;
    vdev.add(child);
  }
  return vdev;
}

function buildTop(config: NvList, found: FoundPool, id: u32): TopLevel | null {
  const vdev = buildVdev(config, found, 0);
  if (!vdev) return null;
  vdev.ashift = <u32>config.number('ashift', 9);
  const top = new TopLevel(vdev, id);
  top.configure(config);
  const shift = top.metaslabShift;
  const sane =
    vdev.ashift >= 9 && vdev.ashift <= 16 && shift >= 17 && shift <= 50 && top.size >> shift != 0 && top.size >> shift < 1 << 16;
  return sane ? top : null;
}

// ---- opening

/** Why {@link importPool} gave null: an errno, and in words what was missing. */
export let importError: i32 = 0;
export let importReason: string = '';
/** The features for which it was refused, separated by blanks; and whether it could be opened for reading. */
export let featuresRefused: string = '';
export let onlyWriting: bool = false;

function refuse(error: i32, reason: string): Spa | null {
  importError = setError(error);
  importReason = reason;
  return null;
}

/** Opens a pool. `limit`: groups after it are not looked at (u64.MAX_VALUE: none). */
export function importPool(all: FoundPool, writable: bool, limit: u64): Spa | null {
  featuresRefused = '';
  onlyWriting = false;
  if (all.version == VERSION_FEATURES && all.features.length) {
    featuresRefused = all.features.join(' ');
    return refuse(ENOTSUP, 'unsupported feature(s): ' + all.features.join(', '));
  }
  if (all.version < 1 || (all.version > VERSION_LATEST && all.version != VERSION_FEATURES)) {
    return refuse(ENOTSUP, 'pool is formatted using an unsupported ZFS version');
  }
  const best = new BestUberblock();
  const root = newZeroed(POINTER_SIZE);
  all.searchUberblocks(best, root, limit);
  const found = best.txg && all.txg > best.txg ? all.asOf(best.txg) : all;
  const spa = new Spa(all.name, found.guid);
  memory.copy(spa.rootPointer, root, POINTER_SIZE);
  freeBuffer(root, POINTER_SIZE);
  spa.version = found.version;
  spa.isWritable = writable;
  spa.comment = found.comment;
  for (let i = 0; <u64>i < found.children || i < found.tops.length; i++) {
    const config = i < found.tops.length ? found.tops[i] : null;
    const top = config ? buildTop(config, found, i) : null;
    if (!top) {
      spa.close();
      return refuse(ENXIO, 'one or more devices is currently unavailable');
    }
    spa.tops.push(top);
    const leaves: Vdev[] = [];
    top.vdev.leaves(leaves);
    for (let j = 0; j < leaves.length; j++) (leaves[j] as Leaf).isReadOnly = !writable;
    top.vdev.open();
    if (top.vdev.isOpen && top.vdev.size >= top.size) continue;
    spa.close();
    return refuse(ENXIO, 'one or more devices is currently unavailable');
  }
  const error = openPool(spa, best);
  if (error == 0) return spa;
  spa.close();
  if (error != setError(ENOTSUP)) return refuse(-error, 'the pool metadata is corrupted');
  featuresRefused = refusedFeatures;
  onlyWriting = isForWriting;
  return refuse(ENOTSUP, 'unsupported feature(s): ' + refusedFeatures.replaceAll(' ', ', '));
}

function openPool(spa: Spa, best: BestUberblock): i32 {
  const leaves = spa.leaves();
  if (!best.txg) return setError(ENXIO);
  if ((best.version > VERSION_LATEST && best.version != VERSION_FEATURES) || best.version < 1) return setError(ENOTSUP);
  if (best.guidSum != spa.guidSum()) return setError(ENXIO);
  spa.version = best.version;
  spa.openTxg = best.txg + 1;
  spa.timestamp = best.timestamp;
  const mos = new Objset(spa, null);
  spa.mos = mos;
  let result = mos.open(spa.rootPointer);
  if (result == 0) result = checkFeatures(spa);
  if (result < 0) return result;
  result = openDirectory(spa, mos);
  for (let i = 0; i < spa.tops.length && result == 0; i++) result = spa.tops[i].openMetaslabs(spa);
  if (result < 0) return result;
  for (let i = 0; i < leaves.length; i++) loadMissing(spa, leaves[i]);
  spa.errors.load(spa);
  spa.scan.load();
  spa.state = POOL_ACTIVE;
  if (result == 0 && spa.isWritable) result = replayLogs(spa);
  if (result == 0 && spa.isWritable) result = undoInterrupted(spa);
  // The labels say that it is in use now; whatever else has changed about it is written with that.
  if (result == 0 && spa.isWritable) spa.configChanged();
  return result;
}

function openDirectory(spa: Spa, mos: Objset): i32 {
  if (zapGet(mos, OBJECT_DIRECTORY, 'root_dataset') < 0) return setError(EIO);
  const rootObject = zapValue;
  if (zapGet(mos, OBJECT_DIRECTORY, 'config') == 0) spa.configObject = zapValue;
  if (zapGet(mos, OBJECT_DIRECTORY, 'sync_bplist') == 0) spa.deferredObject = zapValue;
  // Before version 2 space was not counted as we do.
  if (zapGet(mos, OBJECT_DIRECTORY, 'deflate') < 0 && spa.isWritable) return setError(EROFS);
  const result = openTree(spa, rootObject, null, spa.name, 0);
  if (result < 0) return result;
  spa.rootDir = spa.dirByObject(rootObject);
  const root = spa.rootDir!;
  spa.mosDir = spa.dirByObject(root.child('$MOS'));
  spa.freeDir = spa.dirByObject(root.child('$FREE'));
  const origin = spa.dirByObject(root.child('$ORIGIN'));
  if (origin) {
    const head = spa.datasetByObject(origin.phys.head);
    spa.origin = head ? spa.datasetByObject(head.phys.previous) : null;
  }
  return 0;
}

/** A directory, its datasets and everything below. */
export function openTree(spa: Spa, object: u64, parent: Dir | null, name: string, depth: i32): i32 {
  const dir = depth < DEEPEST_DIR && !spa.dirByObject(object) ? spa.openDir(object, parent, name) : null;
  if (!dir || dir.dn.bonusLength < 256) return setError(EIO);
  const head = dir.phys.head;
  if (head) {
    const dataset = spa.openDataset(head, dir, '');
    if (!dataset || dataset.dn.bonusLength < 320) return setError(EIO);
    const result = openSnapshots(spa, dir, dataset);
    if (result < 0) return result;
  }
  const children = holdDnode(spa.mos!, dir.phys.children);
  if (!children) return setError(EIO);
  const entry = new ZapEntry();
  let position: u64 = 0;
  let result = 0;
  while (result == 0 && zapNext(children, position, entry) == 0) {
    position = entry.next;
    result = openTree(spa, entry.value, dir, entry.name, depth + 1);
  }
  releaseDnode(children);
  return result;
}

function openSnapshots(spa: Spa, dir: Dir, head: Dataset): i32 {
  if (!head.phys.snapshots) return 0;
  const names = holdDnode(spa.mos!, head.phys.snapshots);
  if (!names) return setError(EIO);
  const entry = new ZapEntry();
  let position: u64 = 0;
  let result = 0;
  while (result == 0 && zapNext(names, position, entry) == 0) {
    position = entry.next;
    const snapshot = spa.openDataset(entry.value, dir, entry.name);
    if (!snapshot || snapshot.dn.bonusLength < 320) result = setError(EIO);
  }
  releaseDnode(names);
  return result;
}
