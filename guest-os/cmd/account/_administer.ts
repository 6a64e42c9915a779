// SPDX-License-Identifier: MIT
/** @fileoverview What useradd, usermod, userdel, groupadd and groupdel share: rules for names and numbers, and changing /etc/group. */
import { colonRecords, findGroupByName, groups, users } from '../../lib/accounts';
import * as calls from '../../lib/calls';
import { complain, say } from '../../lib/io';
import { parseNumber } from '../../lib/text';
import { replaceRecord, rewrite } from './_session';

export const PASSWD: string = '/etc/passwd';
export const SHADOW: string = '/etc/shadow';
const GROUP: string = '/etc/group';
/** Numbers below are the system's. */
const FIRST: u32 = 100;
const LAST: i64 = 2147483647;
/** Exit statuses of illumos's useradd(8) and groupadd(8). */
export const EX_USAGE: i32 = 2;
export const EX_BADARG: i32 = 3;
export const EX_EXISTS: i32 = 4;
export const EX_NO_ENTRY: i32 = 6;
export const EX_NAME: i32 = 9;
export const EX_FAILURE: i32 = 10;

/** False after a complaint. */
export function mayAdminister(program: string): bool {
  if (calls.getuid() == 0) return true;
  say('UX: ' + program + ': ERROR: Permission denied.\n');
  return false;
}

export function error(program: string, text: string, status: i32): i32 {
  say('UX: ' + program + ': ERROR: ' + text + '\n');
  return status;
}

/** Letters, digits, and _ - . behind the first, which is a letter; at most 32. */
export function isGoodName(name: string): bool {
  if (!name.length || name.length > 32) return false;
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    const letter = <u32>((c | 0x20) - 0x61) < 26 || c == 0x5f;
    if (!letter && !(i && (<u32>(c - 0x30) < 10 || c == 0x2d || c == 0x2e))) return false;
  }
  return true;
}

/** The number that is said, -1 where it is none or too large. */
export function idOf(text: string): i64 {
  const number = parseNumber(text);
  return number > LAST ? -1 : number;
}
export function freeUser(): u32 {
  const list = users();
  let id = FIRST;
  for (let i = 0; i < list.length; i++) if (list[i].uid >= id && list[i].uid < 60000) id = list[i].uid + 1;
  return id;
}
export function freeGroup(): u32 {
  const list = groups();
  let id = FIRST;
  for (let i = 0; i < list.length; i++) if (list[i].gid >= id && list[i].gid < 60000) id = list[i].gid + 1;
  return id;
}

/** A group by name or number: its number, -1 where there is none. */
export function groupOf(text: string): i64 {
  const named = findGroupByName(text);
  if (named) return named.gid;
  const number = idOf(text);
  const list = groups();
  for (let i = 0; i < list.length; i++) if (<i64>list[i].gid == number) return number;
  return -1;
}

/** Makes a user a member of these groups and no others. */
export function setMemberships(name: string, wanted: string[]): i64 {
  const lines: string[] = [];
  const records = colonRecords(GROUP);
  for (let i = 0; i < records.length; i++) {
    const fields = records[i];
    if (fields.length > 3) {
      const members: string[] = fields[3].length ? fields[3].split(',') : [];
      const at = members.indexOf(name);
      const belongs = wanted.includes(fields[0]) || wanted.includes(fields[2]);
      if (at >= 0 && !belongs) members.splice(at, 1);
      if (at < 0 && belongs) members.push(name);
      fields[3] = members.join(',');
    }
    lines.push(fields.join(':'));
  }
  return rewrite(GROUP, lines.join('\n') + '\n', 0o644);
}

/** Changes a record, without `line` removes it; false after a complaint. */
export function change(program: string, path: string, name: string, line: string): bool {
  const result = replaceRecord(path, name, line, path == SHADOW ? 0o400 : 0o644);
  if (result < 0) complain(program, path, result);
  return result >= 0;
}
export function changeGroup(program: string, name: string, line: string): bool {
  return change(program, GROUP, name, line);
}
