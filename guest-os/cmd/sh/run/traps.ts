// SPDX-License-Identifier: MIT
/**
 * @fileoverview trap: what is done when a signal comes, and at the end (POSIX.1-2017, XCU trap).
 *
 * A signal is only noted when it comes (lib/process.ts); its action runs between two commands, or when it has ended a wait. A subshell forgets
 * actions, but what its parent ignores stays ignored.
 */
import { out, say } from '../../../lib/io';
import { defaultSignal, ignoreSignal, onSignal, SIGINT, SIGTSTP, takeSignal } from '../../../lib/process';
import { parseNumber } from '../../../lib/text';
import { signalName, signalNumber } from '../../../lib/signals';
import { runText } from './text';
import { state } from '../state';

/** bash: the number under which the action of ERR is kept. */
const ERR: i32 = 1000;

/** Actions by signal; 0 is EXIT. An empty one ignores. */
const actions = new Map<i32, string>();
let running = false;

export function trap(args: string[]): i32 {
  let first = 1;
  if (args.length > 1 && args[1] == '--') first++;
  if (state.bash && args.length > 1 && args[1] == '-p') {
    list(args.slice(2));
    return 0;
  }
  if (first >= args.length) {
    list([]);
    return 0;
  }
  const reset = args[first] == '-' || parseNumber(args[first]) >= 0;
  const action = args[first];
  let result = 0;
  for (let i = reset && args[first] != '-' ? first : first + 1; i < args.length; i++) {
    const signal = state.bash && args[i] == 'ERR' ? ERR : signalNumber(args[i]);
    if (signal < 0) {
      say(state.prefix + 'trap: ' + args[i] + ': bad trap\n');
      result = 1;
      continue;
    }
    if (reset) {
      actions.delete(signal);
      if (signal && signal != ERR) restoreDefault(signal);
      continue;
    }
    actions.set(signal, action);
    if (signal == ERR) continue;
    if (signal && action.length) onSignal(signal);
    else if (signal) ignoreSignal(signal);
  }
  return result;
}

/** An interactive shell has its own ideas of some signals. */
function restoreDefault(signal: i32): void {
  if (!state.interactive) defaultSignal(signal);
  else if (signal == SIGINT || signal == SIGTSTP) onSignal(signal);
  else if (signal == 3 || signal == 15 || signal == 26 || signal == 27) ignoreSignal(signal);
  else defaultSignal(signal);
}

/** All, or those of signals that are named. */
function list(named: string[]): void {
  const signals = actions.keys();
  signals.sort((a, b) => a - b);
  for (let i = 0; i < signals.length; i++) {
    if (named.length && !isNamed(signals[i], named)) continue;
    const name = signals[i] == ERR ? 'ERR' : (state.bash && signals[i] ? 'SIG' : '') + signalName(signals[i]);
    out("trap -- '" + actions.get(signals[i]).replaceAll("'", "'\\''") + "' " + name + '\n');
  }
}

function isNamed(signal: i32, named: string[]): bool {
  for (let i = 0; i < named.length; i++) if (signalNumber(named[i]) == signal) return true;
  return false;
}

/** Runs the actions of signals that have come. True: an interrupt came that nobody traps. */
export function runTraps(): bool {
  let interrupted = false;
  if (running) return false;
  while (true) {
    const signal = takeSignal();
    if (!signal) return interrupted;
    if (!actions.has(signal)) {
      if (signal == SIGINT) interrupted = true;
      continue;
    }
    runAction(actions.get(signal));
  }
}

/** bash: a command has failed. Functions do not inherit it. */
export function runErrorTrap(): void {
  if (!state.bash || running || state.callDepth || !actions.has(ERR)) return;
  runAction(actions.get(ERR));
}

function runAction(action: string): void {
  const status = state.status;
  running = true;
  runText(action);
  running = false;
  if (!state.exiting) state.status = status;
}

/** At the end of a shell: its EXIT action, once. */
export function runExitTrap(): void {
  if (!actions.has(0)) return;
  const action = actions.get(0);
  actions.delete(0);
  const status = state.status;
  state.exiting = false;
  state.returning = false;
  state.failed = false;
  state.breaking = 0;
  state.interrupted = false;
  runText(action);
  if (!state.exiting) state.status = status;
}

/** In a subshell. */
export function forgetTraps(): void {
  const signals = actions.keys();
  for (let i = 0; i < signals.length; i++) {
    if (!actions.get(signals[i]).length && signals[i]) continue;
    actions.delete(signals[i]);
    if (signals[i] && signals[i] != ERR) defaultSignal(signals[i]);
  }
}
