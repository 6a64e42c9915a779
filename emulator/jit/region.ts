// SPDX-License-Identifier: MIT
/**
 * @fileoverview One region as one wasm function: blocks laid out by `structure`, their instructions by `RegionEmitter`.
 *
 * The function takes the budget and the head that it was entered through. It makes sure at its beginning and on every edge backwards that the
 * budget lasts for all of its instructions once, charges it block by block, and leaves where it does not. Type and protocol:
 * REGION_PARAMETERS in `interp/handlers.ts`.
 */
import type { Decoded } from '../decode/decode.ts';
import { execute } from '../interp/forms.ts';
import { Builder, bitElement, type Environment } from '../ir/builder.ts';
import { GPR, HEAD, LEAVE, SEG, SEGMENT, segmentSlot } from '../ir/state.ts';
import { bits, type Operand, type SegmentRef, type Type, type Value } from '../ir/value.ts';
import type { Code, WasmFunction } from '../wasm/module.ts';
import { type Block, type Discovery, discover, type Instruction, MAXIMUM_REGION } from './discover.ts';
import type { Translation } from './emitter/memory.ts';
import type { RegionPlace } from './emitter/registers.ts';
import { type Liveness, liveness, neededBefore, observableBefore } from './liveness.ts';
import { PAGE, pageOf, type RegionCode, samePage } from './pages.ts';
import { RegionEmitter } from './regionEmitter.ts';
import { type Structure, structure } from './structure.ts';
import { hasShortcut, isBulk } from './summary.ts';
import { type Unrolled, unroll } from './unroll.ts';

export interface RegionFunctions {
  /** (budget): goes on at RIP, in compiled code if there is some. */
  dispatch: number;
  /** The same after a change of translation block. */
  dispatchFar: () => number;
  /** (budget, helper, record): calls a helper at the end of its instruction, which RECORD stands for. */
  help: () => number;
  /** (budget, LEAVE): has the instruction at RIP interpreted. */
  interpret: number;
  /** Type of regions. */
  type: number;
}
/** Bytes of a page that a block was made from, the last included. */
export interface BlockPlace {
  page: number;
  from: number;
  to: number;
}
export interface Region {
  /** Offsets where it is entered, by entry number; in its first page only if it is entered from elsewhere. */
  entries: number[];
  instructions: number;
  blocks: BlockPlace[];
  function: WasmFunction;
}

/** Undefined where the first instruction cannot be compiled. */
export function compileRegion(
  code: RegionCode,
  entry: number,
  place: RegionPlace,
  functions: RegionFunctions,
): Region | undefined {
  const found = discover(code, entry);
  if (!found) return undefined;
  const { blocks, instructions } = found;
  const compiler = new RegionCompiler(code, found, place);
  const body = compiler.compile(functions);
  return {
    entries: compiler.shape.entries.map((i) => compiler.blocks[i].offset),
    instructions,
    blocks: blocks.map((b) => {
      const { page } = code.at(b.offset)!;
      return { page, from: inPage(b.offset), to: inPage(lastOf(b).next - 1) };
    }),
    function: { type: functions.type, locals: compiler.emitter.locals, code: body },
  };
}

/** Bytes of the table of entries of a region with computed jumps, and what a byte can number. */
export const ENTRY_TABLE = 4096;
const MOST_ENTRIES = 255;

/** Places to which a computed jump is compared: entries in other pages, and those behind calls that lead to a return. */
const MOST_COMPARED = 4;

const inPage = (offset: number): number => offset & (PAGE - 1);
const lastOf = (b: Block): Instruction => b.instructions[b.instructions.length - 1];

/** Ends in a near return. */
const isReturn = (b: Block): boolean => {
  const { d, summary } = lastOf(b);
  return b.end === 'branches' && b.target === undefined && d.record.mnemonic === 'ret' && !summary.switches && !summary.helps;
};
const leavesFar = ({ summary }: Instruction): boolean => summary.switches || summary.helps;

class RegionCompiler {
  readonly emitter: RegionEmitter;
  readonly shape: Structure;
  private readonly code: RegionCode;
  readonly blocks: readonly Block[];
  /** Of all blocks, copies included: no way through the region without an edge backwards is longer. */
  private readonly instructions: number;
  private readonly indexOf: Map<number, number>;
  /** Where branches lead within unrolled loops. */
  private readonly leads: Unrolled['leads'];
  private readonly live: Liveness;
  private readonly loops: number[] = [];
  private readonly labels: number[] = [];
  /** By block, once it has been emitted: what its accesses have found. */
  private readonly found: ReadonlyMap<string, Translation>[] = [];
  private readonly successors: readonly (readonly number[])[];
  private readonly root: number;

  /** Takes computed jumps to its own entries. */
  private readonly returnsToRoot: boolean;
  /** Where calls come back to. */
  private readonly returns: ReadonlySet<number>;
  /** By block that ends in a return: those behind calls that lead to it. */
  private readonly comesFrom: ReadonlyMap<number, number[]>;
  /** By page, if it has several: for each offset, one more than the number of the entry there, or 0. */
  private readonly entryTables = new Map<number, number>();

  constructor(code: RegionCode, { blocks: found, entries, comesBack, instructions }: Discovery, place: RegionPlace) {
    this.code = code;
    this.emitter = new RegionEmitter(place);
    this.indexOf = new Map(found.map((b, i) => [b.offset, i]));
    this.leads = new Map();
    const once = found.map((b) => this.successorsOf(b));
    const room = MAXIMUM_REGION - instructions;
    const { blocks, leads } = unroll(
      found,
      once,
      entries.map((offset) => this.indexOf.get(offset)!),
      room,
    );
    this.leads = leads;
    this.blocks = blocks;
    this.instructions = blocks.reduce((n, b) => n + b.instructions.length, 0);
    this.root = blocks.length;
    this.returns = new Set(blocks.map(lastOf).flatMap(({ summary, next }) => (summary.calls ? [next] : [])));
    const successors = blocks.map((b) => this.successorsOf(b));
    this.comesFrom = this.predictReturns(successors);
    for (const [i, list] of this.comesFrom) successors[i].push(...list);
    this.successors = successors;
    const computed = blocks.map((b) => b.end === 'branches' && b.target === undefined && !leavesFar(lastOf(b)));
    const returnsToRoot = comesBack && computed.includes(true);
    this.returnsToRoot = returnsToRoot;
    this.shape = structure({ successors, entries: entries.map((offset) => this.indexOf.get(offset)!), returnsToRoot });
    this.emitter.through = place.kernel && !blocks.some((_, i) => this.shape.isLoop[i]);
    if (returnsToRoot) this.makeTables(computed);
    const { order, viaRoot } = this.shape;
    // Loops are left where the budget is used up, and pages where something else is mapped.
    const mayLeave = (b: number, to: number): boolean =>
      viaRoot(b, to) || order[to] <= order[b] || !samePage(blocks[b].offset, blocks[to].offset);
    const exits = blocks.map((b, i) => this.leaves(b) || successors[i].some((s) => mayLeave(i, s)));
    const reached = successors.map((list, i) => (returnsToRoot && computed[i] ? [...list, ...this.shape.entries] : list));
    this.live = liveness(blocks, reached, exits);
  }
  /** Which returns each call of the region leads to: they come back to it first of all, without a detour by the root. */
  private predictReturns(successors: readonly (readonly number[])[]): Map<number, number[]> {
    const { blocks } = this;
    const found = new Map<number, number[]>();
    for (const call of blocks) {
      const { summary, next } = lastOf(call);
      const back = this.indexOf.get(next);
      const callee = call.end === 'branches' && call.target !== undefined ? this.blockAt(call, call.target) : undefined;
      if (!summary.calls || back === undefined || callee === undefined || this.code.runAt(next) === 0) continue;
      const seen = new Set([callee]);
      for (const i of seen) {
        const last = lastOf(blocks[i]);
        if (isReturn(blocks[i])) found.set(i, [...(found.get(i) ?? []), back]);
        const behind = last.summary.calls ? [this.indexOf.get(last.next)] : successors[i];
        for (const to of behind) if (to !== undefined) seen.add(to);
      }
    }
    for (const [i, list] of found) if (list.length > MOST_COMPARED) found.delete(i);
    return found;
  }
  /** Tables of entries for pages in which some blocks jump to computed addresses. */
  private makeTables(computed: readonly boolean[]): void {
    const { blocks } = this;
    const { runs } = this.code;
    for (const page of new Set(blocks.filter((_, i) => computed[i]).map((b) => pageOf(b.offset)))) {
      const entries = this.entriesIn(page).filter(({ number }) => number < MOST_ENTRIES);
      if (entries.length < 2) continue;
      const table = runs.spare(ENTRY_TABLE);
      for (const { number, offset } of entries) runs.setSpare(table + inPage(offset), number + 1);
      this.entryTables.set(page, table);
    }
  }
  /** Entries in a page: their numbers and offsets. */
  private entriesIn(page: number): { number: number; offset: number }[] {
    const all = this.shape.entries.map((block, number) => ({ number, offset: this.blocks[block].offset }));
    return all.filter(({ offset }) => pageOf(offset) === page);
  }
  /** The block that a branch or the end of a block leads to. */
  private blockAt(from: Block, offset: number): number | undefined {
    const lead = this.leads.get(from)?.get(offset);
    if (lead !== undefined) return lead;
    const to = this.indexOf.get(offset);
    return to !== undefined && (samePage(from.offset, offset) || this.code.runAt(offset) !== 0) ? to : undefined;
  }
  private successorsOf(b: Block): number[] {
    const all: number[] = [];
    for (const offset of [b.end === 'branches' ? b.target : undefined, b.end === 'interpret' ? undefined : b.next]) {
      const i = offset === undefined ? undefined : this.blockAt(b, offset);
      if (i !== undefined && !all.includes(i)) all.push(i);
    }
    return all;
  }

  /** Whether control may leave the region behind the block. */
  private leaves(b: Block): boolean {
    if (b.end === 'interpret') return true;
    if (b.next !== undefined && this.blockAt(b, b.next) === undefined) return true;
    return b.end === 'branches' && (b.target === undefined || this.blockAt(b, b.target) === undefined);
  }

  compile(functions: RegionFunctions): Code {
    const e = this.emitter;
    e.exitLabel = e.openBlock();
    e.checkEntry(this.instructions, this.code.mode.code === 16);
    this.tree(this.root);
    e.close();
    e.finish(functions, { region: HEAD.region, compiled: this.code.runs.compiledHandler });
    const body = e.code;
    const whole = e.prologue(this.shape.entries.length > 1);
    whole.append(body.bytes.subarray(0, body.length));
    return whole;
  }

  // Layout.

  private tree(node: number): void {
    const e = this.emitter;
    if (!this.shape.isLoop[node]) {
      this.within(node, this.shape.merges[node].length - 1);
      return;
    }
    this.loops[node] = e.openLoop();
    this.within(node, this.shape.merges[node].length - 1);
    e.close();
  }
  /** `node` inside wasm blocks in front of its merges number 0 to `last`. */
  private within(node: number, last: number): void {
    const e = this.emitter;
    if (last < 0) {
      if (node === this.root) this.enter();
      else this.block(node);
      return;
    }
    const merge = this.shape.merges[node][last];
    this.labels[merge] = e.openBlock();
    this.within(node, last - 1);
    e.close();
    this.tree(merge);
  }
  private enter(): void {
    const e = this.emitter;
    const { entries } = this.shape;
    if (entries.length === 1) {
      this.goto(this.root, entries[0]);
      return;
    }
    e.code.get(e.entry).brTable(
      entries.map((i) => e.depth(this.labels[i])),
      e.depth(this.labels[entries[0]]),
    );
  }
  private goto(from: number, to: number): void {
    const e = this.emitter;
    const { order } = this.shape;
    if (this.shape.viaRoot(from, to)) {
      e.checkBudget(this.instructions, this.blocks[to].offset);
      e.code.i32(this.shape.entries.indexOf(to)).set(e.entry);
      e.br(this.loops[this.root]);
    } else if (order[to] <= order[from]) {
      e.checkBudget(this.instructions, this.blocks[to].offset);
      e.br(this.loops[to]);
    } else if (this.labels[to] !== undefined) e.br(this.labels[to]);
    else this.tree(to);
  }
  /** To a page offset, in this region or outside. */
  private gotoOffset(from: number, offset: number): void {
    const e = this.emitter;
    const block = this.blocks[from];
    const { code } = this;
    const to = this.blockAt(block, offset);
    if (to !== undefined) {
      if (!samePage(block.offset, offset)) e.checkPage(offset, code.runAt(offset));
      this.goto(from, to);
      return;
    }
    const head = samePage(block.offset, offset) ? code.runAt(offset) : 0;
    if (head && code.runs.isHead(head)) e.exitToRun(head, pageOf(offset));
    else e.exitToOffset(offset);
  }

  /** To the address in a local: an entry of this region, or outside. */
  private gotoComputed(from: number, local: number): void {
    const e = this.emitter;
    const page = pageOf(this.blocks[from].offset);
    for (const to of this.comesFrom.get(from) ?? []) {
      const { offset } = this.blocks[to];
      e.comparedTo(local, offset, samePage(offset, page) ? 0 : this.code.runAt(offset));
      e.inside(() => this.goto(from, to));
      e.close();
    }
    if (this.returnsToRoot) {
      const only = this.shape.entries.length === 1;
      const again = (): void => {
        e.br(this.loops[this.root]);
        e.close();
      };
      const table = this.entryTables.get(page);
      const compared = this.shape.entries.map((block, number) => ({ number, offset: this.blocks[block].offset }));
      if (table !== undefined) {
        e.dispatchInside(local, page, table, this.instructions);
        again();
      } else
        for (const { number, offset } of this.entriesIn(page)) {
          e.returnToEntry(local, offset, this.instructions, only ? -1 : number, 0);
          again();
        }
      const outside = compared.filter(({ offset }) => pageOf(offset) !== page && this.returns.has(offset));
      for (const { number, offset } of outside.slice(0, MOST_COMPARED)) {
        e.returnToEntry(local, offset, this.instructions, only ? -1 : number, this.code.runAt(offset));
        again();
      }
    }
    e.exitToLocal(local);
  }

  // Blocks.

  /** Within an unrolled loop: what was found in the block that alone leads to another. */
  private foundBefore(index: number): ReadonlyMap<string, Translation> | undefined {
    const [before, ...others] = this.successors.flatMap((list, i) => (list.includes(index) ? [i] : []));
    const alone = before !== undefined && others.length === 0 && !this.shape.entries.includes(index);
    return alone && this.leads.has(this.blocks[before]) ? this.found[before] : undefined;
  }
  private block(index: number): void {
    const e = this.emitter;
    const b = this.blocks[index];
    const list = b.instructions;
    e.beginBlock();
    if (this.leads.has(b)) e.keepNearby(this.foundBefore(index));
    e.charge(list.length);
    const needed: number[] = [];
    const observable: number[] = [];
    let n = this.live.neededOut[index];
    let o = this.live.observableOut[index];
    for (let k = list.length - 1; k >= 0; k--) {
      needed[k] = n;
      observable[k] = o;
      n = neededBefore(n, o, list[k].summary);
      o = observableBefore(o, list[k].summary);
    }
    let taken: { when?: Value; to: Value } | undefined;
    list.forEach((instruction, k) => {
      e.offset = instruction.offset;
      e.next = instruction.next;
      e.undone = list.length - k;
      taken = this.instruction(instruction, needed[k], observable[k], b.target === undefined);
    });
    e.offset = lastOf(b).next;
    e.undone = 0;
    this.found[index] = e.found;
    this.leaveBlock(index, b, taken);
  }
  private leaveBlock(index: number, b: Block, taken: { when?: Value; to: Value } | undefined): void {
    const e = this.emitter;
    if (b.end === 'interpret') {
      e.leave(LEAVE.uncompiled);
      return;
    }
    if (this.live.neededOut[index]) e.packFlags();
    else e.keepFlags();
    if (lastOf(b).summary.helps) {
      e.help();
      return;
    }
    // A branch to what follows anyway is none: two ways to one block would need it to stand behind a wasm block.
    if (b.end === 'falls' || !taken || (taken.when && b.target === b.next)) {
      this.gotoOffset(index, lastOf(b).next);
      return;
    }
    const go = (to: Value): void => {
      if (lastOf(b).summary.switches) e.exitFar(e.pinned(to));
      else if (b.target !== undefined) this.gotoOffset(index, b.target);
      else this.gotoComputed(index, e.pinned(to));
    };
    if (!taken.when) {
      go(taken.to);
      return;
    }
    e.emit(taken.when);
    e.openIf();
    e.inside(() => go(taken!.to));
    e.close();
    this.gotoOffset(index, lastOf(b).next);
  }

  /** Emits one; returns where it jumps, with everything that the jump depends on evaluated. */
  private instruction(
    instruction: Instruction,
    needed: number,
    observable: number,
    computed: boolean,
  ): { when?: Value; to: Value } | undefined {
    const e = this.emitter;
    const { d, variant } = instruction;
    const { mode } = this.code;
    const { form } = variant;
    e.sourceSegment = sourceSegment(d, mode.code === 64);
    const target = d.operands.find((o) => o.k === 'j');
    if (target?.k === 'j') e.target = instruction.next + target.rel;
    if (isBulk(form)) {
      e.bulk(form.size / 8, form.record.bulk === 'copy', this.instructions);
      return undefined;
    }
    const env: Environment = { code: mode.code, stack: mode.stack, address: d.address };
    const flat = !e.place.flat ? UNSEGMENTED : FLAT_SLOTS.has(e.sourceSegment) ? FLAT_WITH_SOURCE : FLAT;
    const ir = new Builder(d.size, env, e.flags, flat);
    if (hasShortcut(form)) form.record.shortcut!(ir, ...this.operands(ir, instruction));
    else execute(form, ir, this.operands(ir, instruction));
    const conditional = ir.flagsWhen !== undefined;
    const { writes } = instruction.summary;
    const wanted = ((needed | observable) & writes) !== 0;
    const late = wanted && conditional && (needed & writes) === 0 ? ir.lateFlags : undefined;
    const list = ir.finish(wanted && conditional && !late);
    const jump = list.find((x) => x.k === 'jump');
    const sets = list.filter((x) => x.k === 'set');
    const control = list.find((x) => x.k === 'control');
    e.effects(list.filter((x) => x.k !== 'set' && x.k !== 'jump' && x.k !== 'control'));
    if (control?.k === 'control' && control.unless) e.requireNoHelper(control.unless);
    const flags = wanted && !conditional ? ir.flagsOut() : undefined;
    if (flags) e.pinFlags(ir.defs);
    if (jump?.k === 'jump') {
      if (jump.when) e.pin(jump.when);
      if (computed) e.pin(jump.to);
    }
    const far = control?.k === 'control' ? control.to : undefined;
    if (far) e.pin(far);
    const helper = instruction.summary.helps && control?.k === 'control' ? control : undefined;
    for (const argument of helper?.args ?? []) e.pin(argument);
    if (late) e.keepLate(late, ir.flagsWhen!);
    if (sets.length > 1) for (const s of sets) if (s.k === 'set') e.pin(s.value);
    e.effects(sets);
    if (flags) e.flags = flags;
    else if (wanted && !late) e.packed();
    if (far) return { to: far };
    if (helper) e.prepareHelp(helper, this.code.runs.recordOf(d, inPage(instruction.offset), mode));
    return jump?.k === 'jump' ? { when: jump.when, to: jump.to } : undefined;
  }

  private operands(ir: Builder, instruction: Instruction): Operand[] {
    const { d } = instruction;
    const address = d.memory && instruction.variant.usesAddress ? this.address(ir, instruction) : undefined;
    return d.operands.map((o): Operand => {
      switch (o.k) {
        case 'r':
        case 'f':
          return { kind: 'reg', type: o.type, reg: { slot: o.slot } };
        case 'i':
          return { kind: 'imm', type: o.type, value: ir.const(o.value, o.type) };
        case 'c':
          return { kind: 'imm', type: 'i8', value: ir.const(o.value, 'i8') };
        case 'j':
          return { kind: 'imm', type: 'i64', value: ir.leaf('target', 'i64') };
        default:
          return { kind: 'mem', type: o.type, addr: address ?? ir.const(0, 'i64') };
      }
    });
  }
  /** The linear address of the memory operand, checked where segments are. */
  private address(ir: Builder, { d, variant, next }: Instruction): Value {
    const m = d.memory!;
    const long = this.code.mode.code === 64;
    let offset: Value;
    if (m.absolute !== undefined) offset = ir.const(m.absolute, 'i64');
    else {
      const register = (n: number): Value => ir.slot(GPR(n), 'i64');
      const disp = BigInt(m.disp) + BigInt(d.record.popsFirst && m.base === 4 ? d.size / 8 : 0);
      if (m.base === 16) offset = this.emitter.pageAddress(ir, Number(disp) + next);
      else {
        offset = m.base >= 0 ? register(m.base) : ir.const(0, 'i64');
        if (m.index >= 0) offset = ir.add(offset, ir.shl(register(m.index), ir.const(m.scale, 'i64')));
        offset = ir.add(offset, ir.const(disp, 'i64'));
      }
      if (d.record.bitString && long && d.address === 32) {
        const element = d.operands[1];
        if (element.k === 'r') offset = ir.add(offset, bitElement(ir, ir.slot(element.slot, element.type)));
      }
      offset = ir.wrap(offset, d.address);
    }
    if (long) {
      if (m.segment < SEGMENT.fs || m.segment === SEGMENT.flat) return offset;
      return ir.add(ir.slot(segmentSlot(m.segment) + SEG.base, 'i64'), offset);
    }
    return ir.segmented(m.segment, offset, accessBytes(d), variant.writes);
  }
}

/** What a region may take for flat: always what no segment applies to, as LEA's operand; 'record' is the segment of string sources. */
const UNSEGMENTED: ReadonlySet<SegmentRef> = new Set([SEGMENT.flat]);
const FLAT: ReadonlySet<SegmentRef> = new Set([...UNSEGMENTED, SEGMENT.es, SEGMENT.cs, SEGMENT.ss, SEGMENT.ds]);
const FLAT_WITH_SOURCE: ReadonlySet<SegmentRef> = new Set([...FLAT, 'record' as const]);
const FLAT_SLOTS: ReadonlySet<number> = new Set([SEGMENT.es, SEGMENT.ss, SEGMENT.ds].map(segmentSlot));
/** Size of a memory operand as its segment checks it. */
function accessBytes(d: Decoded): number {
  const type: Type = d.operands.find((o) => o.k === 'm')?.type ?? 'i8';
  const far = d.entry.operands.some((o) => o.letter === 'M' && o.width === 'p');
  return d.record.memory?.bytes?.(d.size) ?? (far ? d.size / 8 + 2 : bits(type) / 8);
}
/** State offset of the segment of string sources. */
function sourceSegment(d: Decoded, long: boolean): number {
  const seg = long ? (d.override >= SEGMENT.fs ? d.override : SEGMENT.flat) : d.override >= 0 ? d.override : SEGMENT.ds;
  return segmentSlot(seg);
}
