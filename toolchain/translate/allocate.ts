// SPDX-License-Identifier: MIT
/**
 * @fileoverview Register allocation: intervals get physical registers, in order of what a register saves them per unit of time.
 *
 * An interval may take any register that is free throughout. Among those it chooses by cost: a register that calls overwrite costs
 * a store per definition and a reload after each call it lives across (values do not change, so one copy in memory stays
 * good); a callee-saved one costs a push and a pop the first time the function uses it; moves that a common place makes
 * vanish are subtracted. If memory is cheaper, or nothing is free, it is spilled: it lives in a slot, and each instruction that
 * needs it in a register gets a tiny interval of its own, which may evict others.
 */
import {
  analyse,
  clobbersOf,
  coalesce,
  type Interval,
  type Liveness,
  lowerBound,
  newInterval,
  type Segment,
  weigh,
} from './liveness.ts';
import { bit, CALL_CLOBBERS, CALLEE_SAVED, GPR_ORDER, type MachineFunction, XMM_ORDER } from './machine.ts';
import { Occupancy } from './occupancy.ts';

/** A transfer between a register and a slot. */
export interface Transfer {
  readonly register: number;
  readonly slot: number;
}

export interface Allocation {
  readonly live: Liveness;
  /** Place of each virtual register (those made for spilled operands included). */
  intervalOf(register: number): Interval;
  /** By instruction: loads before it, stores of its result, and reloads after a call. */
  readonly reloads: Map<number, Transfer[]>;
  readonly stores: Map<number, Transfer[]>;
  readonly restores: Map<number, Transfer[]>;
  readonly slots: number;
  readonly calleeSaved: number[];
}

export function allocate(f: MachineFunction, allocatable: { readonly r15: boolean }): Allocation {
  const live = analyse(f);
  coalesce(f, live);
  weigh(f, live);
  return new Allocator(f, live, allocatable.r15).run();
}

class Allocator implements Allocation {
  readonly reloads = new Map<number, Transfer[]>();
  readonly stores = new Map<number, Transfer[]>();
  readonly restores = new Map<number, Transfer[]>();
  readonly calleeSaved: number[] = [];
  slots = 0;
  private readonly intervals: Interval[];
  private readonly occupancy: Occupancy[] = Array.from({ length: 32 }, () => new Occupancy());
  private readonly slotOccupancy: Occupancy[] = [];
  private readonly gprs: readonly number[];
  private readonly queue: Interval[] = [];
  private readonly entryFrequency: number;

  constructor(
    f: MachineFunction,
    readonly live: Liveness,
    r15: boolean,
  ) {
    this.intervals = live.intervals;
    this.gprs = r15 ? [...GPR_ORDER, 15] : GPR_ORDER;
    this.entryFrequency = f.blocks[0].frequency;
  }

  intervalOf(register: number): Interval {
    return this.intervals[register];
  }

  run(): this {
    this.reserveFixed();
    const all = [...new Set(this.intervals)].filter((interval) => interval.segments.length > 0);
    const density = new Map(all.map((interval) => [interval, interval.cost / (lengthOf(interval.segments) + 2)]));
    all.sort((a, b) => density.get(a)! - density.get(b)!);
    this.queue.push(...all);
    for (let next = this.queue.pop(); next; next = this.queue.pop()) this.place(next);
    this.saveAroundCalls();
    return this;
  }

  /** Registers that instructions other than calls overwrite or need for their operands. */
  private reserveFixed(): void {
    this.live.instructions.forEach((instruction, i) => {
      if (instruction.isCall) return;
      const early = clobbersOf(instruction);
      const { lateClobbers } = instruction;
      for (const r of CALLEE_SAVED) {
        if ((early | lateClobbers) & bit(r) && !this.calleeSaved.includes(r)) this.calleeSaved.push(r);
      }
      for (let r = 0; r < 32; r++) {
        if (lateClobbers & bit(r)) this.occupancy[r].take([{ start: 4 * i + 1, end: 4 * i + 3 }], undefined);
        else if (early & bit(r)) this.occupancy[r].take([{ start: 4 * i + 1, end: 4 * i + 2 }], undefined);
      }
    });
  }

  private place(interval: Interval): void {
    const candidates = interval.cls === 'gpr' ? this.gprs : XMM_ORDER;
    const crossed = this.callsCrossed(interval.segments);
    const saving = crossed.reduce((sum, i) => sum + this.live.blockOf[i].frequency, 0) + this.definitionWeight(interval);
    let best: number | undefined;
    let bestCost = interval.isTiny ? Number.POSITIVE_INFINITY : interval.cost;
    for (const r of candidates) {
      const saved = crossed.length > 0 && (CALL_CLOBBERS & bit(r)) !== 0;
      // On a tie a push and a pop are better than a slot: they need no frame.
      let cost = saved ? saving + this.entryFrequency / 2 : 0;
      if (CALLEE_SAVED.includes(r) && !this.calleeSaved.includes(r)) cost += 2 * this.entryFrequency;
      cost -= this.hintWeight(interval, r);
      if (cost < bestCost && this.occupancy[r].isFree(interval.segments)) {
        best = r;
        bestCost = cost;
      }
    }
    if (best !== undefined) this.assign(interval, best);
    else if (interval.isTiny) this.evict(interval, candidates);
    else this.spill(interval);
  }

  private assign(interval: Interval, r: number): void {
    interval.register = r;
    this.occupancy[r].take(interval.segments, interval);
    if (CALLEE_SAVED.includes(r) && !this.calleeSaved.includes(r)) this.calleeSaved.push(r);
  }

  private hintWeight(interval: Interval, r: number): number {
    let weight = 0;
    for (const hint of interval.hints) {
      if ((typeof hint.with === 'number' ? hint.with : hint.with.register) === r) weight += hint.weight;
    }
    return weight;
  }

  /** Instructions of calls during which the interval is live. */
  private callsCrossed(segments: readonly Segment[]): number[] {
    const { calls } = this.live;
    const crossed: number[] = [];
    for (const { start, end } of segments) {
      // Live into the step in which operands are read and registers overwritten.
      for (let i = lowerBound(calls, (start - 1) / 4); i < calls.length && 4 * calls[i] + 1 < end; i++) crossed.push(calls[i]);
    }
    return crossed;
  }

  private definitionWeight(interval: Interval): number {
    return interval.defs.reduce((sum, { instruction }) => sum + this.live.blockOf[instruction].frequency, interval.moveWeight);
  }

  /** Makes room for an operand that must be in a register, at the least cost. */
  private evict(interval: Interval, candidates: readonly number[]): void {
    let best: number | undefined;
    let bestCost = Number.POSITIVE_INFINITY;
    for (const r of candidates) {
      let cost = 0;
      for (const owner of this.occupancy[r].conflicts(interval.segments)) {
        cost += !owner || owner.isTiny ? Number.POSITIVE_INFINITY : owner.cost;
      }
      if (cost < bestCost) {
        best = r;
        bestCost = cost;
      }
    }
    if (best === undefined) throw new Error('no register can be freed for an operand');
    for (const owner of this.occupancy[best].conflicts(interval.segments)) {
      this.occupancy[best].release(owner!);
      owner!.register = undefined;
      this.queue.unshift(owner!);
    }
    this.assign(interval, best);
  }

  private slotFor(interval: Interval): number {
    if (interval.slot === undefined) {
      let slot = this.slotOccupancy.findIndex((occupancy) => occupancy.isFree(interval.segments));
      if (slot < 0) {
        slot = this.slotOccupancy.push(new Occupancy()) - 1;
        this.slots = this.slotOccupancy.length;
      }
      this.slotOccupancy[slot].take(interval.segments, interval);
      interval.slot = slot;
    }
    return interval.slot;
  }

  private spill(interval: Interval): void {
    const slot = this.slotFor(interval);
    interval.register = undefined;
    const byInstruction = new Map<number, number>();
    for (const { instruction, use } of interval.uses) {
      if (!use.inRegister) continue;
      let register = byInstruction.get(instruction);
      const end = 4 * instruction + (use.late ? 3 : 2);
      if (register === undefined) {
        register = this.tiny(interval.cls, 4 * instruction, end);
        byInstruction.set(instruction, register);
        addTo(this.reloads, instruction, { register, slot });
      } else {
        const [segment] = this.intervals[register].segments;
        segment.end = Math.max(segment.end, end);
      }
      use.register = register;
    }
    for (const { instruction, def } of interval.defs) {
      const register = this.tiny(interval.cls, 4 * instruction + 2, 4 * instruction + 4);
      def.register = register;
      addTo(this.stores, instruction, { register, slot });
      const { resultIn } = this.live.instructions[instruction];
      if (resultIn !== undefined) this.intervals[register].hints.push({ with: resultIn, weight: 1 });
    }
  }

  private tiny(cls: Interval['cls'], start: number, end: number): number {
    const interval = newInterval(cls, true);
    interval.segments = [{ start, end }];
    this.queue.push(interval);
    return this.intervals.push(interval) - 1;
  }

  /** Stores at definitions and reloads after calls for what stays in a register that calls overwrite. */
  private saveAroundCalls(): void {
    for (const interval of new Set(this.intervals)) {
      if (interval.register === undefined || !(CALL_CLOBBERS & bit(interval.register))) continue;
      const crossed = this.callsCrossed(interval.segments);
      if (crossed.length === 0) continue;
      const slot = this.slotFor(interval);
      for (const { instruction, def } of interval.defs) addTo(this.stores, instruction, { register: def.register, slot });
      const register = this.intervals.push(interval) - 1;
      const reads = interval.uses.map((use) => use.instruction).sort((a, b) => a - b);
      crossed.forEach((call, i) => {
        const next = crossed[i + 1];
        const read = reads[lowerBound(reads, call + 1)];
        const isReadBefore = read !== undefined && (next === undefined || read <= next);
        const sameBlock = next !== undefined && this.live.blockOf[next] === this.live.blockOf[call] && next > call;
        if (!isReadBefore && sameBlock) return;
        addTo(this.restores, call, { register, slot });
      });
    }
  }
}

const lengthOf = (segments: readonly Segment[]): number => segments.reduce((sum, { start, end }) => sum + end - start, 0);

function addTo(map: Map<number, Transfer[]>, key: number, transfer: Transfer): void {
  const existing = map.get(key);
  if (existing) existing.push(transfer);
  else map.set(key, [transfer]);
}
