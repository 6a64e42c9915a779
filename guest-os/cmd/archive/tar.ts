// SPDX-License-Identifier: MIT
/** @fileoverview tar(1): archives of files */
/** @manual
 * DESCRIPTION
 * One of -c (create), -x (extract), -t (list), -r (append) says what to do; letters may be joined and stand first without a dash. Archives are those of
 * POSIX (ustar, with pax headers for what does not fit); GNU's long names are read.
 *
 * OPTIONS
 *   -f file   the archive; - or nothing: standard input or output
 *   -C dir   goes there first;  -v  names what is done;  -z  compressed by gzip, which is found out when reading
 *   -p   permissions as they were;  -o  files belong to oneself;  -m  without times;  -h  what links point to
 *   -k   overwrites nothing;  -O  to standard output;  -P  absolute paths too
 *   -T file   names from a file;  -X file, --exclude=glob  leaves these out
 *   --strip-components=n   without the first parts of paths
 *
 * EXIT STATUS
 *   0   all went well;  1  some files were not as expected;  2  an error
 */
import * as calls from '../../lib/calls';
import { copyData } from '../../lib/copy';
import { compress, expand } from '../../lib/deflate/gzip';
import { complain, flush, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, openFile, readAll, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { fork, waitFor } from '../../lib/process';
import { parseNumber, pathOf } from '../../lib/text';
import { Packer } from './Packer';
import { Unpacker } from './Unpacker';

export const USAGE: string = 'tar {-c | -r | -t | -x} [-hkmopvzOP] [-f archive] [-C dir] [-T file] [-X file] [file ...]';

export function main(args: string[]): i32 {
  const words = args.slice(0);
  // The old form: letters first, their arguments behind.
  if (words.length > 1 && !words[1].startsWith('-') && words[1].length && 'ctxr'.includes(words[1].charAt(0))) oldForm(words);
  const options = new Options(words, USAGE, 'ctxrf:C:vzpomhkOPT:X:E:S:jJaBlwbn', [
    'create=c',
    'list=t',
    'extract=x',
    'get=x',
    'append=r',
    'file=f',
    'directory=C',
    'verbose=v',
    'gzip=z',
    'preserve-permissions=p',
    'no-same-owner=o',
    'touch=m',
    'dereference=h',
    'keep-old-files=k',
    'to-stdout=O',
    'absolute-names=P',
    'files-from=T',
    'exclude-from=X',
    'exclude=E',
    'strip-components=S',
  ]);
  let action = '';
  let file = '-';
  let gzip = false;
  let given = '';
  const excludes: string[] = [];
  let strip: i64 = 0;
  const names: string[] = [];
  for (let option = options.next(); option != ''; option = options.next()) {
    const text = options.argument;
    if ('ctxr'.includes(option)) {
      if (action.length && action != option) return misused(USAGE, 2);
      action = option;
    } else if (option == 'f') file = text;
    else if (option == 'C') names.push('\0' + text);
    else if (option == 'z') gzip = true;
    else if (option == 'E') excludes.push(text);
    else if (option == 'S') strip = parseNumber(text);
    else if (option == 'T' || option == 'X') {
      const lines = linesOf(text);
      for (let i = 0; i < lines.length; i++) if (lines[i].length) (option == 'T' ? names : excludes).push(lines[i]);
    } else if (option == 'j' || option == 'J') {
      say('tar: only gzip is known here\n');
      return 2;
    } else given += option;
  }
  if (options.failed || !action.length || strip < 0) return options.failed ? 2 : misused(USAGE, 2);
  // -C may stand among the operands.
  const operands = options.operands();
  for (let i = 0; i < operands.length; i++) {
    if (operands[i] == '-C' && i + 1 < operands.length) names.push('\0' + operands[++i]);
    else names.push(operands[i]);
  }
  if (action == 'c' || action == 'r') return pack(action, file, gzip, given, excludes, names);
  return unpack(action, file, given, excludes, names, <i32>strip);
}

function oldForm(words: string[]): void {
  const letters = words[1];
  const rest = words.slice(2);
  words.length = 1;
  let at = 0;
  for (let i = 0; i < letters.length; i++) {
    words.push('-' + letters.charAt(i));
    if ('fCTXS'.includes(letters.charAt(i)) && at < rest.length) words.push(rest[at++]);
  }
  for (; at < rest.length; at++) words.push(rest[at]);
}

function linesOf(name: string): string[] {
  const descriptor = name == '-' ? 0 : openFile(name, O_RDONLY);
  if (descriptor < 0) {
    complain('tar', name, descriptor);
    return [];
  }
  return readAll(descriptor).split('\n');
}

/** A child between: it compresses or decompresses. The end of the pipe that is ours. */
let child = 0;
const ends = memory.data(16, 8);
function through(descriptor: i32, writing: bool): i32 {
  flush();
  const pipe = calls.pipe(ends, 0);
  if (pipe < 0) return <i32>pipe;
  const input = load<i32>(ends);
  const output = load<i32>(ends, 4);
  child = fork();
  if (!child) {
    calls.close(writing ? output : input);
    const error = writing ? compress(input, descriptor, 6, '', 0) : expand(descriptor, output);
    if (error < -2 && error != -12 && error != -11) say('tar: not in gzip format\n');
    calls.exit(error && error != -12 ? 1 : 0);
  }
  calls.close(writing ? input : output);
  calls.close(descriptor);
  return writing ? output : input;
}

function pack(action: string, file: string, gzip: bool, given: string, excludes: string[], names: string[]): i32 {
  let any = false;
  for (let i = 0; i < names.length; i++) if (!names[i].startsWith('\0')) any = true;
  if (!any) {
    say('tar: no files or directories specified\n');
    return 2;
  }
  const append = action == 'r';
  let descriptor = file == '-' ? 1 : openFile(file, append ? O_RDWR | O_CREAT : O_WRONLY | O_CREAT | O_TRUNC);
  if (descriptor < 0) {
    complain('tar', file, descriptor);
    return 2;
  }
  if (append && !new Unpacker(descriptor).seekEnd()) {
    say('tar: ' + file + ': cannot append\n');
    return 2;
  }
  const archive = descriptor;
  if (gzip) descriptor = through(descriptor, true);
  if (descriptor < 0) {
    complain('tar', 'pipe', descriptor);
    return 2;
  }
  const packer = new Packer(descriptor, excludes);
  packer.verbose = given.includes('v');
  packer.listing = archive == 1 ? 2 : 1;
  packer.follow = given.includes('h');
  packer.absolute = given.includes('P');
  packer.archiveIs(archive);
  for (let i = 0; i < names.length; i++) {
    if (names[i].startsWith('\0')) {
      const error = calls.chdir(pathOf(names[i].substring(1)));
      if (error >= 0) continue;
      complain('tar', names[i].substring(1), error);
      return 2;
    }
    packer.add(names[i]);
  }
  packer.finish();
  calls.close(descriptor);
  if (gzip && waitFor(child).status) packer.failed = true;
  return packer.failed ? 2 : 0;
}

function unpack(action: string, file: string, given: string, excludes: string[], names: string[], strip: i32): i32 {
  let descriptor = file == '-' ? 0 : openFile(file, O_RDONLY);
  if (descriptor < 0) {
    complain('tar', file, descriptor);
    return 2;
  }
  const unpacker = new Unpacker(descriptor);
  if (unpacker.isGzip()) {
    // What has been looked at goes to the child by a pipe of its own.
    const filtered = decompressed(descriptor, unpacker);
    if (filtered < 0) {
      complain('tar', 'pipe', filtered);
      return 2;
    }
    unpacker.from(filtered);
  }
  unpacker.list = action == 't';
  unpacker.verbose = given.includes('v');
  unpacker.permissions = given.includes('p');
  unpacker.ownFiles = given.includes('o');
  unpacker.noTimes = given.includes('m');
  unpacker.keep = given.includes('k');
  unpacker.toOutput = given.includes('O');
  unpacker.absolute = given.includes('P');
  unpacker.strip = strip;
  unpacker.excludes = excludes;
  for (let i = 0; i < names.length; i++) {
    if (!names[i].startsWith('\0')) {
      unpacker.wanted.push(names[i]);
      continue;
    }
    const error = calls.chdir(pathOf(names[i].substring(1)));
    if (error >= 0) continue;
    complain('tar', names[i].substring(1), error);
    return 2;
  }
  unpacker.run();
  if (child) {
    unpacker.drainRest();
    if (waitFor(child).status) unpacker.failed = true;
  }
  return unpacker.failed ? 2 : 0;
}

/** Two children where the archive cannot be read again from its start: one passes it on, one decompresses. */
function decompressed(descriptor: i32, unpacker: Unpacker): i32 {
  if (calls.lseek(descriptor, 0, 0) >= 0) return through(descriptor, false);
  flush();
  if (calls.pipe(ends, 0) < 0) return -1;
  const input = load<i32>(ends);
  const output = load<i32>(ends, 4);
  if (!fork()) {
    calls.close(input);
    unpacker.passOn(output);
    copyData(descriptor, output);
    calls.exit(0);
  }
  calls.close(output);
  calls.close(descriptor);
  return through(input, false);
}
