// SPDX-License-Identifier: MIT
/**
 * @fileoverview What uses up what a zone may have, and what says how much others get meanwhile.
 *
 *     limits spin                 computes for ever
 *     limits wait ZONE MSEC       waits until a zone has had so much processor time
 *     limits work ROUNDS          a fixed work of a program and of the kernel: how long it took, in microseconds
 *     limits bomb                 makes processes for ever, and goes on when there can be no more
 *     limits hog MBYTES [stay]    touches so much memory: how many MiB it got; `tell`: it says so of each
 *     limits lock MBYTES          locks so much memory: what mlock gave
 *     limits exhaust WHAT         takes all that it can have of shm, sem, msg, bytes (of shared memory) or lock (memory), and goes on asking for more;
 *                                 `full` when there is no more for the first time
 *     limits burn                 takes all memory that it can have, gives it back, again and again
 *     limits write FILE           writes a file again and again
 *     limits ipc                  makes segments of 64 KiB, sets of semaphores and queues until there can be no more, and says how many and why not;
 *                                 it leaves one of each
 *     limits held                 how many semaphores a set may have, operations a call, messages and bytes a queue, and what more gives; also what IPC_SET of
 *                                 1 MiB for a queue gives
 *     limits niced PRIORITY       how much of the processor a process with a user priority gets beside a usual one for eight seconds, many quanta: thousandths
 *     limits shm MBYTES           makes and touches so much shared memory: 0, or why not; it goes when it ends
 *     limits alarmed MBYTES       reads so much into shared memory in one call while a timer sends signals: how many MiB it got
 */
import { store64 } from 'machine/mem';
import * as calls from '../../lib/calls';
import { flush, out } from '../../lib/io';
import { findKstat } from '../../lib/kstat';
import { arguments_, fork, onSignal, waitFor } from '../../lib/process';
import { NO_CHANGE, parsePriority, setParameters } from '../../lib/priorities';
import { processOf } from '../../lib/processes';
import { parseNumber, pathOf } from '../../lib/text';
import { zoneId, zoneText } from '../../lib/zones/kernel';

const MEBIBYTE: u64 = 1 << 20;
const PROT_READ_WRITE: i32 = 3;
const MAP_PRIVATE_ANON: i32 = 0x102;
const MC_LOCK: i32 = 2;
const timespec = memory.data(16, 8);

export { signalArrived } from '../../lib/process';

export function main(): i32 {
  const args = arguments_();
  const what = args.length > 1 ? args[1] : '';
  if (what == 'spin') spin();
  if (what == 'wait') return waitForTime(args[2], <u64>parseNumber(args[3]));
  if (what == 'work') return work(<i32>parseNumber(args[2]));
  if (what == 'bomb') bomb();
  if (what == 'hog') return hog(<u64>parseNumber(args[2]), args.length > 3 ? args[3] : '');
  if (what == 'lock') return lock(<u64>parseNumber(args[2]));
  if (what == 'burn') burn();
  if (what == 'exhaust') exhaust(args[2]);
  if (what == 'write') write(args[2]);
  if (what == 'ipc') return ipc();
  if (what == 'held') return held();
  if (what == 'niced') return niced(parsePriority(args[2]));
  if (what == 'shm') return shm(<u64>parseNumber(args[2]));
  if (what == 'alarmed') return alarmed(<u64>parseNumber(args[2]));
  return 2;
}

let sink: u64 = 1;
function compute(rounds: i32): void {
  for (let i = 0; i < rounds; i++) sink = sink * 6364136223846793005 + 1442695040888963407;
}
function spin(): void {
  while (true) compute(100000);
}

function now(): u64 {
  calls.clock_gettime(4, timespec);
  return load<u64>(timespec) * 1000000000 + load<u64>(timespec, 8);
}
function sleep(milliseconds: u64): void {
  store<u64>(timespec, milliseconds / 1000);
  store<u64>(timespec, (milliseconds % 1000) * 1000000, 8);
  calls.nanosleep(timespec, 0);
}

function timeOf(name: string): u64 {
  const kstat = findKstat('zones', zoneId(name), name);
  return kstat ? <u64>(kstat.number('nsec_user') + kstat.number('nsec_sys')) : 0;
}
function waitForTime(name: string, milliseconds: u64): i32 {
  const end = timeOf(name) + milliseconds * 1000000;
  while (timeOf(name) < end) sleep(50);
  return 0;
}

function work(rounds: i32): i32 {
  const start = now();
  for (let i = 0; i < rounds; i++) {
    compute(20000);
    // Memory, a process and files.
    const at = calls.mmap(0, MEBIBYTE / 4, PROT_READ_WRITE, MAP_PRIVATE_ANON, -1, 0);
    for (let page: u64 = 0; page < MEBIBYTE / 4; page += 4096) store64(<u64>at + page, page);
    calls.munmap(at, MEBIBYTE / 4);
    const pid = fork();
    if (!pid) calls.exit(0);
    if (pid > 0) waitFor(pid);
    calls.close(<i32>calls.open(pathOf('/etc/passwd'), 0, 0));
  }
  out('work: ' + ((now() - start) / 1000).toString() + '\n');
  flush();
  return 0;
}

function bomb(): void {
  while (true) {
    const pid = fork();
    // Children wait, so that there are more and more of them.
    if (!pid) while (true) calls.pause();
    if (pid < 0) compute(1000);
  }
}

function tell(got: u64): void {
  out('hog: ' + got.toString() + '\n');
  flush();
}
/** Pages of as much memory as there is, one after the other. */
function hog(mebibytes: u64, how: string): i32 {
  let got: u64 = 0;
  for (; got < mebibytes; got++) {
    const at = calls.mmap(0, MEBIBYTE, PROT_READ_WRITE, MAP_PRIVATE_ANON, -1, 0);
    if (at < 0) break;
    for (let page: u64 = 0; page < MEBIBYTE; page += 4096) store64(<u64>at + page, page);
    if (how == 'tell') tell(got + 1);
  }
  tell(got);
  while (how == 'stay') calls.pause();
  return 0;
}

function lock(mebibytes: u64): i32 {
  const at = calls.mmap(0, mebibytes * MEBIBYTE, PROT_READ_WRITE, MAP_PRIVATE_ANON, -1, 0);
  out('lock: ' + calls.memcntl(at, mebibytes * MEBIBYTE, MC_LOCK, 0, 0, 0).toString() + '\n');
  flush();
  return 0;
}

function niced(priority: i32): i32 {
  const pids: i32[] = [];
  for (let i = 0; i < 2; i++) {
    const pid = fork();
    if (!pid) spin();
    pids.push(pid);
  }
  setParameters(0, pids[0], NO_CHANGE, priority);
  // What is not over yet of the last quantum is a small part of it.
  store<i64>(timespec, 8);
  store<i64>(timespec, 0, 8);
  calls.nanosleep(timespec, 0);
  const one = processOf(pids[0].toString())!.time;
  const other = processOf(pids[1].toString())!.time;
  for (let i = 0; i < 2; i++) calls.kill(pids[i], 9);
  out('niced: ' + ((one * 1000) / (one + other)).toString() + '\n');
  flush();
  return 0;
}

const BLOCK: u64 = 64 << 10;
const IPC_CREAT: i32 = 0o1600;
const IPC_RMID: i32 = 10;
const SIGALRM: i32 = 14;

/** One more of a facility: its id. */
function makeOne(facility: i32): i64 {
  if (facility == 0) return calls.shmsys(3, 0, BLOCK, IPC_CREAT);
  return facility == 1 ? calls.semsys(1, 0, 1, IPC_CREAT, 0) : calls.msgsys(0, 0, IPC_CREAT, 0, 0, 0);
}
/** As many as there can be; all but the first go again. */
function makeMany(name: string, facility: i32): void {
  const ids: i64[] = [];
  let id: i64 = 0;
  while (true) {
    id = makeOne(facility);
    if (id < 0) break;
    ids.push(id);
  }
  out(name + ': ' + ids.length.toString() + ' ' + id.toString() + '\n');
  for (let i = 1; i < ids.length; i++) {
    if (facility == 0) calls.shmsys(1, ids[i], IPC_RMID, 0);
    else if (facility == 1) calls.semsys(0, ids[i], 0, IPC_RMID, 0);
    else calls.msgsys(1, ids[i], IPC_RMID, 0, 0, 0);
  }
}
const EXHAUSTED: string[] = ['shm', 'sem', 'msg', 'bytes', 'lock'];
/** What is taken goes with the program's zone, or by ipcrm. */
function exhaust(what: string): void {
  const which = EXHAUSTED.indexOf(what);
  let full = false;
  while (true) {
    let got: i64 = 0;
    // Bytes of shared memory are those of segments.
    if (which < 4) got = makeOne(which % 3);
    else {
      got = calls.mmap(0, BLOCK, PROT_READ_WRITE, MAP_PRIVATE_ANON, -1, 0);
      const at = <u64>got;
      if (got >= 0) got = calls.memcntl(at, BLOCK, MC_LOCK, 0, 0, 0);
      if (got < 0) calls.munmap(at, BLOCK);
    }
    if (got >= 0 || full) continue;
    full = true;
    out('full: ' + got.toString() + '\n');
    flush();
  }
}
function ipc(): i32 {
  makeMany('shm', 0);
  makeMany('sem', 1);
  makeMany('msg', 2);
  flush();
  return 0;
}
const MESSAGE: u64 = 1024;
const area = memory.data(1 << 20, 8);
/** Beyond this there is no limit. */
const ENDLESS: i32 = 10000;
/** The most of something that works, and what one more gives. */
function most(name: string, attempt: (count: i32) => i64): void {
  let count = 0;
  let error: i64 = 0;
  while (true) {
    error = attempt(count + 1);
    if (error < 0 || count == ENDLESS) break;
    count++;
  }
  out(name + ': ' + count.toString() + ' ' + error.toString() + '\n');
}
let object: i64 = 0;
function semaphoreSet(count: i32): i64 {
  const id = calls.semsys(1, 0, count, IPC_CREAT, 0);
  return id < 0 ? id : calls.semsys(0, id, 0, IPC_RMID, 0);
}
/** Nothing is done to semaphores that are 0: each waits for that. */
function operate(count: i32): i64 {
  return calls.semsys(2, object, area, count, 0);
}
function send(size: u64): i64 {
  return calls.msgsys(3, object, area, size, 0o4000, 0);
}
function held(): i32 {
  memory.fill(area, 0, 1 << 20);
  most('semaphores', semaphoreSet);
  object = calls.semsys(1, 0, 1, IPC_CREAT, 0);
  most('operations', operate);
  calls.semsys(0, object, 0, IPC_RMID, 0);
  store<u64>(area, 1);
  object = calls.msgsys(0, 0, IPC_CREAT, 0, 0, 0);
  most('messages', (count: i32) => send(0));
  calls.msgsys(1, object, IPC_RMID, 0, 0, 0);
  object = calls.msgsys(0, 0, IPC_CREAT, 0, 0, 0);
  most('kilobytes', (count: i32) => send(MESSAGE));
  calls.msgsys(1, object, 12, area, 0, 0);
  store<u64>(area, 1 << 20, 64);
  out('set: ' + calls.msgsys(1, object, 11, area, 0, 0).toString() + '\n');
  calls.msgsys(1, object, IPC_RMID, 0, 0, 0);
  flush();
  return 0;
}
function shm(mebibytes: u64): i32 {
  const id = calls.shmsys(3, 0, mebibytes * MEBIBYTE, IPC_CREAT);
  if (id >= 0) {
    const at = calls.shmsys(0, id, 0, 0);
    calls.shmsys(1, id, IPC_RMID, 0);
    for (let page: u64 = 0; page < mebibytes * MEBIBYTE; page += 4096) store64(<u64>at + page, page);
    const kstat = findKstat('memory_cap', <i32>calls.zone(6, 0, 0, 0, 0), zoneText(<i32>calls.zone(6, 0, 0, 0, 0), 2));
    if (kstat) out('rss: ' + (<u64>kstat.number('rss') / MEBIBYTE).toString() + '\n');
  }
  out('shm: ' + min<i64>(id, 0).toString() + '\n');
  flush();
  return 0;
}

/** The first frames that are not there are waited for with a signal pending, which is dealt with at the end of the call. */
function alarmed(mebibytes: u64): i32 {
  const id = calls.shmsys(3, 0, mebibytes * MEBIBYTE, IPC_CREAT);
  const at = calls.shmsys(0, id, 0, 0);
  calls.shmsys(1, id, IPC_RMID, 0);
  const zeros = <i32>calls.open(pathOf('/dev/zero'), 0, 0);
  onSignal(SIGALRM);
  for (let i: usize = 0; i < 32; i += 16) {
    store<u64>(area + i, 0);
    store<u64>(area + i, 1000, 8);
  }
  calls.setitimer(0, area, 0);
  out('alarmed: ' + (calls.read(zeros, at, mebibytes * MEBIBYTE) / MEBIBYTE).toString() + '\n');
  flush();
  return 0;
}

function write(path: string): void {
  const descriptor = <i32>calls.open(pathOf(path), 0x102, 0o644);
  const at = calls.mmap(0, BLOCK, PROT_READ_WRITE, MAP_PRIVATE_ANON, -1, 0);
  for (let round: u64 = 0; ; round++) {
    store64(<u64>at, round);
    calls.pwrite(descriptor, at, BLOCK, (round & 15) * BLOCK);
  }
}

function burn(): void {
  while (true) {
    const pid = fork();
    if (!pid) {
      hog(1 << 20, 'end');
      calls.exit(0);
    }
    if (pid > 0) waitFor(pid);
  }
}
