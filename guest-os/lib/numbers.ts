// SPDX-License-Identifier: MIT
/**
 * @fileoverview Floating numbers to text as printf(3C) has them: %f, %e, %g, and their capitals.
 *
 * Digits are exact: a double is a whole number times a power of two, so its decimal expansion ends, and is worked out in whole numbers of
 * nine digits. Rounding is to the nearest, halves to even.
 */
const BASE: u64 = 1000000000;

/** Decimal digits of a finite, positive number: those before the point, those behind. */
class Decimal {
  whole: string = '0';
  fraction: string = '';

  constructor(value: f64) {
    const bits = reinterpret<u64>(value);
    const exponent = <i32>(bits >> 52) & 0x7ff;
    const mantissa = (bits & 0xfffffffffffff) | (exponent ? (<u64>1) << 52 : 0);
    const power = (exponent ? exponent : 1) - 1075;
    if (power >= 0) this.whole = text(multiplied(parts(mantissa), power));
    else if (mantissa) {
      const shift = -power;
      if (shift < 64) this.whole = (mantissa >> <u64>shift).toString();
      const rest = shift < 64 ? mantissa & (((<u64>1) << (<u64>shift)) - 1) : mantissa;
      // rest / 2^shift = rest * 5^shift / 10^shift.
      let number = parts(rest);
      for (let i = 0; i < shift; i++) number = times(number, 5);
      const digits = text(number);
      this.fraction = rest ? '0'.repeat(max(shift - digits.length, 0)) + digits : '';
    }
  }
}

/** In base 10^9, lowest first. */
function parts(value: u64): u64[] {
  const list: u64[] = [];
  for (let rest = value; rest; rest /= BASE) list.push(rest % BASE);
  return list;
}
function times(number: u64[], factor: u64): u64[] {
  let carry: u64 = 0;
  for (let i = 0; i < number.length; i++) {
    const product = number[i] * factor + carry;
    number[i] = product % BASE;
    carry = product / BASE;
  }
  if (carry) number.push(carry);
  return number;
}
function multiplied(number: u64[], power: i32): u64[] {
  let left = power;
  while (left > 0) {
    const some = min(left, 29);
    number = times(number, (<u64>1) << (<u64>some));
    left -= some;
  }
  return number;
}
function text(number: u64[]): string {
  if (!number.length) return '0';
  let result = number[number.length - 1].toString();
  for (let i = number.length - 2; i >= 0; i--) result += number[i].toString().padStart(9, '0');
  return result;
}

/** A string of digits rounded to `count` of them; one more where a carry goes over the top. */
function rounded(digits: string, count: i32): string {
  if (digits.length <= count) return digits + '0'.repeat(count - digits.length);
  const rest = digits.substring(count);
  let up = rest.charAt(0) >= '5';
  if (rest.charAt(0) == '5' && isZero(rest.substring(1))) up = count > 0 && ((digits.charCodeAt(count - 1) - 0x30) & 1) == 1;
  const kept = digits.substring(0, count);
  return up ? increased(kept) : kept;
}
function isZero(digits: string): bool {
  for (let i = 0; i < digits.length; i++) if (digits.charAt(i) != '0') return false;
  return true;
}
function increased(digits: string): string {
  for (let i = digits.length - 1; i >= 0; i--) {
    if (digits.charAt(i) != '9')
      return digits.substring(0, i) + String.fromCharCode(digits.charCodeAt(i) + 1) + '0'.repeat(digits.length - i - 1);
  }
  return '1' + '0'.repeat(digits.length);
}

function fixed(value: f64, precision: i32): string {
  const decimal = new Decimal(value);
  const digits = decimal.whole + decimal.fraction;
  const result = rounded(digits, decimal.whole.length + precision);
  const point = result.length - precision;
  return precision ? result.substring(0, point) + '.' + result.substring(point) : result;
}

let exponent_ = 0;
/** The significant digits of a number, rounded to so many, with the exponent of the first in {@link exponent_}. */
function significant(value: f64, count: i32): string {
  exponent_ = 0;
  if (value == 0) return '0'.repeat(count);
  const decimal = new Decimal(value);
  let digits = decimal.whole + decimal.fraction;
  let first = 0;
  while (digits.charAt(first) == '0') first++;
  exponent_ = decimal.whole.length - 1 - first;
  digits = rounded(digits.substring(first), count);
  if (digits.length > count) {
    exponent_++;
    digits = digits.substring(0, count);
  }
  return digits;
}

function scientific(digits: string, exponent: i32): string {
  const power = exponent < 0 ? -exponent : exponent;
  return (
    digits.charAt(0) +
    (digits.length > 1 ? '.' + digits.substring(1) : '') +
    'e' +
    (exponent < 0 ? '-' : '+') +
    (power < 10 ? '0' : '') +
    power.toString()
  );
}

function withoutZeros(digits: string): string {
  if (!digits.includes('.')) return digits;
  let end = digits.length;
  while (digits.charAt(end - 1) == '0') end--;
  if (digits.charAt(end - 1) == '.') end--;
  return digits.substring(0, end);
}

/** `kind`: f, e, g or a capital of them. `alternate`: %g keeps its zeros. */
export function formatDouble(value: f64, kind: string, precision: i32, alternate: bool = false): string {
  const letter = kind.toLowerCase();
  let result = '';
  const negative = reinterpret<u64>(value) >> 63 != 0;
  const size = Math.abs(value);
  if (isNaN(value)) return kind == letter ? 'nan' : 'NAN';
  if (!isFinite(value)) result = 'inf';
  else if (letter == 'f') result = fixed(size, precision);
  else if (letter == 'e') {
    const digits = significant(size, precision + 1);
    result = scientific(digits, exponent_);
  } else {
    const count = max(precision, 1);
    const digits = significant(size, count);
    const exponent = exponent_;
    if (exponent < -4 || exponent >= count) {
      const kept = alternate ? digits : trimmed(digits);
      result = scientific(kept, exponent);
    } else {
      result = fixed(size, count - 1 - exponent);
      if (!alternate) result = withoutZeros(result);
    }
  }
  result = (negative ? '-' : '') + result;
  return kind == letter ? result : result.toUpperCase();
}

function trimmed(digits: string): string {
  let end = digits.length;
  while (end > 1 && digits.charAt(end - 1) == '0') end--;
  return digits.substring(0, end);
}

/** To the right in `width`, with spaces or with zeros behind the sign. */
export function padNumber(digits: string, width: i32, zeros: bool): string {
  if (digits.length >= width) return digits;
  if (!zeros) return ' '.repeat(width - digits.length) + digits;
  const signed = digits.startsWith('-') || digits.startsWith('+');
  return (signed ? digits.charAt(0) : '') + '0'.repeat(width - digits.length) + (signed ? digits.substring(1) : digits);
}
