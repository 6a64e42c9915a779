// SPDX-License-Identifier: MIT
/**
 * @fileoverview From text to commands (POSIX.1-2017, Shell Command Language, 2.3 and 2.10), one complete command at a time.
 *
 * The parser works on the whole text that there is. Where it ends too soon {@link Parser.incomplete} is set: an interactive shell then
 * reads another line and begins again. Mistakes are left in {@link Parser.error}.
 *
 * Here-documents are read when the line they are on is over. An alias is put into the text in place of the first word of a command; until the
 * text behind it is reached that alias means nothing, so that it may be in its own value. Omitted: `function NAME`, arithmetic commands.
 */
import {
  AND,
  BRACE,
  CASE,
  Command,
  FOR,
  FUNCTION,
  IF,
  OR,
  PIPELINE,
  Redirection,
  SEQUENCE,
  SIMPLE,
  SUBSHELL,
  UNTIL,
  WHILE,
} from './syntax';
import { aliases } from './state';

const OPERATORS: string = '|&;<>()';

export class Parser {
  error: string = '';
  incomplete: bool = false;
  /** The token ahead: an operator, a newline, a word, or nothing at the end. */
  private token: string = '';
  private isWord: bool = false;
  private atEnd: bool = false;
  private tokenStart: i32 = 0;
  private pendingDocuments: Redirection[] = [];

  /** Aliases that were put in, and where their text ends. */
  private readonly expanding: string[] = [];
  private readonly expandingTo: i32[] = [];
  /** The next word may be an alias too: the last one ended with a blank. */
  private nextAlso: i32 = -1;

  constructor(
    private text: string,
    public position: i32,
  ) {}

  /** The next complete command with its line; null at the end, or after a mistake. */
  next(): Command | null {
    this.advance();
    while (!this.atEnd && this.token == '\n') this.advance();
    if (this.atEnd || this.failed) return null;
    const start = this.tokenStart;
    const command = this.parseList(false);
    if (this.failed) return null;
    if (!this.atEnd && this.token != '\n') {
      this.unexpected();
      return null;
    }
    if (this.failed) return null;
    command.source = this.text.substring(start, this.tokenStart).trim();
    return command;
  }

  private get failed(): bool {
    return this.incomplete || this.error.length > 0;
  }

  private unexpected(): void {
    if (this.failed) return;
    if (this.atEnd) this.incomplete = true;
    else this.error = 'syntax error near unexpected token `' + (this.token == '\n' ? 'newline' : this.token) + "'";
  }

  // ---- aliases

  /** At the first word of a command: an alias is replaced, as often as need be. */
  private expandAlias(): void {
    while (this.isWord && !this.atEnd && aliases.has(this.token)) {
      while (this.expandingTo.length && this.expandingTo[this.expandingTo.length - 1] <= this.tokenStart) {
        this.expandingTo.pop();
        this.expanding.pop();
      }
      if (this.expanding.includes(this.token)) return;
      const value = aliases.get(this.token);
      const grown = value.length - this.token.length;
      for (let i = 0; i < this.expandingTo.length; i++) this.expandingTo[i] += grown;
      this.expanding.push(this.token);
      this.expandingTo.push(this.tokenStart + value.length);
      this.text = this.text.substring(0, this.tokenStart) + value + this.text.substring(this.position);
      this.nextAlso = value.endsWith(' ') ? this.tokenStart + value.length : -1;
      this.position = this.tokenStart;
      this.advance();
    }
  }

  /** Behind the `)` that ends the commands from here on; -1: they do not end, or are none. */
  closing(): i32 {
    this.advance();
    this.skipNewlines();
    if (this.atEnd) return -1;
    if (this.isWord || this.token != ')') this.parseList(true);
    return !this.failed && !this.atEnd && !this.isWord && this.token == ')' ? this.position : -1;
  }

  // ---- tokens

  private at(i: i32): i32 {
    return i < this.text.length ? this.text.charCodeAt(i) : -1;
  }

  private advance(): void {
    let i = this.position;
    while (true) {
      const c = this.at(i);
      if (c == 0x20 || c == 9) i++;
      else if (c == 0x5c && this.at(i + 1) == 0x0a) i += 2;
      else if (c == 0x23) while (this.at(i) != 0x0a && this.at(i) != -1) i++;
      else break;
    }
    this.tokenStart = i;
    this.isWord = false;
    this.atEnd = false;
    const c = this.at(i);
    if (c == -1) {
      this.atEnd = true;
      this.token = '';
      this.position = i;
      if (this.pendingDocuments.length) this.incomplete = true;
      return;
    }
    if (c == 0x0a) {
      this.token = '\n';
      this.position = i + 1;
      this.readDocuments();
      return;
    }
    if (OPERATORS.includes(this.text.charAt(i))) {
      const three = this.text.substr(i, 3);
      const two = this.text.substr(i, 2);
      if (three == '<<-') this.token = three;
      else if (
        two == '&&' ||
        two == '||' ||
        two == ';;' ||
        two == '<<' ||
        two == '>>' ||
        two == '<&' ||
        two == '>&' ||
        two == '<>' ||
        two == '>|'
      )
        this.token = two;
      else this.token = this.text.charAt(i);
      this.position = i + this.token.length;
      return;
    }
    const end = this.wordEnd(i);
    if (end < 0) {
      this.incomplete = true;
      this.atEnd = true;
      this.token = '';
      return;
    }
    this.token = this.text.substring(i, end);
    this.isWord = true;
    this.position = end;
  }

  /** Where a word that begins at `i` ends; -1: nowhere. */
  private wordEnd(start: i32): i32 {
    let i = start;
    while (true) {
      const c = this.at(i);
      if (c == -1 || c == 0x20 || c == 9 || c == 0x0a || OPERATORS.includes(String.fromCharCode(c))) return i;
      i = skipPart(this.text, i);
      if (i < 0) return -1;
    }
  }

  private readDocuments(): void {
    const pending = this.pendingDocuments;
    this.pendingDocuments = [];
    for (let i = 0; i < pending.length; i++) {
      const redirection = pending[i];
      const delimiter = removeQuotes(redirection.target);
      let document = '';
      while (true) {
        if (this.position >= this.text.length) {
          this.incomplete = true;
          return;
        }
        let end = this.text.indexOf('\n', this.position);
        if (end < 0) end = this.text.length;
        let line = this.text.substring(this.position, end);
        this.position = min(end + 1, this.text.length);
        if (redirection.stripTabs) while (line.charCodeAt(0) == 9 && line.length) line = line.substring(1);
        if (line == delimiter) break;
        document += line + '\n';
      }
      redirection.document = document;
    }
  }

  private takeIf(token: string): bool {
    if (this.atEnd || this.token != token) return false;
    this.advance();
    return true;
  }
  private want(token: string): void {
    if (!this.takeIf(token)) this.unexpected();
  }
  private isNewline(): bool {
    return !this.atEnd && this.token == '\n';
  }
  private skipNewlines(): void {
    while (!this.atEnd && this.token == '\n') this.advance();
  }

  // ---- grammar

  /** Commands separated by `;`, `&` and, inside of something, newlines. */
  private parseList(inside: bool): Command {
    const list = new Command(SEQUENCE);
    while (!this.failed) {
      if (inside) this.skipNewlines();
      if (this.atEnd || (inside && this.endsList())) break;
      if (!inside && this.token == '\n') break;
      const start = this.tokenStart;
      const command = this.parseAndOr();
      if (this.failed) break;
      command.source = this.text.substring(start, this.tokenStart).trim();
      list.list.push(command);
      if (this.atEnd) break;
      if (this.token == '&') {
        command.background = true;
        this.advance();
      } else if (this.token == ';') {
        this.advance();
      } else if (this.token == '\n' && inside) {
        this.advance();
      } else {
        break;
      }
    }
    if (!list.list.length && !this.failed) this.unexpected();
    return list;
  }

  private endsList(): bool {
    const token = this.token;
    if (!this.isWord) return token == ')' || token == ';;';
    return (
      token == 'then' ||
      token == 'else' ||
      token == 'elif' ||
      token == 'fi' ||
      token == 'do' ||
      token == 'done' ||
      token == 'esac' ||
      token == '}'
    );
  }

  private parseAndOr(): Command {
    let left = this.parsePipeline();
    while (!this.failed && !this.atEnd && (this.token == '&&' || this.token == '||')) {
      const node = new Command(this.token == '&&' ? AND : OR);
      this.advance();
      this.skipNewlines();
      node.first = left;
      node.second = this.parsePipeline();
      left = node;
    }
    return left;
  }

  private parsePipeline(): Command {
    let negated = false;
    while (this.isWord && this.token == '!') {
      negated = !negated;
      this.advance();
    }
    const first = this.parseCommand();
    if (!negated && (this.atEnd || this.token != '|')) return first;
    const pipeline = new Command(PIPELINE);
    pipeline.negated = negated;
    pipeline.list.push(first);
    while (!this.failed && this.takeIf('|')) {
      this.skipNewlines();
      pipeline.list.push(this.parseCommand());
    }
    return pipeline;
  }

  private parseCommand(): Command {
    this.expandAlias();
    if (this.atEnd) {
      this.unexpected();
      return new Command(SIMPLE);
    }
    let command: Command | null = null;
    if (this.token == '(' && !this.isWord) {
      this.advance();
      command = new Command(SUBSHELL);
      command.first = this.parseList(true);
      this.want(')');
    } else if (this.isWord) {
      const word = this.token;
      if (word == '{') command = this.parseBrace();
      else if (word == 'if') command = this.parseIf();
      else if (word == 'while' || word == 'until') command = this.parseLoop(word == 'while' ? WHILE : UNTIL);
      else if (word == 'for') command = this.parseFor();
      else if (word == 'case') command = this.parseCase();
      else if (this.endsList()) {
        this.unexpected();
        return new Command(SIMPLE);
      }
    }
    if (!command) return this.parseSimple();
    while (!this.failed && this.isRedirection()) this.parseRedirection(command);
    return command;
  }

  private parseBrace(): Command {
    const command = new Command(BRACE);
    this.advance();
    command.first = this.parseList(true);
    this.want('}');
    return command;
  }

  /** From `if` or `elif` on. */
  private parseIf(): Command {
    const command = new Command(IF);
    this.advance();
    command.first = this.parseList(true);
    this.want('then');
    command.second = this.parseList(true);
    if (this.failed) return command;
    if (this.token == 'elif' && this.isWord) {
      command.third = this.parseIf();
      return command;
    }
    if (this.takeIf('else')) command.third = this.parseList(true);
    this.want('fi');
    return command;
  }

  private parseLoop(kind: i32): Command {
    const command = new Command(kind);
    this.advance();
    command.first = this.parseList(true);
    command.second = this.parseBody();
    return command;
  }

  private parseBody(): Command {
    this.want('do');
    const body = this.parseList(true);
    this.want('done');
    return body;
  }

  private parseFor(): Command {
    const command = new Command(FOR);
    this.advance();
    if (this.atEnd || !isName(this.token)) this.unexpected();
    command.name = this.token;
    this.advance();
    this.skipNewlines();
    if (this.isWord && this.token == 'in') {
      this.advance();
      while (!this.atEnd && this.isWord) {
        command.words.push(this.token);
        this.advance();
      }
      if (!this.takeIf(';') && !this.isNewline()) this.unexpected();
    } else {
      command.overParameters = true;
      this.takeIf(';');
    }
    this.skipNewlines();
    command.first = this.parseBody();
    return command;
  }

  private parseCase(): Command {
    const command = new Command(CASE);
    this.advance();
    if (this.atEnd || !this.isWord) this.unexpected();
    command.words.push(this.token);
    this.advance();
    this.skipNewlines();
    this.want('in');
    this.skipNewlines();
    while (!this.failed && !this.atEnd && !(this.isWord && this.token == 'esac')) {
      this.takeIf('(');
      const patterns: string[] = [];
      do {
        if (!this.isWord) this.unexpected();
        patterns.push(this.token);
        this.advance();
      } while (!this.failed && this.takeIf('|'));
      this.want(')');
      this.skipNewlines();
      const empty = this.token == ';;' || (this.isWord && this.token == 'esac');
      command.patterns.push(patterns);
      command.list.push(empty ? null : this.parseList(true));
      if (!this.takeIf(';;')) break;
      this.skipNewlines();
    }
    this.want('esac');
    return command;
  }

  private parseSimple(): Command {
    const command = new Command(SIMPLE);
    while (!this.failed && !this.atEnd) {
      if (this.isRedirection()) {
        this.parseRedirection(command);
      } else if (this.isWord) {
        const word = this.token;
        if (!command.words.length && isAssignment(word)) {
          command.assignments.push(word);
          this.advance();
          this.expandAlias();
          continue;
        }
        this.advance();
        if (this.nextAlso >= 0 && this.tokenStart >= this.nextAlso) {
          this.nextAlso = -1;
          this.expandAlias();
        }
        if (!command.words.length && this.token == '(' && !this.isWord && !this.atEnd && isName(word))
          return this.parseFunction(word);
        command.words.push(word);
      } else {
        break;
      }
    }
    if (!command.words.length && !command.assignments.length && !command.redirections.length) this.unexpected();
    return command;
  }

  private parseFunction(name: string): Command {
    const command = new Command(FUNCTION);
    command.name = name;
    this.advance();
    this.want(')');
    this.skipNewlines();
    command.first = this.parseCommand();
    return command;
  }

  /** An operator, or digits right before one. */
  private isRedirection(): bool {
    if (this.atEnd) return false;
    if (!this.isWord) return this.token.charCodeAt(0) == 0x3c || this.token.charCodeAt(0) == 0x3e;
    const c = this.at(this.position);
    if (c != 0x3c && c != 0x3e) return false;
    for (let i = 0; i < this.token.length; i++) if (<u32>(this.token.charCodeAt(i) - 0x30) > 9) return false;
    return true;
  }

  private parseRedirection(command: Command): void {
    let descriptor = -1;
    if (this.isWord) {
      descriptor = this.token.charCodeAt(0) - 0x30;
      if (this.token.length > 1) descriptor = descriptor * 10 + this.token.charCodeAt(1) - 0x30;
      this.advance();
    }
    let operator = this.token;
    this.advance();
    if (!this.isWord || this.atEnd) {
      this.unexpected();
      return;
    }
    const stripTabs = operator == '<<-';
    if (stripTabs) operator = '<<';
    if (descriptor < 0) descriptor = operator.charCodeAt(0) == 0x3c ? 0 : 1;
    const redirection = new Redirection(descriptor, operator, this.token);
    if (operator == '<<') {
      redirection.stripTabs = stripTabs;
      redirection.literal = this.token.includes("'") || this.token.includes('"') || this.token.includes('\\');
      this.pendingDocuments.push(redirection);
    }
    command.redirections.push(redirection);
    this.advance();
  }
}

// ---- words

/** Behind the quoted part, substitution or single character at `start`; -1: it does not end. */
export function skipPart(text: string, start: i32): i32 {
  const c = text.charCodeAt(start);
  if (c == 0x5c) return start + 2 <= text.length ? start + 2 : -1;
  if (c == 0x27) {
    const end = text.indexOf("'", start + 1);
    return end < 0 ? -1 : end + 1;
  }
  if (c == 0x22) {
    let i = start + 1;
    while (i < text.length) {
      const d = text.charCodeAt(i);
      if (d == 0x22) return i + 1;
      i = d == 0x27 ? i + 1 : skipPart(text, i);
      if (i < 0) return -1;
    }
    return -1;
  }
  if (c == 0x60) {
    let i = start + 1;
    while (i < text.length) {
      if (text.charCodeAt(i) == 0x60) return i + 1;
      i += text.charCodeAt(i) == 0x5c ? 2 : 1;
    }
    return -1;
  }
  if (c != 0x24 || start + 1 >= text.length) return start + 1;
  const open = text.charCodeAt(start + 1);
  if (open == 0x28) {
    if (start + 2 < text.length && text.charCodeAt(start + 2) == 0x28) {
      const end = skipTo(text, start + 2, 0x28, 0x29);
      // Two parentheses together at the end: arithmetic, not a subshell in a substitution.
      if (end < 0 || text.charCodeAt(end - 2) == 0x29) return end;
    }
    const end = new Parser(text, start + 2).closing();
    return end < 0 ? skipTo(text, start + 2, 0x28, 0x29) : end;
  }
  if (open == 0x7b) return skipTo(text, start + 2, 0x7b, 0x7d);
  return start + 1;
}

/** Behind the character that closes what is open at `start`. */
function skipTo(text: string, start: i32, open: i32, close: i32): i32 {
  let depth = 1;
  let i = start;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c == close && --depth == 0) return i + 1;
    if (c == open) depth++;
    i = c == close || c == open ? i + 1 : skipPart(text, i);
    if (i < 0) return -1;
  }
  return -1;
}

const RESERVED: string[] = [
  '!',
  '{',
  '}',
  'case',
  'do',
  'done',
  'elif',
  'else',
  'esac',
  'fi',
  'for',
  'if',
  'in',
  'then',
  'until',
  'while',
];
export function isReserved(word: string): bool {
  return RESERVED.includes(word);
}

export function isNameStart(c: i32): bool {
  return c == 0x5f || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
}
export function isNamePart(c: i32): bool {
  return isNameStart(c) || (c >= 0x30 && c <= 0x39);
}
export function isName(text: string): bool {
  if (!text.length || !isNameStart(text.charCodeAt(0))) return false;
  for (let i = 1; i < text.length; i++) if (!isNamePart(text.charCodeAt(i))) return false;
  return true;
}
function isAssignment(word: string): bool {
  const equals = word.indexOf('=');
  return equals > 0 && isName(word.substring(0, equals));
}

/** Quotes and backslashes go, nothing else happens. */
export function removeQuotes(word: string): string {
  let text = '';
  for (let i = 0; i < word.length; i++) {
    const c = word.charCodeAt(i);
    if (c == 0x27 || c == 0x22) continue;
    if (c == 0x5c && i + 1 < word.length) i++;
    text += word.charAt(i);
  }
  return text;
}
