// SPDX-License-Identifier: MIT
/** @fileoverview System call 135, uname: the system's names, at a struct utsname. */
import { currentProcess } from '../kernel/process/processes';
import { systemVersion } from '../kernel/system';
import { copyOut, storeText } from '../kernel/memory/user';
import { zoneOf } from '../kernel/zone/zone';

/** Five fields of SYS_NMLN bytes: sysname, nodename, release, version, machine. */
const FIELD: usize = 257;
const buffer = memory.data(1285, 8);

export function uname(to: u64): i64 {
  memory.fill(buffer, 0, FIELD * 5);
  storeText(buffer, 'SunOS');
  storeText(buffer + FIELD, zoneOf(currentProcess().credentials.zoneid).hostName);
  storeText(buffer + FIELD * 2, '5.11');
  storeText(buffer + FIELD * 3, systemVersion());
  storeText(buffer + FIELD * 4, 'i86pc');
  return copyOut(to, buffer, FIELD * 5);
}
