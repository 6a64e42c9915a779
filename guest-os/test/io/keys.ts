// SPDX-License-Identifier: MIT
/**
 * @fileoverview Keys that stop or interrupt what an interactive shell is just starting: typed at many moments between the shell's taking of the line and the
 * program's running. The shell is less important than who types, so it gets exactly the time between two keys.
 */
import * as calls from '../../lib/calls';
import { O_RDWR, openFile } from '../../lib/io';
import { execute, fork, sleepFor, waitFor } from '../../lib/process';
import { openMaster, slaveName } from '../../lib/ptyMaster';
import { pathOf, textOf } from '../../lib/text';
import { check, checkText } from '../check';

const FIONREAD: i32 = 0x4004667f;
const POLLIN: i16 = 1;
const SIGKILL: i32 = 9;
const PROMPT: string = 'now> ';
const buffer = memory.data(1024, 8);
let master: i32 = -1;
let slave: i32 = -1;

function type(keys: string): void {
  calls.write(master, pathOf(keys), keys.length);
}
/** What the shell writes until a text is there; ten seconds without a byte: what came so far. */
function until(wanted: string): string {
  let seen = '';
  while (!seen.includes(wanted)) {
    store<i32>(buffer, master);
    store<i16>(buffer, POLLIN, 4);
    if (calls.pollsys(buffer, 1, ten(), 0) <= 0) break;
    const count = calls.read(master, buffer, 1024);
    if (count <= 0) break;
    seen += textOf(buffer, <i32>count);
  }
  return seen;
}
const timeout = memory.data(16, 8);
function ten(): u64 {
  store<i64>(timeout, 10);
  store<i64>(timeout, 0, 8);
  return timeout;
}

/** A line, and a key so long after the shell has taken it. */
function typeDuringStart(line: string, key: string, nanoseconds: u64): void {
  type(line + '\n');
  do {
    sleepFor(1000);
    store<i32>(buffer, 0);
    calls.ioctl(slave, FIONREAD, buffer);
  } while (load<i32>(buffer));
  sleepFor(nanoseconds);
  type(key);
}

/** What the shell writes after a program was begun and a key typed; nothing: that did not reach the program, and another one did. */
function isTaken(key: string, nanoseconds: u64): string {
  typeDuringStart('sleep 1000', key, nanoseconds);
  const seen = until(PROMPT);
  if (seen.endsWith(PROMPT)) return seen;
  type(key);
  until(PROMPT);
  return '';
}

const MOMENTS: i32 = 8;
/** Nanoseconds: the first program's pages are all there well before the last moment. */
const STEP: u64 = 150000;

export function testKeys(): void {
  master = openMaster(0);
  slave = openFile('/dev/' + slaveName(master), O_RDWR);
  const pid = fork();
  if (!pid) {
    calls.pgrpsys(3, 0, 0);
    const terminal = openFile('/dev/' + slaveName(master), O_RDWR);
    for (let i = 0; i < 3; i++) calls.fcntl(terminal, 9, i);
    calls.nice(10);
    execute('/usr/bin/sh', ['sh'], ['PATH=/usr/bin', 'TERM=dumb', 'PS1=' + PROMPT]);
    calls.exit(1);
  }
  until(PROMPT);
  let stopped = 0;
  let ended = 0;
  // Who is lost waits ten seconds: three are enough.
  for (let i = 0; i < MOMENTS && stopped + 3 > i && ended + 3 > i; i++) {
    if (isTaken('\x1a', <u64>i * STEP).includes('Stopped')) stopped++;
    type('kill -9 %1; echo gone\n');
    until('gone\r\n' + PROMPT);
    if (isTaken('\x03', <u64>i * STEP).endsWith(PROMPT)) ended++;
  }
  check('^Z stops what is being started', stopped, MOMENTS);
  check('^C ends it', ended, MOMENTS);
  type('echo "$?"\n');
  checkText('and the shell goes on', until(PROMPT).includes('\r\n130\r\n') ? 'yes' : 'no', 'yes');
  calls.kill(pid, SIGKILL);
  waitFor(pid);
  calls.close(slave);
  calls.close(master);
}
