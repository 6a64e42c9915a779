// SPDX-License-Identifier: MIT
/** @fileoverview Values of payloads: what counts as a number, a boolean, a list, a UUID, wherever it may also be written as text. */
import { ARRAY, FALSE, Json, NULL, NUMBER, OBJECT, STRING, TRUE } from '../../../lib/json';

export function isText(value: Json): bool {
  return value.kind == STRING;
}
/** As JavaScript's String() would write it. */
export function textOfValue(value: Json): string {
  if (value.kind == STRING || value.kind == NUMBER) return value.text;
  if (value.kind == ARRAY) {
    const parts: string[] = [];
    for (let i = 0; i < value.items.length; i++) parts.push(textOfValue(value.items[i]));
    return parts.join(',');
  }
  if (value.kind == OBJECT) return '[object Object]';
  return value.print(0);
}
/** What takes a value away: null, or text of blanks. */
export function isEmpty(value: Json): bool {
  return value.kind == NULL || (value.kind == STRING && !value.text.trim().length);
}

const DIGITS: string = '0123456789';

/** A decimal number in any of JSON's ways; NaN where the text is none. */
function numberIn(text: string): f64 {
  const word = text.trim();
  if (!word.length || word.length > 40) return NaN;
  let digits = 0;
  for (let i = 0; i < word.length; i++) {
    if (DIGITS.includes(word.charAt(i))) digits++;
    else if (!'+-.eE'.includes(word.charAt(i))) return NaN;
  }
  if (!digits || !DIGITS.includes(word.charAt(word.length - 1))) return NaN;
  return parseFloat(word);
}

/** Beyond it JSON's numbers are not exact. */
const MOST: f64 = 9007199254740991;
export const NO_INTEGER: i64 = i64.MIN_VALUE;

/** A whole number, given as one or as text; NO_INTEGER where it is none. */
export function integerOf(value: Json): i64 {
  if (value.kind != NUMBER && value.kind != STRING) return NO_INTEGER;
  const number = numberIn(value.text);
  if (isNaN(number) || Math.abs(number) > MOST || Math.floor(number) != number) return NO_INTEGER;
  return <i64>number;
}
export function integerIn(object: Json, name: string, otherwise: i64 = NO_INTEGER): i64 {
  const value = object.get(name);
  const number = value ? integerOf(value) : NO_INTEGER;
  return number == NO_INTEGER ? otherwise : number;
}

export function isBoolean(value: Json): bool {
  if (value.kind == TRUE || value.kind == FALSE) return true;
  if (value.kind == NUMBER) return value.text == '1';
  return value.kind == STRING && (value.text == 'true' || value.text == 'false' || value.text == '1');
}
export function isTrue(value: Json | null): bool {
  if (!value) return false;
  return value.kind == TRUE || ((value.kind == STRING || value.kind == NUMBER) && (value.text == 'true' || value.text == '1'));
}
export function booleanIn(object: Json, name: string): bool {
  return isTrue(object.get(name));
}
export function booleanValue(value: bool): Json {
  return new Json(value ? TRUE : FALSE);
}

/** Texts of an array, or of one text with commas; null where it is neither. */
export function listOf(value: Json): string[] | null {
  const result: string[] = [];
  if (value.kind == STRING) {
    const words = value.text.split(',');
    for (let i = 0; i < words.length; i++) if (words[i].length) result.push(words[i]);
    return result;
  }
  if (value.kind != ARRAY) return null;
  for (let i = 0; i < value.items.length; i++) {
    const item = value.items[i];
    if (item.kind != STRING && item.kind != NUMBER) return null;
    result.push(item.text);
  }
  return result;
}
export function listIn(object: Json, name: string): string[] {
  const value = object.get(name);
  const list = value ? listOf(value) : null;
  return list ? list : [];
}
export function arrayOf(texts: string[]): Json {
  const array = new Json(ARRAY);
  for (let i = 0; i < texts.length; i++) array.items.push(Json.string(texts[i]));
  return array;
}
/** Objects of an array. */
export function objectsIn(object: Json, name: string): Json[] {
  const value = object.get(name);
  return value && value.kind == ARRAY ? value.items : [];
}
export function textIn(object: Json, name: string): string {
  const value = object.get(name);
  return value && value.kind != NULL ? textOfValue(value) : '';
}

/** A value of its own. */
export function copyOf(value: Json): Json {
  const copy = new Json(value.kind);
  copy.text = value.text;
  for (let i = 0; i < value.items.length; i++) copy.items.push(copyOf(value.items[i]));
  for (let i = 0; i < value.names.length; i++) copy.names.push(value.names[i]);
  return copy;
}
