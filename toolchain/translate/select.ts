// SPDX-License-Identifier: MIT
/**
 * @fileoverview Instruction selection: from SSA to machine instructions, one rule per operation (`rules/`).
 *
 * Blocks are walked backwards. A value is emitted when somebody asked for its register; so what a rule folds into its own
 * instruction (a load into an addition, an addition into an address, a comparison into a branch) and nobody else wants, is never
 * emitted. A load is folded only into its single user and if no effect lies between (`epoch`).
 *
 * Invariant of all translated code: the register of an i32 has zero upper bits. Whoever reads only the low 32 bits may read the
 * register of the i64 that was wrapped (`use32`).
 */
import type { ValueType, WasmModule } from '../wasm/module.ts';
import { fitsInt32 } from '../x86/x86.ts';
import { cannotWrap, upperBound } from './bounds.ts';
import {
  type Address,
  type Code,
  type Def,
  FLOAT_ARGUMENTS,
  INTEGER_ARGUMENTS,
  type MachineBlock,
  type MachineFunction,
  type MachineInstruction,
  type MachineTerminator,
  type RegisterClass,
  type Source,
  type Use,
} from './machine.ts';
import { branchConditionOf } from './rules/compare.ts';
import { rules } from './rules/rules.ts';
import { type Block, effectOf, type Graph, isConstant, type Value } from './ssa.ts';
import type { TranslateOptions } from './types.ts';

/** Module-wide matters that rules refer to. */
export interface ModuleContext {
  readonly module: WasmModule;
  readonly options: TranslateOptions;
  /** Symbols of the data that translated code refers to. */
  readonly globalsSymbol: string;
  readonly tableSymbol: string;
  readonly memoryPagesSymbol: string;
  /** Address of a constant of 4, 8 or 16 bytes (naturally aligned) in read-only data. */
  constant(bits: bigint, bytes: 4 | 8 | 16): Address;
  /** A passive data segment: its bytes, and the 4 bytes holding its length, 0 once dropped. */
  passiveSegment(index: number): { readonly bytes: Address; readonly length: Address };
  /** The number that table entries of this type carry. */
  signatureId(typeIndex: number): number;
  /** How an imported function is reached. */
  callee(functionIndex: number): Callee;
  requireHelper(name: string): void;
}

export type Callee =
  | { readonly kind: 'function'; readonly index: number }
  | { readonly kind: 'symbol'; readonly symbol: string }
  | { readonly kind: 'address'; readonly symbol: string }
  | { readonly kind: 'intrinsic'; readonly intrinsic: import('./types.ts').Intrinsic };

export const classOf = (type: ValueType): RegisterClass => (type === 'f32' || type === 'f64' ? 'xmm' : 'gpr');
export const widthOf = (type: ValueType): 4 | 8 => (type === 'i64' || type === 'f64' ? 8 : 4);

/** Operand of an instruction that also takes memory or an immediate. */
export type Operand =
  | { readonly kind: 'use'; readonly use: Use }
  | { readonly kind: 'memory'; readonly address: Address }
  | { readonly kind: 'immediate'; readonly value: bigint };

export class Selector {
  readonly classes: RegisterClass[] = [];
  outgoing = 0;
  makesCalls = false;
  /** The instruction being made. */
  current!: MachineInstruction;
  private output: MachineInstruction[] = [];
  private before: MachineInstruction[] = [];
  private readonly folded = new Set<Value>();
  private block!: Block;
  private epoch = 0;

  constructor(
    readonly context: ModuleContext,
    private readonly graph: Graph,
  ) {}

  select(name: string): MachineFunction {
    const blocks = new Map<Block, MachineBlock>();
    for (const block of this.graph.blocks) {
      blocks.set(block, {
        id: block.id,
        phis: [],
        instructions: [],
        terminator: { kind: 'none' },
        predecessors: [],
        frequency: block.frequency,
        isLoopHeader: block.isLoopHeader,
      });
      for (const phi of block.phis) {
        this.registerOf(phi);
        for (const arg of phi.args) if (!isConstant(arg)) this.registerOf(arg);
      }
    }
    for (const block of this.graph.blocks.toReversed()) this.selectBlock(block, blocks);
    for (const [block, machine] of blocks) machine.predecessors = block.predecessors.map((p) => blocks.get(p)!);
    return {
      name,
      blocks: [...blocks.values()],
      parameters: this.parameters(),
      classes: this.classes,
      outgoing: this.outgoing,
      makesCalls: this.makesCalls,
    };
  }

  private parameters(): MachineFunction['parameters'] {
    const all = argumentPlaces(this.graph.parameters.map((p) => p.type!)).places;
    return this.graph.parameters.flatMap((p, i) =>
      p.register < 0 ? [] : [{ def: { register: p.register }, from: all[i], cls: classOf(p.type!) }],
    );
  }

  private selectBlock(block: Block, blocks: ReadonlyMap<Block, MachineBlock>): void {
    const machine = blocks.get(block)!;
    this.block = block;
    this.output = [];
    this.epoch = Number.POSITIVE_INFINITY;
    const last = block.body[block.body.length - 1];
    if (last) this.epoch = last.epoch + (effectOf(last.op) === 'write' ? 1 : 0);
    else this.epoch = 0;
    machine.terminator = this.terminator(block, blocks);
    for (const value of block.body.toReversed()) {
      if (this.folded.has(value)) continue;
      if (value.register < 0 && effectOf(value.op) === 'pure') continue;
      if (value.op === 'i64.extend_i32_u') continue;
      this.epoch = value.epoch;
      const rule = rules[value.op];
      if (!rule) throw new Error(`no rule for ${value.op}`);
      this.begin(value.pc);
      rule(this, value);
      this.end();
    }
    machine.instructions = this.output.reverse();
    for (const phi of block.phis) machine.phis.push({ register: phi.register });
  }

  private terminator(block: Block, blocks: ReadonlyMap<Block, MachineBlock>): MachineTerminator {
    const t = block.terminator;
    const to = (b: Block): MachineBlock => blocks.get(b)!;
    switch (t.kind) {
      case 'jump': {
        this.begin(0);
        const position = t.target.predecessors.indexOf(block);
        const moves = t.target.phis.map((phi) => ({ source: this.source(phi.args[position]), to: { register: phi.register } }));
        this.end();
        return { kind: 'jump', target: to(t.target), moves };
      }
      case 'branch': {
        this.begin(t.pc);
        const condition = branchConditionOf(this, t.condition);
        this.end();
        return { kind: 'branch', condition, ifTrue: to(t.ifTrue), ifFalse: to(t.ifFalse) };
      }
      case 'switch': {
        this.begin(t.pc);
        const index = this.use(t.index);
        this.end();
        return { kind: 'switch', index, targets: t.targets.map(to) };
      }
      case 'return':
        this.begin(t.pc);
        if (t.value) this.fixed(t.value, classOf(t.value.type!) === 'gpr' ? 0 : 16);
        this.end();
        return { kind: 'return' };
      case 'none':
        return { kind: 'none' };
    }
  }

  // ---- making instructions

  private begin(pc: number): void {
    this.before = [];
    this.current = this.blank(pc);
  }

  private blank(pc: number): MachineInstruction {
    return {
      pc,
      uses: [],
      fixed: [],
      def: undefined,
      resultIn: undefined,
      clobbers: 0,
      lateClobbers: 0,
      isCall: false,
      emit: () => {},
    };
  }

  private end(): void {
    this.output.push(this.current, ...this.before);
  }

  newRegister(cls: RegisterClass): number {
    return this.classes.push(cls) - 1;
  }

  private registerOf(v: Value): number {
    // Zero-extension costs nothing: the upper bits are zero already.
    if (v.op === 'i64.extend_i32_u') {
      if (v.register < 0) v.register = this.registerOf(v.args[0]);
    } else if (v.register < 0) v.register = this.newRegister(classOf(v.type!));
    return v.register;
  }

  /** The result of the instruction being made; undefined if nobody reads it. */
  def(v: Value): Def | undefined {
    if (v.register >= 0) this.current.def = { register: v.register };
    return this.current.def;
  }

  /** The result of a pure operation, which is emitted only if somebody reads it. */
  result(v: Value): Def {
    const def = this.def(v);
    if (!def) throw new Error(`unread ${v.op}`);
    return def;
  }

  /** Adds an operand in a register; constants are materialised just before. */
  use(v: Value, options: { late?: boolean; tied?: boolean; anywhere?: boolean } = {}): Use {
    const { late = false, tied = false, anywhere = false } = options;
    const register = isConstant(v) ? this.materialise(v) : this.registerOf(v);
    const use: Use = { register, late, tied, inRegister: !anywhere };
    this.current.uses.push(use);
    return use;
  }

  /** An operand of which only the low 32 bits are read: a wrap costs nothing. */
  use32(v: Value, options: { late?: boolean; tied?: boolean; anywhere?: boolean } = {}): Use {
    return this.use(unwrapped(v), options);
  }

  private materialise(v: Value): number {
    const register = this.newRegister(classOf(v.type!));
    const source: Source = { constant: v.constant, cls: classOf(v.type!), width: widthOf(v.type!) };
    const instruction = this.blank(this.current.pc);
    const def = { register };
    instruction.def = def;
    instruction.emit = (code) => {
      if (source.cls === 'gpr') code.copyToResult(def, source, source.width);
      else code.copyToResultXmm(def, source);
    };
    this.before.push(instruction);
    return register;
  }

  /** A value to be moved by the instruction: constants stay constants, others may be in memory. */
  source(v: Value, options: { late?: boolean; tied?: boolean } = {}): Source {
    if (isConstant(v)) return { constant: v.constant, cls: classOf(v.type!), width: widthOf(v.type!) };
    return this.use(v, { ...options, anywhere: true });
  }

  /** An argument that must be in a physical register (or stack slot) when the instruction runs. */
  fixed(v: Value, to: number | { stack: number }): void {
    if (isConstant(v)) this.current.fixed.push({ source: this.source(v), to });
    else {
      const source: Use = { register: this.registerOf(v), late: false, tied: false, inRegister: false };
      this.current.fixed.push({ source, to });
    }
  }

  /** An operand that may be an immediate, a folded load of `width` bytes, or in memory or a register. */
  operand(v: Value, width: 4 | 8, options: { late?: boolean } = {}): Operand {
    if (isConstant(v)) {
      const value = width === 4 ? BigInt.asIntN(32, v.constant) : v.constant;
      if (classOf(v.type!) === 'gpr' && fitsInt32(value)) return { kind: 'immediate', value };
      if (classOf(v.type!) === 'xmm') return { kind: 'memory', address: this.context.constant(v.constant, width) };
    }
    const address = this.foldLoad(v, width, options.late ?? false);
    if (address) return { kind: 'memory', address };
    return {
      kind: 'use',
      use: width === 4 ? this.use32(v, { ...options, anywhere: true }) : this.use(v, { ...options, anywhere: true }),
    };
  }

  /** Whether `v` is computed in this block and read by this instruction alone: it may become part of it. */
  isOwn(v: Value): boolean {
    return v.uses === 1 && v.block === this.block && v.register < 0 && !this.folded.has(v);
  }

  /**
   * Whether a comparison may be made here although others read its value too: it is in this block, so its operands cost little
   * to keep, and they are not its own (a load must not be folded twice).
   */
  canRepeat(v: Value): boolean {
    return (
      this.isOwn(v) || (v.block === this.block && v.args.every((a) => isConstant(a) || a.uses > 1 || a.block !== this.block))
    );
  }

  /** Whether no effect lies between `v`, in this block, and the instruction being made. */
  isNow(v: Value): boolean {
    return v.epoch === this.epoch;
  }

  /** Runs `body` without folding loads: what it makes may be skipped, and a load must fault all the same. */
  withoutLoads<T>(body: () => T): T {
    const { epoch } = this;
    this.epoch = Number.NaN;
    const result = body();
    this.epoch = epoch;
    return result;
  }

  canFoldLoad(v: Value, width: number): boolean {
    return FOLDABLE_LOADS[v.op] === width && this.isOwn(v) && v.epoch === this.epoch;
  }

  /** The address of `v` if it is a plain load that can be part of this instruction. */
  foldLoad(v: Value, width: 4 | 8, late: boolean): Address | undefined {
    if (v.op === 'global.get' && this.isOwn(v) && v.epoch === this.epoch) {
      this.folded.add(v);
      return { symbol: this.context.globalsSymbol, scale: 1, disp: v.immediate * 8 };
    }
    if (!this.canFoldLoad(v, width)) return undefined;
    this.folded.add(v);
    return this.address(v.args[0], v.immediate, width, late);
  }

  /** Marks a pure or reading value as part of the instruction being made. */
  fold(v: Value): void {
    this.folded.add(v);
  }

  /**
   * The memory operand for wasm address `v` + `offset`. With the window at 0, additions fold into it: the processor wraps
   * the sum to 32 bits as wasm's addition does. The static offset must not wrap; it may be part of the wrapping sum while it is
   * small, since an access that wraps into page 0 faults there just as it would have beyond the end of memory.
   */
  address(v: Value, offset: number, bytes: number, late = false): Address {
    const zero = this.context.options.addressing === 'zero';
    if (offset > 0x7fff_ffff) return this.farAddress(v, offset, late, zero);
    if (isConstant(v)) {
      const sum = Number(BigInt.asUintN(32, v.constant)) + offset;
      if (sum <= 0x7fff_ffff) return { scale: 1, disp: sum, window: !zero };
    }
    if (!zero) return this.windowAddress(v, offset, late);
    if (offset + bytes <= 4096) {
      const folded = this.foldSum(v, offset, late);
      if (folded) return folded;
    }
    return { base: this.use(v, { late }), scale: 1, disp: offset };
  }

  /** With a base register the sum has 64 bits: only terms that cannot wrap fold, as in tables at constant addresses. */
  private windowAddress(v: Value, offset: number, late: boolean): Address {
    let [index, disp] = [v, offset];
    if (v.register < 0 && v.op === 'i32.add' && isConstant(v.args[1]) && cannotWrap(v.args[0], v.args[1].constant)) {
      const sum = offset + Number(v.args[1].constant);
      if (sum <= 0x7fff_ffff) [index, disp] = [v.args[0], sum];
    }
    const scaled = upperBound(index) < 0xffff_ffff ? this.foldScale(index) : undefined;
    const use = this.use(scaled?.value ?? index, { late });
    return { index: use, scale: scaled?.scale ?? 1, disp, window: true };
  }

  private foldSum(v: Value, offset: number, late: boolean): Address | undefined {
    if (v.op !== 'i32.add') return undefined;
    let disp = offset;
    let sum = v;
    if (isConstant(v.args[1])) {
      disp += Number(v.args[1].constant);
      if (disp < -0x8000_0000 || disp > 0x7fff_ffff) return undefined;
      sum = v.args[0];
      // base + index + constant, if the inner sum is wanted only here.
      if (!(sum.op === 'i32.add' && !isConstant(sum.args[1]) && this.isOwn(sum) && this.isOwn(v))) {
        const scaled = this.isOwn(v) ? this.foldScale(sum) : undefined;
        if (scaled) return { index: this.use32(scaled.value, { late }), scale: scaled.scale, disp, address32: true };
        return { base: this.use32(sum, { late }), scale: 1, disp, address32: true };
      }
      this.fold(v);
    } else if (!this.isOwn(v)) return undefined;
    this.fold(sum);
    const [a, b] = sum.args;
    const scaledB = this.foldScale(b);
    const scaledA = scaledB ? undefined : this.foldScale(a);
    const base = this.use32(scaledA ? b : a, { late });
    const scaled = scaledA ?? scaledB;
    const index = this.use32(scaled ? scaled.value : b, { late });
    return { base, index, scale: scaled?.scale ?? 1, disp, address32: true };
  }

  /** `x << 1 … 3` as an index's scale. */
  foldScale(v: Value): { value: Value; scale: 2 | 4 | 8 } | undefined {
    if (v.op !== 'i32.shl' || !isConstant(v.args[1])) return undefined;
    // Others may use the shifted value too: as long as nobody needs it in a register, each address shifts for itself.
    const isFree = this.isOwn(v) || (v.block === this.block && v.register < 0 && v.uses <= 4 && !isConstant(v.args[0]));
    if (!isFree) return undefined;
    const scale = ([1, 2, 4, 8] as const)[Number(v.args[1].constant & 31n)];
    if (!scale || scale === 1) return undefined;
    return { value: v.args[0], scale };
  }

  /** Static offsets beyond 2 GiB do not fit a displacement. */
  private farAddress(v: Value, offset: number, late: boolean, zero: boolean): Address {
    const register = this.newRegister('gpr');
    const base = this.use(v, { late });
    const low = { register };
    const instruction = this.blank(this.current.pc);
    const from: Use = { register: base.register, late: true, tied: false, inRegister: true };
    instruction.uses.push(from);
    instruction.def = low;
    instruction.emit = (code) => {
      const sum = code.gpr(low, 8);
      code.asm.mov(sum, offset);
      code.asm.add(sum, code.gpr(from, 8));
    };
    // The sum is computed after constants it may need, hence first in the reversed list.
    this.before.unshift(instruction);
    this.current.uses.pop();
    const use: Use = { register, late, tied: false, inRegister: true };
    this.current.uses.push(use);
    return zero ? { base: use, scale: 1, disp: 0 } : { index: use, scale: 1, disp: 0, window: true };
  }

  // ---- what most rules share

  emit(emit: (code: Code) => void): void {
    this.current.emit = emit;
  }

  /** Arguments to their places, a call's clobbers, and the result's register. */
  call(
    args: readonly Value[],
    result: Value,
    emit: (code: Code) => void,
    extra: readonly { value: Value; register: number }[] = [],
  ): void {
    const { places, stackBytes } = argumentPlaces(args.map((a) => a.type!));
    args.forEach((arg, i) => {
      this.fixed(arg, places[i]);
    });
    for (const { value, register } of extra) this.fixed(value, register);
    this.outgoing = Math.max(this.outgoing, stackBytes);
    this.makesCalls = true;
    this.current.isCall = true;
    if (result.type) {
      this.def(result);
      this.current.resultIn = classOf(result.type) === 'gpr' ? 0 : 16;
    }
    this.current.emit = emit;
  }
}

/** Plain loads by their width; others extend. */
const FOLDABLE_LOADS: Readonly<Record<string, number>> = { 'i32.load': 4, 'i64.load': 8, 'f32.load': 4, 'f64.load': 8 };

/** The value whose low 32 bits are the same. */
export function unwrapped(v: Value): Value {
  return v.op === 'i32.wrap_i64' && !isConstant(v.args[0]) ? v.args[0] : v;
}

/** Where arguments of these types are passed (System V). */
export function argumentPlaces(types: readonly ValueType[]): { places: (number | { stack: number })[]; stackBytes: number } {
  let integers = 0;
  let floats = 0;
  let stackBytes = 0;
  const places = types.map((type) => {
    const register = classOf(type) === 'gpr' ? INTEGER_ARGUMENTS[integers++] : FLOAT_ARGUMENTS[floats++];
    if (register !== undefined) return register;
    stackBytes += 8;
    return { stack: stackBytes - 8 };
  });
  return { places, stackBytes };
}
