// SPDX-License-Identifier: MIT
/** @fileoverview Kinds of records of an intent log, and what is said in them by number (<sys/zil.h>, <sys/vnode.h>). */
export const TX_CREATE: u32 = 1;
export const TX_MKDIR: u32 = 2;
/** The directory of a file's extended attributes: a creation without a name. */
export const TX_MKXATTR: u32 = 3;
export const TX_SYMLINK: u32 = 4;
export const TX_REMOVE: u32 = 5;
export const TX_RMDIR: u32 = 6;
export const TX_LINK: u32 = 7;
export const TX_RENAME: u32 = 8;
export const TX_WRITE: u32 = 9;
export const TX_TRUNCATE: u32 = 10;
export const TX_SETATTR: u32 = 11;
export const TX_ACL: u32 = 13;
export const TX_CREATE_ACL: u32 = 14;
export const TX_MKDIR_ACL: u32 = 17;

/** Bits of `ZilSetAttributes.mask`. */
export const AT_MODE: u64 = 0x2;
export const AT_UID: u64 = 0x4;
export const AT_GID: u64 = 0x8;
export const AT_SIZE: u64 = 0x80;
export const AT_ATIME: u64 = 0x100;
export const AT_MTIME: u64 = 0x200;

/** In a write record: the pointer to its data, and where the data are without one. */
export const WRITE_POINTER: usize = 64;
export const WRITE_DATA: u32 = 192;

/** Bits of `ZilHeader.flags`. */
export const REPLAY_NEEDED: u64 = 1;
export const CLAIMED_RECORD_VALID: u64 = 2;
