// SPDX-License-Identifier: MIT
/** @fileoverview mkdir(1): -p with parents, existing ones too. */
import * as calls from '../../lib/calls';
import { status } from '../../lib/files';
import { complain, say } from '../../lib/io';
import { pathOf } from '../../lib/text';

export function main(args: string[]): i32 {
  let first = 1;
  const parents = args.length > 1 && args[1] == '-p';
  if (parents) first++;
  if (first >= args.length) {
    say('usage: mkdir [-p] dirname ...\n');
    return 2;
  }
  let result = 0;
  for (let i = first; i < args.length; i++) {
    const name = args[i];
    if (parents) {
      for (let at = name.indexOf('/', 1); at > 0; at = name.indexOf('/', at + 1))
        calls.mkdir(pathOf(name.substring(0, at)), 0o777);
      const there = status(name, true);
      if (there && there.isDirectory) continue;
    }
    const error = calls.mkdir(pathOf(name), 0o777);
    if (error >= 0) continue;
    complain('mkdir', 'Failed to make directory "' + name + '"', error);
    result = 1;
  }
  return result;
}
