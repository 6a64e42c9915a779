// SPDX-License-Identifier: MIT
/**
 * @fileoverview Where a pool says what it consists of: the labels of each device (four, 256 KiB each, two at either end) and an object of the
 * MOS. A label holds the configuration of its device's top-level vdev, and a ring of uberblocks.
 *
 * When the configuration changes, labels 0 and 2 are written first, then the uberblocks, then labels 1 and 3, flushed in between: whatever
 * is cut short, one pair says something that fits an uberblock.
 */
import { Uberblock } from 'layout/zfs';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { freeBuffer, newBuffer, newZeroed } from '../port/memory';
import { NvList, packList, unpackList } from '../port/nvlist';
import { dmuFreeRange, dmuRead, dmuWrite } from '../dmu/dmu';
import { allocateObject, bonusOf, dirtyDnode, holdDnode, releaseDnode } from '../dmu/dnode';
import { TYPE_PACKED_NVLIST, TYPE_PACKED_NVLIST_SIZE } from '../dmu/types';
import { Leaf } from '../vdev/leaf';
import { Vdev } from '../vdev/vdev';
import { POINTER_SIZE } from '../zio/blockPointer';
import { Check, checkOfLabel, seal, verify } from '../zio/verify';
import { zapSet } from '../zap/zap';
import { OBJECT_DIRECTORY, Spa } from './spa';
import { TopLevel } from './topLevel';

export const LABELS: i32 = 4;
const BOOT_HEADER_OFFSET: u64 = 8 << 10;
const CONFIG_OFFSET: u64 = 16 << 10;
const CONFIG_SIZE: u32 = 112 << 10;
const RING_OFFSET: u64 = 128 << 10;
const RING_SIZE: u32 = 128 << 10;
const UBERBLOCK_MAGIC: u64 = 0xbab10c;
const SMALLEST_SLOT: u32 = 10;
const LARGEST_SLOT: u32 = 13;
const CONFIG_BLOCK: u32 = 16384;

function slotShift(ashift: u32): u32 {
  return min(max(ashift, SMALLEST_SLOT), LARGEST_SLOT);
}

// ---- writing

/** New labels and uberblocks. */
export function writeLabels(spa: Spa, txg: u64): i32 {
  let result = writePair(spa, txg, 0);
  if (result == 0) result = spa.flush();
  if (result == 0) result = writeUberblocks(spa, txg);
  if (result == 0) result = writePair(spa, txg, 1);
  return result == 0 ? spa.flush() : result;
}

/** Labels 0 and 2, or 1 and 3, of all devices. At least one of each top-level vdev must get through. */
function writePair(spa: Spa, txg: u64, first: i32): i32 {
  for (let i = 0; i < spa.tops.length; i++) {
    const top = spa.tops[i];
    const leaves: Vdev[] = [];
    top.vdev.leaves(leaves);
    let good = 0;
    for (let j = 0; j < leaves.length; j++) {
      const leaf = leaves[j] as Leaf;
      if (leaf.isOpen && writeLabel(spa, top, leaf, txg, first) == 0 && writeLabel(spa, top, leaf, txg, first + 2) == 0) good++;
    }
    if (!good) return setError(EIO);
  }
  return 0;
}

function writeLabel(spa: Spa, top: TopLevel, leaf: Leaf, txg: u64, index: i32): i32 {
  const config = spa.config(txg, null, top, leaf);
  const area = newZeroed(CONFIG_SIZE);
  const offset = leaf.labelOffset(index) + CONFIG_OFFSET;
  let result = setError(EIO);
  if (packList(config, area, CONFIG_SIZE - 40)) {
    sealAt(area, CONFIG_SIZE, offset);
    result = leaf.writeAbsolute(offset, area, CONFIG_SIZE);
    const finished = leaf.finish();
    if (finished < 0) result = finished;
  }
  freeBuffer(area, CONFIG_SIZE);
  return result;
}

/** A device that joins a pool loses what its labels held before, boot header and all uberblocks. */
export function clearLabels(leaf: Leaf): i32 {
  const size = CONFIG_SIZE + RING_SIZE + <u32>(CONFIG_OFFSET - BOOT_HEADER_OFFSET);
  const zeros = newZeroed(RING_SIZE);
  let result = 0;
  for (let i = 0; i < LABELS && result == 0; i++) {
    const begin = leaf.labelOffset(i) + BOOT_HEADER_OFFSET;
    for (let at: u32 = 0; at < size && result == 0; at += RING_SIZE) {
      result = leaf.writeAbsolute(begin + at, zeros, min(RING_SIZE, size - at));
    }
    const finished = leaf.finish();
    if (finished < 0) result = finished;
  }
  freeBuffer(zeros, RING_SIZE);
  return result;
}

/** The same uberblock to every label of every device; the group has happened when one is there. */
export function writeUberblocks(spa: Spa, txg: u64): i32 {
  const leaves = spa.leaves();
  let good = 0;
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i];
    if (leaf.isOpen && writeUberblock(spa, leaf, txg) == 0) good++;
  }
  return good ? spa.flush() : setError(EIO);
}

function writeUberblock(spa: Spa, leaf: Leaf, txg: u64): i32 {
  const shift = slotShift(topOf(spa, leaf).ashift);
  const size = (<u32>1) << shift;
  const slot = (<u32>(txg % <u64>(RING_SIZE >> shift))) << shift;
  const block = newZeroed(size);
  let result = 0;
  for (let i = 0; i < LABELS && result == 0; i++) {
    const uber = changetype<Uberblock>(block);
    memory.fill(block, 0, size);
    uber.magic = UBERBLOCK_MAGIC;
    uber.version = spa.version;
    uber.txg = txg;
    uber.guidSum = spa.guidSum();
    uber.timestamp = spa.timestamp;
    memory.copy(uber.root.pointer, spa.rootPointer, POINTER_SIZE);
    uber.softwareVersion = 28;
    const offset = leaf.labelOffset(i) + RING_OFFSET + slot;
    sealAt(block, size, offset);
    result = leaf.writeAbsolute(offset, block, size);
    const finished = leaf.finish();
    if (finished < 0) result = finished;
  }
  freeBuffer(block, size);
  return result;
}

function topOf(spa: Spa, leaf: Leaf): Vdev {
  let vdev: Vdev = leaf;
  while (vdev.parent) vdev = vdev.parent!;
  return vdev;
}

function sealAt(area: usize, bytes: u32, offset: u64): void {
  const check = changetype<Check>(newBuffer(offsetof<Check>()));
  checkOfLabel(check, offset, bytes);
  seal(check, area);
  freeBuffer(changetype<usize>(check), offsetof<Check>());
}
function isSealed(area: usize, bytes: u32, offset: u64): bool {
  const check = changetype<Check>(newBuffer(offsetof<Check>()));
  checkOfLabel(check, offset, bytes);
  const good = verify(check, area);
  freeBuffer(changetype<usize>(check), offsetof<Check>());
  return good;
}

// ---- reading

/** The configuration in one of a device's labels; null: it is not valid. */
export function labelAt(leaf: Leaf, index: i32): NvList | null {
  const area = newBuffer(CONFIG_SIZE);
  const offset = leaf.labelOffset(index) + CONFIG_OFFSET;
  let config: NvList | null = null;
  if (leaf.readAbsolute(offset, area, CONFIG_SIZE) == 0 && isSealed(area, CONFIG_SIZE, offset)) {
    config = unpackList(area, CONFIG_SIZE - 40);
  }
  freeBuffer(area, CONFIG_SIZE);
  return config;
}

/** The configuration in a device's labels: the one with the highest group, `limit` at most. Null: none is valid. */
export function readLabel(leaf: Leaf, limit: u64 = u64.MAX_VALUE): NvList | null {
  let best: NvList | null = null;
  for (let i = 0; i < LABELS; i++) {
    const config = labelAt(leaf, i);
    if (!config || config.number('txg') > limit) continue;
    if (!best || config.number('txg') > best.number('txg')) best = config;
  }
  return best;
}

export class BestUberblock {
  txg: u64 = 0;
  timestamp: u64 = 0;
  version: u64 = 0;
  guidSum: u64 = 0;

  /** Looks for a better one on a device; its root pointer comes to `root`. `limit`: groups after it do not count. */
  search(leaf: Leaf, ashift: u32, root: usize, limit: u64): void {
    const shift = slotShift(ashift);
    const size = (<u32>1) << shift;
    const ring = newBuffer(RING_SIZE);
    for (let i = 0; i < LABELS; i++) {
      const begin = leaf.labelOffset(i) + RING_OFFSET;
      if (leaf.readAbsolute(begin, ring, RING_SIZE) < 0) continue;
      for (let at: u32 = 0; at < RING_SIZE; at += size) {
        const uber = changetype<Uberblock>(ring + at);
        if (uber.magic != UBERBLOCK_MAGIC || uber.txg > limit) continue;
        if (uber.txg < this.txg || (uber.txg == this.txg && uber.timestamp <= this.timestamp)) continue;
        if (!isSealed(ring + at, size, begin + at)) continue;
        this.txg = uber.txg;
        this.timestamp = uber.timestamp;
        this.version = uber.version;
        this.guidSum = uber.guidSum;
        memory.copy(root, uber.root.pointer, POINTER_SIZE);
      }
    }
    freeBuffer(ring, RING_SIZE);
  }
}

// ---- the copy in the MOS

export function storeConfig(spa: Spa, txg: u64): i32 {
  const mos = spa.mos!;
  const config = spa.config(txg, treeOf(spa), null, null);
  const bytes = packList(config, 0, 0);
  if (!spa.configObject) {
    spa.configObject = allocateObject(mos, TYPE_PACKED_NVLIST, CONFIG_BLOCK, TYPE_PACKED_NVLIST_SIZE, 8);
    const result = zapSet(mos, OBJECT_DIRECTORY, 'config', spa.configObject);
    if (result < 0) return result;
  }
  return storeList(spa, spa.configObject, config, bytes);
}

function storeList(spa: Spa, object: u64, list: NvList, bytes: usize): i32 {
  const dn = holdDnode(spa.mos!, object);
  if (!dn) return setError(EIO);
  const buffer = newZeroed(bytes);
  packList(list, buffer, bytes);
  let result = dmuWrite(dn, 0, bytes, buffer);
  if (result == 0) result = dmuFreeRange(dn, bytes, u64.MAX_VALUE);
  store<u64>(bonusOf(dn), bytes);
  dirtyDnode(dn);
  freeBuffer(buffer, bytes);
  releaseDnode(dn);
  return result;
}

/** A packed list of the MOS; null: it is not one. */
export function loadList(spa: Spa, object: u64): NvList | null {
  const dn = holdDnode(spa.mos!, object);
  if (!dn) return null;
  const bytes = dn.bonusLength >= 8 ? load<u64>(bonusOf(dn)) : 0;
  let list: NvList | null = null;
  if (bytes > 4 && bytes <= 256 << 10) {
    const buffer = newBuffer(<usize>bytes);
    if (dmuRead(dn, 0, bytes, buffer) == 0) list = unpackList(buffer, <usize>bytes);
    freeBuffer(buffer, <usize>bytes);
  }
  releaseDnode(dn);
  return list;
}

export function treeOf(spa: Spa): NvList {
  const root = new NvList();
  root.setText('type', 'root');
  root.setNumber('id', 0);
  root.setNumber('guid', spa.guid);
  root.setNumber('create_txg', spa.tops.length ? spa.tops[0].createTxg : 0);
  const children: NvList[] = [];
  for (let i = 0; i < spa.tops.length; i++) children.push(spa.tops[i].config());
  root.setLists('children', children);
  return root;
}
