// SPDX-License-Identifier: MIT
/** @fileoverview Resource controls by rctlsys (getrctl(2), setrctl(2)): values, privileges, and that they hold. */
import * as calls from '../../lib/calls';
import { out } from '../../lib/io';
import { fork, waitFor } from '../../lib/process';
import { pathOf, textOf } from '../../lib/text';

const GET: i32 = 0;
const SET: i32 = 1;
const LIST: i32 = 2;
const FIRST: i32 = 0;
const NEXT: i32 = 1;
const USAGE: i32 = 2;
const INSERT: i32 = 0;
const DELETE: i32 = 1;
const REPLACE: i32 = 2;
const BASIC: i32 = 0x01000000;
const PRIVILEGED: i32 = 0x04000000;
const SYSTEM: i32 = 0x07000000;
const EPERM: i64 = -1;
const ENOENT: i64 = -2;
const EAGAIN: i64 = -11;
const EINVAL: i64 = -22;
const EMFILE: i64 = -24;
const block = memory.data(48, 8);
const text = memory.data(1024, 8);
let failures = 0;

function check(what: string, got: i64, expected: i64): void {
  if (got == expected) return;
  failures++;
  out('FAILED controls: ' + what + ': got ' + got.toString() + ', expected ' + expected.toString() + '\n');
}
function get(name: string, flags: i32): i64 {
  return calls.rctlsys(GET, pathOf(name), block, block, 0, flags);
}
function set(name: string, privilege: i32, value: u64, flags: i32): i64 {
  memory.fill(block, 0, 48);
  store<u64>(block, value);
  store<i32>(block, privilege, 16);
  return calls.rctlsys(SET, pathOf(name), block, block, 0, flags);
}

export function testControls(): i32 {
  const size = calls.rctlsys(LIST, 0, text, 0, 1024, 0);
  check('rctllist', textOf(text, <i32>size).includes('project.max-lwps\0') ? 1 : 0, 1);
  check('no such control', get('process.max-nothing', FIRST), EINVAL);
  const FILES = 'process.max-file-descriptor';
  check('the first value', get(FILES, FIRST), 0);
  check('is basic', load<i32>(block, 16), BASIC);
  check('and the soft limit', load<i64>(block), 256);
  check('the next', get(FILES, NEXT), 0);
  check('is privileged', load<i32>(block, 16), PRIVILEGED);
  check('and the hard limit', load<i64>(block), 65536);
  check('behind it', get(FILES, NEXT), 0);
  check('is the system', load<i32>(block, 16), SYSTEM);
  check('who lets nobody have more', load<i64>(block), 0x7fffffff);
  check('no more', get(FILES, NEXT), ENOENT);
  const child = fork();
  if (!child) calls.exit(inChild());
  check('in a child', waitFor(child).status, 0);
  check('a child is not its parent', get(FILES, FIRST) + load<i64>(block), 256);
  check('a zone has no basic value', set('zone.max-lwps', BASIC, 100, REPLACE), EINVAL);
  out(failures ? 'controls: not as they should be\n' : 'controls: as they should be\n');
  return failures ? 1 : 0;
}

function inChild(): i32 {
  failures = 0;
  check('ten descriptors', set('process.max-file-descriptor', BASIC, 10, REPLACE), 0);
  let opened: i64 = 0;
  for (let i = 0; i < 20 && opened >= 0; i++) opened = calls.open(pathOf('/dev/null'), 0, 0);
  check('the eleventh: EMFILE', opened, EMFILE);
  // A task of a project of its own, which may have one process more.
  check('settaskid', calls.tasksys(0, 4711, 0) > 0 ? 1 : 0, 1);
  check('usage', get('project.max-processes', USAGE), 0);
  check('is itself', load<i64>(block), 1);
  check('two processes', set('project.max-processes', PRIVILEGED, 2, INSERT), 0);
  const first = fork();
  if (!first) for (let i = 0; i < 1; ) calls.pause();
  check('one more', first > 0 ? 1 : 0, 1);
  const second = fork();
  if (!second) calls.exit(0);
  check('not two', second, EAGAIN);
  check('deleted', set('project.max-processes', PRIVILEGED, 2, DELETE), 0);
  const third = fork();
  if (!third) calls.exit(3);
  check('then another', waitFor(third).status, 3);
  calls.kill(first, 9);
  waitFor(first);
  calls.setuid(60001);
  check('not for others', set('project.max-lwps', PRIVILEGED, 2, REPLACE), EPERM);
  check('nor to raise a hard limit', set('process.max-file-descriptor', PRIVILEGED, 100000, REPLACE), EPERM);
  return failures;
}
