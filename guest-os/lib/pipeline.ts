// SPDX-License-Identifier: MIT
/** @fileoverview Commands whose output goes from one to the next; what a single one prints is `capture.ts`'s. */
import * as calls from './calls';
import { flush } from './io';
import { fork, runPath, waitFor } from './process';

const ENVIRONMENT: string[] = ['PATH=/usr/sbin:/usr/bin:/sbin', 'TZ=UTC'];
const F_DUP2FD: i32 = 9;
const ends = memory.data(8, 8);

/** A child that executes a command between two descriptors, and has no third; less than 0: a negative errno. */
function startBetween(program: string, words: string[], input: i32, output: i32, unused: i32): i32 {
  flush();
  const child = fork();
  if (child) return child;
  if (unused >= 0) calls.close(unused);
  if (input > 0) calls.fcntl(input, F_DUP2FD, 0);
  if (output != 1) calls.fcntl(output, F_DUP2FD, 1);
  if (input > 2) calls.close(input);
  if (output > 2) calls.close(output);
  calls.exit(runPath(program, words, ENVIRONMENT));
  return 0;
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
    const child = startBetween(program, commands[i], from, to, next);
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
