// SPDX-License-Identifier: MIT
/**
 * @fileoverview Shared memory of System V. A segment is memory without a file (kernel/memory/anonymous.ts), promised when it is made, which counts for the swap of its
 * zone and, page by page as it is touched, for its physical memory. It lives until it is removed and nobody has it attached.
 *
 * zone.max-shm-memory and project.max-shm-memory limit the bytes of segments, as long as they live: more is EINVAL; max-shm-ids their number: ENOSPC.
 *
 * An attachment is what mappings of a space have one and the same beginning of the memory: how many there are is counted when somebody asks. Left out:
 * large pages and locking by SHM_SHARE_MMU (it attaches like any other), the time of detaching by an exit.
 */
import { AddressSpace } from '../memory/addressSpace';
import { PROT_READ, PROT_WRITE, Segment } from '../memory/segment';
import { AnonymousMemory, Charge } from '../memory/anonymous';
import { EAGAIN, EINVAL, EMFILE, ENOMEM, EPERM, failure, setError, setFailure } from '../errno';
import { PAGE } from '../memory/frames';
import { PRIV_PROC_LOCK_MEMORY } from '../process/privilege';
import { currentProcess, processList } from '../process/processes';
import { Process } from '../process/process';
import { RCTL_MAX_SHM_IDS, RCTL_MAX_SHM_MEMORY } from '../limits/rctl';
import { Zone, zoneOf } from '../zone/zone';
import { Facility, IpcObject, now } from './objects';

export const sharedMemory = new Facility(RCTL_MAX_SHM_IDS);

/** Bytes of a segment that lives. */
class ShmCharge extends Charge {
  constructor(
    readonly zone: Zone,
    readonly project: i32,
    readonly bytes: u64,
  ) {
    super();
    charges.push(this);
  }
  end(): void {
    charges.splice(charges.indexOf(this), 1);
  }
}
const charges: ShmCharge[] = [];

/** Bytes that a zone has of segments, or a project in it unless that is -1. */
export function sharedBytes(zone: Zone, project: i32): u64 {
  let bytes: u64 = 0;
  for (let i = 0; i < charges.length; i++)
    if (charges[i].zone == zone && (project < 0 || charges[i].project == project)) bytes += charges[i].bytes;
  return bytes;
}

export class SharedMemory extends IpcObject {
  lastPid: i32 = 0;
  readonly creatorPid: i32 = currentProcess().pid;
  attachedAt: i64 = 0;
  detachedAt: i64 = 0;
  isLocked: bool = false;

  constructor(
    readonly size: u64,
    readonly memory: AnonymousMemory,
  ) {
    super();
    memory.hold();
  }

  get pages(): u64 {
    return (this.size + PAGE - 1) / PAGE;
  }
  remove(): void {
    this.unlock();
    this.memory.release();
  }

  /** Brings all pages. 0, -EPERM, or -EAGAIN: the zone may not lock so many. */
  lock(): i32 {
    if (!currentProcess().credentials.has(PRIV_PROC_LOCK_MEMORY)) return setError(EPERM);
    if (this.isLocked) return 0;
    const zone = zoneOf(this.zoneid).memory;
    if (!zone.lock(this.pages)) return setError(EAGAIN);
    this.isLocked = true;
    this.memory.isLocked = true;
    for (let offset: u64 = 0; offset < this.size; offset += PAGE)
      if (!this.memory.page(offset, true, true)) {
        this.unlock();
        return setError(EAGAIN);
      }
    return 0;
  }
  unlock(): void {
    if (this.isLocked) zoneOf(this.zoneid).memory.locked -= this.pages;
    this.isLocked = false;
    this.memory.isLocked = false;
  }

  /** In how many places it is attached. */
  get attachments(): u64 {
    const list = processList();
    const seen: AddressSpace[] = [];
    let count: u64 = 0;
    for (let i = 0; i < list.length; i++) {
      const space = list[i].space;
      // Between vfork and exec two processes have one space.
      if (!space || seen.includes(space)) continue;
      seen.push(space);
      let last: u64 = 0;
      let segment = space.first;
      while (segment) {
        const start = segment.vnode == this.memory ? segment.start - segment.offset : last;
        if (start != last) count++;
        last = start;
        segment = segment.next;
      }
    }
    return count;
  }

  /** Maps it. The address, or -EMFILE, -ENOMEM. */
  attach(process: Process, at: u64, readOnly: bool): i64 {
    const space = process.space!;
    const bytes = this.pages * PAGE;
    const start = at ? at : space.findRange(bytes);
    if (!start) return setError(ENOMEM);
    const segment = new Segment(start, start + bytes, readOnly ? PROT_READ : PROT_READ | PROT_WRITE);
    segment.shared = true;
    if (readOnly) segment.most &= ~PROT_WRITE;
    segment.vnode = this.memory;
    segment.fileEnd = segment.end;
    this.memory.hold();
    if (space.map(segment)) {
      const error = failure;
      if (!space.segmentAt(start)) this.memory.release();
      return setError(error == ENOMEM ? ENOMEM : EMFILE);
    }
    this.lastPid = process.pid;
    this.attachedAt = now();
    return <i64>start;
  }
}

/** A new segment; null: EINVAL (its size), ENOMEM. */
export function createSharedMemory(size: u64): SharedMemory | null {
  const process = currentProcess();
  const project = process.project;
  const zone = project.zone;
  const bytes = (size + PAGE - 1) & ~(<u64>PAGE - 1);
  const ofProject = project.limit(RCTL_MAX_SHM_MEMORY);
  let error = EINVAL;
  if (size && bytes >= size && sharedBytes(zone, -1) + bytes <= zone.limit(RCTL_MAX_SHM_MEMORY)) {
    if (sharedBytes(zone, project.id) + bytes <= ofProject) {
      // More than there is of memory is not tried: its table of leaves alone would take some.
      const memory = bytes < MOST ? AnonymousMemory.create(bytes, zone.memory) : null;
      if (memory) {
        memory.charge = new ShmCharge(zone, project.id, bytes);
        return new SharedMemory(size, memory);
      }
      error = ENOMEM;
    }
  }
  setFailure(error);
  return null;
}
const MOST: u64 = (<u64>1) << 36;

/** shmdt: what begins there goes. 0, or -EINVAL. */
export function detach(process: Process, at: u64): i32 {
  const space = process.space!;
  const first = space.segmentAt(at);
  const memory = first && first.start == at && !first.offset ? first.vnode : null;
  if (!memory || !(memory instanceof AnonymousMemory) || !(memory as AnonymousMemory).charge) return setError(EINVAL);
  const list = sharedMemory.visible();
  for (let i = 0; i < list.length; i++) {
    const one = list[i] as SharedMemory;
    if (one.memory != memory) continue;
    one.lastPid = process.pid;
    one.detachedAt = now();
  }
  memory.hold();
  let segment = space.first;
  while (segment) {
    const next = segment.next;
    if (segment.vnode == memory && segment.start - segment.offset == at) space.unmap(segment.start, segment.end);
    segment = next;
  }
  memory.release();
  return 0;
}
