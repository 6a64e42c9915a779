// SPDX-License-Identifier: MIT
/**
 * @fileoverview What acl(2) and facl(2) do. Entries (ace_t, <sys/acl.h>) have twelve bytes: who, permissions, flags, type. The older kind of lists that UFS has, aclent_t,
 * no file system has here: ENOSYS, as ZFS says in illumos.
 */
import { EACCES, EINVAL, ENOSPC, ENOSYS, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { copyIn, copyOut } from '../kernel/memory/user';
import { Ace, ACE_READ_ACL, MOST_ACES } from './acl';
import { changeAcl, checkAcl } from './policy';
import { Vnode } from './vnode';

const ACE_GETACL: i32 = 4;
const ACE_SETACL: i32 = 5;
const ACE_GETACLCNT: i32 = 6;
/** GETACL, SETACL, GETACLCNT: of aclent_t. */
const FIRST: i32 = 1;
const ENTRY: i32 = 12;

/** The number of entries, or a negative errno. */
export function aclOf(vnode: Vnode, command: i32, count: i32, entries: u64): i32 {
  if (command == ACE_SETACL) return put(vnode, count, entries);
  if (command != ACE_GETACL && command != ACE_GETACLCNT)
    return setError(command >= FIRST && command < ACE_GETACL ? ENOSYS : EINVAL);
  if (vnode.hasAcl && checkAcl(vnode, ACE_READ_ACL, currentProcess().credentials)) return setError(EACCES);
  const aces = vnode.acl();
  if (!aces) return setError(failure);
  if (command == ACE_GETACLCNT) return aces.length;
  return count < aces.length ? setError(ENOSPC) : give(aces, entries);
}

function give(aces: Ace[], entries: u64): i32 {
  const bytes = new StaticArray<u8>(aces.length * ENTRY);
  const at = changetype<usize>(bytes);
  for (let i = 0; i < aces.length; i++) {
    const entry = at + <usize>(i * ENTRY);
    store<u32>(entry, aces[i].who);
    store<u32>(entry, aces[i].mask, 4);
    store<u16>(entry, <u16>aces[i].flags, 8);
    store<u16>(entry, <u16>aces[i].type, 10);
  }
  const error = copyOut(entries, at, bytes.length);
  return error ? error : aces.length;
}

function put(vnode: Vnode, count: i32, entries: u64): i32 {
  if (count <= 0 || count > MOST_ACES) return setError(EINVAL);
  const bytes = new StaticArray<u8>(count * ENTRY);
  const at = changetype<usize>(bytes);
  const error = copyIn(at, entries, bytes.length);
  if (error) return error;
  const aces: Ace[] = [];
  for (let i = 0; i < count; i++) {
    const entry = at + <usize>(i * ENTRY);
    aces.push(new Ace(load<u16>(entry, 10), load<u16>(entry, 8), load<u32>(entry, 4), load<u32>(entry)));
  }
  return changeAcl(vnode, aces, currentProcess().credentials);
}
