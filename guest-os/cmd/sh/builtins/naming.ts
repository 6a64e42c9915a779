// SPDX-License-Identifier: MIT
/** @fileoverview Builtins about what a name means to the shell: alias, unalias, type, command, builtin. */
import { sortNames } from '../../../lib/files';
import { out } from '../../../lib/io';
import { quoted } from '../../../lib/shellQuote';
import { builtin, isBuiltin, isSpecial } from './builtins';
import { aliases, complain, functions, state } from '../state';
import { runProgram } from '../run/children';
import { locate } from './locate';
import { get, setVariable } from '../variables/variables';
import { isReserved } from '../syntax/words';

export function alias(args: string[]): i32 {
  let result = 0;
  const all = aliases.keys();
  sortNames(all);
  if (args.length == 1) for (let i = 0; i < all.length; i++) out(all[i] + '=' + quoted(aliases.get(all[i])) + '\n');
  for (let i = 1; i < args.length; i++) {
    const equals = args[i].indexOf('=', 1);
    if (equals > 0) aliases.set(args[i].substring(0, equals), args[i].substring(equals + 1));
    else if (aliases.has(args[i])) out(args[i] + '=' + quoted(aliases.get(args[i])) + '\n');
    else result = complain('alias: ' + args[i] + ' not found');
  }
  return result;
}

export function unalias(args: string[]): i32 {
  if (args.length > 1 && args[1] == '-a') {
    aliases.clear();
    return 0;
  }
  let result = 0;
  for (let i = 1; i < args.length; i++) {
    if (aliases.has(args[i])) aliases.delete(args[i]);
    else result = complain('unalias: ' + args[i] + ' not found');
  }
  return result;
}

/** builtin NAME: whatever functions there are. */
export function onlyBuiltin(args: string[]): i32 {
  if (args.length < 2) return 0;
  if (!isBuiltin(args[1])) return complain('builtin: ' + args[1] + ': not a shell builtin');
  return builtin(args[1], args.slice(1));
}

export function typeOf(args: string[]): i32 {
  if (state.bash) return bashType(args);
  let result = 0;
  for (let i = 1; i < args.length; i++) {
    const name = args[i];
    const place = locate(name);
    if (isReserved(name)) out(name + ' is a shell keyword\n');
    else if (aliases.has(name)) out(name + ' is an alias for ' + aliases.get(name) + '\n');
    else if (functions.has(name)) out(name + ' is a shell function\n');
    else if (isSpecial(name)) out(name + ' is a special shell builtin\n');
    else if (isBuiltin(name)) out(name + ' is a shell builtin\n');
    else if (place.length) out(name + ' is ' + place + '\n');
    else {
      out(name + ': not found\n');
      result = 127;
    }
  }
  return result;
}

/** -t: one word of the kind; -p, -P: the path only; -a is as without. */
function bashType(args: string[]): i32 {
  let letters = '';
  let first = 1;
  for (; first < args.length && args[first].startsWith('-'); first++) letters += args[first].substring(1);
  let result = 0;
  for (let i = first; i < args.length; i++) {
    const name = args[i];
    const place = locate(name);
    let kind = '';
    if (letters.includes('P')) kind = place.length ? 'file' : '';
    else if (aliases.has(name)) kind = 'alias';
    else if (isReserved(name)) kind = 'keyword';
    else if (functions.has(name)) kind = 'function';
    else if (isBuiltin(name)) kind = 'builtin';
    else if (place.length) kind = 'file';
    if (!kind.length) {
      if (!letters.length) complain('type: ' + name + ': not found');
      result = 1;
    } else if (letters.includes('t')) out(kind + '\n');
    else if (letters.includes('p') || letters.includes('P')) {
      if (kind == 'file') out(place + '\n');
    } else if (kind == 'alias') out(name + ' is aliased to `' + aliases.get(name) + "'\n");
    else if (kind == 'keyword') out(name + ' is a shell keyword\n');
    else if (kind == 'function') out(name + ' is a function\n' + name + ' () ' + functions.get(name).source + '\n');
    else if (kind == 'builtin') out(name + ' is a shell builtin\n');
    else out(name + ' is ' + place + '\n');
  }
  return result;
}

export function command(args: string[]): i32 {
  let at = 1;
  let path = get('PATH');
  if (at < args.length && args[at] == '-p') {
    path = '/usr/bin:/usr/sbin';
    at++;
  }
  if (at < args.length && args[at] == '-V') return typeOf(args.slice(at));
  if (at < args.length && args[at] == '-v') {
    if (at + 1 >= args.length) return 0;
    const name = args[at + 1];
    let place = functions.has(name) || isBuiltin(name) || isReserved(name) ? name : locate(name);
    if (aliases.has(name)) place = 'alias ' + name + '=' + quoted(aliases.get(name));
    if (!place.length) return 127;
    out(place + '\n');
    return 0;
  }
  if (at >= args.length) return 0;
  const words = args.slice(at);
  if (isBuiltin(words[0])) {
    // A special builtin's failure does not end the shell here.
    const result = builtin(words[0], words);
    if (!state.exiting) state.failed = false;
    return result;
  }
  const outer = get('PATH');
  setVariable('PATH', path);
  const result = runProgram(words);
  setVariable('PATH', outer);
  return result;
}
