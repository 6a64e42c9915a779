// SPDX-License-Identifier: MIT
/**
 * @fileoverview Random blocks: 5 to 30 instructions with flags, registers and memory flowing between them, branches over some of them, and
 * all of it perhaps in a loop, run on hardware and here from the same state to the same end.
 *
 * A block is a list of units; a unit is what must stay together: an instruction, what its operands need before it (a pointer, a small
 * count), and behind it a comparison where the instruction leaves flags undefined that others may read. AF alone is followed through the
 * block instead, since half of all instructions leave it undefined and few read it.
 */
import type { Masks } from './allowances.ts';
import { differences, FLAG_BIT, masksFor } from './compare.ts';
import { caseOf, decodeCode, generate, type Recipe, type Shape, shapesOf } from './generate.ts';
import type { HostProcessor } from './hostProcessor.ts';
import { comparedEntries, fullTables } from './inventory.ts';
import type { Machine } from './machine.ts';
import { type Case, CODE, DATA, MAXIMUM_CODE, type Outcome, type Override, SELECTOR } from './programState.ts';
import { Random } from './random.ts';
import { formatRecipe } from './vectors.ts';

/** Control transfers are the block's own; the rest would end it, or is not compared exactly. */
const LEFT_OUT =
  /^(jmp|jcc|jrcxz|loop.*|call|ret|iret|int.*|bound|ud\d|popf|enter|leave|l[defgs]s|lss|lar|sysret|sysexit|f(sin|cos|sincos|ptan|patan|2xm1|yl2x|yl2xp1)|r(cp|sqrt)[ps]s|dpp[sd]|fnsave|fnstenv|frstor|fldenv|fldcw|fx(save|rstor).*|maskmov.*|wr[fg]sbase|arpl|xlat|ldmxcsr|ver[rw]|lsl)$/;
const READS_AF = /^(daa|das|aaa|aas|lahf|pushf)$/;
const COUNTER = DATA + 0x40;
const CONTROL = DATA + 0x50;

export interface Block {
  mode: 64 | 32;
  seed: number;
  units: Uint8Array[];
  /** Times round; 1: no loop. */
  rounds: number;
  /** Rounding and such for x87 and SSE, or undefined to start with whatever the state has. */
  control: { fcw: number; mxcsr: number } | undefined;
  entry: number;
}

const littleEndian = (value: number): number[] => [
  value & 0xff,
  (value >> 8) & 0xff,
  (value >> 16) & 0xff,
  (value >>> 24) & 0xff,
];
/** ModRM and SIB for an absolute address, `reg` in ModRM.reg. */
const absolute = (mode: 64 | 32, reg: number, address: number): number[] =>
  mode === 64 ? [(reg << 3) | 4, 0x25, ...littleEndian(address)] : [(reg << 3) | 5, ...littleEndian(address)];

let shapes: Record<64 | 32, Shape[]> | undefined;
function allShapes(mode: 64 | 32): Shape[] {
  if (!shapes) {
    const list = comparedEntries()
      .filter((e) => !LEFT_OUT.test(e.record.mnemonic) && e.record.privilege === undefined)
      .flatMap(shapesOf)
      .filter(
        (s) => !isSegmentMove(s) && !/^(in|out|ins|outs|cli|sti|invlpg|monitor|mwait|rdpmc)$/.test(s.entry.record.mnemonic),
      );
    shapes = { 64: list.filter((s) => s.mode === 64), 32: list.filter((s) => s.mode === 32) };
  }
  return shapes[mode];
}
/** Segment, control and debug registers; PUSH and POP of the former name them as constants. */
const isSegmentMove = (s: Shape): boolean =>
  s.entry.operands.some(
    (o) => 'SCD'.includes(o.letter) || (o.letter === 'constant' && /^(push|pop)$/.test(s.entry.record.mnemonic)),
  );

/** Somewhere in the data window, aligned three times out of four. */
const somewhere = (r: Random): number => DATA + 0xe00 + (r.one(4) ? r.below(0x3f0) : r.below(0x3f) * 16);

/** One instruction with its surroundings, or undefined if the dice made something of no use. */
function unit(mode: 64 | 32, r: Random): { bytes: number[]; af: 'defined' | 'undefined' | 'kept'; readsAf: boolean } | undefined {
  if (mode === 64 && r.one(24)) {
    // Code that changes itself: XOR byte [the immediate of the next instruction], imm8; ADD EAX, imm32.
    return { bytes: [0x80, 0x35, 1, 0, 0, 0, r.below(256), 0x05, ...littleEndian(r.u32())], af: 'defined', readsAf: false };
  }
  const shape = r.pick(allShapes(mode));
  const name = shape.entry.record.mnemonic;
  if (/^(div|idiv)$/.test(name) && !r.one(8)) return undefined;
  // Undefined by more than 16.
  if (/^sh[lr]d$/.test(name) && shape.operandSizePrefix) return undefined;
  const recipe = generate(shape, fullTables(), r);
  if (!recipe) return undefined;
  let code = [...recipe.code];
  const d = decodeCode(fullTables(), recipe.code, mode)!;
  if (d.address !== mode) return undefined;
  const before: number[] = [];
  const point = (register: number, to: number): void => {
    if (register >= 8) before.push(0x41);
    before.push(0xb8 | (register & 7), ...littleEndian(to));
  };
  // Writes to the stack pointer would be the last thing that happens.
  if (d.operands.some((o) => (o.k === 'r' || o.k === 'f') && o.slot >> 3 === 4)) return undefined;
  if (d.memory) {
    if (d.memory.segment > 3 || d.memory.base === 4 || d.memory.absolute !== undefined) return undefined;
    if (d.memory.index >= 0 || d.memory.base === 16) return undefined;
    if (d.memory.base >= 0) point(d.memory.base, somewhere(r) - d.memory.disp);
    else {
      const replaced = Buffer.from(code);
      const at = replaced.indexOf(Buffer.from(littleEndian(d.memory.disp)));
      code = [...code.slice(0, at), ...littleEndian(somewhere(r)), ...code.slice(at + 4)];
    }
  }
  if (/^(movs|cmps|scas|lods|stos)$/.test(name)) {
    if (d.override >= 4) return undefined;
    point(6, somewhere(r));
    point(7, somewhere(r));
    if (d.rep !== 'none') point(1, r.below(8));
  }
  const undefinedFlags = Object.keys(d.record.undefinedFlags ?? {});
  const others = undefinedFlags.some((f) => f !== 'AF');
  // CMP eAX, imm32 defines all flags.
  const after = others ? [0x3d, ...littleEndian(r.u32())] : [];
  const af = others ? 'defined' : undefinedFlags.includes('AF') ? 'undefined' : 'kept';
  return { bytes: [...before, ...code, ...after], af, readsAf: READS_AF.test(name) };
}

export function randomBlock(seed: number): Block {
  const r = new Random(seed);
  const mode = r.one(3) ? 32 : 64;
  const units: Uint8Array[] = [];
  const count = 5 + r.below(26);
  let size = 64;
  let afUndefined = false;
  while (units.length < count) {
    const made = unit(mode, r);
    if (!made) continue;
    const bytes = made.readsAf && afUndefined ? [0x3d, ...littleEndian(r.u32()), ...made.bytes] : made.bytes;
    if (made.readsAf && afUndefined) afUndefined = false;
    if (made.af === 'undefined') afUndefined = true;
    if (made.af === 'defined') afUndefined = false;
    size += bytes.length + 2;
    if (size > MAXIMUM_CODE) break;
    // A branch over the unit: it is part of it.
    const skip = bytes.length < 128 && r.one(5);
    if (skip) afUndefined ||= made.af === 'undefined';
    units.push(Uint8Array.from(skip ? [0x70 | r.below(16), bytes.length, ...bytes] : bytes));
  }
  const control = r.one(4)
    ? undefined
    : { fcw: 0x7f | (r.below(4) << 10) | (r.pick([0, 2, 3]) << 8), mxcsr: 0x1f80 | (r.below(4) << 13) };
  return { mode, seed: r.u32(), units, rounds: r.one(2) ? 1 : 2 + r.below(10), control, entry: CODE + 0xe00 + r.below(0x300) };
}

export function recipeOf(b: Block): Recipe {
  const { mode } = b;
  const code: number[] = [];
  const overrides: Override[] = [{ address: COUNTER, bytes: Uint8Array.from(littleEndian(b.rounds)) }];
  if (b.control) {
    overrides.push({
      address: CONTROL,
      bytes: Uint8Array.from([...littleEndian(b.control.fcw), ...littleEndian(b.control.mxcsr)]),
    });
    // FNCLEX, FLDCW, LDMXCSR.
    code.push(0xdb, 0xe2, 0xd9, ...absolute(mode, 5, CONTROL), 0x0f, 0xae, ...absolute(mode, 2, CONTROL + 4));
  }
  const top = code.length;
  for (const u of b.units) code.push(...u);
  // ADD dword [counter], -1 and JNZ: all flags are defined at the top.
  if (b.rounds > 1) {
    code.push(0x83, ...absolute(mode, 0, COUNTER), 0xff);
    code.push(0x0f, 0x85, ...littleEndian(top - (code.length + 6)));
  } else code.push(0x3d, 1, 2, 3, 4);
  const data = SELECTOR.data;
  const selectors = { cs: mode === 64 ? SELECTOR.code64 : SELECTOR.code32, ds: data, es: data, fs: 0, gs: 0, ss: data };
  return { mode, code: Uint8Array.from(code), seed: b.seed, registers: new Map(), overrides, selectors, rip: b.entry };
}

/** Where a block ended by a fault, what is allowed for the instruction that faulted. */
function masksOf(recipe: Recipe, c: Case, hardware: Outcome): Masks {
  const none: Masks = { flags: 0, faults: [] };
  if (hardware.vector === 3) return none;
  const at = Number(hardware.rip) - recipe.rip;
  const d =
    at >= 0 && at < recipe.code.length ? decodeCode(fullTables(), recipe.code.subarray(at, at + 15), recipe.mode) : undefined;
  if (!d) return none;
  const after: Case = { ...c, registers: hardware.registers };
  return { ...masksFor(d, after, hardware), flags: FLAG_BIT.AF };
}
function compare(b: Block, hardware: Outcome, machine: Machine): string[] {
  const recipe = recipeOf(b);
  const c = caseOf(recipe);
  if (hardware.vector === 255) return [];
  return differences(hardware, machine.run(c), masksOf(recipe, c, hardware), b.mode !== 64);
}
/** The shortest block that still differs. */
function shrink(b: Block, host: HostProcessor, machine: Machine): Block {
  let best = b;
  const fails = (candidate: Block): boolean => compare(candidate, host.run([caseOf(recipeOf(candidate))])[0], machine).length > 0;
  if (best.rounds > 1 && fails({ ...best, rounds: 1 })) best = { ...best, rounds: 1 };
  for (let i = best.units.length - 1; i >= 0; i--) {
    const candidate = { ...best, units: best.units.filter((_, n) => n !== i) };
    if (fails(candidate)) best = candidate;
  }
  return best;
}

export interface BlockReport {
  blocks: number;
  /** That ran to their end. */
  complete: number;
  differences: string[];
}
export function compareBlocks(host: HostProcessor, machine: Machine, seed: number, count: number): BlockReport {
  const blocks = Array.from({ length: count }, (_, i) => randomBlock(seed + i));
  const outcomes = host.run(blocks.map((b) => caseOf(recipeOf(b))));
  const report: BlockReport = { blocks: count, complete: 0, differences: [] };
  blocks.forEach((b, i) => {
    if (outcomes[i].vector === 3) report.complete++;
    if (compare(b, outcomes[i], machine).length === 0) return;
    const small = shrink(b, host, machine);
    const lines = compare(small, host.run([caseOf(recipeOf(small))])[0], machine);
    const units = small.units.map((u) => Buffer.from(u).toString('hex')).join(' | ');
    report.differences.push(`block ${seed + i}: ${formatRecipe(recipeOf(small))}\n    ${units}\n    ${lines.join('\n    ')}`);
  });
  return report;
}
