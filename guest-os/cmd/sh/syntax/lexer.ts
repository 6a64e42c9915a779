// SPDX-License-Identifier: MIT
/**
 * @fileoverview From text to tokens (POSIX.1-2017, Shell Command Language, 2.3), one ahead.
 *
 * Where the text ends too soon {@link Lexer.incomplete} is set: an interactive shell then reads another line and begins again. Mistakes are left in
 * {@link Lexer.error}.
 *
 * Here-documents are read when the line they are on is over. An alias is put into the text in place of the first word of a command; until the
 * text behind it is reached that alias means nothing, so that it may be in its own value.
 */
import { aliases, state } from '../state';
import { Redirection } from './syntax';
import { isGroup, isNamePart, isProcessSubstitution, removeQuotes, skipPart, skipTo, valueStart } from './words';

/** Longest first. */
const BASH_OPERATORS: string[] = ['&>>', '<<<', ';;&', ';&', '&>', '|&'];

export const OPERATORS: string = '|&;<>()';

export class Lexer {
  error: string = '';
  incomplete: bool = false;
  /** The token ahead: an operator, a newline, a word, or nothing at the end. */
  protected token: string = '';
  protected isWord: bool = false;
  protected atEnd: bool = false;
  protected tokenStart: i32 = 0;
  protected pendingDocuments: Redirection[] = [];

  /** Aliases that were put in, and where their text ends. */
  protected readonly expanding: string[] = [];
  protected readonly expandingTo: i32[] = [];
  /** The next word may be an alias too: the last one ended with a blank. */
  protected nextAlso: i32 = -1;

  constructor(
    protected text: string,
    public position: i32,
  ) {}

  protected get failed(): bool {
    return this.incomplete || this.error.length > 0;
  }

  protected unexpected(): void {
    if (this.failed) return;
    if (this.atEnd) this.incomplete = true;
    else this.error = 'syntax error near unexpected token `' + (this.token == '\n' ? 'newline' : this.token) + "'";
  }

  // ---- aliases

  /** At the first word of a command: an alias is replaced, as often as need be. */
  protected expandAlias(): void {
    // Scripts of bash have none.
    if (state.bash && !state.interactive && !state.named.has('expand_aliases')) return;
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

  // ---- tokens

  protected inArray: bool = false;
  /** Where lines were counted to, and how many. */
  protected countedTo: i32 = 0;
  protected counted: i32 = 1;
  protected get line(): i32 {
    if (this.tokenStart < this.countedTo) {
      this.countedTo = 0;
      this.counted = 1;
    }
    for (; this.countedTo < this.tokenStart; this.countedTo++) if (this.text.charCodeAt(this.countedTo) == 0x0a) this.counted++;
    return this.counted;
  }

  protected at(i: i32): i32 {
    return i < this.text.length ? this.text.charCodeAt(i) : -1;
  }

  protected advance(): void {
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
    if (OPERATORS.includes(this.text.charAt(i)) && !isProcessSubstitution(this.text, i)) {
      if (state.bash) {
        for (let k = 0; k < BASH_OPERATORS.length; k++) {
          if (this.text.substr(i, BASH_OPERATORS[k].length) != BASH_OPERATORS[k]) continue;
          this.token = BASH_OPERATORS[k];
          this.position = i + this.token.length;
          return;
        }
      }
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
  protected wordEnd(start: i32): i32 {
    let i = state.bash ? this.behindSubscript(start) : start;
    while (true) {
      const c = this.at(i);
      if (c == -1 || c == 0x20 || c == 9 || c == 0x0a) return i;
      if (OPERATORS.includes(String.fromCharCode(c)) && !isProcessSubstitution(this.text, i)) {
        const opens = c == 0x28 && state.bash;
        const array = opens && i > start && valueStart(this.text.substring(start, i)) == i - start;
        if (!array && !(opens && i > start && state.named.has('extglob') && isGroup(this.text, i))) return i;
        i = skipTo(this.text, i + 1, 0x28, 0x29);
        if (i < 0 || array) return i;
        continue;
      }
      i = skipPart(this.text, i);
      if (i < 0) return -1;
    }
  }

  /** Behind NAME[…], or […] in an array's value, if an assignment's `=` follows: blanks between the brackets end no word then. */
  protected behindSubscript(start: i32): i32 {
    let i = start;
    while (isNamePartAt(this.text, i)) i++;
    if (this.at(i) != 0x5b || (i == start && !this.inArray)) return start;
    const end = skipTo(this.text, i + 1, 0x5b, 0x5d);
    return end > 0 && (this.at(end) == 0x3d || (this.at(end) == 0x2b && this.at(end + 1) == 0x3d)) ? end : start;
  }

  protected readDocuments(): void {
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

  protected takeIf(token: string): bool {
    if (this.atEnd || this.token != token) return false;
    this.advance();
    return true;
  }
  protected want(token: string): void {
    if (!this.takeIf(token)) this.unexpected();
  }
  protected isNewline(): bool {
    return !this.atEnd && this.token == '\n';
  }
  protected skipNewlines(): void {
    while (!this.atEnd && this.token == '\n') this.advance();
  }
}

export function isNamePartAt(text: string, at: i32): bool {
  return at < text.length && isNamePart(text.charCodeAt(at));
}
