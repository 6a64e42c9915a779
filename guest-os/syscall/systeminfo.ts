// SPDX-License-Identifier: MIT
/** @fileoverview System call 139, systeminfo: one of the system's names, or a new host name. */
import { address } from 'machine/mem';
import { randomBytes } from '../driver/random';
import { EINVAL, EPERM, failure, setError } from '../kernel/errno';
import { PRIV_SYS_ADMIN } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { systemVersion } from '../kernel/system';
import { copyOut, fetchText, storeText } from '../kernel/memory/user';
import { NO_HOSTID, Zone, zoneOf } from '../kernel/zone/zone';

const SI_SYSNAME: i32 = 1;
const SI_HOSTNAME: i32 = 2;
const SI_RELEASE: i32 = 3;
const SI_VERSION: i32 = 4;
const SI_MACHINE: i32 = 5;
const SI_ARCHITECTURE: i32 = 6;
const SI_SET_HOSTNAME: i32 = 258;
const SI_HW_SERIAL: i32 = 7;
const SI_PLATFORM: i32 = 513;
const SI_ISALIST: i32 = 514;
const SI_ARCHITECTURE_32: i32 = 516;
const SI_ARCHITECTURE_64: i32 = 517;
const SI_ARCHITECTURE_K: i32 = 518;
const SI_ARCHITECTURE_NATIVE: i32 = 519;
/** SYS_NMLN, with its zero. */
const LONGEST: i32 = 257;
const buffer = memory.data(257);

export function systeminfo(command: i32, to: u64, size: i64): i64 {
  if (command == SI_SET_HOSTNAME) {
    if (!currentProcess().credentials.has(PRIV_SYS_ADMIN)) return setError(EPERM);
    const name = fetchText(to);
    if (name == null) return setError(failure);
    if (name.length >= LONGEST) return setError(EINVAL);
    ownZone().hostName = name;
    return <i64>name.length + 1;
  }
  const text = value(command);
  if (!text.length || size < 0) return setError(EINVAL);
  // As much as there is room for, ended by a zero; the result is what it takes.
  const part = <i32>min<i64>(text.length, size - 1);
  if (size > 0) {
    storeText(buffer, text);
    store<u8>(buffer + part, 0);
    const error = copyOut(to, buffer, part + 1);
    if (error) return error;
  }
  return <i64>text.length + 1;
}

function ownZone(): Zone {
  return zoneOf(currentProcess().credentials.zoneid);
}

let systemHostid: u32 = NO_HOSTID;
/** The zone's own, or the system's: as on illumos without /etc/hostid, which a root in memory cannot keep, a random one of each boot. */
function hostid(): u32 {
  const own = ownZone().hostid;
  if (own != NO_HOSTID) return own;
  if (systemHostid == NO_HOSTID) {
    randomBytes(address(buffer), 4);
    systemHostid = load<u32>(buffer) & 0x7fffffff;
  }
  return systemHostid;
}

function value(command: i32): string {
  switch (command) {
    case SI_SYSNAME:
      return 'SunOS';
    case SI_HOSTNAME:
      return ownZone().hostName;
    case SI_HW_SERIAL:
      return hostid().toString();
    case SI_RELEASE:
      return '5.11';
    case SI_VERSION:
      return systemVersion();
    case SI_MACHINE:
    case SI_PLATFORM:
      return 'i86pc';
    case SI_ARCHITECTURE:
    case SI_ARCHITECTURE_32:
      return 'i386';
    case SI_ISALIST:
    case SI_ARCHITECTURE_64:
    case SI_ARCHITECTURE_K:
    case SI_ARCHITECTURE_NATIVE:
      return 'amd64';
  }
  return '';
}
