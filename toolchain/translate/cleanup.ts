// SPDX-License-Identifier: MIT
/**
 * @fileoverview Tidies a graph once it is complete: superfluous phis, tests of what was just decided, straight lines of blocks,
 * values that loops compute again and again, cold blocks, dead values.
 *
 * After it: `uses` counts are right, `epoch` tells loads from effects, blocks that end in a trap come last.
 */
import type { ValueType } from '../wasm/module.ts';
import { hoistInvariants } from './loops.ts';
import { foldConstants } from './simplify.ts';
import { type Block, effectOf, type Graph, isConstant, successors, terminatorOperand, type Value } from './ssa.ts';

/** Blocks that can only trap run practically never. */
const COLD = 1e-4;

export function cleanup(graph: Graph): void {
  removeTrivialPhis(graph);
  threadBranches(graph);
  mergeStraightLines(graph);
  hoistInvariants(graph);
  moveColdBlocksLast(graph);
  removeDeadValues(graph);
  numberEffects(graph);
}

/** A phi whose arguments are all one value, or itself, is that value. */
function removeTrivialPhis(graph: Graph): void {
  const replaced = new Map<Value, Value>();
  const resolve = (v: Value): Value => {
    let found = v;
    for (let next = replaced.get(found); next; next = replaced.get(found)) found = next;
    return found;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of graph.blocks) {
      block.phis = block.phis.filter((phi) => {
        let only: Value | undefined;
        for (const arg of phi.args) {
          const v = resolve(arg);
          if (v === phi || v === only) continue;
          if (only) return true;
          only = v;
        }
        if (!only) return true;
        replaced.set(phi, only);
        changed = true;
        return false;
      });
    }
  }
  if (replaced.size === 0) return;
  const constant = (type: ValueType, value: bigint): Value => ({
    id: graph.values++,
    op: 'constant',
    type,
    args: [],
    block: undefined,
    pc: 0,
    constant: type === 'i32' ? BigInt.asIntN(32, value) : BigInt.asIntN(64, value),
    immediate: 0,
    uses: 0,
    register: -1,
    epoch: 0,
  });
  for (const block of graph.blocks) {
    for (const value of block.body) {
      value.args = value.args.map(resolve);
      // What was a phi may have turned out a constant.
      const folded = foldConstants(constant, value.op, value.args);
      if (folded) replaced.set(value, folded);
    }
  }
  for (const block of graph.blocks) {
    for (const value of [...block.phis, ...block.body]) value.args = value.args.map(resolve);
    const t = block.terminator;
    if (t.kind === 'branch') t.condition = resolve(t.condition);
    else if (t.kind === 'switch') t.index = resolve(t.index);
    else if (t.kind === 'return' && t.value) block.terminator = { ...t, value: resolve(t.value) };
  }
}

/**
 * `a && b` arrives as a block that joins a constant and a comparison and tests what it got. Its predecessors branch to where that
 * test leads instead: directly for the constant, by the comparison otherwise.
 */
function threadBranches(graph: Graph): void {
  const uses = new Map<Value, number>();
  const count = (v: Value | undefined) => v && uses.set(v, (uses.get(v) ?? 0) + 1);
  for (const block of graph.blocks) {
    for (const value of [...block.phis, ...block.body]) value.args.forEach(count);
    count(terminatorOperand(block.terminator));
  }
  const gone = new Set<Block>();
  for (const block of graph.blocks) {
    const t = block.terminator;
    if (t.kind !== 'branch' || block.phis.length !== 1 || block.isLoopHeader) continue;
    const [phi] = block.phis;
    let tested = t.condition;
    let [ifTrue, ifFalse] = [t.ifTrue, t.ifFalse];
    const chain = new Set<Value>();
    while (tested.op === 'i32.eqz' && tested.block === block && uses.get(tested) === 1) {
      chain.add(tested);
      [ifTrue, ifFalse] = [ifFalse, ifTrue];
      [tested] = tested.args;
    }
    if (tested !== phi || uses.get(phi) !== 1 || !block.body.every((v) => chain.has(v))) continue;
    if (!phi.args.some(isConstant) || !block.predecessors.every((p) => p.terminator.kind === 'jump')) continue;
    // Each target was reached from here alone, so it has no phis that would need to know its new predecessors.
    for (const target of [ifTrue, ifFalse]) target.predecessors.splice(target.predecessors.indexOf(block), 1);
    block.predecessors.forEach((predecessor, i) => {
      const arg = phi.args[i];
      const targets = isConstant(arg) ? [arg.constant !== 0n ? ifTrue : ifFalse] : [ifTrue, ifFalse];
      for (const target of targets) target.predecessors.push(predecessor);
      predecessor.terminator =
        targets.length === 1
          ? { kind: 'jump', target: targets[0] }
          : { kind: 'branch', condition: arg, ifTrue, ifFalse, pc: t.pc };
    });
    block.predecessors = [];
    gone.add(block);
  }
  graph.blocks = graph.blocks.filter((block) => !gone.has(block));
}

/** A block that only jumps to a block which nothing else reaches continues with its contents. */
function mergeStraightLines(graph: Graph): void {
  const gone = new Set<Block>();
  for (const block of graph.blocks) {
    if (gone.has(block)) continue;
    while (block.terminator.kind === 'jump') {
      const next = block.terminator.target;
      if (next.predecessors.length !== 1 || next.phis.length > 0 || next === block || next.isLoopHeader) break;
      for (const value of next.body) value.block = block;
      block.body.push(...next.body);
      block.terminator = next.terminator;
      for (const after of new Set(successors(next))) after.predecessors[after.predecessors.indexOf(next)] = block;
      next.predecessors = [];
      gone.add(next);
    }
  }
  graph.blocks = graph.blocks.filter((block) => !gone.has(block));
}

function moveColdBlocksLast(graph: Graph): void {
  const cold = new Set<Block>();
  // Successors come later but for back edges, and a loop is never cold by its back edge alone.
  for (const block of graph.blocks.toReversed()) {
    const next = successors(block);
    const traps = block.terminator.kind === 'none';
    if (traps || (next.length > 0 && next.every((b) => cold.has(b)))) cold.add(block);
  }
  cold.delete(graph.blocks[0]);
  for (const block of cold) block.frequency = COLD;
  graph.blocks = [...graph.blocks.filter((b) => !cold.has(b)), ...graph.blocks.filter((b) => cold.has(b))];
}

/** Keeps what has effects or may trap, what terminators need, and all that these need. */
function removeDeadValues(graph: Graph): void {
  const pending: Value[] = [];
  const live = new Set<Value>();
  const need = (v: Value) => {
    v.uses++;
    if (live.has(v)) return;
    live.add(v);
    pending.push(v);
  };
  for (const block of graph.blocks) {
    for (const value of block.body) {
      if (effectOf(value.op) !== 'pure' && !live.has(value)) {
        live.add(value);
        pending.push(value);
      }
    }
    const operand = terminatorOperand(block.terminator);
    if (operand) need(operand);
  }
  for (let v = pending.pop(); v; v = pending.pop()) v.args.forEach(need);
  for (const block of graph.blocks) {
    block.phis = block.phis.filter((v) => live.has(v));
    block.body = block.body.filter((v) => live.has(v));
  }
}

function numberEffects(graph: Graph): void {
  for (const block of graph.blocks) {
    let epoch = 0;
    for (const value of block.body) {
      value.epoch = epoch;
      if (effectOf(value.op) === 'write') epoch++;
    }
  }
}
