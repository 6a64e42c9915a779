// SPDX-License-Identifier: MIT
/**
 * @fileoverview Who a process is: user and group ids, privilege sets, and the zone it lives in.
 *
 * Credentials are not changed once shared: whoever changes an id copies them first. Every process, and everything that is looked up
 * by number, carries a zoneid; the global zone's is 0.
 *
 * Privileges (privileges(7)): a process may use what is in its effective set, raise that to its permitted one, hands the inheritable one on
 * to what it executes, and never gets what its limit set lacks. A process that is not aware of privileges (no PRIV_AWARE) is treated as
 * before there were any: with effective user id 0 its effective set counts as the limit set, with any user id 0 its permitted one.
 */
import {
  PRIV_ALL,
  PRIV_BASIC,
  PRIV_FILE_DAC_EXECUTE,
  PRIV_FILE_DAC_READ,
  PRIV_FILE_DAC_SEARCH,
  PRIV_FILE_DAC_WRITE,
  PRIV_FILE_OWNER,
  PRIV_PROC_OWNER,
  PRIV_PROC_ZONE,
  PrivilegeSet,
} from './privilege';

export const GLOBAL_ZONE: i32 = 0;
/** Process flag: the sets are as the process has set them. */
export const PRIV_AWARE: i32 = 2;
/** Supplementary groups (_SC_NGROUPS_MAX). */
export const NGROUPS_MAX: i32 = 16;

export class Credentials {
  uid: i32 = 0;
  euid: i32 = 0;
  suid: i32 = 0;
  gid: i32 = 0;
  egid: i32 = 0;
  sgid: i32 = 0;
  groups: StaticArray<i32> = new StaticArray<i32>(0);
  zoneid: i32 = GLOBAL_ZONE;
  flags: i32 = 0;
  private effective_: PrivilegeSet = PRIV_BASIC;
  private permitted_: PrivilegeSet = PRIV_BASIC;
  inheritable: PrivilegeSet = PRIV_BASIC;
  limit: PrivilegeSet = PRIV_ALL;

  copy(): Credentials {
    const copy = new Credentials();
    copy.uid = this.uid;
    copy.euid = this.euid;
    copy.suid = this.suid;
    copy.gid = this.gid;
    copy.egid = this.egid;
    copy.sgid = this.sgid;
    copy.groups = this.groups;
    copy.zoneid = this.zoneid;
    copy.flags = this.flags;
    copy.effective_ = this.effective_;
    copy.permitted_ = this.permitted_;
    copy.inheritable = this.inheritable;
    copy.limit = this.limit;
    return copy;
  }

  // ---- privileges

  get isAware(): bool {
    return (this.flags & PRIV_AWARE) != 0;
  }
  get effective(): PrivilegeSet {
    return !this.isAware && this.euid == 0 ? this.limit : this.effective_;
  }
  get permitted(): PrivilegeSet {
    return !this.isAware && (this.euid == 0 || this.uid == 0 || this.suid == 0) ? this.limit : this.permitted_;
  }
  /** From now on the process is aware. */
  setPrivileges(effective: PrivilegeSet, permitted: PrivilegeSet): void {
    this.effective_ = effective;
    this.permitted_ = permitted;
    this.flags |= PRIV_AWARE;
  }

  has(privilege: i32): bool {
    return this.effective.has(privilege);
  }
  /** Has it all that the system knows? */
  get isPrivileged(): bool {
    return this.effective.includes(PRIV_ALL);
  }

  /** exec: inheritable privileges are what the new program begins with; it is not aware of any. */
  afterExec(): Credentials {
    const copy = this.copy();
    copy.inheritable = this.inheritable.and(this.limit);
    copy.effective_ = copy.inheritable;
    copy.permitted_ = copy.inheritable;
    copy.suid = this.euid;
    copy.sgid = this.egid;
    // Who has given up what uid 0 stands for stays aware, or it would have it again.
    if (this.isAware && !(this.uid == 0 && this.permitted_.includes(this.limit))) return copy;
    copy.flags &= ~PRIV_AWARE;
    return copy;
  }

  /** In a zone, with nothing that the zone has not. */
  inZone(zoneid: i32, privileges: PrivilegeSet): Credentials {
    const copy = this.copy();
    copy.zoneid = zoneid;
    copy.limit = this.limit.and(privileges);
    copy.inheritable = this.inheritable.and(privileges);
    copy.effective_ = this.effective_.and(privileges);
    copy.permitted_ = this.permitted_.and(privileges);
    return copy;
  }

  // ---- what follows from them

  /** Does a process see another one, or a thing of a zone? */
  sees(zoneid: i32): bool {
    return this.zoneid == GLOBAL_ZONE || this.zoneid == zoneid;
  }

  /** May a process with these credentials send a signal to one with the others? */
  mayControl(other: Credentials): bool {
    if (this.zoneid != other.zoneid && !(this.sees(other.zoneid) && this.has(PRIV_PROC_ZONE))) return false;
    if (this.has(PRIV_PROC_OWNER)) return true;
    return this.euid == other.uid || this.uid == other.uid || this.euid == other.suid || this.uid == other.suid;
  }

  /** Is a group one of this process's? */
  isMember(gid: i32): bool {
    return this.egid == gid || this.groups.includes(gid);
  }

  /** Permission bits of a file against what is wanted (4 read, 2 write, 1 execute). */
  permits(mode: i32, uid: i32, gid: i32, wanted: i32): bool {
    const bits = this.euid == uid ? mode >> 6 : this.isMember(gid) ? mode >> 3 : mode;
    return this.overrides(mode, wanted & ~bits);
  }

  /** Are there privileges to do what permissions do not allow? */
  overrides(mode: i32, missing: i32): bool {
    if (!missing) return true;
    const directory = (mode & 0xf000) == 0x4000;
    if (missing & 4 && !this.has(PRIV_FILE_DAC_READ)) return false;
    if (missing & 2 && !this.has(PRIV_FILE_DAC_WRITE)) return false;
    if (!(missing & 1)) return true;
    // Nobody executes a file that has no execute bit at all.
    return directory ? this.has(PRIV_FILE_DAC_SEARCH) : (mode & 0o111) != 0 && this.has(PRIV_FILE_DAC_EXECUTE);
  }

  /** May it change a file's mode, times and the like? */
  owns(uid: i32): bool {
    return this.euid == uid || this.has(PRIV_FILE_OWNER);
  }
}
