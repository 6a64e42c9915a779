// SPDX-License-Identifier: MIT
/** @fileoverview What a shell remembers: variables and which are local, positional parameters, functions, aliases, the last status, options. */
import { environment } from '../../lib/process';
import { Command } from './syntax';

const variables = new Map<string, string>();
const exported = new Set<string>();
const readOnly = new Set<string>();
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
  parameters: string[] = [];
  interactive: bool = false;
  /** Started as a login shell. */
  login: bool = false;
  /** In a child that the shell has forked. */
  inSubshell: bool = false;
  /** Letters of the options that are set: a b C e f m n u v x. */
  options: string = '';
  /** Lines are edited by the shell, not only by the terminal (set -o emacs). */
  editing: bool = true;
  /** Where a failure does not end a `set -e` shell: conditions. */
  conditionDepth: i32 = 0;
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

  /** Does anything keep the next command from running? */
  get leaving(): bool {
    return this.breaking > 0 || this.returning || this.exiting || this.interrupted || this.failed;
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

export function importEnvironment(): void {
  const list = environment();
  for (let i = 0; i < list.length; i++) {
    const equals = list[i].indexOf('=');
    if (equals <= 0) continue;
    variables.set(list[i].substring(0, equals), list[i].substring(equals + 1));
    exported.add(list[i].substring(0, equals));
  }
}

export function has(name: string): bool {
  return variables.has(name);
}
export function get(name: string): string {
  return variables.has(name) ? variables.get(name) : '';
}
export function setVariable(name: string, value: string): void {
  variables.set(name, value);
  if (name == 'PATH') places.clear();
  if (state.has('a')) exported.add(name);
}
export function unsetVariable(name: string): void {
  variables.delete(name);
  exported.delete(name);
  if (name == 'PATH') places.clear();
}
export function exportVariable(name: string): void {
  exported.add(name);
}
export function isExported(name: string): bool {
  return exported.has(name);
}
export function makeReadOnly(name: string): void {
  readOnly.add(name);
}
export function isReadOnly(name: string): bool {
  return readOnly.has(name);
}
export function names(): string[] {
  return variables.keys();
}

/** `NAME=value` for execve. */
export function exportedList(): string[] {
  const list: string[] = [];
  const all = variables.keys();
  for (let i = 0; i < all.length; i++) if (exported.has(all[i])) list.push(all[i] + '=' + variables.get(all[i]));
  return list;
}

// ---- local variables

/** What a variable was before. */
class Outer {
  constructor(
    public readonly name: string,
    public readonly value: string | null,
    public readonly exported: bool,
  ) {}
}
let locals: Outer[] = [];

/** Where a function's local variables begin. */
export function localMark(): i32 {
  return locals.length;
}
/** From here on until the function ends the variable is its own. */
export function makeLocal(name: string): void {
  const value: string | null = variables.has(name) ? variables.get(name) : null;
  locals.push(new Outer(name, value, exported.has(name)));
}
export function endLocals(mark: i32): void {
  while (locals.length > mark) {
    const outer = locals.pop();
    const value = outer.value;
    if (value != null) variables.set(outer.name, value);
    else variables.delete(outer.name);
    if (outer.name == 'PATH') places.clear();
    if (outer.exported) exported.add(outer.name);
    else exported.delete(outer.name);
  }
}
