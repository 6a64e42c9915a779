// SPDX-License-Identifier: MIT
/**
 * @fileoverview Message queues of System V. A queue's messages lie one after the other, the oldest first, each a header (size, type) and its bytes, in frames
 * that its zone pays for (pages.ts); one that is taken from the middle lets those behind it move down.
 *
 * A queue holds {@link MessageQueue.most} bytes and {@link MessageQueue.mostMessages} messages: process.max-msg-qbytes and max-msg-messages of who makes it. Who sends more waits until
 * there is room, who receives waits for a message of the type.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { E2BIG, EAGAIN, EFAULT, EIDRM, EINVAL, ENOMEM, ENOMSG, EPERM, setError } from '../errno';
import { LIMIT_MSG_MESSAGES, LIMIT_MSG_QBYTES } from '../limits/limits';
import { PRIV_SYS_IPC_CONFIG } from '../process/privilege';
import { address } from 'machine/mem';
import { currentProcess } from '../process/processes';
import { RCTL_MAX_MSG_IDS } from '../limits/rctl';
import { WaitQueue } from '../thread/waitQueue';
import { bring, copyNow, isUser, put64 } from '../memory/user';
import { ZoneMemory } from '../zone/zoneMemory';
import { Facility, IPC_NOWAIT, IpcObject, now } from './objects';
import { Pages } from './pages';

export const messageQueues = new Facility(RCTL_MAX_MSG_IDS);

const MSG_NOERROR: i32 = 0o10000;
/** Size and type; messages begin at multiples of 8. */
const HEADER: u64 = 16;

export class MessageQueue extends IpcObject {
  most: u64 = currentProcess().limits.lower(LIMIT_MSG_QBYTES);
  private readonly mostMessages: u64 = currentProcess().limits.lower(LIMIT_MSG_MESSAGES);
  count: u64 = 0;
  /** Of messages, without headers. */
  bytes: u64 = 0;
  lastSender: i32 = 0;
  lastReceiver: i32 = 0;
  sentAt: i64 = 0;
  receivedAt: i64 = 0;
  private readonly pages: Pages;
  /** Where the next message goes. */
  private end: u64 = 0;
  private readonly news: WaitQueue = new WaitQueue();

  constructor(memory: ZoneMemory) {
    super();
    this.pages = new Pages(memory);
  }

  remove(): void {
    this.pages.shrink(0);
    this.news.wakeAll();
  }

  /** IPC_SET's limit. 0, or -EPERM to raise it without {PRIV_SYS_IPC_CONFIG}, -EINVAL: the caller's own control does not allow so much. */
  setMost(bytes: u64): i32 {
    if (bytes > this.most && !currentProcess().credentials.has(PRIV_SYS_IPC_CONFIG)) return setError(EPERM);
    if (bytes > currentProcess().limits.lower(LIMIT_MSG_QBYTES)) return setError(EINVAL);
    this.most = bytes;
    this.news.wakeAll();
    return 0;
  }

  private wait(): i32 {
    const flags = saveInterrupts();
    const error = this.news.wait(true);
    restoreInterrupts(flags);
    return this.isRemoved ? setError(EIDRM) : error;
  }

  /** `from`: the bytes, of the user. 0, -EINVAL, -EFAULT, -EAGAIN, -EINTR, -EIDRM, -ENOMEM. */
  send(type: i64, from: u64, size: u64, flags: i32): i32 {
    if (type < 1 || size > this.most) return setError(EINVAL);
    if (!isUser(from, size)) return setError(EFAULT);
    while (true) {
      if (size > this.most) return setError(EINVAL);
      // It may wait: then the queue may be another one.
      if (size && bring(from, size, false)) return setError(EFAULT);
      if (this.isRemoved) return setError(EIDRM);
      if (this.bytes + size <= this.most && this.count < this.mostMessages) break;
      if (flags & IPC_NOWAIT) return setError(EAGAIN);
      const error = this.wait();
      if (error) return error;
    }
    if (!this.pages.reach(this.end + HEADER + roomFor(size))) return setError(ENOMEM);
    store<u64>(this.pages.at(this.end), size);
    store<i64>(this.pages.at(this.end + 8), type);
    if (this.copy(this.end + HEADER, from, size, true)) return setError(EFAULT);
    this.end += HEADER + roomFor(size);
    this.count++;
    this.bytes += size;
    this.lastSender = currentProcess().pid;
    this.sentAt = now();
    this.news.wakeAll();
    return 0;
  }

  /** `to`: a struct msgbuf, of the user: the type and then the bytes. The bytes' number, or -E2BIG, -ENOMSG, -EFAULT, -EINTR, -EIDRM. */
  receive(to: u64, room: u64, type: i64, flags: i32): i64 {
    if (!isUser(to, 8)) return setError(EFAULT);
    while (true) {
      const at = this.find(type);
      if (at < this.end) {
        const size = load<u64>(this.pages.at(at));
        if (size > room && !(flags & MSG_NOERROR)) return setError(E2BIG);
        const count = min(size, room);
        if (!isUser(to, 8 + count) || bring(to, 8 + count, true)) return setError(EFAULT);
        if (this.isRemoved) return setError(EIDRM);
        // While the user's pages were brought another one may have taken it.
        if (this.find(type) != at || load<u64>(this.pages.at(at)) != size) continue;
        if (put64(to, load<i64>(this.pages.at(at + 8)))) return setError(EFAULT);
        if (this.copy(at + HEADER, to + 8, count, false)) return setError(EFAULT);
        this.take(at, size);
        return <i64>count;
      }
      if (flags & IPC_NOWAIT) return setError(ENOMSG);
      const error = this.wait();
      if (error) return error;
    }
  }

  /** The place of the message that a type means: 0 the first, above 0 the first of it, below 0 the first of the lowest up to its absolute value. */
  private find(type: i64): u64 {
    let best = this.end;
    let lowest: i64 = 0;
    for (let at: u64 = 0; at < this.end; at += HEADER + roomFor(load<u64>(this.pages.at(at)))) {
      const own = load<i64>(this.pages.at(at + 8));
      if (type >= 0) {
        if (!type || own == type) return at;
      } else if (own <= -type && (best == this.end || own < lowest)) {
        best = at;
        lowest = own;
      }
    }
    return best;
  }

  private take(at: u64, size: u64): void {
    const whole = HEADER + roomFor(size);
    this.pages.moveDown(at, at + whole, this.end - at - whole);
    this.end -= whole;
    this.pages.shrink(this.end);
    this.count--;
    this.bytes -= size;
    this.lastReceiver = currentProcess().pid;
    this.receivedAt = now();
    this.news.wakeAll();
  }

  private copy(at: u64, user: u64, count: u64, into: bool): i32 {
    for (let done: u64 = 0; done < count; ) {
      const part = min(count - done, this.pages.run(at + done));
      const place = address(this.pages.at(at + done));
      const error = into ? copyNow(place, user + done, part) : copyNow(user + done, place, part);
      if (error) return error;
      done += part;
    }
    return 0;
  }
}

function roomFor(size: u64): u64 {
  return (size + 7) & ~(<u64>7);
}
