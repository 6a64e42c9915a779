// SPDX-License-Identifier: MIT
/** @fileoverview Control messages of /proc (proc(5)): stop, run, events, signals, memory, and who may send them. */
import { load64, store64 } from 'machine/mem';
import * as calls from '../../lib/calls';
import { flush, out } from '../../lib/io';
import { fork, waitFor, WNOHANG } from '../../lib/process';
import { pathOf } from '../../lib/text';

const PCSTOP: i64 = 1;
const PCWSTOP: i64 = 3;
const PCTWSTOP: i64 = 4;
const PCRUN: i64 = 5;
const PCSSIG: i64 = 8;
const PCKILL: i64 = 9;
const PCSTRACE: i64 = 12;
const PCSFAULT: i64 = 13;
const PCSENTRY: i64 = 14;
const PCSEXIT: i64 = 15;
const PCSET: i64 = 16;
const PCUNSET: i64 = 17;
const PCREAD: i64 = 25;
const PCWRITE: i64 = 26;
const PRCSIG: i64 = 1;
const PRSABORT: i64 = 8;
const PR_RLC: i64 = 0x200000;
const PR_KLC: i64 = 0x400000;
const STOPPED: i32 = 3;
const EINTR: i64 = -4;
const SIGUSR1: i32 = 16;
const SYS_getpid: i32 = 20;
const SYS_forksys: i32 = 142;
const FLTBOUNDS: i32 = 6;

const message = memory.data(288, 8);
const status = memory.data(2048, 8);
let failures = 0;

function check(what: string, got: i64, expected: i64): void {
  if (got == expected) return;
  failures++;
  out('FAILED trace: ' + what + ': got ' + got.toString() + ', expected ' + expected.toString() + '\n');
  flush();
}

function fileOf(pid: i32, name: string, flags: i32): i32 {
  return <i32>calls.open(pathOf('/proc/' + pid.toString() + '/' + name), flags, 0);
}
function send(control: i32, command: i64, size: i32, value: i64): i64 {
  memory.fill(message, 0, 288);
  store<i64>(message, command);
  store<i64>(message, value, 8);
  const result = calls.write(control, message, 8 + size);
  return result == 8 + size ? 0 : result;
}
/** A set with one member, or none. */
function sendOne(control: i32, command: i64, size: i32, member: i32): i64 {
  memory.fill(message, 0, 288);
  store<i64>(message, command);
  if (member) {
    const at = message + 8 + ((<usize>member - 1) >> 3);
    store<u8>(at, <u8>((<u32>1) << ((member - 1) & 7)));
  }
  const result = calls.write(control, message, 8 + size);
  return result == 8 + size ? 0 : result;
}
function look(pid: i32): void {
  const file = fileOf(pid, 'status', 0);
  check('status', calls.read(file, status, 1680), 1680);
  calls.close(file);
}
function checkStop(what: string, pid: i32, why: i32, event: i32): void {
  look(pid);
  check(what + ': stopped', load<i32>(status, 384) & STOPPED, STOPPED);
  check(what + ': why', load<i16>(status, 384 + 8), why);
  check(what + ': what', load<i16>(status, 384 + 10), event);
}

/** A child that counts in memory it shares, and whose results of getpid are there, too. */
function counting(shared: u64): i32 {
  const pid = fork();
  if (pid) return pid;
  while (true) {
    store64(shared + 8, calls.getpid());
    store64(shared, load64(shared) + 1);
  }
}

export function testTracing(): i32 {
  const shared = <u64>calls.mmap(0, 4096, 3, 0x101, -1, 0);
  const pid = counting(shared);
  const control = fileOf(pid, 'ctl', 1);
  check('open ctl', control > 2 ? 1 : control, 1);
  stopAndRun(control, pid, shared);
  systemCalls(control, pid, shared);
  signals(control, pid);
  check('PCSET: run on last close', send(control, PCSET, 8, PR_RLC), 0);
  check('PCSTOP', send(control, PCSTOP, 0, 0), 0);
  others(pid);
  calls.close(control);
  const before = load64(shared);
  while (load64(shared) == before) calls.lwp_yield();
  const again = fileOf(pid, 'ctl', 1);
  check('PCSET: kill on last close', send(again, PCSET, 8, PR_KLC), 0);
  calls.close(again);
  check('killed', waitFor(pid).signal, 9);
  faults();
  inheritance();
  calls.munmap(shared, 4096);
  out(failures ? 'trace: not as it should be\n' : 'trace: as it should be\n');
  return failures ? 1 : 0;
}

function stopAndRun(control: i32, pid: i32, shared: u64): void {
  check('PCRUN of what runs: EBUSY', send(control, PCRUN, 8, 0), -16);
  check('no such message: EINVAL', send(control, 99, 0, 0), -22);
  check('half a message: EINVAL', calls.write(control, message, 4), -22);
  check('PCTWSTOP: the time passes', send(control, PCTWSTOP, 8, 1), 0);
  check('PCSTOP', send(control, PCSTOP, 0, 0), 0);
  checkStop('PCSTOP', pid, 1, 0);
  const before = load64(shared);
  for (let i = 0; i < 5; i++) calls.lwp_yield();
  check('it stands still', load64(shared), before);
  // Its memory, by messages and by the file.
  store64(shared + 16, 4711);
  store<i64>(message, PCREAD);
  store<u64>(message, <u64>status, 8);
  store<u64>(message, 8, 16);
  store<u64>(message, shared + 16, 24);
  check('PCREAD', calls.write(control, message, 32), 32);
  check('what is there', load<i64>(status), 4711);
  store<i64>(status, 4712);
  store<i64>(message, PCWRITE);
  check('PCWRITE', calls.write(control, message, 32), 32);
  check('what has been written', load64(shared + 16), 4712);
  check('PCRUN', send(control, PCRUN, 8, 0), 0);
  while (load64(shared) == before) calls.lwp_yield();
}

function systemCalls(control: i32, pid: i32, shared: u64): void {
  check('PCSENTRY', sendOne(control, PCSENTRY, 64, SYS_getpid), 0);
  check('PCSEXIT', sendOne(control, PCSEXIT, 64, SYS_getpid), 0);
  check('PCWSTOP', send(control, PCWSTOP, 0, 0), 0);
  look(pid);
  // Which of both comes first is chance: it may be in the middle of one.
  if (load<i16>(status, 384 + 8) == 4) {
    check('PCRUN', send(control, PCRUN, 8, 0), 0);
    check('PCWSTOP', send(control, PCWSTOP, 0, 0), 0);
  }
  checkStop('entry', pid, 3, SYS_getpid);
  check('pr_syscall', load<i16>(status, 384 + 368), SYS_getpid);
  check('PCRUN with PRSABORT', send(control, PCRUN, 8, PRSABORT), 0);
  check('PCWSTOP', send(control, PCWSTOP, 0, 0), 0);
  checkStop('exit', pid, 4, SYS_getpid);
  check('pr_errno', load<i32>(status, 384 + 372), 4);
  check('PCRUN', send(control, PCRUN, 8, 0), 0);
  check('PCWSTOP', send(control, PCWSTOP, 0, 0), 0);
  check('the call has failed', load64(shared + 8), EINTR);
  check('PCRUN', send(control, PCRUN, 8, 0), 0);
  check('PCWSTOP', send(control, PCWSTOP, 0, 0), 0);
  checkStop('exit of one that is made', pid, 4, SYS_getpid);
  look(pid);
  check('pr_errno', load<i32>(status, 384 + 372), 0);
  check('pr_rval1', load<i64>(status, 384 + 440), pid);
  check('nothing more', sendOne(control, PCSENTRY, 64, 0) | sendOne(control, PCSEXIT, 64, 0), 0);
  check('PCRUN', send(control, PCRUN, 8, 0), 0);
}

function signals(control: i32, pid: i32): void {
  check('PCSTRACE', sendOne(control, PCSTRACE, 16, SIGUSR1), 0);
  check('PCKILL', send(control, PCKILL, 8, SIGUSR1), 0);
  check('PCWSTOP', send(control, PCWSTOP, 0, 0), 0);
  checkStop('a signal', pid, 2, SIGUSR1);
  check('pr_cursig', load<i16>(status, 384 + 12), SIGUSR1);
  check('PCRUN with PRCSIG', send(control, PCRUN, 8, PRCSIG), 0);
  for (let i = 0; i < 5; i++) calls.lwp_yield();
  check('it lives', waitFor(pid, WNOHANG).pid, 0);
  check('no signals any more', sendOne(control, PCSTRACE, 16, 0), 0);
}

/** Other users must not. */
function others(pid: i32): void {
  const child = fork();
  if (!child) {
    calls.setgid(60001);
    calls.setuid(60001);
    const opened = fileOf(pid, 'ctl', 1);
    const own = fileOf(<i32>calls.getpid(), 'ctl', 1);
    calls.exit(opened == -13 && send(own, PCSTOP, 0, 0) == -16 ? 0 : 1);
  }
  check('not by others, and not oneself', waitFor(child).status, 0);
}

function faults(): void {
  const pid = fork();
  if (!pid) {
    calls.pause();
    load64(0x7000000000);
    calls.exit(0);
  }
  const control = fileOf(pid, 'ctl', 1);
  check('PCSFAULT', sendOne(control, PCSFAULT, 16, FLTBOUNDS), 0);
  check('PCSTOP', send(control, PCSTOP, 0, 0), 0);
  // A signal that is the current one ends the pause, and is taken away again.
  check('PCSTRACE', sendOne(control, PCSTRACE, 16, SIGUSR1), 0);
  check('PCSSIG', sendSignal(control, 0), 0);
  check('PCSENTRY', sendOne(control, PCSENTRY, 64, 1), 0);
  check('PCRUN', send(control, PCRUN, 8, 0), 0);
  calls.kill(pid, 9);
  check('it dies though it was stopped', waitFor(pid).signal, 9);
  check('gone: ENOENT', send(control, PCWSTOP, 0, 0), -2);
  calls.close(control);
}

function sendSignal(control: i32, signal: i32): i64 {
  memory.fill(message, 0, 288);
  store<i64>(message, PCSSIG);
  store<i32>(message, signal, 8);
  return calls.write(control, message, 264) == 264 ? 0 : -1;
}

/** A child of what is traced is traced, too, and stops where it comes from fork. */
function inheritance(): void {
  const pipes = memory.data(8, 8);
  calls.pipe(pipes, 0);
  const pid = fork();
  if (!pid) {
    calls.read(load<i32>(pipes), status, 1);
    const child = fork();
    if (!child) calls.exit(5);
    calls.exit(waitFor(child).status);
  }
  const control = fileOf(pid, 'ctl', 1);
  check('PCSET: fork', send(control, PCSET, 8, 0x100000), 0);
  check('PCSEXIT', sendOne(control, PCSEXIT, 64, SYS_forksys), 0);
  calls.write(load<i32>(pipes, 4), status, 1);
  check('PCWSTOP', send(control, PCWSTOP, 0, 0), 0);
  look(pid);
  // It may not have come from its own fork yet.
  if (load<i64>(status, 384 + 440) == calls.getpid()) {
    check('PCRUN', send(control, PCRUN, 8, 0), 0);
    check('PCWSTOP', send(control, PCWSTOP, 0, 0), 0);
    look(pid);
  }
  const child = <i32>load<i64>(status, 384 + 440);
  const other = fileOf(child, 'ctl', 1);
  check('the child stops', send(other, PCWSTOP, 0, 0), 0);
  checkStop('the child', child, 4, SYS_forksys);
  check('its fork gives its parent', load<i64>(status, 384 + 440), pid);
  check('PCUNSET', send(other, PCUNSET, 8, 0x100000), 0);
  check('both go on', send(other, PCRUN, 8, 0) | send(control, PCRUN, 8, 0), 0);
  check('as ever', waitFor(pid).status, 5);
  calls.close(other);
  calls.close(control);
}
