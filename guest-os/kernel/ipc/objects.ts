// SPDX-License-Identifier: MIT
/**
 * @fileoverview What shared memory, semaphores and message queues of System V have in common: objects that processes find by a key or an id.
 *
 * A facility is one {@link Facility}: shm, sem or msg. An object belongs to the zone, and the project, of who has made it. Keys are looked up in the
 * caller's zone; an id means nothing in other zones, but in the global one it means every zone's. An id is a slot in the facility's table and a
 * generation, so that one of an object that is gone does not mean the next one. Zones take what they have left with them.
 *
 * Permissions are POSIX.1-2017's (XSI, 2.7.1): the mode's bits for the owner or creator, the groups of the two, and others; {PRIV_IPC_DAC_READ},
 * {PRIV_IPC_DAC_WRITE} and {PRIV_IPC_OWNER} stand in for them.
 *
 * An object that is removed is found no more; who waits for it gets EIDRM. Interrupts stay on: one processor is in the kernel, and a thread in it
 * runs until it waits.
 */
import { wallTime } from '../time/clock';
import { EACCES, EEXIST, EFAULT, EINVAL, ENOENT, ENOSPC, EPERM, setError, setFailure } from '../errno';
import { heapHasRoom } from '../memory/heapRoom';
import { PRIV_IPC_DAC_READ, PRIV_IPC_DAC_WRITE, PRIV_IPC_OWNER } from '../process/privilege';
import { currentProcess } from '../process/processes';
import { copyIn } from '../memory/user';

/** <sys/ipc.h> */
export const IPC_CREAT: i32 = 0o1000;
export const IPC_EXCL: i32 = 0o2000;
export const IPC_NOWAIT: i32 = 0o4000;
export const IPC_RMID: i32 = 10;
export const IPC_SET: i32 = 11;
export const IPC_STAT: i32 = 12;
const IPC_ALLOC: i32 = 0o100000;
const IPC_PRIVATE: i32 = 0;
/** Access: read, and write or alter. */
export const IPC_R: i32 = 0o400;
export const IPC_W: i32 = 0o200;
const RIGHTS: i32 = 0o777;

/** struct ipc_perm: uid, gid, cuid, cgid, mode, seq, key; what follows it in a structure is aligned to 8. */
const PERM: usize = 28;
const SLOTS: i32 = 1 << 16;
const GENERATIONS: i32 = 1 << 15;
/** Of a zone without a control. */
const MOST: u64 = 4096;

export abstract class IpcObject {
  id: i32 = 0;
  key: i32 = 0;
  uid: i32 = 0;
  gid: i32 = 0;
  creatorUid: i32 = 0;
  creatorGid: i32 = 0;
  mode: i32 = 0;
  zoneid: i32 = 0;
  project: i32 = 0;
  isRemoved: bool = false;
  /** Seconds since 1970. */
  changed: i64 = now();

  /** It is found no more. */
  abstract remove(): void;

  storePerm(to: usize): void {
    store<i32>(to, this.uid);
    store<i32>(to, this.gid, 4);
    store<i32>(to, this.creatorUid, 8);
    store<i32>(to, this.creatorGid, 12);
    store<i32>(to, this.mode | IPC_ALLOC, 16);
    store<i32>(to, this.id / SLOTS, 20);
    store<i32>(to, this.key, 24);
  }

  /** 0, or -EACCES: IPC_R, IPC_W, or both. */
  access(wanted: i32): i32 {
    const credentials = currentProcess().credentials;
    let shift = 0;
    if (credentials.euid != this.uid && credentials.euid != this.creatorUid)
      shift = credentials.isMember(this.gid) || credentials.isMember(this.creatorGid) ? 3 : 6;
    const missing = wanted & ~(this.mode << shift);
    if (missing & IPC_R && !credentials.has(PRIV_IPC_DAC_READ)) return setError(EACCES);
    if (missing & IPC_W && !credentials.has(PRIV_IPC_DAC_WRITE)) return setError(EACCES);
    return 0;
  }

  /** May the caller change and remove it? 0, or -EPERM. */
  mayOwn(): i32 {
    const credentials = currentProcess().credentials;
    if (credentials.euid == this.uid || credentials.euid == this.creatorUid || credentials.has(PRIV_IPC_OWNER)) return 0;
    return setError(EPERM);
  }

  /** IPC_SET: owner and mode from a structure that begins with a struct ipc_perm. */
  set(from: u64): i32 {
    if (copyIn(perm, from, PERM)) return setError(EFAULT);
    const error = this.mayOwn();
    if (error) return error;
    if (load<i32>(perm) < 0 || load<i32>(perm, 4) < 0) return setError(EINVAL);
    this.uid = load<i32>(perm);
    this.gid = load<i32>(perm, 4);
    this.mode = load<i32>(perm, 16) & RIGHTS;
    this.changed = now();
    return 0;
  }
}
const perm = memory.data(32, 8);

/** Seconds since 1970. */
export function now(): i64 {
  return <i64>(wallTime() / 1000000000);
}

export class Facility {
  private readonly slots: (IpcObject | null)[] = [];
  private readonly generations: i32[] = [];

  constructor(
    /** The resource control of how many there may be. */
    private readonly control: i32,
  ) {
    all.push(this);
  }

  /** By id, if the caller's zone knows it; null: EINVAL. */
  find(id: i32): IpcObject | null {
    const slot = id & (SLOTS - 1);
    const found = id >= 0 && slot < this.slots.length ? this.slots[slot] : null;
    if (found && found.id == id && currentProcess().credentials.sees(found.zoneid)) return found;
    setFailure(EINVAL);
    return null;
  }

  /**
   * What a get call finds by its key. Null: EACCES, EEXIST, ENOENT, ENOSPC; or 0: a new one is to be made, and then added.
   */
  get(key: i32, flags: i32): IpcObject | null {
    if (key != IPC_PRIVATE) {
      const found = this.byKey(key);
      if (found) {
        const wrong = (flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL) ? EEXIST : -found.access(flags & RIGHTS);
        setFailure(wrong);
        return wrong ? null : found;
      }
      if (!(flags & IPC_CREAT)) {
        setFailure(ENOENT);
        return null;
      }
    }
    setFailure(this.mayHaveMore() ? 0 : ENOSPC);
    return null;
  }
  private byKey(key: i32): IpcObject | null {
    const zoneid = currentProcess().credentials.zoneid;
    for (let i = 0; i < this.slots.length; i++) {
      const one = this.slots[i];
      if (one && one.key == key && one.zoneid == zoneid) return one;
    }
    return null;
  }
  private mayHaveMore(): bool {
    const project = currentProcess().project;
    const zoneid = project.zone.id;
    if (this.count(zoneid, -1) >= project.zone.limit(this.control)) return false;
    if (this.count(zoneid, project.id) >= project.limit(this.control)) return false;
    // Objects lie in the heap, which all zones share.
    return heapHasRoom() && this.count(zoneid, -1) < MOST && this.count(zoneid, -1, true) < <u64>SLOTS;
  }

  /** How many a zone has, or a project in it unless that is -1. */
  count(zoneid: i32, project: i32, everywhere: bool = false): u64 {
    let count: u64 = 0;
    for (let i = 0; i < this.slots.length; i++) {
      const one = this.slots[i];
      if (one && (everywhere || (one.zoneid == zoneid && (project < 0 || one.project == project)))) count++;
    }
    return count;
  }

  /** A new object is the caller's. Its id. */
  add(object: IpcObject, key: i32, flags: i32): i32 {
    const process = currentProcess();
    const credentials = process.credentials;
    object.key = key;
    object.mode = flags & RIGHTS;
    object.uid = credentials.euid;
    object.creatorUid = credentials.euid;
    object.gid = credentials.egid;
    object.creatorGid = credentials.egid;
    object.zoneid = credentials.zoneid;
    object.project = process.project.id;
    let slot = this.slots.indexOf(null);
    if (slot < 0) {
      slot = this.slots.length;
      this.slots.push(null);
      this.generations.push(0);
    }
    this.slots[slot] = object;
    object.id = this.generations[slot] * SLOTS + slot;
    return object.id;
  }

  /** IPC_RMID, and the end of a zone. */
  remove(object: IpcObject): void {
    const slot = object.id & (SLOTS - 1);
    this.slots[slot] = null;
    this.generations[slot] = (this.generations[slot] + 1) % GENERATIONS;
    object.isRemoved = true;
    object.remove();
  }

  /** Those that the caller's zone knows. */
  visible(): IpcObject[] {
    const credentials = currentProcess().credentials;
    const found: IpcObject[] = [];
    for (let i = 0; i < this.slots.length; i++) {
      const one = this.slots[i];
      if (one && credentials.sees(one.zoneid)) found.push(one);
    }
    return found;
  }
  removeZone(zoneid: i32): void {
    for (let i = 0; i < this.slots.length; i++) {
      const one = this.slots[i];
      if (one && one.zoneid == zoneid) this.remove(one);
    }
  }
}

const all: Facility[] = [];

/** A zone is no more, and with it what its processes have left. */
export function removeZoneIpc(zoneid: i32): void {
  for (let i = 0; i < all.length; i++) all[i].removeZone(zoneid);
}
