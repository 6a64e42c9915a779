// SPDX-License-Identifier: MIT
/**
 * @fileoverview Values of awk: numbers, strings, and strings from outside that look like numbers, which compare as such (POSIX.1-2017, XCU awk,
 * Expressions in awk). A value never changes; what is computed from it (its text, its number) is kept.
 */
import { formatDouble } from '../../lib/numbers';

const NUMBER: i32 = 1;
const STRING: i32 = 2;
/** From outside: whether it looks like a number is not known before somebody asks. */
const INPUT: i32 = 3;
const UNSET: i32 = 4;

export class Value {
  private looked: bool = false;
  private looks: bool = false;
  private hasNumber: bool = false;
  constructor(
    private readonly kind: i32,
    private amount: f64,
    private text: string,
  ) {}

  static number(amount: f64): Value {
    return new Value(NUMBER, amount, '');
  }
  static string(text: string): Value {
    return new Value(STRING, 0, text);
  }
  static input(text: string): Value {
    return new Value(INPUT, 0, text);
  }

  get isUnset(): bool {
    return this.kind == UNSET;
  }
  /** Whether it compares as a number. */
  get isNumeric(): bool {
    if (this.kind == INPUT) {
      if (!this.looked) {
        this.looked = true;
        this.looks = looksNumeric(this.text);
      }
      return this.looks;
    }
    return this.kind != STRING;
  }

  toNumber(): f64 {
    if (this.kind == NUMBER) return this.amount;
    if (!this.hasNumber) {
      this.hasNumber = true;
      this.amount = numberAt(this.text);
    }
    return this.amount;
  }
  /** `format`: CONVFMT, or OFMT for print. */
  toText(format: string): string {
    return this.kind == NUMBER ? numberText(this.amount, format) : this.text;
  }
  toBool(): bool {
    if (this.kind == NUMBER || (this.kind == INPUT && this.isNumeric)) return this.toNumber() != 0;
    return this.text.length > 0;
  }
}

export const UNSET_VALUE: Value = new Value(UNSET, 0, '');
export const ZERO: Value = Value.number(0);
export const ONE: Value = Value.number(1);

/** Whole numbers of up to 53 bits are written as such, others by the format. */
export function numberText(amount: f64, format: string): string {
  if (amount == Math.trunc(amount) && Math.abs(amount) < 1e16) return (<i64>amount).toString();
  if (isNaN(amount)) return reinterpret<u64>(amount) >> 63 ? '-nan' : 'nan';
  if (!isFinite(amount)) return amount < 0 ? '-inf' : 'inf';
  if (format == '%.6g') return formatDouble(amount, 'g', 6);
  return formatter!(format, Value.number(amount));
}

/** sprintf, which knows all formats; it is put here by the module that has it. */
let formatter: ((format: string, value: Value) => string) | null = null;
export function setFormatter(made: (format: string, value: Value) => string): void {
  formatter = made;
}

function isSpace(c: i32): bool {
  return c == 0x20 || (c >= 9 && c <= 13);
}
function isDigit(c: i32): bool {
  return <u32>(c - 0x30) < 10;
}

/** Where the decimal number ends that begins at `start`; `start` where there is none. */
function numberEnd(text: string, start: i32): i32 {
  const size = text.length;
  let at = start;
  if (at < size && (text.charCodeAt(at) == 0x2b || text.charCodeAt(at) == 0x2d)) at++;
  const digits = at;
  while (at < size && isDigit(text.charCodeAt(at))) at++;
  let count = at - digits;
  if (at < size && text.charCodeAt(at) == 0x2e) {
    at++;
    const fraction = at;
    while (at < size && isDigit(text.charCodeAt(at))) at++;
    count += at - fraction;
  }
  if (!count) return start;
  if (at < size && (text.charCodeAt(at) | 0x20) == 0x65) {
    let power = at + 1;
    if (power < size && (text.charCodeAt(power) == 0x2b || text.charCodeAt(power) == 0x2d)) power++;
    if (power < size && isDigit(text.charCodeAt(power))) {
      while (power < size && isDigit(text.charCodeAt(power))) power++;
      at = power;
    }
  }
  return at;
}

/** The number at the beginning of a text; 0 where there is none. */
export function numberAt(text: string): f64 {
  let start = 0;
  while (start < text.length && isSpace(text.charCodeAt(start))) start++;
  const end = numberEnd(text, start);
  if (end == start) return 0;
  // Short whole numbers, which most are.
  if (end - start < 10) {
    let value = 0;
    let at = start;
    const negative = text.charCodeAt(at) == 0x2d;
    if (negative || text.charCodeAt(at) == 0x2b) at++;
    for (; at < end && isDigit(text.charCodeAt(at)); at++) value = value * 10 + text.charCodeAt(at) - 0x30;
    if (at == end) return negative ? -(<f64>value) : <f64>value;
  }
  return parseFloat(text.substring(start, end));
}

function looksNumeric(text: string): bool {
  let start = 0;
  while (start < text.length && isSpace(text.charCodeAt(start))) start++;
  let end = numberEnd(text, start);
  if (end == start) return false;
  while (end < text.length && isSpace(text.charCodeAt(end))) end++;
  return end == text.length;
}

/** An array: values by subscript. */
export class Table {
  readonly map: Map<string, Value> = new Map<string, Value>();
  get(key: string): Value {
    if (this.map.has(key)) return this.map.get(key);
    // Asking makes an element.
    this.map.set(key, UNSET_VALUE);
    return UNSET_VALUE;
  }
}

/**
 * What a variable holds. A parameter for which the caller gave a variable without a value yet leads back to it: whoever uses it as an array first
 * makes it one for both.
 */
export class Cell {
  value: Value = UNSET_VALUE;
  private made: Table | null = null;
  origin: Cell | null = null;

  table(): Table {
    const own = this.made;
    if (own) return own;
    const origin = this.origin;
    const table = origin ? origin.table() : new Table();
    this.made = table;
    return table;
  }
  setTable(table: Table): void {
    this.made = table;
  }
  get isTable(): bool {
    const origin = this.origin;
    return this.made != null || (origin != null && origin.isTable);
  }
}
