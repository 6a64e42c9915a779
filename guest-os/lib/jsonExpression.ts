// SPDX-License-Identifier: MIT
/**
 * @fileoverview Expressions over a JSON value, for json -e and -c: a part of ECMAScript's. `this` is the value, and a bare name one of its fields.
 *
 * There are literals, `.name`, `[expression]`, `length`, `indexOf`, `! - + * / %`, comparisons, `&& ||`, `? :`, and, as statements with `;` between,
 * `this.name = expression` and `delete this.name`. Operators convert as ECMAScript's do (ECMA-262, 7.1 and 7.2). Left out: functions, regular expressions, loops.
 *
 * What is not there (undefined) is null here; JSON's null is a value.
 */
import { ARRAY, FALSE, Json, NULL, NUMBER, OBJECT, STRING, TRUE } from './json';
import { formatDouble } from './numbers';

/** Longest first, so that none is taken for the beginning of another. */
const SIGNS: string[] = [
  '===',
  '!==',
  '==',
  '!=',
  '<=',
  '>=',
  '&&',
  '||',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '!',
  '(',
  ')',
  '[',
  ']',
  '.',
  ',',
  '?',
  ':',
  ';',
  '=',
];
/** Binary operators by how tightly they bind. */
const LEVELS: string[][] = [['||'], ['&&'], ['===', '!==', '==', '!='], ['<=', '>=', '<', '>'], ['+', '-'], ['*', '/', '%']];
const NAME: i32 = 0;
const TEXT: i32 = 1;
const DIGITS: i32 = 2;
const SIGN: i32 = 3;

function isLetter(c: i32): bool {
  return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || c == 0x5f || c == 0x24;
}
function isDigit(c: i32): bool {
  return c >= 0x30 && c <= 0x39;
}
function flag(value: bool): Json {
  return new Json(value ? TRUE : FALSE);
}

export function isTrue(value: Json | null): bool {
  if (!value || value.kind == NULL || value.kind == FALSE) return false;
  if (value.kind == STRING) return value.text.length > 0;
  return value.kind != NUMBER || (numberOf(value) != 0 && !isNaN(numberOf(value)));
}
function numberOf(value: Json | null): f64 {
  if (!value) return NaN;
  if (value.kind == NULL || value.kind == FALSE) return 0;
  if (value.kind == TRUE) return 1;
  if (value.kind != NUMBER && value.kind != STRING) return NaN;
  const text = value.text.trim();
  return text.length ? parseFloat(text) : 0;
}
function textOf(value: Json | null): string {
  if (!value) return 'undefined';
  return value.kind == STRING ? value.text : value.print(0);
}
function fromNumber(value: f64): Json {
  const whole = <i64>value;
  if (<f64>whole == value) return Json.number(whole);
  const result = new Json(NUMBER);
  result.text = formatDouble(value, 'g', 17);
  return result;
}
function isText(value: Json | null): bool {
  return value != null && value.kind == STRING;
}
function isNothing(value: Json | null): bool {
  return !value || value.kind == NULL;
}

function isSame(a: Json | null, b: Json | null, strict: bool): bool {
  if (!a || !b) return strict ? !a && !b : isNothing(a) && isNothing(b);
  if (a.kind == b.kind) {
    if (a.kind == NUMBER) return numberOf(a) == numberOf(b);
    return a.kind == STRING ? a.text == b.text : a.kind != OBJECT && a.kind != ARRAY ? true : a == b;
  }
  if (strict || isNothing(a) || isNothing(b)) return false;
  return numberOf(a) == numberOf(b);
}

export class Program {
  /** Why it cannot be understood; nothing: it can. */
  error: string = '';
  private readonly kinds: i32[] = [];
  private readonly words: string[] = [];
  private at: i32 = 0;
  private self: Json = new Json(NULL);
  /** A part that is passed over has no effects. */
  private idle: i32 = 0;

  constructor(source: string) {
    let at = 0;
    while (at < source.length && !this.error.length) {
      const c = source.charCodeAt(at);
      if (c <= 0x20) at++;
      else if (c == 0x22 || c == 0x27) at = this.quoted(source, at);
      else if (isLetter(c) || isDigit(c)) {
        let end = at + 1;
        while (
          end < source.length &&
          (isLetter(source.charCodeAt(end)) || isDigit(source.charCodeAt(end)) || (isDigit(c) && source.charAt(end) == '.'))
        )
          end++;
        this.add(isDigit(c) ? DIGITS : NAME, source.substring(at, end));
        at = end;
      } else {
        let found = '';
        for (let i = 0; i < SIGNS.length && !found.length; i++)
          if (source.substr(at, SIGNS[i].length) == SIGNS[i]) found = SIGNS[i];
        if (found.length) this.add(SIGN, found);
        else this.fail('unexpected ' + source.charAt(at));
        at += max(found.length, 1);
      }
    }
    // Once over everything, with effects on nothing, tells whether it is well formed.
    this.idle = 1;
    this.statements();
    this.idle = 0;
  }

  private add(kind: i32, word: string): void {
    this.kinds.push(kind);
    this.words.push(word);
  }
  private fail(what: string): void {
    if (!this.error.length) this.error = what;
  }
  private quoted(source: string, from: i32): i32 {
    const quote = source.charAt(from);
    let text = '';
    let at = from + 1;
    for (; at < source.length && source.charAt(at) != quote; at++) {
      let letter = source.charAt(at);
      if (letter == '\\' && at + 1 < source.length) {
        letter = source.charAt(++at);
        if (letter == 'n') letter = '\n';
        else if (letter == 't') letter = '\t';
      }
      text += letter;
    }
    if (at >= source.length) this.fail('a string does not end');
    this.add(TEXT, text);
    return at + 1;
  }

  /** Its last value, with `this` as told; null: undefined. */
  run(self: Json): Json | null {
    this.self = self;
    return this.statements();
  }

  private statements(): Json | null {
    this.at = 0;
    let value: Json | null = null;
    while (this.at < this.words.length && !this.error.length) {
      value = this.statement();
      if (this.at < this.words.length && !this.takes(';')) this.fail('unexpected ' + this.words[this.at]);
    }
    return value;
  }

  private takes(sign: string): bool {
    if (this.at >= this.words.length || this.kinds[this.at] != SIGN || this.words[this.at] != sign) return false;
    this.at++;
    return true;
  }
  private needs(sign: string): void {
    if (!this.takes(sign))
      this.fail((this.at < this.words.length ? 'unexpected ' + this.words[this.at] : 'unexpected end') + ', not ' + sign);
  }

  /** `path = expression`, `delete path`, or an expression. */
  private statement(): Json | null {
    const start = this.at;
    const deletes = this.kinds[this.at] == NAME && this.words[this.at] == 'delete';
    if (deletes) this.at++;
    if (this.at < this.words.length && this.kinds[this.at] == NAME) {
      const names = this.path();
      if (names && deletes) return this.assign(names, null, true);
      if (names && this.takes('=')) return this.assign(names, this.expression(0), false);
    }
    if (deletes) this.fail('delete needs a field');
    this.at = start;
    return this.choice();
  }

  /** Names of a field, `this` left out; null: no such thing. */
  private path(): string[] | null {
    const names: string[] = [];
    if (this.words[this.at] != 'this') names.push(this.words[this.at]);
    this.at++;
    while (true) {
      if (this.takes('.')) {
        if (this.at >= this.words.length || this.kinds[this.at] != NAME) return null;
        names.push(this.words[this.at++]);
      } else if (this.takes('[')) {
        names.push(textOf(this.choice()));
        if (!this.takes(']')) return null;
      } else return names.length ? names : null;
    }
  }

  private assign(names: string[], value: Json | null, deletes: bool): Json | null {
    if (this.idle) return null;
    let object: Json | null = this.self;
    for (let i = 0; i < names.length - 1 && object; i++) object = fieldOf(object, names[i]);
    const name = names[names.length - 1];
    if (!object || (object.kind != OBJECT && object.kind != ARRAY)) {
      this.fail('cannot set ' + names.join('.'));
      return null;
    }
    if (object.kind == ARRAY) {
      const index = I32.parseInt(name);
      if (!deletes && value && index >= 0 && index <= object.items.length) {
        if (index == object.items.length) object.items.push(value);
        else object.items[index] = value;
      }
    } else if (deletes) {
      const at = object.names.indexOf(name);
      if (at >= 0) {
        object.names.splice(at, 1);
        object.items.splice(at, 1);
      }
    } else if (value) object.set(name, value);
    return value;
  }

  private choice(): Json | null {
    const condition = this.expression(0);
    if (!this.takes('?')) return condition;
    const chosen = isTrue(condition);
    if (!chosen) this.idle++;
    const yes = this.choice();
    if (!chosen) this.idle--;
    this.needs(':');
    if (chosen) this.idle++;
    const no = this.choice();
    if (chosen) this.idle--;
    return chosen ? yes : no;
  }

  private expression(level: i32): Json | null {
    if (level == LEVELS.length) return this.unary();
    let left = this.expression(level + 1);
    while (
      this.at < this.words.length &&
      this.kinds[this.at] == SIGN &&
      LEVELS[level].includes(this.words[this.at]) &&
      !this.error.length
    ) {
      const sign = this.words[this.at++];
      const right = this.expression(level + 1);
      left = this.apply(sign, left, right);
    }
    return left;
  }

  private apply(sign: string, a: Json | null, b: Json | null): Json | null {
    if (sign == '||') return isTrue(a) ? a : b;
    if (sign == '&&') return isTrue(a) ? b : a;
    if (sign.startsWith('==')) return flag(isSame(a, b, sign.length == 3));
    if (sign.startsWith('!=')) return flag(!isSame(a, b, sign.length == 3));
    const texts = isText(a) && isText(b);
    if (sign == '<') return flag(texts ? a!.text < b!.text : numberOf(a) < numberOf(b));
    if (sign == '>') return flag(texts ? a!.text > b!.text : numberOf(a) > numberOf(b));
    if (sign == '<=') return flag(texts ? a!.text <= b!.text : numberOf(a) <= numberOf(b));
    if (sign == '>=') return flag(texts ? a!.text >= b!.text : numberOf(a) >= numberOf(b));
    if (sign == '+') {
      if (isText(a) || isText(b)) return Json.string(textOf(a) + textOf(b));
      return fromNumber(numberOf(a) + numberOf(b));
    }
    if (sign == '-') return fromNumber(numberOf(a) - numberOf(b));
    if (sign == '*') return fromNumber(numberOf(a) * numberOf(b));
    return fromNumber(sign == '/' ? numberOf(a) / numberOf(b) : numberOf(a) % numberOf(b));
  }

  private unary(): Json | null {
    if (this.takes('!')) return flag(!isTrue(this.unary()));
    if (this.takes('-')) return fromNumber(-numberOf(this.unary()));
    let value: Json | null = this.primary();
    while (!this.error.length) {
      if (this.takes('[')) {
        const name = textOf(this.choice());
        this.needs(']');
        if (value) value = fieldOf(value, name);
      } else if (this.takes('.')) {
        if (this.at >= this.words.length || this.kinds[this.at] != NAME) this.fail('a name was expected behind .');
        else value = this.member(value, this.words[this.at++]);
      } else break;
    }
    return value;
  }

  private member(value: Json | null, name: string): Json | null {
    if (!this.takes('(')) return value ? fieldOf(value, name) : null;
    const wanted = this.choice();
    this.needs(')');
    if (name != 'indexOf') this.fail(name + ': unknown function');
    if (!value) return null;
    if (value.kind == STRING) return Json.number(value.text.indexOf(textOf(wanted)));
    for (let i = 0; i < value.items.length; i++)
      if (value.kind == ARRAY && isSame(value.items[i], wanted, true)) return Json.number(i);
    return Json.number(-1);
  }

  private primary(): Json | null {
    if (this.takes('(')) {
      const value = this.choice();
      this.needs(')');
      return value;
    }
    if (this.at >= this.words.length) {
      this.fail('unexpected end');
      return null;
    }
    const kind = this.kinds[this.at];
    const word = this.words[this.at++];
    if (kind == TEXT) return Json.string(word);
    if (kind == DIGITS) return fromNumber(parseFloat(word));
    if (kind == SIGN) {
      this.fail('unexpected ' + word);
      return null;
    }
    if (word == 'this') return this.self;
    if (word == 'true' || word == 'false') return flag(word == 'true');
    if (word == 'null') return new Json(NULL);
    return word == 'undefined' ? null : fieldOf(this.self, word);
  }
}

function fieldOf(value: Json, name: string): Json | null {
  if (value.kind == OBJECT) return value.get(name);
  if (name == 'length' && value.kind == STRING) return Json.number(value.text.length);
  if (value.kind != ARRAY) return null;
  if (name == 'length') return Json.number(value.items.length);
  const index = I32.parseInt(name);
  return index.toString() == name && index >= 0 && index < value.items.length ? value.items[index] : null;
}
