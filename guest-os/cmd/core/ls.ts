// SPDX-License-Identifier: MIT
/** @fileoverview ls(1): -a -A -l -d -1 -F -i -R are what it knows; names sorted by bytes, one a line. */
import { failure, linkTarget, namesIn, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, sortNames, status, Status } from '../../lib/files';
import { complain, out, say } from '../../lib/io';
import { padLeft } from '../../lib/text';
import { dateText } from '../../lib/dates';
import * as calls from '../../lib/calls';

let options: string = '';
let result = 0;

function has(letter: string): bool {
  return options.includes(letter);
}

export function main(args: string[]): i32 {
  let first = 1;
  for (; first < args.length && args[first].startsWith('-') && args[first].length > 1; first++)
    options += args[first].substring(1);
  for (let i = 0; i < options.length; i++) {
    if ('aAld1FiR'.includes(options.charAt(i))) continue;
    say('ls: illegal option -- ' + options.charAt(i) + '\nusage: ls -1AadFilR [files]\n');
    return 2;
  }
  const names = first < args.length ? args.slice(first) : ['.'];
  sortNames(names);
  const files: string[] = [];
  const directories: string[] = [];
  for (let i = 0; i < names.length; i++) {
    const file = status(names[i], !has('l') && !has('d'));
    if (!file) {
      complain('ls', names[i], failure);
      result = 2;
    } else if (file.isDirectory && !has('d')) directories.push(names[i]);
    else files.push(names[i]);
  }
  list('', files);
  for (let i = 0; i < directories.length; i++)
    listDirectory(directories[i], names.length > 1 || has('R'), i > 0 || files.length > 0);
  return result;
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
  const shown: string[] = [];
  for (let i = 0; i < all.length; i++) {
    const dots = all[i] == '.' || all[i] == '..';
    if (has('a') || (!all[i].startsWith('.') && !dots) || (has('A') && !dots)) shown.push(all[i]);
  }
  sortNames(shown);
  const base = path.endsWith('/') ? path : path + '/';
  if (has('l')) {
    let blocks: u64 = 0;
    for (let i = 0; i < shown.length; i++) {
      const file = status(base + shown[i], false);
      if (file) blocks += file.blocks;
    }
    out('total ' + blocks.toString() + '\n');
  }
  list(base, shown);
  if (!has('R')) return;
  for (let i = 0; i < shown.length; i++) {
    const file = status(base + shown[i], false);
    if (file && file.isDirectory && shown[i] != '.' && shown[i] != '..') listDirectory(base + shown[i], true, true);
  }
}

function list(base: string, names: string[]): void {
  for (let i = 0; i < names.length; i++) {
    const file = status(base + names[i], false);
    if (!file) continue;
    if (has('i')) out(padLeft(file.inode.toString(), 10) + ' ');
    if (has('l')) out(details(file));
    out(names[i]);
    if (has('F'))
      out(file.isDirectory ? '/' : file.type == S_IFLNK ? '@' : file.type == S_IFIFO ? '|' : file.mode & 0o111 ? '*' : '');
    if (has('l') && file.type == S_IFLNK) out(' -> ' + linkTarget(base + names[i]));
    out('\n');
  }
}

function details(file: Status): string {
  const size =
    file.type == S_IFCHR
      ? padLeft((file.rdev >> 32).toString(), 3) + ',' + padLeft((file.rdev & 0xffffffff).toString(), 3)
      : file.size.toString();
  return (
    modeText(file) +
    padLeft(file.links.toString(), 4) +
    ' ' +
    owner(file.uid) +
    owner(file.gid) +
    padLeft(size, 8) +
    ' ' +
    dateText(file.modified, now()) +
    ' '
  );
}

function now(): u64 {
  return <u64>calls.time();
}

/** root by name, others by number: there is no list of users to look in. */
function owner(id: u32): string {
  const name = id ? id.toString() : 'root';
  return name + ' '.repeat(max(9 - name.length, 1));
}

function modeText(file: Status): string {
  const type = file.type;
  let text = type == S_IFDIR ? 'd' : type == S_IFLNK ? 'l' : type == S_IFCHR ? 'c' : type == S_IFIFO ? 'p' : '-';
  for (let shift = 6; shift >= 0; shift -= 3) {
    const bits = (file.mode >> shift) & 7;
    text += (bits & 4 ? 'r' : '-') + (bits & 2 ? 'w' : '-') + (bits & 1 ? 'x' : '-');
  }
  return text;
}
