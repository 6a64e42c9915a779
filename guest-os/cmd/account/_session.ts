// SPDX-License-Identifier: MIT
/** @fileoverview What login, su and passwd share: passwords asked for, a user's environment, becoming a user. */
import { memberships, User } from '../../lib/accounts';
import * as calls from '../../lib/calls';
import { flush, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, openFile, out, readAll, Reader, say } from '../../lib/io';
import { pathOf } from '../../lib/text';
import { Settings } from '../../lib/tty';
import { writeText } from '../../lib/smf/door';

/** A line from a terminal that does not show it; null: the end of input. */
export function askSecretly(prompt: string): string | null {
  // Nothing is shown from the moment that somebody is asked.
  flush();
  const settings = Settings.of(0);
  if (settings) settings.withoutEcho().apply(0);
  out(prompt);
  flush();
  const line = new Reader(0).line();
  if (settings) settings.apply(0);
  out('\n');
  flush();
  return line;
}

/** NGROUPS_MAX: what more groups there are in /etc/group does not count. */
const MOST_GROUPS: i32 = 16;

/** Group, further groups, user: in this order, for afterwards there is no right to. */
export function becomeUser(user: User): bool {
  if (calls.setgid(<i32>user.gid) < 0) return false;
  const groups = memberships(user.name);
  if (!groups.includes(user.gid)) groups.unshift(user.gid);
  const count = min(groups.length, MOST_GROUPS);
  const list = new StaticArray<u32>(count);
  for (let i = 0; i < count; i++) list[i] = groups[i];
  if (calls.setgroups(count, changetype<usize>(list)) < 0) return false;
  return calls.setuid(<i32>user.uid) >= 0;
}

/** What a login shell finds. */
export function loginEnvironment(user: User, terminal: string): string[] {
  const path = user.uid ? '/usr/bin' : '/usr/sbin:/usr/bin';
  return [
    'HOME=' + user.home,
    'PATH=' + path,
    'LOGNAME=' + user.name,
    'USER=' + user.name,
    'SHELL=' + (user.shell.length ? user.shell : '/usr/bin/sh'),
    'MAIL=/var/mail/' + user.name,
    'TZ=UTC',
    'TERM=' + (terminal.length ? terminal : 'xterm'),
  ];
}

/** Replaces a line of a file whose first field is `name`, adds it, or without a line removes it: as {@link rewrite} does. */
export function replaceRecord(path: string, name: string, line: string, mode: i32): i64 {
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) return descriptor;
  const lines = readAll(descriptor).split('\n');
  calls.close(descriptor);
  let found = false;
  for (let i = 0; i < lines.length; i++) {
    if (!lines[i].startsWith(name + ':')) continue;
    if (line.length) lines[i] = line;
    else lines.splice(i--, 1);
    found = true;
  }
  if (!found && line.length) {
    const empty = lines.length && !lines[lines.length - 1].length;
    if (empty) lines.pop();
    lines.push(line);
    lines.push('');
  }
  return rewrite(path, lines.join('\n'), mode);
}

/** Gives a file other content. The new file takes the place of the old at once, or not at all. */
export function rewrite(path: string, text: string, mode: i32): i64 {
  const next = path + '.new';
  calls.unlink(pathOf(next));
  const made = openFile(next, O_WRONLY | O_CREAT | O_TRUNC, mode);
  if (made < 0) return made;
  const error = writeText(made, text);
  calls.close(made);
  return error < 0 ? error : calls.rename(pathOf(next), pathOf(path));
}

/** Random bytes from the kernel; null: it has none to give. */
export function randomBytes(count: i32): StaticArray<u8> | null {
  const descriptor = openFile('/dev/urandom', O_RDONLY);
  if (descriptor < 0) return null;
  const bytes = new StaticArray<u8>(count);
  const got = calls.read(descriptor, changetype<usize>(bytes), count);
  calls.close(descriptor);
  return got == count ? bytes : null;
}
