// SPDX-License-Identifier: MIT
/**
 * @fileoverview Who is logged in, and who was: /var/adm/utmpx and /var/adm/wtmpx (utmpx(5)), records of 372 bytes.
 *
 * utmpx has one record for each id, which later ones replace; wtmpx is the history.
 */
import * as calls from './calls';
import { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_WRONLY, openFile, writeAll } from './io';
import { findKstat } from './kstat';
import { textOf } from './text';

/** On memory, for /var may lie on a disk that outlives the boot; /var/adm/utmpx is a link to it. */
export const UTMPX: string = '/etc/svc/volatile/utmpx';
export const WTMPX: string = '/var/adm/wtmpx';
export const RUN_LVL: i32 = 1;
export const BOOT_TIME: i32 = 2;
export const LOGIN_PROCESS: i32 = 6;
export const USER_PROCESS: i32 = 7;
export const DEAD_PROCESS: i32 = 8;

const SIZE: i32 = 372;
const record = memory.data(372, 8);

export class Login {
  user: string = '';
  id: string = '';
  line: string = '';
  pid: i32 = 0;
  type: i32 = 0;
  exit: i32 = 0;
  /** Seconds since 1970. */
  time: i64 = 0;
  host: string = '';
}

function put(at: i32, text: string, size: i32): void {
  for (let i = 0; i < min(text.length, size); i++) store<u8>(record + at + i, <u8>text.charCodeAt(i));
}
function get(at: i32, size: i32): string {
  let length = 0;
  while (length < size && load<u8>(record + at + length)) length++;
  return textOf(record + at, length);
}

function encode(login: Login): void {
  memory.fill(record, 0, SIZE);
  put(0, login.user, 32);
  put(32, login.id, 4);
  put(36, login.line, 32);
  store<i32>(record, login.pid, 68);
  store<i16>(record, <i16>login.type, 72);
  store<i16>(record, <i16>login.exit, 76);
  store<i32>(record, <i32>login.time, 80);
  store<i16>(record, <i16>(login.host.length ? login.host.length + 1 : 0), 112);
  put(114, login.host, 256);
}

function decode(): Login {
  const login = new Login();
  login.user = get(0, 32);
  login.id = get(32, 4);
  login.line = get(36, 32);
  login.pid = load<i32>(record, 68);
  login.type = load<i16>(record, 72);
  login.exit = load<i16>(record, 76);
  login.time = load<i32>(record, 80);
  login.host = get(114, 257);
  return login;
}

/** Records of a file, the oldest first. */
export function readLogins(path: string): Login[] {
  const list: Login[] = [];
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) return list;
  while (calls.read(descriptor, record, SIZE) == SIZE) list.push(decode());
  calls.close(descriptor);
  return list;
}

/** Into both files. */
export function recordLogin(login: Login): void {
  if (!login.time) login.time = calls.time();
  replace(login);
  append(login);
}

function append(login: Login): void {
  const descriptor = openFile(WTMPX, O_WRONLY | O_CREAT | O_APPEND, 0o644);
  if (descriptor < 0) return;
  encode(login);
  writeAll(descriptor, record, SIZE);
  calls.close(descriptor);
}

function replace(login: Login): void {
  const descriptor = openFile(UTMPX, O_RDWR | O_CREAT, 0o644);
  if (descriptor < 0) return;
  let at: i64 = 0;
  while (calls.read(descriptor, record, SIZE) == SIZE) {
    const old = decode();
    const same = login.type <= BOOT_TIME ? old.type == login.type : old.id == login.id && old.type >= LOGIN_PROCESS;
    if (same) break;
    at += SIZE;
  }
  calls.lseek(descriptor, at, 0);
  encode(login);
  writeAll(descriptor, record, SIZE);
  calls.close(descriptor);
}

/** When the system was booted, in seconds since 1970, as the kernel says; 0: it does not. */
export function bootTime(): i64 {
  const misc = findKstat('unix', 0, 'system_misc');
  return misc ? max<i64>(misc.number('boot_time'), 0) : 0;
}

/** Adds this boot to the history, unless it is there: what init wrote lies below what has been mounted since. */
export function recordBoot(): void {
  const booted = bootTime();
  const history = readLogins(WTMPX);
  for (let i = 0; i < history.length; i++) if (history[i].type == BOOT_TIME && history[i].time == booted) return;
  const login = new Login();
  login.type = BOOT_TIME;
  login.line = 'system boot';
  login.time = booted;
  append(login);
}
