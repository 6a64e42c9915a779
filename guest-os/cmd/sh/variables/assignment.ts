// SPDX-License-Identifier: MIT
/**
 * @fileoverview Assignments: NAME=VALUE; in bash also NAME+=VALUE, NAME[SUBSCRIPT]=VALUE and NAME=(…), whose words are expanded as a command's are, or
 * are [SUBSCRIPT]=VALUE.
 */
import { numberOf } from '../expand/arithmetic';
import { ShellArray } from './arrays';
import { expandText, expandValue, expandWords, fail } from '../expand/expand';
import { say } from '../../../lib/io';
import { arrayOf, keyOf } from '../expand/parameter';
import { Parser } from '../syntax/parser';
import { state } from '../state';
import { exportVariable, get, isReadOnly, make, setVariable, Variable } from './variables';
import { skipTo, valueStart } from '../syntax/words';

/** One assignment, taken apart. */
export class Assignment {
  name: string = '';
  subscript: string = '';
  append: bool = false;
  /** As it is written. */
  value: string = '';

  constructor(word: string) {
    const start = valueStart(word);
    this.value = word.substring(start);
    this.append = word.charAt(start - 2) == '+';
    const target = word.substring(0, start - (this.append ? 2 : 1));
    const bracket = target.indexOf('[');
    this.name = bracket < 0 ? target : target.substring(0, bracket);
    this.subscript = bracket < 0 ? '' : target.substring(bracket + 1, target.length - 1);
  }
  get isCompound(): bool {
    return state.bash && this.value.startsWith('(') && this.value.endsWith(')');
  }
}

/** What was read only, which the caller complains of. */
export function complainReadOnly(name: string): void {
  say(state.prefix + name + ': ' + (state.bash ? 'readonly variable' : 'is read only') + '\n');
  state.status = state.bash ? 1 : 2;
  state.failed = true;
  state.recovers = state.bash;
}

/** Does the assignment, its value not yet expanded. False: it is read only, or could not be expanded. */
export function assign(word: string, forExport: bool): bool {
  const assignment = new Assignment(word);
  if (isReadOnly(assignment.name)) {
    complainReadOnly(assignment.name);
    return false;
  }
  if (assignment.isCompound) assignCompound(assignment, null);
  else assignElement(assignment.name, assignment.subscript, expandValue(assignment.value), assignment.append);
  if (forExport) exportVariable(assignment.name);
  return !state.failed;
}

/** Gives a variable or an element its value, which is final. */
export function assignElement(name: string, subscript: string, value: string, append: bool): void {
  if (!subscript.length) {
    if (!append) return setVariable(name, value);
    const variable = make(name);
    setVariable(name, variable.integer ? (numberOf(get(name)) + numberOf(value)).toString() : get(name) + value);
    return;
  }
  const array = makeArray(make(name), false);
  const key = keyOf(name, subscript);
  if (state.failed) return;
  const made = make(name).converted(value);
  array.set(key, append ? array.get(key) + made : made);
}

/** The variable's array; what it was before becomes its first element. */
export function makeArray(variable: Variable, associative: bool): ShellArray {
  const old = variable.array;
  if (old) return old;
  const array = new ShellArray(associative);
  const value = variable.value;
  if (value != null) array.set('0', value);
  variable.value = null;
  variable.array = array;
  return array;
}

/** NAME=(…) or NAME+=(…). `into`: the variable, if it is not to be looked for. */
export function assignCompound(assignment: Assignment, into: Variable | null): void {
  const text = assignment.value;
  const parser = new Parser(text.substring(1, text.length - 1), 0);
  const words = parser.wordList();
  if (parser.error.length) {
    fail(parser.error);
    return;
  }
  const variable = into ? into : make(assignment.name);
  // Values may be made of those that the array has now.
  const keys: string[] = [];
  const values: string[] = [];
  const array = arrayOf(assignment.name);
  const associative = array != null && array.associative;
  let next: i64 = assignment.append && array ? array.next : assignment.append && variable.isSet ? 1 : 0;
  for (let i = 0; i < words.length && !state.failed; i++) {
    const word = words[i];
    const close = word.startsWith('[') ? skipTo(word, 1, 0x5b, 0x5d) : -1;
    const appends = close > 0 && word.substr(close, 2) == '+=';
    if (close > 0 && (appends || word.charAt(close) == '=')) {
      const subscript = word.substring(1, close - 1);
      const key = associative ? expandText(subscript) : numberOf(expandText(subscript)).toString();
      const value = expandValue(word.substring(close + (appends ? 2 : 1)));
      keys.push(key);
      values.push(appends && array ? array.get(key) + value : value);
      if (!associative) next = numberOf(key) + 1;
      continue;
    }
    const list = expandWords([word]);
    for (let k = 0; k < list.length; k++) {
      if (associative) {
        // Keys and values by turns.
        keys.push(list[k]);
        values.push(k + 1 < list.length ? list[++k] : i + 1 < words.length ? expandText(words[++i]) : '');
        continue;
      }
      keys.push(next.toString());
      values.push(list[k]);
      next++;
    }
  }
  if (state.failed) return;
  const target = makeArray(variable, false);
  if (!assignment.append) target.clear();
  for (let i = 0; i < keys.length; i++) target.set(keys[i], variable.converted(values[i]));
}
