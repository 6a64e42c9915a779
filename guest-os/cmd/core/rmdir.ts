// SPDX-License-Identifier: MIT
/** @fileoverview rmdir(1): remove empty directories */
import * as calls from '../../lib/calls';
import { complain } from '../../lib/io';
import { pathOf } from '../../lib/text';

export function main(args: string[]): i32 {
  let result = 0;
  for (let i = 1; i < args.length; i++) {
    const error = calls.rmdir(pathOf(args[i]));
    if (error >= 0) continue;
    complain('rmdir', 'directory "' + args[i] + '"', error);
    result = 1;
  }
  return result;
}
