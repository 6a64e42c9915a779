// SPDX-License-Identifier: MIT
/**
 * @fileoverview Pseudo terminals (ptm(4D), pts(4D)): opening /dev/ptmx makes a pair, whose slave is /dev/pts/N.
 *
 * What is written to the master is typed at the slave's terminal; what the terminal sends is read from the master. The slave can be opened once the
 * master has been told UNLKPT; OWNERPT gives it to a user and group. illumos's library sends these requests by I_STR; both ways are taken.
 * grantpt needs nothing more: the slave belongs to who opened the master, mode 620.
 *
 * When the master is closed, the slave's terminal is hung up, and the pair goes with the slave's last descriptor. When nobody has the slave open any
 * more, reads of the master are at the end until somebody opens it again.
 *
 * Omitted: packet mode (pckt), the compatibility of BSD names.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { address } from 'machine/mem';
import { Device, makeDevice } from '../fs/dev/device';
import { addDevice, removeDevice } from '../fs/dev/devices';
import { POLL_READ, POLL_WRITE, POLLERR, POLLHUP, Poller, PollHead } from '../fs/poll';
import { S_IFCHR, Vnode } from '../fs/vnode';
import { GLOBAL_ZONE } from '../kernel/process/credentials';
import { EACCES, EAGAIN, EFAULT, EINVAL, EIO, ENOSPC, EPERM, setError, setFailure } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { bring, copyIn, copyNow, copyShared } from '../kernel/memory/user';
import { findZone } from '../kernel/zone/zone';
import { mayConfigureZones } from '../kernel/zone/zoneLife';
import { Terminal } from './terminal';

const MAJOR_MASTER: u32 = 23;
const MAJOR_SLAVE: u32 = 24;
const PAIRS: i32 = 256;

/** <sys/ptms.h>, <sys/stropts.h> */
const ISPTM: i32 = 0x5001;
const UNLKPT: i32 = 0x5002;
const PTSSTTY: i32 = 0x5003;
const ZONEPT: i32 = 0x5004;
const OWNERPT: i32 = 0x5005;
const I_STR: i32 = 0x5308;

const chunk = memory.data(512);
const request_ = memory.data(24, 8);
const pairs = new StaticArray<PtyMaster | null>(PAIRS);

/** Opening it gives a new master. */
class PtyClone extends Device {
  constructor() {
    super(S_IFCHR | 0o666, 0, makeDevice(MAJOR_MASTER, 0xffff));
  }
  open(flags: i32): Vnode | null {
    for (let i = 0; i < PAIRS; i++) {
      if (pairs[i]) continue;
      const master = new PtyMaster(i, new PtySlave(i));
      pairs[i] = master;
      master.hold();
      this.release();
      return master;
    }
    setFailure(ENOSPC);
    return null;
  }
}

export class PtyMaster extends Device {
  readonly output: PollHead = new PollHead();
  private opens: i32 = 0;

  constructor(
    private readonly index: i32,
    private readonly slave: PtySlave,
  ) {
    super(S_IFCHR | 0o666, 0, makeDevice(MAJOR_MASTER, index));
    const credentials = currentProcess().credentials;
    slave.master = this;
    slave.zoneid = credentials.zoneid;
    this.slave.setOwner(credentials.uid, 7);
    addDevice('pts/' + index.toString(), 'pseudo/pts@0:' + index.toString(), this.slave);
  }

  opened(readers: i32, writers: i32): i32 {
    if (readers > 0 || writers > 0) this.opens++;
    else if (!--this.opens) {
      this.slave.hangUp();
      this.slave.unlock(false);
      if (!this.slave.isOpen) this.retire();
    }
    return 0;
  }
  get isOpen(): bool {
    return this.opens > 0;
  }
  get zoneid(): i32 {
    return this.slave.zoneid;
  }
  get end(): Vnode {
    return this.slave;
  }
  /** Nobody has either side any more. */
  retire(): void {
    if (!pairs[this.index]) return;
    pairs[this.index] = null;
    const name = this.index.toString();
    removeDevice('pts/' + name, 'pseudo/pts@0:' + name);
    this.slave.unregister();
    this.unregister();
  }

  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    if (!count) return 0;
    const line = this.slave.line;
    const flags = saveInterrupts();
    let result: i64 = 0;
    while (!line.canSend && !result) {
      if (this.slave.wasClosed) {
        restoreInterrupts(flags);
        return 0;
      }
      result = nonblocking ? setError(EAGAIN) : this.output.wait();
    }
    restoreInterrupts(flags);
    if (result) return result;
    let done: u64 = 0;
    while (done < count && line.canSend) {
      let part: u64 = 0;
      for (; part < min<u64>(512, count - done) && line.canSend; part++) {
        store<u8>(chunk + <usize>part, <u8>line.nextOutput);
        line.sentOne();
      }
      if (copyShared(to + done, address(chunk), part)) return setError(EFAULT);
      done += part;
    }
    return <i64>done;
  }

  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    const slave = this.slave;
    let done: u64 = 0;
    while (done < count) {
      if (!slave.line.inputRoom) {
        if (nonblocking) return done ? <i64>done : setError(EAGAIN);
        const error = slave.room.wait();
        if (error) return done ? <i64>done : error;
        continue;
      }
      const part = min<u64>(min<u64>(count - done, 512), slave.line.inputRoom);
      if (copyNow(address(chunk), from + done, part)) {
        // While the page comes others may write, and the room be gone.
        if (bring(from + done, part, false)) return done ? <i64>done : setError(EFAULT);
        continue;
      }
      const flags = saveInterrupts();
      for (let i: usize = 0; i < <usize>part; i++) slave.line.input(load<u8>(chunk + i));
      restoreInterrupts(flags);
      done += part;
    }
    return <i64>done;
  }

  poll(events: i32, poller: Poller | null): i32 {
    if (poller) {
      poller.watch(this.output);
      poller.watch(this.slave.room);
    }
    let now = this.slave.line.inputRoom ? POLL_WRITE : 0;
    if (this.slave.line.canSend) now |= POLL_READ;
    else if (this.slave.wasClosed) now |= POLLHUP;
    return now & (events | POLLERR | POLLHUP);
  }

  ioctl(request: i32, argument: u64): i64 {
    if (request != I_STR) {
      // Window size and settings are the terminal's, whoever asks.
      const own = this.request(request, argument);
      return own == -EINVAL ? this.slave.ioctl(request, argument) : own;
    }
    // struct strioctl: command, time-out, length; then where the data is.
    const error = copyIn(request_, argument, 24);
    return error ? error : this.request(load<i32>(request_), load<u64>(request_, 16));
  }

  private request(request: i32, argument: u64): i64 {
    switch (request) {
      case ISPTM:
        return 0;
      case UNLKPT:
        this.slave.unlock(true);
        return 0;
      case PTSSTTY:
        return 0;
      case ZONEPT: {
        // The slave is a zone's: from the global zone, or to the caller's own.
        const error = copyIn(request_, argument, 4);
        if (error) return error;
        const zone = findZone(load<i32>(request_));
        const credentials = currentProcess().credentials;
        if (!zone) return setError(EINVAL);
        if (zone.id != credentials.zoneid && !mayConfigureZones()) return setError(EPERM);
        this.slave.zoneid = zone.id;
        return 0;
      }
      case OWNERPT: {
        // pt_own_t: user, group. Only to oneself, unless privileged.
        const error = copyIn(request_, argument, 8);
        if (error) return error;
        const uid = load<i32>(request_);
        const gid = load<i32>(request_, 4);
        const credentials = currentProcess().credentials;
        if (uid != credentials.uid && !credentials.isPrivileged) return setError(EPERM);
        this.slave.setOwner(uid, gid);
        return this.slave.setMode(0o620);
      }
    }
    return setError(EINVAL);
  }
}

class PtySlave extends Terminal {
  /** In whose /dev/pts it is, besides the global zone's. */
  zoneid: i32 = GLOBAL_ZONE;
  /** What is written is the master's at once; nobody waits until it has been read. */
  drain(): i32 {
    return 0;
  }

  private locked: bool = true;
  /** It has been open, and nobody has it open now. */
  wasClosed: bool = false;
  readonly room: PollHead = new PollHead();

  /** Set by the master, at once. */
  master: PtyMaster | null = null;

  constructor(minor: i32) {
    super(makeDevice(MAJOR_SLAVE, minor));
  }

  unlock(unlocked: bool): void {
    this.locked = !unlocked;
  }

  open(flags: i32): Vnode | null {
    if (this.locked || !this.master!.isOpen) {
      setFailure(this.locked ? EACCES : EIO);
      return null;
    }
    this.wasClosed = false;
    return super.open(flags);
  }
  protected closed(): void {
    super.closed();
    this.wasClosed = true;
    this.master!.output.wake();
    if (!this.master!.isOpen) this.master!.retire();
  }

  transmit(): void {
    if (this.line.canSend) this.master!.output.wake();
  }
  protected inputTaken(): void {
    this.room.wake();
  }
}

/** The slaves that a zone has, by their numbers. */
export function slaveOf(zoneid: i32, index: i32): Vnode | null {
  const pair = <u32>index < <u32>PAIRS ? pairs[index] : null;
  return pair && pair.zoneid == zoneid ? pair.end : null;
}

export function attachPty(): void {
  addDevice('ptmx', 'pseudo/clone@0:ptm', new PtyClone());
}
