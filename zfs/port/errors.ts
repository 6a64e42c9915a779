// SPDX-License-Identifier: MIT
/** @fileoverview Error numbers that only ZFS uses, by the values that illumos gives them. */
/** A checksum that does not match (EBADE). */
export const ECKSUM: i32 = 50;
/** Metadata that cannot be what was written (EFRAGS). */
export const EFRAGS: i32 = 51;
export const ENOTSUP: i32 = 48;
export const EDQUOT: i32 = 49;
export const EOVERFLOW: i32 = 79;
export const ENODATA: i32 = 61;
