// SPDX-License-Identifier: MIT
/** @fileoverview groupdel(8): remove a group */
/** @manual
 * DESCRIPTION
 * Removes a group from /etc/group.
 *
 * SEE ALSO
 * groupadd(8)
 */
import { findGroupByName } from '../../lib/accounts';
import { misused } from '../../lib/options';
import { changeGroup, error, EX_FAILURE, EX_NO_ENTRY, EX_USAGE, mayAdminister } from './_administer';

export const USAGE: string = 'groupdel group';

export function main(args: string[]): i32 {
  if (args.length != 2 || args[1].startsWith('-')) return misused(USAGE, EX_USAGE);
  if (!mayAdminister('groupdel')) return EX_FAILURE;
  if (!findGroupByName(args[1])) return error('groupdel', args[1] + ' does not exist.', EX_NO_ENTRY);
  return changeGroup('groupdel', args[1], '') ? 0 : EX_FAILURE;
}
