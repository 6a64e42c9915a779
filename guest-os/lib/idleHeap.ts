// SPDX-License-Identifier: MIT
/**
 * @fileoverview Memory of programs that wait most of the time: what they have used for their last answers is given back before they wait again.
 *
 * A program's heap is collected when as much has been allocated as had survived, and at least a mebibyte; a daemon that does little would keep that
 * mebibyte for ever, in each zone.
 */
import { heapLive, heapSurvived, trimHeap } from 'runtime/heap';

/** Less garbage than this is not worth a collection. */
const WORTH: usize = 128 << 10;

/** Before a wait that may be long. */
export function trimIdleHeap(): void {
  if (heapLive() > heapSurvived() + WORTH) trimHeap();
}
