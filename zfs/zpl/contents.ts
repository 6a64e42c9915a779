// SPDX-License-Identifier: MIT
/**
 * @fileoverview What is in a file of ZFS, for the kernel: bytes and pages; and how its vnode comes and goes. Names, and changes of attributes, are vnode.ts's.
 *
 * Reads and writes copy between users and the blocks in memory, without buffers between. A user's page may be a page of a file here, so that the
 * copy leads back to {@link ZfsContents.page}, which reads only: no group is synced between the first byte of a block and its last.
 *
 * Pages of mapped files are in pages.ts.
 */
import { address } from 'machine/mem';
import { touchUser } from 'machine/stubs';
import { EFAULT, EFBIG, EIO, EISDIR, EROFS, setError, setFailure } from '../../guest-os/kernel/errno';
import { Attributes, Vnode } from '../../guest-os/fs/vnode';
import { PAGE } from '../../guest-os/kernel/memory/frames';
import { copyStep } from '../../guest-os/kernel/memory/pageout';
import { copy } from '../../guest-os/kernel/memory/user';
import { wallTime } from '../../guest-os/kernel/time/clock';
import { releaseDbuf } from '../dmu/dbuf';
import { Dnode, releaseDnode } from '../dmu/dnode';
import { TYPE_NONE } from '../dmu/types';
import { enter, leave, noteWritten } from '../port/kernel';
import { A_ATIME, A_CTIME, A_GEN, A_GID, A_LINKS, A_MODE, A_MTIME, A_RDEV, A_SIZE, A_UID } from './attributes';
import { FileSystem } from './fileSystem';
import { ZfsFileSystem } from './mount';
import { Pages } from './pages';

/** Bytes for which room is made at a time. */
const WRITE_STEP: u64 = 1 << 20;
const LARGEST: u64 = i64.MAX_VALUE;

export class ZfsContents extends Vnode {
  /** Held; null: the file system is gone. */
  protected dn: Dnode | null;
  readonly object: u64;
  /** Which of the files that have this number: set when the dataset becomes another. */
  protected generation: u64 = 0;
  /** Null: it is not mapped. */
  protected pages: Pages | null = null;

  constructor(
    protected readonly mountedIn: ZfsFileSystem,
    dn: Dnode,
    type: i32,
  ) {
    super(mountedIn, type);
    this.dn = dn;
    this.object = dn.object;
  }

  protected get fs(): FileSystem {
    return this.mountedIn.fs;
  }
  /** Is there still a file? */
  protected get isThere(): bool {
    const dn = this.dn;
    return dn != null && dn.type != TYPE_NONE;
  }
  protected get size(): u64 {
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
  protected readHere(offset: u64, to: u64, count: u64): i64 {
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
  protected accessed(): void {
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
  protected writeHere(offset: u64, from: u64, wanted: u64): i64 {
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

  protected writeStep(offset: u64, from: u64, count: u64): i64 {
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

  /** Before attributes change. */
  protected change(): i32 {
    if (!this.isThere) return setError(EIO);
    if (this.fs.isReadOnly) return setError(EROFS);
    return this.fs.dataset.spa.begin(this.fs.dataset, 0);
  }
}

/** What holes read as. */
const ZEROS: usize = memory.data(4096, 16);
