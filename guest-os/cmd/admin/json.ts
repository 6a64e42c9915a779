// SPDX-License-Identifier: MIT
/** @fileoverview json(1): filter JSON */
/** @manual
 * DESCRIPTION
 * Reads JSON from standard input, or a file, and prints it, or what lookups find in it: names with dots between, or numbers for elements of
 * arrays. Strings that are found are printed as they are.
 *
 * OPTIONS
 *   -a           each element of an array by itself: its lookups on one line
 *   -A           the input is one value, although it is an array
 *   -c code      only what the expression holds for; of an array, its elements
 *   -e code      changes the value, or each element of an array: this.name = expression, delete this.name
 *   -d text      stands between the lookups of a line with -a; a blank unless said
 *   -D text      stands between the names of a lookup; a dot unless said
 *   -f file      read it
 *   -g           several values one after the other are an array
 *   -H           drop the headers of an HTTP response before the JSON
 *   -j           strings that are found as JSON too
 *   -k           the names of an object, as an array
 *   -n           print nothing: is this JSON?
 *   -o json-N, -N   indent by N; 0: on one line
 *   -q           say nothing about what is no JSON
 *
 * Expressions are a part of ECMAScript's: this.name or name, literals, ! + - * / % comparisons && || ?: length and indexOf.
 *
 * EXIT STATUS
 *   0   done
 *   1   the input is no JSON
 *   2   wrong usage
 *
 * EXAMPLES
 *   sysinfo | json Hostname
 *   echo '[{"id":1,"n":"a"},{"id":2,"n":"b"}]' | json -a id n
 *   imgadm list -j | json -c 'clones == 0' -a manifest.name
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { O_RDONLY, openFile, out, readAll, say } from '../../lib/io';
import { ARRAY, Json, JsonParser, OBJECT, STRING } from '../../lib/json';
import { isTrue, Program } from '../../lib/jsonExpression';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'json [-aAgHjknq] [-c code] [-e code] [-d delim] [-D delim] [-f file] [-o json-N | -N] [lookup ...]';

let flags: string = '';
let delimiter: string = ' ';
let separator: string = '.';
let indent = 2;
/** What is done with each value before it is shown, in this order: whether it is a condition, and the program. */
const isCondition: bool[] = [];
const programs: Program[] = [];

function has(letter: string): bool {
  return flags.includes(letter);
}
function usage(): i32 {
  say('usage: ' + USAGE + '\n');
  return 2;
}

export function main(args: string[]): i32 {
  let file = '';
  const lookups: string[] = [];
  for (let i = 1; i < args.length; i++) {
    const word = args[i];
    if (!word.startsWith('-') || word.length < 2) {
      lookups.push(word);
      continue;
    }
    if (word == '--') {
      for (i++; i < args.length; i++) lookups.push(args[i]);
      break;
    }
    const number = parseNumber(word.substring(1));
    if (number >= 0) {
      indent = <i32>min<i64>(number, 16);
      continue;
    }
    for (let k = 1; k < word.length; k++) {
      const letter = word.charAt(k);
      if ('cdDefo'.includes(letter)) {
        const rest = word.substring(k + 1);
        if (!rest.length && i + 1 >= args.length) return usage();
        const value = rest.length ? rest : args[++i];
        if (letter == 'd') delimiter = value;
        else if (letter == 'D') separator = value;
        else if (letter == 'f') file = value;
        else if (letter == 'c' || letter == 'e') {
          const program = new Program(value);
          if (program.error.length) {
            say('json: error: ' + value + ': ' + program.error + '\n');
            return 1;
          }
          isCondition.push(letter == 'c');
          programs.push(program);
        } else if (!setOutput(value)) return usage();
        break;
      }
      if (!'aAgHjknq'.includes(letter)) return usage();
      flags += letter;
    }
  }
  const descriptor = file.length ? openFile(file, O_RDONLY) : 0;
  if (descriptor < 0) {
    say('json: error: ' + file + ': ' + errorText(-descriptor) + '\n');
    return 1;
  }
  let text = readAll(descriptor);
  if (has('H') && text.startsWith('HTTP/')) text = withoutHeaders(text);
  return work(text, lookups);
}

function setOutput(name: string): bool {
  if (name == 'json' || name == 'jsony') {
    if (name == 'json') flags += 'j';
    return true;
  }
  const dash = name.indexOf('-');
  const number = dash < 0 ? -1 : parseNumber(name.substring(dash + 1));
  if (number < 0 || (!name.startsWith('json-') && !name.startsWith('jsony-'))) return false;
  indent = <i32>min<i64>(number, 16);
  return setOutput(name.substring(0, dash));
}

function withoutHeaders(text: string): string {
  const plain = text.indexOf('\n\n');
  const full = text.indexOf('\r\n\r\n');
  if (full >= 0 && (plain < 0 || full < plain)) return text.substring(full + 4);
  return plain < 0 ? text : text.substring(plain + 2);
}

function work(text: string, lookups: string[]): i32 {
  const parser = new JsonParser(text);
  const values: Json[] = [];
  let value = parser.next();
  while (value) {
    values.push(value);
    value = parser.next();
  }
  let wrong = parser.error;
  if (!wrong.length && values.length > 1 && !has('g')) wrong = 'more behind the first value (-g takes several)';
  if (wrong.length) {
    if (!has('q')) say('json: error: input is not JSON: ' + wrong + '\n');
    return 1;
  }
  if (!values.length || has('n')) return 0;
  let top = values[0];
  if (has('g')) {
    top = new Json(ARRAY);
    for (let i = 0; i < values.length; i++) {
      // Adjacent arrays are joined.
      if (values[i].kind != ARRAY) top.items.push(values[i]);
      else for (let k = 0; k < values[i].items.length; k++) top.items.push(values[i].items[k]);
    }
  }
  if (programs.length) {
    if (top.kind != ARRAY || has('A')) {
      if (!holds(top) && !failed.length) return 0;
    } else {
      const kept = new Json(ARRAY);
      for (let i = 0; i < top.items.length; i++) if (holds(top.items[i])) kept.items.push(top.items[i]);
      top = kept;
    }
    if (failed.length) {
      say('json: error: ' + failed + '\n');
      return 1;
    }
  }
  if (has('a') && top.kind == ARRAY) for (let i = 0; i < top.items.length; i++) row(top.items[i], lookups);
  else if (has('a')) row(top, lookups);
  else whole(top, lookups);
  return 0;
}

/** What a program could not do. */
let failed: string = '';

/** Changes a value by all programs; do all conditions hold? */
function holds(value: Json): bool {
  for (let i = 0; i < programs.length; i++) {
    const result = programs[i].run(value);
    if (programs[i].error.length) failed = programs[i].error;
    if (failed.length || (isCondition[i] && !isTrue(result))) return false;
  }
  return true;
}

function keys(value: Json): Json {
  const result = new Json(ARRAY);
  if (value.kind == OBJECT) for (let i = 0; i < value.names.length; i++) result.items.push(Json.string(value.names[i]));
  return result;
}

/** A value by names with separators between; null: it is not there. */
function find(value: Json, lookup: string): Json | null {
  if (value.kind == OBJECT) {
    const whole = value.get(lookup);
    if (whole) return whole;
  }
  const parts = lookup.split(separator);
  let at: Json = value;
  for (let i = 0; i < parts.length; i++) {
    let name = parts[i];
    if (name.startsWith('[') && name.endsWith(']')) name = name.substring(1, name.length - 1);
    if (at.kind == ARRAY) {
      const negative = name.startsWith('-');
      const number = parseNumber(negative ? name.substring(1) : name);
      if (number < 0) return null;
      const index = negative ? at.items.length - number : number;
      if (index < 0 || index >= at.items.length) return null;
      at = at.items[<i32>index];
      continue;
    }
    const next = at.kind == OBJECT ? at.get(name) : null;
    if (!next) return null;
    at = next;
  }
  return at;
}

function shown(value: Json, spaces: i32): string {
  return value.kind == STRING && !has('j') ? value.text : value.print(spaces);
}

function whole(top: Json, lookups: string[]): void {
  if (!lookups.length) out((has('k') ? keys(top) : top).print(indent) + '\n');
  for (let i = 0; i < lookups.length; i++) {
    const found = find(top, lookups[i]);
    if (found) out(shown(has('k') ? keys(found) : found, indent) + '\n');
  }
}

function row(element: Json, lookups: string[]): void {
  if (!lookups.length) {
    out(shown(has('k') ? keys(element) : element, indent) + '\n');
    return;
  }
  const cells: string[] = [];
  for (let i = 0; i < lookups.length; i++) {
    const found = find(element, lookups[i]);
    cells.push(found ? shown(has('k') ? keys(found) : found, 0) : '');
  }
  out(cells.join(delimiter) + '\n');
}
