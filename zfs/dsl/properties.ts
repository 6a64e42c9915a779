// SPDX-License-Identifier: MIT
/**
 * @fileoverview Stored properties of datasets: what was set on a directory, or on one above it. What properties there are, and what
 * values they take, is said in prop/.
 */
import { Objset } from '../dmu/objset';
import { zapGet, zapText, zapValue } from '../zap/zap';
import { CHECKSUM_FLETCHER_4, CHECKSUM_FUNCTIONS, CHECKSUM_ON } from '../zio/checksum';
import { COMPRESS_FUNCTIONS, COMPRESS_OFF } from '../zio/compress';
import { LARGEST_BLOCK } from '../zio/blockPointer';
import { Dataset } from './dataset';
import { Dir } from './dir';

/** The directory on which the last property that was found is set. */
export let foundIn: Dir | null = null;

/** A number, set here or above. */
export function inheritedNumber(dir: Dir, name: string, otherwise: u64): u64 {
  for (let at: Dir | null = dir; at; at = at.parent) {
    if (zapGet(dir.spa.mos!, at.phys.properties, name) == 0) {
      foundIn = at;
      return zapValue;
    }
  }
  foundIn = null;
  return otherwise;
}

export function inheritedText(dir: Dir, name: string): string | null {
  for (let at: Dir | null = dir; at; at = at.parent) {
    const text = zapText(dir.spa.mos!, at.phys.properties, name);
    if (text == null) continue;
    foundIn = at;
    return text;
  }
  foundIn = null;
  return null;
}

/** What an object set's blocks are written with. */
export function applyProperties(dataset: Dataset, objset: Objset): void {
  const dir = dataset.dir;
  const checksum = <u32>inheritedNumber(dir, 'checksum', CHECKSUM_ON);
  objset.checksum = checksum == CHECKSUM_ON || checksum >= CHECKSUM_FUNCTIONS ? CHECKSUM_FLETCHER_4 : checksum;
  const compression = <u32>inheritedNumber(dir, 'compression', COMPRESS_OFF);
  objset.compression = compression && compression < COMPRESS_FUNCTIONS ? compression : COMPRESS_OFF;
  objset.copies = min(max(<u32>inheritedNumber(dir, 'copies', 1), 1), 3);
  const size = inheritedNumber(dir, 'recordsize', LARGEST_BLOCK);
  const isPower = size >= 512 && size <= LARGEST_BLOCK && (size & (size - 1)) == 0;
  objset.recordSize = isPower ? <u32>size : LARGEST_BLOCK;
}
