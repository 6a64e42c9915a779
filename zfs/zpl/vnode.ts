// SPDX-License-Identifier: MIT
/**
 * @fileoverview Files of ZFS as the kernel's vnodes (guest-os/fs/vnode.ts), and mounting.
 *
 * Each operation takes ZFS's lock (port/kernel.ts) for as long as it lasts. A vnode is there while somebody holds it, one for each object, with
 * its dnode held. A file without names that is still held is in the delete queue, and freed with the last hold.
 *
 * Reads and writes copy between users and the blocks in memory, without buffers between. A user's page may be a page of a file here, so that the
 * copy leads back to {@link ZfsVnode.page}, which reads only: no group is synced between the first byte of a block and its last.
 *
 * Pages of mapped files are in pages.ts, mounting is in mount.ts.
 */
import { address } from 'machine/mem';
import { touchUser } from 'machine/stubs';
import {
  EEXIST,
  EFAULT,
  EFBIG,
  EINVAL,
  EIO,
  EISDIR,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EROFS,
  EXDEV,
  setError,
  setFailure,
} from '../../guest-os/kernel/errno';
import { Ace } from '../../guest-os/fs/acl';
import { forgetName } from '../../guest-os/fs/nameCache';
import {
  ACL_ACE,
  Attributes,
  DirectoryReader,
  PC_ACL_ENABLED,
  PC_XATTR_ENABLED,
  PC_XATTR_EXISTS,
  S_IFLNK,
  Vnode,
} from '../../guest-os/fs/vnode';
import { PAGE } from '../../guest-os/kernel/memory/frames';
import { copyStep } from '../../guest-os/kernel/memory/pageout';
import { copy } from '../../guest-os/kernel/memory/user';
import { wallTime } from '../../guest-os/kernel/time/clock';
import { releaseDbuf } from '../dmu/dbuf';
import { Dnode, releaseDnode } from '../dmu/dnode';
import { TYPE_NONE } from '../dmu/types';
import { enter, leave, noteWritten } from '../port/kernel';
import { WALK_DONE, ZapEntry } from '../zap/zap';
import { A_ATIME, A_CTIME, A_GEN, A_GID, A_LINKS, A_MODE, A_MTIME, A_PARENT, A_RDEV, A_SIZE, A_UID } from './attributes';
import { extendedDirectory, hasExtended } from './extended';
import { FileSystem } from './fileSystem';
import { ZfsFileSystem } from './mount';
import { Pages } from './pages';
import { CONTROL_INODE, CONTROL_NAME, controlOf } from './snapshots';
import { NewFile } from './znode';

/** Bytes for which room is made at a time. */
const WRITE_STEP: u64 = 1 << 20;
/** Behind `.`, `..` and `.zfs`. */
const FIRST_ENTRY: u64 = 3;
const LARGEST: u64 = i64.MAX_VALUE;

export class ZfsVnode extends Vnode {
  /** Held; null: the file system is gone. */
  private dn: Dnode | null;
  readonly object: u64;
  /** Which of the files that have this number: set when the dataset becomes another. */
  private generation: u64 = 0;
  /** Null: it is not mapped. */
  private pages: Pages | null = null;

  constructor(
    private readonly mountedIn: ZfsFileSystem,
    dn: Dnode,
    type: i32,
  ) {
    super(mountedIn, type);
    this.dn = dn;
    this.object = dn.object;
  }

  private get fs(): FileSystem {
    return this.mountedIn.fs;
  }
  /** Is there still a file? */
  private get isThere(): bool {
    const dn = this.dn;
    return dn != null && dn.type != TYPE_NONE;
  }
  private get size(): u64 {
    return this.fs.znodes.get(this.dn!, A_SIZE);
  }

  inactive(): void {
    enter();
    const dn = this.dn;
    // Whoever had the lock may have found it and holds it now, or has let go of it for good.
    if (!dn || this.isHeld) {
      leave();
      return;
    }
    const isOrphan = this.isThere && !this.fs.znodes.get(dn, A_LINKS);
    if (!isOrphan) this.putPages(0, 0);
    this.mountedIn.vnodes.delete(this.object);
    this.forget();
    if (isOrphan && !this.fs.isReadOnly) this.fs.reclaim(this.object);
    leave();
  }

  /** Lets go of the dnode and all frames. */
  forget(): void {
    const dn = this.dn;
    if (!dn) return;
    const pages = this.pages;
    if (pages) pages.drop(0);
    this.pages = null;
    this.dn = null;
    releaseDnode(dn);
  }

  /** The dataset becomes another. What was changed through mappings goes with what it was. */
  suspend(): void {
    const dn = this.dn;
    if (!dn) return;
    this.generation = this.isThere ? this.fs.znodes.get(dn, A_GEN) : 0;
    this.forget();
  }
  /** False: there is no such file any more. */
  resume(): bool {
    const dn = this.generation ? this.fs.hold(this.object) : null;
    if (!dn) return false;
    if (this.fs.znodes.get(dn, A_GEN) != this.generation) {
      releaseDnode(dn);
      return false;
    }
    this.dn = dn;
    return true;
  }

  attributes(): Attributes {
    const result = new Attributes();
    const dn = this.dn;
    if (!dn || !this.isThere) {
      result.mode = this.type;
      result.nlink = 0;
      return result;
    }
    const znodes = this.fs.znodes;
    result.mode = <i32>znodes.get(dn, A_MODE);
    result.uid = <i32>znodes.get(dn, A_UID);
    result.gid = <i32>znodes.get(dn, A_GID);
    result.nlink = <u32>znodes.get(dn, A_LINKS);
    result.inode = this.object;
    result.size = znodes.get(dn, A_SIZE);
    result.rdev = znodes.get(dn, A_RDEV);
    result.accessed = znodes.time(dn, A_ATIME);
    result.modified = znodes.time(dn, A_MTIME);
    result.changed = znodes.time(dn, A_CTIME);
    result.blocks = (dn.raw.used + 511) / 512;
    result.blockSize = this.isDirectory ? dn.blockSize : max(dn.blockSize, <u32>PAGE);
    return result;
  }

  // ---- data

  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    if (this.isDirectory) return setError(EISDIR);
    let done: u64 = 0;
    while (true) {
      const step = copyStep(to + done, count - done, true);
      enter();
      const result = this.isThere ? this.readHere(offset + done, to + done, step) : setError(EIO);
      leave();
      if (result < 0) return done ? <i64>done : result;
      done += result;
      if (<u64>result < step || done == count) return <i64>done;
    }
  }
  private readHere(offset: u64, to: u64, count: u64): i64 {
    const dn = this.dn!;
    const put = this.putPages(0, 0);
    if (put < 0) return put;
    const size = this.size;
    if (offset >= size) return 0;
    const wanted = min(count, size - offset);
    const blockSize = <u64>dn.blockSize;
    for (let done: u64 = 0; done < wanted; ) {
      const at = offset + done;
      const within = at % blockSize;
      let part = min(blockSize - within, wanted - done);
      let error = 0;
      if (this.fs.isBeyond(dn, at)) {
        part = min(part, PAGE);
        error = copy(to + done, address(ZEROS), part);
      } else {
        const db = this.fs.block(dn, at);
        if (!db) return done ? <i64>done : setError(EIO);
        error = copy(to + done, address(db.data + <usize>within), part);
        releaseDbuf(db);
      }
      if (error < 0) return done ? <i64>done : error;
      done += part;
    }
    this.accessed();
    return <i64>wanted;
  }
  private accessed(): void {
    const system = this.fileSystem;
    if (system.readOnly || system.noAccessTime || this.fs.isReadOnly) return;
    this.fs.znodes.setTime(this.dn!, A_ATIME, wallTime());
  }

  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    if (this.isDirectory) return setError(EISDIR);
    if (offset > LARGEST || (count && offset == LARGEST)) return setError(EFBIG);
    const wanted = min(count, LARGEST - offset);
    let done: u64 = 0;
    while (true) {
      const step = copyStep(from + done, wanted - done, false);
      const result = this.writeHere(offset + done, from + done, step);
      if (result < 0) return done ? <i64>done : result;
      done += result;
      if (<u64>result < step || done == wanted) return <i64>done;
    }
  }
  private writeHere(offset: u64, from: u64, wanted: u64): i64 {
    enter();
    let done: u64 = 0;
    let error: i64 = this.isThere ? this.putPages(0, 0) : setError(EIO);
    let most = WRITE_STEP;
    while (error == 0 && done < wanted) {
      const step = min(most - ((offset + done) % most), wanted - done);
      const one = this.writeStep(offset + done, from + done, step);
      if (this.fs.mayFit(one, step)) most = this.fs.recordSize;
      else if (one < 0) error = one;
      else done += one;
      if (one >= 0 && <u64>one < step) error = setError(EFAULT);
    }
    noteWritten(done);
    leave();
    return done || !error ? <i64>done : error;
  }

  private writeStep(offset: u64, from: u64, count: u64): i64 {
    const dn = this.dn!;
    // A block that will be written as a whole is not read first, so its bytes must be there when the copy begins.
    const readable = touchUser(from, count);
    if (!readable) return setError(EFAULT);
    const prepared = this.fs.prepareWrite(dn, offset, readable);
    if (prepared < 0) return prepared;
    const blockSize = <u64>dn.blockSize;
    let done: u64 = 0;
    let error = 0;
    while (done < readable && error == 0) {
      const at = offset + done;
      const within = at % blockSize;
      const part = min(blockSize - within, readable - done);
      const db = this.fs.blockForWriting(dn, at, part == blockSize);
      if (!db) return done ? <i64>done : setError(EIO);
      error = copy(address(db.data + <usize>within), from + done, part);
      if (error < 0 && part == blockSize) memory.fill(db.data, 0, db.size);
      const pages = this.pages;
      if (pages) pages.refresh(at, part, db.data + <usize>within);
      releaseDbuf(db);
      if (error == 0) done += part;
    }
    if (done) {
      const kept = this.fs.wrote(dn, offset, done);
      if (kept < 0) return kept;
    }
    return done ? <i64>done : error;
  }

  truncate(size: u64): i32 {
    if (this.isDirectory) return setError(EISDIR);
    if (size > LARGEST) return setError(EFBIG);
    enter();
    let result = this.isThere ? this.putPages(0, 0) : setError(EIO);
    if (result == 0) result = this.fs.truncate(this.dn!, size);
    const pages = this.pages;
    if (result == 0 && pages) pages.cut(size);
    leave();
    return result;
  }

  freeSpace(offset: u64, length: u64): i32 {
    if (!length) return this.truncate(offset);
    if (this.isDirectory) return setError(EISDIR);
    enter();
    let result = this.isThere ? this.putPages(0, 0) : setError(EIO);
    if (result == 0) result = this.fs.freeRange(this.dn!, offset, length);
    const pages = this.pages;
    if (result == 0 && pages) pages.clear(offset, length);
    leave();
    return result;
  }

  // ---- pages

  page(offset: u64, shared: bool = false, write: bool = false): usize {
    if (write && (this.fs.isReadOnly || this.fileSystem.readOnly)) {
      setFailure(EROFS);
      return 0;
    }
    enter();
    let frame: usize = 0;
    if (this.isThere) {
      let pages = this.pages;
      if (!pages) this.pages = pages = new Pages(this.fs, this.dn!);
      frame = pages.page(offset / PAGE, write);
    }
    leave();
    return frame;
  }
  /** What mappings have changed comes into the blocks. All of the file, whatever the range. */
  putPages(offset: u64, length: u64): i32 {
    if (!this.pages) return 0;
    enter();
    const pages = this.pages;
    const result = pages && this.isThere ? pages.put() : 0;
    leave();
    return result;
  }
  /** Gives back frames that nobody has mapped. */
  dropUnmapped(): bool {
    const pages = this.pages;
    return pages != null && pages.dropUnmapped();
  }

  sync(dataOnly: bool): i32 {
    if (this.fs.isReadOnly) return 0;
    enter();
    let result = this.isThere ? this.putPages(0, 0) : setError(EIO);
    if (result == 0) result = this.fs.commit(this.object);
    leave();
    return result;
  }

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
  /** Before attributes change. */
  private change(): i32 {
    if (!this.isThere) return setError(EIO);
    if (this.fs.isReadOnly) return setError(EROFS);
    return this.fs.dataset.spa.begin(this.fs.dataset, 0);
  }
}

/** What holes read as. */
const ZEROS: usize = memory.data(4096, 16);
