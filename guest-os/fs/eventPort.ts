// SPDX-License-Identifier: MIT
/**
 * @fileoverview Event ports (port_create(3C)): one queue of events from many sources: descriptors, timers, and programs themselves.
 *
 * A descriptor is associated for one event: when one of the polled conditions holds, an event is queued, and with its delivery the association is
 * gone. Whether the condition still holds is looked at on delivery; if it does not, the association waits on. Conditions are noticed in interrupt
 * handlers, so an association has its event with it; nothing is allocated when it happens.
 *
 * An association is forgotten when its descriptor is found to be closed, or to mean another file. An alert makes every port_get return at once with the
 * alert's event until it is taken back. Omitted: sources AIO, MQ and FILE.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { wallTime } from '../kernel/time/clock';
import { EAGAIN, EBADFD, EBUSY, EINVAL, ENOENT, setError } from '../kernel/errno';
import { heapHasRoom } from '../kernel/memory/heapRoom';
import { currentProcess } from '../kernel/process/processes';
import { isTimedOut } from '../kernel/thread/waitQueue';
import { OpenFile } from './file';
import { POLL_READ, Poller, PollHead } from './poll';
import { Attributes, FileSystem, newDeviceNumber, S_IFPORT, Vnode } from './vnode';

/** Sources (<sys/port.h>). */
export const PORT_SOURCE_TIMER: i32 = 2;
export const PORT_SOURCE_USER: i32 = 3;
export const PORT_SOURCE_FD: i32 = 4;
export const PORT_SOURCE_ALERT: i32 = 5;

/** Events that wait at most, of programs (port_max_events). */
const MAX_EVENTS: i32 = 65536;

const portFileSystem: FileSystem = new FileSystem('portfs', newDeviceNumber(), false);
let inodes: u64 = 1;

export class PortEvent {
  next: PortEvent | null = null;
  isQueued: bool = false;
  events: i32 = 0;
  object: u64 = 0;
  user: u64 = 0;
  /** Whose it is; null: nobody's, it is gone with its delivery. */
  association: Association | null = null;
  constructor(public readonly source: i32) {}
}

/** A descriptor that a port watches. */
export class Association extends Poller {
  readonly event: PortEvent = new PortEvent(PORT_SOURCE_FD);
  constructor(
    private readonly port: EventPort,
    readonly descriptor: i32,
    readonly file: OpenFile,
    readonly events: i32,
    user: u64,
  ) {
    super();
    const event = this.event;
    event.association = this;
    event.object = descriptor;
    event.user = user;
  }

  /** Begins to watch; what holds already is queued at once. */
  arm(): void {
    this.forget();
    const now = this.file.vnode.poll(this.events, this);
    if (now) this.port.enqueue(this.event);
  }
  changed(): void {
    this.port.enqueue(this.event);
  }
  /** Does the caller's descriptor still mean the file? */
  get isCurrent(): bool {
    const process = currentProcess();
    return this.descriptor < process.files.length && process.files[this.descriptor] == this.file;
  }
}

export class EventPort extends Vnode {
  private first: PortEvent | null = null;
  private last: PortEvent | null = null;
  private count: i32 = 0;
  private readonly associations: Association[] = [];
  private readonly arrived: PollHead = new PollHead();
  private alert: PortEvent | null = null;
  private readonly inode: u64 = inodes++;
  private readonly created: u64 = wallTime();

  constructor() {
    super(portFileSystem, S_IFPORT);
  }

  inactive(): void {
    while (this.associations.length) this.associations.pop().forget();
    this.first = null;
    this.last = null;
  }
  attributes(): Attributes {
    const result = new Attributes();
    result.mode = S_IFPORT | 0o600;
    result.inode = this.inode;
    result.accessed = this.created;
    result.modified = this.created;
    result.changed = this.created;
    return result;
  }
  get seekable(): bool {
    return false;
  }
  poll(events: i32, poller: Poller | null): i32 {
    if (poller) poller.watch(this.arrived);
    return this.first || this.alert ? events & POLL_READ : 0;
  }

  // ---- the queue

  /** From interrupt handlers too. */
  enqueue(event: PortEvent): void {
    const flags = saveInterrupts();
    if (!event.isQueued) {
      event.isQueued = true;
      event.next = null;
      const last = this.last;
      if (last) last.next = event;
      else this.first = event;
      this.last = event;
      this.count++;
      this.arrived.wake();
    }
    restoreInterrupts(flags);
  }

  private dequeue(): PortEvent | null {
    const flags = saveInterrupts();
    const event = this.first;
    if (event) {
      this.first = event.next;
      if (!event.next) this.last = null;
      event.isQueued = false;
      this.count--;
    }
    restoreInterrupts(flags);
    return event;
  }

  private unqueue(event: PortEvent): void {
    if (!event.isQueued) return;
    const flags = saveInterrupts();
    let before: PortEvent | null = null;
    let at: PortEvent | null = this.first;
    while (at && at != event) {
      before = at;
      at = at.next;
    }
    if (at) {
      if (before) before.next = at.next;
      else this.first = at.next;
      if (this.last == at) this.last = before;
      at.isQueued = false;
      this.count--;
    }
    restoreInterrupts(flags);
  }

  get waiting(): i32 {
    return this.count + (this.alert ? 1 : 0);
  }

  /** The next event that is to be delivered, out of the queue; null: there is none. */
  private take(): PortEvent | null {
    const alert = this.alert;
    if (alert) return alert;
    while (true) {
      const event = this.dequeue();
      if (!event) return null;
      const association = event.association;
      if (!association) return event;
      if (!association.isCurrent) {
        this.drop(association);
        continue;
      }
      event.events = association.file.vnode.poll(association.events, null);
      if (event.events) {
        this.drop(association);
        return event;
      }
      // It held for a moment only.
      association.arm();
    }
  }

  /** Waits for an event until a time (0: now; NEVER). Null: see {@link waitError}. */
  await(deadline: u64, never: u64): PortEvent | null {
    this.waitError = 0;
    while (true) {
      const event = this.take();
      if (event) return event;
      if (!deadline) return null;
      const error = this.arrived.wait(deadline == never ? 0 : deadline);
      if (error) {
        this.waitError = error;
        return null;
      }
      if (deadline != never && isTimedOut()) return this.take();
    }
  }
  /** Why the last wait was without an event: 0: time is up; or -EINTR. */
  waitError: i32 = 0;

  // ---- sources

  associate(descriptor: i32, file: OpenFile, events: i32, user: u64): i32 {
    if (file.vnode == this) return setError(EBADFD);
    if (!heapHasRoom()) return setError(EAGAIN);
    this.prune();
    for (let i = 0; i < this.associations.length; i++) {
      const known = this.associations[i];
      if (known.descriptor != descriptor || known.file != file) continue;
      this.drop(known);
      break;
    }
    const association = new Association(this, descriptor, file, events, user);
    this.associations.push(association);
    association.arm();
    return 0;
  }

  dissociate(descriptor: i32, file: OpenFile): i32 {
    for (let i = 0; i < this.associations.length; i++) {
      const known = this.associations[i];
      if (known.descriptor != descriptor || known.file != file) continue;
      this.drop(known);
      return 0;
    }
    return setError(ENOENT);
  }

  private drop(association: Association): void {
    association.forget();
    this.unqueue(association.event);
    const at = this.associations.indexOf(association);
    if (at >= 0) this.associations.splice(at, 1);
  }

  /** Forgets descriptors that have been closed. */
  private prune(): void {
    for (let i = this.associations.length - 1; i >= 0; i--) if (!this.associations[i].isCurrent) this.drop(this.associations[i]);
  }

  send(events: i32, user: u64): i32 {
    if (this.count >= MAX_EVENTS || !heapHasRoom()) return setError(EAGAIN);
    const event = new PortEvent(PORT_SOURCE_USER);
    event.events = events;
    event.user = user;
    this.enqueue(event);
    return 0;
  }

  /** `flags`: PORT_ALERT_SET 1, PORT_ALERT_UPDATE 2; no events take the alert back. */
  setAlert(flags: i32, events: i32, user: u64): i32 {
    if (flags != 1 && flags != 2 && flags != 3) return setError(EINVAL);
    if (!events) {
      this.alert = null;
      return 0;
    }
    if (this.alert && !(flags & 2)) return setError(EBUSY);
    const event = new PortEvent(PORT_SOURCE_ALERT);
    event.events = events;
    event.user = user;
    this.alert = event;
    this.arrived.wake();
    return 0;
  }
}
