// SPDX-License-Identifier: MIT
/** @fileoverview What requirements about objects of System V have in common: flags, keys, and where calls find and leave structures. */
import { buffer } from '../../harness';
import * as sys from '../../system/system';

export const NEW: i32 = 0o600 | sys.IPC_CREAT;
export const EXCLUSIVE: i32 = NEW | sys.IPC_EXCL;
export const NOBODY: i32 = 60001;
/** Nobody else's: what goes wrong leaves it behind, and the next run has another pid. */
export function key(): i32 {
  return 0x44000000 + sys.getpid();
}
export const about: usize = buffer + 2048;
export const ABOUT: u64 = <u64>(buffer + 2048);
export const list: usize = buffer + 1024;
export const LIST: u64 = <u64>(buffer + 1024);
