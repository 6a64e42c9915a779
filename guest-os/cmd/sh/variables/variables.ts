// SPDX-License-Identifier: MIT
/**
 * @fileoverview A shell's variables: what they hold, which are exported, read only or local.
 *
 * In bash a variable may be an array (arrays.ts), another name for one that a caller has (declare -n), hold only integers or letters of one case, or
 * be computed when it is asked for (dynamic.ts). A local variable hides the outer one of its name until its function ends; callees see it.
 */
import { environment } from '../../../lib/process';
import { Arithmetic } from '../expand/arithmetic';
import { ShellArray } from './arrays';
import { dynamicValue, isDynamic, setDynamic } from './dynamic';
import { places, state } from '../state';

export class Variable {
  value: string | null = null;
  array: ShellArray | null = null;
  exported: bool = false;
  readOnly: bool = false;
  integer: bool = false;
  /** `l`, `u`: letters are made lower or upper case. */
  fold: string = '';
  /** Another variable that this is a name of; nothing: it is itself. */
  reference: string = '';

  get isSet(): bool {
    const array = this.array;
    return array ? array.has('0') : this.value != null;
  }
  get text(): string {
    const array = this.array;
    if (array) return array.get('0');
    const value = this.value;
    return value == null ? '' : value;
  }
  /** As the variable's kind has values. */
  converted(value: string): string {
    if (this.integer) return new Arithmetic(value).evaluate().toString();
    return this.fold == 'l' ? value.toLowerCase() : this.fold == 'u' ? value.toUpperCase() : value;
  }
  assign(value: string): void {
    const array = this.array;
    if (array) array.set('0', this.converted(value));
    else this.value = this.converted(value);
  }
}

const variables = new Map<string, Variable>();
const PIPESTATUS: string = 'PIPESTATUS';

/** Exit statuses of the last pipeline's commands; PIPESTATUS is made of them when somebody asks for it. */
let statuses: i32[] = [];
let areNew = false;
/** Of a command without a process of its own. */
export function noteStatus(status: i32): void {
  statuses.length = 1;
  statuses[0] = status;
  areNew = true;
}
export function noteStatuses(all: i32[]): void {
  statuses = all;
  areNew = true;
}
function takeStatuses(): void {
  areNew = false;
  const values: string[] = [];
  for (let i = 0; i < statuses.length; i++) values.push(statuses[i].toString());
  setArray(PIPESTATUS, values);
}

/** Null: there is none. Names of names are followed. */
export function find(name: string): Variable | null {
  if (areNew && name == PIPESTATUS) takeStatuses();
  let last: Variable | null = null;
  let at = name;
  for (let depth = 0; depth < 10; depth++) {
    if (!variables.has(at)) return null;
    last = variables.get(at);
    if (!last.reference.length) return last;
    at = last.reference;
  }
  return last;
}
/** The variable, made if need be. */
export function make(name: string): Variable {
  const found = find(name);
  if (found) return found;
  let at = name;
  for (let depth = 0; depth < 10 && variables.has(at); depth++) at = variables.get(at).reference;
  const made = new Variable();
  variables.set(at, made);
  return made;
}
/** The variable of just this name, made if need be, for `declare -n`. */
export function makeItself(name: string): Variable {
  if (!variables.has(name)) variables.set(name, new Variable());
  return variables.get(name);
}

export function importEnvironment(): void {
  const list = environment();
  for (let i = 0; i < list.length; i++) {
    const equals = list[i].indexOf('=');
    if (equals <= 0) continue;
    const variable = make(list[i].substring(0, equals));
    variable.value = list[i].substring(equals + 1);
    variable.exported = true;
  }
}

export function has(name: string): bool {
  if (state.bash && isDynamic(name)) return true;
  const found = find(name);
  return found != null && found.isSet;
}
export function get(name: string): string {
  if (state.bash && isDynamic(name)) return dynamicValue(name);
  const found = find(name);
  return found ? found.text : '';
}
export function setVariable(name: string, value: string): void {
  if (state.bash && isDynamic(name)) return setDynamic(name, value);
  const variable = make(name);
  variable.assign(value);
  if (name == 'PATH') places.clear();
  if (state.has('a')) variable.exported = true;
}
/** It is there, if only to be exported. */
export function isKnown(name: string): bool {
  if (areNew && name == PIPESTATUS) takeStatuses();
  return variables.has(name);
}
/** An array of values from 0 on. */
export function setArray(name: string, values: string[]): void {
  const array = new ShellArray(false);
  for (let i = 0; i < values.length; i++) array.set(i.toString(), values[i]);
  make(name).array = array;
}
export function unsetVariable(name: string): void {
  if (name == PIPESTATUS) areNew = false;
  variables.delete(name);
  if (name == 'PATH') places.clear();
}
export function exportVariable(name: string): void {
  make(name).exported = true;
}
export function isExported(name: string): bool {
  const found = find(name);
  return found != null && found.exported && found.isSet;
}
export function makeReadOnly(name: string): void {
  make(name).readOnly = true;
}
export function isReadOnly(name: string): bool {
  const found = find(name);
  return found != null && found.readOnly;
}
/** Of all that are set. */
export function names(): string[] {
  if (areNew) takeStatuses();
  const all = variables.keys();
  const set: string[] = [];
  for (let i = 0; i < all.length; i++) {
    const variable = variables.get(all[i]);
    if (variable.isSet || variable.array != null) set.push(all[i]);
  }
  return set;
}

/** `NAME=value` for execve. Arrays cannot be exported. */
export function exportedList(): string[] {
  const list: string[] = [];
  const all = variables.keys();
  for (let i = 0; i < all.length; i++) {
    const variable = variables.get(all[i]);
    const value = variable.value;
    if (variable.exported && value != null) list.push(all[i] + '=' + value);
  }
  return list;
}

// ---- local variables

/** What a variable was before. */
class Outer {
  constructor(
    public readonly name: string,
    public readonly variable: Variable | null,
  ) {}
}
let locals: Outer[] = [];

/** Where a function's local variables begin. */
export function localMark(): i32 {
  return locals.length;
}
/** From here on until the function ends the variable is its own: with the outer one's value in sh, without in bash. */
export function makeLocal(name: string): Variable {
  const outer: Variable | null = variables.has(name) ? variables.get(name) : null;
  for (let i = locals.length - 1; i >= state.localsFrom; i--) if (locals[i].name == name && outer) return outer;
  locals.push(new Outer(name, outer));
  const own = new Variable();
  if (outer) {
    own.exported = outer.exported;
    if (!state.bash) own.value = outer.value;
  }
  variables.set(name, own);
  return own;
}
export function endLocals(mark: i32): void {
  while (locals.length > mark) {
    const outer = locals.pop();
    const variable = outer.variable;
    if (variable) variables.set(outer.name, variable);
    else variables.delete(outer.name);
    if (outer.name == 'PATH') places.clear();
  }
}
/** What variables were before assignments that last for one command. */
export class Remembered {
  private readonly names: string[] = [];
  private readonly before: (Variable | null)[] = [];

  add(name: string): void {
    const old: Variable | null = variables.has(name) ? variables.get(name) : null;
    this.names.push(name);
    this.before.push(old);
    const own = new Variable();
    if (old) {
      own.value = old.value;
      own.readOnly = old.readOnly;
    }
    variables.set(name, own);
  }
  restore(): void {
    for (let i = this.names.length - 1; i >= 0; i--) {
      const old = this.before[i];
      if (old) variables.set(this.names[i], old);
      else variables.delete(this.names[i]);
      if (this.names[i] == 'PATH') places.clear();
    }
  }
}
