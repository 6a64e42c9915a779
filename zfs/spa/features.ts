// SPDX-License-Identifier: MIT
/**
 * @fileoverview Pools of version 5000: what is different about them from version 28 is said by features, each with a name. The MOS counts, in two ZAPs that its directory
 * names, what uses each: a feature with 0 is only allowed. `features_for_read` has those without which a pool cannot be read, `features_for_write` those that
 * only a writer has to know. None is known here, so such a pool is opened if none of the first kind is in use, and for reading only.
 */
import { ENOTSUP } from '../port/errors';
import { setError } from '../../guest-os/kernel/errno';
import { Objset } from '../dmu/objset';
import { holdDnode, releaseDnode } from '../dmu/dnode';
import { zapGet, zapNext, zapValue, ZapEntry } from '../zap/zap';
import { Spa } from './spa';

export const VERSION_FEATURES: u64 = 5000;
const OBJECT_DIRECTORY: u64 = 1;

/** Why {@link checkFeatures} refused: the features, separated by blanks, and whether it is only writing that needs them. */
export let refusedFeatures: string = '';
export let isForWriting: bool = false;

/** Names of what is in use. */
function inUse(mos: Objset, list: string): string[] {
  const names: string[] = [];
  if (zapGet(mos, OBJECT_DIRECTORY, list) < 0) return names;
  const dn = holdDnode(mos, zapValue);
  if (!dn) return names;
  const entry = new ZapEntry();
  for (let position: u64 = 0; zapNext(dn, position, entry) == 0; position = entry.next) {
    if (entry.value) names.push(entry.name);
  }
  releaseDnode(dn);
  return names;
}

/** Of a pool whose MOS is open. ENOTSUP: it cannot be opened, or not for writing. */
export function checkFeatures(spa: Spa): i32 {
  refusedFeatures = '';
  isForWriting = false;
  if (spa.version != VERSION_FEATURES) return 0;
  const reading = inUse(spa.mos!, 'features_for_read');
  refusedFeatures = reading.join(' ');
  if (reading.length) return setError(ENOTSUP);
  if (!spa.isWritable) return 0;
  isForWriting = true;
  refusedFeatures = inUse(spa.mos!, 'features_for_write').join(' ');
  return setError(ENOTSUP);
}
