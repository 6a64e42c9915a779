// SPDX-License-Identifier: MIT
/** @fileoverview zfs list */
import { NV_UINT64, NvList } from '../../port/nvlist';
import { FILE_SYSTEM, SNAPSHOT, VOLUME } from '../../prop/property';
import { findProperty, isUserProperty } from '../../prop/table';
import { Surroundings } from '../surroundings';
import { Column, line, valueText } from './format';
import { below, byName, complain, openDataset, Subcommand } from './subcommand';

const FIELDS: string = 'name,used,available,referenced,mountpoint';
const ALL_TYPES: i32 = FILE_SYSTEM | VOLUME | SNAPSHOT;
/** What a word behind -t stands for; -1: nothing. */
export function typesOf(words: string): i32 {
  const list = words.split(',');
  let types = 0;
  for (let i = 0; i < list.length; i++) {
    const one = list[i];
    if (one == 'filesystem' || one == 'fs') types |= FILE_SYSTEM;
    else if (one == 'volume' || one == 'vol') types |= VOLUME;
    else if (one == 'snapshot' || one == 'snap') types |= SNAPSHOT;
    else if (one == 'all') types |= ALL_TYPES;
    else {
      wrongType = one;
      return -1;
    }
  }
  return types;
}
export let wrongType: string = '';

/** Properties by which lists are sorted, and which way. */
class Order {
  readonly names: string[] = [];
  readonly down: bool[] = [];
}
let order: Order = new Order();

function compare(a: NvList, b: NvList): i32 {
  for (let i = 0; i < order.names.length; i++) {
    const result = compareBy(a, b, order.names[i]);
    if (result) return order.down[i] ? -result : result;
  }
  return byName(a, b);
}
/** Datasets that have no such property come last. */
function compareBy(a: NvList, b: NvList, name: string): i32 {
  if (name == 'name') return byName(a, b);
  const left = a.list(name);
  const right = b.list(name);
  if (!left || !right) return left ? -1 : right ? 1 : 0;
  const one = left.find('value')!;
  const two = right.find('value')!;
  const property = findProperty(name);
  if (one.type == NV_UINT64 && two.type == NV_UINT64 && property && property.isRight) {
    return one.number < two.number ? -1 : one.number > two.number ? 1 : 0;
  }
  const first = valueText(a, name, true)!;
  const second = valueText(b, name, true)!;
  return first < second ? -1 : first > second ? 1 : 0;
}

export class ListCommand extends Subcommand {
  constructor() {
    super(
      'list',
      'list [-Hp] [-r|-d max] [-o property[,...]] [-t type[,...]] [-s property] ...\n' +
        '    [-S property] ... [filesystem|volume|snapshot|path] ...',
    );
  }

  get changes(): bool {
    return false;
  }
  run(zfs: Surroundings, words: string[]): i32 {
    let types = 0;
    let fields = FIELDS;
    let scripted = false;
    let exact = false;
    let depth: u64 = 0;
    let given = false;
    order = new Order();
    const options = this.options(words, 'HS:d:o:prs:t:');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'H') scripted = true;
      else if (letter == 'p') exact = true;
      else if (letter == 'r') {
        depth = u64.MAX_VALUE;
        given = true;
      } else if (letter == 'd') {
        depth = <u64>I64.parseInt(options.argument);
        given = true;
      } else if (letter == 'o') fields = options.argument;
      else if (letter == 't') {
        types = typesOf(options.argument);
        if (types < 0) return this.misused(zfs, "invalid type '" + wrongType + "'");
      } else {
        const property = findProperty(options.argument);
        if (!property && !isUserProperty(options.argument))
          return complain(zfs, "invalid property '" + options.argument + "'", '');
        order.names.push(property ? property.name : options.argument);
        order.down.push(letter == 'S');
      }
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    // zfs list -o space is a set of columns.
    if (fields == 'space') {
      fields = 'name,available,used,usedbysnapshots,usedbydataset,usedbyrefreservation,usedbychildren';
      if (!types) types = FILE_SYSTEM | VOLUME;
    }
    const columns: Column[] = [];
    const names = fields.split(',');
    for (let i = 0; i < names.length; i++) {
      const property = findProperty(names[i]);
      if (!property && !isUserProperty(names[i]))
        return this.misused(zfs, "bad property list: invalid property '" + names[i] + "'");
      columns.push(new Column(property ? property.name : names[i]));
    }
    const operands = options.operands();
    const found = this.find(
      zfs,
      operands,
      given || !operands.length,
      given || operands.length ? depth : u64.MAX_VALUE,
      types,
      columns,
    );
    if (!found.length) {
      if (!operands.length && !this.failed && !scripted) zfs.err('no datasets available\n');
      return this.failed ? 1 : 0;
    }
    found.sort(compare);
    this.show(zfs, found, columns, scripted, exact);
    return this.failed ? 1 : 0;
  }
  private failed: bool = false;

  private find(zfs: Surroundings, operands: string[], deep: bool, depth: u64, wanted: i32, columns: Column[]): NvList[] {
    this.failed = false;
    let properties = 'name';
    for (let i = 0; i < columns.length; i++) properties += '\n' + columns[i].name;
    for (let i = 0; i < order.names.length; i++) properties += '\n' + order.names[i];
    const heads = FILE_SYSTEM | VOLUME;
    if (!operands.length) {
      const all = below(zfs, '', wanted ? wanted : heads, u64.MAX_VALUE, properties);
      if (depth == u64.MAX_VALUE) return all;
      const kept: NvList[] = [];
      for (let i = 0; i < all.length; i++) if (levelsOf(all[i].text('name')) <= depth) kept.push(all[i]);
      return kept;
    }
    const found: NvList[] = [];
    const seen = new Map<string, bool>();
    for (let i = 0; i < operands.length; i++) {
      const name = this.nameOf(zfs, operands[i]);
      // Named datasets are shown whatever they are; below them snapshots only if asked for.
      const own = openDataset(zfs, name, wanted ? wanted | (deep ? ALL_TYPES : 0) : ALL_TYPES, 'name');
      if (!own) {
        this.failed = true;
        continue;
      }
      const types = wanted ? wanted : name.includes('@') ? SNAPSHOT : heads;
      const list = below(zfs, name, types, depth, properties);
      for (let j = 0; j < list.length; j++) {
        const one = list[j].text('name');
        if (seen.has(one)) continue;
        seen.set(one, true);
        found.push(list[j]);
      }
    }
    return found;
  }

  /** A path stands for the dataset that is mounted there, or next above. */
  private nameOf(zfs: Surroundings, operand: string): string {
    if (!operand.startsWith('/')) return operand;
    const datasets: string[] = [];
    const points: string[] = [];
    zfs.mounts(datasets, points);
    let best = -1;
    for (let i = 0; i < points.length; i++) {
      const point = points[i];
      const within = operand == point || point == '/' || operand.startsWith(point + '/');
      if (within && (best < 0 || point.length >= points[best].length)) best = i;
    }
    return best < 0 ? operand : datasets[best];
  }

  private show(zfs: Surroundings, found: NvList[], columns: Column[], scripted: bool, exact: bool): void {
    const headings: string[] = [];
    for (let i = 0; i < columns.length; i++) {
      columns[i].fit(found, exact);
      headings.push(columns[i].heading);
    }
    if (!scripted) zfs.out(line(headings, columns));
    for (let i = 0; i < found.length; i++) {
      const cells: string[] = [];
      for (let j = 0; j < columns.length; j++) cells.push(columns[j].cell(found[i], exact));
      zfs.out(scripted ? cells.join('\t') + '\n' : line(cells, columns));
    }
  }
}

function levelsOf(name: string): u64 {
  let levels: u64 = 0;
  for (let i = 0; i < name.length; i++) if (name.charAt(i) == '/' || name.charAt(i) == '@') levels++;
  return levels;
}
