// SPDX-License-Identifier: MIT
/** @fileoverview dmesg(8): what the kernel has said lately */
/** @manual
 * DESCRIPTION
 * Prints the date, then the last 16 KiB of the kernel's messages, from a whole line on. In a zone there are none.
 *
 * FILES
 *   /dev/msglog
 */
import * as calls from '../../lib/calls';
import { formatDate } from '../../lib/dates';
import { complain, O_RDONLY, openFile, out, readAll } from '../../lib/io';
import { misused } from '../../lib/options';
import { ownZoneId } from '../../lib/zones/kernel';

export const USAGE: string = 'dmesg';
const DEVICE: string = '/dev/msglog';
/** As much as the kernel keeps: then the first line may be half a one. */
const KEPT: i32 = 16384;

export function main(args: string[]): i32 {
  if (args.length > 1) return misused(USAGE);
  let text = '';
  // In a zone messages go to its console, and the kernel's are none of its business.
  if (!ownZoneId()) {
    const device = openFile(DEVICE, O_RDONLY);
    if (device < 0) {
      complain('dmesg', DEVICE, device);
      return 1;
    }
    text = readAll(device);
    calls.close(device);
  }
  out('\n' + formatDate('%a %b %e %H:%M:%S %Z %Y', calls.time()) + '\n');
  out(text.length < KEPT ? text : text.substring(text.indexOf('\n') + 1));
  return 0;
}
