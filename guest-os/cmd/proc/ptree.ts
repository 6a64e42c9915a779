// SPDX-License-Identifier: MIT
/** @fileoverview ptree(1): processes with their parents and children */
/** @manual
 * DESCRIPTION
 * Shows each process named, or those of each user named, between those that it comes from and those that come from it; all without an operand.
 *
 * OPTIONS
 *   -a   process 1 too;  -c  contracts;  -z zone  only this zone's, by name or number
 */
import { out, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { allProcesses, Process } from '../../lib/processes';
import { parseNumber } from '../../lib/text';
import { userNumber } from '../../lib/users';
import { zoneId } from '../../lib/zones/kernel';

export const USAGE: string = 'ptree [-a] [-z zone] [pid | user] ...';

let all: Process[] = [];
let first: bool = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'acz:');
  let zone = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'a') first = true;
    else if (option == 'z') zone = options.argument;
  }
  if (options.failed) return 2;
  all = allProcesses();
  if (zone.length) {
    const number = parseNumber(zone);
    const id = number >= 0 ? <i32>number : zoneId(zone);
    if (id < 0) {
      say('ptree: invalid zone: ' + zone + '\n');
      return 2;
    }
    // Of another zone there are no parents either.
    const kept: Process[] = [];
    for (let i = 0; i < all.length; i++) if (all[i].zone == id) kept.push(all[i]);
    all = kept;
  }
  const names = options.operands();
  let result = 0;
  if (!names.length) {
    for (let i = 0; i < all.length; i++) if (isTop(all[i])) below(all[i], 0);
    return 0;
  }
  for (let i = 0; i < names.length; i++) {
    const pid = parseNumber(names[i]);
    const uid = pid < 0 ? userNumber(names[i]) : -1;
    let found = false;
    for (let k = 0; k < all.length; k++) {
      const process = all[k];
      if (pid >= 0 ? process.pid != pid : <i64>process.euid != uid) continue;
      found = true;
      const parent = parentOf(process);
      // For a user, the tops of his trees.
      if (pid < 0 && parent && parent.euid == process.euid && parent.pid > 1) continue;
      below(process, above(parent));
    }
    if (found) continue;
    say('ptree: invalid username or pid: ' + names[i] + '\n');
    result = 1;
  }
  return result;
}

function parentOf(process: Process): Process | null {
  for (let i = 0; i < all.length; i++) if (all[i].pid == process.ppid && all[i].pid != process.pid) return all[i];
  return null;
}
function isHidden(process: Process): bool {
  return process.pid == 0 || (process.pid == 1 && !first);
}
function isTop(process: Process): bool {
  if (isHidden(process)) return false;
  const parent = parentOf(process);
  return !parent || isHidden(parent);
}

/** Prints what a process comes from; how deep that is. */
function above(process: Process | null): i32 {
  if (!process || isHidden(process)) return 0;
  const depth = above(parentOf(process));
  show(process, depth);
  return depth + 1;
}

function below(process: Process, depth: i32): void {
  show(process, depth);
  for (let i = 0; i < all.length; i++) if (all[i].ppid == process.pid && all[i].pid != process.pid) below(all[i], depth + 1);
}

function show(process: Process, depth: i32): void {
  out('  '.repeat(depth) + process.pid.toString().padEnd(6) + ' ' + process.shown + '\n');
}
