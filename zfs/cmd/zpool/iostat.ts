// SPDX-License-Identifier: MIT
/** @fileoverview zpool iostat: operations and bytes a second, since the pool was opened and then for each interval. */
import { NvList } from '../../port/nvlist';
import { Arguments } from '../arguments';
import { left, niceNumber, right } from '../text';
import { Subcommand } from './subcommand';

const FIGURES: string[] = ['reads', 'writes', 'read_bytes', 'written_bytes'];

class Row {
  name: string = '';
  depth: i32 = 0;
  /** -: not known of this vdev. */
  allocated: string = '-';
  free: string = '-';
  figures: u64[] = [0, 0, 0, 0];
}

export class IoStat extends Subcommand {
  constructor() {
    super('iostat', 'iostat [-v] [<pool>] ... [interval [count]]');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, 'v');
    let tree = false;
    for (let option = options.next(); option != ''; option = options.next()) tree = true;
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    const numbers: i32[] = [];
    while (operands.length && numbers.length < 2 && isNumber(operands[operands.length - 1]))
      numbers.push(<i32>I32.parseInt(operands.pop()));
    const interval = numbers.length ? numbers[numbers.length - 1] : 0;
    const count = numbers.length > 1 ? numbers[0] : interval ? i32.MAX_VALUE : 1;
    if (numbers.length && !interval) return this.misused('interval cannot be zero');
    let before: Row[] = [];
    let seconds: u64 = 0;
    for (let round = 0; round < count; round++) {
      if (round && !this.context.place.sleep(interval)) break;
      const pools = this.pools(operands);
      if (!pools.length) {
        if (!this.missing) this.say('no pools available\n');
        return this.missing ? 1 : 0;
      }
      seconds = round ? interval : max<u64>(pools[0].number('uptime'), 1);
      const rows: Row[] = [];
      for (let i = 0; i < pools.length; i++) rowsOf(pools[i], tree, rows);
      this.show(rows, before, seconds, !round, tree);
      before = rows;
    }
    return this.missing ? 1 : 0;
  }

  private show(rows: Row[], before: Row[], seconds: u64, heading: bool, tree: bool): void {
    let width = 10;
    for (let i = 0; i < rows.length; i++) width = max(width, rows[i].name.length + rows[i].depth);
    let text = '';
    if (heading || tree) {
      text += ' '.repeat(width) + '     capacity     operations    bandwidth\n';
      text += left('pool', width) + '  alloc   free   read  write   read  write\n' + rule(width);
    }
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (tree && i && !row.depth) text += rule(width);
      text += left(' '.repeat(row.depth) + row.name, width) + '  ' + right(row.allocated, 5) + '  ' + right(row.free, 5);
      const old: Row | null = i < before.length && before[i].name == row.name ? before[i] : null;
      for (let j = 0; j < 4; j++) {
        const total = row.figures[j] - (old ? old.figures[j] : 0);
        text += '  ' + right(niceNumber(total / seconds), 5);
      }
      text += '\n';
    }
    if (tree) text += rule(width);
    this.out(text);
  }
}

function rule(width: i32): string {
  return '-'.repeat(width) + '  -----  -----  -----  -----  -----  -----\n';
}
function isNumber(text: string): bool {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x30 || text.charCodeAt(i) > 0x39) return false;
  return text.length > 0;
}

function rowsOf(pool: NvList, tree: bool, rows: Row[]): void {
  const row = new Row();
  row.name = pool.text('name');
  fill(row, pool);
  rows.push(row);
  const vdevs = pool.lists('vdevs');
  for (let i = 0; i < vdevs.length; i++) {
    for (let j = 0; j < 4; j++) row.figures[j] += vdevs[i].number(FIGURES[j]);
    if (tree) below(vdevs[i], 2, rows);
  }
}
function below(vdev: NvList, depth: i32, rows: Row[]): void {
  const row = new Row();
  row.name = vdev.text('name');
  row.depth = depth;
  if (depth == 2) fill(row, vdev);
  for (let j = 0; j < 4; j++) row.figures[j] = vdev.number(FIGURES[j]);
  rows.push(row);
  const children = vdev.lists('children');
  for (let i = 0; i < children.length; i++) below(children[i], depth + 2, rows);
}
function fill(row: Row, list: NvList): void {
  row.allocated = niceNumber(list.number('allocated'));
  row.free = niceNumber(list.number('size') - list.number('allocated'));
}
