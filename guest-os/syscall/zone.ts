// SPDX-License-Identifier: MIT
/** @fileoverview System call 227, zone: attributes (2), the list (4) and the ids (6) of zones. There is the global one. */
import { GLOBAL_ZONE } from '../kernel/credentials';
import { EFAULT, EINVAL, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process';
import { copyOut, fetch32, fetched, fetchText, put32, storeText } from '../kernel/user';

const ZONE_GETATTR: i32 = 2;
const ZONE_LIST: i32 = 4;
const ZONE_LOOKUP: i32 = 6;
const ATTR_ROOT: i32 = 1;
const ATTR_NAME: i32 = 2;
const ATTR_STATUS: i32 = 3;
const ATTR_UNIQID: i32 = 5;
const ATTR_INITPID: i32 = 7;
const ATTR_INITNAME: i32 = 9;
const ZONE_IS_RUNNING: i32 = 5;
const text = memory.data(64, 8);

export function zone(command: i32, a: u64, b: u64, c: u64, d: u64): i64 {
  if (command == ZONE_LOOKUP) {
    // Without a name: the caller's own.
    if (!a) return currentProcess().credentials.zoneid;
    const name = fetchText(a, 64);
    if (name == null) return setError(failure);
    return name == 'global' ? GLOBAL_ZONE : setError(EINVAL);
  }
  if (command == ZONE_LIST) return list(a, b);
  if (command == ZONE_GETATTR && <i32>a == GLOBAL_ZONE) return attribute(<i32>b, c, d);
  return setError(EINVAL);
}

/** An array of ids, and a number of them that says how much room there is, and then how many there are. */
function list(ids: u64, count: u64): i64 {
  if (fetch32(count)) return setError(EFAULT);
  const room = fetched();
  if (room && put32(ids, GLOBAL_ZONE)) return setError(EFAULT);
  return put32(count, 1);
}

function attribute(which: i32, to: u64, size: u64): i64 {
  memory.fill(text, 0, 64);
  if (which == ATTR_ROOT) return putText('/', to, size);
  if (which == ATTR_NAME) return putText('global', to, size);
  if (which == ATTR_INITNAME) return putText('/sbin/init', to, size);
  if (which == ATTR_UNIQID) return put(8, GLOBAL_ZONE, to, size);
  if (which == ATTR_STATUS) return put(4, ZONE_IS_RUNNING, to, size);
  if (which == ATTR_INITPID) return put(4, 1, to, size);
  return setError(EINVAL);
}
function putText(value: string, to: u64, size: u64): i64 {
  storeText(text, value);
  const error = copyOut(to, text, <usize>min<u64>(<u64>value.length + 1, size));
  return error ? error : value.length + 1;
}
function put(bytes: i32, value: i32, to: u64, size: u64): i64 {
  store<u64>(text, value);
  const error = copyOut(to, text, <usize>min<u64>(bytes, size));
  return error ? error : bytes;
}
