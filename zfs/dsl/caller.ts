// SPDX-License-Identifier: MIT
/**
 * @fileoverview Who makes a request, and what of the datasets is theirs: zones have datasets delegated to them (zonecfg's `dataset`), and know of nothing else.
 *
 * A zone sees its datasets, what is below them, and the names above them. It may change what is its own or below as long as the property `zoned` is on there, for
 * which the global zone decides alone; limits of a delegated dataset itself stay as the global zone has set them. What a zone does not see is not there (ENOENT), what
 * it sees and may not change is refused (EPERM). The rules are those of illumos (zone_dataset_visible, zfs_secpolicy in zfs_ioctl.c).
 *
 * Under Node there is one caller, who may everything.
 */
import { ENOENT, EPERM, setError } from '../../guest-os/kernel/errno';
import { Dataset } from './dataset';
import { findDataset } from './names';
import { findStored, foundIn, inheritedNumber } from './properties';
import { NvList } from '../port/nvlist';
import { poolOf } from '../spa/pools';

export class Caller {
  constructor(
    readonly isGlobal: bool,
    /** May it change file systems at all (PRIV_SYS_MOUNT)? In the global zone: all privileges. */
    readonly isPrivileged: bool,
    /** What is delegated to its zone. */
    readonly datasets: string[],
  ) {}

  /** Does it know that there is such a dataset or snapshot? */
  sees(name: string): bool {
    if (this.owns(name)) return true;
    for (let i = 0; i < this.datasets.length; i++) if (this.datasets[i].startsWith(name + '/')) return true;
    return false;
  }
  /** Is it delegated to its zone, or below such a one, or a snapshot of one? */
  owns(name: string): bool {
    if (this.isGlobal) return true;
    for (let i = 0; i < this.datasets.length; i++) {
      const own = this.datasets[i];
      if (name == own || name.startsWith(own + '/') || name.startsWith(own + '@')) return true;
    }
    return false;
  }
}

/** Whose request is being done; it changes only while ZFS's lock is held. */
export let caller: Caller = new Caller(true, true, []);
export function setCaller(next: Caller): void {
  caller = next;
}

/** Limits that whoever has a dataset may set below it, but not on it. */
const LIMITS: string[] = ['quota', 'filesystem_limit', 'snapshot_limit'];

function headNamed(name: string): Dataset | null {
  const at = name.indexOf('@');
  const head = at < 0 ? name : name.substring(0, at);
  const spa = poolOf(head);
  return spa ? findDataset(spa, head) : null;
}

export function isZoned(dataset: Dataset): bool {
  return inheritedNumber(dataset.dir, 'zoned', 0) != 0;
}

/** May the caller know of it? 0, or -ENOENT. */
export function maySee(name: string): i32 {
  return caller.sees(name) ? 0 : setError(ENOENT);
}

/** May the caller change a dataset, or a snapshot? 0, -ENOENT or -EPERM. */
export function mayChange(name: string): i32 {
  if (caller.isGlobal) return caller.isPrivileged ? 0 : setError(EPERM);
  if (!caller.sees(name)) return setError(ENOENT);
  const head = headNamed(name);
  if (!head) return setError(ENOENT);
  return isZoned(head) && caller.owns(name) && caller.isPrivileged ? 0 : setError(EPERM);
}

/** May the caller make something of this name? */
export function mayMake(name: string): i32 {
  const slash = name.lastIndexOf('/');
  if (slash < 0) return caller.isGlobal && caller.isPrivileged ? 0 : setError(EPERM);
  return mayChange(name.substring(0, slash));
}

/** May the caller set this property there? `name` may be about to be made. */
export function maySet(name: string, property: string): i32 {
  if (caller.isGlobal) return 0;
  if (property == 'zoned') return setError(EPERM);
  if (!LIMITS.includes(property)) return 0;
  // Below the dataset that says that it is zoned, and below what is delegated.
  const head = headNamed(name);
  if (head && (!findStored(head.dir, 'zoned', false, true) || foundIn == head.dir)) return setError(EPERM);
  return caller.datasets.includes(name) ? setError(EPERM) : 0;
}
/** The same for a list; null: nothing is set. */
export function maySetAll(name: string, properties: NvList | null): i32 {
  if (!properties) return 0;
  for (let i = 0; i < properties.pairs.length; i++) {
    const refused = maySet(name, properties.pairs[i].name);
    if (refused) return refused;
  }
  return 0;
}
