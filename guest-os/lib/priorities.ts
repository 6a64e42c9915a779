// SPDX-License-Identifier: MIT
/** @fileoverview Scheduling classes and user priorities for programs (priocntl(2)). Results below 0 are negative errnos. */
import * as calls from './calls';
import { Process } from './processes';
import { parseNumber, pathOf, zeroTerminated } from './text';

const GETCLINFO: i32 = 1;
const SETPARMS: i32 = 2;
const GETPARMS: i32 = 3;
const SETDFLCL: i32 = 9;
const GETDFLCL: i32 = 10;
export const FSS: i32 = 1;
export const NO_CHANGE: i32 = -32768;

/** Kinds of ids and their numbers, as in procset_t. */
export const ID_TYPES: string[] = [
  'pid',
  'ppid',
  'pgid',
  'sid',
  'class',
  'uid',
  'gid',
  'all',
  '',
  'taskid',
  'projid',
  '',
  'zoneid',
  'ctid',
];
export const ALL: i32 = 7;
export const CLASS: i32 = 4;
export const MY_ID: i32 = -1;

const set = memory.data(20, 8);
const block = memory.data(56, 8);

export class SchedulingClass {
  constructor(
    readonly id: i32,
    readonly name: string,
    /** User priorities go from minus this to this. */
    readonly most: i32,
  ) {}
  get title(): string {
    return this.name == 'FSS' ? 'Fair Share' : 'System Class';
  }
}

/** All that the kernel has, by id. */
export function schedulingClasses(): SchedulingClass[] {
  const count = <i32>calls.priocntlsys(1, 0, GETCLINFO, 0);
  const found: SchedulingClass[] = [];
  for (let id = 0; id < count; id++) {
    store<i32>(block, id);
    if (calls.priocntlsys(1, 0, GETCLINFO, block) < 0) continue;
    found.push(new SchedulingClass(id, zeroTerminated(block + 4), load<i16>(block, 20)));
  }
  return found;
}
export function classNamed(name: string): SchedulingClass | null {
  const classes = schedulingClasses();
  for (let i = 0; i < classes.length; i++) if (classes[i].name == name) return classes[i];
  return null;
}
/** Of new processes. */
export function defaultClass(): string {
  return calls.priocntlsys(1, 0, GETDFLCL, block) < 0 ? '' : zeroTerminated(block);
}
export function setDefaultClass(name: string): i64 {
  return calls.priocntlsys(1, 0, SETDFLCL, pathOf(name));
}

function setOf(kind: i32, id: i32): usize {
  store<i32>(set, 1);
  store<i32>(set, kind, 4);
  store<i32>(set, id, 8);
  store<i32>(set, ALL, 12);
  store<i32>(set, 0, 16);
  return set;
}

/** What a process has: limit and priority. */
export class Parameters {
  limit: i32 = 0;
  priority: i32 = 0;
}
/** Null: it is not in the class FSS, or is no more. */
export function parametersOf(pid: i32): Parameters | null {
  store<i32>(block, FSS);
  if (calls.priocntlsys(1, setOf(0, pid), GETPARMS, block) < 0) return null;
  const found = new Parameters();
  found.limit = load<i16>(block, 4);
  found.priority = load<i16>(block, 6);
  return found;
}
/** {@link NO_CHANGE} leaves one as it is. */
export function setParameters(kind: i32, id: i32, limit: i32, priority: i32): i64 {
  memory.fill(block, 0, 36);
  store<i32>(block, FSS);
  store<i16>(block, <i16>limit, 4);
  store<i16>(block, <i16>priority, 6);
  return calls.priocntlsys(1, setOf(kind, id), SETPARMS, block);
}

/** The id that a process has of a kind. */
export function idOf(process: Process, kind: i32): i32 {
  const ids: StaticArray<i32> = [
    process.pid,
    process.ppid,
    process.pgid,
    process.sid,
    0,
    process.euid,
    process.egid,
    0,
    0,
    process.task,
  ];
  if (kind == CLASS) return process.schedulingClass == 'FSS' ? FSS : 0;
  if (kind < ids.length) return ids[kind];
  if (kind == 10) return process.project;
  return kind == 12 ? process.zone : process.contract;
}

/** -30 and the like; below {@link NO_CHANGE}: that is no number. */
export function parsePriority(text: string): i32 {
  const negative = text.startsWith('-');
  const value = parseNumber(negative ? text.substring(1) : text);
  if (value < 0 || value > 32767) return NO_CHANGE - 1;
  return negative ? -(<i32>value) : <i32>value;
}
