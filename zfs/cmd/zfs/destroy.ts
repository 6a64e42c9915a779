// SPDX-License-Identifier: MIT
/** @fileoverview zfs destroy and zfs rollback: what depends on what goes, clones and all, has to be named first. */
import { NvList } from '../../port/nvlist';
import { niceNumber } from '../text';
import { FILE_SYSTEM, SNAPSHOT, VOLUME } from '../../prop/property';
import { Surroundings } from '../surroundings';
import { unmountDataset } from './mounting';
import { below, complain, fail, kindName, nameProblem, numberOf, openDataset, Subcommand, textOf } from './subcommand';

const ALL_TYPES: i32 = FILE_SYSTEM | VOLUME | SNAPSHOT;
const EBUSY: i32 = 16;
const NEEDED: string = 'origin\nused\nuserrefs';

/** All datasets of a pool, for finding what depends on what. */
class Family {
  readonly all: NvList[];
  constructor(zfs: Surroundings, pool: string) {
    this.all = below(zfs, pool, ALL_TYPES, u64.MAX_VALUE, NEEDED);
  }
  /** Adds what depends on a dataset, each after what depends on it: children, clones of snapshots, snapshots. */
  dependents(name: string, into: string[]): void {
    if (name.includes('@')) {
      for (let i = 0; i < this.all.length; i++) {
        if (textOf(this.all[i], 'origin') == name) this.withDependents(this.all[i].text('name'), into);
      }
      return;
    }
    for (let i = 0; i < this.all.length; i++) {
      const one = this.all[i].text('name');
      if (one.startsWith(name + '/') && one.indexOf('/', name.length + 1) < 0 && !one.includes('@'))
        this.withDependents(one, into);
    }
    for (let i = 0; i < this.all.length; i++) {
      const one = this.all[i].text('name');
      if (one.startsWith(name + '@')) this.withDependents(one, into);
    }
  }
  private withDependents(name: string, into: string[]): void {
    if (into.includes(name)) return;
    this.dependents(name, into);
    if (!into.includes(name)) into.push(name);
  }
  find(name: string): NvList | null {
    for (let i = 0; i < this.all.length; i++) if (this.all[i].text('name') == name) return this.all[i];
    return null;
  }
}

function isBelow(name: string, root: string): bool {
  return name.startsWith(root + '/') || name.startsWith(root + '@');
}
function poolOf(name: string): string {
  return name.split('@')[0].split('/')[0];
}

export class DestroyCommand extends Subcommand {
  private recursive: bool = false;
  private clones: bool = false;
  private force: bool = false;
  private defer: bool = false;
  private dryRun: bool = false;
  private verbose: bool = false;
  private parsable: bool = false;

  constructor() {
    super('destroy', 'destroy [-fnpRrv] <filesystem|volume>\ndestroy [-dnpRrv] <filesystem|volume>@<snap>[%<snap>][,...]');
  }

  run(zfs: Surroundings, words: string[]): i32 {
    this.recursive = this.clones = this.force = this.defer = this.dryRun = this.verbose = this.parsable = false;
    const options = this.options(words, 'vpndfrR');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'v') this.verbose = true;
      else if (letter == 'p') {
        this.verbose = true;
        this.parsable = true;
      } else if (letter == 'n') this.dryRun = true;
      else if (letter == 'd') this.defer = true;
      else if (letter == 'f') this.force = true;
      else if (letter == 'r') this.recursive = true;
      else {
        this.recursive = true;
        this.clones = true;
      }
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'missing dataset argument');
    if (operands.length > 1) return this.misused(zfs, 'too many arguments');
    return operands[0].includes('@') ? this.destroySnapshots(zfs, operands[0]) : this.destroyDataset(zfs, operands[0]);
  }

  private destroyDataset(zfs: Surroundings, name: string): i32 {
    const target = openDataset(zfs, name, FILE_SYSTEM | VOLUME, NEEDED);
    if (!target) return 1;
    const what = "cannot destroy '" + name + "'";
    if (!name.includes('/') && !this.recursive) {
      complain(zfs, what, 'operation does not apply to pools');
      zfs.err("use 'zfs destroy -r " + name + "' to destroy all datasets in the pool\n");
      zfs.err("use 'zpool destroy " + name + "' to destroy the pool itself\n");
      return 1;
    }
    if (this.defer) return this.misused(zfs, '');
    const family = new Family(zfs, poolOf(name));
    const dependents: string[] = [];
    family.dependents(name, dependents);
    let first = true;
    for (let i = 0; i < dependents.length && !this.clones; i++) {
      const isOwn = isBelow(dependents[i], name);
      if (isOwn ? this.recursive : !this.recursive) continue;
      const kind = kindName(<i32>target.number('kind'));
      if (first) {
        complain(zfs, what, kind + (isOwn ? ' has children' : ' has dependent clones'));
        zfs.err("use '" + (isOwn ? '-r' : '-R') + "' to destroy the following datasets:\n");
        first = false;
      }
      zfs.err(dependents[i] + '\n');
    }
    if (!first) return 1;
    if (name.includes('/')) dependents.push(name);
    return this.destroyAll(zfs, family, dependents);
  }

  private destroyAll(zfs: Surroundings, family: Family, names: string[]): i32 {
    let reclaimed: u64 = 0;
    for (let i = 0; i < names.length; i++) {
      const one = family.find(names[i]);
      if (this.verbose) {
        const will = this.dryRun ? 'would destroy ' : 'will destroy ';
        zfs.out((this.parsable ? 'destroy\t' : will) + names[i] + '\n');
      }
      if (one && i + 1 == names.length) reclaimed = numberOf(one, 'used');
    }
    if (this.verbose && names.length) this.tellSpace(zfs, reclaimed);
    if (this.dryRun) return 0;
    let result = 0;
    for (let i = 0; i < names.length; i++) {
      if (!unmountDataset(zfs, names[i], this.force)) {
        result = 1;
        break;
      }
      if (destroyOne(zfs, names[i], this.defer)) result = 1;
    }
    return result;
  }
  private tellSpace(zfs: Surroundings, bytes: u64): void {
    if (this.parsable) zfs.out('reclaim\t' + bytes.toString() + '\n');
    else zfs.out((this.dryRun ? 'would' : 'will') + ' reclaim ' + niceNumber(bytes) + '\n');
  }

  // ---- snapshots

  private destroySnapshots(zfs: Surroundings, operand: string): i32 {
    const at = operand.indexOf('@');
    const head = operand.substring(0, at);
    const root = openDataset(zfs, head, FILE_SYSTEM | VOLUME, '');
    if (!root) return 1;
    const family = new Family(zfs, poolOf(head));
    const chosen: string[] = [];
    for (let i = 0; i < family.all.length; i++) {
      const one = family.all[i].text('name');
      const isHead = !one.includes('@') && (one == head || (this.recursive && one.startsWith(head + '/')));
      if (!isHead) continue;
      const wrong = addChosen(family.all, one, operand.substring(at + 1), chosen);
      if (wrong.length && one == head) return complain(zfs, "cannot destroy '" + operand + "'", wrong);
    }
    if (!chosen.length) {
      zfs.err('could not find any snapshots to destroy; check snapshot names.\n');
      return 1;
    }
    const all: string[] = [];
    for (let i = 0; i < chosen.length; i++) {
      const clones: string[] = [];
      family.dependents(chosen[i], clones);
      if (clones.length && !this.clones && !this.defer) {
        complain(zfs, "cannot destroy '" + chosen[i] + "'", 'snapshot has dependent clones');
        zfs.err("use '-R' to destroy the following datasets:\n" + clones.join('\n') + '\n');
        return 1;
      }
      for (let j = 0; this.clones && j < clones.length; j++) if (!all.includes(clones[j])) all.push(clones[j]);
      if (!all.includes(chosen[i])) all.push(chosen[i]);
    }
    let space: u64 = 0;
    for (let i = 0; i < all.length; i++) {
      const will = this.dryRun ? 'would destroy ' : 'will destroy ';
      if (this.verbose) zfs.out((this.parsable ? 'destroy\t' : will) + all[i] + '\n');
      const one = family.find(all[i]);
      if (one) space += numberOf(one, 'used');
    }
    if (this.verbose) this.tellSpace(zfs, space);
    if (this.dryRun) return 0;
    let result = 0;
    for (let i = 0; i < all.length; i++) {
      if (!unmountDataset(zfs, all[i], this.force)) return 1;
      if (destroyOne(zfs, all[i], this.defer)) result = 1;
    }
    return result;
  }
}

/** Snapshots of a head that `a,b%c,%d` names come to `chosen`; what is wrong, or ''. */
function addChosen(all: NvList[], head: string, spec: string, chosen: string[]): string {
  const parts = spec.split(',');
  for (let i = 0; i < parts.length; i++) {
    const percent = parts[i].indexOf('%');
    const from = percent < 0 ? parts[i] : parts[i].substring(0, percent);
    const to = percent < 0 ? parts[i] : parts[i].substring(percent + 1);
    const problem = nameProblem(head + '@' + (from.length ? from : to), SNAPSHOT);
    if (percent < 0 && problem.length) return problem;
    let within = !from.length;
    for (let j = 0; j < all.length; j++) {
      const name = all[j].text('name');
      if (!name.startsWith(head + '@')) continue;
      const own = name.substring(head.length + 1);
      if (own == from) within = true;
      if (within && !chosen.includes(name)) chosen.push(name);
      if (own == to) within = false;
    }
  }
  return '';
}

function destroyOne(zfs: Surroundings, name: string, defer: bool): i32 {
  const input = new NvList().setText('names', name);
  if (defer) input.flag('defer');
  const result = zfs.request('destroy', input);
  if (result == 0) return 0;
  const isHeld = result == -EBUSY && name.includes('@');
  return isHeld
    ? complain(zfs, "cannot destroy '" + name + "'", 'dataset is busy')
    : fail(zfs, "cannot destroy '" + name + "'", result);
}

export class RollbackCommand extends Subcommand {
  constructor() {
    super('rollback', 'rollback [-rRf] <snapshot>');
  }

  run(zfs: Surroundings, words: string[]): i32 {
    let recursive = false;
    let clones = false;
    let force = false;
    const options = this.options(words, 'rRf');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'f') force = true;
      else recursive = true;
      if (letter == 'R') clones = true;
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'missing dataset argument');
    if (operands.length > 1) return this.misused(zfs, 'too many arguments');
    const name = operands[0];
    const target = openDataset(zfs, name, SNAPSHOT, '');
    if (!target) return 1;
    const head = name.substring(0, name.indexOf('@'));
    const family = new Family(zfs, poolOf(head));
    const newer: string[] = [];
    for (let i = 0; i < family.all.length; i++) {
      const one = family.all[i];
      if (one.text('name').startsWith(head + '@') && one.number('born') > target.number('born')) newer.push(one.text('name'));
    }
    if (newer.length && !recursive) {
      complain(zfs, "cannot rollback to '" + name + "'", 'more recent snapshots exist');
      zfs.err("use '-r' to force deletion of the following snapshots:\n" + newer.join('\n') + '\n');
      return 1;
    }
    const all: string[] = [];
    for (let i = 0; i < newer.length; i++) {
      const before = all.length;
      family.dependents(newer[i], all);
      if (all.length > before && !clones) {
        complain(zfs, "cannot rollback to '" + name + "'", 'clones of previous snapshots exist');
        zfs.err("use '-R' to force deletion of the following clones and dependents:\n" + all.slice(before).join('\n') + '\n');
        return 1;
      }
      all.push(newer[i]);
    }
    for (let i = 0; i < all.length; i++) {
      if (!unmountDataset(zfs, all[i], force)) return 1;
      if (destroyOne(zfs, all[i], false)) return 1;
    }
    const result = zfs.request('rollback', new NvList().setText('name', head));
    return result < 0 ? fail(zfs, "cannot rollback '" + head + "'", result) : 0;
  }
}
