// SPDX-License-Identifier: MIT
/** @fileoverview reboot(8): resets the machine. */
import * as calls from '../../lib/calls';
import { complain } from '../../lib/io';

export function main(args: string[]): i32 {
  // A_SHUTDOWN, AD_BOOT.
  complain('reboot', 'uadmin', calls.uadmin(2, 1));
  return 1;
}
