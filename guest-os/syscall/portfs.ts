// SPDX-License-Identifier: MIT
/** @fileoverview System call 182, portfs (not restarted): event ports, by subcode: 0 create, 1 associate, 2 dissociate, 3 send, 5 get, 6 getn, 7 alert. */
import { EventPort, PORT_SOURCE_ALERT, PORT_SOURCE_FD, PORT_SOURCE_TIMER, PortEvent } from '../fs/eventPort';
import { O_RDWR, OpenFile } from '../fs/file';
import { installFile } from '../fs/open';
import { deadline, fetchDeadline, NEVER } from '../fs/pollCall';
import { EBADF, EBADFD, EFAULT, EINVAL, ENFILE, ETIME, setError } from '../kernel/errno';
import { heapHasRoom } from '../kernel/memory/heapRoom';
import { currentProcess } from '../kernel/process/processes';
import { withSecond } from '../kernel/results';
import { copyOut } from '../kernel/memory/user';

const PORT_CODE: i32 = 0xff;
const CREATE: i32 = 0;
const ASSOCIATE: i32 = 1;
const DISSOCIATE: i32 = 2;
const SEND: i32 = 3;
const GET: i32 = 5;
const GETN: i32 = 6;
const ALERT: i32 = 7;
/** port_event_t: events, source (16 bits), object, the user's own. */
const EVENT: usize = 24;
const MOST: i32 = 4096;
const buffer = memory.data(24, 8);

export function portfs(code: i32, a: u64, b: u64, c: u64, d: u64, e: u64): i64 {
  const subcode = code & PORT_CODE;
  if (subcode == CREATE) return create();
  const port = portOf(<i32>a);
  if (!port) return setError(currentProcess().file(<i32>a) ? EBADFD : EBADF);
  if (subcode == ASSOCIATE || subcode == DISSOCIATE) {
    if (<i32>b != PORT_SOURCE_FD) return setError(EINVAL);
    const file = currentProcess().file(<i32>c);
    if (!file) return setError(EBADFD);
    return subcode == ASSOCIATE ? port.associate(<i32>c, file, <i32>d, e) : port.dissociate(<i32>c, file);
  }
  if (subcode == SEND) return port.send(<i32>b, c);
  if (subcode == ALERT) return port.setAlert(<i32>b, <i32>c, d);
  // port_get's time-out comes as its address too, behind the two numbers.
  if (subcode == GET) return min<i64>(get(port, b, 1, 1, e), 0);
  return subcode == GETN ? get(port, b, <i32>c, <i32>d, e) : setError(EINVAL);
}

function create(): i64 {
  if (!heapHasRoom()) return setError(ENFILE);
  const port = new EventPort();
  port.hold();
  const process = currentProcess();
  const descriptor = installFile(process, new OpenFile(port, O_RDWR), 0);
  if (descriptor >= 0) process.closeOnExec[descriptor] = true;
  return descriptor;
}

function portOf(descriptor: i32): EventPort | null {
  const file = currentProcess().file(descriptor);
  if (!file) return null;
  const vnode = file.vnode;
  return vnode instanceof EventPort ? changetype<EventPort>(vnode) : null;
}

/**
 * Up to `most` events, waiting for at least `least`: how many. `most` 0: how many wait. Fewer than asked for when the time is over: the second result is
 * ETIME, and without any it is the error.
 */
function get(port: EventPort, to: u64, most: i32, least: i32, timeout: u64): i64 {
  if (!most) return port.waiting;
  if (most < 0 || most > MOST || least > most) return setError(EINVAL);
  const error = fetchDeadline(timeout);
  if (error) return error;
  const end = deadline;
  let count = 0;
  while (count < most) {
    // Beyond the least only what is there already.
    const event = port.await(count < least ? end : 0, NEVER);
    if (!event) break;
    if (store_(event, to + <u64>count * EVENT)) return setError(EFAULT);
    count++;
    if (event.source == PORT_SOURCE_ALERT) break;
  }
  if (!count && least) return setError(port.waitError ? -port.waitError : ETIME);
  return count < least && !port.waitError ? withSecond(count, ETIME) : count;
}

function store_(event: PortEvent, to: u64): i32 {
  memory.fill(buffer, 0, EVENT);
  store<i32>(buffer, event.events);
  store<u16>(buffer, <u16>event.source, 4);
  store<u64>(buffer, event.object, 8);
  store<u64>(buffer, event.user, 16);
  // A timer counts its expirations in it, from here on anew.
  if (event.source == PORT_SOURCE_TIMER) event.events = 0;
  return copyOut(to, buffer, EVENT);
}
