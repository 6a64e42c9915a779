// SPDX-License-Identifier: MIT
/** @fileoverview What this program is when a requirement executes it: `posix --WHAT ARGUMENT…` says something by its exit status. */
import { environment } from '../../lib/process';
import { bit, isDescriptor } from './harness';
import * as sys from './system/system';

let self: string = '';

/** The path that this program was started by. */
export function setSelf(path: string): void {
  self = path;
}

/** -1: no such thing, run the requirements. */
export function runProgram(args: string[]): i32 {
  if (args.length < 2 || !args[1].startsWith('--')) return -1;
  const what = args[1].substring(2);
  const number = args.length > 2 ? <i32>parseInt(args[2]) : 0;
  if (what == 'exit') return number;
  if (what == 'count') return args.length;
  if (what == 'argument') return args[2] == 'a b' && args[3] == '' && args[4] == 'c' ? 0 : 1;
  if (what == 'name') return args[0] == 'another' ? 0 : 1;
  if (what == 'environment') return environment().includes('NAME=value') && environment().length == 1 ? 0 : 1;
  if (what == 'descriptor') return isDescriptor(number) ? 0 : 1;
  if (what == 'disposition') {
    sys.sigactionQuery(number);
    return sys.oldHandler == sys.IGNORE ? 1 : sys.oldHandler == sys.DEFAULT ? 0 : 2;
  }
  if (what == 'blocked') return sys.sigprocmask(sys.SIG_BLOCK, 0) & bit(number) ? 0 : 1;
  if (what == 'pending') return sys.sigpending() & bit(number) ? 0 : 1;
  if (what == 'group') return sys.getpgrp() == number ? 0 : 1;
  if (what == 'session') return sys.getsid(0) == number ? 0 : 1;
  if (what == 'parent') return sys.getppid() == number ? 0 : 1;
  if (what == 'pid') return sys.getpid() == number ? 0 : 1;
  if (what == 'umask') return sys.umask(0) == number ? 0 : 1;
  if (what == 'alarm') return sys.alarm(0) > 0 ? 0 : 1;
  if (what == 'altstack') return sys.sigaltstackQuery() == 0 && (sys.oldStackFlags & sys.SS_DISABLE) != 0 ? 0 : 1;
  if (what == 'exists') return sys.stat(args[2]) >= 0 ? 0 : 1;
  if (what == 'ids') return sys.geteuid() == number && sys.getuid() != number ? 0 : 1;
  if (what == 'wait') {
    sys.alarm(10);
    sys.pause();
    return 0;
  }
  return 99;
}

/** Addresses of texts, as execve wants them. What holds them must live. */
class List {
  readonly texts: StaticArray<u8>;
  readonly pointers: StaticArray<u64>;
  constructor(words: string[]) {
    let size = 0;
    for (let i = 0; i < words.length; i++) size += words[i].length + 1;
    this.texts = new StaticArray<u8>(size);
    this.pointers = new StaticArray<u64>(words.length + 1);
    let at = 0;
    for (let i = 0; i < words.length; i++) {
      this.pointers[i] = <u64>changetype<usize>(this.texts) + at;
      for (let k = 0; k < words[i].length; k++) this.texts[at++] = <u8>words[i].charCodeAt(k);
      at++;
    }
  }
}

/** Executes a file. Returns only if that fails. */
export function executeFile(path: string, words: string[], variables: string[]): i64 {
  const argv = new List(words);
  const envp = new List(variables);
  return sys.execve(path, changetype<usize>(argv.pointers), changetype<usize>(envp.pointers));
}

/** Executes this program as something else. */
export function become(what: string, argument: string = ''): i32 {
  executeFile(self, [self, '--' + what, argument], []);
  return 98;
}
export function selfPath(): string {
  return self;
}
