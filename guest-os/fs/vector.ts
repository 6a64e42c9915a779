// SPDX-License-Identifier: MIT
/**
 * @fileoverview readv and writev: a user's list of struct iovecs, one piece after the other. A piece that is not done whole is the last.
 */
import { EFAULT, EINVAL, setError } from '../kernel/errno';
import { copyIn, isUser } from '../kernel/memory/user';
import { OpenFile } from './file';

/** <limits.h> */
export const IOV_MAX: i32 = 1024;
const IOVEC: usize = 16;
/** Largest ssize_t. */
const LARGEST: u64 = 0x7fffffffffffffff;

/** Pieces of a list, copied in once. */
export class Pieces {
  readonly bases: StaticArray<u64>;
  readonly lengths: StaticArray<u64>;
  total: u64 = 0;
  error: i32 = 0;

  constructor(vector: u64, count: i32) {
    const length = count > 0 && count <= IOV_MAX ? count : 0;
    this.bases = new StaticArray<u64>(length);
    this.lengths = new StaticArray<u64>(length);
    if (!length) this.error = setError(EINVAL);
    for (let i = 0; i < length && !this.error; i++) this.error = this.fetch(i, vector + ((<u64>i) << 4));
  }

  private fetch(index: i32, at: u64): i32 {
    if (copyIn(iovec, at, IOVEC)) return setError(EFAULT);
    const base = load<u64>(iovec);
    const size = load<u64>(iovec, 8);
    this.bases[index] = base;
    this.lengths[index] = size;
    if (size > LARGEST || this.total > LARGEST - size) return setError(EINVAL);
    this.total += size;
    return size && !isUser(base, size) ? setError(EFAULT) : 0;
  }
}

const iovec = memory.data(16, 8);

/** `offset` -1: at the file's position. */
export function readVector(file: OpenFile, vector: u64, count: i32, offset: i64): i64 {
  const pieces = new Pieces(vector, count);
  if (pieces.error) return pieces.error;
  let done: i64 = 0;
  for (let i = 0; i < count; i++) {
    const length = pieces.lengths[i];
    if (!length && count > 1) continue;
    // What more there is must not be waited for.
    const part = offset < 0 ? file.read(pieces.bases[i], length) : file.readAt(<u64>(offset + done), pieces.bases[i], length);
    if (part < 0) return done ? done : part;
    done += part;
    if (<u64>part < length || !file.vnode.seekable) break;
  }
  return done;
}

export function writeVector(file: OpenFile, vector: u64, count: i32, offset: i64): i64 {
  const pieces = new Pieces(vector, count);
  if (pieces.error) return pieces.error;
  let done: i64 = 0;
  for (let i = 0; i < count; i++) {
    const length = pieces.lengths[i];
    if (!length && count > 1) continue;
    const part = offset < 0 ? file.write(pieces.bases[i], length) : file.writeAt(<u64>(offset + done), pieces.bases[i], length);
    if (part < 0) return done ? done : part;
    done += part;
    if (<u64>part < length) break;
  }
  return done;
}
