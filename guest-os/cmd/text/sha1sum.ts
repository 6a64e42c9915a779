// SPDX-License-Identifier: MIT
/** @fileoverview sha1sum(1): print or check digests of files: sha1 */
/** @manual
 * OPTIONS
 *   -c   checks files against a list that this command printed
 *   --quiet   names only those that are not as they were;  --status  prints nothing
 */
import { sumMain } from '../../lib/digestCommand';

export const USAGE: string = 'sha1sum [-c [--quiet | --status]] [file ...]';

export function main(args: string[]): i32 {
  return sumMain(args, 'sha1', USAGE);
}
