// SPDX-License-Identifier: MIT
/**
 * @fileoverview What an instruction's `exec` is written with.
 *
 * `exec` runs once per (record, size, operand kinds, environment) when the interpreter is generated, and once per guest
 * instruction when a region is compiled; never per executed step. Rules:
 * - Register, flag and jump writes are queued and committed after every load, store, fault and call, all values first. So an
 *   instruction that faults has changed nothing, and authors cannot get it wrong.
 * - Reading and writing one memory operand is one load with write intent: the later store cannot fault.
 * - `ir.env` says in which mode the instruction was decoded. Reading a property of it makes the generator produce one variant
 *   per value, so read only what matters. `ir.size` is the operand size in bits, `ir.type` the integer type of that size.
 * - Values of one type only combine with values of the same type; widen explicitly with zext, sext, trunc.
 */
import type { OpName, SaturatingName, SimdName } from '../wasm/opcodes.ts';
import { type ArithmeticOp, condition, type FlagDef, type FlagDefs, flagValue, PACKED, pack } from './flags.ts';
import { GPR, SEG, SEGMENT, SLOT, segmentSlot } from './state.ts';
import {
  type BinaryOp,
  bits,
  type CompareOp,
  type Effect,
  type Flag,
  type HelperRef,
  type IntType,
  intType,
  type LeafOp,
  type Op,
  type Operand,
  type RegRef,
  type SegmentRef,
  type Shortcut,
  type Type,
  type UnaryOp,
  type Value,
} from './value.ts';

/** Decoding mode as far as semantics may depend on it. Widths in bits. */
export interface Environment {
  /** 64 in 64-bit mode, else the code segment's default size. */
  readonly code: 16 | 32 | 64;
  /** Width of the stack pointer; 64 means a flat stack without segment checks. */
  readonly stack: 16 | 32 | 64;
  /** Effective address size. */
  readonly address: 16 | 32 | 64;
}

/** All six flags as a function of three values of one type, i32 or i64; `key` names the function. */
export interface LateFlags {
  key: string;
  a: Value;
  b: Value;
  c: Value;
  flags(ir: Builder, a: Value, b: Value, c: Value): FlagDefs;
}
const NONE: ReadonlySet<SegmentRef> = new Set();
const FOLD: Partial<Record<Op, (a: bigint, b: bigint, width: bigint) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b, w) => a << (b % w),
  shr: (a, b, w) => a >> (b % w),
  eq: (a, b) => BigInt(a === b),
  ne: (a, b) => BigInt(a !== b),
  ult: (a, b) => BigInt(a < b),
  ule: (a, b) => BigInt(a <= b),
};

/** Operations to which a second operand of 0 does nothing. */
const KEEPS: ReadonlySet<Op> = new Set<Op>(['add', 'sub', 'or', 'xor', 'shl', 'shr', 'sar', 'rotl', 'rotr']);
const NO_VALUES: readonly Value[] = [];

/** All values have the same properties in the same order: compiling a region makes and reads thousands. */
class Node implements Value {
  readonly op: Op;
  readonly type: Type;
  readonly args: readonly Value[];
  readonly n: bigint;
  uses = 0;
  readonly reg: RegRef | undefined;
  readonly high: bigint | undefined;
  readonly simd: SimdName | undefined;
  readonly float: OpName | SaturatingName | undefined;
  readonly lanes: readonly number[] | undefined;
  readonly indexed: boolean | undefined;

  constructor(op: Op, type: Type, args: readonly Value[], n: bigint, more?: Partial<Value>, reg?: RegRef) {
    this.op = op;
    this.type = type;
    this.args = args;
    this.n = more?.n ?? n;
    this.reg = reg ?? more?.reg;
    this.high = more?.high;
    this.simd = more?.simd;
    this.float = more?.float;
    this.lanes = more?.lanes;
    this.indexed = more?.indexed;
  }
}
/** A comparison of the same operands, or those, as another one; it counts as no use of them. */
export const comparison = (op: CompareOp, a: Value, b: Value): Value => new Node(op, 'i1', [a, b], 0n);

export class Builder {
  readonly size: number;
  readonly env: Environment;
  readonly effects: Effect[] = [];
  /** Flags that this instruction reads, for liveness. */
  readonly reads = new Set<Flag>();
  /** Flags that this instruction defines; with `flagsWhen`, only if it is true. */
  defs: Partial<FlagDefs> = {};
  flagsWhen: Value | undefined;
  /** How those may be made later, where nobody needs them soon. */
  lateFlags: LateFlags | undefined;
  private readonly flagsIn: FlagDefs;
  /** Segments that begin at 0 and allow everything; CS among them, which need not be readable: branches may go anywhere. */
  private readonly flat: ReadonlySet<SegmentRef>;
  private readonly commits: Effect[] = [];
  private readonly loads = new Map<Operand, Value>();

  constructor(size: number, env: Environment, flagsIn: FlagDefs = PACKED, flat: ReadonlySet<SegmentRef> = NONE) {
    this.size = size;
    this.env = env;
    this.flagsIn = flagsIn;
    this.flat = flat;
  }

  // Values.

  get type(): IntType {
    return intType(this.size);
  }
  private make(op: Op, type: Type, args: readonly Value[], more?: Partial<Value>): Value {
    for (const a of args) a.uses++;
    return new Node(op, type, args, 0n, more);
  }
  const(n: number | bigint, type: Type = this.type): Value {
    // Most are small and not negative.
    const small = typeof n === 'number' && n >= 0 && n < (type === 'i1' ? 2 : 128);
    return new Node('const', type, NO_VALUES, small ? BigInt(n) : BigInt.asUintN(Math.min(bits(type), 64), BigInt(n)));
  }
  const128(low: bigint, high: bigint): Value {
    return this.make('const', 'v128', NO_VALUES, { n: BigInt.asUintN(64, low), high: BigInt.asUintN(64, high) });
  }
  leaf(op: LeafOp, type: Type, more?: Partial<Value>): Value {
    return new Node(op, type, NO_VALUES, 0n, more);
  }
  /** State at a fixed offset (`SLOT`, `XMM`, …) as a value of `type`. */
  slot(offset: number, type: Type): Value {
    return new Node('reg', type, NO_VALUES, 0n, undefined, { slot: offset });
  }
  /** General register `n` (0 = rax). */
  gpr(n: number, type: Type = this.type): Value {
    return this.slot(GPR(n), type);
  }
  private binary(op: BinaryOp | CompareOp, a: Value, b: Value, type: Type = a.type): Value {
    if (a.type !== b.type) throw new Error(`${op}: ${a.type} with ${b.type}`);
    const fold = FOLD[op];
    if (fold && a.op === 'const' && b.op === 'const') return this.const(fold(a.n, b.n, BigInt(bits(a.type))), type);
    if (b.op === 'const' && b.n === 0n) {
      if (KEEPS.has(op)) return a;
      if (op === 'and' || op === 'mul') return b;
    }
    if (a.op === 'const' && a.n === 0n) {
      if (op === 'add' || op === 'or' || op === 'xor') return b;
      if (op === 'and' || op === 'mul') return a;
    }
    return this.make(op, type, [a, b]);
  }
  add(a: Value, b: Value): Value {
    return this.binary('add', a, b);
  }
  sub(a: Value, b: Value): Value {
    return this.binary('sub', a, b);
  }
  mul(a: Value, b: Value): Value {
    return this.binary('mul', a, b);
  }
  and(a: Value, b: Value): Value {
    return this.binary('and', a, b);
  }
  or(a: Value, b: Value): Value {
    return this.binary('or', a, b);
  }
  xor(a: Value, b: Value): Value {
    return this.binary('xor', a, b);
  }
  /** Bitwise complement; of an i1, negation. */
  not(a: Value): Value {
    return this.xor(a, this.const(-1, a.type));
  }
  neg(a: Value): Value {
    return this.sub(this.const(0, a.type), a);
  }
  /** Shift and rotate counts are taken modulo the width, which must be 32 or 64 for variable counts. */
  shl(a: Value, n: Value): Value {
    return this.binary('shl', a, n);
  }
  shr(a: Value, n: Value): Value {
    return this.binary('shr', a, n);
  }
  sar(a: Value, n: Value): Value {
    return this.binary('sar', a, n);
  }
  rotl(a: Value, n: Value): Value {
    return this.binary('rotl', a, n);
  }
  rotr(a: Value, n: Value): Value {
    return this.binary('rotr', a, n);
  }
  /** Division traps the engine on zero and overflow: fault first. i32 and i64 only. */
  divide(op: 'udiv' | 'urem' | 'sdiv' | 'srem', a: Value, b: Value): Value {
    return this.binary(op, a, b);
  }
  /** i64 quotient of high:low by divisor, unsigned; needs high < divisor. */
  divideWide(high: Value, low: Value, divisor: Value): Value {
    return this.make('udivWide', 'i64', [high, low, divisor]);
  }
  eq(a: Value, b: Value): Value {
    return this.binary('eq', a, b, 'i1');
  }
  ne(a: Value, b: Value): Value {
    return this.binary('ne', a, b, 'i1');
  }
  ult(a: Value, b: Value): Value {
    return this.binary('ult', a, b, 'i1');
  }
  ule(a: Value, b: Value): Value {
    return this.binary('ule', a, b, 'i1');
  }
  slt(a: Value, b: Value): Value {
    return this.binary('slt', a, b, 'i1');
  }
  sle(a: Value, b: Value): Value {
    return this.binary('sle', a, b, 'i1');
  }
  isZero(a: Value): Value {
    return this.eq(a, this.const(0, a.type));
  }
  isNegative(a: Value): Value {
    return this.slt(a, this.const(0, a.type));
  }
  /** Bit `position` as an i1. */
  bit(a: Value, position: number): Value {
    return this.trunc(this.shr(a, this.const(position, a.type)), 'i1');
  }
  private unary(op: UnaryOp, a: Value, type: Type): Value {
    return this.make(op, type, [a]);
  }
  zext(a: Value, type: Type): Value {
    if (a.type === type) return a;
    return a.op === 'const' ? this.const(a.n, type) : this.unary('zext', a, type);
  }
  sext(a: Value, type: Type): Value {
    if (a.type === type) return a;
    return a.op === 'const' ? this.const(BigInt.asIntN(bits(a.type), a.n), type) : this.unary('sext', a, type);
  }
  trunc(a: Value, type: Type): Value {
    if (a.type === type) return a;
    return a.op === 'const' ? this.const(a.n, type) : this.unary('trunc', a, type);
  }
  /** zext or trunc, whichever `type` needs. */
  resize(a: Value, type: IntType): Value {
    return bits(a.type) < bits(type) ? this.zext(a, type) : this.trunc(a, type);
  }
  /** i32 and i64 only. */
  popcount(a: Value): Value {
    return this.unary('popcount', a, a.type);
  }
  countTrailingZeros(a: Value): Value {
    return this.unary('ctz', a, a.type);
  }
  countLeadingZeros(a: Value): Value {
    return this.unary('clz', a, a.type);
  }
  /** Between i32 and f32, i64 and f64. */
  bitcast(a: Value, type: Type): Value {
    return a.type === type ? a : this.unary('bitcast', a, type);
  }
  select(when: Value, then: Value, otherwise: Value): Value {
    if (then.type !== otherwise.type) throw new Error(`select: ${then.type} with ${otherwise.type}`);
    return when.op === 'const' ? (when.n ? then : otherwise) : this.make('select', then.type, [when, then, otherwise]);
  }
  /** Any WebAssembly SIMD instruction without memory access; `lane` is the lane immediate. `type` is the result's. */
  simd(name: SimdName, type: Type, args: readonly Value[], lane = 0): Value {
    return this.make('simd', type, args, { simd: name, n: BigInt(lane) });
  }
  /** Byte shuffle: lanes 0-15 pick from `a`, 16-31 from `b`. */
  shuffle(a: Value, b: Value, lanes: readonly number[]): Value {
    return this.make('shuffle', 'v128', [a, b], { lanes });
  }

  /** Any WebAssembly instruction on floats. The bits of a NaN are the host's: they must not reach the guest (`float.ts`). */
  float(name: OpName | SaturatingName, type: Type, args: readonly Value[]): Value {
    return this.make('float', type, args, { float: name });
  }

  // Operands, memory, registers.

  /** The operand's value in its own type. A memory operand is loaded once. */
  read(o: Operand): Value {
    if (o.kind === 'imm') return o.value;
    if (o.kind === 'reg') return new Node('reg', o.type, NO_VALUES, 0n, undefined, o.reg);
    let value = this.loads.get(o);
    if (!value) {
      value = this.leaf('result', o.type);
      this.loads.set(o, value);
      o.addr.uses++;
      this.effects.push({ k: 'load', out: value, addr: o.addr, forWrite: false });
    }
    return value;
  }
  /** Queues a register write (32-bit ones clear the upper half) or stores to memory now. */
  write(o: Operand, value: Value): void {
    if (o.kind === 'imm') throw new Error('write to an immediate');
    if (value.type !== o.type) throw new Error(`write: ${value.type} to ${o.type}`);
    if (o.kind === 'reg') {
      this.set(o.reg, value);
      return;
    }
    const after = this.loads.get(o);
    value.uses++;
    o.addr.uses++;
    this.effects.push({ k: 'store', addr: o.addr, value, after });
    for (const e of this.effects) if (e.k === 'load' && e.out === after) e.forWrite = true;
  }
  /** Writes only if `when`: a 32-bit register that is not written keeps its upper half (CMPXCHG, BSF). Memory is always written. */
  writeIf(o: Operand, when: Value, value: Value): void {
    if (o.kind === 'reg' && o.type === 'i32') {
      this.set(o.reg, this.select(when, this.zext(value, 'i64'), this.make('reg', 'i64', [], { reg: o.reg })));
    } else this.write(o, this.select(when, value, this.read(o)));
  }
  /** The address of a memory operand: linear, or for LEA the offset. */
  address(o: Operand): Value {
    if (o.kind !== 'mem') throw new Error('address of a register');
    return o.addr;
  }
  load(addr: Value, type: Type): Value {
    return this.read({ kind: 'mem', type, addr });
  }
  store(addr: Value, value: Value): void {
    this.write({ kind: 'mem', type: value.type, addr }, value);
  }
  set(reg: RegRef, value: Value): void {
    value.uses++;
    this.commits.push({ k: 'set', reg, value });
  }
  setSlot(offset: number, value: Value): void {
    this.set({ slot: offset }, value);
  }
  /** i8 and i16 keep the rest of the register, i32 clears the upper half. */
  setGpr(n: number, value: Value): void {
    this.set({ slot: GPR(n) }, value);
  }

  // Stack. Offsets wrap at the stack's width; SS is checked when it is not flat.

  /** Linear address of `bytes` bytes at stack offset `sp` (i64). */
  stackAddress(sp: Value, bytes: number, write: boolean): Value {
    return this.env.stack === 64 ? sp : this.segmented(SEGMENT.ss, sp, bytes, write);
  }
  /** The stack pointer, zero-extended to i64. */
  stackPointer(): Value {
    return this.zext(this.gpr(4, intType(this.env.stack)), 'i64');
  }
  /** Stack offset moved by `n` bytes, wrapped. */
  stackOffset(sp: Value, n: number | Value): Value {
    return this.wrap(this.add(sp, typeof n === 'number' ? this.const(n, 'i64') : n), this.env.stack);
  }
  setStackPointer(sp: Value): void {
    this.setGpr(4, this.trunc(sp, intType(this.env.stack)));
  }
  push(value: Value): void {
    const bytes = bits(value.type) / 8;
    const sp = this.stackOffset(this.stackPointer(), -bytes);
    this.store(this.stackAddress(sp, bytes, true), value);
    this.setStackPointer(sp);
  }
  pop(type: IntType): Value {
    const bytes = bits(type) / 8;
    const sp = this.stackPointer();
    const value = this.load(this.stackAddress(sp, bytes, false), type);
    this.setStackPointer(this.stackOffset(sp, bytes));
    return value;
  }

  /** i64 wrapped to `width` bits. */
  wrap(a: Value, width: 16 | 32 | 64): Value {
    return width === 64 ? a : this.and(a, this.const(width === 16 ? 0xffff : 0xffffffff, 'i64'));
  }
  /** Linear address of an offset in a segment, checked. */
  segmented(seg: SegmentRef, offset: Value, bytes: number | 'record', write: boolean): Value {
    if (seg !== SEGMENT.cs && this.flat.has(seg)) return offset;
    const out = this.leaf('result', 'i64');
    offset.uses++;
    this.effects.push({ k: 'segment', out, seg, offset, bytes, write });
    return out;
  }
  /** Linear address of an offset in DS or the segment that overrides it, for records with `sourceSegment`. */
  sourceAddress(offset: Value, bytes: number): Value {
    if (this.env.code === 64) return this.add(this.leaf('reg', 'i64', { reg: { field: 'dst', plus: SEG.base } }), offset);
    return this.segmented('record', offset, bytes, false);
  }
  /** String source and destination ES:rDI, for one element. */
  stringSource(bytes: number): Value {
    return this.sourceAddress(this.zext(this.gpr(6, intType(this.env.address)), 'i64'), bytes);
  }
  stringDestination(bytes: number, write: boolean): Value {
    const offset = this.zext(this.gpr(7, intType(this.env.address)), 'i64');
    return this.env.code === 64 ? offset : this.segmented(SEGMENT.es, offset, bytes, write);
  }
  /** Advances rSI (6) or rDI (7) by one element in the direction of DF. */
  stringAdvance(register: 6 | 7, bytes: number): void {
    const type = intType(this.env.address);
    const step = this.mul(this.slot(SLOT.DIRECTION, 'i64'), this.const(bytes, 'i64'));
    this.setGpr(register, this.add(this.gpr(register, type), this.trunc(step, type)));
  }

  // Faults, control.

  fault(vector: number, when: Value, error = 0): void {
    if (when.op === 'const' && when.n === 0n) return;
    when.uses++;
    this.effects.push({ k: 'fault', vector, when, error });
  }
  /** #GP(0) unless a memory operand is aligned (legacy SSE 16-byte operands, CMPXCHG16B). */
  requireAligned(o: Operand, bytes: number): void {
    if (o.kind !== 'mem') return;
    o.addr.uses++;
    this.effects.push({ k: 'align', addr: o.addr, bytes });
  }
  /** Address of the next instruction, and of a relative branch's target, both wrapped to the operand size. */
  nextRip(): Value {
    return this.wrap(this.leaf('nextRip', 'i64'), this.branchWidth());
  }
  target(): Value {
    return this.wrap(this.leaf('target', 'i64'), this.branchWidth());
  }
  /**
   * The address `to`, after #GP(0) if execution cannot go there (and `when`): beyond the code segment's limit, or not canonical. The
   * branch itself faults, so this comes before its stores.
   */
  checkDestination(to: Value, when?: Value): Value {
    let wrong: Value;
    if (this.flat.has(SEGMENT.cs)) return to;
    if (this.env.code === 64) {
      const sixteen = this.const(16, 'i64');
      wrong = this.ne(this.sar(this.shl(to, sixteen), sixteen), to);
    } else wrong = this.ult(this.zext(this.slot(segmentSlot(SEGMENT.cs) + SEG.limit, 'i32'), 'i64'), to);
    this.fault(13, when ? this.and(when, wrong) : wrong);
    return to;
  }
  /** A relative branch's target, checked where it can miss: in 64-bit mode fetching from it faults soon enough. */
  checkedTarget(when?: Value): Value {
    return this.env.code === 64 ? this.target() : this.checkDestination(this.target(), when);
  }
  private branchWidth(): 16 | 32 | 64 {
    return this.env.code === 64 ? 64 : this.size === 16 ? 16 : 32;
  }
  jump(to: Value, when?: Value): void {
    to.uses++;
    if (when) when.uses++;
    this.commits.push({ k: 'jump', to, when });
  }
  repeatWhile(again: Value): void {
    again.uses++;
    this.commits.push({ k: 'repeat', again });
  }
  /** Calls a helper before the commits; it may fault, and returns a value of `type`. */
  call(helper: HelperRef, type: Type, args: readonly Value[]): Value {
    const out = this.leaf('result', type);
    for (const a of args) a.uses++;
    this.effects.push({ k: 'call', helper, args: [...args], out });
    return out;
  }
  /** The same, but where `shortcut.when` holds the result is `shortcut.value`, and the helper is not called. */
  callUnless(shortcut: Shortcut, helper: HelperRef, args: readonly Value[]): Value {
    const out = this.leaf('result', shortcut.value.type);
    for (const a of [shortcut.when, shortcut.value, ...args]) a.uses++;
    this.effects.push({ k: 'call', helper, args: [...args], out, unless: shortcut });
    return out;
  }
  /** The same without a result. */
  callVoid(helper: HelperRef, args: readonly Value[]): void {
    for (const a of args) a.uses++;
    this.effects.push({ k: 'call', helper, args: [...args] });
  }
  /** Hands control to a helper after the commits, as the last thing this instruction does; not where `unless` is true. */
  control(helper: HelperRef, args: readonly Value[] = [], unless?: Value): void {
    for (const a of unless ? [...args, unless] : args) a.uses++;
    this.commits.push({ k: 'control', helper, args: [...args], unless });
  }
  /**
   * Goes on at `to` in another translation block, which TLB in state names by now. Where `possible` is false, and in the interpreter, `helper`
   * does it, with `to` as its argument.
   */
  switchTo(to: Value, possible: Value, helper: HelperRef): void {
    to.uses += 2;
    possible.uses++;
    this.commits.push({ k: 'control', helper, args: [to], unless: possible, to });
  }

  // Flags.

  /** All six flags of an addition or subtraction `r` of `a` and `b`; for adc and sbb `r` includes the carry. */
  arith(op: ArithmeticOp, a: Value, b: Value, r: Value): FlagDefs {
    const d: FlagDef = { kind: 'arith', op, a, b, r };
    return { CF: d, OF: d, AF: d, ...this.resultFlags(r) };
  }
  resultFlags(r: Value): Pick<FlagDefs, 'ZF' | 'SF' | 'PF'> {
    const d: FlagDef = { kind: 'result', r };
    return { ZF: d, SF: d, PF: d };
  }
  /** A flag given by an i1 or a constant. */
  bool(v: Value | 0 | 1): FlagDef {
    return { kind: 'bool', v: typeof v === 'number' ? this.const(v, 'i1') : v };
  }
  /** All six cleared; spread and override. */
  get clearedFlags(): FlagDefs {
    const zero = this.bool(0);
    return { CF: zero, PF: zero, AF: zero, ZF: zero, SF: zero, OF: zero };
  }
  /** Flags not named keep their value; with `when`, all do unless it is true. */
  setFlags(defs: Partial<FlagDefs>, when?: Value, late?: LateFlags): void {
    if (when) when.uses++;
    if (late) for (const v of [late.a, late.b, late.c]) v.uses++;
    this.lateFlags = late;
    this.defs = { ...this.defs, ...defs };
    this.flagsWhen = when;
  }
  /** A flag before this instruction. */
  flag(flag: Flag): Value {
    this.reads.add(flag);
    return flagValue(this, this.flagsIn[flag], flag);
  }
  /** Condition code 0-15 on the flags before this instruction. */
  condition(cc: number): Value {
    for (const flag of CONDITION_FLAGS[cc >> 1]) this.reads.add(flag);
    return condition(this, this.flagsIn, cc);
  }
  /** The flags as the next instruction of a fused pair sees them. */
  flagsOut(): FlagDefs {
    return { ...this.flagsIn, ...this.defs };
  }

  /** All effects in order, commits last. `keepFlags` false drops the flag writes. Call once. */
  finish(keepFlags = true): Effect[] {
    const sets = this.commits.filter((e) => e.k === 'set');
    const control = this.commits.filter((e) => e.k !== 'set');
    if (keepFlags && Object.keys(this.defs).length > 0) this.commitFlags(sets);
    return [...this.effects, ...sets, ...control];
  }
  private commitFlags(into: Effect[]): void {
    const next = pack(this, this.flagsOut());
    const old = this.flagsWhen ? pack(this, this.flagsIn) : {};
    const commit = (slot: number, value: Value | undefined, before: Value | undefined): void => {
      if (!value) return;
      const final = this.flagsWhen ? this.select(this.flagsWhen, value, before ?? this.slot(slot, 'i64')) : value;
      final.uses++;
      into.push({ k: 'set', reg: { slot }, value: final });
    };
    commit(SLOT.FR, next.fr, old.fr);
    commit(SLOT.FC, next.fc, old.fc);
  }
}

const CONDITION_FLAGS: readonly (readonly Flag[])[] = [
  ['OF'],
  ['CF'],
  ['ZF'],
  ['CF', 'ZF'],
  ['SF'],
  ['PF'],
  ['SF', 'OF'],
  ['ZF', 'SF', 'OF'],
];

/** Byte offset of the element of a bit string that holds bit `position`, a signed number: elements have its width. */
export function bitElement(ir: Builder, position: Value): Value {
  const size = bits(position.type);
  const element = ir.sar(ir.sext(position, 'i64'), ir.const(Math.log2(size), 'i64'));
  return ir.mul(element, ir.const(size / 8, 'i64'));
}
