// SPDX-License-Identifier: MIT
/**
 * @fileoverview metadata(8): metadata agent
 * @path /usr/vm/sbin/metadata
 *
 * One process for all VMs. Each has a socket /var/zonecontrol/NAME/metadata.sock, which it sees as /.zonecontrol/metadata.sock; vmadm(8) tells of VMs that come and
 * go through another. Nobody is ever waited for: what a VM does not read stays in a queue, and a VM that fills one is hung up on.
 */
/** @manual
 * DESCRIPTION
 * Started by svc:/system/smartdc/metadata. Answers what VMs ask with mdata-get(1) and its sisters.
 *
 * FILES
 *   /var/zonecontrol/NAME/metadata.sock   one for each VM
 *
 * SEE ALSO
 * mdata-get(1), vmadm(8)
 */
import * as calls from '../../lib/calls';
import { say } from '../../lib/io';
import { POLLIN, POLLOUT, PollSet } from '../../lib/pollSet';
import { fork, ignoreSignal } from '../../lib/process';
import { bytesOf, pathOf, textOf } from '../../lib/text';
import { acceptFrom, listenAt } from '../../lib/unixSocket';
import { readIndex } from '../../lib/zones/configuration';
import { GLOBAL, ownZoneId } from '../../lib/zones/kernel';
import { AGENT_DOOR } from './machine/_agent';
import { makeControlFolder } from './machine/_change';
import { loadMachine } from './machine/_load';
import { Conversation } from './machine/_metadata';

export const USAGE: string = 'metadata';

const SIGPIPE: i32 = 13;
const F_SETFL: i32 = 4;
const F_GETFL: i32 = 3;
const O_NONBLOCK: u64 = 0x80;
const EAGAIN: i64 = -11;
const ROOM: i32 = 8192;
const buffer = memory.data(8192);
/** Connections of one VM at a time, bytes of a line, and of what waits to be read. */
const MOST_OF_ONE: i32 = 16;
const LONGEST: i32 = 1 << 20;
const MOST_DESCRIPTORS: i32 = 8192;

class Listener {
  constructor(
    readonly zone: string,
    readonly socket: i32,
  ) {}
}

class Client {
  input: string = '';
  output: string = '';
  isOver: bool = false;
  readonly conversation: Conversation | null;
  constructor(
    /** Nothing: it is vmadm. */
    readonly zone: string,
    readonly socket: i32,
  ) {
    this.conversation = zone.length ? new Conversation(zone) : null;
    calls.fcntl(socket, F_SETFL, <u64>calls.fcntl(socket, F_GETFL, 0) | O_NONBLOCK);
  }

  receive(): void {
    const count = <i32>calls.read(this.socket, buffer, ROOM);
    if (count <= 0) {
      this.isOver = count != EAGAIN;
      return;
    }
    this.input += textOf(buffer, count);
    while (true) {
      const end = this.input.indexOf('\n');
      if (end < 0) break;
      const line = this.input.substring(0, end);
      this.input = this.input.substring(end + 1);
      const conversation = this.conversation;
      this.output += conversation ? conversation.answer(line) : obey(line);
    }
    if (this.input.length > LONGEST || this.output.length > 2 * LONGEST) this.isOver = true;
    this.send();
  }

  send(): void {
    while (this.output.length && !this.isOver) {
      const part = this.output.substring(0, ROOM);
      const count = calls.write(this.socket, <u64>changetype<usize>(bytesOf(part)), part.length);
      if (count == EAGAIN) return;
      if (count <= 0) this.isOver = true;
      else this.output = this.output.substring(<i32>count);
    }
  }
}

let listeners: Listener[] = [];
let clients: Client[] = [];

export function main(args: string[]): i32 {
  if (ownZoneId() != GLOBAL) return 1;
  ignoreSignal(SIGPIPE);
  calls.mkdir(pathOf('/var/run'), 0o755);
  const door = listenAt(AGENT_DOOR);
  if (door < 0) {
    say('metadata: ' + AGENT_DOOR + ' cannot be made\n');
    return 1;
  }
  const entries = readIndex();
  for (let i = 0; i < entries.length; i++) if (loadMachine(entries[i], false)) add(entries[i].name);
  // Its parent has started when everybody can be heard.
  const pid = fork();
  if (pid) return pid < 0 ? 1 : 0;
  calls.pgrpsys(3, 0, 0);
  const set = new PollSet(MOST_DESCRIPTORS);
  while (true) {
    set.clear();
    set.add(door);
    for (let i = 0; i < listeners.length; i++) set.add(listeners[i].socket);
    for (let i = 0; i < clients.length; i++) set.add(clients[i].socket, clients[i].output.length ? POLLIN | POLLOUT : POLLIN);
    if (!set.wait()) continue;
    const before = clients.slice(0);
    if (set.isReady(door)) welcome('', door);
    for (let i = 0; i < listeners.length; i++)
      if (set.isReady(listeners[i].socket)) welcome(listeners[i].zone, listeners[i].socket);
    for (let i = 0; i < before.length; i++) {
      if (!set.isReady(before[i].socket)) continue;
      before[i].send();
      if (!before[i].isOver) before[i].receive();
    }
    dismiss();
  }
}

function welcome(zone: string, socket: i32): void {
  const client = acceptFrom(socket);
  if (client < 0) return;
  let count = 0;
  for (let i = 0; i < clients.length; i++) if (clients[i].zone == zone) count++;
  if (count >= MOST_OF_ONE) calls.close(client);
  else clients.push(new Client(zone, client));
}
function dismiss(): void {
  const rest: Client[] = [];
  for (let i = 0; i < clients.length; i++) {
    if (clients[i].isOver) calls.close(clients[i].socket);
    else rest.push(clients[i]);
  }
  clients = rest;
}

/** vmadm's `add NAME` and `remove NAME`. */
function obey(line: string): string {
  const blank = line.indexOf(' ');
  const zone = line.substring(blank + 1);
  if (line.startsWith('add ')) add(zone);
  else remove(zone);
  return 'done\n';
}

function add(zone: string): void {
  for (let i = 0; i < listeners.length; i++) if (listeners[i].zone == zone) return;
  makeControlFolder(zone);
  const socket = listenAt('/var/zonecontrol/' + zone + '/metadata.sock');
  if (socket < 0) say('metadata: no socket for ' + zone + '\n');
  else listeners.push(new Listener(zone, socket));
}

function remove(zone: string): void {
  const rest: Listener[] = [];
  for (let i = 0; i < listeners.length; i++) {
    if (listeners[i].zone == zone) calls.close(listeners[i].socket);
    else rest.push(listeners[i]);
  }
  listeners = rest;
  for (let i = 0; i < clients.length; i++) if (clients[i].zone == zone) clients[i].isOver = true;
}
