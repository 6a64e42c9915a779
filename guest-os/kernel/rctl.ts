// SPDX-License-Identifier: MIT
/**
 * @fileoverview Resource controls (resource_controls(7)): named limits of processes, projects and zones.
 *
 * Each control here is one that the kernel enforces; others do not exist, and asking for one is EINVAL. process.* controls are the process's
 * limits under another name: the basic value is the soft limit, the privileged one the hard. Projects and zones keep their values here, by
 * id; 0 is no limit. How much is in use is counted when somebody asks.
 */
import { EINVAL, EPERM, setError } from './errno';
import {
  RLIM_INFINITY,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_DATA,
  RLIMIT_FSIZE,
  RLIMIT_NOFILE,
  RLIMIT_STACK,
  RLIMIT_VMEM,
} from './limits';
import { PRIV_SYS_RESOURCE } from './privilege';
import { Process } from './process';
import { watchCpuLimit } from './timers';

export const ENTITY_PROCESS: i32 = 0;
export const ENTITY_PROJECT: i32 = 2;
export const ENTITY_ZONE: i32 = 3;

export const RCTL_MAX_LWPS: i32 = 0;
export const RCTL_MAX_PROCESSES: i32 = 1;

/** A control by name. `index`: a limit of the process, or one of the RCTL_ numbers. */
export class Control {
  constructor(
    readonly name: string,
    readonly entity: i32,
    readonly index: i32,
  ) {}
}

export const CONTROLS: Control[] = [
  new Control('process.max-address-space', ENTITY_PROCESS, RLIMIT_VMEM),
  new Control('process.max-file-descriptor', ENTITY_PROCESS, RLIMIT_NOFILE),
  new Control('process.max-core-size', ENTITY_PROCESS, RLIMIT_CORE),
  new Control('process.max-stack-size', ENTITY_PROCESS, RLIMIT_STACK),
  new Control('process.max-data-size', ENTITY_PROCESS, RLIMIT_DATA),
  new Control('process.max-file-size', ENTITY_PROCESS, RLIMIT_FSIZE),
  new Control('process.max-cpu-time', ENTITY_PROCESS, RLIMIT_CPU),
  new Control('project.max-lwps', ENTITY_PROJECT, RCTL_MAX_LWPS),
  new Control('project.max-processes', ENTITY_PROJECT, RCTL_MAX_PROCESSES),
  new Control('zone.max-lwps', ENTITY_ZONE, RCTL_MAX_LWPS),
  new Control('zone.max-processes', ENTITY_ZONE, RCTL_MAX_PROCESSES),
];

export function controlNamed(name: string): Control | null {
  for (let i = 0; i < CONTROLS.length; i++) if (CONTROLS[i].name == name) return CONTROLS[i];
  return null;
}

/** Values by `id << 8 | control`. */
const projects: Map<i32, u64> = new Map<i32, u64>();
const zones: Map<i32, u64> = new Map<i32, u64>();

function lookUp(values: Map<i32, u64>, id: i32, control: i32): u64 {
  const key = (id << 8) | control;
  return values.has(key) ? values.get(key) : 0;
}
function setValue(values: Map<i32, u64>, id: i32, control: i32, value: u64): void {
  const key = (id << 8) | control;
  if (value && value < RLIM_INFINITY) values.set(key, value);
  else values.delete(key);
}

export function projectLimit(project: i32, control: i32): u64 {
  return lookUp(projects, project, control);
}
export function setProjectLimit(project: i32, control: i32, value: u64): void {
  setValue(projects, project, control, value);
}
export function zoneLimit(zone: i32, control: i32): u64 {
  return lookUp(zones, zone, control);
}
export function setZoneLimit(zone: i32, control: i32, value: u64): void {
  setValue(zones, zone, control, value);
}
/** A zone has gone, and its limits with it. */
export function forgetZone(zone: i32): void {
  for (let i = 0; i < CONTROLS.length; i++) if (CONTROLS[i].entity == ENTITY_ZONE) setZoneLimit(zone, CONTROLS[i].index, 0);
}

/** Other limits of a process: -EINVAL where the soft one is above the hard one, -EPERM to raise that without PRIV_SYS_RESOURCE. */
export function setLimit(process: Process, resource: i32, soft: u64, hard: u64): i32 {
  if (soft > hard) return setError(EINVAL);
  if (hard > process.limits.hard(resource) && !process.credentials.has(PRIV_SYS_RESOURCE)) return setError(EPERM);
  process.limits.set(resource, soft, hard);
  const space = process.space;
  if (space) {
    space.stackLimit = process.limits.soft(RLIMIT_STACK);
    space.sizeLimit = process.limits.soft(RLIMIT_VMEM);
    space.dataLimit = process.limits.soft(RLIMIT_DATA);
  }
  if (resource == RLIMIT_CPU) watchCpuLimit(process);
  return 0;
}
