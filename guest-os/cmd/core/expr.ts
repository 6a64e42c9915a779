// SPDX-License-Identifier: MIT
/** @fileoverview expr(1): evaluate an expression */
/** @manual
 * DESCRIPTION
 * Each word is an operand or an operator, from the loosest: |, &, comparisons (= != < <= > >=), + -, * / %, and : which matches a basic regular
 * expression at the start of a string and gives what its group matched, or how many characters. Also: match S R, substr S POS LEN, index S CHARS,
 * length S, and parentheses.
 *
 * EXIT STATUS
 *   0   the result is neither empty nor 0
 *   1   it is
 *   2   the expression is wrong
 */
import { out, say } from '../../lib/io';
import { compile, regexError } from '../../lib/regex/regex';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'expr expression';

let words: string[] = [];
let at = 0;
let failed = '';

export function main(args: string[]): i32 {
  words = args.slice(args.length > 1 && args[1] == '--' ? 2 : 1);
  at = 0;
  failed = '';
  const value = either();
  if (!failed.length && at < words.length) failed = 'syntax error';
  if (failed.length) {
    say('expr: ' + failed + '\n');
    return 2;
  }
  out(value + '\n');
  return isNull(value) ? 1 : 0;
}

function isNull(value: string): bool {
  return !value.length || (isInteger(value) && integer(value) == 0);
}
function isInteger(text: string): bool {
  return parseNumber(text.startsWith('-') ? text.substring(1) : text) >= 0;
}
function integer(text: string): i64 {
  return text.startsWith('-') ? -parseNumber(text.substring(1)) : parseNumber(text);
}
function next(): string {
  return at < words.length ? words[at] : '';
}
function take(word: string): bool {
  if (at >= words.length || words[at] != word) return false;
  at++;
  return true;
}

function either(): string {
  let left = both();
  while (take('|')) {
    const right = both();
    if (isNull(left)) left = isNull(right) ? '0' : right;
  }
  return left;
}
function both(): string {
  let left = comparison();
  while (take('&')) {
    const right = comparison();
    if (isNull(left) || isNull(right)) left = '0';
  }
  return left;
}

function comparison(): string {
  let left = sum();
  while (true) {
    const operator = next();
    if (
      operator != '=' &&
      operator != '==' &&
      operator != '!=' &&
      operator != '<' &&
      operator != '<=' &&
      operator != '>' &&
      operator != '>='
    )
      return left;
    at++;
    const right = sum();
    let order = left < right ? -1 : left > right ? 1 : 0;
    if (isInteger(left) && isInteger(right)) {
      const difference = integer(left) - integer(right);
      order = difference < 0 ? -1 : difference > 0 ? 1 : 0;
    }
    let holds = false;
    if (operator == '=' || operator == '==') holds = order == 0;
    else if (operator == '!=') holds = order != 0;
    else if (operator == '<') holds = order < 0;
    else if (operator == '<=') holds = order <= 0;
    else if (operator == '>') holds = order > 0;
    else holds = order >= 0;
    left = holds ? '1' : '0';
  }
}

function arithmetic(left: string, operator: string, right: string): string {
  if (!isInteger(left) || !isInteger(right)) {
    failed = 'non-numeric argument';
    return '';
  }
  const a = integer(left);
  const b = integer(right);
  if (operator == '+') return (a + b).toString();
  if (operator == '-') return (a - b).toString();
  if (operator == '*') return (a * b).toString();
  if (!b) {
    failed = 'division by zero';
    return '';
  }
  return (operator == '/' ? a / b : a % b).toString();
}
function sum(): string {
  let left = product();
  while (!failed.length && (next() == '+' || next() == '-')) {
    const operator = words[at++];
    left = arithmetic(left, operator, product());
  }
  return left;
}
function product(): string {
  let left = matching();
  while (!failed.length && (next() == '*' || next() == '/' || next() == '%')) {
    const operator = words[at++];
    left = arithmetic(left, operator, matching());
  }
  return left;
}
function matching(): string {
  let left = primary();
  while (!failed.length && take(':')) left = match(left, primary());
  return left;
}

function match(text: string, source: string): string {
  const regex = compile(source, 0);
  if (!regex) {
    failed = 'invalid regular expression: ' + regexError;
    return '';
  }
  const found = regex.find(text, 0) && regex.start == 0;
  if (regex.groups) return found ? regex.groupText(text, 1) : '';
  return found ? regex.end.toString() : '0';
}

function primary(): string {
  if (at >= words.length) {
    if (!failed.length) failed = 'syntax error';
    return '';
  }
  const word = words[at++];
  if (word == '(') {
    const value = either();
    if (!take(')') && !failed.length) failed = 'syntax error';
    return value;
  }
  if (word == ')') {
    failed = 'syntax error';
    return '';
  }
  const left = words.length - at;
  if (word == 'length' && left >= 1) return primary().length.toString();
  if (word == 'match' && left >= 2) {
    const text = primary();
    return match(text, primary());
  }
  if (word == 'index' && left >= 2) {
    const text = primary();
    const characters = primary();
    for (let i = 0; i < text.length; i++) if (characters.includes(text.charAt(i))) return (i + 1).toString();
    return '0';
  }
  if (word == 'substr' && left >= 3) {
    const text = primary();
    const from = primary();
    const count = primary();
    if (!isInteger(from) || !isInteger(count) || integer(from) <= 0 || integer(count) <= 0) return '';
    const start = <i32>min<i64>(integer(from) - 1, text.length);
    return text.substring(start, <i32>min<i64>(<i64>start + integer(count), text.length));
  }
  return word == '+' && left >= 1 ? words[at++] : word;
}
