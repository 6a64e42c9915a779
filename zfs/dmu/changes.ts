// SPDX-License-Identifier: MIT
/**
 * @fileoverview What of an object on disk has changed since a transaction group: its blocks that were born later, found as traverse.ts finds them, since what is
 * below an old block is old. Holes have no birth, so each hole in a changed block of pointers may be one that was made since.
 */
import { isHole, pointer, POINTER_SIZE } from '../zio/blockPointer';
import { holdDbuf, releaseDbuf } from './dbuf';
import { Dnode } from './dnode';

/** The block that {@link findChange} found, whether it is a hole, up to where, and a copy of its pointer. */
export let found: u64 = 0;
export let foundHole: bool = false;
export let foundEnd: u64 = 0;
export const foundPointer: StaticArray<u8> = new StaticArray<u8>(128);

let since: u64 = 0;

/** The first block at or after `from` that was born after group `after`, or, unless that is 0, is a hole. False: none. */
export function findChange(dn: Dnode, from: u64, after: u64): bool {
  since = after;
  const top = dn.levels - 1;
  for (let i: u64 = 0; i < <u64>dn.raw.pointers; i++) if (look(dn, top, i, dn.pointerAt(i), from)) return true;
  return false;
}

function look(dn: Dnode, level: u32, number: u64, slot: usize, from: u64): bool {
  const shift = <u64>level * dn.fanShift;
  if (shift >= 64 && number) return false;
  const first = shift < 64 ? number << shift : 0;
  const past = shift < 64 ? (number + 1) << shift : u64.MAX_VALUE;
  if (past <= from || first > dn.maxBlock) return false;
  if (isHole(slot)) {
    if (!since) return false;
    found = max(first, from);
    foundHole = true;
    foundEnd = past;
    return true;
  }
  if (pointer(slot).birth <= since) return false;
  if (!level) {
    found = number;
    foundHole = false;
    memory.copy(changetype<usize>(foundPointer), slot, POINTER_SIZE);
    return true;
  }
  const db = holdDbuf(dn, level, number, true);
  // What cannot be read is found again as a block, which fails.
  if (!db) {
    found = max(first, from);
    foundHole = false;
    return true;
  }
  const fan = (<u64>1) << dn.fanShift;
  const childShift = shift - dn.fanShift;
  const start = from > first ? (from - first) >> childShift : 0;
  let result: bool = false;
  for (let i = start; i < fan && !result; i++) {
    result = look(dn, level - 1, (number << dn.fanShift) + i, db.data + <usize>i * POINTER_SIZE, from);
  }
  releaseDbuf(db);
  return result;
}
