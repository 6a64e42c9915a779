// SPDX-License-Identifier: MIT
/** @fileoverview prstat(8): processes by what they use, again and again
 * @path /usr/bin/prstat
 */
/** @manual
 * DESCRIPTION
 * Shows the processes that have used most processor time since the last look, every five seconds, on a terminal until q is typed. Shares are of all
 * processors.
 *
 * OPTIONS
 *   -n count   at most so many lines, 15 otherwise
 *   -s key, -S key   sorted by cpu, size, rss, time or pid; the other way round
 *   -p list   only these processes;  -u list  only these users';  -z zone
 *   -L   each thread by itself;  -m  what was done since the last look: percent of time in programs and in the kernel, changes of threads that
 *        were asked for and that were not, system calls and signals
 *   -Z   the sums of each zone too, -a those of each user, -t nothing but those
 *   -c   each look below the last one, as where there is no terminal
 *   interval [count]   seconds between looks, and how many there are
 */
import * as calls from '../../lib/calls';
import { isTerminal, terminalRows } from '../../lib/columns';
import { flush, out, outputError } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { sleepFor } from '../../lib/process';
import { allProcesses } from '../../lib/processes';
import { padLeft, parseNumber } from '../../lib/text';
import { loadAverages } from '../../lib/uptime';
import { userName } from '../../lib/users';
import { amount, clock, Counters, Row, rowsOf, share, sumsOf, tenths } from './PrstatRow';
import { ATTR_NAME, zoneText } from '../../lib/zones/kernel';

export const USAGE: string =
  'prstat [-acLmtZ] [-n ntop] [-p pidlist] [-s key | -S key] [-u euidlist] [-z zone] [interval [count]]';
const TCGETS: i32 = 0x540d;
const TCSETSW: i32 = 0x540f;
const modes = memory.data(64, 8);
const saved = memory.data(64, 8);
const key = memory.data(8);
const timespec = memory.data(16, 8);
const pollfd = memory.data(16, 8);

let sortKey: string = 'cpu';
let reversed: bool = false;
/** Processor time at the last look, and when that was. */
let before = new Map<i64, u64>();
let beforeTime: u64 = 0;
let countersBefore = new Map<i64, Counters>();
let given: string = '';

function now(): u64 {
  calls.clock_gettime(4, timespec);
  return load<u64>(timespec) * 1000000000 + load<u64>(timespec, 8);
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'acLmn:p:s:S:tu:U:z:Z');
  let most: i64 = 15;
  let scroll = !isTerminal(1);
  const pids: string[] = [];
  const users: string[] = [];
  let zone = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'c') scroll = true;
    else if (option == 'n') most = parseNumber(options.argument.split(',')[0]);
    else if (option == 'p') addAll(pids, options.argument);
    else if (option == 'u' || option == 'U') addAll(users, options.argument);
    else if (option == 's' || option == 'S') {
      sortKey = options.argument;
      reversed = option == 'S';
    } else if (option == 'z') zone = options.argument;
    else given += option;
  }
  const operands = options.operands();
  const interval = operands.length ? parseNumber(operands[0]) : 5;
  let left = operands.length > 1 ? parseNumber(operands[1]) : i64.MAX_VALUE;
  if (
    options.failed ||
    operands.length > 2 ||
    interval < 1 ||
    left < 1 ||
    most < 1 ||
    !['cpu', 'size', 'rss', 'time', 'pid'].includes(sortKey)
  )
    return misused(USAGE);
  const interactive = !scroll && isTerminal(0);
  if (interactive) begin();
  while (true) {
    look(pids, users, zone, <i32>(scroll ? most : min<i64>(most, <i64>terminalRows() - 2)), scroll);
    flush();
    if (--left <= 0 || outputError()) break;
    if (interactive ? waitKey(interval) : sleepFor(<u64>interval * 1000000000)) break;
  }
  if (interactive) {
    calls.ioctl(0, TCSETSW, saved);
    out('\n');
  }
  return 0;
}

function addAll(list: string[], text: string): void {
  const parts = text.split(',');
  for (let i = 0; i < parts.length; i++) list.push(parts[i]);
}

function begin(): void {
  calls.ioctl(0, TCGETS, saved);
  memory.copy(modes, saved, 64);
  // Neither lines nor echo: q is seen at once.
  store<u32>(modes, load<u32>(modes, 12) & ~0o12, 12);
  store<u8>(modes + 16 + 4, 1);
  store<u8>(modes + 16 + 5, 0);
  calls.ioctl(0, TCSETSW, modes);
  out('\x1b[H\x1b[2J');
}

/** True: it is to end. */
function waitKey(interval: i64): bool {
  store<i32>(pollfd, 0);
  store<u16>(pollfd, 1, 4);
  store<u16>(pollfd, 0, 6);
  store<u64>(timespec, interval);
  store<u64>(timespec, 0, 8);
  const ready = calls.pollsys(pollfd, 1, timespec, 0);
  if (ready < 0) return true;
  return ready > 0 && calls.read(0, key, 1) == 1 && (load<u8>(key) == 0x71 || load<u8>(key) == 4);
}

function look(pids: string[], users: string[], zone: string, most: i32, scroll: bool): void {
  const all = allProcesses();
  const time = now();
  const next = new Map<i64, u64>();
  const nextCounters = new Map<i64, Counters>();
  const shown: Row[] = [];
  let threads = 0;
  let processes = 0;
  for (let i = 0; i < all.length; i++) {
    const process = all[i];
    const chosen =
      (!pids.length || pids.includes(process.pid.toString())) &&
      (!users.length || users.includes(userName(process.euid)) || users.includes(process.euid.toString())) &&
      (!zone.length || process.zone.toString() == zone || zoneText(process.zone, ATTR_NAME) == zone);
    if (!chosen) continue;
    processes++;
    threads += process.threads;
    const rows = rowsOf(process, given.includes('L'), given.includes('m'));
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k];
      // At the first look: since it was started.
      row.used = row.time - (before.has(row.key) ? min<u64>(before.get(row.key), row.time) : 0);
      next.set(row.key, row.time);
      if (row.counters) nextCounters.set(row.key, row.counters!);
      shown.push(row);
    }
  }
  const passed = beforeTime ? time - beforeTime : time;
  const end = scroll ? '\n' : '\x1b[K\n';
  const sums = given.includes('Z') || given.includes('a') || given.includes('t');
  const lines: string[] = [];
  if (sums) {
    const byZone = given.includes('Z');
    const list = sumsOf(shown, byZone, (id) => zoneText(id, ATTR_NAME));
    lines.push(
      byZone ? 'ZONEID    NPROC  SWAP   RSS MEMORY      TIME  CPU ZONE' : ' USERNAME NPROC  SWAP   RSS MEMORY      TIME  CPU',
    );
    for (let i = 0; i < list.length && i < 5; i++) lines.push(list[i].line(passed, byZone));
  }
  shown.sort(order);
  if (!scroll) out('\x1b[H');
  const room = scroll ? most : most - lines.length;
  if (!given.includes('t')) {
    out(
      given.includes('m')
        ? '   PID USERNAME USR SYS VCX ICX SCL SIG PROCESS/'
        : '   PID USERNAME  SIZE   RSS STATE   PRI NICE      TIME  CPU PROCESS/',
    );
    out((given.includes('L') ? 'LWPID' : 'NLWP') + end);
    for (let i = 0; i < min(room, shown.length); i++)
      out((given.includes('m') ? states(shown[i], passed) : line(shown[i], passed)) + end);
  }
  for (let i = 0; i < lines.length; i++) out(lines[i] + end);
  before = next;
  countersBefore = nextCounters;
  beforeTime = time;
  const text = 'Total: ' + processes.toString() + ' processes, ' + threads.toString() + ' lwps, load averages: ' + loadAverages();
  out(text + (scroll ? '\n' : '\x1b[K\x1b[J\r'));
}

function measure(row: Row): u64 {
  if (sortKey == 'size') return row.process.size;
  if (sortKey == 'rss') return row.process.resident;
  if (sortKey == 'time') return row.time;
  return sortKey == 'pid' ? <u64>row.process.pid : row.used;
}
function order(a: Row, b: Row): i32 {
  const x = measure(a);
  const y = measure(b);
  const result = x != y ? (x > y ? -1 : 1) : a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
  return reversed ? -result : result;
}

function nameOf(row: Row): string {
  return row.process.name + '/' + (row.lwp ? row.lwp : row.process.threads).toString();
}
function beginning(row: Row): string {
  return padLeft(row.process.pid.toString(), 6) + ' ' + userName(row.process.euid).substring(0, 8).padEnd(8);
}

function line(row: Row, passed: u64): string {
  const state =
    row.state == 'O'
      ? 'cpu' + row.cpu.toString()
      : row.state == 'R'
        ? 'run'
        : row.state == 'T'
          ? 'stop'
          : row.state == 'Z'
            ? 'zombie'
            : 'sleep';
  return (
    beginning(row) +
    padLeft(amount(row.process.size), 6) +
    padLeft(amount(row.process.resident), 6) +
    ' ' +
    state.padEnd(7) +
    padLeft(row.priority.toString(), 4) +
    padLeft((row.nice - 20).toString(), 5) +
    padLeft(clock(row.time), 10) +
    padLeft(tenths(share(row.used, passed)) + '%', 6) +
    ' ' +
    nameOf(row)
  );
}

/** With -m. */
function states(row: Row, passed: u64): string {
  const counters = row.counters;
  if (!counters) return beginning(row) + '   -   -   -   -   -   - ' + nameOf(row);
  const old = countersBefore.has(row.key) ? countersBefore.get(row.key) : new Counters();
  return (
    beginning(row) +
    percentage(counters.user - old.user, passed) +
    percentage(counters.system - old.system, passed) +
    short(counters.voluntary - old.voluntary) +
    short(counters.involuntary - old.involuntary) +
    short(counters.calls - old.calls) +
    short(counters.signals - old.signals) +
    ' ' +
    nameOf(row)
  );
}
function percentage(time: u64, passed: u64): string {
  const value = share(time, passed);
  return padLeft(value >= 995 ? '100' : tenths(value), 4);
}
/** Three characters: 999, 1K, 25M. */
function short(count: u64): string {
  let value = count;
  let unit = '';
  if (value > 999) {
    value /= 1000;
    unit = 'K';
  }
  if (value > 99 && unit.length) {
    value = max<u64>(value / 1000, 1);
    unit = 'M';
  }
  return padLeft(value.toString() + unit, 4);
}
