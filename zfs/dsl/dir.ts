// SPDX-License-Identifier: MIT
/**
 * @fileoverview DSL directories: the tree of names that datasets form, with what is counted and limited for each subtree.
 *
 * `used` of a directory is its dataset, its snapshots and all children; each change is added to all directories above. A reservation that
 * is not used up counts as used for those above.
 */
import { DslDirPhys } from 'layout/zfs';
import { ENOSPC, setError } from '../../guest-os/kernel/errno';
import { EDQUOT } from '../port/errors';
import { now } from '../port/port';
import { allocateObject, bonusOf, dirtyDnode, Dnode, holdDnode, releaseDnode } from '../dmu/dnode';
import { TYPE_DSL_CLONES, TYPE_DSL_DIR, TYPE_DSL_DIR_CHILDREN, TYPE_DSL_PROPERTIES } from '../dmu/types';
import { Spa } from '../spa/spa';
import { zapCreate, zapGet, zapSet, zapValue } from '../zap/zap';

export const USED_HEAD: i32 = 0;
export const USED_SNAPSHOTS: i32 = 1;
export const USED_CHILDREN: i32 = 2;
export const USED_CHILD_RESERVATIONS: i32 = 3;
export const USED_RESERVATION: i32 = 4;
/** `breakdown` is kept. */
const FLAG_BREAKDOWN: u64 = 1;
const VERSION_DIR_CLONES: u64 = 26;

/** An open directory; its pool keeps it, with its dnode held, as long as the pool is open. */
export class Dir {
  parent: Dir | null = null;
  /** Bytes of writes that were accepted in the open transaction group. */
  pending: u64 = 0;

  constructor(
    public readonly spa: Spa,
    public readonly object: u64,
    public name: string,
    public readonly dn: Dnode,
  ) {}

  get phys(): DslDirPhys {
    return changetype<DslDirPhys>(bonusOf(this.dn));
  }
  get fullName(): string {
    const parent = this.parent;
    return parent ? parent.fullName + '/' + this.name : this.name;
  }
  dirty(): void {
    dirtyDnode(this.dn);
  }

  /** Counts space for this directory and those above. */
  addUsed(kind: i32, used: i64, compressed: i64, uncompressed: i64): void {
    const phys = this.phys;
    const before = phys.used;
    phys.used += <u64>used;
    phys.compressed += <u64>compressed;
    phys.uncompressed += <u64>uncompressed;
    phys.setBreakdown(kind, phys.breakdown(kind) + <u64>used);
    this.dirty();
    const parent = this.parent;
    if (!parent) return;
    // What was reserved here has been counted above already.
    const accounted = <i64>max(phys.used, phys.reserved) - <i64>max(before, phys.reserved);
    parent.addUsed(USED_CHILDREN, accounted, compressed, uncompressed);
    if (used != accounted) parent.moveUsed(USED_CHILD_RESERVATIONS, USED_CHILDREN, used - accounted);
  }
  /** The same space counts as something else now. */
  moveUsed(from: i32, to: i32, bytes: i64): void {
    const phys = this.phys;
    phys.setBreakdown(from, phys.breakdown(from) - <u64>bytes);
    phys.setBreakdown(to, phys.breakdown(to) + <u64>bytes);
    this.dirty();
  }

  /** Bytes that can still be written below here. */
  available(): u64 {
    const phys = this.phys;
    const parent = this.parent;
    let above = parent ? parent.available() : this.spa.writableSpace();
    if (!parent) {
      const used = phys.used + this.pending;
      above = above > used ? above - used : 0;
    } else if (phys.reserved > phys.used) {
      above += phys.reserved - phys.used;
    }
    if (!phys.quota) return above;
    const used = phys.used + this.pending;
    return min(above, phys.quota > used ? phys.quota - used : 0);
  }

  /**
   * May so many bytes more be used? EDQUOT or ENOSPC. They count as pending until the group is synced. What a directory has reserved and not used
   * yet costs those above nothing.
   */
  reserve(bytes: u64): i32 {
    if (!bytes) return 0;
    let charge = bytes;
    for (let dir: Dir | null = this; dir; dir = dir.parent) {
      const used = dir.phys.used + dir.pending;
      const quota = dir.phys.quota;
      if (quota && used + charge > quota) return setError(EDQUOT);
      const room = dir.parent ? u64.MAX_VALUE : this.spa.writableSpace();
      if (used + charge > room) return setError(ENOSPC);
      charge = dir.accounted(used + charge) - dir.accounted(used);
    }
    charge = bytes;
    for (let dir: Dir | null = this; dir; dir = dir.parent) {
      const used = dir.phys.used + dir.pending;
      dir.pending += charge;
      charge = dir.accounted(used + charge) - dir.accounted(used);
    }
    return 0;
  }
  /** What those above see of so much use. */
  private accounted(used: u64): u64 {
    return max(used, this.phys.reserved);
  }

  /** Sets aside space for this directory and those below, in the sync of a group. */
  setReservation(bytes: u64): void {
    const phys = this.phys;
    const delta = <i64>max(phys.used, bytes) - <i64>max(phys.used, phys.reserved);
    phys.reserved = bytes;
    this.dirty();
    const parent = this.parent;
    if (parent) parent.addUsed(USED_CHILD_RESERVATIONS, delta, 0, 0);
  }

  /** Would so much more fit, without writing it? */
  roomFor(bytes: u64): bool {
    return this.available() >= bytes;
  }

  child(name: string): u64 {
    return zapGet(this.spa.mos!, this.phys.children, name) == 0 ? zapValue : 0;
  }
}

/** A new directory object, linked into its parent (or, without one, the object directory). */
export function createDir(spa: Spa, parent: Dir | null, name: string): u64 {
  const mos = spa.mos!;
  const object = allocateObject(mos, TYPE_DSL_DIR, 512, TYPE_DSL_DIR, <u32>DslDirPhys.SIZE);
  const dn = holdDnode(mos, object)!;
  const phys = changetype<DslDirPhys>(bonusOf(dn));
  phys.creation = now();
  phys.parent = parent ? parent.object : 0;
  phys.children = zapCreate(mos, TYPE_DSL_DIR_CHILDREN, 0, 0);
  phys.properties = zapCreate(mos, TYPE_DSL_PROPERTIES, 0, 0);
  phys.flags = FLAG_BREAKDOWN;
  dirtyDnode(dn);
  releaseDnode(dn);
  if (parent) zapSet(mos, parent.phys.children, name, object);
  else zapSet(mos, 1, 'root_dataset', object);
  return object;
}

/** The ZAP of clones below a directory, made when it is first wanted. */
export function clonesOf(dir: Dir): u64 {
  if (dir.spa.version < VERSION_DIR_CLONES) return 0;
  if (!dir.phys.clones) {
    dir.phys.clones = zapCreate(dir.spa.mos!, TYPE_DSL_CLONES, 0, 0);
    dir.dirty();
  }
  return dir.phys.clones;
}
