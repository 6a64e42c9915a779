// SPDX-License-Identifier: MIT
/**
 * @fileoverview Pipes: a ring of bytes in one frame, readers that wait for bytes, writers that wait for room.
 *
 * Up to PIPE_BUF bytes are written in one piece. A read of an empty pipe without writers is the end; a write without readers is
 * EPIPE and SIGPIPE. Readers and writers are counted as descriptors come and go.
 */
import { address } from 'machine/mem';
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { wallTime } from '../kernel/clock';
import { EAGAIN, EFAULT, EPIPE, setError } from '../kernel/errno';
import { dropFrame, newFrame } from '../kernel/frames';
import { currentProcess } from '../kernel/process';
import { SIGPIPE } from '../kernel/signal';
import { WaitQueue } from '../kernel/thread';
import { copy } from '../kernel/user';
import { Attributes, FileSystem, S_IFIFO, Vnode } from './vnode';

const CAPACITY: u64 = 4096;
/** Bytes that are never split between writers; illumos's is 5120, a page is what this pipe has. */
const PIPE_BUF: u64 = 4096;

export const pipeFileSystem: FileSystem = new FileSystem('fifofs', 3, false);
let inodes: u64 = 1;

export class Pipe extends Vnode {
  private readers: i32 = 0;
  private writers: i32 = 0;
  /** Bytes written and read so far; their difference is in the ring. */
  private written: u64 = 0;
  private taken: u64 = 0;
  private readonly changedRing: WaitQueue = new WaitQueue();
  private readonly inode: u64 = inodes++;
  private readonly created: u64 = wallTime();

  constructor(private readonly ring: usize) {
    super(pipeFileSystem, S_IFIFO);
  }

  /** Null: no memory. */
  static create(): Pipe | null {
    const ring = newFrame();
    return ring ? new Pipe(ring) : null;
  }

  inactive(): void {
    dropFrame(this.ring);
  }
  get seekable(): bool {
    return false;
  }

  opened(readers: i32, writers: i32): i32 {
    this.readers += readers;
    this.writers += writers;
    // The other side may be waiting for bytes or room that will not come now.
    this.changedRing.wakeAll();
    return 0;
  }

  attributes(): Attributes {
    const result = new Attributes();
    result.mode = S_IFIFO;
    result.inode = this.inode;
    result.size = this.written - this.taken;
    result.accessed = this.created;
    result.modified = this.created;
    result.changed = this.created;
    return result;
  }

  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    if (!count) return 0;
    while (this.written == this.taken) {
      if (!this.writers) return 0;
      if (nonblocking) return setError(EAGAIN);
      const error = this.wait();
      if (error) return error;
    }
    let done: u64 = 0;
    while (done < count && this.taken != this.written) {
      const at = this.taken % CAPACITY;
      const part = min(min(count - done, this.written - this.taken), CAPACITY - at);
      if (copy(to + done, address(this.ring + <usize>at), part)) return done ? <i64>done : setError(EFAULT);
      this.taken += part;
      done += part;
    }
    this.changedRing.wakeAll();
    return <i64>done;
  }

  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    let done: u64 = 0;
    while (done < count) {
      if (!this.readers) {
        currentProcess().post(SIGPIPE);
        return setError(EPIPE);
      }
      const room = CAPACITY - (this.written - this.taken);
      if (!room || (count <= PIPE_BUF && room < count - done)) {
        if (nonblocking) return done ? <i64>done : setError(EAGAIN);
        const error = this.wait();
        if (error) return done ? <i64>done : error;
        continue;
      }
      const at = this.written % CAPACITY;
      const part = min(min(count - done, room), CAPACITY - at);
      if (copy(address(this.ring + <usize>at), from + done, part)) return done ? <i64>done : setError(EFAULT);
      this.written += part;
      done += part;
      this.changedRing.wakeAll();
    }
    return <i64>done;
  }

  private wait(): i32 {
    const flags = saveInterrupts();
    const error = this.changedRing.wait(true);
    restoreInterrupts(flags);
    return error;
  }
}
