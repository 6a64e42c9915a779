// SPDX-License-Identifier: MIT
/** @fileoverview Commands that the shell runs itself (POSIX.1-2017, 2.14 and XCU): because they change it, or because they are asked for so often. */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { currentDirectory, failure, sortNames, status } from '../../lib/files';
import { flush, O_RDONLY, openFile, out, readAll, say } from '../../lib/io';
import { padLeft, parseNumber, pathOf } from '../../lib/text';
import { signalName, signalNumber, SIGNALS } from '../../lib/signals';
import { main as echo } from '../core/echo';
import { main as printf } from '../core/printf';
import { main as test } from '../core/test_';
import { replaceBy, runProgram, runText, waitForAll } from './execute';
import { continueJob, findJob, jobList, listJobs, removeJob, setForeground, wait } from './jobs';
import { isName, isReserved } from './parser';
import { fc } from './fc';
import { getopts } from './getopts';
import { historyLines } from './history';
import { ulimit, umask } from './limits';
import { hash, locate } from './locate';
import { quoted, set } from './options';
import { read } from './read';
import {
  aliases,
  exportVariable,
  functions,
  get,
  has,
  isExported,
  isReadOnly,
  makeLocal,
  makeReadOnly,
  names,
  setVariable,
  state,
  unsetVariable,
} from './state';
import { trap } from './traps';

const SPECIAL: string[] = [
  ':',
  '.',
  'break',
  'continue',
  'eval',
  'exec',
  'exit',
  'export',
  'return',
  'set',
  'readonly',
  'shift',
  'times',
  'trap',
  'unset',
];
const REGULAR: string[] = [
  '[',
  'alias',
  'bg',
  'cd',
  'command',
  'echo',
  'false',
  'fc',
  'fg',
  'getopts',
  'hash',
  'help',
  'history',
  'jobs',
  'kill',
  'local',
  'printf',
  'pwd',
  'read',
  'source',
  'test',
  'true',
  'type',
  'ulimit',
  'umask',
  'unalias',
  'wait',
];

/** Assignments before these stay. */
export function isSpecial(name: string): bool {
  return SPECIAL.includes(name);
}
export function isBuiltin(name: string): bool {
  return SPECIAL.includes(name) || REGULAR.includes(name);
}

/** For completion. */
export function commandNames(): string[] {
  return SPECIAL.concat(REGULAR);
}

export function builtin(name: string, args: string[]): i32 {
  if (name == 'echo') return echo(args);
  if (name == 'printf') return printf(args);
  if (name == 'test' || name == '[') return test(args);
  if (name == ':' || name == 'true') return 0;
  if (name == 'false') return 1;
  if (name == 'cd') return changeDirectory(args);
  if (name == 'pwd') return printDirectory(args);
  if (name == 'exit') return leave(args);
  if (name == 'export') return exportAll(args);
  if (name == 'unset') return unset(args);
  if (name == 'set') return set(args);
  if (name == 'shift') return shift(args);
  if (name == 'eval') return evaluate(args);
  if (name == '.' || name == 'source') return source(args);
  if (name == 'exec') return replaceShell(args);
  if (name == 'break' || name == 'continue') return leaveLoop(name == 'continue', args);
  if (name == 'return') return leaveFunction(args);
  if (name == 'read') return read(args);
  if (name == 'getopts') return getopts(args);
  if (name == 'local') return local(args);
  if (name == 'readonly') return readonly(args);
  if (name == 'alias') return alias(args);
  if (name == 'unalias') return unalias(args);
  if (name == 'times') return times();
  if (name == 'history') return history(args);
  if (name == 'umask') return umask(args);
  if (name == 'type') return typeOf(args);
  if (name == 'command') return command(args);
  if (name == 'wait') return wait(args);
  if (name == 'kill') return kill(args);
  if (name == 'trap') return trap(args);
  if (name == 'hash') return hash(args);
  if (name == 'ulimit') return ulimit(args);
  if (name == 'fc') return fc(args);
  if (name == 'help') return help();
  if (name == 'jobs') return listJobs(args);
  return resume(args, name == 'fg');
}

export function complain(text: string): i32 {
  say(state.name + ': ' + text + '\n');
  return 1;
}

/** -L, the default: `..` goes back where a symbolic link was followed; -P: it is the directory's parent. */
function changeDirectory(args: string[]): i32 {
  let at = 1;
  let physical = false;
  for (; at < args.length && (args[at] == '-L' || args[at] == '-P' || args[at] == '--'); at++) physical = args[at] == '-P';
  let target = at < args.length ? args[at] : get('HOME');
  if (!target.length && at >= args.length) return complain('cd: HOME not set');
  let tell = target == '-';
  if (tell) target = get('OLDPWD');
  if (tell && !target.length) return complain('cd: OLDPWD not set');
  const old = logicalDirectory();
  let place = target;
  if (!target.startsWith('/') && !target.startsWith('./') && !target.startsWith('../') && target != '.' && target != '..') {
    const path = has('CDPATH') ? get('CDPATH').split(':') : [''];
    for (let i = 0; i < path.length; i++) {
      const candidate = path[i].length ? path[i] + '/' + target : target;
      const file = status(candidate, true);
      if (!file || !file.isDirectory) continue;
      place = candidate;
      if (path[i].length) tell = true;
      break;
    }
  }
  const logical = simplify(place.startsWith('/') ? place : old + '/' + place);
  const error = calls.chdir(pathOf(physical ? place : logical));
  if (error < 0) return complain("cd: can't cd to " + target + ': ' + errorText(-error));
  setVariable('OLDPWD', old);
  setVariable('PWD', physical ? currentDirectory() : logical);
  if (tell) out(get('PWD') + '\n');
  return 0;
}

/** Without `.`, `..` and doubled slashes. */
function simplify(path: string): string {
  const parts = path.split('/');
  const kept: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] == '..') {
      if (kept.length) kept.pop();
    } else if (parts[i].length && parts[i] != '.') kept.push(parts[i]);
  }
  return '/' + kept.join('/');
}

/** PWD, if it is the current directory. */
export function logicalDirectory(): string {
  const path = get('PWD');
  const said = path.startsWith('/') ? status(path, true) : null;
  const here = status('.', true);
  return said && here && said.inode == here.inode && said.device == here.device ? path : currentDirectory();
}

function printDirectory(args: string[]): i32 {
  out((args.length > 1 && args[1] == '-P' ? currentDirectory() : logicalDirectory()) + '\n');
  return 0;
}

function leave(args: string[]): i32 {
  state.exiting = true;
  return args.length > 1 ? <i32>parseNumber(args[1]) & 0xff : state.status;
}

function exportAll(args: string[]): i32 {
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

function times(): i32 {
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
    if (isReadOnly(args[i])) {
      complain('unset: ' + args[i] + ': is read only');
      state.failed = true;
      return 2;
    }
    if (has(args[i])) unsetVariable(args[i]);
    else functions.delete(args[i]);
  }
  return 0;
}

function shift(args: string[]): i32 {
  const count = args.length > 1 ? <i32>parseNumber(args[1]) : 1;
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
    state.failed = !state.interactive;
    return 2;
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

function leaveLoop(continues: bool, args: string[]): i32 {
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

function typeOf(args: string[]): i32 {
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
    if (error < 0) result = complain('kill: ' + args[i] + ': ' + errorText(-error));
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

function resume(args: string[], foreground: bool): i32 {
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
function help(): i32 {
  out('Commands of the shell itself:\n');
  const all = SPECIAL.concat(REGULAR);
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
