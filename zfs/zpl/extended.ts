// SPDX-License-Identifier: MIT
/**
 * @fileoverview Extended attributes: files in a directory that has no name, which the file has the number of. Everything in it is marked as belonging there
 * ({@link FLAG_XATTR}); only regular files can be in it, and none can leave it. It goes with its file.
 */
import { EIO, ENOENT, EROFS, setError } from '../../guest-os/kernel/errno';
import { Dnode, freeObject, releaseDnode } from '../dmu/dnode';
import { zapNext, ZapEntry } from '../zap/zap';
import { A_FLAGS, A_GID, A_LINKS, A_UID, A_XATTR } from './attributes';
import { FileSystem } from './fileSystem';
import { FLAG_XATTR, NewFile } from './znode';

const OBJECT_MASK: u64 = ((<u64>1) << 48) - 1;
/** Whoever may write to the file makes attributes; files in it have their own modes. */
const DIRECTORY_MODE: u64 = 0x4000 | 0o1777;

export function isExtended(fs: FileSystem, dn: Dnode): bool {
  return (fs.znodes.get(dn, A_FLAGS) & FLAG_XATTR) != 0;
}

/** The directory of a file's attributes comes to `fs.found`. ENOENT: there is none, and `make` does not say to make it, as `object` unless that is 0. */
export function extendedDirectory(fs: FileSystem, dn: Dnode, make: bool, object: u64 = 0): i32 {
  const known = fs.znodes.get(dn, A_XATTR);
  fs.found = known;
  if (known) return 0;
  if (!make) return setError(ENOENT);
  if (fs.isReadOnly) return setError(EROFS);
  const begun = fs.beginChange();
  if (begun < 0) return begun;
  const file = new NewFile();
  file.object = object;
  file.mode = DIRECTORY_MODE;
  file.uid = fs.znodes.get(dn, A_UID);
  file.gid = fs.znodes.get(dn, A_GID);
  file.parent = dn.object;
  file.isExtended = true;
  const made = fs.makeObject(file);
  if (!made) return setError(EIO);
  let result = fs.znodes.add(dn, A_XATTR, made.object);
  if (result < 0) freeObject(made);
  else result = fs.noteExtended(dn, made);
  fs.found = made.object;
  releaseDnode(made);
  return result;
}

/** Has a file any attributes? */
export function hasExtended(fs: FileSystem, dn: Dnode): bool {
  const object = fs.znodes.get(dn, A_XATTR);
  const directory = object ? fs.hold(object) : null;
  if (!directory) return false;
  const any = zapNext(directory, 0, new ZapEntry()) == 0;
  releaseDnode(directory);
  return any;
}

/** Frees a file's attributes; nobody looks at them any more. */
export function freeExtended(fs: FileSystem, dn: Dnode): i32 {
  const object = fs.znodes.get(dn, A_XATTR);
  const directory = object ? fs.hold(object) : null;
  if (!directory) return 0;
  const entry = new ZapEntry();
  let position: u64 = 0;
  let result = 0;
  while (result == 0 && zapNext(directory, position, entry) == 0) {
    position = entry.next;
    const file = fs.hold(entry.value & OBJECT_MASK);
    if (!file) continue;
    const links = fs.znodes.get(file, A_LINKS);
    if (links > 1) fs.znodes.set(file, A_LINKS, links - 1);
    else {
      fs.forgetNotes(file);
      result = freeObject(file);
    }
    releaseDnode(file);
  }
  if (result == 0) result = freeObject(directory);
  releaseDnode(directory);
  return result;
}
