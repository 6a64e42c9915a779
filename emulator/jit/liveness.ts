// SPDX-License-Identifier: MIT
/**
 * @fileoverview Which flags matter where. Two questions, both answered backwards over the blocks of a region:
 * - needed: an instruction may read them, so they must be at hand in packed form at block borders;
 * - observable: an exit may show them to the guest, so what defines them must be remembered.
 * A flag write that is neither is not made.
 */
import type { Block } from './discover.ts';
import { ALL_FLAGS, type Summary } from './summary.ts';

export interface Liveness {
  /** By block: at its start, needed; after its last instruction, needed and observable. */
  neededIn: Int32Array;
  neededOut: Int32Array;
  observableOut: Int32Array;
}

/** Needed flags before an instruction, given those needed and observable after it. */
export function neededBefore(after: number, observable: number, s: Summary): number {
  // What can be made later changes nothing that is needed.
  if (s.late && (after & s.writes) === 0) return after | s.reads;
  // A partial or conditional write keeps the rest as it was, in packed form.
  const partial = s.writes !== 0 && (s.replaces !== s.writes || s.writes !== ALL_FLAGS);
  const kept = partial && ((after | observable) & s.writes) !== 0 ? ALL_FLAGS : after & ~s.replaces;
  return kept | s.reads;
}
/** Observable ones: all of them where the region may be left. */
export function observableBefore(after: number, s: Summary): number {
  return s.leaves ? ALL_FLAGS : (after & ~s.replaces) | s.reads;
}

/** `successors` of each block; `exits`: whether control may also leave the region behind it, or on the way to a successor. */
export function liveness(
  blocks: readonly Block[],
  successors: readonly (readonly number[])[],
  exits: readonly boolean[],
): Liveness {
  const n = blocks.length;
  const neededIn = new Int32Array(n);
  const neededOut = new Int32Array(n);
  const observableIn = new Int32Array(n);
  const observableOut = new Int32Array(n);
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = n - 1; i >= 0; i--) {
      let needed = 0;
      let observable = exits[i] ? ALL_FLAGS : 0;
      for (const s of successors[i]) {
        needed |= neededIn[s];
        observable |= observableIn[s];
      }
      neededOut[i] = needed;
      observableOut[i] = observable;
      const list = blocks[i].instructions;
      for (let k = list.length - 1; k >= 0; k--) {
        needed = neededBefore(needed, observable, list[k].summary);
        observable = observableBefore(observable, list[k].summary);
      }
      if (needed !== neededIn[i] || observable !== observableIn[i]) changed = true;
      neededIn[i] = needed;
      observableIn[i] = observable;
    }
  }
  return { neededIn, neededOut, observableOut };
}
