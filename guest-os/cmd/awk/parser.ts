// SPDX-License-Identifier: MIT
/** @fileoverview From words to the tree: rules, functions and statements (POSIX.1-2017, XCU awk, Grammar); see `expressions.ts` for the rest. */
import { DEEPEST, ExpressionParser, isVariable } from './expressions';
import { Token } from './lexer';
import { Kind, Node, Program, Rule } from './syntax';

export class Parser extends ExpressionParser {
  private loops: i32 = 0;

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
}
