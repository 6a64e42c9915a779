// SPDX-License-Identifier: MIT
/** @fileoverview What a shell remembers beside its variables: positional parameters, functions, aliases, the last status, options. */
import { say } from '../../lib/io';
import { Command } from './syntax/syntax';

export const functions = new Map<string, Command>();
export const aliases = new Map<string, string>();
/** Where programs were found on the PATH. */
export const places = new Map<string, string>();

/** `$?`, `$!`, `$$`, `$0`. */
export class State {
  status: i32 = 0;
  lastBackground: i32 = 0;
  pid: i32 = 0;
  name: string = 'sh';
  /** The language is bash's, not only POSIX's. */
  bash: bool = false;
  /** Of the command that runs, in its text; of `$LINENO` and of complaints. */
  line: i32 = 0;
  /** A script from a file: FUNCNAME ends with `main`. */
  fromFile: bool = false;
  /** Functions that run, the innermost last. */
  functionNames: string[] = [];
  /** Where the local variables of the innermost begin. */
  localsFrom: i32 = 0;
  parameters: string[] = [];
  interactive: bool = false;
  /** It, or the shell that forked it, is interactive. */
  prompts: bool = false;
  /** Started as a login shell. */
  login: bool = false;
  /** In a child that the shell has forked. */
  inSubshell: bool = false;
  /** Letters of the options that are set: a b C e f m n u v x. */
  options: string = '';
  /** Options that have no letter, by name. */
  named: Set<string> = new Set<string>();
  /** Lines are edited by the shell, not only by the terminal (set -o emacs). */
  editing: bool = true;
  /** Where a failure does not end a `set -e` shell: conditions. */
  conditionDepth: i32 = 0;
  /** A command substitution has run, whose status counts where there is no command. */
  substituted: bool = false;
  /** Loops around, functions around. */
  loops: i32 = 0;
  callDepth: i32 = 0;
  /** Loops still to be left by break (or continued, at the last), a return on its way, the shell's end. */
  breaking: i32 = 0;
  continuing: bool = false;
  returning: bool = false;
  exiting: bool = false;
  interrupted: bool = false;
  /** Failed in a way that ends a script: ${x?}, division by zero. */
  failed: bool = false;
  /** bash: of the script only the complete command is given up, it goes on behind that. */
  recovers: bool = false;

  /** Does anything keep the next command from running? */
  get leaving(): bool {
    return this.breaking > 0 || this.returning || this.exiting || this.interrupted || this.failed;
  }

  /** What complaints begin with: in a script of bash the line, too. */
  get prefix(): string {
    return this.bash && !this.prompts && this.line ? this.name + ': line ' + this.line.toString() + ': ' : this.name + ': ';
  }

  has(option: string): bool {
    return this.options.includes(option);
  }
  set(option: string, on: bool): void {
    const without = this.options.replaceAll(option, '');
    this.options = on ? without + option : without;
  }
}
export const state = new State();

/** Says something of the shell, or of a builtin: 1, as the status of what went wrong. */
export function complain(text: string): i32 {
  say(state.prefix + text + '\n');
  return 1;
}
