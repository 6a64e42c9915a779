// SPDX-License-Identifier: MIT
/**
 * @fileoverview Users and groups by name and number for commands that ask for many, as ls does for each file: the lists are read once.
 * What lives long, or changes them, asks `accounts.ts`, which reads them each time.
 */
import { Group, groups, User, users } from './accounts';
import { parseNumber } from './text';

let knownUsers: User[] | null = null;
let knownGroups: Group[] | null = null;

function allUsers(): User[] {
  if (!knownUsers) knownUsers = users();
  return knownUsers!;
}

export function allGroups(): Group[] {
  if (!knownGroups) knownGroups = groups();
  return knownGroups!;
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
