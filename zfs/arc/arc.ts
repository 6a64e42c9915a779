// SPDX-License-Identifier: MIT
/**
 * @fileoverview The adaptive replacement cache (N. Megiddo, D. Modha, 2003) of blocks as they are in memory, decompressed.
 *
 * Two lists: blocks seen once recently (MRU) and more than once (MFU); two more of ghosts, blocks that were evicted from them, of which
 * only the identity is kept. A miss that finds a ghost says that its list should have been longer: `target`, the size that MRU should
 * have, moves accordingly. Eviction takes from MRU while it is above its target, else from MFU.
 *
 * Differences from the paper: sizes are bytes, blocks in use are in no list and cannot be evicted, and there is no fixed size: the
 * cache has whatever of ZFS's memory nothing else wants, and shrinks when that runs out. Ghosts are kept for as many bytes as
 * there is memory.
 *
 * A block's identity is its pool, its first copy's place and its birth: what lies there later was born later.
 */
import { Pool } from 'runtime/pool';
import { freeBuffer, memorySize, newBuffer, newPool, setReclaim } from '../port/memory';
import { Spa } from '../spa/spa';
import { LARGEST_BLOCK, logicalSize, pointer } from '../zio/blockPointer';
import { readBlock } from '../zio/zio';

const MRU: i32 = 0;
const MFU: i32 = 1;
const MRU_GHOST: i32 = 2;
const MFU_GHOST: i32 = 3;
const LISTS: i32 = 4;

@unmanaged
export class ArcBlock {
  pool: u32;
  state: i32;
  place: u64;
  offset: u64;
  birth: u64;
  data: usize;
  size: u32;
  holds: i32;
  hashNext: ArcBlock | null;
  newer: ArcBlock | null;
  older: ArcBlock | null;
  /** Not to be found any more: something else has its identity. */
  isGone: bool;
}

const BUCKETS: u32 = 16384;
const buckets = new StaticArray<usize>(BUCKETS);
const heads = new StaticArray<usize>(LISTS);
const tails = new StaticArray<usize>(LISTS);
/** Bytes in each state, those in use included. */
const sizes = new StaticArray<u64>(LISTS);
let target: u64 = 0;
let blocks: Pool | null = null;

/** Counts since the start, for kstat. */
export let hits: u64 = 0;
export let misses: u64 = 0;
export let ghostHits: u64 = 0;
export let evictions: u64 = 0;

export function arcSize(): u64 {
  return sizes[MRU] + sizes[MFU];
}
export function arcTarget(): u64 {
  return target;
}

function bucketOf(pool: u32, place: u64, offset: u64, birth: u64): i32 {
  const mixed = (offset ^ (place << 40) ^ (birth << 20) ^ <u64>pool) * 0x9e3779b97f4a7c15;
  return <i32>(<u32>(mixed >> 40) % BUCKETS);
}

function find(pool: u32, bp: usize): ArcBlock | null {
  const place = load<u64>(bp);
  const offset = load<u64>(bp, 8);
  const birth = pointer(bp).birth;
  let at = changetype<ArcBlock | null>(buckets[bucketOf(pool, place, offset, birth)]);
  while (at && (at.offset != offset || at.place != place || at.birth != birth || at.pool != pool)) at = at.hashNext;
  return at;
}

// ---- lists

function link(block: ArcBlock): void {
  const state = block.state;
  const head = changetype<ArcBlock | null>(heads[state]);
  block.older = head;
  block.newer = null;
  if (head) head.newer = block;
  else tails[state] = changetype<usize>(block);
  heads[state] = changetype<usize>(block);
}
function unlink(block: ArcBlock): void {
  const newer = block.newer;
  const older = block.older;
  if (newer) newer.older = older;
  else heads[block.state] = changetype<usize>(older);
  if (older) older.newer = newer;
  else tails[block.state] = changetype<usize>(newer);
}
function setState(block: ArcBlock, state: i32): void {
  sizes[block.state] -= block.size;
  sizes[state] += block.size;
  block.state = state;
}

function create(pool: u32, bp: usize, size: u32): ArcBlock {
  let from = blocks;
  if (!from) {
    blocks = from = newPool('arc block', offsetof<ArcBlock>());
    setReclaim(reclaim);
    target = memorySize() / 2;
  }
  const block = changetype<ArcBlock>(from.alloc());
  block.pool = pool;
  block.place = load<u64>(bp);
  block.offset = load<u64>(bp, 8);
  block.birth = pointer(bp).birth;
  block.size = size;
  block.holds = 0;
  block.data = 0;
  block.isGone = false;
  block.state = MRU;
  sizes[MRU] += size;
  const bucket = bucketOf(pool, block.place, block.offset, block.birth);
  block.hashNext = changetype<ArcBlock | null>(buckets[bucket]);
  buckets[bucket] = changetype<usize>(block);
  return block;
}

function unhash(block: ArcBlock): void {
  if (block.isGone) return;
  const bucket = bucketOf(block.pool, block.place, block.offset, block.birth);
  let at = changetype<ArcBlock | null>(buckets[bucket]);
  if (at == block) buckets[bucket] = changetype<usize>(block.hashNext);
  else {
    while (at!.hashNext != block) at = at!.hashNext;
    at!.hashNext = block.hashNext;
  }
  block.isGone = true;
}

/** Forgets a block that is in no list. */
function destroy(block: ArcBlock): void {
  unhash(block);
  sizes[block.state] -= block.size;
  if (block.data) freeBuffer(block.data, block.size);
  blocks!.free(changetype<usize>(block));
}

// ---- use

/** The block that a pointer points at, held; null: it cannot be read (zio has counted why). */
export function arcRead(spa: Spa, bp: usize): ArcBlock | null {
  const known = find(spa.index, bp);
  if (known && known.state <= MFU) {
    hits++;
    if (!known.holds) unlink(known);
    setState(known, MFU);
    known.holds++;
    return known;
  }
  misses++;
  const size = logicalSize(bp);
  if (size > LARGEST_BLOCK) return null;
  const data = newBuffer(size);
  if (readBlock(spa, bp, data) < 0) {
    freeBuffer(data, size);
    return null;
  }
  // Reading may have waited, and making room may have thrown ghosts away.
  let block = find(spa.index, bp);
  if (!block) block = create(spa.index, bp, size);
  else if (block.state <= MFU) {
    freeBuffer(data, size);
    if (!block.holds) unlink(block);
    block.holds++;
    return block;
  } else {
    ghostHits++;
    adapt(block);
    unlink(block);
    setState(block, MFU);
  }
  block.data = data;
  block.holds = 1;
  return block;
}

function adapt(ghost: ArcBlock): void {
  const size = <u64>ghost.size;
  const recent = max<u64>(sizes[MRU_GHOST], 1);
  const frequent = max<u64>(sizes[MFU_GHOST], 1);
  if (ghost.state == MRU_GHOST) target = min<u64>(target + size * max<u64>(frequent / recent, 1), memorySize());
  else target -= min<u64>(target, size * max<u64>(recent / frequent, 1));
}

export function arcRelease(block: ArcBlock): void {
  assert(block.holds > 0, 'cached block released too often');
  if (--block.holds) return;
  if (block.isGone) destroy(block);
  else link(block);
}

/** A block that has just been written, with its bytes, which are the cache's from now on; held. */
export function arcAdd(spa: Spa, bp: usize, data: usize, size: u32): ArcBlock {
  const stale = find(spa.index, bp);
  if (stale) {
    // Written again in its place.
    if (stale.holds) unhash(stale);
    else {
      unlink(stale);
      destroy(stale);
    }
  }
  const block = create(spa.index, bp, size);
  block.data = data;
  block.holds = 1;
  return block;
}

/** The bytes of a held block become the caller's, to be changed: the very same if nobody else holds it, else a copy. */
export function arcTake(block: ArcBlock): usize {
  if (block.holds > 1) {
    const copy = newBuffer(block.size);
    memory.copy(copy, block.data, block.size);
    arcRelease(block);
    return copy;
  }
  const data = block.data;
  block.data = 0;
  destroy(block);
  return data;
}

/** Forgets all blocks of a pool, none of which is held. */
export function arcForget(pool: u32): void {
  for (let state = 0; state < LISTS; state++) {
    let at = changetype<ArcBlock | null>(heads[state]);
    while (at) {
      const older = at.older;
      if (at.pool == pool) {
        unlink(at);
        destroy(at);
      }
      at = older;
    }
  }
}

// ---- eviction

function reclaim(bytes: usize): bool {
  let freed: u64 = 0;
  while (freed < <u64>bytes) {
    const recent = changetype<ArcBlock | null>(tails[MRU]);
    const frequent = changetype<ArcBlock | null>(tails[MFU]);
    const victim = recent && (sizes[MRU] > target || !frequent) ? recent : frequent;
    if (!victim) break;
    freed += victim.size;
    evict(victim);
  }
  return freed > 0;
}

function evict(block: ArcBlock): void {
  evictions++;
  unlink(block);
  freeBuffer(block.data, block.size);
  block.data = 0;
  setState(block, block.state == MRU ? MRU_GHOST : MFU_GHOST);
  link(block);
  const limit = <u64>memorySize();
  for (let state = MRU_GHOST; state <= MFU_GHOST; state++) {
    while (sizes[state] > limit / 2) {
      const last = changetype<ArcBlock>(tails[state]);
      unlink(last);
      destroy(last);
    }
  }
}
