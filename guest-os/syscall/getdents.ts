// SPDX-License-Identifier: MIT
/** @fileoverview System call 81, getdents: entries of an open directory, as many struct dirents as fit. */
import { DirectoryReader } from '../fs/vnode';
import { EFAULT, EINVAL, ENOTDIR, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { copyOut, storeText } from '../kernel/memory/user';

/** Inode number, offset of the next entry, length of this one; then the name and its zero, up to a multiple of 8. */
const HEADER: usize = 18;
const entry = memory.data(288, 8);

class Entries extends DirectoryReader {
  done: u64 = 0;
  error: i32 = 0;
  next: u64 = 0;
  constructor(
    private readonly to: u64,
    private readonly size: u64,
  ) {
    super();
  }
  entry(name: string, inode: u64, next: u64): bool {
    const length = (HEADER + name.length + 1 + 7) & ~7;
    if (this.done + length > this.size) {
      // A buffer that takes not even one entry is a mistake.
      if (!this.done) this.error = setError(EINVAL);
      return false;
    }
    memory.fill(entry, 0, length);
    store<u64>(entry, inode);
    store<u64>(entry, next, 8);
    store<u16>(entry, <u16>length, 16);
    storeText(entry + HEADER, name);
    if (copyOut(this.to + this.done, entry, length)) {
      this.error = setError(EFAULT);
      return false;
    }
    this.done += length;
    this.next = next;
    return true;
  }
}

export function getdents(descriptor: i32, to: u64, size: u64): i64 {
  const file = currentProcess().file(descriptor);
  if (!file) return setError(failure);
  if (!file.vnode.isDirectory) return setError(ENOTDIR);
  const entries = new Entries(to, size);
  entries.next = file.offset;
  const error = file.vnode.readDirectory(file.offset, entries);
  file.offset = entries.next;
  if (entries.done) return <i64>entries.done;
  return entries.error ? entries.error : error;
}
