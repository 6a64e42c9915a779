// SPDX-License-Identifier: MIT
/**
 * @fileoverview Fat ZAPs: extendible hashing (R. Fagin et al., 1979). A table of pointers, indexed by the first bits of a name's hash, leads
 * to leaves (leaf.ts); a full leaf is split in two by one more bit, and the table doubles when a leaf has as many bits as it does.
 *
 * Block 0 has the header, and in its second half the table, until that needs blocks of its own: then it lies in consecutive blocks and is
 * copied at once when it doubles (others copy it piece by piece, and leave a copy under way, which is finished here before
 * anything is added).
 */
import { FatZap, ZapLeaf } from 'layout/zfs';
import { EEXIST, EINVAL, EIO, ENOENT, setError } from '../../guest-os/kernel/errno';
import { putText } from '../port/bytes';
import { EOVERFLOW } from '../port/errors';
import { freeBuffer, newBuffer } from '../port/memory';
import { dmuFreeRange, dmuRead, dmuWrite } from '../dmu/dmu';
import { Dbuf, dirtyDbuf, holdDbuf, releaseDbuf, writeDbuf } from '../dmu/dbuf';
import { Dnode, setBlockSize } from '../dmu/dnode';
import { hashName, HASH_BITS } from './hash';
import {
  addEntry,
  chunksFor,
  END,
  entryAt,
  entryName,
  findEntry,
  freeNumber,
  initLeaf,
  isLeaf,
  nextEntry,
  readArray,
  removeEntry,
  splitLeaf,
} from './leaf';

const HEADER: u64 = ((<u64>1) << 63) | 1;
const MAGIC: u64 = 0x2f52ab2ab;
const BLOCK_SHIFT: u32 = 14;
const SMALLEST_SHIFT: u32 = 9;
const LARGEST_SHIFT: u32 = 17;
/** A table beyond this cannot be told from garbage: 64 Mi pointers. */
const LARGEST_TABLE: u64 = 26;
/** Name (with zero) and value of one entry. */
const SCRATCH: u32 = 256 + 8192;
/** Bits of the hash that a position holds; the rest is the number among entries of one hash. */
const POSITION_SHIFT: u64 = 64 - HASH_BITS;

export class FatEntry {
  name: string = '';
  integerSize: u32 = 0;
  count: u32 = 0;
  value: u64 = 0;
  next: u64 = 0;
}

export function isFat(data: usize, size: u32): bool {
  const header = changetype<FatZap>(data);
  const shift = <u32>ctz(size);
  return (
    header.type == HEADER &&
    header.magic == MAGIC &&
    (<u32>1) << shift == size &&
    shift >= SMALLEST_SHIFT &&
    shift <= LARGEST_SHIFT &&
    header.tableShift <= LARGEST_TABLE &&
    (header.tableBlocks != 0 || header.tableShift == <u64>shift - 4)
  );
}
export function fatCount(data: usize): u64 {
  return changetype<FatZap>(data).entries;
}

/** An empty one in an object whose blocks have been freed. */
export function fatCreate(dn: Dnode, salt: u64, normalisation: u64): i32 {
  if (!setBlockSize(dn, 1 << BLOCK_SHIFT)) return setError(EIO);
  const db = writeDbuf(dn, 0, true);
  if (!db) return setError(EIO);
  memory.fill(db.data, 0, db.size);
  const header = changetype<FatZap>(db.data);
  header.type = HEADER;
  header.magic = MAGIC;
  header.tableShift = <u64>BLOCK_SHIFT - 4;
  header.freeBlock = 2;
  header.leaves = 1;
  header.salt = salt;
  header.normalisation = normalisation;
  for (let at = db.size / 2; at < db.size; at += 8) store<u64>(db.data + at, 1);
  releaseDbuf(db);
  const leaf = writeDbuf(dn, 1, true);
  if (!leaf) return setError(EIO);
  initLeaf(leaf.data, BLOCK_SHIFT, 0, 0);
  releaseDbuf(leaf);
  return 0;
}

// ---- the table

function tablePosition(header: FatZap, size: u32, index: u64): u64 {
  return header.tableBlocks ? header.tableStart * size + index * 8 : <u64>(size / 2) + index * 8;
}

function readTable(dn: Dnode, db: Dbuf, index: u64): u64 {
  const header = changetype<FatZap>(db.data);
  const at = tablePosition(header, db.size, index);
  if (!header.tableBlocks) return load<u64>(db.data + <usize>at);
  return dmuRead(dn, at, 8, cell) < 0 ? 0 : load<u64>(cell);
}
const cell = memory.data(8, 8);

function writeTable(dn: Dnode, db: Dbuf, index: u64, leaf: u64): i32 {
  const at = tablePosition(changetype<FatZap>(db.data), db.size, index);
  if (!changetype<FatZap>(db.data).tableBlocks) {
    dirtyDbuf(db);
    store<u64>(db.data + <usize>at, leaf);
    return 0;
  }
  store<u64>(cell, leaf);
  return dmuWrite(dn, at, 8, cell);
}

function shiftOf(db: Dbuf): u32 {
  return ctz(db.size);
}

/** The leaf for a hash, held; null: it cannot be read or makes no sense. */
function holdLeaf(dn: Dnode, db: Dbuf, hash: u64): Dbuf | null {
  const header = changetype<FatZap>(db.data);
  const index = header.tableShift ? hash >> (64 - header.tableShift) : 0;
  const block = readTable(dn, db, index);
  if (!block || block > dn.maxBlock) return null;
  const leaf = holdDbuf(dn, 0, block, true);
  if (!leaf) return null;
  const raw = changetype<ZapLeaf>(leaf.data);
  if (isLeaf(leaf.data) && <u64>raw.prefixLength <= header.tableShift) return leaf;
  releaseDbuf(leaf);
  return null;
}

/** Twice as many pointers, each leaf in two consecutive ones. */
function doubleTable(dn: Dnode, db: Dbuf): i32 {
  const header = changetype<FatZap>(db.data);
  const size = db.size;
  const count = (<u64>1) << header.tableShift;
  if (header.tableShift >= LARGEST_TABLE) return setError(EOVERFLOW);
  const blocks = (count * 16 + size - 1) / size;
  const start = header.freeBlock;
  const piece = newBuffer(size);
  let result = 0;
  // A block of the new table is half a block of the old.
  for (let i: u64 = 0; i < blocks && result == 0; i++) {
    const first = i * (size / 16);
    for (let j: u64 = 0; j < <u64>(size / 16); j++) {
      const leaf = readTable(dn, db, first + j);
      store<u64>(piece + <usize>j * 16, leaf);
      store<u64>(piece + <usize>j * 16, leaf, 8);
    }
    result = dmuWrite(dn, (start + i) * size, size, piece);
  }
  freeBuffer(piece, size);
  if (result < 0) return result;
  if (header.tableBlocks) {
    result = dmuFreeRange(dn, header.tableStart * size, header.tableBlocks * size);
    if (result < 0) return result;
  }
  dirtyDbuf(db);
  const changed = changetype<FatZap>(db.data);
  if (!changed.tableBlocks) memory.fill(db.data + size / 2, 0, size / 2);
  changed.tableStart = start;
  changed.tableBlocks = blocks;
  changed.tableShift++;
  changed.tableNext = 0;
  changed.tableCopied = 0;
  changed.freeBlock = start + blocks;
  return 0;
}

/** Another writer was copying the table: the new one is thrown away, it can be made again. */
function dropCopy(dn: Dnode, db: Dbuf): i32 {
  const header = changetype<FatZap>(db.data);
  if (!header.tableNext) return 0;
  const blocks = max<u64>(header.tableBlocks, 1) * 2;
  const result = dmuFreeRange(dn, header.tableNext * db.size, blocks * db.size);
  dirtyDbuf(db);
  changetype<FatZap>(db.data).tableNext = 0;
  changetype<FatZap>(db.data).tableCopied = 0;
  return result;
}

/** Splits a full leaf, which is let go. */
function split(dn: Dnode, db: Dbuf, leaf: Dbuf, hash: u64): i32 {
  const blockShift = shiftOf(db);
  const length = <u64>changetype<ZapLeaf>(leaf.data).prefixLength;
  let result = 0;
  // Names of one hash value: no bit tells them apart.
  if (length >= HASH_BITS) result = setError(EOVERFLOW);
  if (result == 0 && length == changetype<FatZap>(db.data).tableShift) result = doubleTable(dn, db);
  if (result < 0) {
    releaseDbuf(leaf);
    return result;
  }
  dirtyDbuf(db);
  const block = changetype<FatZap>(db.data).freeBlock++;
  changetype<FatZap>(db.data).leaves++;
  const sibling = writeDbuf(dn, block, true);
  if (!sibling) {
    releaseDbuf(leaf);
    return setError(EIO);
  }
  dirtyDbuf(leaf);
  const scratch = newBuffer(SCRATCH);
  splitLeaf(leaf.data, sibling.data, blockShift, scratch);
  freeBuffer(scratch, SCRATCH);
  // The upper half of the pointers that led to the leaf lead to the new one.
  const spare = changetype<FatZap>(db.data).tableShift - (length + 1);
  const prefix = changetype<ZapLeaf>(sibling.data).prefix;
  const first = prefix << spare;
  for (let i: u64 = 0; i < (<u64>1) << spare && result == 0; i++) result = writeTable(dn, db, first + i, block);
  releaseDbuf(sibling);
  releaseDbuf(leaf);
  return result;
}

// ---- entries

export function fatFind(dn: Dnode, db: Dbuf, name: string, integerSize: u32, count: u32, to: usize): i32 {
  const hash = hashName(changetype<FatZap>(db.data).salt, name);
  const leaf = holdLeaf(dn, db, hash);
  if (!leaf) return setError(EIO);
  const blockShift = shiftOf(db);
  const chunk = findEntry(leaf.data, blockShift, hash, name);
  let result = 0;
  if (chunk == END) result = setError(ENOENT);
  else {
    const entry = entryAt(leaf.data, blockShift, chunk);
    if (<u32>entry.valueIntegers != integerSize) result = setError(EINVAL);
    else if (<u32>entry.valueLength > count) result = setError(EOVERFLOW);
    else if (!readArray(leaf.data, blockShift, entry.valueChunk, integerSize * <u32>entry.valueLength, to))
      result = setError(EIO);
    else swapIntegers(to, integerSize, entry.valueLength);
  }
  releaseDbuf(leaf);
  return result;
}

export function fatAdd(dn: Dnode, db: Dbuf, name: string, integerSize: u32, count: u32, from: usize): i32 {
  const dropped = dropCopy(dn, db);
  if (dropped < 0) return dropped;
  const hash = hashName(changetype<FatZap>(db.data).salt, name);
  const blockShift = shiftOf(db);
  const needed = chunksFor(name.length, integerSize * count);
  while (true) {
    const leaf = holdLeaf(dn, db, hash);
    if (!leaf) return setError(EIO);
    if (findEntry(leaf.data, blockShift, hash, name) != END) {
      releaseDbuf(leaf);
      return setError(EEXIST);
    }
    if (<u32>changetype<ZapLeaf>(leaf.data).free < needed) {
      const result = split(dn, db, leaf, hash);
      if (result < 0) return result;
      continue;
    }
    dirtyDbuf(leaf);
    const scratch = newBuffer(SCRATCH);
    putText(name, scratch);
    store<u8>(scratch + name.length, 0);
    const value = scratch + 256;
    memory.copy(value, from, integerSize * count);
    swapIntegers(value, integerSize, count);
    const cd = freeNumber(leaf.data, blockShift, hash);
    addEntry(leaf.data, blockShift, hash, cd, scratch, <u32>name.length + 1, value, integerSize, count);
    freeBuffer(scratch, SCRATCH);
    releaseDbuf(leaf);
    dirtyDbuf(db);
    changetype<FatZap>(db.data).entries++;
    return 0;
  }
}

export function fatRemove(dn: Dnode, db: Dbuf, name: string): i32 {
  const hash = hashName(changetype<FatZap>(db.data).salt, name);
  const leaf = holdLeaf(dn, db, hash);
  if (!leaf) return setError(EIO);
  const blockShift = shiftOf(db);
  const chunk = findEntry(leaf.data, blockShift, hash, name);
  if (chunk == END) {
    releaseDbuf(leaf);
    return setError(ENOENT);
  }
  dirtyDbuf(leaf);
  removeEntry(leaf.data, blockShift, chunk);
  releaseDbuf(leaf);
  dirtyDbuf(db);
  changetype<FatZap>(db.data).entries--;
  return 0;
}

/** Entries come in order of hash and number. A position is the hash's bits above the number of the entry to go on with. */
export function fatNext(dn: Dnode, db: Dbuf, position: u64, found: FatEntry): i32 {
  const blockShift = shiftOf(db);
  // Positions leave room for two flags in their highest bits; see zap.ts.
  let hash = (position >> 30) << POSITION_SHIFT;
  let cd = <u32>position & 0x3fffffff;
  while (true) {
    const leaf = holdLeaf(dn, db, hash);
    if (!leaf) return setError(EIO);
    const chunk = nextEntry(leaf.data, blockShift, hash, cd);
    if (chunk != END) {
      const result = describe(leaf.data, blockShift, chunk, found);
      releaseDbuf(leaf);
      return result;
    }
    const raw = changetype<ZapLeaf>(leaf.data);
    const length = <u64>raw.prefixLength;
    const prefix = raw.prefix;
    releaseDbuf(leaf);
    // On to where the next prefix begins.
    if (!length || prefix + 1 >= (<u64>1) << length) return setError(ENOENT);
    const next = (prefix + 1) << (64 - length);
    if (next <= hash) return setError(EIO);
    hash = next;
    cd = 0;
  }
}

function describe(leaf: usize, blockShift: u32, chunk: u32, found: FatEntry): i32 {
  const entry = entryAt(leaf, blockShift, chunk);
  const scratch = newBuffer(SCRATCH);
  const name = entryName(leaf, blockShift, entry, scratch);
  found.integerSize = entry.valueIntegers;
  found.count = entry.valueLength;
  found.value = 0;
  const bytes = found.integerSize;
  if (bytes == 8 && found.count && readArray(leaf, blockShift, entry.valueChunk, 8, scratch)) {
    found.value = bswap(load<u64>(scratch));
  }
  freeBuffer(scratch, SCRATCH);
  found.next = ((entry.hash >> POSITION_SHIFT) << 30) | (<u64>entry.cd + 1);
  if (!name) return setError(EIO);
  found.name = name;
  return 0;
}

/** Between big-endian and ours. */
function swapIntegers(at: usize, size: u32, count: u32): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    if (size == 8) store<u64>(at + i * 8, bswap(load<u64>(at + i * 8)));
    else if (size == 4) store<u32>(at + i * 4, bswap(load<u32>(at + i * 4)));
    else if (size == 2) store<u16>(at + i * 2, bswap(load<u16>(at + i * 2)));
  }
}
