// SPDX-License-Identifier: MIT
/**
 * @fileoverview The POSIX layer: directories and what they name in a dataset, by object number; files themselves are files.ts's. What stands above (the
 * kernel's vnodes, the host's commands) holds the pool's lock and has checked permissions.
 *
 * A directory is a ZAP of names: value is type << 60 | object. A file that is removed while open, or too large to be freed at once, goes
 * to the delete queue, a ZAP of object numbers, which is emptied at the next mount.
 */
import {
  EEXIST,
  EINVAL,
  EIO,
  EISDIR,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EROFS,
  EXDEV,
  setError,
} from '../../guest-os/kernel/errno';
import { freeBuffer, newZeroed } from '../port/memory';
import { system } from '../port/port';
import { allocateObject, claimObject, Dnode, freeObject, holdDnode, isFreeObject, releaseDnode } from '../dmu/dnode';
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
import { inheritedBy } from './access';
import { A_CTIME, A_LINKS, A_MODE, A_MTIME, A_PARENT, A_SIZE } from './attributes';
import { MASTER_NODE } from './create';
import { freeFile } from './freeing';
import { loadQuotas } from './owners';
import { NewFile, Znodes } from './znode';
import { Files } from './files';

const S_IFMT: u64 = 0xf000;
const S_IFDIR: u64 = 0x4000;
const S_IFLNK: u64 = 0xa000;
const S_IFREG: u64 = 0x8000;
const OBJECT_MASK: u64 = ((<u64>1) << 48) - 1;
/** Longest target of a link (MAXPATHLEN, without what ends it). */
const LONGEST_TARGET: i32 = 1023;

export class FileSystem extends Files {
  private queue: u64 = 0;
  private readonly cell: usize = newZeroed(512);
  /** What a lookup found. */
  found: u64 = 0;

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
    const begun = this.beginChange();
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
    const begun = this.beginChange();
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
    const begun = this.beginChange();
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
}

const scratchEntry = new ZapEntry();
