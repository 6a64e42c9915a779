// SPDX-License-Identifier: MIT
/**
 * @fileoverview Expressions of awk: recursive descent, one method for each level of precedence (POSIX.1-2017, XCU awk, table 4-1), and the words
 * and names that they are made of.
 *
 * Where the grammar needs to know it, members say what may not be taken: `in` within the head of a for, `>` in an unparenthesised print,
 * `|` behind the operand of a getline. The first error ends the parse and is in {@link Program.error}.
 */
import { Lexer, Token } from './lexer';
import { Function, Kind, Node, Program } from './syntax';

/** Variables that awk itself reads or writes; their slots are their places here. */
export const SPECIALS: string[] = [
  'NF',
  'NR',
  'FNR',
  'FS',
  'OFS',
  'RS',
  'ORS',
  'SUBSEP',
  'CONVFMT',
  'OFMT',
  'RSTART',
  'RLENGTH',
  'FILENAME',
  'ENVIRON',
  'ARGC',
  'ARGV',
];
/** Nesting that nobody writes, but the stack holds. */
export const DEEPEST: i32 = 400;

export class ExpressionParser {
  protected readonly program: Program = new Program();
  protected readonly lexer: Lexer;
  protected parameters: string[] = [];
  protected noIn: bool = false;
  protected noGreater: bool = false;
  protected depth: i32 = 0;
  private readonly slots: Map<string, i32> = new Map<string, i32>();
  private readonly functionSlots: Map<string, i32> = new Map<string, i32>();

  constructor(source: string) {
    this.lexer = new Lexer(source);
    for (let i = 0; i < SPECIALS.length; i++) this.globalSlot(SPECIALS[i]);
  }

  /** The slot of a global variable, made if there is none. */
  globalSlot(name: string): i32 {
    if (this.slots.has(name)) return this.slots.get(name);
    const slot = this.program.globals.length;
    this.slots.set(name, slot);
    this.program.globals.push(name);
    return slot;
  }

  // ---- words

  protected get failed(): bool {
    return this.program.error.length > 0;
  }
  protected fail(text: string): void {
    if (!this.failed) this.program.error = text + ' at source line ' + this.lexer.line.toString();
  }
  protected unexpected(): void {
    const what = this.isKind(Token.End) ? 'end of program' : this.lexer.text;
    this.fail(this.lexer.error.length ? this.lexer.error : 'syntax error at ' + what);
  }
  protected isKind(kind: Token): bool {
    return this.lexer.kind == kind;
  }
  protected is(text: string): bool {
    return this.isKind(Token.Punctuation) && this.lexer.text == text;
  }
  protected isWord(text: string): bool {
    return this.isKind(Token.Keyword) && this.lexer.text == text;
  }
  protected next(): void {
    this.lexer.next();
    if (this.lexer.error.length) this.fail(this.lexer.error);
  }
  protected take(text: string): bool {
    if (!this.is(text)) return false;
    this.next();
    return true;
  }
  protected takeWord(text: string): bool {
    if (!this.isWord(text)) return false;
    this.next();
    return true;
  }
  protected expect(text: string): void {
    if (!this.take(text)) this.unexpected();
  }
  protected skipNewlines(): void {
    while (this.isKind(Token.Newline)) this.next();
  }
  protected skipTerminators(): void {
    while (this.isKind(Token.Newline) || this.is(';')) this.next();
  }

  // ---- expressions

  protected expressions(end: string): Node[] {
    const list: Node[] = [];
    const outerIn = this.noIn;
    const outerGreater = this.noGreater;
    this.noIn = false;
    this.noGreater = false;
    this.skipNewlines();
    while (!this.is(end) && !this.failed) {
      list.push(this.expression());
      this.skipNewlines();
      if (!this.take(',')) break;
      this.skipNewlines();
    }
    this.noIn = outerIn;
    this.noGreater = outerGreater;
    return list;
  }

  protected expression(): Node {
    if (++this.depth > DEEPEST) this.fail('nested too deep');
    const node = this.failed ? new Node(Kind.Number) : this.assignment();
    this.depth--;
    return node;
  }

  private assignment(): Node {
    const left = this.conditional();
    if (!this.isKind(Token.Punctuation) || !isPlace(left)) return left;
    const text = this.lexer.text;
    if (text == '=') {
      this.next();
      this.skipNewlines();
      const node = new Node(Kind.Assign);
      node.children.push(left);
      node.children.push(this.expression());
      return node;
    }
    if (text.length != 2 || text.charAt(1) != '=' || !'+-*/%^'.includes(text.charAt(0))) return left;
    this.next();
    this.skipNewlines();
    const node = new Node(Kind.AssignOperator);
    node.text = text.charAt(0);
    node.children.push(left);
    node.children.push(this.expression());
    return node;
  }

  private conditional(): Node {
    const condition = this.or();
    if (!this.take('?')) return condition;
    const node = new Node(Kind.Conditional);
    node.children.push(condition);
    this.skipNewlines();
    node.children.push(this.expression());
    this.skipNewlines();
    this.expect(':');
    this.skipNewlines();
    node.children.push(this.expression());
    return node;
  }

  private pair(kind: Kind, left: Node, right: Node, text: string = ''): Node {
    const node = new Node(kind);
    node.text = text;
    node.children.push(left);
    node.children.push(right);
    return node;
  }

  private or(): Node {
    let left = this.and();
    while (this.take('||')) {
      this.skipNewlines();
      left = this.pair(Kind.Or, left, this.and());
    }
    return left;
  }
  private and(): Node {
    let left = this.membership();
    while (this.take('&&')) {
      this.skipNewlines();
      left = this.pair(Kind.And, left, this.membership());
    }
    return left;
  }
  private membership(): Node {
    let left = this.match();
    while (!this.noIn && this.takeWord('in')) left = this.pair(Kind.In, left, this.array());
    return left;
  }
  private match(): Node {
    let left = this.comparison();
    while (this.is('~') || this.is('!')) {
      if (this.is('!')) break;
      this.next();
      left = this.pair(Kind.Match, left, this.comparison());
    }
    return left;
  }
  private comparison(): Node {
    let left = this.concatenation(false);
    while (true) {
      if (this.is('!') || !this.isKind(Token.Punctuation)) return left;
      const text = this.lexer.text;
      const isComparison =
        text == '<' || text == '<=' || text == '==' || text == '!=' || text == '>=' || (text == '>' && !this.noGreater);
      if (isComparison) {
        this.next();
        left = this.pair(Kind.Compare, left, this.concatenation(false), text);
      } else if (text == '|' && !this.noGreater && left.kind != Kind.List) {
        // expression | getline
        this.next();
        if (!this.takeWord('getline')) {
          this.unexpected();
          return left;
        }
        left = this.commandGetline(left);
      } else return left;
    }
  }

  private commandGetline(command: Node): Node {
    const node = new Node(Kind.Getline);
    node.text = '|';
    node.second = command;
    node.first = this.optionalPlace();
    return node;
  }

  /** Whether an operand of a concatenation begins here. */
  private beginsOperand(): bool {
    const kind = this.lexer.kind;
    if (kind == Token.Number || kind == Token.String || kind == Token.Name || kind == Token.Call || kind == Token.Builtin)
      return true;
    if (kind != Token.Punctuation) return false;
    const text = this.lexer.text;
    return text == '$' || text == '!' || text == '(' || text == '-' || text == '+' || text == '++' || text == '--';
  }

  protected concatenation(destination: bool): Node {
    let left = this.sum();
    while (this.beginsOperand() && !this.failed) {
      // `a !~ b` is no concatenation with !; neither is `a != b`, one word.
      if (this.is('!')) {
        this.next();
        if (this.is('~')) {
          this.next();
          left = this.pair(Kind.NoMatch, left, this.comparison());
          return left;
        }
        const not = new Node(Kind.Not);
        not.children.push(this.unary());
        left = this.pair(Kind.Concatenate, left, not);
        continue;
      }
      left = this.pair(Kind.Concatenate, left, this.sum());
    }
    while (!destination && this.is('|') && !this.failed && this.noGreater && this.peeksGetline()) {
      this.next();
      this.next();
      left = this.commandGetline(left);
    }
    return left;
  }

  /** Within print, `|` is a pipe unless getline stands behind it. */
  private peeksGetline(): bool {
    return this.lexer.peekWord('getline');
  }

  private sum(): Node {
    let left = this.product();
    while (this.is('+') || this.is('-')) {
      const text = this.lexer.text;
      this.next();
      left = this.pair(Kind.Arithmetic, left, this.product(), text);
    }
    return left;
  }
  private product(): Node {
    let left = this.unary();
    while (this.is('*') || this.is('/') || this.is('%')) {
      const text = this.lexer.text;
      this.next();
      left = this.pair(Kind.Arithmetic, left, this.unary(), text);
    }
    return left;
  }

  private unary(): Node {
    if (this.is('!') || this.is('-') || this.is('+')) {
      const node = new Node(this.is('!') ? Kind.Not : this.is('-') ? Kind.Minus : Kind.Plus);
      this.next();
      if (++this.depth > DEEPEST) this.fail('nested too deep');
      node.children.push(this.failed ? new Node(Kind.Number) : this.unary());
      this.depth--;
      return node;
    }
    return this.power();
  }

  private power(): Node {
    const left = this.postfix();
    if (!this.take('^')) return left;
    // To the right; a minus may stand there.
    const right = this.is('-') || this.is('+') || this.is('!') ? this.unary() : this.power();
    return this.pair(Kind.Arithmetic, left, right, '^');
  }

  private postfix(): Node {
    if (this.is('++') || this.is('--')) {
      const node = new Node(Kind.Before);
      node.number = this.is('++') ? 1 : -1;
      this.next();
      node.children.push(this.postfix());
      if (!isPlace(node.children[0])) this.unexpected();
      return node;
    }
    const operand = this.primary();
    if ((this.is('++') || this.is('--')) && isPlace(operand)) {
      const node = new Node(Kind.Behind);
      node.number = this.is('++') ? 1 : -1;
      node.children.push(operand);
      this.next();
      return node;
    }
    return operand;
  }

  protected functionSlot(name: string): i32 {
    if (this.functionSlots.has(name)) return this.functionSlots.get(name);
    const slot = this.program.functions.length;
    this.functionSlots.set(name, slot);
    this.program.functions.push(new Function(name));
    return slot;
  }

  /** The name of an array. */
  protected array(): Node {
    if (!this.isKind(Token.Name)) {
      this.unexpected();
      return new Node(Kind.Global);
    }
    const node = this.variable(this.lexer.text);
    this.next();
    return node;
  }

  private variable(name: string): Node {
    const local = this.parameters.indexOf(name);
    const node = new Node(local >= 0 ? Kind.Local : Kind.Global);
    node.slot = local >= 0 ? local : this.globalSlot(name);
    return node;
  }

  private primary(): Node {
    const lexer = this.lexer;
    if (this.isKind(Token.Number)) {
      const node = new Node(Kind.Number);
      node.number = lexer.number;
      this.next();
      return node;
    }
    if (this.isKind(Token.String)) {
      const node = new Node(Kind.String);
      node.text = lexer.text;
      this.next();
      return node;
    }
    if (this.is('/') || this.is('/=')) {
      lexer.regex();
      const node = new Node(Kind.Regex);
      node.text = lexer.text;
      this.next();
      return node;
    }
    if (this.take('$')) {
      const node = new Node(Kind.Field);
      node.children.push(
        this.is('++') || this.is('--')
          ? this.postfix()
          : this.is('-') || this.is('+') || this.is('!')
            ? this.unary()
            : this.primary(),
      );
      return node;
    }
    if (this.take('(')) return this.group();
    if (this.isKind(Token.Name)) {
      const node = this.variable(lexer.text);
      this.next();
      if (!this.take('[')) return node;
      const element = new Node(Kind.Element);
      element.children.push(node);
      element.children = element.children.concat(this.expressions(']'));
      this.expect(']');
      return element;
    }
    if (this.isKind(Token.Call)) {
      const node = new Node(Kind.Call);
      node.slot = this.functionSlot(lexer.text);
      this.next();
      this.expect('(');
      node.children = this.expressions(')');
      this.expect(')');
      return node;
    }
    if (this.isKind(Token.Builtin)) return this.builtin();
    if (this.takeWord('getline')) {
      const node = new Node(Kind.Getline);
      node.first = this.optionalPlace();
      if (this.take('<')) {
        node.text = '<';
        node.second = this.postfix();
      }
      return node;
    }
    this.unexpected();
    return new Node(Kind.Number);
  }

  private group(): Node {
    const list = this.expressions(')');
    this.expect(')');
    if (list.length == 1) {
      const node = new Node(Kind.Group);
      node.children = list;
      return node;
    }
    const node = new Node(Kind.List);
    node.children = list;
    if (list.length == 0) this.unexpected();
    return node;
  }

  private builtin(): Node {
    const node = new Node(Kind.Builtin);
    node.text = this.lexer.text;
    this.next();
    if (this.take('(')) {
      node.children = this.expressions(')');
      this.expect(')');
    } else if (node.text != 'length') this.unexpected();
    return node;
  }

  /** Where getline puts what it reads; null: $0. */
  private optionalPlace(): Node | null {
    if (!this.is('$') && !this.isKind(Token.Name)) return null;
    const place = this.primary();
    return isPlace(place) ? place : null;
  }
}

export function isVariable(node: Node): bool {
  return node.kind == Kind.Global || node.kind == Kind.Local;
}
/** Whether something may be assigned to it. */
function isPlace(node: Node): bool {
  return isVariable(node) || node.kind == Kind.Field || node.kind == Kind.Element;
}
