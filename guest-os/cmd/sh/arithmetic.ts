// SPDX-License-Identifier: MIT
/** @fileoverview `$((…))`: C's integer expressions over 64 bits (POSIX.1-2017, 2.6.4), assignments included. */
import { isNamePart, isNameStart } from './parser';
import { get, setVariable } from './state';

export class Arithmetic {
  private at: i32 = 0;
  error: string = '';
  constructor(private readonly text: string) {}

  evaluate(): i64 {
    const value = this.ternary();
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

  private ternary(): i64 {
    const condition = this.binary(0);
    if (!this.take('?')) return condition;
    const yes = this.ternary();
    if (!this.take(':')) this.error = 'arithmetic syntax error';
    const no = this.ternary();
    return condition ? yes : no;
  }

  /** Levels from the loosest: || && | ^ & == != < > shifts + - * / %. */
  private binary(level: i32): i64 {
    if (level == 10) return this.unary();
    let left = this.binary(level + 1);
    while (true) {
      this.skip();
      const operator = this.operatorAt(level);
      if (!operator.length) return left;
      this.at += operator.length;
      left = this.apply(operator, left, this.binary(level + 1));
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
    return (one == '*' || one == '/' || one == '%') && d != 0x3d ? one : '';
  }

  private apply(operator: string, a: i64, b: i64): i64 {
    if (operator == '+') return a + b;
    if (operator == '-') return a - b;
    if (operator == '*') return a * b;
    if (operator == '/' || operator == '%') {
      if (!b) {
        this.error = 'division by zero';
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

  private unary(): i64 {
    if (this.error.length) return 0;
    this.skip();
    const c = this.ahead(0);
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
      const value = this.ternary();
      if (!this.take(')')) this.error = 'arithmetic syntax error';
      return value;
    }
    if (c >= 0x30 && c <= 0x39) return this.number();
    if (isNameStart(c)) return this.variable();
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
    let value: i64 = 0;
    while (true) {
      const c = this.ahead(0);
      let digit: i64 = 99;
      if (c >= 0x30 && c <= 0x39) digit = <i64>c - 0x30;
      else if ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66) digit = <i64>(c | 0x20) - 87;
      if (digit >= base) break;
      value = value * base + digit;
      this.at++;
    }
    if (isNamePart(this.ahead(0))) this.error = 'arithmetic syntax error';
    return value;
  }

  private variable(): i64 {
    const start = this.at;
    while (isNamePart(this.ahead(0))) this.at++;
    const name = this.text.substring(start, this.at);
    this.skip();
    // NAME = …, NAME += …
    const operator = this.text.substr(this.at, 1);
    if (operator == '=' && this.ahead(1) != 0x3d) {
      this.at++;
      return this.assign(name, this.ternary());
    }
    if (operator.length && '+-*/%&|^'.includes(operator) && this.ahead(1) == 0x3d) {
      this.at += 2;
      return this.assign(name, this.apply(operator, this.value(name), this.ternary()));
    }
    const three = this.text.substr(this.at, 3);
    if (three == '<<=' || three == '>>=') {
      this.at += 3;
      return this.assign(name, this.apply(three.substring(0, 2), this.value(name), this.ternary()));
    }
    return this.value(name);
  }

  private value(name: string): i64 {
    const text = get(name).trim();
    if (!text.length) return 0;
    const inner = new Arithmetic(text);
    const value = isNameStart(text.charCodeAt(0)) ? 0 : inner.evaluate();
    if (inner.error.length) this.error = inner.error;
    return value;
  }

  private assign(name: string, value: i64): i64 {
    if (!this.error.length) setVariable(name, value.toString());
    return value;
  }
}
