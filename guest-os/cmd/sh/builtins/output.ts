// SPDX-License-Identifier: MIT
/** @fileoverview echo, printf, test and let as the shell's own commands: those of the programs, with what bash has beyond them. */
import { main as plainEcho } from '../../core/echo';
import { format, knowQuoting, printed } from '../../core/printf';
import { main as plainTest } from '../../core/test_';
import { out } from '../../../lib/io';
import { decodeAnsi, ended } from '../expand/ansi';
import { truthOf } from '../expand/arithmetic';
import { Assignment, assignElement } from '../variables/assignment';
import { complain, state } from '../state';
import { unary } from '../run/conditional';
import { isName } from '../syntax/words';

/** bash's knows -n, -e, -E in any combination, and backslash sequences only with -e. */
export function echo(args: string[]): i32 {
  if (!state.bash) return plainEcho(args);
  let first = 1;
  let newline = true;
  let sequences = false;
  for (; first < args.length; first++) {
    const word = args[first];
    let isOption = word.length > 1 && word.charAt(0) == '-';
    for (let k = 1; k < word.length; k++) if (!'neE'.includes(word.charAt(k))) isOption = false;
    if (!isOption) break;
    if (word.includes('n')) newline = false;
    for (let k = 1; k < word.length; k++) if (word.charAt(k) != 'n') sequences = word.charAt(k) == 'e';
  }
  const text = args.slice(first).join(' ');
  if (!sequences) out(text + (newline ? '\n' : ''));
  else {
    out(decodeAnsi(text, true));
    if (newline && !ended) out('\n');
  }
  return 0;
}

/** bash's has -v NAME, which gets the text, and %q. */
export function printf(args: string[]): i32 {
  if (state.bash) knowQuoting();
  const into = state.bash && args.length > 2 && args[1] == '-v' ? args[2] : '';
  const status = format(into.length ? ['printf'].concat(args.slice(3)) : args);
  if (!into.length) out(printed);
  else {
    const target = new Assignment(into + '=');
    if (!isName(target.name)) return complain('printf: `' + into + "': not a valid identifier") + 1;
    assignElement(target.name, target.subscript, printed, false);
  }
  return status;
}

/** bash's knows == and -v. */
export function testCondition(args: string[]): i32 {
  if (!state.bash) return plainTest(args);
  const count = args[0] == '[' && args[args.length - 1] == ']' ? args.length - 1 : args.length;
  if (count == 3 && args[1] == '-v') return unary('-v', args[2]);
  if (count == 4 && args[1] == '!' && args[2] == '-v') return unary('-v', args[3]) ? 0 : 1;
  const words = args.slice(0);
  for (let i = 2; i + 1 < count; i++) if (words[i] == '==') words[i] = '=';
  return plainTest(words);
}

export function let_(args: string[]): i32 {
  let result = 1;
  if (args.length < 2) return complain('let: expression expected');
  for (let i = 1; i < args.length && !state.failed; i++) result = truthOf(args[i]);
  return result;
}
