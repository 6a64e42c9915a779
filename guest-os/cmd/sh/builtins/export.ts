// SPDX-License-Identifier: MIT
/** @fileoverview export, readonly, local and unset as POSIX has them; bash's are those of declare.ts. */
import { sortNames } from '../../../lib/files';
import { out } from '../../../lib/io';
import { quoted } from '../../../lib/shellQuote';
import { complain, functions, state } from '../state';
import { declareArguments, unsetElement } from '../variables/declare';
import { command } from './naming';
import { keyOf } from '../expand/parameter';
import {
  exportVariable,
  get,
  has,
  isExported,
  isKnown,
  isReadOnly,
  makeLocal,
  makeReadOnly,
  names,
  setVariable,
  unsetVariable,
} from '../variables/variables';
import { isName } from '../syntax/words';

export function exportAll(args: string[]): i32 {
  if (state.bash) return declareArguments(args);
  if (args.length == 1 || args[1] == '-p') {
    const all = names();
    sortNames(all);
    for (let i = 0; i < all.length; i++) if (isExported(all[i])) out('export ' + all[i] + '=' + quoted(get(all[i])) + '\n');
    return 0;
  }
  for (let i = 1; i < args.length; i++) {
    const name = declare_('export', args[i]);
    if (!name.length) return 2;
    exportVariable(name);
  }
  return 0;
}

/** The name of NAME or NAME=value, whose value it gets; nothing after a complaint, which ends a script. */
function declare_(command: string, word: string): string {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.substring(0, equals);
  if (!isName(name)) complain(command + ': ' + name + ': bad variable name');
  else if (equals >= 0 && isReadOnly(name)) complain(command + ': ' + name + ': is read only');
  else {
    if (equals >= 0) setVariable(name, word.substring(equals + 1));
    return name;
  }
  state.failed = true;
  return '';
}

export function readonly(args: string[]): i32 {
  if (state.bash) return declareArguments(args);
  if (args.length == 1 || args[1] == '-p') {
    const all = names();
    sortNames(all);
    for (let i = 0; i < all.length; i++) if (isReadOnly(all[i])) out('readonly ' + all[i] + '=' + quoted(get(all[i])) + '\n');
    return 0;
  }
  for (let i = 1; i < args.length; i++) {
    const name = declare_('readonly', args[i]);
    if (!name.length) return 2;
    makeReadOnly(name);
  }
  return 0;
}

export function local(args: string[]): i32 {
  if (state.bash) return declareArguments(args);
  if (!state.callDepth) return complain('local: not in a function');
  for (let i = 1; i < args.length; i++) {
    const equals = args[i].indexOf('=');
    const name = equals < 0 ? args[i] : args[i].substring(0, equals);
    if (!isName(name)) return complain('local: ' + name + ': bad variable name');
    makeLocal(name);
    if (equals >= 0) setVariable(name, args[i].substring(equals + 1));
  }
  return 0;
}

export function unset(args: string[]): i32 {
  for (let i = 1; i < args.length; i++) {
    if (args[i] == '-v') continue;
    if (args[i] == '-f') {
      for (i++; i < args.length; i++) functions.delete(args[i]);
      return 0;
    }
    const bracket = state.bash && args[i].endsWith(']') ? args[i].indexOf('[') : -1;
    const name = bracket > 0 ? args[i].substring(0, bracket) : args[i];
    if (isReadOnly(name)) {
      if (state.bash) return complain('unset: ' + name + ': cannot unset: readonly variable');
      complain('unset: ' + args[i] + ': is read only');
      state.failed = true;
      return 2;
    }
    if (bracket > 0) {
      const subscript = args[i].substring(bracket + 1, args[i].length - 1);
      if (subscript == '@' || subscript == '*') unsetVariable(name);
      else unsetElement(name, keyOf(name, subscript));
      continue;
    }
    if (has(args[i]) || isKnown(args[i])) unsetVariable(args[i]);
    else functions.delete(args[i]);
  }
  return 0;
}
