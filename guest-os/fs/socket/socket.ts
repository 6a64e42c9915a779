// SPDX-License-Identifier: MIT
/**
 * @fileoverview Sockets: what all address families have in common, and the table of families.
 *
 * A socket is a vnode: read and write are receive and send without anything special. A family ({@link SocketFamily}, one record each, registered at
 * boot) makes {@link Socket}s, whose operations answer EOPNOTSUPP until the family has them. Addresses are byte strings, the family's two bytes
 * first, as a struct sockaddr lies in memory; `Message` is what a send or receive is about besides.
 *
 * Numbers are illumos's (<sys/socket.h>). XNET's struct msghdr is the only one; access rights go as SCM_RIGHTS.
 */
import { wallTime } from '../../kernel/time/clock';
import { Credentials } from '../../kernel/process/credentials';
import { EAFNOSUPPORT, EINVAL, ENOPROTOOPT, ENOTSOCK, EOPNOTSUPP, setError, setFailure } from '../../kernel/errno';
import { currentProcess } from '../../kernel/process/processes';
import { OpenFile } from '../file';
import { Attributes, FileSystem, newDeviceNumber, S_IFSOCK, Vnode } from '../vnode';

export const AF_UNIX: i32 = 1;
export const SOCK_DGRAM: i32 = 1;
export const SOCK_STREAM: i32 = 2;
export const SOCK_SEQPACKET: i32 = 6;
export const SOCK_TYPE: i32 = 0xffff;
export const SOCK_CLOEXEC: i32 = 0x080000;
export const SOCK_NONBLOCK: i32 = 0x100000;
export const SOCK_NDELAY: i32 = 0x200000;

export const MSG_OOB: i32 = 0x1;
export const MSG_PEEK: i32 = 0x2;
export const MSG_CTRUNC: i32 = 0x10;
export const MSG_TRUNC: i32 = 0x20;
export const MSG_WAITALL: i32 = 0x40;
export const MSG_DONTWAIT: i32 = 0x80;
export const MSG_NOSIGNAL: i32 = 0x200;
export const MSG_CMSG_CLOEXEC: i32 = 0x1000;

export const SOL_SOCKET: i32 = 0xffff;
export const SO_ACCEPTCONN: i32 = 0x2;
export const SO_REUSEADDR: i32 = 0x4;
export const SO_LINGER: i32 = 0x80;
export const SO_SNDBUF: i32 = 0x1001;
export const SO_RCVBUF: i32 = 0x1002;
export const SO_SNDTIMEO: i32 = 0x1005;
export const SO_RCVTIMEO: i32 = 0x1006;
export const SO_ERROR: i32 = 0x1007;
export const SO_TYPE: i32 = 0x1008;
export const SO_PROTOTYPE: i32 = 0x1009;
export const SO_DOMAIN: i32 = 0x100c;

export const SHUT_RD: i32 = 0;
export const SHUT_WR: i32 = 1;
export const SHUT_RDWR: i32 = 2;

/** What goes, or comes, with the bytes of a message. */
export class Message {
  /** Where to, or where from; empty: the socket's peer. */
  address: string = '';
  flags: i32 = 0;
  /** Files handed over, each held once more. */
  rights: OpenFile[] = [];
  /** What came with flags of its own: MSG_TRUNC, MSG_CTRUNC. */
  result: i32 = 0;
  nonblocking: bool = false;
}

const socketFileSystem: FileSystem = new FileSystem('sockfs', newDeviceNumber(), false);
let inodes: u64 = 1;

export abstract class Socket extends Vnode {
  /** Who the peer is, as it was when it connected or listened. */
  peerCredentials: Credentials | null = null;
  peerPid: i32 = 0;
  readonly inode: u64 = inodes++;
  private readonly created: u64 = wallTime();
  private readonly uid: i32 = currentProcess().credentials.euid;
  private readonly gid: i32 = currentProcess().credentials.egid;
  private options: i32 = 0;
  /** Nanoseconds that a send and a receive wait at most; 0: for ever. */
  sendTimeout: u64 = 0;
  receiveTimeout: u64 = 0;
  /** An error that happened by itself, told once. */
  pendingError: i32 = 0;

  constructor(
    public readonly family: i32,
    public readonly kind: i32,
  ) {
    super(socketFileSystem, S_IFSOCK);
  }

  attributes(): Attributes {
    const result = new Attributes();
    result.mode = S_IFSOCK | 0o666;
    result.uid = this.uid;
    result.gid = this.gid;
    result.inode = this.inode;
    result.accessed = this.created;
    result.modified = this.created;
    result.changed = this.created;
    return result;
  }
  get seekable(): bool {
    return false;
  }

  bind(address: string): i32 {
    return setError(EOPNOTSUPP);
  }
  listen(backlog: i32): i32 {
    return setError(EOPNOTSUPP);
  }
  /** The next connection's socket, held. Null: see failure. */
  accept(nonblocking: bool): Socket | null {
    setFailure(EOPNOTSUPP);
    return null;
  }
  connect(address: string, nonblocking: bool): i32 {
    return setError(EOPNOTSUPP);
  }
  /** Makes two new sockets each other's peers. */
  pairWith(other: Socket): i32 {
    return setError(EOPNOTSUPP);
  }
  shutdown(how: i32): i32 {
    return setError(EOPNOTSUPP);
  }
  /** Addresses; null: see failure. */
  ownName(): string | null {
    setFailure(EOPNOTSUPP);
    return null;
  }
  peerName(): string | null {
    setFailure(EOPNOTSUPP);
    return null;
  }
  send(from: u64, count: u64, message: Message): i64 {
    return setError(EOPNOTSUPP);
  }
  receive(to: u64, count: u64, message: Message): i64 {
    return setError(EOPNOTSUPP);
  }
  get isListening(): bool {
    return false;
  }
  /** Bytes that may wait to be sent, or received. */
  get sendBuffer(): u64 {
    return 0;
  }
  get receiveBuffer(): u64 {
    return 0;
  }
  protected setBuffer(receive: bool, bytes: u64): i32 {
    return setError(ENOPROTOOPT);
  }

  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    const message = new Message();
    message.nonblocking = nonblocking;
    return this.receive(to, count, message);
  }
  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    const message = new Message();
    message.nonblocking = nonblocking;
    return this.send(from, count, message);
  }

  /** An option's value of 32 bits; those with another form are the system calls' business. Negative: an errno. */
  option(level: i32, name: i32): i64 {
    if (level != SOL_SOCKET) return setError(ENOPROTOOPT);
    switch (name) {
      case SO_ERROR: {
        const error = this.pendingError;
        this.pendingError = 0;
        return error;
      }
      case SO_TYPE:
        return this.kind;
      case SO_DOMAIN:
        return this.family;
      case SO_PROTOTYPE:
        return 0;
      case SO_ACCEPTCONN:
        return this.isListening ? 1 : 0;
      case SO_SNDBUF:
        return <i64>this.sendBuffer;
      case SO_RCVBUF:
        return <i64>this.receiveBuffer;
    }
    return isFlag(name) ? (this.options & name ? 1 : 0) : setError(ENOPROTOOPT);
  }

  setOption(level: i32, name: i32, value: i32): i32 {
    if (level != SOL_SOCKET) return setError(ENOPROTOOPT);
    if (name == SO_SNDBUF || name == SO_RCVBUF) return value > 0 ? this.setBuffer(name == SO_RCVBUF, value) : setError(EINVAL);
    if (!isFlag(name)) return setError(ENOPROTOOPT);
    this.options = value ? this.options | name : this.options & ~name;
    return 0;
  }
}

/** Options that are on or off, and mean nothing to sockets of one machine: debug, reuse, keep alive, do not route, broadcast. */
function isFlag(name: i32): bool {
  return name == 1 || name == SO_REUSEADDR || name == 8 || name == 0x10 || name == 0x20;
}

// ---- families

export abstract class SocketFamily {
  constructor(public readonly family: i32) {}
  /** A new socket; null: see failure. */
  abstract create(kind: i32, protocol: i32): Socket | null;
}

const families: SocketFamily[] = [];
export function registerSocketFamily(family: SocketFamily): void {
  families.push(family);
}

export function createSocket(family: i32, kind: i32, protocol: i32): Socket | null {
  for (let i = 0; i < families.length; i++) if (families[i].family == family) return families[i].create(kind, protocol);
  setFailure(EAFNOSUPPORT);
  return null;
}

/** The socket of a descriptor; null: EBADF or ENOTSOCK. */
export function socketOf(descriptor: i32): Socket | null {
  const file = currentProcess().file(descriptor);
  if (!file) return null;
  const vnode = file.vnode;
  if (vnode instanceof Socket) return changetype<Socket>(vnode);
  setFailure(ENOTSOCK);
  return null;
}

export function isNonblocking(descriptor: i32): bool {
  const file = currentProcess().file(descriptor);
  return file ? file.nonblocking : false;
}
