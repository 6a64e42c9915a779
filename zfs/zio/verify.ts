// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a block read from a disk has to match: handed down to the vdevs, which try other copies until one does.
 *
 * Most blocks have their checksum in the pointer to them. Labels, uberblocks, gang headers and log blocks have it at their own end,
 * taken with a verifier in its place: where the block lies, or its place in the log, so that an old block is not taken for a new one.
 */
import { ChecksumTail, ZilChain } from 'layout/zfs';
import {
  CHECKSUM_FLETCHER_2,
  CHECKSUM_FLETCHER_4,
  CHECKSUM_FUNCTIONS,
  CHECKSUM_GANG_HEADER,
  CHECKSUM_LABEL,
  CHECKSUM_OFF,
  CHECKSUM_SHA256,
  CHECKSUM_ZILOG,
  CHECKSUM_ZILOG2,
  checksum,
  sameChecksum,
} from './checksum';
import { checksumOf, copyOffset, copyVdev, physicalSize, pointer } from './blockPointer';

/** A gang header is one sector. */
export const GANG_HEADER_SIZE: u32 = 512;
export const TAIL_MAGIC: u64 = 0x0210da7ab10c7a11;

@unmanaged
export class Check {
  algorithm: u32;
  /** How much of what is read the checksum covers: a device may want to read more. */
  bytes: u32;
  /** When the block was written: a child that missed that transaction group has something else there. */
  birth: u64;
  /** Expected checksum, or verifier. */
  word0: u64;
  word1: u64;
  word2: u64;
  word3: u64;

  get words(): usize {
    return changetype<usize>(this) + offsetof<Check>('word0');
  }
}

/** Fills `check` from a block pointer. */
export function checkOfPointer(check: Check, bp: usize): void {
  const block = pointer(bp);
  check.algorithm = checksumOf(bp);
  check.bytes = physicalSize(bp);
  check.birth = block.physicalBirth ? block.physicalBirth : block.birth;
  memory.copy(check.words, bp + <usize>96, 32);
}

/** For the header of a gang block, whose first copy's place is its verifier. */
export function checkOfGang(check: Check, bp: usize): void {
  checkOfPointer(check, bp);
  check.algorithm = CHECKSUM_GANG_HEADER;
  check.bytes = GANG_HEADER_SIZE;
  check.word0 = copyVdev(bp, 0);
  check.word1 = copyOffset(bp, 0);
  check.word2 = check.birth;
  check.word3 = 0;
}

/** For labels and uberblocks: their absolute offset on the device. */
export function checkOfLabel(check: Check, offset: u64, bytes: u32): void {
  check.bytes = bytes;
  check.algorithm = CHECKSUM_LABEL;
  check.birth = 0;
  check.word0 = offset;
  check.word1 = 0;
  check.word2 = 0;
  check.word3 = 0;
}

function isEmbedded(algorithm: u32): bool {
  return (
    algorithm == CHECKSUM_LABEL ||
    algorithm == CHECKSUM_GANG_HEADER ||
    algorithm == CHECKSUM_ZILOG ||
    algorithm == CHECKSUM_ZILOG2
  );
}
function functionOf(algorithm: u32): u32 {
  if (algorithm == CHECKSUM_LABEL || algorithm == CHECKSUM_GANG_HEADER) return CHECKSUM_SHA256;
  if (algorithm == CHECKSUM_ZILOG) return CHECKSUM_FLETCHER_2;
  if (algorithm == CHECKSUM_ZILOG2) return CHECKSUM_FLETCHER_4;
  return algorithm;
}

/** The checksum of a log block is of whole units of this. */
const LOG_UNIT: u64 = 4096;
function coveredByLog(used: u64): usize {
  return <usize>((used + LOG_UNIT - 1) & ~(LOG_UNIT - 1));
}

const computed = memory.data(32, 8);
const claimed = memory.data(32, 8);

export function verify(check: Check, from: usize): bool {
  const bytes = <usize>check.bytes;
  if (check.algorithm >= CHECKSUM_FUNCTIONS || check.algorithm == 0) return false;
  if (check.algorithm == CHECKSUM_OFF) return true;
  if (!isEmbedded(check.algorithm)) {
    checksum(check.algorithm, from, bytes, computed);
    return sameChecksum(computed, check.words);
  }
  let covered = bytes;
  let tailAt = from + bytes - ChecksumTail.SIZE;
  if (check.algorithm == CHECKSUM_ZILOG2) {
    // The tail is at the end of the structure in front, which says how much of the block is used.
    const chain = changetype<ZilChain>(from);
    tailAt = chain.tail.pointer;
    covered = coveredByLog(chain.used);
    if (chain.used > <u64>bytes || covered > bytes || covered < <usize>ZilChain.SIZE) return false;
  }
  const tail = changetype<ChecksumTail>(tailAt);
  if (tail.magic != TAIL_MAGIC) return false;
  const words = tailAt + 8;
  memory.copy(claimed, words, 32);
  memory.copy(words, check.words, 32);
  checksum(functionOf(check.algorithm), from, covered, computed);
  memory.copy(words, claimed, 32);
  return sameChecksum(computed, claimed);
}

/** Writes the tail of a block whose verifier is in `check`. */
export function seal(check: Check, from: usize): void {
  let bytes = <usize>check.bytes;
  let tailAt = from + bytes - ChecksumTail.SIZE;
  if (check.algorithm == CHECKSUM_ZILOG2) {
    const chain = changetype<ZilChain>(from);
    tailAt = chain.tail.pointer;
    bytes = coveredByLog(chain.used);
  }
  changetype<ChecksumTail>(tailAt).magic = TAIL_MAGIC;
  memory.copy(tailAt + 8, check.words, 32);
  checksum(functionOf(check.algorithm), from, bytes, computed);
  memory.copy(tailAt + 8, computed, 32);
}
