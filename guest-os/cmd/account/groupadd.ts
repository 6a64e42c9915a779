// SPDX-License-Identifier: MIT
/** @fileoverview groupadd(8): add a group */
/** @manual
 * DESCRIPTION
 * Adds a group to /etc/group.
 *
 * OPTIONS
 *   -g gid   the number; the next free one from 100 on unless said;  -o  although another has it
 *
 * SEE ALSO
 * groupdel(8), useradd(8)
 */
import { findGroup, findGroupByName } from '../../lib/accounts';
import { misused, Options } from '../../lib/options';
import {
  changeGroup,
  error,
  EX_BADARG,
  EX_EXISTS,
  EX_FAILURE,
  EX_NAME,
  EX_USAGE,
  freeGroup,
  idOf,
  isGoodName,
  mayAdminister,
} from './_administer';

export const USAGE: string = 'groupadd [-g gid [-o]] group';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'g:o');
  let gid: i64 = -1;
  let shared = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'o') {
      shared = true;
      continue;
    }
    gid = idOf(options.argument);
    if (gid < 0) return error('groupadd', 'Invalid group id ' + options.argument + '.', EX_BADARG);
  }
  const words = options.operands();
  if (options.failed || words.length != 1) return misused(USAGE, EX_USAGE);
  if (!mayAdminister('groupadd')) return EX_FAILURE;
  if (!isGoodName(words[0])) return error('groupadd', words[0] + ' is not a valid name. Choose another.', EX_BADARG);
  if (findGroupByName(words[0])) return error('groupadd', words[0] + ' is already in use. Choose another.', EX_NAME);
  if (gid < 0) gid = freeGroup();
  if (!shared && findGroup(<u32>gid))
    return error('groupadd', 'gid ' + gid.toString() + ' is already in use. Choose another.', EX_EXISTS);
  return changeGroup('groupadd', words[0], words[0] + '::' + gid.toString() + ':') ? 0 : EX_FAILURE;
}
