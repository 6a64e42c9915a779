// SPDX-License-Identifier: MIT
/** @fileoverview zfs get */
import { NvList } from '../../port/nvlist';
import { FILE_SYSTEM, SNAPSHOT, VOLUME } from '../../prop/property';
import { allProperties, findProperty, isUserProperty } from '../../prop/table';
import { Surroundings } from '../surroundings';
import { Column, valueText } from './format';
import { typesOf, wrongType } from './list';
import { ALL_PROPERTIES, below, byName, openDataset, sourceOf, Subcommand } from './subcommand';
import { isOwnerProperty, ownerValue } from './userspace';

const COLUMNS = ['name', 'property', 'value', 'received', 'source'];
const HEADINGS = ['NAME', 'PROPERTY', 'VALUE', 'RECEIVED', 'SOURCE'];
const SOURCES = ['local', 'default', 'inherited', 'received', 'temporary', 'none'];
const ALL_TYPES: i32 = FILE_SYSTEM | VOLUME | SNAPSHOT;

/** The table of properties that zfs get and zfs set show with their usage. */
export function propertyTable(): string {
  let text = '\nThe following properties are supported:\n\n\tPROPERTY       EDIT  INHERIT   VALUES\n\n';
  for (let i = 0; i < allProperties().length; i++) {
    const property = allProperties()[i];
    if (property.isHidden) continue;
    text += '\t' + property.name.padEnd(15, ' ') + ' ' + (property.isReadOnly ? '  NO    ' : ' YES    ');
    text += (property.isInherited ? '  YES   ' : '   NO   ') + property.values + '\n';
  }
  return (
    text +
    '\nSizes are specified in bytes with standard units such as K, M, G, etc.\n' +
    '\nUser-defined properties can be specified by using a name containing a colon (:).\n'
  );
}

export class GetCommand extends Subcommand {
  private scripted: bool = false;
  private exact: bool = false;
  private columns: i32[] = [];
  private sources: i32 = 0;
  private readonly widths: i32[] = [0, 0, 0, 0, 0];

  constructor() {
    super(
      'get',
      'get [-rHp] [-d max] [-o "all" | field[,...]] [-t type[,...]] [-s source[,...]]\n' +
        '    <"all" | property[,...]> [filesystem|volume|snapshot] ...',
    );
  }
  moreUsage(): string {
    return propertyTable();
  }

  get changes(): bool {
    return false;
  }
  run(zfs: Surroundings, words: string[]): i32 {
    let depth: u64 = 0;
    let types = ALL_TYPES;
    this.scripted = false;
    this.exact = false;
    this.columns = [0, 1, 2, 4];
    this.sources = 63;
    const options = this.options(words, ':d:o:s:rt:Hp');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'H') this.scripted = true;
      else if (letter == 'p') this.exact = true;
      else if (letter == 'r') depth = u64.MAX_VALUE;
      else if (letter == 'd') depth = <u64>I64.parseInt(options.argument);
      else if (letter == 't') {
        types = typesOf(options.argument);
        if (types < 0) return this.misused(zfs, "invalid type '" + wrongType + "'");
      } else {
        const wrong = letter == 'o' ? this.takeColumns(options.argument) : this.takeSources(options.argument);
        if (wrong.length) return this.misused(zfs, wrong);
      }
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'missing property argument');
    const none: string[] = [];
    const names = operands[0] == 'all' ? none : operands[0].split(',');
    for (let i = 0; i < names.length; i++) {
      const property = findProperty(names[i]);
      if (!property && !isUserProperty(names[i]) && !isOwnerProperty(names[i]))
        return this.misused(zfs, "bad property list: invalid property '" + names[i] + "'");
      if (property) names[i] = property.name;
    }
    let failed = false;
    const found: NvList[] = [];
    if (operands.length == 1) {
      const all = below(zfs, '', types, u64.MAX_VALUE, names.length ? names.join('\n') : ALL_PROPERTIES);
      for (let i = 0; i < all.length; i++) found.push(all[i]);
    }
    for (let i = 1; i < operands.length; i++) {
      if (!openDataset(zfs, operands[i], ALL_TYPES, 'name')) {
        failed = true;
        continue;
      }
      const list = below(zfs, operands[i], types, depth, names.length ? names.join('\n') : ALL_PROPERTIES);
      for (let j = 0; j < list.length; j++) found.push(list[j]);
    }
    if (depth) found.sort(byName);
    this.show(zfs, found, names);
    return failed ? 1 : 0;
  }

  private takeColumns(words: string): string {
    if (words == 'all') {
      this.columns = [0, 1, 2, 3, 4];
      return '';
    }
    this.columns = [];
    const list = words.split(',');
    for (let i = 0; i < list.length; i++) {
      const at = COLUMNS.indexOf(list[i]);
      if (at < 0) return "invalid column name '" + list[i] + "'";
      this.columns.push(at);
    }
    return '';
  }
  private takeSources(words: string): string {
    this.sources = 0;
    const list = words.split(',');
    for (let i = 0; i < list.length; i++) {
      const at = SOURCES.indexOf(list[i]);
      if (at < 0) return "invalid source '" + list[i] + "'";
      this.sources |= 1 << at;
    }
    return '';
  }
  private wants(source: string): bool {
    for (let i = 0; i < SOURCES.length; i++) {
      const matches = SOURCES[i] == 'none' ? source == '-' : source.startsWith(SOURCES[i]);
      if (matches) return (this.sources & (1 << i)) != 0;
    }
    return true;
  }

  private show(zfs: Surroundings, found: NvList[], names: string[]): void {
    const rows: string[][] = [];
    for (let i = 0; i < this.widths.length; i++) this.widths[i] = HEADINGS[i].length;
    for (let i = 0; i < found.length; i++) {
      const list = names.length ? names : shownNames(found[i]);
      for (let j = 0; j < list.length; j++) this.addRow(zfs, rows, found[i], list[j], names.length > 0);
    }
    if (!rows.length) return;
    if (!this.scripted) this.put(zfs, HEADINGS);
    for (let i = 0; i < rows.length; i++) this.put(zfs, rows[i]);
  }

  private addRow(zfs: Surroundings, rows: string[][], dataset: NvList, name: string, asked: bool): void {
    const isOwners = isOwnerProperty(name);
    const text = isOwners ? ownerValue(zfs, dataset.text('name'), name, this.exact) : valueText(dataset, name, this.exact);
    if (text == null && !asked) return;
    const source = text == null ? '-' : isOwners ? 'local' : sourceOf(dataset, name);
    if (!this.wants(source)) return;
    let received: string | null = null;
    if (text != null) received = valueText(dataset, name, this.exact, 'received');
    const own = dataset.text('name');
    const row: string[] = [own, name, orDash(text), orDash(received), source];
    rows.push(row);
    const widths = this.widths;
    widths[0] = max(widths[0], own.length);
    widths[1] = max(widths[1], name.length);
    widths[2] = max(widths[2], max(new Column(name).property ? new Column(name).width : 0, row[2].length));
    widths[3] = max(widths[3], row[3].length);
    widths[4] = max(widths[4], own.length + 'inherited from'.length);
  }

  private put(zfs: Surroundings, row: string[]): void {
    let text = '';
    for (let i = 0; i < this.columns.length; i++) {
      const cell = row[this.columns[i]];
      const last = i + 1 == this.columns.length;
      if (this.scripted) text += cell + (last ? '' : '\t');
      else text += last ? cell : cell.padEnd(this.widths[this.columns[i]], ' ') + '  ';
    }
    zfs.out(text + '\n');
  }
}

function orDash(text: string | null): string {
  return text == null ? '-' : text;
}

/** Native ones in the order of their table, then a user's. */
function shownNames(dataset: NvList): string[] {
  const names: string[] = [];
  const all = allProperties();
  for (let i = 0; i < all.length; i++) if (!all[i].isHidden && dataset.list(all[i].name)) names.push(all[i].name);
  for (let i = 0; i < dataset.pairs.length; i++) if (dataset.pairs[i].name.includes(':')) names.push(dataset.pairs[i].name);
  return names;
}
