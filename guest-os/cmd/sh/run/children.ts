// SPDX-License-Identifier: MIT
/**
 * @fileoverview Children of the shell: subshells, pipelines, what runs in the background, and waiting for them.
 *
 * An interactive shell gives each pipeline a process group, makes it the terminal's foreground while it waits, and takes the terminal
 * back. Output that is buffered goes out before a fork, or it would come twice.
 */
import * as calls from '../../../lib/calls';
import { errorText } from '../../../lib/errors';
import { O_RDONLY, flush, openFile, say } from '../../../lib/io';
import {
  ChildNews,
  SIGINT,
  SIGQUIT,
  SIGTERM,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  WSTOPPED,
  defaultSignal,
  fork,
  ignoreSignal,
  waitFor,
} from '../../../lib/process';
import { isBuiltin } from '../builtins/builtins';
import { run } from './execute';
import { expandWords } from '../expand/expand';
import { addJob, holdKeys, launch, noteTerminal, releaseKeys, setForeground } from './jobs';
import { remember as rememberPlace } from '../builtins/locate';
import { replaceBy } from './program';
import { move, redirect } from './redirect';
import { assign } from './simple';
import { functions, state } from '../state';
import { Command, SIMPLE, SUBSHELL } from '../syntax/syntax';
import { reportTimes, startTimes } from './timing';
import { forgetTraps, runExitTrap } from './traps';
import { noteStatuses } from '../variables/variables';

/** Where pipe(2) leaves both ends. */
export const ends = memory.data(8, 8);

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
export function runChild(command: Command, words: string[] | null): i32 {
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

export function runPipeline(pipeline: Command): i32 {
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

export function runBackground(command: Command): i32 {
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
