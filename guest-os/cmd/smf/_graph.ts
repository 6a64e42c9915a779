// SPDX-License-Identifier: MIT
/**
 * @fileoverview Dependencies (smf(7)): which instances a group names, whether it is satisfied, who follows whom.
 *
 * A dependency on a service means any of its instances. One on a file is satisfied while the file exists. What is not there at all satisfies
 * optional_all and exclude_all only.
 */
import { status } from '../../lib/files';
import { PropertyGroup } from '../../lib/smf/repository';
import { BY_ERROR, BY_REFRESH, BY_RESTART, Unit } from './_unit';

export class Graph {
  readonly units: Map<string, Unit> = new Map<string, Unit>();
  /** Instances that the milestone allows; null: all. */
  allowed: Set<string> | null = null;

  list(): Unit[] {
    return this.units.values();
  }
  find(fmri: string): Unit | null {
    return this.units.has(fmri) ? this.units.get(fmri) : null;
  }

  /** By FMRI of a service or an instance. */
  named(fmri: string): Unit[] {
    const result: Unit[] = [];
    const one = this.find(fmri);
    if (one) result.push(one);
    if (one || fmri.lastIndexOf(':') > 4) return result;
    const all = this.units.values();
    for (let i = 0; i < all.length; i++) if (all[i].instance.service.fmri == fmri) result.push(all[i]);
    return result;
  }

  /** Shall it run? */
  wanted(unit: Unit): bool {
    const allowed = this.allowed;
    if (allowed && !allowed.has(unit.fmri)) return false;
    return unit.instance.isEnabled;
  }

  satisfied(unit: Unit): bool {
    const groups = unit.dependencies();
    for (let i = 0; i < groups.length; i++) if (!this.groupSatisfied(groups[i])) return false;
    return true;
  }

  groupSatisfied(group: PropertyGroup): bool {
    const grouping = valueOf(group, 'grouping');
    const entities = group.find('entities');
    if (!entities) return true;
    let any = false;
    for (let i = 0; i < entities.values.length; i++) {
      const good = this.entitySatisfied(entities.values[i], grouping);
      if (good && grouping == 'require_any') any = true;
      if (!good && grouping != 'require_any') return false;
    }
    return any || grouping != 'require_any';
  }

  private entitySatisfied(entity: string, grouping: string): bool {
    if (entity.startsWith('file:')) {
      const exists = status(filePath(entity), true) != null;
      return grouping == 'exclude_all' ? !exists : grouping == 'optional_all' || exists;
    }
    const units = this.named(entity);
    let up = false;
    let coming = false;
    for (let i = 0; i < units.length; i++) {
      const unit = units[i];
      if (unit.isUp && this.stays(unit)) up = true;
      else if (this.wanted(unit) && unit.state != 'maintenance') coming = true;
    }
    if (grouping == 'exclude_all') return !up && !coming;
    return up || (grouping == 'optional_all' && !coming);
  }

  /** Not on its way down. */
  private stays(unit: Unit): bool {
    return this.wanted(unit) && !unit.failed && !unit.restartWanted && !unit.maintenanceWanted.length && unit.next == 'none';
  }

  /** Units with a dependency on this one whose restart_on is at least `reason`; 0: any. */
  dependents(unit: Unit, reason: i32): Unit[] {
    const result: Unit[] = [];
    const all = this.units.values();
    for (let i = 0; i < all.length; i++) {
      const groups = all[i].dependencies();
      for (let k = 0; k < groups.length; k++) {
        const group = groups[k];
        if (valueOf(group, 'grouping') == 'exclude_all' || !names(group, unit)) continue;
        if (reason && !follows(valueOf(group, 'restart_on'), reason)) continue;
        result.push(all[i]);
        break;
      }
    }
    return result;
  }

  /** Everything that a milestone needs, itself included. */
  closure(fmri: string): Set<string> {
    const found = new Set<string>();
    const open = this.named(fmri);
    // Whatever runs, the restarter does.
    const restarter = this.find('svc:/system/svc/restarter:default');
    if (restarter) open.push(restarter);
    while (open.length) {
      const unit = open.pop();
      if (found.has(unit.fmri)) continue;
      found.add(unit.fmri);
      const groups = unit.dependencies();
      for (let i = 0; i < groups.length; i++) {
        const entities = groups[i].find('entities');
        if (!entities || valueOf(groups[i], 'grouping') == 'exclude_all') continue;
        for (let k = 0; k < entities.values.length; k++) {
          const units = this.named(entities.values[k]);
          for (let u = 0; u < units.length; u++) open.push(units[u]);
        }
      }
    }
    return found;
  }
}

function valueOf(group: PropertyGroup, name: string): string {
  const property = group.find(name);
  return property ? property.value : '';
}

/** file://localhost/path, file:///path */
export function filePath(entity: string): string {
  const rest = entity.startsWith('file://localhost') ? entity.substring(16) : entity.substring(5);
  return rest.startsWith('//') ? rest.substring(2) : rest;
}

function names(group: PropertyGroup, unit: Unit): bool {
  const entities = group.find('entities');
  if (!entities) return false;
  return entities.values.includes(unit.fmri) || entities.values.includes(unit.instance.service.fmri);
}

function follows(restartOn: string, reason: i32): bool {
  if (restartOn == 'refresh') return true;
  if (restartOn == 'restart') return reason == BY_ERROR || reason == BY_RESTART;
  return restartOn == 'error' && reason == BY_ERROR && reason != BY_REFRESH;
}
