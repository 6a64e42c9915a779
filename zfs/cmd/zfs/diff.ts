// SPDX-License-Identifier: MIT
/**
 * @fileoverview zfs diff: what has happened to the files of a file system between a snapshot and a later one, or now.
 *
 * ZFS tells which objects may differ, and what they were and are; here it is decided what that is called: added, removed, modified, renamed, or with more or
 * fewer links than before. An object of another generation is another file. The rules, and how names are shown, are those of illumos (libzfs_diff.c).
 */
import { NvList } from '../../port/nvlist';
import { FILE_SYSTEM, SNAPSHOT } from '../../prop/property';
import { Surroundings } from '../surroundings';
import { complain, fail, nameProblem, openDataset, query, Subcommand, textOf } from './subcommand';

const S_IFMT: u64 = 0xf000;
const S_IFDIR: u64 = 0x4000;
const EXDEV: i32 = 18;
const WHICH: string = 'Unable to determine which snapshots to compare';

export class DiffCommand extends Subcommand {
  private classify: bool = false;
  private scripted: bool = false;
  private timed: bool = false;
  /** Where the file system is mounted, '' for the root. */
  private mounted: string = '';

  constructor() {
    super('diff', 'diff [-FHt] <snapshot> [snapshot|filesystem]');
  }
  get changes(): bool {
    return false;
  }

  run(zfs: Surroundings, words: string[]): i32 {
    this.classify = false;
    this.scripted = false;
    this.timed = false;
    const options = this.options(words, 'FHt');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'F') this.classify = true;
      else if (letter == 'H') this.scripted = true;
      else this.timed = true;
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'must provide at least one snapshot name');
    if (operands.length > 2) return this.misused(zfs, 'too many arguments');
    let from = operands[0];
    let to = operands.length > 1 ? operands[1] : '';
    const first = from.startsWith('@') ? to : from;
    if (!first.length) return this.misused(zfs, '');
    if (!openDataset(zfs, headOf(first), FILE_SYSTEM, '')) return 1;
    if (operands.length == 1) {
      if (nameProblem(from, SNAPSHOT).length) return complain(zfs, 'Badly formed snapshot name ' + from, 'invalid name');
      to = headOf(from);
    } else {
      const fromHead = headOf(from);
      const toHead = headOf(to);
      const isNamed = from.length > fromHead.length + 1 && to.length != toHead.length + 1;
      if (!isNamed || (!fromHead.length && !toHead.length)) return complain(zfs, WHICH, 'invalid name');
      if (!fromHead.length) from = toHead + from;
      else if (!toHead.length) to = fromHead + to;
      else if (fromHead != toHead && !isCloneOf(zfs, toHead, from)) {
        return complain(zfs, 'Not an earlier snapshot from the same fs', 'invalid name');
      }
    }
    const point = zfs.mountedAt(headOf(to));
    if (point == null) {
      return complain(zfs, 'Cannot diff an unmounted snapshot', 'operation not applicable to datasets of this type');
    }
    this.mounted = point == '/' ? '' : point;
    return this.show(zfs, from, to);
  }

  private show(zfs: Surroundings, from: string, to: string): i32 {
    let object: u64 = 0;
    while (true) {
      const result = zfs.request('diff', new NvList().setText('from', from).setText('name', to).setNumber('object', object));
      if (result == -EXDEV) return complain(zfs, 'Unable to obtain diffs', '\n   Not an earlier snapshot from the same fs');
      if (result < 0) return fail(zfs, 'Unable to obtain diffs', result);
      const found = zfs.answer.lists('differences');
      for (let i = 0; i < found.length; i++) zfs.out(this.lines(found[i]));
      if (zfs.answer.has('done')) return 0;
      object = zfs.answer.number('object');
    }
  }

  /** What is to be said of one object: no, one or two lines. */
  private lines(difference: NvList): string {
    const before = sideOf(difference, 'from');
    const after = sideOf(difference, 'to');
    const had = before.has('path');
    const has = after.has('path');
    if (!had && !has) return '';
    const oldType = before.number('mode') & S_IFMT;
    const newType = after.number('mode') & S_IFMT;
    const oldLinks = before.number('links');
    const newLinks = after.number('links');
    const counts = oldType != S_IFDIR && newType != S_IFDIR && oldLinks != 0 && newLinks != 0;
    const more = counts ? <i64>newLinks - <i64>oldLinks : 0;
    const oldPath = this.shownPath(before);
    const newPath = this.shownPath(after);
    if (!had) return more ? this.links(after, newPath, more) : this.line(after, '+', newPath);
    if (!has) return more ? this.links(before, oldPath, more) : this.line(before, '-', oldPath);
    if (before.number('generation') != after.number('generation') || oldType != newType) {
      return this.line(before, '-', oldPath) + this.line(after, '+', newPath);
    }
    const isSameTime =
      before.number('seconds') == after.number('seconds') && before.number('nanoseconds') == after.number('nanoseconds');
    if (isSameTime) return '';
    if (more) return this.links(after, more > 0 ? oldPath : newPath, more);
    if (oldPath == newPath) return this.line(after, 'M', oldPath);
    return this.line(after, 'R', oldPath + (this.scripted ? '\t' : ' -> ') + newPath);
  }

  private links(side: NvList, path: string, more: i64): string {
    return this.line(side, 'M', path + '\t(' + (more > 0 ? '+' : '') + more.toString() + ')');
  }
  private line(side: NvList, letter: string, rest: string): string {
    let text = '';
    if (this.timed) {
      const nanoseconds = side.number('nanoseconds').toString().padStart(9, '0');
      text = side.number('seconds').toString().padStart(10, ' ') + '.' + nanoseconds + '\t';
    }
    text += letter + '\t';
    if (this.classify) text += typeLetter(side.number('mode') & S_IFMT) + '\t';
    return text + rest + '\n';
  }
  private shownPath(side: NvList): string {
    return side.has('path') ? escaped(this.mounted + side.text('path')) : '';
  }
}

function headOf(name: string): string {
  const at = name.indexOf('@');
  return at < 0 ? name : name.substring(0, at);
}

function sideOf(difference: NvList, name: string): NvList {
  const side = difference.list(name);
  return side ? side : new NvList();
}

/** Does a file system come from a file system's snapshot, over however many clones? */
function isCloneOf(zfs: Surroundings, name: string, snapshot: string): bool {
  let at = query(zfs, name, 'origin');
  while (at) {
    const origin = textOf(at, 'origin');
    if (!origin.length) return false;
    if (headOf(origin) == headOf(snapshot)) return true;
    at = query(zfs, headOf(origin), 'origin');
  }
  return false;
}

function typeLetter(type: u64): string {
  switch (<i32>(type >> 12)) {
    case 0x1:
      return '|';
    case 0x2:
      return 'C';
    case 0x4:
      return '/';
    case 0x6:
      return 'B';
    case 0x8:
      return 'F';
    case 0xa:
      return '@';
    case 0xc:
      return '=';
    case 0xd:
      return '>';
    case 0xe:
      return 'P';
  }
  return '?';
}

/** Whatever is not a printing ASCII character, blanks and backslashes among it, as three octal digits. */
function escaped(path: string): string {
  let text = '';
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code > 0x20 && code < 0x7f && code != 0x5c) text += path.charAt(i);
    else text += '\\' + ((code >> 6) & 7).toString() + ((code >> 3) & 7).toString() + (code & 7).toString();
  }
  return text;
}
