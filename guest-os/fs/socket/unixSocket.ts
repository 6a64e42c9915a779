// SPDX-License-Identifier: MIT
/**
 * @fileoverview AF_UNIX: sockets of this machine, named by files (unix(4P)): streams, sequenced packets, datagrams.
 *
 * What has been sent and not yet received lies with the receiver: bytes in a ring, and a list of records that says how they belong together: how
 * long, from whom, with which files handed over. Packets and datagrams are one record each; a stream makes a new one only where files are attached,
 * and a receive never goes across one.
 *
 * States of a connection-oriented socket: NEW, LISTENING (peers wait in `queue` until accepted; they may send already), CONNECTED (`peer`; after the
 * peer has gone: sends are EPIPE, receives what is left, then the end). Datagram sockets are NEW for ever, `peer` being a default.
 *
 * bind makes a socket file; who connects or sends needs write permission for it. The file stays when the socket goes, and then means nobody
 * (ECONNREFUSED). A file that lies in a socket that nobody can reach any more (two sockets that hold each other in flight) is never closed: there is
 * no collector of descriptors in flight.
 */
import { uptime } from '../../kernel/time/clock';
import {
  EADDRINUSE,
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EDESTADDRREQ,
  EEXIST,
  EINVAL,
  EISCONN,
  EMSGSIZE,
  ENOBUFS,
  ENOTCONN,
  ENOTSOCK,
  EOPNOTSUPP,
  EPIPE,
  EPROTONOSUPPORT,
  EPROTOTYPE,
  ESOCKTNOSUPPORT,
  failure,
  setError,
  setFailure,
} from '../../kernel/errno';
import { heapHasRoom } from '../../kernel/memory/heapRoom';
import { currentProcess } from '../../kernel/process/processes';
import { SIGPIPE } from '../../kernel/signal/signal';
import { isTimedOut } from '../../kernel/thread/waitQueue';
import { ByteRing, LOOK_AGAIN, RING_CAPACITY } from '../byteRing';
import { OpenFile } from '../file';
import { forgetName } from '../nameCache';
import { newWalk } from '../names';
import { checkAccess, groupIn, W_OK } from '../policy';
import { POLL_READ, POLL_WRITE, POLLERR, POLLHUP, Poller, PollHead } from '../poll';
import {
  AF_UNIX,
  Message,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SHUT_RD,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  Socket,
  SocketFamily,
} from './socket';
import { S_IFSOCK, Vnode } from '../vnode';

/** Connections that may wait to be accepted (SOMAXCONN). */
const SOMAXCONN: i32 = 128;

class Record {
  constructor(
    public length: u64,
    public readonly from: string,
    public rights: OpenFile[],
  ) {}
}

/** Sockets that have names. */
const bound: UnixSocket[] = [];

export class UnixSocket extends Socket {
  private peer: UnixSocket | null = null;
  /** Its name as it was given, and the file. */
  private name: string = '';
  private node: Vnode | null = null;
  private backlog: i32 = 0;
  private listening: bool = false;
  private readonly queue: UnixSocket[] = [];
  private wasConnected: bool = false;
  /** No more of this way. */
  private receiveShut: bool = false;
  private sendShut: bool = false;
  private readonly ring: ByteRing = new ByteRing();
  private readonly records: Record[] = [];
  private limit: u64 = RING_CAPACITY;
  private readonly changed: PollHead = new PollHead();

  constructor(kind: i32) {
    super(AF_UNIX, kind);
  }

  private get isDatagram(): bool {
    return this.kind == SOCK_DGRAM;
  }
  get isListening(): bool {
    return this.listening;
  }

  /** The last descriptor has gone. */
  inactive(): void {
    const at = bound.indexOf(this);
    if (at >= 0) bound.splice(at, 1);
    const node = this.node;
    this.node = null;
    if (node) node.release();
    const peer = this.peer;
    this.peer = null;
    // What was not received is lost, which the peer is told of.
    if (peer && !this.isDatagram) peer.lost(this.records.length > 0);
    while (this.queue.length) this.queue.shift().release();
    this.listening = false;
    this.dropAll();
    this.ring.drop();
    this.changed.wake();
  }

  private dropAll(): void {
    while (this.records.length) {
      const rights = this.records.shift().rights;
      for (let i = 0; i < rights.length; i++) rights[i].release();
    }
    this.ring.skip(this.ring.waiting);
  }

  /** The peer has gone. */
  private lost(unread: bool): void {
    this.peer = null;
    if (unread) this.pendingError = ECONNRESET;
    this.changed.wake();
  }

  // ---- names and connections

  bind(address: string): i32 {
    if (this.node || this.wasConnected) return setError(EINVAL);
    const path = pathIn(address);
    if (!path.length) return setError(EINVAL);
    const process = currentProcess();
    const credentials = process.credentials;
    const walk = newWalk();
    const directory = walk.place(process.directory!, path, false);
    if (!directory) return setError(failure == EEXIST ? EADDRINUSE : failure);
    const mode = S_IFSOCK | (0o777 & ~process.umask);
    const node = directory.create(walk.lastName, mode, credentials.euid, groupIn(directory, credentials));
    const errno = failure;
    forgetName(directory, walk.lastName);
    directory.release();
    if (!node) return setError(errno);
    this.node = node;
    this.name = address;
    bound.push(this);
    return 0;
  }

  /** The socket that a name means; null: see failure. */
  private static find(address: string): UnixSocket | null {
    const path = pathIn(address);
    const process = currentProcess();
    const node = newWalk().find(process.directory!, path, true);
    if (!node) return null;
    let errno = node.type == S_IFSOCK ? -checkAccess(node, W_OK, process.credentials) : ENOTSOCK;
    let found: UnixSocket | null = null;
    if (!errno) {
      errno = ECONNREFUSED;
      for (let i = 0; i < bound.length; i++) if (bound[i].node!.real == node.real) found = bound[i];
    }
    node.release();
    if (!found) setFailure(errno);
    return found;
  }

  listen(backlog: i32): i32 {
    if (this.isDatagram) return setError(EOPNOTSUPP);
    if (this.wasConnected || !this.node) return setError(EINVAL);
    this.backlog = min(max(backlog, 1), SOMAXCONN);
    this.listening = true;
    this.identify(this);
    return 0;
  }

  /** Lets another socket know who the caller is. */
  private identify(other: UnixSocket): void {
    const process = currentProcess();
    other.peerCredentials = process.credentials;
    other.peerPid = process.pid;
  }

  connect(address: string, nonblocking: bool): i32 {
    if (this.listening) return setError(EOPNOTSUPP);
    if (this.isDatagram && address.length < 3) {
      this.peer = null;
      return 0;
    }
    if (!this.isDatagram && this.wasConnected) return setError(EISCONN);
    const found = UnixSocket.find(address);
    if (!found) return setError(failure);
    if (found.kind != this.kind) return setError(EPROTOTYPE);
    if (this.isDatagram) {
      this.peer = found;
      return 0;
    }
    while (found.listening && found.queue.length >= found.backlog) {
      if (nonblocking) return setError(EAGAIN);
      const error = found.changed.wait(this.sendTimeout ? uptime() + this.sendTimeout : 0);
      if (error) return error;
      if (isTimedOut()) return setError(EAGAIN);
    }
    if (!found.listening) return setError(ECONNREFUSED);
    const accepted = new UnixSocket(this.kind);
    const error = accepted.ring.allocate() || this.ring.allocate();
    if (error) return error;
    accepted.name = found.name;
    accepted.join(this);
    this.identify(accepted);
    this.peerCredentials = found.peerCredentials;
    this.peerPid = found.peerPid;
    accepted.hold();
    found.queue.push(accepted);
    found.changed.wake();
    return 0;
  }

  private join(other: UnixSocket): void {
    this.peer = other;
    other.peer = this;
    this.wasConnected = true;
    other.wasConnected = true;
  }

  pairWith(other: Socket): i32 {
    if (!(other instanceof UnixSocket) || other.kind != this.kind) return setError(EINVAL);
    const second = other as UnixSocket;
    if (this.peer || second.peer || this.listening || second.listening) return setError(EISCONN);
    const error = this.ring.allocate() || second.ring.allocate();
    if (error) return error;
    this.join(second);
    this.identify(this);
    this.identify(second);
    return 0;
  }

  accept(nonblocking: bool): Socket | null {
    if (this.isDatagram || !this.listening) {
      setFailure(this.isDatagram ? EOPNOTSUPP : EINVAL);
      return null;
    }
    while (!this.queue.length) {
      const error = this.await(nonblocking, this.receiveTimeout);
      if (!error) continue;
      setFailure(-error);
      return null;
    }
    const socket = this.queue.shift();
    this.changed.wake();
    return socket;
  }

  /** Waits for a change. 0, -EINTR, or -EAGAIN if there was to be no wait, or none so long. */
  private await(nonblocking: bool, timeout: u64): i32 {
    if (nonblocking) return setError(EAGAIN);
    const error = this.changed.wait(timeout ? uptime() + timeout : 0);
    return !error && isTimedOut() ? setError(EAGAIN) : error;
  }

  ownName(): string | null {
    return this.name.length ? this.name : nobody();
  }
  peerName(): string | null {
    const peer = this.peer;
    if (peer) return peer.ownName();
    setFailure(ENOTCONN);
    return null;
  }

  shutdown(how: i32): i32 {
    if (<u32>how > 2) return setError(EINVAL);
    const peer = this.peer;
    if (!peer && !this.wasConnected) return setError(ENOTCONN);
    if (how != SHUT_WR) this.receiveShut = true;
    if (how != SHUT_RD) this.sendShut = true;
    this.changed.wake();
    if (peer && !this.isDatagram) {
      if (how != SHUT_RD) peer.receiveShut = true;
      if (how != SHUT_WR) peer.sendShut = true;
      peer.changed.wake();
    }
    return 0;
  }

  get sendBuffer(): u64 {
    const peer = this.peer;
    return peer ? peer.limit : this.limit;
  }
  get receiveBuffer(): u64 {
    return this.limit;
  }
  /** The sender's buffer is the receiver's: setting either limits what waits there. More than there is nobody gets. */
  protected setBuffer(receive: bool, bytes: u64): i32 {
    if (receive) this.limit = min(max(bytes, 512), RING_CAPACITY);
    return 0;
  }

  // ---- data

  private get room(): u64 {
    const waiting = this.ring.waiting;
    return waiting < this.limit ? this.limit - waiting : 0;
  }

  send(from: u64, count: u64, message: Message): i64 {
    if (message.flags & MSG_OOB) return setError(EOPNOTSUPP);
    if (this.pendingError) return this.takeError();
    let to = this.peer;
    if (message.address.length) {
      if (!this.isDatagram) return setError(this.wasConnected ? EISCONN : EOPNOTSUPP);
      to = UnixSocket.find(message.address);
      if (!to) return setError(failure);
      if (to.kind != SOCK_DGRAM) return setError(EPROTOTYPE);
    }
    if (this.isDatagram && !to) return setError(EDESTADDRREQ);
    if (!this.isDatagram && !this.wasConnected) return setError(ENOTCONN);
    return this.isDatagram || this.kind == SOCK_SEQPACKET
      ? this.sendRecord(to, from, count, message)
      : this.sendStream(from, count, message);
  }

  private takeError(): i64 {
    const error = this.pendingError;
    this.pendingError = 0;
    return setError(error);
  }

  private broken(message: Message): i64 {
    if (!(message.flags & MSG_NOSIGNAL)) currentProcess().post(SIGPIPE);
    return setError(EPIPE);
  }

  private sendRecord(target: UnixSocket | null, from: u64, count: u64, message: Message): i64 {
    const nonblocking = message.nonblocking || (message.flags & MSG_DONTWAIT) != 0;
    let to = target;
    while (true) {
      if (!this.isDatagram) to = this.peer;
      if (!to || this.sendShut) return this.broken(message);
      if (this.isDatagram && to.receiveShut) return this.broken(message);
      if (count > to.limit) return setError(EMSGSIZE);
      // Datagrams without bytes take room in the heap.
      let error = 0;
      if (to.room >= count && to.records.length < MOST_RECORDS) {
        error = to.ring.allocate() || (heapHasRoom() ? 0 : setError(ENOBUFS)) || to.ring.put(from, count);
        if (!error) break;
      } else error = to.await(nonblocking, this.sendTimeout);
      if (error < 0) return error;
    }
    to.records.push(new Record(count, this.name, message.rights));
    message.rights = [];
    to.changed.wake();
    return <i64>count;
  }

  private sendStream(from: u64, count: u64, message: Message): i64 {
    const nonblocking = message.nonblocking || (message.flags & MSG_DONTWAIT) != 0;
    let done: u64 = 0;
    do {
      const to = this.peer;
      if (!to || this.sendShut) return done ? <i64>done : this.broken(message);
      const part = min(count - done, to.room);
      if (!part && count) {
        const error = to.await(nonblocking, this.sendTimeout);
        if (error) return done ? <i64>done : error;
        continue;
      }
      if (!count && !message.rights.length) return 0;
      const error = to.ring.put(from + done, part);
      if (error == LOOK_AGAIN) continue;
      if (error) return done ? <i64>done : error;
      to.append(part, message);
      done += part;
      to.changed.wake();
    } while (done < count);
    return <i64>done;
  }

  /** Bytes of a stream have come: with files a record of their own, else more of the last, unless that had files. */
  private append(count: u64, message: Message): void {
    const last = this.records.length ? this.records[this.records.length - 1] : null;
    if (last && !last.rights.length && !message.rights.length) {
      last.length += count;
      return;
    }
    this.records.push(new Record(count, '', message.rights));
    message.rights = [];
  }

  receive(to: u64, count: u64, message: Message): i64 {
    if (message.flags & MSG_OOB) return setError(EOPNOTSUPP);
    const isStream = this.kind == SOCK_STREAM;
    if (!this.isDatagram && !this.wasConnected) return setError(ENOTCONN);
    const nonblocking = message.nonblocking || (message.flags & MSG_DONTWAIT) != 0;
    let done: u64 = 0;
    while (true) {
      while (!this.records.length) {
        if (done) return <i64>done;
        if (this.pendingError) return this.takeError();
        if (this.receiveShut || (!this.isDatagram && !this.peer)) return 0;
        const error = this.await(nonblocking, this.receiveTimeout);
        if (error) return error;
      }
      const record = this.records[0];
      if (done && record.rights.length) return <i64>done;
      const part = min(count - done, record.length);
      const error = this.ring.peek(to + done, part);
      if (error == LOOK_AGAIN) continue;
      if (error) return done ? <i64>done : error;
      message.address = record.from;
      if (!isStream && record.length > part) message.result |= MSG_TRUNC;
      const withFiles = record.rights.length > 0;
      if (!(message.flags & MSG_PEEK)) this.consume(record, part, message);
      done += part;
      if (!isStream || message.flags & MSG_PEEK || done == count || withFiles) return <i64>done;
      if (!(message.flags & MSG_WAITALL) && !this.records.length) return <i64>done;
      while (!this.records.length && !this.receiveShut && this.peer) {
        const error = this.await(nonblocking, this.receiveTimeout);
        if (error) return <i64>done;
      }
    }
  }

  /** Takes bytes out; of a packet the rest goes, too. */
  private consume(record: Record, part: u64, message: Message): void {
    if (record.rights.length) {
      for (let i = 0; i < record.rights.length; i++) message.rights.push(record.rights[i]);
      record.rights = [];
    }
    const taken = this.kind == SOCK_STREAM ? part : record.length;
    this.ring.skip(taken);
    record.length -= taken;
    if (!record.length) this.records.shift();
    // Senders wait with the receiver.
    this.changed.wake();
  }

  poll(events: i32, poller: Poller | null): i32 {
    if (poller) poller.watch(this.changed);
    let now = 0;
    if (this.listening) return this.queue.length ? events & POLL_READ : 0;
    const peer = this.peer;
    const ended = !this.isDatagram && this.wasConnected && !peer;
    if (this.records.length || this.receiveShut || ended || this.pendingError) now |= POLL_READ;
    if (ended) now |= POLLHUP;
    else if (this.isDatagram ? !peer || peer.room : peer && peer.room && !this.sendShut) now |= POLL_WRITE;
    if (peer && poller && !(now & POLL_WRITE)) poller.watch(peer.changed);
    if (this.pendingError) now |= POLLERR;
    return now & (events | POLLERR | POLLHUP);
  }
}

/** Packets that may wait, whatever their size. */
const MOST_RECORDS: i32 = 512;

/** The path in a struct sockaddr_un, up to its zero if it has one. */
function pathIn(address: string): string {
  let end = 2;
  while (end < address.length && address.charCodeAt(end)) end++;
  return address.substring(2, end);
}

/** The address of who has none. */
function nobody(): string {
  return String.fromCharCode(AF_UNIX) + String.fromCharCode(0);
}

export class UnixFamily extends SocketFamily {
  constructor() {
    super(AF_UNIX);
  }
  create(kind: i32, protocol: i32): Socket | null {
    let errno = 0;
    if (kind != SOCK_STREAM && kind != SOCK_DGRAM && kind != SOCK_SEQPACKET) errno = ESOCKTNOSUPPORT;
    else if (protocol) errno = EPROTONOSUPPORT;
    else if (!heapHasRoom()) errno = ENOBUFS;
    if (!errno) return new UnixSocket(kind);
    setFailure(errno);
    return null;
  }
}
