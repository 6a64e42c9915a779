// SPDX-License-Identifier: MIT
/** @fileoverview System call 189, p_online: a processor's state. The only one cannot be switched off: EBUSY. */
import { processors } from '../kernel/thread/cpu';
import { EBUSY, EINVAL, EPERM, setError } from '../kernel/errno';
import { PRIV_SYS_RES_CONFIG } from '../kernel/process/privilege';
import { currentProcess } from '../kernel/process/processes';

export const P_ONLINE: i32 = 2;
const P_OFFLINE: i32 = 1;
const P_STATUS: i32 = 3;

export function p_online(id: i32, flag: i32): i64 {
  if (<u32>id >= <u32>processors().length) return setError(EINVAL);
  if (flag == P_STATUS) return P_ONLINE;
  if (!currentProcess().credentials.has(PRIV_SYS_RES_CONFIG)) return setError(EPERM);
  if (flag == P_ONLINE) return P_ONLINE;
  return setError(flag == P_OFFLINE ? EBUSY : EINVAL);
}
