// SPDX-License-Identifier: MIT
/**
 * @fileoverview Who a process is: user and group ids, and the zone it lives in.
 *
 * Credentials are not changed once shared: whoever changes an id copies them first. Every process, and everything that is looked up
 * by number, carries a zoneid; the global zone's is 0. Privilege sets will join here; until then uid 0 is what they ask for.
 */
export const GLOBAL_ZONE: i32 = 0;

export class Credentials {
  uid: i32 = 0;
  euid: i32 = 0;
  gid: i32 = 0;
  egid: i32 = 0;
  zoneid: i32 = GLOBAL_ZONE;

  copy(): Credentials {
    const copy = new Credentials();
    copy.uid = this.uid;
    copy.euid = this.euid;
    copy.gid = this.gid;
    copy.egid = this.egid;
    copy.zoneid = this.zoneid;
    return copy;
  }

  get isPrivileged(): bool {
    return this.euid == 0;
  }

  /** Is a group one of this process's? */
  isMember(gid: i32): bool {
    return this.egid == gid;
  }

  /** Does a process see another one, or a thing of a zone? */
  sees(zoneid: i32): bool {
    return this.zoneid == GLOBAL_ZONE || this.zoneid == zoneid;
  }

  /** May a process with these credentials send a signal to one with the others? */
  mayControl(other: Credentials): bool {
    if (!this.sees(other.zoneid)) return false;
    return this.isPrivileged || this.euid == other.uid || this.uid == other.uid;
  }

  /** Permission bits of a file against what is wanted (4 read, 2 write, 1 execute). */
  permits(mode: i32, uid: i32, gid: i32, wanted: i32): bool {
    if (this.isPrivileged) return !(wanted & 1) || (mode & 0o40000) != 0 || (mode & 0o111) != 0;
    const bits = this.euid == uid ? mode >> 6 : this.egid == gid ? mode >> 3 : mode;
    return (bits & wanted) == wanted;
  }
}
