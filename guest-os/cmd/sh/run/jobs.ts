// SPDX-License-Identifier: MIT
/** @fileoverview Jobs: what an interactive shell has in the background or stopped, and whose the terminal is. */
import * as calls from '../../../lib/calls';
import { out, say } from '../../../lib/io';
import {
  ChildNews,
  mask,
  pendingSignal,
  SIG_BLOCK,
  SIG_UNBLOCK,
  SIGINT,
  SIGTSTP,
  takeArrived,
  takeBlocked,
  waitFor,
  WNOHANG,
  WSTOPPED,
} from '../../../lib/process';
import { padRight, parseNumber } from '../../../lib/text';
import { state } from '../state';

const TIOCSPGRP: i32 = 0x7415;
const SIGPIPE: i32 = 13;
const SIGCONT: i32 = 25;

export class Job {
  constructor(
    public readonly number: i32,
    public pids: i32[],
    public readonly group: i32,
    public readonly source: string,
    public stopped: bool,
  ) {}
}
const jobs: Job[] = [];

export function jobList(): Job[] {
  return jobs;
}

export function addJob(pids: i32[], group: i32, source: string, stopped: bool): void {
  let number = 1;
  for (let i = 0; i < jobs.length; i++) number = max(number, jobs[i].number + 1);
  jobs.push(new Job(number, pids, group, source, stopped));
  if (!state.interactive || state.inSubshell) return;
  if (stopped) say('\n[' + number.toString() + ']+  Stopped                 ' + source);
  else say('[' + number.toString() + '] ' + group.toString() + '\n');
}

export function removeJob(job: Job): void {
  const at = jobs.indexOf(job);
  if (at >= 0) jobs.splice(at, 1);
}

/** ^C, ^\ and ^Z (signals 2, 3, 24) as a mask. */
const KEYS: u64 = 0x800006;

/**
 * What is typed while a job is being started is not lost: until the terminal is the job's, the shell notes ^Z and ^C, and then passes them on; from the fork
 * on they wait, in the shell, and in the child until it may take them. At a prompt ^Z is forgotten.
 */
let held = false;
export function holdKeys(): void {
  if (!state.interactive) return;
  held = true;
  mask(SIG_BLOCK, KEYS);
}
/** In the child, when signals do there what they shall; or in the shell, whose child is no job. */
export function releaseKeys(): void {
  if (held) mask(SIG_UNBLOCK, KEYS);
  held = false;
}

const group_ = memory.data(8, 8);

/** The terminal's signals and input are this group's. */
export function setForeground(group: i32): void {
  store<i32>(group_, group);
  // The shell ignores SIGTTOU, so that it may take the terminal back.
  calls.ioctl(2, TIOCSPGRP, group_);
}

/** A job has been forked: the terminal is its, and what was typed for it. */
export function launch(group: i32): void {
  setForeground(group);
  for (let signal = takeBlocked(KEYS); signal; signal = takeBlocked(KEYS)) calls.kill(-group, signal);
  releaseKeys();
  if (takeArrived(SIGTSTP)) calls.kill(-group, SIGTSTP);
  if (takeArrived(SIGINT)) calls.kill(-group, SIGINT);
}

/** After a foreground job: says what killed it, unless that is what the user did, or a pipe. */
export function noteTerminal(news: ChildNews): void {
  if (!news.signal || !state.interactive) return;
  if (news.signal == SIGINT) say('\n');
  else if (news.signal != SIGPIPE) say(signalText(news.signal) + (news.dumped ? ' (core dumped)' : '') + '\n');
}

export function signalText(signal: i32): string {
  switch (signal) {
    case 1:
      return 'Hangup';
    case 3:
      return 'Quit';
    case 4:
      return 'Illegal Instruction';
    case 6:
      return 'Abort';
    case 8:
      return 'Arithmetic Exception';
    case 9:
      return 'Killed';
    case 10:
      return 'Bus Error';
    case 11:
      return 'Segmentation Fault';
    case 14:
      return 'Alarm Clock';
    case 15:
      return 'Terminated';
  }
  return 'Signal ' + signal.toString();
}

/** Before a prompt: background jobs that have ended are told of and forgotten. True: there are stopped ones. */
export function reportJobs(): bool {
  let stopped = false;
  for (let i = 0; i < jobs.length; ) {
    const job = jobs[i];
    let status = 0;
    let gone = false;
    for (let k = 0; k < job.pids.length; ) {
      const news = waitFor(job.pids[k], WNOHANG | WSTOPPED);
      if (news.pid > 0 && news.stopped) job.stopped = true;
      if (news.pid == 0 || (news.pid > 0 && news.stopped)) {
        k++;
        continue;
      }
      status = news.status;
      job.pids.splice(k, 1);
      gone = !job.pids.length;
    }
    if (!gone) {
      if (job.stopped) stopped = true;
      i++;
      continue;
    }
    const what = status == 0 ? 'Done' : status > 128 ? signalText(status - 128) : 'Exit ' + status.toString();
    if (state.interactive) say('[' + job.number.toString() + ']+  ' + padRight(what, 24) + job.source + '\n');
    jobs.splice(i, 1);
  }
  return stopped;
}

/** jobs [-lp]: -p the process groups only, -l with them. */
export function listJobs(args: string[]): i32 {
  // The children of a subshell's parent are not its own to wait for.
  if (!state.inSubshell) reportJobs();
  let letters = '';
  for (let i = 1; i < args.length; i++) if (args[i].startsWith('-')) letters += args[i].substring(1);
  for (let i = 0; i < jobs.length; i++) {
    const job = jobs[i];
    if (letters.includes('p')) {
      out(job.group.toString() + '\n');
      continue;
    }
    const mark = i == jobs.length - 1 ? '+' : i == jobs.length - 2 ? '-' : ' ';
    out(
      '[' +
        job.number.toString() +
        ']' +
        mark +
        '  ' +
        (letters.includes('l') ? job.group.toString() + ' ' : '') +
        padRight(job.stopped ? 'Stopped' : 'Running', 24) +
        job.source +
        (job.stopped ? '' : ' &') +
        '\n',
    );
  }
  return 0;
}

/** By `%N`, or the last. */
export function findJob(args: string[]): Job | null {
  if (!jobs.length) return null;
  if (args.length < 2) return jobs[jobs.length - 1];
  for (let i = 0; i < jobs.length; i++) if ('%' + jobs[i].number.toString() == args[1]) return jobs[i];
  return null;
}

export function continueJob(job: Job): void {
  job.stopped = false;
  calls.kill(-job.group, SIGCONT);
}

/** wait [pid | %job ...]: the last one's status. */
export function wait(args: string[]): i32 {
  let status = args.length > 1 ? 0 : waitForJobs(0);
  for (let i = 1; i < args.length; i++) {
    const job = args[i].startsWith('%') ? findJob(['', args[i]]) : null;
    const pid = job ? job.group : <i32>parseNumber(args[i]);
    status = pid > 0 ? waitForJobs(pid) : 127;
  }
  return status;
}

/** Until all of them have ended, or one of a pid. */
function waitForJobs(pid: i32): i32 {
  let status = pid ? 127 : 0;
  for (let i = 0; i < jobs.length; ) {
    const job = jobs[i];
    if (pid && job.group != pid) {
      i++;
      continue;
    }
    for (let k = 0; k < job.pids.length; k++) {
      let news: ChildNews;
      do {
        news = waitFor(job.pids[k]);
        // A signal whose action is due ends the wait (POSIX.1-2017, 2.11).
        if (takeArrived(SIGTSTP)) continue;
        if (news.pid == -4 && pendingSignal()) return 128 + pendingSignal();
      } while (news.pid == -4 && !state.interrupted);
      if (pid) status = news.status;
    }
    jobs.splice(i, 1);
  }
  return status;
}
