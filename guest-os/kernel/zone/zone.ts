// SPDX-License-Identifier: MIT
/**
 * @fileoverview Zones (zones(7)): what each of them is. How they come and go: zoneLife.ts.
 *
 * A zone is a name, a root directory, a set of privileges that nobody in it exceeds, and the processes whose credentials carry its id.
 * It has states of its own, as illumos's zone_status_t counts them: INITIALIZED (zone_create has made it), READY (it has file systems),
 * BOOTING, RUNNING (its init executes), SHUTTING_DOWN (its processes are being killed), EMPTY, DOWN (only destroying it is left).
 *
 * The global zone is there from the beginning, with id 0; it sees into all others ({@link Credentials.sees}), and none of them out.
 */
import { Vnode } from '../../fs/vnode';
import { Brand, nativeBrand } from '../brand/brand';
import { GLOBAL_ZONE } from '../process/credentials';
import { EINVAL, setFailure } from '../errno';
import { PRIV_ALL, PrivilegeSet } from '../process/privilege';
import { FairShare, newShare } from '../thread/fairShare';
import { Kstat } from '../kstat';
import {
  RCTL_CPU_CAP,
  RCTL_CPU_SHARES,
  RCTL_MAX_LOCKED_MEMORY,
  RCTL_MAX_PHYSICAL_MEMORY,
  RCTL_MAX_SWAP,
  RCTL_ZFS_IO_PRIORITY,
  RCTLS,
  UNLIMITED,
} from '../limits/rctl';
import { DEFAULT_IO_PRIORITY, ZoneIo } from './zoneIo';
import { pagesOf, ZoneMemory } from './zoneMemory';
import { WaitQueue } from '../thread/waitQueue';

export const ZONE_IS_INITIALIZED: i32 = 1;
export const ZONE_IS_READY: i32 = 2;
export const ZONE_IS_BOOTING: i32 = 3;
export const ZONE_IS_RUNNING: i32 = 4;
export const ZONE_IS_SHUTTING_DOWN: i32 = 5;
export const ZONE_IS_EMPTY: i32 = 6;
export const ZONE_IS_DOWN: i32 = 7;

/** Of a zone whose zone.cpu-shares nobody has set. */
const DEFAULT_SHARES: u64 = 1;
/** MAX_ZONEID. */
const MAX_ID: i32 = 9999;

/** What a process inside has asked for (uadmin), for whoever runs the zone. */
export const NOTHING_ASKED: i32 = 0;
export const HALT_ASKED: i32 = 1;
export const REBOOT_ASKED: i32 = 2;

/** HW_INVALID_HOSTID */
export const NO_HOSTID: u32 = 0xffffffff;

export class Zone {
  status: i32 = ZONE_IS_INITIALIZED;
  hostName: string = '';
  initName: string = '/sbin/init';
  bootArguments: string = '';
  /** What hostid(1) says in it; {@link NO_HOSTID}: the same as in the global zone. */
  hostid: u32 = NO_HOSTID;
  private own: Brand | null = null;
  /** Of ZFS, which it may change and see, with all below them (zfs/dsl/caller.ts). */
  datasets: string[] = [];
  /** Has an IP instance of its own (ip-type=exclusive), once there is IP. */
  exclusiveIp: bool = false;
  /** Types of file systems that it may mount besides those which all zones may (fs/mount.ts). */
  fsAllowed: string[] = [];
  /** 0: it has none, now. */
  initPid: i32 = 0;
  /** Why its init could not be executed: an errno. */
  bootError: i32 = 0;
  asked: i32 = NOTHING_ASKED;
  /** When its init was started last, in nanoseconds of uptime, and how often it has ended soon after that. */
  initStarted: u64 = 0;
  quickEnds: i32 = 0;
  /** How many it has, as its projects count them (project.ts). */
  processes: i32 = 0;
  threads: i32 = 0;
  /** Values of its resource controls, by number (rctl.ts). */
  private readonly limits: StaticArray<u64> = new StaticArray<u64>(RCTLS);
  /** What it has of the processor. */
  readonly share: FairShare = newShare();
  /** What it has of memory. */
  readonly memory: ZoneMemory;
  /** What it has of ZFS. */
  readonly io: ZoneIo;
  /** What /dev/kstat tells of it (zoneKstats.ts). */
  readonly kstats: Kstat[] = [];
  /** The status has changed, or a process of it has ended. */
  readonly news: WaitQueue = new WaitQueue();

  constructor(
    readonly id: i32,
    readonly name: string,
    /** Held; null for the global zone, whose root is the system's. */
    readonly root: Vnode | null,
    /** As the global zone sees it; '' for the global zone: what lies in a zone has this in front of its path. */
    readonly rootPath: string,
    readonly privileges: PrivilegeSet,
    /** Unlike ids, never used again. */
    readonly uniqueId: u64,
  ) {
    this.memory = new ZoneMemory(id);
    this.io = new ZoneIo(id == GLOBAL_ZONE);
    for (let i = 0; i < RCTLS; i++) this.limits[i] = UNLIMITED;
  }

  /** How its programs talk to the kernel. */
  get brand(): Brand {
    const brand = this.own;
    return brand ? brand : nativeBrand();
  }
  set brand(brand: Brand) {
    this.own = brand;
  }

  /** The value of a resource control; UNLIMITED: none. */
  limit(control: i32): u64 {
    return this.limits[control];
  }
  setLimit(control: i32, value: u64): void {
    this.limits[control] = value;
    if (control == RCTL_CPU_SHARES) this.share.setShares(value == UNLIMITED ? DEFAULT_SHARES : max<u64>(value, 1));
    else if (control == RCTL_MAX_SWAP) this.memory.swapLimit = pagesOf(value);
    else if (control == RCTL_MAX_PHYSICAL_MEMORY) this.memory.residentLimit = pagesOf(value);
    else if (control == RCTL_MAX_LOCKED_MEMORY) this.memory.lockedLimit = pagesOf(value);
    else if (control == RCTL_ZFS_IO_PRIORITY) this.io.setPriority(value == UNLIMITED ? DEFAULT_IO_PRIORITY : max<u64>(value, 1));
    else if (control == RCTL_CPU_CAP) this.share.setCap(value == UNLIMITED ? 0 : max<u64>(value, 1));
  }

  /** Its processes are to end, or have. */
  get isEnding(): bool {
    return this.status >= ZONE_IS_SHUTTING_DOWN;
  }
  become(status: i32): void {
    this.status = status;
    // What ends shall not be kept waiting for its end.
    if (status == ZONE_IS_SHUTTING_DOWN) this.share.setCap(0);
    this.news.wakeAll();
  }
}

let made: u64 = 0;
export const globalZone: Zone = new Zone(GLOBAL_ZONE, 'global', null, '', PRIV_ALL, made++);
const zones: Zone[] = [globalZone];
/** The same by id: it is asked at every look-up of a path. */
const byId: (Zone | null)[] = [globalZone];
let lastId: i32 = GLOBAL_ZONE;

/** In the order of their making. */
export function zoneList(): Zone[] {
  return zones;
}

/** By id; null: EINVAL. */
export function findZone(id: i32): Zone | null {
  const zone = <u32>id < <u32>byId.length ? byId[id] : null;
  if (!zone) setFailure(EINVAL);
  return zone;
}
/** By name; null: EINVAL. */
export function zoneNamed(name: string): Zone | null {
  for (let i = 0; i < zones.length; i++) if (zones[i].name == name) return zones[i];
  setFailure(EINVAL);
  return null;
}

/** Whose processes these credentials' are: there is one while there is a process. */
export function zoneOf(id: i32): Zone {
  const zone = findZone(id);
  return zone ? zone : globalZone;
}

/** The zone in whose root a path of the global zone lies; the global one if in none. */
export function zoneAt(path: string): Zone {
  for (let i = 1; i < zones.length; i++)
    if (path == zones[i].rootPath || path.startsWith(zones[i].rootPath + '/')) return zones[i];
  return globalZone;
}

/** A path of the global zone as a zone that it lies in sees it. */
export function pathIn(zone: Zone, path: string): string {
  const rest = path.substring(zone.rootPath.length);
  return rest.length ? rest : '/';
}

/** Enters a zone into the list. */
export function addZone(name: string, root: Vnode, rootPath: string, privileges: PrivilegeSet): Zone {
  do lastId = lastId < MAX_ID ? lastId + 1 : 1;
  while (findZone(lastId));
  const zone = new Zone(lastId, name, root, rootPath, privileges, made++);
  zones.push(zone);
  while (byId.length <= lastId) byId.push(null);
  byId[lastId] = zone;
  return zone;
}
export function removeZone(zone: Zone): void {
  zones.splice(zones.indexOf(zone), 1);
  byId[zone.id] = null;
}
