// SPDX-License-Identifier: MIT
/** @fileoverview shopt of bash: options that `set` has no letter for. Only those that do something are known. */
import { out, say } from '../../../lib/io';
import { padRight } from '../../../lib/text';
import { state } from '../state';

export const SHELL_OPTIONS: string[] = ['dotglob', 'expand_aliases', 'extglob', 'nocasematch', 'nullglob'];

export function shopt(args: string[]): i32 {
  let first = 1;
  let letters = '';
  for (; first < args.length && args[first].startsWith('-') && args[first].length > 1; first++) {
    for (let k = 1; k < args[first].length; k++) {
      if (!'supq'.includes(args[first].charAt(k))) {
        say(state.prefix + 'shopt: ' + args[first] + ': invalid option\nshopt: usage: shopt [-pqsu] [optname ...]\n');
        return 2;
      }
      letters += args[first].charAt(k);
    }
  }
  const changes = letters.includes('s') || letters.includes('u');
  const named = first < args.length ? args.slice(first) : SHELL_OPTIONS;
  let result = 0;
  for (let i = 0; i < named.length; i++) {
    if (!SHELL_OPTIONS.includes(named[i])) {
      say(state.prefix + 'shopt: ' + named[i] + ': invalid shell option name\n');
      result = 1;
      continue;
    }
    const on = state.named.has(named[i]);
    if (changes && first < args.length) {
      if (letters.includes('s')) state.named.add(named[i]);
      else state.named.delete(named[i]);
      continue;
    }
    if (changes && on != letters.includes('s')) continue;
    if (!on && first < args.length) result = 1;
    if (letters.includes('q')) continue;
    if (letters.includes('p')) out('shopt ' + (on ? '-s ' : '-u ') + named[i] + '\n');
    else out(padRight(named[i], 15) + '\t' + (on ? 'on' : 'off') + '\n');
  }
  return result;
}
