// SPDX-License-Identifier: MIT
/** @fileoverview System call 227, zone: makes, destroys, enters, shuts down and boots zones, says and changes what they are, lists and finds them. */
// A zone knows of itself alone. Left out: data links, labels, resource pools; rctls are set one by one.
import { AT_FDCWD, fileAt } from '../fs/names';
import { pathOf } from '../fs/lookup';
import { brandNamed } from '../kernel/brand/brand';
import { GLOBAL_ZONE } from '../kernel/process/credentials';
import { EFAULT, EINVAL, ENOTDIR, EPERM, failure, setError } from '../kernel/errno';
import { PRIV_ALL, PRIV_PROC_ZONE, PrivilegeSet } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { copyIn, copyOut, fetch32, fetched, fetchText, put32, storeText } from '../kernel/memory/user';
import { findZone, globalZone, NO_HOSTID, Zone, zoneList, ZONE_IS_READY, zoneNamed } from '../kernel/zone/zone';
import { bootZone, createZone, destroyZone, enterZone, mayConfigureZones, shutDownZone } from '../kernel/zone/zoneLife';
import { ZONE_NAME_MAX } from '../kernel/zone/zoneName';

const ZONE_CREATE: i32 = 0;
const ZONE_DESTROY: i32 = 1;
const ZONE_GETATTR: i32 = 2;
const ZONE_ENTER: i32 = 3;
const ZONE_LIST: i32 = 4;
const ZONE_SHUTDOWN: i32 = 5;
const ZONE_LOOKUP: i32 = 6;
const ZONE_BOOT: i32 = 7;
const ZONE_SETATTR: i32 = 9;

const ATTR_ROOT: i32 = 1;
const ATTR_NAME: i32 = 2;
const ATTR_STATUS: i32 = 3;
const ATTR_PRIVSET: i32 = 4;
const ATTR_UNIQID: i32 = 5;
const ATTR_INITPID: i32 = 7;
const ATTR_INITNAME: i32 = 9;
const ATTR_BOOTARGS: i32 = 10;
const ATTR_BRAND: i32 = 11;
const ATTR_FLAGS: i32 = 14;
const ATTR_HOSTID: i32 = 15;
const ATTR_FS_ALLOWED: i32 = 16;
/** Ours: what a process of the zone has asked for by uadmin (1: to be halted, 2: to be booted again). */
const ATTR_ASKED: i32 = 32768;
/** Ours: datasets that are delegated to it, with commas between. */
const ATTR_DATASETS: i32 = 32769;

/** zone_def: name, root, privileges and their size, at 88 flags; the rest is left out. */
const DEFINITION: usize = 96;
const ZCF_NET_EXCL: u32 = 1;
const ZF_NET_EXCL: u16 = 8;
const PRIVILEGES: u64 = 12;
const TEXT_MAX: i32 = 1024;
const buffer = memory.data(1024, 8);

export function zone(command: i32, a: u64, b: u64, c: u64, d: u64): i64 {
  switch (command) {
    case ZONE_LOOKUP:
      return find(a);
    case ZONE_LIST:
      return list(a, b);
    case ZONE_GETATTR: {
      const zone = visible(<i32>a);
      return zone ? attribute(zone, <i32>b, c, d) : setError(EINVAL);
    }
    case ZONE_ENTER: {
      const credentials = currentProcess().credentials;
      if (credentials.zoneid != GLOBAL_ZONE || !credentials.has(PRIV_PROC_ZONE) || !mayConfigureZones()) return setError(EPERM);
      const zone = findZone(<i32>a);
      return zone ? enterZone(zone) : setError(EINVAL);
    }
  }
  if (!mayConfigureZones()) return setError(EPERM);
  if (command == ZONE_CREATE) return create(a);
  const zone = findZone(<i32>a);
  if (!zone) return setError(EINVAL);
  switch (command) {
    case ZONE_BOOT:
      return bootZone(zone);
    case ZONE_SHUTDOWN:
      return shutDownZone(zone);
    case ZONE_DESTROY:
      return destroyZone(zone);
    case ZONE_SETATTR:
      return setAttribute(zone, <i32>b, c);
  }
  return setError(EINVAL);
}

/** A zone that the caller may know of; null: EINVAL. */
function visible(id: i32): Zone | null {
  return currentProcess().credentials.sees(id) ? findZone(id) : null;
}

/** Without a name: the caller's own. */
function find(name: u64): i64 {
  if (!name) return currentProcess().credentials.zoneid;
  const text = fetchText(name, ZONE_NAME_MAX);
  if (text == null) return setError(failure == EFAULT ? EFAULT : EINVAL);
  const zone = zoneNamed(text);
  return zone && visible(zone.id) ? zone.id : setError(EINVAL);
}

/** An array of ids, and a number of them that says how much room there is, and then how many there are. */
function list(ids: u64, count: u64): i64 {
  if (fetch32(count)) return setError(EFAULT);
  const room = fetched();
  const zones = zoneList();
  let known: u64 = 0;
  for (let i = 0; i < zones.length; i++) {
    if (!visible(zones[i].id)) continue;
    if (known < room && put32(ids + known * 4, zones[i].id)) return setError(EFAULT);
    known++;
  }
  return put32(count, <u32>known);
}

function create(definition: u64): i64 {
  if (copyIn(buffer, definition, DEFINITION)) return setError(EFAULT);
  const nameAt = load<u64>(buffer);
  const rootAt = load<u64>(buffer, 8);
  const privilegesAt = load<u64>(buffer, 16);
  const flags = load<u32>(buffer, 88);
  if (load<u64>(buffer, 24) != PRIVILEGES || flags & ~ZCF_NET_EXCL) return setError(EINVAL);
  const name = fetchText(nameAt, ZONE_NAME_MAX);
  if (name == null) return setError(failure == EFAULT ? EFAULT : EINVAL);
  if (copyIn(buffer, privilegesAt, <usize>PRIVILEGES)) return setError(EFAULT);
  const privileges = new PrivilegeSet(load<u64>(buffer), load<u32>(buffer, 8)).and(PRIV_ALL);
  const root = fileAt(AT_FDCWD, rootAt, true);
  if (!root) return setError(failure);
  const path = root.isDirectory ? pathOf(root, currentProcess().root!) : null;
  const result = path == null ? setError(root.isDirectory ? failure : ENOTDIR) : createZone(name, root, path, privileges);
  if (result < 0) root.release();
  else findZone(result)!.exclusiveIp = (flags & ZCF_NET_EXCL) != 0;
  return result;
}

function attribute(zone: Zone, which: i32, to: u64, size: u64): i64 {
  memory.fill(buffer, 0, 64);
  switch (which) {
    case ATTR_ROOT:
      // As the caller sees it.
      return putText(zone == globalZone || currentProcess().credentials.zoneid == zone.id ? '/' : zone.rootPath, to, size);
    case ATTR_NAME:
      return putText(zone.name, to, size);
    case ATTR_INITNAME:
      return putText(zone.initName, to, size);
    case ATTR_BOOTARGS:
      return putText(zone.bootArguments, to, size);
    case ATTR_BRAND:
      return putText(zone.brand.name, to, size);
    case ATTR_FS_ALLOWED:
      return putText(zone.fsAllowed.join(','), to, size);
    case ATTR_HOSTID:
      return zone.hostid == NO_HOSTID ? setError(EINVAL) : put(4, zone.hostid, to, size);
    case ATTR_FLAGS:
      return put(2, zone.exclusiveIp ? ZF_NET_EXCL : 0, to, size);
    case ATTR_UNIQID:
      return put(8, zone.uniqueId, to, size);
    case ATTR_STATUS:
      return put(4, zone.status, to, size);
    case ATTR_INITPID:
      return put(4, zone.initPid, to, size);
    case ATTR_ASKED:
      return put(4, zone.asked, to, size);
    case ATTR_PRIVSET: {
      store<u64>(buffer, zone.privileges.low);
      store<u32>(buffer, <u32>zone.privileges.high, 8);
      const error = copyOut(to, buffer, <usize>min<u64>(PRIVILEGES, size));
      return error ? error : <i64>PRIVILEGES;
    }
  }
  return setError(EINVAL);
}
function putText(value: string, to: u64, size: u64): i64 {
  storeText(buffer, value);
  store<u8>(buffer + value.length, 0);
  const error = copyOut(to, buffer, <usize>min<u64>(<u64>value.length + 1, size));
  return error ? error : value.length + 1;
}
function put(bytes: i32, value: u64, to: u64, size: u64): i64 {
  store<u64>(buffer, value);
  const error = copyOut(to, buffer, <usize>min<u64>(bytes, size));
  return error ? error : bytes;
}

/** Before it is booted. */
function setAttribute(zone: Zone, which: i32, from: u64): i64 {
  if (zone.status > ZONE_IS_READY) return setError(EINVAL);
  if (which == ATTR_HOSTID) {
    if (fetch32(from)) return setError(EFAULT);
    zone.hostid = <u32>fetched();
    return 0;
  }
  const text = fetchText(from, TEXT_MAX);
  if (text == null) return setError(failure == EFAULT ? EFAULT : EINVAL);
  if (which == ATTR_BRAND) {
    const brand = brandNamed(text);
    if (!brand) return setError(failure);
    zone.brand = brand;
  } else if (which == ATTR_INITNAME) zone.initName = text;
  else if (which == ATTR_BOOTARGS) zone.bootArguments = text;
  else if (which == ATTR_DATASETS) zone.datasets = text.length ? text.split(',') : [];
  else if (which == ATTR_FS_ALLOWED) zone.fsAllowed = text.length ? text.split(',') : [];
  else return setError(EINVAL);
  return 0;
}
