// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a snapshot has, or has changed since an earlier one, as records of a stream.
 *
 * The stream comes in pieces: {@link sendPiece} begins at a position (an object, a block of it) and says where to go on. A snapshot does not change, so
 * nothing is kept between pieces, and nothing has to be undone if nobody asks for the next.
 *
 * Blocks born after the earlier snapshot are sent, found as dmu/changes.ts finds them. Holes have no birth: each hole
 * in a changed block of pointers is sent as free, and so is each free object in a changed block of dnodes.
 */
import { DnodePhys, ReplayFree, ReplayFreeObjects, ReplayObject, ReplaySpill, ReplayWrite } from 'layout/zfs';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { ArcBlock, arcRead, arcRelease } from '../arc/arc';
import { holdDbuf, releaseDbuf } from '../dmu/dbuf';
import { findChange, found, foundEnd, foundHole, foundPointer } from '../dmu/changes';
import { Dnode, DNODE_SIZE, DNODES_PER_BLOCK, FLAG_SPILL, holdDnode, isSane, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { TYPE_NONE } from '../dmu/types';
import { checksumOf, compressionOf, isHole, logicalSize, physicalSize, POINTER_SIZE } from '../zio/blockPointer';
import {
  LARGEST_PAYLOAD,
  RECORD,
  RECORD_FREE,
  RECORD_FREE_OBJECTS,
  RECORD_OBJECT,
  RECORD_SPILL,
  RECORD_WRITE,
  TO_END,
} from './records';

/** Position of an object whose record has not been sent. */
export const AT_OBJECT: u64 = u64.MAX_VALUE;
/** What a piece must have room for. */
export const LEAST_PIECE: u32 = LARGEST_PAYLOAD + 8 * RECORD;

/** Where {@link sendPiece} goes on. */
export let nextObject: u64 = 0;
export let nextBlock: u64 = AT_OBJECT;
export let isDone: bool = false;

let to: usize = 0;
let end: usize = 0;
let since: u64 = 0;
let toGuid: u64 = 0;

/** Fills `room` bytes at `from` with whole records; how many bytes. `after`: the earlier snapshot's group, or 0. */
export function sendPiece(objset: Objset, after: u64, guid: u64, object: u64, block: u64, from: usize, room: u32): i32 {
  to = from;
  end = from + room;
  since = after;
  toGuid = guid;
  isDone = false;
  nextObject = object;
  nextBlock = block;
  const meta = objset.meta!;
  while (end - to >= LEAST_PIECE) {
    if (nextBlock != AT_OBJECT) {
      const result = sendBlocks(objset);
      if (result < 0) return result;
      continue;
    }
    if (!findChange(meta, nextObject / DNODES_PER_BLOCK, since)) {
      isDone = true;
      break;
    }
    const first = found * DNODES_PER_BLOCK;
    if (first > nextObject) nextObject = first;
    if (foundHole) {
      const past = foundEnd * DNODES_PER_BLOCK;
      freeObjects(nextObject, past - nextObject);
      nextObject = past;
      continue;
    }
    const result = sendObject(objset, meta);
    if (result < 0) return result;
  }
  return <i32>(to - from);
}

// ---- objects

/** The object at {@link nextObject}, or that there is none. */
function sendObject(objset: Objset, meta: Dnode): i32 {
  const object = nextObject;
  const db = object ? holdDbuf(meta, 0, object / DNODES_PER_BLOCK, true) : null;
  if (object && !db) return setError(EIO);
  const raw = db ? changetype<DnodePhys>(db.data + <usize>(object % DNODES_PER_BLOCK) * DNODE_SIZE) : null;
  if (!raw || raw.type == <u8>TYPE_NONE) {
    if (since && object) freeObjects(object, 1);
    nextObject++;
  } else {
    if (!isSane(raw)) return setError(EIO);
    const bytes = (<u32>raw.bonusLength + 7) & ~7;
    const record = changetype<ReplayObject>(add(RECORD_OBJECT, bytes));
    record.object = object;
    record.type = raw.type;
    record.bonusType = raw.bonusType;
    record.blockSize = (<u32>raw.sectors) << 9;
    record.bonusLength = raw.bonusLength;
    record.checksum = raw.checksum;
    record.compress = raw.compress;
    record.toGuid = toGuid;
    memory.copy(record.pointer + RECORD, raw.pointer + 64 + <usize>raw.pointers * POINTER_SIZE, raw.bonusLength);
    // What was there behind the end goes.
    free(object, (raw.maxBlock + 1) * ((<u64>raw.sectors) << 9), TO_END);
    nextBlock = 0;
    if (raw.flags & FLAG_SPILL && !sendSpill(objset, object, raw.pointer + DNODE_SIZE - POINTER_SIZE)) {
      releaseDbuf(db!);
      return setError(EIO);
    }
  }
  if (db) releaseDbuf(db);
  return 0;
}

/** The block that an object's attributes have spilled to, whether it has changed or not. */
function sendSpill(objset: Objset, object: u64, bp: usize): bool {
  const block: ArcBlock | null = isHole(bp) ? null : arcRead(objset.spa, bp);
  if (!block) return false;
  const record = changetype<ReplaySpill>(add(RECORD_SPILL, block.size));
  record.object = object;
  record.length = block.size;
  record.toGuid = toGuid;
  memory.copy(record.pointer + RECORD, block.data, block.size);
  arcRelease(block);
  return true;
}

function sendBlocks(objset: Objset): i32 {
  const dn = holdDnode(objset, nextObject);
  if (!dn) return setError(EIO);
  const size = <u64>dn.blockSize;
  let result = 0;
  while (end - to >= LEAST_PIECE && result == 0) {
    if (!findChange(dn, nextBlock, since) || found > dn.maxBlock) {
      nextBlock = AT_OBJECT;
      nextObject++;
      break;
    }
    if (foundHole) {
      const past = min(foundEnd, dn.maxBlock + 1);
      if (since) free(dn.object, found * size, (past - found) * size);
      nextBlock = past;
    } else {
      result = sendBlock(dn, found);
      nextBlock = found + 1;
    }
  }
  releaseDnode(dn);
  return result;
}

function sendBlock(dn: Dnode, block: u64): i32 {
  const db = holdDbuf(dn, 0, block, true);
  if (!db) return setError(EIO);
  const record = changetype<ReplayWrite>(add(RECORD_WRITE, db.size));
  record.object = dn.object;
  record.type = dn.type;
  record.offset = block * <u64>db.size;
  record.length = db.size;
  record.toGuid = toGuid;
  const bp = changetype<usize>(foundPointer);
  record.checksumType = <u8>checksumOf(bp);
  memory.copy(record.pointer + ReplayWrite.checksumOffset, bp + 96, 32);
  record.sizes = sectors(logicalSize(bp)) | (sectors(physicalSize(bp)) << 16) | ((<u64>compressionOf(bp)) << 32);
  memory.copy(record.pointer + RECORD, db.data, db.size);
  releaseDbuf(db);
  return 0;
}
function sectors(bytes: u32): u64 {
  return <u64>(bytes >> 9) - 1;
}

// ---- records

/** Room for a record and what follows it; zeros. */
function add(kind: u32, bytes: u32): usize {
  const record = to;
  memory.fill(record, 0, RECORD + bytes);
  store<u32>(record, kind);
  to += RECORD + bytes;
  return record;
}

function freeObjects(first: u64, count: u64): void {
  if (!since) return;
  const record = changetype<ReplayFreeObjects>(add(RECORD_FREE_OBJECTS, 0));
  record.first = first;
  record.count = count;
  record.toGuid = toGuid;
}
function free(object: u64, offset: u64, length: u64): void {
  const record = changetype<ReplayFree>(add(RECORD_FREE, 0));
  record.object = object;
  record.offset = offset;
  record.length = length;
  record.toGuid = toGuid;
}
