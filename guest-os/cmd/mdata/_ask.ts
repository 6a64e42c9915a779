// SPDX-License-Identifier: MIT
/** @fileoverview How mdata-get(1) and its sisters ask the metadata agent: a connection, the second version of the protocol, one request. */
import * as calls from '../../lib/calls';
import { status } from '../../lib/files';
import { Reader, say } from '../../lib/io';
import { Frame, hexadecimal, parseFrame } from '../../lib/mdata';
import { sleepFor } from '../../lib/process';
import { randomBytes } from '../../lib/random';
import { writeText } from '../../lib/smf/door';
import { connectTo } from '../../lib/unixSocket';

const FOLDER: string = '/.zonecontrol';
const SOCKET: string = '/.zonecontrol/metadata.sock';
const PAUSE: u64 = 500000000;

export const DONE: i32 = 0;
export const NOT_FOUND: i32 = 1;
export const FAILED: i32 = 2;
export const MISUSED: i32 = 3;

/** Of the last {@link ask}. */
export let answer: string = '';

/** DONE with {@link answer}, NOT_FOUND, or FAILED after a complaint. Waits until there is an agent. */
export function ask(program: string, command: string, payload: string): i32 {
  if (!status(FOLDER, true)) {
    say(program + ': there is no metadata service here\n');
    return FAILED;
  }
  if (calls.getuid() != 0) {
    say(program + ': only root may ask\n');
    return FAILED;
  }
  while (true) {
    const reply = request(command, payload);
    if (!reply) {
      sleepFor(PAUSE);
      continue;
    }
    answer = reply.payload;
    if (reply.command == 'SUCCESS') return DONE;
    if (reply.command == 'NOTFOUND') return NOT_FOUND;
    say(program + ': ' + (answer.length ? answer : 'the request failed') + '\n');
    return FAILED;
  }
}

/** Null: there is no agent, or it has gone. */
function request(command: string, payload: string): Frame | null {
  const socket = connectTo(SOCKET);
  if (socket < 0) return null;
  const reader = new Reader(socket);
  let reply: Frame | null = null;
  writeText(socket, 'NEGOTIATE V2\n');
  const agreed = reader.line();
  if (agreed != null && agreed == 'V2_OK') {
    const bytes = randomBytes(4);
    const id = hexadecimal(load<u32>(changetype<usize>(bytes)));
    writeText(socket, new Frame(id, command, payload).line());
    const line = reader.line();
    if (line != null) reply = parseFrame(line);
    if (reply && reply.id != id) reply = null;
  }
  calls.close(socket);
  return reply;
}
