// SPDX-License-Identifier: MIT
/**
 * @fileoverview Which functions share a page of code.
 *
 * A processor that translates or caches code by pages pays when control leaves one: a page of its own for what calls each other, and no function, so no
 * loop and no instruction, in two pages if it fits one.
 *
 * Functions begin as groups of one. Calls join the groups of caller and callee as long as the group fits a page: first those whose callee
 * has the fewest callers, since what everybody calls is at home nowhere. Then groups fill pages, the largest first, each in the first that has
 * room (first fit, decreasing); functions of more than a page begin one, and leave the rest of their last.
 */
export const CODE_PAGE = 4096;
/** Of functions. */
export const ALIGNMENT = 16;

export interface Sized {
  /** Bytes. */
  readonly size: number;
  /** Places in the list of those that it calls. */
  readonly calls: Iterable<number>;
}

/** Places in the list, by page in order of address. What is larger than a page is the first of its group. */
export function packPages(functions: readonly Sized[]): number[][] {
  const sizes = functions.map(({ size }) => Math.ceil(size / ALIGNMENT) * ALIGNMENT);
  const groups: { members: number[]; size: number }[] = sizes.map((size, place) => ({ members: [place], size }));
  const groupOf = [...groups];
  for (const [caller, callee] of callsInOrder(functions)) {
    const [to, from] = [groupOf[caller], groupOf[callee]];
    if (to === from || to.size + from.size > CODE_PAGE) continue;
    for (const member of from.members) groupOf[member] = to;
    to.members.push(...from.members);
    to.size += from.size;
    from.members = [];
  }
  const left = groups.filter(({ members }) => members.length > 0).sort((a, b) => b.size - a.size);
  const pages: { members: number[]; room: number }[] = [];
  for (const { members, size } of left) {
    let page = pages.find(({ room }) => room >= size);
    if (!page) {
      page = { members: [], room: Math.ceil(size / CODE_PAGE) * CODE_PAGE };
      pages.push(page);
    }
    page.members.push(...members);
    page.room -= size;
  }
  return pages.map(({ members }) => members);
}

/** Pairs of caller and callee, each once: callees of few callers first, then as they come. */
function callsInOrder(functions: readonly Sized[]): [number, number][] {
  const pairs = functions.flatMap(({ calls }, caller) => [...new Set(calls)].map((callee): [number, number] => [caller, callee]));
  const callers = new Array<number>(functions.length).fill(0);
  for (const [, callee] of pairs) callers[callee]++;
  return pairs.sort((a, b) => callers[a[1]] - callers[b[1]]);
}
