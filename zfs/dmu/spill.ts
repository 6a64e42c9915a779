// SPDX-License-Identifier: MIT
/**
 * @fileoverview Spill blocks: one block of attributes that have no room in an object's bonus buffer. Its pointer takes the last 128 bytes of the dnode, which are the
 * bonus buffer's otherwise; a flag of the dnode says so.
 *
 * Attributes change seldom and as a whole, so such a block is written at once ({@link Objset.writeSpill}), for the open group: what it was before is free then.
 */
import { ArcBlock, arcRead } from '../arc/arc';
import { isHole, POINTER_SIZE } from '../zio/blockPointer';
import { dirtyDnode, Dnode, DNODE_SIZE, FLAG_SPILL } from './dnode';

export function hasSpill(dn: Dnode): bool {
  return (dn.raw.flags & FLAG_SPILL) != 0;
}
function slotOf(dn: Dnode): usize {
  return dn.phys + DNODE_SIZE - POINTER_SIZE;
}

/** The block, held; null: there is none, or it cannot be read. */
export function readSpill(dn: Dnode): ArcBlock | null {
  return hasSpill(dn) && !isHole(slotOf(dn)) ? arcRead(dn.objset.spa, slotOf(dn)) : null;
}

/** Writes the block; its pointer comes to `to`, and to the dnode with {@link setSpill}, once the bonus buffer has made room. */
export function writeSpill(dn: Dnode, data: usize, bytes: u32, to: usize): i32 {
  if (hasSpill(dn)) memory.copy(to, slotOf(dn), POINTER_SIZE);
  else memory.fill(to, 0, POINTER_SIZE);
  return dn.objset.writeSpill(dn, to, data, bytes);
}
export function setSpill(dn: Dnode, from: usize): void {
  memory.copy(slotOf(dn), from, POINTER_SIZE);
  dn.raw.flags |= FLAG_SPILL;
  dirtyDnode(dn);
}
