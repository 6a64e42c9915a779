// SPDX-License-Identifier: MIT
/** @fileoverview pstop(1): stop processes */
/** @manual
 * DESCRIPTION
 * Stops each process where it is, by its control file in /proc. It does not learn of it, and runs on when prun(1) says so.
 *
 * EXIT STATUS
 *   0   done
 *   1   a process is not there, or not the caller's
 *
 * SEE ALSO
 * prun(1), kill(1), proc(5)
 */
import { direct } from './_control';

export const USAGE: string = 'pstop pid ...';

/** Directs all of its threads to stop, and does not wait. */
const PCDSTOP: i64 = 2;

export function main(args: string[]): i32 {
  return direct('pstop', USAGE, args, PCDSTOP, 8);
}
