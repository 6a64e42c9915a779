// SPDX-License-Identifier: MIT
/** @fileoverview System call 112, priocntlsys: scheduling classes; parameters of class FSS, or nice values, of a set of processes. */
/*
 * priocntl(2), getpriority(2) and setpriority(2) are made of this. Structures are those of <sys/priocntl.h>. Left out: administration (PC_ADMIN), the forms by keys (PC_GETXPARMS, PC_SETXPARMS), PC_DOPRIO; there are no classes of real time,
 * time sharing or fixed priority.
 */
import { EACCES, EINVAL, EPERM, ESRCH, failure, setError } from '../kernel/errno';
import { PRIV_PROC_PRIOUP, PRIV_SYS_CONFIG } from '../kernel/process/privilege';
import { currentProcess, processList } from '../kernel/process/processes';
import { Process, ZOMBIE } from '../kernel/process/process';
import { isInSet, isKindOfSet } from '../kernel/process/processSet';
import { NZERO } from '../kernel/thread/thread';
import { CLASS_FSS, CLASS_NAMES, MAX_USER_PRIORITY, setNice, setUserPriority } from '../kernel/thread/userPriority';
import { copyIn, copyOut, fetchText, put32, storeText } from '../kernel/memory/user';

const PC_VERSION: i32 = 1;
const PC_GETCID: i32 = 0;
const PC_GETCLINFO: i32 = 1;
const PC_SETPARMS: i32 = 2;
const PC_GETPARMS: i32 = 3;
const PC_GETPRIRANGE: i32 = 5;
const PC_DONICE: i32 = 6;
const PC_SETDFLCL: i32 = 9;
const PC_GETDFLCL: i32 = 10;
const PC_CLNULL: i32 = -1;
const PC_GETNICE: i32 = 0;
const PC_SETNICE: i32 = 1;
const FSS_NOCHANGE: i32 = -32768;
/** The global priorities of processes. */
const LOWEST: i16 = 0;
const HIGHEST: i16 = 59;

/** procset_t: an operation, then kind and id of two sets, of which the first counts. */
const set = memory.data(20, 8);
/** pcinfo_t: a class, its name of up to 16 bytes, 32 bytes of its own; also pcparms_t: a class and 32 bytes of its own; and pcnice_t: a value, what to do with it. */
const INFO: usize = 52;
const PARMS: usize = 36;
const NAME: i32 = 16;
const block = memory.data(56, 8);

export function priocntlsys(version: i32, procset: u64, command: i32, argument: u64): i64 {
  if (version != PC_VERSION) return setError(EINVAL);
  switch (command) {
    case PC_GETCID:
    case PC_GETCLINFO:
      return classInfo(command, argument);
    case PC_GETPRIRANGE:
      return range(argument);
    case PC_SETDFLCL:
      return setDefault(argument);
    case PC_GETDFLCL:
      storeText(block, CLASS_NAMES[CLASS_FSS] + '\0');
      return copyOut(argument, block, 4);
    case PC_SETPARMS:
    case PC_GETPARMS:
    case PC_DONICE:
      break;
    default:
      return setError(EINVAL);
  }
  const error = copyIn(set, procset, 20);
  if (error) return error;
  if (!isKindOfSet(load<i32>(set, 4))) return setError(EINVAL);
  if (command == PC_DONICE) return doNice(argument);
  return command == PC_GETPARMS ? getParameters(argument) : setParameters(argument);
}

// ---- classes

/** By name, or by id; how many there are. */
function classInfo(command: i32, at: u64): i64 {
  if (!at) return command == PC_GETCLINFO ? CLASS_NAMES.length : setError(EINVAL);
  const error = copyIn(block, at, INFO);
  if (error) return error;
  let id = load<i32>(block);
  if (command == PC_GETCID) {
    const name = fetchText(at + 4, NAME);
    if (name == null) return setError(failure);
    id = CLASS_NAMES.indexOf(name);
  }
  if (id < 0 || id >= CLASS_NAMES.length) return setError(EINVAL);
  memory.fill(block, 0, INFO);
  store<i32>(block, id);
  storeText(block + 4, CLASS_NAMES[id]);
  if (id == CLASS_FSS) store<i16>(block, <i16>MAX_USER_PRIORITY, 20);
  const wrong = copyOut(at, block, INFO);
  return wrong ? wrong : CLASS_NAMES.length;
}

/** pcpri_t: a class, and the global priorities of its threads. */
function range(at: u64): i64 {
  const error = copyIn(block, at, 8);
  if (error) return error;
  if (load<i32>(block) != CLASS_FSS) return setError(EINVAL);
  store<i16>(block, HIGHEST, 4);
  store<i16>(block, LOWEST, 6);
  return copyOut(at, block, 8);
}

/** There is one that can be the default. */
function setDefault(at: u64): i64 {
  const credentials = currentProcess().credentials;
  if (credentials.zoneid || !credentials.has(PRIV_SYS_CONFIG)) return setError(EPERM);
  const name = fetchText(at, NAME);
  if (name == null) return setError(failure);
  return name == CLASS_NAMES[CLASS_FSS] ? 0 : setError(EINVAL);
}

// ---- processes

/** Those that are meant; none: ESRCH. */
function members(): Process[] {
  const caller = currentProcess();
  const list = processList();
  const found: Process[] = [];
  for (let i = 0; i < list.length; i++) {
    const process = list[i];
    if (!process.thread || process.state == ZOMBIE || !caller.credentials.sees(process.credentials.zoneid)) continue;
    if (isInSet(process, load<i32>(set, 4), load<i32>(set, 8), caller)) found.push(process);
  }
  return found;
}

function doNice(argument: u64): i64 {
  const error = copyIn(block, argument, 8);
  if (error) return error;
  const value = load<i32>(block);
  const operation = load<i32>(block, 4);
  if (operation != PC_GETNICE && operation != PC_SETNICE) return setError(EINVAL);
  const list = members();
  if (!list.length) return setError(ESRCH);
  let lowest = NZERO;
  let result = 0;
  for (let i = 0; i < list.length; i++) {
    lowest = min(lowest, list[i].thread!.nice - NZERO);
    if (operation == PC_SETNICE && !result) result = changeNice(list[i], value);
  }
  return operation == PC_GETNICE ? put32(argument, lowest) : result;
}

function changeNice(process: Process, value: i32): i32 {
  const caller = currentProcess();
  if (!caller.credentials.mayControl(process.credentials)) return setError(EPERM);
  const nice = max(min(value, NZERO), -NZERO) + NZERO;
  if (nice < process.thread!.nice && !caller.credentials.has(PRIV_PROC_PRIOUP)) return setError(EACCES);
  for (let i = 0; i < process.threads.length; i++) setNice(process.threads[i], nice);
  return 0;
}

/** fssparms_t of the process that is most important: limit and priority, 16 bits each. */
function getParameters(at: u64): i64 {
  const error = copyIn(block, at, PARMS);
  if (error) return error;
  const wanted = load<i32>(block);
  if (wanted != PC_CLNULL && (wanted < 0 || wanted >= CLASS_NAMES.length)) return setError(EINVAL);
  const list = members();
  let best: Process | null = null;
  for (let i = 0; i < list.length; i++) {
    const process = list[i];
    if (!process.space || (wanted != PC_CLNULL && wanted != CLASS_FSS)) continue;
    if (!best || process.thread!.userPriority > best.thread!.userPriority) best = process;
  }
  if (!best) return setError(ESRCH);
  memory.fill(block, 0, PARMS);
  store<i32>(block, CLASS_FSS);
  store<i16>(block, <i16>best.thread!.userPriorityLimit, 4);
  store<i16>(block, <i16>best.thread!.userPriority, 6);
  return copyOut(at, block, PARMS);
}

function setParameters(at: u64): i64 {
  const error = copyIn(block, at, PARMS);
  if (error) return error;
  if (load<i32>(block) != CLASS_FSS) return setError(EINVAL);
  const limit = <i32>load<i16>(block, 4);
  const priority = <i32>load<i16>(block, 6);
  if (
    (limit != FSS_NOCHANGE && abs(limit) > MAX_USER_PRIORITY) ||
    (priority != FSS_NOCHANGE && abs(priority) > MAX_USER_PRIORITY)
  )
    return setError(EINVAL);
  const list = members();
  if (!list.length) return setError(ESRCH);
  // As on illumos those that may be changed are, and then it is said that others were not.
  let result = 0;
  for (let i = 0; i < list.length; i++) {
    const wrong = change(list[i], limit, priority);
    if (wrong) result = wrong;
  }
  return result;
}

function change(process: Process, limit: i32, priority: i32): i32 {
  const credentials = currentProcess().credentials;
  if (!process.space || !credentials.mayControl(process.credentials)) return setError(EPERM);
  const before = process.thread!.userPriorityLimit;
  if (limit != FSS_NOCHANGE && limit > before && !credentials.has(PRIV_PROC_PRIOUP)) return setError(EPERM);
  for (let i = 0; i < process.threads.length; i++) {
    const thread = process.threads[i];
    const most = limit == FSS_NOCHANGE ? thread.userPriorityLimit : limit;
    setUserPriority(thread, most, priority == FSS_NOCHANGE ? thread.userPriority : priority);
  }
  return 0;
}
