// SPDX-License-Identifier: MIT
/**
 * @fileoverview What each user and group has in a file system, and what they may have. What they have is counted when a group is synced (dmu/userUsed.ts), so
 * who is over a limit finds out with the group after. Limits are ZAPs of ids in hexadecimal, which the master node has the numbers of.
 */
import { EINVAL, EIO, ENOENT, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { Dnode, holdDnode, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { OBJECT_GROUP_USED, OBJECT_USER_USED } from '../dmu/traverse';
import { TYPE_USER_GROUP_QUOTA } from '../dmu/types';
import { zapCreate, zapDelete, zapGet, zapNext, zapSet, zapValue, ZapEntry } from '../zap/zap';
import { MASTER_NODE } from './create';

export function loadQuotas(objset: Objset): void {
  objset.userQuotas = zapGet(objset, MASTER_NODE, 'userquota@') == 0 ? zapValue : 0;
  objset.groupQuotas = zapGet(objset, MASTER_NODE, 'groupquota@') == 0 ? zapValue : 0;
}

/** Has an owner as much as is allowed, or more? */
export function isOverQuota(objset: Objset, uid: u64, gid: u64): bool {
  return isOver(objset, objset.userQuotas, OBJECT_USER_USED, uid) || isOver(objset, objset.groupQuotas, OBJECT_GROUP_USED, gid);
}
function isOver(objset: Objset, quotas: u64, used: u64, id: u64): bool {
  if (!quotas || zapGet(objset, quotas, id.toString(16)) < 0) return false;
  const limit = zapValue;
  const has = used == OBJECT_USER_USED ? objset.userUsed : objset.groupUsed;
  return has != null && zapGet(objset, used, id.toString(16)) == 0 && zapValue >= limit;
}

/** Sets what an owner may have, in the open group; 0: no limit. */
export function setQuota(objset: Objset, isGroup: bool, id: u64, bytes: u64): i32 {
  if (!objset.countsUsers) return setError(EINVAL);
  let quotas = isGroup ? objset.groupQuotas : objset.userQuotas;
  if (!quotas) {
    if (!bytes) return 0;
    quotas = zapCreate(objset, TYPE_USER_GROUP_QUOTA, 0, 0);
    const result = zapSet(objset, MASTER_NODE, isGroup ? 'groupquota@' : 'userquota@', quotas);
    if (result < 0) return result;
    if (isGroup) objset.groupQuotas = quotas;
    else objset.userQuotas = quotas;
  }
  if (bytes) return zapSet(objset, quotas, id.toString(16), bytes);
  const result = zapDelete(objset, quotas, id.toString(16));
  return result == setError(ENOENT) ? 0 : result;
}

/** Lists of `id`, `used` and `quota`: all who have, or may have, anything. */
export function listOwners(objset: Objset, isGroup: bool, into: NvList[]): i32 {
  const used = isGroup ? objset.groupUsed : objset.userUsed;
  const quotas = isGroup ? objset.groupQuotas : objset.userQuotas;
  let result = 0;
  if (used) result = collect(used, 'used', into);
  if (result < 0 || !quotas) return result;
  const dn = holdDnode(objset, quotas);
  if (!dn) return setError(EIO);
  result = collect(dn, 'quota', into);
  releaseDnode(dn);
  return result;
}

function collect(dn: Dnode, what: string, into: NvList[]): i32 {
  const entry = new ZapEntry();
  const known = new Map<u64, NvList>();
  for (let i = 0; i < into.length; i++) known.set(into[i].number('id'), into[i]);
  let position: u64 = 0;
  while (true) {
    const result = zapNext(dn, position, entry);
    if (result < 0) return result == setError(ENOENT) ? 0 : result;
    position = entry.next;
    // Ids of the SMB server have more than 32 bits; they stand for names in tables that we have not.
    const id = U64.parseInt(entry.name, 16);
    if (known.has(id)) known.get(id).setNumber(what, entry.value);
    else into.push(new NvList().setNumber('id', id).setNumber(what, entry.value));
  }
}
