// SPDX-License-Identifier: MIT
/** @fileoverview System call 74, rctlsys: resource controls of the calling process, its project and its zone, or of others: getrctl, setrctl, rctllist. */
import { EFAULT, EINVAL, ENOENT, EPERM, ESRCH, failure, setError, setFailure } from '../kernel/errno';
import { RLIM_INFINITY } from '../kernel/limits/limits';
import { PRIV_SYS_RESOURCE } from '../kernel/process/privilege';
import { currentProcess, findProcess, processList } from '../kernel/process/processes';
import { Process } from '../kernel/process/process';
import {
  Control,
  controlNamed,
  CONTROLS,
  ENTITY_PROCESS,
  ENTITY_PROJECT,
  ENTITY_ZONE,
  RCTL_GLOBAL_DENY_ALWAYS,
  RCTL_GLOBAL_DENY_NEVER,
  setLimit,
  UNLIMITED,
} from '../kernel/limits/rctl';
import { Project } from '../kernel/limits/project';
import { usageOf } from '../kernel/limits/resource';
import { copyIn, copyOut, fetchText, storeText } from '../kernel/memory/user';
import { findZone, Zone } from '../kernel/zone/zone';

/*
 * A control's values, in this order: basic, which its owner may change (of processes alone) and where one is set, privileged where one is set, and the system's. Left
 * out: local actions (signals), and more than one value of a kind.
 *
 * illumos's prctl changes what another process has by making that process call; here the caller says whose it means (GET_OF, SET_OF): `size` is
 * then a kind of id and an id, as in procset_t.
 */
const GET: i32 = 0;
const SET: i32 = 1;
const LIST: i32 = 2;
const GET_OF: i32 = 16;
const SET_OF: i32 = 17;
const P_PID: u64 = 0;
const P_PROJID: u64 = 10;
const P_ZONEID: u64 = 12;
/** getrctl's and setrctl's flags (<sys/rctl.h>). */
const RCTL_FIRST: i32 = 0;
const RCTL_NEXT: i32 = 1;
const RCTL_USAGE: i32 = 2;
const RCTL_INSERT: i32 = 0;
const RCTL_DELETE: i32 = 1;
const RCTL_REPLACE: i32 = 2;
const RCPRIV_BASIC: i32 = 0x01000000;
const RCPRIV_PRIVILEGED: i32 = 0x04000000;
const RCPRIV_SYSTEM: i32 = 0x07000000;
const RCTL_LOCAL_DENY: u32 = 2;
const RCTL_LOCAL_MAXIMAL: u32 = 0x80000000;

/** rctl_opaque_t: value, enforced value, privilege, global flags, log level, local flags, signal, recipient, time. */
const SIZE: usize = 48;
const block = memory.data(48, 8);

/** Whose controls are meant. */
class Owner {
  constructor(
    /** Null: a zone or project is meant, not a process. */
    readonly process: Process | null,
    /** Null: a zone is meant. */
    readonly project: Project | null,
    readonly zone: Zone,
  ) {}
}

export function rctlsys(code: i32, name: u64, old: u64, fresh: u64, size: u64, flags: i32): i64 {
  if (code == LIST) return list(old, size);
  const gets = code == GET || code == GET_OF;
  if (!gets && code != SET && code != SET_OF) return setError(EINVAL);
  const text = fetchText(name, 256);
  if (text == null) return setError(failure);
  const control = controlNamed(text);
  if (!control) return setError(EINVAL);
  const other = code == GET_OF || code == SET_OF;
  const owner = other ? ownerOf(control, size >> 32, <i32>size) : ownerFrom(currentProcess());
  if (!owner) return setError(failure);
  return gets ? get(owner, control, old, fresh, flags) : set(owner, control, old, fresh, flags);
}

function ownerFrom(process: Process): Owner {
  return new Owner(process, process.project, process.project.zone);
}

/** Null: ESRCH, EPERM or EINVAL. Of a process that the caller may not control nobody else's process.* values are told. */
function ownerOf(control: Control, kind: u64, id: i32): Owner | null {
  const caller = currentProcess();
  if (kind == P_PID) {
    const process = findProcess(id);
    if (process && process.space && caller.credentials.sees(process.credentials.zoneid)) {
      if (caller.credentials.mayControl(process.credentials)) return ownerFrom(process);
      setFailure(EPERM);
      return null;
    }
  } else if (kind == P_PROJID && control.entity == ENTITY_PROJECT) {
    // The caller's own zone's, if it has such a one; of others the first.
    const list = processList();
    let other: Process | null = null;
    for (let i = 0; i < list.length; i++) {
      const project = list[i].project;
      if (project.id != id || !caller.credentials.sees(project.zone.id)) continue;
      if (project.zone == caller.project.zone) return ownerFrom(list[i]);
      if (!other) other = list[i];
    }
    if (other) return ownerFrom(other);
  } else if (kind == P_ZONEID && control.entity == ENTITY_ZONE) {
    const zone = findZone(id);
    if (zone && caller.credentials.sees(id)) return new Owner(null, null, zone);
  } else {
    setFailure(EINVAL);
    return null;
  }
  setFailure(ESRCH);
  return null;
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
function valueOf(owner: Owner, control: Control, privilege: i32): u64 {
  if (privilege == RCPRIV_SYSTEM) return control.most;
  if (control.entity == ENTITY_PROJECT) return owner.project!.limit(control.index);
  if (control.entity == ENTITY_ZONE) return owner.zone.limit(control.index);
  const limits = owner.process!.limits;
  const value = privilege == RCPRIV_BASIC ? limits.soft(control.index) : limits.hard(control.index);
  return value >= RLIM_INFINITY ? UNLIMITED : value;
}

function get(owner: Owner, control: Control, old: u64, to: u64, flags: i32): i64 {
  const isProcess = control.entity == ENTITY_PROCESS;
  if (flags == RCTL_USAGE) {
    // Of a process's own nothing is counted.
    if (isProcess) return setError(EINVAL);
    const used = usageOf(control.index, owner.zone, control.entity == ENTITY_PROJECT ? owner.project : null);
    return put(control, RCPRIV_PRIVILEGED, used, to);
  }
  let privilege = isProcess ? RCPRIV_BASIC : RCPRIV_PRIVILEGED;
  if (isProcess && valueOf(owner, control, privilege) == UNLIMITED) privilege = RCPRIV_PRIVILEGED;
  if (flags == RCTL_NEXT) {
    if (copyIn(block, old, SIZE)) return setError(EFAULT);
    const last = load<i32>(block, 16);
    if (last >= RCPRIV_SYSTEM) return setError(ENOENT);
    privilege = last >= RCPRIV_PRIVILEGED ? RCPRIV_SYSTEM : RCPRIV_PRIVILEGED;
  } else if (flags != RCTL_FIRST) return setError(EINVAL);
  // A value that nobody has set is not there.
  if (privilege == RCPRIV_PRIVILEGED && !isProcess && valueOf(owner, control, privilege) == UNLIMITED) privilege = RCPRIV_SYSTEM;
  return put(control, privilege, valueOf(owner, control, privilege), to);
}

function put(control: Control, privilege: i32, value: u64, to: u64): i64 {
  memory.fill(block, 0, SIZE);
  store<u64>(block, value);
  store<u64>(block, value, 8);
  store<i32>(block, privilege, 16);
  store<u32>(block, control.flags, 20);
  const denies = control.flags & RCTL_GLOBAL_DENY_ALWAYS ? RCTL_LOCAL_DENY : 0;
  store<u32>(block, denies | (value >= control.most ? RCTL_LOCAL_MAXIMAL : 0), 28);
  return copyOut(to, block, SIZE);
}

/** The value of the new block's privilege takes the place of what was there; deleting one makes it unlimited. */
function set(owner: Owner, control: Control, old: u64, fresh: u64, flags: i32): i64 {
  if (flags != RCTL_INSERT && flags != RCTL_DELETE && flags != RCTL_REPLACE) return setError(EINVAL);
  const deletes = flags == RCTL_DELETE;
  if (copyIn(block, deletes ? old : fresh, SIZE)) return setError(EFAULT);
  const privilege = load<i32>(block, 16);
  const value = deletes ? UNLIMITED : load<u64>(block);
  const action = load<u32>(block, 28);
  if (privilege != RCPRIV_BASIC && privilege != RCPRIV_PRIVILEGED) return setError(EINVAL);
  const process = owner.process;
  if (control.entity == ENTITY_PROCESS) {
    const limit = min(value, RLIM_INFINITY);
    if (control.basicIsOptional && !deletes && value > control.most) return setError(EINVAL);
    const soft = process!.limits.soft(control.index);
    const hard = process!.limits.hard(control.index);
    // A lower privileged value takes the basic one down with it.
    return privilege == RCPRIV_BASIC
      ? setLimit(process!, control.index, limit, hard)
      : setLimit(process!, control.index, control.basicIsOptional && soft == RLIM_INFINITY ? soft : min(soft, limit), limit);
  }
  if (privilege == RCPRIV_BASIC) return setError(EINVAL);
  const credentials = currentProcess().credentials;
  if (!credentials.has(PRIV_SYS_RESOURCE)) return setError(EPERM);
  // A zone's are for the global zone to decide.
  if (control.entity == ENTITY_ZONE && credentials.zoneid) return setError(EPERM);
  if (!deletes && value > control.most) return setError(EINVAL);
  if (!deletes && action & RCTL_LOCAL_DENY && control.flags & RCTL_GLOBAL_DENY_NEVER) return setError(EINVAL);
  if (control.entity == ENTITY_PROJECT) owner.project!.setLimit(control.index, value);
  else owner.zone.setLimit(control.index, value);
  return 0;
}
