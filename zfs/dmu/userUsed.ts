// SPDX-License-Identifier: MIT
/**
 * @fileoverview How much the files of each user and each group take: two ZAPs of an object set (pool version 15 and later), whose dnodes lie in its root block.
 * Names are ids in hexadecimal; a file counts as the bytes of its blocks and its dnode.
 *
 * When a group is synced, each changed dnode is copied into its block of the meta-dnode, where its state in the group before still is: what the old owners had is
 * taken from them, if the old dnode is marked as having been counted, and the new owners get what there is now. Sums over one object set go to the ZAPs
 * once, before the meta-dnode is written. Since owners are read from both states, nothing needs to be noted when a file changes hands.
 *
 * Object sets that older programs made count from where they are: until every dnode is marked, their root says that the counts are not complete, and
 * {@link countAll} completes them.
 */
import { DnodePhys, ZnodePhys } from 'layout/zfs';
import { zapAdd, zapFind, zapInit, zapRemove } from '../zap/zap';
import { POINTER_SIZE } from '../zio/blockPointer';
import { claimSpecial, dirtyDnode, Dnode, DNODE_SIZE, holdDnode, nextObject, releaseDnode } from './dnode';
import { Objset } from './objset';
import { OBJECT_GROUP_USED, OBJECT_USER_USED } from './traverse';
import { TYPE_NONE, TYPE_SA, TYPE_USER_GROUP_USED, TYPE_ZNODE } from './types';

/** Of a dnode: it has been counted. Of an object set: so have all. */
const FLAG_COUNTED: u8 = 2;
const FLAG_USED_BYTES: u8 = 1;
const FLAG_COMPLETE: u64 = 1;
/** Where system attributes have the owner behind their header, in all file systems. */
const SA_UID: usize = 24;
const SA_GID: usize = 32;
const SA_MAGIC: u32 = 0x2f505a;

class Sums {
  readonly ids: u64[] = [];
  readonly bytes: i64[] = [];

  add(id: u64, bytes: i64): void {
    const ids = this.ids;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] != id) continue;
      this.bytes[i] += bytes;
      return;
    }
    ids.push(id);
    this.bytes.push(bytes);
  }
  /** Into the ZAP; what comes to nothing goes. */
  store(dn: Dnode): i32 {
    let result = 0;
    for (let i = 0; i < this.ids.length && result == 0; i++) {
      if (this.bytes[i]) result = addTo(dn, this.ids[i].toString(16), this.bytes[i]);
    }
    return result;
  }
  clear(): void {
    this.ids.length = 0;
    this.bytes.length = 0;
  }
}
/** Of the object set that is being synced. */
const users = new Sums();
const groups = new Sums();

const cell = memory.data(8, 8);
function addTo(dn: Dnode, name: string, bytes: i64): i32 {
  const found = zapFind(dn, name, 8, 1, cell) == 0;
  const sum = (found ? <i64>load<u64>(cell) : 0) + bytes;
  let result = found ? zapRemove(dn, name) : 0;
  store<u64>(cell, <u64>sum);
  if (result == 0 && sum) result = zapAdd(dn, name, 8, 1, cell);
  return result;
}

/** The owners of what a dnode is of come to {@link uid} and {@link gid}; false: it is no file. */
function owners(raw: DnodePhys): bool {
  const type = <u32>raw.bonusType;
  const bonus = raw.pointer + 64 + <usize>raw.pointers * POINTER_SIZE;
  const bytes = <usize>raw.bonusLength;
  if (type == TYPE_ZNODE && bytes >= ZnodePhys.SIZE) {
    uid = load<u64>(bonus, ZnodePhys.uidOffset);
    gid = load<u64>(bonus, ZnodePhys.gidOffset);
    return true;
  }
  if (type != TYPE_SA || bytes < 8 || load<u32>(bonus) != SA_MAGIC) return false;
  const at = <usize>(load<u16>(bonus, 4) >> 10) * 8;
  if (at + SA_GID + 8 > bytes) return false;
  uid = load<u64>(bonus + at, SA_UID);
  gid = load<u64>(bonus + at, SA_GID);
  return true;
}
let uid: u64 = 0;
let gid: u64 = 0;

/** In the sync of a group: a dnode is about to take the place of what it was in the group before. */
export function countChange(before: usize, dn: Dnode): void {
  const old = changetype<DnodePhys>(before);
  const raw = dn.raw;
  if (old.type != <u8>TYPE_NONE && old.flags & FLAG_COUNTED && owners(old)) count(-size(old));
  if (raw.type == <u8>TYPE_NONE) return;
  raw.flags |= FLAG_COUNTED;
  if (owners(raw)) count(size(raw));
}
function size(raw: DnodePhys): i64 {
  const used = raw.flags & FLAG_USED_BYTES ? raw.used : raw.used << 9;
  return <i64>used + <i64>DNODE_SIZE;
}
function count(bytes: i64): void {
  users.add(uid, bytes);
  groups.add(gid, bytes);
}

/** In the sync of a group, before the first {@link countChange} of an object set. */
export function clearCounts(): void {
  users.clear();
  groups.clear();
}
/** Behind the last: the ZAPs change. If they cannot be read, the counts are not complete any more; that is no reason to write nothing. */
export function storeCounts(objset: Objset): void {
  if (!users.ids.length) return;
  make(objset);
  let result = users.store(objset.userUsed!);
  if (result == 0) result = groups.store(objset.groupUsed!);
  if (result < 0) objset.phys.flags &= ~FLAG_COMPLETE;
}
function make(objset: Objset): void {
  if (!objset.userUsed) {
    objset.userUsed = claimSpecial(objset, OBJECT_USER_USED, TYPE_USER_GROUP_USED);
    zapInit(objset, OBJECT_USER_USED);
  }
  if (!objset.groupUsed) {
    objset.groupUsed = claimSpecial(objset, OBJECT_GROUP_USED, TYPE_USER_GROUP_USED);
    zapInit(objset, OBJECT_GROUP_USED);
  }
}

/** The root block of a new object set. */
export function beginCounts(objset: Objset): void {
  if (objset.countsUsers) objset.phys.flags |= FLAG_COMPLETE;
}
export function isCounted(objset: Objset): bool {
  return (objset.phys.flags & FLAG_COMPLETE) != 0;
}

/** Sees to it that every file is counted when the group is synced. The object set has been synced. */
export function countAll(objset: Objset): void {
  for (let object = nextObject(objset, 0); object; object = nextObject(objset, object)) {
    const dn = holdDnode(objset, object);
    if (!dn) continue;
    if (!(dn.raw.flags & FLAG_COUNTED)) dirtyDnode(dn);
    releaseDnode(dn);
  }
  objset.phys.flags |= FLAG_COMPLETE;
  objset.makeDirty();
}
