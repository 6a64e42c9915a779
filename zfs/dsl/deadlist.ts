// SPDX-License-Identifier: MIT
/**
 * @fileoverview Deadlists: blocks that a dataset does not refer to any more, but its previous snapshot does.
 *
 * Since version 26 a deadlist is a ZAP of lists by the time of birth: the list at key k has the blocks born after k, up to the next
 * key. Keys are the creation times of the snapshots before, so that what the destruction of one of them frees is found without
 * looking at blocks: whole lists are freed, or merged into the next deadlist. Before that a deadlist was a single list.
 */
import { BpobjPhys, DeadlistPhys } from 'layout/zfs';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { parseHex } from '../port/bytes';
import { allocateObject, bonusOf, dirtyDnode, Dnode, freeObject, holdDnode, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { Spa } from '../spa/spa';
import { ratioSize, TYPE_BPOBJ_HEADER, TYPE_DEADLIST, TYPE_DEADLIST_HEADER } from '../dmu/types';
import { zapInit, zapNext, ZapEntry, zapDeleteInt, zapSetInt } from '../zap/zap';
import { physicalSize, pointer } from '../zio/blockPointer';
import { spentSize } from '../zio/zio';
import { appendSublist, appendToBpobj, createBpobj, EachPointer, freeBpobj, visitBpobj } from './bpobj';

export const VERSION_DEADLISTS: u64 = 26;

export function createDeadlist(mos: Objset): u64 {
  if (mos.spa.version < VERSION_DEADLISTS) return createBpobj(mos);
  const object = allocateObject(mos, TYPE_DEADLIST, 512, TYPE_DEADLIST_HEADER, <u32>DeadlistPhys.SIZE);
  zapInit(mos, object);
  return object;
}

function isOld(dn: Dnode): bool {
  return dn.bonusType == TYPE_BPOBJ_HEADER;
}

/** A new list for blocks born after `birth`. */
export function addDeadlistKey(mos: Objset, deadlist: u64, birth: u64): i32 {
  const dn = holdDnode(mos, deadlist);
  if (!dn) return setError(EIO);
  const old = isOld(dn);
  releaseDnode(dn);
  return old ? 0 : zapSetInt(mos, deadlist, birth, createBpobj(mos));
}

/** Keys, ascending, and their lists. */
export class DeadlistKeys {
  readonly births: u64[] = [];
  readonly lists: u64[] = [];

  read(dn: Dnode): i32 {
    const entry = new ZapEntry();
    let position: u64 = 0;
    let result: i32;
    while ((result = zapNext(dn, position, entry)) == 0) {
      position = entry.next;
      const birth = parseHex(entry.name);
      let at = this.births.length;
      this.births.push(birth);
      this.lists.push(entry.value);
      while (at && this.births[at - 1] > birth) {
        this.births[at] = this.births[at - 1];
        this.lists[at] = this.lists[at - 1];
        at--;
      }
      this.births[at] = birth;
      this.lists[at] = entry.value;
    }
    return result == setError(EIO) ? result : 0;
  }

  /** The list for a block: that with the largest key before its birth. */
  listFor(birth: u64): u64 {
    for (let i = this.births.length - 1; i >= 0; i--) if (this.births[i] < birth || i == 0) return this.lists[i];
    return 0;
  }
}

/** `keys` of this deadlist are kept by callers that add many. */
export function addToDeadlist(mos: Objset, deadlist: u64, keys: DeadlistKeys, bp: usize): i32 {
  const dn = holdDnode(mos, deadlist);
  if (!dn) return setError(EIO);
  let result: i32;
  if (isOld(dn)) result = appendToBpobj(mos, deadlist, bp);
  else {
    const header = changetype<DeadlistPhys>(bonusOf(dn));
    header.used += spentSize(mos.spa, bp);
    header.compressed += physicalSize(bp);
    header.uncompressed += ratioSize(bp);
    dirtyDnode(dn);
    const list = keys.listFor(pointer(bp).birth);
    result = list ? appendToBpobj(mos, list, bp) : setError(EIO);
  }
  releaseDnode(dn);
  return result;
}

export function readKeys(mos: Objset, deadlist: u64, keys: DeadlistKeys): i32 {
  const dn = holdDnode(mos, deadlist);
  if (!dn) return setError(EIO);
  const result = isOld(dn) ? 0 : keys.read(dn);
  releaseDnode(dn);
  return result;
}

/** Space of all its blocks. */
export function deadlistUsed(mos: Objset, deadlist: u64): u64 {
  const dn = holdDnode(mos, deadlist);
  if (!dn) return 0;
  const used = isOld(dn) ? changetype<BpobjPhys>(bonusOf(dn)).bytes : changetype<DeadlistPhys>(bonusOf(dn)).used;
  releaseDnode(dn);
  return used;
}

/** A new deadlist with empty lists for all keys of another, up to `birth`. */
export function cloneDeadlist(mos: Objset, deadlist: u64, birth: u64): u64 {
  const object = createDeadlist(mos);
  const dn = holdDnode(mos, deadlist);
  if (!dn) return object;
  if (!isOld(dn)) {
    const keys = new DeadlistKeys();
    keys.read(dn);
    for (let i = 0; i < keys.births.length; i++) if (keys.births[i] < birth) addDeadlistKey(mos, object, keys.births[i]);
  }
  releaseDnode(dn);
  return object;
}

export function visitDeadlist(mos: Objset, deadlist: u64, each: EachPointer, context: usize): i32 {
  const dn = holdDnode(mos, deadlist);
  if (!dn) return setError(EIO);
  let result = 0;
  if (isOld(dn)) result = visitBpobj(mos, deadlist, each, context);
  else {
    const keys = new DeadlistKeys();
    result = keys.read(dn);
    for (let i = 0; i < keys.lists.length && result == 0; i++) result = visitBpobj(mos, keys.lists[i], each, context);
  }
  releaseDnode(dn);
  return result;
}

/** Frees the deadlist, not the blocks in it. */
export function freeDeadlist(mos: Objset, deadlist: u64): i32 {
  const dn = holdDnode(mos, deadlist);
  if (!dn) return setError(EIO);
  let result = 0;
  if (isOld(dn)) {
    releaseDnode(dn);
    return freeBpobj(mos, deadlist);
  }
  const keys = new DeadlistKeys();
  result = keys.read(dn);
  for (let i = 0; i < keys.lists.length && result == 0; i++) result = freeBpobj(mos, keys.lists[i]);
  if (result == 0) result = freeObject(dn);
  releaseDnode(dn);
  return result;
}

/**
 * The snapshot made at `birth` is gone: the list of that key is appended to that of the key before. The space of the deadlist stays.
 */
export function removeDeadlistKey(mos: Objset, deadlist: u64, birth: u64): i32 {
  const keys = new DeadlistKeys();
  const result = readKeys(mos, deadlist, keys);
  if (result < 0) return result;
  for (let i = 1; i < keys.births.length; i++) {
    if (keys.births[i] != birth) continue;
    const removed = zapDeleteInt(mos, deadlist, birth);
    return removed < 0 ? removed : appendSublist(mos, keys.lists[i - 1], keys.lists[i]);
  }
  return 0;
}

/** What {@link deadlistRange} has counted. */
export class Space {
  used: u64 = 0;
  compressed: u64 = 0;
  uncompressed: u64 = 0;
  spa: Spa | null = null;
  after: u64 = 0;
  until: u64 = 0;

  count(bp: usize): void {
    this.used += spentSize(this.spa!, bp);
    this.compressed += physicalSize(bp);
    this.uncompressed += ratioSize(bp);
  }
}

function countInRange(bp: usize, context: usize): i32 {
  const space = changetype<Space>(context);
  const birth = pointer(bp).birth;
  if (birth > space.after && birth <= space.until) space.count(bp);
  return 0;
}

/** Adds the space of the blocks that were born after one group and until another, both creations of snapshots before. */
export function deadlistRange(mos: Objset, deadlist: u64, after: u64, until: u64, space: Space): i32 {
  const dn = holdDnode(mos, deadlist);
  if (!dn) return setError(EIO);
  space.spa = mos.spa;
  space.after = after;
  space.until = until;
  let result = 0;
  if (isOld(dn)) result = visitBpobj(mos, deadlist, countInRange, changetype<usize>(space));
  else {
    const keys = new DeadlistKeys();
    result = keys.read(dn);
    for (let i = 0; i < keys.births.length && result == 0; i++) {
      const from = keys.births[i];
      const to = i + 1 < keys.births.length ? keys.births[i + 1] : u64.MAX_VALUE;
      if (to <= after || from >= until) continue;
      // Lists within the range count as a whole.
      if (from >= after && to <= until) result = countList(mos, keys.lists[i], space);
      else result = visitBpobj(mos, keys.lists[i], countInRange, changetype<usize>(space));
    }
  }
  releaseDnode(dn);
  return result;
}

function countList(mos: Objset, list: u64, space: Space): i32 {
  const dn = holdDnode(mos, list);
  if (!dn) return setError(EIO);
  const header = changetype<BpobjPhys>(bonusOf(dn));
  space.used += header.bytes;
  space.compressed += header.compressed;
  space.uncompressed += header.uncompressed;
  releaseDnode(dn);
  return 0;
}

/** Takes the lists of blocks born after a group, calls for each block, and counts what they were in `space`. For versions with keys. */
export function takeFromDeadlist(mos: Objset, deadlist: u64, after: u64, each: EachPointer, context: usize, space: Space): i32 {
  const keys = new DeadlistKeys();
  let result = readKeys(mos, deadlist, keys);
  for (let i = 0; i < keys.births.length && result == 0; i++) {
    if (keys.births[i] < after) continue;
    result = countList(mos, keys.lists[i], space);
    if (result == 0) result = visitBpobj(mos, keys.lists[i], each, context);
    if (result == 0) result = freeBpobj(mos, keys.lists[i]);
    if (result == 0) result = zapDeleteInt(mos, deadlist, keys.births[i]);
  }
  return result < 0 ? result : changeHeader(mos, deadlist, space, -1);
}

function changeHeader(mos: Objset, deadlist: u64, space: Space, sign: i64): i32 {
  const dn = holdDnode(mos, deadlist);
  if (!dn) return setError(EIO);
  const header = changetype<DeadlistPhys>(bonusOf(dn));
  header.used += sign * space.used;
  header.compressed += sign * space.compressed;
  header.uncompressed += sign * space.uncompressed;
  dirtyDnode(dn);
  releaseDnode(dn);
  return 0;
}

/** Puts all lists of one deadlist into another, which has a key at or before each of its keys, and frees the first. */
export function mergeDeadlist(mos: Objset, into: u64, from: u64): i32 {
  const keys = new DeadlistKeys();
  const target = new DeadlistKeys();
  const space = new Space();
  let result = readKeys(mos, from, keys);
  if (result == 0) result = readKeys(mos, into, target);
  for (let i = 0; i < keys.births.length && result == 0; i++) {
    let at = target.births.length - 1;
    while (at > 0 && target.births[at] > keys.births[i]) at--;
    if (at < 0) return setError(EIO);
    result = countList(mos, keys.lists[i], space);
    if (result == 0) result = appendSublist(mos, target.lists[at], keys.lists[i]);
  }
  if (result == 0) result = changeHeader(mos, into, space, 1);
  const dn = result == 0 ? holdDnode(mos, from) : null;
  if (!dn) return result < 0 ? result : setError(EIO);
  result = freeObject(dn);
  releaseDnode(dn);
  return result;
}

export function isOldDeadlist(mos: Objset, deadlist: u64): bool {
  const dn = holdDnode(mos, deadlist);
  if (!dn) return false;
  const old = isOld(dn);
  releaseDnode(dn);
  return old;
}
