// SPDX-License-Identifier: MIT
/** @fileoverview Users and groups by name and number, from /etc/passwd and /etc/group (passwd(5), group(5)). */
import * as calls from './calls';
import { openFile, O_RDONLY, readAll } from './io';
import { parseNumber } from './text';

export class User {
  constructor(
    readonly name: string,
    readonly uid: u32,
    readonly gid: u32,
    readonly home: string,
    readonly shell: string,
  ) {}
}

export class Group {
  constructor(
    readonly name: string,
    readonly gid: u32,
    readonly members: string[],
  ) {}
}

let users: User[] | null = null;
let groups: Group[] | null = null;

function linesOf(path: string): string[] {
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) return [];
  const text = readAll(descriptor);
  calls.close(descriptor);
  return text.split('\n');
}

export function allUsers(): User[] {
  if (users) return users!;
  const found: User[] = [];
  const lines = linesOf('/etc/passwd');
  for (let i = 0; i < lines.length; i++) {
    const fields = lines[i].split(':');
    if (fields.length < 7 || parseNumber(fields[2]) < 0 || parseNumber(fields[3]) < 0) continue;
    found.push(new User(fields[0], <u32>parseNumber(fields[2]), <u32>parseNumber(fields[3]), fields[5], fields[6]));
  }
  users = found;
  return found;
}

export function allGroups(): Group[] {
  if (groups) return groups!;
  const found: Group[] = [];
  const lines = linesOf('/etc/group');
  for (let i = 0; i < lines.length; i++) {
    const fields = lines[i].split(':');
    if (fields.length < 4 || parseNumber(fields[2]) < 0) continue;
    found.push(new Group(fields[0], <u32>parseNumber(fields[2]), fields[3].length ? fields[3].split(',') : []));
  }
  groups = found;
  return found;
}

export function userByName(name: string): User | null {
  const all = allUsers();
  for (let i = 0; i < all.length; i++) if (all[i].name == name) return all[i];
  return null;
}
export function userById(uid: u32): User | null {
  const all = allUsers();
  for (let i = 0; i < all.length; i++) if (all[i].uid == uid) return all[i];
  return null;
}
export function groupByName(name: string): Group | null {
  const all = allGroups();
  for (let i = 0; i < all.length; i++) if (all[i].name == name) return all[i];
  return null;
}
export function groupById(gid: u32): Group | null {
  const all = allGroups();
  for (let i = 0; i < all.length; i++) if (all[i].gid == gid) return all[i];
  return null;
}

/** A user's name, the number where there is none. */
export function userName(uid: u32): string {
  const user = userById(uid);
  return user ? user.name : uid.toString();
}
export function groupName(gid: u32): string {
  const group = groupById(gid);
  return group ? group.name : gid.toString();
}

/** The number that a name or number stands for, or -1. */
export function userNumber(text: string): i64 {
  const user = userByName(text);
  return user ? <i64>user.uid : parseNumber(text);
}
export function groupNumber(text: string): i64 {
  const group = groupByName(text);
  return group ? <i64>group.gid : parseNumber(text);
}
