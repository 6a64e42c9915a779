// SPDX-License-Identifier: MIT
/** @fileoverview Commands that the shell runs itself (POSIX.1-2017, 2.14 and XCU): because they change it, or because they are asked for so often. */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { currentDirectory, failure, sortNames, status } from '../../lib/files';
import { flush, O_RDONLY, openFile, out, readAll, say } from '../../lib/io';
import { parseNumber, pathOf } from '../../lib/text';
import { main as echo } from '../core/echo';
import { main as printf } from '../core/printf';
import { main as test } from '../core/test_';
import { replaceBy, runText, waitForAll } from './execute';
import { continueJob, findJob, jobList, listJobs, removeJob, setForeground, waitForJobs } from './jobs';
import { isName } from './parser';
import { exportVariable, functions, get, has, isExported, names, setVariable, state, unsetVariable } from './state';

export const NOT_BUILTIN: i32 = -1;
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
  'shift',
  'trap',
  'unset',
];
const REGULAR: string[] = [
  '[',
  'bg',
  'cd',
  'command',
  'echo',
  'false',
  'fg',
  'help',
  'jobs',
  'kill',
  'printf',
  'pwd',
  'read',
  'test',
  'true',
  'type',
  'umask',
  'wait',
];

/** Assignments before these stay. */
export function isSpecial(name: string): bool {
  return SPECIAL.includes(name);
}
export function isBuiltin(name: string): bool {
  return SPECIAL.includes(name) || REGULAR.includes(name);
}

export function builtin(name: string, args: string[]): i32 {
  if (name == 'echo') return echo(args);
  if (name == 'printf') return printf(args);
  if (name == 'test' || name == '[') return test(args);
  if (name == ':' || name == 'true') return 0;
  if (name == 'false') return 1;
  if (name == 'cd') return changeDirectory(args);
  if (name == 'pwd') return printDirectory();
  if (name == 'exit') return leave(args);
  if (name == 'export') return exportAll(args);
  if (name == 'unset') return unset(args);
  if (name == 'set') return setOptions(args);
  if (name == 'shift') return shift(args);
  if (name == 'eval') return evaluate(args);
  if (name == '.') return source(args);
  if (name == 'exec') return replaceShell(args);
  if (name == 'break' || name == 'continue') return leaveLoop(name == 'continue', args);
  if (name == 'return') return leaveFunction(args);
  if (name == 'read') return readLine(args);
  if (name == 'umask') return umask(args);
  if (name == 'type') return typeOf(args);
  if (name == 'command') return command(args);
  if (name == 'wait') return waitForJobs(args.length > 1 ? <i32>parseNumber(args[1]) : 0);
  if (name == 'kill') return kill(args);
  if (name == 'trap') return setTrap(args);
  if (name == 'help') return help();
  if (name == 'jobs') {
    listJobs();
    return 0;
  }
  return resume(args, name == 'fg');
}

function complain(text: string): i32 {
  say(state.name + ': ' + text + '\n');
  return 1;
}

function changeDirectory(args: string[]): i32 {
  let target = args.length > 1 ? args[1] : get('HOME');
  const back = target == '-';
  if (back) target = get('OLDPWD');
  const old = currentDirectory();
  const error = calls.chdir(pathOf(target));
  if (error < 0) return complain('cd: ' + target + ': ' + errorText(-error));
  setVariable('OLDPWD', old);
  setVariable('PWD', currentDirectory());
  if (back) out(get('PWD') + '\n');
  return 0;
}

function printDirectory(): i32 {
  out(currentDirectory() + '\n');
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
    for (let i = 0; i < all.length; i++) if (isExported(all[i])) out('export ' + all[i] + "='" + get(all[i]) + "'\n");
    return 0;
  }
  for (let i = 1; i < args.length; i++) {
    const equals = args[i].indexOf('=');
    const name = equals < 0 ? args[i] : args[i].substring(0, equals);
    if (!isName(name)) return complain('export: ' + name + ': bad variable name');
    if (equals >= 0) setVariable(name, args[i].substring(equals + 1));
    exportVariable(name);
  }
  return 0;
}

function unset(args: string[]): i32 {
  for (let i = 1; i < args.length; i++) {
    if (args[i] == '-v') continue;
    if (args[i] == '-f') {
      for (i++; i < args.length; i++) functions.delete(args[i]);
      return 0;
    }
    if (has(args[i])) unsetVariable(args[i]);
    else functions.delete(args[i]);
  }
  return 0;
}

function setOptions(args: string[]): i32 {
  if (args.length == 1) {
    const all = names();
    sortNames(all);
    for (let i = 0; i < all.length; i++) out(all[i] + "='" + get(all[i]) + "'\n");
    return 0;
  }
  let i = 1;
  for (; i < args.length; i++) {
    const word = args[i];
    if (word == '--') {
      i++;
      break;
    }
    const on = word.startsWith('-');
    if ((!on && !word.startsWith('+')) || word.length < 2) break;
    if (word.charAt(1) == 'o' && i + 1 < args.length && args[i + 1] == 'emacs') {
      state.editing = on;
      i++;
      continue;
    }
    for (let k = 1; k < word.length; k++) {
      const letter = word.charAt(k);
      if (letter == 'e') state.exitOnError = on;
      else if (letter == 'x') state.trace = on;
      else return complain('set: ' + word + ': unknown option');
    }
    if (i == args.length - 1) return 0;
  }
  state.parameters = args.slice(i);
  return 0;
}

function shift(args: string[]): i32 {
  const count = args.length > 1 ? <i32>parseNumber(args[1]) : 1;
  if (count < 0 || count > state.parameters.length) return complain("shift: can't shift that many");
  state.parameters = state.parameters.slice(count);
  return 0;
}

function evaluate(args: string[]): i32 {
  state.status = 0;
  runText(args.slice(1).join(' '));
  return state.status;
}

function source(args: string[]): i32 {
  if (args.length < 2) return complain('.: filename argument required');
  const descriptor = openFile(args[1], O_RDONLY);
  if (descriptor < 0) {
    complain(args[1] + ': ' + errorText(-descriptor));
    return 1;
  }
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

const byte = memory.data(8);

function readLine(args: string[]): i32 {
  let first = 1;
  let raw = false;
  if (first < args.length && args[first] == '-r') {
    raw = true;
    first++;
  }
  flush();
  let line = '';
  let ended = false;
  // Byte by byte: what follows the line belongs to others.
  while (true) {
    const count = calls.read(0, byte, 1);
    if (count <= 0) {
      ended = true;
      break;
    }
    const c = load<u8>(byte);
    if (c == 0x0a) break;
    if (c == 0x5c && !raw) {
      if (calls.read(0, byte, 1) <= 0) break;
      if (load<u8>(byte) != 0x0a) line += String.fromCharCode(load<u8>(byte));
      continue;
    }
    line += String.fromCharCode(c);
  }
  const ifs = has('IFS') ? get('IFS') : ' \t\n';
  let rest = trimBy(line, ifs, true);
  for (let i = first; i < args.length; i++) {
    let end = 0;
    while (end < rest.length && !ifs.includes(rest.charAt(end))) end++;
    if (i == args.length - 1) end = trimBy(rest, ifs, false).length;
    setVariable(args[i], rest.substring(0, end));
    rest = trimBy(rest.substring(end < rest.length && rest.charCodeAt(end) > 0x20 ? end + 1 : end), ifs, true);
  }
  return ended ? 1 : 0;
}

/** White space of IFS goes from the front, or from the end. */
function trimBy(text: string, ifs: string, front: bool): string {
  let start = 0;
  let end = text.length;
  if (front) while (start < end && text.charCodeAt(start) <= 0x20 && ifs.includes(text.charAt(start))) start++;
  else while (end > start && text.charCodeAt(end - 1) <= 0x20 && ifs.includes(text.charAt(end - 1))) end--;
  return text.substring(start, end);
}

function umask(args: string[]): i32 {
  if (args.length == 1) {
    const old = <i32>calls.umask(0);
    calls.umask(old);
    out(('0000' + old.toString(8)).slice(-4) + '\n');
    return 0;
  }
  let mask = 0;
  for (let i = 0; i < args[1].length; i++) {
    const digit = args[1].charCodeAt(i) - 0x30;
    if (<u32>digit > 7) return complain('umask: Illegal number: ' + args[1]);
    mask = mask * 8 + digit;
  }
  calls.umask(mask);
  return 0;
}

/** Where a command would be found; nothing: nowhere. */
function locate(name: string): string {
  if (name.includes('/')) return status(name, true) ? name : '';
  const path = get('PATH').split(':');
  for (let i = 0; i < path.length; i++) {
    const candidate = path[i] + '/' + name;
    if (calls.access(pathOf(candidate), 1) >= 0) return candidate;
  }
  return '';
}

function typeOf(args: string[]): i32 {
  let result = 0;
  for (let i = 1; i < args.length; i++) {
    const name = args[i];
    const place = locate(name);
    if (functions.has(name)) out(name + ' is a shell function\n');
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
  if (args.length > 2 && args[1] == '-v') {
    const name = args[2];
    const place = functions.has(name) || isBuiltin(name) ? name : locate(name);
    if (!place.length) return 127;
    out(place + '\n');
    return 0;
  }
  if (args.length < 2) return 0;
  if (isBuiltin(args[1])) return builtin(args[1], args.slice(1));
  // In a child, by a text that quotes every word.
  let text = '(exec';
  for (let i = 1; i < args.length; i++) text += " '" + args[i].replaceAll("'", "'\\''") + "'";
  runText(text + ')');
  return state.status;
}

const SIGNALS: string[] = [
  'EXIT',
  'HUP',
  'INT',
  'QUIT',
  'ILL',
  'TRAP',
  'ABRT',
  'EMT',
  'FPE',
  'KILL',
  'BUS',
  'SEGV',
  'SYS',
  'PIPE',
  'ALRM',
  'TERM',
  'USR1',
  'USR2',
  'CLD',
  'PWR',
  'WINCH',
  'URG',
  'POLL',
  'STOP',
  'TSTP',
  'CONT',
  'TTIN',
  'TTOU',
];

function signalNumber(text: string): i32 {
  const number = parseNumber(text);
  if (number >= 0) return <i32>number;
  return SIGNALS.indexOf(text.startsWith('SIG') ? text.substring(3) : text);
}

function kill(args: string[]): i32 {
  let signal = 15;
  let first = 1;
  if (args.length > 1 && args[1] == '-l') {
    out(SIGNALS.slice(1).join(' ') + '\n');
    return 0;
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

/** What `trap … EXIT` has said. */
export let exitTrap: string = '';
export function takeExitTrap(): string {
  const action = exitTrap;
  exitTrap = '';
  return action;
}

function setTrap(args: string[]): i32 {
  if (args.length == 1) {
    if (exitTrap.length) out("trap -- '" + exitTrap + "' EXIT\n");
    return 0;
  }
  const reset = args[1] == '-' || parseNumber(args[1]) >= 0;
  for (let i = reset && args[1] != '-' ? 1 : 2; i < args.length; i++) {
    if (signalNumber(args[i]) != 0) return complain('trap: ' + args[i] + ': only EXIT can be trapped');
    exitTrap = reset ? '' : args[1];
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

function help(): i32 {
  out('Shell builtins: ' + SPECIAL.concat(REGULAR).join(' ') + '\n');
  out('Programs are in /usr/bin and /sbin: ls /usr/bin lists them.\n');
  return 0;
}
