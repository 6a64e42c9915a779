// SPDX-License-Identifier: MIT
/**
 * @fileoverview JSON (RFC 8259) as a tree that keeps the order of names and the digits of numbers; text is UTF-8 bytes.
 *
 * Of names that come twice the last one counts, at the place of the first.
 */
export const NULL: i32 = 0;
export const FALSE: i32 = 1;
export const TRUE: i32 = 2;
export const NUMBER: i32 = 3;
export const STRING: i32 = 4;
export const ARRAY: i32 = 5;
export const OBJECT: i32 = 6;

export class Json {
  /** A number's digits, a string's characters. */
  text: string = '';
  readonly items: Json[] = [];
  readonly names: string[] = [];
  constructor(public readonly kind: i32) {}

  static string(text: string): Json {
    const value = new Json(STRING);
    value.text = text;
    return value;
  }
  static number(value: i64): Json {
    const json = new Json(NUMBER);
    json.text = value.toString();
    return json;
  }

  /** An object's value by name; null: it has none. */
  get(name: string): Json | null {
    const at = this.names.indexOf(name);
    return at < 0 ? null : this.items[at];
  }
  set(name: string, value: Json): void {
    const at = this.names.indexOf(name);
    if (at >= 0) {
      this.items[at] = value;
      return;
    }
    this.names.push(name);
    this.items.push(value);
  }
  /** Takes a name and its value away, if there is one. */
  remove(name: string): void {
    const at = this.names.indexOf(name);
    if (at < 0) return;
    this.names.splice(at, 1);
    this.items.splice(at, 1);
  }

  /** `indent` blanks a level; 0: on one line. */
  print(indent: i32, depth: i32 = 0): string {
    switch (this.kind) {
      case NULL:
        return 'null';
      case FALSE:
        return 'false';
      case TRUE:
        return 'true';
      case NUMBER:
        return this.text;
      case STRING:
        return quote(this.text);
    }
    const isObject = this.kind == OBJECT;
    if (!this.items.length) return isObject ? '{}' : '[]';
    const outer = indent ? '\n' + ' '.repeat(indent * depth) : '';
    const inner = indent ? '\n' + ' '.repeat(indent * (depth + 1)) : '';
    const parts: string[] = [];
    for (let i = 0; i < this.items.length; i++) {
      const name = isObject ? quote(this.names[i]) + (indent ? ': ' : ':') : '';
      parts.push(inner + name + this.items[i].print(indent, depth + 1));
    }
    return (isObject ? '{' : '[') + parts.join(',') + outer + (isObject ? '}' : ']');
  }
}

export function quote(text: string): string {
  let result = '"';
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c == 0x22 || c == 0x5c) result += '\\' + text.charAt(i);
    else if (c == 0x0a) result += '\\n';
    else if (c == 0x0d) result += '\\r';
    else if (c == 9) result += '\\t';
    else if (c == 8) result += '\\b';
    else if (c == 12) result += '\\f';
    else if (c < 0x20) result += '\\u' + ('000' + c.toString(16)).slice(-4);
    else result += text.charAt(i);
  }
  return result + '"';
}

/** Deeper nesting is refused: the parser calls itself. */
const DEEPEST: i32 = 512;

export class JsonParser {
  error: string = '';
  private at: i32 = 0;
  constructor(private readonly source: string) {}

  /** The next value of the text; null: there is none, or {@link error}. */
  next(): Json | null {
    this.space();
    if (this.at >= this.source.length) return null;
    const value = this.value(0);
    return this.error.length ? null : value;
  }

  private fail(what: string): Json {
    if (!this.error.length) {
      let line = 1;
      for (let i = 0; i < min(this.at, this.source.length); i++) if (this.source.charCodeAt(i) == 0x0a) line++;
      this.error = what + ' at line ' + line.toString();
    }
    return new Json(NULL);
  }
  private peek(): i32 {
    return this.at < this.source.length ? this.source.charCodeAt(this.at) : -1;
  }
  private space(): void {
    for (let c = this.peek(); c == 0x20 || c == 9 || c == 0x0a || c == 0x0d; c = this.peek()) this.at++;
  }

  private value(depth: i32): Json {
    if (depth > DEEPEST) return this.fail('nested too deeply');
    this.space();
    const c = this.peek();
    if (c == 0x7b || c == 0x5b) return this.container(c == 0x7b, depth);
    if (c == 0x22) return Json.string(this.string());
    if (c == 0x2d || (c >= 0x30 && c <= 0x39)) return this.number();
    if (this.word('true')) return new Json(TRUE);
    if (this.word('false')) return new Json(FALSE);
    if (this.word('null')) return new Json(NULL);
    return this.fail(c < 0 ? 'unexpected end' : 'unexpected character');
  }

  private word(text: string): bool {
    if (this.source.substr(this.at, text.length) != text) return false;
    this.at += text.length;
    return true;
  }

  private container(isObject: bool, depth: i32): Json {
    const result = new Json(isObject ? OBJECT : ARRAY);
    const close = isObject ? 0x7d : 0x5d;
    this.at++;
    this.space();
    if (this.peek() == close) {
      this.at++;
      return result;
    }
    while (!this.error.length) {
      this.space();
      let name = '';
      if (isObject) {
        if (this.peek() != 0x22) return this.fail('a name was expected');
        name = this.string();
        this.space();
        if (this.peek() != 0x3a) return this.fail('a colon was expected');
        this.at++;
      }
      const value = this.value(depth + 1);
      if (isObject) result.set(name, value);
      else result.items.push(value);
      this.space();
      const c = this.peek();
      this.at++;
      if (c == close) return result;
      if (c != 0x2c) return this.fail(c < 0 ? 'unexpected end' : 'a comma was expected');
    }
    return result;
  }

  private digits(): bool {
    const start = this.at;
    while (this.peek() >= 0x30 && this.peek() <= 0x39) this.at++;
    return this.at > start;
  }

  private number(): Json {
    const start = this.at;
    if (this.peek() == 0x2d) this.at++;
    const zero = this.peek() == 0x30;
    const first = this.at;
    if (!this.digits() || (zero && this.at > first + 1)) return this.fail('malformed number');
    if (this.peek() == 0x2e) {
      this.at++;
      if (!this.digits()) return this.fail('malformed number');
    }
    if ((this.peek() | 0x20) == 0x65) {
      this.at++;
      if (this.peek() == 0x2b || this.peek() == 0x2d) this.at++;
      if (!this.digits()) return this.fail('malformed number');
    }
    const value = new Json(NUMBER);
    value.text = this.source.substring(start, this.at);
    return value;
  }

  /** At the quote. */
  private string(): string {
    let text = '';
    let start = ++this.at;
    while (true) {
      const c = this.peek();
      if (c < 0x20) {
        this.fail(c < 0 ? 'a string does not end' : 'control character in a string');
        return text;
      }
      if (c == 0x22) {
        text += this.source.substring(start, this.at++);
        return text;
      }
      if (c != 0x5c) {
        this.at++;
        continue;
      }
      text += this.source.substring(start, this.at) + this.escape();
      start = this.at;
    }
  }

  private escape(): string {
    const letter = this.source.charAt(this.at + 1);
    this.at += 2;
    const known = 'bfnrt"\\/'.indexOf(letter);
    if (letter.length && known >= 0) return '\b\f\n\r\t"\\/'.charAt(known);
    if (letter != 'u') {
      this.fail('unknown escape');
      return '';
    }
    let code = this.hexadecimal();
    if (code >= 0xd800 && code < 0xdc00 && this.source.substr(this.at, 2) == '\\u') {
      this.at += 2;
      code = 0x10000 + ((code - 0xd800) << 10) + (this.hexadecimal() - 0xdc00);
    }
    return utf8(code);
  }

  private hexadecimal(): i32 {
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const c = this.peek();
      const digit = c <= 0x39 ? c - 0x30 : (c | 0x20) - 87;
      if (digit < 0 || digit > 15) {
        this.fail('malformed \\u');
        return 0;
      }
      value = value * 16 + digit;
      this.at++;
    }
    return value;
  }
}

function utf8(code: i32): string {
  if (code < 0x80) return String.fromCharCode(code);
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6)) + String.fromCharCode(0x80 | (code & 63));
  const tail = String.fromCharCode(0x80 | ((code >> 6) & 63)) + String.fromCharCode(0x80 | (code & 63));
  if (code < 0x10000) return String.fromCharCode(0xe0 | (code >> 12)) + tail;
  return String.fromCharCode(0xf0 | (code >> 18)) + String.fromCharCode(0x80 | ((code >> 12) & 63)) + tail;
}
