// SPDX-License-Identifier: MIT
/**
 * @fileoverview Dnodes in memory: one for each object in use, with a copy of its 512 bytes on disk.
 *
 * That copy is the truth as of now, in the open transaction group: whoever changes it calls {@link dirtyDnode}, and the group's sync
 * writes it to its block of the meta-dnode. Since a pool's lock is held while a group is synced, there is never more than one
 * version.
 *
 * A dnode stays in memory while it is held, dirty, or has blocks in memory; beyond that the last {@link IDLE} released ones do.
 * Dnodes lie outside the collected heap; the object set they refer to is kept by its pool for as long.
 */
import { Pool } from 'runtime/pool';
import { DnodePhys } from 'layout/zfs';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { freeBuffer, newPool, newZeroed } from '../port/memory';
import { isHole, pointer, POINTER_SIZE } from '../zio/blockPointer';
import { Dbuf, dirtyDbuf, dropDbufs, findDbuf, holdDbuf, releaseDbuf, resizeFirstDbuf } from './dbuf';
import { dmuFreeRange } from './dmu';
import { Objset } from './objset';
import { NEW_TYPE, TYPE_NONE, TYPE_SA, TYPES } from './types';

export const DNODE_SIZE: usize = 512;
export const DNODE_SHIFT: u32 = 9;
export const DNODE_BLOCK: u32 = 16384;
export const DNODES_PER_BLOCK: u64 = 32;
const INDIRECT_SHIFT: u8 = 14;
const LOWEST_INDIRECT_SHIFT: u32 = 10;
const BONUS_AND_POINTERS: u32 = 448;
export const LARGEST_BONUS: u32 = 320;
export const MOST_LEVELS: i32 = 7;
/** `used` counts bytes, not sectors. */
const FLAG_USED_BYTES: u8 = 1;
/** Its last 128 bytes are the pointer to a spill block (spill.ts). */
export const FLAG_SPILL: u8 = 4;
/** Released dnodes that are kept. */
const IDLE: i32 = 512;
const BUCKETS: u32 = 4096;

@unmanaged
export class Dnode {
  objset: Objset;
  object: u64;
  /** The 512 bytes, then the first dirty block of each level. */
  phys: usize;
  holds: i32;
  isDirty: bool;
  /** Is in the list of released ones. */
  isIdle: bool;
  next: Dnode | null;
  dirtyNext: Dnode | null;
  newer: Dnode | null;
  older: Dnode | null;
  /** All blocks in memory. */
  dbufs: Dbuf | null;

  get raw(): DnodePhys {
    return changetype<DnodePhys>(this.phys);
  }
  get type(): u32 {
    return this.raw.type;
  }
  get bonusType(): u32 {
    return this.raw.bonusType;
  }
  get bonusLength(): u32 {
    return this.raw.bonusLength;
  }
  get levels(): u32 {
    return this.raw.levels;
  }
  get blockSize(): u32 {
    return (<u32>this.raw.sectors) << 9;
  }
  get maxBlock(): u64 {
    return this.raw.maxBlock;
  }
  /** log2 of pointers in an indirect block. */
  get fanShift(): u32 {
    return <u32>this.raw.indirectShift - 7;
  }
  sizeOfLevel(level: u32): u32 {
    return level ? (<u32>1) << this.raw.indirectShift : this.blockSize;
  }
  pointerAt(i: u64): usize {
    return this.phys + 64 + <usize>i * POINTER_SIZE;
  }
  get dirtyLists(): usize {
    return this.phys + DNODE_SIZE;
  }
}

const buckets = new StaticArray<usize>(BUCKETS);
let pool: Pool | null = null;
let physPool: Pool | null = null;
let newest: Dnode | null = null;
let oldest: Dnode | null = null;
let idle = 0;

function bucketOf(objset: Objset, object: u64): i32 {
  return <i32>(((<u32>object * 0x9e3779b1) ^ (<u32>changetype<usize>(objset) >> 4)) % BUCKETS);
}

function find(objset: Objset, object: u64): Dnode | null {
  let dn = changetype<Dnode | null>(buckets[bucketOf(objset, object)]);
  while (dn && (dn.object != object || dn.objset != objset)) dn = dn.next;
  return dn;
}

/** A dnode without contents. */
function make(objset: Objset, object: u64): Dnode {
  let dnodes = pool;
  let bodies = physPool;
  if (!dnodes || !bodies) {
    pool = dnodes = newPool('dnode', offsetof<Dnode>());
    physPool = bodies = newPool('dnode body', DNODE_SIZE + 4 * <usize>(MOST_LEVELS + 1));
  }
  const dn = changetype<Dnode>(dnodes.alloc());
  memory.fill(changetype<usize>(dn), 0, offsetof<Dnode>());
  dn.objset = objset;
  dn.object = object;
  dn.phys = bodies.alloc();
  memory.fill(dn.phys, 0, DNODE_SIZE + 4 * <usize>(MOST_LEVELS + 1));
  dn.holds = 1;
  objset.dnodes++;
  const bucket = bucketOf(objset, object);
  dn.next = changetype<Dnode | null>(buckets[bucket]);
  buckets[bucket] = changetype<usize>(dn);
  return dn;
}

function destroy(dn: Dnode): void {
  assert(!dn.dbufs && !dn.isDirty, 'dnode in use');
  const bucket = bucketOf(dn.objset, dn.object);
  let at = changetype<Dnode | null>(buckets[bucket]);
  if (at == dn) buckets[bucket] = changetype<usize>(dn.next);
  else {
    while (at!.next != dn) at = at!.next;
    at!.next = dn.next;
  }
  dn.objset.dnodes--;
  physPool!.free(dn.phys);
  pool!.free(changetype<usize>(dn));
}

// ---- holding

/** The dnode of an allocated object, held; null: there is none, or it cannot be read, or it makes no sense. */
export function holdDnode(objset: Objset, object: u64): Dnode | null {
  const known = find(objset, object);
  if (known) {
    if (known.type == TYPE_NONE) return null;
    if (known.isIdle) unidle(known);
    known.holds++;
    return known;
  }
  if (!object) return null;
  const block = holdDbuf(objset.meta!, 0, object / DNODES_PER_BLOCK, true);
  if (!block) return null;
  const at = block.data + <usize>(object % DNODES_PER_BLOCK) * DNODE_SIZE;
  let dn: Dnode | null = null;
  if (isSane(changetype<DnodePhys>(at))) {
    dn = make(objset, object);
    memory.copy(dn.phys, at, DNODE_SIZE);
  }
  releaseDbuf(block);
  return dn;
}

/** A dnode that lies in an object set's root, held: its meta-dnode, unless `object` is another. Null: it makes no sense. */
export function specialDnode(objset: Objset, at: usize, object: u64 = 0): Dnode | null {
  if (!isSane(changetype<DnodePhys>(at))) return null;
  const dn = make(objset, object);
  memory.copy(dn.phys, at, DNODE_SIZE);
  return dn;
}

/** Whatever a disk holds must not lead outside of a structure. */
export function isSane(raw: DnodePhys): bool {
  if (raw.type == <u8>TYPE_NONE || (<u32>raw.type >= TYPES && !(<u32>raw.type & NEW_TYPE))) return false;
  if (<u32>raw.indirectShift < LOWEST_INDIRECT_SHIFT || <u32>raw.indirectShift > 17) return false;
  if (!raw.levels || <i32>raw.levels > MOST_LEVELS) return false;
  if (!raw.pointers || raw.pointers > 3 || !raw.sectors || raw.sectors > 256) return false;
  if (<u32>raw.bonusLength > bonusRoom(raw)) return false;
  // The topmost level must be able to have the last block.
  const shift = (<u32>raw.levels - 1) * (<u32>raw.indirectShift - 7);
  return shift >= 64 || raw.maxBlock >> shift < <u64>raw.pointers;
}

export function releaseDnode(dn: Dnode): void {
  assert(dn.holds > 0, 'dnode released too often');
  if (--dn.holds || dn.isDirty || dn.dbufs) return;
  settle(dn);
}

/** Nobody wants it: it may stay for a while. */
export function settle(dn: Dnode): void {
  if (dn.holds || dn.isDirty || dn.dbufs || dn.isIdle) return;
  if (dn.type == TYPE_NONE || !dn.object) {
    destroy(dn);
    return;
  }
  dn.isIdle = true;
  dn.older = newest;
  dn.newer = null;
  if (newest) newest!.newer = dn;
  else oldest = dn;
  newest = dn;
  if (++idle > IDLE) {
    const last = oldest!;
    unidle(last);
    destroy(last);
  }
}
function unidle(dn: Dnode): void {
  const newer = dn.newer;
  const older = dn.older;
  if (newer) newer.older = older;
  else newest = older;
  if (older) older.newer = newer;
  else oldest = newer;
  dn.isIdle = false;
  idle--;
}

/** Forgets the released dnodes of an object set, which is about to go. */
export function evictDnodes(objset: Objset): void {
  let dn = newest;
  while (dn) {
    const older = dn.older;
    if (dn.objset == objset) {
      unidle(dn);
      destroy(dn);
    }
    dn = older;
  }
}

export function dirtyDnode(dn: Dnode): void {
  if (dn.isDirty) return;
  if (dn.isIdle) unidle(dn);
  dn.isDirty = true;
  const objset = dn.objset;
  dn.dirtyNext = objset.dirtyDnodes;
  objset.dirtyDnodes = dn;
  objset.makeDirty();
}

export function bonusOf(dn: Dnode): usize {
  return dn.phys + 64 + <usize>dn.raw.pointers * POINTER_SIZE;
}
/** Bytes that a bonus buffer can have: more for it is less for pointers, which are not moved. */
export function bonusRoom(raw: DnodePhys): u32 {
  const pointers = <u32>raw.pointers + (raw.flags & FLAG_SPILL ? 1 : 0);
  return BONUS_AND_POINTERS - min(pointers * <u32>POINTER_SIZE, BONUS_AND_POINTERS);
}
export function setBonus(dn: Dnode, type: u32, bytes: u32): void {
  const raw = dn.raw;
  assert(bytes <= bonusRoom(raw), 'bonus too large');
  raw.bonusType = <u8>type;
  raw.bonusLength = <u16>bytes;
  dirtyDnode(dn);
}

// ---- allocation

/** A new object; block size 0: the smallest. */
export function allocateObject(objset: Objset, type: u32, blockSize: u32, bonusType: u32, bonusLength: u32): u64 {
  const object = freeSlot(objset);
  claimObject(objset, object, type, blockSize, bonusType, bonusLength);
  return object;
}

/** Allocates the object of this number, which is free. */
export function claimObject(objset: Objset, object: u64, type: u32, blockSize: u32, bonusType: u32, bonusLength: u32): void {
  let dn = find(objset, object);
  if (!dn) dn = make(objset, object);
  else {
    assert(dn.type == TYPE_NONE, 'object in use');
    dn.holds++;
  }
  shape(dn, type, blockSize, bonusType, bonusLength);
  if (object > objset.lastObject) objset.lastObject = object;
  releaseDnode(dn);
}
/** A new dnode that lies in the object set's root, held. */
export function claimSpecial(objset: Objset, object: u64, type: u32): Dnode {
  const dn = make(objset, object);
  shape(dn, type, 512, 0, 0);
  return dn;
}
function shape(dn: Dnode, type: u32, blockSize: u32, bonusType: u32, bonusLength: u32): void {
  const raw = dn.raw;
  memory.fill(dn.phys, 0, DNODE_SIZE);
  raw.type = <u8>type;
  raw.indirectShift = INDIRECT_SHIFT;
  raw.levels = 1;
  // System attributes grow: they get all the room there is.
  const room = bonusType == TYPE_SA ? LARGEST_BONUS : bonusLength;
  raw.pointers = <u8>min<u32>(3, 1 + ((LARGEST_BONUS - room) >> 7));
  raw.bonusType = <u8>bonusType;
  raw.bonusLength = <u16>bonusLength;
  raw.sectors = <u16>(max<u32>(blockSize, 512) >> 9);
  raw.flags = FLAG_USED_BYTES;
  dirtyDnode(dn);
}

/**
 * Looks from where the last object was allocated. Blocks of the meta-dnode that are full are known by the fill count of their pointer;
 * in the others, what is in memory counts before what is on disk.
 */
function freeSlot(objset: Objset): u64 {
  const meta = objset.meta!;
  let object = objset.cursor;
  for (;;) {
    if (object % DNODES_PER_BLOCK == 0 && isFull(meta, object / DNODES_PER_BLOCK)) {
      object += DNODES_PER_BLOCK;
      continue;
    }
    if (object && isFreeObject(objset, object)) break;
    object++;
  }
  objset.cursor = object + 1;
  return object;
}

function isFull(meta: Dnode, block: u64): bool {
  if (block > meta.maxBlock) return false;
  if (findDbuf(meta, 0, block)) return false;
  const parent = meta.levels > 1 ? holdDbuf(meta, 1, block >> meta.fanShift, true) : null;
  if (meta.levels > 1 && !parent) return true;
  const slot = parent ? parent.data + <usize>(block & (((<u64>1) << meta.fanShift) - 1)) * POINTER_SIZE : meta.pointerAt(block);
  const full = pointer(slot).fill == DNODES_PER_BLOCK;
  if (parent) releaseDbuf(parent);
  return full;
}

export function isFreeObject(objset: Objset, object: u64): bool {
  const known = find(objset, object);
  if (known) return known.type == TYPE_NONE && !known.holds && !known.dbufs;
  const meta = objset.meta!;
  const block = object / DNODES_PER_BLOCK;
  if (block > meta.maxBlock) return true;
  const db = holdDbuf(meta, 0, block, true);
  // What cannot be read is not free.
  if (!db) return false;
  const free = load<u8>(db.data + <usize>(object % DNODES_PER_BLOCK) * DNODE_SIZE) == 0;
  releaseDbuf(db);
  return free;
}

/** Frees an object and all its blocks; the caller holds it and lets it go. */
export function freeObject(dn: Dnode): i32 {
  let result = dmuFreeRange(dn, 0, u64.MAX_VALUE);
  // Blocks of pointers, empty now, are not written any more: those on disk go here.
  for (let i: u64 = 0; i < <u64>dn.raw.pointers && result == 0; i++) result = freeIndirect(dn, dn.levels - 1, i, dn.pointerAt(i));
  if (result < 0) return result;
  dropSpill(dn);
  dropDbufs(dn);
  memory.fill(dn.phys, 0, DNODE_SIZE);
  dirtyDnode(dn);
  if (dn.object < dn.objset.cursor) dn.objset.cursor = dn.object;
  return 0;
}

/** The spill block is free, if there is one. */
export function dropSpill(dn: Dnode): void {
  if (!(dn.raw.flags & FLAG_SPILL)) return;
  const slot = dn.phys + DNODE_SIZE - POINTER_SIZE;
  dn.objset.blockFreed(dn, slot);
  memory.fill(slot, 0, POINTER_SIZE);
  dn.raw.flags &= ~FLAG_SPILL;
  dirtyDnode(dn);
}

function freeIndirect(dn: Dnode, level: u32, block: u64, slot: usize): i32 {
  if (!level || isHole(slot)) return 0;
  let result = 0;
  if (level > 1) {
    const db = holdDbuf(dn, level, block, true);
    if (!db) return setError(EIO);
    const fan = (<u64>1) << dn.fanShift;
    for (let i: u64 = 0; i < fan && result == 0; i++) {
      result = freeIndirect(dn, level - 1, (block << dn.fanShift) + i, db.data + <usize>i * POINTER_SIZE);
    }
    releaseDbuf(db);
  }
  if (result == 0) dn.objset.blockFreed(dn, slot);
  return result;
}

/** The next allocated object after `object`, or 0. Only what is on disk counts: for walks of clean object sets. */
export function nextObject(objset: Objset, object: u64): u64 {
  const meta = objset.meta!;
  let at = object + 1;
  while (at / DNODES_PER_BLOCK <= meta.maxBlock) {
    const db = holdDbuf(meta, 0, at / DNODES_PER_BLOCK, true);
    if (db) {
      const last = (at | (DNODES_PER_BLOCK - 1)) + 1;
      for (; at < last; at++) {
        if (load<u8>(db.data + <usize>(at % DNODES_PER_BLOCK) * DNODE_SIZE)) {
          releaseDbuf(db);
          return at;
        }
      }
      releaseDbuf(db);
    } else {
      at = (at | (DNODES_PER_BLOCK - 1)) + 1;
    }
  }
  return 0;
}

// ---- shape

/** Sets the block size of an object that has at most one block. */
export function setBlockSize(dn: Dnode, bytes: u32): bool {
  if (dn.blockSize == bytes) return true;
  if (dn.maxBlock || dn.levels > 1) return false;
  if (!resizeFirstDbuf(dn, bytes)) return false;
  dn.raw.sectors = <u16>(bytes >> 9);
  dirtyDnode(dn);
  return true;
}

/** Makes room for a block: its number is noted, and levels of indirection are added as it needs them. */
export function growTo(dn: Dnode, block: u64): bool {
  const raw = dn.raw;
  while (!reaches(dn, block)) {
    if (<i32>raw.levels == MOST_LEVELS) return false;
    if (!addLevel(dn)) return false;
  }
  if (block > raw.maxBlock) {
    raw.maxBlock = block;
    dirtyDnode(dn);
  }
  return true;
}

function reaches(dn: Dnode, block: u64): bool {
  const shift = (dn.levels - 1) * dn.fanShift;
  return shift >= 64 || block >> shift < <u64>dn.raw.pointers;
}

/** The pointers in the dnode move to a new indirect block, which takes their place. */
function addLevel(dn: Dnode): bool {
  const raw = dn.raw;
  const top = dn.levels - 1;
  const bytes = <usize>raw.pointers * POINTER_SIZE;
  const old = dn.pointerAt(0);
  let empty = true;
  for (let i: u64 = 0; i < <u64>raw.pointers; i++) if (!isHole(dn.pointerAt(i))) empty = false;
  raw.levels++;
  // Blocks in memory that hung from the dnode now hang from the new one, so it has to be made in any case.
  const saved = newZeroed(512);
  memory.copy(saved, old, bytes);
  memory.fill(old, 0, bytes);
  const above = holdDbuf(dn, top + 1, 0, false);
  if (above) {
    memory.copy(above.data, saved, bytes);
    if (!empty) dirtyDbuf(above);
    let db = dn.dbufs;
    while (db) {
      if (db.level == top && !db.parent) {
        db.parent = above;
        above.holds++;
      }
      db = db.sibling;
    }
    releaseDbuf(above);
  }
  freeBuffer(saved, 512);
  dirtyDnode(dn);
  return above != null;
}
