// SPDX-License-Identifier: MIT
/** @fileoverview zpool list: a line for each pool, and with -v one for each of its vdevs. */
import { NvList } from '../../port/nvlist';
import { Arguments } from '../arguments';
import { left, niceNumber, right } from '../text';
import { propertyName, propertyOf } from './property';
import { Subcommand } from './subcommand';

/** Columns unless -o says otherwise: property, heading, width; to the left where the width is negative. */
const USUAL: string[] = [
  'name',
  'size',
  'allocated',
  'free',
  'ckpoint',
  'expandsz',
  'frag',
  'capacity',
  'dedupratio',
  'health',
  'altroot',
];

function headingOf(column: string): string {
  if (column == 'allocated') return 'ALLOC';
  if (column == 'capacity') return 'CAP';
  if (column == 'dedupratio') return 'DEDUP';
  if (column == 'readonly') return 'RDONLY';
  return column.toUpperCase();
}
function isText(column: string): bool {
  return ['name', 'health', 'altroot', 'bootfs', 'comment', 'readonly'].includes(column);
}

export class ListPools extends Subcommand {
  constructor() {
    super('list', 'list [-Hpv] [-o property[,...]] [<pool>] ...');
  }
  private exact: bool = false;
  private columns: string[] = [];

  run(words: string[]): i32 {
    const options = new Arguments(words, 'Hpvo:');
    let bare = false;
    let tree = false;
    this.columns = USUAL;
    for (let option = options.next(); option != ''; option = options.next()) {
      if (option == 'H') bare = true;
      else if (option == 'p') this.exact = true;
      else if (option == 'v') tree = true;
      else {
        const names = options.argument.split(',');
        this.columns = [];
        for (let i = 0; i < names.length; i++) {
          const name = propertyName(names[i]);
          if (!name.length) return this.misused("bad property list: invalid property '" + names[i] + "'");
          this.columns.push(name);
        }
      }
    }
    if (this.isWrong(options)) return 2;
    const pools = this.pools(options.operands());
    if (!pools.length) {
      if (!this.missing) this.say('no pools available\n');
      return this.missing ? 1 : 0;
    }
    const rows: string[][] = [];
    for (let i = 0; i < pools.length; i++) {
      rows.push(this.row(pools[i]));
      if (tree) this.below(pools[i], 2, true, rows);
    }
    this.print(rows, bare);
    return this.missing ? 1 : 0;
  }

  private row(pool: NvList): string[] {
    const row: string[] = [];
    for (let i = 0; i < this.columns.length; i++) {
      const name = this.columns[i];
      // Checkpoints, growing and the map of fragments belong to features that these pools do not have.
      if (name == 'ckpoint' || name == 'expandsz' || name == 'frag' || name == 'altroot') row.push('-');
      else row.push(propertyOf(this.context.place, pool, name, this.exact).text);
    }
    return row;
  }

  /** Rows of the vdevs below; only those at the top know how full they are. */
  private below(list: NvList, depth: i32, top: bool, rows: string[][]): void {
    const vdevs = list.lists(top ? 'vdevs' : 'children');
    for (let i = 0; i < vdevs.length; i++) {
      const vdev = vdevs[i];
      const size = vdev.number('size');
      const allocated = vdev.number('allocated');
      const row: string[] = [];
      for (let j = 0; j < this.columns.length; j++) {
        const name = this.columns[j];
        if (name == 'name') row.push(' '.repeat(depth) + vdev.text('name'));
        else if (!top) row.push('-');
        else if (name == 'size') row.push(this.number(size));
        else if (name == 'allocated') row.push(this.number(allocated));
        else if (name == 'free') row.push(this.number(size - allocated));
        else if (name == 'capacity') row.push((size ? (allocated * 100) / size : 0).toString() + (this.exact ? '' : '%'));
        else row.push('-');
      }
      rows.push(row);
      this.below(vdev, depth + 2, false, rows);
    }
  }
  private number(value: u64): string {
    return this.exact ? value.toString() : niceNumber(value);
  }

  private print(rows: string[][], bare: bool): void {
    const columns = this.columns;
    const widths: i32[] = [];
    for (let i = 0; i < columns.length; i++) {
      let width = headingOf(columns[i]).length;
      if (!isText(columns[i])) width = max(width, 5);
      for (let j = 0; j < rows.length; j++) width = max(width, rows[j][i].length);
      widths.push(width);
    }
    let text = '';
    for (let j = bare ? 0 : -1; j < rows.length; j++) {
      for (let i = 0; i < columns.length; i++) {
        const cell = j < 0 ? headingOf(columns[i]) : rows[j][i];
        if (bare) text += i ? '\t' + cell : cell;
        else {
          if (i) text += '  ';
          if (!isText(columns[i])) text += right(cell, widths[i]);
          else text += i + 1 == columns.length ? cell : left(cell, widths[i]);
        }
      }
      text += '\n';
    }
    this.out(text);
  }
}
