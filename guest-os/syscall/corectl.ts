// SPDX-License-Identifier: MIT
/** @fileoverview System call 151, corectl: where core files go, and whether: options, and the patterns of the system, of a process, of those without one. */
import { CC_ALL, corePathOf, coreSettings } from '../kernel/process/core';
import { GLOBAL_ZONE } from '../kernel/process/credentials';
import { EINVAL, EPERM, ESRCH, failure, setError } from '../kernel/errno';
import { PRIV_SYS_ADMIN } from '../kernel/process/privilege';
import { currentProcess, findProcess } from '../kernel/process/processes';
import { Process, ZOMBIE } from '../kernel/process/process';
import { copyOut, fetchText, PATH_MAX, put32, storeText } from '../kernel/memory/user';

/** <sys/corectl.h> */
const SET_OPTIONS: i32 = 1;
const GET_OPTIONS: i32 = 2;
const SET_GLOBAL_PATH: i32 = 3;
const GET_GLOBAL_PATH: i32 = 4;
const SET_PROCESS_PATH: i32 = 5;
const GET_PROCESS_PATH: i32 = 6;
const SET_DEFAULT_PATH: i32 = 11;
const GET_DEFAULT_PATH: i32 = 12;

export function corectl(subcode: i32, a: u64, b: u64, c: u64): i64 {
  const caller = currentProcess();
  const isPrivileged = caller.credentials.zoneid == GLOBAL_ZONE && caller.credentials.has(PRIV_SYS_ADMIN);
  const settings = coreSettings;
  switch (subcode) {
    case SET_OPTIONS:
      if (!isPrivileged) return setError(EPERM);
      if (a & ~(<u64>CC_ALL)) return setError(EINVAL);
      settings.options = <i32>a;
      return 0;
    case GET_OPTIONS:
      return put32(a, settings.options);
    case GET_GLOBAL_PATH:
      return give(settings.globalPath, a, b);
    case GET_DEFAULT_PATH:
      return give(settings.defaultPath, a, b);
    case SET_GLOBAL_PATH:
    case SET_DEFAULT_PATH: {
      if (!isPrivileged) return setError(EPERM);
      const path = fetchText(a, <i32>min<u64>(b, PATH_MAX));
      if (path == null) return setError(failure);
      if (subcode == SET_GLOBAL_PATH) settings.globalPath = path;
      else settings.defaultPath = path;
      return 0;
    }
    case GET_PROCESS_PATH:
    case SET_PROCESS_PATH: {
      const process = processOf(<i32>c);
      if (!process) return setError(ESRCH);
      if (subcode == GET_PROCESS_PATH) return give(corePathOf(process), a, b);
      if (!caller.credentials.mayControl(process.credentials)) return setError(EPERM);
      const path = fetchText(a, <i32>min<u64>(b, PATH_MAX));
      if (path == null) return setError(failure);
      process.corePath = path;
      return 0;
    }
  }
  return setError(EINVAL);
}

/** -1 or 0 is the caller (P_MYID). */
function processOf(pid: i32): Process | null {
  const process = pid <= 0 ? currentProcess() : findProcess(pid);
  return process && process.state != ZOMBIE && currentProcess().credentials.sees(process.credentials.zoneid) ? process : null;
}

/** A text with its zero, as much of it as there is room for. */
function give(text: string, to: u64, size: u64): i64 {
  const bytes = new StaticArray<u8>(text.length + 1);
  storeText(changetype<usize>(bytes), text);
  return copyOut(to, changetype<usize>(bytes), <usize>min<u64>(size, <u64>text.length + 1));
}
