// SPDX-License-Identifier: MIT
/** @fileoverview Reading, writing and freeing ranges of an object. Changes are in memory until the transaction group is synced. */
import { EFBIG, EIO, setError } from '../../guest-os/kernel/errno';
import { isHole, POINTER_SIZE } from '../zio/blockPointer';
import { clearDbuf, Dbuf, dirtyDbuf, findDbuf, holdDbuf, pointerOf, releaseDbuf, writeDbuf } from './dbuf';
import { dirtyDnode, Dnode } from './dnode';

/** Bytes beyond the last block read as zeros. */
export function dmuRead(dn: Dnode, offset: u64, bytes: u64, to: usize): i32 {
  const size = <u64>dn.blockSize;
  let at = offset;
  const end = offset + bytes;
  while (at < end) {
    const block = at / size;
    const within = at - block * size;
    const count = <usize>min(size - within, end - at);
    const target = to + <usize>(at - offset);
    if (block > dn.maxBlock) memory.fill(target, 0, count);
    else {
      const db = holdDbuf(dn, 0, block, true);
      if (!db) return setError(EIO);
      memory.copy(target, db.data + <usize>within, count);
      releaseDbuf(db);
    }
    at += count;
  }
  return 0;
}

export function dmuWrite(dn: Dnode, offset: u64, bytes: u64, from: usize): i32 {
  const size = <u64>dn.blockSize;
  let at = offset;
  const end = offset + bytes;
  while (at < end) {
    const block = at / size;
    const within = at - block * size;
    const count = <usize>min(size - within, end - at);
    const db = writeDbuf(dn, block, <u64>count == size);
    if (!db) return setError(block > dn.maxBlock ? EFBIG : EIO);
    memory.copy(db.data + <usize>within, from + <usize>(at - offset), count);
    releaseDbuf(db);
    at += count;
  }
  return 0;
}

/** Makes a hole. Blocks that are covered in part keep the rest; `bytes` may reach beyond the end. */
export function dmuFreeRange(dn: Dnode, offset: u64, bytes: u64): i32 {
  const size = <u64>dn.blockSize;
  const end = offset + bytes < offset ? u64.MAX_VALUE : offset + bytes;
  const past = (dn.maxBlock + 1) * size;
  if (offset >= past) return 0;
  let first = offset / size;
  if (first * size < offset) {
    const stop = min(end, (first + 1) * size);
    const result = zeroWithin(dn, first, <usize>(offset - first * size), <usize>(stop - offset));
    if (result < 0) return result;
    first++;
  }
  // One past the last block that goes as a whole.
  let last = dn.maxBlock + 1;
  if (end < past) {
    last = end / size;
    if (last >= first && last * size < end) {
      const result = zeroWithin(dn, last, 0, <usize>(end - last * size));
      if (result < 0) return result;
    }
  }
  return first < last ? freeBlocks(dn, first, last) : 0;
}

function zeroWithin(dn: Dnode, block: u64, from: usize, count: usize): i32 {
  const db = holdDbuf(dn, 0, block, true);
  if (!db) return setError(EIO);
  const isNothing = isHole(pointerOf(db)) && !db.isDirty;
  if (!isNothing) {
    dirtyDbuf(db);
    memory.fill(db.data + from, 0, count);
  }
  releaseDbuf(db);
  return 0;
}

/** Frees blocks [first, last). */
function freeBlocks(dn: Dnode, first: u64, last: u64): i32 {
  // Those in memory; clearing one may free others, so begin anew after each.
  for (;;) {
    let db: Dbuf | null = dn.dbufs;
    while (db && !(db.level == 0 && db.isDirty && db.block >= first && db.block < last)) db = db.sibling;
    if (!db) break;
    clearDbuf(db);
  }
  const top = dn.levels - 1;
  let result = 0;
  for (let i: u64 = 0; i < <u64>dn.raw.pointers && !result; i++) result = freeTree(dn, top, i, first, last);
  dirtyDnode(dn);
  return result;
}

/** Frees what lies in [first, last) below a block. */
function freeTree(dn: Dnode, level: u32, block: u64, first: u64, last: u64): i32 {
  const shift = <u64>level * dn.fanShift;
  // Levels are bounded, but their product may not fit.
  if (shift < 64) {
    const from = block << shift;
    if (from >> shift != block || from >= last) return 0;
    const end = from + ((<u64>1) << shift);
    if (end <= first && end > from) return 0;
  } else if (block) return 0;
  if (level + 1 == dn.levels) {
    if (isHole(dn.pointerAt(block)) && !findDbuf(dn, level, block)) return 0;
  }
  if (!level) return freeLeaf(dn, block);
  const db = holdDbuf(dn, level, block, true);
  if (!db) return setError(EIO);
  const fan = (<u64>1) << dn.fanShift;
  let result = 0;
  for (let i: u64 = 0; i < fan && !result; i++) {
    const child = (block << dn.fanShift) + i;
    // Nothing there, in memory or on disk.
    if (isHole(db.data + <usize>i * POINTER_SIZE) && !findDbuf(dn, level - 1, child)) continue;
    result = freeTree(dn, level - 1, child, first, last);
  }
  releaseDbuf(db);
  return result;
}

function freeLeaf(dn: Dnode, block: u64): i32 {
  const known = findDbuf(dn, 0, block);
  if (known) {
    known.holds++;
    clearDbuf(known);
    releaseDbuf(known);
  }
  const parent = dn.levels > 1 ? holdDbuf(dn, 1, block >> dn.fanShift, true) : null;
  if (dn.levels > 1 && !parent) return setError(EIO);
  let slot = dn.pointerAt(block);
  if (parent) {
    dirtyDbuf(parent);
    slot = parent.data + <usize>(block & (((<u64>1) << dn.fanShift) - 1)) * POINTER_SIZE;
  }
  dn.objset.blockFreed(dn, slot);
  memory.fill(slot, 0, POINTER_SIZE);
  if (parent) releaseDbuf(parent);
  return 0;
}
