// SPDX-License-Identifier: MIT
/**
 * @fileoverview Streams of zfs send: what their records are called, in little-endian order (structures: toolchain/layout/definitions/zfs.ts).
 *
 * A stream is BEGIN, then objects and what changed of them, in order of their numbers, then END with a checksum. A compound stream (-R, -I, -p) is
 * BEGIN with a list of all datasets and properties, END, whole streams one after the other, and an END without a checksum.
 *
 * "ZFS Send/Receive stream format" of illumos (sys/zfs_ioctl.h) as zstream dump of OpenZFS reads it.
 */
export const RECORD: u32 = 312;
export const RECORD_BEGIN: u32 = 0;
export const RECORD_OBJECT: u32 = 1;
export const RECORD_FREE_OBJECTS: u32 = 2;
export const RECORD_WRITE: u32 = 3;
export const RECORD_FREE: u32 = 4;
export const RECORD_END: u32 = 5;
export const RECORD_SPILL: u32 = 7;

export const STREAM_MAGIC: u64 = 0x2f5bacbac;
export const STREAM_MAGIC_SWAPPED: u64 = 0xaccbbaf502000000;
/** Kinds of streams. */
export const SUBSTREAM: u64 = 1;
export const COMPOUND: u64 = 2;
/** System attributes may have spilled: of file systems of version 5. */
export const FEATURE_SPILL: u64 = 4;
/** What the from-snapshot is: the origin of a clone. */
export const FLAG_CLONE: u32 = 1;

export const TO_END: u64 = u64.MAX_VALUE;
/** Largest payload of a record; a compound stream's list may be longer. */
export const LARGEST_PAYLOAD: u32 = 128 << 10;

export function streamKind(version: u64): u64 {
  return version & 3;
}
export function streamFeatures(version: u64): u64 {
  return (version >> 2) & 0x3fffffff;
}
export function streamVersion(kind: u64, features: u64): u64 {
  return kind | (features << 2);
}
