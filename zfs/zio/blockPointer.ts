// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the fields of a block pointer say. `prop`: logical and physical sectors less one (bits 0 and 16), compression
 * (32), checksum (40), type (48), level (56), dedup (62), little-endian (63).
 */
import { BlockPointer } from 'layout/zfs';

export const SECTOR_SHIFT: u64 = 9;
export const POINTER_SIZE: usize = 128;
export const POINTER_SHIFT: u32 = 7;
export const COPIES: i32 = 3;

/** Largest block of pool version 28. */
export const LARGEST_BLOCK: u32 = 128 << 10;

// @ts-ignore: decorator
@inline export function pointer(at: usize): BlockPointer {
  return changetype<BlockPointer>(at);
}

export function isHole(bp: usize): bool {
  return !load<u64>(bp) && !load<u64>(bp, 8);
}
export function logicalSize(bp: usize): u32 {
  return (<u32>((pointer(bp).prop & 0xffff) + 1)) << 9;
}
export function physicalSize(bp: usize): u32 {
  return (<u32>(((pointer(bp).prop >> 16) & 0xffff) + 1)) << 9;
}
export function compressionOf(bp: usize): u32 {
  return <u32>(pointer(bp).prop >> 32) & 0x7f;
}
export function isEmbedded(bp: usize): bool {
  return ((pointer(bp).prop >> 39) & 1) != 0;
}
export function checksumOf(bp: usize): u32 {
  return <u32>(pointer(bp).prop >> 40) & 0xff;
}
export function typeOf(bp: usize): u32 {
  return <u32>(pointer(bp).prop >> 48) & 0xff;
}
export function levelOf(bp: usize): u32 {
  return <u32>(pointer(bp).prop >> 56) & 0x1f;
}
export function isLittleEndian(bp: usize): bool {
  return pointer(bp).prop >> 63 != 0;
}
export function properties(logical: u32, physical: u32, compression: u32, checksum: u32, type: u32, level: u32): u64 {
  return (
    (<u64>(logical >> 9) - 1) |
    ((<u64>(physical >> 9) - 1) << 16) |
    ((<u64>compression) << 32) |
    ((<u64>checksum) << 40) |
    ((<u64>type) << 48) |
    ((<u64>level) << 56) |
    ((<u64>1) << 63)
  );
}

// ---- copies

export function hasCopy(bp: usize, i: i32): bool {
  return load<u64>(bp + <usize>i * 16) != 0 || load<u64>(bp + <usize>i * 16, 8) != 0;
}
export function copyCount(bp: usize): i32 {
  let count = 0;
  for (let i = 0; i < COPIES; i++) if (hasCopy(bp, i)) count++;
  return count;
}
export function copyVdev(bp: usize, i: i32): u32 {
  return <u32>(load<u64>(bp + <usize>i * 16) >> 32);
}
/** Bytes that the copy occupies, padding and parity included. */
export function copySize(bp: usize, i: i32): u64 {
  return (load<u64>(bp + <usize>i * 16) & 0xffffff) << SECTOR_SHIFT;
}
export function copyOffset(bp: usize, i: i32): u64 {
  return ((load<u64>(bp + <usize>i * 16, 8) << 1) >> 1) << SECTOR_SHIFT;
}
export function isGang(bp: usize, i: i32): bool {
  return load<u64>(bp + <usize>i * 16, 8) >> 63 != 0;
}
export function setCopy(bp: usize, i: i32, vdev: u32, offset: u64, size: u64, gang: bool): void {
  store<u64>(bp + <usize>i * 16, ((<u64>vdev) << 32) | (size >> SECTOR_SHIFT));
  store<u64>(bp + <usize>i * 16, (offset >> SECTOR_SHIFT) | ((<u64>gang) << 63), 8);
}

/** Bytes on all devices together. */
export function allocatedSize(bp: usize): u64 {
  let bytes: u64 = 0;
  for (let i = 0; i < COPIES; i++) bytes += copySize(bp, i);
  return bytes;
}

/** Identity of a block that is on disk. */
export function sameBlock(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8) && pointer(a).birth == pointer(b).birth;
}
