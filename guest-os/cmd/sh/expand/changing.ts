// SPDX-License-Identifier: MIT
/** @fileoverview Values of parameters, changed: `${x#…}` and `${x%…}`; in bash also `${x/…}`, `${x^…}`, `${x,…}` (bash(1), Parameter Expansion). */
import { expandText, fail, patternOf } from './expand';
import { transformed } from './parameter';
import { matches, matchesPrefix } from './pattern';
import { state } from '../state';
import { skipPart } from '../syntax/words';

/** `#` `%`; in bash also `/` `^` `,` `@`. */
export function changedBy(value: string, operator: string, rest: string): string {
  if (operator == '#' || operator == '%') {
    const longest = rest.length > 0 && rest.charAt(0) == operator;
    return trim(value, longest ? rest.substring(1) : rest, operator == '#', longest);
  }
  if (state.bash && operator == '/') return replaced(value, rest);
  if (state.bash && (operator == '^' || operator == ',')) return recased(value, operator, rest);
  if (state.bash && operator == '@') return transformed(value, rest);
  fail('Bad substitution');
  return '';
}

/** `${x/PATTERN/TEXT}`; a second slash: everywhere, `#` or `%`: only at the beginning, at the end. The longest match counts. */
function replaced(value: string, rest: string): string {
  const everywhere = rest.startsWith('/');
  const front = rest.startsWith('#');
  const back = rest.startsWith('%');
  const source = everywhere || front || back ? rest.substring(1) : rest;
  let cut = 0;
  while (cut >= 0 && cut < source.length && source.charCodeAt(cut) != 0x2f) cut = skipPart(source, cut);
  if (cut < 0) cut = source.length;
  const pattern = patternOf(source.substring(0, cut));
  const text = cut < source.length ? expandText(source.substring(cut + 1)) : '';
  if (!pattern.text.length) return front ? text + value : back ? value + text : value;
  let result = '';
  let at = 0;
  while (at <= value.length) {
    let length = -1;
    if (back) length = matches(pattern.text, pattern.mask, value.substring(at)) ? value.length - at : -1;
    else length = matchesPrefix(pattern.text, pattern.mask, value, at);
    if (length > 0 || (length == 0 && (front || back))) {
      result += text;
      at += length;
      if (!everywhere) break;
      continue;
    }
    if (front) break;
    if (at < value.length) result += value.charAt(at);
    at++;
  }
  return at < value.length ? result + value.substring(at) : result;
}

/** `^` or `,`: the first character; doubled: all. Only those that match the pattern, if there is one. */
function recased(value: string, operator: string, rest: string): string {
  const all = rest.startsWith(operator);
  const source = all ? rest.substring(1) : rest;
  const pattern = patternOf(source.length ? source : '?');
  let result = '';
  for (let i = 0; i < value.length; i++) {
    const c = value.charAt(i);
    const changes = (all || !i) && matches(pattern.text, pattern.mask, c);
    result += changes ? (operator == '^' ? c.toUpperCase() : c.toLowerCase()) : c;
  }
  return result;
}

function trim(value: string, word: string, front: bool, longest: bool): string {
  const pattern = patternOf(word);
  for (let i = 0; i <= value.length; i++) {
    const count = longest ? value.length - i : i;
    const part = front ? value.substring(0, count) : value.substring(value.length - count);
    if (matches(pattern.text, pattern.mask, part))
      return front ? value.substring(count) : value.substring(0, value.length - count);
  }
  return value;
}
