// SPDX-License-Identifier: MIT
/**
 * @fileoverview declare, typeset, local, export and readonly of bash: variables with attributes.
 *
 * Their arguments that are assignments are treated as assignments: nothing is split, and NAME=(…) makes an array.
 */
import { ShellArray } from './arrays';
import { Assignment, assignCompound, assignElement, complainReadOnly, makeArray } from './assignment';
import { expandValue, expandWords } from '../expand/expand';
import { sortNames } from '../../../lib/files';
import { out, say } from '../../../lib/io';
import { inDoubleQuotes, quotedIfNeeded } from '../../../lib/shellQuote';
import { functions, state } from '../state';
import { Command } from '../syntax/syntax';
import { find, isReadOnly, make, makeItself, makeLocal, names, unsetVariable, Variable } from './variables';
import { isAssignment, isName } from '../syntax/words';

const DECLARING: string[] = ['declare', 'typeset', 'local', 'export', 'readonly'];
const ATTRIBUTES: string = 'aAilnrux';

/** Is this a command whose arguments may be assignments? */
export function isDeclaration(command: Command): bool {
  return state.bash && command.words.length > 0 && DECLARING.includes(command.words[0]) && !functions.has(command.words[0]);
}

/** Names, or assignments: those with a compound value as they are written, others with a value that is final. */
class Item {
  constructor(
    readonly text: string,
    readonly raw: bool,
  ) {}
}

/** The arguments as they are written. */
export function declareWords(words: string[]): i32 {
  const items: Item[] = [];
  for (let i = 1; i < words.length && !state.failed; i++) {
    if (isAssignment(words[i])) {
      const assignment = new Assignment(words[i]);
      const value = assignment.value;
      if (assignment.isCompound) items.push(new Item(words[i], true));
      else items.push(new Item(words[i].substring(0, words[i].length - value.length) + expandValue(value), false));
      continue;
    }
    const expanded = expandWords([words[i]]);
    for (let k = 0; k < expanded.length; k++) items.push(new Item(expanded[k], false));
  }
  return state.failed ? state.status : declare(words[0], items);
}

/** The arguments as a command gets them. */
export function declareArguments(args: string[]): i32 {
  const items: Item[] = [];
  for (let i = 1; i < args.length; i++) items.push(new Item(args[i], false));
  return declare(args[0], items);
}

function complain(command: string, what: string): i32 {
  say(state.prefix + command + ': ' + what + '\n');
  return 1;
}

function declare(command: string, items: Item[]): i32 {
  let on = command == 'export' ? 'x' : command == 'readonly' ? 'r' : '';
  let off = '';
  let print = false;
  let global = command == 'export' || command == 'readonly';
  let ofFunctions = false;
  let namesOnly = false;
  let first = 0;
  for (; first < items.length; first++) {
    const text = items[first].text;
    if (text == '--') {
      first++;
      break;
    }
    if (text.length < 2 || (text.charAt(0) != '-' && text.charAt(0) != '+')) break;
    for (let k = 1; k < text.length; k++) {
      const letter = text.charAt(k);
      if (letter == 'p') print = true;
      else if (letter == 'g') global = true;
      else if (letter == 'f' || letter == 'F') {
        ofFunctions = true;
        namesOnly = letter == 'F';
      } else if (letter == 'n' && command == 'export') off += 'x';
      else if (!ATTRIBUTES.includes(letter)) return complain(command, text + ': invalid option') + 1;
      else if (text.charAt(0) == '-') on += letter;
      else off += letter;
    }
  }
  if (command == 'local' && !state.callDepth) return complain(command, 'can only be used in a function');
  if (ofFunctions) return listFunctions(items.slice(first), namesOnly);
  if (first == items.length) return listVariables(on, print || command == 'export' || command == 'readonly');
  let result = 0;
  const makesLocal = state.functionNames.length > 0 && !global;
  for (let i = first; i < items.length; i++) {
    if (print) {
      const found = find(items[i].text);
      if (found && (found.isSet || found.array != null)) out(declaration(items[i].text, found) + '\n');
      else result = complain(command, items[i].text + ': not found');
    } else if (!one(command, items[i], on, off, makesLocal)) result = 1;
  }
  return result;
}

/** Whether it could be done. */
function one(command: string, item: Item, on: string, off: string, local: bool): bool {
  const given = isAssignment(item.text);
  const assignment: Assignment | null = given ? new Assignment(item.text) : null;
  const name = assignment ? assignment.name : item.text;
  if (!isName(name)) return complain(command, '`' + item.text + "': not a valid identifier") == 0;
  if (isReadOnly(name) && (assignment || off.includes('r'))) {
    complainReadOnly(name);
    return false;
  }
  if (on.includes('n')) {
    const reference = local ? makeLocal(name) : makeItself(name);
    if (assignment) reference.reference = assignment.value;
    return true;
  }
  const variable = local ? makeLocal(name) : make(name);
  setAttributes(variable, on, off);
  if (assignment) {
    // What comes out of an expansion is a text, unless an array is asked for.
    if (assignment.isCompound && (item.raw || on.includes('a') || on.includes('A'))) assignCompound(assignment, variable);
    else assignElement(name, assignment.subscript, assignment.value, assignment.append);
  }
  if (on.includes('r')) variable.readOnly = true;
  return true;
}

function setAttributes(variable: Variable, on: string, off: string): void {
  if (on.includes('x')) variable.exported = true;
  if (on.includes('i')) variable.integer = true;
  if (on.includes('l')) variable.fold = 'l';
  if (on.includes('u')) variable.fold = 'u';
  if (on.includes('a') || on.includes('A')) makeArray(variable, on.includes('A'));
  if (off.includes('x')) variable.exported = false;
  if (off.includes('i')) variable.integer = false;
  if (off.includes('l') || off.includes('u')) variable.fold = '';
}

function listVariables(on: string, print: bool): i32 {
  const all = names();
  sortNames(all);
  for (let i = 0; i < all.length; i++) {
    const variable = find(all[i]);
    if (!variable) continue;
    const letters = attributes(variable);
    let wanted = true;
    for (let k = 0; k < on.length; k++) if (!letters.includes(on.charAt(k))) wanted = false;
    if (!wanted) continue;
    if (print || on.length) out(declaration(all[i], variable) + '\n');
    else out(shown(all[i], variable) + '\n');
  }
  return 0;
}

function attributes(variable: Variable): string {
  const array = variable.array;
  let letters = array ? (array.associative ? 'A' : 'a') : '';
  if (variable.integer) letters += 'i';
  if (variable.fold == 'l') letters += 'l';
  if (variable.readOnly) letters += 'r';
  if (variable.fold == 'u') letters += 'u';
  if (variable.exported) letters += 'x';
  return letters;
}

/** As `set` has it in bash. */
export function shown(name: string, variable: Variable): string {
  const array = variable.array;
  return name + '=' + (array ? listed(array) : quotedIfNeeded(variable.text));
}

/** So that the shell can read it again. */
export function declaration(name: string, variable: Variable): string {
  const letters = attributes(variable);
  const begin = 'declare -' + (letters.length ? letters : '-') + ' ' + name;
  const array = variable.array;
  if (array) return begin + '=' + listed(array);
  return variable.isSet ? begin + '=' + inDoubleQuotes(variable.text) : begin;
}

function listed(array: ShellArray): string {
  const keys = array.keys();
  let text = '(';
  for (let i = 0; i < keys.length; i++)
    text +=
      (i && !array.associative ? ' ' : '') +
      '[' +
      keys[i] +
      ']=' +
      inDoubleQuotes(array.get(keys[i])) +
      (array.associative ? ' ' : '');
  return text + ')';
}

function listFunctions(items: Item[], namesOnly: bool): i32 {
  let all: string[] = [];
  for (let i = 0; i < items.length; i++) all.push(items[i].text);
  const asked = all.length > 0;
  if (!asked) {
    all = functions.keys();
    sortNames(all);
  }
  let result = 0;
  for (let i = 0; i < all.length; i++) {
    if (!functions.has(all[i])) result = 1;
    else if (namesOnly) out((asked ? '' : 'declare -f ') + all[i] + '\n');
    else out(all[i] + ' () ' + functions.get(all[i]).source + '\n');
  }
  return result;
}

/** unset: whole variables, or NAME[SUBSCRIPT]. */
export function unsetElement(name: string, key: string): void {
  const variable = find(name);
  const array = variable ? variable.array : null;
  if (array) array.delete(key);
  else if (key == '0') unsetVariable(name);
}
