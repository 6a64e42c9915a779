// SPDX-License-Identifier: MIT
/**
 * @fileoverview Blocks between memory and vdevs. Reading: place, checksum, decompress; writing: compress, checksum, place.
 *
 * A read tries the copies of a block in turn; one that is bad is written anew from one that is good. A write that finds no room in one
 * piece becomes a gang block: a header of up to three pointers to pieces of it, which may be gangs themselves.
 */
import { EIO, ENOSPC, setError } from '../../guest-os/kernel/errno';
import { ECKSUM, EFRAGS, ENOTSUP } from '../port/errors';
import { freeBuffer, newBuffer, newZeroed } from '../port/memory';
import { Spa } from '../spa/spa';
import { countRepair } from '../vdev/vdev';
import {
  compressionOf,
  COPIES,
  copyCount,
  copyOffset,
  copySize,
  copyVdev,
  hasCopy,
  isEmbedded,
  isGang,
  isHole,
  isLittleEndian,
  LARGEST_BLOCK,
  logicalSize,
  physicalSize,
  pointer,
  POINTER_SIZE,
  properties,
  setCopy,
} from './blockPointer';
import { checksum } from './checksum';
import { compress, COMPRESS_OFF, expand, NOTHING_LEFT } from './compress';
import { Check, checkOfGang, checkOfPointer, GANG_HEADER_SIZE, seal } from './verify';

/** Pieces of a gang block, and gangs within gangs that are followed. */
const GANG_PIECES: i32 = 3;
const DEEPEST_GANG: i32 = 10;

/** How a block is to be written. */
export class WritePolicy {
  type: u32 = 0;
  level: u32 = 0;
  checksum: u32 = 0;
  compression: u32 = 0;
  copies: u32 = 1;
}

// ---- reading

/** The logical bytes of a block, whose pointer is no hole, to `to`. */
export function readBlock(spa: Spa, bp: usize, to: usize): i32 {
  if (isEmbedded(bp) || !isLittleEndian(bp)) return setError(ENOTSUP);
  const compression = compressionOf(bp);
  const physical = physicalSize(bp);
  const logical = logicalSize(bp);
  // A pointer may say anything.
  if (physical > LARGEST_BLOCK || logical > LARGEST_BLOCK) return setError(EIO);
  if (compression == COMPRESS_OFF) return physical == logical ? readPhysical(spa, bp, to, 0) : setError(EIO);
  const buffer = newBuffer(physical);
  let result = readPhysical(spa, bp, buffer, 0);
  if (result == 0 && !expand(compression, buffer, to, physical, logical)) result = setError(EIO);
  freeBuffer(buffer, physical);
  return result;
}

/** The bytes as they are on disk. */
export function readPhysical(spa: Spa, bp: usize, to: usize, depth: i32): i32 {
  const check = changetype<Check>(newBuffer(offsetof<Check>()));
  checkOfPointer(check, bp);
  let result = setError(EIO);
  let bad: u32 = 0;
  for (let i = 0; i < COPIES; i++) {
    if (!hasCopy(bp, i)) continue;
    const one = isGang(bp, i) ? readGang(spa, bp, i, to, depth) : readCopy(spa, bp, i, to, physicalSize(bp), check);
    if (one == 0) {
      if (bad) healCopies(spa, bp, bad, to);
      freeBuffer(changetype<usize>(check), offsetof<Check>());
      return 0;
    }
    if (one == setError(ECKSUM)) bad |= 1 << i;
    result = one;
  }
  freeBuffer(changetype<usize>(check), offsetof<Check>());
  spa.blockLost(bp);
  return result;
}

function readCopy(spa: Spa, bp: usize, i: i32, to: usize, bytes: u32, check: Check): i32 {
  const top = spa.topLevel(copyVdev(bp, i));
  return top ? top.read(copyOffset(bp, i), to, bytes, check) : setError(EIO);
}

function healCopies(spa: Spa, bp: usize, bad: u32, from: usize): void {
  if (!spa.isWritable) return;
  for (let i = 0; i < COPIES; i++) {
    if (!((bad >> i) & 1) || isGang(bp, i)) continue;
    const top = spa.topLevel(copyVdev(bp, i));
    if (!top) continue;
    top.write(copyOffset(bp, i), from, physicalSize(bp));
    top.vdev.finish();
  }
}

function readGang(spa: Spa, bp: usize, i: i32, to: usize, depth: i32): i32 {
  if (depth == DEEPEST_GANG) return setError(EFRAGS);
  const header = newBuffer(GANG_HEADER_SIZE);
  const check = changetype<Check>(newBuffer(offsetof<Check>()));
  checkOfGang(check, bp);
  let result = readCopy(spa, bp, i, header, GANG_HEADER_SIZE, check);
  freeBuffer(changetype<usize>(check), offsetof<Check>());
  let at: u32 = 0;
  const whole = physicalSize(bp);
  for (let piece = 0; piece < GANG_PIECES && result == 0; piece++) {
    const child = header + <usize>piece * POINTER_SIZE;
    if (isHole(child)) continue;
    const size = physicalSize(child);
    if (at + size > whole) result = setError(EFRAGS);
    else result = readPhysical(spa, child, to + at, depth + 1);
    at += size;
  }
  if (result == 0 && at != whole) result = setError(EFRAGS);
  freeBuffer(header, GANG_HEADER_SIZE);
  return result;
}

// ---- scrubbing

/** Every copy of a block is read, and those that are wrong are written from one that is right. An error: none is. */
export function scrubBlock(spa: Spa, bp: usize, depth: i32 = 0): i32 {
  const bytes = physicalSize(bp);
  if (bytes > LARGEST_BLOCK) {
    if (!depth) spa.blockLost(bp);
    return setError(EIO);
  }
  const buffer = newBuffer(bytes);
  const check = changetype<Check>(newBuffer(offsetof<Check>()));
  checkOfPointer(check, bp);
  let result = setError(EIO);
  let good = -1;
  let bad: u32 = 0;
  for (let i = 0; i < COPIES; i++) {
    if (!hasCopy(bp, i)) continue;
    const top = spa.topLevel(copyVdev(bp, i));
    let one = setError(EIO);
    if (isGang(bp, i)) one = scrubGang(spa, bp, i, depth);
    else if (top && top.vdev.isOpen) one = top.scrub(copyOffset(bp, i), buffer, bytes, check);
    if (one == 0) good = i;
    else {
      bad |= 1 << i;
      result = one;
    }
  }
  if (good >= 0 && bad && !isGang(bp, good) && readCopy(spa, bp, good, buffer, bytes, check) == 0) {
    healCopies(spa, bp, bad, buffer);
    countRepair(bytes);
  }
  freeBuffer(changetype<usize>(check), offsetof<Check>());
  freeBuffer(buffer, bytes);
  if (good >= 0) return 0;
  if (!depth) spa.blockLost(bp);
  return result;
}

/** The header, then the pieces, each of which is a block of its own. */
function scrubGang(spa: Spa, bp: usize, i: i32, depth: i32): i32 {
  if (depth == DEEPEST_GANG) return setError(EFRAGS);
  const header = newBuffer(GANG_HEADER_SIZE);
  const check = changetype<Check>(newBuffer(offsetof<Check>()));
  checkOfGang(check, bp);
  const top = spa.topLevel(copyVdev(bp, i));
  let result = top ? top.scrub(copyOffset(bp, i), header, GANG_HEADER_SIZE, check) : setError(EIO);
  for (let piece = 0; piece < GANG_PIECES && result == 0; piece++) {
    const child = header + <usize>piece * POINTER_SIZE;
    if (!isHole(child)) result = scrubBlock(spa, child, depth + 1);
  }
  freeBuffer(changetype<usize>(check), offsetof<Check>());
  freeBuffer(header, GANG_HEADER_SIZE);
  return result;
}

// ---- writing

/**
 * Writes a block and leaves its pointer in `bp`. With `inPlace` the block that `bp` points at was written in this transaction group, and is
 * written over if the size is still the same: then the result is 1.
 */
export function writeBlock(spa: Spa, bp: usize, from: usize, logical: u32, policy: WritePolicy, txg: u64, inPlace: bool): i32 {
  let data = from;
  let buffer: usize = 0;
  let physical = logical;
  let compression = COMPRESS_OFF;
  if (policy.compression != COMPRESS_OFF) {
    buffer = newBuffer(logical);
    physical = compress(policy.compression, from, buffer, logical);
    if (physical == NOTHING_LEFT) {
      freeBuffer(buffer, logical);
      memory.fill(bp, 0, POINTER_SIZE);
      return 0;
    }
    if (physical < logical) {
      data = buffer;
      compression = policy.compression;
    }
  }
  const again = inPlace && !isHole(bp) && physicalSize(bp) == physical && <u32>copyCount(bp) == policy.copies && !isGangBlock(bp);
  const block = pointer(bp);
  if (!again) {
    memory.fill(bp, 0, POINTER_SIZE);
    block.birth = txg;
  }
  block.prop = properties(logical, physical, compression, policy.checksum, policy.type, policy.level);
  checksum(policy.checksum, data, physical, bp + 96);
  let result = again ? 0 : spa.allocate(bp, physical, policy.copies);
  if (result == 0) result = writeCopies(spa, bp, data, physical);
  else if (result == setError(ENOSPC)) result = writeGang(spa, bp, data, physical, policy, txg, 0);
  if (buffer) freeBuffer(buffer, logical);
  if (result < 0 && !again) giveBack(spa, bp);
  return result == 0 && again ? 1 : result;
}

/** The block could not be written: its places are free again, and it is none. */
function giveBack(spa: Spa, bp: usize): void {
  if (hasCopy(bp, 0)) spa.free(bp);
  memory.fill(bp, 0, POINTER_SIZE);
}

function isGangBlock(bp: usize): bool {
  return isGang(bp, 0);
}

function writeCopies(spa: Spa, bp: usize, from: usize, bytes: u32): i32 {
  let good = 0;
  for (let i = 0; i < COPIES; i++) {
    if (!hasCopy(bp, i)) continue;
    const top = spa.topLevel(copyVdev(bp, i))!;
    // All copies of a block are under way at once; its bytes are free for other uses when this returns.
    if (top.write(copyOffset(bp, i), from, bytes) == 0) good++;
  }
  for (let i = 0; i < COPIES; i++) {
    if (hasCopy(bp, i) && spa.topLevel(copyVdev(bp, i))!.vdev.finish() < 0) good--;
  }
  return good > 0 ? 0 : setError(EIO);
}

/** `bp` has everything but places. */
function writeGang(spa: Spa, bp: usize, from: usize, bytes: u32, policy: WritePolicy, txg: u64, depth: i32): i32 {
  if (bytes <= GANG_HEADER_SIZE || depth == DEEPEST_GANG) return setError(ENOSPC);
  const copies = min<u32>(policy.copies + 1, 3);
  let result = spa.allocate(bp, GANG_HEADER_SIZE, copies);
  if (result < 0) return result;
  for (let i = 0; i < COPIES; i++) {
    if (hasCopy(bp, i)) setCopy(bp, i, copyVdev(bp, i), copyOffset(bp, i), copySize(bp, i), true);
  }
  const header = newZeroed(GANG_HEADER_SIZE);
  let at: u32 = 0;
  for (let piece = 0; piece < GANG_PIECES && at < bytes && result == 0; piece++) {
    const left = <u32>(GANG_PIECES - piece);
    const size = min(((bytes - at) / left + 511) & ~511, bytes - at);
    const child = header + <usize>piece * POINTER_SIZE;
    pointer(child).birth = txg;
    pointer(child).prop = properties(size, size, COMPRESS_OFF, policy.checksum, 0, 0);
    checksum(policy.checksum, from + at, size, child + 96);
    result = spa.allocate(child, size, policy.copies);
    if (result == 0) result = writeCopies(spa, child, from + at, size);
    else if (result == setError(ENOSPC)) result = writeGang(spa, child, from + at, size, policy, txg, depth + 1);
    at += size;
    for (let i = 0; i < COPIES && result == 0; i++) {
      // A gang's size is that of its header and all of its pieces.
      if (hasCopy(bp, i)) setCopy(bp, i, copyVdev(bp, i), copyOffset(bp, i), copySize(bp, i) + copySize(child, i), true);
    }
  }
  if (result == 0) {
    const check = changetype<Check>(newBuffer(offsetof<Check>()));
    checkOfGang(check, bp);
    seal(check, header);
    freeBuffer(changetype<usize>(check), offsetof<Check>());
    result = writeCopies(spa, bp, header, GANG_HEADER_SIZE);
  }
  if (result < 0) giveBackGang(spa, bp, header);
  freeBuffer(header, GANG_HEADER_SIZE);
  return result;
}

/** Its pieces, which its header on disk does not know, and then the header as a block of its own. */
function giveBackGang(spa: Spa, bp: usize, header: usize): void {
  for (let piece = 0; piece < GANG_PIECES; piece++) giveBack(spa, header + <usize>piece * POINTER_SIZE);
  for (let i = 0; i < COPIES; i++) {
    if (!hasCopy(bp, i)) continue;
    const size = spa.topLevel(copyVdev(bp, i))!.vdev.allocatedSize(GANG_HEADER_SIZE);
    setCopy(bp, i, copyVdev(bp, i), copyOffset(bp, i), size, false);
  }
  giveBack(spa, bp);
}

// ---- freeing

/** Calls for each allocated piece of a block: vdev, offset, size. A gang's header is read for its pieces. */
export function visitPieces(spa: Spa, bp: usize, each: (spa: Spa, vdev: u32, offset: u64, size: u64) => void, depth: i32): i32 {
  let result = 0;
  for (let i = 0; i < COPIES; i++) {
    if (!hasCopy(bp, i)) continue;
    const top = spa.topLevel(copyVdev(bp, i));
    if (!top) return setError(EIO);
    each(spa, copyVdev(bp, i), copyOffset(bp, i), isGang(bp, i) ? top.vdev.allocatedSize(GANG_HEADER_SIZE) : copySize(bp, i));
  }
  if (!isGangBlock(bp)) return 0;
  if (depth == DEEPEST_GANG) return setError(EFRAGS);
  const header = newBuffer(GANG_HEADER_SIZE);
  const check = changetype<Check>(newBuffer(offsetof<Check>()));
  checkOfGang(check, bp);
  result = setError(EIO);
  for (let i = 0; i < COPIES && result < 0; i++) {
    if (hasCopy(bp, i)) result = readCopy(spa, bp, i, header, GANG_HEADER_SIZE, check);
  }
  for (let piece = 0; piece < GANG_PIECES && result == 0; piece++) {
    const child = header + <usize>piece * POINTER_SIZE;
    if (!isHole(child)) result = visitPieces(spa, child, each, depth + 1);
  }
  freeBuffer(changetype<usize>(check), offsetof<Check>());
  freeBuffer(header, GANG_HEADER_SIZE);
  return result;
}

/** What a block costs its owner: all copies, parity left out. */
export function spentSize(spa: Spa, bp: usize): u64 {
  let bytes: u64 = 0;
  for (let i = 0; i < COPIES; i++) {
    if (!hasCopy(bp, i)) continue;
    const top = spa.topLevel(copyVdev(bp, i));
    if (top) bytes += (copySize(bp, i) >> 9) * top.deflateRatio;
  }
  return bytes;
}
