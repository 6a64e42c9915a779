// SPDX-License-Identifier: MIT
/**
 * @fileoverview Access control lists as they are on disk. Since version 3 of file systems an entry is type, flags and permissions in eight bytes, and eight more
 * with the id if it names a user or group; before that it was id, permissions, flags and type in twelve. Entries of Windows objects are left out.
 */
import { ACE_GROUP, ACE_OWNER, ACE_OWNING_GROUP, ACE_EVERYONE, ACE_WHO, Ace } from '../../guest-os/fs/acl';

/** Versions of lists: entries of twelve bytes, as acl(2) has them, and of eight or sixteen. */
export const PLAIN_ACES: u32 = 0;
export const ACL_VERSION: u16 = 1;
const SHORT: u32 = 8;
const LONG: u32 = 16;
export const PLAIN_ACE: u32 = 12;
/** Types of entries that go on for so many bytes. */
const FIRST_OBJECT_TYPE: u16 = 5;
const LAST_OBJECT_TYPE: u16 = 8;
const OBJECT_BYTES: u32 = 48;

export function bytesOfAces(aces: Ace[]): u32 {
  let bytes: u32 = 0;
  for (let i = 0; i < aces.length; i++) bytes += aces[i].isNamed ? LONG : SHORT;
  return bytes;
}

export function storeAces(aces: Ace[], to: usize): void {
  let at = to;
  for (let i = 0; i < aces.length; i++) {
    const ace = aces[i];
    store<u16>(at, <u16>ace.type);
    store<u16>(at, <u16>ace.flags, 2);
    store<u32>(at, ace.mask, 4);
    if (ace.isNamed) store<u64>(at, <u64>ace.who, 8);
    at += ace.isNamed ? LONG : SHORT;
  }
}

/** In twelve bytes each. */
export function storePlainAces(aces: Ace[], to: usize): void {
  for (let i = 0; i < aces.length; i++) {
    const at = to + <usize>i * PLAIN_ACE;
    store<u32>(at, aces[i].who);
    store<u32>(at, aces[i].mask, 4);
    store<u16>(at, <u16>aces[i].flags, 8);
    store<u16>(at, <u16>aces[i].type, 10);
  }
}

/** Null: they make no sense. */
export function loadAces(from: usize, bytes: u32, version: u32): Ace[] | null {
  const aces: Ace[] = [];
  for (let at: u32 = 0; at < bytes; ) {
    const entry = from + at;
    if (version == PLAIN_ACES) {
      if (bytes - at < PLAIN_ACE) return null;
      aces.push(new Ace(load<u16>(entry, 10), load<u16>(entry, 8), load<u32>(entry, 4), load<u32>(entry)));
      at += PLAIN_ACE;
      continue;
    }
    if (bytes - at < SHORT) return null;
    const type = load<u16>(entry);
    const flags = <u32>load<u16>(entry, 2);
    const about = flags & ACE_WHO;
    const isObject = type >= FIRST_OBJECT_TYPE && type <= LAST_OBJECT_TYPE;
    const isShort = about == ACE_OWNER || about == ACE_OWNING_GROUP || about == ACE_EVERYONE;
    const length = isObject ? OBJECT_BYTES : isShort ? SHORT : LONG;
    if (bytes - at < length || (!isShort && about != 0 && about != ACE_GROUP)) return null;
    const who = isShort ? u32.MAX_VALUE : load<u32>(entry, 8);
    if (!isObject) aces.push(new Ace(type, flags, load<u32>(entry, 4), who));
    at += length;
  }
  return aces;
}
