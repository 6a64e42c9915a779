// SPDX-License-Identifier: MIT
/** @fileoverview zfs rename, promote, hold, holds and release */
import { NvList } from '../../port/nvlist';
import { FILE_SYSTEM, SNAPSHOT, VOLUME } from '../../prop/property';
import { Surroundings } from '../surroundings';
import { dateOf } from './format';
import { Unmounted } from './mounting';
import { complain, fail, nameProblem, openDataset, parentName, poolName, query, Subcommand, textOf } from './subcommand';

const E2BIG: i32 = 7;
const EEXIST: i32 = 17;
const EINVAL: i32 = 22;
const ESRCH: i32 = 3;

export class RenameCommand extends Subcommand {
  constructor() {
    super(
      'rename',
      'rename [-f] <filesystem|volume|snapshot> <filesystem|volume|snapshot>\n' +
        'rename [-f] -p <filesystem|volume> <filesystem|volume>\nrename -r <snapshot> <snapshot>',
    );
  }

  run(zfs: Surroundings, words: string[]): i32 {
    let recursive = false;
    let parents = false;
    let force = false;
    const options = this.options(words, 'prf');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'r') recursive = true;
      else if (letter == 'p') parents = true;
      else force = true;
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'missing source dataset argument');
    if (operands.length == 1) return this.misused(zfs, 'missing target dataset argument');
    if (operands.length > 2) return this.misused(zfs, 'too many arguments');
    if (recursive && parents) return this.misused(zfs, '-p and -r options are mutually exclusive');
    if (recursive && !operands[0].includes('@'))
      return this.misused(zfs, 'source dataset for recursive rename must be a snapshot');
    const from = operands[0];
    const found = openDataset(zfs, from, FILE_SYSTEM | VOLUME | SNAPSHOT, '');
    if (!found) return 1;
    const what = "cannot rename '" + from + "'";
    if (from.includes('@')) return this.snapshot(zfs, what, from, operands[1], recursive);
    const to = operands[1];
    const wrong = nameProblem(to, FILE_SYSTEM);
    if (wrong.length) return complain(zfs, what, wrong);
    if (poolName(from) != poolName(to)) return complain(zfs, what, 'datasets must be within same pool');
    if (!from.includes('/')) return complain(zfs, what, 'operation does not apply to pools');
    if (to.startsWith(from + '/')) {
      return complain(zfs, what, 'New dataset name cannot be a descendant of current dataset name');
    }
    if (query(zfs, to, '')) return complain(zfs, what, 'dataset already exists');
    if (parents && !makeParents(zfs, to)) return 1;
    const parent = query(zfs, parentName(to), '');
    if (!parent) return complain(zfs, what, parentName(to).length ? 'parent does not exist' : 'missing dataset name');
    if (parent.number('kind') != <u64>FILE_SYSTEM) return complain(zfs, what, 'parent is not a filesystem');
    const unmounted = new Unmounted();
    if (!unmounted.take(zfs, from, true, force)) return 1;
    const result = zfs.request('rename', new NvList().setText('name', from).setText('to', to));
    const mounted = unmounted.mountAgain(zfs, result == 0 ? to : from, false);
    return result < 0 ? fail(zfs, what, result) : mounted ? 0 : 1;
  }

  private snapshot(zfs: Surroundings, what: string, from: string, target: string, recursive: bool): i32 {
    const head = from.substring(0, from.indexOf('@'));
    // @new stands for a new name of the same dataset.
    const to = target.includes('@') ? (target.startsWith('@') ? head + target : target) : head + '@' + target;
    const wrong = nameProblem(to, SNAPSHOT);
    if (wrong.length) return complain(zfs, what, wrong);
    if (to.substring(0, to.indexOf('@')) != head) return complain(zfs, what, 'snapshots must be part of same dataset');
    const input = new NvList().setText('name', from).setText('to', to);
    if (recursive) input.flag('recursive');
    const result = zfs.request('rename', input);
    if (result == -EEXIST && recursive) {
      return complain(zfs, what, 'a child dataset already has a snapshot with the new name');
    }
    return result < 0 ? fail(zfs, what, result) : 0;
  }
}

function makeParents(zfs: Surroundings, name: string): bool {
  const words = name.split('/');
  let path = words[0];
  for (let i = 1; i + 1 < words.length; i++) {
    path += '/' + words[i];
    if (query(zfs, path, '')) continue;
    const result = zfs.request('dataset_create', new NvList().setText('name', path));
    if (result == 0) continue;
    fail(zfs, "cannot create '" + path + "'", result);
    return false;
  }
  return true;
}

export class PromoteCommand extends Subcommand {
  constructor() {
    super('promote', 'promote <clone-filesystem>');
  }
  run(zfs: Surroundings, words: string[]): i32 {
    const options = this.options(words, '');
    options.next();
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'missing clone filesystem argument');
    if (operands.length > 1) return this.misused(zfs, 'too many arguments');
    const name = operands[0];
    const clone = openDataset(zfs, name, FILE_SYSTEM | VOLUME, 'origin');
    if (!clone) return 1;
    const what = "cannot promote '" + name + "'";
    const origin = textOf(clone, 'origin');
    if (!origin.length) return complain(zfs, what, 'not a cloned filesystem');
    const result = zfs.request('promote', new NvList().setText('name', name));
    if (result == -EEXIST) {
      const parent = origin.substring(0, origin.indexOf('@'));
      return complain(zfs, what, "conflicting snapshot '" + zfs.answer.text('snapshot') + "' from parent '" + parent + "'");
    }
    if (result == -EINVAL) return complain(zfs, what, 'not a cloned filesystem');
    return result < 0 ? fail(zfs, what, result) : 0;
  }
}

export class HoldCommand extends Subcommand {
  constructor(private readonly isHold: bool) {
    super(isHold ? 'hold' : 'release', (isHold ? 'hold' : 'release') + ' [-r] <tag> <snapshot> ...');
  }
  run(zfs: Surroundings, words: string[]): i32 {
    let recursive = false;
    const options = this.options(words, 'r');
    while (options.next().length) recursive = true;
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (operands.length < 2) return this.misused(zfs, '');
    const tag = operands[0];
    if (this.isHold && tag.startsWith('.')) return this.misused(zfs, "tag may not start with '.'");
    let result = 0;
    for (let i = 1; i < operands.length; i++) if (this.one(zfs, tag, operands[i], recursive)) result = 1;
    return result;
  }

  private one(zfs: Surroundings, tag: string, name: string, recursive: bool): i32 {
    const at = name.indexOf('@');
    if (at < 0) {
      zfs.err("'" + name + "' is not a snapshot\n");
      return 1;
    }
    if (!openDataset(zfs, name.substring(0, at), FILE_SYSTEM | VOLUME, '')) return 1;
    const what = (this.isHold ? "cannot hold snapshot '" : "cannot release hold from snapshot '") + name + "'";
    const input = new NvList().setText('name', name).setText('tag', tag);
    if (recursive) input.flag('recursive');
    const result = zfs.request(this.isHold ? 'hold' : 'release', input);
    if (result == -EEXIST) return complain(zfs, what, 'tag already exists on this dataset');
    if (result == -ESRCH) return complain(zfs, what, 'no such tag on this dataset');
    if (result == -E2BIG) return complain(zfs, what, 'tag too long');
    return result < 0 ? fail(zfs, what, result) : 0;
  }
}

export class HoldsCommand extends Subcommand {
  constructor() {
    super('holds', 'holds [-rH] <snapshot> ...');
  }
  get changes(): bool {
    return false;
  }
  run(zfs: Surroundings, words: string[]): i32 {
    let recursive = false;
    let scripted = false;
    const options = this.options(words, 'rH');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'r') recursive = true;
      else scripted = true;
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, '');
    let result = 0;
    const found: NvList[] = [];
    for (let i = 0; i < operands.length; i++) {
      if (!operands[i].includes('@')) {
        zfs.err("'" + operands[i] + "' is not a snapshot\n");
        result = 1;
        continue;
      }
      const input = new NvList().setText('name', operands[i]);
      if (recursive) input.flag('recursive');
      const error = zfs.request('holds', input);
      if (error < 0) result = fail(zfs, "cannot open '" + operands[i] + "'", error);
      const holds = zfs.answer.lists('holds');
      for (let j = 0; j < holds.length; j++) found.push(holds[j]);
    }
    show(zfs, found, scripted);
    return result;
  }
}

function show(zfs: Surroundings, found: NvList[], scripted: bool): void {
  if (!found.length) return;
  let nameWidth = 4;
  let tagWidth = 3;
  for (let i = 0; i < found.length; i++) {
    nameWidth = max(nameWidth, found[i].text('name').length);
    tagWidth = max(tagWidth, found[i].text('tag').length);
  }
  if (!scripted) zfs.out('NAME'.padEnd(nameWidth, ' ') + '  ' + 'TAG'.padEnd(tagWidth, ' ') + '  TIMESTAMP\n');
  for (let i = 0; i < found.length; i++) {
    const name = found[i].text('name');
    const tag = found[i].text('tag');
    const time = dateOf(found[i].number('time'));
    if (scripted) zfs.out(name + '\t' + tag + '\t' + time + '\n');
    else zfs.out(name.padEnd(nameWidth, ' ') + '  ' + tag.padEnd(tagWidth, ' ') + '  ' + time + '\n');
  }
}
