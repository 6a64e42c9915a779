// SPDX-License-Identifier: MIT
/** @fileoverview Names of the system by systeminfo(2). */
import * as calls from './calls';
import { zeroTerminated } from './text';

/** <sys/systeminfo.h> */
export const SI_ARCHITECTURE: i32 = 6;
export const SI_HW_SERIAL: i32 = 7;
export const SI_SET_HOSTNAME: i32 = 258;
export const SI_PLATFORM: i32 = 513;
export const SI_ARCHITECTURE_64: i32 = 517;
export const SI_ARCHITECTURE_K: i32 = 518;
export const SI_ARCHITECTURE_NATIVE: i32 = 519;
const buffer = memory.data(257);

/** One of the names; empty where the kernel has none. */
export function systemInformation(which: i32): string {
  return calls.systeminfo(which, buffer, 257) < 0 ? '' : zeroTerminated(buffer);
}
