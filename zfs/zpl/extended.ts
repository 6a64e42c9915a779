// SPDX-License-Identifier: MIT
/**
 * @fileoverview Extended attributes: files in a directory that has no name, which the file has the number of. Everything in it is marked as belonging there
 * (`FLAG_XATTR` in znode.ts); only regular files can be in it, and none can leave it. It goes with its file (freeing.ts).
 */
import { EIO, ENOENT, EROFS, setError } from '../../guest-os/kernel/errno';
import { Dnode, freeObject, releaseDnode } from '../dmu/dnode';
import { zapNext, ZapEntry } from '../zap/zap';
import { A_GID, A_UID, A_XATTR } from './attributes';
import { FileSystem } from './fileSystem';
import { NewFile } from './znode';

/** Whoever may write to the file makes attributes; files in it have their own modes. */
const DIRECTORY_MODE: u64 = 0x4000 | 0o1777;

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
