// SPDX-License-Identifier: MIT
/** @fileoverview The end of a file: with its object go its extended attributes, and the object that a long list of access has in older file systems. */
import { Dnode, freeObject, holdDnode, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { TYPE_SA, TYPE_ZNODE } from '../dmu/types';
import { zapNext, ZapEntry } from '../zap/zap';
import { A_LINKS, A_XATTR } from './attributes';
import { Notes } from './notes';
import { freeOldAces } from './oldZnode';
import { Znodes } from './znode';

const OBJECT_MASK: u64 = ((<u64>1) << 48) - 1;

/** A file's dnode, held; null: there is no such file. */
export function holdFile(objset: Objset, object: u64): Dnode | null {
  const dn = holdDnode(objset, object);
  if (!dn) return null;
  if (dn.bonusType == TYPE_SA || dn.bonusType == TYPE_ZNODE) return dn;
  releaseDnode(dn);
  return null;
}

/** Frees a file that has no names and is not in use; the caller holds it and lets it go. `notes`: what was noted of its attributes is moot. */
export function freeFile(objset: Objset, znodes: Znodes, notes: Notes | null, dn: Dnode): i32 {
  let result = freeExtended(objset, znodes, notes, dn);
  if (result == 0 && dn.bonusType == TYPE_ZNODE) result = freeOldAces(dn);
  return result < 0 ? result : freeObject(dn);
}

/** Frees a file's attributes; nobody looks at them any more. */
function freeExtended(objset: Objset, znodes: Znodes, notes: Notes | null, dn: Dnode): i32 {
  const object = znodes.get(dn, A_XATTR);
  const directory = object ? holdFile(objset, object) : null;
  if (!directory) return 0;
  const entry = new ZapEntry();
  let position: u64 = 0;
  let result = 0;
  while (result == 0 && zapNext(directory, position, entry) == 0) {
    position = entry.next;
    const file = holdFile(objset, entry.value & OBJECT_MASK);
    if (!file) continue;
    const links = znodes.get(file, A_LINKS);
    if (links > 1) znodes.set(file, A_LINKS, links - 1);
    else {
      if (notes) notes.forget(file.object);
      result = freeObject(file);
    }
    releaseDnode(file);
  }
  if (result == 0) result = freeObject(directory);
  releaseDnode(directory);
  return result;
}
