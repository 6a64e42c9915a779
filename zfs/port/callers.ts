// SPDX-License-Identifier: MIT
/** @fileoverview Who a process is to ZFS (dsl/caller.ts): its zone's datasets, and its privileges. */
import { PRIV_SYS_MOUNT } from '../../guest-os/kernel/process/privilege';
import { currentProcess } from '../../guest-os/kernel/process/processes';
import { globalZone, zoneOf } from '../../guest-os/kernel/zone/zone';
import { Caller } from '../dsl/caller';

export function currentCaller(): Caller {
  const credentials = currentProcess().credentials;
  const zone = zoneOf(credentials.zoneid);
  const isGlobal = zone == globalZone;
  return new Caller(isGlobal, isGlobal ? credentials.isPrivileged : credentials.has(PRIV_SYS_MOUNT), zone.datasets);
}
