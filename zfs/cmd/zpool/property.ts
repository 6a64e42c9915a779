// SPDX-License-Identifier: MIT
/**
 * @fileoverview Properties of pools, and zpool get and set. A property is one line in {@link NAMES} and its text in {@link propertyOf}; those of
 * {@link SETTABLE} can be set.
 */
import { EINVAL, ENOENT } from '../../../guest-os/kernel/errno';
import { NvList } from '../../port/nvlist';
import { Arguments } from '../arguments';
import { Channel } from '../channel';
import { left, niceNumber, reasonOf } from '../text';
import { stateName } from './status';
import { Subcommand } from './subcommand';

/** In the order of `get all`. */
export const NAMES: string[] = [
  'size',
  'capacity',
  'health',
  'guid',
  'version',
  'bootfs',
  'dedupratio',
  'free',
  'allocated',
  'readonly',
  'comment',
];
const SETTABLE: string[] = ['bootfs', 'comment'];
const ALIASES: string[] = ['alloc=allocated', 'cap=capacity', 'dedup=dedupratio', 'ver=version'];

/** The full name of a property; empty: there is none. */
export function propertyName(word: string): string {
  for (let i = 0; i < ALIASES.length; i++) {
    const pair = ALIASES[i].split('=');
    if (pair[0] == word) return pair[1];
  }
  return word == 'name' || word == 'altroot' || NAMES.includes(word) ? word : '';
}

export class Value {
  constructor(
    public readonly text: string,
    public readonly source: string,
  ) {}
}

/** A property of a pool as `pool_list` describes it. */
export function propertyOf(channel: Channel, pool: NvList, name: string, exact: bool): Value {
  const size = pool.number('size');
  const allocated = pool.number('allocated');
  if (name == 'name') return new Value(pool.text('name'), '-');
  if (name == 'size') return new Value(exact ? size.toString() : niceNumber(size), '-');
  if (name == 'free') return new Value(exact ? (size - allocated).toString() : niceNumber(size - allocated), '-');
  if (name == 'allocated') return new Value(exact ? allocated.toString() : niceNumber(allocated), '-');
  if (name == 'capacity') return new Value((size ? (allocated * 100) / size : 0).toString() + (exact ? '' : '%'), '-');
  if (name == 'health') return new Value(stateName(pool.number('state'), pool.number('suspended') != 0), '-');
  if (name == 'guid') return new Value(pool.number('guid').toString(), pool.has('guid') ? 'default' : '-');
  if (name == 'version') return new Value(pool.number('version').toString(), pool.number('version') == 28 ? 'default' : 'local');
  // There is no deduplication.
  if (name == 'dedupratio') return new Value(exact ? '1.00' : '1.00x', '-');
  if (name == 'readonly') return new Value(pool.number('readonly') ? 'on' : 'off', '-');
  const output = new NvList();
  channel.call('pool_get', new NvList().setText('pool', pool.text('name')), output);
  const text = output.text(name);
  return text.length ? new Value(text, 'local') : new Value('-', 'default');
}

export class GetProperty extends Subcommand {
  constructor() {
    super('get', 'get [-Hp] [-o "all" | field[,...]] <"all" | property[,...]> <pool> ...');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, 'Hpo:');
    let bare = false;
    let exact = false;
    let fields: string[] = ['name', 'property', 'value', 'source'];
    for (let option = options.next(); option != ''; option = options.next()) {
      if (option == 'H') bare = true;
      else if (option == 'p') exact = true;
      else if (options.argument != 'all') fields = options.argument.split(',');
    }
    if (this.isWrong(options)) return 2;
    for (let i = 0; i < fields.length; i++) {
      if (!'name property value source'.split(' ').includes(fields[i]))
        return this.misused("invalid column name '" + fields[i] + "'");
    }
    const operands = options.operands();
    if (!operands.length) return this.misused('missing property argument');
    const names = operands[0] == 'all' ? NAMES : operands[0].split(',');
    for (let i = 0; i < names.length; i++) {
      if (!propertyName(names[i]).length) return this.misused("bad property list: invalid property '" + names[i] + "'");
    }
    const pools = this.pools(operands.slice(1));
    const rows: string[][] = [];
    for (let i = 0; i < pools.length; i++) {
      for (let j = 0; j < names.length; j++) {
        const name = propertyName(names[j]);
        const value = propertyOf(this.context.place, pools[i], name, exact);
        const row: string[] = [];
        for (let k = 0; k < fields.length; k++) {
          if (fields[k] == 'name') row.push(pools[i].text('name'));
          else if (fields[k] == 'property') row.push(name);
          else if (fields[k] == 'value') row.push(value.text);
          else row.push(value.source);
        }
        rows.push(row);
      }
    }
    if (rows.length) this.out(tableText(fields, rows, bare));
    return this.missing ? 1 : 0;
  }
}

/** Columns as wide as their widest entry, two blanks apart; `bare`: tabs and no heading. */
function tableText(fields: string[], rows: string[][], bare: bool): string {
  let text = '';
  const all: string[][] = [];
  if (!bare) {
    const heading: string[] = [];
    for (let i = 0; i < fields.length; i++) heading.push(fields[i].toUpperCase());
    all.push(heading);
  }
  for (let i = 0; i < rows.length; i++) all.push(rows[i]);
  for (let i = 0; i < all.length; i++) {
    let line = '';
    for (let k = 0; k < fields.length; k++) {
      let width = 0;
      for (let j = 0; j < all.length; j++) width = max(width, all[j][k].length);
      const last = k + 1 == fields.length;
      line += last ? all[i][k] : bare ? all[i][k] + '\t' : left(all[i][k], width) + '  ';
    }
    text += line + '\n';
  }
  return text;
}

export class SetProperty extends Subcommand {
  constructor() {
    super('set', 'set <property=value> <pool>');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, '');
    options.next();
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    if (!operands.length) return this.misused('missing property=value argument');
    if (operands.length < 2) return this.misused('missing pool name');
    if (operands.length > 2) return this.misused('too many pool names');
    const equals = operands[0].indexOf('=');
    if (equals < 1) return this.misused('missing value in property=value argument');
    const name = operands[0].substring(0, equals);
    const value = operands[0].substring(equals + 1);
    const pool = operands[1];
    if (!this.pool(pool)) return 1;
    const what = "cannot set property for '" + pool + "'";
    if (!propertyName(name).length) return this.fail(what, "invalid property '" + name + "'");
    if (!SETTABLE.includes(name)) return this.fail(what, "'" + name + "' is readonly");
    if (name == 'comment' && value.length > 32) return this.fail(what, 'comment must not exceed 32 characters');
    const result = this.request('pool_set', new NvList().setText('pool', pool).setText('property', name).setText('value', value));
    if (result == -ENOENT) return this.fail(what, "invalid name '" + value + "'");
    if (result == -EINVAL) return this.fail(what, "invalid value '" + value + "'");
    if (result < 0) return this.fail(what, reasonOf(result));
    this.log(pool);
    return 0;
  }
}
