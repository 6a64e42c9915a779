// SPDX-License-Identifier: MIT
/** @fileoverview chgrp(1): change the group of files */
/** @manual
 * OPTIONS
 *   -f   complains of nothing
 *   -h   links themselves
 *   -R   directories with what is in them; links in them themselves
 */
import { changeOwners } from './chown';

export const USAGE: string = 'chgrp [-fhR] group file ...';

export function main(args: string[]): i32 {
  return changeOwners(args, 'chgrp', USAGE);
}
