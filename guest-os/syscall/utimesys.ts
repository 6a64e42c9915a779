// SPDX-License-Identifier: MIT
/** @fileoverview System call 110, utimesys: a file's access and modification times: 0 futimens (descriptor), 1 utimensat (path). */
import { AT_SYMLINK_NOFOLLOW, fileAt } from '../fs/names';
import { ACE_WRITE_ATTRIBUTES } from '../fs/acl';
import { checkAccess, mayAsOwner, W_OK } from '../fs/policy';
import { Vnode } from '../fs/vnode';
import { wallTime } from '../kernel/time/clock';
import { EACCES, EINVAL, EPERM, EROFS, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { copyIn } from '../kernel/memory/user';

const NANOSECONDS: u64 = 1000000000;
const UTIME_NOW: u64 = <u64>-1;
const UTIME_OMIT: u64 = <u64>-2;
/** Two struct timespecs. */
const times = memory.data(32, 8);

export function utimesys(subcode: i32, descriptor: i32, b: u64, c: u64, flags: i32): i64 {
  if (subcode == 0) {
    const file = currentProcess().file(descriptor);
    return file ? setTimes(file.vnode, b) : setError(failure);
  }
  if (subcode != 1 || flags & ~AT_SYMLINK_NOFOLLOW) return setError(EINVAL);
  // Without a path: the descriptor itself.
  if (!b) {
    const file = currentProcess().file(descriptor);
    return file ? setTimes(file.vnode, c) : setError(failure);
  }
  const vnode = fileAt(descriptor, b, !flags);
  if (!vnode) return setError(failure);
  const error = setTimes(vnode, c);
  vnode.release();
  return error;
}

function setTimes(vnode: Vnode, from: u64): i32 {
  const credentials = currentProcess().credentials;
  if (from) {
    const error = copyIn(times, from, 32);
    if (error) return error;
  }
  const accessed = from ? load<u64>(times, 8) : UTIME_NOW;
  const modified = from ? load<u64>(times, 24) : UTIME_NOW;
  // What follows may wait for a disk, and others use the words then.
  const accessedSeconds = load<u64>(times);
  const modifiedSeconds = load<u64>(times, 16);
  if (!isTime(accessed) || !isTime(modified)) return setError(EINVAL);
  if (accessed == UTIME_OMIT && modified == UTIME_OMIT) return 0;
  if (vnode.isReadOnly) return setError(EROFS);
  if (!mayAsOwner(vnode, ACE_WRITE_ATTRIBUTES, credentials)) {
    // Who may write may say that it is new, but not that it is old.
    if (accessed != UTIME_NOW || modified != UTIME_NOW) return setError(EPERM);
    if (checkAccess(vnode, W_OK, credentials)) return setError(EACCES);
  }
  const attributes = vnode.attributes();
  const now = wallTime();
  return vnode.setTimes(
    timeOf(accessed, accessedSeconds, now, attributes.accessed),
    timeOf(modified, modifiedSeconds, now, attributes.modified),
  );
}

function isTime(nanoseconds: u64): bool {
  return nanoseconds < NANOSECONDS || nanoseconds == UTIME_NOW || nanoseconds == UTIME_OMIT;
}

function timeOf(nanoseconds: u64, seconds: u64, now: u64, before: u64): u64 {
  if (nanoseconds == UTIME_NOW) return now;
  if (nanoseconds == UTIME_OMIT) return before;
  return seconds * NANOSECONDS + nanoseconds;
}
