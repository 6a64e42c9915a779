// SPDX-License-Identifier: MIT
/**
 * @fileoverview What prstat shows a line of: a process, or with -L one of its threads; and the sums of several, by user or zone.
 */
import { field, procFileQuietly } from '../../lib/procFiles';
import { Process } from '../../lib/processes';
import { padLeft } from '../../lib/text';
import { userName } from '../../lib/users';

/** lwpsinfo_t, prusage_t and the header in front of arrays of them. */
const LWPSINFO: i32 = 128;
const HEADER: i32 = 16;

/** Counters that only grow (prusage_t), of which -m shows the growth. */
export class Counters {
  user: u64 = 0;
  system: u64 = 0;
  voluntary: u64 = 0;
  involuntary: u64 = 0;
  calls: u64 = 0;
  signals: u64 = 0;

  static of(bytes: string, at: i32): Counters {
    const counters = new Counters();
    counters.user = field(bytes, at + 72, 8) * 1000000000 + field(bytes, at + 80, 8);
    counters.system = field(bytes, at + 88, 8) * 1000000000 + field(bytes, at + 96, 8);
    counters.signals = field(bytes, at + 384, 8);
    counters.voluntary = field(bytes, at + 392, 8);
    counters.involuntary = field(bytes, at + 400, 8);
    counters.calls = field(bytes, at + 408, 8);
    return counters;
  }
}

export class Row {
  /** Nanoseconds of processor time: all, and since the last look. */
  time: u64 = 0;
  used: u64 = 0;
  state: string = '';
  priority: i32 = 0;
  nice: i32 = 0;
  cpu: i32 = -1;
  counters: Counters | null = null;
  constructor(
    readonly process: Process,
    /** The thread; 0 for the process. */
    readonly lwp: i32,
  ) {
    this.time = process.time;
    this.state = process.state;
    this.priority = process.priority;
    this.nice = process.nice;
    this.cpu = process.cpu;
  }
  get key(): i64 {
    return ((<i64>this.process.pid) << 24) | this.lwp;
  }
}

/** A row for the process, or for each of its threads. `microstates`: with counters. */
export function rowsOf(process: Process, threads: bool, microstates: bool): Row[] {
  const rows: Row[] = [];
  const folder = process.pid.toString();
  if (!threads) {
    const row = new Row(process, 0);
    const usage = microstates ? procFileQuietly(folder, 'usage') : '';
    if (usage.length) row.counters = Counters.of(usage, 0);
    rows.push(row);
    return rows;
  }
  const infos = procFileQuietly(folder, 'lpsinfo');
  const usages = microstates ? procFileQuietly(folder, 'lusage') : '';
  const size = usages.length > HEADER ? <i32>field(usages, 8, 8) : 0;
  for (let at = HEADER, index = 0; at + LWPSINFO <= infos.length; at += LWPSINFO, index++) {
    const row = new Row(process, <i32>field(infos, at + 4, 4));
    row.time = field(infos, at + 56, 8) * 1000000000 + field(infos, at + 64, 8);
    row.state = infos.charAt(at + 26);
    row.nice = infos.charCodeAt(at + 27);
    row.priority = <i32>field(infos, at + 32, 4);
    row.cpu = <i32>field(infos, at + 96, 4);
    const place = HEADER + index * size;
    if (size && place + size <= usages.length) row.counters = Counters.of(usages, place);
    rows.push(row);
  }
  return rows;
}

// ---- how figures are written

export function amount(kilobytes: u64): string {
  // Never more than five characters: the columns are not wider.
  if (kilobytes < 10000) return kilobytes.toString() + 'K';
  return kilobytes < 10000 * 1024 ? (kilobytes / 1024).toString() + 'M' : (kilobytes / 1048576).toString() + 'G';
}
export function clock(time: u64): string {
  const seconds = time / 1000000000;
  const minutes = ((seconds / 60) % 60).toString().padStart(2, '0');
  return (seconds / 3600).toString() + ':' + minutes + ':' + (seconds % 60).toString().padStart(2, '0');
}
export function tenths(value: u64): string {
  return (value / 10).toString() + '.' + (value % 10).toString();
}
/** Of all processors, of which there is time `passed`, in tenths of a percent. */
export function share(used: u64, passed: u64): u64 {
  return passed ? min<u64>((used * 1000) / passed, 1000) : 0;
}

// ---- sums

/** Processes that belong together. */
export class Sum {
  count: i32 = 0;
  size: u64 = 0;
  resident: u64 = 0;
  /** Of 0x8000. */
  memory: u32 = 0;
  time: u64 = 0;
  used: u64 = 0;
  constructor(
    readonly id: i32,
    readonly name: string,
  ) {}
  add(process: Process): void {
    this.count++;
    this.size += process.size;
    this.resident += process.resident;
    this.memory += process.memoryShare;
    this.time += process.time;
  }
  line(passed: u64, byZone: bool): string {
    const memory = padLeft(((this.memory * 100 + 0x4000) / 0x8000).toString() + '%', 7);
    let text = byZone ? padLeft(this.id.toString(), 6) : ' ' + this.name.substring(0, 8).padEnd(8);
    text +=
      padLeft(this.count.toString(), byZone ? 9 : 6) + padLeft(amount(this.size), 6) + padLeft(amount(this.resident), 6) + memory;
    text += padLeft(clock(this.time), 10) + padLeft(tenths(share(this.used, passed)) + '%', 6);
    return byZone ? text + ' ' + this.name : text;
  }
}

/** By zone or by user, who used most first. */
export function sumsOf(rows: Row[], byZone: bool, zoneName: (id: i32) => string): Sum[] {
  const sums: Sum[] = [];
  let last = 0;
  for (let i = 0; i < rows.length; i++) {
    const process = rows[i].process;
    const id = byZone ? process.zone : <i32>process.euid;
    let at = 0;
    while (at < sums.length && sums[at].id != id) at++;
    if (at == sums.length) sums.push(new Sum(id, byZone ? zoneName(id) : userName(process.euid)));
    // A process with several rows counts once.
    if (!i || last != process.pid) sums[at].add(process);
    last = process.pid;
    sums[at].used += rows[i].used;
  }
  sums.sort((a, b) => (a.used != b.used ? (a.used > b.used ? -1 : 1) : a.id - b.id));
  return sums;
}
