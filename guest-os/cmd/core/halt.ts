// SPDX-License-Identifier: MIT
/** @fileoverview halt(8): stops the machine without switching it off. */
import * as calls from '../../lib/calls';
import { complain } from '../../lib/io';

export function main(args: string[]): i32 {
  // A_SHUTDOWN, AD_HALT.
  complain('halt', 'uadmin', calls.uadmin(2, 0));
  return 1;
}
