// SPDX-License-Identifier: MIT
/**
 * @fileoverview svcs -x: what does not run though it should, why, where to read on, and what else does not run because of it.
 *
 * A cause is an instance in maintenance, or offline for something that will not come by itself. Instances that only wait for a cause are its
 * impact. Reasons and their identifiers are illumos's (SMF-8000-…).
 */
import { status } from '../../lib/files';
import { out } from '../../lib/io';
import { Instance, PropertyGroup } from '../../lib/smf/repository';
import { commonName, longTime, sortInstances, stateTime } from './_client';
import { Place } from './_place';

/** `chosen`: explain these, whatever their state; null: what is wrong. `separated`: something has been said before. Was anything said? */
export function explain(from: Place, chosen: Instance[] | null, verbose: bool, saysZone: bool, separated: bool): bool {
  place = from;
  const all = place.repository.instances();
  let shown: Instance[] = [];
  if (chosen) shown = chosen;
  else for (let i = 0; i < all.length; i++) if (isCause(all[i], all)) shown.push(all[i]);
  sortInstances(shown);
  for (let i = 0; i < shown.length; i++) {
    if (i || separated) out('\n');
    explainOne(shown[i], all, verbose, saysZone);
  }
  return shown.length > 0;
}

/** Where the instances are that are explained. */
let place: Place = new Place('', '');

function isDown(instance: Instance): bool {
  return instance.state != 'online' && instance.state != 'degraded';
}

/** Does it fail by itself, or for a dependency that nobody will bring? */
function isCause(instance: Instance, all: Instance[]): bool {
  if (instance.state == 'maintenance') return true;
  if (instance.state == 'disabled') return !instance.isEnabled ? isMissed(instance, all) : false;
  if (instance.state != 'offline' || instance.nextState != 'none') return false;
  return missing(instance, all).length > 0;
}

/** A disabled one that an enabled one needs. */
function isMissed(instance: Instance, all: Instance[]): bool {
  for (let i = 0; i < all.length; i++) if (all[i].state == 'offline' && needs(all[i], instance)) return true;
  return false;
}

function groupsOf(instance: Instance): PropertyGroup[] {
  const result: PropertyGroup[] = [];
  for (let i = 0; i < instance.running.length; i++)
    if (instance.running[i].type == 'dependency') result.push(instance.running[i]);
  return result;
}

function valueOf(group: PropertyGroup, name: string): string {
  const property = group.find(name);
  return property ? property.value : '';
}

function needs(instance: Instance, other: Instance): bool {
  const groups = groupsOf(instance);
  for (let i = 0; i < groups.length; i++) {
    const entities = groups[i].find('entities');
    const grouping = valueOf(groups[i], 'grouping');
    if (!entities || (grouping != 'require_all' && grouping != 'require_any')) continue;
    if (entities.values.includes(other.fmri) || entities.values.includes(other.service.fmri)) return true;
  }
  return false;
}

/** A dependency that is not there at all, or a file that does not exist; nothing: none such. */
function missing(instance: Instance, all: Instance[]): string {
  const groups = groupsOf(instance);
  for (let i = 0; i < groups.length; i++) {
    const entities = groups[i].find('entities');
    if (!entities || valueOf(groups[i], 'grouping') != 'require_all') continue;
    for (let k = 0; k < entities.values.length; k++) {
      const entity = entities.values[k];
      if (entity.startsWith('file:')) {
        const path = entity.substring(entity.startsWith('file://localhost') ? 16 : 7);
        if (!status(place.root + path, true)) return 'Dependency file://localhost' + path + ' is absent.';
        continue;
      }
      let there = false;
      for (let a = 0; a < all.length; a++) if (all[a].fmri == entity || all[a].service.fmri == entity) there = true;
      if (!there) return 'Dependency ' + entity + ' is absent.';
    }
  }
  return '';
}

function explainOne(instance: Instance, all: Instance[], verbose: bool, saysZone: bool): void {
  const name = commonName(instance);
  out(instance.fmri + ' (' + (name.length ? name : '?') + ')\n');
  if (saysZone) out('  Zone: ' + place.zone + '\n');
  out(' State: ' + instance.state + ' since ' + longTime(stateTime(instance)) + '\n');
  const why = reason(instance, all);
  if (why.length) {
    out('Reason: ' + why[0] + '\n');
    if (why.length > 1) out('   See: http://illumos.org/msg/' + why[1] + '\n');
  }
  const groups = instance.running;
  for (let i = 0; i < groups.length; i++) {
    if (!groups[i].name.startsWith('tm_man_')) continue;
    out('   See: man -M /usr/share/man -s ' + valueOf(groups[i], 'section') + ' ' + valueOf(groups[i], 'title') + '\n');
  }
  if (status(place.logPath(instance), true)) out('   See: ' + place.logPath(instance) + '\n');
  out(impact(instance, all, verbose));
}

/** Reason and message identifier; nothing where all is well. */
function reason(instance: Instance, all: Instance[]): string[] {
  const state = instance.state;
  const auxiliary = instance.get('restarter', 'auxiliary_state');
  if (state == 'maintenance') {
    if (auxiliary == 'restarting_too_quickly') return ['Restarting too quickly.', 'SMF-8000-L5'];
    if (auxiliary == 'administrative_request') return ['Maintenance requested by an administrator.', 'SMF-8000-63'];
    if (auxiliary == 'method_failed_fatal') return ['Start method exited with $SMF_EXIT_ERR_FATAL.', 'SMF-8000-KS'];
    if (auxiliary == 'method_failed_config') return ['Start method exited with $SMF_EXIT_ERR_CONFIG.', 'SMF-8000-KS'];
    if (auxiliary == 'method_timed_out') return ['Start method timed out repeatedly.', 'SMF-8000-KS'];
    if (auxiliary.startsWith('method_failed_')) {
      const status = <i32>I32.parseInt(auxiliary.substring(14));
      if (status > 128)
        return ['Start method failed repeatedly, last died on signal ' + (status - 128).toString() + '.', 'SMF-8000-KS'];
      return ['Start method failed repeatedly, last exited with status ' + status.toString() + '.', 'SMF-8000-KS'];
    }
    return ['Method failed.', 'SMF-8000-8Q'];
  }
  if (state == 'disabled')
    return [
      instance.overridden().length ? 'Temporarily disabled by an administrator.' : 'Disabled by an administrator.',
      instance.overridden().length ? 'SMF-8000-1S' : 'SMF-8000-05',
    ];
  if (state == 'uninitialized')
    return ['Restarter svc:/system/svc/restarter:default has not initialized service state.', 'SMF-8000-4D'];
  if (state == 'degraded') return ['Degraded by an administrator.', 'SMF-8000-VE'];
  if (state != 'offline') return [];
  if (instance.nextState != 'none') return ['Start method is running.', 'SMF-8000-C4'];
  const absent = missing(instance, all);
  if (absent.length) return [absent, 'SMF-8000-E2'];
  for (let i = 0; i < all.length; i++) {
    if (!needs(instance, all[i]) || !isDown(all[i])) continue;
    const other = all[i].state;
    if (other == 'disabled') return ['Service ' + all[i].fmri + ' is disabled.', 'SMF-8000-GE'];
    if (other == 'maintenance') return ['Service ' + all[i].fmri + ' is in maintenance.', 'SMF-8000-R4'];
    return ['Service ' + all[i].fmri + ' is not running.', 'SMF-8000-NP'];
  }
  return ['Unknown.', 'SMF-8000-AR'];
}

function impact(instance: Instance, all: Instance[], verbose: bool): string {
  if (!isDown(instance)) return 'Impact: None.\n';
  const hit: Instance[] = [instance];
  for (let at = 0; at < hit.length; at++) {
    for (let i = 0; i < all.length; i++) {
      if (all[i].isEnabled && isDown(all[i]) && needs(all[i], hit[at]) && !hit.includes(all[i])) hit.push(all[i]);
    }
  }
  hit.shift();
  if (!hit.length) return 'Impact: This service is not running.\n';
  sortInstances(hit);
  const one = hit.length == 1;
  const count = hit.length.toString() + ' dependent service' + (one ? ' is' : 's are') + ' not running';
  if (!verbose) return 'Impact: ' + count + '.  (Use -v for list.)\n';
  let text = 'Impact: ' + count + ':\n';
  for (let i = 0; i < hit.length; i++) text += '        ' + hit[i].fmri + '\n';
  return text;
}
