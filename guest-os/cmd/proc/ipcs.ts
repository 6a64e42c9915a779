// SPDX-License-Identifier: MIT
/** @fileoverview ipcs(1): report inter-process communication facilities status */
/** @manual
 * DESCRIPTION
 * Shows the message queues, segments of shared memory and sets of semaphores of System V that there are in this zone; in the global zone those of all
 * zones. What the caller may not read is left out.
 *
 * MODE begins with two dashes, and has r for reading, w for writing and a for changing, of the owner, the group and others.
 *
 * OPTIONS
 *   -m, -q, -s  shared memory, queues, semaphores; otherwise all
 *   -a          all columns: -b, -c, -o, -p and -t
 *   -b          how large: QBYTES a queue may have, SEGSZ, NSEMS
 *   -c          who has made it
 *   -o          what is in use: CBYTES and QNUM of messages, NATTCH
 *   -p          processes that sent and received last, that made and attached last
 *   -t          when messages were sent and received, memory attached and detached, semaphores operated on; and when something was changed
 *
 * SEE ALSO
 * ipcrm(1), prctl(1)
 */
import * as calls from '../../lib/calls';
import { formatDate } from '../../lib/dates';
import { out } from '../../lib/io';
import { Options } from '../../lib/options';
import { padLeft, padRight } from '../../lib/text';
import { currentTime } from '../../lib/time';
import { groupName, userName } from '../../lib/users';

export const USAGE: string = 'ipcs [-abcmopqst]';

const IPC_STAT: i32 = 12;
const MOST: i32 = 65536;
const about = memory.data(128, 8);
const word = memory.data(8, 8);

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'abcmopqst');
  let given = '';
  for (let option = options.next(); option != ''; option = options.next()) given += option;
  if (options.failed) return 1;
  if (given.includes('a')) given += 'bcopt';
  const all = !given.includes('m') && !given.includes('q') && !given.includes('s');
  out('IPC status from <running system> as of ' + formatDate('%a %b %e %H:%M:%S %Z %Y', currentTime()) + '\n');
  let head = 'T         ID      KEY        MODE        OWNER    GROUP';
  if (given.includes('c')) head += '  CREATOR   CGROUP';
  const queues = all || given.includes('q');
  const memory_ = all || given.includes('m');
  const sets = all || given.includes('s');
  if (given.includes('o')) head += (queues ? ' CBYTES  QNUM' : '') + (memory_ ? ' NATTCH' : '');
  if (given.includes('b')) head += (queues ? ' QBYTES' : '') + (memory_ ? '      SEGSZ' : '') + (sets ? ' NSEMS' : '');
  if (given.includes('p')) head += (queues ? '  LSPID  LRPID' : '') + (memory_ ? '   CPID   LPID' : '');
  if (given.includes('t'))
    head +=
      (queues ? '    STIME    RTIME    CTIME ' : '') +
      (memory_ ? '   ATIME    DTIME    CTIME ' : '') +
      (sets ? '  OTIME    CTIME ' : '');
  out(head + '\n');
  if (queues) facility('Message Queues:\n', 'q', given);
  if (memory_) facility('Shared Memory:\n', 'm', given);
  if (sets) facility('Semaphores:\n', 's', given);
  return 0;
}

function facility(title: string, letter: string, given: string): void {
  out(title);
  const ids = idsOf(letter);
  for (let i = 0; i < ids.length; i++) if (stat(letter, ids[i]) >= 0) line(letter, ids[i], given);
}

function idsOf(letter: string): i32[] {
  const ids = new StaticArray<i32>(MOST);
  const at = changetype<usize>(ids);
  if (letter == 'q') calls.msgsys(4, at, MOST, word, 0, 0);
  else if (letter == 'm') calls.shmsys(4, at, MOST, word);
  else calls.semsys(3, at, MOST, word, 0);
  return ids.slice<i32[]>(0, load<i32>(word));
}
function stat(letter: string, id: i32): i64 {
  if (letter == 'q') return calls.msgsys(1, id, IPC_STAT, about, 0, 0);
  return letter == 'm' ? calls.shmsys(1, id, IPC_STAT, about) : calls.semsys(0, id, 0, IPC_STAT, about);
}

function line(letter: string, id: i32, given: string): void {
  const key = '0x' + padRight(load<u32>(about, 24).toString(16), 8);
  let text =
    letter + ' ' + padLeft(id.toString(), 10) + '   ' + key + ' --' + rights(load<u32>(about, 16), letter == 's' ? 'a' : 'w');
  text += owner(0);
  if (given.includes('c')) text += owner(8);
  if (given.includes('o')) text += letter == 'q' ? ulong(48, 7) + ulong(56, 6) : letter == 'm' ? ulong(64, 7) : '';
  if (given.includes('b'))
    text += letter == 'q' ? ulong(64, 7) : letter == 'm' ? ulong(32, 11) : padLeft(load<u16>(about, 40).toString(), 6);
  if (given.includes('p')) text += letter == 'q' ? pid(72) + pid(76) : letter == 'm' ? pid(56) + pid(52) : '';
  if (given.includes('t')) text += letter == 's' ? time(48) + time(56) : time(80) + time(88) + time(96);
  out(text + '\n');
}

function rights(mode: u32, change: string): string {
  let text = '';
  for (let shift = 6; shift >= 0; shift -= 3) {
    const bits = mode >> shift;
    text += (bits & 4 ? 'r' : '-') + (bits & 2 ? change : '-') + '-';
  }
  return text;
}
function owner(offset: usize): string {
  return ' ' + padLeft(userName(load<u32>(about + offset)), 8) + ' ' + padLeft(groupName(load<u32>(about + offset, 4)), 8);
}
function ulong(offset: usize, width: i32): string {
  return padLeft(load<u64>(about + offset).toString(), width);
}
function pid(offset: usize): string {
  return padLeft(load<i32>(about + offset).toString(), 7);
}
function time(offset: usize): string {
  const at = load<i64>(about + offset);
  return ' ' + (at ? formatDate('%k:%M:%S', at) : 'no-entry');
}
