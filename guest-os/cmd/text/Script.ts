// SPDX-License-Identifier: MIT
/**
 * @fileoverview Scripts of sed: their text to a list of commands (POSIX.1-2017, XCU sed), with what GNU adds and scripts use.
 *
 * Blocks and branches become places in the list: `{` knows its end, b, t and T where they go on.
 */
import { O_CREAT, O_TRUNC, O_WRONLY, openFile, Writer } from '../../lib/io';
import { compile, EXTENDED, IGNORE_CASE, LINES, Regex, regexError } from '../../lib/regex/regex';

export const ADDRESS_LINE: i32 = 0;
export const ADDRESS_LAST: i32 = 1;
export const ADDRESS_PATTERN: i32 = 2;
export const ADDRESS_STEP: i32 = 3;
/** As a second address: +n. */
export const ADDRESS_NONE: i32 = 4;

export class Address {
  kind: i32 = 0;
  line: u64 = 0;
  step: u64 = 0;
  regex: Regex | null = null;
}

export class Command {
  first: Address | null = null;
  second: Address | null = null;
  inverted: bool = false;
  inRange: bool = false;
  until: u64 = 0;
  /** Text of a, i, c; file of r; label; target characters of y. */
  text: string = '';
  from: string = '';
  regex: Regex | null = null;
  parts: string[] = [];
  /** Which match s begins with; exit status of q; width of l, -1 the usual one. */
  number: i32 = 0;
  global: bool = false;
  print: bool = false;
  writer: Writer | null = null;
  jump: i32 = 0;
  constructor(public name: string) {}
}

const COMMANDS: string = '{}=abcdDgGhHilnNpPqQrstTwWxyz:#';

export class Script {
  readonly commands: Command[] = [];
  readonly writers: Writer[] = [];
  private readonly writerNames: string[] = [];
  error: string = '';
  /** It began with #n. */
  silent: bool = false;
  private text: string = '';
  private at: i32 = 0;
  private blocks: i32[] = [];

  constructor(private readonly extended: bool) {}

  private fail(message: string): void {
    if (!this.error.length) this.error = 'command at character ' + this.at.toString() + ': ' + message;
  }
  private peek(): string {
    return this.at < this.text.length ? this.text.charAt(this.at) : '';
  }
  private skipBlanks(): void {
    while (this.peek() == ' ' || this.peek() == '\t') this.at++;
  }
  private number(): i64 {
    let value: i64 = 0;
    const start = this.at;
    while (<u32>(this.at < this.text.length ? this.text.charCodeAt(this.at) - 0x30 : 99) < 10)
      value = value * 10 + <i64>(this.text.charCodeAt(this.at++) & 15);
    return this.at == start ? -1 : value;
  }

  parse(text: string): void {
    this.text = text;
    this.silent = text.startsWith('#n\n') || text == '#n';
    while (!this.error.length) {
      while (' \t\n;'.includes(this.peek()) && this.at < this.text.length) this.at++;
      if (this.at >= this.text.length) break;
      this.command();
    }
    if (!this.error.length && this.blocks.length) this.error = 'unmatched {';
    if (!this.error.length) this.link();
  }

  private link(): void {
    for (let i = 0; i < this.commands.length; i++) {
      const command = this.commands[i];
      if (command.name != 'b' && command.name != 't' && command.name != 'T') continue;
      command.jump = this.commands.length;
      if (!command.text.length) continue;
      let found = false;
      for (let k = 0; k < this.commands.length; k++) {
        if (this.commands[k].name != ':' || this.commands[k].text != command.text) continue;
        command.jump = k;
        found = true;
      }
      if (!found) this.error = "can't find label for jump to " + command.text;
    }
  }

  private address(): Address | null {
    const address = new Address();
    const c = this.peek();
    if (c == '$') {
      this.at++;
      address.kind = ADDRESS_LAST;
      return address;
    }
    if (c == '/' || c == '\\') {
      if (c == '\\') this.at++;
      const delimiter = this.peek();
      this.at++;
      const source = this.delimited(delimiter, true);
      let flags = 0;
      while (this.peek() == 'I' || this.peek() == 'M') flags |= this.text.charAt(this.at++) == 'I' ? IGNORE_CASE : LINES;
      address.kind = ADDRESS_PATTERN;
      address.regex = this.compile(source, flags);
      return address;
    }
    const line = this.number();
    if (line < 0) return null;
    address.line = <u64>line;
    if (this.peek() == '~') {
      this.at++;
      address.kind = ADDRESS_STEP;
      address.step = <u64>max<i64>(this.number(), 0);
    }
    return address;
  }

  private secondAddress(): Address | null {
    this.skipBlanks();
    const c = this.peek();
    if (c != '+' && c != '~') return this.address();
    this.at++;
    const number = this.number();
    if (number < 0) return null;
    const address = new Address();
    address.kind = c == '+' ? ADDRESS_NONE : ADDRESS_STEP;
    address.line = address.step = <u64>number;
    return address;
  }

  /** An empty expression stands for the last one: null. */
  private compile(source: string, flags: i32): Regex | null {
    if (!source.length) return null;
    const regex = compile(source, flags | (this.extended ? EXTENDED : 0));
    if (!regex) this.fail('RE error: ' + regexError);
    return regex;
  }

  /**
   * Text up to a delimiter. In an expression, the delimiter behind a backslash is itself, \n a newline, and within brackets nothing ends it.
   */
  private delimited(delimiter: string, expression: bool): string {
    let text = '';
    let inBrackets = false;
    while (true) {
      if (this.at >= this.text.length) {
        this.fail('unterminated ' + (expression ? 'address or expression' : 'replacement'));
        return '';
      }
      let c = this.text.charAt(this.at++);
      if (c == '\n' && expression) {
        this.fail('unterminated address or expression');
        return '';
      }
      if (inBrackets) {
        if (c == '\\' && this.peek() == 'n') {
          this.at++;
          c = '\n';
        } else if (c == '\\' && this.peek() == 't') {
          this.at++;
          c = '\t';
        }
        if (c == '[' && (this.peek() == ':' || this.peek() == '.' || this.peek() == '=')) {
          const end = this.text.indexOf(this.peek() + ']', this.at + 1);
          if (end > 0) {
            text += this.text.substring(this.at - 1, end + 2);
            this.at = end + 2;
            continue;
          }
        }
        text += c;
        if (c == ']') inBrackets = false;
        continue;
      }
      if (c == delimiter) return text;
      if (c == '\\' && this.at < this.text.length) {
        const next = this.text.charAt(this.at++);
        if (expression && next == 'n') text += '\n';
        else if (expression && next == 't') text += '\t';
        else if (next == delimiter) {
          // Escaped, it is itself; in a replacement & and digits keep their backslash.
          text +=
            !expression && (next == '&' || next == '\\')
              ? '\\' + next
              : expression && '.*[]^$+?(){}|'.includes(next)
                ? delimiter == '|' || delimiter == '+' || delimiter == '?'
                  ? next
                  : '\\' + next
                : next;
        } else text += '\\' + next;
        continue;
      }
      text += c;
      if (expression && c == '[') {
        inBrackets = true;
        if (this.peek() == '^') text += this.text.charAt(this.at++);
        if (this.peek() == ']') text += this.text.charAt(this.at++);
      }
    }
  }

  private command(): void {
    const first = this.address();
    const command = new Command('');
    command.first = first;
    if (first) {
      this.skipBlanks();
      if (this.peek() == ',') {
        this.at++;
        command.second = this.secondAddress();
        if (!command.second) this.fail("unexpected `,'");
      }
    }
    this.skipBlanks();
    while (this.peek() == '!') {
      command.inverted = true;
      this.at++;
      this.skipBlanks();
    }
    const name = this.peek();
    if (!name.length || !COMMANDS.includes(name)) {
      this.fail(name.length ? 'unknown command: `' + name + "'" : 'missing command');
      return;
    }
    if (first && first.kind == ADDRESS_LINE && first.line == 0 && (!command.second || command.second!.kind != ADDRESS_PATTERN)) {
      this.fail('invalid usage of line address 0');
      return;
    }
    this.at++;
    command.name = name;
    if (name == '#') {
      if (first) this.fail('comments take no address');
      while (this.at < this.text.length && this.peek() != '\n') this.at++;
      return;
    }
    if ((name == ':' || name == '}') && first) this.fail(name + " doesn't want any addresses");
    this.details(command);
    this.commands.push(command);
  }

  private details(command: Command): void {
    switch (command.name) {
      case '{':
        this.blocks.push(this.commands.length);
        return;
      case '}': {
        if (!this.blocks.length) {
          this.fail("unexpected `}'");
          return;
        }
        this.commands[this.blocks.pop()].jump = this.commands.length;
        break;
      }
      case 'a':
      case 'i':
      case 'c':
        command.text = this.textArgument();
        return;
      case ':':
        this.skipBlanks();
        command.text = this.word();
        if (!command.text.length) this.fail('":" lacks a label');
        return;
      case 'b':
      case 't':
      case 'T':
        this.skipBlanks();
        command.text = this.word();
        break;
      case 'r':
      case 'w':
      case 'W':
        this.skipBlanks();
        command.text = this.restOfLine();
        if (!command.text.length) this.fail('missing filename in r/R/w/W commands');
        if (command.name != 'r') command.writer = this.writerFor(command.text);
        return;
      case 'q':
      case 'Q':
      case 'l': {
        this.skipBlanks();
        const number = this.number();
        command.number = number >= 0 ? <i32>number : command.name == 'l' ? -1 : 0;
        break;
      }
      case 's':
        this.substitution(command);
        break;
      case 'y':
        this.transliteration(command);
        break;
    }
    this.endOfCommand();
  }

  private endOfCommand(): void {
    this.skipBlanks();
    const c = this.peek();
    if (!c.length || c == '\n' || c == ';' || c == '}' || c == '#') return;
    this.fail('extra characters after command');
  }

  private restOfLine(): string {
    const newline = this.text.indexOf('\n', this.at);
    const end = newline < 0 ? this.text.length : newline;
    const text = this.text.substring(this.at, end);
    this.at = end;
    return text;
  }
  private word(): string {
    const start = this.at;
    while (this.at < this.text.length && !'\n \t'.includes(this.peek()) && !';}'.includes(this.peek())) this.at++;
    return this.text.substring(start, this.at);
  }

  /** Lines behind `a\`, or the rest of the line; a backslash joins lines and keeps white space. */
  private textArgument(): string {
    this.skipBlanks();
    if (this.peek() == '\\') {
      this.at++;
      const mark = this.at;
      this.skipBlanks();
      if (this.peek() == '\n') this.at++;
      else this.at = mark;
    }
    if (this.at >= this.text.length) {
      this.fail("expected \\ after `a', `c' or `i'");
      return '';
    }
    let text = '';
    while (this.at < this.text.length && this.peek() != '\n') {
      let c = this.text.charAt(this.at++);
      if (c == '\\' && this.at < this.text.length) {
        c = this.text.charAt(this.at++);
        if (c == 't') c = '\t';
      }
      text += c;
    }
    return text;
  }

  private writerFor(name: string): Writer | null {
    const known = this.writerNames.indexOf(name);
    if (known >= 0) return this.writers[known];
    const descriptor = name == '/dev/stdout' ? 1 : name == '/dev/stderr' ? 2 : openFile(name, O_WRONLY | O_CREAT | O_TRUNC);
    if (descriptor < 0) {
      this.fail("couldn't open file " + name);
      return null;
    }
    this.writerNames.push(name);
    this.writers.push(new Writer(descriptor));
    return this.writers[this.writers.length - 1];
  }

  private substitution(command: Command): void {
    const delimiter = this.peek();
    if (!delimiter.length || delimiter == '\n' || delimiter == '\\') {
      this.fail("unterminated `s' command");
      return;
    }
    this.at++;
    const source = this.delimited(delimiter, true);
    if (this.error.length) return;
    const replacement = this.delimited(delimiter, false);
    if (this.error.length) return;
    let flags = 0;
    while (true) {
      const c = this.peek();
      if (c == 'g') command.global = true;
      else if (c == 'p') command.print = true;
      else if (c == 'i' || c == 'I') flags |= IGNORE_CASE;
      else if (c == 'm' || c == 'M') flags |= LINES;
      else if (c.length && <u32>(c.charCodeAt(0) - 0x30) < 10) {
        command.number = <i32>this.number();
        if (!command.number) this.fail("number option to `s' command may not be zero");
        continue;
      } else if (c == 'w') {
        this.at++;
        this.skipBlanks();
        command.writer = this.writerFor(this.restOfLine());
        break;
      } else break;
      this.at++;
    }
    command.regex = this.compile(source, flags);
    if (this.error.length) return;
    this.splitReplacement(command, replacement);
  }

  private splitReplacement(command: Command, text: string): void {
    let part = 't';
    for (let i = 0; i < text.length; i++) {
      let c = text.charAt(i);
      if (c == '&') {
        command.parts.push(part);
        command.parts.push('g0');
        part = 't';
        continue;
      }
      if (c != '\\' || i + 1 >= text.length) {
        part += c;
        continue;
      }
      c = text.charAt(++i);
      if (<u32>(c.charCodeAt(0) - 0x30) < 10) {
        if (command.regex && c.charCodeAt(0) - 0x30 > command.regex!.groups)
          this.fail('invalid reference \\' + c + " on `s' command's RHS");
        command.parts.push(part);
        command.parts.push('g' + c);
        part = 't';
      } else if ('ULulE'.includes(c)) {
        command.parts.push(part);
        command.parts.push('c' + c);
        part = 't';
      } else part += c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
    command.parts.push(part);
  }

  private transliteration(command: Command): void {
    const delimiter = this.peek();
    this.at++;
    command.from = unescaped(this.delimited(delimiter, false));
    if (this.error.length) return;
    command.text = unescaped(this.delimited(delimiter, false));
    if (command.from.length != command.text.length) this.fail("strings for `y' command are different lengths");
  }
}

function unescaped(text: string): string {
  let result = '';
  for (let i = 0; i < text.length; i++) {
    let c = text.charAt(i);
    if (c == '\\' && i + 1 < text.length) {
      c = text.charAt(++i);
      c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
    result += c;
  }
  return result;
}
