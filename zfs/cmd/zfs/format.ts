// SPDX-License-Identifier: MIT
/** @fileoverview Values of properties as zfs list and zfs get show them. */
import { Moment, two } from '../../../guest-os/lib/dates';
import { NV_UINT64, NvList } from '../../port/nvlist';
import { niceNumber } from '../text';
import { FILE_SYSTEM, Property, WORD } from '../../prop/property';
import { findProperty } from '../../prop/table';

/** Null: the dataset has no such property. `exact`: numbers in full. */
export function valueText(dataset: NvList, name: string, exact: bool, key: string = 'value'): string | null {
  if (name == 'name') return dataset.text('name');
  const list = dataset.list(name);
  const pair = list ? list.find(key) : null;
  if (!pair) return null;
  if (pair.type != NV_UINT64) return pair.text;
  const property = findProperty(name);
  return property ? numberText(property, pair.number, exact, <i32>dataset.number('kind')) : pair.number.toString();
}

function numberText(property: Property, value: u64, exact: bool, kind: i32): string {
  const name = property.name;
  if (property.kind == WORD) return property.wordOf(value);
  if (name == 'creation') return exact ? value.toString() : dateOf(value);
  if (name == 'guid' || name == 'createtxg') return value.toString();
  if (name.endsWith('compressratio')) {
    return (value / 100).toString() + '.' + (value % 100).toString().padStart(2, '0') + 'x';
  }
  const isLimit = name.endsWith('quota') || (name.endsWith('reservation') && !property.isReadOnly);
  if (isLimit && !value && !exact) return 'none';
  return exact || !property.isBytes ? value.toString() : niceNumber(value);
}

/** Thu Nov 26 14:05 2026 */
export function dateOf(seconds: u64): string {
  const moment = new Moment(<i64>seconds);
  const day = moment.day.toString().padStart(2, ' ');
  const hour = moment.hour.toString().padStart(2, ' ');
  return (
    moment.dayName + ' ' + moment.monthName + ' ' + day + ' ' + hour + ':' + two(moment.minute) + ' ' + moment.year.toString()
  );
}

/** A column of zfs list. */
export class Column {
  readonly property: Property | null;
  width: i32;

  constructor(readonly name: string) {
    const property = findProperty(name);
    this.property = property;
    this.width = property ? property.width : name.length;
  }
  get heading(): string {
    const property = this.property;
    return property ? property.heading : this.name.toUpperCase();
  }
  get isRight(): bool {
    const property = this.property;
    return property != null && property.isRight;
  }
  /** Makes it as wide as what it shows. */
  fit(datasets: NvList[], exact: bool): void {
    const property = this.property;
    if (property && property.isFixed && !exact) return;
    for (let i = 0; i < datasets.length; i++) this.width = max(this.width, this.cell(datasets[i], exact).length);
  }
  cell(dataset: NvList, exact: bool): string {
    const text = valueText(dataset, this.name, exact);
    return text == null ? '-' : text;
  }
}

/** Cells of a line, two blanks between them; the last one to the left is not filled up. */
export function line(cells: string[], columns: Column[]): string {
  let text = '';
  for (let i = 0; i < cells.length; i++) {
    if (i) text += '  ';
    const column = columns[i];
    if (column.isRight) text += cells[i].padStart(column.width, ' ');
    else text += i + 1 < cells.length ? cells[i].padEnd(column.width, ' ') : cells[i];
  }
  return text + '\n';
}

export function isFileSystem(dataset: NvList): bool {
  return dataset.number('kind') == <u64>FILE_SYSTEM;
}
