// SPDX-License-Identifier: MIT
/** @fileoverview Commands whose output is wanted, or goes from one to the next: found on PATH, each ends before these functions return. */
import * as calls from './calls';
import { O_RDONLY, openFile, readAll, flush } from './io';
import { fork, runPath, waitFor } from './process';

const ENVIRONMENT: string[] = ['PATH=/usr/sbin:/usr/bin:/sbin', 'TZ=UTC'];
const F_DUP2FD: i32 = 9;
const ends = memory.data(8, 8);

/** What a command has printed, to standard output and error, and its exit status. */
export class Printed {
  constructor(
    readonly text: string,
    readonly status: i32,
  ) {}
}

/** A child that executes a command between two descriptors, and has no third; less than 0: a negative errno. */
function startBetween(program: string, words: string[], input: i32, output: i32, error: i32, unused: i32): i32 {
  flush();
  const child = fork();
  if (child) return child;
  if (unused >= 0) calls.close(unused);
  if (input > 0) calls.fcntl(input, F_DUP2FD, 0);
  if (output != 1) calls.fcntl(output, F_DUP2FD, 1);
  if (error != 2) calls.fcntl(error, F_DUP2FD, 2);
  if (input > 2) calls.close(input);
  if (output > 2) calls.close(output);
  calls.exit(runPath(program, words, ENVIRONMENT));
  return 0;
}

/** Runs a command, with nothing to read, and takes what it prints. */
export function printedBy(program: string, words: string[]): Printed {
  const nothing = openFile('/dev/null', O_RDONLY);
  if (calls.pipe(ends, 0) < 0) return new Printed('', 1);
  const from = load<i32>(ends);
  const to = load<i32>(ends, 4);
  const child = startBetween(program, words, nothing, to, to, from);
  calls.close(to);
  calls.close(nothing);
  const text = child < 0 ? '' : readAll(from);
  calls.close(from);
  return new Printed(text, child < 0 ? 1 : waitFor(child).status);
}

/** Runs commands from `input` to `output`, each reading what the one before it writes. The last exit status that is not 0, or 0. */
export function runPipeline(program: string, commands: string[][], input: i32, output: i32): i32 {
  const children: i32[] = [];
  let from = input;
  let failed = 0;
  for (let i = 0; i < commands.length; i++) {
    const last = i == commands.length - 1;
    let next = -1;
    let to = output;
    if (!last) {
      if (calls.pipe(ends, 0) < 0) {
        failed = 1;
        break;
      }
      next = load<i32>(ends);
      to = load<i32>(ends, 4);
    }
    const child = startBetween(program, commands[i], from, to, 2, next);
    if (!last) calls.close(to);
    if (from != input) calls.close(from);
    from = next;
    if (child < 0) failed = 1;
    else children.push(child);
  }
  for (let i = 0; i < children.length; i++) {
    const status = waitFor(children[i]).status;
    if (status) failed = status;
  }
  return failed;
}
