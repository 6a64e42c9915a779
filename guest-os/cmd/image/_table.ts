// SPDX-License-Identifier: MIT
/**
 * @fileoverview Images as tables: fields of their manifests and a few that follow from them, chosen, sorted and filtered by words as imgadm(8) has them.
 */
import { out } from '../../lib/io';
import { ARRAY, FALSE, Json, NULL, OBJECT, STRING, TRUE } from '../../lib/json';
import { sizeOf, textIn } from './_manifest';

/** An image in a table, installed or available. */
export class Row {
  /** How many datasets have been cloned from it; -1: it is not installed. */
  clones: i32 = -1;
  constructor(
    readonly manifest: Json,
    readonly source: string,
    readonly pool: string,
  ) {}

  /** What `-j` prints. */
  get json(): Json {
    const result = new Json(OBJECT);
    result.set('manifest', this.manifest);
    if (this.pool.length) result.set('zpool', Json.string(this.pool));
    if (this.source.length) result.set('source', Json.string(this.source));
    if (this.clones >= 0) result.set('clones', Json.number(this.clones));
    return result;
  }

  /** A field's text; `-`: it has none. */
  field(name: string): string {
    const published = textIn(this.manifest, 'published_at');
    if (name == 'published_date' || name == 'pub') return published.length ? published.substring(0, 10) : '-';
    if (name == 'published')
      return published.length == 24 ? published.substring(0, 19) + 'Z' : published.length ? published : '-';
    if (name == 'source') return this.source.length ? this.source : '-';
    if (name == 'zpool') return this.pool.length ? this.pool : '-';
    if (name == 'clones') return this.clones < 0 ? '-' : this.clones.toString();
    if (name == 'size') return sizeOf(this.manifest) ? sizeOf(this.manifest).toString() : '-';
    let value: Json | null = this.manifest;
    const parts = name.split('.');
    for (let i = 0; i < parts.length && value; i++) {
      const at: Json = value;
      if (at.kind == OBJECT) value = at.get(parts[i]);
      else if (at.kind == ARRAY) {
        const index = I32.parseInt(parts[i]);
        value = index.toString() == parts[i] && index < at.items.length ? at.items[index] : null;
      } else value = null;
    }
    if (!value || value.kind == NULL) return '-';
    return value.kind == STRING ? value.text : value.print(0);
  }
}

const COLUMN_NAMES: string[] = ['published_date', 'pub', 'published', 'published_at'];
const COLUMN_HEADINGS: string[] = ['PUB', 'PUB', 'PUBLISHED', 'PUBLISHED'];

function headingOf(name: string): string {
  const at = COLUMN_NAMES.indexOf(name);
  return at < 0 ? name.toUpperCase() : COLUMN_HEADINGS[at];
}

/** Sorted by fields, a `-` in front of one for descending; of the same values the order stays. */
export function sortRows(rows: Row[], fields: string[]): void {
  for (let i = 1; i < rows.length; i++) {
    const row = rows[i];
    let at = i;
    for (; at > 0 && isAfter(rows[at - 1], row, fields); at--) rows[at] = rows[at - 1];
    rows[at] = row;
  }
}
function isAfter(a: Row, b: Row, fields: string[]): bool {
  for (let i = 0; i < fields.length; i++) {
    const down = fields[i].startsWith('-');
    const name = down ? fields[i].substring(1) : fields[i];
    const left = a.field(name);
    const right = b.field(name);
    const isNumber = name == 'size' || name == 'clones';
    if (left == right) continue;
    const later = isNumber ? parseFloat(left) > parseFloat(right) : left > right;
    return later != down;
  }
  return false;
}

/** `FIELD=VALUE`, `FIELD=true|false`, `FIELD=~PART`, all of which must hold. */
export function matches(row: Row, filters: string[]): bool {
  for (let i = 0; i < filters.length; i++) {
    const equals = filters[i].indexOf('=');
    const name = filters[i].substring(0, equals);
    const wanted = filters[i].substring(equals + 1);
    const found = isFlag(wanted) ? flagOf(row, name) : row.field(name);
    if (wanted.startsWith('~') ? !found.includes(wanted.substring(1)) : found != wanted) return false;
  }
  return true;
}
function isFlag(text: string): bool {
  return text == 'true' || text == 'false';
}
/** A flag that is not said is false. */
function flagOf(row: Row, name: string): string {
  const value = row.manifest.get(name);
  if (!value) return 'false';
  return value.kind == TRUE ? 'true' : value.kind == FALSE ? 'false' : row.field(name);
}

/** Columns as wide as they need, two blanks between, nothing behind the last. */
export function printTable(rows: Row[], columns: string[], header: bool): void {
  const widths: i32[] = [];
  for (let c = 0; c < columns.length; c++) {
    let width = header ? headingOf(columns[c]).length : 0;
    for (let i = 0; i < rows.length; i++) width = max(width, rows[i].field(columns[c]).length);
    widths.push(width);
  }
  for (let i = header ? -1 : 0; i < rows.length; i++) {
    let line = '';
    for (let c = 0; c < columns.length; c++) {
      const text = i < 0 ? headingOf(columns[c]) : rows[i].field(columns[c]);
      line += c < columns.length - 1 ? text.padEnd(widths[c] + 2, ' ') : text;
    }
    out(line + '\n');
  }
}

export function printJson(rows: Row[]): void {
  const list = new Json(ARRAY);
  for (let i = 0; i < rows.length; i++) list.items.push(rows[i].json);
  out(list.print(2) + '\n');
}
