// SPDX-License-Identifier: MIT
/**
 * @fileoverview Instructions made from the records' own encodings, with states in which they do something: operands of every kind and
 * size, prefixes, addressing modes, memory operands aligned, unaligned, across pages, at the end of memory, read-only and absent.
 *
 * An instruction is put together from an entry of the decoder's tables and taken only if the decoder finds that entry in it again; what
 * the bytes mean is then asked of the decoder, so that registers can be set to make addresses meet memory. The processor that
 * judges sees bytes alone.
 */
import { type Decoded, decode } from '../../../emulator/decode/decode.ts';
import type { Entry } from '../../../emulator/decode/notation.ts';
import type { Tables } from '../../../emulator/decode/tables.ts';
import { SEGMENT } from '../../../emulator/ir/state.ts';
import { AREA_SIZE, type Case, CODE, DATA, HIGH, type Override, READ_ONLY, SELECTOR, type Selectors } from './programState.ts';
import { EDGES, f32, f64, f80, integer, type Random, stateFromSeed } from './random.ts';

export type CodeSize = 16 | 32 | 64;

/** A case in the terms it is recorded in. */
export interface Recipe {
  mode: CodeSize;
  code: Uint8Array;
  /** Of the state (`stateFromSeed`). */
  seed: number;
  /** Registers that differ from the seed's. */
  registers: ReadonlyMap<number, bigint>;
  overrides: readonly Override[];
  selectors: Selectors;
  rip: number;
}
export function caseOf(recipe: Recipe): Case {
  const s = stateFromSeed(recipe.seed, recipe.mode === 64);
  for (const [n, value] of recipe.registers) s.registers[n] = value;
  const { code, selectors, rip, overrides } = recipe;
  return { code, selectors, rip, overrides, registers: s.registers, flags: s.flags, seed: s.windowSeed, fx: s.fx };
}

const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;
const BASES: Readonly<Record<number, number>> = { [SELECTOR.code16]: CODE, [SELECTOR.data16]: DATA, [SELECTOR.data32]: DATA };
export const selectorBase = (selector: number): number => BASES[selector] ?? 0;

export function randomSelectors(r: Random, mode: CodeSize): Selectors {
  if (mode === 64) {
    const any = (): number => r.pick([0, 0, SELECTOR.data, SELECTOR.data16]);
    return {
      cs: SELECTOR.code64,
      ds: r.pick([0, SELECTOR.data]),
      es: r.pick([0, SELECTOR.data]),
      fs: any(),
      gs: any(),
      ss: SELECTOR.data,
    };
  }
  const data = r.one(2) ? SELECTOR.data : r.pick([SELECTOR.data16, SELECTOR.data32]);
  const other = (): number => r.pick([data, SELECTOR.data, SELECTOR.data16, SELECTOR.data32]);
  return {
    cs: mode === 32 ? SELECTOR.code32 : SELECTOR.code16,
    ds: data,
    es: r.one(4) ? other() : data,
    fs: r.one(8) ? 0 : other(),
    gs: r.one(8) ? 0 : other(),
    ss: mode === 16 && r.one(2) ? SELECTOR.data16 : r.one(8) ? SELECTOR.data32 : SELECTOR.data,
  };
}

export interface Shape {
  entry: Entry;
  mode: CodeSize;
  operandSizePrefix: boolean;
  rexW: boolean;
  memory: boolean;
}
/** Everything that an entry can be: modes, operand sizes, register or memory. */
export function shapesOf(entry: Entry): Shape[] {
  const shapes: Shape[] = [];
  for (const mode of [64, 32, 16] as const) {
    if (mode === 64 ? entry.record.modes === 'legacy' : entry.record.modes === 'long') continue;
    if ((entry.rexW || entry.rexB) && mode !== 64) continue;
    const sized = entry.operands.some((o) => 'vzyp'.includes(o.width) && o.width !== '') || entry.operands.length === 0;
    for (const operandSizePrefix of entry.prefix === 'any' && sized ? [false, true] : [false]) {
      for (const rexW of entry.rexW ? [true] : mode === 64 && sized && !operandSizePrefix ? [false, true] : [false]) {
        const hasMemory = entry.modrm && entry.literal < 0 && entry.mod !== 'reg' && !entry.registerOnly;
        const hasRegister = !hasMemory || entry.mod === 'any';
        if (hasRegister) shapes.push({ entry, mode, operandSizePrefix, rexW, memory: false });
        if (hasMemory) shapes.push({ entry, mode, operandSizePrefix, rexW, memory: true });
      }
    }
  }
  return shapes;
}

const scratch = new Uint8Array(64);
/** Decodes `code` alone in memory. */
export function decodeCode(tables: Tables, code: Uint8Array, mode: CodeSize): Decoded | undefined {
  scratch.fill(0xcc);
  scratch.set(code.subarray(0, 32));
  const d = decode(tables, scratch, 0, { code: mode, protectedMode: true });
  return typeof d === 'string' ? undefined : d;
}

const OVERRIDES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
/** Where a memory operand lies. `low`: an address that a 32-bit register can hold. */
function target(r: Random, low: boolean): bigint {
  const at = DATA + 0x1000;
  switch (r.below(16)) {
    case 0:
    case 1:
      return BigInt(at - r.below(17));
    case 2:
      return BigInt(DATA + AREA_SIZE - r.below(18));
    case 3:
      return BigInt((r.one(2) ? READ_ONLY : DATA) + 0xf00 + r.below(0x100));
    case 4:
      return low ? BigInt(at + r.below(0x100)) : HIGH + BigInt(0xf00 + r.below(0x200));
    case 5:
      return low
        ? BigInt(DATA - r.below(20))
        : r.pick([0x800000000000n, 0x7ffffffffff0n, 0xffff7fffffffffffn, 0x123456789abcdef0n]);
    case 6:
    case 7:
      return BigInt(DATA + 0xe00 + r.below(0x300));
    default:
      return BigInt(DATA + 0xe00 + (r.below(0x300) & ~15));
  }
}
function immediate(r: Random, bytes: number): number[] {
  const value = r.one(2) ? integer(r) : r.pick(EDGES);
  return littleEndian(value, bytes);
}
const littleEndian = (value: bigint, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Number((BigInt.asUintN(64, value) >> BigInt(8 * i)) & 0xffn));

/** Offset in the code segment of somewhere in the code pages. */
const codeTarget = (r: Random): number => 0x900 + r.below(0x1500);

/** C4 with all registers in 64-bit mode, the lower ones elsewhere. */
function vexPrefix({ entry, mode, rexW }: Shape, r: Random): number[] {
  const pp = { '66': 1, F3: 2, F2: 3 }[entry.prefix as string] ?? 0;
  const named = entry.operands.some((o) => o.letter === 'B');
  const register = named ? r.below(mode === 64 ? 16 : 8) : 0;
  const extensions = mode === 64 ? r.below(8) : 7;
  return [0xc4, (extensions << 5) | entry.map, (rexW ? 0x80 : 0) | ((15 - register) << 3) | pp];
}
interface Assembled {
  bytes: number[];
}
function assemble(shape: Shape, r: Random, wanted: bigint): Assembled | undefined {
  const { entry, mode } = shape;
  const long = mode === 64;
  const bytes: number[] = [];
  const { record } = entry;
  const flexible = entry.operands.some((o) => o.width === 'v' || o.width === 'z' || o.width === 'y');
  if (shape.operandSizePrefix || ((entry.prefix === 'F2' || entry.prefix === 'F3') && flexible && r.one(3))) bytes.push(0x66);
  const address67 = r.one(shape.memory && mode !== 64 ? 4 : 8);
  if (address67) bytes.push(0x67);
  if (r.one(shape.memory || record.sourceSegment ? 5 : 16)) bytes.push(r.pick(OVERRIDES));
  const lockable = record.lock && shape.memory && 'EMWQ'.includes(entry.operands[0]?.letter);
  if (lockable && r.one(4)) bytes.push(0xf0);
  else if (r.one(200)) bytes.push(0xf0);
  if (record.repeat && entry.prefix === 'any' && r.one(2)) bytes.push(r.pick([0xf2, 0xf3]));
  if (entry.vex) bytes.push(...vexPrefix(shape, r));
  else if (entry.prefix === '66' || entry.prefix === 'F2' || entry.prefix === 'F3') bytes.push(Number.parseInt(entry.prefix, 16));
  const rex =
    long && !entry.vex && (shape.rexW || entry.rexB || r.one(2))
      ? 0x40 | (shape.rexW ? 8 : 0) | r.below(8) | (entry.rexB ? 1 : 0)
      : 0;
  if (rex) bytes.push(rex);
  if (entry.map > 0 && !entry.vex) bytes.push(0x0f);
  if (entry.map === 2 && !entry.vex) bytes.push(0x38);
  if (entry.map === 3 && !entry.vex) bytes.push(0x3a);
  bytes.push(entry.opcode);
  const address: CodeSize = long ? (address67 ? 32 : 64) : (mode === 16) !== address67 ? 16 : 32;
  if (entry.modrm) {
    if (entry.literal >= 0) bytes.push(entry.literal + r.below(entry.literalSpan));
    else {
      const reg = entry.digit >= 0 ? entry.digit : r.below(8);
      if (!shape.memory) bytes.push(0xc0 | (reg << 3) | r.below(8));
      else if (address === 16) {
        const mod = r.below(3);
        const rm = r.below(8);
        bytes.push((mod << 6) | (reg << 3) | rm);
        if (mod === 1) bytes.push(r.below(256));
        else if (mod === 2) bytes.push(...littleEndian(BigInt(r.u32()), 2));
        else if (rm === 6) bytes.push(...littleEndian(wanted - BigInt(DATA), 2));
      } else {
        const mod = r.below(3);
        let rm = r.below(8);
        if (long && rm === 5 && mod === 0 && r.one(2)) rm = 3;
        bytes.push((mod << 6) | (reg << 3) | rm);
        let absolute = mod === 0 && rm === 5;
        if (rm === 4) {
          const sib = r.below(256);
          bytes.push(sib);
          absolute = mod === 0 && (sib & 7) === 5;
        }
        if (mod === 1) bytes.push(r.below(256));
        else if (mod === 2) bytes.push(...littleEndian(BigInt(r.one(2) ? r.u32() : r.below(4096)), 4));
        else if (absolute) bytes.push(...littleEndian(wanted, 4));
      }
    }
  }
  const operand = shape.rexW ? 64 : (mode === 16) !== shape.operandSizePrefix ? 16 : 32;
  for (const kind of entry.immediates) {
    switch (kind) {
      case 'ib':
        bytes.push(...immediate(r, 1));
        break;
      case 'iw':
        bytes.push(...immediate(r, 2));
        break;
      case 'id':
        bytes.push(...immediate(r, 4));
        break;
      case 'iz':
        bytes.push(...immediate(r, operand === 16 ? 2 : 4));
        break;
      case 'iv':
        bytes.push(...immediate(r, operand / 8));
        break;
      case 'cb':
        // Not onto itself or before: a case must end.
        bytes.push(0x10 + r.below(0x60));
        break;
      case 'cz':
        bytes.push(
          ...littleEndian(BigInt(r.one(4) ? 0x10 + r.below(0x10000) : 0x10 + r.below(0x700)), !long && operand === 16 ? 2 : 4),
        );
        break;
      case 'moffs':
        bytes.push(...littleEndian(address === 16 ? wanted - BigInt(DATA) : wanted, address / 8));
        break;
      case 'far': {
        const selector = r.pick([SELECTOR.code32, SELECTOR.code64, SELECTOR.code16, SELECTOR.data, 0, 0x10, 3]);
        const offset = codeTarget(r) + (selector === SELECTOR.code16 ? 0 : CODE);
        bytes.push(...littleEndian(BigInt(offset), operand === 16 ? 2 : 4), ...littleEndian(BigInt(selector), 2));
        break;
      }
    }
  }
  return { bytes };
}

/** A recipe of the shape, or undefined if the dice made something else. `at`: where its memory operand shall lie. */
export function generate(shape: Shape, tables: Tables, r: Random, at?: number): Recipe | undefined {
  const seed = r.u32();
  const { mode } = shape;
  const long = mode === 64;
  const wanted = at === undefined ? target(r, !long || !r.one(2)) : BigInt(at);
  const { bytes } = assemble(shape, r, BigInt.asUintN(31, wanted))!;
  if (bytes.length > 15) return undefined;
  const code = Uint8Array.from(bytes);
  const d = decodeCode(tables, code, mode);
  if (!d) return undefined;
  if (d.entry.record !== shape.entry.record || d.length !== bytes.length) return undefined;
  const selectors = randomSelectors(r, mode);
  if (!long && d.address === 16 && !r.one(6)) {
    selectors.ds = r.pick([SELECTOR.data16, SELECTOR.data32]);
    if (!r.one(4)) selectors.es = r.pick([SELECTOR.data16, SELECTOR.data32]);
  }
  const rip = CODE + (r.one(12) ? 0x1000 - 1 - r.below(code.length) : 0x800);
  const registers = new Map<number, bigint>();
  const s = stateFromSeed(seed, long);
  const set = (n: number, value: bigint): void => {
    const v = BigInt.asUintN(long ? 64 : 32, value);
    s.registers[n] = v;
    registers.set(n, v);
  };
  // A stack in another segment has its offsets.
  if (selectorBase(selectors.ss)) set(4, s.registers[4] - BigInt(selectorBase(selectors.ss)));
  if (d.record.repeat && !r.one(4)) set(1, BigInt(r.below(20)));
  pointString(d, selectors, set, r);
  const operand = pointOperand(d, code, selectors, s.registers, set, wanted, rip);
  const overrides: Override[] = [];
  const place = operand >= HIGH ? operand - HIGH + BigInt(DATA) : operand;
  if (d.memory && place >= BigInt(DATA) && place < BigInt(DATA + AREA_SIZE - 16) && r.one(2))
    overrides.push({ address: Number(place), bytes: memoryValue(r, d) });
  pointTransfer(d, selectors, s.registers, overrides, set, r, operand);
  return { mode, code, seed, registers, overrides, selectors, rip };
}

/** String instructions find data. */
function pointString(d: Decoded, selectors: Selectors, set: (n: number, value: bigint) => void, r: Random): void {
  const name = d.record.mnemonic;
  const isString = ['movs', 'cmps', 'scas', 'lods', 'stos', 'ins', 'outs'].includes(name);
  const usesDi = d.entry.operands.some((o) => o.letter === 'mDI');
  if (!(isString || usesDi || name === 'xlat') || r.one(8)) return;
  const source = d.override >= 0 ? selectors[SEGMENT_NAMES[d.override]] : selectors.ds;
  const somewhere = (): bigint => BigInt(DATA + (r.one(5) ? 0x1000 + r.below(0x1000) : 0xe00 + r.below(0x400)));
  const offset = (selector: number): bigint => somewhere() - BigInt(selectorBase(selector));
  if (name === 'xlat') set(3, offset(source) - 128n);
  else {
    set(6, offset(source));
    set(7, offset(usesDi ? source : selectors.es));
  }
}
/** Sets base and index registers so that the operand lies at `wanted`; its linear address. */
function pointOperand(
  d: Decoded,
  code: Uint8Array,
  selectors: Selectors,
  registers: BigUint64Array,
  set: (n: number, value: bigint) => void,
  wanted: bigint,
  rip: number,
): bigint {
  const m = d.memory;
  if (!m || m.absolute !== undefined) return wanted;
  const selector = m.segment === SEGMENT.flat ? 0 : selectors[SEGMENT_NAMES[m.segment]];
  const long = d.address === 64 || registers.length === 0;
  const segmentBase = BigInt(selectorBase(selector));
  const width = d.address;
  if (m.base === 16) {
    // RIP-relative: the displacement is the last but the immediates.
    const at = Number(BigInt.asIntN(64, wanted)) - (rip + code.length);
    const size = d.entry.immediates.reduce(
      (n, kind) => n + (kind === 'ib' ? 1 : kind === 'iw' ? 2 : d.effective === 16 ? 2 : 4),
      0,
    );
    if (Math.abs(at) < 0x7fffffff) new DataView(code.buffer).setInt32(code.length - size - 4, at, true);
    return wanted;
  }
  const index = m.index < 0 ? 0n : registers[m.index] << BigInt(m.scale);
  const mask = (n: bigint): bigint => BigInt.asUintN(width, n);
  if (m.base >= 0) {
    let rest = wanted - segmentBase - BigInt(m.disp) - index;
    if (m.index === m.base && m.index >= 0) {
      // base + base << scale: only some addresses exist.
      rest = (wanted - segmentBase - BigInt(m.disp)) / (1n + (1n << BigInt(m.scale)));
    }
    const upper = long || width === 64 ? 0n : (registers[m.base] >> BigInt(width)) << BigInt(width);
    set(m.base, upper | mask(rest));
  } else if (m.index >= 0) {
    const rest = wanted - segmentBase - BigInt(m.disp);
    set(m.index, mask(mask(rest) >> BigInt(m.scale)));
  }
  const base = m.base < 0 ? 0n : registers[m.base];
  const again = m.index < 0 ? 0n : registers[m.index] << BigInt(m.scale);
  return segmentBase + mask(base + again + BigInt(m.disp));
}
function memoryValue(r: Random, d: Decoded): Uint8Array {
  const bytes = new Uint8Array(16);
  const v = new DataView(bytes.buffer);
  const floating = d.record.unit === 'fpu' ? r.below(5) : r.below(4);
  for (let i = 0; i < 16; i += 8) v.setBigUint64(i, integer(r), true);
  if (floating === 1) for (let i = 0; i < 16; i += 4) v.setUint32(i, f32(r), true);
  if (floating === 2) for (let i = 0; i < 16; i += 8) v.setBigUint64(i, f64(r), true);
  if (floating >= 3 && d.record.unit === 'fpu') {
    const [se, significand] = f80(r);
    v.setBigUint64(0, significand, true);
    v.setUint16(8, se, true);
  }
  if (d.record.mnemonic === 'fbld') for (let i = 0; i < 10; i++) bytes[i] = r.below(10) | (r.below(10) << 4);
  return bytes;
}
/** Returns, far transfers, segment loads and frames find something that they can use. */
function pointTransfer(
  d: Decoded,
  selectors: Selectors,
  registers: BigUint64Array,
  overrides: Override[],
  set: (n: number, value: bigint) => void,
  r: Random,
  at: bigint,
): void {
  const name = d.record.mnemonic;
  const size = d.effective / 8;
  const stack = registers[4] + BigInt(selectorBase(selectors.ss));
  const onStack = stack >= BigInt(DATA) && stack < BigInt(DATA + AREA_SIZE - 64);
  const codeSelector = (): number => r.pick([SELECTOR.code32, SELECTOR.code64, SELECTOR.code16, selectors.cs, 0, SELECTOR.data]);
  const words = (values: readonly bigint[], bytes: number): Uint8Array =>
    Uint8Array.from(values.flatMap((value) => littleEndian(value, bytes)).slice(0, 16));
  const near = (selector: number): bigint => BigInt(codeTarget(r) + (selector === SELECTOR.code16 ? 0 : CODE));
  if ((name === 'ret' || name === 'iret') && onStack && !r.one(6)) {
    const far = d.entry.opcode === 0xca || d.entry.opcode === 0xcb || name === 'iret';
    const selector = codeSelector();
    overrides.length = 0;
    if (far) {
      overrides.push({ address: Number(stack), bytes: words([near(selector), BigInt(selector)], size) });
      if (name === 'iret')
        overrides.push({
          address: Number(stack) + 2 * size,
          bytes: words([BigInt(r.u32()) & 0xcd5n, registers[4] & ~15n], size),
        });
      if (name === 'iret' && size === 8)
        overrides.push({
          address: Number(stack) + 32,
          bytes: words([BigInt(r.pick([SELECTOR.data, 0, SELECTOR.code64]))], size),
        });
    } else overrides.push({ address: Number(stack), bytes: words([near(selectors.cs)], size) });
  }
  const isIndirect = (name === 'jmp' || name === 'call') && d.entry.opcode === 0xff;
  if (isIndirect && !r.one(6)) {
    const far = (d.entry.digit & 1) === 1;
    const selector = far ? codeSelector() : selectors.cs;
    const value = near(selector);
    if (!d.memory) {
      const o = d.operands[0];
      if (o.k === 'r') set(o.slot >> 3, value);
    } else if (at >= BigInt(DATA) && at < BigInt(DATA + AREA_SIZE - 16)) {
      overrides.length = 0;
      const offset = littleEndian(value, size);
      overrides.push({
        address: Number(at),
        bytes: Uint8Array.from(far ? [...offset, ...littleEndian(BigInt(selector), 2)] : offset),
      });
    }
  }
  const dataSelector = (): bigint =>
    BigInt(r.pick([0, 1, SELECTOR.data, SELECTOR.data16, SELECTOR.data32, SELECTOR.code32, 0x10, 0x18, 0x12345]));
  if (name === 'mov' && d.entry.opcode === 0x8e && !r.one(6)) {
    const o = d.operands[1];
    if (o.k === 'r') set(o.slot >> 3, dataSelector());
    else if (at >= BigInt(DATA) && at < BigInt(DATA + AREA_SIZE - 16))
      overrides.splice(0, 9, { address: Number(at), bytes: words([dataSelector()], 2) });
  }
  if (name === 'pop' && d.operands.some((o) => o.k === 'c') && onStack && !r.one(6))
    overrides.splice(0, 9, { address: Number(stack), bytes: words([dataSelector()], size) });
  if (['les', 'lds', 'lfs', 'lgs', 'lss'].includes(name) && at >= BigInt(DATA) && at < BigInt(DATA + AREA_SIZE - 16) && !r.one(6))
    overrides.splice(0, 9, {
      address: Number(at),
      bytes: Uint8Array.from([...littleEndian(integer(r), size), ...littleEndian(dataSelector(), 2)]),
    });
  if (['lar', 'lsl', 'verr', 'verw', 'arpl'].includes(name)) {
    const o = d.operands[name === 'lar' || name === 'lsl' ? 1 : 0];
    if (o.k === 'r') set(o.slot >> 3, dataSelector());
  }
  if ((name === 'leave' || name === 'enter') && !r.one(4))
    set(5, BigInt(DATA + 0xe00 + r.below(0x300) - selectorBase(selectors.ss)));
  // Flags that would trap or stay: TF would be delivered after the INT3 behind.
  if (name === 'popf' && onStack) overrides.push({ address: Number(stack), bytes: words([BigInt(r.u32()) & 0x40cd5n], size) });
}
