// SPDX-License-Identifier: MIT
/**
 * @fileoverview ZAPs: objects that map names to arrays of integers. Directories, properties, and nearly everything of the DSL are ZAPs.
 *
 * A small one is a micro ZAP: a single block of 64-byte entries, each a name of up to 49 bytes and one u64. When a name is longer, a value
 * is anything else, or 128 KiB are full, it becomes a fat ZAP (fat.ts), and stays one.
 *
 * Positions of a walk are opaque. In a micro ZAP they count entries; one that meanwhile became fat is walked from the beginning, so
 * that nothing is missed.
 */
import { MicroZap, MicroZapEntry } from 'layout/zfs';
import { EEXIST, EINVAL, EIO, ENOENT, setError } from '../../guest-os/kernel/errno';
import { equalsText, putText, zeroTerminated } from '../port/bytes';
import { EOVERFLOW } from '../port/errors';
import { freeBuffer, newBuffer, newZeroed } from '../port/memory';
import { system } from '../port/port';
import { dmuFreeRange } from '../dmu/dmu';
import { allocateObject, Dnode, holdDnode, releaseDnode, setBlockSize } from '../dmu/dnode';
import { dirtyDbuf, holdDbuf, releaseDbuf, writeDbuf } from '../dmu/dbuf';
import { Objset } from '../dmu/objset';
import { FatEntry, fatAdd, fatCount, fatCreate, fatFind, fatNext, fatRemove, isFat } from './fat';
import { hashName } from './hash';

const MICRO: u64 = ((<u64>1) << 63) | 3;
const ENTRY: u32 = 64;
const LONGEST_MICRO_NAME: i32 = 49;
const LARGEST_MICRO: u32 = 128 << 10;
/** Longest name of any entry, and value in bytes. */
export const LONGEST_NAME: i32 = 255;
export const LARGEST_VALUE: u32 = 8192;
/** Positions in a micro ZAP have this bit, those in a fat one never do. */
const MICRO_POSITION: u64 = (<u64>1) << 62;
export const WALK_DONE: u64 = u64.MAX_VALUE;

/** What the last lookup of a single number found. */
export let zapValue: u64 = 0;

export class ZapEntry {
  name: string = '';
  integerSize: u32 = 0;
  count: u32 = 0;
  /** The first integer. */
  value: u64 = 0;
  /** Where to go on. */
  next: u64 = 0;
}

// ---- making

export function zapCreate(objset: Objset, type: u32, bonusType: u32, bonusLength: u32): u64 {
  const object = allocateObject(objset, type, 512, bonusType, bonusLength);
  zapInit(objset, object);
  return object;
}

/** Makes a new object an empty micro ZAP. */
export function zapInit(objset: Objset, object: u64): void {
  const dn = holdDnode(objset, object)!;
  const db = writeDbuf(dn, 0, true)!;
  memory.fill(db.data, 0, db.size);
  const header = changetype<MicroZap>(db.data);
  header.type = MICRO;
  header.salt = system().random() | 1;
  releaseDbuf(db);
  releaseDnode(dn);
}

// ---- by object number

/** A single number comes to {@link zapValue}. */
export function zapGet(objset: Objset, object: u64, name: string): i32 {
  const dn = holdDnode(objset, object);
  if (!dn) return setError(EIO);
  const result = zapFind(dn, name, 8, 1, numberBuffer);
  if (result == 0) zapValue = load<u64>(numberBuffer);
  releaseDnode(dn);
  return result;
}
const numberBuffer = memory.data(8, 8);

/** Adds or replaces. */
export function zapSet(objset: Objset, object: u64, name: string, value: u64): i32 {
  store<u64>(numberBuffer, value);
  return zapSetArray(objset, object, name, 8, 1, numberBuffer);
}
export function zapSetArray(objset: Objset, object: u64, name: string, integerSize: u32, count: u32, from: usize): i32 {
  const dn = holdDnode(objset, object);
  if (!dn) return setError(EIO);
  const result = zapPut(dn, name, integerSize, count, from);
  releaseDnode(dn);
  return result;
}
/** The value of a name that has a text (integers of one byte, a zero at the end); null: none. */
export function zapText(objset: Objset, object: u64, name: string): string | null {
  const dn = holdDnode(objset, object);
  if (!dn) return null;
  const buffer = newZeroed(LARGEST_VALUE);
  const found = zapFind(dn, name, 1, LARGEST_VALUE, buffer) == 0;
  const text: string | null = found ? zeroTerminated(buffer, LARGEST_VALUE) : null;
  freeBuffer(buffer, LARGEST_VALUE);
  releaseDnode(dn);
  return text;
}
export function zapSetText(objset: Objset, object: u64, name: string, text: string): i32 {
  const bytes = <u32>text.length + 1;
  if (bytes > LARGEST_VALUE) return setError(EOVERFLOW);
  const buffer = newZeroed(bytes);
  putText(text, buffer);
  const result = zapSetArray(objset, object, name, 1, bytes, buffer);
  freeBuffer(buffer, bytes);
  return result;
}
export function zapDelete(objset: Objset, object: u64, name: string): i32 {
  const dn = holdDnode(objset, object);
  if (!dn) return setError(EIO);
  const result = zapRemove(dn, name);
  releaseDnode(dn);
  return result;
}
/** Names of numbers, in hexadecimal. */
export function zapSetInt(objset: Objset, object: u64, key: u64, value: u64): i32 {
  return zapSet(objset, object, key.toString(16), value);
}
export function zapDeleteInt(objset: Objset, object: u64, key: u64): i32 {
  return zapDelete(objset, object, key.toString(16));
}

// ---- by dnode

/** Up to `count` integers in this system's byte order. ENOENT; EINVAL: other size; EOVERFLOW: more than `count`. */
export function zapFind(dn: Dnode, name: string, integerSize: u32, count: u32, to: usize): i32 {
  const db = holdDbuf(dn, 0, 0, true);
  if (!db) return setError(EIO);
  let result: i32;
  if (isFat(db.data, db.size)) result = fatFind(dn, db, name, integerSize, count, to);
  else if (!isMicro(db.data)) result = setError(EIO);
  else {
    const entry = microFind(db.data, db.size, name);
    if (!entry) result = setError(ENOENT);
    else if (integerSize != 8) result = setError(EINVAL);
    else {
      store<u64>(to, entry.value);
      result = 0;
    }
  }
  releaseDbuf(db);
  return result;
}

/** Adds or replaces. */
export function zapPut(dn: Dnode, name: string, integerSize: u32, count: u32, from: usize): i32 {
  const removed = zapRemove(dn, name);
  if (removed < 0 && removed != setError(ENOENT)) return removed;
  return zapAdd(dn, name, integerSize, count, from);
}

/** EEXIST: the name is there. */
export function zapAdd(dn: Dnode, name: string, integerSize: u32, count: u32, from: usize): i32 {
  if (name.length > LONGEST_NAME || integerSize * count > LARGEST_VALUE) return setError(EOVERFLOW);
  let db = holdDbuf(dn, 0, 0, true);
  if (!db) return setError(EIO);
  if (!isFat(db.data, db.size)) {
    if (!isMicro(db.data)) {
      releaseDbuf(db);
      return setError(EIO);
    }
    if (microFind(db.data, db.size, name)) {
      releaseDbuf(db);
      return setError(EEXIST);
    }
    const fits = integerSize == 8 && count == 1 && name.length <= LONGEST_MICRO_NAME;
    if (fits) {
      let slot = freeSlot(db.data, db.size);
      if (slot < 0 && db.size < LARGEST_MICRO) {
        slot = <i32>(db.size / ENTRY);
        const larger = min(db.size * 2, LARGEST_MICRO);
        releaseDbuf(db);
        if (!setBlockSize(dn, larger)) return setError(EIO);
        db = holdDbuf(dn, 0, 0, true)!;
      }
      if (slot >= 0) {
        dirtyDbuf(db);
        const entry = changetype<MicroZapEntry>(db.data + <usize>slot * ENTRY);
        memory.fill(entry.pointer, 0, ENTRY);
        entry.value = load<u64>(from);
        // Any number that no other entry has tells two names of one hash apart.
        entry.cd = slot;
        putText(name, entry.pointer + MicroZapEntry.nameOffset);
        releaseDbuf(db);
        return 0;
      }
    }
    releaseDbuf(db);
    const result = makeFat(dn);
    if (result < 0) return result;
    db = holdDbuf(dn, 0, 0, true);
    if (!db) return setError(EIO);
  }
  const result = fatAdd(dn, db, name, integerSize, count, from);
  releaseDbuf(db);
  return result;
}

export function zapRemove(dn: Dnode, name: string): i32 {
  const db = holdDbuf(dn, 0, 0, true);
  if (!db) return setError(EIO);
  let result: i32;
  if (isFat(db.data, db.size)) result = fatRemove(dn, db, name);
  else if (!isMicro(db.data)) result = setError(EIO);
  else {
    const entry = microFind(db.data, db.size, name);
    if (!entry) result = setError(ENOENT);
    else {
      const at = entry.pointer - db.data;
      dirtyDbuf(db);
      memory.fill(db.data + at, 0, ENTRY);
      result = 0;
    }
  }
  releaseDbuf(db);
  return result;
}

export function zapCount(dn: Dnode): u64 {
  const db = holdDbuf(dn, 0, 0, true);
  if (!db) return 0;
  let count: u64 = 0;
  if (isFat(db.data, db.size)) count = fatCount(db.data);
  else if (isMicro(db.data)) {
    for (let at = db.data + ENTRY; at < db.data + db.size; at += ENTRY) {
      if (load<u8>(at, MicroZapEntry.nameOffset)) count++;
    }
  }
  releaseDbuf(db);
  return count;
}

/** The first entry at or after a position, 0 at the start. ENOENT: no more. */
export function zapNext(dn: Dnode, position: u64, entry: ZapEntry): i32 {
  if (position == WALK_DONE) return setError(ENOENT);
  const db = holdDbuf(dn, 0, 0, true);
  if (!db) return setError(EIO);
  let result = setError(ENOENT);
  if (isFat(db.data, db.size)) {
    result = fatNext(dn, db, position & MICRO_POSITION ? 0 : position, fatEntry);
    if (result == 0) {
      entry.name = fatEntry.name;
      entry.integerSize = fatEntry.integerSize;
      entry.count = fatEntry.count;
      entry.value = fatEntry.value;
      entry.next = fatEntry.next;
    }
  } else if (!isMicro(db.data)) result = setError(EIO);
  else {
    const first = position & MICRO_POSITION ? <u32>position : 1;
    for (let i = first; i < db.size / ENTRY; i++) {
      const at = changetype<MicroZapEntry>(db.data + <usize>i * ENTRY);
      const name = at.pointer + MicroZapEntry.nameOffset;
      if (!load<u8>(name)) continue;
      entry.name = zeroTerminated(name, 50);
      entry.integerSize = 8;
      entry.count = 1;
      entry.value = at.value;
      entry.next = MICRO_POSITION | (<u64>i + 1);
      result = 0;
      break;
    }
  }
  releaseDbuf(db);
  return result;
}
const fatEntry = new FatEntry();

/**
 * The name whose number, as far as the bits of `mask` go, is `value`, comes to {@link zapName}; of several the one whose hash is the lowest, as a fat ZAP has it
 * first. ENOENT: there is none.
 */
export function zapSearchValue(dn: Dnode, value: u64, mask: u64): i32 {
  const db = holdDbuf(dn, 0, 0, true);
  if (!db) return setError(EIO);
  let lowest: u64 = 0;
  let isFound = false;
  if (isMicro(db.data)) {
    const salt = changetype<MicroZap>(db.data).salt;
    for (let at = db.data + ENTRY; at < db.data + db.size; at += ENTRY) {
      const entry = changetype<MicroZapEntry>(at);
      const name = at + MicroZapEntry.nameOffset;
      if (!load<u8>(name) || (entry.value & mask) != value) continue;
      const text = zeroTerminated(name, 50);
      const hash = hashName(salt, text);
      if (isFound && hash >= lowest) continue;
      isFound = true;
      lowest = hash;
      zapName = text;
    }
    releaseDbuf(db);
    return isFound ? 0 : setError(ENOENT);
  }
  releaseDbuf(db);
  let position: u64 = 0;
  while (true) {
    const result = zapNext(dn, position, searched);
    if (result < 0) return result;
    position = searched.next;
    if ((searched.value & mask) != value) continue;
    zapName = searched.name;
    return 0;
  }
}
export let zapName: string = '';
const searched = new ZapEntry();

// ---- micro

function isMicro(data: usize): bool {
  return load<u64>(data) == MICRO;
}

/** A name with zeros behind it, as it is in an entry. */
const wanted: usize = memory.data(64, 8);
/** All ones for as many bytes, 8 at most. */
function bytesMask(count: i32): u64 {
  return count >= 8 ? ~(<u64>0) : count <= 0 ? 0 : ((<u64>1) << (<u64>count * 8)) - 1;
}

/** Entries are in no order; sixteen bytes of each name are compared at once. */
function microFind(data: usize, size: u32, name: string): MicroZapEntry | null {
  if (name.length > LONGEST_MICRO_NAME || !name.length) return null;
  memory.fill(wanted, 0, 64);
  putText(name, wanted);
  const count = name.length + 1;
  const mask0 = bytesMask(count);
  const mask1 = bytesMask(count - 8);
  const word0 = load<u64>(wanted);
  const word1 = load<u64>(wanted, 8);
  for (let at = data + ENTRY; at < data + size; at += ENTRY) {
    if ((load<u64>(at, MicroZapEntry.nameOffset) ^ word0) & mask0) continue;
    if ((load<u64>(at, MicroZapEntry.nameOffset + 8) ^ word1) & mask1) continue;
    if (count <= 16 || memory.compare(at + MicroZapEntry.nameOffset, wanted, count) == 0) return changetype<MicroZapEntry>(at);
  }
  return null;
}

function freeSlot(data: usize, size: u32): i32 {
  for (let at = ENTRY; at < size; at += ENTRY) {
    if (!load<u8>(data + at, MicroZapEntry.nameOffset)) return <i32>(at / ENTRY);
  }
  return -1;
}

/** Takes the entries out, makes the object a fat ZAP, and adds them again. */
function makeFat(dn: Dnode): i32 {
  const db = holdDbuf(dn, 0, 0, true);
  if (!db) return setError(EIO);
  const size = db.size;
  const copy = newBuffer(size);
  memory.copy(copy, db.data, size);
  releaseDbuf(db);
  const salt = changetype<MicroZap>(copy).salt;
  const normalisation = changetype<MicroZap>(copy).normalisation;
  let result = dmuFreeRange(dn, 0, u64.MAX_VALUE);
  if (result == 0) result = fatCreate(dn, salt, normalisation);
  const header = result == 0 ? holdDbuf(dn, 0, 0, true) : null;
  for (let at = copy + ENTRY; at < copy + size && header && result == 0; at += ENTRY) {
    const name = at + MicroZapEntry.nameOffset;
    if (load<u8>(name)) result = fatAdd(dn, header, zeroTerminated(name, 50), 8, 1, at);
  }
  if (header) releaseDbuf(header);
  freeBuffer(copy, size);
  return result;
}
