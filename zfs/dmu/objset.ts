// SPDX-License-Identifier: MIT
/**
 * @fileoverview Object sets: a file system, a volume, a snapshot of one, or the pool's own (MOS). An object set is a root block with
 * the meta-dnode, whose data are the dnodes of all objects.
 *
 * {@link Objset.sync} writes everything that is dirty, from the leaves up: blocks level by level, dnodes into the meta-dnode, that,
 * and the root block. It may be called in several passes of one transaction group.
 */
import { EIO, setError } from '../../guest-os/kernel/errno';
import { DnodePhys, ObjsetPhys } from 'layout/zfs';
import { freeBuffer, newBuffer, newZeroed } from '../port/memory';
import { arcAdd, arcRead, arcRelease } from '../arc/arc';
import { Dataset } from '../dsl/dataset';
import { Spa } from '../spa/spa';
import { mark } from '../zio/bookmark';
import { isHole, logicalSize, pointer, POINTER_SIZE, typeOf } from '../zio/blockPointer';
import { CHECKSUM_FLETCHER_4, CHECKSUM_INHERIT } from '../zio/checksum';
import { COMPRESS_INHERIT, COMPRESS_LZJB, COMPRESS_OFF } from '../zio/compress';
import { spentSize, writeBlock, WritePolicy } from '../zio/zio';
import { Dbuf, dirtyDbuf, firstDirty, holdDbuf, pointerOf, releaseDbuf, undirty } from './dbuf';
import {
  Dnode,
  DNODE_BLOCK,
  DNODE_SHIFT,
  DNODE_SIZE,
  DNODES_PER_BLOCK,
  evictDnodes,
  growTo,
  releaseDnode,
  settle,
  specialDnode,
} from './dnode';
import { OBJECT_GROUP_USED, OBJECT_USER_USED } from './traverse';
import { isMetadata, OBJSET_ZFS, TYPE_DNODE, TYPE_NONE, TYPE_OBJSET } from './types';
import { beginCounts, clearCounts, countChange, storeCounts } from './userUsed';

const OLD_SIZE: u32 = 1024;
/** Root blocks hold accounting of users since this pool version. */
const VERSION_USERSPACE: u64 = 15;
/** From this pass on blocks are not compressed any more, so that their sizes settle. */
export const PASS_UNCOMPRESSED: u32 = 5;

export class Objset {
  meta: Dnode | null = null;
  /** What users and groups have (userUsed.ts); null: nothing has been counted. */
  userUsed: Dnode | null = null;
  groupUsed: Dnode | null = null;
  /** ZAPs of what they may have; 0: there are no such limits. */
  userQuotas: u64 = 0;
  groupQuotas: u64 = 0;
  dirtyDnodes: Dnode | null = null;
  isDirty: bool = false;
  /** What sync itself changes, it also writes. */
  private syncing: bool = false;
  /** Dnodes in memory. */
  dnodes: i32 = 0;
  /** Where the search for a free object begins; highest object allocated since the object set was opened. */
  cursor: u64 = 1;
  lastObject: u64 = 0;
  /** What data blocks are written with; a dataset's properties. */
  checksum: u32 = CHECKSUM_FLETCHER_4;
  compression: u32 = COMPRESS_OFF;
  copies: u32 = 1;
  recordSize: u32 = 128 << 10;
  /** When changes go to the intent log, and whether whole blocks go there as pointers only (zil/intentLog.ts). */
  syncMode: u32 = 0;
  logBias: u32 = 0;
  /** May its files have extended attributes? */
  keepsExtended: bool = true;
  /** What chmod(2) leaves of lists of access, and what new files have of their directory's (guest-os/fs/acl.ts). */
  aclMode: u32 = 0;
  aclInherit: u32 = 4;
  /** Is `.zfs` listed in its root directory? */
  showsSnapshots: bool = false;
  /** The root block in memory. */
  readonly root: usize;
  rootSize: u32;

  constructor(
    public readonly spa: Spa,
    /** Null: the MOS. */
    public readonly dataset: Dataset | null,
  ) {
    this.rootSize = spa.version < VERSION_USERSPACE ? OLD_SIZE : <u32>ObjsetPhys.SIZE;
    this.root = newZeroed(<u32>ObjsetPhys.SIZE);
    if (!dataset) this.compression = COMPRESS_LZJB;
  }

  get phys(): ObjsetPhys {
    return changetype<ObjsetPhys>(this.root);
  }
  /** The dataset's object; 0: the MOS. */
  get id(): u64 {
    const dataset = this.dataset;
    return dataset ? dataset.object : 0;
  }
  get type(): u64 {
    return this.phys.type;
  }

  /** Makes it new and empty. */
  create(type: u64): void {
    const raw = this.phys.meta;
    raw.type = <u8>TYPE_DNODE;
    raw.indirectShift = 14;
    raw.levels = 1;
    raw.pointers = 3;
    raw.sectors = <u16>(DNODE_BLOCK >> 9);
    raw.flags = 1;
    this.phys.type = type;
    beginCounts(this);
    this.meta = specialDnode(this, this.root);
    this.makeDirty();
  }

  /** Reads the root block. */
  open(root: usize): i32 {
    if (isHole(root)) return setError(EIO);
    const size = logicalSize(root);
    if (typeOf(root) != TYPE_OBJSET || (size != OLD_SIZE && size != <u32>ObjsetPhys.SIZE)) return setError(EIO);
    mark(this.id, 0, -1, 0);
    const block = arcRead(this.spa, root);
    if (!block) return setError(EIO);
    memory.copy(this.root, block.data, size);
    arcRelease(block);
    this.rootSize = size;
    this.meta = specialDnode(this, this.root);
    if (this.countsUsers) {
      this.userUsed = specialDnode(this, this.phys.userUsed.pointer, OBJECT_USER_USED);
      this.groupUsed = specialDnode(this, this.phys.groupUsed.pointer, OBJECT_GROUP_USED);
    }
    const meta = this.meta;
    return meta && meta.type == TYPE_DNODE && meta.blockSize == DNODE_BLOCK ? 0 : setError(EIO);
  }

  /** Clean, and nobody holds an object. */
  close(): void {
    const users = this.userUsed;
    const groups = this.groupUsed;
    if (users) releaseDnode(users);
    if (groups) releaseDnode(groups);
    this.userUsed = null;
    this.groupUsed = null;
    evictDnodes(this);
    const meta = this.meta;
    if (meta) releaseDnode(meta);
    this.meta = null;
    assert(!this.dnodes, 'object set in use');
    freeBuffer(this.root, <u32>ObjsetPhys.SIZE);
  }

  makeDirty(): void {
    if (this.isDirty || this.syncing) return;
    this.isDirty = true;
    const dataset = this.dataset;
    if (dataset) this.spa.dirtyDataset(dataset);
  }

  /** Is it known who has how much? Of file systems, if there is room for it in the root block. */
  get countsUsers(): bool {
    return this.dataset != null && this.phys.type == OBJSET_ZFS && this.rootSize == <u32>ObjsetPhys.SIZE;
  }

  // ---- accounting of blocks

  blockBorn(dn: Dnode | null, bp: usize): void {
    const spent = spentSize(this.spa, bp);
    if (dn) dn.raw.used += spent;
    const dataset = this.dataset;
    if (dataset) dataset.blockBorn(bp, spent);
    else this.spa.mosUsed(<i64>spent, bp);
  }

  /** The block is not referred to any more: it is freed, or lives on in a snapshot. */
  blockFreed(dn: Dnode | null, bp: usize): void {
    if (isHole(bp)) return;
    const spent = spentSize(this.spa, bp);
    if (dn) dn.raw.used -= min(spent, dn.raw.used);
    const dataset = this.dataset;
    if (dataset) dataset.blockFreed(bp, spent);
    else {
      this.spa.mosUsed(-(<i64>spent), bp);
      this.spa.free(bp);
    }
  }

  // ---- sync

  /** Writes all that is dirty, and the root block to a new place whose pointer comes to `rootPointer`. */
  sync(rootPointer: usize, txg: u64, pass: u32): i32 {
    this.isDirty = false;
    this.syncing = true;
    const result = this.syncAll(rootPointer, txg, pass);
    this.syncing = false;
    return result;
  }

  private syncAll(rootPointer: usize, txg: u64, pass: u32): i32 {
    const meta = this.meta!;
    const counts = this.countsUsers;
    clearCounts();
    while (this.dirtyDnodes) {
      const dn = this.dirtyDnodes!;
      this.dirtyDnodes = dn.dirtyNext;
      dn.isDirty = false;
      if (dn == meta || dn == this.userUsed || dn == this.groupUsed) continue;
      let result = this.syncBlocks(dn, txg, pass);
      if (result == 0) result = this.storeDnode(dn, counts);
      if (result < 0) return result;
      settle(dn);
    }
    if (counts) storeCounts(this);
    let result = this.syncSpecial(this.userUsed, this.phys.userUsed.pointer, txg, pass);
    if (result == 0) result = this.syncSpecial(this.groupUsed, this.phys.groupUsed.pointer, txg, pass);
    if (result == 0) result = this.syncBlocks(meta, txg, pass);
    if (result < 0) return result;
    // The meta-dnode's own block pointers put it on the list again.
    meta.isDirty = false;
    this.dirtyDnodes = null;
    memory.copy(this.root, meta.phys, DNODE_SIZE);
    const policy = this.policy(TYPE_OBJSET, 0, null, pass);
    return this.replace(null, rootPointer, this.root, this.rootSize, policy, txg, pass, this.objects());
  }

  /** An object whose dnode lies in the root block, at `to`. */
  private syncSpecial(dn: Dnode | null, to: usize, txg: u64, pass: u32): i32 {
    if (!dn) return 0;
    const result = this.syncBlocks(dn, txg, pass);
    dn.isDirty = false;
    memory.copy(to, dn.phys, DNODE_SIZE);
    return result;
  }

  /** How many there are on disk. */
  objects(): u64 {
    const meta = this.meta!;
    let fill: u64 = 0;
    for (let i: u64 = 0; i < <u64>meta.raw.pointers; i++) fill += pointer(meta.pointerAt(i)).fill;
    return fill;
  }

  private syncBlocks(dn: Dnode, txg: u64, pass: u32): i32 {
    for (let level: u32 = 0; level < dn.levels; level++) {
      for (let db = firstDirty(dn, level); db; db = firstDirty(dn, level)) {
        const result = this.syncBlock(dn, db, txg, pass);
        if (result < 0) return result;
      }
    }
    return 0;
  }

  /**
   * Writes a dirty block of data before its group is synced, which will find it written, unless it is changed again. Its pointer is `ahead` of the dbuf.
   */
  writeAhead(dn: Dnode, db: Dbuf): i32 {
    if (db.ahead) return 0;
    const bp = newZeroed(POINTER_SIZE);
    const result = writeBlock(this.spa, bp, db.data, db.size, this.policy(dn.type, 0, dn, 1), this.spa.openTxg, false);
    if (result < 0) {
      freeBuffer(bp, POINTER_SIZE);
      return result;
    }
    if (!isHole(bp)) pointer(bp).fill = 1;
    db.ahead = bp;
    return 0;
  }

  private syncBlock(dn: Dnode, db: Dbuf, txg: u64, pass: u32): i32 {
    const parent = db.parent;
    if (parent) dirtyDbuf(parent);
    const slot = pointerOf(db);
    const policy = this.policy(dn.type, db.level, dn, pass);
    if (db.ahead) {
      this.blockFreed(dn, slot);
      memory.copy(slot, db.ahead, POINTER_SIZE);
      if (!isHole(slot)) this.blockBorn(dn, slot);
      freeBuffer(db.ahead, POINTER_SIZE);
      db.ahead = 0;
    } else {
      const result = this.replace(dn, slot, db.data, db.size, policy, txg, pass, fillOf(dn, db));
      if (result < 0) return result;
    }
    undirty(db);
    // A hole has no place in the cache; its zeros stay with those who hold it.
    if (!isHole(slot)) db.cached = arcAdd(this.spa, slot, db.data, db.size);
    releaseDbuf(db);
    return 0;
  }

  /** Writes a block and frees the one that was there before; in later passes into the same place, if it was written in this group. */
  private replace(
    dn: Dnode | null,
    slot: usize,
    data: usize,
    size: u32,
    policy: WritePolicy,
    txg: u64,
    pass: u32,
    fill: u64,
  ): i32 {
    const old = newBuffer(POINTER_SIZE);
    memory.copy(old, slot, POINTER_SIZE);
    const inPlace = pass > 1 && pointer(slot).birth == txg;
    const result = writeBlock(this.spa, slot, data, size, policy, txg, inPlace);
    if (result >= 0 && !isHole(slot)) pointer(slot).fill = fill;
    if (result == 0) {
      this.blockFreed(dn, old);
      if (!isHole(slot)) this.blockBorn(dn, slot);
    }
    freeBuffer(old, POINTER_SIZE);
    return min(result, 0);
  }

  /** Writes a spill block (spill.ts) for the open group; `bp` is where it was before. */
  writeSpill(dn: Dnode, bp: usize, data: usize, bytes: u32): i32 {
    return this.replace(dn, bp, data, bytes, this.policy(dn.bonusType, 0, dn, 1), this.spa.openTxg, 1, 1);
  }

  private policy(type: u32, level: u32, dn: Dnode | null, pass: u32): WritePolicy {
    const policy = sharedPolicy;
    policy.type = type;
    policy.level = level;
    const dataset = this.dataset;
    if (level || isMetadata(type)) {
      policy.checksum = CHECKSUM_FLETCHER_4;
      policy.compression = COMPRESS_LZJB;
      policy.copies = dataset ? min<u32>(this.copies + 1, 3) : 3;
    } else {
      policy.checksum = dn && <u32>dn.raw.checksum != CHECKSUM_INHERIT ? <u32>dn.raw.checksum : this.checksum;
      policy.compression = dn && <u32>dn.raw.compress != COMPRESS_INHERIT ? <u32>dn.raw.compress : this.compression;
      policy.copies = dataset ? this.copies : 3;
    }
    if (pass >= PASS_UNCOMPRESSED) policy.compression = COMPRESS_OFF;
    return policy;
  }

  /** Copies a dnode into its block of the meta-dnode; `counts`: what its owners have changes with it. */
  private storeDnode(dn: Dnode, counts: bool): i32 {
    const meta = this.meta!;
    const block = dn.object / DNODES_PER_BLOCK;
    const fresh = block > meta.maxBlock;
    if (!growTo(meta, block)) return setError(EIO);
    const db = holdDbuf(meta, 0, block, !fresh);
    if (!db) return setError(EIO);
    if (fresh && !db.isDirty) memory.fill(db.data, 0, db.size);
    dirtyDbuf(db);
    const to = db.data + ((<usize>(dn.object % DNODES_PER_BLOCK)) << DNODE_SHIFT);
    if (counts) countChange(to, dn);
    memory.copy(to, dn.phys, DNODE_SIZE);
    releaseDbuf(db);
    return 0;
  }
}

const sharedPolicy = new WritePolicy();

/** How many blocks of data (or, in the meta-dnode, objects) there are below a pointer. */
function fillOf(dn: Dnode, db: Dbuf): u64 {
  let fill: u64 = 0;
  if (db.level) {
    for (let at = db.data; at < db.data + db.size; at += POINTER_SIZE) fill += pointer(at).fill;
    return fill;
  }
  if (dn.type != TYPE_DNODE) return 1;
  for (let at = db.data; at < db.data + db.size; at += DNODE_SIZE) {
    if (<u32>changetype<DnodePhys>(at).type != TYPE_NONE) fill++;
  }
  return fill;
}
