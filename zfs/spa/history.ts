// SPDX-License-Identifier: MIT
/**
 * @fileoverview A pool's history: who did what to it when. An object of the MOS is a ring of records, each a packed list behind its length (8
 * bytes, little-endian). The first record, which says how the pool was made, is never overwritten: the ring proper begins behind it.
 *
 * `begin` and `end` count bytes that were ever written and only grow; {@link placeOf} says where in the ring such a byte lies.
 */
import { HistoryPhys } from 'layout/zfs';
import { EIO, ENOENT, setError } from '../../guest-os/kernel/errno';
import { dmuRead, dmuWrite } from '../dmu/dmu';
import { allocateObject, bonusOf, dirtyDnode, Dnode, holdDnode, releaseDnode } from '../dmu/dnode';
import { TYPE_HISTORY, TYPE_HISTORY_OFFSETS } from '../dmu/types';
import { freeBuffer, newBuffer, newZeroed } from '../port/memory';
import { NvList, packList, unpackList } from '../port/nvlist';
import { now, system } from '../port/port';
import { zapGet, zapSet, zapValue } from '../zap/zap';
import { OBJECT_DIRECTORY, Spa } from './spa';
import { Task } from './task';

const HISTORY_BLOCK: u32 = 128 << 10;
const SMALLEST: u64 = 128 << 10;
const LARGEST: u64 = 32 << 20;
const VERSION_HISTORY: u64 = 4;
/** Longest record that is written or believed. */
const LONGEST_RECORD: u64 = 128 << 10;

/** What the system itself does has a number, which other tools know a text for. */
export const EVENT_POOL_CREATE: u64 = 1;
export const EVENT_VDEV_ADD: u64 = 2;
export const EVENT_POOL_DESTROY: u64 = 4;
export const EVENT_POOL_EXPORT: u64 = 5;
export const EVENT_POOL_IMPORT: u64 = 6;
export const EVENT_VDEV_ATTACH: u64 = 7;
export const EVENT_VDEV_REPLACE: u64 = 8;
export const EVENT_VDEV_DETACH: u64 = 9;
export const EVENT_VDEV_ONLINE: u64 = 10;
export const EVENT_VDEV_OFFLINE: u64 = 11;
export const EVENT_POOL_SCAN: u64 = 14;
export const EVENT_POOL_SET: u64 = 15;
export const EVENT_POOL_SCAN_DONE: u64 = 37;

/** Made with the pool. */
export function createHistory(spa: Spa): void {
  if (spa.version < VERSION_HISTORY) return;
  const mos = spa.mos!;
  const object = allocateObject(mos, TYPE_HISTORY, HISTORY_BLOCK, TYPE_HISTORY_OFFSETS, <u32>HistoryPhys.SIZE);
  const dn = holdDnode(mos, object)!;
  changetype<HistoryPhys>(bonusOf(dn)).limit = min(max(spa.capacity() / 100, SMALLEST), LARGEST);
  releaseDnode(dn);
  zapSet(mos, OBJECT_DIRECTORY, 'history', object);
}

function holdHistory(spa: Spa): Dnode | null {
  if (zapGet(spa.mos!, OBJECT_DIRECTORY, 'history') < 0) return null;
  const dn = holdDnode(spa.mos!, zapValue);
  if (!dn) return null;
  const header = changetype<HistoryPhys>(bonusOf(dn));
  const sane =
    dn.type == TYPE_HISTORY &&
    dn.bonusLength >= <u32>HistoryPhys.SIZE &&
    header.limit > header.createLength &&
    header.limit <= LARGEST &&
    header.begin <= header.end &&
    header.end - header.begin <= header.limit;
  if (sane) return dn;
  releaseDnode(dn);
  return null;
}

function placeOf(header: HistoryPhys, at: u64): u64 {
  if (at < header.createLength) return at;
  return header.createLength + ((at - header.createLength) % (header.limit - header.createLength));
}

/** Reads or writes `bytes` from a counted byte on, around the end of the ring. */
function transfer(dn: Dnode, at: u64, bytes: u64, buffer: usize, write: bool): i32 {
  const header = changetype<HistoryPhys>(bonusOf(dn));
  let done: u64 = 0;
  while (done < bytes) {
    const place = placeOf(header, at + done);
    const part = min(bytes - done, header.limit - place);
    const data = buffer + <usize>done;
    const result = write ? dmuWrite(dn, place, part, data) : dmuRead(dn, place, part, data);
    if (result < 0) return result;
    done += part;
  }
  return 0;
}

/** Appends a record, in the sync of a group. */
function append(spa: Spa, record: NvList): i32 {
  const dn = holdHistory(spa);
  if (!dn) return setError(ENOENT);
  const bytes = <u64>packList(record, 0, 0);
  const whole = bytes + 8;
  let result = whole > LONGEST_RECORD ? setError(EIO) : 0;
  const header = changetype<HistoryPhys>(bonusOf(dn));
  // Old records make room.
  while (result == 0 && header.limit - header.createLength - (header.end - header.begin) <= whole) result = dropFirst(dn);
  if (result == 0) {
    const buffer = newZeroed(<usize>whole);
    store<u64>(buffer, bytes);
    packList(record, buffer + 8, <usize>bytes);
    result = transfer(dn, header.end, whole, buffer, true);
    freeBuffer(buffer, <usize>whole);
    header.end += whole;
    if (!header.createLength) {
      header.createLength = header.end;
      header.begin = header.end;
    }
  }
  dirtyDnode(dn);
  releaseDnode(dn);
  return result;
}

const lengthCell = memory.data(8, 8);
function lengthAt(dn: Dnode, at: u64): u64 {
  return transfer(dn, at, 8, lengthCell, false) < 0 ? u64.MAX_VALUE : load<u64>(lengthCell);
}

function dropFirst(dn: Dnode): i32 {
  const header = changetype<HistoryPhys>(bonusOf(dn));
  const bytes = lengthAt(dn, header.begin);
  if (bytes > header.end - header.begin) return setError(EIO);
  header.begin += bytes + 8;
  header.lost++;
  return 0;
}

class Log extends Task {
  constructor(private readonly record: NvList) {
    super();
  }
  run(spa: Spa, txg: u64): i32 {
    if (this.record.has('history internal event')) this.record.setNumber('history txg', txg);
    append(spa, this.record);
    return 0;
  }
}

/** Notes that a command was given, with the next group that is synced. */
export function logCommand(spa: Spa, command: string, uid: u64): void {
  const record = new NvList();
  record.setText('history command', command);
  record.setNumber('history who', uid);
  finish(spa, record);
}
/** Notes something that the system did. */
export function logEvent(spa: Spa, event: u64, text: string): void {
  const record = new NvList();
  record.setNumber('history internal event', event);
  record.setText('history internal str', text);
  finish(spa, record);
}
function finish(spa: Spa, record: NvList): void {
  record.setNumber('history time', now());
  record.setText('history hostname', system().hostname());
  record.setText('history zone', 'global');
  spa.later(new Log(record));
}

/** All records, the oldest first. */
export function readHistory(spa: Spa): NvList[] {
  const records: NvList[] = [];
  const dn = holdHistory(spa);
  if (!dn) return records;
  const header = changetype<HistoryPhys>(bonusOf(dn));
  readRange(dn, 0, header.createLength, records);
  readRange(dn, header.begin, header.end, records);
  releaseDnode(dn);
  return records;
}

function readRange(dn: Dnode, from: u64, end: u64, records: NvList[]): void {
  let at = from;
  while (at + 8 < end) {
    const bytes = lengthAt(dn, at);
    if (!bytes || bytes > LONGEST_RECORD || bytes > end - at) return;
    const buffer = newBuffer(<usize>bytes);
    const record = transfer(dn, at + 8, bytes, buffer, false) == 0 ? unpackList(buffer, <usize>bytes) : null;
    if (record) records.push(record);
    freeBuffer(buffer, <usize>bytes);
    at += bytes + 8;
  }
}
