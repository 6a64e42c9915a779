// SPDX-License-Identifier: MIT
/**
 * @fileoverview Blocks of objects in memory, one Dbuf each: (dnode, level, number). Level 0 is data, above are blocks of pointers.
 *
 * A clean dbuf borrows its bytes from the ARC. To be changed it is made dirty, and then owns them: taken out of the cache if no one
 * else has the same block (a snapshot's, a clone's), copied otherwise. Writing it out gives them back to the ARC under the new
 * pointer.
 *
 * A dbuf is in memory while it is held; being dirty is a hold, and so is each child (the block below knows its pointer's place in
 * the block above).
 */
import { Pool } from 'runtime/pool';
import { freeBuffer, newBuffer, newPool, newZeroed } from '../port/memory';
import { ArcBlock, arcRead, arcRelease, arcTake } from '../arc/arc';
import { mark } from '../zio/bookmark';
import { isHole, logicalSize, levelOf, POINTER_SIZE } from '../zio/blockPointer';
import { dirtyDnode, Dnode, growTo, settle } from './dnode';

@unmanaged
export class Dbuf {
  dnode: Dnode | null;
  level: u32;
  size: u32;
  block: u64;
  data: usize;
  /** Whose bytes `data` are while clean; 0: its own (a hole's zeros, or dirty). */
  cached: ArcBlock | null;
  parent: Dbuf | null;
  holds: i32;
  isDirty: bool;
  /** Where its bytes are on disk already, though its group is not: a pointer (Objset.writeAhead); 0: nowhere. */
  ahead: usize;
  /** In the hash table, of the dnode, in the dnode's list of dirty ones of a level. */
  next: Dbuf | null;
  sibling: Dbuf | null;
  olderSibling: Dbuf | null;
  dirtyNext: Dbuf | null;
  dirtyPrevious: Dbuf | null;
}

const BUCKETS: u32 = 8192;
const buckets = new StaticArray<usize>(BUCKETS);
let pool: Pool | null = null;
/** Bytes of all dirty blocks, of all pools. */
let dirtyBytes: u64 = 0;

export function dirtyData(): u64 {
  return dirtyBytes;
}

function bucketOf(dn: Dnode, level: u32, block: u64): i32 {
  return <i32>(((<u32>block * 0x9e3779b1) ^ (<u32>changetype<usize>(dn) >> 4) ^ (level << 20)) % BUCKETS);
}

export function findDbuf(dn: Dnode, level: u32, block: u64): Dbuf | null {
  let db = changetype<Dbuf | null>(buckets[bucketOf(dn, level, block)]);
  while (db && (db.block != block || db.dnode != dn || db.level != level)) db = db.next;
  return db;
}

/** Where the pointer to a block is. */
export function pointerOf(db: Dbuf): usize {
  const parent = db.parent;
  const dn = db.dnode!;
  if (!parent) return dn.pointerAt(db.block);
  return parent.data + <usize>(db.block & (((<u64>1) << dn.fanShift) - 1)) * POINTER_SIZE;
}

/**
 * A block, held. With `read` its contents are what is on disk (zeros for a hole), without it they are undefined if it was not in
 * memory, and the caller fills it and makes it dirty. Null: it cannot be read. The block is within the object's levels.
 */
export function holdDbuf(dn: Dnode, level: u32, block: u64, read: bool): Dbuf | null {
  const known = findDbuf(dn, level, block);
  if (known) {
    known.holds++;
    return known;
  }
  let parent: Dbuf | null = null;
  if (level + 1 < dn.levels) {
    parent = holdDbuf(dn, level + 1, block >> dn.fanShift, true);
    if (!parent) return null;
  } else if (block >= <u64>dn.raw.pointers) {
    return null;
  }
  const size = dn.sizeOfLevel(level);
  const slot = parent ? parent.data + <usize>(block & (((<u64>1) << dn.fanShift) - 1)) * POINTER_SIZE : dn.pointerAt(block);
  let cached: ArcBlock | null = null;
  let data: usize;
  if (!read) data = level ? newZeroed(size) : newBuffer(size);
  else if (isHole(slot)) data = newZeroed(size);
  else {
    mark(dn.objset.id, dn.object, level, block);
    cached = logicalSize(slot) == size && levelOf(slot) == level ? arcRead(dn.objset.spa, slot) : null;
    if (!cached) {
      if (parent) releaseDbuf(parent);
      return null;
    }
    data = cached.data;
  }
  let from = pool;
  if (!from) pool = from = newPool('dbuf', offsetof<Dbuf>());
  const db = changetype<Dbuf>(from.alloc());
  db.dnode = dn;
  db.level = level;
  db.size = size;
  db.block = block;
  db.data = data;
  db.cached = cached;
  db.parent = parent;
  db.holds = 1;
  db.isDirty = false;
  db.ahead = 0;
  const bucket = bucketOf(dn, level, block);
  db.next = changetype<Dbuf | null>(buckets[bucket]);
  buckets[bucket] = changetype<usize>(db);
  const sibling = dn.dbufs;
  db.sibling = sibling;
  db.olderSibling = null;
  if (sibling) sibling.olderSibling = db;
  dn.dbufs = db;
  return db;
}

export function releaseDbuf(db: Dbuf): void {
  assert(db.holds > 0, 'dbuf released too often');
  if (--db.holds) return;
  const dn = db.dnode!;
  const bucket = bucketOf(dn, db.level, db.block);
  let at = changetype<Dbuf | null>(buckets[bucket]);
  if (at == db) buckets[bucket] = changetype<usize>(db.next);
  else {
    while (at!.next != db) at = at!.next;
    at!.next = db.next;
  }
  const sibling = db.sibling;
  const older = db.olderSibling;
  if (sibling) sibling.olderSibling = older;
  if (older) older.sibling = sibling;
  else dn.dbufs = sibling;
  const cached = db.cached;
  if (cached) arcRelease(cached);
  else freeBuffer(db.data, db.size);
  const parent = db.parent;
  pool!.free(changetype<usize>(db));
  if (parent) releaseDbuf(parent);
  settle(dn);
}

/** The block is about to be changed, or has been filled. */
export function dirtyDbuf(db: Dbuf): void {
  if (db.ahead) dropAhead(db);
  if (db.isDirty) return;
  const dn = db.dnode!;
  const cached = db.cached;
  if (cached) {
    db.data = arcTake(cached);
    db.cached = null;
  }
  db.isDirty = true;
  db.holds++;
  dirtyBytes += db.size;
  const list = dn.dirtyLists + ((<usize>db.level) << 2);
  const head = changetype<Dbuf | null>(load<usize>(list));
  db.dirtyNext = head;
  db.dirtyPrevious = null;
  if (head) head.dirtyPrevious = db;
  store<usize>(list, changetype<usize>(db));
  dirtyDnode(dn);
}

/** It has other bytes now than those that were written ahead. */
function dropAhead(db: Dbuf): void {
  if (!isHole(db.ahead)) db.dnode!.objset.spa.free(db.ahead);
  freeBuffer(db.ahead, POINTER_SIZE);
  db.ahead = 0;
}

/** Takes a block off its dnode's list; the caller drops its hold. */
export function undirty(db: Dbuf): void {
  if (db.ahead) dropAhead(db);
  const next = db.dirtyNext;
  const previous = db.dirtyPrevious;
  if (next) next.dirtyPrevious = previous;
  if (previous) previous.dirtyNext = next;
  else store<usize>(db.dnode!.dirtyLists + ((<usize>db.level) << 2), changetype<usize>(next));
  db.isDirty = false;
  dirtyBytes -= db.size;
}

export function firstDirty(dn: Dnode, level: u32): Dbuf | null {
  return changetype<Dbuf | null>(load<usize>(dn.dirtyLists + ((<usize>level) << 2)));
}

/** A block that has been freed: what was to be written is not, and what holders see are zeros. */
export function clearDbuf(db: Dbuf): void {
  const cached = db.cached;
  if (cached) {
    arcRelease(cached);
    db.cached = null;
    db.data = newBuffer(db.size);
  }
  memory.fill(db.data, 0, db.size);
  if (!db.isDirty) return;
  undirty(db);
  releaseDbuf(db);
}

/** All blocks of an object that goes: nobody holds them. */
export function dropDbufs(dn: Dnode): void {
  // Undoing one may free its parents, so begin anew after each.
  for (;;) {
    let db = dn.dbufs;
    while (db && !db.isDirty) db = db.sibling;
    if (!db) break;
    undirty(db);
    releaseDbuf(db);
  }
  assert(!dn.dbufs, 'blocks of a freed object are held');
}

/** Gives block 0, if in memory, another size. False: it cannot be read. */
export function resizeFirstDbuf(dn: Dnode, bytes: u32): bool {
  if (isHole(dn.pointerAt(0)) && !findDbuf(dn, 0, 0)) return true;
  const db = holdDbuf(dn, 0, 0, true);
  if (!db) return false;
  dirtyDbuf(db);
  const data = newZeroed(bytes);
  memory.copy(data, db.data, min(bytes, db.size));
  freeBuffer(db.data, db.size);
  dirtyBytes = dirtyBytes - db.size + bytes;
  db.data = data;
  db.size = bytes;
  releaseDbuf(db);
  return true;
}

/** A block for writing, held and dirty; `fill`: all of it will be written. Null: it cannot be read, or is too far out. */
export function writeDbuf(dn: Dnode, block: u64, fill: bool): Dbuf | null {
  if (!growTo(dn, block)) return null;
  const db = holdDbuf(dn, 0, block, !fill);
  if (db) dirtyDbuf(db);
  return db;
}
