// SPDX-License-Identifier: MIT
/**
 * @fileoverview How a VM's limits of memory depend on each other. All in MiB:
 *
 * - `ram` of an OS zone is max_physical_memory by another name;
 * - locked memory is at most, and swap at least, physical memory; swap is never below 256. What is not so is moved to where it is;
 * - when physical memory changes and they are not given, locked memory and swap keep their distance from it, tmpfs its proportion;
 * - tmpfs is at most physical memory.
 */
import { Json } from '../../../lib/json';
import { integerIn, NO_INTEGER } from './_values';

const LEAST_SWAP: i64 = 256;

function put(payload: Json, name: string, value: i64): void {
  payload.set(name, Json.number(value));
}

/** `current`: the VM as it is; of one that is being created, an empty object. */
export function settleMemory(payload: Json, current: Json): void {
  const oldPhysical = integerIn(current, 'max_physical_memory');
  let physical = integerIn(payload, 'max_physical_memory');
  const ram = integerIn(payload, 'ram');
  if (physical == NO_INTEGER && ram != NO_INTEGER) {
    physical = ram;
    put(payload, 'max_physical_memory', physical);
  }
  payload.remove('ram');
  const known = physical == NO_INTEGER ? oldPhysical : physical;
  if (physical != NO_INTEGER) {
    const oldLocked = integerIn(current, 'max_locked_memory');
    const oldSwap = integerIn(current, 'max_swap');
    if (!payload.get('max_locked_memory')) {
      const keeps = oldLocked != NO_INTEGER && oldPhysical != NO_INTEGER;
      put(payload, 'max_locked_memory', max<i64>(keeps ? physical - (oldPhysical - oldLocked) : physical, 0));
    }
    if (!payload.get('max_swap')) {
      let swap = physical;
      // Swap that had been raised to its minimum follows again.
      if (oldSwap != NO_INTEGER && oldPhysical != NO_INTEGER && !(oldSwap == LEAST_SWAP && physical >= LEAST_SWAP))
        swap = physical + (oldSwap - oldPhysical);
      put(payload, 'max_swap', max<i64>(swap, LEAST_SWAP));
    }
    if (!payload.get('max_shm_memory') && !current.get('max_shm_memory')) put(payload, 'max_shm_memory', physical);
    if (!payload.get('tmpfs')) {
      const oldTmpfs = integerIn(current, 'tmpfs');
      const scaled = oldTmpfs != NO_INTEGER && oldPhysical > 0;
      put(payload, 'tmpfs', scaled ? <i64>Math.round((<f64>oldTmpfs / <f64>oldPhysical) * <f64>physical) : physical);
    }
  }
  if (known == NO_INTEGER) return;
  if (integerIn(payload, 'tmpfs', 0) > known) put(payload, 'tmpfs', known);
  if (integerIn(payload, 'max_locked_memory', 0) > known) put(payload, 'max_locked_memory', known);
  if (integerIn(payload, 'max_swap', i64.MAX_VALUE) < known) put(payload, 'max_swap', known);
}
