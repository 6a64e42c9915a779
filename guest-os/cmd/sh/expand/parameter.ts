// SPDX-License-Identifier: MIT
/**
 * @fileoverview What stands between `${` and `}` (POSIX.1-2017, 2.6.2; bash(1), Parameter Expansion): which parameter is meant, what values it has, and
 * what is made of them. Special parameters and positional ones are parameters, too.
 */
import { decodeAnsi } from './ansi';
import { numberOf } from './arithmetic';
import { ShellArray } from '../variables/arrays';
import { expandText, fail } from './expand';
import { quoteWord } from '../../../lib/shellQuote';
import { state } from '../state';
import { find, get, has } from '../variables/variables';
import { isName, isNamePart, isNameStart, skipTo } from '../syntax/words';

export class Parameter {
  name: string = '';
  /** As it is written; nothing: there is none. */
  subscript: string = '';
  /** `@` or `*`: all positional parameters or all elements. */
  all: string = '';
  /** Behind name and subscript. */
  rest: string = '';

  /** From its beginning in `text`. Null: there is no parameter. */
  static parse(text: string): Parameter | null {
    const parameter = new Parameter();
    let end = 0;
    if (!text.length) return null;
    const c = text.charCodeAt(0);
    if (isNameStart(c)) while (end < text.length && isNamePart(text.charCodeAt(end))) end++;
    else if (c >= 0x30 && c <= 0x39) while (end < text.length && <u32>(text.charCodeAt(end) - 0x30) < 10) end++;
    else if ('@*#?$!-'.includes(text.charAt(0))) end = 1;
    else return null;
    parameter.name = text.substring(0, end);
    if (parameter.name == '@' || parameter.name == '*') parameter.all = parameter.name;
    if (state.bash && isNameStart(c) && end < text.length && text.charCodeAt(end) == 0x5b) {
      const close = skipTo(text, end + 1, 0x5b, 0x5d);
      if (close < 0) return null;
      parameter.subscript = text.substring(end + 1, close - 1);
      if (parameter.subscript == '@' || parameter.subscript == '*') parameter.all = parameter.subscript;
      end = close;
    }
    parameter.rest = text.substring(end);
    return parameter;
  }

  get isList(): bool {
    return this.all.length > 0;
  }
  values(): string[] {
    if (!this.subscript.length) return this.isList ? state.parameters.slice(0) : [valueOf(this.name)];
    if (!this.isList) return [this.element()];
    const array = arrayOf(this.name);
    return array ? array.all() : has(this.name) ? [get(this.name)] : [];
  }
  keys(): string[] {
    const array = arrayOf(this.name);
    return array ? array.keys() : has(this.name) ? ['0'] : [];
  }
  get isSet(): bool {
    if (!this.subscript.length) return isSet(this.name);
    if (this.isList) return this.keys().length > 0;
    const array = arrayOf(this.name);
    if (!array) return this.key() == '0' && has(this.name);
    return array.has(this.key());
  }
  private element(): string {
    const array = arrayOf(this.name);
    if (array) return array.get(this.key());
    return this.key() == '0' ? get(this.name) : '';
  }
  private key(): string {
    return keyOf(this.name, this.subscript);
  }
}

export function arrayOf(name: string): ShellArray | null {
  const variable = find(name);
  if (name == 'FUNCNAME' && state.functionNames.length) {
    const stack = new ShellArray(false);
    for (let i = 0; i < state.functionNames.length; i++)
      stack.set(i.toString(), state.functionNames[state.functionNames.length - 1 - i]);
    if (state.fromFile) stack.set(state.functionNames.length.toString(), 'main');
    return stack;
  }
  return variable ? variable.array : null;
}

/** What a subscript comes to: text in an associative array, otherwise a number, which below 0 counts from behind the last. */
export function keyOf(name: string, subscript: string): string {
  const array = arrayOf(name);
  if (array && array.associative) return expandText(subscript);
  let index = numberOf(expandText(subscript));
  if (index < 0) index += array ? array.next : has(name) ? 1 : 0;
  if (index < 0) fail(name + '[' + subscript + ']: bad array subscript');
  return index.toString();
}

/** -1: the name is no number. */
export function positional(name: string): i32 {
  let index = 0;
  for (let i = 0; i < name.length; i++) {
    const digit = name.charCodeAt(i) - 0x30;
    if (<u32>digit > 9) return -1;
    index = index * 10 + digit;
  }
  return index;
}

export function isParameter(name: string): bool {
  const parameter = Parameter.parse(name);
  return parameter != null && !parameter.rest.length;
}

export function isSet(name: string): bool {
  const index = positional(name);
  if (index > 0) return index <= state.parameters.length;
  if (name == '@' || name == '*') return state.parameters.length > 0;
  if (name == '!') return state.lastBackground != 0;
  return index == 0 || !isName(name) || has(name);
}

/** A parameter's value; nothing if it has none. */
export function valueOf(name: string): string {
  if (isName(name)) return get(name);
  const index = positional(name);
  if (index == 0) return state.name;
  if (index > 0) return index <= state.parameters.length ? state.parameters[index - 1] : '';
  if (name == '?') return state.status.toString();
  if (name == '#') return state.parameters.length.toString();
  if (name == '$') return state.pid.toString();
  if (name == '!') return state.lastBackground ? state.lastBackground.toString() : '';
  if (name == '-') return state.options + (state.interactive ? 'i' : '');
  return state.parameters.join(separator());
}

/** What `"$*"` has between its values. */
export function separator(): string {
  return (has('IFS') ? get('IFS') : ' ').substring(0, 1);
}

// ---- what bash makes of values

/** `${x:OFFSET:LENGTH}` of one value. Offsets below 0 count from the end, and so do lengths. */
export function substringOf(value: string, range: string): string {
  const size = value.length;
  const cut = rangeEnd(range);
  let from = numberOf(expandText(range.substring(0, cut)));
  if (from < 0) from += size;
  if (from < 0 || from > size) return '';
  if (cut == range.length) return value.substring(<i32>from);
  const count = numberOf(expandText(range.substring(cut + 1)));
  const end = count < 0 ? size + count : min(from + count, size);
  if (end < from) {
    fail(range.substring(cut + 1) + ': substring expression < 0');
    return '';
  }
  return value.substring(<i32>from, <i32>end);
}

/** The same of a list: of the parameters ($0 is the first), or of an array's elements from an index on. */
export function sliceOf(parameter: Parameter, range: string): string[] {
  const cut = rangeEnd(range);
  let from = numberOf(expandText(range.substring(0, cut)));
  let values = parameter.values();
  let first = 0;
  if (!parameter.subscript.length) {
    values = [state.name].concat(values);
    if (from < 0) from += values.length;
    first = from < 0 ? values.length : <i32>min<i64>(from, values.length);
  } else {
    const array = arrayOf(parameter.name);
    if (from < 0) from += array ? array.next : values.length;
    const keys = parameter.keys();
    if (from < 0) first = keys.length;
    else if (array && !array.associative) while (first < keys.length && numberOf(keys[first]) < from) first++;
    else first = <i32>min<i64>(from, keys.length);
  }
  if (cut == range.length) return values.slice(first);
  const count = numberOf(expandText(range.substring(cut + 1)));
  if (count < 0) {
    fail(range.substring(cut + 1) + ': substring expression < 0');
    return [];
  }
  return values.slice(first, first + <i32>min<i64>(count, values.length));
}

/** Where the offset ends: at a colon that no `?` and no parenthesis before it has opened. */
function rangeEnd(range: string): i32 {
  let open = 0;
  for (let i = 0; i < range.length; i++) {
    const c = range.charAt(i);
    if (c == '$' && i + 1 < range.length && range.charAt(i + 1) == '{') i = max(skipTo(range, i + 2, 0x7b, 0x7d) - 1, i);
    else if (c == '?' || c == '(') open++;
    else if (c == ')') open--;
    else if (c == ':' && open-- == 0) return i;
  }
  return range.length;
}

/** `${x@OPERATOR}`. */
export function transformed(value: string, operator: string): string {
  if (operator == 'Q') return quoteWord(value);
  if (operator == 'U') return value.toUpperCase();
  if (operator == 'L') return value.toLowerCase();
  if (operator == 'u') return value.substring(0, 1).toUpperCase() + value.substring(1);
  if (operator == 'E') return decodeAnsi(value);
  fail('${…@' + operator + '}: bad substitution');
  return '';
}
