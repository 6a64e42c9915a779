// SPDX-License-Identifier: MIT
/**
 * @fileoverview What each device has missed, on disk: a space map (metaslab.ts) whose numbers are transaction groups. It is written with each group
 * that a device misses, so that nothing old is taken for new when the device comes back, whenever that is.
 */
import { SpaceMapPhys } from 'layout/zfs';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { dmuFreeRange, dmuRead, dmuWrite } from '../dmu/dmu';
import { allocateObject, bonusOf, dirtyDnode, Dnode, freeObject, holdDnode, releaseDnode } from '../dmu/dnode';
import { TYPE_SPACE_MAP, TYPE_SPACE_MAP_HEADER } from '../dmu/types';
import { freeBuffer, newZeroed } from '../port/memory';
import { Leaf } from '../vdev/leaf';
import { RangeTree } from './rangeTree';
import { Spa } from './spa';

const BLOCK: u32 = 4096;
const MARK: u64 = (<u64>1) << 63;
const FREE_BIT: u64 = 1 << 15;
const LONGEST_RUN: u64 = 1 << 15;
/** Words that are believed. */
const MOST_BYTES: u64 = 1 << 20;

let cells: u64[] = [];
function writeRange(start: u64, end: u64, context: usize): void {
  for (let at = start; at < end; at += LONGEST_RUN) cells.push((at << 16) | (min(end - at, LONGEST_RUN) - 1));
}

/** Writes what has changed, in the sync of a group. */
export function storeMissing(spa: Spa, leaf: Leaf, txg: u64): i32 {
  if (!leaf.isMissingDirty) return 0;
  leaf.isMissingDirty = false;
  const mos = spa.mos!;
  if (!leaf.isMissingAny) {
    const old = leaf.missingObject ? holdDnode(mos, leaf.missingObject) : null;
    leaf.missingObject = 0;
    if (!old) return 0;
    spa.configChanged();
    const freed = freeObject(old);
    releaseDnode(old);
    return freed;
  }
  if (!leaf.missingObject) {
    leaf.missingObject = allocateObject(mos, TYPE_SPACE_MAP, BLOCK, TYPE_SPACE_MAP_HEADER, <u32>SpaceMapPhys.SIZE);
    spa.configChanged();
  }
  const dn = holdDnode(mos, leaf.missingObject);
  if (!dn) return setError(EIO);
  cells = [MARK | (txg & (((<u64>1) << 50) - 1))];
  leaf.missing.visit(writeRange, 0);
  const bytes = <usize>cells.length * 8;
  const buffer = newZeroed(bytes);
  for (let i = 0; i < cells.length; i++) store<u64>(buffer + <usize>i * 8, cells[i]);
  let result = dmuFreeRange(dn, 0, u64.MAX_VALUE);
  if (result == 0) result = dmuWrite(dn, 0, bytes, buffer);
  freeBuffer(buffer, bytes);
  const header = changetype<SpaceMapPhys>(bonusOf(dn));
  header.object = leaf.missingObject;
  header.length = bytes;
  header.allocated = leaf.missing.space;
  dirtyDnode(dn);
  releaseDnode(dn);
  return result;
}

/** Reads it back; a record that makes no sense means that everything was missed. */
export function loadMissing(spa: Spa, leaf: Leaf): void {
  if (!leaf.missingObject) return;
  const dn = holdDnode(spa.mos!, leaf.missingObject);
  const tree = leaf.missing;
  let good = false;
  if (dn) {
    const length = changetype<SpaceMapPhys>(bonusOf(dn)).length;
    const isUsable = dn.bonusType == TYPE_SPACE_MAP_HEADER && length <= MOST_BYTES && !(length & 7);
    if (isUsable && apply(dn, length, tree)) good = true;
    releaseDnode(dn);
  }
  if (good) return;
  tree.cover(1, spa.openTxg);
  leaf.missingObject = 0;
  leaf.isMissingDirty = true;
}

function apply(dn: Dnode, length: u64, tree: RangeTree): bool {
  const cell = newZeroed(512);
  let good = true;
  for (let at: u64 = 0; at < length && good; at += 8) {
    good = dmuRead(dn, at, 8, cell) == 0;
    const word = load<u64>(cell);
    if (!good || word & MARK) continue;
    const start = (word >> 16) & (((<u64>1) << 47) - 1);
    const run = (word & (LONGEST_RUN - 1)) + 1;
    if (word & FREE_BIT) {
      if (!tree.remove(start, run)) good = false;
    } else tree.cover(start, run);
  }
  freeBuffer(cell, 512);
  return good;
}
