// SPDX-License-Identifier: MIT
/**
 * @fileoverview Simple commands (POSIX.1-2017, 2.9.1): words are expanded, then it is a function, a builtin or a program, or assignments alone.
 */
import { flush, say } from '../../../lib/io';
import { Assignment, assign as assignOne } from '../variables/assignment';
import { builtin, isBuiltin, isSpecial } from '../builtins/builtins';
import { runChild } from './children';
import { declareWords, isDeclaration } from '../variables/declare';
import { run } from './execute';
import { expandWords } from '../expand/expand';
import { closeSubstitutions, substitutionMark } from '../expand/processSubstitution';
import { forget, redirect, restore } from './redirect';
import { functions, state } from '../state';
import { Command } from '../syntax/syntax';
import { Remembered, endLocals, localMark } from '../variables/variables';

export function runSimple(command: Command): i32 {
  const before = state.status;
  state.line = command.line;
  if (isDeclaration(command)) return runDeclaration(command);
  const mark = substitutionMark();
  const result = runWords(command, before);
  closeSubstitutions(mark);
  return result;
}

function runDeclaration(command: Command): i32 {
  const saved = redirect(command.redirections, true);
  if (!saved) return 1;
  assign(command.assignments, false);
  const result = state.failed ? state.status : declareWords(command.words);
  flush();
  restore(saved);
  return result;
}

function runWords(command: Command, before: i32): i32 {
  const words = expandWords(command.words);
  if (state.failed) return state.status;
  if (state.has('x')) trace(command, words);
  if (!words.length) return runAssignments(command, before);
  const name = words[0];
  const isFunction = functions.has(name);
  if (!isFunction && !isBuiltin(name)) return runChild(command, words);
  const saved = redirect(command.redirections, true);
  if (!saved) {
    // A special builtin's failure ends a script.
    if (isSpecial(name) && !isFunction && !state.bash) state.failed = !state.interactive;
    return state.bash ? 1 : 2;
  }
  const keep = isSpecial(name) && !isFunction && !state.bash;
  const old = new Remembered();
  for (let i = 0; i < command.assignments.length && !keep; i++) old.add(new Assignment(command.assignments[i]).name);
  assign(command.assignments, !keep);
  let result: i32;
  if (isFunction) result = callFunction(name, functions.get(name), words);
  else result = builtin(name, words);
  flush();
  // `exec` without a command keeps its redirections.
  if (name == 'exec' && words.length == 1) forget(saved);
  else restore(saved);
  old.restore();
  return result;
}

function trace(command: Command, words: string[]): void {
  say('+ ' + command.assignments.concat(words).join(' ') + '\n');
}

function runAssignments(command: Command, before: i32): i32 {
  // The status of a command substitution among them is the command's; until then $? is that of the command before.
  state.substituted = false;
  state.status = before;
  assign(command.assignments, false);
  const result = state.substituted || state.failed ? state.status : 0;
  if (state.failed) return result;
  const saved = redirect(command.redirections, true);
  if (!saved) return 2;
  restore(saved);
  return command.assignments.length || command.words.length ? result : 0;
}

export function assign(assignments: string[], forExport: bool): void {
  for (let i = 0; i < assignments.length; i++) if (!assignOne(assignments[i], forExport)) return;
}

function callFunction(name: string, body: Command, words: string[]): i32 {
  const outer = state.parameters;
  const mark = localMark();
  // break in a function does not leave its caller's loops.
  const loops = state.loops;
  const localsFrom = state.localsFrom;
  state.localsFrom = mark;
  state.loops = 0;
  state.parameters = words.slice(1);
  state.callDepth++;
  state.functionNames.push(name);
  const result = run(body);
  state.functionNames.pop();
  state.callDepth--;
  state.localsFrom = localsFrom;
  state.returning = false;
  state.parameters = outer;
  state.loops = loops;
  endLocals(mark);
  return state.failed ? state.status : result == state.status ? result : state.status;
}
