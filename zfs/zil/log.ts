// SPDX-License-Identifier: MIT
/**
 * @fileoverview The intent log (ZIL) on disk: what has been promised to be on stable storage before its transaction group is.
 *
 * Each object set has one: a chain of blocks from the pointer in its header. A block has records and the pointer to the next block, which
 * is allocated before it is written; so the chain ends where a block's checksum, which has its number in the chain as the verifier, does not
 * match. From pool version 26 the chain's structure is at a block's beginning and its checksum covers only what is used; before, it is at the end.
 *
 * A pool that was not exported may have logs: {@link replayLogs} first claims all of their blocks, which the space maps do not know of yet, then
 * does again what the records say (replay.ts) and frees the blocks. All of that is one transaction group, or, if the records are many, several,
 * of which each leaves the log as it was, and in its header which group's records are meant and how far they have been done.
 */
import { ZilChain, ZilHeader, ZilRecord } from 'layout/zfs';
import { EIO, setError } from '../../guest-os/kernel/errno';
import { ENOTSUP } from '../port/errors';
import { freeBuffer, newBuffer } from '../port/memory';
import { system } from '../port/port';
import { Vector } from '../port/vector';
import { Objset } from '../dmu/objset';
import { Dataset } from '../dsl/dataset';
import { Spa } from '../spa/spa';
import {
  checksumOf,
  compressionOf,
  isHole,
  isLittleEndian,
  LARGEST_BLOCK,
  pointer,
  physicalSize,
  POINTER_SIZE,
  typeOf,
} from '../zio/blockPointer';
import { CHECKSUM_ZILOG, CHECKSUM_ZILOG2 } from '../zio/checksum';
import { COMPRESS_OFF } from '../zio/compress';
import { readPhysical, visitPieces } from '../zio/zio';
import { TYPE_INTENT_LOG } from '../dmu/types';
import { CLAIMED_RECORD_VALID, REPLAY_NEEDED, TX_WRITE, WRITE_DATA, WRITE_POINTER } from './records';
import { endReplay, isKnown, replayRecord } from './replay';

const TX_MASK: u32 = 0x7fffffff;
/** The word of a checksum in which the number of a block is. */
const SEQUENCE: usize = 24;

/** Calls for each record of a chain; negative results end the walk. */
export abstract class LogReader {
  /** A block of the log itself. */
  block(bp: usize): i32 {
    return 0;
  }
  record(type: u32, at: usize, bytes: u32): i32 {
    return 0;
  }
}

/** Walks a chain, whose end is where a block is not what it should be. */
export function walkLog(spa: Spa, first: usize, reader: LogReader): i32 {
  const bp = newBuffer(POINTER_SIZE);
  const buffer = newBuffer(LARGEST_BLOCK);
  memory.copy(bp, first, POINTER_SIZE);
  let result = 0;
  while (result == 0 && isLogBlock(bp)) {
    // The block that the chain ends before is allocated too.
    result = reader.block(bp);
    if (result < 0 || !readLogBlock(spa, bp, buffer)) break;
    const size = <usize>physicalSize(bp);
    const atFront = checksumOf(bp) == CHECKSUM_ZILOG2;
    const chain = changetype<ZilChain>(atFront ? buffer : buffer + size - <usize>ZilChain.SIZE);
    const used = chain.used;
    if (!follows(bp, chain.next.pointer) || used > <u64>size) break;
    let at = atFront ? buffer + <usize>ZilChain.SIZE : buffer;
    const end = buffer + <usize>used;
    while (at + <usize>ZilRecord.SIZE <= end && result == 0) {
      const record = changetype<ZilRecord>(at);
      const bytes = record.length;
      if (bytes < ZilRecord.SIZE || bytes > <u64>end - <u64>at) {
        result = setError(EIO);
        break;
      }
      result = reader.record(<u32>record.type & TX_MASK, at, <u32>bytes);
      at += <usize>bytes;
    }
    memory.copy(bp, chain.next.pointer, POINTER_SIZE);
  }
  freeBuffer(buffer, LARGEST_BLOCK);
  freeBuffer(bp, POINTER_SIZE);
  return result;
}

function isLogBlock(bp: usize): bool {
  if (isHole(bp) || !isLittleEndian(bp) || typeOf(bp) != TYPE_INTENT_LOG || compressionOf(bp) != COMPRESS_OFF) return false;
  const algorithm = checksumOf(bp);
  const size = physicalSize(bp);
  return (algorithm == CHECKSUM_ZILOG || algorithm == CHECKSUM_ZILOG2) && size >= <u32>ZilChain.SIZE && size <= LARGEST_BLOCK;
}

/** Each block's number is one more than the last one's. */
function follows(bp: usize, next: usize): bool {
  if (isHole(next)) return false;
  for (let word: usize = 0; word < SEQUENCE; word += 8) {
    if (load<u64>(bp + 96 + word) != load<u64>(next + 96 + word)) return false;
  }
  return load<u64>(next + 96 + SEQUENCE) == load<u64>(bp + 96 + SEQUENCE) + 1;
}

/** The end of a chain is no error of a disk: nothing is counted. */
function readLogBlock(spa: Spa, bp: usize, to: usize): bool {
  const leaves = spa.leaves();
  const counts: u64[] = [];
  for (let i = 0; i < leaves.length; i++) counts.push(leaves[i].statistics.checksumErrors);
  const lost = spa.lostBlocks;
  if (readPhysical(spa, bp, to, 0) == 0) return true;
  for (let i = 0; i < leaves.length; i++) leaves[i].statistics.checksumErrors = counts[i];
  spa.lostBlocks = lost;
  return false;
}

// ---- at import

/** Claims blocks that were allocated after the last transaction group. */
class Claimer extends LogReader {
  /** Blocks to be freed when all is replayed. */
  readonly blocks: Vector = new Vector(POINTER_SIZE);
  records: u32 = 0;
  /** Numbers of the last block and record. */
  lastBlock: u64 = 0;
  lastRecord: u64 = 0;

  constructor(private readonly spa: Spa) {
    super();
  }
  block(bp: usize): i32 {
    this.lastBlock = load<u64>(bp + 96 + SEQUENCE);
    this.blocks.addCopy(bp);
    return claim(this.spa, bp);
  }
  record(type: u32, at: usize, bytes: u32): i32 {
    if (!isKnown(type)) return setError(ENOTSUP);
    this.records++;
    this.lastRecord = changetype<ZilRecord>(at).sequence;
    if (type != TX_WRITE || bytes < WRITE_DATA) return 0;
    const bp = at + WRITE_POINTER;
    if (isHole(bp) || pointer(bp).birth < this.spa.openTxg) return 0;
    this.blocks.addCopy(bp);
    return claim(this.spa, bp);
  }
}
let claimResult: i32 = 0;
function claim(spa: Spa, bp: usize): i32 {
  if (pointer(bp).birth < spa.openTxg) return 0;
  claimResult = 0;
  const result = visitPieces(spa, bp, claimPiece, 0);
  return result < 0 ? result : claimResult;
}
function claimPiece(spa: Spa, vdev: u32, offset: u64, size: u64): void {
  const top = spa.topLevel(vdev);
  const metaslab = top ? top.metaslabAt(offset) : null;
  if (!metaslab || !metaslab.claim(spa, offset, size)) claimResult = setError(EIO);
}

class Replayer extends LogReader {
  private readonly header: ZilHeader;

  constructor(
    private readonly dataset: Dataset,
    private readonly objset: Objset,
  ) {
    super();
    this.header = objset.phys.zil;
  }
  record(type: u32, at: usize, bytes: u32): i32 {
    const record = changetype<ZilRecord>(at);
    const header = this.header;
    // In a group that was written, or done again before the power failed anew.
    if (record.txg < header.claimTxg || record.sequence <= header.replaySeq) return 0;
    const result = replayRecord(this.dataset, this.objset, type, at, bytes);
    header.replaySeq = record.sequence;
    return result;
  }
}

/** Does what the logs of a pool say; it is being opened for writing, and nothing has been allocated yet. */
export function replayLogs(spa: Spa): i32 {
  const all = spa.allDatasets();
  const logged: Dataset[] = [];
  const claimers: Claimer[] = [];
  for (let i = 0; i < all.length; i++) {
    if (all[i].isSnapshot || isHole(all[i].phys.root.pointer)) continue;
    const objset = all[i].objset();
    if (!objset) return setError(EIO);
    if (isHole(objset.phys.zil.log.pointer)) continue;
    const claimer = new Claimer(spa);
    const result = walkLog(spa, objset.phys.zil.log.pointer, claimer);
    if (result < 0) return result;
    // What has been done again is noted with each group that is synced meanwhile.
    const header = objset.phys.zil;
    if (!header.claimTxg) header.claimTxg = spa.openTxg;
    header.claimBlockSeq = claimer.lastBlock;
    header.claimRecordSeq = claimer.lastRecord;
    header.flags |= CLAIMED_RECORD_VALID | (claimer.records ? REPLAY_NEEDED : 0);
    objset.makeDirty();
    logged.push(all[i]);
    claimers.push(claimer);
  }
  for (let i = 0; i < logged.length; i++) {
    const objset = logged[i].objset()!;
    const header = objset.phys.zil;
    const result = claimers[i].records ? walkLog(spa, header.log.pointer, new Replayer(logged[i], objset)) : 0;
    // What comes after a record that cannot be done would be done to something else.
    if (result < 0)
      system().notice('the intent log of ' + logged[i].name + ' is lost from a record on: error ' + (-result).toString());
    claimers[i].blocks.drain(freeBlock, changetype<usize>(spa));
    memory.fill(header.pointer, 0, <usize>192);
    objset.makeDirty();
  }
  endReplay();
  // Where that fails the pool is suspended, as at any other time, with the logs as they were.
  if (logged.length) spa.sync();
  return 0;
}
function freeBlock(bp: usize, context: usize): void {
  changetype<Spa>(context).free(bp);
}
