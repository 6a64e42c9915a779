// SPDX-License-Identifier: MIT
/** @fileoverview System call 115, mmap: a new range of memory: zeros, or a private view of a file. */
import { USER_END } from 'machine/addresses';
import { BREAK_LIMIT, Segment } from '../kernel/addressSpace';
import { S_IFREG } from '../fs/vnode';
import { EINVAL, ENOMEM, ENOSYS, EACCES, failure, setError } from '../kernel/errno';
import { PAGE } from '../kernel/frames';
import { currentProcess } from '../kernel/process';

const MAP_SHARED: i32 = 1;
const MAP_PRIVATE: i32 = 2;
const MAP_TYPE: i32 = 15;
const MAP_FIXED: i32 = 0x10;
const MAP_ANON: i32 = 0x100;
const MASK: u64 = 4095;

export function mmap(at: u64, length: u64, prot: i32, flags: i32, descriptor: i32, offset: u64): i64 {
  const process = currentProcess();
  const space = process.space!;
  const kind = flags & MAP_TYPE;
  if (!length || length >= USER_END || (kind != MAP_SHARED && kind != MAP_PRIVATE) || offset & MASK) return setError(EINVAL);
  // Sharing is not there yet: nothing else may be promised.
  if (kind == MAP_SHARED) return setError(ENOSYS);
  const size = (length + MASK) & ~MASK;
  let start = at;
  if (flags & MAP_FIXED) {
    if (at & MASK || at < PAGE || at >= USER_END || size > USER_END - at) return setError(EINVAL);
    // Linear memory must be followed by nothing: compiled code reaches that far.
    if (at < BREAK_LIMIT * 2 && at + size > BREAK_LIMIT) return setError(EINVAL);
  } else {
    start = space.findRange(size);
    if (!start) return setError(ENOMEM);
  }
  const segment = new Segment(start, start + size, prot & 7);
  if (!(flags & MAP_ANON)) {
    const file = process.file(descriptor);
    if (!file) return setError(failure);
    if (!file.readers || file.vnode.type != S_IFREG) return setError(EACCES);
    file.vnode.hold();
    segment.vnode = file.vnode;
    segment.offset = offset;
    const fileSize = file.vnode.attributes().size;
    segment.fileEnd = start + (fileSize > offset ? min(fileSize - offset, size) : 0);
  }
  space.unmap(start, start + size);
  space.add(segment);
  return <i64>start;
}
