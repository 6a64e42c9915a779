// SPDX-License-Identifier: MIT
/** @fileoverview vmrecover(8): finish what a crash has cut off of vmadm
 * @path /usr/vm/sbin/vmrecover
 */
/** @manual
 * DESCRIPTION
 * Run by svc:/system/zones before zones boot. A VM whose creation or deletion had been under way when the system stopped is deleted, an update that had been
 * under way is completed; each is told in a line.
 *
 * SEE ALSO
 * vmadm(8)
 */
import { out } from '../../lib/io';
import { GLOBAL, ownZoneId } from '../../lib/zones/kernel';
import { recover } from './machine/_change';

export const USAGE: string = 'vmrecover';

export function main(args: string[]): i32 {
  if (ownZoneId() != GLOBAL) return 1;
  const said = recover();
  for (let i = 0; i < said.length; i++) out('vmrecover: ' + said[i] + '\n');
  return 0;
}
