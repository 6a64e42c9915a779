// SPDX-License-Identifier: MIT
/**
 * @fileoverview System calls with random numbers and arguments, from a process without privileges. Nothing may come of it: no panic, no
 * privilege, nothing changed that belongs to others.
 *
 * Children make the calls, some thousands each, since they do not live long: they unmap their own text, execute other programs, kill their
 * siblings. A timer ends what waits for something that does not come; a child that has got rid of the timer, and so stands still, is killed.
 * The parent, root, looks after them: a child that finds
 * itself with other user ids than it began with ends with GAINED.
 */
import { load32 as loadAt, store32 as storeAt } from 'machine/mem';
import { call6, second } from 'machine/sys';
import * as calls from '../../lib/calls';
import { flush, out, readAll } from '../../lib/io';
import { fork, onSignal, waitFor, WNOHANG } from '../../lib/process';
import { bytesOf, pathOf } from '../../lib/text';
import { below, random, seed } from './random';

const GAINED: i32 = 77;
const USER: i32 = 60001;
const SIGKILL: i32 = 9;
const SIGALRM: i32 = 14;
const CALLS: i32 = 4000;
const words = memory.data(64, 8);
const scratch = memory.data(65536, 16);
const PATHS = [
  '/tmp/fuzz/a',
  '/tmp/fuzz/b',
  '/etc/passwd',
  '/etc/shadow',
  '/usr/bin/true',
  '/dev/zero',
  '/proc/self',
  '/',
  '.',
  '..',
  '',
  'a/b',
  '/dev/tty',
  '/proc/self/ctl',
  '/proc/self/as',
  '/proc/self/lwp/1/lwpctl',
];
const paths: StaticArray<u8>[] = [];

export function fuzz(wanted: i64, first: i64): i32 {
  for (let i = 0; i < PATHS.length; i++) paths.push(bytesOf(PATHS[i]));
  const shadow = secret();
  const host = name();
  calls.mkdir(pathOf('/tmp/fuzz'), 0o777);
  calls.chmod(pathOf('/tmp/fuzz'), 0o777);
  // How many calls the running child has made.
  const counter = <u64>calls.mmap(0, 4096, 3, 0x101, -1, 0);
  let done: i64 = 0;
  let children = 0;
  let killed = 0;
  while (done < wanted) {
    storeAt(counter, 0);
    flush();
    const pid = fork();
    if (!pid) attack(first + children, counter);
    const news = watch(pid, counter);
    if (news < 0) killed++;
    if (news == GAINED) {
      out('fuzz: a privilege was gained by seed ' + (first + children).toString() + '\n');
      return 1;
    }
    done += loadAt(counter);
    children++;
    if (children % 64 == 0) sweep();
  }
  sweep();
  if (secret() != shadow || name() != host || second(24) != 0) {
    out('fuzz: something has changed\n');
    return 1;
  }
  out(
    'fuzz: ' + done.toString() + ' calls by ' + children.toString() + ' processes, ' + killed.toString() + ' of them stopped\n',
  );
  return 0;
}

/** What only root can read. */
function secret(): string {
  const descriptor = <i32>calls.open(pathOf('/etc/shadow'), 0, 0);
  const text = readAll(descriptor);
  calls.close(descriptor);
  return text;
}
function name(): string {
  calls.uname(scratch);
  let text = '';
  for (let i = 0; i < 1285; i++) text += String.fromCharCode(load<u8>(scratch + i));
  return text;
}

/** Processes that a child has left, and files. */
function sweep(): void {
  const pid = fork();
  if (!pid) {
    calls.setuid(USER);
    calls.kill(-1, SIGKILL);
    calls.exit(0);
  }
  waitFor(pid);
}

/** The status of a child that ends, -1 for one that stood still for 20 ms and had to be killed. */
function watch(pid: i32, counter: u64): i32 {
  let last: u32 = 0;
  for (let still = 0; still < 10; still++) {
    const news = waitFor(pid, WNOHANG);
    if (news.pid == pid) return news.status;
    if (loadAt(counter) != last) still = 0;
    last = loadAt(counter);
    store<u64>(words, 0);
    store<u64>(words, 2000000, 8);
    calls.nanosleep(words, 0);
  }
  calls.kill(pid, SIGKILL);
  waitFor(pid);
  return -1;
}

function attack(number: i64, counter: u64): void {
  seed(number);
  calls.setgroups(0, 0);
  calls.setgid(USER);
  calls.setuid(USER);
  // In a session of its own: the terminal is not for it. Faults are its own affair, and are not told on the console.
  calls.pgrpsys(3, 0, 0);
  for (let descriptor = 0; descriptor < 3; descriptor++) {
    calls.close(descriptor);
    calls.open(pathOf('/dev/null'), 2, 0);
  }
  for (let signal = 1; signal < 24; signal++) {
    memory.fill(words, 0, 32);
    store<u64>(words, 1, 8);
    calls.sigaction(signal, words, 0);
  }
  calls.chdir(pathOf('/tmp/fuzz'));
  const self = calls.getpid();
  // Small numbers: messages of /proc, operations, sizes; now and then an address.
  for (let at: usize = 0; at < 65536; at += 8) store<u64>(scratch + at, below(8) ? below(40) : argument());
  // Its own control file is open: descriptor 3.
  if (below(4) == 0) calls.open(pathOf('/proc/self/ctl'), 1, 0);
  for (let i = 0; i < CALLS; i++) {
    storeAt(counter, loadAt(counter) + 1);
    const kind = below(256);
    // They would end the child and no more.
    if (kind == 1 || kind == 160) continue;
    if (i % 64 == 0) setTimer();
    call6(kind, argument(), argument(), argument(), argument(), argument(), argument());
    if (calls.getpid() != self) calls.exit(0);
    if (i % 16 == 0 && (calls.getuid() != USER || second(24) != USER)) calls.exit(GAINED);
  }
  calls.exit(0);
}

/** Every few milliseconds a signal with a handler: no wait is long. */
function setTimer(): void {
  onSignal(SIGALRM);
  store<u64>(words, 0);
  calls.sigprocmask(3, words, 0);
  store<u64>(words, 0);
  store<u64>(words, 3000, 8);
  store<u64>(words, 0, 16);
  store<u64>(words, 3000, 24);
  calls.setitimer(0, words, 0);
}

/** What a system call may mean by it: a number, a descriptor, an address, a path, flags. */
function argument(): u64 {
  const kind = below(12);
  if (kind == 0) return 0;
  if (kind == 1) return ~(<u64>0);
  if (kind <= 3) return below(16);
  if (kind == 4) return (<u64>1) << (<u64>below(64));
  if (kind <= 6) return scratch + (below(8192) << 3);
  if (kind == 7) return changetype<usize>(paths[below(paths.length)]);
  if (kind == 8) return 0xffff800000000000 | (random() >> 17);
  if (kind == 9) return below(0x10000);
  if (kind == 10) return random() >> 32;
  return random();
}
