// SPDX-License-Identifier: MIT
/** @fileoverview svcadm(8): change the states of services */
/** @manual
 * DESCRIPTION
 * Asks the service management facility for a change, and returns; with -s it waits until the instance is in its new state. Instances are
 * named by FMRI, by an abbreviation of it, or by a pattern of the shell's kind.
 *
 * SUBCOMMANDS
 *   enable [-rst]    The instance shall run. -r: also all that it depends on. -t: until the next boot only.
 *   disable [-st]    It shall not run.
 *   restart          It is stopped and started again if it runs.
 *   refresh          Its current properties become those it runs with; its refresh method is called.
 *   clear            It leaves maintenance, or is no longer degraded.
 *   mark [-t] state  It is put into the state maintenance or degraded.
 *   milestone name   Only what this milestone needs shall run: none, all, or a milestone's FMRI.
 *
 * EXIT STATUS
 *   0   what was asked for has been passed on, or with -s has happened
 *   1   it could not be
 *   2   wrong usage
 *   3   with -s: the instance came into maintenance, or its dependencies are not satisfied
 *
 * EXAMPLES
 *   svcadm restart utmp
 *   svcadm enable -s site/mine
 *
 * SEE ALSO
 * svcs(1), svccfg(8), svc.startd(8), smf(7)
 */
import { say } from '../../lib/io';
import { sleepFor } from '../../lib/process';
import { ask, problem } from '../../lib/smf/door';
import { Instance, Repository } from '../../lib/smf/repository';
import { fetchRepository, instancesFor, isPattern } from './_client';
import { runInZone } from './_zone';

export const USAGE: string =
  'svcadm [-z zone] enable [-rst] service ...\n' +
  'svcadm disable [-st] service ...\n' +
  'svcadm restart service ...\n' +
  'svcadm refresh service ...\n' +
  'svcadm clear service ...\n' +
  'svcadm mark [-t] state service ...\n' +
  'svcadm milestone milestone';

/** How often -s looks. */
const INTERVAL: u64 = 50000000;

function usage(): i32 {
  say('usage: ' + USAGE.replaceAll('\n', '\n       ') + '\n');
  return 2;
}

export function main(args: string[]): i32 {
  const elsewhere = runInZone(args);
  if (elsewhere >= 0) return elsewhere;
  if (args.length < 2) return usage();
  const command = args[1];
  let flags = '';
  let first = 2;
  for (; first < args.length && args[first].startsWith('-') && args[first].length > 1; first++) flags += args[first].substring(1);
  const allowed = command == 'enable' ? 'rst' : command == 'disable' ? 'st' : command == 'mark' ? 't' : '';
  for (let i = 0; i < flags.length; i++) if (!allowed.includes(flags.charAt(i))) return usage();
  if (first >= args.length) return usage();
  if (command == 'milestone') return args.length == first + 1 ? toMilestone(args[first]) : usage();
  let state = '';
  if (command == 'mark') {
    state = args[first++];
    if ((state != 'maintenance' && state != 'degraded') || first >= args.length) return usage();
  } else if (!['enable', 'disable', 'restart', 'refresh', 'clear'].includes(command)) return usage();
  const repository = fetchRepository('svcadm');
  if (!repository) return 1;
  let result = 0;
  const chosen: Instance[] = [];
  for (let i = first; i < args.length; i++) result = max(result, choose(repository, args[i], chosen));
  if (flags.includes('r')) addDependencies(repository, chosen);
  for (let i = 0; i < chosen.length; i++) result = max(result, change(command, flags, state, chosen[i]));
  if (!flags.includes('s') || result) return result;
  for (let i = 0; i < chosen.length; i++) result = max(result, awaitState(chosen[i].fmri, command == 'enable'));
  return result;
}

function choose(repository: Repository, pattern: string, chosen: Instance[]): i32 {
  const found = instancesFor(repository, pattern);
  if (!found.length) {
    say("svcadm: Pattern '" + pattern + "' doesn't match any instances\n");
    return 1;
  }
  if (found.length > 1 && !isPattern(pattern)) {
    let text = "svcadm: Pattern '" + pattern + "' matches multiple instances:\n";
    for (let i = 0; i < found.length; i++) text += '        ' + found[i].fmri + '\n';
    say(text);
    return 1;
  }
  for (let i = 0; i < found.length; i++) chosen.push(found[i]);
  return 0;
}

/** Instances that those chosen need, and theirs. */
function addDependencies(repository: Repository, chosen: Instance[]): void {
  const all = repository.instances();
  for (let i = 0; i < chosen.length; i++) {
    const groups = chosen[i].running;
    for (let g = 0; g < groups.length; g++) {
      const entities = groups[g].type == 'dependency' ? groups[g].find('entities') : null;
      const grouping = groups[g].find('grouping');
      if (!entities || (grouping && grouping.value != 'require_all')) continue;
      for (let k = 0; k < all.length; k++) {
        const named = entities.values.includes(all[k].fmri) || entities.values.includes(all[k].service.fmri);
        if (named && !chosen.includes(all[k])) chosen.push(all[k]);
      }
    }
  }
}

function passOn(request: string, instance: Instance): i32 {
  if (ask(request) != null) return 0;
  say('svcadm: ' + instance.fmri + ': ' + problem + '\n');
  return 1;
}

function change(command: string, flags: string, state: string, instance: Instance): i32 {
  const fmri = instance.fmri;
  if (command == 'enable' || command == 'disable') {
    const value = command == 'enable' ? 'true' : 'false';
    if (flags.includes('t'))
      return passOn('edit\nset\t' + fmri + '\tgeneral_ovr\tframework\tN\tenabled\tboolean\t' + value + '\n', instance);
    let request = 'edit\nset\t' + fmri + '\tgeneral\tframework\t\tenabled\tboolean\t' + value + '\n';
    if (instance.overridden().length) request += 'delpg\t' + fmri + '\tgeneral_ovr\n';
    return passOn(request, instance);
  }
  if (command == 'refresh') return passOn('refresh\t' + fmri + '\n', instance);
  if (command == 'clear') {
    if (instance.state != 'maintenance' && instance.state != 'degraded') {
      say('svcadm: Instance "' + fmri + '" is not in a maintenance or degraded state.\n');
      return 1;
    }
    return passOn('action\t' + fmri + '\tmaint_off\n', instance);
  }
  const action = command == 'restart' ? 'restart' : state == 'maintenance' ? 'maint_on' : 'degrade';
  return passOn('action\t' + fmri + '\t' + action + '\n', instance);
}

/** Until the instance is where it shall be, or will not come there. */
function awaitState(fmri: string, up: bool): i32 {
  while (true) {
    const repository = fetchRepository('svcadm');
    const instance = repository ? repository.findInstance(fmri) : null;
    if (!instance) return 1;
    const state = instance.nextState == 'none' ? instance.state : '';
    if (up ? state == 'online' || state == 'degraded' : state == 'disabled' || state == 'maintenance') return 0;
    if (up && state == 'maintenance') {
      say('svcadm: Instance "' + fmri + '" is in maintenance state.\n');
      return 3;
    }
    if (up && state == 'offline' && isStuck(repository!, instance)) {
      say('svcadm: Instance "' + fmri + '" has unsatisfied dependencies.\n');
      return 3;
    }
    sleepFor(INTERVAL);
  }
}

/** Does it wait for something that nobody has enabled? */
function isStuck(repository: Repository, instance: Instance): bool {
  const groups = instance.running;
  const all = repository.instances();
  for (let g = 0; g < groups.length; g++) {
    const entities = groups[g].type == 'dependency' ? groups[g].find('entities') : null;
    const grouping = groups[g].find('grouping');
    if (!entities || !grouping || grouping.value != 'require_all') continue;
    for (let i = 0; i < entities.values.length; i++) {
      let possible = entities.values[i].startsWith('file:');
      for (let k = 0; k < all.length; k++) {
        const named = entities.values[i] == all[k].fmri || entities.values[i] == all[k].service.fmri;
        if (named && all[k].isEnabled && all[k].state != 'maintenance') possible = true;
      }
      if (!possible) return true;
    }
  }
  return false;
}

function toMilestone(name: string): i32 {
  if (name != 'all' && name != 'none') {
    const repository = fetchRepository('svcadm');
    if (!repository) return 1;
    const found = instancesFor(repository, name);
    if (found.length != 1 || !found[0].service.name.startsWith('milestone/')) {
      say('svcadm: "' + name + '" is not a milestone.\n');
      return 1;
    }
    name = found[0].fmri;
  }
  if (ask('milestone\t' + name + '\n') != null) return 0;
  say('svcadm: ' + problem + '\n');
  return 1;
}
