// SPDX-License-Identifier: MIT
/**
 * @fileoverview Manifests of images, version 2 (imgadm(8), "IMAGE MANIFESTS"): what is required of one before it is used, and fields for people.
 */
import { errorText } from '../../lib/errors';
import { O_RDONLY, openFile, readAll } from '../../lib/io';
import { ARRAY, FALSE, Json, JsonParser, NULL, NUMBER, OBJECT, STRING, TRUE } from '../../lib/json';
import { parseNumber } from '../../lib/text';
import { isUuid } from '../../lib/uuid';
import * as calls from '../../lib/calls';

const TYPES: string[] = ['zone-dataset', 'lx-dataset', 'zvol', 'docker', 'lxd', 'other'];
const SYSTEMS: string[] = ['smartos', 'linux', 'windows', 'bsd', 'illumos', 'other'];
export const COMPRESSIONS: string[] = ['none', 'gzip', 'bzip2', 'xz'];
const LONGEST_NAME: i32 = 512;
const LONGEST_VERSION: i32 = 128;

/** A text of an object, or nothing. */
export function textIn(object: Json, name: string): string {
  const value = object.get(name);
  return value && value.kind == STRING ? value.text : '';
}

/** The one file of an image; null: there is not exactly one. */
export function fileOf(manifest: Json): Json | null {
  const files = manifest.get('files');
  if (!files || files.kind != ARRAY || files.items.length != 1 || files.items[0].kind != OBJECT) return null;
  return files.items[0];
}

/** Bytes of the image's file; 0 where it is not known. */
export function sizeOf(manifest: Json): u64 {
  const file = fileOf(manifest);
  const size = file ? file.get('size') : null;
  return size && size.kind == NUMBER ? <u64>max<i64>(parseNumber(size.text), 0) : 0;
}

/** `NAME@VERSION`. */
export function titleOf(manifest: Json): string {
  return textIn(manifest, 'name') + '@' + textIn(manifest, 'version');
}

function onlyHas(text: string, others: string): bool {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const letter = c | 0x20;
    if ((letter >= 0x61 && letter <= 0x7a) || (c >= 0x30 && c <= 0x39)) continue;
    if (!others.includes(text.charAt(i))) return false;
  }
  return true;
}

/** What is wrong with a manifest, field by field: `field (why)`, separated by commas; nothing: it is valid. */
export function problemsOf(manifest: Json): string {
  const wrong: string[] = [];
  if (manifest.kind != OBJECT) return 'manifest (not an object)';
  const v = manifest.get('v');
  if (!v) wrong.push('v (MissingParameter)');
  else if (v.kind != NUMBER || v.text != '2') wrong.push('v (only version 2 is known)');
  uuidField(manifest, 'uuid', true, wrong);
  uuidField(manifest, 'owner', false, wrong);
  uuidField(manifest, 'origin', false, wrong);
  nameField(manifest, 'name', LONGEST_NAME, '._/ -', wrong);
  nameField(manifest, 'version', LONGEST_VERSION, '._/+-', wrong);
  wordField(manifest, 'type', TYPES, wrong);
  wordField(manifest, 'os', SYSTEMS, wrong);
  flagField(manifest, 'public', wrong);
  flagField(manifest, 'disabled', wrong);
  const published = manifest.get('published_at');
  if (published && published.kind != NULL && !isDate(published.kind == STRING ? published.text : '')) wrong.push('published_at');
  files(manifest, wrong);
  return wrong.join(', ');
}

function uuidField(manifest: Json, name: string, required: bool, wrong: string[]): void {
  const value = manifest.get(name);
  if (!value) {
    if (required) wrong.push(name + ' (MissingParameter)');
  } else if (value.kind != STRING || !isUuid(value.text)) wrong.push(name + ' (invalid uuid)');
}

function nameField(manifest: Json, name: string, longest: i32, others: string, wrong: string[]): void {
  const value = manifest.get(name);
  if (!value) wrong.push(name + ' (MissingParameter)');
  else if (value.kind != STRING || !value.text.length || value.text.length > longest || !onlyHas(value.text, others))
    wrong.push(name);
}

function wordField(manifest: Json, name: string, words: string[], wrong: string[]): void {
  const value = manifest.get(name);
  if (!value) wrong.push(name + ' (MissingParameter)');
  else if (value.kind != STRING || !words.includes(value.text)) wrong.push(name);
}

function flagField(manifest: Json, name: string, wrong: string[]): void {
  const value = manifest.get(name);
  if (value && value.kind != TRUE && value.kind != FALSE) wrong.push(name);
}

function files(manifest: Json, wrong: string[]): void {
  const all = manifest.get('files');
  // Before its file has been made an image has none.
  if (!all) return;
  const file = fileOf(manifest);
  if (!file) {
    wrong.push('files (must be an array of one object)');
    return;
  }
  const sha1 = textIn(file, 'sha1');
  if (sha1.length != 40 || !onlyHas(sha1, '')) wrong.push('files.0.sha1');
  const size = file.get('size');
  if (!size || size.kind != NUMBER || parseNumber(size.text) < 0) wrong.push('files.0.size');
  if (!COMPRESSIONS.includes(textIn(file, 'compression'))) wrong.push('files.0.compression');
}

/** `YYYY-MM-DDTHH:MM:SSZ`, perhaps with thousandths. */
export function isDate(text: string): bool {
  if ((text.length != 20 && text.length != 24) || !text.endsWith('Z')) return false;
  const shape = '0000-00-00T00:00:00.000';
  for (let i = 0; i < text.length - 1; i++) {
    const c = text.charCodeAt(i);
    if (shape.charAt(i) == '0' ? c < 0x30 || c > 0x39 : text.charAt(i) != shape.charAt(i)) return false;
  }
  return true;
}

/** Why the last {@link readJson} gave null. */
export let problem: string = '';

/** The one value that a file has. */
export function readJson(path: string): Json | null {
  problem = '';
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) {
    problem = path + ': ' + errorText(-descriptor);
    return null;
  }
  const parser = new JsonParser(readAll(descriptor));
  calls.close(descriptor);
  const value = parser.next();
  if (!value) problem = path + ': ' + (parser.error.length ? parser.error : 'it is empty');
  return value;
}
