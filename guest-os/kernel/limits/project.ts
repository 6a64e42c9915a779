// SPDX-License-Identifier: MIT
/**
 * @fileoverview Projects (project(5)): groups of processes in a zone, by a number, that resource controls limit together. As on illumos the same number in
 * another zone is another project.
 *
 * A project is there while a process is in it, or a control of it has another value than the usual one; the zone it lies in takes it along.
 * It and its zone count their processes (zombies too: they have a pid) and threads as they come, move and go, so that fork need not look at all.
 */
import { RCTL_MAX_MSG_IDS, RCTL_MAX_SHM_IDS, UNLIMITED } from './rctl';
import { globalZone, Zone } from '../zone/zone';

/** Of ids of System V IPC, if nobody has said anything else. */
const USUAL_IDS: u64 = 128;

function usual(control: i32): u64 {
  return control >= RCTL_MAX_SHM_IDS && control <= RCTL_MAX_MSG_IDS ? USUAL_IDS : UNLIMITED;
}

export class Project {
  processes: i32 = 0;
  threads: i32 = 0;
  private readonly limits: Map<i32, u64> = new Map<i32, u64>();

  constructor(
    readonly zone: Zone,
    readonly id: i32,
  ) {}

  /** More of them, or fewer. */
  count(processes: i32, threads: i32): void {
    this.processes += processes;
    this.threads += threads;
    this.zone.processes += processes;
    this.zone.threads += threads;
    if (!this.processes && !this.limits.size) forget(this);
  }

  /** The value of a resource control; {@link UNLIMITED} where there is none. */
  limit(control: i32): u64 {
    return this.limits.has(control) ? this.limits.get(control) : usual(control);
  }
  setLimit(control: i32, value: u64): void {
    if (value != usual(control)) this.limits.set(control, value);
    else this.limits.delete(control);
  }
}

const projects: Project[] = [];

/** By zone and number; a new one if there is none. */
export function projectOf(zone: Zone, id: i32): Project {
  for (let i = 0; i < projects.length; i++) if (projects[i].zone == zone && projects[i].id == id) return projects[i];
  const project = new Project(zone, id);
  projects.push(project);
  return project;
}
/** What everything begins in. */
export function systemProject(): Project {
  return projectOf(globalZone, 0);
}

/** Of a zone that has gone, and left a zombie, it is forgotten already. */
function forget(project: Project): void {
  const at = projects.indexOf(project);
  if (at >= 0) projects.splice(at, 1);
}

/** A zone is no more, and of its processes at most zombies are. */
export function removeProjects(zone: Zone): void {
  for (let i = projects.length - 1; i >= 0; i--) if (projects[i].zone == zone) projects.splice(i, 1);
}
