// SPDX-License-Identifier: MIT
/** @fileoverview sync(8): write what waits in memory to the disks
 * @path /usr/bin/sync
 */
/** @manual
 * DESCRIPTION
 * Writes what has changed to the disks.
 */
import * as calls from '../../lib/calls';

export const USAGE: string = 'sync';

export function main(args: string[]): i32 {
  return calls.sync() < 0 ? 1 : 0;
}
