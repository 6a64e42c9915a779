// SPDX-License-Identifier: MIT
/** @fileoverview System call 115, mmap: a new range of memory: zeros, or a view of a file. */
import { USER_END } from 'machine/addresses';
import { BREAK_LIMIT } from '../kernel/memory/addressSpace';
import { PROT_WRITE, Segment } from '../kernel/memory/segment';
import { AnonymousMemory } from '../kernel/memory/anonymous';
import { S_IFREG } from '../fs/vnode';
import { EACCES, EINVAL, ENODEV, ENOMEM, failure, setError } from '../kernel/errno';
import { heapHasRoom } from '../kernel/memory/heapRoom';
import { PAGE } from '../kernel/memory/frames';
import { currentProcess } from '../kernel/process/processes';
import { Process } from '../kernel/process/process';

const MAP_SHARED: i32 = 1;
const MAP_PRIVATE: i32 = 2;
const MAP_TYPE: i32 = 15;
const MAP_FIXED: i32 = 0x10;
const MAP_NORESERVE: i32 = 0x40;
const MAP_ANON: i32 = 0x100;
const MASK: u64 = 4095;

export function mmap(at: u64, length: u64, prot: i32, flags: i32, descriptor: i32, offset: u64): i64 {
  const process = currentProcess();
  const space = process.space!;
  const kind = flags & MAP_TYPE;
  if (!length || (kind != MAP_SHARED && kind != MAP_PRIVATE) || offset & MASK || prot & ~7) return setError(EINVAL);
  if (length >= USER_END) return setError(ENOMEM);
  if (offset > (<u64>1) << 62) return setError(EINVAL);
  const size = (length + MASK) & ~MASK;
  let start = at;
  if (flags & MAP_FIXED) {
    if (at & MASK || at < PAGE || at >= USER_END || size > USER_END - at) return setError(at & MASK ? EINVAL : ENOMEM);
    // Linear memory must be followed by nothing: compiled code reaches that far.
    if (at < BREAK_LIMIT * 2 && at + size > BREAK_LIMIT) return setError(ENOMEM);
  } else {
    start = space.findRange(size);
    if (!start) return setError(ENOMEM);
  }
  const segment = new Segment(start, start + size, prot);
  segment.shared = kind == MAP_SHARED;
  let error = flags & MAP_ANON ? attachZeros(segment, size) : attachFile(process, segment, descriptor, offset);
  if (!error) {
    space.unmap(start, start + size);
    error = space.map(segment, !(flags & MAP_NORESERVE));
  }
  if (!error) return <i64>start;
  const vnode = segment.vnode;
  if (vnode && !space.segmentAt(start)) vnode.release();
  return error;
}

function attachZeros(segment: Segment, size: u64): i32 {
  if (!segment.shared) return 0;
  const memory = heapHasRoom() ? AnonymousMemory.create(size, currentProcess().space!.memory) : null;
  if (!memory) return setError(ENOMEM);
  memory.hold();
  segment.vnode = memory;
  return 0;
}

function attachFile(process: Process, segment: Segment, descriptor: i32, offset: u64): i32 {
  const file = process.file(descriptor);
  if (!file) return setError(failure);
  if (!file.readers) return setError(EACCES);
  if (file.vnode.type != S_IFREG) return setError(ENODEV);
  if (segment.shared && !file.writers) {
    if (segment.prot & PROT_WRITE) return setError(EACCES);
    segment.most &= ~PROT_WRITE;
  }
  file.vnode.hold();
  segment.vnode = file.vnode;
  segment.offset = offset;
  segment.fileEnd = segment.end;
  return 0;
}
