// SPDX-License-Identifier: MIT
/**
 * @fileoverview A zone of the brand that guest-os/kernel/test/brand.ts is, looked at from outside (`brand`) and from inside, where this program is the first one.
 */
import { load64, load8, store64 } from 'machine/mem';
import { stackTop, threadEntry } from 'machine/stubs';
import { call } from 'machine/sys';
import * as calls from '../../lib/calls';
import { entriesOf } from '../../lib/files';
import { flush, O_RDONLY, openFile, out, redirectOutput, writeAll } from '../../lib/io';
import { arguments_, execute, fork, onSignal, sleepFor, takeSignal, waitFor } from '../../lib/process';
import { pathOf } from '../../lib/text';
import {
  ATTR_BOOTARGS,
  ATTR_BRAND,
  ATTR_INITNAME,
  bootZone,
  createZone,
  destroyZone,
  privilegesOf,
  setZoneText,
  shutDownZone,
  zoneInit,
  zoneText,
} from '../../lib/zones/kernel';
import { check, checkText, report } from '../check';

export { signalArrived } from '../../lib/process';

const ROOT: string = '/tmp/brand';
const OWN: string = '/usr/bin/brand';
const WRITES: i32 = 0x301;
const SIGUSR1: i32 = 16;
const SIGALRM: i32 = 14;
/** What the brand makes of a native call's number; its call that tells counts. */
const FIRST: u64 = 0x4000;
const COUNTS: u64 = 0x4fff;
const WORD: u64 = 0x4ffe;
const INHERITED: u64 = 0x4ffd;
const GETPID: u64 = 20;
const CLOSE: u64 = 6;
const PAUSE: u64 = 29;
const ENOSYS: i64 = -89;
const EINVAL: i64 = -22;
const ENOEXEC: i64 = -8;
/** Where /proc/PID/status has its thread's pr_nsysarg, in 64 bits. */
const NSYSARG: u64 = 384 + 370;
const kept = new StaticArray<u8>(0x100000);
const image = changetype<usize>(kept);

export function main(): i32 {
  const args = arguments_();
  const what = args.length > 1 ? args[1] : 'outside';
  if (what == 'native') return call(FIRST + GETPID, 0, 0, 0) == ENOSYS ? 7 : 1;
  if (what == 'inside') inside();
  return outside();
}

/** A copy of the program, with a byte changed in its header or, where it has one, in its note's type. */
function copyTo(path: string, from: string, at: usize, value: u8): void {
  const source = openFile(from, O_RDONLY);
  let size: usize = 0;
  while (true) {
    const count = calls.read(source, <u64>(image + size), 0x10000);
    if (count <= 0) break;
    size += <usize>count;
  }
  calls.close(source);
  if (at) store<u8>(image + at, value);
  const target = openFile(path, WRITES, 0o755);
  writeAll(target, image, <i32>size);
  calls.close(target);
}
/** Where the type of the header of the program's note lies: 3 there asks for an interpreter. */
function noteHeader(): usize {
  const count = <usize>load<u16>(image, 56);
  for (let i: usize = 0; i < count; i++) {
    const at = <usize>load<u64>(image, 32) + i * 56;
    if (load<u32>(image + at) == 4) return at;
  }
  return 0;
}

function outside(): i32 {
  check('a call of the brand, outside', call(FIRST + GETPID, 0, 0, 0), ENOSYS);
  checkText('the brand of the global zone', zoneText(0, ATTR_BRAND), 'native');
  calls.mkdir(pathOf(ROOT), 0o755);
  calls.mkdir(pathOf(ROOT + '/proc'), 0o755);
  copyTo(ROOT + '/brand', OWN, 0, 0);
  const id = createZone('branded', ROOT, privilegesOf('default')!, false);
  check('zone_create', id < 0 ? id : 0, 0);
  check('an unknown brand', setZoneText(id, ATTR_BRAND, 'nosuch'), EINVAL);
  check('the brand', setZoneText(id, ATTR_BRAND, 'test'), 0);
  checkText('its name', zoneText(id, ATTR_BRAND), 'test');
  setZoneText(id, ATTR_INITNAME, '/brand');
  setZoneText(id, ATTR_BOOTARGS, 'inside');
  check('/proc', calls.mount(pathOf('proc'), pathOf(ROOT + '/proc'), 0, pathOf('proc'), 0, 0), 0);
  check('zone_boot', bootZone(id), 0);
  let done = -1;
  while (done < 0) {
    sleepFor(10000000);
    done = openFile(ROOT + '/done', O_RDONLY);
  }
  calls.close(done);
  // It pauses, by a call of the brand, or is about to: that is a call with five arguments.
  const status = openFile('/proc/' + zoneInit(id).toString() + '/status', O_RDONLY);
  for (let i = 0; i < 100 && load<u16>(image) != 5; i++) {
    sleepFor(10000000);
    calls.pread(status, <u64>image, 2, NSYSARG);
  }
  check('arguments of its call', load<u16>(image), 5);
  const report_ = openFile(ROOT + '/report', O_RDONLY);
  const count = calls.read(report_, <u64>image, 4096);
  writeAll(1, image, <i32>count);
  check('zone_shutdown', shutDownZone(id), 0);
  calls.umount2(pathOf(ROOT + '/proc'), 0);
  check('zone_destroy', destroyZone(id), 0);
  return report();
}

/** The auxiliary vector's value of a type, 0 without. */
function auxiliary(type: u64): u64 {
  let at = load64(stackTop());
  at += 8 + (load64(at) + 1) * 8;
  while (load64(at)) at += 8;
  for (at += 8; load64(at); at += 16) if (load64(at) == type) return load64(at + 8);
  return 0;
}
function textAt(at: u64): string {
  let text = '';
  for (let i: u64 = 0; at && load8(at + i); i++) text += String.fromCharCode(load8(at + i));
  return text;
}

/** The status of a program that is executed, or 100 and the errno for which it is not. */
function statusOf(path: string): i64 {
  const pid = fork();
  if (!pid) {
    const error = execute(path, ['brand', 'native'], []);
    calls.exit(100 - <i32>error);
  }
  return waitFor(pid).status;
}

const context = memory.data(864, 16);
const PROT_READ_WRITE: i32 = 3;
const MAP_SHARED_ANON: i32 = 0x101;
const STACK: u64 = 65536;

/** Words in memory that children share: each says 1 until the thread that it belongs to has left. */
function testThreads(): void {
  const at = <u64>calls.mmap(0, STACK, PROT_READ_WRITE, MAP_SHARED_ANON, -1, 0);
  for (let i: u64 = 0; i < 4; i++) store64(at + i * 8, 1);
  call(WORD, at + 24, 0, 0);
  const child = fork();
  if (!child) {
    const inherited = call(INHERITED, 0, 0, 0);
    call(WORD, at, 0, 0);
    calls.exit(inherited == at + 24 && load64(at) == 1 ? 6 : 1);
  }
  check('a child knows of its maker', waitFor(child).status, 6);
  check('a process that ends leaves its word', load64(at), 0);
  const other = fork();
  if (!other) {
    call(WORD, at + 8, 0, 0);
    execute('/native', ['brand', 'native'], []);
    calls.exit(1);
  }
  check('one that executes another program', waitFor(other).status, 7);
  check('does, too', load64(at + 8), 0);
  word = at + 16;
  calls.context(0, context);
  const registers = context + 64;
  store<u64>(registers, threadEntry(), 136);
  store<u64>(registers, at + STACK - 16, 160);
  store64(at + STACK - 16, 0);
  const result = calls.lwp_create(context, 0, context);
  check('a thread', result < 0 ? result : calls.lwp_wait(load<i32>(context), 0), 0);
  check('knows of its maker', inheritedByThread, at + 24);
  check('and leaves its word', load64(word), 0);
  check('another thread has not left', load64(at + 24), 1);
  call(WORD, 0, 0, 0);
}
let word: u64 = 0;
let inheritedByThread: u64 = 0;
/** Called on a new thread's stack by the stub. */
export function threadEntered(index: i32): void {
  inheritedByThread = call(INHERITED, 0, 0, 0);
  call(WORD, word, 0, 0);
  calls.lwp_exit();
}

function inside(): void {
  redirectOutput(openFile('/report', WRITES));
  check('getpid', call(FIRST + GETPID, 0, 0, 0), calls.getpid());
  check('an error', call(FIRST + CLOSE, 999, 0, 0), -1009);
  const child = fork();
  if (!child) calls.exit(call(FIRST + GETPID, 0, 0, 0) == calls.getpid() ? 5 : 1);
  check('a child has the brand', waitFor(child).status, 5);
  check('a value of the auxiliary vector', auxiliary(0x7e57), 42);
  checkText('AT_SUN_EXECNAME', textAt(auxiliary(2014)), '/brand');
  onSignal(SIGUSR1);
  calls.kill(<i32>calls.getpid(), SIGUSR1);
  check('a signal has the number of the brand', takeSignal(), 10);
  check('and came by its handler', call(COUNTS, 0, 0, 0), 1);
  onSignal(SIGALRM);
  calls.alarm(1);
  check('an interrupted call', call(FIRST + PAUSE, 0, 0, 0), -1004);
  check('is asked whether it begins anew', call(COUNTS, 1, 0, 0), 1);
  copyTo('/refused', '/brand', 7, 0x42);
  check('an image that is refused', statusOf('/refused'), 100 - ENOEXEC);
  copyTo('/native', '/brand', 7, 0x41);
  check('a native program', statusOf('/native'), 7);
  copyTo('/asks', '/brand', noteHeader(), 3);
  // It is mapped where the program itself is.
  check('an image with an interpreter', statusOf('/asks'), 100 - ENOEXEC);
  check('which the brand chooses', call(COUNTS, 2, 0, 0), 1);
  testThreads();
  const names = entriesOf('/proc');
  check('/proc is its own', names ? names.length : -1, 0);
  report();
  calls.close(openFile('/done', WRITES));
  while (true) call(FIRST + PAUSE, 0, 0, 0);
}
