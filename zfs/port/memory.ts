// SPDX-License-Identifier: MIT
/**
 * @fileoverview ZFS's own memory: one contiguous piece, outside the collected heap, given once.
 *
 * A buddy allocator cuts it into buffers of 512 bytes to 256 KiB (blocks, which are checksummed, compressed and sent to disks in one
 * piece) and slabs for pools of small structures. When nothing is left, {@link setReclaim}'s function is asked to give back
 * what the cache can do without.
 *
 * Small blocks that are dirty lie anywhere until their group is written, and so may leave no large piece, however much is free. So the last sixteenth of the
 * memory is for large pieces alone, as long as others find room elsewhere, and Spa.begin sees to it that half of that is free ({@link hasLargePieces}).
 *
 * `map` has a byte for each 512-byte unit: for the first unit of a piece, its order plus one, with FREE if it is free; else 0.
 */
import { Pool } from 'runtime/pool';

const UNIT_SHIFT: u32 = 9;
/** 256 KiB: twice the largest block, so that an uncompressed block and its compressed form need no more. */
const ORDERS: i32 = 10;
const FREE: u8 = 0x80;

@unmanaged
class FreePiece {
  next: FreePiece | null;
  previous: FreePiece | null;
}

/** Pieces of this order, 32 KiB, and larger ones may come from the part that is set aside. */
const LARGE: i32 = 6;
const SET_ASIDE: usize = 16;
/** Chunks of the largest order that are set aside at least. */
const LEAST_CHUNKS: usize = 2;

/** Of the pieces anywhere else, and behind those of the part that is set aside. */
const heads = new StaticArray<usize>(2 * ORDERS);
/** 128 KiB: the largest block. */
const WHOLE: i32 = 8;
/** The first unit of that part, and how many of its units are free in pieces for the largest block. */
let asideFrom: usize = 0;
let asideFree: usize = 0;
let start: usize = 0;
let units: usize = 0;
let map: usize = 0;
let used: usize = 0;
let reclaim: ((bytes: usize) => bool) | null = null;

/** Gives ZFS its memory; aligned to 512. Some of it becomes the map. */
export function setMemory(base: usize, bytes: usize): void {
  // One byte of map for each unit.
  const count = bytes / ((1 << UNIT_SHIFT) + 1);
  map = base;
  start = (base + count + 0xfff) & ~0xfff;
  units = (base + bytes - start) >> UNIT_SHIFT;
  memory.fill(map, 0, count);
  const chunk = units >> (ORDERS - 1);
  asideFrom = (chunk - min(max(chunk / SET_ASIDE, LEAST_CHUNKS), chunk / 2)) << (ORDERS - 1);
  asideFree = 0;
  let at: usize = 0;
  while (at < units) {
    let order = ORDERS - 1;
    while (at & ((1 << order) - 1) || at + (1 << order) > units) order--;
    push(at, order);
    at += 1 << order;
  }
}
/** Is half of what is set aside for large pieces free? If not, the cache gives back what it can do without. */
export function hasLargePieces(): bool {
  while (asideFree < (units - asideFrom) / 2) {
    const give = reclaim;
    if (give == null || !give((<usize>1) << UNIT_SHIFT)) return false;
  }
  return true;
}
/** Where the list of free pieces of an order is that a unit belongs to. */
// @ts-ignore: decorator
@inline function listOf(unit: usize, order: i32): i32 {
  return unit < asideFrom ? order : ORDERS + order;
}

export function setReclaim(give: (bytes: usize) => bool): void {
  reclaim = give;
}

/** Bytes there are, and in use. */
export function memorySize(): usize {
  return units << UNIT_SHIFT;
}
export function memoryUsed(): usize {
  return used;
}

function orderOf(bytes: usize): i32 {
  let order = 0;
  while ((<usize>1) << (UNIT_SHIFT + order) < bytes) order++;
  return order;
}
// @ts-ignore: decorator
@inline function pieceAt(unit: usize): usize {
  return start + (unit << UNIT_SHIFT);
}

function push(unit: usize, order: i32): void {
  const piece = changetype<FreePiece>(pieceAt(unit));
  const list = listOf(unit, order);
  const head = changetype<FreePiece | null>(heads[list]);
  piece.next = head;
  piece.previous = null;
  if (head) head.previous = piece;
  heads[list] = changetype<usize>(piece);
  if (unit >= asideFrom && order >= WHOLE) asideFree += 1 << order;
  store<u8>(map + unit, <u8>(order + 1) | FREE);
}

function unlink(unit: usize, order: i32): void {
  const piece = changetype<FreePiece>(pieceAt(unit));
  const next = piece.next;
  const previous = piece.previous;
  if (next) next.previous = previous;
  if (previous) previous.next = next;
  else heads[listOf(unit, order)] = changetype<usize>(next);
  if (unit >= asideFrom && order >= WHOLE) asideFree -= 1 << order;
}

/** A buffer, not cleared. Its size is said again when it is given back. */
export function newBuffer(bytes: usize): usize {
  const order = orderOf(bytes);
  assert(order < ORDERS, 'buffer too large');
  let unit = take(order, 0);
  if (unit == NONE && order >= LARGE) unit = take(order, ORDERS);
  while (unit == NONE) {
    const give = reclaim;
    const given = give != null && give((<usize>1) << (order + UNIT_SHIFT));
    unit = take(order, 0);
    if (unit == NONE && (order >= LARGE || !given)) unit = take(order, ORDERS);
    // The limits on dirty data and on held buffers leave enough to go on with.
    assert(given || unit != NONE, 'ZFS is out of memory');
  }
  used += (<usize>1) << (order + UNIT_SHIFT);
  return pieceAt(unit);
}

export function newZeroed(bytes: usize): usize {
  const buffer = newBuffer(bytes);
  memory.fill(buffer, 0, bytes);
  return buffer;
}

const NONE: usize = usize.MAX_VALUE;
/** `lists`: 0, or ORDERS: of what is set aside. */
function take(order: i32, lists: i32): usize {
  let larger = order;
  while (larger < ORDERS && !heads[lists + larger]) larger++;
  if (larger == ORDERS) return NONE;
  const unit = (heads[lists + larger] - start) >> UNIT_SHIFT;
  unlink(unit, larger);
  while (larger > order) {
    larger--;
    push(unit + (1 << larger), larger);
  }
  store<u8>(map + unit, <u8>(order + 1));
  return unit;
}

export function freeBuffer(buffer: usize, bytes: usize): void {
  let order = orderOf(bytes);
  let unit = (buffer - start) >> UNIT_SHIFT;
  assert(unit < units && load<u8>(map + unit) == <u8>(order + 1), 'buffer freed twice, or with another size');
  used -= (<usize>1) << (order + UNIT_SHIFT);
  while (order < ORDERS - 1) {
    const buddy = unit ^ (1 << order);
    if (buddy + (1 << order) > units || load<u8>(map + buddy) != (<u8>(order + 1) | FREE)) break;
    unlink(buddy, order);
    store<u8>(map + buddy, 0);
    store<u8>(map + unit, 0);
    unit &= ~(1 << order);
    order++;
  }
  push(unit, order);
}

/** A pool of structures whose slabs lie in this memory. */
export function newPool(name: string, size: usize): Pool {
  return new Pool(name, size, newZeroed, null, 16384);
}
