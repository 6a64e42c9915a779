// SPDX-License-Identifier: MIT
/**
 * @fileoverview Expansion of words (POSIX.1-2017, 2.6): tilde, parameters, commands, arithmetic, field splitting, pathnames, quotes.
 *
 * A word becomes fields. While it is expanded each character has a mark beside it: `q` quoted, `u` as the word has it, `e` from an
 * expansion outside of quotes, which is what may be split. A field with `q`-marked nothing (`""`) stays, one of nothing at all goes.
 */
import { findUserByName } from '../../../lib/accounts';
import { sortNames } from '../../../lib/files';
import { say } from '../../../lib/io';
import { decodeAnsi } from './ansi';
import { Arithmetic, numberOf } from './arithmetic';
import { assignElement } from '../variables/assignment';
import { expandBraces } from './braces';
import { changedBy } from './changing';
import { substitute } from '../run/text';
import { Parameter, isSet, separator, sliceOf, substringOf, valueOf } from './parameter';
import { glob, isPattern, matches } from './pattern';
import { processSubstitution } from './processSubstitution';
import { state } from '../state';
import { get, has, isReadOnly, names } from '../variables/variables';
import { isName, isNamePart, isNameStart, isProcessSubstitution, skipPart } from '../syntax/words';

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
        const inner = word.substring(i + 1, end - 1);
        this.vanished = false;
        this.expand(inner, true, 'q');
        // A list that is all there is between the quotes, and is empty, leaves nothing.
        const only = inner.length > 0 && inner.charCodeAt(0) == 0x24 && skipPart(inner, 0, true) >= inner.length;
        if (!this.vanished || !(only || inner == '$@')) this.field.quoted = true;
        i = end;
      } else if (c == 0x60) {
        const end = skipPart(word, i);
        this.insert(substitute(unescapeBackquote(word.substring(i + 1, end - 1), quoted)), quoted);
        i = end;
      } else if (!quoted && isProcessSubstitution(word, i)) {
        const end = skipPart(word, i);
        this.add(processSubstitution(word.substring(i + 2, end - 1), c == 0x3c), 'q');
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
    if (state.bash && !quoted && (c == 0x27 || c == 0x22)) {
      const end = skipPart(word, c == 0x27 ? start : start + 1);
      if (c == 0x27) this.add(decodeAnsi(word.substring(start + 2, end - 1)), 'q');
      else this.expand(word.substring(start + 1, end), false, 'q');
      this.field.quoted = true;
      return end;
    }
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
    if (name == '@' || name == '*') {
      this.insertAll(state.parameters, name, quoted);
      return;
    }
    if (state.has('u') && !isSet(name)) fail(name + ': parameter not set');
    this.insert(valueOf(name), quoted);
  }

  /** A list has come to nothing. */
  private vanished: bool = false;

  /** Each value is a field of its own, unless it is `"$*"`. */
  private insertAll(values: string[], all: string, quoted: bool): void {
    if (all == '*' && quoted) {
      this.insert(values.join(separator()), true);
      return;
    }
    if (!values.length) this.vanished = true;
    for (let i = 0; i < values.length; i++) {
      if (i) this.endField();
      this.insert(values[i], quoted);
      if (quoted) this.field.quoted = true;
    }
  }
  private insertParameter(parameter: Parameter, quoted: bool): void {
    if (state.has('u') && !parameter.isList && !parameter.isSet) fail(parameter.name + ': unbound variable');
    const values = parameter.values();
    if (parameter.isList) this.insertAll(values, parameter.all, quoted);
    else this.insert(values[0], quoted);
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
    if (inside.length > 1 && inside.charCodeAt(0) == 0x23) {
      const counted = Parameter.parse(inside.substring(1));
      if (counted && !counted.rest.length) {
        const values = counted.values();
        this.insert((counted.isList ? values.length : values[0].length).toString(), quoted);
        return;
      }
    }
    let parameter: Parameter | null = null;
    if (state.bash && inside.length > 1 && inside.charCodeAt(0) == 0x21) {
      parameter = Parameter.parse(inside.substring(1));
      if (parameter && !parameter.rest.length && parameter.isList && parameter.subscript.length) {
        this.insertAll(parameter.keys(), parameter.all, quoted);
        return;
      }
      if (parameter && (parameter.rest == '*' || parameter.rest == '@') && isName(parameter.name)) {
        this.insertAll(namesFrom(parameter.name), parameter.rest, quoted);
        return;
      }
      if (parameter) {
        const target = parameter.values().join(' ');
        parameter = Parameter.parse(target + parameter.rest);
        if (!parameter) {
          fail(target + ': invalid indirect expansion');
          return;
        }
      }
    }
    if (!parameter) parameter = Parameter.parse(inside);
    if (!parameter) {
      fail('Bad substitution');
      return;
    }
    if (!parameter.rest.length) this.insertParameter(parameter, quoted);
    else this.operator(parameter, quoted);
  }

  private operator(parameter: Parameter, quoted: bool): void {
    let operator = parameter.rest.charAt(0);
    let rest = parameter.rest.substring(1);
    const colon = operator == ':';
    if (colon && state.bash && (!rest.length || !'-=?+'.includes(rest.charAt(0)))) {
      if (parameter.isList) this.insertAll(sliceOf(parameter, rest), parameter.all, quoted);
      else this.insert(substringOf(parameter.values()[0], rest), quoted);
      return;
    }
    if (colon) {
      operator = rest.charAt(0);
      rest = rest.substring(1);
    }
    const name = parameter.name;
    if ('-+=?'.includes(operator) && operator.length) {
      const present = parameter.isSet && !(colon && !parameter.values().join(' ').length);
      if (operator == '+') {
        if (present) this.alternative(rest, quoted);
      } else if (present) this.insertParameter(parameter, quoted);
      else if (operator == '-') this.alternative(rest, quoted);
      else if (operator == '?')
        fail(name + ': ' + (rest.length ? expandText(rest) : 'parameter ' + (colon ? 'null or not set' : 'not set')));
      else if (isReadOnly(name)) fail(name + ': is read only');
      else {
        assignElement(name, parameter.subscript, expandText(rest), false);
        this.insertParameter(parameter, quoted);
      }
      return;
    }
    if (state.has('u') && !parameter.isList && !parameter.isSet) fail(name + ': parameter not set');
    const values = parameter.values();
    const changed: string[] = [];
    for (let i = 0; i < values.length && !state.failed; i++) changed.push(changedBy(values[i], operator, rest));
    if (parameter.isList) this.insertAll(changed, parameter.all, quoted);
    else if (changed.length) this.insert(changed[0], quoted);
  }
}

function namesFrom(start: string): string[] {
  const all = names();
  const found: string[] = [];
  for (let i = 0; i < all.length; i++) if (all[i].startsWith(start)) found.push(all[i]);
  sortNames(found);
  return found;
}

export function fail(message: string): void {
  // One complaint is enough.
  if (!state.failed) say(state.prefix + message + '\n');
  state.failed = true;
  state.status = state.bash ? 1 : 2;
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

class Pattern {
  constructor(
    public readonly text: string,
    public readonly mask: string,
  ) {}
}

/** A word as a pattern: expanded, with what was quoted marked. */
export function patternOf(word: string): Pattern {
  const expander = new Expander();
  expander.expand(word, false, 'u');
  expander.finish();
  let text = '';
  let mask = '';
  for (let i = 0; i < expander.fields.length; i++) {
    text += (i ? ' ' : '') + expander.fields[i].text;
    mask += (i ? 'q' : '') + expander.fields[i].mask;
  }
  return new Pattern(text, mask);
}

function evaluate(expression: string): string {
  const text = expandText(expression);
  if (state.bash) return numberOf(text).toString();
  const arithmetic = new Arithmetic(text);
  const value = arithmetic.evaluate();
  if (arithmetic.error.length) fail(arithmetic.error + ': "' + expression + '"');
  return value.toString();
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
  const pattern = patternOf(withTilde(word));
  return matches(pattern.text, pattern.mask, text);
}

/** A regular expression as `[[ … =~ … ]]` has it: what was quoted in it stands for itself. */
export function regexOf(word: string): string {
  const pattern = patternOf(word);
  let text = '';
  for (let i = 0; i < pattern.text.length; i++) {
    const c = pattern.text.charAt(i);
    if (pattern.mask.charCodeAt(i) == 0x71 && '.[]*^$\\+?(){}|'.includes(c)) text += '\\';
    text += c;
  }
  return text;
}

/** Everything, for a command's words. */
export function expandWords(words: string[]): string[] {
  const result: string[] = [];
  for (let i = 0; i < words.length && !state.failed; i++) {
    const plain = expandBraces(words[i]);
    for (let n = 0; n < plain.length; n++) {
      const expander = new Expander();
      expander.expand(withTilde(plain[n]), false, 'u');
      expander.finish();
      for (let k = 0; k < expander.fields.length; k++) split(expander.fields[k], result);
    }
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
    if (files.length || state.named.has('nullglob')) return;
  }
  result.push(text);
}
