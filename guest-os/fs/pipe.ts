// SPDX-License-Identifier: MIT
/**
 * @fileoverview Pipes and fifos: a ring of bytes, readers that wait for bytes, writers that wait for room.
 *
 * Up to PIPE_BUF bytes are written in one piece. A read of an empty pipe without writers is the end; a write without readers is
 * EPIPE and SIGPIPE. Readers and writers are counted as descriptors come and go.
 *
 * A fifo is a pipe with a name: as long as it is open anywhere, one {@link Pipe} stands for the file that the name means, which is where its
 * attributes are. Opening waits for the other side (POSIX.1-2017, open): for reading until there is a writer, for writing until there is a
 * reader, unless O_NONBLOCK, which for writing is ENXIO.
 *
 * illumos's pipes are streams; that both ends can be read and written, as there, is left out.
 */
import { wallTime } from '../kernel/time/clock';
import { EAGAIN, EMFILE, ENXIO, EPIPE, setError, setFailure } from '../kernel/errno';
import { heapHasRoom } from '../kernel/memory/heapRoom';
import { currentProcess } from '../kernel/process/processes';
import { SIGPIPE } from '../kernel/signal/signal';
import { ByteRing, LOOK_AGAIN } from './byteRing';
import { O_ACCMODE, O_NDELAY, O_NONBLOCK, O_RDONLY, O_WRONLY } from './file';
import { POLL_READ, POLL_WRITE, POLLERR, POLLHUP, Poller, PollHead } from './poll';
import { Attributes, FileSystem, PC_PIPE_BUF, S_IFIFO, Vnode } from './vnode';

/** Bytes that are never split between writers (<limits.h>). */
const PIPE_BUF: u64 = 5120;

const pipeFileSystem: FileSystem = new FileSystem('fifofs', 3, false);
let inodes: u64 = 1;
/** Fifos that are open. */
const fifos: Pipe[] = [];

export class Pipe extends Vnode {
  private readers: i32 = 0;
  private writers: i32 = 0;
  /** How many have come so far: who waits for one is not to miss it because it has gone again. */
  private readersSoFar: u32 = 0;
  private writersSoFar: u32 = 0;
  private readonly changed: PollHead = new PollHead();
  private readonly inode: u64 = inodes++;
  private accessed: u64 = wallTime();
  private modified: u64 = this.accessed;
  private readonly ring: ByteRing = new ByteRing();
  private readonly uid: i32 = currentProcess().credentials.euid;
  private readonly gid: i32 = currentProcess().credentials.egid;

  private constructor(
    /** The fifo's name; null: a pipe. Held. */
    private readonly node: Vnode | null,
  ) {
    super(node ? node.fileSystem : pipeFileSystem, S_IFIFO);
  }

  /** Null: no memory. */
  static create(node: Vnode | null): Pipe | null {
    if (!heapHasRoom()) {
      setFailure(EMFILE);
      return null;
    }
    const pipe = new Pipe(node);
    const error = pipe.ring.allocate();
    if (!error) return pipe;
    setFailure(-error);
    return null;
  }

  static of(node: Vnode): Pipe | null {
    for (let i = 0; i < fifos.length; i++) if (fifos[i].node == node) return fifos[i];
    const pipe = Pipe.create(node);
    if (!pipe) return null;
    node.hold();
    fifos.push(pipe);
    return pipe;
  }

  inactive(): void {
    this.ring.drop();
    const node = this.node;
    if (!node) return;
    fifos.splice(fifos.indexOf(this), 1);
    node.release();
  }
  get seekable(): bool {
    return false;
  }
  get real(): Vnode {
    const node = this.node;
    return node ? node : this;
  }

  opened(readers: i32, writers: i32): i32 {
    this.readers += readers;
    this.writers += writers;
    if (readers > 0) this.readersSoFar++;
    if (writers > 0) this.writersSoFar++;
    // The other side may be waiting for bytes or room that will not come now, or for this opening.
    this.changed.wake();
    return 0;
  }

  /** Waits for the other side, as open of a fifo does. The caller counts while it waits. */
  meet(flags: i32): i32 {
    const access = flags & O_ACCMODE;
    const nonblocking = (flags & (O_NONBLOCK | O_NDELAY)) != 0;
    if (access == O_WRONLY && nonblocking) return this.readers ? 0 : setError(ENXIO);
    if (nonblocking || (access != O_RDONLY && access != O_WRONLY)) return 0;
    const forReading = access == O_RDONLY;
    const before = forReading ? this.writersSoFar : this.readersSoFar;
    let error = 0;
    this.opened(forReading ? 1 : 0, forReading ? 0 : 1);
    while (!error && !(forReading ? this.writers : this.readers)) {
      if ((forReading ? this.writersSoFar : this.readersSoFar) != before) break;
      error = this.changed.wait();
    }
    this.opened(forReading ? -1 : 0, forReading ? 0 : -1);
    return error;
  }

  attributes(): Attributes {
    const node = this.node;
    const result = node ? node.attributes() : new Attributes();
    result.size = this.ring.waiting;
    result.blockSize = <u32>PIPE_BUF;
    if (node) return result;
    result.mode = S_IFIFO | 0o600;
    result.uid = this.uid;
    result.gid = this.gid;
    result.inode = this.inode;
    result.accessed = this.accessed;
    result.modified = this.modified;
    result.changed = this.modified;
    return result;
  }
  setMode(mode: i32): i32 {
    const node = this.node;
    return node ? node.setMode(mode) : super.setMode(mode);
  }
  setOwner(uid: i32, gid: i32): i32 {
    const node = this.node;
    return node ? node.setOwner(uid, gid) : super.setOwner(uid, gid);
  }
  setTimes(accessed: u64, modified: u64): i32 {
    const node = this.node;
    return node ? node.setTimes(accessed, modified) : super.setTimes(accessed, modified);
  }
  pathconf(name: i32): i64 {
    return name == PC_PIPE_BUF ? <i64>PIPE_BUF : super.pathconf(name);
  }

  poll(events: i32, poller: Poller | null): i32 {
    if (poller) poller.watch(this.changed);
    let now = 0;
    if (this.ring.waiting) now |= POLL_READ;
    if (!this.writers && this.writersSoFar) now |= POLLHUP;
    if (!this.readers && this.readersSoFar) now |= POLLERR;
    else if (this.ring.room >= PIPE_BUF) now |= POLL_WRITE;
    return now & (events | POLLHUP | POLLERR);
  }

  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    if (!count) return 0;
    const ring = this.ring;
    let part: u64 = 0;
    for (let error = LOOK_AGAIN; error; ) {
      while (!ring.waiting) {
        if (!this.writers) return 0;
        if (nonblocking) return setError(EAGAIN);
        const interrupted = this.changed.wait();
        if (interrupted) return interrupted;
      }
      part = min(count, ring.waiting);
      error = ring.peek(to, part);
      if (error < 0) return error;
    }
    ring.skip(part);
    this.accessed = wallTime();
    this.changed.wake();
    return <i64>part;
  }

  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    let done: u64 = 0;
    while (done < count) {
      if (!this.readers) {
        currentProcess().post(SIGPIPE);
        return setError(EPIPE);
      }
      const room = this.ring.room;
      // What is to stay in one piece waits until there is room for all of it.
      if (!room || (count <= PIPE_BUF && room < count)) {
        if (nonblocking) return done ? <i64>done : setError(EAGAIN);
        const error = this.changed.wait();
        if (error) return done ? <i64>done : error;
        continue;
      }
      const part = min(count - done, room);
      const error = this.ring.put(from + done, part);
      if (error == LOOK_AGAIN) continue;
      if (error) return done ? <i64>done : error;
      done += part;
      this.changed.wake();
    }
    this.modified = wallTime();
    return <i64>done;
  }
}

/** What a descriptor of a fifo is made of; takes over the hold of the vnode. Null: see failure. */
export function openFifo(vnode: Vnode, flags: i32): Vnode | null {
  if (vnode instanceof Pipe) return vnode;
  const pipe = Pipe.of(vnode.real);
  if (!pipe) return null;
  pipe.hold();
  const error = pipe.meet(flags);
  if (!error) {
    vnode.release();
    return pipe;
  }
  pipe.release();
  setFailure(-error);
  return null;
}
