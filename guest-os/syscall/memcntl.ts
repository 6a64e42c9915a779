// SPDX-License-Identifier: MIT
/** @fileoverview System call 131, memcntl: what msync, mlock, munlock, mlockall, munlockall and madvise are made of. */
import { USER_END } from 'machine/addresses';
import { Segment } from '../kernel/memory/segment';
import { EAGAIN, EINVAL, ENOMEM, EPERM, setError } from '../kernel/errno';
import { PRIV_PROC_LOCK_MEMORY } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { isUser } from '../kernel/memory/user';

/** <sys/mman.h> */
const MC_SYNC: i32 = 1;
const MC_LOCK: i32 = 2;
const MC_UNLOCK: i32 = 3;
const MC_ADVISE: i32 = 4;
const MC_LOCKAS: i32 = 5;
const MC_UNLOCKAS: i32 = 6;
const MS_ASYNC: u64 = 1;
const MS_INVALIDATE: u64 = 2;
const MS_SYNC: u64 = 4;
const MCL_CURRENT: u64 = 1;
const MCL_FUTURE: u64 = 2;
/** The highest MADV_: PURGE. */
const MADV_MOST: u64 = 9;
const MADV_FREE: u64 = 5;

/** Locked pages come at once, do not go to swap, and count (zone.max-locked-memory). */
export function memcntl(at: u64, length: u64, command: i32, argument: u64, attributes: i32, mask: i32): i64 {
  const process = currentProcess();
  const space = process.space!;
  if (mask || attributes) return setError(EINVAL);
  if (command == MC_LOCKAS || command == MC_UNLOCKAS) {
    if (at || length) return setError(EINVAL);
    if (!process.credentials.has(PRIV_PROC_LOCK_MEMORY)) return setError(EPERM);
    if (command == MC_LOCKAS && (!argument || argument & ~(MCL_CURRENT | MCL_FUTURE))) return setError(EINVAL);
    space.locksFuture = command == MC_LOCKAS && (argument & MCL_FUTURE) != 0;
    if (command == MC_UNLOCKAS) return space.setLocked(0, USER_END, false);
    if (!(argument & MCL_CURRENT)) return 0;
    const error = space.setLocked(0, USER_END, true);
    if (error) return error;
    let segment: Segment | null = space.first;
    while (segment) {
      if (space.touch(segment.start, segment.end) == -ENOMEM) return setError(EAGAIN);
      segment = segment.next;
    }
    return 0;
  }
  if (at & 4095) return setError(EINVAL);
  if (!isUser(at, length)) return setError(ENOMEM);
  const end = (at + length + 4095) & ~4095;
  if (command == MC_SYNC) {
    if (argument & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) return setError(EINVAL);
    if ((argument & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC)) return setError(EINVAL);
    return space.sync(at, end);
  }
  if (command == MC_ADVISE) {
    if (argument > MADV_MOST) return setError(EINVAL);
    if (!space.covers(at, end)) return setError(ENOMEM);
    // All other advice is about what comes from disks, or goes there.
    if (argument == MADV_FREE) space.discard(at, end);
    return 0;
  }
  if (command != MC_LOCK && command != MC_UNLOCK) return setError(EINVAL);
  if (!process.credentials.has(PRIV_PROC_LOCK_MEMORY)) return setError(EPERM);
  if (!space.covers(at, end)) return setError(ENOMEM);
  const error = space.setLocked(at, end, command == MC_LOCK);
  if (error) return error;
  return command == MC_LOCK && space.touch(at, end) ? setError(EAGAIN) : 0;
}
