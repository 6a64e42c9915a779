// SPDX-License-Identifier: MIT
/**
 * @fileoverview Small loops, several times over: blocks of innermost loops are copied, each copy leads to the next, and the last one back. What an
 * edge backwards costs, and what an access finds of the one before it, then counts once for several iterations. Which block a branch leads to
 * depends on the copy that it stands in; nothing else does.
 */
import type { Block } from './discover.ts';
import { samePage } from './pages.ts';

/** Instructions of a loop that is copied, of all its copies, and how many copies there are. */
const MOST_IN_LOOP = 14;
const MOST_IN_COPIES = 28;
const MOST_COPIES = 4;

export interface Unrolled {
  /** The given ones and then the copies. */
  blocks: Block[];
  /** By block: where its branches lead to other blocks than offsets say, by offset. */
  leads: ReadonlyMap<Block, ReadonlyMap<number, number>>;
}

export function unroll(
  blocks: readonly Block[],
  successors: readonly (readonly number[])[],
  entries: readonly number[],
  room: number,
): Unrolled {
  const all = [...blocks];
  const leads = new Map<Block, Map<number, number>>();
  let left = room;
  for (let head = 0; head < blocks.length; head++) {
    const body = innermost(blocks, successors, entries, head);
    if (!body) continue;
    const size = body.reduce((n, i) => n + blocks[i].instructions.length, 0);
    const copies = Math.min(MOST_COPIES, Math.floor(MOST_IN_COPIES / size), 1 + Math.floor(left / size));
    if (size > MOST_IN_LOOP || copies < 2) continue;
    left -= (copies - 1) * size;
    /** Number of a block in a copy. */
    const first = all.length;
    const at = (copy: number, i: number): number => (copy === 0 ? i : first + (copy - 1) * body.length + body.indexOf(i));
    for (let copy = 1; copy < copies; copy++) for (const i of body) all.push({ ...blocks[i] });
    for (let copy = 0; copy < copies; copy++)
      for (const i of body) {
        const to = new Map<number, number>();
        for (const s of successors[i])
          if (body.includes(s)) to.set(blocks[s].offset, s === head ? at((copy + 1) % copies, s) : at(copy, s));
        leads.set(all[at(copy, i)], to);
      }
  }
  return { blocks: all, leads };
}

/** Blocks of the loop that begins at `head`, if it is one without loops in it that is entered there alone and stays in its page. */
function innermost(
  blocks: readonly Block[],
  successors: readonly (readonly number[])[],
  entries: readonly number[],
  head: number,
): number[] | undefined {
  const predecessors = (i: number): number[] => blocks.flatMap((_, p) => (successors[p].includes(i) ? [p] : []));
  // Code in which a loop's head stands last is left as it is.
  const body = new Set([head]);
  const work = predecessors(head).filter((p) => blocks[p].offset >= blocks[head].offset);
  if (work.length === 0) return undefined;
  while (work.length > 0) {
    const i = work.pop()!;
    if (body.has(i)) continue;
    body.add(i);
    if (entries.includes(i) || !samePage(blocks[i].offset, blocks[head].offset) || body.size > MOST_IN_LOOP) return undefined;
    work.push(...predecessors(i));
  }
  const list = [...body];
  for (const i of list) {
    const { end, target } = blocks[i];
    if (end === 'interpret' || (end === 'branches' && target === undefined)) return undefined;
    // Forwards only, but to the head.
    if (successors[i].some((s) => s !== head && body.has(s) && blocks[s].offset <= blocks[i].offset)) return undefined;
  }
  return list;
}
