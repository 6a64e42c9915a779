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
import { TYPE_BPOBJ_HEADER, TYPE_DEADLIST, TYPE_DEADLIST_HEADER } from '../dmu/types';
import { zapInit, zapNext, ZapEntry, zapDeleteInt, zapSetInt } from '../zap/zap';
import { logicalSize, physicalSize, pointer } from '../zio/blockPointer';
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
    header.uncompressed += logicalSize(bp);
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
