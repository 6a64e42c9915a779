// SPDX-License-Identifier: MIT
/** @fileoverview Linux: see ../errno.ts. */
export const EDEADLK: i64 = 35;
export const ENAMETOOLONG: i64 = 36;
export const EOVERFLOW: i64 = 75;
export const ELOOP: i64 = 40;
export const ENOTEMPTY: i64 = 39;
export const ENOMSG: i64 = 42;
export const EIDRM: i64 = 43;
