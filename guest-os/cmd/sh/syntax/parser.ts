// SPDX-License-Identifier: MIT
/**
 * @fileoverview From tokens to commands (POSIX.1-2017, Shell Command Language, 2.10), one complete command at a time. What bash has beyond POSIX is
 * understood only in bash.
 */
import { ConditionParser } from './conditionParser';
import {
  AND,
  ARITHMETIC,
  ARITHMETIC_FOR,
  BRACE,
  CASE,
  Command,
  FOR,
  FUNCTION,
  IF,
  OR,
  PIPELINE,
  Redirection,
  SELECT,
  SEQUENCE,
  SIMPLE,
  SUBSHELL,
  UNTIL,
  WHILE,
} from './syntax';
import { state } from '../state';
import { isAssignment, isName, isProcessSubstitution, removeQuotes, skipTo } from './words';

export class Parser extends ConditionParser {
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

  /** Behind the `)` that ends the commands from here on; -1: they do not end, or are none. */
  closing(): i32 {
    this.advance();
    this.skipNewlines();
    if (this.atEnd) return -1;
    if (this.isWord || this.token != ')') this.parseList(true);
    return !this.failed && !this.atEnd && !this.isWord && this.token == ')' ? this.position : -1;
  }

  /** The words between the parentheses of an array's value. */
  wordList(): string[] {
    const words: string[] = [];
    this.inArray = true;
    this.advance();
    while (!this.atEnd && !this.failed) {
      if (this.isWord) words.push(this.token);
      else if (this.token != '\n') this.unexpected();
      this.advance();
    }
    return words;
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
    if (!this.isWord) return token == ')' || token == ';;' || token == ';&' || token == ';;&';
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
    let timed = '';
    while (this.isWord && (this.token == '!' || (this.token == 'time' && state.bash))) {
      if (this.token == '!') negated = !negated;
      else timed = 'time';
      this.advance();
      if (timed.length && this.takeIf('-p')) timed = 'time -p';
    }
    const nothing = timed.length && (this.atEnd || !this.isWord) && this.token != '(';
    const first = nothing ? new Command(BRACE) : this.parseCommand();
    if (!negated && !timed.length && !this.isPipe()) return first;
    const pipeline = new Command(PIPELINE);
    pipeline.negated = negated;
    pipeline.timed = timed;
    pipeline.list.push(first);
    while (!this.failed && this.isPipe()) {
      if (this.token == '|&') pipeline.list[pipeline.list.length - 1]!.redirections.push(new Redirection(2, '>&', '1'));
      this.advance();
      this.skipNewlines();
      pipeline.list.push(this.parseCommand());
    }
    return pipeline;
  }

  private isPipe(): bool {
    return !this.atEnd && !this.isWord && (this.token == '|' || this.token == '|&');
  }

  private parseCommand(): Command {
    this.expandAlias();
    const line = this.line;
    const command = this.parseUnnumbered();
    command.line = line;
    return command;
  }

  private parseUnnumbered(): Command {
    if (this.atEnd) {
      this.unexpected();
      return new Command(SIMPLE);
    }
    let command: Command | null = null;
    if (this.token == '(' && !this.isWord) {
      command = state.bash ? this.parseArithmetic() : null;
      if (command) return this.withRedirections(command);
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
      else if (word == '[[' && state.bash) command = this.parseConditional();
      else if (word == 'select' && state.bash) command = this.parseFor();
      else if (word == 'function' && state.bash) return this.parseKeywordFunction();
      else if (this.endsList()) {
        this.unexpected();
        return new Command(SIMPLE);
      }
    }
    return command ? this.withRedirections(command) : this.parseSimple();
  }

  private withRedirections(command: Command): Command {
    while (!this.failed && this.isRedirection()) this.parseRedirection(command);
    return command;
  }

  /** `((…))`; null: two subshells, one in the other. */
  private parseArithmetic(): Command | null {
    const text = this.betweenParentheses();
    if (text == null) return null;
    const command = new Command(ARITHMETIC);
    command.name = text;
    this.advance();
    return command;
  }

  /** At the first of `((`: what is between them and `))`, which is passed. Null: there is no such thing. */
  private betweenParentheses(): string | null {
    if (this.at(this.tokenStart + 1) != 0x28) return null;
    const start = this.tokenStart + 2;
    const end = skipTo(this.text, start, 0x28, 0x29);
    if (end < 0 || this.at(end) != 0x29) return null;
    this.position = end + 1;
    return this.text.substring(start, end - 1);
  }

  /** From `function` on. */
  private parseKeywordFunction(): Command {
    const command = new Command(FUNCTION);
    this.advance();
    if (this.atEnd || !this.isWord) this.unexpected();
    command.name = this.token;
    this.advance();
    if (this.takeIf('(')) this.want(')');
    this.skipNewlines();
    const start = this.tokenStart;
    command.first = this.parseCommand();
    command.source = this.text.substring(start, this.tokenStart).trim();
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
    const command = new Command(this.token == 'for' ? FOR : SELECT);
    this.advance();
    if (state.bash && !this.isWord && this.token == '(' && command.kind == FOR) return this.parseArithmeticFor();
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
    // bash also takes braces.
    command.first = state.bash && this.token == '{' && this.isWord ? this.parseBrace() : this.parseBody();
    return command;
  }

  private parseArithmeticFor(): Command {
    const command = new Command(ARITHMETIC_FOR);
    const text = this.betweenParentheses();
    if (text == null) {
      this.unexpected();
      return command;
    }
    command.words = text.split(';');
    if (command.words.length != 3) this.error = 'syntax error: arithmetic expression required';
    this.advance();
    this.takeIf(';');
    this.skipNewlines();
    command.first = this.token == '{' && this.isWord ? this.parseBrace() : this.parseBody();
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
      const empty = this.isBranchEnd() || (this.isWord && this.token == 'esac');
      command.patterns.push(patterns);
      command.list.push(empty ? null : this.parseList(true));
      command.ends.push(this.isBranchEnd() ? this.token : ';;');
      if (!this.isBranchEnd()) break;
      this.advance();
      this.skipNewlines();
    }
    this.want('esac');
    return command;
  }

  private isBranchEnd(): bool {
    return !this.isWord && !this.atEnd && (this.token == ';;' || this.token == ';&' || this.token == ';;&');
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
        if (!command.words.length && this.token == '(' && !this.isWord && !this.atEnd && isFunctionName(word))
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
    const start = this.tokenStart;
    command.first = this.parseCommand();
    command.source = this.text.substring(start, this.tokenStart).trim();
    return command;
  }

  /** An operator, or digits right before one. */
  private isRedirection(): bool {
    if (this.atEnd) return false;
    if (!this.isWord) return this.token.charCodeAt(0) == 0x3c || this.token.charCodeAt(0) == 0x3e || this.token.startsWith('&>');
    const c = this.at(this.position);
    if ((c != 0x3c && c != 0x3e) || isProcessSubstitution(this.text, this.position)) return false;
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

/** bash's functions may be called nearly anything. */
function isFunctionName(word: string): bool {
  return isName(word) || (state.bash && removeQuotes(word) == word && !word.includes('$') && !word.includes('='));
}
