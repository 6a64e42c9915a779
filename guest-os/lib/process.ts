// SPDX-License-Identifier: MIT
/**
 * @fileoverview A program's surroundings: arguments, environment, children, signals.
 *
 * Signals: {@link onSignal} makes the kernel enter `signalEntry` (toolchain/asm/userStubs.ts), which calls {@link signalArrived}. That
 * only notes it: the program asks with {@link takeSignal} when a system call has been interrupted, so nothing is done in the middle
 * of something else.
 */
import { load64, load8 } from 'machine/mem';
import { forked } from 'machine/sys';
import { signalEntry, stackTop } from 'machine/stubs';
import * as calls from './calls';
import { ENOENT, ENOEXEC, ENOTDIR } from './errors';
import { complain, flush } from './io';
import { pathOf } from './text';

function textAt(at: u64): string {
  let text = '';
  for (let i: u64 = 0; load8(at + i); i++) text += String.fromCharCode(load8(at + i));
  return text;
}

/** argc, then the pointers, null, and the environment's (System V ABI, AMD64 supplement, 3.4.1). */
function list(from: u64): string[] {
  const texts: string[] = [];
  for (let at = from; load64(at); at += 8) texts.push(textAt(load64(at)));
  return texts;
}

export function arguments_(): string[] {
  return list(load64(stackTop()) + 8);
}

/** `NAME=value` each. */
export function environment(): string[] {
  const top = load64(stackTop());
  return list(top + 8 + (load64(top) + 1) * 8);
}

/** Pointers to texts, as execve wants them. */
class Vector {
  readonly pointers: StaticArray<u64>;
  readonly texts: StaticArray<u8>;
  constructor(texts: string[]) {
    let size = 0;
    for (let i = 0; i < texts.length; i++) size += texts[i].length + 1;
    this.texts = new StaticArray<u8>(size);
    this.pointers = new StaticArray<u64>(texts.length + 1);
    let at = 0;
    for (let i = 0; i < texts.length; i++) {
      this.pointers[i] = <u64>changetype<usize>(this.texts) + at;
      const text = texts[i];
      for (let k = 0; k < text.length; k++) this.texts[at++] = <u8>text.charCodeAt(k);
      at++;
    }
  }
}

/** Returns only if it fails: a negative errno. */
export function execute(path: string, args: string[], environment: string[]): i64 {
  const argv = new Vector(args);
  const envp = new Vector(environment);
  return calls.execve(pathOf(path), changetype<usize>(argv.pointers), changetype<usize>(envp.pointers));
}

const SYS_forksys: u64 = 142;

/** The child's id, or 0 in the child. */
export function fork(): i32 {
  return <i32>forked(SYS_forksys, 0, 0);
}

// ---- children

const WEXITED: i32 = 1;
export const WSTOPPED: i32 = 4;
export const WNOHANG: i32 = 0x40;
const P_PID: i32 = 0;
const P_ALL: i32 = 7;
const CLD_EXITED: i32 = 1;
const CLD_DUMPED: i32 = 3;
const CLD_STOPPED: i32 = 5;

const information = memory.data(256, 8);

export class ChildNews {
  /** Child that the news is of; 0: none (WNOHANG); less: a negative errno. */
  pid: i32 = 0;
  /** As shells say it: the exit status, or 128 and the signal. */
  status: i32 = 0;
  stopped: bool = false;
  signal: i32 = 0;
  /** It has left a core file. */
  dumped: bool = false;
}

/** News of a child; pid 0: of any. */
export function waitFor(pid: i32, options: i32 = 0): ChildNews {
  const news = new ChildNews();
  const result = calls.waitid(pid ? P_PID : P_ALL, pid, information, WEXITED | options);
  if (result < 0) {
    news.pid = <i32>result;
    return news;
  }
  const code = load<i32>(information, 4);
  const status = load<i32>(information, 32);
  news.pid = load<i32>(information, 16);
  news.stopped = code == CLD_STOPPED;
  if (code == CLD_EXITED) news.status = status;
  else {
    news.signal = status;
    news.status = 128 + status;
    news.dumped = code == CLD_DUMPED;
  }
  return news;
}

// ---- signals

export const SIGHUP: i32 = 1;
export const SIGINT: i32 = 2;
export const SIGQUIT: i32 = 3;
export const SIGKILL: i32 = 9;
export const SIGTERM: i32 = 15;
export const SIGCLD: i32 = 18;
export const SIGPWR: i32 = 19;
export const SIGTSTP: i32 = 24;
export const SIGTTIN: i32 = 26;
export const SIGTTOU: i32 = 27;

let arrived: u64 = 0;

/** Called by the stub that the kernel enters. */
export function signalArrived(signal: i32): void {
  arrived |= (<u64>1) << (<u64>signal);
}

/** The lowest signal that {@link takeSignal} would give; 0: none. */
export function pendingSignal(): i32 {
  return arrived ? <i32>ctz(arrived) : 0;
}

/** The lowest signal that has come since it was last asked for; 0: none. */
export function takeSignal(): i32 {
  if (!arrived) return 0;
  const signal = <i32>ctz(arrived);
  arrived &= ~((<u64>1) << (<u64>signal));
  return signal;
}

/** Has this one come since it was last asked for? */
export function takeArrived(signal: i32): bool {
  const bit = (<u64>1) << (<u64>signal);
  const has = (arrived & bit) != 0;
  arrived &= ~bit;
  return has;
}

const action = memory.data(32, 8);

function dispose(signal: i32, handler: u64): i64 {
  memory.fill(action, 0, 32);
  store<u64>(action, handler, 8);
  return calls.sigaction(signal, action, 0);
}
export function onSignal(signal: i32): i64 {
  return dispose(signal, signalEntry());
}
export function ignoreSignal(signal: i32): i64 {
  return dispose(signal, 1);
}
export function defaultSignal(signal: i32): i64 {
  return dispose(signal, 0);
}

export const SIG_BLOCK: i32 = 1;
export const SIG_UNBLOCK: i32 = 2;
/** A set of signals, and a time. */
const set = memory.data(32, 8);

/** Signals wait, or no longer: bit n - 1 is signal n. */
export function mask(how: i32, signals: u64): void {
  store<u64>(set, signals);
  calls.sigprocmask(how, set, 0);
}
/** Takes one of the signals, which are blocked, if one has come; 0: none has. */
export function takeBlocked(signals: u64): i32 {
  store<u64>(set, signals);
  store<u64>(set, 0, 16);
  store<u64>(set, 0, 24);
  return max(<i32>calls.sigtimedwait(set, 0, <u64>set + 16), 0);
}
/** Takes one of the signals, which are blocked, when it comes. Negative: interrupted by another. */
export function waitForSignal(signals: u64): i32 {
  store<u64>(set, signals);
  return <i32>calls.sigtimedwait(set, 0, 0);
}

// ---- time

const timespec = memory.data(16, 8);

/** Waits; true if a signal ended it. */
export function sleepFor(nanoseconds: u64): bool {
  store<u64>(timespec, nanoseconds / 1000000000);
  store<u64>(timespec, nanoseconds % 1000000000, 8);
  return calls.nanosleep(timespec, 0) < 0;
}

// ---- commands by name

/** The value of a variable in an environment, or null. */
export function variableIn(variables: string[], name: string): string | null {
  for (let i = 0; i < variables.length; i++)
    if (variables[i].startsWith(name + '=')) return variables[i].substring(name.length + 1);
  return null;
}

/**
 * Becomes the command that PATH has for `words[0]`. Returns only if that fails, after a complaint: 126 where it cannot be run, 127 where it is not
 * found. A file without a format is a script of the shell (POSIX.1-2017, XSH exec).
 */
export function runPath(program: string, words: string[], variables: string[]): i32 {
  flush();
  const name = words[0];
  const path = variableIn(variables, 'PATH');
  const places = name.includes('/') ? [''] : (path == null ? '/usr/sbin:/usr/bin' : path).split(':');
  let failure: i64 = ENOENT;
  for (let i = 0; i < places.length; i++) {
    const full = name.includes('/') ? name : (places[i].length ? places[i] : '.') + '/' + name;
    const error = -execute(full, words, variables);
    if (error == ENOEXEC) {
      const script = ['sh', full].concat(words.slice(1));
      execute('/usr/bin/sh', script, variables);
    }
    if (error != ENOENT && error != ENOTDIR) failure = error;
  }
  complain(program, name, failure);
  return failure == ENOENT ? 127 : 126;
}

/** Starts a command as {@link runPath} does; the child, or a negative errno. */
export function startPath(program: string, words: string[], variables: string[]): i32 {
  flush();
  const child = fork();
  if (!child) calls.exit(runPath(program, words, variables));
  return child;
}
