// SPDX-License-Identifier: MIT
/**
 * @fileoverview How many processes and threads there may be: of the system, of a zone, of a project, of a user.
 *
 * The system's own limits come from memory: every thread has a kernel stack of 28 KiB, so an eighth of memory is what all stacks may take.
 * The others are resource controls (rctl.ts), which ask here for the use.
 */
import { PAGE, totalFrames } from '../memory/frames';
import { PRIV_SYS_RESOURCE } from '../process/privilege';
import { Process } from '../process/process';
import { Project } from './project';
import {
  RCTL_CPU_CAP,
  RCTL_CPU_SHARES,
  RCTL_MAX_LOCKED_MEMORY,
  RCTL_MAX_LWPS,
  RCTL_MAX_PHYSICAL_MEMORY,
  RCTL_MAX_MSG_IDS,
  RCTL_MAX_PROCESSES,
  RCTL_MAX_SEM_IDS,
  RCTL_MAX_SHM_IDS,
  RCTL_MAX_SHM_MEMORY,
  RCTL_MAX_SWAP,
  RCTL_ZFS_IO_PRIORITY,
} from './rctl';
import { messageQueues } from '../ipc/messages';
import { semaphores } from '../ipc/semaphores';
import { sharedBytes, sharedMemory } from '../ipc/sharedMemory';
import { threadCount } from '../thread/threads';
import { Zone } from '../zone/zone';

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
  const project = parent.project;
  const zone = project.zone;
  if (zone.isEnding) return false;
  if (<u64>zone.processes >= zone.limit(RCTL_MAX_PROCESSES)) return false;
  if (<u64>project.processes >= project.limit(RCTL_MAX_PROCESSES)) return false;
  return mayHaveMoreThreads(parent);
}

export function mayHaveMoreThreads(process: Process): bool {
  if (threadCount() >= maxThreads()) return false;
  const project = process.project;
  if (<u64>project.zone.threads >= project.zone.limit(RCTL_MAX_LWPS)) return false;
  return <u64>project.threads < project.limit(RCTL_MAX_LWPS);
}

/** How much of what a control limits a zone has, or a project in it; null: all of the zone. */
export function usageOf(control: i32, zone: Zone, owner: Project | null): u64 {
  const project = owner ? owner.id : -1;
  switch (control) {
    case RCTL_MAX_LWPS:
      return owner ? owner.threads : zone.threads;
    case RCTL_MAX_PROCESSES:
      return owner ? owner.processes : zone.processes;
    case RCTL_CPU_SHARES:
      return zone.share.shares;
    case RCTL_ZFS_IO_PRIORITY:
      return zone.io.priority;
    case RCTL_MAX_SHM_MEMORY:
      return sharedBytes(zone, project);
    case RCTL_MAX_SHM_IDS:
      return sharedMemory.count(zone.id, project);
    case RCTL_MAX_SEM_IDS:
      return semaphores.count(zone.id, project);
    case RCTL_MAX_MSG_IDS:
      return messageQueues.count(zone.id, project);
    case RCTL_CPU_CAP:
      return zone.share.recent;
    case RCTL_MAX_SWAP:
      return zone.memory.swap * PAGE;
    case RCTL_MAX_PHYSICAL_MEMORY:
      return zone.memory.resident * PAGE;
    case RCTL_MAX_LOCKED_MEMORY:
      return zone.memory.locked * PAGE;
  }
  return 0;
}
