// SPDX-License-Identifier: MIT
/** @fileoverview prun(1): let stopped processes run */
/** @manual
 * DESCRIPTION
 * Lets each process run on that pstop(1) has stopped. What a signal has stopped goes on with kill -CONT.
 *
 * EXIT STATUS
 *   0   done
 *   1   a process is not there, or not the caller's
 *
 * SEE ALSO
 * pstop(1), kill(1), proc(5)
 */
import { direct } from './_control';

export const USAGE: string = 'prun pid ...';

const PCRUN: i64 = 5;

export function main(args: string[]): i32 {
  return direct('prun', USAGE, args, PCRUN, 16);
}
