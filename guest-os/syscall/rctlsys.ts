// SPDX-License-Identifier: MIT
/** @fileoverview System call 74, rctlsys: resource controls of the calling process, its project and its zone: getrctl, setrctl, rctllist. */
import { EFAULT, EINVAL, ENOENT, EPERM, failure, setError } from '../kernel/errno';
import { RLIM_INFINITY } from '../kernel/limits';
import { PRIV_SYS_RESOURCE } from '../kernel/privilege';
import { currentProcess, Process } from '../kernel/process';
import {
  Control,
  controlNamed,
  CONTROLS,
  ENTITY_PROCESS,
  ENTITY_PROJECT,
  projectLimit,
  RCTL_MAX_LWPS,
  setLimit,
  setProjectLimit,
  setZoneLimit,
  zoneLimit,
} from '../kernel/rctl';
import { lwpsOf, processesOf } from '../kernel/resource';
import { copyIn, copyOut, fetchText, storeText } from '../kernel/user';

/*
 * A control has up to two values, in this order: basic, which its owner may change, and privileged; that of a project or a zone only the latter. What
 * it does when a value is reached is to deny. Left out: local actions (signals), and more than one value of a kind.
 */
const GET: i32 = 0;
const SET: i32 = 1;
const LIST: i32 = 2;
/** getrctl's and setrctl's flags (<sys/rctl.h>). */
const RCTL_FIRST: i32 = 0;
const RCTL_NEXT: i32 = 1;
const RCTL_USAGE: i32 = 2;
const RCTL_INSERT: i32 = 0;
const RCTL_DELETE: i32 = 1;
const RCTL_REPLACE: i32 = 2;
const RCPRIV_BASIC: i32 = 0x01000000;
const RCPRIV_PRIVILEGED: i32 = 0x04000000;
const RCTL_LOCAL_DENY: u32 = 2;
const RCTL_LOCAL_MAXIMAL: u32 = 0x80000000;
const RCTL_GLOBAL_NOBASIC: u32 = 0x80000000;
/** An unlimited value, as all of a rctl_qty_t. */
const UNLIMITED: u64 = 0xffffffffffffffff;

/** rctl_opaque_t: value, enforced value, privilege, global flags, log level, local flags, signal, recipient, time. */
const SIZE: usize = 48;
const block = memory.data(48, 8);

export function rctlsys(code: i32, name: u64, old: u64, fresh: u64, size: u64, flags: i32): i64 {
  if (code == LIST) return list(old, size);
  if (code != GET && code != SET) return setError(EINVAL);
  const text = fetchText(name, 256);
  if (text == null) return setError(failure);
  const control = controlNamed(text);
  if (!control) return setError(EINVAL);
  return code == GET ? get(control, old, fresh, flags) : set(control, old, fresh, flags);
}

/** The names of all, each with its zero; how many bytes that takes. */
function list(to: u64, size: u64): i64 {
  let whole = 0;
  for (let i = 0; i < CONTROLS.length; i++) whole += CONTROLS[i].name.length + 1;
  const bytes = new StaticArray<u8>(whole);
  let at = changetype<usize>(bytes);
  for (let i = 0; i < CONTROLS.length; i++) {
    storeText(at, CONTROLS[i].name);
    at += <usize>CONTROLS[i].name.length + 1;
  }
  const error = to ? copyOut(to, changetype<usize>(bytes), <usize>min<u64>(size, whole)) : 0;
  return error ? error : whole;
}

/** A value of a control: the one of a privilege. */
function valueOf(process: Process, control: Control, privilege: i32): u64 {
  if (control.entity == ENTITY_PROCESS) {
    const value = privilege == RCPRIV_BASIC ? process.limits.soft(control.index) : process.limits.hard(control.index);
    return value >= RLIM_INFINITY ? UNLIMITED : value;
  }
  const value =
    control.entity == ENTITY_PROJECT
      ? projectLimit(process.project, control.index)
      : zoneLimit(process.credentials.zoneid, control.index);
  return value ? value : UNLIMITED;
}

function get(control: Control, old: u64, to: u64, flags: i32): i64 {
  const process = currentProcess();
  const isProcess = control.entity == ENTITY_PROCESS;
  if (flags == RCTL_USAGE) {
    // Of a process's own nothing is counted.
    if (isProcess) return setError(EINVAL);
    return put(control, RCPRIV_PRIVILEGED, usage(process, control), to);
  }
  let privilege = isProcess ? RCPRIV_BASIC : RCPRIV_PRIVILEGED;
  if (flags == RCTL_NEXT) {
    if (copyIn(block, old, SIZE)) return setError(EFAULT);
    if (load<i32>(block, 16) >= RCPRIV_PRIVILEGED) return setError(ENOENT);
    privilege = RCPRIV_PRIVILEGED;
  } else if (flags != RCTL_FIRST) return setError(EINVAL);
  return put(control, privilege, valueOf(process, control, privilege), to);
}

function usage(process: Process, control: Control): u64 {
  const project = control.entity == ENTITY_PROJECT ? process.project : -1;
  const zone = process.credentials.zoneid;
  return control.index == RCTL_MAX_LWPS ? lwpsOf(zone, project) : processesOf(zone, project);
}

function put(control: Control, privilege: i32, value: u64, to: u64): i64 {
  memory.fill(block, 0, SIZE);
  store<u64>(block, value);
  store<u64>(block, value, 8);
  store<i32>(block, privilege, 16);
  store<u32>(block, control.entity == ENTITY_PROCESS ? 0 : RCTL_GLOBAL_NOBASIC, 20);
  store<u32>(block, RCTL_LOCAL_DENY | (value == UNLIMITED ? RCTL_LOCAL_MAXIMAL : 0), 28);
  return copyOut(to, block, SIZE);
}

/** The value of the new block's privilege takes the place of what was there; deleting one makes it unlimited. */
function set(control: Control, old: u64, fresh: u64, flags: i32): i64 {
  if (flags != RCTL_INSERT && flags != RCTL_DELETE && flags != RCTL_REPLACE) return setError(EINVAL);
  if (copyIn(block, flags == RCTL_DELETE ? old : fresh, SIZE)) return setError(EFAULT);
  const process = currentProcess();
  const privilege = load<i32>(block, 16);
  const value = flags == RCTL_DELETE ? UNLIMITED : load<u64>(block);
  if (privilege != RCPRIV_BASIC && privilege != RCPRIV_PRIVILEGED) return setError(EINVAL);
  if (control.entity == ENTITY_PROCESS) {
    const limit = min(value, RLIM_INFINITY);
    const soft = process.limits.soft(control.index);
    const hard = process.limits.hard(control.index);
    // A lower privileged value takes the basic one down with it.
    return privilege == RCPRIV_BASIC
      ? setLimit(process, control.index, limit, hard)
      : setLimit(process, control.index, min(soft, limit), limit);
  }
  if (privilege == RCPRIV_BASIC) return setError(EINVAL);
  if (!process.credentials.has(PRIV_SYS_RESOURCE)) return setError(EPERM);
  const limit = value == UNLIMITED ? 0 : value;
  if (control.entity == ENTITY_PROJECT) setProjectLimit(process.project, control.index, limit);
  else {
    // A zone's are for the global zone to decide.
    if (process.credentials.zoneid) return setError(EPERM);
    setZoneLimit(process.credentials.zoneid, control.index, limit);
  }
  return 0;
}
