// SPDX-License-Identifier: MIT
/** @fileoverview ls(1): list directories and what is known about files */
/** @manual
 * DESCRIPTION
 * Lists the names in each directory, and each other file, sorted by name: in columns on a terminal, one a line elsewhere. Without an operand it lists the
 * current directory.
 *
 * OPTIONS
 *   -a   names that begin with a dot too
 *   -A   the same without . and ..
 *   -C   in columns, down;  -x  across;  -m  with commas;  -1  one a line
 *   -d   directories themselves, not what is in them
 *   -F   marks: / directory, * executable, @ link, | fifo, = socket
 *   -p   marks directories only
 *   -h   sizes with units
 *   -i   inode numbers
 *   -l   mode, links, owner, group, size in bytes, time, name; a + behind the mode: a list of access says more than the mode
 *   -n   the same with numbers for owner and group
 *   -o   without the group;  -g  without the owner
 *   -L   what links point to;  -H  for operands only
 *   -q   unprintable bytes as ?
 *   -r   the other way round
 *   -R   what is below too
 *   -s   blocks of 512 bytes (1024 with -k)
 *   -S   largest first;  -t  latest first;  -U, -f  not sorted
 *   -u   time of last access;  -c  of last change of status
 *   -v   as -l, with the list of access of each file below it, an entry a line, in words;  -V  in letters (chmod(1))
 *   -@   as -l, with an @ behind the mode of files that have extended attributes
 *   -e   whole times;  -E  in ISO form with nanoseconds
 *   --color[=always|auto|never]   colours by type, as LS_COLORS says
 *
 * EXIT STATUS
 *   0   all was listed
 *   2   something was not
 */
import * as calls from '../../lib/calls';
import { inColumns, isTerminal, terminalColumns, variable } from '../../lib/columns';
import { dateText, formatDate } from '../../lib/dates';
import { compactAce, hasAcl, readAcl, verboseAce } from '../../lib/acl';
import { hasAttributes } from '../../lib/extended';
import { failure, joinPath, linkTarget, namesIn, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK, Status, status } from '../../lib/files';
import { humanSize } from '../../lib/human';
import { complain, out } from '../../lib/io';
import { modeText } from '../../lib/mode';
import { Options } from '../../lib/options';
import { padLeft, padRight } from '../../lib/text';
import { groupName, userName } from '../../lib/users';

export const USAGE: string = 'ls [-1aAcCdeEfFghHiklLmnopqrRsStuUvVx@] [--color[=when]] [file ...]';

/** Options given, by letter. */
let given: string = '';
let layout: string = '1';
let coloured: bool = false;
let colours: Map<string, string> = new Map<string, string>();
let now: i64 = 0;
let result = 0;

function has(letter: string): bool {
  return given.includes(letter);
}

class File {
  constructor(
    readonly name: string,
    readonly path: string,
    readonly about: Status,
  ) {}
  get time(): u64 {
    return has('u') ? this.about.accessed : has('c') ? this.about.changed : this.about.modified;
  }
  get timePart(): u32 {
    return has('u') ? this.about.accessedPart : has('c') ? this.about.changedPart : this.about.modifiedPart;
  }
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, '1aAcCdeEfFghHiklLmnopqrRsStuUvVxK:@', [
    'all=a',
    'almost-all=A',
    'classify=F',
    'color?=K',
    'colour?=K',
    'directory=d',
    'human-readable=h',
    'inode=i',
    'recursive=R',
    'reverse=r',
    'size=s',
    'numeric-uid-gid=n',
    'dereference=L',
  ]);
  const terminal = isTerminal(1);
  layout = terminal ? 'C' : '1';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'K') {
      coloured = options.argument == 'auto' ? terminal : options.argument != 'never';
      continue;
    }
    if ('lnogeEvV@'.includes(option)) layout = 'l';
    else if ('Cxm1'.includes(option) && !(option == '1' && layout == 'l')) layout = option;
    if (option == 'f') given += 'aU';
    // The later of these counts.
    if (option == 'S' || option == 't' || option == 'U')
      given = given.replaceAll('S', '').replaceAll('t', '').replaceAll('U', '');
    given += option;
  }
  if (options.failed) return 2;
  if (has('q') == false && terminal) given += 'q';
  now = calls.time();
  if (coloured) readColours();
  const operands = options.operands();
  const names = operands.length ? operands : ['.'];
  const files: File[] = [];
  const directories: File[] = [];
  for (let i = 0; i < names.length; i++) {
    const follow = has('L') || has('H') || !(layout == 'l' || has('d') || has('F'));
    let about = status(names[i], follow);
    // A link to nothing is shown itself.
    if (!about && failure == 2) about = status(names[i], false);
    if (!about) {
      complain('ls', names[i], failure);
      result = 2;
    } else (about.isDirectory && !has('d') ? directories : files).push(new File(names[i], names[i], about));
  }
  sort(files);
  sort(directories);
  list(files);
  for (let i = 0; i < directories.length; i++)
    listDirectory(directories[i].path, names.length > 1 || has('R'), i > 0 || files.length > 0);
  return result;
}

function sort(files: File[]): void {
  if (has('U')) return;
  if (has('S')) files.sort((a, b) => (a.about.size != b.about.size ? (a.about.size > b.about.size ? -1 : 1) : byName(a, b)));
  else if (has('t'))
    files.sort((a, b) =>
      a.time != b.time
        ? a.time > b.time
          ? -1
          : 1
        : a.timePart != b.timePart
          ? a.timePart > b.timePart
            ? -1
            : 1
          : byName(a, b),
    );
  else files.sort(byName);
  if (has('r')) files.reverse();
}

function byName(a: File, b: File): i32 {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function listDirectory(path: string, titled: bool, separated: bool): void {
  if (separated) out('\n');
  if (titled) out(path + ':\n');
  const all = namesIn(path);
  if (!all) {
    complain('ls', path, failure);
    result = 2;
    return;
  }
  const files: File[] = [];
  let blocks: u64 = 0;
  for (let i = 0; i < all.length; i++) {
    const dots = all[i] == '.' || all[i] == '..';
    if (!(has('a') || (!all[i].startsWith('.') && !dots) || (has('A') && !dots))) continue;
    const full = joinPath(path, all[i]);
    let about = status(full, has('L'));
    if (!about) about = status(full, false);
    if (!about) {
      // Gone since the directory was read, or not to be looked at.
      complain('ls', full, failure);
      result = 2;
      continue;
    }
    blocks += about.blocks;
    files.push(new File(all[i], full, about));
  }
  sort(files);
  if (layout == 'l' || has('s')) out('total ' + (has('h') ? humanSize(blocks * 512) : blocksText(blocks)) + '\n');
  list(files);
  if (!has('R')) return;
  for (let i = 0; i < files.length; i++)
    if (files[i].about.isDirectory && files[i].name != '.' && files[i].name != '..') listDirectory(files[i].path, true, true);
}

function blocksText(blocks: u64): string {
  return (has('k') ? (blocks + 1) / 2 : blocks).toString();
}

function list(files: File[]): void {
  if (!files.length) return;
  let numberWidth = 0;
  let blockWidth = 0;
  for (let i = 0; i < files.length; i++) {
    if (has('i')) numberWidth = max(numberWidth, files[i].about.inode.toString().length);
    if (has('s')) blockWidth = max(blockWidth, blocksText(files[i].about.blocks).length);
  }
  const texts: string[] = [];
  const lengths: i32[] = [];
  for (let i = 0; i < files.length; i++) {
    const file = files[i];
    const about = file.about;
    let front = '';
    if (has('i')) front += padLeft(about.inode.toString(), numberWidth) + ' ';
    if (has('s')) front += padLeft(has('h') ? humanSize(about.blocks * 512) : blocksText(about.blocks), blockWidth) + ' ';
    if (layout == 'l') front += details(file);
    const name = has('q') ? printable(file.name) : file.name;
    const mark = markOf(about);
    let behind = mark;
    if (layout == 'l' && about.isLink) {
      const target = linkTarget(file.path);
      behind = ' -> ' + target;
    }
    texts.push(front + painted(name, about, file.path) + behind);
    lengths.push(front.length + name.length + behind.length);
  }
  if (layout == 'm') {
    withCommas(texts, lengths);
    return;
  }
  const columns = layout == 'C' || layout == 'x';
  const lines = columns ? inColumns(texts, lengths, terminalColumns(), layout == 'x') : texts;
  for (let i = 0; i < lines.length; i++) {
    out(lines[i] + '\n');
    if (has('v') || has('V')) showAcl(files[i]);
  }
}

/** The list of access of a file, for those that have one. */
function showAcl(file: File): void {
  if (file.about.isLink) return;
  const aces = readAcl(file.path);
  if (!aces) return;
  for (let i = 0; i < aces.length; i++) {
    if (has('V')) out(compactAce(aces[i]) + '\n');
    else {
      const words = verboseAce(aces[i], i, file.about.isDirectory, terminalColumns());
      for (let j = 0; j < words.length; j++) out(words[j] + '\n');
    }
  }
}

function withCommas(texts: string[], lengths: i32[]): void {
  const width = terminalColumns();
  let used = 0;
  for (let i = 0; i < texts.length; i++) {
    const last = i == texts.length - 1;
    if (used && used + lengths[i] + (last ? 0 : 1) >= width) {
      out('\n');
      used = 0;
    } else if (i) {
      out(' ');
      used++;
    }
    out(texts[i] + (last ? '' : ','));
    used += lengths[i] + 1;
  }
  out('\n');
}

function printable(name: string): string {
  let text = '';
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    text += c < 0x20 || c == 0x7f ? '?' : name.charAt(i);
  }
  return text;
}

function markOf(about: Status): string {
  if (!has('F')) return has('p') && about.isDirectory ? '/' : '';
  if (about.isDirectory) return '/';
  if (about.isLink) return '@';
  if (about.type == S_IFIFO) return '|';
  if (about.type == S_IFSOCK) return '=';
  return about.isRegular && (about.mode & 0o111) != 0 ? '*' : '';
}

function details(file: File): string {
  const about = file.about;
  const size =
    about.type == S_IFCHR || about.type == S_IFBLK
      ? padLeft((about.rdev >> 32).toString(), 3) + ',' + padLeft((about.rdev & 0xffffffff).toString(), 3)
      : has('h')
        ? humanSize(about.size)
        : about.size.toString();
  const time = <i64>file.time;
  let mark = ' ';
  if (has('@') && !about.isLink && hasAttributes(file.path)) mark = '@';
  else if (about.fileSystem == 'zfs' && !about.isLink && hasAcl(file.path)) mark = '+';
  let text = modeText(about.mode) + mark + padLeft(about.links.toString(), 3) + ' ';
  if (!has('g')) text += padRight(has('n') ? about.uid.toString() : userName(about.uid), 8) + ' ';
  if (!has('o')) text += padRight(has('n') ? about.gid.toString() : groupName(about.gid), 8) + ' ';
  text += padLeft(size, 7) + ' ';
  if (has('E')) return text + formatDate('%Y-%m-%d %H:%M:%S.%N %z ', time, file.timePart);
  return text + (has('e') ? formatDate('%b %e %H:%M:%S %Y', time) : dateText(time, now)) + ' ';
}

// ---- colours

function readColours(): void {
  const text = variable('LS_COLORS');
  const all = text == null || !text.length ? 'di=01;34:ln=01;36:pi=40;33:so=01;35:bd=40;33;01:cd=40;33;01:ex=01;32' : text;
  const entries = all.split(':');
  for (let i = 0; i < entries.length; i++) {
    const equals = entries[i].indexOf('=');
    if (equals > 0) colours.set(entries[i].substring(0, equals), entries[i].substring(equals + 1));
  }
}

function painted(name: string, about: Status, path: string): string {
  if (!coloured) return name;
  let key = 'fi';
  if (about.isDirectory) key = 'di';
  else if (about.isLink) key = !status(path, true) && colours.has('or') ? 'or' : 'ln';
  else if (about.type == S_IFIFO) key = 'pi';
  else if (about.type == S_IFSOCK) key = 'so';
  else if (about.type == S_IFBLK) key = 'bd';
  else if (about.type == S_IFCHR) key = 'cd';
  else if (about.mode & 0o111) key = 'ex';
  else {
    const dot = name.lastIndexOf('.');
    if (dot >= 0 && colours.has('*' + name.substring(dot))) key = '*' + name.substring(dot);
  }
  if (!colours.has(key)) return name;
  return '\x1b[' + colours.get(key) + 'm' + name + '\x1b[0m';
}
