// SPDX-License-Identifier: MIT
/**
 * @fileoverview Control flow of a region as WebAssembly has it: nested loops and blocks.
 *
 * After N. Ramsey, "Beyond Relooper" (ICFP 2022): code is laid out along the dominator tree. A block that several forward branches reach
 * stands behind a wasm block inside its immediate dominator; the head of a loop stands in a wasm loop; everything else is emitted where it is
 * branched to.
 *
 * A root in front of all entries makes one graph of several. An edge back to a block that does not dominate it (irreducible code, an entry in
 * the middle of a loop) makes that block an entry too, and the edge goes by way of the root, which is a loop around a br_table.
 */

export interface Graph {
  /** Successors of block i. */
  successors: readonly (readonly number[])[];
  /** Blocks where control comes in. */
  entries: readonly number[];
  /** Whether blocks go to the root by themselves. */
  returnsToRoot: boolean;
}
export interface Structure {
  /** Given ones first, then those that irreducible edges made. */
  entries: number[];
  /** Reverse postorder number; -1: not reached. The root is block number `successors.length`, at 0. */
  order: Int32Array;
  /** Blocks behind a wasm block inside `i`, in order. */
  merges: number[][];
  isLoop: boolean[];
  /** Whether the edge from a to b goes by way of the root. */
  viaRoot(a: number, b: number): boolean;
}

export function structure(graph: Graph): Structure {
  const n = graph.successors.length;
  const entries = [...graph.entries];
  for (;;) {
    const s = attempt(graph, n, entries);
    if (s) return s;
  }
}

/** Undefined after adding entries. */
function attempt(graph: Graph, n: number, entries: number[]): Structure | undefined {
  const successors = (i: number): readonly number[] => (i === n ? entries : graph.successors[i]);
  const order = new Int32Array(n + 1).fill(-1);
  const sequence = reversePostorder(n, successors, order);
  const predecessors: number[][] = Array.from({ length: n + 1 }, () => []);
  for (const i of sequence) for (const s of successors(i)) predecessors[s].push(i);
  const dominator = dominators(n, sequence, order, predecessors);
  const dominates = (a: number, b: number): boolean => {
    let x = b;
    while (order[x] > order[a]) x = dominator[x];
    return x === a;
  };
  const before = entries.length;
  const rootEdges = new Set<number>();
  const isLoop = Array<boolean>(n + 1).fill(false);
  for (const i of sequence) {
    for (const s of successors(i)) {
      if (order[s] > order[i]) continue;
      if (dominates(s, i)) isLoop[s] = true;
      else {
        rootEdges.add(i * (n + 1) + s);
        if (!entries.includes(s)) entries.push(s);
      }
    }
  }
  if (entries.length > before) return undefined;
  if (rootEdges.size > 0 || graph.returnsToRoot) isLoop[n] = true;
  const merges: number[][] = Array.from({ length: n + 1 }, () => []);
  for (const b of sequence) {
    if (b === n) continue;
    const forward = predecessors[b].filter((p) => order[p] < order[b]).length;
    if (forward > 1 || (entries.length > 1 && entries.includes(b))) merges[dominator[b]].push(b);
  }
  for (const list of merges) list.sort((a, b) => order[a] - order[b]);
  return { entries, order, merges, isLoop, viaRoot: (a, b) => rootEdges.has(a * (n + 1) + b) };
}

function reversePostorder(root: number, successors: (i: number) => readonly number[], order: Int32Array): number[] {
  const post: number[] = [];
  const seen = new Set<number>([root]);
  const stack: { node: number; next: number }[] = [{ node: root, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const all = successors(top.node);
    if (top.next < all.length) {
      const s = all[top.next++];
      if (!seen.has(s)) {
        seen.add(s);
        stack.push({ node: s, next: 0 });
      }
    } else {
      post.push(top.node);
      stack.pop();
    }
  }
  post.reverse();
  post.forEach((node, i) => {
    order[node] = i;
  });
  return post;
}

/** Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm". */
function dominators(root: number, sequence: readonly number[], order: Int32Array, predecessors: readonly number[][]): Int32Array {
  const dominator = new Int32Array(order.length).fill(-1);
  dominator[root] = root;
  for (let changed = true; changed; ) {
    changed = false;
    for (const b of sequence) {
      if (b === root) continue;
      let best = -1;
      for (const p of predecessors[b]) {
        if (dominator[p] < 0) continue;
        if (best < 0) best = p;
        else {
          let a = p;
          while (a !== best) {
            while (order[a] > order[best]) a = dominator[a];
            while (order[best] > order[a]) best = dominator[best];
          }
        }
      }
      if (dominator[b] !== best) {
        dominator[b] = best;
        changed = true;
      }
    }
  }
  return dominator;
}
