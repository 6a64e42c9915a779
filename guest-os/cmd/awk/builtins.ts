// SPDX-License-Identifier: MIT
/** @fileoverview The functions that awk brings (POSIX.1-2017, XCU awk, Functions). */
import * as calls from '../../lib/calls';
import {
  assign,
  conversionFormat,
  evaluate,
  forgetSource,
  isTableAt,
  patternOf,
  record,
  RLENGTH,
  RSTART,
  setGlobal,
  tableAt,
  textOfValue,
} from './interpreter';
import { sprintf } from './format';
import { fatal, regexOf, splitText } from './records';
import { closeStream, flushAll, runCommand } from './streams';
import { Kind, Node } from './syntax';
import { Value, ZERO } from './values';

/** xorshift64*: not secret, only spread out. */
let seed: f64 = 0;
let random: u64 = 0x9e3779b97f4a7c15;
function plant(value: f64): void {
  seed = value;
  random = (reinterpret<u64>(value) ^ 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
  if (!random) random = 1;
}
function rand(): f64 {
  random ^= random >> 12;
  random ^= random << 25;
  random ^= random >> 27;
  return <f64>((random * 0x2545f4914f6cdd1d) >> 11) / 9007199254740992.0;
}

function number(node: Node, index: i32): f64 {
  return evaluate(node.children[index]).toNumber();
}
function text(node: Node, index: i32): string {
  return textOfValue(evaluate(node.children[index]));
}
/** The argument, or $0. */
function textOrRecord(node: Node): string {
  return node.children.length ? text(node, 0) : textOfValue(record.get(0, conversionFormat()));
}
function needs(node: Node, least: i32, most: i32): void {
  if (node.children.length < least || node.children.length > most) fatal(node.text + ': wrong number of arguments');
}

export function callBuiltin(node: Node): Value {
  const name = node.text;
  const count = node.children.length;
  if (name == 'length') return length(node);
  if (name == 'substr') return substr(node);
  if (name == 'split') return split(node);
  if (name == 'sub' || name == 'gsub') return substitute(node, name == 'gsub');
  if (name == 'sprintf') {
    if (!count) fatal('sprintf: no format');
    const values: Value[] = [];
    for (let i = 1; i < count; i++) values.push(evaluate(node.children[i]));
    return Value.string(sprintf(text(node, 0), values, conversionFormat()));
  }
  if (name == 'index') {
    needs(node, 2, 2);
    const whole = text(node, 0);
    return Value.number(whole.indexOf(text(node, 1)) + 1);
  }
  if (name == 'match') {
    needs(node, 2, 2);
    const whole = text(node, 0);
    const regex = regexOf(patternOf(node.children[1]));
    const found = regex.find(whole, 0);
    setGlobal(RSTART, Value.number(found ? regex.start + 1 : 0));
    setGlobal(RLENGTH, Value.number(found ? regex.end - regex.start : -1));
    return Value.number(found ? regex.start + 1 : 0);
  }
  if (name == 'tolower' || name == 'toupper') {
    needs(node, 1, 1);
    return Value.string(changeCase(text(node, 0), name == 'toupper'));
  }
  if (name == 'system') {
    needs(node, 1, 1);
    return Value.number(runCommand(text(node, 0)));
  }
  if (name == 'close') {
    needs(node, 1, 2);
    const stream = text(node, 0);
    forgetSource(stream);
    return Value.number(closeStream(stream));
  }
  if (name == 'fflush') {
    flushAll();
    return ZERO;
  }
  if (name == 'rand') return Value.number(rand());
  if (name == 'srand') {
    const old = seed;
    plant(count ? number(node, 0) : <f64>calls.time());
    return Value.number(old);
  }
  return mathematics(node, name);
}

function mathematics(node: Node, name: string): Value {
  needs(node, name == 'atan2' ? 2 : 1, name == 'atan2' ? 2 : 1);
  const value = number(node, 0);
  if (name == 'int') return Value.number(Math.trunc(value));
  if (name == 'sin') return Value.number(Math.sin(value));
  if (name == 'cos') return Value.number(Math.cos(value));
  if (name == 'exp') return Value.number(Math.exp(value));
  if (name == 'log') return Value.number(Math.log(value));
  if (name == 'sqrt') return Value.number(Math.sqrt(value));
  return Value.number(Math.atan2(value, number(node, 1)));
}

function length(node: Node): Value {
  needs(node, 0, 1);
  if (node.children.length) {
    const given = node.children[0];
    if ((given.kind == Kind.Global || given.kind == Kind.Local) && isTableAt(given)) return Value.number(tableAt(given).map.size);
  }
  return Value.number(textOrRecord(node).length);
}

function changeCase(text: string, upper: bool): string {
  let result = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const letter = upper ? <u32>(c - 0x61) < 26 : <u32>(c - 0x41) < 26;
    result += String.fromCharCode(letter ? c ^ 0x20 : c);
  }
  return result;
}

/** Positions are rounded, and what lies outside of the text is nothing. */
function substr(node: Node): Value {
  needs(node, 2, 3);
  const whole = text(node, 0);
  let start = rounded(number(node, 1));
  let end = node.children.length > 2 ? start + rounded(number(node, 2)) : Infinity;
  if (isNaN(start) || isNaN(end)) return Value.string('');
  start = max(start, 1);
  end = min(end, <f64>whole.length + 1);
  return Value.string(start < end ? whole.substring(<i32>start - 1, <i32>end - 1) : '');
}
/** To the nearest, halves to the even one, as rint does. */
function rounded(value: f64): f64 {
  return nearest<f64>(value);
}

function split(node: Node): Value {
  needs(node, 2, 3);
  const whole = text(node, 0);
  let separator = record.fieldSeparator;
  if (node.children.length > 2) {
    const given = node.children[2];
    separator = patternOf(given);
    // A regular expression of one character is one, also / /.
    if (given.kind == Kind.Regex && separator.length == 1) separator = '(' + separator + ')';
  }
  const table = tableAt(node.children[1]);
  const parts = splitText(whole, separator, record.paragraphs && separator != ' ');
  table.map.clear();
  for (let i = 0; i < parts.length; i++) table.map.set((i + 1).toString(), Value.input(parts[i]));
  return Value.number(parts.length);
}

/** sub and gsub: & is what matched; \\& is itself. */
function substitute(node: Node, all: bool): Value {
  needs(node, 2, 3);
  const regex = regexOf(patternOf(node.children[0]));
  const replacement = text(node, 1);
  const place = node.children.length > 2 ? node.children[2] : null;
  const whole = place ? textOfValue(evaluate(place)) : textOfValue(record.get(0, conversionFormat()));
  let result = '';
  let count = 0;
  let from = 0;
  let copied = 0;
  while (from <= whole.length && regex.find(whole, from)) {
    const start = regex.start;
    const end = regex.end;
    // No empty match directly behind the one before.
    if (start == end && count && start == copied) {
      from = end + 1;
      continue;
    }
    result += whole.substring(copied, start) + replaced(replacement, whole.substring(start, end));
    copied = end;
    count++;
    if (!all) break;
    from = end > start ? end : end + 1;
  }
  if (!count) return ZERO;
  result += whole.substring(copied);
  if (!place) record.set(Value.string(result));
  else if (place.kind <= Kind.Element) assign(place, Value.string(result));
  return Value.number(count);
}

function replaced(replacement: string, match: string): string {
  if (!replacement.includes('&') && !replacement.includes('\\')) return replacement;
  let result = '';
  for (let i = 0; i < replacement.length; i++) {
    const c = replacement.charAt(i);
    const next = i + 1 < replacement.length ? replacement.charAt(i + 1) : '';
    if (c == '\\' && (next == '&' || next == '\\')) {
      result += next;
      i++;
    } else result += c == '&' ? match : c;
  }
  return result;
}
