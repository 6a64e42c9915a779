// SPDX-License-Identifier: MIT
/** @fileoverview sha256sum(1): print or check digests of files: sha256 */
/** @manual
 * OPTIONS
 *   -c   checks files against a list that this command printed
 *   --quiet   names only those that are not as they were;  --status  prints nothing
 */
import { sumMain } from '../../lib/digestCommand';

export const USAGE: string = 'sha256sum [-c [--quiet | --status]] [file ...]';

export function main(args: string[]): i32 {
  return sumMain(args, 'sha256', USAGE);
}
