// SPDX-License-Identifier: MIT
/** @fileoverview Processes as /proc shows them: psinfo of each (proc(5), psinfo_t for 64 bits). */
import * as calls from './calls';
import { namesIn } from './files';
import { O_RDONLY, openFile } from './io';
import { deviceName } from './terminal';
import { parseNumber, zeroTerminated } from './text';

const SIZE: u64 = 416;
const info = memory.data(416, 8);
export const NO_TERMINAL: u64 = 0xffffffffffffffff;

export class Process {
  pid: i32 = 0;
  ppid: i32 = 0;
  pgid: i32 = 0;
  sid: i32 = 0;
  uid: u32 = 0;
  euid: u32 = 0;
  gid: u32 = 0;
  egid: u32 = 0;
  threads: i32 = 0;
  /** KiB. */
  size: u64 = 0;
  resident: u64 = 0;
  terminal: u64 = 0;
  /** Of 0x8000. */
  cpuShare: u32 = 0;
  memoryShare: u32 = 0;
  started: i64 = 0;
  /** Nanoseconds of processor time. */
  time: u64 = 0;
  name: string = '';
  command: string = '';
  zone: i32 = 0;
  contract: i32 = 0;
  task: i32 = 0;
  project: i32 = 0;
  /** O running, R ready, S sleeping, T stopped, Z a zombie. */
  state: string = '';
  nice: i32 = 0;
  priority: i32 = 0;
  /** The processor that it runs on; -1: none. */
  cpu: i32 = -1;
  /** Percent of a processor that it had lately, up to 99. */
  utilization: i32 = 0;
  /** FSS for fair share, SYS for the kernel's own. */
  schedulingClass: string = '';
  address: u64 = 0;

  get isZombie(): bool {
    return this.state == 'Z';
  }
  /** What ps shows: a zombie has no arguments left. */
  get shown(): string {
    return this.isZombie ? '<defunct>' : this.command;
  }
}

/** Null where there is none any more. */
export function processOf(pid: string): Process | null {
  const descriptor = openFile('/proc/' + pid + '/psinfo', O_RDONLY);
  if (descriptor < 0) return null;
  const count = calls.read(descriptor, info, SIZE);
  calls.close(descriptor);
  if (count != <i64>SIZE) return null;
  const process = new Process();
  process.threads = load<i32>(info, 4);
  process.pid = load<i32>(info, 8);
  process.ppid = load<i32>(info, 12);
  process.pgid = load<i32>(info, 16);
  process.sid = load<i32>(info, 20);
  process.uid = load<u32>(info, 24);
  process.euid = load<u32>(info, 28);
  process.gid = load<u32>(info, 32);
  process.egid = load<u32>(info, 36);
  process.size = load<u64>(info, 48);
  process.resident = load<u64>(info, 56);
  process.terminal = load<u64>(info, 72);
  process.cpuShare = load<u16>(info, 80);
  process.memoryShare = load<u16>(info, 82);
  process.started = load<i64>(info, 88);
  process.time = load<u64>(info, 104) * 1000000000 + load<u64>(info, 112);
  process.name = zeroTerminated(info + 136);
  process.command = zeroTerminated(info + 152);
  process.task = load<i32>(info, 260);
  process.project = load<i32>(info, 264);
  process.zone = load<i32>(info, 276);
  process.contract = load<i32>(info, 280);
  process.state = String.fromCharCode(load<u8>(info, 314));
  process.nice = load<u8>(info, 315);
  process.address = load<u64>(info, 40);
  process.priority = load<i32>(info, 320);
  process.cpu = load<i32>(info, 384);
  process.utilization = load<u8>(info, 319);
  process.schedulingClass = zeroTerminated(info + 360);
  return process;
}

/** All that this zone sees, by number. */
export function allProcesses(): Process[] {
  const found: Process[] = [];
  const names = namesIn('/proc');
  if (!names) return found;
  for (let i = 0; i < names.length; i++) {
    if (parseNumber(names[i]) < 0) continue;
    const process = processOf(names[i]);
    if (process) found.push(process);
  }
  found.sort((a, b) => a.pid - b.pid);
  return found;
}

const terminals = new Map<u64, string>();
/** As ps shows it: console, pts/1, or ? where there is none. */
export function terminalOf(device: u64): string {
  if (device == NO_TERMINAL) return '?';
  if (!terminals.has(device)) {
    const path = deviceName(device);
    terminals.set(device, path.startsWith('/dev/') ? path.substring(5) : device == 0 ? 'console' : '?');
  }
  return terminals.get(device);
}
