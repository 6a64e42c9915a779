// SPDX-License-Identifier: MIT
/**
 * @fileoverview How many processes and threads there may be: of the system, of a zone, of a project, of a user.
 *
 * The system's own limits come from memory: every thread has a kernel stack of 28 KiB, so an eighth of memory is what all stacks may take.
 * The others are resource controls (rctl.ts), which ask here for the use.
 */
import { totalFrames } from './frames';
import { PRIV_SYS_RESOURCE } from './privilege';
import { Process, processList, ZOMBIE } from './process';
import { projectLimit, RCTL_MAX_LWPS, RCTL_MAX_PROCESSES, zoneLimit } from './rctl';
import { threadCount } from './thread';
import { zoneOf } from './zone';

const STACK_FRAMES: u32 = 7;
const MOST: u32 = 16000;
/** Processes that are kept for those with PRIV_SYS_RESOURCE, so that one can still log in and look. */
const RESERVED: i32 = 5;

/** Threads that the system can have (v.v_proc is the same number here). */
export function maxThreads(): i32 {
  return <i32>min<u32>(totalFrames() / 8 / STACK_FRAMES, MOST);
}

export function mayHaveMoreProcesses(parent: Process): bool {
  const spare = maxThreads() - threadCount();
  if (spare <= (parent.credentials.has(PRIV_SYS_RESOURCE) ? 0 : RESERVED)) return false;
  const zone = parent.credentials.zoneid;
  if (zoneOf(zone).isEnding) return false;
  const zoneProcesses = zoneLimit(zone, RCTL_MAX_PROCESSES);
  const projectProcesses = projectLimit(parent.project, RCTL_MAX_PROCESSES);
  if (zoneProcesses && processesOf(zone, -1) >= zoneProcesses) return false;
  if (projectProcesses && processesOf(zone, parent.project) >= projectProcesses) return false;
  return mayHaveMoreThreads(parent);
}

export function mayHaveMoreThreads(process: Process): bool {
  if (threadCount() >= maxThreads()) return false;
  const zone = process.credentials.zoneid;
  const zoneLwps = zoneLimit(zone, RCTL_MAX_LWPS);
  const projectLwps = projectLimit(process.project, RCTL_MAX_LWPS);
  if (zoneLwps && lwpsOf(zone, -1) >= zoneLwps) return false;
  return !projectLwps || lwpsOf(zone, process.project) < projectLwps;
}

/** Processes of a zone, and of a project in it unless that is -1. Zombies count: they have a pid. */
export function processesOf(zone: i32, project: i32): u64 {
  let count: u64 = 0;
  const list = processList();
  for (let i = 0; i < list.length; i++) {
    if (list[i].credentials.zoneid == zone && (project < 0 || list[i].project == project)) count++;
  }
  return count;
}

export function lwpsOf(zone: i32, project: i32): u64 {
  let count: u64 = 0;
  const list = processList();
  for (let i = 0; i < list.length; i++) {
    const process = list[i];
    if (process.state == ZOMBIE || process.credentials.zoneid != zone) continue;
    if (project < 0 || process.project == project) count += process.threads.length;
  }
  return count;
}
