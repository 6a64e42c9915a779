// SPDX-License-Identifier: MIT
/** @fileoverview AF_UNIX sockets: POSIX.1-2017's socket functions, unix(4P). */
import * as calls from '../../lib/calls';
import { fork } from '../../lib/process';
import { BUFFER, buffer, check, checkText, readText, received, text, writeText } from '../check';

const AF_UNIX: i32 = 1;
const DGRAM: i32 = 1;
const STREAM: i32 = 2;
const SEQPACKET: i32 = 6;
const name = memory.data(110, 8);
const pair = memory.data(8, 8);
const message = memory.data(48, 8);
const iovec = memory.data(32, 8);
const control = memory.data(64, 8);
const length = memory.data(8, 8);
const pollfds = memory.data(32, 8);
const zeros = memory.data(16, 8);

function address(path: string): u64 {
  memory.fill(name, 0, 110);
  store<u16>(name, <u16>AF_UNIX);
  for (let i = 0; i < path.length; i++) store<u8>(name + 2 + i, <u8>path.charCodeAt(i));
  return <u64>name;
}
function open(type: i32): i32 {
  return <i32>calls.so_socket(AF_UNIX, type, 0, 0, 1);
}
function makePair(type: i32): void {
  store<i32>(pair, open(type));
  store<i32>(pair, open(type), 4);
  check('socketpair', calls.so_socketpair(<u64>pair), 0);
}
const first = (): i32 => load<i32>(pair);
const second = (): i32 => load<i32>(pair, 4);
function closePair(): void {
  calls.close(first());
  calls.close(second());
}

function streams(): void {
  makePair(STREAM);
  check('send', writeText(first(), 'hello'), 5);
  check('send more', writeText(first(), ' world'), 6);
  checkText('a stream has no borders', readText(second()), 'hello world');
  check('MSG_PEEK leaves it', writeText(second(), 'back') + calls.recv(first(), BUFFER, 10, 2), 8);
  checkText('peeked', received(4), 'back');
  checkText('and there it is', readText(first()), 'back');
  check('nothing is there: EAGAIN', calls.recv(first(), BUFFER, 10, 0x80), -11);
  check('shutdown', calls.shutdown(first(), 1, 1), 0);
  check('the end', calls.read(second(), BUFFER, 10), 0);
  check('after shutdown: EPIPE', calls.send(first(), BUFFER, 1, 0x200), -32);
  check('the other way works', writeText(second(), 'x'), 1);
  calls.close(second());
  checkText('what was sent is there after close', readText(first()), 'x');
  check('then the end', calls.read(first(), BUFFER, 1), 0);
  calls.close(first());
}

function connections(): void {
  const server = open(STREAM);
  check('connect to nothing: ENOENT', calls.connect(server, address('/tmp/sock'), 110, 1), -2);
  check('listen without a name: EINVAL', calls.listen(server, 1, 1), -22);
  check('bind', calls.bind(server, address('/tmp/sock'), 110, 1), 0);
  check('bind twice: EADDRINUSE', calls.bind(open(STREAM), address('/tmp/sock'), 110, 1), -125);
  check('not listening: ECONNREFUSED', calls.connect(open(STREAM), address('/tmp/sock'), 110, 1), -146);
  check('accept before listen: EINVAL', calls.accept(server, 0, 0, 1, 0), -22);
  check('listen', calls.listen(server, 1, 1), 0);
  check('another type: EPROTOTYPE', calls.connect(open(DGRAM), address('/tmp/sock'), 110, 1), -98);
  const client = open(STREAM);
  check('connect', calls.connect(client, address('/tmp/sock'), 110, 1), 0);
  check('connect again: EISCONN', calls.connect(client, address('/tmp/sock'), 110, 1), -133);
  check('sent before it is accepted', writeText(client, 'early'), 5);
  const accepted = <i32>calls.accept(server, 0, 0, 1, 0);
  check('accept', accepted > 2 ? 1 : accepted, 1);
  checkText('received', readText(accepted), 'early');
  check('peer credentials', calls.ucredsys(1, accepted, BUFFER), 0);
  check('whose pid is ours', load<i32>(buffer, 12), calls.getpid());
  store<i32>(length, 110);
  check('getpeername', calls.getpeername(client, BUFFER, <u64>length, 1), 0);
  check('of the name bound', load<u8>(buffer, 3), 0x74);
  check('accepted option', option(server, 2), 1);
  check('SO_TYPE', option(client, 0x1008), STREAM);
  check('SO_ERROR', option(client, 0x1007), 0);
  calls.close(accepted);
  check('closed by peer', calls.read(client, BUFFER, 1), 0);
  check('not a socket: ENOTSOCK', calls.listen(1, 1, 1), -95);
  check('no such family: EAFNOSUPPORT', calls.so_socket(99, STREAM, 0, 0, 1), -124);
  calls.close(client);
  calls.close(server);
  check('nobody behind the file: ECONNREFUSED', calls.connect(open(STREAM), address('/tmp/sock'), 110, 1), -146);
  check('open of a socket file: EOPNOTSUPP', calls.open(text('/tmp/sock'), 2, 0), -122);
  check('its type', calls.stat(text('/tmp/sock'), BUFFER) | (load<u32>(buffer, 16) & 0xf000), 0xc000);
  check('unlink', calls.unlink(text('/tmp/sock')), 0);
}

function option(socket: i32, what: i32): i64 {
  store<i32>(length, 4);
  const error = calls.getsockopt(socket, 0xffff, what, BUFFER, <u64>length, 1);
  return error ? error : load<i32>(buffer);
}

function datagrams(): void {
  const receiver = open(DGRAM);
  check('bind', calls.bind(receiver, address('/tmp/d1'), 110, 1), 0);
  const sender = open(DGRAM);
  check('bind', calls.bind(sender, address('/tmp/d2'), 110, 1), 0);
  check('no peer: EDESTADDRREQ', calls.send(sender, BUFFER, 1, 0), -96);
  store<u32>(buffer, 0x64636261);
  check('sendto', calls.sendto(sender, BUFFER, 4, 0, address('/tmp/d1'), 110), 4);
  check('sendto', calls.sendto(sender, BUFFER, 2, 0, address('/tmp/d1'), 110), 2);
  check('an empty one', calls.sendto(sender, BUFFER, 0, 0, address('/tmp/d1'), 110), 0);
  check('too long: EMSGSIZE', calls.sendto(sender, BUFFER, 100000, 0, address('/tmp/d1'), 110), -97);
  store<i32>(length, 110);
  memory.fill(name, 0, 110);
  check('one datagram, cut', calls.recvfrom(receiver, BUFFER, 3, 0, <u64>name, <u64>length), 3);
  check('from', load<u8>(name, 8), 0x32);
  check('the next', calls.recv(receiver, BUFFER, 100, 0), 2);
  check('the empty one', calls.recv(receiver, BUFFER, 100, 0), 0);
  check('connect', calls.connect(sender, address('/tmp/d1'), 110, 1), 0);
  check('send to the peer', writeText(sender, 'abc'), 3);
  checkText('received', readText(receiver), 'abc');
  calls.close(sender);
  calls.close(receiver);
  calls.unlink(text('/tmp/d1'));
  calls.unlink(text('/tmp/d2'));
  makePair(SEQPACKET);
  check('a packet', writeText(first(), 'one'), 3);
  check('another', writeText(first(), 'two'), 3);
  checkText('packets keep their borders', readText(second()), 'one');
  checkText('and their order', readText(second()), 'two');
  closePair();
}

/** A message with one piece and room for control messages. */
function prepare(controlLength: i32): void {
  memory.fill(message, 0, 48);
  store<u64>(iovec, BUFFER);
  store<u64>(iovec, 16, 8);
  store<u64>(message, <u64>iovec, 16);
  store<i32>(message, 1, 24);
  store<u64>(message, <u64>control, 32);
  store<i32>(message, controlLength, 40);
}

function rights(): void {
  makePair(STREAM);
  check('pipe', calls.pipe(BUFFER, 0), 0);
  const reader = load<i32>(buffer);
  const writer = load<i32>(buffer, 4);
  prepare(16);
  store<u64>(iovec, 1, 8);
  store<u32>(control, 16);
  store<u32>(control, 0xffff, 4);
  store<u32>(control, 0x1010, 8);
  store<i32>(control, writer, 12);
  check('hand a descriptor over', calls.sendmsg(first(), <u64>message, 0), 1);
  calls.close(writer);
  prepare(64);
  check('take it', calls.recvmsg(second(), <u64>message, 0), 1);
  check('control length', load<u32>(message, 40), 16);
  const got = load<i32>(control, 12);
  check('it works', writeText(got, 'through'), 7);
  checkText('and is the same pipe', readText(reader), 'through');
  calls.close(got);
  check('the last writer has gone', calls.read(reader, BUFFER, 1), 0);
  prepare(16);
  store<u64>(iovec, 1, 8);
  store<u32>(control, 16);
  store<i32>(control, 77, 12);
  check('a bad descriptor: EBADF', calls.sendmsg(first(), <u64>message, 0), -9);
  // One that is never taken goes with the socket.
  check('pipe', calls.pipe(BUFFER, 0), 0);
  const lost = load<i32>(buffer, 4);
  const left = load<i32>(buffer);
  store<i32>(control, lost, 12);
  check('hand another over', calls.sendmsg(first(), <u64>message, 0), 1);
  calls.close(lost);
  closePair();
  check('not taken, but closed', calls.read(left, BUFFER, 1), 0);
  calls.close(reader);
  calls.close(left);
}

function polled(socket: i32, events: i32): i64 {
  store<i32>(pollfds, socket);
  store<i32>(pollfds, events, 4);
  const count = calls.pollsys(<u64>pollfds, 1, <u64>zeros, 0);
  return count < 0 ? count : load<u16>(pollfds, 6);
}

function polls(): void {
  makePair(STREAM);
  check('room, nothing to read', polled(first(), 1 | 4), 4);
  writeText(second(), 'x');
  check('something to read', polled(first(), 1), 1);
  calls.close(second());
  check('and hung up', polled(first(), 1), 0x11);
  calls.close(first());
  check('no such descriptor', polled(70, 1), 0x20);
  check('pipe', calls.pipe(BUFFER, 0), 0);
  const reader = load<i32>(buffer);
  const writer = load<i32>(buffer, 4);
  check('an empty pipe', polled(reader, 1), 0);
  check('has room', polled(writer, 4), 4);
  // A child writes while we wait.
  store<u64>(zeros, 5);
  if (!fork()) {
    store<u64>(zeros, 0);
    store<u64>(zeros, 50000000, 8);
    calls.nanosleep(<u64>zeros, 0);
    writeText(writer, 'late');
    calls.exit(0);
  }
  check('waits until there is', polled(reader, 1), 1);
  store<u64>(zeros, 0);
  checkText('what the child wrote', readText(reader), 'late');
  calls.waitid(7, 0, BUFFER, 1);
  store<u64>(zeros, 20000000, 8);
  check('a time-out', polled(reader, 1), 0);
  store<u64>(zeros, 0, 8);
  calls.close(writer);
  check('no writer any more', polled(reader, 1), 0x10);
  calls.close(reader);
}

export function testSockets(): void {
  streams();
  connections();
  datagrams();
  rights();
  polls();
}
