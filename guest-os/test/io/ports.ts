// SPDX-License-Identifier: MIT
/** @fileoverview Event ports: port_create(3C), port_associate(3C), port_get(3C), port_send(3C), port_alert(3C). */
import * as calls from '../../lib/calls';
import { BUFFER, buffer, check, writeText } from '../check';

const CREATE: i32 = 0x100;
const ASSOCIATE: i32 = 1;
const DISSOCIATE: i32 = 2;
const SEND: i32 = 3;
const GET: i32 = 5;
const GETN: i32 = 6;
const ALERT: i32 = 7;
const FD: u64 = 4;
const time = memory.data(32, 8);
const ends = memory.data(8, 8);
const sigevent = memory.data(32, 8);
const notify = memory.data(16, 8);

/** An event into the buffer, within 20 milliseconds: 0 or an errno. */
function get(port: i64): i64 {
  store<u64>(time, 0);
  store<u64>(time, 20000000, 8);
  return calls.portfs(GET, port, BUFFER, 0, 0, <u64>time);
}
const events = (): i64 => load<i32>(buffer);
const source = (): i64 => load<u16>(buffer, 4);
const object = (): i64 => <i64>load<u64>(buffer, 8);
const user = (): i64 => <i64>load<u64>(buffer, 16);

export function testPorts(): void {
  const port = calls.portfs(CREATE, 0, 0, 0, 0, 0);
  check('port_create', port > 2 ? 1 : port, 1);
  check('nothing: ETIME', get(port), -62);
  check('port_send', calls.portfs(SEND, port, 5, 77, 0, 0), 0);
  check('port_get', get(port), 0);
  check('its events', events(), 5);
  check('its source', source(), 3);
  check('its user', user(), 77);
  calls.pipe(<u64>ends, 0);
  const reader = load<i32>(ends);
  const writer = load<i32>(ends, 4);
  check('associate', calls.portfs(ASSOCIATE, port, FD, reader, 1, 11), 0);
  check('nothing to read yet', get(port), -62);
  writeText(writer, 'x');
  check('now there is', get(port), 0);
  check('POLLIN', events(), 1);
  check('of a descriptor', source(), 4);
  check('this one', object(), reader);
  check('with its user', user(), 11);
  check('once only', get(port), -62);
  check('associate what is ready', calls.portfs(ASSOCIATE, port, FD, reader, 1, 12), 0);
  check('at once', get(port), 0);
  check('associate again', calls.portfs(ASSOCIATE, port, FD, reader, 1, 13), 0);
  check('read it first', calls.read(reader, BUFFER, 1), 1);
  check('then nothing holds', get(port), -62);
  writeText(writer, 'y');
  check('until it does again', get(port), 0);
  check('dissociate what is not: ENOENT', calls.portfs(DISSOCIATE, port, FD, reader, 0, 0), -2);
  check('associate', calls.portfs(ASSOCIATE, port, FD, reader, 1, 14), 0);
  check('dissociate', calls.portfs(DISSOCIATE, port, FD, reader, 0, 0), 0);
  check('and nothing comes', get(port), -62);
  check('a bad descriptor: EBADFD', calls.portfs(ASSOCIATE, port, FD, 70, 1, 0), -81);
  check('no port: EBADFD', calls.portfs(SEND, 1, 1, 1, 0, 0), -81);
  calls.close(reader);
  calls.close(writer);
  for (let i = 0; i < 3; i++) calls.portfs(SEND, port, <u64>i + 1, 0, 0, 0);
  check('how many wait', calls.portfs(GETN, port, BUFFER, 0, 0, 0), 3);
  check('two of them', calls.portfs(GETN, port, BUFFER, 2, 1, 0), 2);
  check('in order', load<i32>(buffer, 24), 2);
  check('the last', get(port), 0);
  check('alert', calls.portfs(ALERT, port, 1, 9, 8, 0), 0);
  check('is told', get(port), 0);
  check('as an alert', source(), 5);
  check('again and again', get(port), 0);
  check('until it is taken back', calls.portfs(ALERT, port, 1, 0, 0, 0), 0);
  check('then not', get(port), -62);
  store<i32>(sigevent, 4);
  store<u64>(sigevent, <u64>notify, 8);
  store<i32>(notify, <i32>port);
  store<u64>(notify, 99, 8);
  check('timer_create', calls.timer_create(3, <u64>sigevent, BUFFER), 0);
  const timer = load<i32>(buffer);
  memory.fill(time, 0, 32);
  store<u64>(time, 5000000, 24);
  check('timer_settime', calls.timer_settime(timer, 0, <u64>time, 0), 0);
  check('goes off', get(port), 0);
  check('once', events(), 1);
  check('a timer', source(), 2);
  check('with its user', user(), 99);
  calls.timer_delete(timer);
  calls.close(<i32>port);
}
