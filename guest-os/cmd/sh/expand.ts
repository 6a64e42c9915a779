// SPDX-License-Identifier: MIT
/**
 * @fileoverview Expansion of words (POSIX.1-2017, 2.6): tilde, parameters, commands, arithmetic, field splitting, pathnames, quotes.
 *
 * A word becomes fields. While it is expanded each character has a mark beside it: `q` quoted, `u` as the word has it, `e` from an
 * expansion outside of quotes, which is what may be split. A field with `q`-marked nothing (`""`) stays, one of nothing at all goes.
 */
import { Arithmetic } from './arithmetic';
import { substitute } from './execute';
import { isName, isNamePart, isNameStart, skipPart } from './parser';
import { glob, isPattern, matches } from './pattern';
import { get, has, isReadOnly, setVariable, state } from './state';
import { findUserByName } from '../../lib/accounts';
import { say } from '../../lib/io';

class Field {
  text: string = '';
  mask: string = '';
  /** Something quoted was in it, if only nothing. */
  quoted: bool = false;
}

class Expander {
  readonly fields: Field[] = [];
  private field: Field = new Field();

  private add(text: string, mark: string): void {
    this.field.text += text;
    this.field.mask += mark.repeat(text.length);
    if (mark == 'q') this.field.quoted = true;
  }
  /** A here-document, in which a double quote is a character like others. */
  inDocument: bool = false;

  private endField(): void {
    this.fields.push(this.field);
    this.field = new Field();
  }
  finish(): void {
    if (this.field.text.length || this.field.quoted) this.endField();
  }

  /** Expands `word`; `mark` is for characters outside of its quotes. */
  expand(word: string, quoted: bool, mark: string): void {
    let i = 0;
    while (i < word.length && !state.failed) {
      const c = word.charCodeAt(i);
      if (c == 0x5c) {
        const next = i + 1 < word.length ? word.charAt(i + 1) : '';
        // In double quotes a backslash means something before these only.
        if (quoted && (!'$`"\\\n'.includes(next) || (next == '"' && this.inDocument))) this.add('\\' + next, 'q');
        else if (next != '\n') this.add(next, 'q');
        i += 2;
      } else if (c == 0x27 && !quoted) {
        const end = word.indexOf("'", i + 1);
        this.add(word.substring(i + 1, end), 'q');
        this.field.quoted = true;
        i = end + 1;
      } else if (c == 0x22 && !quoted) {
        const end = skipPart(word, i);
        if (word.substring(i + 1, end - 1) != '$@') this.field.quoted = true;
        this.expand(word.substring(i + 1, end - 1), true, 'q');
        i = end;
      } else if (c == 0x60) {
        const end = skipPart(word, i);
        this.insert(substitute(unescapeBackquote(word.substring(i + 1, end - 1), quoted)), quoted);
        i = end;
      } else if (c == 0x24) {
        i = this.dollar(word, i, quoted);
      } else {
        this.add(word.charAt(i), quoted ? 'q' : mark);
        i++;
      }
    }
  }

  private insert(text: string, quoted: bool): void {
    this.add(text, quoted ? 'q' : 'e');
  }

  private dollar(word: string, start: i32, quoted: bool): i32 {
    const c = start + 1 < word.length ? word.charCodeAt(start + 1) : -1;
    if (c == 0x28) {
      const end = skipPart(word, start);
      if (word.charCodeAt(start + 2) == 0x28 && word.charCodeAt(end - 2) == 0x29 && isArithmetic(word, start, end)) {
        this.insert(evaluate(word.substring(start + 3, end - 2)), quoted);
      } else {
        this.insert(substitute(word.substring(start + 2, end - 1)), quoted);
      }
      return end;
    }
    if (c == 0x7b) {
      const end = skipPart(word, start);
      this.braces(word.substring(start + 2, end - 1), quoted);
      return end;
    }
    if (isNameStart(c)) {
      let end = start + 2;
      while (end < word.length && isNamePart(word.charCodeAt(end))) end++;
      this.parameter(word.substring(start + 1, end), quoted);
      return end;
    }
    if ((c >= 0x30 && c <= 0x39) || (c > 0 && '@*#?$!-'.includes(String.fromCharCode(c)))) {
      this.parameter(String.fromCharCode(c), quoted);
      return start + 2;
    }
    this.add('$', quoted ? 'q' : 'u');
    return start + 1;
  }

  private parameter(name: string, quoted: bool): void {
    if (name == '@' || (name == '*' && !quoted)) {
      for (let i = 0; i < state.parameters.length; i++) {
        if (i) this.endField();
        this.insert(state.parameters[i], quoted);
        if (quoted) this.field.quoted = true;
      }
      return;
    }
    if (state.has('u') && name != '*' && !isSet(name)) fail(name + ': parameter not set');
    this.insert(valueOf(name), quoted);
  }

  /** The word of `${x-word}`. In double quotes, double quotes in it only mark what is quoted. */
  private alternative(word: string, quoted: bool): void {
    if (!quoted) {
      this.expand(withTilde(word), false, 'e');
      return;
    }
    let start = 0;
    for (let i = 0; i < word.length; ) {
      if (word.charCodeAt(i) != 0x22) {
        const c = word.charCodeAt(i);
        i = c == 0x5c || c == 0x24 || c == 0x60 ? max(skipPart(word, i), i + 1) : i + 1;
        continue;
      }
      this.expand(word.substring(start, i), true, 'q');
      start = ++i;
    }
    this.expand(word.substring(start), true, 'q');
  }

  /** What lies between ${ and }. */
  private braces(inside: string, quoted: bool): void {
    if (inside.length > 1 && inside.charCodeAt(0) == 0x23 && isParameter(inside.substring(1))) {
      const name = inside.substring(1);
      this.insert((name == '@' || name == '*' ? state.parameters.length : valueOf(name).length).toString(), quoted);
      return;
    }
    let end = 0;
    if (isNameStart(inside.charCodeAt(0))) while (end < inside.length && isNamePart(inside.charCodeAt(end))) end++;
    else if (inside.charCodeAt(0) >= 0x30 && inside.charCodeAt(0) <= 0x39) {
      while (end < inside.length && inside.charCodeAt(end) >= 0x30 && inside.charCodeAt(end) <= 0x39) end++;
    } else end = 1;
    const name = inside.substring(0, end);
    if (end == inside.length) {
      this.parameter(name, quoted);
      return;
    }
    const colon = inside.charCodeAt(end) == 0x3a;
    if (colon) end++;
    const operator = inside.charAt(end);
    const rest = inside.substring(end + 1);
    const present = isSet(name) && !(colon && !valueOf(name).length);
    if (operator == '-') {
      if (present) this.parameter(name, quoted);
      else this.alternative(rest, quoted);
    } else if (operator == '+') {
      if (present) this.alternative(rest, quoted);
    } else if (operator == '=') {
      if (!present && isReadOnly(name)) fail(name + ': is read only');
      else if (!present) setVariable(name, expandText(rest));
      this.parameter(name, quoted);
    } else if (operator == '?') {
      if (present) this.parameter(name, quoted);
      else fail(name + ': ' + (rest.length ? expandText(rest) : 'parameter not set'));
    } else if (operator == '#' || operator == '%') {
      const longest = rest.length > 0 && rest.charAt(0) == operator;
      this.insert(trim(valueOf(name), longest ? rest.substring(1) : rest, operator == '#', longest), quoted);
    } else {
      fail('Bad substitution');
    }
  }
}

function isParameter(name: string): bool {
  return isName(name) || positional(name) >= 0 || (name.length == 1 && '@*#?$!-'.includes(name));
}

function fail(message: string): void {
  say(state.name + ': ' + message + '\n');
  state.failed = true;
  state.status = 2;
}

/** `$((…))` and not `$( (…) )` written together: its inner parentheses close each other. */
function isArithmetic(word: string, start: i32, end: i32): bool {
  let depth = 0;
  for (let i = start + 2; i < end - 2; i++) {
    const c = word.charCodeAt(i);
    if (c == 0x28) depth++;
    else if (c == 0x29 && --depth == 0) return false;
  }
  return depth == 1;
}

function unescapeBackquote(text: string, quoted: bool): string {
  let result = '';
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) == 0x5c && i + 1 < text.length && (quoted ? '$`\\"' : '$`\\').includes(text.charAt(i + 1))) i++;
    result += text.charAt(i);
  }
  return result;
}

function trim(value: string, pattern: string, front: bool, longest: bool): string {
  const expander = new Expander();
  expander.expand(pattern, false, 'u');
  expander.finish();
  const text = expander.fields.length ? expander.fields[0].text : '';
  const mask = expander.fields.length ? expander.fields[0].mask : '';
  for (let i = 0; i <= value.length; i++) {
    const count = longest ? value.length - i : i;
    const part = front ? value.substring(0, count) : value.substring(value.length - count);
    if (matches(text, mask, part)) return front ? value.substring(count) : value.substring(0, value.length - count);
  }
  return value;
}

function evaluate(expression: string): string {
  const arithmetic = new Arithmetic(expandText(expression));
  const value = arithmetic.evaluate();
  if (arithmetic.error.length) fail(arithmetic.error + ': "' + expression + '"');
  return value.toString();
}

function positional(name: string): i32 {
  let index = 0;
  for (let i = 0; i < name.length; i++) {
    const digit = name.charCodeAt(i) - 0x30;
    if (<u32>digit > 9) return -1;
    index = index * 10 + digit;
  }
  return index;
}

function isSet(name: string): bool {
  const index = positional(name);
  if (index > 0) return index <= state.parameters.length;
  if (name == '@' || name == '*') return state.parameters.length > 0;
  if (name == '!') return state.lastBackground != 0;
  return index == 0 || !isName(name) || has(name);
}

/** A parameter's value; nothing if it has none. */
export function valueOf(name: string): string {
  if (isName(name)) return get(name);
  const index = positional(name);
  if (index == 0) return state.name;
  if (index > 0) return index <= state.parameters.length ? state.parameters[index - 1] : '';
  if (name == '?') return state.status.toString();
  if (name == '#') return state.parameters.length.toString();
  if (name == '$') return state.pid.toString();
  if (name == '!') return state.lastBackground ? state.lastBackground.toString() : '';
  if (name == '-') return state.options + (state.interactive ? 'i' : '');
  const ifs = has('IFS') ? get('IFS') : ' ';
  return state.parameters.join(ifs.substring(0, 1));
}

/** In an assignment's value also behind each colon. */
export function expandValue(word: string): string {
  if (!word.includes('~')) return expandText(word);
  const parts = word.split(':');
  for (let i = 1; i < parts.length; i++) if (parts[i].startsWith('~')) parts[i] = withTilde(parts[i]);
  return expandText(parts.join(':'));
}

function withTilde(word: string): string {
  if (word.charCodeAt(0) != 0x7e || !word.length) return word;
  const slash = word.indexOf('/');
  const user = slash < 0 ? word.substring(1) : word.substring(1, slash);
  const rest = slash < 0 ? '' : word.substring(slash);
  if (!user.length) return has('HOME') ? get('HOME') + rest : word;
  if (user == '+') return get('PWD') + rest;
  if (user == '-') return get('OLDPWD') + rest;
  if (user.includes('$') || user.includes('"') || user.includes("'") || user.includes('\\')) return word;
  const account = findUserByName(user);
  return account ? account.home + rest : word;
}

/** Without splitting and pathnames: for assignments, redirections, here-documents, `case`. */
export function expandText(word: string): string {
  const expander = new Expander();
  expander.expand(withTilde(word), false, 'u');
  expander.finish();
  let text = '';
  for (let i = 0; i < expander.fields.length; i++) text += (i ? ' ' : '') + expander.fields[i].text;
  return text;
}

/** A here-document: as in double quotes, but a double quote is a character. */
export function expandDocument(document: string): string {
  const expander = new Expander();
  expander.inDocument = true;
  expander.expand(document, true, 'q');
  expander.finish();
  return expander.fields.length ? expander.fields[0].text : '';
}

/** Does the text match a pattern, which is expanded first? */
export function matchesPattern(word: string, text: string): bool {
  const expander = new Expander();
  expander.expand(withTilde(word), false, 'u');
  expander.finish();
  if (!expander.fields.length) return !text.length;
  return matches(expander.fields[0].text, expander.fields[0].mask, text);
}

/** Everything, for a command's words. */
export function expandWords(words: string[]): string[] {
  const result: string[] = [];
  for (let i = 0; i < words.length && !state.failed; i++) {
    const expander = new Expander();
    expander.expand(withTilde(words[i]), false, 'u');
    expander.finish();
    for (let k = 0; k < expander.fields.length; k++) split(expander.fields[k], result);
  }
  return result;
}

/** Cuts a field where unquoted expansions have separators (2.6.5), and replaces patterns by the files that match. */
function split(field: Field, result: string[]): void {
  const ifs = has('IFS') ? get('IFS') : ' \t\n';
  const text = field.text;
  let start = 0;
  let begun = !text.length && field.quoted;
  let i = 0;
  while (i < text.length) {
    if (field.mask.charCodeAt(i) != 0x65 || !ifs.includes(text.charAt(i))) {
      begun = true;
      i++;
      continue;
    }
    // White space around another separator is part of it.
    const end = i;
    let others = 0;
    while (i < text.length && field.mask.charCodeAt(i) == 0x65 && ifs.includes(text.charAt(i))) {
      const c = text.charCodeAt(i);
      if (c != 0x20 && c != 9 && c != 0x0a && ++others > 1) break;
      i++;
    }
    if (begun || others) place(text.substring(start, end), field.mask.substring(start, end), result);
    begun = false;
    start = i;
  }
  if (begun) place(text.substring(start), field.mask.substring(start), result);
}

function place(text: string, mask: string, result: string[]): void {
  if (!state.has('f') && isPattern(text, mask)) {
    const files = glob(text, mask);
    for (let i = 0; i < files.length; i++) result.push(files[i]);
    if (files.length) return;
  }
  result.push(text);
}
