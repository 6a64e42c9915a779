// SPDX-License-Identifier: MIT
/** @fileoverview What zones may be called (zonecfg(8)): asked by the kernel, and by zonecfg before it writes anything. */

/** ZONENAME_MAX, with the zero. */
export const ZONE_NAME_MAX: i32 = 64;

/** A letter or digit, then those and `-_.`; not `global`, nor anything that begins with `SUNW`. */
export function isZoneName(name: string): bool {
  if (!name.length || name.length >= ZONE_NAME_MAX || name == 'global' || name.startsWith('SUNW')) return false;
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    const isAlphanumeric = (c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a);
    if (!isAlphanumeric && (i == 0 || (c != 0x2d && c != 0x5f && c != 0x2e))) return false;
  }
  return true;
}
