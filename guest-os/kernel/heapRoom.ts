// SPDX-License-Identifier: MIT
/**
 * @fileoverview Does the kernel's heap still have room? It does not grow, so whatever a user can make more and more of (processes, threads,
 * files, mappings, timers) asks first, and the user gets an error while the kernel keeps enough for itself.
 */
import { imageEnd } from 'machine/stubs';
import { heapLive } from 'runtime/heap';

/** What is kept for the kernel: a quarter. */
const KEPT: usize = 4;
/** Between two collections for this reason at least so many bytes are allocated. */
const STEP: usize = 0x40000;

let limit: usize = 0;
let collectedAt: usize = 0;

/** False: no, and nothing can be collected that would change it. */
export function heapHasRoom(): bool {
  if (!limit) {
    const size = <usize>imageEnd() - __heap_base;
    limit = size - size / KEPT;
  }
  const live = heapLive();
  if (live < limit) return true;
  if (live >= collectedAt && live - collectedAt < STEP && collectedAt) return false;
  __collect();
  collectedAt = heapLive();
  return collectedAt < limit;
}

/** Bytes that users' objects may make the heap take. */
export function heapLimit(): usize {
  heapHasRoom();
  return limit;
}
