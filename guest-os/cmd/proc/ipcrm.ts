// SPDX-License-Identifier: MIT
/** @fileoverview ipcrm(1): remove a message queue, semaphore set, or shared memory ID */
/** @manual
 * DESCRIPTION
 * Removes what ipcs(1) shows, by its id or its key. A segment of shared memory stays for those who have it attached.
 *
 * OPTIONS
 *   -m id, -M key   shared memory
 *   -q id, -Q key   a queue
 *   -s id, -S key   semaphores
 * A key is decimal, octal after 0, or hexadecimal after 0x.
 *
 * SEE ALSO
 * ipcs(1)
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'ipcrm [-m id] [-q id] [-s id] [-M key] [-Q key] [-S key]';

const IPC_RMID: i32 = 10;
const NAMES: string[] = ['shmid', 'msqid', 'semid', 'shmkey', 'msgkey', 'semkey'];

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'm:q:s:M:Q:S:');
  let status = 0;
  let any = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    any = true;
    const kind = 'mqsMQS'.indexOf(option);
    const number = numberOf(options.argument);
    const error = number < 0 ? -22 : remove(kind % 3, kind < 3 ? number : idOf(kind % 3, <i32>number));
    if (error >= 0) continue;
    say('ipcrm: ' + NAMES[kind] + '(' + options.argument + '): ' + (error == -22 ? 'not found' : errorText(-error)) + '\n');
    status = 1;
  }
  return options.failed || !any || options.operands().length ? misused(USAGE) : status;
}

/** Below 0: it is none. */
function numberOf(text: string): i64 {
  if (text.startsWith('0x') && text.length > 2) return <i64>parseInt(text.substring(2), 16);
  if (text.startsWith('0') && text.length > 1) return <i64>parseInt(text, 8);
  return parseNumber(text);
}
function idOf(facility: i32, key: i32): i64 {
  const id =
    facility == 0 ? calls.shmsys(3, key, 0, 0) : facility == 1 ? calls.msgsys(0, key, 0, 0, 0, 0) : calls.semsys(1, key, 0, 0, 0);
  // What is not there is not found.
  return id == -2 ? -22 : id;
}
function remove(facility: i32, id: i64): i64 {
  if (id < 0) return id;
  if (facility == 0) return calls.shmsys(1, id, IPC_RMID, 0);
  return facility == 1 ? calls.msgsys(1, id, IPC_RMID, 0, 0, 0) : calls.semsys(0, id, 0, IPC_RMID, 0);
}
