// SPDX-License-Identifier: MIT
/** @fileoverview `time` of bash: how long a pipeline took, and what time of the processor it and its children used. */
import * as calls from '../../../lib/calls';
import { say } from '../../../lib/io';
import { highResolutionTime } from '../../../lib/time';

/** times(2): four numbers of ticks. */
const usage = memory.data(32, 8);
const TICKS: u64 = 100;
/** Of pipelines that are timed, the innermost last: wall time in milliseconds, user and system time in ticks. */
const started: u64[] = [];

function milliseconds(): u64 {
  return highResolutionTime() / 1000000;
}
function used(first: usize): u64 {
  return load<u64>(usage + first) + load<u64>(usage + first + 16);
}

export function startTimes(): void {
  calls.times(usage);
  started.push(milliseconds());
  started.push(used(0));
  started.push(used(8));
}

export function reportTimes(plain: bool): void {
  calls.times(usage);
  const system = (used(8) - started.pop()) * (1000 / TICKS);
  const user = (used(0) - started.pop()) * (1000 / TICKS);
  const real = milliseconds() - started.pop();
  if (plain) say('real ' + seconds(real, 2) + '\nuser ' + seconds(user, 2) + '\nsys ' + seconds(system, 2) + '\n');
  else say('\nreal\t' + minutes(real) + '\nuser\t' + minutes(user) + '\nsys\t' + minutes(system) + '\n');
}

function seconds(value: u64, digits: i32): string {
  return (value / 1000).toString() + '.' + ('00' + (value % 1000).toString()).slice(-3).substring(0, digits);
}
function minutes(value: u64): string {
  return (value / 60000).toString() + 'm' + seconds(value % 60000, 3) + 's';
}
