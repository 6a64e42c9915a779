// SPDX-License-Identifier: MIT
/**
 * @fileoverview A walk over all blocks of an object set as it is on disk, by its root pointer: for destruction, send, scrub and resilver.
 *
 * A block is visited before those below it; what was born in `since` or before is left out with everything below, since nothing below a
 * block can be younger than it. That makes the walk as long as the changes since then, not as the object set is large.
 */
import { DnodePhys, ObjsetPhys } from 'layout/zfs';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { ArcBlock, arcRead, arcRelease } from '../arc/arc';
import { Spa } from '../spa/spa';
import { isHole, levelOf, pointer, POINTER_SIZE, typeOf } from '../zio/blockPointer';
import { DNODE_SIZE, DNODES_PER_BLOCK, FLAG_SPILL, isSane } from './dnode';
import { TYPE_DNODE, TYPE_NONE, TYPE_OBJSET } from './types';

/** What {@link Visitor.block} may give besides 0 and errors: do not look below. */
export const SKIP: i32 = 1;
/** Object numbers of the accounting of users and groups, and of the meta-dnode. */
export const OBJECT_META: u64 = 0;
export const OBJECT_USER_USED: u64 = u64.MAX_VALUE;
export const OBJECT_GROUP_USED: u64 = u64.MAX_VALUE - 1;
/** Level of the root block, and number of the block that attributes spill to. */
export const LEVEL_ROOT: i32 = -1;
export const SPILL: u64 = u64.MAX_VALUE;
/** Levels of objects are bounded by {@link isSane}; this bounds what pointers say. */
const DEEPEST: i32 = 16;

export abstract class Visitor {
  abstract block(bp: usize, object: u64, level: i32, block: u64): i32;
  /** A block that has others below it cannot be read: 0 goes on without them. */
  unreadable(bp: usize, object: u64, level: i32, block: u64): i32 {
    return setError(EIO);
  }
  /** Before the blocks of an object; its dnode is at `dnode`. */
  object(object: u64, dnode: usize): i32 {
    return 0;
  }
}

export function traverse(spa: Spa, root: usize, since: u64, visitor: Visitor): i32 {
  if (isHole(root) || pointer(root).birth <= since) return 0;
  const result = visitor.block(root, OBJECT_META, LEVEL_ROOT, 0);
  if (result) return min(result, 0);
  if (typeOf(root) != TYPE_OBJSET) return visitor.unreadable(root, OBJECT_META, LEVEL_ROOT, 0);
  const block = arcRead(spa, root);
  if (!block) return visitor.unreadable(root, OBJECT_META, LEVEL_ROOT, 0);
  const walk = new Walk(spa, since, visitor);
  const phys = changetype<ObjsetPhys>(block.data);
  let done = walk.dnode(phys.meta.pointer, OBJECT_META);
  if (block.size >= <u32>ObjsetPhys.SIZE) {
    if (done == 0) done = walk.dnode(phys.userUsed.pointer, OBJECT_USER_USED);
    if (done == 0) done = walk.dnode(phys.groupUsed.pointer, OBJECT_GROUP_USED);
  }
  arcRelease(block);
  return done;
}

class Walk {
  private depth: i32 = 0;

  constructor(
    private readonly spa: Spa,
    private readonly since: u64,
    private readonly visitor: Visitor,
  ) {}

  dnode(at: usize, object: u64): i32 {
    const raw = changetype<DnodePhys>(at);
    if (raw.type == <u8>TYPE_NONE || !isSane(raw)) return 0;
    let result = this.visitor.object(object, at);
    if (result) return min(result, 0);
    const level = <i32>raw.levels - 1;
    for (let i: u64 = 0; i < <u64>raw.pointers && result == 0; i++) {
      result = this.block(raw.pointer + 64 + <usize>i * POINTER_SIZE, object, level, i);
    }
    if (raw.flags & FLAG_SPILL && result == 0) result = this.block(at + DNODE_SIZE - POINTER_SIZE, object, 0, SPILL);
    return result;
  }

  private block(bp: usize, object: u64, level: i32, number: u64): i32 {
    if (isHole(bp) || pointer(bp).birth <= this.since) return 0;
    const result = this.visitor.block(bp, object, level, number);
    if (result) return min(result, 0);
    const isMeta = object == OBJECT_META && typeOf(bp) == TYPE_DNODE;
    if (!level && !isMeta) return 0;
    const sane = <i32>levelOf(bp) == level && this.depth < DEEPEST;
    const held = sane ? arcRead(this.spa, bp) : null;
    if (!held) return this.visitor.unreadable(bp, object, level, number);
    this.depth++;
    const below = level ? this.pointers(held, object, level, number) : this.dnodes(held, number);
    this.depth--;
    arcRelease(held);
    return below;
  }

  private pointers(held: ArcBlock, object: u64, level: i32, number: u64): i32 {
    const count = <u64>held.size / POINTER_SIZE;
    let result = 0;
    for (let i: u64 = 0; i < count && result == 0; i++) {
      result = this.block(held.data + <usize>i * POINTER_SIZE, object, level - 1, number * count + i);
    }
    return result;
  }

  private dnodes(held: ArcBlock, number: u64): i32 {
    const count = <u64>held.size / DNODE_SIZE;
    let result = 0;
    for (let i: u64 = 0; i < count && result == 0; i++) {
      result = this.dnode(held.data + <usize>i * DNODE_SIZE, number * DNODES_PER_BLOCK + i);
    }
    return result;
  }
}
