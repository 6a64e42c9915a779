// SPDX-License-Identifier: MIT
/** @fileoverview gzip(1): compress files */
/** @manual
 * DESCRIPTION
 * Replaces each file by a compressed one with .gz behind its name, and gunzip, or -d, the other way round; zcat and gzcat write to standard output. Without
 * a file, or for -, it reads standard input and writes standard output.
 *
 * OPTIONS
 *   -1 to -9   from fast to small, 6 otherwise
 *   -c   writes to standard output, and keeps the files;  -k  keeps the files
 *   -d   decompresses;  -t  only checks;  -l  sizes
 *   -f   overwrites, and follows links
 *   -n   without name and time in the file
 *   -q   no warnings;  -v  tells what is done;  -r  directories with what is in them
 *   -S suffix   instead of .gz
 *
 * EXIT STATUS
 *   0   all went well;  1  an error;  2  a warning
 */
import { agrees } from '../../lib/ask';
import * as calls from '../../lib/calls';
import { isTerminal } from '../../lib/columns';
import { setTimes } from '../../lib/copy';
import { bytesIn, bytesOut, compress, expand, FAILED, gzipErrno, NO_GZIP, TRAILING } from '../../lib/deflate/gzip';
import { CUT } from '../../lib/deflate/tables';
import { errorText } from '../../lib/errors';
import { entriesOf, failure, joinPath, lastPart, Status, status } from '../../lib/files';
import { complain, flush, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY, openFile, out, say } from '../../lib/io';
import { Options, programName } from '../../lib/options';
import { padLeft, pathOf } from '../../lib/text';

export const USAGE: string = 'gzip [-cdfklnqrtv] [-1...-9] [-S suffix] [file ...]';

const magic = memory.data(8);
let program: string = 'gzip';
let decompress: bool = false;
let toOutput: bool = false;
let keep: bool = false;
let force: bool = false;
let check: bool = false;
let list: bool = false;
let anonymous: bool = false;
let quiet: bool = false;
let verbose: bool = false;
let recursive: bool = false;
let level = 6;
let suffix: string = '.gz';
let result = 0;

export function main(args: string[]): i32 {
  program = programName(args);
  if (program == 'gunzip' || program == 'zcat' || program == 'gzcat') decompress = true;
  if (program == 'zcat' || program == 'gzcat') toOutput = true;
  const options = new Options(args, USAGE, '123456789acdfhklLnNqrS:tvV', [
    'stdout=c',
    'to-stdout=c',
    'decompress=d',
    'uncompress=d',
    'force=f',
    'keep=k',
    'list=l',
    'no-name=n',
    'name=N',
    'quiet=q',
    'recursive=r',
    'suffix=S',
    'test=t',
    'verbose=v',
    'fast=1',
    'best=9',
  ]);
  for (let option = options.next(); option != ''; option = options.next()) {
    if (<u32>(option.charCodeAt(0) - 0x30) < 10) level = option.charCodeAt(0) - 0x30;
    else if (option == 'c') toOutput = true;
    else if (option == 'd') decompress = true;
    else if (option == 'f') force = true;
    else if (option == 'k') keep = true;
    else if (option == 'l') list = true;
    else if (option == 'n') anonymous = true;
    else if (option == 'q') quiet = true;
    else if (option == 'r') recursive = true;
    else if (option == 'S') suffix = options.argument;
    else if (option == 't') check = true;
    else if (option == 'v') verbose = true;
  }
  if (options.failed) return 1;
  if (check || list) decompress = true;
  const files = options.operands();
  if (!files.length) files.push('-');
  if (list) out('         compressed        uncompressed  ratio uncompressed_name\n');
  for (let i = 0; i < files.length; i++) {
    if (files[i] == '-') standard();
    else one(files[i]);
  }
  return result;
}

function fail(text: string): void {
  say(program + ': ' + text + '\n');
  result = 1;
}
function warn(text: string): void {
  if (!quiet) say(program + ': ' + text + '\n');
  if (!result) result = 2;
}

function standard(): void {
  if (!force && !check && !list && isTerminal(decompress ? 0 : 1)) {
    fail('compressed data not ' + (decompress ? 'read from' : 'written to') + ' a terminal. Use -f to force it.');
    return;
  }
  flush();
  report('stdin', decompress ? expand(0, check || list ? -1 : 1) : compress(0, 1, level, '', 0));
  if (list) showSizes('stdout');
}

/** Whether it went well. */
function report(name: string, error: i32): bool {
  if (!error) return true;
  if (error == TRAILING) {
    warn(name + ': decompression OK, trailing garbage ignored');
    return true;
  }
  if (error == FAILED) fail(name + ': ' + errorText(-gzipErrno));
  else if (error == NO_GZIP) fail(name + ': not in gzip format');
  else fail(name + ': ' + (error == CUT ? 'unexpected end of file' : 'invalid compressed data'));
  return false;
}

function one(name: string): void {
  let path = name;
  let about = status(path, force || toOutput);
  if (!about && decompress && !path.endsWith(suffix)) {
    path = name + suffix;
    about = status(path, force || toOutput);
  }
  if (!about) {
    complain(program, name, failure);
    result = 1;
    return;
  }
  if (about.isDirectory) {
    if (!recursive) {
      warn(path + ' is a directory -- ignored');
      return;
    }
    const names = entriesOf(path);
    if (names) for (let i = 0; i < names.length; i++) one(joinPath(path, names[i]));
    return;
  }
  if (!about.isRegular && !toOutput) {
    warn(path + ' is not a directory or a regular file - ignored');
    return;
  }
  const target = targetOf(path);
  if (!target.length) return;
  const source = openFile(path, O_RDONLY);
  if (source < 0) {
    complain(program, path, source);
    result = 1;
    return;
  }
  if (toOutput || check || list) {
    flush();
    const descriptor = check || list ? -1 : 1;
    const good = report(
      path,
      decompress
        ? expand(source, descriptor)
        : compress(source, 1, level, anonymous ? '' : lastPart(path), anonymous ? 0 : <u32>about.modified),
    );
    if (good && list) showSizes(target);
    if (good && check && verbose) say(path + ':\t OK\n');
  } else replace(path, target, source, about);
  calls.close(source);
}

/** The other name; empty after a warning. */
function targetOf(path: string): string {
  if (!decompress) {
    if (toOutput || !path.endsWith(suffix)) return path + suffix;
    if (!quiet) say(program + ': ' + path + ' already has ' + suffix + ' suffix -- unchanged\n');
    return '';
  }
  if (path.endsWith('.tgz')) return path.substring(0, path.length - 4) + '.tar';
  if (path.endsWith(suffix) && path.length > suffix.length) return path.substring(0, path.length - suffix.length);
  if (toOutput || check || list) return path;
  warn(path + ': unknown suffix -- ignored');
  return '';
}

function replace(path: string, target: string, source: i32, about: Status): void {
  if (decompress) {
    const got = calls.read(source, magic, 2);
    calls.lseek(source, 0, 0);
    if (got == 2 && (load<u8>(magic) != 0x1f || load<u8>(magic, 1) != 0x8b)) {
      report(path, NO_GZIP);
      return;
    }
  }
  if (status(target, false)) {
    if (!force && !(isTerminal(0) && agrees(program + ': ' + target + ' already exists; do you wish to overwrite (y or n)? '))) {
      if (!isTerminal(0)) fail(target + ' already exists');
      result = max(result, 2);
      return;
    }
    calls.unlink(pathOf(target));
  }
  const output = openFile(target, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  if (output < 0) {
    complain(program, target, output);
    result = 1;
    return;
  }
  const error = decompress
    ? expand(source, output)
    : compress(source, output, level, anonymous ? '' : lastPart(path), anonymous ? 0 : <u32>about.modified);
  calls.close(output);
  if (!report(path, error)) {
    calls.unlink(pathOf(target));
    return;
  }
  calls.chown(pathOf(target), about.uid, about.gid);
  calls.chmod(pathOf(target), about.permissions);
  setTimes(target, about, true);
  if (!keep) calls.unlink(pathOf(path));
  if (verbose) say(path + ':\t' + ratio() + (keep ? ' -- created ' : ' -- replaced with ') + target + '\n');
}

/** How much smaller: tenths of a percent. */
function ratio(): string {
  const whole = decompress ? bytesOut : bytesIn;
  const packed = decompress ? bytesIn : bytesOut;
  if (!whole) return padLeft('0.0%', 6);
  const tenths = ((<i64>whole - <i64>packed) * 1000) / <i64>whole;
  const size = tenths < 0 ? -tenths : tenths;
  return padLeft((tenths < 0 ? '-' : '') + (size / 10).toString() + '.' + (size % 10).toString() + '%', 6);
}

function showSizes(name: string): void {
  out(padLeft(bytesIn.toString(), 19) + ' ' + padLeft(bytesOut.toString(), 19) + ' ' + ratio() + ' ' + name + '\n');
}
