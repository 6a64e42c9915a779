// SPDX-License-Identifier: MIT
/**
 * @fileoverview Attributes of files in file systems of versions before 5: one structure in the bonus buffer, with room for nine short entries of a list of access. A
 * longer list is the contents of an object of its own.
 */
import { ZnodePhys } from 'layout/zfs';
import { Ace, trivialAces } from '../../guest-os/fs/acl';
import { EFBIG, EIO, setError } from '../../guest-os/kernel/errno';
import { freeBuffer, newZeroed } from '../port/memory';
import { dmuRead, dmuWrite } from '../dmu/dmu';
import { allocateObject, bonusOf, dirtyDnode, Dnode, freeObject, holdDnode, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { TYPE_ACL, TYPE_OLD_ACL, TYPE_SYSACL } from '../dmu/types';
import { LARGEST_BLOCK } from '../zio/blockPointer';
import { ACL_VERSION, bytesOfAces, loadAces, PLAIN_ACE, PLAIN_ACES, storeAces } from './aces';
import {
  A_ATIME,
  A_CRTIME,
  A_CTIME,
  A_FLAGS,
  A_GEN,
  A_GID,
  A_LINKS,
  A_MODE,
  A_MTIME,
  A_PARENT,
  A_RDEV,
  A_SIZE,
  A_UID,
  A_XATTR,
} from './attributes';

/** Bytes of a list that the structure has room for. */
const SPACE: u32 = 72;
/** Where the parts of a list lie, from the number of its object on. */
const SIZE: usize = 8;
const VERSION: usize = 12;
const COUNT: usize = 14;
const ACES: usize = 16;
const BONUS: u32 = 320;

/** Fills the bonus buffer of a new object; the list is what the mode says. */
export function initOld(
  dn: Dnode,
  mode: u64,
  uid: u64,
  gid: u64,
  parent: u64,
  links: u64,
  size: u64,
  rdev: u64,
  generation: u64,
  flags: u64,
): void {
  const phys = changetype<ZnodePhys>(bonusOf(dn));
  phys.gen = generation;
  phys.mode = mode;
  phys.size = size;
  phys.parent = parent;
  phys.links = links;
  phys.rdev = rdev;
  phys.flags = flags;
  phys.uid = uid;
  phys.gid = gid;
  setOldAces(dn, trivialAces(<i32>mode, (mode & 0xf000) == 0x4000));
}

// ---- lists

/** The list at the number of its object; null: it cannot be read, or makes no sense. */
export function oldAces(objset: Objset, at: usize): Ace[] | null {
  const object = load<u64>(at);
  const version = <u32>load<u16>(at, VERSION);
  // Of the first version it was the count that was there.
  const size = load<u32>(at, SIZE);
  const bytes = version == PLAIN_ACES ? size * PLAIN_ACE : size;
  if (bytes > LARGEST_BLOCK) return null;
  if (!object) return bytes <= SPACE ? loadAces(at + ACES, bytes, version) : null;
  const dn = holdDnode(objset, object);
  if (!dn) return null;
  const buffer = newZeroed(max(bytes, 8));
  const aces: Ace[] | null = dmuRead(dn, 0, bytes, buffer) < 0 ? null : loadAces(buffer, bytes, version);
  freeBuffer(buffer, max(bytes, 8));
  releaseDnode(dn);
  return aces;
}

export function setOldAces(dn: Dnode, aces: Ace[]): i32 {
  const at = bonusOf(dn) + ZnodePhys.aclExternalOffset;
  const bytes = bytesOfAces(aces);
  if (bytes > LARGEST_BLOCK) return setError(EFBIG);
  const buffer = newZeroed(max(bytes, SPACE));
  storeAces(aces, buffer);
  let object: u64 = 0;
  let result = 0;
  if (bytes > SPACE) {
    const block = (bytes + 511) & ~511;
    object = allocateObject(dn.objset, TYPE_ACL, block, TYPE_SYSACL, BONUS);
    const list = holdDnode(dn.objset, object);
    result = list ? dmuWrite(list, 0, bytes, buffer) : setError(EIO);
    if (list) releaseDnode(list);
  }
  if (result == 0) result = freeOldAces(dn);
  if (result == 0) {
    store<u64>(at, object);
    store<u32>(at, bytes, SIZE);
    store<u16>(at, ACL_VERSION, VERSION);
    store<u16>(at, <u16>aces.length, COUNT);
    memory.fill(at + ACES, 0, SPACE);
    if (!object) memory.copy(at + ACES, buffer, bytes);
    dirtyDnode(dn);
  }
  freeBuffer(buffer, max(bytes, SPACE));
  return result;
}

/** The object that has a file's list, if there is one, is free. */
export function freeOldAces(dn: Dnode): i32 {
  const at = bonusOf(dn) + ZnodePhys.aclExternalOffset;
  const object = load<u64>(at);
  if (!object) return 0;
  const list = holdDnode(dn.objset, object);
  // It has been freed already, or never was.
  if (!list) return 0;
  const result = list.type == TYPE_ACL || list.type == TYPE_OLD_ACL ? freeObject(list) : 0;
  releaseDnode(list);
  if (result == 0) store<u64>(at, 0);
  return result;
}

/** Where an attribute lies in the structure; 0: nowhere. */
export function oldPlace(bonus: usize, attribute: i32): usize {
  switch (attribute) {
    case A_ATIME:
      return bonus + ZnodePhys.atimeOffset;
    case A_MTIME:
      return bonus + ZnodePhys.mtimeOffset;
    case A_CTIME:
      return bonus + ZnodePhys.ctimeOffset;
    case A_CRTIME:
      return bonus + ZnodePhys.crtimeOffset;
    case A_GEN:
      return bonus + ZnodePhys.genOffset;
    case A_MODE:
      return bonus + ZnodePhys.modeOffset;
    case A_SIZE:
      return bonus + ZnodePhys.sizeOffset;
    case A_PARENT:
      return bonus + ZnodePhys.parentOffset;
    case A_LINKS:
      return bonus + ZnodePhys.linksOffset;
    case A_XATTR:
      return bonus + ZnodePhys.xattrOffset;
    case A_RDEV:
      return bonus + ZnodePhys.rdevOffset;
    case A_FLAGS:
      return bonus + ZnodePhys.flagsOffset;
    case A_UID:
      return bonus + ZnodePhys.uidOffset;
    case A_GID:
      return bonus + ZnodePhys.gidOffset;
    default:
      return 0;
  }
}
