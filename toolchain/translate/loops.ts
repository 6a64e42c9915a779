// SPDX-License-Identifier: MIT
/**
 * @fileoverview Moves computations that do not change out of loops, to the block before the loop.
 *
 * Only pure operations that take a while are moved: multiplications, conversions, floating-point arithmetic. Additions and shifts
 * by constants stay, since they fold into addresses, and every value moved holds a register throughout the loop.
 */
import { type Block, effectOf, type Graph, type Value } from './ssa.ts';

const COSTLY =
  /^(i(32|64)\.(mul|mulhi_[su]|clz|ctz|popcnt|rot[lr]|trunc_sat\w*|reinterpret\w*)|i64\.extend_i32_s|f(32|64)\.(add|sub|mul|div|sqrt|min|max|neg|abs|copysign|ceil|floor|trunc|nearest|convert\w*|demote\w*|promote\w*))$/;

export function hoistInvariants(graph: Graph): void {
  // Inner loops come later: what leaves one may leave the next.
  for (const header of graph.blocks.toReversed()) if (header.isLoopHeader) hoist(header);
}

function hoist(header: Block): void {
  const [before, ...backEdges] = header.predecessors;
  if (before?.terminator.kind !== 'jump') return;
  const inside = new Set<Block>([header]);
  const pending = [...backEdges];
  for (let block = pending.pop(); block; block = pending.pop()) {
    if (inside.has(block)) continue;
    inside.add(block);
    pending.push(...block.predecessors);
  }
  if (inside.has(before)) return;
  const isOutside = (v: Value) => v.block === undefined || !inside.has(v.block);
  for (const block of inside) {
    // In program order within a block; across blocks a chain may take until the next loop out.
    block.body = block.body.filter((value) => {
      if (!COSTLY.test(value.op) || effectOf(value.op) !== 'pure' || !value.args.every(isOutside)) return true;
      value.block = before;
      before.body.push(value);
      return false;
    });
  }
}
