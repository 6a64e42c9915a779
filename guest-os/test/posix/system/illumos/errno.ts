// SPDX-License-Identifier: MIT
/** @fileoverview illumos: see ../errno.ts. */
export const EDEADLK: i64 = 45;
export const ENAMETOOLONG: i64 = 78;
export const EOVERFLOW: i64 = 79;
export const ELOOP: i64 = 90;
export const ENOTEMPTY: i64 = 93;
export const ENOMSG: i64 = 35;
export const EIDRM: i64 = 36;
