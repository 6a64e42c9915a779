// SPDX-License-Identifier: MIT
/** @fileoverview du(1): how much files and directories occupy */
/** @manual
 * OPTIONS
 *   -a   each file too;  -s  only what was named;  -d n  at most so deep
 *   -c   a total at the end
 *   -h   with units;  -k  KiB;  -m  MiB;  blocks of 512 bytes otherwise
 *   -H, -L   follow links: operands only, all
 *   -x   one file system
 */
import { entriesOf, failure, joinPath, Status, status } from '../../lib/files';
import { humanSize } from '../../lib/human';
import { complain, out, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'du [-a | -d depth | -s] [-c] [-h | -k | -m] [-x] [-H | -L] [file ...]';

let all: bool = false;
let depth: i64 = i32.MAX_VALUE;
let unit: u64 = 1;
let human: bool = false;
let follow = '';
let one: bool = false;
let result = 0;
/** Files of several names count once. */
const seen: Set<string> = new Set<string>();

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'acd:hHkLmsx', [
    'all=a',
    'total=c',
    'max-depth=d',
    'human-readable=h',
    'summarize=s',
    'one-file-system=x',
  ]);
  let total = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'a') all = true;
    else if (option == 'c') total = true;
    else if (option == 's') depth = 0;
    else if (option == 'x') one = true;
    else if (option == 'h') human = true;
    else if (option == 'k') unit = 2;
    else if (option == 'm') unit = 2048;
    else if (option == 'H' || option == 'L') follow = option;
    else {
      depth = parseNumber(options.argument);
      if (depth >= 0) continue;
      say('du: invalid depth: ' + options.argument + '\n');
      return 1;
    }
  }
  if (options.failed) return 1;
  const files = options.operands();
  if (!files.length) files.push('.');
  let sum: u64 = 0;
  for (let i = 0; i < files.length; i++) {
    const about = status(files[i], follow.length > 0);
    if (about) sum += measure(files[i], about, 0, about.device);
    else {
      complain('du', files[i], failure);
      result = 1;
    }
  }
  if (total) show(sum, 'total');
  return result;
}

function show(blocks: u64, name: string): void {
  out((human ? humanSize(blocks * 512) : ((blocks + unit - 1) / unit).toString()) + '\t' + name + '\n');
}

function measure(path: string, about: Status, level: i32, device: u64): u64 {
  if (about.links > 1 && !about.isDirectory) {
    const key = about.device.toString() + ':' + about.inode.toString();
    if (seen.has(key)) return 0;
    seen.add(key);
  }
  let blocks = about.blocks;
  if (about.isDirectory) {
    const names = entriesOf(path);
    if (!names) {
      complain('du', path, failure);
      result = 1;
    } else
      for (let i = 0; i < names.length; i++) {
        const full = joinPath(path, names[i]);
        const next = status(full, follow == 'L');
        if (next && !(one && next.device != device)) blocks += measure(full, next, level + 1, device);
      }
  }
  if (level <= depth && (about.isDirectory || all || !level)) show(blocks, path);
  return blocks;
}
