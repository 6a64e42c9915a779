// SPDX-License-Identifier: MIT
/**
 * @fileoverview Lists of block pointers as objects: what is to be freed, what a snapshot keeps alive. They may have sublists (version 26).
 *
 * Pointers in a list have no fill count (others read its lowest bit as a flag) and no checksum: such lists compress well.
 */
import { BpobjPhys } from 'layout/zfs';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { freeBuffer, newBuffer } from '../port/memory';
import { dmuFreeRange, dmuRead, dmuWrite } from '../dmu/dmu';
import { allocateObject, bonusOf, dirtyDnode, Dnode, freeObject, holdDnode, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { ratioSize, TYPE_BPOBJ, TYPE_BPOBJ_HEADER, TYPE_BPOBJ_SUBOBJECTS, TYPE_NONE } from '../dmu/types';
import { physicalSize, pointer, POINTER_SIZE } from '../zio/blockPointer';
import { spentSize } from '../zio/zio';

const BLOCK: u32 = 128 << 10;
/** Pointers read at a time. */
const BATCH: u32 = 16384;
const DEEPEST: i32 = 32;
const VERSION_SUBLISTS: u64 = 26;
const SIZE_WITHOUT_SUBLISTS: u32 = 32;

export type EachPointer = (bp: usize, context: usize) => i32;

export function createBpobj(mos: Objset, blockSize: u32 = BLOCK): u64 {
  const header = mos.spa.version < VERSION_SUBLISTS ? SIZE_WITHOUT_SUBLISTS : <u32>BpobjPhys.SIZE;
  return allocateObject(mos, TYPE_BPOBJ, blockSize, TYPE_BPOBJ_HEADER, header);
}

/** Older versions have shorter headers. */
function hasSpace(dn: Dnode): bool {
  return dn.bonusLength >= 32;
}
function hasSublists(dn: Dnode): bool {
  return dn.bonusLength >= <u32>BpobjPhys.SIZE;
}

function holdList(mos: Objset, object: u64): Dnode | null {
  const dn = holdDnode(mos, object);
  if (!dn) return null;
  if (dn.bonusType == TYPE_BPOBJ_HEADER && dn.bonusLength >= 16) return dn;
  releaseDnode(dn);
  return null;
}

export function appendToBpobj(mos: Objset, object: u64, bp: usize): i32 {
  const dn = holdList(mos, object);
  if (!dn) return setError(EIO);
  const header = changetype<BpobjPhys>(bonusOf(dn));
  const stored = newBuffer(POINTER_SIZE);
  memory.copy(stored, bp, POINTER_SIZE);
  pointer(stored).fill = 0;
  memory.fill(stored + 96, 0, 32);
  const result = dmuWrite(dn, header.count * POINTER_SIZE, POINTER_SIZE, stored);
  freeBuffer(stored, POINTER_SIZE);
  header.count++;
  const spent = spentSize(mos.spa, bp);
  header.bytes += spent;
  if (hasSpace(dn)) {
    header.compressed += physicalSize(bp);
    header.uncompressed += ratioSize(bp);
  }
  dirtyDnode(dn);
  releaseDnode(dn);
  return result;
}

/** Adds a list as a part of another; the list belongs to that one from now on. */
export function appendSublist(mos: Objset, object: u64, sublist: u64): i32 {
  const dn = holdList(mos, object);
  if (!dn) return setError(EIO);
  const part = holdList(mos, sublist);
  if (!part) {
    releaseDnode(dn);
    return setError(EIO);
  }
  const header = changetype<BpobjPhys>(bonusOf(dn));
  const own = changetype<BpobjPhys>(bonusOf(part));
  let result: i32;
  if (!own.count && !(hasSublists(part) && own.subobjectCount)) {
    result = freeObject(part);
  } else {
    if (!header.subobjects) header.subobjects = allocateObject(mos, TYPE_BPOBJ_SUBOBJECTS, 16384, TYPE_NONE, 0);
    const list = holdDnode(mos, header.subobjects);
    result = setError(EIO);
    if (list) {
      const cell = newBuffer(512);
      store<u64>(cell, sublist);
      result = dmuWrite(list, header.subobjectCount * 8, 8, cell);
      freeBuffer(cell, 512);
      releaseDnode(list);
    }
    header.subobjectCount++;
    header.bytes += own.bytes;
    header.compressed += own.compressed;
    header.uncompressed += own.uncompressed;
  }
  dirtyDnode(dn);
  releaseDnode(part);
  releaseDnode(dn);
  return result;
}

/** Calls for every pointer, those of sublists too. */
export function visitBpobj(mos: Objset, object: u64, each: EachPointer, context: usize, depth: i32 = 0): i32 {
  const dn = holdList(mos, object);
  if (!dn || depth == DEEPEST) {
    if (dn) releaseDnode(dn);
    return setError(EIO);
  }
  const header = changetype<BpobjPhys>(bonusOf(dn));
  const count = header.count * POINTER_SIZE;
  const batch = newBuffer(BATCH);
  let result = count / POINTER_SIZE == header.count ? 0 : setError(EIO);
  for (let at: u64 = 0; at < count && result == 0; at += BATCH) {
    const bytes = <usize>min<u64>(BATCH, count - at);
    result = dmuRead(dn, at, bytes, batch);
    for (let i: usize = 0; i < bytes && result == 0; i += POINTER_SIZE) result = each(batch + i, context);
  }
  if (hasSublists(dn) && header.subobjects && result == 0) {
    const list = holdDnode(mos, header.subobjects);
    if (!list) result = setError(EIO);
    for (let i: u64 = 0; i < header.subobjectCount && result == 0; i++) {
      result = dmuRead(list!, i * 8, 8, batch);
      if (result == 0) result = visitBpobj(mos, load<u64>(batch), each, context, depth + 1);
    }
    if (list) releaseDnode(list);
  }
  freeBuffer(batch, BATCH);
  releaseDnode(dn);
  return result;
}

/** Empties a list; its sublists go. */
export function emptyBpobj(mos: Objset, object: u64): i32 {
  const dn = holdList(mos, object);
  if (!dn) return setError(EIO);
  const header = changetype<BpobjPhys>(bonusOf(dn));
  let result = 0;
  if (header.count) result = dmuFreeRange(dn, 0, u64.MAX_VALUE);
  if (hasSublists(dn) && header.subobjects && result == 0) result = freeSublists(mos, header);
  header.count = 0;
  header.bytes = 0;
  if (hasSpace(dn)) {
    header.compressed = 0;
    header.uncompressed = 0;
  }
  dirtyDnode(dn);
  releaseDnode(dn);
  return result;
}

function freeSublists(mos: Objset, header: BpobjPhys): i32 {
  const list = holdDnode(mos, header.subobjects);
  if (!list) return setError(EIO);
  const cell = newBuffer(512);
  let result = 0;
  for (let i: u64 = 0; i < header.subobjectCount && result == 0; i++) {
    result = dmuRead(list, i * 8, 8, cell);
    if (result == 0) result = freeBpobj(mos, load<u64>(cell));
  }
  freeBuffer(cell, 512);
  if (result == 0) result = freeObject(list);
  releaseDnode(list);
  header.subobjects = 0;
  header.subobjectCount = 0;
  return result;
}

/** Frees the list itself, not the blocks that it names. */
export function freeBpobj(mos: Objset, object: u64): i32 {
  const emptied = emptyBpobj(mos, object);
  if (emptied < 0) return emptied;
  const dn = holdDnode(mos, object);
  if (!dn) return setError(EIO);
  const result = freeObject(dn);
  releaseDnode(dn);
  return result;
}

/** How many pointers, sublists not looked into. */
export function bpobjIsEmpty(mos: Objset, object: u64): bool {
  const dn = holdList(mos, object);
  if (!dn) return true;
  const header = changetype<BpobjPhys>(bonusOf(dn));
  const empty = !header.count && !(hasSublists(dn) && header.subobjectCount);
  releaseDnode(dn);
  return empty;
}
