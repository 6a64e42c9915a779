// SPDX-License-Identifier: MIT
/**
 * @fileoverview One leaf of a fat ZAP: a block with a header, a hash table of 16-bit chunk numbers, and chunks of 24 bytes.
 *
 * Chunks are entries (252), pieces of 21 bytes of a name or a value (251), or free (253); 0xffff ends a chain. Values are big-endian.
 * All functions take the block's address and the log2 of its size, and trust nothing that it holds: chains are bounded by
 * the number of chunks.
 */
import { ZapLeaf, ZapLeafEntry } from 'layout/zfs';
import { textOf } from '../port/bytes';

const LEAF: u64 = (<u64>1) << 63;
const LEAF_MAGIC: u32 = 0x2ab1eaf;
const CHUNK: usize = 24;
const CHUNK_ARRAY: u8 = 251;
const CHUNK_ENTRY: u8 = 252;
const CHUNK_FREE: u8 = 253;
const ARRAY_BYTES: u32 = 21;
export const END: u32 = 0xffff;
/** Entries of one hash value are in order of their number. */
const FLAG_ORDERED: u8 = 1;

export function hashShift(blockShift: u32): u32 {
  return blockShift - 5;
}
function tableEnd(blockShift: u32): usize {
  return ZapLeaf.SIZE + ((<usize>2) << hashShift(blockShift));
}
export function chunkCount(blockShift: u32): u32 {
  return <u32>((((<usize>1) << blockShift) - tableEnd(blockShift)) / CHUNK);
}
export function chunkAt(leaf: usize, blockShift: u32, chunk: u32): usize {
  return leaf + tableEnd(blockShift) + <usize>chunk * CHUNK;
}
export function entryAt(leaf: usize, blockShift: u32, chunk: u32): ZapLeafEntry {
  return changetype<ZapLeafEntry>(chunkAt(leaf, blockShift, chunk));
}

export function initLeaf(leaf: usize, blockShift: u32, prefix: u64, prefixLength: u32): void {
  memory.fill(leaf, 0, (<usize>1) << blockShift);
  const header = changetype<ZapLeaf>(leaf);
  header.type = LEAF;
  header.magic = LEAF_MAGIC;
  header.prefix = prefix;
  header.prefixLength = <u16>prefixLength;
  header.flags = FLAG_ORDERED;
  memory.fill(leaf + ZapLeaf.SIZE, 0xff, tableEnd(blockShift) - ZapLeaf.SIZE);
  const count = chunkCount(blockShift);
  for (let i: u32 = 0; i < count; i++) {
    const chunk = chunkAt(leaf, blockShift, i);
    store<u8>(chunk, CHUNK_FREE);
    store<u16>(chunk, <u16>(i + 1 == count ? END : i + 1), 22);
  }
  header.free = <u16>count;
  header.freeList = 0;
}

export function isLeaf(leaf: usize): bool {
  const header = changetype<ZapLeaf>(leaf);
  return header.type == LEAF && header.magic == LEAF_MAGIC;
}

/** Place in the hash table: the bits behind the leaf's prefix. */
function slotOf(leaf: usize, blockShift: u32, hash: u64): usize {
  const shift = 64 - <u64>hashShift(blockShift) - <u64>changetype<ZapLeaf>(leaf).prefixLength;
  const index = <usize>(hash >> shift) & (((<usize>1) << hashShift(blockShift)) - 1);
  return leaf + ZapLeaf.SIZE + index * 2;
}

/** Chunk of a name's entry; END: none. */
export function findEntry(leaf: usize, blockShift: u32, hash: u64, name: string): u32 {
  let chunk = <u32>load<u16>(slotOf(leaf, blockShift, hash));
  const count = chunkCount(blockShift);
  for (let steps: u32 = 0; chunk < count && steps < count; steps++) {
    const entry = entryAt(leaf, blockShift, chunk);
    if (entry.type != CHUNK_ENTRY) break;
    if (entry.hash == hash && sameName(leaf, blockShift, entry, name)) return chunk;
    chunk = entry.next;
  }
  return END;
}

function sameName(leaf: usize, blockShift: u32, entry: ZapLeafEntry, name: string): bool {
  // The zero at its end counts.
  if (<i32>entry.nameLength != name.length + 1) return false;
  let chunk = <u32>entry.nameChunk;
  const count = chunkCount(blockShift);
  for (let i = 0; i < name.length; ) {
    if (chunk >= count) return false;
    const at = chunkAt(leaf, blockShift, chunk);
    for (let j: u32 = 0; j < ARRAY_BYTES && i < name.length; j++, i++) {
      if (<u32>load<u8>(at + 1 + j) != <u32>name.charCodeAt(i)) return false;
    }
    chunk = load<u16>(at, 22);
  }
  return true;
}

/** Copies an array's bytes; false: its chain is too short. */
export function readArray(leaf: usize, blockShift: u32, first: u32, bytes: u32, to: usize): bool {
  let chunk = first;
  const count = chunkCount(blockShift);
  for (let done: u32 = 0; done < bytes; done += ARRAY_BYTES) {
    if (chunk >= count) return false;
    const at = chunkAt(leaf, blockShift, chunk);
    if (load<u8>(at) != CHUNK_ARRAY) return false;
    memory.copy(to + done, at + 1, min(ARRAY_BYTES, bytes - done));
    chunk = load<u16>(at, 22);
  }
  return true;
}

export function entryName(leaf: usize, blockShift: u32, entry: ZapLeafEntry, scratch: usize): string | null {
  const length = <u32>entry.nameLength;
  if (!length || length > 256 || !readArray(leaf, blockShift, entry.nameChunk, length, scratch)) return null;
  return textOf(scratch, length - 1);
}

/** Chunks that an entry with such a name and value takes. */
export function chunksFor(nameLength: u32, valueBytes: u32): u32 {
  return 1 + (nameLength + 1 + ARRAY_BYTES - 1) / ARRAY_BYTES + (valueBytes + ARRAY_BYTES - 1) / ARRAY_BYTES;
}

function takeChunk(leaf: usize, blockShift: u32): u32 {
  const header = changetype<ZapLeaf>(leaf);
  const chunk = <u32>header.freeList;
  assert(chunk < chunkCount(blockShift), 'ZAP leaf full');
  header.freeList = load<u16>(chunkAt(leaf, blockShift, chunk), 22);
  header.free = <u16>(<u32>header.free - 1);
  return chunk;
}
function giveChunk(leaf: usize, blockShift: u32, chunk: u32): void {
  const header = changetype<ZapLeaf>(leaf);
  const at = chunkAt(leaf, blockShift, chunk);
  memory.fill(at, 0, CHUNK);
  store<u8>(at, CHUNK_FREE);
  store<u16>(at, header.freeList, 22);
  header.freeList = <u16>chunk;
  header.free = <u16>(<u32>header.free + 1);
}

/** Stores bytes in a chain of chunks; its first one. */
function writeArray(leaf: usize, blockShift: u32, from: usize, bytes: u32): u32 {
  let first = END;
  let last: usize = 0;
  for (let done: u32 = 0; done < bytes; done += ARRAY_BYTES) {
    const chunk = takeChunk(leaf, blockShift);
    const at = chunkAt(leaf, blockShift, chunk);
    memory.fill(at, 0, CHUNK);
    store<u8>(at, CHUNK_ARRAY);
    memory.copy(at + 1, from + done, min(ARRAY_BYTES, bytes - done));
    store<u16>(at, <u16>END, 22);
    if (last) store<u16>(last, <u16>chunk, 22);
    else first = chunk;
    last = at;
  }
  return first;
}
function freeArray(leaf: usize, blockShift: u32, first: u32): void {
  let chunk = first;
  const count = chunkCount(blockShift);
  for (let steps: u32 = 0; chunk < count && steps < count; steps++) {
    const at = chunkAt(leaf, blockShift, chunk);
    if (load<u8>(at) != CHUNK_ARRAY) return;
    const next = <u32>load<u16>(at, 22);
    giveChunk(leaf, blockShift, chunk);
    chunk = next;
  }
}

/** Adds an entry; there are chunks enough, and the name is not there. `name` has its zero, `value` is big-endian. */
export function addEntry(
  leaf: usize,
  blockShift: u32,
  hash: u64,
  cd: u32,
  name: usize,
  nameBytes: u32,
  value: usize,
  integerSize: u32,
  count: u32,
): void {
  const chunk = takeChunk(leaf, blockShift);
  const entry = entryAt(leaf, blockShift, chunk);
  memory.fill(entry.pointer, 0, CHUNK);
  entry.type = CHUNK_ENTRY;
  entry.valueIntegers = <u8>integerSize;
  entry.nameLength = <u16>nameBytes;
  entry.valueLength = <u16>count;
  entry.hash = hash;
  entry.cd = cd;
  entry.nameChunk = <u16>writeArray(leaf, blockShift, name, nameBytes);
  entry.valueChunk = <u16>writeArray(leaf, blockShift, value, integerSize * count);
  linkEntry(leaf, blockShift, chunk);
  const header = changetype<ZapLeaf>(leaf);
  header.entries = <u16>(<u32>header.entries + 1);
}

/** Puts an entry into its chain, behind those with smaller hash and number. */
function linkEntry(leaf: usize, blockShift: u32, chunk: u32): void {
  const entry = entryAt(leaf, blockShift, chunk);
  const count = chunkCount(blockShift);
  let at = slotOf(leaf, blockShift, entry.hash);
  for (let steps: u32 = 0; steps < count; steps++) {
    const next = <u32>load<u16>(at);
    if (next >= count) break;
    const other = entryAt(leaf, blockShift, next);
    if (other.hash > entry.hash || (other.hash == entry.hash && other.cd > entry.cd)) break;
    at = other.pointer + ZapLeafEntry.nextOffset;
  }
  entry.next = load<u16>(at);
  store<u16>(at, <u16>chunk);
}

/** The lowest number that tells an entry apart from others of the same hash. */
export function freeNumber(leaf: usize, blockShift: u32, hash: u64): u32 {
  let chunk = <u32>load<u16>(slotOf(leaf, blockShift, hash));
  const count = chunkCount(blockShift);
  let number: u32 = 0;
  for (let steps: u32 = 0; chunk < count && steps < count; steps++) {
    const entry = entryAt(leaf, blockShift, chunk);
    if (entry.hash == hash && entry.cd >= number) number = entry.cd + 1;
    chunk = entry.next;
  }
  return number;
}

export function removeEntry(leaf: usize, blockShift: u32, chunk: u32): void {
  const entry = entryAt(leaf, blockShift, chunk);
  const count = chunkCount(blockShift);
  let at = slotOf(leaf, blockShift, entry.hash);
  for (let steps: u32 = 0; steps < count && <u32>load<u16>(at) != chunk; steps++) {
    const next = <u32>load<u16>(at);
    if (next >= count) return;
    at = chunkAt(leaf, blockShift, next) + ZapLeafEntry.nextOffset;
  }
  store<u16>(at, entry.next);
  freeArray(leaf, blockShift, entry.nameChunk);
  freeArray(leaf, blockShift, entry.valueChunk);
  giveChunk(leaf, blockShift, chunk);
  const header = changetype<ZapLeaf>(leaf);
  header.entries = <u16>(<u32>header.entries - 1);
}

/** Moves entries whose next bit of hash is set to a new leaf; both get that bit as part of their prefix. */
export function splitLeaf(leaf: usize, sibling: usize, blockShift: u32, scratch: usize): void {
  const header = changetype<ZapLeaf>(leaf);
  const length = <u32>header.prefixLength + 1;
  initLeaf(sibling, blockShift, (header.prefix << 1) | 1, length);
  header.prefix = header.prefix << 1;
  header.prefixLength = <u16>length;
  memory.fill(leaf + ZapLeaf.SIZE, 0xff, tableEnd(blockShift) - ZapLeaf.SIZE);
  const count = chunkCount(blockShift);
  for (let chunk: u32 = 0; chunk < count; chunk++) {
    const entry = entryAt(leaf, blockShift, chunk);
    if (entry.type != CHUNK_ENTRY) continue;
    if (!((entry.hash >> (64 - <u64>length)) & 1)) {
      linkEntry(leaf, blockShift, chunk);
      continue;
    }
    const nameBytes = min<u32>(entry.nameLength, 256);
    const valueBytes = <u32>entry.valueIntegers * <u32>entry.valueLength;
    const value = scratch + 256;
    if (!readArray(leaf, blockShift, entry.nameChunk, nameBytes, scratch)) continue;
    if (valueBytes > 8192 || !readArray(leaf, blockShift, entry.valueChunk, valueBytes, value)) continue;
    addEntry(sibling, blockShift, entry.hash, entry.cd, scratch, nameBytes, value, entry.valueIntegers, entry.valueLength);
    freeArray(leaf, blockShift, entry.nameChunk);
    freeArray(leaf, blockShift, entry.valueChunk);
    giveChunk(leaf, blockShift, chunk);
    header.entries = <u16>(<u32>header.entries - 1);
  }
}

/** The entry with the smallest (hash, number) at or after the given ones; END: none. */
export function nextEntry(leaf: usize, blockShift: u32, hash: u64, cd: u32): u32 {
  const count = chunkCount(blockShift);
  let best = END;
  let bestHash: u64 = 0;
  let bestCd: u32 = 0;
  const slots = (<usize>1) << hashShift(blockShift);
  const table = leaf + ZapLeaf.SIZE;
  // Chains are in order of the bits that they are chosen by: only the first that has something counts.
  let slot = slotOf(leaf, blockShift, hash);
  if (
    hash >> (64 - <u64>changetype<ZapLeaf>(leaf).prefixLength) != changetype<ZapLeaf>(leaf).prefix &&
    changetype<ZapLeaf>(leaf).prefixLength
  ) {
    slot = table;
  }
  for (; slot < table + slots * 2; slot += 2) {
    let chunk = <u32>load<u16>(slot);
    for (let steps: u32 = 0; chunk < count && steps < count; steps++) {
      const entry = entryAt(leaf, blockShift, chunk);
      if (entry.type != CHUNK_ENTRY) break;
      const after = entry.hash > hash || (entry.hash == hash && entry.cd >= cd);
      if (after && (best == END || entry.hash < bestHash || (entry.hash == bestHash && entry.cd < bestCd))) {
        best = chunk;
        bestHash = entry.hash;
        bestCd = entry.cd;
      }
      chunk = entry.next;
    }
    if (best != END) return best;
  }
  return END;
}
