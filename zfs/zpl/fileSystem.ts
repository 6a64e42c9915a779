// SPDX-License-Identifier: MIT
/**
 * @fileoverview The POSIX layer: files and directories in a dataset, by object number. What stands above (the kernel's vnodes, the host's
 * commands) holds the pool's lock and has checked permissions.
 *
 * A directory is a ZAP of names: value is type << 60 | object. A file that is removed while open, or too large to be freed at once, goes
 * to the delete queue, a ZAP of object numbers, which is emptied at the next mount.
 */
import { Ace } from '../../guest-os/fs/acl';
import {
  EEXIST,
  EFBIG,
  EINVAL,
  EIO,
  EISDIR,
  ENAMETOOLONG,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  ENOTEMPTY,
  EROFS,
  EXDEV,
  setError,
} from '../../guest-os/kernel/errno';
import { EDQUOT } from '../port/errors';
import { freeBuffer, newZeroed } from '../port/memory';
import { putText, textOf } from '../port/bytes';
import { system } from '../port/port';
import { Dbuf, holdDbuf, releaseDbuf, writeDbuf } from '../dmu/dbuf';
import { dmuFreeRange, dmuRead, dmuWrite } from '../dmu/dmu';
import {
  allocateObject,
  claimObject,
  Dnode,
  freeObject,
  holdDnode,
  isFreeObject,
  releaseDnode,
  setBlockSize,
} from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { TYPE_DIRECTORY, TYPE_PLAIN_FILE, TYPE_SA, TYPE_ZNODE } from '../dmu/types';
import { Dataset } from '../dsl/dataset';
import {
  LONGEST_NAME,
  zapAdd,
  zapDeleteInt,
  zapFind,
  zapGet,
  zapInit,
  zapNext,
  ZapEntry,
  zapRemove,
  zapSearchValue,
  zapSetInt,
  zapValue,
} from '../zap/zap';
import { IntentLog, Sizes } from '../zil/intentLog';
import { inheritedBy, withNewMode } from './access';
import { A_ATIME, A_CTIME, A_GID, A_LINKS, A_MODE, A_MTIME, A_PARENT, A_SIZE, A_UID } from './attributes';
import { MASTER_NODE } from './create';
import { freeFile, holdFile } from './freeing';
import { Notes } from './notes';
import { isOverQuota, loadQuotas } from './owners';
import { NewFile, Znodes } from './znode';

const S_IFMT: u64 = 0xf000;
const S_IFDIR: u64 = 0x4000;
const S_IFLNK: u64 = 0xa000;
const S_IFREG: u64 = 0x8000;
const OBJECT_MASK: u64 = ((<u64>1) << 48) - 1;
/** Room that a change of names may take: blocks of ZAPs and dnodes, with their copies and indirect blocks. */
const CHANGE: u64 = 256 << 10;
/** Largest file: 2^63 - 1 bytes. */
const LARGEST_FILE: u64 = i64.MAX_VALUE;
/** Longest target of a link (MAXPATHLEN, without what ends it). */
const LONGEST_TARGET: i32 = 1023;
const WRITE_STEP: u64 = 1 << 20;
/** An id that no user or group has. */
const NOBODY: u64 = u64.MAX_VALUE;

export class FileSystem extends Sizes {
  /** What is done is being done again: it is not noted in the log that says so. */
  isReplaying: bool = false;
  rootObject: u64 = 0;
  private queue: u64 = 0;
  readonly znodes: Znodes;
  private readonly cell: usize = newZeroed(512);
  /** What a lookup found. */
  found: u64 = 0;

  constructor(
    public readonly dataset: Dataset,
    public readonly objset: Objset,
    public readonly version: u64,
  ) {
    super();
    this.znodes = new Znodes(version);
  }

  /** Null: not a file system that can be read. */
  static open(dataset: Dataset): FileSystem | null {
    const objset = dataset.objset();
    if (!objset || zapGet(objset, MASTER_NODE, 'VERSION') < 0) return null;
    const version = zapValue;
    if (version < 1 || version > 5) return null;
    const fs = new FileSystem(dataset, objset, version);
    if (zapGet(objset, MASTER_NODE, 'ROOT') < 0) return null;
    fs.rootObject = zapValue;
    if (zapGet(objset, MASTER_NODE, 'DELETE_QUEUE') == 0) fs.queue = zapValue;
    let master: u64 = 0;
    if (zapGet(objset, MASTER_NODE, 'SA_ATTRS') == 0) master = zapValue;
    loadQuotas(objset);
    return fs.znodes.load(objset, master) < 0 ? null : fs;
  }

  /** Whoever opened it for a moment gives back its memory. */
  close(): void {
    freeBuffer(this.cell, 512);
  }

  get isReadOnly(): bool {
    return this.dataset.isSnapshot || !this.dataset.spa.isWritable;
  }

  // ---- the intent log

  private notes_: Notes | null = null;
  private noted: IntentLog | null = null;
  /** Null: nothing is noted. */
  private get notes(): Notes | null {
    if (this.isReplaying) return null;
    const log = this.dataset.log();
    if (!log) return null;
    let notes = this.notes_;
    if (notes && this.noted == log) return notes;
    log.sizes = this;
    this.noted = log;
    this.notes_ = notes = new Notes(log, this.znodes);
    return notes;
  }
  sizeOf(dn: Dnode): u64 {
    return this.znodes.get(dn, A_SIZE);
  }
  /** What was done to a file, and to names, is on stable storage when this returns. */
  commit(object: u64): i32 {
    return this.dataset.commit(object);
  }

  noteExtended(dn: Dnode, directory: Dnode): i32 {
    const notes = this.notes;
    return notes ? notes.created(dn.object, '', directory, '') : 0;
  }

  // ---- files

  /** A file's dnode, held; null: no such file. */
  hold(object: u64): Dnode | null {
    return holdFile(this.objset, object);
  }
  /** The same of any object, file or not. */
  holdAny(object: u64): Dnode | null {
    return holdDnode(this.objset, object);
  }
  isDirectory(dn: Dnode): bool {
    return (this.znodes.get(dn, A_MODE) & S_IFMT) == S_IFDIR;
  }

  // ---- names

  /** The object comes to {@link found}. */
  lookup(directory: Dnode, name: string): i32 {
    if (directory.type != TYPE_DIRECTORY) return setError(ENOTDIR);
    if (name.length > LONGEST_NAME) return setError(ENAMETOOLONG);
    const result = zapFind(directory, name, 8, 1, this.cell);
    if (result == 0) this.found = load<u64>(this.cell) & OBJECT_MASK;
    return result;
  }

  next(directory: Dnode, position: u64, entry: ZapEntry): i32 {
    const result = zapNext(directory, position, entry);
    entry.value &= OBJECT_MASK;
    return result;
  }

  /** A name of an object in a directory comes to `zapName`. */
  nameOf(directory: Dnode, object: u64): i32 {
    return zapSearchValue(directory, object, OBJECT_MASK);
  }

  /** A new file, whose object comes to {@link found}; `file` has all but parent and generation. */
  create(directory: Dnode, name: string, file: NewFile): i32 {
    const checked = this.checkNew(directory, name);
    if (checked < 0) return checked;
    if (file.target.length > LONGEST_TARGET) return setError(ENAMETOOLONG);
    file.isExtended = this.znodes.isExtended(directory);
    if (file.isExtended && (file.mode & S_IFMT) != S_IFREG) return setError(EINVAL);
    const limited = this.checkQuotas(file.uid, file.gid);
    if (limited < 0) return limited;
    const begun = this.dataset.spa.begin(this.dataset, CHANGE);
    if (begun < 0) return begun;
    const isDirectory = (file.mode & S_IFMT) == S_IFDIR;
    const isLink = (file.mode & S_IFMT) == S_IFLNK;
    file.parent = directory.object;
    if (!file.aces) file.aces = inheritedBy(this.objset, this.znodes, directory, file);
    if (isLink) file.size = file.target.length;
    if (file.object && !isFreeObject(this.objset, file.object)) return setError(EEXIST);
    const dn = this.makeObject(file);
    if (!dn) return setError(EIO);
    const object = dn.object;
    let result = 0;
    if (isLink && !this.znodes.isNew) result = this.putTarget(dn, file.target);
    if (result == 0) result = this.enter(directory, name, dn);
    if (result < 0) freeObject(dn);
    else {
      if (isDirectory) this.znodes.set(directory, A_LINKS, this.znodes.get(directory, A_LINKS) + 1);
      const notes = this.notes;
      if (notes) result = notes.created(directory.object, name, dn, file.target);
    }
    releaseDnode(dn);
    this.found = object;
    return result;
  }

  /** A new object of a file that has no name yet, held; null: it cannot be read. Its number, if the file has one, is free. */
  makeObject(file: NewFile): Dnode | null {
    const isDirectory = (file.mode & S_IFMT) == S_IFDIR;
    if (isDirectory) {
      file.links = 2;
      file.size = 2;
    }
    file.generation = this.dataset.spa.openTxg;
    const bonusType = this.znodes.isNew ? TYPE_SA : TYPE_ZNODE;
    const type = isDirectory ? TYPE_DIRECTORY : TYPE_PLAIN_FILE;
    let object = file.object;
    if (!object) object = allocateObject(this.objset, type, 512, bonusType, Znodes.bonusLength(this.version));
    else claimObject(this.objset, object, type, 512, bonusType, Znodes.bonusLength(this.version));
    if (isDirectory) zapInit(this.objset, object);
    const dn = holdDnode(this.objset, object);
    if (!dn || this.znodes.init(dn, file) == 0) return dn;
    freeObject(dn);
    releaseDnode(dn);
    return null;
  }
  /** EDQUOT: who is to have more has as much already as is allowed. */
  private checkQuotas(uid: u64, gid: u64): i32 {
    const objset = this.objset;
    if (!objset.userQuotas && !objset.groupQuotas) return 0;
    return !this.isReplaying && isOverQuota(objset, uid, gid) ? setError(EDQUOT) : 0;
  }
  /** Room for a change of names. */
  beginChange(): i32 {
    return this.dataset.spa.begin(this.dataset, CHANGE);
  }

  private checkNew(directory: Dnode, name: string): i32 {
    if (this.isReadOnly) return setError(EROFS);
    const result = this.lookup(directory, name);
    if (result == setError(ENOENT)) return name.length ? 0 : setError(EINVAL);
    return result < 0 ? result : setError(EEXIST);
  }

  /** Writes an entry, and what it changes of the directory. */
  private enter(directory: Dnode, name: string, dn: Dnode): i32 {
    const type = (this.znodes.get(dn, A_MODE) & S_IFMT) >> 12;
    store<u64>(this.cell, (type << 60) | dn.object);
    const result = zapAdd(directory, name, 8, 1, this.cell);
    if (result == 0) this.changed(directory, 1);
    return result;
  }
  /** A directory has got or lost entries. */
  private changed(directory: Dnode, entries: i64): void {
    this.znodes.set(directory, A_SIZE, this.znodes.get(directory, A_SIZE) + <u64>entries);
    const now = system().now();
    this.znodes.setTime(directory, A_MTIME, now);
    this.znodes.setTime(directory, A_CTIME, now);
  }

  link(directory: Dnode, name: string, dn: Dnode): i32 {
    const checked = this.checkNew(directory, name);
    if (checked < 0) return checked;
    if (this.znodes.isExtended(directory) != this.znodes.isExtended(dn)) return setError(EINVAL);
    const begun = this.dataset.spa.begin(this.dataset, CHANGE);
    if (begun < 0) return begun;
    const result = this.enter(directory, name, dn);
    if (result < 0) return result;
    this.znodes.set(dn, A_LINKS, this.znodes.get(dn, A_LINKS) + 1);
    // Where its newest name is: the older ones may go.
    this.znodes.set(dn, A_PARENT, directory.object);
    this.znodes.setTime(dn, A_CTIME, system().now());
    const notes = this.notes;
    return notes ? notes.linked(directory.object, name, dn.object) : 0;
  }

  /**
   * Removes a name. A file whose last it was is freed, or with `isOpen` put into the delete queue, and freed by {@link reclaim}.
   */
  remove(directory: Dnode, name: string, isOpen: bool): i32 {
    const result = this.removeName(directory, name, isOpen);
    const notes = result == 0 ? this.notes : null;
    return notes ? notes.removed(directory.object, name, false) : result;
  }
  private removeName(directory: Dnode, name: string, isOpen: bool): i32 {
    if (this.isReadOnly) return setError(EROFS);
    let result = this.lookup(directory, name);
    if (result < 0) return result;
    const begun = this.dataset.spa.begin(this.dataset, 0);
    if (begun < 0) return begun;
    const dn = this.hold(this.found);
    if (!dn) return setError(EIO);
    if (this.isDirectory(dn)) result = setError(EISDIR);
    if (result == 0) result = zapRemove(directory, name);
    if (result == 0) {
      this.changed(directory, -1);
      result = this.dropLink(dn, isOpen);
    }
    releaseDnode(dn);
    return result;
  }

  private dropLink(dn: Dnode, isOpen: bool): i32 {
    const links = this.znodes.get(dn, A_LINKS) - 1;
    this.znodes.set(dn, A_LINKS, links);
    this.znodes.setTime(dn, A_CTIME, system().now());
    if (links) return 0;
    const notes = this.notes;
    if (notes) notes.forget(dn.object);
    if (isOpen && this.queue) return zapSetInt(this.objset, this.queue, dn.object, dn.object);
    return this.free(dn);
  }

  /** The last user of a file without names is gone. */
  reclaim(object: u64): i32 {
    const dn = this.hold(object);
    if (!dn) return setError(ENOENT);
    let result = zapDeleteInt(this.objset, this.queue, object);
    if (result == 0) result = this.free(dn);
    releaseDnode(dn);
    return result;
  }
  private free(dn: Dnode): i32 {
    return freeFile(this.objset, this.znodes, this.notes, dn);
  }

  /** Frees what a crash left in the delete queue. */
  emptyQueue(): void {
    if (!this.queue || this.isReadOnly) return;
    const queue = holdDnode(this.objset, this.queue);
    if (!queue) return;
    const entry = new ZapEntry();
    // Entries go while they are walked, so each walk begins anew.
    while (zapNext(queue, 0, entry) == 0 && this.reclaim(entry.value) == 0) {}
    releaseDnode(queue);
  }

  removeDirectory(directory: Dnode, name: string): i32 {
    const result = this.removeDirectoryName(directory, name);
    const notes = result == 0 ? this.notes : null;
    return notes ? notes.removed(directory.object, name, true) : result;
  }
  private removeDirectoryName(directory: Dnode, name: string): i32 {
    if (this.isReadOnly) return setError(EROFS);
    let result = this.lookup(directory, name);
    if (result < 0) return result;
    const begun = this.dataset.spa.begin(this.dataset, 0);
    if (begun < 0) return begun;
    const dn = this.hold(this.found);
    if (!dn) return setError(EIO);
    if (!this.isDirectory(dn)) result = setError(ENOTDIR);
    else if (zapNext(dn, 0, scratchEntry) == 0) result = setError(ENOTEMPTY);
    if (result == 0) result = zapRemove(directory, name);
    if (result == 0) {
      this.changed(directory, -1);
      this.znodes.set(directory, A_LINKS, this.znodes.get(directory, A_LINKS) - 1);
      const notes = this.notes;
      if (notes) notes.forget(dn.object);
      result = this.free(dn);
    }
    releaseDnode(dn);
    return result;
  }

  /** The caller has seen to it that a directory does not move below itself. `isOpen`: of what is replaced. */
  rename(from: Dnode, name: string, to: Dnode, newName: string, isOpen: bool): i32 {
    if (this.isReadOnly) return setError(EROFS);
    if (from.objset != to.objset) return setError(EXDEV);
    if (this.znodes.isExtended(from) != this.znodes.isExtended(to)) return setError(EINVAL);
    let result = this.lookup(from, name);
    if (result < 0) return result;
    const object = this.found;
    const begun = this.dataset.spa.begin(this.dataset, CHANGE);
    if (begun < 0) return begun;
    const old = this.lookup(to, newName);
    if (old == 0 && this.found == object) return 0;
    const dn = this.hold(object);
    if (!dn) return setError(EIO);
    if (old == 0) result = this.isDirectory(dn) ? this.removeDirectoryName(to, newName) : this.removeName(to, newName, isOpen);
    if (result == 0) result = this.enter(to, newName, dn);
    if (result == 0) result = zapRemove(from, name);
    if (result == 0) {
      this.changed(from, -1);
      this.znodes.set(dn, A_PARENT, to.object);
      this.znodes.setTime(dn, A_CTIME, system().now());
      if (this.isDirectory(dn) && from != to) {
        this.znodes.set(from, A_LINKS, this.znodes.get(from, A_LINKS) - 1);
        this.znodes.set(to, A_LINKS, this.znodes.get(to, A_LINKS) + 1);
      }
      const notes = this.notes;
      if (notes) result = notes.renamed(from.object, name, to.object, newName);
    }
    releaseDnode(dn);
    return result;
  }

  // ---- contents

  /** Bytes read, 0 at the end. */
  read(dn: Dnode, offset: u64, bytes: u64, to: usize): i64 {
    const size = this.znodes.get(dn, A_SIZE);
    if (offset >= size) return 0;
    const count = min(bytes, size - offset);
    const result = dmuRead(dn, offset, count, to);
    return result < 0 ? result : <i64>count;
  }

  /**
   * A block, held, for callers that copy from it themselves; null: it cannot be read. Blocks after the last are holes, which have none:
   * see {@link isBeyond}.
   */
  block(dn: Dnode, offset: u64): Dbuf | null {
    return holdDbuf(dn, 0, offset / dn.blockSize, true);
  }
  isBeyond(dn: Dnode, offset: u64): bool {
    return offset / dn.blockSize > dn.maxBlock;
  }

  /** Before bytes at `offset` are written: room, and a block size that fits. */
  prepareWrite(dn: Dnode, offset: u64, bytes: u64): i32 {
    if (this.isReadOnly) return setError(EROFS);
    const end = offset + bytes;
    if (end > LARGEST_FILE || end < offset) return setError(EFBIG);
    const objset = this.objset;
    if (objset.userQuotas || objset.groupQuotas) {
      const limited = this.checkQuotas(this.znodes.get(dn, A_UID), this.znodes.get(dn, A_GID));
      if (limited < 0) return limited;
    }
    const begun = this.dataset.spa.begin(this.dataset, bytes * this.objset.copies + CHANGE / 4);
    if (begun < 0) return begun;
    return this.fitBlocks(dn, end) ? 0 : setError(EIO);
  }

  /** A file of one block has one that is as large as it is; beyond the record size all blocks have that. */
  private fitBlocks(dn: Dnode, end: u64): bool {
    const record = this.objset.recordSize;
    const size = dn.blockSize;
    if (end <= size || dn.maxBlock) return true;
    if (end <= record) return setBlockSize(dn, (<u32>end + 511) & ~511);
    if (size >= record && (size & (size - 1)) == 0) return true;
    // An odd size is not for more than one block.
    let larger = record;
    while (larger < size) larger <<= 1;
    return setBlockSize(dn, larger);
  }

  /** A block to write to, held and dirty; `whole`: all of it will be. */
  blockForWriting(dn: Dnode, offset: u64, whole: bool): Dbuf | null {
    return writeDbuf(dn, offset / dn.blockSize, whole);
  }
  /** After bytes were written. An error: `sync=always` could not be kept. */
  wrote(dn: Dnode, offset: u64, count: u64): i32 {
    if (offset + count > this.znodes.get(dn, A_SIZE)) this.znodes.set(dn, A_SIZE, offset + count);
    this.modified(dn);
    const notes = this.notes;
    return notes ? notes.wrote(dn, offset, count) : 0;
  }
  private modified(dn: Dnode): void {
    const now = system().now();
    this.znodes.setTime(dn, A_MTIME, now);
    this.znodes.setTime(dn, A_CTIME, now);
  }

  get recordSize(): u64 {
    return this.objset.recordSize;
  }
  /** So many bytes were refused for want of room: fewer may fit. As on illumos what fits is written, record by record. */
  mayFit(refused: i64, bytes: u64): bool {
    return (refused == -EDQUOT || refused == -ENOSPC) && bytes > this.recordSize;
  }

  /** Bytes written, which are fewer than asked for where room runs out. */
  write(dn: Dnode, offset: u64, bytes: u64, from: usize): i64 {
    let done: u64 = 0;
    let most = WRITE_STEP;
    while (done < bytes) {
      const count = min(bytes - done, most - ((offset + done) % most));
      let result = this.prepareWrite(dn, offset + done, count);
      if (this.mayFit(result, count)) {
        most = this.recordSize;
        continue;
      }
      if (result == 0) result = dmuWrite(dn, offset + done, count, from + <usize>done);
      if (result < 0) return done ? <i64>done : <i64>result;
      result = this.wrote(dn, offset + done, count);
      if (result < 0) return result;
      done += count;
    }
    return <i64>done;
  }

  truncate(dn: Dnode, size: u64): i32 {
    if (this.isReadOnly) return setError(EROFS);
    if (size > LARGEST_FILE) return setError(EFBIG);
    const begun = this.dataset.spa.begin(this.dataset, size > this.znodes.get(dn, A_SIZE) ? CHANGE : 0);
    if (begun < 0) return begun;
    const old = this.znodes.get(dn, A_SIZE);
    let result = 0;
    if (size < old) result = dmuFreeRange(dn, size, u64.MAX_VALUE);
    else if (!this.fitBlocks(dn, size)) result = setError(EIO);
    if (result < 0) return result;
    this.znodes.set(dn, A_SIZE, size);
    this.modified(dn);
    const notes = this.notes;
    return notes ? notes.freed(dn, size, 0) : 0;
  }

  /** Makes a hole. */
  freeRange(dn: Dnode, offset: u64, bytes: u64): i32 {
    if (this.isReadOnly) return setError(EROFS);
    const size = this.znodes.get(dn, A_SIZE);
    if (offset >= size) return 0;
    const begun = this.dataset.spa.begin(this.dataset, 0);
    if (begun < 0) return begun;
    const result = dmuFreeRange(dn, offset, min(bytes, size - offset));
    if (result < 0) return result;
    this.modified(dn);
    const notes = this.notes;
    return notes ? notes.freed(dn, offset, min(bytes, size - offset)) : 0;
  }

  /** `mode` has the type too; what becomes of the list of access is said by the property aclmode. */
  setMode(dn: Dnode, mode: u64): i32 {
    const result = withNewMode(this.objset, this.znodes, dn, mode);
    if (result < 0) return result;
    this.znodes.setTime(dn, A_CTIME, system().now());
    const notes = this.notes;
    return notes ? notes.changedMode(dn) : 0;
  }
  /** The same where only set-id bits go: the list stays. */
  dropSetIds(dn: Dnode, mode: u64): i32 {
    this.znodes.set(dn, A_MODE, mode);
    this.znodes.setTime(dn, A_CTIME, system().now());
    const notes = this.notes;
    if (!notes) return 0;
    const noted = notes.changedMode(dn);
    const aces: Ace[] | null = this.znodes.hasAcl(dn) ? this.znodes.aces(dn) : null;
    // When this is done again the mode may take the list with it.
    return noted == 0 && aces ? notes.changedAces(dn, aces) : noted;
  }

  // ---- lists of access

  /** Null: it cannot be read. */
  aces(dn: Dnode): Ace[] | null {
    return this.znodes.aces(dn);
  }
  setAces(dn: Dnode, aces: Ace[]): i32 {
    if (this.isReadOnly) return setError(EROFS);
    const begun = this.dataset.spa.begin(this.dataset, CHANGE);
    if (begun < 0) return begun;
    const result = this.znodes.setAces(dn, aces);
    if (result < 0) return result;
    this.znodes.setTime(dn, A_CTIME, system().now());
    const notes = this.notes;
    return notes ? notes.changedAces(dn, aces) : 0;
  }
  /** -1: as it is. */
  setOwner(dn: Dnode, uid: i32, gid: i32): i32 {
    // Whoever gives it away needs nothing; whoever gets it needs to be allowed it.
    const limited = this.checkQuotas(uid == -1 ? NOBODY : <u64>(<u32>uid), gid == -1 ? NOBODY : <u64>(<u32>gid));
    if (limited < 0) return limited;
    if (uid != -1) this.znodes.set(dn, A_UID, <u64>(<u32>uid));
    if (gid != -1) this.znodes.set(dn, A_GID, <u64>(<u32>gid));
    this.znodes.setTime(dn, A_CTIME, system().now());
    const notes = this.notes;
    return notes ? notes.changedOwner(dn) : 0;
  }
  /** Nanoseconds since 1970. */
  setTimes(dn: Dnode, accessed: u64, modified: u64): i32 {
    this.znodes.setTime(dn, A_ATIME, accessed);
    this.znodes.setTime(dn, A_MTIME, modified);
    this.znodes.setTime(dn, A_CTIME, system().now());
    const notes = this.notes;
    return notes ? notes.changedTimes(dn) : 0;
  }

  // ---- links

  private putTarget(dn: Dnode, target: string): i32 {
    const bytes = (<u32>target.length + 511) & ~511;
    const buffer = newZeroed(max(bytes, 512));
    putText(target, buffer);
    let result = setBlockSize(dn, max(bytes, 512)) ? 0 : setError(EIO);
    if (result == 0) result = dmuWrite(dn, 0, target.length, buffer);
    freeBuffer(buffer, max(bytes, 512));
    return result;
  }
  /** Null: it cannot be read. */
  target(dn: Dnode): string | null {
    const short = this.znodes.target(dn);
    const size = this.znodes.get(dn, A_SIZE);
    if (short && <u64>short.length == size) return short;
    if (size > 4096) return null;
    const buffer = newZeroed(4096);
    const text: string | null = dmuRead(dn, 0, size, buffer) < 0 ? null : textOf(buffer, <usize>size);
    freeBuffer(buffer, 4096);
    return text;
  }
}

const scratchEntry = new ZapEntry();
