// SPDX-License-Identifier: MIT
/**
 * @fileoverview The files of a dataset, by object number: contents, attributes, lists of access; what of it the intent log is told. Their names are
 * fileSystem.ts's. A change begins with room for it ({@link Files.beginChange}, {@link Files.prepareWrite}).
 */
import { Ace } from '../../guest-os/fs/acl';
import { EFBIG, EIO, ENOSPC, EROFS, setError } from '../../guest-os/kernel/errno';
import { EDQUOT } from '../port/errors';
import { freeBuffer, newZeroed } from '../port/memory';
import { putText, textOf } from '../port/bytes';
import { system } from '../port/port';
import { Dbuf, holdDbuf, writeDbuf } from '../dmu/dbuf';
import { dmuFreeRange, dmuRead, dmuWrite } from '../dmu/dmu';
import { Dnode, holdDnode, setBlockSize } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { Dataset } from '../dsl/dataset';
import { IntentLog, Sizes } from '../zil/intentLog';
import { withNewMode } from './access';
import { A_ATIME, A_CTIME, A_GID, A_MODE, A_MTIME, A_SIZE, A_UID } from './attributes';
import { holdFile } from './freeing';
import { Notes } from './notes';
import { isOverQuota } from './owners';
import { Znodes } from './znode';

const S_IFMT: u64 = 0xf000;
const S_IFDIR: u64 = 0x4000;
/** Room that a change of names may take: blocks of ZAPs and dnodes, with their copies and indirect blocks. */
const CHANGE: u64 = 256 << 10;
/** Largest file: 2^63 - 1 bytes. */
const LARGEST_FILE: u64 = i64.MAX_VALUE;
const WRITE_STEP: u64 = 1 << 20;
/** An id that no user or group has. */
const NOBODY: u64 = u64.MAX_VALUE;

export class Files extends Sizes {
  /** What is done is being done again: it is not noted in the log that says so. */
  isReplaying: bool = false;
  rootObject: u64 = 0;
  readonly znodes: Znodes;

  constructor(
    public readonly dataset: Dataset,
    public readonly objset: Objset,
    public readonly version: u64,
  ) {
    super();
    this.znodes = new Znodes(version);
  }
  get isReadOnly(): bool {
    return this.dataset.isSnapshot || !this.dataset.spa.isWritable;
  }

  // ---- the intent log

  protected notes_: Notes | null = null;
  protected noted: IntentLog | null = null;
  /** Null: nothing is noted. */
  protected get notes(): Notes | null {
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
  /** EDQUOT: who is to have more has as much already as is allowed. */
  protected checkQuotas(uid: u64, gid: u64): i32 {
    const objset = this.objset;
    if (!objset.userQuotas && !objset.groupQuotas) return 0;
    return !this.isReplaying && isOverQuota(objset, uid, gid) ? setError(EDQUOT) : 0;
  }
  /** Room for a change of names. */
  beginChange(): i32 {
    return this.dataset.spa.begin(this.dataset, CHANGE);
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
  protected fitBlocks(dn: Dnode, end: u64): bool {
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
  protected modified(dn: Dnode): void {
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
    const begun = this.beginChange();
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

  protected putTarget(dn: Dnode, target: string): i32 {
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
