// SPDX-License-Identifier: MIT
/**
 * @fileoverview Runs commands (POSIX.1-2017, 2.9): lists, conditions, loops and branches here, simple ones in simple.ts; what needs a process of its own
 * is forked (children.ts), builtins and functions are not.
 */
import { say } from '../../../lib/io';
import { SIGINT } from '../../../lib/process';
import { truthOf } from '../expand/arithmetic';
import { isBuiltin } from '../builtins/builtins';
import { runBackground, runChild, runPipeline } from './children';
import { evaluateCondition } from './conditional';
import { isDeclaration } from '../variables/declare';
import { expandText, expandWords, matchesPattern } from '../expand/expand';
import { redirect, restore } from './redirect';
import { select } from './select';
import { runSimple } from './simple';
import { functions, state } from '../state';
import {
  AND,
  ARITHMETIC,
  ARITHMETIC_FOR,
  BRACE,
  CASE,
  CONDITION,
  Command,
  FOR,
  FUNCTION,
  IF,
  OR,
  PIPELINE,
  SELECT,
  SEQUENCE,
  SIMPLE,
  SUBSHELL,
  UNTIL,
  WHILE,
} from '../syntax/syntax';
import { runErrorTrap, runTraps } from './traps';
import { noteStatus, setVariable } from '../variables/variables';

/** Runs a command; its exit status, which is `$?` too. */
export function run(command: Command | null): i32 {
  if (!command || state.leaving) return state.status;
  if (command.background) return runBackground(command);
  if (state.has('n') && !state.interactive) return state.status;
  state.status = runForeground(command);
  if (state.bash && !state.leaving && hasNoProcess(command)) noteStatus(state.status);
  if (runTraps()) {
    state.interrupted = true;
    state.status = 128 + SIGINT;
    if (state.interactive) say('\n');
  }
  if (state.status && !state.conditionDepth && isChecked(command)) {
    runErrorTrap();
    if (state.has('e')) state.exiting = true;
  }
  return state.status;
}

/** Is it done by the shell itself? Others' statuses are known where they are waited for. */
function hasNoProcess(command: Command): bool {
  if (command.kind == ARITHMETIC || command.kind == CONDITION) return true;
  if (command.kind != SIMPLE) return false;
  const words = command.words;
  return !words.length || functions.has(words[0]) || isBuiltin(words[0]) || isDeclaration(command);
}

/** Does its failure count for set -e and the trap of ERR? */
function isChecked(command: Command): bool {
  if (command.negated || state.leaving) return false;
  return command.kind <= PIPELINE || command.kind == SUBSHELL || command.kind == ARITHMETIC || command.kind == CONDITION;
}

function runForeground(command: Command): i32 {
  switch (command.kind) {
    case SIMPLE:
      return runSimple(command);
    case PIPELINE:
      return runPipeline(command);
    case AND:
      return condition(command.first) ? state.status : run(command.second);
    case OR:
      return condition(command.first) ? run(command.second) : state.status;
    case SEQUENCE:
      for (let i = 0; i < command.list.length && !state.leaving; i++) run(command.list[i]);
      return state.status;
    case FUNCTION:
      functions.set(command.name, functionBody(command));
      return 0;
    case SUBSHELL:
      return runChild(command, null);
  }
  const saved = redirect(command.redirections, true);
  if (!saved) return 2;
  const result = runCompound(command);
  restore(saved);
  return result;
}

/** With what was written, for `declare -f`. */
function functionBody(command: Command): Command {
  const body = command.first!;
  body.source = command.source;
  return body;
}

function condition(command: Command | null): i32 {
  state.conditionDepth++;
  const result = run(command);
  state.conditionDepth--;
  return result;
}

function runCompound(command: Command): i32 {
  switch (command.kind) {
    case BRACE:
      return run(command.first);
    case ARITHMETIC:
      state.line = command.line;
      return truthOf(command.name);
    case CONDITION:
      state.line = command.line;
      return evaluateCondition(command.condition);
    case ARITHMETIC_FOR:
      return runArithmeticFor(command);
    case IF: {
      const failed = condition(command.first);
      if (state.leaving) return state.status;
      const branch = failed ? command.third : command.second;
      return branch ? run(branch) : 0;
    }
    case WHILE:
    case UNTIL:
      return runLoop(command);
    case FOR:
    case SELECT:
      return runFor(command);
    case CASE:
      return runCase(command);
  }
  return 0;
}

/** After a loop's body: does the loop end? */
function leavesLoop(): bool {
  if (!state.breaking) return state.leaving;
  if (--state.breaking) return true;
  const ends = !state.continuing;
  state.continuing = false;
  return ends;
}

function runLoop(command: Command): i32 {
  let result = 0;
  state.loops++;
  while (!state.leaving) {
    const failed = condition(command.first);
    if (state.leaving) {
      if (leavesLoop()) break;
      continue;
    }
    if ((failed != 0) == (command.kind == WHILE)) break;
    result = run(command.second);
    if (leavesLoop()) break;
  }
  state.loops--;
  return state.leaving ? state.status : result;
}

function runFor(command: Command): i32 {
  const words = command.overParameters ? state.parameters.slice(0) : expandWords(command.words);
  let result = 0;
  state.loops++;
  for (let i = 0; i < words.length && !state.leaving; i++) {
    if (command.kind == SELECT) {
      const chosen = select(words);
      if (chosen == null) break;
      i = -1;
      setVariable(command.name, chosen);
    } else setVariable(command.name, words[i]);
    result = run(command.first);
    if (leavesLoop()) break;
  }
  state.loops--;
  return state.leaving ? state.status : result;
}

function runArithmeticFor(command: Command): i32 {
  let result = 0;
  if (command.words[0].trim().length) truthOf(command.words[0]);
  state.loops++;
  while (!state.leaving) {
    if (command.words[1].trim().length && truthOf(command.words[1])) break;
    if (state.leaving) break;
    result = run(command.first);
    if (leavesLoop()) break;
    if (command.words[2].trim().length) truthOf(command.words[2]);
  }
  state.loops--;
  return state.leaving ? state.status : result;
}

function runCase(command: Command): i32 {
  const text = expandText(command.words[0]);
  let result = 0;
  /** `;&`: the next branch is run whatever its patterns. */
  let falls: bool = false;
  for (let i = 0; i < command.patterns.length && !state.leaving; i++) {
    const patterns = command.patterns[i];
    for (let k = 0; k < patterns.length && !falls; k++) falls = matchesPattern(patterns[k], text);
    if (!falls) continue;
    const branch = command.list[i];
    result = branch ? run(branch) : 0;
    if (command.ends[i] == ';;') return result;
    falls = command.ends[i] == ';&';
  }
  return result;
}
