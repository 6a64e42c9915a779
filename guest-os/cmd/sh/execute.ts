// SPDX-License-Identifier: MIT
/**
 * @fileoverview Runs commands (POSIX.1-2017, 2.9): what needs a process of its own is forked, builtins and functions are not.
 *
 * An interactive shell gives each pipeline a process group, makes it the terminal's foreground while it waits, and takes the terminal
 * back. Output that is buffered goes out before a fork, or it would come twice.
 */
import * as calls from '../../lib/calls';
import { EACCES, ENOENT, ENOEXEC, errorText } from '../../lib/errors';
import { flush, O_RDONLY, openFile, readAll, say } from '../../lib/io';
import {
  ChildNews,
  defaultSignal,
  execute as executeFile,
  fork,
  ignoreSignal,
  SIGINT,
  SIGQUIT,
  SIGTERM,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  waitFor,
  WSTOPPED,
} from '../../lib/process';
import { builtin, isBuiltin, isSpecial } from './builtins';
import { truthOf } from './arithmetic';
import { assign as assignOne, Assignment } from './assignment';
import { evaluateCondition } from './conditional';
import { declareWords, isDeclaration } from './declare';
import { expandText, expandWords, matchesPattern } from './expand';
import { addJob, holdKeys, launch, noteTerminal, releaseKeys, setForeground } from './jobs';
import { remember as rememberPlace } from './locate';
import { Parser } from './parser';
import { forget, move, redirect, restore } from './redirect';
import { closeSubstitutions, substitutionMark } from './processSubstitution';
import { select } from './select';
import { reportTimes, startTimes } from './timing';
import { functions, places, state } from './state';
import { endLocals, exportedList, get, localMark, noteStatus, noteStatuses, Remembered, setVariable } from './variables';
import { forgetTraps, runErrorTrap, runExitTrap, runTraps } from './traps';
import {
  AND,
  ARITHMETIC,
  ARITHMETIC_FOR,
  BRACE,
  CASE,
  Command,
  CONDITION,
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
} from './syntax';

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

// ---- simple commands

function runSimple(command: Command): i32 {
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

/** A command substitution has run, whose status counts. */
let substituted: bool = false;

function runAssignments(command: Command, before: i32): i32 {
  // The status of a command substitution among them is the command's; until then $? is that of the command before.
  substituted = false;
  state.status = before;
  assign(command.assignments, false);
  const result = substituted || state.failed ? state.status : 0;
  if (state.failed) return result;
  const saved = redirect(command.redirections, true);
  if (!saved) return 2;
  restore(saved);
  return command.assignments.length || command.words.length ? result : 0;
}

function assign(assignments: string[], forExport: bool): void {
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

const ends = memory.data(8, 8);

// ---- processes

/** fork; the child is a shell that asks nobody and whose signals do what they do by default. A job's takes keys from {@link becomeJob} on, and the shell from {@link launch}. */
export function forkShell(isJob: bool = false): i32 {
  flush();
  if (isJob) holdKeys();
  const pid = fork();
  if (pid < 0) say(state.prefix + 'cannot fork: ' + errorText(-pid) + '\n');
  if (pid < 0 || (!pid && !isJob)) releaseKeys();
  // Nobody would continue what stops in the shell's own group.
  if (!pid && !isJob && state.interactive) ignoreSignal(SIGTSTP);
  if (pid) return pid;
  state.inSubshell = true;
  forgetTraps();
  return 0;
}

/** In the child: signals as a new program expects them, for job control in a group of its own. */
function becomeJob(group: i32, foreground: bool): void {
  if (!state.interactive) return;
  defaultSignal(SIGINT);
  defaultSignal(SIGQUIT);
  defaultSignal(SIGTERM);
  defaultSignal(SIGTSTP);
  calls.pgrpsys(5, 0, group);
  if (foreground) setForeground(group ? group : <i32>calls.getpid());
  state.interactive = false;
  defaultSignal(SIGTTIN);
  defaultSignal(SIGTTOU);
  releaseKeys();
}

/** One command in a child, in the foreground: a subshell, or a program (`words`). */
function runChild(command: Command, words: string[] | null): i32 {
  // A child of the shell that has nothing else to do becomes the program itself.
  if (words && words.length) rememberPlace(words[0]);
  const pid = forkShell(true);
  if (pid < 0) return 126;
  if (!pid) {
    becomeJob(0, true);
    runInChild(command, words);
  }
  const pids = [pid];
  return waitForJob(pids, pid, command);
}

/** Does not return. */
function runInChild(command: Command, words: string[] | null): void {
  let result = 2;
  if (redirect(command.redirections, false)) {
    if (words) {
      assign(command.assignments, true);
      replaceBy(words);
    }
    state.loops = 0;
    run(command.first);
    runExitTrap();
    result = state.status;
  }
  flush();
  calls.exit(result);
}

/** What a forked child does with any command. Does not return. */
function childMain(command: Command): void {
  if (command.kind == SIMPLE) {
    const words = expandWords(command.words);
    if (state.failed) calls.exit(2);
    if (words.length && !functions.has(words[0]) && !isBuiltin(words[0])) runInChild(command, words);
  }
  if (command.kind == SUBSHELL) runInChild(command, null);
  command.background = false;
  run(command);
  runExitTrap();
  flush();
  calls.exit(state.status);
}

/** `command NAME`: a program, whatever functions there are. */
export function runProgram(words: string[]): i32 {
  return runChild(new Command(SIMPLE), words);
}

/** Finds and executes a program; says why it cannot. Does not return. */
export function replaceBy(words: string[]): void {
  flush();
  releaseKeys();
  const name = words[0];
  let errno: i64 = ENOENT;
  if (name.includes('/')) {
    errno = tryExecute(name, words);
  } else {
    // Where it was found before; if it is not there any more, it is looked for anew.
    if (places.has(name)) errno = tryExecute(places.get(name), words);
    const path = get('PATH').split(':');
    for (let i = 0; i < path.length; i++) {
      const error = tryExecute((path[i].length ? path[i] : '.') + '/' + name, words);
      if (error == ENOENT || error == 20) continue;
      errno = error;
      if (error != EACCES) break;
    }
  }
  if (errno == ENOENT && !name.includes('/')) say(state.prefix + name + ': command not found\n');
  else say(state.prefix + name + ': ' + errorText(errno) + '\n');
  calls.exit(errno == ENOENT ? 127 : 126);
}

function tryExecute(path: string, words: string[]): i64 {
  const error = -executeFile(path, words, exportedList());
  if (error != ENOEXEC) return error;
  // A script without `#!` is the shell's own.
  const shell = state.bash ? 'bash' : 'sh';
  const script = [shell, path].concat(words.slice(1));
  return -executeFile('/usr/bin/' + shell, script, exportedList());
}

function runPipeline(pipeline: Command): i32 {
  if (!pipeline.timed.length) return runUntimed(pipeline);
  startTimes();
  const result = runUntimed(pipeline);
  flush();
  reportTimes(pipeline.timed == 'time -p');
  return result;
}

function runUntimed(pipeline: Command): i32 {
  if (pipeline.list.length == 1) {
    if (!pipeline.negated) return run(pipeline.list[0]);
    state.conditionDepth++;
    const result = run(pipeline.list[0]);
    state.conditionDepth--;
    return result ? 0 : 1;
  }
  const pids: i32[] = [];
  let input = -1;
  let group = 0;
  for (let i = 0; i < pipeline.list.length; i++) {
    const last = i == pipeline.list.length - 1;
    let reader = -1;
    let writer = -1;
    if (!last) {
      if (calls.pipe(ends, 0) < 0) break;
      reader = load<i32>(ends);
      writer = load<i32>(ends, 4);
    }
    const pid = forkShell(true);
    if (!pid) {
      becomeJob(group, true);
      if (reader >= 0) calls.close(reader);
      if (input >= 0) move(input, 0);
      if (writer >= 0) move(writer, 1);
      childMain(pipeline.list[i]!);
    }
    if (input >= 0) calls.close(input);
    if (writer >= 0) calls.close(writer);
    input = reader;
    if (pid < 0) break;
    if (!group) group = pid;
    if (state.interactive) calls.pgrpsys(5, pid, group);
    pids.push(pid);
  }
  if (!pids.length) return 126;
  const result = waitForJob(pids, group, pipeline);
  return pipeline.negated ? (result ? 0 : 1) : result;
}

/** Waits for all of a foreground job; the status of its last process. */
function waitForJob(pids: i32[], group: i32, command: Command): i32 {
  if (state.interactive) {
    calls.pgrpsys(5, pids[0], group);
    launch(group);
  }
  const result = waitForAll(pids, group, command.source);
  if (state.interactive) setForeground(<i32>calls.getpid());
  return result;
}

/** Also for `fg`. */
export function waitForAll(pids: i32[], group: i32, source: string): i32 {
  let result = 0;
  let failed = 0;
  const statuses: i32[] = [];
  for (let i = 0; i < pids.length; i++) {
    let news: ChildNews;
    do {
      news = waitFor(pids[i], state.interactive ? WSTOPPED : 0);
      // A signal for the shell itself; what it waits for goes on.
    } while (news.pid == -4);
    if (news.pid < 0) continue;
    if (news.stopped) {
      addJob(pids, group, source, true);
      say('\n');
      return 128 + news.signal;
    }
    statuses.push(news.status);
    if (state.named.has('pipefail') && news.status) failed = news.status;
    if (i == pids.length - 1) {
      result = news.status;
      noteTerminal(news);
      if (news.signal == SIGINT && state.interactive) state.interrupted = true;
    }
  }
  if (state.bash) noteStatuses(statuses);
  return failed ? failed : result;
}

function runBackground(command: Command): i32 {
  const pid = forkShell(true);
  if (!pid) {
    if (state.interactive) {
      becomeJob(0, false);
    } else {
      // Without job control it must not take the script's input, nor its keyboard signals.
      const null_ = openFile('/dev/null', O_RDONLY);
      move(null_, 0);
    }
    childMain(command);
  }
  if (pid < 0) return (state.status = 126);
  if (state.interactive) {
    releaseKeys();
    calls.pgrpsys(5, pid, pid);
  }
  state.lastBackground = pid;
  addJob([pid], pid, command.source, false);
  return (state.status = 0);
}

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
  substituted = true;
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
