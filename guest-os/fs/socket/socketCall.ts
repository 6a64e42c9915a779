// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the system calls of sockets take from users and give them: addresses, struct msghdr with its pieces and control messages.
 *
 * struct msghdr for 64 bits: name and its length, pieces and their number, control and its length, flags. A control message is its length, level and
 * type (32 bits each), then the data, up to a multiple of 4 bytes (<sys/socket.h>).
 */
import { address as kernelAddress } from 'machine/mem';
import { EBADF, EFAULT, EINVAL, EMFILE, EMSGSIZE, failure, setError, setFailure } from '../../kernel/errno';
import { currentProcess } from '../../kernel/process/processes';
import { copyIn, copyOut, fetch32, fetched, isUser, put32, storeText, textOf } from '../../kernel/memory/user';
import { OpenFile } from '../file';
import { Message, MSG_CMSG_CLOEXEC, MSG_CTRUNC, Socket, SOL_SOCKET } from './socket';
import { Pieces } from '../vector';

/** Longest address: sockaddr_storage. */
const ADDRESS_MAX: u32 = 256;
const MSGHDR: usize = 48;
const CMSGHDR: u64 = 12;
const SCM_RIGHTS: i32 = 0x1010;
/** Files that one message hands over at most, and bytes of control messages. */
const RIGHTS_MAX: u64 = 253;
const CONTROL_MAX: u64 = 4096;

const address = memory.data(256, 8);
const header = memory.data(48, 8);
const control = memory.data(16, 8);

/** An address at a user's pointer; null: see failure. */
export function fetchAddress(from: u64, length: u32): string | null {
  if (length < 2 || length > ADDRESS_MAX) {
    setFailure(EINVAL);
    return null;
  }
  if (copyIn(address, from, length)) {
    setFailure(EFAULT);
    return null;
  }
  return textOf(address, length);
}

/** Stores an address and its length, as much as there is room for; the length is the whole one. */
export function putAddress(text: string, to: u64, lengthAt: u64): i32 {
  if (!to || !lengthAt) return 0;
  if (fetch32(lengthAt)) return setError(EFAULT);
  const room = <i32>min<u64>(fetched(), ADDRESS_MAX);
  const whole = text.substring(0, <i32>ADDRESS_MAX);
  storeText(address, whole);
  const error = copyOut(to, address, min(room, whole.length));
  return error ? error : put32(lengthAt, whole.length);
}

/** sendmsg. */
export function sendMessage(socket: Socket, from: u64, flags: i32, nonblocking: bool): i64 {
  if (copyIn(header, from, MSGHDR)) return setError(EFAULT);
  const name = load<u64>(header);
  const nameLength = load<u32>(header, 8);
  const vector = load<u64>(header, 16);
  const pieceCount = load<i32>(header, 24);
  const controlAt = load<u64>(header, 32);
  const controlLength = <u64>load<u32>(header, 40);
  const message = new Message();
  message.flags = flags;
  message.nonblocking = nonblocking;
  if (name && nameLength) {
    const text = fetchAddress(name, nameLength);
    if (text == null) return setError(failure);
    message.address = text;
  }
  const pieces = new Pieces(vector, max(pieceCount, 1));
  if (pieces.error && pieceCount) return pieces.error;
  let result: i64 = controlAt && controlLength ? fetchRights(message, controlAt, controlLength) : 0;
  if (!result)
    result =
      pieceCount == 1
        ? socket.send(pieces.bases[0], pieces.lengths[0], message)
        : sendPieces(socket, pieces, pieceCount, message);
  // Those that did not go.
  for (let i = 0; i < message.rights.length; i++) message.rights[i].release();
  return result;
}

/** A message that lies in several pieces goes as one: through a buffer, unless it is a stream's. */
function sendPieces(socket: Socket, pieces: Pieces, count: i32, message: Message): i64 {
  if (!count) return socket.send(0, 0, message);
  if (socket.kind == 2) {
    let done: i64 = 0;
    for (let i = 0; i < count; i++) {
      if (!pieces.lengths[i]) continue;
      const part = socket.send(pieces.bases[i], pieces.lengths[i], message);
      if (part < 0) return done ? done : part;
      done += part;
      if (<u64>part < pieces.lengths[i]) break;
    }
    return done;
  }
  const total = pieces.total;
  if (total > 16384) return setError(EMSGSIZE);
  const buffer = new StaticArray<u8>(<i32>max<u64>(total, 1));
  let at = changetype<usize>(buffer);
  for (let i = 0; i < count; i++) {
    if (copyIn(at, pieces.bases[i], <usize>pieces.lengths[i])) return setError(EFAULT);
    at += <usize>pieces.lengths[i];
  }
  return socket.send(kernelAddress(changetype<usize>(buffer)), total, message);
}

/** recvmsg. */
export function receiveMessage(socket: Socket, at: u64, flags: i32, nonblocking: bool): i64 {
  if (copyIn(header, at, MSGHDR)) return setError(EFAULT);
  const name = load<u64>(header);
  const vector = load<u64>(header, 16);
  const pieceCount = load<i32>(header, 24);
  const controlAt = load<u64>(header, 32);
  const controlRoom = <u64>load<u32>(header, 40);
  const message = new Message();
  message.flags = flags;
  message.nonblocking = nonblocking;
  const pieces = new Pieces(vector, max(pieceCount, 1));
  if (pieces.error && pieceCount) return pieces.error;
  const result =
    pieceCount == 1
      ? socket.receive(pieces.bases[0], pieces.lengths[0], message)
      : receivePieces(socket, pieces, pieceCount, message);
  if (result < 0) return result;
  const given = putRights(message, controlAt, controlRoom);
  let failed = put32(at + 40, <u32>given) | put32(at + 44, message.result);
  if (name) failed |= putAddress(message.address, name, at + 8);
  return failed ? setError(EFAULT) : result;
}

function receivePieces(socket: Socket, pieces: Pieces, count: i32, message: Message): i64 {
  if (!count) return socket.receive(0, 0, message);
  const total = min<u64>(pieces.total, 16384);
  const buffer = new StaticArray<u8>(<i32>max<u64>(total, 1));
  const result = socket.receive(kernelAddress(changetype<usize>(buffer)), total, message);
  let left = result;
  let at = changetype<usize>(buffer);
  for (let i = 0; i < count && left > 0; i++) {
    const part = <usize>min<u64>(<u64>left, pieces.lengths[i]);
    if (copyOut(pieces.bases[i], at, part)) return setError(EFAULT);
    at += part;
    left -= part;
  }
  return result;
}

// ---- control messages

function fetchRights(message: Message, at: u64, length: u64): i32 {
  const process = currentProcess();
  if (length > CONTROL_MAX) return setError(EINVAL);
  for (let done: u64 = 0; done + CMSGHDR <= length; ) {
    if (copyIn(control, at + done, <usize>CMSGHDR)) return setError(EFAULT);
    const size = <u64>load<u32>(control);
    if (size < CMSGHDR || size > length - done) return setError(EINVAL);
    if (load<i32>(control, 4) != SOL_SOCKET || load<i32>(control, 8) != SCM_RIGHTS) return setError(EINVAL);
    const count = (size - CMSGHDR) / 4;
    if (count + <u64>message.rights.length > RIGHTS_MAX) return setError(EINVAL);
    for (let i: u64 = 0; i < count; i++) {
      if (fetch32(at + done + CMSGHDR + (i << 2))) return setError(EFAULT);
      const file = process.file(<i32>fetched());
      if (!file) return setError(EBADF);
      file.hold();
      message.rights.push(file);
    }
    done += (size + 3) & ~3;
  }
  return 0;
}

/** Gives the caller descriptors of the files that came, as many as there is room for; the others are closed. Bytes of control stored. */
function putRights(message: Message, at: u64, room: u64): u64 {
  const rights: OpenFile[] = message.rights;
  if (!rights.length) return 0;
  const process = currentProcess();
  const closeOnExec = (message.flags & MSG_CMSG_CLOEXEC) != 0;
  let given: u64 = 0;
  for (let i = 0; i < rights.length; i++) {
    const fits = at != 0 && CMSGHDR + (given + 1) * 4 <= room && isUser(at, room);
    const descriptor = fits ? process.install(rights[i], 0, closeOnExec) : setError(EMFILE);
    if (descriptor < 0) {
      rights[i].release();
      message.result |= MSG_CTRUNC;
      continue;
    }
    if (put32(at + CMSGHDR + (given << 2), descriptor)) {
      process.close(descriptor);
      message.result |= MSG_CTRUNC;
      continue;
    }
    given++;
  }
  if (!given) return 0;
  const size = CMSGHDR + given * 4;
  store<u32>(control, <u32>size);
  store<i32>(control, SOL_SOCKET, 4);
  store<i32>(control, SCM_RIGHTS, 8);
  copyOut(at, control, <usize>CMSGHDR);
  return size;
}
