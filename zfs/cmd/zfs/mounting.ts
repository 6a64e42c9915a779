// SPDX-License-Identifier: MIT
/**
 * @fileoverview Mounting by the properties mountpoint and canmount, zfs mount and zfs unmount; and what has to be mounted anew when properties or
 * names change.
 */
import { NvList } from '../../port/nvlist';
import { FILE_SYSTEM, SNAPSHOT } from '../../prop/property';
import { Surroundings } from '../surroundings';
import { isFileSystem } from './format';
import { below, complain, numberOf, openDataset, query, reason, Subcommand, textOf } from './subcommand';

/** What mounting goes by. */
export const MOUNT_PROPERTIES: string = 'mountpoint\ncanmount\nzoned\natime\ndevices\nexec\nsetuid\nreadonly\nnbmand\nxattr';
const CANMOUNT_OFF: u64 = 0;
const CANMOUNT_ON: u64 = 1;
const EBUSY: i32 = 16;
const ENOTEMPTY: i32 = 93;
const EEXIST: i32 = 17;

function optionsOf(dataset: NvList): string {
  let text = numberOf(dataset, 'readonly') ? 'ro' : 'rw';
  text += numberOf(dataset, 'devices') ? ',devices' : ',nodevices';
  text += numberOf(dataset, 'exec') ? ',exec' : ',noexec';
  text += numberOf(dataset, 'setuid') ? ',setuid' : ',nosetuid';
  return text + (numberOf(dataset, 'atime') ? ',atime' : ',noatime');
}

/** Has it a path to be mounted on, and may it be mounted here? */
export function isMountable(zfs: Surroundings, dataset: NvList): bool {
  if (!isFileSystem(dataset) || !textOf(dataset, 'mountpoint').startsWith('/')) return false;
  return numberOf(dataset, 'canmount') != CANMOUNT_OFF && (numberOf(dataset, 'zoned') != 0) == zfs.mountsZoned;
}
/** Is it to be mounted without being asked for? */
export function mountsItself(zfs: Surroundings, dataset: NvList): bool {
  return isMountable(zfs, dataset) && numberOf(dataset, 'canmount') == CANMOUNT_ON;
}

/** Mounts what {@link query} with {@link MOUNT_PROPERTIES} has found; says why not. */
export function mountDataset(zfs: Surroundings, dataset: NvList, options: string, overlay: bool): bool {
  const name = dataset.text('name');
  const point = textOf(dataset, 'mountpoint');
  if (zfs.mountedAt(name) != null) return true;
  const all = options.length ? optionsOf(dataset) + ',' + options : optionsOf(dataset);
  const error = zfs.mount(name, point, all, overlay);
  if (error == 0) return true;
  let why = zfs.errorText(-error);
  if (error == -EBUSY) why = 'mountpoint or dataset is busy';
  else if (error == -ENOTEMPTY || error == -EEXIST) why = 'directory is not empty';
  complain(zfs, "cannot mount '" + (error == -ENOTEMPTY ? point : name) + "'", why);
  return false;
}

/** Mounts a dataset that has just been made, or has been taken away for a while, if it mounts itself. */
export function mountNew(zfs: Surroundings, name: string): bool {
  const dataset = query(zfs, name, MOUNT_PROPERTIES);
  return !dataset || !mountsItself(zfs, dataset) || mountDataset(zfs, dataset, '', false);
}

/** False: said why. */
export function unmountDataset(zfs: Surroundings, name: string, force: bool): bool {
  const point = zfs.mountedAt(name);
  if (point == null) return true;
  const error = zfs.unmount(point, force);
  if (error == 0) {
    // Where a snapshot is mounted a directory stands for it, and would take it along.
    if (!name.includes('@')) zfs.removeDirectory(point);
    return true;
  }
  complain(zfs, "cannot unmount '" + point + "'", error == -EBUSY ? 'Device busy' : reason(zfs, error));
  return false;
}

/**
 * File systems below a dataset, unmounted for a change of names or mount points, deepest first; those that were mounted come back with
 * {@link Unmounted.mountAgain}.
 */
export class Unmounted {
  private readonly names: string[] = [];
  private readonly had: bool[] = [];
  private root: string = '';

  /** `inherits`: only what gets its mount point from the dataset. False: one is busy; all are mounted again. */
  take(zfs: Surroundings, root: string, inherits: bool, force: bool): bool {
    this.root = root;
    const all = below(zfs, root, FILE_SYSTEM | SNAPSHOT, u64.MAX_VALUE, 'mountpoint');
    for (let i = all.length - 1; i >= 0; i--) {
      const name = all[i].text('name');
      const source = all[i].list('mountpoint');
      if (inherits && name != root && source && source.text('source') == 'local') continue;
      const was = zfs.mountedAt(name) != null;
      this.names.push(name);
      this.had.push(was);
      if (!was || unmountDataset(zfs, name, force)) continue;
      this.had[this.had.length - 1] = false;
      this.mountAgain(zfs, root, false);
      return false;
    }
    return true;
  }

  /** The dataset may be called otherwise by now. `others`: also what was not mounted but mounts itself now. */
  mountAgain(zfs: Surroundings, newRoot: string, others: bool): bool {
    let good = true;
    for (let i = this.names.length - 1; i >= 0; i--) {
      if (!this.had[i] && !others) continue;
      const name = newRoot + this.names[i].substring(this.root.length);
      const dataset = query(zfs, name, MOUNT_PROPERTIES);
      if (!dataset || !isMountable(zfs, dataset) || (!this.had[i] && !mountsItself(zfs, dataset))) continue;
      if (!mountDataset(zfs, dataset, '', false)) good = false;
    }
    return good;
  }
}

/** Properties that a mounted file system takes at once. */
export function isMountOption(name: string): bool {
  return name == 'atime' || name == 'devices' || name == 'exec' || name == 'setuid' || name == 'readonly';
}
export function remountBelow(zfs: Surroundings, root: string): void {
  const all = below(zfs, root, FILE_SYSTEM, u64.MAX_VALUE, MOUNT_PROPERTIES);
  for (let i = 0; i < all.length; i++) {
    const point = zfs.mountedAt(all[i].text('name'));
    if (point != null) zfs.remount(all[i].text('name'), point, optionsOf(all[i]));
  }
}

// ---- commands

export class MountCommand extends Subcommand {
  constructor() {
    super('mount', 'mount\nmount [-vO] [-o opts] <-a | filesystem>');
  }
  get changes(): bool {
    return false;
  }
  run(zfs: Surroundings, words: string[]): i32 {
    let all = false;
    let overlay = false;
    let verbose = false;
    let extra = '';
    const options = this.options(words, ':avo:O');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'a') all = true;
      else if (letter == 'O') overlay = true;
      else if (letter == 'v') verbose = true;
      else extra = extra.length ? extra + ',' + options.argument : options.argument;
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (all && operands.length) return this.misused(zfs, 'too many arguments');
    if (all) return mountAll(zfs, '', extra, overlay) ? 0 : 1;
    if (!operands.length) return extra.length ? this.misused(zfs, 'missing dataset argument') : this.show(zfs);
    if (operands.length > 1) return this.misused(zfs, 'too many arguments');
    return this.mountOne(zfs, operands[0], extra, overlay);
  }

  private show(zfs: Surroundings): i32 {
    const names: string[] = [];
    const points: string[] = [];
    zfs.mounts(names, points);
    for (let i = 0; i < names.length; i++) {
      if (!names[i].includes('@')) zfs.out(names[i].padEnd(30, ' ') + '  ' + points[i] + '\n');
    }
    return 0;
  }

  private mountOne(zfs: Surroundings, name: string, extra: string, overlay: bool): i32 {
    const dataset = openDataset(zfs, name, FILE_SYSTEM, MOUNT_PROPERTIES);
    if (!dataset) return 1;
    const what = "cannot mount '" + name + "'";
    const point = textOf(dataset, 'mountpoint');
    const zoned = numberOf(dataset, 'zoned') != 0;
    if (zoned != zfs.mountsZoned) return complain(zfs, what, zoned ? 'dataset is exported to a local zone' : 'permission denied');
    if (point == 'legacy') {
      complain(zfs, what, 'legacy mountpoint');
      zfs.err('use mount(1M) to mount this filesystem\n');
      return 1;
    }
    if (point == 'none') return complain(zfs, what, 'no mountpoint set');
    if (numberOf(dataset, 'canmount') == CANMOUNT_OFF) return complain(zfs, what, "'canmount' property is set to 'off'");
    if (zfs.mountedAt(name) != null) return complain(zfs, what, 'filesystem already mounted');
    return mountDataset(zfs, dataset, extra, overlay) ? 0 : 1;
  }
}

/** All that mount themselves, of a pool or ('') of all, by mount point, so that what lies above another comes first. False: not all could be. */
export function mountAll(zfs: Surroundings, pool: string, extra: string, overlay: bool): bool {
  const all = below(zfs, pool, FILE_SYSTEM, u64.MAX_VALUE, MOUNT_PROPERTIES);
  all.sort(byPoint);
  let good = true;
  for (let i = 0; i < all.length; i++) {
    if (mountsItself(zfs, all[i]) && !mountDataset(zfs, all[i], extra, overlay)) good = false;
  }
  return good;
}

/** Takes away whatever of a pool is mounted, however it was, the innermost first: where something busy is mounted, or an empty text. */
export function unmountPool(zfs: Surroundings, pool: string, force: bool): string {
  const names: string[] = [];
  const points: string[] = [];
  zfs.mounts(names, points);
  for (let i = names.length - 1; i >= 0; i--) {
    const isOfPool = names[i] == pool || names[i].startsWith(pool + '/') || names[i].startsWith(pool + '@');
    if (isOfPool && zfs.unmount(points[i], force) < 0) return points[i];
  }
  return '';
}

function byPoint(a: NvList, b: NvList): i32 {
  const left = textOf(a, 'mountpoint');
  const right = textOf(b, 'mountpoint');
  return left < right ? -1 : left > right ? 1 : 0;
}

export class UnmountCommand extends Subcommand {
  constructor(name: string) {
    super(name, name + ' [-f] <-a | filesystem|mountpoint>');
  }
  get changes(): bool {
    return false;
  }
  run(zfs: Surroundings, words: string[]): i32 {
    let all = false;
    let force = false;
    const options = this.options(words, 'af');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'a') all = true;
      else force = true;
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (all) return operands.length ? this.misused(zfs, 'too many arguments') : this.unmountAll(zfs, force);
    if (!operands.length) return this.misused(zfs, 'missing filesystem argument');
    if (operands.length > 1) return this.misused(zfs, 'too many arguments');
    return this.unmountOne(zfs, operands[0], force);
  }

  private unmountOne(zfs: Surroundings, operand: string, force: bool): i32 {
    const what = "cannot unmount '" + operand + "'";
    const names: string[] = [];
    const points: string[] = [];
    zfs.mounts(names, points);
    let name = operand;
    if (operand.startsWith('/')) {
      const at = points.lastIndexOf(operand);
      if (at < 0) return complain(zfs, what, 'not currently mounted');
      name = names[at];
    }
    const dataset = openDataset(zfs, name, FILE_SYSTEM | SNAPSHOT, MOUNT_PROPERTIES);
    if (!dataset) return 1;
    if (textOf(dataset, 'mountpoint') == 'legacy') {
      complain(zfs, what, 'legacy mountpoint');
      zfs.err('use umount(1M) to unmount this filesystem\n');
      return 1;
    }
    if (zfs.mountedAt(name) == null) return complain(zfs, what, 'not currently mounted');
    return this.takeBelow(zfs, name, force) ? 0 : 1;
  }

  /** What is mounted below goes first. */
  private takeBelow(zfs: Surroundings, name: string, force: bool): bool {
    const all = below(zfs, name, FILE_SYSTEM, u64.MAX_VALUE, 'mountpoint');
    const taken: string[] = [];
    for (let i = all.length - 1; i >= 0; i--) {
      const one = all[i].text('name');
      const source = all[i].list('mountpoint');
      if (one != name && source && source.text('source') == 'local') continue;
      if (zfs.mountedAt(one) == null) continue;
      if (!unmountDataset(zfs, one, force)) {
        for (let j = taken.length - 1; j >= 0; j--) mountNew(zfs, taken[j]);
        return false;
      }
      taken.push(one);
    }
    return true;
  }

  private unmountAll(zfs: Surroundings, force: bool): i32 {
    const names: string[] = [];
    const points: string[] = [];
    zfs.mounts(names, points);
    let result = 0;
    for (let i = names.length - 1; i >= 0; i--) {
      const dataset = query(zfs, names[i], MOUNT_PROPERTIES);
      if (!dataset || textOf(dataset, 'mountpoint') == 'legacy') continue;
      if (zfs.mountedAt(names[i]) != null && !unmountDataset(zfs, names[i], force)) result = 1;
    }
    return result;
  }
}
