// SPDX-License-Identifier: MIT
/** @fileoverview Commands that the shell runs itself (POSIX.1-2017, 2.14 and XCU): because they change it, or because they are asked for so often. */
import * as calls from '../../../lib/calls';
import { sortNames } from '../../../lib/files';
import { O_RDONLY, openFile, out, readAll } from '../../../lib/io';
import { changeDirectory, printDirectory } from './cd';
import { evaluate, failing, leave, leaveFunction, leaveLoop, nothing, replaceShell, shift, source } from './control';
import { declareArguments } from '../variables/declare';
import { dirs, popd, pushd } from './directories';
import { exportAll, local, readonly, unset } from './export';
import { fc, history } from './fc';
import { getopts } from './getopts';
import { listJobs, wait } from '../run/jobs';
import { ulimit, umask } from './limits';
import { hash } from './locate';
import { mapfile } from './mapfile';
import { alias, command, onlyBuiltin, typeOf, unalias } from './naming';
import { set } from './options';
import { echo, let_, printf, testCondition } from './output';
import { kill, resume, times } from './processes';
import { read } from './read';
import { shopt } from './shopt';
import { complain, state } from '../state';
import { trap } from '../run/traps';

/** A command of the shell itself: its name, what it does, and how POSIX sees it. */
class Builtin {
  constructor(
    readonly name: string,
    readonly run: (args: string[]) => i32,
    /** SPECIAL: assignments before it stay, its failure ends a script. BASH: only bash has it. */
    readonly kind: i32,
  ) {}
}

const REGULAR: i32 = 0;
const SPECIAL: i32 = 1;
const BASH: i32 = 2;
const byName = new Map<string, Builtin>();

function add(name: string, run: (args: string[]) => i32, kind: i32 = REGULAR): void {
  byName.set(name, new Builtin(name, run, kind));
}

/** All of them, one a line. */
function fill(): void {
  add('.', source, SPECIAL);
  add(':', nothing, SPECIAL);
  add('[', testCondition);
  add('alias', alias);
  add('bg', resume);
  add('break', leaveLoop, SPECIAL);
  add('builtin', onlyBuiltin, BASH);
  add('cd', changeDirectory);
  add('command', command);
  add('continue', leaveLoop, SPECIAL);
  add('declare', declareArguments, BASH);
  add('dirs', dirs, BASH);
  add('echo', echo);
  add('eval', evaluate, SPECIAL);
  add('exec', replaceShell, SPECIAL);
  add('exit', leave, SPECIAL);
  add('export', exportAll, SPECIAL);
  add('false', failing);
  add('fc', fc);
  add('fg', resume);
  add('getopts', getopts);
  add('hash', hash);
  add('help', help);
  add('history', history);
  add('jobs', listJobs);
  add('kill', kill);
  add('let', let_, BASH);
  add('local', local);
  add('mapfile', mapfile, BASH);
  add('popd', popd, BASH);
  add('printf', printf);
  add('pushd', pushd, BASH);
  add('pwd', printDirectory);
  add('read', read);
  add('readarray', mapfile, BASH);
  add('readonly', readonly, SPECIAL);
  add('return', leaveFunction, SPECIAL);
  add('set', set, SPECIAL);
  add('shift', shift, SPECIAL);
  add('shopt', shopt, BASH);
  add('source', source);
  add('test', testCondition);
  add('times', times, SPECIAL);
  add('trap', trap, SPECIAL);
  add('true', nothing);
  add('type', typeOf);
  add('typeset', declareArguments, BASH);
  add('ulimit', ulimit);
  add('umask', umask);
  add('unalias', unalias);
  add('unset', unset, SPECIAL);
  add('wait', wait);
}

function find(name: string): Builtin | null {
  if (!byName.size) fill();
  if (!byName.has(name)) return null;
  const found = byName.get(name);
  return found.kind == BASH && !state.bash ? null : found;
}

export function isSpecial(name: string): bool {
  const found = find(name);
  return found != null && found.kind == SPECIAL;
}

export function isBuiltin(name: string): bool {
  return find(name) != null;
}

/** For completion. */
export function commandNames(): string[] {
  if (!byName.size) fill();
  const all = byName.keys();
  const known: string[] = [];
  for (let i = 0; i < all.length; i++) if (isBuiltin(all[i])) known.push(all[i]);
  return known;
}

export function builtin(name: string, args: string[]): i32 {
  const found = find(name);
  return found ? found.run(args) : 127;
}

/** Where to begin. */
function help(args: string[]): i32 {
  const descriptor = openFile('/usr/share/man/whatis', O_RDONLY);
  const pages: string[] = descriptor < 0 ? new Array<string>() : readAll(descriptor).split('\n');
  if (descriptor >= 0) calls.close(descriptor);
  if (args.length > 1) {
    let result = 0;
    for (let i = 1; i < args.length; i++) if (!helpWith(args[i], pages)) result = 1;
    return result;
  }
  const programs: string[] = [];
  for (let i = 0; i < pages.length; i++) {
    const section = pages[i].indexOf('(');
    // Pages of formats and concepts are no programs.
    if (section > 0 && '18'.includes(pages[i].charAt(section + 1))) programs.push(pages[i].substring(0, section));
  }
  out('Programs (man NAME tells of one, help WORD finds those that have to do with it):\n' + inRows(programs));
  const names = commandNames();
  sortNames(names);
  const own: string[] = [];
  for (let i = 0; i < names.length; i++) if (!programs.includes(names[i])) own.push(names[i]);
  out('Commands of the shell itself (man bash):\n' + inRows(own));
  out('To begin with: svcs, prstat, zpool status, zfs list, imgadm avail, vmadm list.\n');
  return 0;
}

/** What there is by this name; else what has to do with it. Whether there is anything. */
function helpWith(word: string, pages: string[]): bool {
  let named = '';
  let found = '';
  for (let i = 0; i < pages.length; i++) {
    if (pages[i].startsWith(word + '(')) named += pages[i] + '\n';
    if (pages[i].toLowerCase().includes(word.toLowerCase())) found += pages[i] + '\n';
  }
  if (commandNames().includes(word)) named = word + ' - a command of the shell itself: man bash\n' + named;
  if (!named.length) named = found;
  if (named.length) out(named);
  else complain('help: no help topics match `' + word + "'");
  return named.length > 0;
}

function inRows(names: string[]): string {
  let text = '';
  let line = ' ';
  for (let i = 0; i < names.length; i++) {
    if (line.length + names[i].length > 78) {
      text += line + '\n';
      line = ' ';
    }
    line += ' ' + names[i];
  }
  return text + line + '\n';
}
