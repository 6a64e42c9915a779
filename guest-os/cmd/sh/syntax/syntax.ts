// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a script is made of (POSIX.1-2017, Shell Command Language, 2.9 and 2.10).
 *
 * Words keep their source text, quotes and all: expansion (expand.ts) understands them, each time they are used.
 */
import { Condition } from './conditionSyntax';

export const SIMPLE: i32 = 0;
/** `list`: commands joined by pipes. */
export const PIPELINE: i32 = 1;
export const AND: i32 = 2;
export const OR: i32 = 3;
/** `list`: one after the other; each may be `background`. */
export const SEQUENCE: i32 = 4;
export const SUBSHELL: i32 = 5;
export const BRACE: i32 = 6;
/** `first` condition, `second` then, `third` else. */
export const IF: i32 = 7;
export const WHILE: i32 = 8;
export const UNTIL: i32 = 9;
/** `name` in `words`, `first`. */
export const FOR: i32 = 10;
/** `words[0]`; patterns of each branch in `patterns`, its commands in `list`. */
export const CASE: i32 = 11;
export const FUNCTION: i32 = 12;
/** bash: `((name))`. */
export const ARITHMETIC: i32 = 13;
/** bash: `[[ condition ]]`. */
export const CONDITION: i32 = 14;
/** bash: `for ((words[0]; words[1]; words[2]))`, `first`. */
export const ARITHMETIC_FOR: i32 = 15;
/** bash: as FOR, but somebody chooses among the words. */
export const SELECT: i32 = 16;

export class Redirection {
  constructor(
    public readonly descriptor: i32,
    /** `<` `>` `>>` `<>` `>|` `<&` `>&` `<<`; in bash also `<<<` `&>` `&>>` */
    public readonly operator: string,
    /** File or descriptor; for `<<` the delimiter. */
    public readonly target: string,
  ) {}
  /** A here-document's lines. */
  document: string = '';
  /** Its delimiter was quoted: nothing in it is expanded. */
  literal: bool = false;
  /** Leading tabs go. */
  stripTabs: bool = false;
}

export class Command {
  words: string[] = [];
  assignments: string[] = [];
  redirections: Redirection[] = [];
  list: (Command | null)[] = [];
  patterns: string[][] = [];
  first: Command | null = null;
  second: Command | null = null;
  third: Command | null = null;
  name: string = '';
  condition: Condition | null = null;
  /** How branches of CASE end: `;;`, in bash also `;&` and `;;&`. */
  ends: string[] = [];
  /** Of its first word, in its text; from 1. */
  line: i32 = 0;
  /** bash: `time`, or with -p; nothing: without. */
  timed: string = '';
  negated: bool = false;
  background: bool = false;
  /** `for` without `in`: the positional parameters. */
  overParameters: bool = false;
  /** What was typed, for jobs. */
  source: string = '';
  constructor(public readonly kind: i32) {}
}
