// SPDX-License-Identifier: MIT
/** @fileoverview Builtins that say what is run next: true, false, exit, return, break, continue, eval, source, exec, shift. */
import * as calls from '../../../lib/calls';
import { errorText } from '../../../lib/errors';
import { status } from '../../../lib/files';
import { O_RDONLY, openFile, readAll } from '../../../lib/io';
import { parseNumber } from '../../../lib/text';
import { complain, state } from '../state';
import { replaceBy } from '../run/program';
import { runText } from '../run/text';
import { get } from '../variables/variables';

export function nothing(args: string[]): i32 {
  return 0;
}

export function failing(args: string[]): i32 {
  return 1;
}

export function leave(args: string[]): i32 {
  state.exiting = true;
  return args.length > 1 ? <i32>parseNumber(args[1]) & 0xff : state.status;
}

export function shift(args: string[]): i32 {
  const count = args.length > 1 ? <i32>parseNumber(args[1]) : 1;
  if (state.bash && count > state.parameters.length) return 1;
  if (count < 0 || count > state.parameters.length) {
    state.failed = true;
    state.status = 2;
    complain("shift: can't shift that many");
    return 2;
  }
  state.parameters = state.parameters.slice(count);
  return 0;
}

export function evaluate(args: string[]): i32 {
  state.status = 0;
  runText(args.slice(1).join(' '));
  return state.status;
}

/** A name without a slash is looked for on the PATH. */
export function source(args: string[]): i32 {
  if (args.length < 2) return complain('.: filename argument required');
  let path = args[1];
  if (!path.includes('/') && !status(path, true)) {
    const places = get('PATH').split(':');
    for (let i = 0; i < places.length; i++) {
      if (!status(places[i] + '/' + path, true)) continue;
      path = places[i] + '/' + path;
      break;
    }
  }
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) {
    complain('.: ' + args[1] + ': ' + errorText(-descriptor));
    state.failed = !state.interactive && !state.bash;
    return state.bash ? 1 : 2;
  }
  if (state.bash && args.length > 2) {
    const outer = state.parameters;
    state.parameters = args.slice(2);
    const result = runFile(descriptor);
    state.parameters = outer;
    return result;
  }
  return runFile(descriptor);
}

/** Its commands in this shell; closes it. */
export function runFile(descriptor: i32): i32 {
  const text = readAll(descriptor);
  calls.close(descriptor);
  state.status = 0;
  state.callDepth++;
  runText(text);
  state.callDepth--;
  state.returning = false;
  return state.status;
}

export function replaceShell(args: string[]): i32 {
  if (args.length > 1) replaceBy(args.slice(1));
  return 0;
}

export function leaveLoop(args: string[]): i32 {
  const continues = args[0] == 'continue';
  if (!state.loops) return 0;
  const count = args.length > 1 ? <i32>parseNumber(args[1]) : 1;
  if (count < 1) return complain('Illegal number: ' + args[1]);
  state.breaking = min(count, state.loops);
  state.continuing = continues;
  return 0;
}

export function leaveFunction(args: string[]): i32 {
  state.returning = state.callDepth > 0;
  return args.length > 1 ? <i32>parseNumber(args[1]) & 0xff : state.status;
}
