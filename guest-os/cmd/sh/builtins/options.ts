// SPDX-License-Identifier: MIT
/** @fileoverview set: options by letter and by name, and the positional parameters. */
import { sortNames } from '../../../lib/files';
import { out, say } from '../../../lib/io';
import { padRight } from '../../../lib/text';
import { shown } from '../variables/declare';
import { state } from '../state';
import { quoted } from '../../../lib/shellQuote';
import { find, get, names } from '../variables/variables';

/** Letter and name of each option. */
const OPTIONS: string[] = [
  'a',
  'allexport',
  'b',
  'notify',
  'C',
  'noclobber',
  'e',
  'errexit',
  'f',
  'noglob',
  'm',
  'monitor',
  'n',
  'noexec',
  'u',
  'nounset',
  'v',
  'verbose',
  'x',
  'xtrace',
];

function byName(name: string): string {
  for (let i = 1; i < OPTIONS.length; i += 2) if (OPTIONS[i] == name) return OPTIONS[i - 1];
  return '';
}

/** Options of an argument list, from `first` on. Where they end; -1: after a complaint. `parameters`: what follows sets those. */
export function takeOptions(args: string[], first: i32): i32 {
  let i = first;
  for (; i < args.length; i++) {
    const word = args[i];
    if (word == '--') return i + 1;
    const on = word.startsWith('-');
    if ((!on && !word.startsWith('+')) || word.length < 2) return i;
    for (let k = 1; k < word.length; k++) {
      const letter = word.charAt(k);
      if (letter == 'o') {
        if (i + 1 >= args.length) {
          list(on);
          return i + 1;
        }
        const name = args[++i];
        if (name == 'emacs') state.editing = on;
        else if (state.bash && name == 'pipefail') {
          if (on) state.named.add(name);
          else state.named.delete(name);
        } else if (byName(name).length) state.set(byName(name), on);
        else {
          say(state.prefix + 'set: Illegal option -o ' + name + '\n');
          return -1;
        }
      } else if ('abCefmnuvx'.includes(letter)) state.set(letter, on);
      else {
        say(state.prefix + 'set: Illegal option ' + word.charAt(0) + letter + '\n');
        return -1;
      }
    }
  }
  return i;
}

function list(readable: bool): void {
  for (let i = 0; i < OPTIONS.length; i += 2) {
    const on = state.has(OPTIONS[i]);
    if (readable) out(padRight(OPTIONS[i + 1], 16) + (on ? 'on' : 'off') + '\n');
    else out('set ' + (on ? '-' : '+') + 'o ' + OPTIONS[i + 1] + '\n');
  }
  if (readable) out(padRight('emacs', 16) + (state.editing ? 'on' : 'off') + '\n');
  else out('set ' + (state.editing ? '-' : '+') + 'o emacs\n');
  if (!state.bash) return;
  const strict = state.named.has('pipefail');
  if (readable) out(padRight('pipefail', 16) + (strict ? 'on' : 'off') + '\n');
  else out('set ' + (strict ? '-' : '+') + 'o pipefail\n');
}

export function set(args: string[]): i32 {
  if (args.length == 1) {
    const all = names();
    sortNames(all);
    for (let i = 0; i < all.length; i++) {
      const variable = state.bash ? find(all[i]) : null;
      out((variable ? shown(all[i], variable) : all[i] + '=' + quoted(get(all[i]))) + '\n');
    }
    return 0;
  }
  const end = takeOptions(args, 1);
  if (end < 0) return 2;
  if (end < args.length || args[end - 1] == '--') state.parameters = args.slice(end);
  return 0;
}
