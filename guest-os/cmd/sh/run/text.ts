// SPDX-License-Identifier: MIT
/** @fileoverview Texts that are run: a script's, `$(…)`, and those at the other end of a pipe. */
import * as calls from '../../../lib/calls';
import { flush, readAll, say } from '../../../lib/io';
import { SIGINT, defaultSignal, waitFor } from '../../../lib/process';
import { ends, forkShell } from './children';
import { run } from './execute';
import { Parser } from '../syntax/parser';
import { move } from './redirect';
import { state } from '../state';
import { runExitTrap } from './traps';

/** `$(…)`: what the commands write, without the newlines at its end. */
export function substitute(source: string): string {
  if (calls.pipe(ends, 0) < 0) return '';
  const reader = load<i32>(ends);
  const writer = load<i32>(ends, 4);
  const pid = forkShell();
  if (!pid) {
    calls.close(reader);
    move(writer, 1);
    state.interactive = false;
    defaultSignal(SIGINT);
    runText(source);
    runExitTrap();
    flush();
    calls.exit(state.status);
  }
  calls.close(writer);
  const text = pid > 0 ? readAll(reader) : '';
  calls.close(reader);
  if (pid > 0) state.status = waitFor(pid).status;
  state.substituted = true;
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) == 0x0a) end--;
  return text.substring(0, end);
}

/** Commands at the other end of a pipe, of which this shell keeps `ours` and they have `theirs` as the descriptor `as`. */
export function startAside(source: string, theirs: i32, as: i32, ours: i32): void {
  if (forkShell()) return;
  calls.close(ours);
  move(theirs, as);
  state.interactive = false;
  runText(source);
  runExitTrap();
  flush();
  calls.exit(state.status);
}

/** Texts that run, one in the other. */
let depth = 0;

/** Runs a text, command by command. False: it had a mistake, which ends a script. */
export function runText(text: string): bool {
  const parser = new Parser(text, 0);
  depth++;
  let right = true;
  while (!state.leaving) {
    const command = parser.next();
    if (!command) {
      if (parser.error.length || parser.incomplete) {
        say(state.prefix + (parser.error.length ? parser.error : 'syntax error: unexpected end of file') + '\n');
        state.status = 2;
        state.failed = !state.interactive && !(state.bash && depth > 1);
        right = false;
      }
      break;
    }
    run(command);
    if (state.failed && state.recovers && depth == 1) state.failed = state.recovers = false;
  }
  depth--;
  return right;
}
