// SPDX-License-Identifier: MIT
/** @fileoverview Expressions of find(1): a tree of conditions and actions, evaluated for a file (POSIX.1-2017, XCU find). */
import { agrees } from './ask';
import * as calls from './calls';
import { formatDate, dateText } from './dates';
import { entriesOf, lastPart, linkTarget, Status, status } from './files';
import { globMatches } from './glob';
import { complain, flush, out } from './io';
import { changedMode, modeText, octal, typeLetter } from './mode';
import { environment, startPath, waitFor } from './process';
import { compile, EXTENDED, IGNORE_CASE, Regex, WHOLE } from './regex/regex';
import { padLeft, padRight, parseNumber, pathOf } from './text';
import { groupById, groupName, groupNumber, userById, userName, userNumber } from './users';

class State {
  error: string = '';
  now: i64 = 0;
  least: i32 = 0;
  most: i32 = i32.MAX_VALUE;
  contentsFirst: bool = false;
  oneFileSystem: bool = false;
  pruned: bool = false;
  quit: bool = false;
  failed: bool = false;
  acts: bool = false;
  collectors: Execution[] = [];

  /** Runs what -exec … + has collected. */
  finish(): void {
    for (let i = 0; i < this.collectors.length; i++) this.collectors[i].flush();
  }
}
export const findState: State = new State();

export abstract class Condition {
  abstract holds(path: string, about: Status, depth: i32): bool;
}

class Both extends Condition {
  constructor(
    private readonly a: Condition,
    private readonly b: Condition,
  ) {
    super();
  }
  holds(path: string, about: Status, depth: i32): bool {
    return this.a.holds(path, about, depth) && !findState.quit && this.b.holds(path, about, depth);
  }
}
class Either extends Condition {
  constructor(
    private readonly a: Condition,
    private readonly b: Condition,
  ) {
    super();
  }
  holds(path: string, about: Status, depth: i32): bool {
    return this.a.holds(path, about, depth) || (!findState.quit && this.b.holds(path, about, depth));
  }
}
/** Both are evaluated, the second counts. */
class List extends Condition {
  constructor(
    private readonly a: Condition,
    private readonly b: Condition,
  ) {
    super();
  }
  holds(path: string, about: Status, depth: i32): bool {
    this.a.holds(path, about, depth);
    return !findState.quit && this.b.holds(path, about, depth);
  }
}
class Not extends Condition {
  constructor(private readonly a: Condition) {
    super();
  }
  holds(path: string, about: Status, depth: i32): bool {
    return !this.a.holds(path, about, depth);
  }
}

/** A word with its argument. */
class Test extends Condition {
  number: i64 = 0;
  /** + or - in front of the number. */
  sign: string = '';
  unit: u64 = 512;
  mode: u32 = 0;
  regex: Regex | null = null;
  other: Status | null = null;
  constructor(
    private readonly name: string,
    private readonly text: string,
  ) {
    super();
  }

  private compare(value: i64): bool {
    return this.sign == '+' ? value > this.number : this.sign == '-' ? value < this.number : value == this.number;
  }
  /** Whole days or minutes since then. */
  private age(time: u64, unit: i64): bool {
    const seconds = findState.now - <i64>time;
    return this.compare(seconds >= 0 ? seconds / unit : -((-seconds + unit - 1) / unit));
  }

  holds(path: string, about: Status, depth: i32): bool {
    switch (this.name) {
      case '-name':
        return globMatches(this.text, lastPart(path));
      case '-iname':
        return globMatches(this.text, lastPart(path), true);
      case '-path':
      case '-wholename':
        return globMatches(this.text, path);
      case '-ipath':
        return globMatches(this.text, path, true);
      case '-regex':
      case '-iregex':
        return this.regex!.test(path);
      case '-type':
        return this.text.includes(about.isRegular ? 'f' : typeLetter(about.mode));
      case '-size':
        return this.compare(<i64>((about.size + this.unit - 1) / this.unit));
      case '-mtime':
        return this.age(about.modified, 86400);
      case '-atime':
        return this.age(about.accessed, 86400);
      case '-ctime':
        return this.age(about.changed, 86400);
      case '-mmin':
        return this.age(about.modified, 60);
      case '-amin':
        return this.age(about.accessed, 60);
      case '-cmin':
        return this.age(about.changed, 60);
      case '-newer': {
        const other = this.other!;
        return about.modified > other.modified || (about.modified == other.modified && about.modifiedPart > other.modifiedPart);
      }
      case '-perm': {
        const mode = about.permissions;
        if (this.sign == '-') return (mode & this.mode) == this.mode;
        return this.sign == '/' ? !this.mode || (mode & this.mode) != 0 : mode == this.mode;
      }
      case '-user':
        return <i64>about.uid == this.number;
      case '-group':
        return <i64>about.gid == this.number;
      case '-nouser':
        return !userById(about.uid);
      case '-nogroup':
        return !groupById(about.gid);
      case '-links':
        return this.compare(about.links);
      case '-inum':
        return this.compare(about.inode);
      case '-uid':
        return this.compare(about.uid);
      case '-gid':
        return this.compare(about.gid);
      case '-empty': {
        if (about.isRegular) return about.size == 0;
        if (!about.isDirectory) return false;
        const names = entriesOf(path);
        return names != null && names.length == 0;
      }
      case '-readable':
        return calls.access(pathOf(path), 4) >= 0;
      case '-writable':
        return calls.access(pathOf(path), 2) >= 0;
      case '-executable':
        return calls.access(pathOf(path), 1) >= 0;
      case '-prune':
        findState.pruned = true;
        return true;
      case '-quit':
        findState.quit = true;
        return true;
      case '-print':
        out(path + '\n');
        return true;
      case '-print0':
        out(path + '\0');
        return true;
      case '-printf':
        out(formatted(this.text, path, about, depth));
        return true;
      case '-ls':
        out(listing(path, about));
        return true;
      case '-delete': {
        if (path == '.') return true;
        const error = about.isDirectory ? calls.rmdir(pathOf(path)) : calls.unlink(pathOf(path));
        if (error >= 0) return true;
        complain('find', 'cannot delete ' + path, error);
        findState.failed = true;
        return false;
      }
    }
    return this.name != '-false';
  }
}

class Execution extends Condition {
  private paths: string[] = [];
  private size: i32 = 0;
  constructor(
    private readonly words: string[],
    private readonly many: bool,
    private readonly ask: bool,
  ) {
    super();
  }
  holds(path: string, about: Status, depth: i32): bool {
    if (this.many) {
      this.paths.push(path);
      this.size += path.length + 1;
      if (this.size > 65536) this.flush();
      return true;
    }
    const full: string[] = [];
    for (let i = 0; i < this.words.length; i++) full.push(this.words[i].replaceAll('{}', path));
    if (this.ask && !agrees('< ' + this.words[0] + ' ... ' + path + ' >?   ')) return false;
    return run(full) == 0;
  }
  flush(): void {
    if (!this.paths.length) return;
    if (run(this.words.concat(this.paths))) findState.failed = true;
    this.paths = [];
    this.size = 0;
  }
}

function run(words: string[]): i32 {
  flush();
  const child = startPath('find', words, environment());
  return child < 0 ? 1 : waitFor(child).status;
}

function listing(path: string, about: Status): string {
  return (
    padLeft(about.inode.toString(), 9) +
    ' ' +
    padLeft(((about.blocks + 1) / 2).toString(), 6) +
    ' ' +
    modeText(about.mode) +
    ' ' +
    padLeft(about.links.toString(), 3) +
    ' ' +
    padRight(userName(about.uid), 8) +
    ' ' +
    padRight(groupName(about.gid), 8) +
    ' ' +
    padLeft(about.size.toString(), 8) +
    ' ' +
    dateText(about.modified, findState.now) +
    ' ' +
    path +
    (about.isLink ? ' -> ' + linkTarget(path) : '') +
    '\n'
  );
}

function formatted(format: string, path: string, about: Status, depth: i32): string {
  let text = '';
  for (let i = 0; i < format.length; i++) {
    let c = format.charAt(i);
    if (c == '\\' && i + 1 < format.length) {
      c = format.charAt(++i);
      text += c == 'n' ? '\n' : c == 't' ? '\t' : c == '0' ? '\0' : c;
      continue;
    }
    if (c != '%' || i + 1 >= format.length) {
      text += c;
      continue;
    }
    let width = '';
    c = format.charAt(++i);
    while ('-0123456789'.includes(c) && i + 1 < format.length) {
      width += c;
      c = format.charAt(++i);
    }
    let value = '';
    if (c == 'p') value = path;
    else if (c == 'f') value = lastPart(path);
    else if (c == 'h') value = path.includes('/') ? path.substring(0, max(path.lastIndexOf('/'), 1)) : '.';
    else if (c == 's') value = about.size.toString();
    else if (c == 'm') value = about.permissions.toString(8);
    else if (c == 'M') value = modeText(about.mode);
    else if (c == 'u') value = userName(about.uid);
    else if (c == 'g') value = groupName(about.gid);
    else if (c == 'U') value = about.uid.toString();
    else if (c == 'G') value = about.gid.toString();
    else if (c == 'y') value = about.isRegular ? 'f' : typeLetter(about.mode);
    else if (c == 'd') value = depth.toString();
    else if (c == 'i') value = about.inode.toString();
    else if (c == 'n') value = about.links.toString();
    else if (c == 'l') value = about.isLink ? linkTarget(path) : '';
    else if (c == 't') value = formatDate('%a %b %e %H:%M:%S %Y', about.modified);
    else if (c == 'T' && i + 1 < format.length) {
      const letter = format.charAt(++i);
      value = letter == '@' ? about.modified.toString() : formatDate('%' + letter, about.modified);
    } else if (c == '%') value = '%';
    const columns = <i32>parseNumber(width.startsWith('-') ? width.substring(1) : width);
    text += columns > 0 ? (width.startsWith('-') ? padRight(value, columns) : padLeft(value, columns)) : value;
  }
  return text;
}

// ---- parsing

let words: string[] = [];
let at = 0;

/** Null with the error set. Without an action, what holds is printed. */
export function parseExpression(args: string[]): Condition | null {
  words = args;
  at = 0;
  let expression: Condition = new Test('-true', '');
  if (words.length) expression = list();
  if (!findState.error.length && at < words.length) findState.error = 'syntax error at ' + words[at];
  if (findState.error.length) return null;
  return findState.acts ? expression : new Both(expression, new Test('-print', ''));
}

function list(): Condition {
  let left = either();
  while (!findState.error.length && at < words.length && words[at] == ',') {
    at++;
    left = new List(left, either());
  }
  return left;
}
function either(): Condition {
  let left = both();
  while (!findState.error.length && at < words.length && (words[at] == '-o' || words[at] == '-or')) {
    at++;
    left = new Either(left, both());
  }
  return left;
}
function both(): Condition {
  let left = not();
  while (
    !findState.error.length &&
    at < words.length &&
    words[at] != '-o' &&
    words[at] != '-or' &&
    words[at] != ')' &&
    words[at] != ','
  ) {
    if (words[at] == '-a' || words[at] == '-and') at++;
    left = new Both(left, not());
  }
  return left;
}
function not(): Condition {
  if (at < words.length && (words[at] == '!' || words[at] == '-not')) {
    at++;
    return new Not(not());
  }
  return primary();
}

const PLAIN: string[] = [
  '-true',
  '-false',
  '-nouser',
  '-nogroup',
  '-empty',
  '-readable',
  '-writable',
  '-executable',
  '-prune',
  '-quit',
  '-print',
  '-print0',
  '-ls',
  '-delete',
];
const NUMBERS: string[] = ['-mtime', '-atime', '-ctime', '-mmin', '-amin', '-cmin', '-links', '-inum', '-uid', '-gid', '-size'];
const TEXTS: string[] = ['-name', '-iname', '-path', '-wholename', '-ipath', '-type', '-printf'];

function fail(text: string): Condition {
  if (!findState.error.length) findState.error = text;
  return new Test('-false', '');
}

function primary(): Condition {
  if (at >= words.length) return fail('incomplete statement');
  const name = words[at++];
  if (name == '(') {
    const inner = list();
    if (at >= words.length || words[at] != ')') return fail('missing )');
    at++;
    return inner;
  }
  if (PLAIN.includes(name)) {
    if (name == '-print' || name == '-print0' || name == '-ls' || name == '-delete') findState.acts = true;
    if (name == '-delete') findState.contentsFirst = true;
    return new Test(name, '');
  }
  if (name == '-depth' || name == '-d' || name == '-mount' || name == '-xdev' || name == '-noleaf' || name == '-follow') {
    if (name == '-depth' || name == '-d') findState.contentsFirst = true;
    else if (name == '-mount' || name == '-xdev') findState.oneFileSystem = true;
    return new Test('-true', '');
  }
  if (name == '-exec' || name == '-ok' || name == '-execdir') return execution(name);
  if (at >= words.length) return fail(name.startsWith('-') ? 'missing argument to ' + name : 'bad option ' + name);
  const text = words[at++];
  const test = new Test(name, text);
  if (TEXTS.includes(name)) {
    if (name == '-printf') findState.acts = true;
    if (name == '-type')
      for (let i = 0; i < text.length; i++)
        if (!'bcdflpsD,'.includes(text.charAt(i))) return fail('unknown argument to -type: ' + text);
    return test;
  }
  if (name == '-maxdepth' || name == '-mindepth') {
    const depth = <i32>parseNumber(text);
    if (depth < 0) return fail('bad number ' + text);
    if (name == '-maxdepth') findState.most = depth;
    else findState.least = depth;
    return new Test('-true', '');
  }
  if (NUMBERS.includes(name)) return numeric(test, name, text);
  if (name == '-perm') return permissions(test, text);
  if (name == '-newer') {
    test.other = status(text, true);
    return test.other ? test : fail(text + ': No such file or directory');
  }
  if (name == '-user' || name == '-group') {
    test.number = name == '-user' ? userNumber(text) : groupNumber(text);
    return test.number < 0 ? fail('cannot find ' + text + ' name') : test;
  }
  if (name == '-regex' || name == '-iregex') {
    test.regex = compile(text, EXTENDED | WHOLE | (name == '-iregex' ? IGNORE_CASE : 0));
    return test.regex ? test : fail('bad regular expression ' + text);
  }
  return fail('bad option ' + name);
}

function numeric(test: Test, name: string, text: string): Condition {
  let digits = text;
  if (text.startsWith('+') || text.startsWith('-')) {
    test.sign = text.charAt(0);
    digits = text.substring(1);
  }
  if (name == '-size' && digits.length) {
    const unit = 'cwbkMG'.indexOf(digits.charAt(digits.length - 1));
    if (unit >= 0) {
      digits = digits.substring(0, digits.length - 1);
      test.unit = unit == 0 ? 1 : unit == 1 ? 2 : unit == 2 ? 512 : (<u64>1) << (10 * <u64>unit - 20);
    }
  }
  test.number = parseNumber(digits);
  return test.number < 0 ? fail('bad number ' + text) : test;
}

function permissions(test: Test, text: string): Condition {
  let mode = text;
  if (text.startsWith('-') || text.startsWith('/')) {
    test.sign = text.charAt(0);
    mode = text.substring(1);
  }
  const number = octal(mode);
  const value = number >= 0 ? number : changedMode(mode, 0, 0, false);
  if (value < 0) return fail('bad permissions ' + text);
  test.mode = <u32>value;
  return test;
}

function execution(name: string): Condition {
  const command: string[] = [];
  findState.acts = true;
  while (at < words.length) {
    const word = words[at++];
    if (word == ';') return command.length ? new Execution(command, false, name == '-ok') : fail('incomplete statement');
    if (word == '+' && command.length && command[command.length - 1] == '{}') {
      command.pop();
      const collector = new Execution(command, true, false);
      findState.collectors.push(collector);
      return collector;
    }
    command.push(word);
  }
  return fail('incomplete statement');
}
