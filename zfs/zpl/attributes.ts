// SPDX-License-Identifier: MIT
/**
 * @fileoverview System attributes (SA, file system version 5): a file's attributes in its bonus buffer, in an order that a layout says.
 *
 * The registry, a ZAP of each file system, gives each attribute a number and a length; layouts are numbered lists of those. A bonus buffer
 * begins with a header: magic, layout (bits 0-9) and header size in eights (10-15), then the length of each attribute whose length varies.
 * What does not fit goes to a spill block, which has a header and a layout of its own (attributeSet.ts).
 */
export const ATTRIBUTE_MAGIC: u32 = 0x2f505a;

export const A_ATIME: i32 = 0;
export const A_MTIME: i32 = 1;
export const A_CTIME: i32 = 2;
export const A_CRTIME: i32 = 3;
export const A_GEN: i32 = 4;
export const A_MODE: i32 = 5;
export const A_SIZE: i32 = 6;
export const A_PARENT: i32 = 7;
export const A_LINKS: i32 = 8;
export const A_XATTR: i32 = 9;
export const A_RDEV: i32 = 10;
export const A_FLAGS: i32 = 11;
export const A_UID: i32 = 12;
export const A_GID: i32 = 13;
export const A_PAD: i32 = 14;
export const A_ZNODE_ACL: i32 = 15;
export const A_DACL_COUNT: i32 = 16;
export const A_SYMLINK: i32 = 17;
export const A_SCANSTAMP: i32 = 18;
export const A_DACL_ACES: i32 = 19;
export const ATTRIBUTES: i32 = 20;
/** Those before this one, which files had before there were registries, have these numbers everywhere. */
export const LEGACY_ATTRIBUTES: i32 = 16;

/** Names as the registry has them, in order of our numbers; others' files may number them differently. */
export const attributeNames: string[] = [
  'ZPL_ATIME',
  'ZPL_MTIME',
  'ZPL_CTIME',
  'ZPL_CRTIME',
  'ZPL_GEN',
  'ZPL_MODE',
  'ZPL_SIZE',
  'ZPL_PARENT',
  'ZPL_LINKS',
  'ZPL_XATTR',
  'ZPL_RDEV',
  'ZPL_FLAGS',
  'ZPL_UID',
  'ZPL_GID',
  'ZPL_PAD',
  'ZPL_ZNODE_ACL',
  'ZPL_DACL_COUNT',
  'ZPL_SYMLINK',
  'ZPL_SCANSTAMP',
  'ZPL_DACL_ACES',
];
/** Lengths in bytes; 0: it varies. */
export const attributeLengths: i32[] = [16, 16, 16, 16, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 32, 88, 8, 0, 32, 0];
/** How their values are swapped by machines of the other byte order: u64 array, ACL, bytes. */
export const attributeSwaps: i32[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 3, 3, 4];

const OF_EVERY_FILE: i32[] = [
  A_MODE,
  A_SIZE,
  A_GEN,
  A_UID,
  A_GID,
  A_PARENT,
  A_FLAGS,
  A_ATIME,
  A_MTIME,
  A_CTIME,
  A_CRTIME,
  A_LINKS,
];
/** Behind what else there is of fixed length. */
const ACCESS: i32[] = [A_DACL_COUNT, A_DACL_ACES];
/** Attributes of a file; with a link's target, or a device's number, besides. Those of varying length are last. */
export const LAYOUT_FILE: i32[] = OF_EVERY_FILE.concat(ACCESS);
export const LAYOUT_LINK: i32[] = LAYOUT_FILE.concat([A_SYMLINK]);
export const LAYOUT_DEVICE: i32[] = OF_EVERY_FILE.concat([A_RDEV]).concat(ACCESS);
export const LAYOUT_FILE_NUMBER: u32 = 2;
export const LAYOUT_LINK_NUMBER: u32 = 3;
export const LAYOUT_DEVICE_NUMBER: u32 = 4;
