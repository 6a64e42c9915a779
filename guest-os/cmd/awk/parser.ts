// SPDX-License-Identifier: MIT
/**
 * @fileoverview From words to the tree: recursive descent, one method for each level of precedence (POSIX.1-2017, XCU awk, table 4-1).
 *
 * Where the grammar needs to know it, members say what may not be taken: `in` within the head of a for, `>` in an unparenthesised print,
 * `|` behind the operand of a getline. The first error ends the parse and is in {@link Program.error}.
 */
import { Lexer, Token } from './lexer';
import { Function, Kind, Node, Program, Rule } from './syntax';

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
const DEEPEST: i32 = 400;

export class Parser {
  private readonly program: Program = new Program();
  private readonly lexer: Lexer;
  private parameters: string[] = [];
  private noIn: bool = false;
  private noGreater: bool = false;
  private depth: i32 = 0;
  private loops: i32 = 0;
  private readonly slots: Map<string, i32> = new Map<string, i32>();
  private readonly functionSlots: Map<string, i32> = new Map<string, i32>();

  constructor(source: string) {
    this.lexer = new Lexer(source);
    for (let i = 0; i < SPECIALS.length; i++) this.globalSlot(SPECIALS[i]);
  }

  parse(): Program {
    this.lexer.next();
    this.skipTerminators();
    while (!this.failed && !this.isKind(Token.End)) {
      this.item();
      this.skipTerminators();
    }
    const functions = this.program.functions;
    for (let i = 0; i < functions.length; i++)
      if (!functions[i].body) this.fail('function ' + functions[i].name + ' never defined');
    return this.program;
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

  private get failed(): bool {
    return this.program.error.length > 0;
  }
  private fail(text: string): void {
    if (!this.failed) this.program.error = text + ' at source line ' + this.lexer.line.toString();
  }
  private unexpected(): void {
    const what = this.isKind(Token.End) ? 'end of program' : this.lexer.text;
    this.fail(this.lexer.error.length ? this.lexer.error : 'syntax error at ' + what);
  }
  private isKind(kind: Token): bool {
    return this.lexer.kind == kind;
  }
  private is(text: string): bool {
    return this.isKind(Token.Punctuation) && this.lexer.text == text;
  }
  private isWord(text: string): bool {
    return this.isKind(Token.Keyword) && this.lexer.text == text;
  }
  private next(): void {
    this.lexer.next();
    if (this.lexer.error.length) this.fail(this.lexer.error);
  }
  private take(text: string): bool {
    if (!this.is(text)) return false;
    this.next();
    return true;
  }
  private takeWord(text: string): bool {
    if (!this.isWord(text)) return false;
    this.next();
    return true;
  }
  private expect(text: string): void {
    if (!this.take(text)) this.unexpected();
  }
  private skipNewlines(): void {
    while (this.isKind(Token.Newline)) this.next();
  }
  private skipTerminators(): void {
    while (this.isKind(Token.Newline) || this.is(';')) this.next();
  }

  // ---- items

  private item(): void {
    if (this.isWord('function') || this.isWord('func')) return this.definition();
    if (this.takeWord('BEGIN')) {
      this.program.begins.push(this.block());
      return;
    }
    if (this.takeWord('END')) {
      this.program.ends.push(this.block());
      return;
    }
    const rule = new Rule();
    if (!this.is('{')) {
      rule.pattern = this.expression();
      if (this.take(',')) {
        this.skipNewlines();
        rule.end = this.expression();
      }
    }
    if (this.is('{')) rule.action = this.block();
    else if (!this.isKind(Token.Newline) && !this.is(';') && !this.isKind(Token.End)) this.unexpected();
    this.program.rules.push(rule);
  }

  private functionSlot(name: string): i32 {
    if (this.functionSlots.has(name)) return this.functionSlots.get(name);
    const slot = this.program.functions.length;
    this.functionSlots.set(name, slot);
    this.program.functions.push(new Function(name));
    return slot;
  }

  private definition(): void {
    this.next();
    if (!this.isKind(Token.Call) && !this.isKind(Token.Name)) return this.unexpected();
    const made = this.program.functions[this.functionSlot(this.lexer.text)];
    if (made.body) return this.fail('function ' + made.name + ' redefined');
    this.next();
    this.expect('(');
    this.parameters = [];
    while (!this.is(')') && !this.failed) {
      if (!this.isKind(Token.Name)) return this.unexpected();
      this.parameters.push(this.lexer.text);
      this.next();
      if (!this.take(',')) break;
      this.skipNewlines();
    }
    this.expect(')');
    this.skipNewlines();
    made.parameters = this.parameters;
    made.body = this.block();
    this.parameters = [];
  }

  // ---- statements

  private block(): Node {
    const node = new Node(Kind.Block);
    this.expect('{');
    this.skipTerminators();
    while (!this.is('}') && !this.failed) {
      if (this.isKind(Token.End)) {
        this.unexpected();
        break;
      }
      node.children.push(this.statement());
      this.skipTerminators();
    }
    this.expect('}');
    return node;
  }

  /** What follows a condition: a statement, perhaps on the next line, or a semicolon. */
  private body(): Node {
    this.skipNewlines();
    if (this.take(';')) return new Node(Kind.Block);
    return this.statement();
  }
  private loopBody(): Node {
    this.loops++;
    const body = this.body();
    this.loops--;
    return body;
  }

  private statement(): Node {
    if (++this.depth > DEEPEST) this.fail('nested too deep');
    const node = this.failed ? new Node(Kind.Block) : this.statementHere();
    this.depth--;
    return node;
  }

  private statementHere(): Node {
    if (this.is('{')) return this.block();
    if (this.takeWord('if')) return this.ifStatement();
    if (this.takeWord('while')) {
      const node = new Node(Kind.While);
      node.first = this.parenthesised();
      node.children.push(this.loopBody());
      return node;
    }
    if (this.takeWord('for')) return this.forStatement();
    if (this.takeWord('do')) {
      const node = new Node(Kind.Do);
      node.children.push(this.loopBody());
      this.skipTerminators();
      if (!this.takeWord('while')) this.unexpected();
      node.first = this.parenthesised();
      this.endStatement();
      return node;
    }
    const node = this.simple();
    this.endStatement();
    return node;
  }

  private endStatement(): void {
    if (this.isKind(Token.Newline) || this.is(';')) this.next();
    else if (!this.is('}') && !this.isKind(Token.End)) this.unexpected();
  }

  private parenthesised(): Node {
    this.expect('(');
    const node = this.expression();
    this.expect(')');
    return node;
  }

  private ifStatement(): Node {
    const node = new Node(Kind.If);
    node.first = this.parenthesised();
    node.children.push(this.body());
    // An else may come on a later line; nothing else may follow there that begins with it.
    this.skipTerminators();
    if (!this.takeWord('else')) return node;
    node.children.push(this.body());
    return node;
  }

  private forStatement(): Node {
    this.expect('(');
    let initial: Node | null = null;
    if (!this.is(';')) {
      this.noIn = true;
      const first = this.simple();
      this.noIn = false;
      if (this.isWord('in') && first.kind == Kind.Expression && isVariable(first.children[0])) {
        this.next();
        const node = new Node(Kind.ForIn);
        node.first = first.children[0];
        node.second = this.array();
        this.expect(')');
        node.children.push(this.loopBody());
        return node;
      }
      // `(i, j) in a` and `i in a` as what is done first.
      initial = first;
    }
    const node = new Node(Kind.For);
    node.first = initial;
    this.expect(';');
    this.skipNewlines();
    if (!this.is(';')) node.second = this.expression();
    this.expect(';');
    this.skipNewlines();
    if (!this.is(')')) node.third = this.simple();
    this.expect(')');
    node.children.push(this.loopBody());
    return node;
  }

  /** The name of an array. */
  private array(): Node {
    if (!this.isKind(Token.Name)) {
      this.unexpected();
      return new Node(Kind.Global);
    }
    const node = this.variable(this.lexer.text);
    this.next();
    return node;
  }

  private simple(): Node {
    if (this.isWord('print') || this.isWord('printf')) return this.print();
    if (this.takeWord('next')) return new Node(Kind.Next);
    if (this.takeWord('nextfile')) return new Node(Kind.NextFile);
    if (this.isWord('break') || this.isWord('continue')) {
      if (!this.loops) this.fail(this.lexer.text + ' outside of a loop');
      const node = new Node(this.isWord('break') ? Kind.Break : Kind.Continue);
      this.next();
      return node;
    }
    if (this.isWord('exit') || this.isWord('return')) {
      const node = new Node(this.isWord('exit') ? Kind.Exit : Kind.Return);
      this.next();
      if (!this.isKind(Token.Newline) && !this.is(';') && !this.is('}') && !this.isKind(Token.End))
        node.first = this.expression();
      return node;
    }
    if (this.takeWord('delete')) {
      const node = new Node(Kind.Delete);
      node.first = this.array();
      if (this.take('[')) {
        node.children = this.expressions(']');
        this.expect(']');
      }
      return node;
    }
    const node = new Node(Kind.Expression);
    node.children.push(this.expression());
    return node;
  }

  private print(): Node {
    const node = new Node(this.isWord('print') ? Kind.Print : Kind.Printf);
    this.next();
    const outer = this.noGreater;
    this.noGreater = true;
    if (
      !this.isKind(Token.Newline) &&
      !this.is(';') &&
      !this.is('}') &&
      !this.is('>') &&
      !this.is('>>') &&
      !this.is('|') &&
      !this.isKind(Token.End)
    ) {
      const first = this.expression();
      // `print (1, 2)` prints two; `print (1, 2) in a` is an expression.
      if (first.kind == Kind.List) node.children = first.children;
      else {
        node.children.push(first);
        while (this.take(',')) {
          this.skipNewlines();
          node.children.push(this.expression());
        }
      }
    }
    if (this.is('>') || this.is('>>') || this.is('|')) {
      node.text = this.lexer.text;
      this.next();
      node.first = this.concatenationOnly();
    }
    this.noGreater = outer;
    if (node.kind == Kind.Printf && !node.children.length) this.fail('printf: no format');
    return node;
  }

  /** A destination: no comparisons, so that `print > "a" "b"` is one name. */
  private concatenationOnly(): Node {
    return this.concatenation(true);
  }

  // ---- expressions

  private expressions(end: string): Node[] {
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

  private expression(): Node {
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

  private concatenation(destination: bool): Node {
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

function isVariable(node: Node): bool {
  return node.kind == Kind.Global || node.kind == Kind.Local;
}
/** Whether something may be assigned to it. */
function isPlace(node: Node): bool {
  return isVariable(node) || node.kind == Kind.Field || node.kind == Kind.Element;
}
