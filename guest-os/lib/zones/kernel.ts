// SPDX-License-Identifier: MIT
/** @fileoverview Zones as the kernel knows them: zone(2), for programs. Results below 0 are negative errnos. */
import { PRIVILEGES } from '../../kernel/process/privilege';
import * as calls from '../calls';
import { pathOf, zeroTerminated } from '../text';

const CREATE: i32 = 0;
const DESTROY: i32 = 1;
const GETATTR: i32 = 2;
const ENTER: i32 = 3;
const LIST: i32 = 4;
const SHUTDOWN: i32 = 5;
const LOOKUP: i32 = 6;
const BOOT: i32 = 7;
const SETATTR: i32 = 9;

export const ATTR_ROOT: i32 = 1;
export const ATTR_NAME: i32 = 2;
const ATTR_STATUS: i32 = 3;
const ATTR_PRIVSET: i32 = 4;
export const ATTR_INITPID: i32 = 7;
export const ATTR_INITNAME: i32 = 9;
export const ATTR_BOOTARGS: i32 = 10;
export const ATTR_BRAND: i32 = 11;
/** Types of file systems, with commas between. */
const ATTR_HOSTID: i32 = 15;
export const ATTR_FS_ALLOWED: i32 = 16;
const ATTR_FLAGS: i32 = 14;
const ZF_NET_EXCL: i32 = 8;
const ZCF_NET_EXCL: u32 = 1;
const ATTR_ASKED: i32 = 32768;
/** Ours: names of ZFS datasets that it is given, with commas between. */
export const ATTR_DATASETS: i32 = 32769;

export const GLOBAL: i32 = 0;
/** zone_status_t, by number. */
export const ZONE_IS_READY: i32 = 2;
export const ZONE_IS_RUNNING: i32 = 4;
export const ZONE_IS_SHUTTING_DOWN: i32 = 5;
/** What a zone's own processes have asked for. */
export const HALT_ASKED: i32 = 1;
export const REBOOT_ASKED: i32 = 2;

const MOST: i32 = 10000;
const TEXT: u64 = 1024;
const text = memory.data(1024, 8);
const definition = memory.data(96, 8);
const privileges = memory.data(16, 8);

/**
 * What processes of a zone may be given (privileges(7)): nothing that reaches what zones share. `limitpriv` of zonecfg adds to it, or takes away.
 */
const DEFAULT: string[] = [
  'contract_event',
  'contract_identity',
  'contract_observer',
  'file_chown',
  'file_chown_self',
  'file_dac_execute',
  'file_dac_read',
  'file_dac_search',
  'file_dac_write',
  'file_link_any',
  'file_owner',
  'file_read',
  'file_setid',
  'file_write',
  'ipc_dac_read',
  'ipc_dac_write',
  'ipc_owner',
  'net_access',
  'net_bindmlp',
  'net_icmpaccess',
  'net_mac_aware',
  'net_observability',
  'net_privaddr',
  'proc_audit',
  'proc_chroot',
  'proc_exec',
  'proc_fork',
  'proc_info',
  'proc_lock_memory',
  'proc_owner',
  'proc_prioup',
  'proc_secflags',
  'proc_session',
  'proc_setid',
  'proc_taskid',
  'sys_acct',
  'sys_admin',
  'sys_audit',
  'sys_mount',
  'sys_nfs',
  'sys_resource',
];
/** What no zone can have. */
const PROHIBITED: string[] = [
  'dtrace_kernel',
  'proc_zone',
  'sys_config',
  'sys_devices',
  'sys_dl_config',
  'sys_linkdir',
  'sys_net_config',
  'sys_res_bind',
  'sys_res_config',
  'sys_suser_compat',
  'virt_manage',
  'xvm_control',
];

/** What is wrong with the last {@link privilegesOf} that gave null. */
export let problem: string = '';

/** Names from a limitpriv: `default`, further names, `!name` without one. Null: see {@link problem}. */
export function privilegesOf(limitpriv: string): string[] | null {
  const given = limitpriv.length ? limitpriv.split(',') : ['default'];
  const result: string[] = [];
  for (let i = 0; i < given.length; i++) {
    const word = given[i].trim().toLowerCase();
    const without = word.startsWith('!') || word.startsWith('-');
    const name = without ? word.substring(1) : word;
    if (name == 'default' && !without) {
      for (let k = 0; k < DEFAULT.length; k++) if (!result.includes(DEFAULT[k])) result.push(DEFAULT[k]);
    } else if (!PRIVILEGES.includes(name)) {
      problem = name + ': not a privilege';
      return null;
    } else if (without) {
      const at = result.indexOf(name);
      if (at >= 0) result.splice(at, 1);
    } else if (PROHIBITED.includes(name)) {
      problem = name + ': not permitted within a zone';
      return null;
    } else if (!result.includes(name)) result.push(name);
  }
  const needed = ['proc_exec', 'proc_fork', 'sys_mount'];
  for (let i = 0; i < needed.length; i++) {
    if (result.includes(needed[i])) continue;
    problem = needed[i] + ': a zone needs it';
    return null;
  }
  return result;
}

/** The zone's id. `exclusiveIp`: its IP is to be its own. */
export function createZone(name: string, root: string, names: string[], exclusiveIp: bool): i32 {
  memory.fill(privileges, 0, 16);
  for (let i = 0; i < names.length; i++) {
    const number = PRIVILEGES.indexOf(names[i]);
    if (number < 0) continue;
    const word = privileges + (<usize>number >> 5) * 4;
    store<u32>(word, load<u32>(word) | (1 << (number & 31)));
  }
  store<u64>(definition, pathOf(name));
  store<u64>(definition, pathOf(root), 8);
  store<u64>(definition, privileges, 16);
  store<u64>(definition, 12, 24);
  store<u32>(definition, exclusiveIp ? ZCF_NET_EXCL : 0, 88);
  return <i32>calls.zone(CREATE, definition, 0, 0, 0);
}
export function destroyZone(id: i32): i64 {
  return calls.zone(DESTROY, id, 0, 0, 0);
}
export function bootZone(id: i32): i64 {
  return calls.zone(BOOT, id, 0, 0, 0);
}
/** Returns when all its processes have ended. */
export function shutDownZone(id: i32): i64 {
  return calls.zone(SHUTDOWN, id, 0, 0, 0);
}
export function enterZone(id: i32): i64 {
  return calls.zone(ENTER, id, 0, 0, 0);
}

/** An id, or -1. */
export function zoneId(name: string): i32 {
  const id = <i32>calls.zone(LOOKUP, pathOf(name), 0, 0, 0);
  return id < 0 ? -1 : id;
}
export function ownZoneId(): i32 {
  return <i32>calls.zone(LOOKUP, 0, 0, 0, 0);
}
export function ownZoneName(): string {
  return zoneText(ownZoneId(), ATTR_NAME);
}

/** Ids, in the order in which the zones were made. */
export function zoneIds(): i32[] {
  const ids = new StaticArray<i32>(MOST);
  store<u32>(text, MOST);
  calls.zone(LIST, changetype<usize>(ids), text, 0, 0);
  const result: i32[] = [];
  for (let i = 0; i < <i32>load<u32>(text); i++) result.push(ids[i]);
  return result;
}

export function zoneText(id: i32, attribute: i32): string {
  return calls.zone(GETATTR, id, attribute, text, TEXT) < 0 ? '' : zeroTerminated(text);
}
function number(id: i32, attribute: i32): i32 {
  return calls.zone(GETATTR, id, attribute, text, 4) < 0 ? -1 : load<i32>(text);
}
/** -1: there is none. */
export function zoneStatus(id: i32): i32 {
  return number(id, ATTR_STATUS);
}
export function hasExclusiveIp(id: i32): bool {
  const flags = number(id, ATTR_FLAGS);
  return flags >= 0 && (flags & ZF_NET_EXCL) != 0;
}
export function zoneAsked(id: i32): i32 {
  return number(id, ATTR_ASKED);
}
export function zoneInit(id: i32): i32 {
  return number(id, ATTR_INITPID);
}
export function setZoneText(id: i32, attribute: i32, value: string): i64 {
  return calls.zone(SETATTR, id, attribute, pathOf(value), 0);
}

const word = memory.data(8, 8);
/** What hostid(1) says in it, before it is booted. */
export function setZoneHostid(id: i32, hostid: u32): i64 {
  store<u32>(word, hostid);
  return calls.zone(SETATTR, id, ATTR_HOSTID, word, 4);
}

/** Names of the privileges that processes of a zone can have. */
export function zonePrivileges(id: i32): string[] {
  const result: string[] = [];
  if (calls.zone(GETATTR, id, ATTR_PRIVSET, privileges, 12) < 0) return result;
  for (let i = 0; i < PRIVILEGES.length; i++)
    if ((load<u32>(privileges + (<usize>i >> 5) * 4) >> (i & 31)) & 1) result.push(PRIVILEGES[i]);
  return result;
}
