// SPDX-License-Identifier: MIT
/** @fileoverview The directory stack of bash: pushd, popd, dirs. */
import { out, say } from '../../../lib/io';
import { parseNumber } from '../../../lib/text';
import { changeDirectory, logicalDirectory } from './cd';
import { state } from '../state';
import { get } from '../variables/variables';

/** Without the current directory, the top first. */
let stack: string[] = [];

function complain(text: string): i32 {
  say(state.prefix + text + '\n');
  return 1;
}

/** `+N` from the left, `-N` from the right, of all with the current one; -1: it is neither, or out of range. */
function indexOf(word: string): i32 {
  if (word.length < 2 || (word.charAt(0) != '+' && word.charAt(0) != '-')) return -1;
  const number = <i32>parseNumber(word.substring(1));
  if (number < 0 || number > stack.length) return -1;
  return word.charAt(0) == '+' ? number : stack.length - number;
}

function all(): string[] {
  return [logicalDirectory()].concat(stack);
}
function go(place: string): bool {
  return changeDirectory(['cd', place]) == 0;
}
function show(): i32 {
  return dirs(['dirs']);
}

export function pushd(args: string[]): i32 {
  if (args.length < 2) {
    if (!stack.length) return complain('pushd: no other directory');
    const here = logicalDirectory();
    if (!go(stack[0])) return 1;
    stack[0] = here;
    return show();
  }
  const word = args[1];
  if ((word.startsWith('+') || word.startsWith('-')) && parseNumber(word.substring(1)) >= 0) {
    const index = indexOf(word);
    if (index < 0) return complain('pushd: ' + word + ': directory stack index out of range');
    const list = all();
    const turned = list.slice(index).concat(list.slice(0, index));
    if (!go(turned[0])) return 1;
    stack = turned.slice(1);
    return show();
  }
  const here = logicalDirectory();
  if (!go(word)) return 1;
  stack.unshift(here);
  return show();
}

export function popd(args: string[]): i32 {
  if (!stack.length) return complain('popd: directory stack empty');
  const index = args.length > 1 ? indexOf(args[1]) : 0;
  if (index < 0) return complain('popd: ' + args[1] + ': invalid argument');
  if (!index) {
    if (!go(stack[0])) return 1;
    stack.shift();
  } else stack.splice(index - 1, 1);
  return show();
}

/** -c clears, -l whole names, -p one a line, -v with numbers. */
export function dirs(args: string[]): i32 {
  let letters = '';
  for (let i = 1; i < args.length; i++) letters += args[i].substring(1);
  if (letters.includes('c')) {
    stack = [];
    return 0;
  }
  const list = all();
  const home = get('HOME');
  const lines = letters.includes('p') || letters.includes('v');
  for (let i = 0; i < list.length; i++) {
    const inside = home.length > 1 && (list[i] == home || list[i].startsWith(home + '/'));
    const name = inside && !letters.includes('l') ? '~' + list[i].substring(home.length) : list[i];
    if (letters.includes('v')) out(' ' + i.toString() + '  ');
    out(name + (lines || i == list.length - 1 ? '\n' : ' '));
  }
  return 0;
}
