// SPDX-License-Identifier: MIT
/** @fileoverview nproc(1): print how many processors there are */
/** @manual
 * DESCRIPTION
 * Prints how many processors are on-line, as the kernel says.
 *
 * OPTIONS
 *   --all   those that are not, too
 */
import * as calls from '../../lib/calls';
import { out } from '../../lib/io';
import { Options } from '../../lib/options';

export const USAGE: string = 'nproc [--all]';

/** _CONFIG_NPROC_CONF and _CONFIG_NPROC_ONLN. */
const CONFIGURED: i32 = 11;
const ONLINE: i32 = 12;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'a', ['all=a']);
  let which = ONLINE;
  for (let option = options.next(); option != ''; option = options.next()) which = CONFIGURED;
  if (options.failed) return 1;
  out(calls.sysconfig(which).toString() + '\n');
  return 0;
}
