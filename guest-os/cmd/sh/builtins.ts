// SPDX-License-Identifier: MIT
/** @fileoverview Commands that the shell runs itself (POSIX.1-2017, 2.14 and XCU): because they change it, or because they are asked for so often. */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { sortNames, status } from '../../lib/files';
import { flush, O_RDONLY, openFile, out, readAll, say } from '../../lib/io';
import { padLeft, parseNumber } from '../../lib/text';
import { signalName, signalNumber, SIGNALS } from '../../lib/signals';
import { changeDirectory, printDirectory } from './cd';
import { declareArguments, unsetElement } from './declare';
import { dirs, popd, pushd } from './directories';
import { mapfile } from './mapfile';
import { echo, let_, printf, testCondition } from './output';
import { keyOf } from './parameter';
import { quoted } from '../../lib/shellQuote';
import { shopt } from './shopt';
import { replaceBy, runProgram, runText, waitForAll } from './execute';
import { continueJob, findJob, jobList, listJobs, removeJob, setForeground, wait } from './jobs';
import { isName, isReserved } from './words';
import { fc } from './fc';
import { getopts } from './getopts';
import { historyLines } from './history';
import { ulimit, umask } from './limits';
import { hash, locate } from './locate';
import { set } from './options';
import { read } from './read';
import { aliases, functions, state } from './state';
import {
  isKnown,
  exportVariable,
  get,
  has,
  isExported,
  isReadOnly,
  makeLocal,
  makeReadOnly,
  names,
  setVariable,
  unsetVariable,
} from './variables';
import { trap } from './traps';

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

function nothing(args: string[]): i32 {
  return 0;
}
function failing(args: string[]): i32 {
  return 1;
}

export function complain(text: string): i32 {
  say(state.prefix + text + '\n');
  return 1;
}

function leave(args: string[]): i32 {
  state.exiting = true;
  return args.length > 1 ? <i32>parseNumber(args[1]) & 0xff : state.status;
}

function exportAll(args: string[]): i32 {
  if (state.bash) return declareArguments(args);
  if (args.length == 1 || args[1] == '-p') {
    const all = names();
    sortNames(all);
    for (let i = 0; i < all.length; i++) if (isExported(all[i])) out('export ' + all[i] + '=' + quoted(get(all[i])) + '\n');
    return 0;
  }
  for (let i = 1; i < args.length; i++) {
    const name = declare_('export', args[i]);
    if (!name.length) return 2;
    exportVariable(name);
  }
  return 0;
}

/** The name of NAME or NAME=value, whose value it gets; nothing after a complaint, which ends a script. */
function declare_(command: string, word: string): string {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.substring(0, equals);
  if (!isName(name)) complain(command + ': ' + name + ': bad variable name');
  else if (equals >= 0 && isReadOnly(name)) complain(command + ': ' + name + ': is read only');
  else {
    if (equals >= 0) setVariable(name, word.substring(equals + 1));
    return name;
  }
  state.failed = true;
  return '';
}

function readonly(args: string[]): i32 {
  if (state.bash) return declareArguments(args);
  if (args.length == 1 || args[1] == '-p') {
    const all = names();
    sortNames(all);
    for (let i = 0; i < all.length; i++) if (isReadOnly(all[i])) out('readonly ' + all[i] + '=' + quoted(get(all[i])) + '\n');
    return 0;
  }
  for (let i = 1; i < args.length; i++) {
    const name = declare_('readonly', args[i]);
    if (!name.length) return 2;
    makeReadOnly(name);
  }
  return 0;
}

function local(args: string[]): i32 {
  if (state.bash) return declareArguments(args);
  if (!state.callDepth) return complain('local: not in a function');
  for (let i = 1; i < args.length; i++) {
    const equals = args[i].indexOf('=');
    const name = equals < 0 ? args[i] : args[i].substring(0, equals);
    if (!isName(name)) return complain('local: ' + name + ': bad variable name');
    makeLocal(name);
    if (equals >= 0) setVariable(name, args[i].substring(equals + 1));
  }
  return 0;
}

function alias(args: string[]): i32 {
  let result = 0;
  const all = aliases.keys();
  sortNames(all);
  if (args.length == 1) for (let i = 0; i < all.length; i++) out(all[i] + '=' + quoted(aliases.get(all[i])) + '\n');
  for (let i = 1; i < args.length; i++) {
    const equals = args[i].indexOf('=', 1);
    if (equals > 0) aliases.set(args[i].substring(0, equals), args[i].substring(equals + 1));
    else if (aliases.has(args[i])) out(args[i] + '=' + quoted(aliases.get(args[i])) + '\n');
    else result = complain('alias: ' + args[i] + ' not found');
  }
  return result;
}

function unalias(args: string[]): i32 {
  if (args.length > 1 && args[1] == '-a') {
    aliases.clear();
    return 0;
  }
  let result = 0;
  for (let i = 1; i < args.length; i++) {
    if (aliases.has(args[i])) aliases.delete(args[i]);
    else result = complain('unalias: ' + args[i] + ' not found');
  }
  return result;
}

const usage = memory.data(32, 8);
/** Ticks of times(2) in a second. */
const TICKS: u64 = 100;

function times(args: string[]): i32 {
  calls.times(usage);
  for (let i: usize = 0; i < 32; i += 8) {
    const ticks = load<u64>(usage + i);
    const hundredths = ('0' + (ticks % TICKS).toString()).slice(-2);
    out(
      (ticks / TICKS / 60).toString() + 'm' + ((ticks / TICKS) % 60).toString() + '.' + hundredths + 's' + (i & 8 ? '\n' : ' '),
    );
  }
  return 0;
}

function history(args: string[]): i32 {
  const lines = historyLines();
  const count = args.length > 1 ? <i32>parseNumber(args[1]) : lines.length;
  if (args.length > 1 && args[1] == '-c') {
    lines.length = 0;
    return 0;
  }
  for (let i = max(lines.length - max(count, 0), 0); i < lines.length; i++)
    out(padLeft((i + 1).toString(), 5) + '  ' + lines[i] + '\n');
  return 0;
}

function unset(args: string[]): i32 {
  for (let i = 1; i < args.length; i++) {
    if (args[i] == '-v') continue;
    if (args[i] == '-f') {
      for (i++; i < args.length; i++) functions.delete(args[i]);
      return 0;
    }
    const bracket = state.bash && args[i].endsWith(']') ? args[i].indexOf('[') : -1;
    const name = bracket > 0 ? args[i].substring(0, bracket) : args[i];
    if (isReadOnly(name)) {
      if (state.bash) return complain('unset: ' + name + ': cannot unset: readonly variable');
      complain('unset: ' + args[i] + ': is read only');
      state.failed = true;
      return 2;
    }
    if (bracket > 0) {
      const subscript = args[i].substring(bracket + 1, args[i].length - 1);
      if (subscript == '@' || subscript == '*') unsetVariable(name);
      else unsetElement(name, keyOf(name, subscript));
      continue;
    }
    if (has(args[i]) || isKnown(args[i])) unsetVariable(args[i]);
    else functions.delete(args[i]);
  }
  return 0;
}

function shift(args: string[]): i32 {
  const count = args.length > 1 ? <i32>parseNumber(args[1]) : 1;
  if (state.bash && count > state.parameters.length) return 1;
  if (count < 0 || count > state.parameters.length) {
    state.failed = true;
    state.status = 2;
    complain("shift: can't shift that many");
    return 2;
  }
  state.parameters = state.parameters.slice(count);
  return 0;
}

function evaluate(args: string[]): i32 {
  state.status = 0;
  runText(args.slice(1).join(' '));
  return state.status;
}

/** A name without a slash is looked for on the PATH. */
function source(args: string[]): i32 {
  if (args.length < 2) return complain('.: filename argument required');
  let path = args[1];
  if (!path.includes('/') && !status(path, true)) {
    const places = get('PATH').split(':');
    for (let i = 0; i < places.length; i++) {
      if (!status(places[i] + '/' + path, true)) continue;
      path = places[i] + '/' + path;
      break;
    }
  }
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) {
    complain('.: ' + args[1] + ': ' + errorText(-descriptor));
    state.failed = !state.interactive && !state.bash;
    return state.bash ? 1 : 2;
  }
  if (state.bash && args.length > 2) {
    const outer = state.parameters;
    state.parameters = args.slice(2);
    const result = runFile(descriptor);
    state.parameters = outer;
    return result;
  }
  return runFile(descriptor);
}

/** Its commands in this shell; closes it. */
export function runFile(descriptor: i32): i32 {
  const text = readAll(descriptor);
  calls.close(descriptor);
  state.status = 0;
  state.callDepth++;
  runText(text);
  state.callDepth--;
  state.returning = false;
  return state.status;
}

function replaceShell(args: string[]): i32 {
  if (args.length > 1) replaceBy(args.slice(1));
  return 0;
}

function leaveLoop(args: string[]): i32 {
  const continues = args[0] == 'continue';
  if (!state.loops) return 0;
  const count = args.length > 1 ? <i32>parseNumber(args[1]) : 1;
  if (count < 1) return complain('Illegal number: ' + args[1]);
  state.breaking = min(count, state.loops);
  state.continuing = continues;
  return 0;
}

function leaveFunction(args: string[]): i32 {
  state.returning = state.callDepth > 0;
  return args.length > 1 ? <i32>parseNumber(args[1]) & 0xff : state.status;
}

/** builtin NAME: whatever functions there are. */
function onlyBuiltin(args: string[]): i32 {
  if (args.length < 2) return 0;
  if (!isBuiltin(args[1])) return complain('builtin: ' + args[1] + ': not a shell builtin');
  return builtin(args[1], args.slice(1));
}

function typeOf(args: string[]): i32 {
  if (state.bash) return bashType(args);
  let result = 0;
  for (let i = 1; i < args.length; i++) {
    const name = args[i];
    const place = locate(name);
    if (isReserved(name)) out(name + ' is a shell keyword\n');
    else if (aliases.has(name)) out(name + ' is an alias for ' + aliases.get(name) + '\n');
    else if (functions.has(name)) out(name + ' is a shell function\n');
    else if (isSpecial(name)) out(name + ' is a special shell builtin\n');
    else if (isBuiltin(name)) out(name + ' is a shell builtin\n');
    else if (place.length) out(name + ' is ' + place + '\n');
    else {
      out(name + ': not found\n');
      result = 127;
    }
  }
  return result;
}

/** -t: one word of the kind; -p, -P: the path only; -a is as without. */
function bashType(args: string[]): i32 {
  let letters = '';
  let first = 1;
  for (; first < args.length && args[first].startsWith('-'); first++) letters += args[first].substring(1);
  let result = 0;
  for (let i = first; i < args.length; i++) {
    const name = args[i];
    const place = locate(name);
    let kind = '';
    if (letters.includes('P')) kind = place.length ? 'file' : '';
    else if (aliases.has(name)) kind = 'alias';
    else if (isReserved(name)) kind = 'keyword';
    else if (functions.has(name)) kind = 'function';
    else if (isBuiltin(name)) kind = 'builtin';
    else if (place.length) kind = 'file';
    if (!kind.length) {
      if (!letters.length) complain('type: ' + name + ': not found');
      result = 1;
    } else if (letters.includes('t')) out(kind + '\n');
    else if (letters.includes('p') || letters.includes('P')) {
      if (kind == 'file') out(place + '\n');
    } else if (kind == 'alias') out(name + ' is aliased to `' + aliases.get(name) + "'\n");
    else if (kind == 'keyword') out(name + ' is a shell keyword\n');
    else if (kind == 'function') out(name + ' is a function\n' + name + ' () ' + functions.get(name).source + '\n');
    else if (kind == 'builtin') out(name + ' is a shell builtin\n');
    else out(name + ' is ' + place + '\n');
  }
  return result;
}

function command(args: string[]): i32 {
  let at = 1;
  let path = get('PATH');
  if (at < args.length && args[at] == '-p') {
    path = '/usr/bin:/usr/sbin';
    at++;
  }
  if (at < args.length && args[at] == '-V') return typeOf(args.slice(at));
  if (at < args.length && args[at] == '-v') {
    if (at + 1 >= args.length) return 0;
    const name = args[at + 1];
    let place = functions.has(name) || isBuiltin(name) || isReserved(name) ? name : locate(name);
    if (aliases.has(name)) place = 'alias ' + name + '=' + quoted(aliases.get(name));
    if (!place.length) return 127;
    out(place + '\n');
    return 0;
  }
  if (at >= args.length) return 0;
  const words = args.slice(at);
  if (isBuiltin(words[0])) {
    // A special builtin's failure does not end the shell here.
    const result = builtin(words[0], words);
    if (!state.exiting) state.failed = false;
    return result;
  }
  const outer = get('PATH');
  setVariable('PATH', path);
  const result = runProgram(words);
  setVariable('PATH', outer);
  return result;
}

function kill(args: string[]): i32 {
  let signal = 15;
  let first = 1;
  if (args.length > 1 && args[1] == '-l') {
    return listSignals(args);
  }
  if (args.length > 2 && args[1] == '-s') {
    signal = signalNumber(args[2]);
    first = 3;
  } else if (args.length > 1 && args[1].length > 1 && args[1].startsWith('-')) {
    signal = signalNumber(args[1].substring(1));
    first = 2;
  }
  if (signal < 0) return complain('kill: bad signal');
  if (first >= args.length) return complain('usage: kill [-s signal | -signal] pid ...');
  let result = 0;
  for (let i = first; i < args.length; i++) {
    const negative = args[i].startsWith('-');
    let pid = <i32>parseNumber(negative ? args[i].substring(1) : args[i]);
    if (args[i].startsWith('%')) {
      const job = findJob(['', args[i]]);
      pid = job ? -job.group : -1;
      if (!job) pid = 0;
    } else if (pid < 0) pid = 0;
    else if (negative) pid = -pid;
    const error = pid ? calls.kill(pid, signal) : -3;
    if (error < 0) result = complain('kill: ' + (state.bash ? '(' + args[i] + ') - ' : args[i] + ': ') + errorText(-error));
  }
  return result;
}

/** kill -l: all names, or of each number, which may be an exit status, the name. */
function listSignals(args: string[]): i32 {
  let line = '';
  for (let i = 1; i < SIGNALS && args.length < 3; i++) line += (i > 1 ? ' ' : '') + signalName(i);
  if (line.length) out(line + '\n');
  for (let i = 2; i < args.length; i++) {
    const number = <i32>parseNumber(args[i]);
    const name = number < 0 ? signalNumber(args[i]).toString() : signalName(number > 128 ? number - 128 : number);
    if (!name.length || name == '-1') return complain('kill: ' + args[i] + ': bad signal');
    out(name + '\n');
  }
  return 0;
}

function resume(args: string[]): i32 {
  const foreground = args[0] == 'fg';
  const job = findJob(args);
  if (!job) return complain(args[0] + ': no such job');
  if (!foreground) {
    say('[' + job.number.toString() + ']+ ' + job.source + ' &\n');
    continueJob(job);
    return 0;
  }
  say(job.source + '\n');
  removeJob(job);
  setForeground(job.group);
  continueJob(job);
  const result = waitForAll(job.pids, job.group, job.source);
  setForeground(<i32>calls.getpid());
  return result;
}

/** Where to begin. */
function help(args: string[]): i32 {
  out('Commands of the shell itself:\n');
  const all = commandNames();
  sortNames(all);
  let line = ' ';
  for (let i = 0; i < all.length; i++) {
    if (line.length + all[i].length > 76) {
      out(line + '\n');
      line = ' ';
    }
    line += ' ' + all[i];
  }
  out(line + '\n\nPrograms, each with a manual page (man NAME):\n');
  const descriptor = openFile('/usr/share/man/whatis', O_RDONLY);
  if (descriptor >= 0) {
    out(readAll(descriptor));
    calls.close(descriptor);
  }
  return 0;
}
