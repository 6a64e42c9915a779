// SPDX-License-Identifier: MIT
/**
 * @fileoverview What commands ask of the place they run in besides ZFS itself: output, names of devices, mounting. Under Node nothing is mounted,
 * and a device is a file that the host has given.
 */

export const KIND_NONE: i32 = 0;
export const KIND_DIRECTORY: i32 = 1;
export const KIND_FILE: i32 = 2;
export const KIND_DISK: i32 = 3;

export abstract class Console {
  /** To standard output, and to standard error. */
  abstract out(text: string): void;
  abstract say(text: string): void;
  /** Seconds since 1970. */
  abstract now(): i64;
  abstract kind(path: string): i32;
  /** Names in a directory; none if there is no such directory. */
  abstract names(directory: string): string[];
  /** Where a file system is mounted; empty: nowhere. */
  abstract mountPoint(dataset: string): string;
  /** Mounts the file systems of a pool; false: one of them could not be (it has been said). */
  abstract mountAll(pool: string): bool;
  /** Unmounts them, the innermost first: where one is mounted that is busy, or an empty text. */
  abstract unmountAll(pool: string, force: bool): string;
  /** Waits; false: it is no use to wait here. */
  abstract sleep(seconds: i32): bool;
}
