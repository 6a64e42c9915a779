// SPDX-License-Identifier: MIT
/**
 * @fileoverview Pipes: a ring of bytes in one frame, readers that wait for bytes, writers that wait for room.
 *
 * Up to PIPE_BUF bytes are written in one piece. A read of an empty pipe without writers is the end; a write without readers is
 * EPIPE and SIGPIPE. Readers and writers are counted as descriptors come and go.
 *
 * A FIFO is a name for a pipe that exists while somebody has it open ({@link Fifo}).
 */
import { address } from 'machine/mem';
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { wallTime } from '../kernel/clock';
import { EAGAIN, EFAULT, EPIPE, ENXIO, ENOMEM, setError, setFailure } from '../kernel/errno';
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
  protected readers: i32 = 0;
  protected writers: i32 = 0;
  /** Bytes written and read so far; their difference is in the ring. */
  private written: u64 = 0;
  private taken: u64 = 0;
  protected readonly changedRing: WaitQueue = new WaitQueue();
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

  protected wait(): i32 {
    const flags = saveInterrupts();
    const error = this.changedRing.wait(true);
    restoreInterrupts(flags);
    return error;
  }
}

/** The pipe behind a FIFO's vnode. */
export class Fifo extends Pipe {
  /** How often it was opened so: who waits for the other side sees that it has come, though it may have gone again. */
  private readings: i32 = 0;
  private writings: i32 = 0;

  constructor(
    ring: usize,
    private readonly node: Vnode,
  ) {
    super(ring);
  }

  /** Of a FIFO's vnode, held; takes over the caller's hold of that. Null: no memory. */
  static of(node: Vnode): Vnode | null {
    const open = node.pipe;
    if (open) {
      open.hold();
      node.release();
      return open;
    }
    const ring = newFrame();
    if (!ring) {
      node.release();
      setFailure(ENOMEM);
      return null;
    }
    const fifo = new Fifo(ring, node);
    node.pipe = fifo;
    fifo.hold();
    return fifo;
  }

  inactive(): void {
    super.inactive();
    this.node.pipe = null;
    this.node.release();
  }
  attributes(): Attributes {
    return this.node.attributes();
  }
  setMode(mode: i32): i32 {
    return this.node.setMode(mode);
  }
  setOwner(uid: i32, gid: i32): i32 {
    return this.node.setOwner(uid, gid);
  }

  /** Opens it: who only reads or only writes waits for the other side (POSIX.1-2017, open). */
  meet(reads: bool, writes: bool, nonblocking: bool): i32 {
    if (writes && !reads && nonblocking && !this.readers) return setError(ENXIO);
    if (reads) this.readings++;
    if (writes) this.writings++;
    this.opened(reads ? 1 : 0, writes ? 1 : 0);
    if (nonblocking || (reads && writes)) return 0;
    const before = reads ? this.writings : this.readings;
    while (reads ? !this.writers && this.writings == before : !this.readers && this.readings == before) {
      const error = this.wait();
      if (!error) continue;
      this.opened(reads ? -1 : 0, writes ? -1 : 0);
      return error;
    }
    return 0;
  }
}
