// SPDX-License-Identifier: MIT
/**
 * @fileoverview Access control lists of NFSv4, as acl(7) of illumos describes them: what they are, and what follows from them. Kernel, ZFS and commands share this; it
 * knows of neither files nor processes.
 *
 * A list is gone through in order. An entry that is about the caller settles those of the wanted permissions it names, allowing or denying them;
 * whatever nothing has allowed in the end is refused (policy.ts). A list that says no more than a mode does is *trivial* ({@link trivialAces}); files
 * mostly have one, and then the mode is all that counts.
 *
 * Mode and list say the same of owner, group and everyone: what changes one changes the other ({@link modeOf}, {@link withMode}). What happens to the other
 * entries when the mode changes is said by the property `aclmode`, and what new files get from their directory by `aclinherit` ({@link inheritedAces}).
 */

/** a_type (<sys/acl.h>). */
export const ACE_ALLOW: i32 = 0;
export const ACE_DENY: i32 = 1;
export const ACE_AUDIT: i32 = 2;
export const ACE_ALARM: i32 = 3;

/** a_access_mask. Of directories the first three mean: list, add a file, add a directory. */
export const ACE_READ_DATA: u32 = 0x1;
export const ACE_WRITE_DATA: u32 = 0x2;
export const ACE_APPEND_DATA: u32 = 0x4;
export const ACE_READ_NAMED_ATTRS: u32 = 0x8;
export const ACE_WRITE_NAMED_ATTRS: u32 = 0x10;
export const ACE_EXECUTE: u32 = 0x20;
export const ACE_DELETE_CHILD: u32 = 0x40;
export const ACE_READ_ATTRIBUTES: u32 = 0x80;
export const ACE_WRITE_ATTRIBUTES: u32 = 0x100;
export const ACE_DELETE: u32 = 0x10000;
export const ACE_READ_ACL: u32 = 0x20000;
export const ACE_WRITE_ACL: u32 = 0x40000;
export const ACE_WRITE_OWNER: u32 = 0x80000;
export const ACE_SYNCHRONIZE: u32 = 0x100000;
export const ACE_ALL_PERMISSIONS: u32 = 0x1f01ff;

/** a_flags: inheritance, */
export const ACE_FILE_INHERIT: u32 = 0x1;
export const ACE_DIRECTORY_INHERIT: u32 = 0x2;
export const ACE_NO_PROPAGATE: u32 = 0x4;
export const ACE_INHERIT_ONLY: u32 = 0x8;
export const ACE_SUCCESSFUL_ACCESS: u32 = 0x10;
export const ACE_FAILED_ACCESS: u32 = 0x20;
export const ACE_INHERITED: u32 = 0x80;
const INHERITS: u32 = ACE_FILE_INHERIT | ACE_DIRECTORY_INHERIT;
const ALL_INHERIT: u32 = INHERITS | ACE_NO_PROPAGATE | ACE_INHERIT_ONLY | ACE_INHERITED;
/** and whom an entry is about; none of these: a user. */
export const ACE_GROUP: u32 = 0x40;
export const ACE_OWNER: u32 = 0x1000;
export const ACE_OWNING_GROUP: u32 = 0x2040;
export const ACE_EVERYONE: u32 = 0x4000;
export const ACE_WHO: u32 = 0x7040;

/** Most entries of a list (MAX_ACL_ENTRIES). */
export const MOST_ACES: i32 = 1024;
/** `who` of entries that name nobody. */
export const NO_ONE: u32 = u32.MAX_VALUE;

/** Values of the property aclmode. */
export const ACLMODE_DISCARD: u32 = 0;
export const ACLMODE_GROUPMASK: u32 = 2;
export const ACLMODE_PASSTHROUGH: u32 = 3;
/** Of aclinherit. */
export const ACLINHERIT_DISCARD: u32 = 0;
export const ACLINHERIT_NOALLOW: u32 = 1;
export const ACLINHERIT_PASSTHROUGH: u32 = 3;
export const ACLINHERIT_RESTRICTED: u32 = 4;
export const ACLINHERIT_PASSTHROUGH_X: u32 = 5;

export class Ace {
  constructor(
    public type: i32,
    /** Whom it is about, and how it is inherited. */
    public flags: u32,
    public mask: u32,
    /** User or group id where the flags name none. */
    public who: u32 = NO_ONE,
  ) {}

  get about(): u32 {
    return this.flags & ACE_WHO;
  }
  /** Is it about a user or group that it names? */
  get isNamed(): bool {
    return this.about == 0 || this.about == ACE_GROUP;
  }
}

// ---- modes

const ALWAYS: u32 = ACE_READ_ACL | ACE_READ_ATTRIBUTES | ACE_READ_NAMED_ATTRS | ACE_SYNCHRONIZE;
const OWNER_ALWAYS: u32 = ALWAYS | ACE_WRITE_ATTRIBUTES | ACE_WRITE_OWNER | ACE_WRITE_ACL | ACE_WRITE_NAMED_ATTRS;

/** Permissions for the bits rwx of a class. */
function masksOf(bits: i32, isDirectory: bool): u32 {
  const write = ACE_WRITE_DATA | ACE_APPEND_DATA | (isDirectory ? ACE_DELETE_CHILD : 0);
  return (bits & 4 ? ACE_READ_DATA : 0) | (bits & 2 ? write : 0) | (bits & 1 ? ACE_EXECUTE : 0);
}

/** The list that says what a mode does. Whom a later entry would give or refuse what is not meant for them is told so first. */
export function trivialAces(mode: i32, isDirectory: bool): Ace[] {
  return withMode([], mode, isDirectory, false, false);
}

/** Does a list say no more than a mode can? */
export function isTrivial(aces: Ace[]): bool {
  for (let i = 0; i < aces.length; i++) {
    const ace = aces[i];
    const about = ace.about;
    if (about != ACE_OWNER && about != ACE_OWNING_GROUP && about != ACE_EVERYONE) return false;
    if (ace.flags & (INHERITS | ACE_NO_PROPAGATE | ACE_INHERIT_ONLY)) return false;
    if (ace.type != ACE_ALLOW && ace.type != ACE_DENY) return false;
    if (ace.type == ACE_DENY && ace.mask & (ACE_READ_ACL | ACE_READ_ATTRIBUTES)) return false;
    if (ace.mask & ACE_DELETE) return false;
    if (ace.mask & ACE_DELETE_CHILD && !(ace.mask & ACE_WRITE_DATA)) return false;
    if (ace.type == ACE_ALLOW && about != ACE_OWNER && ace.mask & (OWNER_ALWAYS & ~ALWAYS)) return false;
  }
  return true;
}

/** May everybody execute it? Set by {@link modeOf}. */
export let allMayExecute: bool = false;

/** The permission bits that a list comes to, with the other bits of `mode`; `uid` and `gid` are the file's. */
export function modeOf(aces: Ace[], mode: i32, uid: u32, gid: u32): i32 {
  let seen = 0;
  let bits = 0;
  let denied = false;
  for (let i = 0; i < aces.length; i++) {
    const ace = aces[i];
    if ((ace.type != ACE_ALLOW && ace.type != ACE_DENY) || ace.flags & ACE_INHERIT_ONLY) continue;
    const about = ace.about;
    const one = (ace.mask & ACE_READ_DATA ? 4 : 0) | (ace.mask & ACE_WRITE_DATA ? 2 : 0) | (ace.mask & ACE_EXECUTE ? 1 : 0);
    let meant = 0;
    if (about == ACE_OWNER || (about == 0 && ace.who == uid)) meant = one << 6;
    else if (about == ACE_OWNING_GROUP || (about == ACE_GROUP && ace.who == gid)) meant = one << 3;
    else if (about == ACE_EVERYONE) meant = (one << 6) | (one << 3) | one;
    else if (ace.type == ACE_DENY && ace.mask & ACE_EXECUTE) denied = true;
    const fresh = meant & ~seen;
    seen |= meant;
    if (ace.type == ACE_ALLOW) bits |= fresh;
    else if (fresh & 0o111) denied = true;
  }
  allMayExecute = !denied && (bits & 0o111) == 0o111;
  return (mode & ~0o777) | bits;
}

/**
 * What a list becomes when the file gets a mode. `replaces`: entries about owner, group and everyone go, but for what directories hand on; `trims`: no
 * entry may allow more than the group gets.
 */
export function withMode(aces: Ace[], mode: i32, isDirectory: bool, replaces: bool, trims: bool): Ace[] {
  const owner = (mode >> 6) & 7;
  const group = (mode >> 3) & 7;
  const other = mode & 7;
  const result: Ace[] = [];
  const first = owner & ~group & other;
  const denyOwner = ~owner & (group | other);
  const denyGroup = ~group & other;
  if (first) result.push(new Ace(ACE_ALLOW, ACE_OWNER, masksOf(first, isDirectory)));
  if (denyOwner) result.push(new Ace(ACE_DENY, ACE_OWNER, masksOf(denyOwner, isDirectory)));
  if (denyGroup) result.push(new Ace(ACE_DENY, ACE_OWNING_GROUP, masksOf(denyGroup, isDirectory)));
  const most = masksOf(group, isDirectory) | ALWAYS;
  for (let i = 0; i < aces.length; i++) {
    const ace = aces[i];
    let flags = ace.flags;
    if (replaces && !ace.isNamed) {
      if (!isDirectory || !(flags & INHERITS)) continue;
      flags |= ACE_INHERIT_ONLY;
    }
    const counts = ace.type == ACE_ALLOW && !(flags & ACE_INHERIT_ONLY);
    result.push(new Ace(ace.type, flags, counts && trims ? ace.mask & most : ace.mask, ace.who));
  }
  result.push(new Ace(ACE_ALLOW, ACE_OWNER, masksOf(owner, isDirectory) | OWNER_ALWAYS));
  result.push(new Ace(ACE_ALLOW, ACE_OWNING_GROUP, most));
  result.push(new Ace(ACE_ALLOW, ACE_EVERYONE, masksOf(other, isDirectory) | ALWAYS));
  return result;
}

// ---- inheritance

/** Does a list have entries for what is made in the directory? */
export function hasInheritable(aces: Ace[]): bool {
  for (let i = 0; i < aces.length; i++) if (aces[i].flags & INHERITS) return true;
  return false;
}

/** What owner, group and everyone get has been inherited, whatever the mode says. Set by {@link inheritedAces}. */
export let inheritsMode: bool = false;

/** The entries that a new file has from its directory, by `aclinherit`. Links have none. */
export function inheritedAces(above: Ace[], isDirectory: bool, isRegular: bool, aclInherit: u32, mode: i32): Ace[] {
  const result: Ace[] = [];
  inheritsMode = false;
  if (aclInherit == ACLINHERIT_DISCARD) return result;
  const passes = aclInherit == ACLINHERIT_PASSTHROUGH || aclInherit == ACLINHERIT_PASSTHROUGH_X;
  for (let i = 0; i < above.length; i++) {
    const ace = above[i];
    if (ace.type == ACE_ALLOW && aclInherit == ACLINHERIT_NOALLOW) continue;
    if (!isUsable(ace.flags, isDirectory)) continue;
    if (passes && !ace.isNamed && (isRegular || (isDirectory && ace.flags & ACE_DIRECTORY_INHERIT))) inheritsMode = true;
    let mask = ace.mask;
    if (ace.type == ACE_ALLOW) {
      if (aclInherit == ACLINHERIT_PASSTHROUGH_X && !isDirectory && !(mode & 0o111)) mask &= ~ACE_EXECUTE;
      if (aclInherit == ACLINHERIT_RESTRICTED) mask &= ~(ACE_WRITE_ACL | ACE_WRITE_OWNER);
    }
    let flags = ace.flags | ACE_INHERITED;
    if (!isDirectory || ace.flags & ACE_NO_PROPAGATE) flags = (flags & ~ALL_INHERIT) | ACE_INHERITED;
    else if ((flags & INHERITS) == ACE_FILE_INHERIT) flags |= ACE_INHERIT_ONLY;
    else flags &= ~ACE_INHERIT_ONLY;
    result.push(new Ace(ace.type, flags, mask, ace.who));
  }
  return result;
}

function isUsable(flags: u32, isDirectory: bool): bool {
  if (isDirectory && flags & ACE_DIRECTORY_INHERIT) return true;
  return (flags & ACE_FILE_INHERIT) != 0 && !(isDirectory && flags & ACE_NO_PROPAGATE);
}

// ---- what is asked for

/** Is it a list that a file can have? */
export function isValidAcl(aces: Ace[]): bool {
  if (!aces.length || aces.length > MOST_ACES) return false;
  for (let i = 0; i < aces.length; i++) {
    const ace = aces[i];
    const about = ace.about;
    if (ace.type < ACE_ALLOW || ace.type > ACE_ALARM) return false;
    if (!ace.isNamed && about != ACE_OWNER && about != ACE_OWNING_GROUP && about != ACE_EVERYONE) return false;
    if (ace.flags & (ACE_INHERIT_ONLY | ACE_NO_PROPAGATE) && !(ace.flags & INHERITS)) return false;
  }
  return true;
}

/** Of the wanted permissions, those that an entry about the caller denies. Set by {@link missingOf}. */
export let deniedByAcl: u32 = 0;

/** Whose permissions are looked for. */
export abstract class AclSubject {
  constructor(
    readonly uid: i32,
    readonly owner: i32,
    readonly owningGroup: i32,
  ) {}
  abstract isMember(gid: i32): bool;

  isMeant(ace: Ace): bool {
    switch (ace.about) {
      case ACE_EVERYONE:
        return true;
      case ACE_OWNER:
        return this.uid == this.owner;
      case ACE_OWNING_GROUP:
        return this.isMember(this.owningGroup);
      case ACE_GROUP:
        return this.isMember(<i32>ace.who);
      default:
        return this.uid == <i32>ace.who;
    }
  }
}

/** Of the wanted permissions, those that a list does not give. */
export function missingOf(aces: Ace[], wanted: u32, subject: AclSubject): u32 {
  let open = wanted;
  deniedByAcl = 0;
  for (let i = 0; i < aces.length && open; i++) {
    const ace = aces[i];
    if ((ace.type != ACE_ALLOW && ace.type != ACE_DENY) || ace.flags & ACE_INHERIT_ONLY) continue;
    const settled = ace.mask & open;
    if (!settled || !subject.isMeant(ace)) continue;
    if (ace.type == ACE_DENY) deniedByAcl |= settled;
    open &= ~settled;
  }
  return open | deniedByAcl;
}
