// SPDX-License-Identifier: MIT
/** @fileoverview priocntl(1): show and set the scheduling parameters of processes */
/** @manual
 * DESCRIPTION
 * Processes are in the scheduling class FSS, fair share: zones get the processor as their shares are, and within a zone the user priority says how
 * important a process is, from -60 to 60, 0 being usual. It is at most the process's limit, which only the privilege PROC_PRIOUP
 * raises. A third of it is the nice value, with the other sign.
 *
 * OPTIONS
 *   -l   the classes that there are
 *   -d   limits and priorities of processes
 *   -s   sets them
 *   -e   runs a command with them
 *   -i idtype   what the operands are: pid (otherwise), ppid, pgid, sid, class, uid, gid, taskid, projid, zoneid, ctid; all
 *   -c class    FSS; no other class can be had
 *   -m limit, -p priority   with -s and -e
 *
 * Without an operand it is this process, or its group, user and so on.
 *
 * SEE ALSO
 * nice(1), ps(1), prctl(1), dispadmin(8)
 */
import { errorText } from '../../lib/errors';
import { out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import {
  ALL,
  CLASS,
  classNamed,
  ID_TYPES,
  idOf,
  MY_ID,
  NO_CHANGE,
  parametersOf,
  parsePriority,
  schedulingClasses,
  setParameters,
} from '../../lib/priorities';
import { environment, runPath } from '../../lib/process';
import { allProcesses, processOf } from '../../lib/processes';
import { padLeft, parseNumber } from '../../lib/text';

export const USAGE: string =
  'priocntl -l\n' +
  'priocntl -d [-i idtype] [idlist]\n' +
  'priocntl -s [-c class] [-m limit] [-p priority] [-i idtype] [idlist]\n' +
  'priocntl -e [-c class] [-m limit] [-p priority] command [argument ...]';
const EPERM: i64 = -1;
const ESRCH: i64 = -3;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'ldsec:i:m:p:');
  let mode = '';
  let kind = 0;
  let kindGiven = false;
  let className = '';
  let limit = NO_CHANGE;
  let priority = NO_CHANGE;
  for (let option = options.next(); option != ''; option = options.next()) {
    if ('ldse'.includes(option)) mode += option;
    else if (option == 'c') className = options.argument;
    else if (option == 'i') {
      kind = options.argument.length ? ID_TYPES.indexOf(options.argument) : -1;
      kindGiven = true;
      if (kind < 0) return fail('bad idtype ' + options.argument);
    } else {
      const value = parsePriority(options.argument);
      const most = classNamed('FSS')!.most;
      const what = option == 'm' ? 'user priority limit ' : 'user priority ';
      if (abs(value) > most) return fail('Specified ' + what + options.argument + ' out of configured range');
      if (option == 'm') limit = value;
      else priority = value;
    }
  }
  const operands = options.operands();
  const sets = className.length > 0 || limit != NO_CHANGE || priority != NO_CHANGE;
  if (options.failed) return 1;
  if (mode.length != 1 || (sets && (mode == 'l' || mode == 'd'))) return misused(USAGE);
  if ((mode == 'l' && (kindGiven || operands.length)) || (mode == 'e' && (kindGiven || !operands.length))) return misused(USAGE);
  if (mode == 'l') return listClasses();
  if (className.length && className != 'FSS') return fail('Invalid or unconfigured class ' + className);
  if (mode == 'd') return show(kind, operands);
  if (mode == 's') return set(kind, operands, limit, priority);
  const error = setParameters(0, MY_ID, limit, priority);
  if (error) return refuse(error);
  told(processOf('self')!.pid, limit, priority);
  return runPath('priocntl', operands, environment());
}

function fail(what: string): i32 {
  say('priocntl: ' + what + '\n');
  return 1;
}
function refuse(error: i64): i32 {
  if (error == ESRCH) return fail('Process(es) not found.');
  return fail("Can't reset fair sharing parameters: " + errorText(-error));
}

function listClasses(): i32 {
  out('CONFIGURED CLASSES\n==================\n');
  const classes = schedulingClasses();
  for (let i = 0; i < classes.length; i++) {
    const one = classes[i];
    out('\n' + one.name + ' (' + one.title + ')\n');
    const most = one.most.toString();
    if (one.most) out('\tConfigured ' + one.name + ' User Priority Range: -' + most + ' through ' + most + '\n');
  }
  return 0;
}

/** Ids as they are written; -2 where one is none, which has been said. */
function idsOf(kind: i32, operands: string[]): i32[] {
  const ids: i32[] = [];
  for (let i = 0; i < operands.length && kind != ALL; i++) {
    const found = kind == CLASS ? classNamed(operands[i]) : null;
    const id = kind != CLASS ? parseNumber(operands[i]) : found ? found.id : -1;
    if (id < 0) fail(kind == CLASS ? 'Invalid or unconfigured class ' + operands[i] : 'Invalid id "' + operands[i] + '"');
    ids.push(id < 0 ? -2 : <i32>id);
  }
  return ids;
}

function show(kind: i32, operands: string[]): i32 {
  const ids = idsOf(kind, operands);
  const own = processOf('self');
  if (!operands.length && own) ids.push(idOf(own, kind));
  const all = allProcesses();
  let shown = 0;
  for (let i = 0; i < all.length; i++) {
    if (kind != ALL && !ids.includes(idOf(all[i], kind))) continue;
    const found = parametersOf(all[i].pid);
    if (!found) continue;
    if (!shown++) out('FAIR SHARING PROCESSES:\n    PID    FSSUPRILIM   FSSUPRI\n');
    out(padLeft(all[i].pid.toString(), 7) + '    ' + padLeft(found.limit.toString(), 5));
    out('       ' + padLeft(found.priority.toString(), 5) + '\n');
  }
  if (!shown) return fail('Process(es) not found.');
  return ids.includes(-2) ? 1 : 0;
}

function set(kind: i32, operands: string[], limit: i32, priority: i32): i32 {
  const ids = idsOf(kind, operands);
  if (ids.includes(-2)) return 1;
  const current = !ids.length;
  if (current) ids.push(MY_ID);
  let status = 0;
  for (let i = 0; i < ids.length; i++) {
    const error = setParameters(kind, ids[i], limit, priority);
    if (error == EPERM) {
      const which =
        kind == ALL ? 'one or more processes' : current ? 'current ' + ID_TYPES[kind] : ID_TYPES[kind] + ' ' + operands[i];
      say('Permissions error encountered on ' + which + '.\n');
      status = 1;
    } else if (error) return refuse(error);
    else if (!kind && !current) told(ids[i], limit, priority);
  }
  return status;
}

/** A priority above the limit has become that. */
function told(pid: i32, limit: i32, priority: i32): void {
  const found = limit == NO_CHANGE && priority != NO_CHANGE ? parametersOf(pid) : null;
  if (!found || priority <= found.limit) return;
  const most = found.limit.toString();
  say('priocntl: Specified user priority ' + priority.toString() + ' exceeds limit ' + most + '; set to ' + most);
  say(' (pid ' + pid.toString() + ')\n');
}
