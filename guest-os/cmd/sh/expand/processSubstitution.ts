// SPDX-License-Identifier: MIT
/**
 * @fileoverview `<(…)` and `>(…)` of bash: commands at the other end of a pipe, which has a name while the command that uses it runs: that of the
 * descriptor in /proc.
 */
import * as calls from '../../../lib/calls';
import { say } from '../../../lib/io';
import { startAside } from '../run/text';

const ends = memory.data(8, 8);
/** Descriptors of pipes whose names have been given out, in the order of that. */
const open: i32[] = [];

/** The name; nothing after a complaint. `reads`: the commands' output is read. */
export function processSubstitution(source: string, reads: bool): string {
  if (calls.pipe(ends, 0) < 0) {
    say('cannot make a pipe\n');
    return '';
  }
  const reader = load<i32>(ends);
  const writer = load<i32>(ends, 4);
  const ours = reads ? reader : writer;
  const theirs = reads ? writer : reader;
  startAside(source, theirs, reads ? 1 : 0, ours);
  calls.close(theirs);
  open.push(ours);
  return '/proc/self/fd/' + ours.toString();
}

/** What has been opened since `mark` is closed: the command that used it has ended. */
export function closeSubstitutions(mark: i32): void {
  while (open.length > mark) calls.close(open.pop());
}
export function substitutionMark(): i32 {
  return open.length;
}
