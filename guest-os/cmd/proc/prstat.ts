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
 *   -c   each look below the last one, as where there is no terminal
 *   interval [count]   seconds between looks, and how many there are
 */
import * as calls from '../../lib/calls';
import { isTerminal, terminalRows } from '../../lib/columns';
import { flush, out, outputError, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { sleepFor } from '../../lib/process';
import { allProcesses, Process } from '../../lib/processes';
import { padLeft, parseNumber } from '../../lib/text';
import { loadAverages } from '../../lib/uptime';
import { userName } from '../../lib/users';
import { ATTR_NAME, zoneText } from '../../lib/zones/kernel';

export const USAGE: string = 'prstat [-c] [-n ntop] [-p pidlist] [-s key | -S key] [-u euidlist] [-z zone] [interval [count]]';
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
let before = new Map<i32, u64>();
let beforeTime: u64 = 0;
let used = new Map<i32, u64>();

function now(): u64 {
  calls.clock_gettime(4, timespec);
  return load<u64>(timespec) * 1000000000 + load<u64>(timespec, 8);
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'acLmn:p:rRs:S:u:U:vz:Z');
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
    else if (option != 'a') {
      say('prstat: -' + option + ' is not known here\n');
      return 1;
    }
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
  used = new Map<i32, u64>();
  const next = new Map<i32, u64>();
  const shown: Process[] = [];
  let threads = 0;
  for (let i = 0; i < all.length; i++) {
    const process = all[i];
    next.set(process.pid, process.time);
    // At the first look: since it was started.
    used.set(process.pid, process.time - (before.has(process.pid) ? before.get(process.pid) : 0));
    if (pids.length && !pids.includes(process.pid.toString())) continue;
    if (users.length && !users.includes(userName(process.euid)) && !users.includes(process.euid.toString())) continue;
    if (zone.length && process.zone.toString() != zone && zoneText(process.zone, ATTR_NAME) != zone) continue;
    shown.push(process);
    threads += process.threads;
  }
  const passed = beforeTime ? time - beforeTime : time;
  before = next;
  beforeTime = time;
  shown.sort(order);
  if (!scroll) out('\x1b[H');
  const end = scroll ? '\n' : '\x1b[K\n';
  out('   PID USERNAME  SIZE   RSS STATE   PRI NICE      TIME  CPU PROCESS/NLWP' + end);
  for (let i = 0; i < min(most, shown.length); i++) out(line(shown[i], passed) + end);
  const text =
    'Total: ' + shown.length.toString() + ' processes, ' + threads.toString() + ' lwps, load averages: ' + loadAverages();
  out(text + (scroll ? '\n' : '\x1b[K\x1b[J\r'));
}

function measure(process: Process): u64 {
  if (sortKey == 'size') return process.size;
  if (sortKey == 'rss') return process.resident;
  if (sortKey == 'time') return process.time;
  return sortKey == 'pid' ? <u64>process.pid : used.get(process.pid);
}
function order(a: Process, b: Process): i32 {
  const x = measure(a);
  const y = measure(b);
  const result = x != y ? (x > y ? -1 : 1) : a.pid - b.pid;
  return reversed ? -result : result;
}

function amount(kilobytes: u64): string {
  if (kilobytes < 10240) return kilobytes.toString() + 'K';
  return kilobytes < 10485760 ? (kilobytes / 1024).toString() + 'M' : (kilobytes / 1048576).toString() + 'G';
}

function line(process: Process, passed: u64): string {
  const seconds = process.time / 1000000000;
  const time =
    (seconds / 3600).toString() +
    ':' +
    ((seconds / 60) % 60).toString().padStart(2, '0') +
    ':' +
    (seconds % 60).toString().padStart(2, '0');
  const tenths = passed ? min<u64>((used.get(process.pid) * 1000) / passed, 1000) : 0;
  const state =
    process.state == 'O'
      ? 'cpu' + process.cpu.toString()
      : process.state == 'R'
        ? 'run'
        : process.state == 'T'
          ? 'stop'
          : process.state == 'Z'
            ? 'zombie'
            : 'sleep';
  const name = process.name + '/' + process.threads.toString();
  return (
    padLeft(process.pid.toString(), 6) +
    ' ' +
    userName(process.euid).substring(0, 8).padEnd(8) +
    padLeft(amount(process.size), 6) +
    padLeft(amount(process.resident), 6) +
    ' ' +
    state.padEnd(7) +
    padLeft(process.priority.toString(), 4) +
    padLeft((process.nice - 20).toString(), 5) +
    padLeft(time, 10) +
    padLeft((tenths / 10).toString() + '.' + (tenths % 10).toString() + '%', 6) +
    ' ' +
    name
  );
}
