// SPDX-License-Identifier: MIT
/**
 * @fileoverview `$((…))`: C's integer expressions over 64 bits (POSIX.1-2017, 2.6.4), assignments included. bash has more: `++`, `--`, `**`, the comma,
 * numbers as BASE#DIGITS, elements of arrays, and variables whose values are expressions.
 */
import { assignElement } from '../variables/assignment';
import { expandText, fail } from './expand';
import { keyOf, Parameter } from './parameter';
import { state } from '../state';
import { get } from '../variables/variables';
import { isNamePart, isNameStart, skipTo } from '../syntax/words';

/** Variables whose values name variables, and so on. */
const MOST_DEPTH: i32 = 100;

/** An expression that has been expanded; a mistake is told. Nothing is 0. */
export function numberOf(text: string): i64 {
  if (!text.trim().length) return 0;
  const arithmetic = new Arithmetic(text);
  const value = arithmetic.evaluate();
  if (arithmetic.error.length) {
    fail(text + ': ' + arithmetic.error);
    state.recovers = state.bash;
  }
  return value;
}

/** `((…))` and `let`: 0 for what is not 0. */
export function truthOf(expression: string): i32 {
  return numberOf(expandText(expression)) != 0 ? 0 : 1;
}

export class Arithmetic {
  private at: i32 = 0;
  error: string = '';
  /** Operands that do not count are read, and change nothing. */
  private skipping: i32 = 0;
  constructor(
    private readonly text: string,
    private readonly depth: i32 = 0,
  ) {}

  evaluate(): i64 {
    const value = this.list();
    this.skip();
    if (this.at < this.text.length && !this.error.length) this.error = 'arithmetic syntax error';
    return value;
  }

  private skip(): void {
    while (this.at < this.text.length && this.text.charCodeAt(this.at) <= 0x20) this.at++;
  }
  private take(operator: string): bool {
    this.skip();
    if (this.text.substr(this.at, operator.length) != operator) return false;
    this.at += operator.length;
    return true;
  }
  private ahead(i: i32): i32 {
    return this.at + i < this.text.length ? this.text.charCodeAt(this.at + i) : -1;
  }

  private list(): i64 {
    let value = this.ternary();
    while (state.bash && !this.error.length && this.take(',')) value = this.ternary();
    return value;
  }

  private ternary(): i64 {
    const condition = this.binary(0);
    if (!this.take('?')) return condition;
    if (!condition) this.skipping++;
    const yes = this.ternary();
    if (!condition) this.skipping--;
    if (!this.take(':')) this.error = 'arithmetic syntax error';
    if (condition) this.skipping++;
    const no = this.ternary();
    if (condition) this.skipping--;
    return condition ? yes : no;
  }

  /** Levels from the loosest: || && | ^ & == != < > shifts + - * / %. */
  private binary(level: i32): i64 {
    if (level == 10) return this.power();
    let left = this.binary(level + 1);
    while (true) {
      this.skip();
      const operator = this.operatorAt(level);
      if (!operator.length) return left;
      this.at += operator.length;
      const decided = (operator == '&&' && !left) || (operator == '||' && left != 0);
      if (decided) this.skipping++;
      const right = this.binary(level + 1);
      if (decided) this.skipping--;
      left = this.apply(operator, left, right);
    }
  }

  private operatorAt(level: i32): string {
    const c = this.ahead(0);
    const d = this.ahead(1);
    const two = c > 0 && d > 0 ? this.text.substr(this.at, 2) : '';
    const one = c > 0 ? this.text.substr(this.at, 1) : '';
    switch (level) {
      case 0:
        return two == '||' ? two : '';
      case 1:
        return two == '&&' ? two : '';
      case 2:
        return one == '|' && d != 0x7c && d != 0x3d ? one : '';
      case 3:
        return one == '^' && d != 0x3d ? one : '';
      case 4:
        return one == '&' && d != 0x26 && d != 0x3d ? one : '';
      case 5:
        return two == '==' || two == '!=' ? two : '';
      case 6:
        if (two == '<=' || two == '>=') return two;
        return (one == '<' || one == '>') && d != c ? one : '';
      case 7:
        return (two == '<<' || two == '>>') && this.ahead(2) != 0x3d ? two : '';
      case 8:
        return (one == '+' || one == '-') && d != 0x3d ? one : '';
    }
    return (one == '*' || one == '/' || one == '%') && d != 0x3d && !(state.bash && two == '**') ? one : '';
  }

  private apply(operator: string, a: i64, b: i64): i64 {
    if (operator == '+') return a + b;
    if (operator == '-') return a - b;
    if (operator == '*') return a * b;
    if (operator == '/' || operator == '%') {
      if (!b) {
        if (!this.skipping) this.error = state.bash ? 'division by 0' : 'division by zero';
        return 0;
      }
      // The one quotient that does not fit.
      if (b == -1) return operator == '/' ? -a : 0;
      return operator == '/' ? a / b : a % b;
    }
    if (operator == '||') return a || b ? 1 : 0;
    if (operator == '&&') return a && b ? 1 : 0;
    if (operator == '|') return a | b;
    if (operator == '^') return a ^ b;
    if (operator == '&') return a & b;
    if (operator == '==') return a == b ? 1 : 0;
    if (operator == '!=') return a != b ? 1 : 0;
    if (operator == '<') return a < b ? 1 : 0;
    if (operator == '>') return a > b ? 1 : 0;
    if (operator == '<=') return a <= b ? 1 : 0;
    if (operator == '>=') return a >= b ? 1 : 0;
    return operator == '<<' ? a << (b & 63) : a >> (b & 63);
  }

  /** bash: `**`, which binds to the right. */
  private power(): i64 {
    const base = this.unary();
    this.skip();
    if (!state.bash || this.text.substr(this.at, 2) != '**' || this.ahead(2) == 0x3d) return base;
    this.at += 2;
    let exponent = this.power();
    if (exponent < 0) this.error = 'exponent less than 0';
    let result: i64 = 1;
    for (let factor = base; exponent > 0; exponent >>= 1) {
      if (exponent & 1) result *= factor;
      factor *= factor;
    }
    return result;
  }

  private unary(): i64 {
    if (this.error.length) return 0;
    this.skip();
    const c = this.ahead(0);
    if (state.bash && (c == 0x2b || c == 0x2d) && this.ahead(1) == c) {
      this.at += 2;
      this.skip();
      if (isNameStart(this.ahead(0))) return this.variable(c == 0x2b ? 1 : -1);
      this.at -= 2;
    }
    if (c == 0x2d) {
      this.at++;
      return -this.unary();
    }
    if (c == 0x2b) {
      this.at++;
      return this.unary();
    }
    if (c == 0x21) {
      this.at++;
      return this.unary() ? 0 : 1;
    }
    if (c == 0x7e) {
      this.at++;
      return ~this.unary();
    }
    if (c == 0x28) {
      this.at++;
      const value = this.list();
      if (!this.take(')')) this.error = 'arithmetic syntax error';
      return value;
    }
    if (c >= 0x30 && c <= 0x39) return this.number();
    if (isNameStart(c)) return this.variable(0);
    this.error = 'arithmetic syntax error';
    return 0;
  }

  private number(): i64 {
    let base: i64 = 10;
    if (this.ahead(0) == 0x30) {
      base = 8;
      if ((this.ahead(1) | 0x20) == 0x78) {
        base = 16;
        this.at += 2;
      }
    }
    let value = this.digits(base);
    if (state.bash && base == 10 && this.ahead(0) == 0x23 && value >= 2 && value <= 64) {
      this.at++;
      base = value;
      const start = this.at;
      value = this.digits(base);
      if (this.at == start) this.error = 'invalid integer constant';
    }
    if (isNamePart(this.ahead(0))) this.error = state.bash ? 'value too great for base' : 'arithmetic syntax error';
    return value;
  }

  private digits(base: i64): i64 {
    let value: i64 = 0;
    while (true) {
      const digit = digitOf(this.ahead(0), base);
      if (digit < 0 || digit >= base) return value;
      value = value * base + digit;
      this.at++;
    }
  }

  /** `step`: what `++` or `--` in front of it adds. */
  private variable(step: i64): i64 {
    const start = this.at;
    while (isNamePart(this.ahead(0))) this.at++;
    const name = this.text.substring(start, this.at);
    let subscript = '';
    if (state.bash && this.ahead(0) == 0x5b) {
      const end = skipTo(this.text, this.at + 1, 0x5b, 0x5d);
      if (end < 0) {
        this.error = 'bad array subscript';
        return 0;
      }
      subscript = this.text.substring(this.at + 1, end - 1);
      this.at = end;
      // Found out once: it may change things.
      if (!this.skipping) subscript = keyOf(name, subscript);
    }
    if (step) return this.assign(name, subscript, this.value(name, subscript) + step);
    this.skip();
    // NAME = …, NAME += …
    const operator = this.text.substr(this.at, 1);
    if (operator == '=' && this.ahead(1) != 0x3d) {
      this.at++;
      return this.assign(name, subscript, this.ternary());
    }
    if (operator.length && '+-*/%&|^'.includes(operator) && this.ahead(1) == 0x3d) {
      this.at += 2;
      return this.assign(name, subscript, this.apply(operator, this.value(name, subscript), this.ternary()));
    }
    const three = this.text.substr(this.at, 3);
    if (three == '<<=' || three == '>>=') {
      this.at += 3;
      return this.assign(name, subscript, this.apply(three.substring(0, 2), this.value(name, subscript), this.ternary()));
    }
    const two = this.text.substr(this.at, 2);
    if (state.bash && (two == '++' || two == '--')) {
      this.at += 2;
      const value = this.value(name, subscript);
      this.assign(name, subscript, value + (two == '++' ? 1 : -1));
      return value;
    }
    return this.value(name, subscript);
  }

  private value(name: string, subscript: string): i64 {
    if (this.skipping) return 0;
    let text = get(name).trim();
    if (subscript.length) {
      const parameter = Parameter.parse(name + '[' + subscript + ']');
      text = parameter ? parameter.values().join(' ').trim() : '';
    }
    if (!text.length) return 0;
    if (!state.bash && isNameStart(text.charCodeAt(0))) return 0;
    if (this.depth > MOST_DEPTH) {
      this.error = 'expression recursion level exceeded';
      return 0;
    }
    const inner = new Arithmetic(text, this.depth + 1);
    const value = inner.evaluate();
    if (inner.error.length) this.error = inner.error;
    return value;
  }

  private assign(name: string, subscript: string, value: i64): i64 {
    if (!this.error.length && !this.skipping) assignElement(name, subscript, value.toString(), false);
    return value;
  }
}

/** Digits, then letters, then @ and _; letters of either case are the same up to base 36. */
function digitOf(c: i32, base: i64): i64 {
  if (c >= 0x30 && c <= 0x39) return <i64>c - 0x30;
  if (c >= 0x61 && c <= 0x7a) return <i64>c - 0x61 + 10;
  if (c >= 0x41 && c <= 0x5a) return <i64>c - 0x41 + (base > 36 ? 36 : 10);
  if (base > 36 && c == 0x40) return 62;
  return base > 36 && c == 0x5f ? 63 : -1;
}
