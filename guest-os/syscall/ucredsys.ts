// SPDX-License-Identifier: MIT
/** @fileoverview System call 83, ucredsys: credentials of a process (0, by pid) or of a socket's peer (1, by descriptor), as a ucred_t. */
import { socketOf } from '../fs/socket/socket';
import { Credentials } from '../kernel/process/credentials';
import { EINVAL, ENOTCONN, ESRCH, failure, setError } from '../kernel/errno';
import { currentProcess, findProcess } from '../kernel/process/processes';
import { copyOut } from '../kernel/memory/user';

/** struct ucred_s, then prcred_t with up to 16 groups. */
const HEAD: usize = 32;
const CREDENTIALS: usize = 28;
const SIZE: usize = 32 + 28 + 64;
const buffer = memory.data(124, 8);

export function ucredsys(subcode: i32, id: i32, to: u64): i64 {
  if (subcode == 1) {
    const socket = socketOf(id);
    if (!socket) return setError(failure);
    const credentials = socket.peerCredentials;
    return credentials ? put(credentials, socket.peerPid, to) : setError(ENOTCONN);
  }
  if (subcode) return setError(EINVAL);
  const process = id == -1 ? currentProcess() : findProcess(id);
  if (!process || !currentProcess().credentials.sees(process.credentials.zoneid)) return setError(ESRCH);
  return put(process.credentials, process.pid, to);
}

function put(credentials: Credentials, pid: i32, to: u64): i32 {
  memory.fill(buffer, 0, SIZE);
  store<u32>(buffer, <u32>SIZE);
  store<u32>(buffer, <u32>HEAD, 4);
  store<i32>(buffer, pid, 12);
  store<i32>(buffer, credentials.zoneid, 20);
  const at = buffer + HEAD;
  store<i32>(at, credentials.euid);
  store<i32>(at, credentials.uid, 4);
  store<i32>(at, credentials.suid, 8);
  store<i32>(at, credentials.egid, 12);
  store<i32>(at, credentials.gid, 16);
  store<i32>(at, credentials.sgid, 20);
  const groups = credentials.groups;
  store<i32>(at, groups.length, 24);
  for (let i = 0; i < min(groups.length, 16); i++) store<i32>(at + CREDENTIALS + ((<usize>i) << 2), groups[i]);
  return copyOut(to, buffer, SIZE);
}
