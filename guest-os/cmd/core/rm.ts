// SPDX-License-Identifier: MIT
/** @fileoverview rm(1): -r with what is below, -f without complaint about what is not there. */
import * as calls from '../../lib/calls';
import { failure, namesIn, status } from '../../lib/files';
import { complain, say } from '../../lib/io';
import { pathOf } from '../../lib/text';

let recursive = false;
let force = false;
let result = 0;

export function main(args: string[]): i32 {
  let first = 1;
  for (; first < args.length && args[first].startsWith('-') && args[first].length > 1; first++) {
    for (let i = 1; i < args[first].length; i++) {
      const letter = args[first].charAt(i);
      if (letter == 'r' || letter == 'R') recursive = true;
      else if (letter == 'f') force = true;
      else {
        say('usage: rm [-fr] file ...\n');
        return 2;
      }
    }
  }
  for (let i = first; i < args.length; i++) remove(args[i]);
  return result;
}

function remove(name: string): void {
  const file = status(name, false);
  if (!file) {
    if (force && failure == 2) return;
    complain('rm', name, failure);
    result = 1;
    return;
  }
  let error: i64 = 0;
  if (!file.isDirectory) {
    error = calls.unlink(pathOf(name));
  } else if (!recursive) {
    say('rm: ' + name + ' is a directory\n');
    result = 1;
    return;
  } else {
    const names = namesIn(name);
    for (let i = 0; names && i < names.length; i++) if (names[i] != '.' && names[i] != '..') remove(name + '/' + names[i]);
    error = calls.rmdir(pathOf(name));
  }
  if (error >= 0) return;
  complain('rm', name, error);
  result = 1;
}
