// SPDX-License-Identifier: MIT
/** @fileoverview System call 55, uadmin: the machine is halted, reset or switched off (<sys/uadmin.h>); from a zone, that zone. */
// A_DUMP writes a crash dump first, as a panic does. A_SWAPCTL is swapctl(2).
import { halt, powerOff, reset } from '../driver/acpi';
import { drainConsole } from '../driver/attach';
import { GLOBAL_ZONE } from '../kernel/process/credentials';
import { forceDump } from '../kernel/dump/crash';
import { EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_SYS_ADMIN } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { swapControl } from '../kernel/memory/swapControl';
import { HALT_ASKED, REBOOT_ASKED, zoneOf } from '../kernel/zone/zone';
import { askOf } from '../kernel/zone/zoneLife';
import { sync } from './sync';

const A_REBOOT: i32 = 1;
const A_SHUTDOWN: i32 = 2;
const A_DUMP: i32 = 5;
const A_SWAPCTL: i32 = 16;
const AD_HALT: i32 = 0;
const AD_BOOT: i32 = 1;
const AD_IBOOT: i32 = 2;
const AD_POWEROFF: i32 = 6;

export function uadmin(command: i32, action: i32, argument: u64): i64 {
  if (command == A_SWAPCTL) return swapControl(action, argument);
  if (command != A_REBOOT && command != A_SHUTDOWN && command != A_DUMP) return setError(EINVAL);
  if (action != AD_HALT && action != AD_BOOT && action != AD_IBOOT && action != AD_POWEROFF) return setError(EINVAL);
  const credentials = currentProcess().credentials;
  if (!credentials.has(PRIV_SYS_ADMIN)) return setError(EPERM);
  if (credentials.zoneid != GLOBAL_ZONE) {
    if (command == A_DUMP) return setError(EPERM);
    askOf(zoneOf(credentials.zoneid), action == AD_BOOT || action == AD_IBOOT ? REBOOT_ASKED : HALT_ASKED);
    return 0;
  }
  if (!credentials.isPrivileged) return setError(EPERM);
  if (command == A_DUMP) {
    // What is in memory is what the dump is wanted for: nothing is written back.
    drainConsole();
    forceDump(action == AD_IBOOT ? AD_BOOT : action);
  }
  sync();
  drainConsole();
  if (action == AD_POWEROFF) powerOff();
  if (action == AD_BOOT || action == AD_IBOOT) reset();
  halt();
  return 0;
}
