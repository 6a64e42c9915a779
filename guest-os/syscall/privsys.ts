// SPDX-License-Identifier: MIT
/** @fileoverview System call 82, privsys: the privilege sets of the process: sets (0) and gives (1) them, their names (2), flags (3, 4). */
import { PRIV_AWARE } from '../kernel/process/credentials';
import { EINVAL, ENOMEM, EPERM, setError } from '../kernel/errno';
import { PRIV_ALL, PRIV_BASIC, PRIVILEGES, PrivilegeSet } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';
import { copyIn, copyOut, storeText } from '../kernel/memory/user';

const PRIVSYS_SETPPRIV: i32 = 0;
const PRIVSYS_GETPPRIV: i32 = 1;
const PRIVSYS_GETIMPLINFO: i32 = 2;
const PRIVSYS_SETPFLAGS: i32 = 3;
const PRIVSYS_GETPFLAGS: i32 = 4;
const PRIVSYS_ISSETUGID: i32 = 5;
const PRIV_ON: i32 = 0;
const PRIV_OFF: i32 = 1;
const PRIV_SET: i32 = 2;
const EFFECTIVE: i32 = 0;
const INHERITABLE: i32 = 1;
const PERMITTED: i32 = 2;
const LIMIT: i32 = 3;
/** A set is so many 32-bit words to programs. */
const CHUNKS: i32 = 3;
const SET: usize = 12;
const SETS: StaticArray<string> = ['Effective', 'Inheritable', 'Permitted', 'Limit'];
const INFO_SETNAMES: u32 = 1;
const INFO_PRIVNAMES: u32 = 2;
const INFO_BASICPRIVS: u32 = 3;
const HEADER: usize = 28;
const words = memory.data(2048, 8);

export function privsys(code: i32, operation: i32, which: i32, at: u64, size: u64): i64 {
  const process = currentProcess();
  const credentials = process.credentials;
  if (code == PRIVSYS_ISSETUGID) return credentials.uid != credentials.euid || credentials.gid != credentials.egid ? 1 : 0;
  if (code == PRIVSYS_GETIMPLINFO) return putNames(at, size);
  if (code == PRIVSYS_GETPFLAGS) return operation == PRIV_AWARE ? (credentials.isAware ? 1 : 0) : setError(EINVAL);
  if (code == PRIVSYS_SETPFLAGS) {
    if (operation != PRIV_AWARE || <u32>which > 1) return setError(EINVAL);
    const copy = credentials.copy();
    if (which) copy.setPrivileges(credentials.effective, credentials.permitted);
    else copy.flags &= ~PRIV_AWARE;
    // Without awareness uid 0 stands for all again: not for who has given something up.
    if (!which && !credentials.permitted.includes(copy.permitted)) return setError(EPERM);
    process.credentials = copy;
    return 0;
  }
  if (size < SET) return setError(ENOMEM);
  if (code == PRIVSYS_GETPPRIV) {
    storeSet(words, setOf(which));
    return <u32>which <= <u32>LIMIT ? copyOut(at, words, SET) : setError(EINVAL);
  }
  if (code != PRIVSYS_SETPPRIV) return setError(EINVAL);
  const error = copyIn(words, at, SET);
  return error ? error : change(operation, which);
}

function setOf(which: i32): PrivilegeSet {
  const credentials = currentProcess().credentials;
  if (which == EFFECTIVE) return credentials.effective;
  if (which == INHERITABLE) return credentials.inheritable;
  return which == PERMITTED ? credentials.permitted : credentials.limit;
}

function storeSet(to: usize, set: PrivilegeSet): void {
  store<u64>(to, set.low);
  store<u32>(to, <u32>set.high, 8);
}

/** setppriv(2): effective and inheritable within what is permitted; permitted and limit only less. */
function change(operation: i32, which: i32): i64 {
  if (<u32>which > <u32>LIMIT) return setError(EINVAL);
  const given = new PrivilegeSet(load<u64>(words), load<u32>(words, 8)).and(PRIV_ALL);
  const before = setOf(which);
  let after = given;
  if (operation == PRIV_ON) after = before.or(given);
  else if (operation == PRIV_OFF) after = before.without(given);
  else if (operation != PRIV_SET) return setError(EINVAL);
  const process = currentProcess();
  const credentials = process.credentials;
  const permitted = credentials.permitted;
  if (which == EFFECTIVE && !permitted.includes(after)) return setError(EPERM);
  if (which == INHERITABLE && !before.or(permitted).includes(after)) return setError(EPERM);
  if ((which == PERMITTED || which == LIMIT) && !before.includes(after)) return setError(EPERM);
  const copy = credentials.copy();
  copy.setPrivileges(credentials.effective, permitted);
  if (which == EFFECTIVE) copy.setPrivileges(after, permitted);
  else if (which == PERMITTED) copy.setPrivileges(credentials.effective.and(after), after);
  else if (which == INHERITABLE) copy.inheritable = after;
  else copy.limit = after;
  process.credentials = copy;
  return 0;
}

/** priv_impl_info_t: sizes, then records: names of the sets, names of the privileges in order, the basic set. */
function putNames(to: u64, size: u64): i64 {
  memory.fill(words, 0, 2048);
  let at: usize = HEADER;
  at = names(at, INFO_SETNAMES, SETS);
  at = names(at, INFO_PRIVNAMES, PRIVILEGES);
  store<u32>(words + at, INFO_BASICPRIVS);
  store<u32>(words + at, 8 + SET, 4);
  storeSet(words + at + 8, PRIV_BASIC);
  at += 8 + SET;
  store<u32>(words, <u32>HEADER);
  store<u32>(words, SETS.length, 8);
  store<u32>(words, CHUNKS, 12);
  store<u32>(words, PRIVILEGES.length, 16);
  store<u32>(words, <u32>at, 24);
  const error = copyOut(to, words, <usize>min<u64>(at, size));
  return error ? error : at;
}

function names(at: usize, type: u32, list: StaticArray<string>): usize {
  let end = at + 12;
  for (let i = 0; i < list.length; i++) {
    storeText(words + end, list[i]);
    end += <usize>list[i].length + 1;
  }
  end = (end + 3) & ~3;
  store<u32>(words + at, type);
  store<u32>(words + at, <u32>(end - at), 4);
  store<u32>(words + at, list.length, 8);
  return end;
}
