// SPDX-License-Identifier: MIT
/** @fileoverview Sizes with units, as commands take them. */

const UNITS: string = 'BKMGTPEZ';

/** What {@link parseSize} found. */
export let parsedSize: u64 = 0;
/** Why it found nothing: what libzfs says of it. */
export let sizeProblem: string = '';

/** 10, 1.5g, 512K, 1MB, 1GiB. */
export function parseSize(text: string): bool {
  let at = 0;
  while (at < text.length && isDigit(text.charCodeAt(at))) at++;
  const digits = at;
  let fraction = '';
  if (at < text.length && text.charAt(at) == '.') {
    const from = ++at;
    while (at < text.length && isDigit(text.charCodeAt(at))) at++;
    fraction = text.substring(from, at);
  }
  if (!digits) {
    sizeProblem = "bad numeric value '" + text + "'";
    return false;
  }
  const unit = text.substring(at).toUpperCase();
  const index = unit.length ? UNITS.indexOf(unit.charAt(0)) : 0;
  const rest = unit.length ? unit.substring(1) : '';
  if (index < 0 || (rest.length && (index == 0 || (rest != 'B' && rest != 'IB')))) {
    sizeProblem = "invalid numeric suffix '" + text.substring(at) + "'";
    return false;
  }
  const shift = <u64>index * 10;
  const whole = U64.parseInt(text.substring(0, digits));
  if (digits > 19 || shift > 60 || (shift && whole >> (64 - shift))) {
    sizeProblem = 'numeric value is too large';
    return false;
  }
  parsedSize = whole << shift;
  // 15 digits times 2^shift may not fit: from 2^50 on a fraction has fewer.
  let scale: u64 = 1;
  let part: u64 = 0;
  for (let i = 0; i < fraction.length && scale < (shift > 50 ? 1 : shift > 40 ? 1000 : 1000000); i++) {
    scale *= 10;
    part = part * 10 + <u64>fraction.charCodeAt(i) - 0x30;
  }
  parsedSize += (part << shift) / scale;
  return true;
}

function isDigit(code: i32): bool {
  return code >= 0x30 && code <= 0x39;
}
