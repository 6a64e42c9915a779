// SPDX-License-Identifier: MIT
/**
 * @fileoverview Files of ZFS as the kernel's vnodes (guest-os/fs/vnode.ts), and mounting.
 *
 * Each operation takes ZFS's lock (port/kernel.ts) for as long as it lasts. A vnode is there while somebody holds it, one for each object, with
 * its dnode held. A file without names that is still held is in the delete queue, and freed with the last hold.
 *
 * What is in them is contents.ts's, mounting is in mount.ts.
 */
import {
  EEXIST,
  EINVAL,
  EIO,
  EISDIR,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EXDEV,
  setError,
  setFailure,
} from '../../guest-os/kernel/errno';
import { Ace } from '../../guest-os/fs/acl';
import { forgetName } from '../../guest-os/fs/nameCache';
import {
  ACL_ACE,
  DirectoryReader,
  PC_ACL_ENABLED,
  PC_XATTR_ENABLED,
  PC_XATTR_EXISTS,
  S_IFLNK,
  Vnode,
} from '../../guest-os/fs/vnode';
import { releaseDnode } from '../dmu/dnode';
import { enter, leave } from '../port/kernel';
import { WALK_DONE, ZapEntry } from '../zap/zap';
import { A_LINKS, A_PARENT } from './attributes';
import { extendedDirectory, hasExtended } from './extended';
import { CONTROL_INODE, CONTROL_NAME, controlOf } from './snapshots';
import { NewFile } from './znode';
import { ZfsContents } from './contents';

/** Behind `.`, `..` and `.zfs`. */
const FIRST_ENTRY: u64 = 3;

export class ZfsVnode extends ZfsContents {
  // ---- names

  lookup(name: string): Vnode | null {
    if (!this.isDirectory) {
      setFailure(ENOTDIR);
      return null;
    }
    if (name == CONTROL_NAME && this.object == this.fs.rootObject) {
      // Not every zone may have it, so the answer must not be kept for others.
      forgetName(this, name);
      return controlOf(this.mountedIn);
    }
    enter();
    let found: Vnode | null = null;
    const error = this.isThere ? this.fs.lookup(this.dn!, name) : setError(ENOENT);
    if (error == 0) found = this.mountedIn.vnode(this.fs.found);
    else setFailure(-error);
    leave();
    return found;
  }

  parent(): Vnode | null {
    enter();
    let above: Vnode | null = null;
    // Who had the lock may have taken the file system away.
    if (this.isThere && this.object != this.fs.rootObject) above = this.mountedIn.vnode(this.fs.znodes.get(this.dn!, A_PARENT));
    leave();
    return above;
  }

  private add(name: string, mode: i32, uid: i32, gid: i32, rdev: u64, target: string): i32 {
    if (!this.isDirectory) return setError(ENOTDIR);
    if (!this.isThere || !this.fs.znodes.get(this.dn!, A_LINKS)) return setError(ENOENT);
    const file = new NewFile();
    file.mode = <u64>mode;
    file.uid = <u64>(<u32>uid);
    file.gid = <u64>(<u32>gid);
    file.rdev = rdev;
    file.target = target;
    return this.fs.create(this.dn!, name, file);
  }
  create(name: string, mode: i32, uid: i32, gid: i32, rdev: u64 = 0): Vnode | null {
    enter();
    const error = this.add(name, mode, uid, gid, rdev, '');
    forgetName(this, name);
    let made: Vnode | null = null;
    if (error == 0) made = this.mountedIn.vnode(this.fs.found);
    else setFailure(-error);
    leave();
    return made;
  }
  symlink(name: string, target: string, uid: i32, gid: i32): i32 {
    enter();
    const error = this.add(name, S_IFLNK | 0o777, uid, gid, 0, target);
    forgetName(this, name);
    leave();
    return error;
  }
  readLink(): string | null {
    if (this.type != S_IFLNK) {
      setFailure(EINVAL);
      return null;
    }
    enter();
    const target = this.isThere ? this.fs.target(this.dn!) : null;
    leave();
    if (target == null) setFailure(EIO);
    return target;
  }

  link(name: string, target: Vnode): i32 {
    if (target.fileSystem != this.fileSystem) return setError(EXDEV);
    if (target.isDirectory) return setError(EPERM);
    const file = changetype<ZfsVnode>(target);
    enter();
    let error = this.isThere && file.isThere && this.fs.znodes.get(file.dn!, A_LINKS) ? 0 : setError(ENOENT);
    if (error == 0) error = this.fs.link(this.dn!, name, file.dn!);
    forgetName(this, name);
    leave();
    return error;
  }

  /** Is the file that {@link FileSystem.lookup} has found in use? */
  private get foundIsHeld(): bool {
    return this.mountedIn.vnodes.has(this.fs.found);
  }

  remove(name: string): i32 {
    enter();
    // The cache's own hold does not count as use.
    forgetName(this, name);
    let error = this.isThere ? this.fs.lookup(this.dn!, name) : setError(ENOENT);
    if (error == 0) error = this.fs.remove(this.dn!, name, this.foundIsHeld);
    leave();
    // unlink(2) of a directory.
    return error == setError(EISDIR) ? setError(EPERM) : error;
  }

  removeDirectory(name: string): i32 {
    enter();
    forgetName(this, name);
    const error = this.isThere ? this.fs.removeDirectory(this.dn!, name) : setError(ENOENT);
    leave();
    return error == setError(ENOTEMPTY) ? setError(EEXIST) : error;
  }

  rename(from: string, to: Vnode, name: string): i32 {
    if (to.fileSystem != this.fileSystem) return setError(EXDEV);
    enter();
    forgetName(this, from);
    forgetName(to, name);
    const error = this.renameHere(from, changetype<ZfsVnode>(to), name);
    // Looking for what is replaced may have waited.
    forgetName(this, from);
    forgetName(to, name);
    leave();
    return error == setError(ENOTEMPTY) ? setError(EEXIST) : error;
  }
  private renameHere(from: string, to: ZfsVnode, name: string): i32 {
    if (!this.isThere || !to.isThere || !this.fs.znodes.get(to.dn!, A_LINKS)) return setError(ENOENT);
    const fs = this.fs;
    let error = fs.lookup(this.dn!, from);
    if (error < 0) return error;
    const object = fs.found;
    const moved = this.mountedIn.vnode(object);
    if (!moved) return setError(EIO);
    if (moved.isDirectory) error = to.liesBelow(object);
    const replaces = fs.lookup(to.dn!, name) == 0;
    const isHeld = replaces && this.foundIsHeld;
    if (error == 0 && replaces && fs.found != object) {
      const old = this.mountedIn.vnode(fs.found);
      if (!old) error = setError(EIO);
      else {
        if (moved.isDirectory && !old.isDirectory) error = setError(ENOTDIR);
        else if (!moved.isDirectory && old.isDirectory) error = setError(EISDIR);
        old.release();
      }
    }
    if (error == 0) error = fs.rename(this.dn!, from, to.dn!, name, isHeld);
    moved.release();
    return error;
  }
  /** -EINVAL if an object is this directory or one above it. */
  private liesBelow(object: u64): i32 {
    let at = this.object;
    while (at != object) {
      if (at == this.fs.rootObject) return 0;
      const dn = this.fs.hold(at);
      if (!dn) return setError(EIO);
      at = this.fs.znodes.get(dn, A_PARENT);
      releaseDnode(dn);
    }
    return setError(EINVAL);
  }

  readDirectory(offset: u64, reader: DirectoryReader): i32 {
    if (!this.isDirectory) return setError(ENOTDIR);
    enter();
    const result = this.isThere ? this.walk(offset, reader) : 0;
    leave();
    return result;
  }
  private walk(offset: u64, reader: DirectoryReader): i32 {
    const dn = this.dn!;
    let at = offset;
    this.accessed();
    if (at == 0 && !reader.entry('.', this.object, ++at)) return 0;
    if (at == 1 && !reader.entry('..', this.fs.znodes.get(dn, A_PARENT), ++at)) return 0;
    if (at == <u64>i64.MAX_VALUE) return 0;
    if (at == 2) {
      at = FIRST_ENTRY;
      const shows = this.object == this.fs.rootObject && this.fs.objset.showsSnapshots && !this.fs.dataset.isSnapshot;
      if (shows && !reader.entry(CONTROL_NAME, CONTROL_INODE, at)) return 0;
    }
    let position = at - FIRST_ENTRY;
    const entry = new ZapEntry();
    while (true) {
      const error = this.fs.next(dn, position, entry);
      if (error < 0) return error == setError(ENOENT) ? 0 : error;
      position = entry.next;
      const next = position == WALK_DONE ? <u64>i64.MAX_VALUE : position + FIRST_ENTRY;
      if (!reader.entry(entry.name, entry.value, next)) return 0;
    }
  }

  // ---- attributes

  extendedDirectory(make: bool): Vnode | null {
    if (!this.fs.objset.keepsExtended) {
      setFailure(EINVAL);
      return null;
    }
    enter();
    let error = this.isThere ? 0 : setError(EIO);
    if (error == 0 && this.fs.znodes.isExtended(this.dn!)) error = setError(EINVAL);
    if (error == 0) error = extendedDirectory(this.fs, this.dn!, make);
    let found: Vnode | null = null;
    if (error == 0) found = this.mountedIn.vnode(this.fs.found);
    else setFailure(-error);
    leave();
    return found;
  }
  pathconf(name: i32): i64 {
    const isEnabled = this.fs.objset.keepsExtended;
    if (name == PC_ACL_ENABLED) return ACL_ACE;
    if (name == PC_XATTR_ENABLED) return isEnabled ? 1 : 0;
    if (name != PC_XATTR_EXISTS || !isEnabled) return super.pathconf(name);
    enter();
    const has = this.isThere && hasExtended(this.fs, this.dn!);
    leave();
    return has ? 1 : 0;
  }

  setMode(mode: i32): i32 {
    enter();
    let error = this.change();
    if (error == 0) error = this.fs.setMode(this.dn!, <u64>this.type | <u64>(mode & 0o7777));
    leave();
    return error;
  }
  dropSetIds(mode: i32): i32 {
    enter();
    let error = this.change();
    if (error == 0) error = this.fs.dropSetIds(this.dn!, <u64>this.type | <u64>(mode & 0o7777));
    leave();
    return error;
  }
  get hasAcl(): bool {
    const dn = this.dn;
    return dn != null && this.isThere && this.fs.znodes.hasAcl(dn);
  }
  acl(): Ace[] | null {
    enter();
    const aces: Ace[] | null = this.isThere ? this.fs.aces(this.dn!) : null;
    leave();
    if (!aces) setFailure(EIO);
    return aces;
  }
  setAcl(aces: Ace[]): i32 {
    enter();
    const error = this.isThere ? this.fs.setAces(this.dn!, aces) : setError(EIO);
    leave();
    return error;
  }
  setOwner(uid: i32, gid: i32): i32 {
    enter();
    let error = this.change();
    if (error == 0) error = this.fs.setOwner(this.dn!, uid, gid);
    leave();
    return error;
  }
  setTimes(accessed: u64, modified: u64): i32 {
    enter();
    let error = this.change();
    if (error == 0) error = this.fs.setTimes(this.dn!, accessed, modified);
    leave();
    return error;
  }
}
