// SPDX-License-Identifier: MIT
/**
 * @fileoverview Where each virtual register is live: intervals, as sorted lists of half-open segments of the time that
 * `machine.ts` defines.
 *
 * Liveness is found per register, from each use backwards to the definition, which suits SSA: every path ends at the one
 * definition. Phi moves read at the jump of the predecessor; phis are defined at the start of their block. Afterwards the
 * arguments of a phi whose intervals do not overlap the phi's are merged with it, most frequent first, so that their moves vanish;
 * a merged interval has several definitions.
 */
import {
  bit,
  CALL_CLOBBERS,
  type Def,
  isUse,
  type MachineBlock,
  type MachineFunction,
  type MachineInstruction,
  type RegisterClass,
  type Use,
} from './machine.ts';

export interface Segment {
  start: number;
  end: number;
}

/** A wish to share a place with a physical register or another interval; worth `weight` moves. */
export interface Hint {
  readonly with: number | Interval;
  readonly weight: number;
}

export interface Interval {
  readonly cls: RegisterClass;
  segments: Segment[];
  readonly uses: { readonly instruction: number; readonly use: Use }[];
  /** By an instruction; phis and parameters are defined by moves. */
  readonly defs: { readonly instruction: number; readonly def: Def }[];
  /** Frequencies of definitions by moves. */
  moveWeight: number;
  readonly hints: Hint[];
  /** Holds one operand of one instruction: must get a register. */
  readonly isTiny: boolean;
  /** Frequency-weighted accesses: the price of keeping it in memory. */
  cost: number;
  /** Physical register, or undefined while it has none. */
  register: number | undefined;
  /** Spill slot, if it lives there or is saved there around calls. */
  slot: number | undefined;
}

export interface Liveness {
  readonly instructions: MachineInstruction[];
  /** Block of each instruction. */
  readonly blockOf: MachineBlock[];
  /** Index of the first instruction and of the one after the last. */
  readonly range: Map<MachineBlock, { first: number; end: number }>;
  /** By virtual register; merged ones share an interval. */
  readonly intervals: Interval[];
  readonly calls: number[];
}

export const newInterval = (cls: RegisterClass, isTiny: boolean): Interval => ({
  cls,
  segments: [],
  uses: [],
  defs: [],
  moveWeight: 0,
  hints: [],
  isTiny,
  cost: 0,
  register: undefined,
  slot: undefined,
});

export function analyse(f: MachineFunction): Liveness {
  const instructions: MachineInstruction[] = [];
  const blockOf: MachineBlock[] = [];
  const range = new Map<MachineBlock, { first: number; end: number }>();
  for (const block of f.blocks) {
    const first = instructions.length;
    for (const instruction of block.instructions) {
      instructions.push(instruction);
      blockOf.push(block);
    }
    range.set(block, { first, end: instructions.length });
  }
  const intervals = f.classes.map((cls) => newInterval(cls, false));
  const calls: number[] = [];
  /** Time and block of each register's definition. */
  const definedAt: number[] = new Array(f.classes.length).fill(-1);
  const definedIn: (MachineBlock | undefined)[] = new Array(f.classes.length).fill(undefined);
  /** Reads as pairs of register and end of liveness. */
  const reads: { block: MachineBlock; end: number }[][] = f.classes.map(() => []);

  for (const { def } of f.parameters) {
    definedAt[def.register] = 0;
    definedIn[def.register] = f.blocks[0];
  }
  for (const block of f.blocks) {
    const { first } = range.get(block)!;
    for (const phi of block.phis) {
      definedAt[phi.register] = 4 * first;
      definedIn[phi.register] = block;
    }
  }
  instructions.forEach((instruction, i) => {
    const block = blockOf[i];
    for (const use of instruction.uses) {
      reads[use.register].push({ block, end: 4 * i + (use.late ? 3 : 2) });
      intervals[use.register].uses.push({ instruction: i, use });
    }
    for (const { source } of instruction.fixed) {
      if (!isUse(source)) continue;
      reads[source.register].push({ block, end: 4 * i + 1 });
      intervals[source.register].uses.push({ instruction: i, use: source });
    }
    if (instruction.def) {
      definedAt[instruction.def.register] = 4 * i + 2;
      definedIn[instruction.def.register] = block;
      intervals[instruction.def.register].defs.push({ instruction: i, def: instruction.def });
    }
    if (instruction.isCall) calls.push(i);
  });

  const visited = new Map<MachineBlock, number>();
  for (let register = 0; register < intervals.length; register++) {
    const at = definedAt[register];
    const home = definedIn[register];
    if (!home) continue;
    const segments = intervals[register].segments;
    const pending: MachineBlock[] = [];
    const liveIn = (block: MachineBlock) => {
      for (const p of block.predecessors) {
        if (visited.get(p) === register) continue;
        visited.set(p, register);
        pending.push(p);
      }
    };
    for (const { block, end } of reads[register]) {
      if (block === home && end > at) segments.push({ start: at, end });
      else {
        segments.push({ start: 4 * range.get(block)!.first, end });
        liveIn(block);
      }
    }
    for (let block = pending.pop(); block; block = pending.pop()) {
      const { first, end } = range.get(block)!;
      if (block === home) segments.push({ start: at, end: 4 * end });
      else {
        segments.push({ start: 4 * first, end: 4 * end });
        liveIn(block);
      }
    }
    if (segments.length === 0) segments.push({ start: at, end: at + 1 });
    intervals[register].segments = normalise(segments);
  }
  return { instructions, blockOf, range, intervals, calls };
}

/** Index of the first element that is not below `limit`. */
export function lowerBound(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sorted, with overlapping and adjacent segments joined. */
function normalise(segments: Segment[]): Segment[] {
  segments.sort((a, b) => a.start - b.start);
  const result: Segment[] = [];
  for (const { start, end } of segments) {
    const last = result[result.length - 1];
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
}

/** Index of the first segment that ends after `time`. */
function firstEndingAfter(segments: readonly Segment[], time: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle].end <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function overlap(a: readonly Segment[], b: readonly Segment[]): boolean {
  const [few, many] = a.length < b.length ? [a, b] : [b, a];
  return few.some(({ start, end }) => {
    const next = many[firstEndingAfter(many, start)];
    return next !== undefined && next.start < end;
  });
}

/** Adds segments that overlap none of `into`. */
function insertSegments(into: Segment[], added: readonly Segment[]): void {
  for (const { start, end } of added) {
    const at = firstEndingAfter(into, start);
    const [before, after] = [into[at - 1], into[at]];
    if (before?.end === start) {
      before.end = end;
      if (after?.start === end) {
        before.end = after.end;
        into.splice(at, 1);
      }
    } else if (after?.start === end) after.start = start;
    else into.splice(at, 0, { start, end });
  }
}

/**
 * Merges phis with their arguments where nothing forbids it, then operands with the results they are copied to. The latter only
 * for operands that live in one stretch, as intermediate results do: merging more would make intervals that fit nowhere.
 */
export function coalesce(f: MachineFunction, live: Liveness): void {
  const merged = new Map<Interval, Interval>();
  const find = (interval: Interval): Interval => {
    const next = merged.get(interval);
    if (!next) return interval;
    const found = find(next);
    merged.set(interval, found);
    return found;
  };
  const merge = (x: Interval, y: Interval): void => {
    if (x === y || overlap(x.segments, y.segments)) return;
    const [a, b] = x.segments.length < y.segments.length ? [y, x] : [x, y];
    insertSegments(a.segments, b.segments);
    for (const use of b.uses) a.uses.push(use);
    for (const def of b.defs) a.defs.push(def);
    merged.set(b, a);
  };
  const jumps = f.blocks.filter((b) => b.terminator.kind === 'jump' && b.terminator.moves.length > 0);
  jumps.sort((a, b) => b.frequency - a.frequency);
  for (const { terminator } of jumps) {
    if (terminator.kind !== 'jump') continue;
    for (const { source, to } of terminator.moves) {
      if (isUse(source)) merge(find(live.intervals[to.register]), find(live.intervals[source.register]));
    }
  }
  const crossesCall = ({ segments }: Interval): boolean => {
    const after = lowerBound(live.calls, (segments[0].start - 1) / 4);
    return after < live.calls.length && 4 * live.calls[after] + 1 < segments[segments.length - 1].end;
  };
  for (const { def, uses } of live.instructions) {
    const use = def && uses.find((candidate) => candidate.tied);
    if (!def || !use) continue;
    const a = find(live.intervals[def.register]);
    const b = find(live.intervals[use.register]);
    if (a.cls === b.cls && b.segments.length === 1 && crossesCall(a) === crossesCall(b)) merge(a, b);
  }
  for (let register = 0; register < live.intervals.length; register++) live.intervals[register] = find(live.intervals[register]);
}

/** Costs and hints, once intervals are what they will be. */
export function weigh(f: MachineFunction, live: Liveness): void {
  for (const interval of new Set(live.intervals)) {
    for (const { instruction, use } of interval.uses) {
      const { frequency } = live.blockOf[instruction];
      interval.cost += use.inRegister ? frequency : frequency / 2;
    }
    for (const { instruction } of interval.defs) interval.cost += live.blockOf[instruction].frequency;
  }
  const link = (a: Interval, b: Interval, weight: number) => {
    if (a === b || a.cls !== b.cls) return;
    a.hints.push({ with: b, weight });
    b.hints.push({ with: a, weight });
  };
  for (const { def, from } of f.parameters) {
    const interval = live.intervals[def.register];
    interval.moveWeight += 1;
    interval.cost += 1;
    if (typeof from === 'number') interval.hints.push({ with: from, weight: 1 });
  }
  live.instructions.forEach((instruction, i) => {
    const weight = live.blockOf[i].frequency;
    const { def } = instruction;
    if (def) {
      for (const use of instruction.uses) if (use.tied) link(live.intervals[use.register], live.intervals[def.register], weight);
      if (instruction.resultIn !== undefined) live.intervals[def.register].hints.push({ with: instruction.resultIn, weight });
    }
    for (const { source, to } of instruction.fixed) {
      if (isUse(source) && typeof to === 'number') live.intervals[source.register].hints.push({ with: to, weight });
    }
  });
  for (const block of f.blocks) {
    if (block.terminator.kind !== 'jump') continue;
    for (const { source, to } of block.terminator.moves) {
      const interval = live.intervals[to.register];
      if (isUse(source) && live.intervals[source.register] === interval) continue;
      interval.moveWeight += block.frequency;
      interval.cost += block.frequency;
      if (isUse(source)) link(interval, live.intervals[source.register], block.frequency);
    }
  }
}

/** What an instruction overwrites while reading its operands: its clobbers and the targets of its fixed moves. */
export function clobbersOf(instruction: MachineInstruction): number {
  let mask = instruction.clobbers | (instruction.isCall ? CALL_CLOBBERS : 0);
  for (const { to } of instruction.fixed) if (typeof to === 'number') mask |= bit(to);
  return mask;
}
