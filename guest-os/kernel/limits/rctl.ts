// SPDX-License-Identifier: MIT
/**
 * @fileoverview Resource controls (resource_controls(7)): named limits of processes, projects and zones.
 *
 * Each control here is one that the kernel enforces; others do not exist, and asking for one is EINVAL. process.* controls are the process's
 * limits under another name: the basic value is the soft limit, the privileged one the hard; those of System V IPC have a basic value only if somebody sets one. Projects and zones have one privileged value
 * each, or none; projects (project.ts) and zones keep them themselves. Above them is the system's value, which nobody changes. How much is in use
 * says resource.ts.
 *
 * A control is one row of {@link CONTROLS}; where a zone's is enforced stands beside its number below.
 */
import { EINVAL, EPERM, setError } from '../errno';
import {
  LIMIT_MSG_MESSAGES,
  LIMIT_MSG_QBYTES,
  LIMIT_SEM_NSEMS,
  LIMIT_SEM_OPS,
  RLIM_INFINITY,
  RLIM_NLIMITS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_DATA,
  RLIMIT_FSIZE,
  RLIMIT_NOFILE,
  RLIMIT_STACK,
  RLIMIT_VMEM,
} from './limits';
import { PRIV_SYS_RESOURCE } from '../process/privilege';
import { Process } from '../process/process';
import { watchCpuLimit } from '../time/timers';

export const ENTITY_PROCESS: i32 = 0;
export const ENTITY_PROJECT: i32 = 2;
export const ENTITY_ZONE: i32 = 3;

/** fork and lwp_create ask (resource.ts). */
export const RCTL_MAX_LWPS: i32 = 0;
export const RCTL_MAX_PROCESSES: i32 = 1;
/** The dispatcher asks (fairShare.ts). */
export const RCTL_CPU_SHARES: i32 = 2;
export const RCTL_CPU_CAP: i32 = 3;
/** Promises, frames and locks ask (zoneMemory.ts). */
export const RCTL_MAX_SWAP: i32 = 4;
export const RCTL_MAX_PHYSICAL_MEMORY: i32 = 5;
export const RCTL_MAX_LOCKED_MEMORY: i32 = 6;
/** ZFS asks (zoneIo.ts). */
export const RCTL_ZFS_IO_PRIORITY: i32 = 7;
/** System V IPC asks (ipc/). */
export const RCTL_MAX_SHM_MEMORY: i32 = 8;
export const RCTL_MAX_SHM_IDS: i32 = 9;
export const RCTL_MAX_SEM_IDS: i32 = 10;
export const RCTL_MAX_MSG_IDS: i32 = 11;
/** How many there are of zones and projects. */
export const RCTLS: i32 = 12;

/** Global flags (<sys/rctl.h>): what holds for all values of a control. */
export const RCTL_GLOBAL_NOBASIC: u32 = 0x80000000;
export const RCTL_GLOBAL_DENY_ALWAYS: u32 = 0x20000000;
export const RCTL_GLOBAL_DENY_NEVER: u32 = 0x10000000;
export const RCTL_GLOBAL_SIGNAL_NEVER: u32 = 0x02000000;
export const RCTL_GLOBAL_INFINITE: u32 = 0x01000000;
export const RCTL_GLOBAL_BYTES: u32 = 0x00400000;
export const RCTL_GLOBAL_SECONDS: u32 = 0x00200000;
export const RCTL_GLOBAL_COUNT: u32 = 0x00100000;

/** An unlimited value, as all of a rctl_qty_t: nobody has set one. */
export const UNLIMITED: u64 = 0xffffffffffffffff;
const MAXIMUM: u64 = 0x7fffffff;
/** FSS_MAXSHARES, and MAXCAP of caps.h. */
const MAX_SHARES: u64 = 65535;
const MAX_CAP: u64 = 0xffffffff;
/** <sys/ipc_impl.h> */
const IPC_IDS_MAX: u64 = 1 << 24;
/** SHRT_MAX, as on illumos, also of operations at a time: their list lies in the kernel's heap. */
const SEM_MOST: u64 = 32767;
/** What a queue bears: its messages are looked through one by one, and move when one is taken. illumos has no such bounds. */
const QBYTES_MOST: u64 = 16 << 20;
const MESSAGES_MOST: u64 = 65536;
/** Of zone.zfs-io-priority, as on SmartOS. */
const MAX_IO_PRIORITY: u64 = 16384;
const DENIES: u32 = RCTL_GLOBAL_NOBASIC | RCTL_GLOBAL_DENY_ALWAYS | RCTL_GLOBAL_COUNT;
const WEIGHT: u32 = RCTL_GLOBAL_NOBASIC | RCTL_GLOBAL_DENY_NEVER | RCTL_GLOBAL_SIGNAL_NEVER | RCTL_GLOBAL_COUNT;
const BYTES: u32 = RCTL_GLOBAL_NOBASIC | RCTL_GLOBAL_DENY_ALWAYS | RCTL_GLOBAL_BYTES;

/** A control by name. `index`: a limit of the process, or one of the RCTL_ numbers. */
export class Control {
  constructor(
    readonly name: string,
    readonly entity: i32,
    readonly index: i32,
    /** The system's value: more than this nobody can have. */
    readonly most: u64,
    readonly flags: u32,
  ) {}

  /** A control that setrlimit(2) does not know has a basic value only if somebody has set one. */
  get basicIsOptional(): bool {
    return this.entity == ENTITY_PROCESS && this.index >= RLIM_NLIMITS;
  }
}

export const CONTROLS: Control[] = [
  new Control('process.max-address-space', ENTITY_PROCESS, RLIMIT_VMEM, UNLIMITED, RCTL_GLOBAL_DENY_ALWAYS | RCTL_GLOBAL_BYTES),
  new Control('process.max-file-descriptor', ENTITY_PROCESS, RLIMIT_NOFILE, MAXIMUM, RCTL_GLOBAL_DENY_ALWAYS | RCTL_GLOBAL_COUNT),
  new Control('process.max-core-size', ENTITY_PROCESS, RLIMIT_CORE, UNLIMITED, RCTL_GLOBAL_DENY_ALWAYS | RCTL_GLOBAL_BYTES),
  new Control('process.max-stack-size', ENTITY_PROCESS, RLIMIT_STACK, UNLIMITED, RCTL_GLOBAL_DENY_ALWAYS | RCTL_GLOBAL_BYTES),
  new Control('process.max-data-size', ENTITY_PROCESS, RLIMIT_DATA, UNLIMITED, RCTL_GLOBAL_DENY_ALWAYS | RCTL_GLOBAL_BYTES),
  new Control('process.max-file-size', ENTITY_PROCESS, RLIMIT_FSIZE, UNLIMITED, RCTL_GLOBAL_DENY_ALWAYS | RCTL_GLOBAL_BYTES),
  new Control(
    'process.max-cpu-time',
    ENTITY_PROCESS,
    RLIMIT_CPU,
    UNLIMITED,
    RCTL_GLOBAL_INFINITE | RCTL_GLOBAL_DENY_NEVER | RCTL_GLOBAL_SECONDS,
  ),
  new Control('process.max-sem-nsems', ENTITY_PROCESS, LIMIT_SEM_NSEMS, SEM_MOST, RCTL_GLOBAL_DENY_ALWAYS | RCTL_GLOBAL_COUNT),
  new Control('process.max-sem-ops', ENTITY_PROCESS, LIMIT_SEM_OPS, SEM_MOST, RCTL_GLOBAL_DENY_ALWAYS | RCTL_GLOBAL_COUNT),
  new Control(
    'process.max-msg-qbytes',
    ENTITY_PROCESS,
    LIMIT_MSG_QBYTES,
    QBYTES_MOST,
    RCTL_GLOBAL_DENY_ALWAYS | RCTL_GLOBAL_BYTES,
  ),
  new Control(
    'process.max-msg-messages',
    ENTITY_PROCESS,
    LIMIT_MSG_MESSAGES,
    MESSAGES_MOST,
    RCTL_GLOBAL_DENY_ALWAYS | RCTL_GLOBAL_COUNT,
  ),
  new Control('project.max-lwps', ENTITY_PROJECT, RCTL_MAX_LWPS, MAXIMUM, DENIES),
  new Control('project.max-processes', ENTITY_PROJECT, RCTL_MAX_PROCESSES, MAXIMUM, DENIES),
  new Control('project.max-shm-memory', ENTITY_PROJECT, RCTL_MAX_SHM_MEMORY, UNLIMITED, BYTES),
  new Control('project.max-shm-ids', ENTITY_PROJECT, RCTL_MAX_SHM_IDS, IPC_IDS_MAX, DENIES),
  new Control('project.max-sem-ids', ENTITY_PROJECT, RCTL_MAX_SEM_IDS, IPC_IDS_MAX, DENIES),
  new Control('project.max-msg-ids', ENTITY_PROJECT, RCTL_MAX_MSG_IDS, IPC_IDS_MAX, DENIES),
  new Control('zone.max-shm-memory', ENTITY_ZONE, RCTL_MAX_SHM_MEMORY, UNLIMITED, BYTES),
  new Control('zone.max-shm-ids', ENTITY_ZONE, RCTL_MAX_SHM_IDS, IPC_IDS_MAX, DENIES),
  new Control('zone.max-sem-ids', ENTITY_ZONE, RCTL_MAX_SEM_IDS, IPC_IDS_MAX, DENIES),
  new Control('zone.max-msg-ids', ENTITY_ZONE, RCTL_MAX_MSG_IDS, IPC_IDS_MAX, DENIES),
  new Control('zone.max-lwps', ENTITY_ZONE, RCTL_MAX_LWPS, MAXIMUM, DENIES),
  new Control('zone.max-processes', ENTITY_ZONE, RCTL_MAX_PROCESSES, MAXIMUM, DENIES),
  new Control('zone.cpu-shares', ENTITY_ZONE, RCTL_CPU_SHARES, MAX_SHARES, WEIGHT),
  new Control('zone.cpu-cap', ENTITY_ZONE, RCTL_CPU_CAP, MAX_CAP, RCTL_GLOBAL_INFINITE | RCTL_GLOBAL_SIGNAL_NEVER | DENIES),
  new Control('zone.max-swap', ENTITY_ZONE, RCTL_MAX_SWAP, UNLIMITED, BYTES),
  new Control('zone.max-physical-memory', ENTITY_ZONE, RCTL_MAX_PHYSICAL_MEMORY, UNLIMITED, BYTES),
  new Control('zone.zfs-io-priority', ENTITY_ZONE, RCTL_ZFS_IO_PRIORITY, MAX_IO_PRIORITY, WEIGHT),
  new Control('zone.max-locked-memory', ENTITY_ZONE, RCTL_MAX_LOCKED_MEMORY, UNLIMITED, BYTES),
];

export function controlNamed(name: string): Control | null {
  for (let i = 0; i < CONTROLS.length; i++) if (CONTROLS[i].name == name) return CONTROLS[i];
  return null;
}

/** Other limits of a process: -EINVAL where the soft one is above the hard one, -EPERM to raise that without PRIV_SYS_RESOURCE. */
export function setLimit(process: Process, resource: i32, soft: u64, hard: u64): i32 {
  if (soft > hard && (resource < RLIM_NLIMITS || soft < RLIM_INFINITY)) return setError(EINVAL);
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
