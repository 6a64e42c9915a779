// SPDX-License-Identifier: MIT
/** @fileoverview Lists of access where files are made and modes change: what the properties aclinherit and aclmode say of them (guest-os/fs/acl.ts has the rules). */
import {
  Ace,
  ACLINHERIT_PASSTHROUGH,
  ACLINHERIT_PASSTHROUGH_X,
  ACLMODE_DISCARD,
  ACLMODE_GROUPMASK,
  inheritedAces,
  inheritsMode,
  withMode,
} from '../../guest-os/fs/acl';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { Dnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { A_FLAGS, A_MODE } from './attributes';
import { FLAG_INHERITABLE, NewFile, Znodes } from './znode';

const S_IFMT: u64 = 0xf000;
const S_IFDIR: u64 = 0x4000;
const S_IFLNK: u64 = 0xa000;
const S_IFREG: u64 = 0x8000;

/** Gives a file a mode, which has the type too, and what is left of its list with that. */
export function withNewMode(objset: Objset, znodes: Znodes, dn: Dnode, mode: u64): i32 {
  const aclMode = objset.aclMode;
  if (aclMode == ACLMODE_DISCARD || !znodes.hasAcl(dn)) return znodes.setMode(dn, mode);
  const aces = znodes.aces(dn);
  if (!aces) return setError(EIO);
  znodes.set(dn, A_MODE, mode);
  return znodes.setAces(dn, withMode(aces, <i32>mode, znodes.isDirectory(dn), true, aclMode == ACLMODE_GROUPMASK));
}

/** What a new file's list has from its directory, with the mode; null: no more than the mode. */
export function inheritedBy(objset: Objset, znodes: Znodes, directory: Dnode, file: NewFile): Ace[] | null {
  const format = file.mode & S_IFMT;
  if (file.isExtended || format == S_IFLNK || !(znodes.get(directory, A_FLAGS) & FLAG_INHERITABLE)) return null;
  const above = znodes.aces(directory);
  if (!above) return null;
  const isDirectory = format == S_IFDIR;
  const inherit = objset.aclInherit;
  const aces = inheritedAces(above, isDirectory, format == S_IFREG, inherit, <i32>file.mode);
  if (inheritsMode) return aces;
  const passes = inherit == ACLINHERIT_PASSTHROUGH || inherit == ACLINHERIT_PASSTHROUGH_X;
  const trims = objset.aclMode == ACLMODE_GROUPMASK && !passes;
  return withMode(aces, <i32>file.mode, isDirectory, false, trims);
}
