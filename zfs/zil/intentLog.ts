// SPDX-License-Identifier: MIT
/**
 * @fileoverview Writing an intent log: what fsync(2) does instead of writing a whole transaction group.
 *
 * Whatever changes files or a volume notes here what it did, as the record that replay.ts would do again; the notes of the open group are in memory
 * only. {@link IntentLog.commit} writes those that matter to one object: all that was done to names, in order, and what was done to the contents and
 * attributes of that object; then it flushes the devices. When the group is synced, all notes are moot and the blocks written meanwhile are freed.
 *
 * The chain on disk (log.ts says how it is read): the header has the pointer to a block that is allocated and not written yet, {@link open}. A commit
 * fills it, with the pointer to the next in it, which is again allocated only. So the header changes only with groups: a log that has no chain yet
 * gets one by a commit that syncs the group; from then on each group leaves in the header where its successor will begin.
 *
 * A note of a write has no data: they are in the object's blocks until the group is synced. A commit copies them into its record; but a whole block
 * of more than {@link IMMEDIATE} bytes is written where it will stay (`Objset.writeAhead`), and the record has the pointer to it. With
 * `logbias=throughput` all are. What a later change has cut off is not written: that change is noted too.
 *
 * Invariant: all blocks from the header's pointer to {@link open} were allocated in the open group, but for the first, which the last one allocated.
 * A log ends ({@link IntentLog.end}) before its dataset is snapshot, rolled back, received into, destroyed, or its pool exported: its header is empty
 * then. Where a log cannot be written, for want of space or for an error, the group is synced, and the log ends.
 */
import { ZilChain, ZilRecord, ZilWrite } from 'layout/zfs';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { freeBuffer, newBuffer, newZeroed } from '../port/memory';
import { system } from '../port/port';
import { Vector } from '../port/vector';
import { findDbuf } from '../dmu/dbuf';
import { dmuRead } from '../dmu/dmu';
import { Dnode, holdDnode, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { TYPE_INTENT_LOG } from '../dmu/types';
import { Dataset } from '../dsl/dataset';
import { Spa } from '../spa/spa';
import { copyOffset, copySize, copyVdev, isHole, physicalSize, pointer, POINTER_SIZE, properties } from '../zio/blockPointer';
import { CHECKSUM_ZILOG, CHECKSUM_ZILOG2 } from '../zio/checksum';
import { COMPRESS_OFF } from '../zio/compress';
import { Check, checkOfPointer, seal } from '../zio/verify';
import { TX_WRITE, WRITE_DATA } from './records';

/** Values of the property `sync`. */
export const SYNC_STANDARD: u32 = 0;
export const SYNC_ALWAYS: u32 = 1;
export const SYNC_DISABLED: u32 = 2;
/** Of the property `logbias`. */
export const LOGBIAS_THROUGHPUT: u32 = 1;

/** From this version on the chain's structure is at a block's beginning, and only what is used is written and summed. */
const VERSION_SLIM: u64 = 26;
/** Larger blocks that are written as a whole are not copied into the log. */
const IMMEDIATE: u64 = 32 << 10;
/** A block is one of these, by how much recent commits wrote: a bit more than a record of 8 KiB, or of 32 KiB, and the largest. */
const SMALLEST: u32 = 4096;
const MIDDLE: u32 = 12 << 10;
const LARGE: u32 = 36 << 10;
const LARGEST: u32 = 128 << 10;
/** Commits that count as recent. */
const RECENT: i32 = 16;
const CHAIN: u32 = <u32>ZilChain.SIZE;
/** What one record can have of a write. */
const MOST_DATA: u32 = LARGEST - CHAIN - WRITE_DATA;
/** Where the words of a pointer's checksum are: identity of the chain, object set, number in the chain. */
const IDENTITY: usize = 96;
const OBJECT_SET: usize = 112;
const SEQUENCE: usize = 120;

/** What precedes a record in memory. */
@unmanaged
export class Note {
  next: Note | null;
  /** Whose contents or attributes it is about; 0: names. */
  object: u64;
  /** Of the record behind this. */
  bytes: u32;
  isWritten: bool;

  get record(): usize {
    return changetype<usize>(this) + NOTE;
  }
}
const NOTE: usize = 32;

/** Who knows how long objects are. */
export abstract class Sizes {
  abstract sizeOf(dn: Dnode): u64;
}

/** Bytes of notes of all datasets. */
let noted: u64 = 0;
export function notedBytes(): u64 {
  return noted;
}

export class IntentLog {
  private first: Note | null = null;
  private last: Note | null = null;
  /** Pointer to the block that the next commit fills; a hole: there is no chain. */
  private readonly open: usize = newZeroed(<usize>POINTER_SIZE);
  /** Blocks written in the open group. */
  private readonly written: Vector = new Vector(POINTER_SIZE);
  /** Numbers records, from 1. */
  private sequence: u64 = 0;
  private isEnding: bool = false;
  /** Null: of a volume, whose object has no end. */
  sizes: Sizes | null = null;
  private readonly recent: StaticArray<u32> = new StaticArray<u32>(RECENT);
  private commits: i32 = 0;

  // Of the commit under way: a block's bytes, and how many are used.
  private buffer: usize = 0;
  private used: u32 = 0;

  constructor(
    private readonly dataset: Dataset,
    private readonly objset: Objset,
  ) {}

  private get spa(): Spa {
    return this.dataset.spa;
  }
  private get isSlim(): bool {
    return this.spa.version >= VERSION_SLIM;
  }

  // ---- notes

  /** Room for a record of so many bytes, zeros but for what each record begins with; {@link noteDone} follows. */
  note(type: u32, object: u64, bytes: u32): usize {
    const whole = (bytes + 7) & ~7;
    const note = changetype<Note>(newZeroed(NOTE + <usize>whole));
    note.object = object;
    note.bytes = whole;
    const record = changetype<ZilRecord>(note.record);
    record.type = type;
    record.length = whole;
    const last = this.last;
    if (last) last.next = note;
    else this.first = note;
    this.last = note;
    noted += <u64>NOTE + whole;
    return note.record;
  }
  /** All that is noted has been done; with `sync=always` it is on stable storage when this returns, or an error says that it is not. */
  noteDone(object: u64): i32 {
    return this.objset.syncMode == SYNC_ALWAYS ? this.commit(object) : 0;
  }
  noteWrite(object: u64, offset: u64, count: u64): i32 {
    const last = this.last;
    if (last && last.object == object && changetype<ZilRecord>(last.record).type == TX_WRITE) {
      const before = changetype<ZilWrite>(last.record);
      if (before.offset + before.count == offset) {
        before.count += count;
        return this.noteDone(object);
      }
    }
    const record = changetype<ZilWrite>(this.note(TX_WRITE, object, WRITE_DATA));
    record.object = object;
    record.offset = offset;
    record.count = count;
    return this.noteDone(object);
  }
  /** An object is free, and its number may be given to another: what was to be done to it is moot. */
  forget(object: u64): void {
    let note = this.first;
    while (note) {
      if (note.object == object) note.isWritten = true;
      note = note.next;
    }
    this.dropWritten();
  }
  private dropWritten(): void {
    let kept: Note | null = null;
    let note = this.first;
    this.first = null;
    while (note) {
      const next = note.next;
      if (note.isWritten) dropNote(note);
      else {
        if (kept) kept.next = note;
        else this.first = note;
        kept = note;
        note.next = null;
      }
      note = next;
    }
    this.last = kept;
  }

  private dropAll(): void {
    let note = this.first;
    while (note) {
      const next = note.next;
      dropNote(note);
      note = next;
    }
    this.first = null;
    this.last = null;
  }

  // ---- commits

  /** What was done to an object, and to names, is on stable storage when this returns. */
  commit(object: u64): i32 {
    const spa = this.spa;
    if (spa.isSuspended) return setError(EIO);
    let size: u64 = 0;
    let note = this.first;
    while (note) {
      if (concerns(note, object)) size += <u64>CHAIN + note.bytes + this.dataBytes(note);
      note = note.next;
    }
    if (!size) return 0;
    if (isHole(this.open) || this.isEnding) {
      if (!this.isEnding) this.begin();
      return spa.sync();
    }
    this.recent[this.commits++ % RECENT] = <u32>min<u64>(size, LARGEST);
    if (this.write(object, size) < 0) {
      this.end();
      return spa.sync();
    }
    this.dropWritten();
    return 0;
  }
  /** What a note's data may take in the log. */
  private dataBytes(note: Note): u64 {
    if (changetype<ZilRecord>(note.record).type != TX_WRITE) return 0;
    const count = changetype<ZilWrite>(note.record).count;
    return count >= IMMEDIATE ? 0 : count;
  }

  private write(object: u64, size: u64): i32 {
    this.buffer = newBuffer(LARGEST);
    this.beginBlock();
    let result = 0;
    let note = this.first;
    while (note && result == 0) {
      if (concerns(note, object)) {
        const isWrite = changetype<ZilRecord>(note.record).type == TX_WRITE;
        result = isWrite ? this.putWrite(note) : this.put(note.record, note.bytes);
        note.isWritten = true;
      }
      note = note.next;
    }
    if (result == 0) result = this.endBlock(this.usualSize());
    freeBuffer(this.buffer, LARGEST);
    return result < 0 ? result : this.spa.flush();
  }

  /** A copy of a record. */
  private put(from: usize, bytes: u32): i32 {
    const to = this.room(bytes);
    if (!to) return setError(EIO);
    memory.copy(to, from, bytes);
    this.stamp(to);
    return 0;
  }
  private stamp(record: usize): void {
    const common = changetype<ZilRecord>(record);
    common.txg = this.spa.openTxg;
    common.sequence = ++this.sequence;
  }

  /** The records of a write: a block each where blocks are written ahead, else as much in one as fits. */
  private putWrite(note: Note): i32 {
    const record = changetype<ZilWrite>(note.record);
    const dn = holdDnode(this.objset, record.object);
    if (!dn) return 0;
    let at = record.offset;
    let end = at + record.count;
    // What has been cut off since is not there to be read.
    const sizes = this.sizes;
    const size = sizes ? sizes.sizeOf(dn) : u64.MAX_VALUE;
    if (end > size) end = size;
    let result = 0;
    while (at < end && result == 0) {
      const blockSize = <u64>dn.blockSize;
      const within = at % blockSize;
      const count = min(blockSize - within, end - at);
      const isWhole = !within && (count == blockSize || at + count == size) && count >= IMMEDIATE;
      if (isWhole || this.objset.logBias == LOGBIAS_THROUGHPUT) {
        result = this.putPointer(dn, at, count);
        if (result > 0) {
          result = 0;
          at += count;
          continue;
        }
        if (result < 0) break;
      }
      // Up to the next block that is written ahead.
      const next = blockSize > IMMEDIATE && at - within + blockSize < end ? at - within + blockSize : end;
      const part = min(next - at, <u64>MOST_DATA);
      result = this.putData(dn, at, <u32>part);
      at += part;
    }
    releaseDnode(dn);
    return result;
  }
  /** 1: done; 0: the block is not one that can be written ahead. */
  private putPointer(dn: Dnode, offset: u64, count: u64): i32 {
    const block = offset / <u64>dn.blockSize;
    const db = findDbuf(dn, 0, block);
    if (!db || !db.isDirty) return 0;
    const result = this.objset.writeAhead(dn, db);
    if (result < 0) return result;
    // All zeros: there is no block, so they are said in full.
    if (isHole(db.ahead)) return 0;
    const to = this.room(WRITE_DATA);
    if (!to) return setError(EIO);
    const record = this.beginWrite(to, WRITE_DATA, dn.object, offset, count);
    memory.copy(record.block.pointer, db.ahead, POINTER_SIZE);
    record.within = offset % <u64>dn.blockSize;
    this.stamp(to);
    return 1;
  }
  private putData(dn: Dnode, offset: u64, count: u32): i32 {
    const bytes = WRITE_DATA + ((count + 7) & ~7);
    const to = this.room(bytes);
    if (!to) return setError(EIO);
    this.beginWrite(to, bytes, dn.object, offset, count);
    this.stamp(to);
    return dmuRead(dn, offset, count, to + <usize>WRITE_DATA);
  }
  private beginWrite(to: usize, bytes: u32, object: u64, offset: u64, count: u64): ZilWrite {
    memory.fill(to, 0, bytes);
    const common = changetype<ZilRecord>(to);
    common.type = TX_WRITE;
    common.length = bytes;
    const record = changetype<ZilWrite>(to);
    record.object = object;
    record.offset = offset;
    record.count = count;
    return record;
  }

  // ---- blocks

  /** What recent commits would have fitted in. */
  private usualSize(): u32 {
    let most: u32 = 0;
    for (let i = 0; i < min(this.commits, RECENT); i++) most = max(most, this.recent[i]);
    return sizeFor(most + CHAIN);
  }

  /** Room for a record in the block under way, or in the next; 0: there is no space for another block, or it cannot be written. */
  private room(bytes: u32): usize {
    const limit = this.blockLimit();
    if (this.used + bytes > limit && this.endBlock(sizeFor(max(bytes + CHAIN, this.usualSize()))) == 0) this.beginBlock();
    if (this.used + bytes > this.blockLimit()) return 0;
    const at = this.buffer + <usize>this.used;
    this.used += bytes;
    return at;
  }
  private blockLimit(): u32 {
    const size = physicalSize(this.open);
    return this.isSlim ? size : size - CHAIN;
  }
  private beginBlock(): void {
    this.used = this.isSlim ? CHAIN : 0;
  }

  /** Writes the block under way with the pointer to the next, which is allocated. */
  private endBlock(nextSize: u32): i32 {
    const spa = this.spa;
    const size = physicalSize(this.open);
    const next = newZeroed(<usize>POINTER_SIZE);
    let result = allocateLogBlock(spa, next, nextSize);
    if (result == 0) {
      memory.copy(next + IDENTITY, this.open + IDENTITY, 32);
      store<u64>(next + SEQUENCE, load<u64>(next + SEQUENCE) + 1);
      const data = this.buffer;
      const whole = this.writtenSize(size);
      if (this.isSlim) {
        memory.fill(data, 0, CHAIN);
        memory.fill(data + <usize>this.used, 0, whole - this.used);
      } else memory.fill(data + <usize>this.used, 0, size - this.used);
      const chain = changetype<ZilChain>(this.isSlim ? data : data + <usize>(size - CHAIN));
      memory.copy(chain.next.pointer, next, POINTER_SIZE);
      chain.used = this.used;
      const check = changetype<Check>(newBuffer(offsetof<Check>()));
      checkOfPointer(check, this.open);
      seal(check, data);
      freeBuffer(changetype<usize>(check), offsetof<Check>());
      const top = spa.topLevel(copyVdev(this.open, 0))!;
      result = top.write(copyOffset(this.open, 0), data, whole);
      const finished = top.vdev.finish();
      if (finished < 0) result = finished;
      this.written.addCopy(this.open);
      memory.copy(this.open, next, POINTER_SIZE);
    }
    freeBuffer(next, <usize>POINTER_SIZE);
    // The commit fails: what is left of the block must not take more records.
    if (result < 0) this.used = LARGEST;
    return result;
  }
  /** Of raidz all is written, since its columns depend on how long a block is. */
  private writtenSize(size: u32): u32 {
    if (!this.isSlim || copySize(this.open, 0) > <u64>size) return size;
    return min(size, (this.used + SMALLEST - 1) & ~(SMALLEST - 1));
  }

  /** The first block of a chain, which nothing points to until the group is synced. */
  private begin(): void {
    if (allocateLogBlock(this.spa, this.open, this.usualSize()) < 0) {
      memory.fill(this.open, 0, POINTER_SIZE);
      return;
    }
    store<u64>(this.open + IDENTITY, system().random());
    store<u64>(this.open + IDENTITY, system().random(), 8);
    store<u64>(this.open + OBJECT_SET, this.objset.id);
    store<u64>(this.open + SEQUENCE, 1);
    this.objset.makeDirty();
  }

  // ---- groups

  /** The chain is given up with the group that is synced next. */
  end(): void {
    if (isHole(this.open) && !this.written.count) return;
    this.isEnding = true;
    this.objset.makeDirty();
  }

  /** In the sync of a group, before the object set is written: all that was noted will be on disk with it. */
  sync(): void {
    let note = this.first;
    while (note) {
      const next = note.next;
      dropNote(note);
      note = next;
    }
    this.first = null;
    this.last = null;
    this.written.drain(freeLogBlock, changetype<usize>(this.spa));
    const header = this.objset.phys.zil;
    if (this.isEnding) {
      if (!isHole(this.open)) this.spa.free(this.open);
      memory.fill(this.open, 0, POINTER_SIZE);
      memory.fill(header.pointer, 0, <usize>192);
      this.isEnding = false;
      this.sequence = 0;
    } else if (!isHole(this.open)) memory.copy(header.log.pointer, this.open, POINTER_SIZE);
  }

  /** Its object set goes from memory. */
  close(): void {
    this.dropAll();
    this.written.drain(ignore, 0);
    freeBuffer(this.open, <usize>POINTER_SIZE);
  }
}

function concerns(note: Note, object: u64): bool {
  return !note.object || note.object == object;
}
function dropNote(note: Note): void {
  const bytes = NOTE + <usize>note.bytes;
  noted -= bytes;
  freeBuffer(changetype<usize>(note), bytes);
}
function sizeFor(bytes: u32): u32 {
  if (bytes <= SMALLEST) return SMALLEST;
  if (bytes <= MIDDLE) return MIDDLE;
  return bytes <= LARGE ? LARGE : LARGEST;
}
function allocateLogBlock(spa: Spa, bp: usize, size: u32): i32 {
  memory.fill(bp, 0, POINTER_SIZE);
  const result = spa.allocate(bp, size, 1);
  if (result < 0) return result;
  pointer(bp).birth = spa.openTxg;
  const algorithm = spa.version >= VERSION_SLIM ? CHECKSUM_ZILOG2 : CHECKSUM_ZILOG;
  pointer(bp).prop = properties(size, size, COMPRESS_OFF, algorithm, TYPE_INTENT_LOG, 0);
  return 0;
}
function freeLogBlock(bp: usize, spa: usize): void {
  changetype<Spa>(spa).free(bp);
}
function ignore(bp: usize, context: usize): void {}
