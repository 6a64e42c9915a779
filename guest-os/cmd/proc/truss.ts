// SPDX-License-Identifier: MIT
/** @fileoverview truss(1): trace system calls, signals and faults */
/** @manual
 * DESCRIPTION
 * Executes a command, or takes processes that run, and writes a line to standard error for each system call that they make, each signal that they
 * receive and each machine fault. Names and arguments of system calls come from the kernel's own table. What is traced is traced by /proc, so the
 * process stops at each event and is slower.
 *
 * OPTIONS
 *   -p   the operands are numbers of processes; they are let go by an interrupt
 *   -f   children too; each line begins with the process's number
 *   -t [!]list   system calls to be traced, or not to be, by commas: all
 *   -s [!]list   signals: all;  -m [!]list  faults: all
 *   -c   no lines, but in the end how often each call was made, failed, and took
 *   -a, -e   arguments, environment of what is executed
 *   -l   the thread's number in each line
 *   -o file   write there
 *
 * EXIT STATUS
 *   That of the command;  2  the command line is wrong;  1  something else
 */
import * as calls from '../../lib/calls';
import { callName, errorName } from '../../lib/callTable';
import { EINTR } from '../../lib/errors';
import { complain, openFile, say, Writer } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { environment, fork, onSignal, runPath, SIGHUP, SIGINT, SIGQUIT, SIGTERM, takeSignal, waitFor } from '../../lib/process';
import { signalNumber } from '../../lib/signals';
import { parseNumber } from '../../lib/text';
import * as held from './_tracee';
import { Tracee } from './_tracee';
import { callText, hex, nameOf, resultText, signalText, withResult } from './_trussShow';
import { Counts } from './_trussCount';

export const USAGE: string =
  'truss [-fcael] [-t [!]calls] [-s [!]signals] [-m [!]faults] [-o file] command [argument ...] | -p pid ...';

const SYS_exit: i32 = 1;
const SYS_execve: i32 = 59;
const SYS_forksys: i32 = 142;
const SYS_lwp_exit: i32 = 160;
/** What is told of a call before it is made: it may not come back, or has forgotten what it was called with. */
const BEFORE: StaticArray<i32> = [SYS_exit, SYS_execve, SYS_lwp_exit];
const FAULTS: StaticArray<string> = [
  '',
  'FLTILL',
  'FLTPRIV',
  'FLTBPT',
  'FLTTRACE',
  'FLTACCESS',
  'FLTBOUNDS',
  'FLTIOVF',
  'FLTIZDIV',
  'FLTFPE',
  'FLTSTACK',
  'FLTPAGE',
];
const O_CREATE: i32 = 0x301;

const shown = new StaticArray<u32>(16);
const signals = new StaticArray<u32>(4);
const faults = new StaticArray<u32>(4);
let children = false;
let counting = false;
let showArguments = false;
let showEnvironment = false;
let showThreads = false;
let writer = new Writer(2);
const counts = new Counts();
/** Where those who follow children tell what they have counted. */
let reports: i32 = -1;
const word = memory.data(16, 8);

function add(set: StaticArray<u32>, number: i32): void {
  set[(number - 1) >> 5] |= (<u32>1) << ((number - 1) & 31);
}
function has(set: StaticArray<u32>, number: i32): bool {
  return number > 0 && (set[(number - 1) >> 5] & ((<u32>1) << ((number - 1) & 31))) != 0;
}

/** A list of names or numbers into a set; with `!`, all others. False: one is unknown. */
function choose(list: string, set: StaticArray<u32>, find: (name: string) => i32): bool {
  const others = list.startsWith('!');
  const names = (others ? list.substring(1) : list).split(',');
  for (let i = 0; i < set.length; i++) set[i] = 0;
  for (let i = 0; i < names.length; i++) {
    if (names[i] == 'all') {
      for (let k = 0; k < set.length; k++) set[k] = 0xffffffff;
      continue;
    }
    if (names[i] == 'none' || !names[i].length) continue;
    const number = find(names[i]);
    if (number <= 0 || number > set.length * 32) {
      say('truss: unrecognized name: ' + names[i] + '\n');
      return false;
    }
    add(set, number);
  }
  if (others) for (let k = 0; k < set.length; k++) set[k] = ~set[k];
  return true;
}
function callNumber(name: string): i32 {
  const number = <i32>parseNumber(name);
  if (number >= 0) return number;
  const plain = name == '_exit' ? 'exit' : name;
  for (let i = 1; i < 256; i++) if (callName(i) == plain) return i;
  return -1;
}
function faultNumber(name: string): i32 {
  const plain = name.toUpperCase();
  return FAULTS.indexOf(plain.startsWith('FLT') ? plain : 'FLT' + plain);
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'acefilm:o:ps:t:');
  let grab = false;
  let right = choose('all', shown, callNumber) && choose('all', signals, signalNumber) && choose('all', faults, faultNumber);
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'a') showArguments = true;
    else if (option == 'c') counting = true;
    else if (option == 'e') showEnvironment = true;
    else if (option == 'f') children = true;
    else if (option == 'l') showThreads = true;
    else if (option == 'p') grab = true;
    else if (option == 't') right = choose(options.argument, shown, callNumber) && right;
    else if (option == 's') right = choose(options.argument, signals, signalNumber) && right;
    else if (option == 'm') right = choose(options.argument, faults, faultNumber) && right;
    else if (option == 'o') {
      const file = openFile(options.argument, O_CREATE);
      if (file < 0) {
        complain('truss', options.argument, file);
        return 1;
      }
      writer = new Writer(file);
      // Not for what is executed.
      calls.fcntl(file, 2, 1);
    }
  }
  if (options.failed || !right) return 2;
  const operands = options.operands();
  if (!operands.length) return misused(USAGE);
  if (counting) {
    calls.pipe(word, 0x800000);
    reports = load<i32>(word, 4);
  }
  const reader = load<i32>(word);
  const status = grab ? grabAll(operands) : execute(operands);
  if (counting && status >= 0) {
    calls.close(reports);
    counts.gather(reader);
    counts.show(writer);
    writer.flush();
  }
  return max(status, 0);
}

// ---- beginning

/** Says what shall be traced. */
function prepare(tracee: Tracee): void {
  tracee.mode(held.PR_RLC | (children ? held.PR_FORK : 0));
  const entries = new StaticArray<u32>(16);
  const exits = new StaticArray<u32>(16);
  for (let i = 0; i < 16; i++) {
    entries[i] = counting ? shown[i] : 0;
    exits[i] = shown[i];
  }
  for (let i = 0; i < BEFORE.length; i++) if (has(shown, BEFORE[i]) || BEFORE[i] == SYS_execve) add(entries, BEFORE[i]);
  add(exits, SYS_execve);
  if (children) add(exits, SYS_forksys);
  tracee.entries(entries);
  tracee.exits(exits);
  tracee.signals(signals);
  tracee.faults(faults);
}

function execute(words: string[]): i32 {
  calls.pipe(word, 0);
  const go = load<i32>(word, 4);
  const wait = load<i32>(word);
  const pid = fork();
  if (!pid) {
    calls.close(go);
    if (reports >= 0) calls.close(reports);
    calls.read(wait, word, 1);
    calls.close(wait);
    calls.exit(runPath('truss', words, environment()));
  }
  calls.close(wait);
  const tracee = new Tracee(pid);
  const error = tracee.open();
  if (error) complain('truss', pid.toString(), error);
  else prepare(tracee);
  // It gets what the terminal sends, and ends by it or not.
  onSignal(SIGINT);
  onSignal(SIGQUIT);
  calls.close(go);
  if (!error) follow(tracee, false, false);
  return waitFor(pid).status;
}

/** Takes processes that run: all but the last are followed by processes of their own. */
function grabAll(operands: string[]): i32 {
  let status = 0;
  for (let i = 0; i < operands.length; i++) {
    const name = operands[i].startsWith('/proc/') ? operands[i].substring(6) : operands[i];
    const pid = <i32>parseNumber(name);
    const tracee = new Tracee(pid);
    const error = pid > 0 ? tracee.open() : -3;
    if (error) {
      say(
        'truss: cannot trace process ' +
          operands[i] +
          ': ' +
          (errorName(-error) == 'EACCES' ? 'permission denied' : 'no such process') +
          '\n',
      );
      status = 1;
      continue;
    }
    const last = i + 1 == operands.length;
    if (!last && fork()) {
      tracee.close();
      continue;
    }
    onSignal(SIGINT);
    onSignal(SIGQUIT);
    onSignal(SIGTERM);
    onSignal(SIGHUP);
    prepare(tracee);
    tracee.stop();
    follow(tracee, true, true);
    if (!last) leave();
  }
  while (waitFor(0).pid > 0) {}
  return status;
}

/** The end of a process that has followed another. */
function leave(): void {
  if (counting) counts.report(reports);
  calls.exit(0);
}

// ---- following

let pending: string = '';
let prefix: string = '';

/** Until it ends, or is let go. `visible`: it executes what is of interest already; `free`: an interrupt lets it go. */
function follow(tracee: Tracee, visible: bool, free: bool): void {
  let isShown = visible;
  let entered: u64 = 0;
  while (true) {
    const error = tracee.waitForStop();
    if (error == -EINTR) {
      takeSignal();
      if (free) break;
      continue;
    }
    if (error < 0 || !tracee.look()) break;
    prefix = (children ? tracee.pid.toString() : '') + (showThreads ? '/' + tracee.lwpid.toString() : '');
    if (prefix.length) prefix += ':\t';
    const why = tracee.why;
    const call = tracee.what;
    if (why == held.PR_SYSENTRY) {
      entered = tracee.systemTime;
      if (call == SYS_execve) pending = executed(tracee);
      else if (call == SYS_exit || call == SYS_lwp_exit) {
        if (counting) counts.add(call, 0, false);
        else if (isShown) line(callText(tracee, call, -1));
      }
    } else if (why == held.PR_SYSEXIT) {
      if (call == SYS_execve && !tracee.errno) isShown = true;
      if (isShown && has(shown, call)) {
        if (counting) counts.add(call, tracee.systemTime - entered, tracee.errno != 0);
        else showCall(tracee, call);
      }
      if (children && call == SYS_forksys && !tracee.errno && !tracee.second) followChild(<i32>tracee.result, tracee);
    } else if (why == held.PR_SIGNALLED) showSignal(tracee, call, isShown);
    else if (why == held.PR_FAULTED) showFault(tracee, call, isShown);
    writer.flush();
    tracee.run(0);
  }
  counts.userTime = tracee.userTime;
  tracee.close();
  writer.flush();
}

function followChild(pid: i32, parent: Tracee): void {
  writer.flush();
  if (fork()) return;
  parent.close();
  const child = new Tracee(pid);
  if (child.open()) calls.exit(1);
  counts.clear();
  follow(child, true, false);
  while (waitFor(0).pid > 0) {}
  leave();
}

function line(text: string): void {
  writer.write(prefix + text + '\n');
}

/** execve as it was called: afterwards its arguments are gone. */
function executed(tracee: Tracee): string {
  let count = 0;
  let text = '';
  const argv = tracee.argument(1);
  for (let pointer = tracee.wordAt(argv); pointer && count < 1000; pointer = tracee.wordAt(argv + ((<u64>count) << 3))) {
    const one = showArguments ? tracee.textAt(pointer) : null;
    if (one != null) text += ' ' + one;
    count++;
  }
  let result = callText(tracee, SYS_execve, -1) + '  argc = ' + count.toString();
  if (showArguments) result += '\n' + prefix + ' argv:' + text;
  if (!showEnvironment) return result;
  result += '\n' + prefix + ' envp:';
  const envp = tracee.argument(2);
  let at: u64 = 0;
  for (let pointer = tracee.wordAt(envp); pointer && at < 1000; pointer = tracee.wordAt(envp + (at << 3))) {
    const one = tracee.textAt(pointer);
    if (one != null) result += ' ' + one;
    at++;
  }
  return result;
}

function showCall(tracee: Tracee, call: i32): void {
  if (call == SYS_execve && !tracee.errno) {
    line(pending);
    return;
  }
  const result = tracee.errno ? -1 : tracee.result;
  line(withResult(callText(tracee, call, result), resultText(tracee, call)));
}

function showSignal(tracee: Tracee, signal: i32, isShown: bool): void {
  if (counting) counts.signal(signal);
  else if (isShown) {
    const handler = tracee.handler;
    const what = handler == 0 ? 'default' : handler == 1 ? 'ignored' : 'caught';
    const inside = tracee.call > 0 ? ', in ' + nameOf(tracee.call) + '()' : '';
    line('    Received signal #' + signal.toString() + ', ' + signalText(signal) + inside + ' [' + what + ']');
    const information = informationOf(tracee.info);
    if (information.length) line('      siginfo: ' + information);
  }
}

const CLD: StaticArray<string> = ['', 'CLD_EXITED', 'CLD_KILLED', 'CLD_DUMPED', 'CLD_TRAPPED', 'CLD_STOPPED', 'CLD_CONTINUED'];

/** What a siginfo_t says of where the signal comes from; empty: nothing. */
function informationOf(at: usize): string {
  const signal = load<i32>(at);
  const code = load<i32>(at, 4);
  const name = signalText(signal);
  if (signal == 18 && code > 0 && code < CLD.length) {
    const status = load<u32>(at, 32).toString(16);
    return (
      name +
      ' ' +
      CLD[code] +
      ' pid=' +
      load<i32>(at, 16).toString() +
      ' status=0x' +
      '0'.repeat(max(4 - status.length, 0)) +
      status
    );
  }
  if (code <= 0 && code > -100) return name + ' pid=' + load<i32>(at, 16).toString() + ' uid=' + load<i32>(at, 24).toString();
  return code > 0 ? name + ' code=' + code.toString() + ' addr=' + hex(load<u64>(at, 16)) : '';
}

function showFault(tracee: Tracee, fault: i32, isShown: bool): void {
  if (counting) counts.fault();
  else if (isShown) {
    const name = <u32>fault < <u32>FAULTS.length ? FAULTS[fault] : '';
    line('    Incurred fault #' + fault.toString() + ', ' + name + '  %pc = ' + hex(tracee.programCounter));
  }
}
