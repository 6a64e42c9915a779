// SPDX-License-Identifier: MIT
/**
 * @fileoverview zfs userspace and groupspace: who has how much in a file system, and how much they may have; and the properties of one user or group, userused@,
 * userquota@, groupused@ and groupquota@ with a name or number behind.
 */
import { parsedSize, parseSize, sizeProblem } from '../../prop/numbers';
import { NvList } from '../../port/nvlist';
import { FILE_SYSTEM, SNAPSHOT } from '../../prop/property';
import { Surroundings } from '../surroundings';
import { left, niceNumber, right } from '../text';
import { complain, openDataset, fail, Subcommand } from './subcommand';

const FIELDS: string[] = ['type', 'name', 'used', 'quota'];
const TYPE: i32 = 0;
const NAME: i32 = 1;
const USED: i32 = 2;
const QUOTA: i32 = 3;
const TYPES: string[] = ['posixuser', 'smbuser', 'posixgroup', 'smbgroup', 'all'];
const USERS: i32 = 1;
const GROUPS: i32 = 2;
const KINDS_OF_TYPES: i32[] = [1, 0, 2, 0, 3];

class Owner {
  constructor(
    readonly isGroup: bool,
    readonly id: u64,
    readonly name: string,
    readonly used: u64,
    readonly quota: u64,
  ) {}

  text(field: i32, exact: bool): string {
    if (field == TYPE) return this.isGroup ? 'POSIX Group' : 'POSIX User';
    if (field == NAME) return this.name;
    const value = field == USED ? this.used : this.quota;
    if (field == QUOTA && !value) return 'none';
    return exact ? value.toString() : niceNumber(value);
  }
}

export class UserSpaceCommand extends Subcommand {
  private exact: bool = false;
  private scripted: bool = false;
  private numeric: bool = false;
  private fields: i32[] = [];
  private kinds: i32 = 0;

  constructor(private readonly isGroup: bool) {
    super(
      isGroup ? 'groupspace' : 'userspace',
      (isGroup ? 'groupspace' : 'userspace') +
        ' [-Hinp] [-o field[,...]] [-s field] ...\n    [-S field] ... [-t type[,...]] <filesystem|snapshot>',
    );
  }
  get changes(): bool {
    return false;
  }

  run(zfs: Surroundings, words: string[]): i32 {
    this.exact = false;
    this.scripted = false;
    this.numeric = false;
    this.fields = [TYPE, NAME, USED, QUOTA];
    this.kinds = this.isGroup ? GROUPS : USERS;
    sortFields.length = 0;
    sortDown.length = 0;
    const options = this.options(words, 'nHpo:s:S:t:i');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      let wrong = '';
      if (letter == 'H') this.scripted = true;
      else if (letter == 'n') this.numeric = true;
      else if (letter == 'p') this.exact = true;
      else if (letter == 'o') wrong = this.takeFields(options.argument);
      else if (letter == 't') wrong = this.takeTypes(options.argument);
      else if (letter == 's' || letter == 'S') {
        const at = FIELDS.indexOf(options.argument);
        if (at < 0) wrong = "invalid field '" + options.argument + "'";
        sortFields.push(at);
        sortDown.push(letter == 'S');
      }
      if (wrong.length) return this.misused(zfs, wrong);
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'missing dataset name');
    if (operands.length > 1) return this.misused(zfs, 'too many arguments');
    if (!openDataset(zfs, operands[0], FILE_SYSTEM | SNAPSHOT, '')) return 1;
    const result = zfs.request('userspace', new NvList().setText('name', operands[0]));
    if (result < 0) return fail(zfs, "cannot get used/quota for '" + operands[0] + "'", result);
    const owners: Owner[] = [];
    if (this.kinds & USERS) this.take(zfs, zfs.answer.lists('users'), false, owners);
    if (this.kinds & GROUPS) this.take(zfs, zfs.answer.lists('groups'), true, owners);
    for (let i = TYPE; i <= NAME; i++) {
      sortFields.push(i);
      sortDown.push(false);
    }
    owners.sort(compare);
    this.show(zfs, owners);
    return 0;
  }

  private takeFields(words: string): string {
    const list = words.split(',');
    this.fields = [];
    for (let i = 0; i < list.length; i++) {
      const at = FIELDS.indexOf(list[i]);
      if (at < 0) return "invalid type '" + list[i] + "' for -o option";
      this.fields.push(at);
    }
    return '';
  }
  private takeTypes(words: string): string {
    const list = words.split(',');
    this.kinds = 0;
    for (let i = 0; i < list.length; i++) {
      const at = TYPES.indexOf(list[i]);
      if (at < 0) return "invalid type '" + list[i] + "' for -t option";
      this.kinds |= KINDS_OF_TYPES[at];
    }
    return '';
  }

  private take(zfs: Surroundings, from: NvList[], isGroup: bool, owners: Owner[]): void {
    for (let i = 0; i < from.length; i++) {
      const id = from[i].number('id');
      const name = this.numeric ? id.toString() : zfs.ownerName(isGroup, id);
      owners.push(new Owner(isGroup, id, name, from[i].number('used'), from[i].number('quota')));
    }
  }

  private show(zfs: Surroundings, owners: Owner[]): void {
    const fields = this.fields;
    const rows: string[][] = [];
    const heading: string[] = [];
    for (let i = 0; i < fields.length; i++) heading.push(FIELDS[fields[i]].toUpperCase());
    if (!this.scripted) rows.push(heading);
    for (let i = 0; i < owners.length; i++) {
      const row: string[] = [];
      for (let j = 0; j < fields.length; j++) row.push(owners[i].text(fields[j], this.exact));
      rows.push(row);
    }
    const widths: i32[] = [];
    for (let j = 0; j < fields.length; j++) {
      widths.push(0);
      for (let i = 0; i < rows.length; i++) widths[j] = max(widths[j], rows[i][j].length);
    }
    for (let i = 0; i < rows.length; i++) {
      let line = '';
      for (let j = 0; j < fields.length; j++) {
        if (j) line += this.scripted ? '\t' : '  ';
        const cell = rows[i][j];
        if (this.scripted) line += cell;
        else line += fields[j] <= NAME ? left(cell, widths[j]) : right(cell, widths[j]);
      }
      zfs.out(line + '\n');
    }
  }
}

/** What owners are sorted by, the first first. */
const sortFields: i32[] = [];
const sortDown: bool[] = [];
function compare(a: Owner, b: Owner): i32 {
  for (let i = 0; i < sortFields.length; i++) {
    const field = sortFields[i];
    let order = 0;
    if (field == USED || field == QUOTA) {
      const left = field == USED ? a.used : a.quota;
      const right = field == USED ? b.used : b.quota;
      order = left < right ? -1 : left > right ? 1 : 0;
    } else {
      const left = a.text(field, true);
      const right = b.text(field, true);
      // Numbers as numbers.
      const areNumbers = field == NAME && left == a.id.toString() && right == b.id.toString();
      if (areNumbers) order = a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
      else order = left < right ? -1 : left > right ? 1 : 0;
    }
    if (order) return sortDown[i] ? -order : order;
  }
  return 0;
}

// ---- properties of one owner

const PREFIXES: string[] = ['userused@', 'userquota@', 'groupused@', 'groupquota@'];

/** Is it one of these properties, whoever it is of? */
export function isOwnerProperty(name: string): bool {
  for (let i = 0; i < PREFIXES.length; i++) if (name.startsWith(PREFIXES[i])) return true;
  return false;
}
export function isOwnerQuota(name: string): bool {
  return name.startsWith(PREFIXES[1]) || name.startsWith(PREFIXES[3]);
}
function ownerOf(zfs: Surroundings, name: string): i64 {
  return zfs.ownerId(name.startsWith('group'), name.substring(name.indexOf('@') + 1));
}

/** Sets `name` = `value` for a file system; its status. */
export function setOwnerQuota(zfs: Surroundings, dataset: string, name: string, value: string): i32 {
  const what = "cannot set property for '" + dataset + "'";
  const id = ownerOf(zfs, name);
  if (id < 0) return complain(zfs, what, "'" + name + "' has an invalid user/group name");
  if (!isOwnerQuota(name)) return complain(zfs, what, "'" + name + "' is readonly");
  let bytes: u64 = 0;
  if (value != 'none') {
    if (!parseSize(value)) return complain(zfs, what, sizeProblem);
    bytes = parsedSize;
    if (!bytes) return complain(zfs, what, "use 'none' to disable userquota/groupquota");
  }
  const input = new NvList()
    .setText('name', dataset)
    .setNumber('id', <u64>id)
    .setNumber('bytes', bytes);
  if (name.startsWith('group')) input.flag('group');
  const result = zfs.request('userquota_set', input);
  return result < 0 ? fail(zfs, what, result) : 0;
}

/** The value for a dataset; null: there is none. */
export function ownerValue(zfs: Surroundings, dataset: string, name: string, exact: bool): string | null {
  const id = ownerOf(zfs, name);
  if (id < 0 || zfs.request('userspace', new NvList().setText('name', dataset)) < 0) return null;
  const owners = zfs.answer.lists(name.startsWith('group') ? 'groups' : 'users');
  let value: u64 = 0;
  for (let i = 0; i < owners.length; i++) {
    if (owners[i].number('id') == <u64>id) value = owners[i].number(isOwnerQuota(name) ? 'quota' : 'used');
  }
  if (exact) return value.toString();
  return isOwnerQuota(name) && !value ? 'none' : niceNumber(value);
}
