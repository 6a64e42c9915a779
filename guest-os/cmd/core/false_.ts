// SPDX-License-Identifier: MIT
/** @fileoverview false(1): exit status 1, as POSIX.1-2017 allows and Debian's has it. */
/** @manual
 * DESCRIPTION
 * Fails, with status 1.
 */

export const USAGE: string = 'false';

export function main(args: string[]): i32 {
  return 1;
}
