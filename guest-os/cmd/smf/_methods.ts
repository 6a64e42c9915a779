// SPDX-License-Identifier: MIT
/**
 * @fileoverview Methods (smf_method(7)): what runs to start, stop or refresh an instance.
 *
 * Each runs as a child of the restarter in a contract of its own, its output in the service's log, by `/sbin/sh -c`. A start method's contract
 * becomes the service's. `:true` does nothing, `:kill` sends a signal to the service's contract. A method that takes longer than its
 * timeout is killed with its contract: another child sleeps as long and then says so.
 */
import * as calls from '../../lib/calls';
import { findGroupByName, findUserByName, User } from '../../lib/accounts';
import { abandonContract, beginContracts, endContracts, latestContract, signalContract } from '../../lib/contracts';
import { errorText } from '../../lib/errors';
import { O_RDONLY, openFile, say } from '../../lib/io';
import { defaultSignal, environment, execute, fork, SIGKILL, SIGTERM, sleepFor, waitFor } from '../../lib/process';
import { signalNumber } from '../../lib/signals';
import { parseNumber, pathOf } from '../../lib/text';
import { RESTARTER, send } from '../../lib/smf/door';
import { findGroup, logPath, PropertyGroup } from '../../lib/smf/repository';
import { openLog } from './_log';
import { REFRESH, START, STOP, Unit } from './_unit';

/** Exit statuses (smf_method(7)). */
export const SMF_EXIT_ERR_FATAL: i32 = 95;
export const SMF_EXIT_ERR_CONFIG: i32 = 96;
export const SMF_EXIT_ERR_PERM: i32 = 100;

/** What starting a method came to. */
export const RUNNING: i32 = 0;
/** There was nothing to run: it is as good as done. */
export const DONE: i32 = 1;
export const IMPOSSIBLE: i32 = 2;

export function methodName(method: i32): string {
  return method == START ? 'start' : method == STOP ? 'stop' : 'refresh';
}

export function runMethod(unit: Unit, method: i32): i32 {
  const name = methodName(method);
  const group = findGroup(unit.instance.running, name);
  const exec = valueOf(group, 'exec');
  if (!group || !exec.length || exec == ':true') return method == START && !group ? IMPOSSIBLE : DONE;
  if (exec == ':kill' || exec.startsWith(':kill ')) return kill(unit, exec);
  unit.serial++;
  unit.killed = false;
  const command = expand(exec, unit, name);
  unit.note('Executing ' + name + ' method ("' + command + '").');
  const template = beginContracts();
  const pid = fork();
  if (!pid) become(unit, group, name, command);
  unit.methodContract = pid > 0 ? latestContract() : 0;
  endContracts(template);
  if (pid < 0) {
    unit.note('Cannot fork: ' + errorText(-pid) + '.');
    return IMPOSSIBLE;
  }
  unit.method = method;
  unit.methodPid = pid;
  unit.timer = startTimer(unit, parseNumber(valueOf(group, 'timeout_seconds')));
  return RUNNING;
}

function valueOf(group: PropertyGroup | null, name: string): string {
  const property = group ? group.find(name) : null;
  return property ? property.value : '';
}

/** `:kill [-SIGNAL]`: done when the contract is empty, or the time is over. */
function kill(unit: Unit, exec: string): i32 {
  if (!unit.contract) return DONE;
  let signal = SIGTERM;
  const word = exec.substring(5).trim();
  if (word.startsWith('-')) signal = signalNumber(word.substring(1));
  if (signal <= 0 || signalContract(unit.contract, signal) < 0) return DONE;
  unit.serial++;
  unit.killed = false;
  unit.method = STOP;
  unit.methodPid = 0;
  unit.methodContract = 0;
  unit.timer = startTimer(unit, parseNumber(valueOf(findGroup(unit.instance.running, 'stop'), 'timeout_seconds')));
  return RUNNING;
}

/** A child that says when a method's time is over; 0 seconds is for ever. */
export function startTimer(unit: Unit, seconds: i64): i32 {
  if (seconds <= 0) return 0;
  const pid = fork();
  if (pid) return max(pid, 0);
  sleepFor(<u64>seconds * 1000000000);
  send(RESTARTER, 'timeout\t' + unit.fmri + '\t' + unit.serial.toString() + '\n');
  calls.exit(0);
  return 0;
}

export function stopTimer(unit: Unit): void {
  if (!unit.timer) return;
  calls.kill(unit.timer, SIGKILL);
  waitFor(unit.timer);
  unit.timer = 0;
}

/** The service's contract is no longer ours to answer for. */
export function dropContract(unit: Unit): void {
  if (unit.contract) abandonContract(unit.contract);
  unit.contract = 0;
}

/** %r restarter, %m method, %s service, %i instance, %f FMRI, %% a percent sign, %{group/property} values. */
function expand(exec: string, unit: Unit, method: string): string {
  let result = '';
  for (let i = 0; i < exec.length; i++) {
    const c = exec.charAt(i);
    if (c != '%' || i + 1 == exec.length) {
      result += c;
      continue;
    }
    const letter = exec.charAt(++i);
    if (letter == 'r') result += 'svc.startd';
    else if (letter == 'm') result += method;
    else if (letter == 's') result += unit.instance.service.name;
    else if (letter == 'i') result += unit.instance.name;
    else if (letter == 'f') result += unit.fmri;
    else if (letter == '{') {
      const end = exec.indexOf('}', i);
      if (end < 0) return result;
      const path = exec.substring(i + 1, end).split('/');
      const property =
        path.length > 1 ? unit.instance.getProperty(path[0], path[1]) : unit.instance.getProperty('application', path[0]);
      if (property) result += property.values.join(' ');
      i = end;
    } else result += letter;
  }
  return result;
}

/** The child: streams, context, and the shell. Does not return. */
function become(unit: Unit, group: PropertyGroup, name: string, command: string): void {
  calls.pgrpsys(3, 0, 0);
  for (let signal = 1; signal < 32; signal++) defaultSignal(signal);
  for (let i = 0; i < 64; i++) calls.close(i);
  openFile('/dev/null', O_RDONLY);
  const log = openLog(logPath(unit.instance));
  if (log < 0) openFile('/dev/null', 1);
  calls.fcntl(1, 0, 2);
  const context = findGroup(unit.instance.running, 'method_context');
  const variables = methodEnvironment(unit, group, context, name);
  let user = valueOf(group, 'user');
  if (!user.length) user = valueOf(context, 'user');
  let owner = valueOf(group, 'group');
  if (!owner.length) owner = valueOf(context, 'group');
  const problem = takeIdentity(user, owner);
  if (problem.length) {
    say('svc.startd: ' + problem + '\n');
    calls.exit(SMF_EXIT_ERR_CONFIG);
  }
  let directory = valueOf(group, 'working_directory');
  if (!directory.length) directory = valueOf(context, 'working_directory');
  calls.chdir(pathOf(directory.length && directory != ':default' ? directory : '/'));
  const error = execute('/sbin/sh', ['sh', '-c', 'exec ' + command], variables);
  say('svc.startd: /sbin/sh: ' + errorText(-error) + '\n');
  calls.exit(SMF_EXIT_ERR_FATAL);
}

function methodEnvironment(unit: Unit, group: PropertyGroup, context: PropertyGroup | null, name: string): string[] {
  const result: string[] = ['PATH=/usr/sbin:/usr/bin'];
  const own = environment();
  for (let i = 0; i < own.length; i++) if (own[i].startsWith('TZ=') || own[i].startsWith('LANG=')) result.push(own[i]);
  result.push('SMF_FMRI=' + unit.fmri);
  result.push('SMF_METHOD=' + name);
  result.push('SMF_RESTARTER=svc:/system/svc/restarter:default');
  result.push('SMF_ZONENAME=global');
  const sources: (PropertyGroup | null)[] = [context, group];
  for (let i = 0; i < sources.length; i++) {
    const source = sources[i];
    const list = source ? source.find('environment') : null;
    if (list) for (let k = 0; k < list.values.length; k++) result.push(list.values[k]);
  }
  return result;
}

/** Nothing, or what is wrong. */
function takeIdentity(user: string, group: string): string {
  if ((!user.length || user == 'root') && !group.length) return '';
  let account: User | null = null;
  if (user.length) {
    account = findUserByName(user);
    if (!account) return 'no such user: ' + user;
  }
  let gid = account ? <i64>account.gid : 0;
  if (group.length) {
    const found = findGroupByName(group);
    if (!found) return 'no such group: ' + group;
    gid = found.gid;
  }
  if (calls.setgid(<i32>gid) < 0) return 'cannot set the group';
  if (account && calls.setuid(<i32>account.uid) < 0) return 'cannot set the user';
  return '';
}

/** Is the refresh method there at all? */
export function hasRefresh(unit: Unit): bool {
  return findGroup(unit.instance.running, methodName(REFRESH)) != null;
}
