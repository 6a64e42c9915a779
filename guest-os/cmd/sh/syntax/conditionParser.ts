// SPDX-License-Identifier: MIT
/** @fileoverview `[[ … ]]` of bash, from tokens to a tree: `||`, `&&`, `!` and parentheses over comparisons. */
import { Condition } from './conditionSyntax';
import { isNamePartAt, Lexer, OPERATORS } from './lexer';
import { Command, CONDITION } from './syntax';
import { isGroup, skipPart } from './words';

export class ConditionParser extends Lexer {
  protected parseConditional(): Command {
    const command = new Command(CONDITION);
    this.advance();
    this.skipNewlines();
    command.condition = this.conditionOr();
    this.skipNewlines();
    this.want(']]');
    return command;
  }

  private conditionOr(): Condition {
    let left = this.conditionAnd();
    while (!this.failed && this.token == '||' && !this.isWord) left = this.joined('||', left);
    return left;
  }
  private conditionAnd(): Condition {
    let left = this.conditionNot();
    while (!this.failed && this.token == '&&' && !this.isWord) left = this.joined('&&', left);
    return left;
  }
  private joined(operator: string, left: Condition): Condition {
    const node = new Condition(operator);
    this.advance();
    this.skipNewlines();
    node.left = left;
    node.right = operator == '&&' ? this.conditionNot() : this.conditionAnd();
    this.skipNewlines();
    return node;
  }
  private conditionNot(): Condition {
    this.skipNewlines();
    if (this.isWord && this.token == '!') {
      const node = new Condition('!');
      this.advance();
      node.left = this.conditionNot();
      return node;
    }
    if (!this.isWord && this.takeIf('(')) {
      const inner = this.conditionOr();
      this.skipNewlines();
      this.want(')');
      return inner;
    }
    if (!this.isWord || this.atEnd || this.token == ']]') {
      this.unexpected();
      return new Condition('');
    }
    return this.conditionLeaf();
  }

  private conditionLeaf(): Condition {
    const first = this.token;
    if (first.length == 2 && first.charCodeAt(0) == 0x2d && isNamePartAt(first, 1)) {
      this.advance();
      if (this.isWord && this.token != ']]' && !isBinaryCondition(this.token)) {
        const unary = new Condition(first);
        unary.first = this.token;
        this.advance();
        return unary;
      }
    } else this.advance();
    const operator = this.token;
    if (this.atEnd || !(this.isWord ? isBinaryCondition(operator) : operator == '<' || operator == '>')) {
      const alone = new Condition('');
      alone.first = first;
      return alone;
    }
    const leaf = new Condition(operator);
    leaf.first = first;
    if (operator == '=~' || operator == '==' || operator == '=' || operator == '!=') this.advancePattern(operator == '=~');
    else this.advance();
    if (!this.isWord || this.atEnd) this.unexpected();
    leaf.second = this.token;
    this.advance();
    return leaf;
  }

  /** The next token is a pattern or a regular expression, in which parentheses and bars are ordinary. */
  private advancePattern(isRegex: bool): void {
    let i = this.position;
    while (this.at(i) == 0x20 || this.at(i) == 9) i++;
    const start = i;
    let depth = 0;
    while (i >= 0) {
      const c = this.at(i);
      if (c == -1 || ((c == 0x20 || c == 9) && !depth) || (c == 0x0a && !depth)) break;
      if (c == 0x28 && (isRegex || depth || isGroup(this.text, i))) {
        depth++;
        i++;
      } else if (c == 0x29 && depth) {
        depth--;
        i++;
      } else if (!depth && !isRegex && OPERATORS.includes(String.fromCharCode(c))) break;
      else if (!depth && isRegex && (c == 0x29 || c == 0x26 || c == 0x3b)) break;
      else i = skipPart(this.text, i);
    }
    if (i < 0 || i == start) {
      this.advance();
      return;
    }
    this.tokenStart = start;
    this.token = this.text.substring(start, i);
    this.isWord = true;
    this.atEnd = false;
    this.position = i;
  }
}

const BINARY: string[] = ['==', '=', '!=', '=~', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef'];
function isBinaryCondition(word: string): bool {
  return BINARY.includes(word);
}
