// SPDX-License-Identifier: MIT
/**
 * @fileoverview Does the kernel's heap still have room? It does not grow, so whatever a user can make more and more of (processes, threads,
 * files, mappings, timers) asks first, and the user gets an error while the kernel keeps enough for itself.
 */
import { imageEnd } from 'machine/stubs';
import { heapHasPiece, heapLive } from 'runtime/heap';
import { uptime } from '../time/clock';

/** What is kept for the kernel: a quarter. */
const KEPT: usize = 4;
/** A collection that has found no room is done again when so many bytes have been allocated, */
const STEP: usize = 0x40000;
/** or something has been given back ({@link heapMayHaveRoom}), or so many times as long has passed as it took: a twentieth of the time goes to this. */
const PAUSE: u64 = 20;

let limit: usize = 0;
let collectedAt: usize = 0;
/** Nanoseconds of uptime. */
let again: u64 = 0;
let givenBack = false;
/** Bytes of a piece that was not there after the last collection. */
let missingPiece: usize = usize.MAX_VALUE;

/** Something that users make has been given back: a process, an open file, a mapping. */
export function heapMayHaveRoom(): void {
  givenBack = true;
}

/** Would a collection find no more than the last one did, as far as that can be told without it? */
function isInVain(live: usize): bool {
  return live >= collectedAt && live - collectedAt < STEP && !givenBack && uptime() < again;
}
function collect(): void {
  const began = uptime();
  givenBack = false;
  missingPiece = usize.MAX_VALUE;
  __collect();
  again = uptime() + (uptime() - began) * PAUSE;
  collectedAt = heapLive();
}

/** False: no, and nothing can be collected that would change it. */
export function heapHasRoom(): bool {
  if (!limit) {
    const size = <usize>imageEnd() - __heap_base;
    limit = size - size / KEPT;
  }
  const live = heapLive();
  if (live < limit) return true;
  if (collectedAt >= limit && isInVain(live)) return false;
  collect();
  return collectedAt < limit;
}

/** Is there, perhaps after a collection, one piece of so many bytes? What doubles, as tables of names do, needs one, however much room there is in all. */
export function heapHasPieceOf(bytes: usize): bool {
  if (heapHasPiece(bytes)) return true;
  if (bytes >= missingPiece && isInVain(heapLive())) return false;
  collect();
  if (heapHasPiece(bytes)) return true;
  missingPiece = bytes;
  return false;
}

/** Bytes that users' objects may make the heap take. */
export function heapLimit(): usize {
  heapHasRoom();
  return limit;
}
