// SPDX-License-Identifier: MIT
/** @fileoverview Builtins about processes and jobs: kill, fg, bg, times. */
import * as calls from '../../../lib/calls';
import { errorText } from '../../../lib/errors';
import { out, say } from '../../../lib/io';
import { SIGNALS, signalName, signalNumber } from '../../../lib/signals';
import { padLeft, parseNumber } from '../../../lib/text';
import { complain, state } from '../state';
import { waitForAll } from '../run/children';
import { continueJob, findJob, removeJob, setForeground } from '../run/jobs';

const usage = memory.data(32, 8);

/** Ticks of times(2) in a second. */
const TICKS: u64 = 100;

export function times(args: string[]): i32 {
  calls.times(usage);
  for (let i: usize = 0; i < 32; i += 8) {
    const ticks = load<u64>(usage + i);
    const hundredths = ('0' + (ticks % TICKS).toString()).slice(-2);
    out(
      (ticks / TICKS / 60).toString() + 'm' + ((ticks / TICKS) % 60).toString() + '.' + hundredths + 's' + (i & 8 ? '\n' : ' '),
    );
  }
  return 0;
}

export function kill(args: string[]): i32 {
  let signal = 15;
  let first = 1;
  if (args.length > 1 && args[1] == '-l') {
    return listSignals(args);
  }
  if (args.length > 2 && args[1] == '-s') {
    signal = signalNumber(args[2]);
    first = 3;
  } else if (args.length > 1 && args[1].length > 1 && args[1].startsWith('-')) {
    signal = signalNumber(args[1].substring(1));
    first = 2;
  }
  if (signal < 0) return complain('kill: bad signal');
  if (first >= args.length) return complain('usage: kill [-s signal | -signal] pid ...');
  let result = 0;
  for (let i = first; i < args.length; i++) {
    const negative = args[i].startsWith('-');
    let pid = <i32>parseNumber(negative ? args[i].substring(1) : args[i]);
    if (args[i].startsWith('%')) {
      const job = findJob(['', args[i]]);
      pid = job ? -job.group : -1;
      if (!job) pid = 0;
    } else if (pid < 0) pid = 0;
    else if (negative) pid = -pid;
    const error = pid ? calls.kill(pid, signal) : -3;
    if (error < 0) result = complain('kill: ' + (state.bash ? '(' + args[i] + ') - ' : args[i] + ': ') + errorText(-error));
  }
  return result;
}

/** kill -l: all names, or of each number, which may be an exit status, the name. */
function listSignals(args: string[]): i32 {
  let line = '';
  for (let i = 1; i < SIGNALS && args.length < 3; i++) {
    // Five of them in a line, in bash.
    if (state.bash) line += (i == 1 ? '' : i % 5 == 1 ? '\n' : '\t') + padLeft(i.toString(), 2) + ') SIG' + signalName(i);
    else line += (i > 1 ? ' ' : '') + signalName(i);
  }
  if (line.length) out(line + '\n');
  for (let i = 2; i < args.length; i++) {
    const number = <i32>parseNumber(args[i]);
    const name = number < 0 ? signalNumber(args[i]).toString() : signalName(number > 128 ? number - 128 : number);
    if (!name.length || name == '-1') return complain('kill: ' + args[i] + ': bad signal');
    out(name + '\n');
  }
  return 0;
}

export function resume(args: string[]): i32 {
  const foreground = args[0] == 'fg';
  const job = findJob(args);
  if (!job) return complain(args[0] + ': no such job');
  if (!foreground) {
    say('[' + job.number.toString() + ']+ ' + job.source + ' &\n');
    continueJob(job);
    return 0;
  }
  say(job.source + '\n');
  removeJob(job);
  setForeground(job.group);
  continueJob(job);
  const result = waitForAll(job.pids, job.group, job.source);
  setForeground(<i32>calls.getpid());
  return result;
}
