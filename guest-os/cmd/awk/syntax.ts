// SPDX-License-Identifier: MIT
/** @fileoverview The tree of an awk program. */

export const enum Kind {
  // Expressions.
  Number,
  String,
  /** Alone it is `$0 ~ /…/`. */
  Regex,
  /** `slot`: a global variable. */
  Global,
  /** `slot`: a parameter of the function. */
  Local,
  Field,
  /** children[0] is a variable, the others are subscripts. */
  Element,
  Assign,
  /** `text` says which operator. */
  AssignOperator,
  Conditional,
  Or,
  And,
  /** children[1] is the array, `children[0]` the subscript. */
  In,
  Match,
  NoMatch,
  /** `text`: < <= == != > >= */
  Compare,
  Concatenate,
  /** `text`: + - * / % ^ */
  Arithmetic,
  Not,
  Minus,
  Plus,
  /** `number` is what is added. */
  Before,
  Behind,
  Group,
  /** `text`: the builtin. */
  Builtin,
  /** `slot`: the function. */
  Call,
  /** `text`: '' the main input, '<' a file, '|' a command; children[0] the variable or null, children[1] the source. */
  Getline,
  /** Subscripts in parentheses, before `in` or as the operands of print. */
  List,
  // Statements.
  Block,
  If,
  While,
  Do,
  For,
  ForIn,
  Expression,
  /** `text`: '' '>' '>>' '|', the destination being `first`. */
  Print,
  Printf,
  Next,
  NextFile,
  Exit,
  Return,
  Break,
  Continue,
  Delete,
}

export class Node {
  children: Node[] = [];
  text: string = '';
  number: f64 = 0;
  slot: i32 = 0;
  /** Destination of output, source of input, condition. */
  first: Node | null = null;
  second: Node | null = null;
  third: Node | null = null;
  constructor(public kind: Kind) {}
}

export class Rule {
  pattern: Node | null = null;
  /** Of a range. */
  end: Node | null = null;
  inRange: bool = false;
  /** Null: print the record. */
  action: Node | null = null;
}

export class Function {
  parameters: string[] = [];
  body: Node | null = null;
  constructor(readonly name: string) {}
}

export class Program {
  begins: Node[] = [];
  ends: Node[] = [];
  rules: Rule[] = [];
  functions: Function[] = [];
  /** Names of global variables by slot. */
  globals: string[] = [];
  error: string = '';
}
