// SPDX-License-Identifier: MIT
/**
 * @fileoverview Runs the tree of an awk program.
 *
 * Statements that leave others (next, break, return …) set {@link leaving}, at which each statement stops until somebody takes it back.
 * Special variables are globals like others; NF is asked from the record, and those that the record or output needs are handed on when assigned.
 */
import { out } from '../../lib/io';
import { callBuiltin } from './builtins';
import { sprintf } from './format';
import { nextMainRecord, skipFile } from './input';
import { fatal, Record, regexOf, Source } from './records';
import { inputFrom, outputTo } from './streams';
import { Kind, Node, Program, Rule } from './syntax';
import { Cell, ONE, Table, UNSET_VALUE, Value, ZERO } from './values';

// Slots of special variables: their places in SPECIALS (expressions.ts).
export const NF: i32 = 0;
export const NR: i32 = 1;
export const FNR: i32 = 2;
const FS: i32 = 3;
const OFS: i32 = 4;
export const RS: i32 = 5;
const ORS: i32 = 6;
const SUBSEP: i32 = 7;
const CONVFMT: i32 = 8;
const OFMT: i32 = 9;
export const RSTART: i32 = 10;
export const RLENGTH: i32 = 11;
export const FILENAME: i32 = 12;
export const ENVIRON: i32 = 13;
export const ARGC: i32 = 14;
export const ARGV: i32 = 15;

const enum Leaving {
  No,
  Next,
  Exit,
  Return,
  Break,
  Continue,
}
let leaving: Leaving = Leaving.No;
let result: Value = UNSET_VALUE;
export let exitStatus: i32 = 0;

let program: Program = new Program();
let globals: Cell[] = [];
let locals: Cell[] = [];
let depth = 0;
const DEEPEST: i32 = 1000;
export const record: Record = new Record();

let convfmt: string = '%.6g';
let ofmt: string = '%.6g';
let ofs: string = ' ';
let ors: string = '\n';
let subsep: string = '\x1c';
export let rs: string = '\n';

export function prepare(made: Program): void {
  program = made;
  globals = [];
  for (let i = 0; i < made.globals.length; i++) globals.push(new Cell());
  setGlobal(FS, Value.string(' '));
  setGlobal(OFS, Value.string(' '));
  setGlobal(RS, Value.string('\n'));
  setGlobal(ORS, Value.string('\n'));
  setGlobal(SUBSEP, Value.string('\x1c'));
  setGlobal(CONVFMT, Value.string('%.6g'));
  setGlobal(OFMT, Value.string('%.6g'));
  setGlobal(NR, ZERO);
  setGlobal(FNR, ZERO);
  setGlobal(RSTART, ZERO);
  setGlobal(RLENGTH, Value.number(-1));
}

/** A variable by name, from the command line; false: the program knows no such variable, and nobody can see it. */
export function setByName(name: string, value: Value): bool {
  const slot = program.globals.indexOf(name);
  if (slot >= 0) setGlobal(slot, value);
  return slot >= 0;
}
export function getGlobal(slot: i32): Value {
  return slot == NF ? Value.number(record.count) : globals[slot].value;
}
export function tableOf(slot: i32): Table {
  return globals[slot].table();
}
export function setGlobal(slot: i32, value: Value): void {
  globals[slot].value = value;
  if (slot > OFMT) return;
  if (slot == NF) return record.setCount(<i32>value.toNumber());
  if (slot == NR || slot == FNR) return;
  const text = value.toText(convfmt);
  if (slot == FS) record.fieldSeparator = text;
  else if (slot == OFS) {
    // What is joined from now on; a record that is already stale is joined with what was.
    record.get(0, convfmt);
    record.outputSeparator = ofs = text;
  } else if (slot == RS) {
    rs = text;
    record.paragraphs = !text.length;
  } else if (slot == ORS) ors = text;
  else if (slot == SUBSEP) subsep = text;
  else if (slot == CONVFMT) convfmt = text;
  else ofmt = text;
}

export function textOfValue(value: Value): string {
  return value.toText(convfmt);
}
export function conversionFormat(): string {
  return convfmt;
}

// ---- the whole

/** BEGIN, the input, END: sets {@link exitStatus}. */
export function runProgram(): void {
  runAll(program.begins);
  // After an exit in BEGIN nothing is read, but END still runs; after one in END nothing does.
  if (leaving == Leaving.Exit) leaving = Leaving.No;
  else if (program.rules.length || program.ends.length) runInput();
  leaving = Leaving.No;
  runAll(program.ends);
}

function runAll(blocks: Node[]): void {
  for (let i = 0; i < blocks.length; i++) {
    run(blocks[i]);
    if (leaving == Leaving.Exit) return;
    leaving = Leaving.No;
  }
}

function runInput(): void {
  while (true) {
    const text = nextMainRecord();
    if (text == null) return;
    record.set(Value.input(text));
    for (let i = 0; i < program.rules.length; i++) {
      if (applies(program.rules[i])) act(program.rules[i]);
      if (leaving == Leaving.Exit) return;
      if (leaving == Leaving.Next) break;
    }
    leaving = Leaving.No;
  }
}

function applies(rule: Rule): bool {
  const pattern = rule.pattern;
  if (!pattern) return true;
  const end = rule.end;
  if (!end) return evaluate(pattern).toBool();
  if (!rule.inRange) {
    if (!evaluate(pattern).toBool()) return false;
    rule.inRange = true;
  }
  if (evaluate(end).toBool()) rule.inRange = false;
  return true;
}

function act(rule: Rule): void {
  const action = rule.action;
  if (action) run(action);
  else {
    out(record.get(0, convfmt).toText(convfmt));
    out(ors);
  }
}

// ---- statements

function run(node: Node): void {
  switch (node.kind) {
    case Kind.Block:
      for (let i = 0; i < node.children.length && !leaving; i++) run(node.children[i]);
      return;
    case Kind.Expression:
      evaluate(node.children[0]);
      return;
    case Kind.If:
      if (evaluate(node.first!).toBool()) run(node.children[0]);
      else if (node.children.length > 1) run(node.children[1]);
      return;
    case Kind.While:
      while (evaluate(node.first!).toBool()) {
        run(node.children[0]);
        if (leavesLoop()) return;
      }
      return;
    case Kind.Do:
      do {
        run(node.children[0]);
        if (leavesLoop()) return;
      } while (evaluate(node.first!).toBool());
      return;
    case Kind.For:
      if (node.first) run(node.first!);
      while (!node.second || evaluate(node.second!).toBool()) {
        run(node.children[0]);
        if (leavesLoop()) return;
        if (node.third) run(node.third!);
      }
      return;
    case Kind.ForIn: {
      const keys = tableAt(node.second!).map.keys();
      for (let i = 0; i < keys.length; i++) {
        assign(node.first!, Value.input(keys[i]));
        run(node.children[0]);
        if (leavesLoop()) return;
      }
      return;
    }
    case Kind.Print:
    case Kind.Printf:
      print(node);
      return;
    case Kind.Next:
      leaving = Leaving.Next;
      return;
    case Kind.NextFile:
      skipFile();
      leaving = Leaving.Next;
      return;
    case Kind.Exit:
      // Without a status, exit in END keeps the one before.
      if (node.first) exitStatus = <i32>evaluate(node.first!).toNumber() & 0xff;
      leaving = Leaving.Exit;
      return;
    case Kind.Return:
      result = node.first ? evaluate(node.first!) : UNSET_VALUE;
      leaving = Leaving.Return;
      return;
    case Kind.Break:
      leaving = Leaving.Break;
      return;
    case Kind.Continue:
      leaving = Leaving.Continue;
      return;
    case Kind.Delete: {
      const table = tableAt(node.first!);
      if (node.children.length) table.map.delete(subscript(node.children, 0));
      else table.map.clear();
      return;
    }
  }
}

/** After a loop's body. */
function leavesLoop(): bool {
  if (leaving == Leaving.Continue) leaving = Leaving.No;
  if (leaving == Leaving.Break) {
    leaving = Leaving.No;
    return true;
  }
  return leaving != Leaving.No;
}

function print(node: Node): void {
  let text = '';
  if (node.kind == Kind.Printf) {
    const values: Value[] = [];
    for (let i = 1; i < node.children.length; i++) values.push(evaluate(node.children[i]));
    text = sprintf(evaluate(node.children[0]).toText(convfmt), values, convfmt);
  } else {
    if (!node.children.length) text = record.get(0, convfmt).toText(ofmt);
    for (let i = 0; i < node.children.length; i++) text += (i ? ofs : '') + evaluate(node.children[i]).toText(ofmt);
    text += ors;
  }
  if (!node.text.length) {
    out(text);
    return;
  }
  const writer = outputTo(node.text, evaluate(node.first!).toText(convfmt));
  if (!writer) {
    fatal('cannot redirect output');
    return;
  }
  writer.write(text);
  if (writer.descriptor <= 2) writer.flush();
}

// ---- expressions

function evaluateText(node: Node): string {
  return evaluate(node).toText(convfmt);
}

export function evaluate(node: Node): Value {
  const children = node.children;
  switch (node.kind) {
    case Kind.Number:
      return Value.number(node.number);
    case Kind.String:
      return Value.string(node.text);
    case Kind.Regex:
      return truth(regexOf(node.text).test(record.get(0, convfmt).toText(convfmt)));
    case Kind.Global:
      return node.slot == NF ? Value.number(record.count) : globals[node.slot].value;
    case Kind.Local:
      return locals[node.slot].value;
    case Kind.Field:
      return record.get(<i32>evaluate(children[0]).toNumber(), convfmt);
    case Kind.Element:
      return tableAt(children[0]).get(subscript(children, 1));
    case Kind.Assign: {
      const value = evaluate(children[1]);
      assign(children[0], value);
      return value;
    }
    case Kind.AssignOperator: {
      const right = evaluate(children[1]).toNumber();
      const value = Value.number(calculate(node.text.charCodeAt(0), evaluate(children[0]).toNumber(), right));
      assign(children[0], value);
      return value;
    }
    case Kind.Conditional:
      return evaluate(evaluate(children[0]).toBool() ? children[1] : children[2]);
    case Kind.Or:
      return truth(evaluate(children[0]).toBool() || evaluate(children[1]).toBool());
    case Kind.And:
      return truth(evaluate(children[0]).toBool() && evaluate(children[1]).toBool());
    case Kind.In: {
      const left = children[0];
      const key = left.kind == Kind.List ? subscript(left.children, 0) : evaluateText(left);
      return truth(tableAt(children[1]).map.has(key));
    }
    case Kind.Match:
      return truth(matches(children[0], children[1]));
    case Kind.NoMatch:
      return truth(!matches(children[0], children[1]));
    case Kind.Compare:
      return truth(compares(node.text, evaluate(children[0]), evaluate(children[1])));
    case Kind.Concatenate: {
      const left = evaluateText(children[0]);
      return Value.string(left + evaluateText(children[1]));
    }
    case Kind.Arithmetic: {
      const left = evaluate(children[0]).toNumber();
      return Value.number(calculate(node.text.charCodeAt(0), left, evaluate(children[1]).toNumber()));
    }
    case Kind.Not:
      return truth(!evaluate(children[0]).toBool());
    case Kind.Minus:
      return Value.number(-evaluate(children[0]).toNumber());
    case Kind.Plus:
      return Value.number(evaluate(children[0]).toNumber());
    case Kind.Before: {
      const value = Value.number(evaluate(children[0]).toNumber() + node.number);
      assign(children[0], value);
      return value;
    }
    case Kind.Behind: {
      const old = evaluate(children[0]).toNumber();
      assign(children[0], Value.number(old + node.number));
      return Value.number(old);
    }
    case Kind.Group:
      return evaluate(children[0]);
    case Kind.List:
      return Value.string(subscript(children, 0));
    case Kind.Builtin:
      return callBuiltin(node);
    case Kind.Call:
      return call(node);
    case Kind.Getline:
      return getline(node);
  }
  return UNSET_VALUE;
}

function truth(value: bool): Value {
  return value ? ONE : ZERO;
}

/** Left first; a regular expression on the right is not matched against $0. */
function matches(left: Node, right: Node): bool {
  const text = evaluateText(left);
  return regexOf(patternOf(right)).test(text);
}

/** A regular expression as it is written, or the text of a value. */
export function patternOf(node: Node): string {
  return node.kind == Kind.Regex ? node.text : evaluateText(node);
}

function compares(operator: string, left: Value, right: Value): bool {
  let order: i32;
  if (left.isNumeric && right.isNumeric) {
    const a = left.toNumber();
    const b = right.toNumber();
    order = a < b ? -1 : a > b ? 1 : a == b ? 0 : 1;
  } else {
    const a = left.toText(convfmt);
    const b = right.toText(convfmt);
    order = a < b ? -1 : a > b ? 1 : 0;
  }
  switch (operator.charCodeAt(0)) {
    case 0x3c:
      return operator.length > 1 ? order <= 0 : order < 0;
    case 0x3e:
      return operator.length > 1 ? order >= 0 : order > 0;
    case 0x3d:
      return order == 0;
  }
  return order != 0;
}

function calculate(operator: i32, left: f64, right: f64): f64 {
  switch (operator) {
    case 0x2b:
      return left + right;
    case 0x2d:
      return left - right;
    case 0x2a:
      return left * right;
    case 0x2f:
      if (right == 0) fatal('division by zero');
      return left / right;
    case 0x25:
      if (right == 0) fatal('division by zero in %');
      return left % right;
  }
  return Math.pow(left, right);
}

/** Subscripts from `first` on, joined. */
export function subscript(nodes: Node[], first: i32): string {
  let text = subscriptText(nodes[first]);
  for (let i = first + 1; i < nodes.length; i++) text += subsep + subscriptText(nodes[i]);
  return text;
}
function subscriptText(node: Node): string {
  return evaluate(node).toText(convfmt);
}

function cellOf(node: Node): Cell {
  return node.kind == Kind.Local ? locals[node.slot] : globals[node.slot];
}

export function isTableAt(node: Node): bool {
  return cellOf(node).isTable;
}

/** The array that a name stands for. */
export function tableAt(node: Node): Table {
  if (node.kind != Kind.Global && node.kind != Kind.Local) fatal('this is no array');
  return cellOf(node).table();
}

export function assign(place: Node, value: Value): void {
  switch (place.kind) {
    case Kind.Global:
      if (globals[place.slot].isTable) fatal('cannot assign to ' + program.globals[place.slot] + ': it is an array');
      setGlobal(place.slot, value);
      return;
    case Kind.Local:
      locals[place.slot].value = value;
      return;
    case Kind.Field:
      record.setField(<i32>evaluate(place.children[0]).toNumber(), value);
      return;
    case Kind.Element: {
      const key = subscript(place.children, 1);
      tableAt(place.children[0]).map.set(key, value);
      return;
    }
    case Kind.Group:
      return assign(place.children[0], value);
  }
  fatal('cannot assign to this');
}

function call(node: Node): Value {
  const called = program.functions[node.slot];
  if (node.children.length > called.parameters.length) fatal('function ' + called.name + ' called with too many arguments');
  if (++depth > DEEPEST) fatal('functions called too deep');
  const frame: Cell[] = [];
  for (let i = 0; i < called.parameters.length; i++) {
    const cell = new Cell();
    frame.push(cell);
    if (i >= node.children.length) continue;
    const given = node.children[i];
    if (given.kind == Kind.Global || given.kind == Kind.Local) {
      const from = cellOf(given);
      if (from.isTable) cell.setTable(from.table());
      else if (given.kind == Kind.Global && given.slot == NF) cell.value = evaluate(given);
      else {
        cell.value = from.value;
        if (from.value.isUnset) cell.origin = from;
      }
    } else cell.value = evaluate(given);
  }
  const outer = locals;
  locals = frame;
  run(called.body!);
  locals = outer;
  depth--;
  if (leaving != Leaving.Return) return UNSET_VALUE;
  leaving = Leaving.No;
  const value = result;
  result = UNSET_VALUE;
  return value;
}

const sources = new Map<string, Source>();
/** Forgets a source that was closed. */
export function forgetSource(name: string): void {
  if (sources.has(name)) sources.delete(name);
}

function getline(node: Node): Value {
  let text: string | null;
  if (!node.text.length) text = nextMainRecord();
  else {
    const name = evaluateText(node.second!);
    const reader = inputFrom(node.text == '|', name);
    if (!reader) return Value.number(-1);
    if (!sources.has(name)) sources.set(name, new Source(reader));
    text = sources.get(name).next(rs);
    if (text == null && reader.error) return Value.number(-1);
    if (text != null && node.text == '|') count(false);
  }
  if (text == null) return ZERO;
  const place = node.first;
  if (place) assign(place, Value.input(text));
  else record.set(Value.input(text));
  return ONE;
}

/** One more record; `ofFile`: FNR too. */
export function count(ofFile: bool): void {
  globals[NR].value = Value.number(globals[NR].value.toNumber() + 1);
  if (ofFile) globals[FNR].value = Value.number(globals[FNR].value.toNumber() + 1);
}
