// SPDX-License-Identifier: MIT
/** @fileoverview poweroff(8): switches the machine off through ACPI. */
import * as calls from '../../lib/calls';
import { complain } from '../../lib/io';

export function main(args: string[]): i32 {
  // A_SHUTDOWN, AD_POWEROFF.
  complain('poweroff', 'uadmin', calls.uadmin(2, 6));
  return 1;
}
