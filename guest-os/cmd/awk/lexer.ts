// SPDX-License-Identifier: MIT
/**
 * @fileoverview Words of an awk program (POSIX.1-2017, XCU awk, Grammar and Lexical Conventions).
 *
 * Whether `/` begins a regular expression depends on what came before; the parser, which knows, calls {@link Lexer.regex}. A name with `(` directly
 * behind it is a call of a function.
 */

export const enum Token {
  End,
  Newline,
  Number,
  String,
  Regex,
  Name,
  /** A name with ( behind it. */
  Call,
  /** A function of awk itself. */
  Builtin,
  Keyword,
  /** Everything else: the text says which. */
  Punctuation,
}

const KEYWORDS: string[] = [
  'BEGIN',
  'END',
  'function',
  'func',
  'if',
  'else',
  'while',
  'for',
  'do',
  'break',
  'continue',
  'next',
  'nextfile',
  'exit',
  'return',
  'delete',
  'in',
  'getline',
  'print',
  'printf',
];
const BUILTINS: string[] = [
  'atan2',
  'close',
  'cos',
  'exp',
  'fflush',
  'gsub',
  'index',
  'int',
  'length',
  'log',
  'match',
  'rand',
  'sin',
  'split',
  'sprintf',
  'sqrt',
  'srand',
  'sub',
  'substr',
  'system',
  'tolower',
  'toupper',
];
/** The longest first. */
const OPERATORS: string[] = [
  '**=',
  '&&',
  '||',
  '++',
  '--',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '^=',
  '==',
  '<=',
  '>=',
  '!=',
  '>>',
  '**',
];

function isDigit(c: i32): bool {
  return <u32>(c - 0x30) < 10;
}
function isNameStart(c: i32): bool {
  return c == 0x5f || <u32>((c | 0x20) - 0x61) < 26;
}

/** What stands behind a backslash, from `at` on, in a string; {@link escapeEnd} is where it ends. */
export let escapeEnd: i32 = 0;
export function unescape(text: string, at: i32): string {
  const c = text.charAt(at);
  escapeEnd = at + 1;
  const place = 'abfnrtv'.indexOf(c);
  if (place >= 0) return '\x07\b\f\n\r\t\v'.charAt(place);
  if (c == '\\' || c == '"' || c == '/') return c;
  let value = 0;
  let digits = 0;
  while (digits < 3 && <u32>(text.charCodeAt(at + digits) - 0x30) < 8 && at + digits < text.length) {
    value = value * 8 + text.charCodeAt(at + digits) - 0x30;
    digits++;
  }
  if (!digits) return '\\' + c;
  escapeEnd = at + digits;
  return String.fromCharCode(value & 0xff);
}

/** A text with its escapes done, as assignments on the command line want it. */
export function withoutEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  let result = '';
  for (let i = 0; i < text.length; ) {
    if (text.charAt(i) == '\\' && i + 1 < text.length) {
      result += unescape(text, i + 1);
      i = escapeEnd;
    } else result += text.charAt(i++);
  }
  return result;
}

export class Lexer {
  kind: Token = Token.Newline;
  text: string = '';
  number: f64 = 0;
  line: i32 = 1;
  error: string = '';
  private at: i32 = 0;
  /** Where the current token began. */
  private start: i32 = 0;

  constructor(private readonly source: string) {}

  private code(offset: i32 = 0): i32 {
    const at = this.at + offset;
    return at < this.source.length ? this.source.charCodeAt(at) : -1;
  }

  next(): void {
    while (true) {
      const c = this.code();
      if (c == 0x20 || c == 0x09 || c == 0x0d) this.at++;
      else if (c == 0x5c && this.code(1) == 0x0a) {
        this.at += 2;
        this.line++;
      } else if (c == 0x5c && this.code(1) == 0x0d && this.code(2) == 0x0a) {
        this.at += 3;
        this.line++;
      } else if (c == 0x23) while (this.code() >= 0 && this.code() != 0x0a) this.at++;
      else break;
    }
    this.start = this.at;
    const c = this.code();
    this.text = '';
    if (c < 0) this.kind = Token.End;
    else if (c == 0x0a) {
      this.at++;
      this.line++;
      this.kind = Token.Newline;
      this.text = 'newline';
    } else if (isDigit(c) || (c == 0x2e && isDigit(this.code(1)))) this.numeral();
    else if (c == 0x22) this.string();
    else if (isNameStart(c)) this.name();
    else this.punctuation();
  }

  private numeral(): void {
    while (isDigit(this.code())) this.at++;
    if (this.code() == 0x2e) this.at++;
    while (isDigit(this.code())) this.at++;
    if ((this.code() | 0x20) == 0x65) {
      const sign = this.code(1) == 0x2b || this.code(1) == 0x2d ? 1 : 0;
      if (isDigit(this.code(1 + sign))) {
        this.at += 1 + sign;
        while (isDigit(this.code())) this.at++;
      }
    }
    this.kind = Token.Number;
    this.text = this.source.substring(this.start, this.at);
    this.number = parseFloat(this.text);
  }

  private string(): void {
    this.at++;
    let text = '';
    while (true) {
      const c = this.code();
      if (c < 0 || c == 0x0a) {
        this.error = 'unterminated string';
        break;
      }
      if (c == 0x22) {
        this.at++;
        break;
      }
      if (c == 0x5c && this.code(1) == 0x0a) {
        this.at += 2;
        this.line++;
      } else if (c == 0x5c && this.code(1) >= 0) {
        text += unescape(this.source, this.at + 1);
        this.at = escapeEnd;
      } else {
        text += String.fromCharCode(c);
        this.at++;
      }
    }
    this.kind = Token.String;
    this.text = text;
  }

  private name(): void {
    while (isNameStart(this.code()) || isDigit(this.code())) this.at++;
    this.text = this.source.substring(this.start, this.at);
    if (KEYWORDS.includes(this.text)) this.kind = Token.Keyword;
    else if (BUILTINS.includes(this.text)) this.kind = Token.Builtin;
    else this.kind = this.code() == 0x28 ? Token.Call : Token.Name;
  }

  private punctuation(): void {
    this.kind = Token.Punctuation;
    for (let i = 0; i < OPERATORS.length; i++) {
      const operator = OPERATORS[i];
      if (this.source.substring(this.at, this.at + operator.length) != operator) continue;
      this.at += operator.length;
      this.text = operator == '**' ? '^' : operator == '**=' ? '^=' : operator;
      return;
    }
    this.text = this.source.charAt(this.at++);
  }

  /** Whether the word behind the current token is this one. */
  peekWord(word: string): bool {
    let at = this.at;
    while (this.source.charAt(at) == ' ' || this.source.charAt(at) == '\t') at++;
    return this.source.substring(at, at + word.length) == word;
  }

  /** The current token is / or /=: reads on to the regular expression's end. Its backslashes stay, but for those before /. */
  regex(): void {
    this.at = this.start + 1;
    let text = '';
    let inBracket = false;
    while (true) {
      const c = this.code();
      if (c < 0 || c == 0x0a) {
        this.error = 'unterminated regular expression';
        break;
      }
      this.at++;
      if (c == 0x2f && !inBracket) break;
      if (c == 0x5c && this.code() >= 0) {
        const escaped = this.code();
        text += escaped == 0x2f ? '/' : '\\' + String.fromCharCode(escaped);
        this.at++;
        continue;
      }
      if (c == 0x5b && !inBracket) {
        inBracket = true;
        text += '[';
        // A ] that comes first is a member.
        if (this.code() == 0x5e) {
          text += '^';
          this.at++;
        }
        if (this.code() == 0x5d) {
          text += ']';
          this.at++;
        }
        continue;
      }
      if (c == 0x5b && this.code() == 0x3a) {
        const end = this.source.indexOf(':]', this.at + 1);
        if (end > 0) {
          text += this.source.substring(this.at - 1, end + 2);
          this.at = end + 2;
          continue;
        }
      }
      if (c == 0x5d) inBracket = false;
      text += String.fromCharCode(c);
    }
    this.kind = Token.Regex;
    this.text = text;
  }
}
