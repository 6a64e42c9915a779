// SPDX-License-Identifier: MIT
/** @fileoverview States of zones as zoneadm(8) names them: the kernel's if it has the zone, else the index's; and how zoneadmd is spoken to. */
import * as calls from '../../lib/calls';
import { flush, Reader } from '../../lib/io';
import { execute, fork, waitFor } from '../../lib/process';
import { writeText } from '../../lib/smf/door';
import { connectTo } from '../../lib/unixSocket';
import { Entry } from '../../lib/zones/configuration';
import { zoneId, zoneStatus } from '../../lib/zones/kernel';

const DAEMON: string = '/usr/lib/zones/zoneadmd';
/** Sockets of the daemons, of which each zone that is at least ready has one. */
export const DOORS: string = '/var/run/zones';
export function doorOf(zone: string): string {
  return DOORS + '/' + zone + '.zoneadmd_door';
}
export function consoleOf(zone: string): string {
  return DOORS + '/' + zone + '.console_sock';
}

const STATUSES: string[] = ['', 'ready', 'ready', 'ready', 'running', 'shutting_down', 'shutting_down', 'down', 'down', 'down'];

export function stateOf(entry: Entry): string {
  const id = zoneId(entry.name);
  const status = id < 0 ? -1 : zoneStatus(id);
  return status < 0 ? entry.state : STATUSES[status];
}

/** What a daemon first says at the console: welcome, or somebody else is there. */
export const ADMITTED: u8 = 0x30;
export const IN_USE: u8 = 0x31;

/** Sees to it that a zone has a daemon. False: it could not be started. */
export function startDaemon(zone: string): bool {
  const there = connectTo(doorOf(zone));
  if (there >= 0) {
    calls.close(there);
    return true;
  }
  flush();
  const pid = fork();
  if (!pid) {
    execute(DAEMON, ['zoneadmd', '-z', zone], ['PATH=/usr/sbin:/usr/bin', 'TZ=UTC']);
    calls.exit(1);
  }
  return pid > 0 && waitFor(pid).status == 0;
}

/** What a daemon has answered: 0 or 1, and a text to be shown. */
export class Answer {
  constructor(
    readonly status: i32,
    readonly text: string,
  ) {}
}

/** Asks a zone's daemon, and waits until it has done it; null: there is none. */
export function askDaemon(zone: string, request: string): Answer | null {
  const socket = connectTo(doorOf(zone));
  if (socket < 0) return null;
  writeText(socket, request + '\n');
  const line = new Reader(socket).line();
  calls.close(socket);
  if (line == null) return null;
  return new Answer(line.startsWith('0') ? 0 : 1, line.substring(1).trim());
}
