// SPDX-License-Identifier: MIT
/**
 * @fileoverview The system calls that the requirements are written with, on our system and on Linux. Results are those of the calls, or a
 * negative errno.
 *
 * A file here is a subject. It has what both systems agree on; what differs has the same names in `illumos/` and in `linux/`: numbers of calls,
 * values of constants, offsets in structures (`STRUCTURE_member`), and the few calls that one of them has in another shape. Imports name
 * `illumos/`; where the program is linked for Linux, the files of `linux/` stand in for it (test/os/guestTests.ts).
 */
export * from './errno';
export * from './process';
export * from './credentials';
export * from './limits';
export * from './time';
export * from './signals';
export * from './descriptors';
export * from './paths';
export * from './memory';
export * from './terminals';
export * from './ipc';
