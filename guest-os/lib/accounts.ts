// SPDX-License-Identifier: MIT
/** @fileoverview Users and groups: /etc/passwd, /etc/group, /etc/shadow (passwd(5), group(5), shadow(5)). */
import * as calls from './calls';
import { O_RDONLY, openFile, readAll } from './io';
import { parseNumber } from './text';

export class User {
  constructor(
    public readonly name: string,
    public readonly uid: u32,
    public readonly gid: u32,
    public readonly comment: string,
    public readonly home: string,
    public readonly shell: string,
  ) {}
}

export class Group {
  constructor(
    public readonly name: string,
    public readonly gid: u32,
    public readonly members: string[],
  ) {}
}

/** Lines of a file, split at colons; none if it cannot be read. */
export function colonRecords(path: string): string[][] {
  const records: string[][] = [];
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) return records;
  const lines = readAll(descriptor).split('\n');
  calls.close(descriptor);
  for (let i = 0; i < lines.length; i++) if (lines[i].length && !lines[i].startsWith('#')) records.push(lines[i].split(':'));
  return records;
}

export function users(): User[] {
  const list: User[] = [];
  const records = colonRecords('/etc/passwd');
  for (let i = 0; i < records.length; i++) {
    const fields = records[i];
    const uid = fields.length > 6 ? parseNumber(fields[2]) : -1;
    const gid = fields.length > 6 ? parseNumber(fields[3]) : -1;
    if (uid < 0 || gid < 0 || uid > 0x7fffffff || gid > 0x7fffffff) continue;
    list.push(new User(fields[0], <u32>uid, <u32>gid, fields[4], fields[5], fields[6]));
  }
  return list;
}

export function groups(): Group[] {
  const list: Group[] = [];
  const records = colonRecords('/etc/group');
  for (let i = 0; i < records.length; i++) {
    const fields = records[i];
    const gid = fields.length > 3 ? parseNumber(fields[2]) : -1;
    if (gid >= 0 && gid <= 0x7fffffff) list.push(new Group(fields[0], <u32>gid, fields[3].length ? fields[3].split(',') : []));
  }
  return list;
}

export function findUserByName(name: string): User | null {
  const list = users();
  for (let i = 0; i < list.length; i++) if (list[i].name == name) return list[i];
  return null;
}
export function findUser(uid: u32): User | null {
  const list = users();
  for (let i = 0; i < list.length; i++) if (list[i].uid == uid) return list[i];
  return null;
}
export function findGroupByName(name: string): Group | null {
  const list = groups();
  for (let i = 0; i < list.length; i++) if (list[i].name == name) return list[i];
  return null;
}
export function findGroup(gid: u32): Group | null {
  const list = groups();
  for (let i = 0; i < list.length; i++) if (list[i].gid == gid) return list[i];
  return null;
}

/** Groups besides its own that a user is a member of. */
export function memberships(name: string): u32[] {
  const result: u32[] = [];
  const list = groups();
  for (let i = 0; i < list.length; i++) if (list[i].members.includes(name)) result.push(list[i].gid);
  return result;
}

/** The password's hash; null: no entry, or not for the caller's eyes. */
export function passwordHash(name: string): string | null {
  const records = colonRecords('/etc/shadow');
  for (let i = 0; i < records.length; i++) if (records[i][0] == name && records[i].length > 1) return records[i][1];
  return null;
}
