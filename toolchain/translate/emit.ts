// SPDX-License-Identifier: MIT
/**
 * @fileoverview Writes one function: prologue, blocks in order, out-of-line code, with every operand in its allocated place.
 *
 * Frame, downwards from the return address: caller's rbp; callee-saved registers; spill slots; stack arguments of calls. Slots
 * are addressed from rbp, stack arguments from rsp. Nothing below rsp is used: interrupts arrive on the same stack. Frames
 * larger than a page are touched page by page, so that a guard page cannot be stepped over.
 *
 * Blocks that only jump are skipped by whoever jumps to them. A jump back to a small loop header that ends in a branch is
 * replaced by a copy of it (the loop's test moves to its bottom).
 */
import {
  gpr,
  indexed,
  invert,
  Label,
  type Mem,
  ptr,
  qword,
  type Rm,
  r15,
  rbp,
  rsp,
  symbolAt,
  symbolIndexed,
  type Width,
  type X86,
  type Xmm,
  type XmmRm,
  xmm,
} from '../x86/x86.ts';
import type { Allocation, Transfer } from './allocate.ts';
import {
  type Address,
  type Code,
  type Def,
  FIRST_XMM,
  type FixedMove,
  isUse,
  type MachineBlock,
  type MachineFunction,
  type MachineInstruction,
  type Source,
  scratch,
  scratchXmm,
  type Test,
  type Use,
} from './machine.ts';
import { type Move, type MoveSource, type Place, parallelMove } from './moves.ts';
import { invertTest } from './rules/compare.ts';
import { type TrapName, trapCodes } from './types.ts';

const PAGE = 4096;
/** A header of at most so many instructions is worth copying. */
const MAX_ROTATED = 6;

/** Where the emitter reports what it wrote. */
export interface EmitSink {
  line(offset: number, pc: number | undefined): void;
  trap(offset: number, trap: TrapName | 'integer divide by zero or overflow', pc: number): void;
  probe(offset: number, kind: 'entry' | 'return'): void;
  callFunction(asm: X86, index: number): void;
  callHelper(asm: X86, name: string): void;
  /** Address of a float constant. */
  constant(bits: bigint, bytes: 4 | 8): Address;
  /** Symbol of a table of the labels' addresses. */
  jumpTable(labels: readonly Label[]): string;
  readonly patchable: boolean;
}

interface OutOfLine {
  readonly label: Label;
  readonly body: () => void;
  readonly pc: number;
}

export class FunctionEmitter implements Code {
  private readonly labels = new Map<MachineBlock, Label>();
  private readonly outOfLineCode: OutOfLine[] = [];
  private readonly layout: MachineBlock[];
  private readonly saved: readonly number[];
  private readonly frameBytes: number;
  private pc = 0;

  constructor(
    readonly asm: X86,
    private readonly f: MachineFunction,
    private readonly allocation: Allocation,
    private readonly sink: EmitSink,
  ) {
    this.saved = allocation.calleeSaved;
    const below = 8 * allocation.slots + f.outgoing;
    // rsp is a multiple of 16 after pushing rbp.
    const misaligned = (8 * this.saved.length + below) % 16;
    this.frameBytes = below + (misaligned && (f.makesCalls || below > 0) ? 16 - misaligned : 0);
    for (const block of f.blocks) this.labels.set(block, new Label(`block${block.id}`));
    this.layout = f.blocks.filter((block) => this.resolve(block) === block);
  }

  emitFunction(): void {
    this.sink.line(this.asm.position, undefined);
    this.prologue();
    this.layout.forEach((block, i) => {
      if (block.isLoopHeader) this.asm.align(16);
      this.asm.bind(this.labels.get(block)!);
      this.emitBlock(block, this.layout[i + 1]);
    });
    for (let i = 0; i < this.outOfLineCode.length; i++) {
      const { label, body, pc } = this.outOfLineCode[i];
      this.at(pc);
      this.asm.bind(label);
      body();
    }
  }

  private at(pc: number): void {
    this.pc = pc;
    this.sink.line(this.asm.position, pc === 0 ? undefined : pc);
  }

  // ---- frame

  private prologue(): void {
    const { asm } = this;
    if (this.sink.patchable) {
      this.sink.probe(asm.position, 'entry');
      asm.nop(5);
    }
    asm.push(rbp);
    asm.mov(rbp, rsp);
    for (const r of this.saved) asm.push(gpr(r, 8));
    let rest = this.frameBytes;
    for (; rest > PAGE; rest -= PAGE) {
      asm.sub(rsp, PAGE);
      asm.or(qword(ptr(rsp)), 0);
    }
    if (rest > 0) asm.sub(rsp, rest);
    const moves = this.f.parameters.map(({ def, from, cls }): Move => {
      const source: Place =
        typeof from === 'number' ? { kind: 'register', register: from } : { kind: 'frame', disp: 16 + from.stack };
      return { to: this.place(def.register), from: source, cls };
    });
    parallelMove(asm, moves);
    for (const { def } of this.f.parameters) this.saveIfNeeded(def.register);
  }

  private epilogue(): void {
    const { asm } = this;
    if (this.frameBytes > 0) {
      if (this.saved.length === 0) asm.mov(rsp, rbp);
      else asm.lea(rsp, ptr(rbp, -8 * this.saved.length));
    }
    for (const r of this.saved.toReversed()) asm.pop(gpr(r, 8));
    asm.pop(rbp);
    if (this.sink.patchable) {
      this.sink.probe(asm.position, 'return');
      asm.nop(5);
    }
    asm.ret();
  }

  private slotDisp(slot: number): number {
    return -8 * (this.saved.length + slot + 1);
  }

  /** Where a virtual register is. */
  private place(register: number): Place {
    const interval = this.allocation.intervalOf(register);
    if (interval.register !== undefined) return { kind: 'register', register: interval.register };
    if (interval.slot === undefined) throw new Error(`register ${register} of ${this.f.name} has no place`);
    return { kind: 'frame', disp: this.slotDisp(interval.slot) };
  }

  /** After a definition by a move: a register saved around calls has its copy in memory. */
  private saveIfNeeded(register: number): void {
    const { register: physical, slot } = this.allocation.intervalOf(register);
    if (physical !== undefined && slot !== undefined) this.store({ register, slot });
  }

  private transferPlaces({ register, slot }: Transfer): [Place, Place, 'gpr' | 'xmm'] {
    const { cls } = this.allocation.intervalOf(register);
    return [this.place(register), { kind: 'frame', disp: this.slotDisp(slot) }, cls];
  }

  private load(transfer: Transfer): void {
    const [to, from, cls] = this.transferPlaces(transfer);
    parallelMove(this.asm, [{ to, from, cls }]);
  }

  private store(transfer: Transfer): void {
    const [from, to, cls] = this.transferPlaces(transfer);
    parallelMove(this.asm, [{ to, from, cls }]);
  }

  // ---- blocks

  /** The moves of a jump that do something. */
  private effectiveMoves(block: MachineBlock): Move[] {
    if (block.terminator.kind !== 'jump') return [];
    return block.terminator.moves
      .map(({ source, to }): Move => ({ to: this.place(to.register), from: this.moveSource(source), cls: this.classOf(to) }))
      .filter(({ to, from }) => from.kind !== to.kind || JSON.stringify(from) !== JSON.stringify(to));
  }

  private classOf(operand: Use | Def): 'gpr' | 'xmm' {
    return this.allocation.intervalOf(operand.register).cls;
  }

  private moveSource(source: Source): MoveSource {
    if (isUse(source)) return this.place(source.register);
    const { constant, width, cls } = source;
    return {
      kind: 'constant',
      value: constant,
      width,
      memory: cls === 'xmm' && constant !== 0n ? this.constantMemory(constant, width) : undefined,
    };
  }

  private constantMemory(bits: bigint, width: 4 | 8): Mem {
    return this.mem(this.sink.constant(bits, width), width);
  }

  /** Follows blocks that do nothing but jump. */
  private resolve(block: MachineBlock): MachineBlock {
    const seen = new Set<MachineBlock>();
    let at = block;
    while (
      at.terminator.kind === 'jump' &&
      at.instructions.length === 1 &&
      at !== this.f.blocks[0] &&
      !seen.has(at) &&
      this.effectiveMoves(at).length === 0
    ) {
      seen.add(at);
      at = at.terminator.target;
    }
    return seen.has(at) ? block : at;
  }

  private labelOf(block: MachineBlock): Label {
    return this.labels.get(this.resolve(block))!;
  }

  private emitBlock(block: MachineBlock, next: MachineBlock | undefined): void {
    const { first } = this.allocation.live.range.get(block)!;
    block.instructions.forEach((instruction, i) => {
      this.instruction(instruction, first + i);
    });
    const t = block.terminator;
    switch (t.kind) {
      case 'jump':
        this.jump(block, t.target, t.moves, next);
        return;
      case 'branch':
        this.branch(t, next);
        return;
      case 'switch':
        this.switch(t.index, t.targets, next);
        return;
      case 'return':
        this.epilogue();
        return;
      case 'none':
        return;
    }
  }

  private instruction(instruction: MachineInstruction, index: number): void {
    const { reloads, stores, restores } = this.allocation;
    if (instruction.pc !== 0) this.at(instruction.pc);
    for (const transfer of reloads.get(index) ?? []) this.load(transfer);
    if (instruction.fixed.length > 0)
      parallelMove(
        this.asm,
        instruction.fixed.map((move) => this.fixedMove(move)),
      );
    instruction.emit(this);
    const { def, resultIn } = instruction;
    if (def && resultIn !== undefined) {
      const from: Place = { kind: 'register', register: resultIn };
      parallelMove(this.asm, [{ to: this.place(def.register), from, cls: this.classOf(def) }]);
    }
    for (const transfer of stores.get(index) ?? []) this.store(transfer);
    for (const transfer of restores.get(index) ?? []) this.load(transfer);
  }

  private fixedMove({ source, to }: FixedMove): Move {
    const place: Place = typeof to === 'number' ? { kind: 'register', register: to } : { kind: 'argument', disp: to.stack };
    const cls = isUse(source) ? this.classOf(source) : source.cls;
    return { to: place, from: this.moveSource(source), cls };
  }

  private jump(
    block: MachineBlock,
    target: MachineBlock,
    moves: readonly { source: Source; to: Def }[],
    next: MachineBlock | undefined,
  ) {
    parallelMove(this.asm, this.effectiveMoves(block));
    for (const { source, to } of moves) {
      const interval = this.allocation.intervalOf(to.register);
      // A merged argument was stored where it was computed.
      if (!isUse(source) || this.allocation.intervalOf(source.register) !== interval) this.saveIfNeeded(to.register);
    }
    const destination = this.resolve(target);
    if (destination === next) return;
    const isBackward = this.labels.get(destination)!.offset !== undefined;
    const isSmall = destination.instructions.length <= MAX_ROTATED && !destination.instructions.some((i) => i.isCall);
    if (isBackward && destination.terminator.kind === 'branch' && isSmall) {
      this.emitBlock(destination, next);
      return;
    }
    this.asm.jmp(this.labelOf(destination));
  }

  private branch(t: MachineBlock['terminator'] & { kind: 'branch' }, next: MachineBlock | undefined): void {
    const ifTrue = this.resolve(t.ifTrue);
    const ifFalse = this.resolve(t.ifFalse);
    if (ifTrue === ifFalse) {
      // A load that was folded into the first comparison (only there one can be) faults all the same.
      t.condition.parts[0].emit(this);
      if (ifTrue !== next) this.asm.jmp(this.labelOf(ifTrue));
      return;
    }
    const [yes, no] = [this.labelOf(ifTrue), this.labelOf(ifFalse)];
    const { parts, mode } = t.condition;
    parts.slice(0, -1).forEach(({ emit, test }) => {
      emit(this);
      if (mode === 'any') this.jumpIf(test, yes, undefined);
      else this.jumpIf(invertTest(test), no, undefined);
    });
    const { emit, test } = parts[parts.length - 1];
    emit(this);
    if (ifTrue === next) this.jumpIf(invertTest(test), no, yes);
    else {
      this.jumpIf(test, yes, no);
      if (ifFalse !== next) this.asm.jmp(no);
    }
  }

  /** Jumps if the test holds and otherwise falls through; `otherwise` is a label there, if there is one. */
  private jumpIf({ conditions, mode }: Test, target: Label, otherwise: Label | undefined): void {
    if (mode === 'any' || conditions.length === 1) {
      for (const c of conditions) this.asm.jcc(c, target);
      return;
    }
    const past = otherwise ?? new Label();
    for (const c of conditions.slice(0, -1)) this.asm.jcc(invert(c), past);
    this.asm.jcc(conditions[conditions.length - 1], target);
    if (!otherwise) this.asm.bind(past);
  }

  /** The last target is the default. */
  private switch(index: Use, targets: readonly MachineBlock[], next: MachineBlock | undefined): void {
    const { asm } = this;
    const value = this.gpr(index, 4);
    const fallback = targets[targets.length - 1];
    const cases = targets.slice(0, -1);
    if (cases.length <= 3) {
      cases.forEach((target, i) => {
        if (i === 0) asm.test(value, value);
        else asm.cmp(value, i);
        asm.jcc('e', this.labelOf(target));
      });
      if (this.resolve(fallback) !== next) asm.jmp(this.labelOf(fallback));
      return;
    }
    asm.cmp(value, cases.length);
    asm.jcc('ae', this.labelOf(fallback));
    const table = this.sink.jumpTable(cases.map((target) => this.labelOf(target)));
    asm.jmp(symbolIndexed(table, this.gpr(index, 8), 8));
  }

  // ---- operands (Code)

  private registerOf(operand: Use | Def): number | undefined {
    return this.allocation.intervalOf(operand.register).register;
  }

  gpr(operand: Use | Def, width: Width): Rm & { kind: 'gpr' } {
    const register = this.registerOf(operand);
    if (register === undefined) throw new Error(`operand of ${this.f.name} is not in a register`);
    return gpr(register, width);
  }

  physical(register: number, width: Width) {
    return gpr(register, width);
  }

  rm(operand: Use | Def, width: Width): Rm {
    const register = this.registerOf(operand);
    return register === undefined ? { ...this.slotMemory(operand), width } : gpr(register, width);
  }

  xmm(operand: Use | Def): Xmm {
    const register = this.registerOf(operand);
    if (register === undefined) throw new Error(`operand of ${this.f.name} is not in a register`);
    return xmm(register - FIRST_XMM);
  }

  xmmRm(operand: Use | Def): XmmRm {
    const register = this.registerOf(operand);
    return register === undefined ? this.slotMemory(operand) : xmm(register - FIRST_XMM);
  }

  private slotMemory(operand: Use | Def): Mem {
    const { slot } = this.allocation.intervalOf(operand.register);
    if (slot === undefined) throw new Error(`operand of ${this.f.name} has no place`);
    return ptr(rbp, this.slotDisp(slot));
  }

  mem(address: Address, width?: Width): Mem {
    const { symbol, disp, scale, segment } = address;
    if (symbol !== undefined) return { ...symbolAt(symbol, disp), width };
    const base = address.window ? r15 : address.base && this.gpr(address.base, 8);
    const index = address.index && this.gpr(address.index, 8);
    const m: Mem = index ? indexed(base, index, scale, disp) : { kind: 'mem', base, scale: 1, disp };
    return { ...m, width, address32: address.address32, segment };
  }

  result(def: Def | undefined, width: Width) {
    return def ? this.gpr(def, width) : scratch(width);
  }

  resultXmm(def: Def | undefined): Xmm {
    return def ? this.xmm(def) : scratchXmm;
  }

  /** Does not touch flags. */
  copyToResult(def: Def, source: Source, width: Width) {
    const result = this.gpr(def, width);
    if (!isUse(source)) this.asm.mov(result, width === 4 ? BigInt.asUintN(32, source.constant) : source.constant);
    else if (!this.same(source, def)) this.asm.mov(result, this.rm(source, width));
    return result;
  }

  copyToResultXmm(def: Def, source: Source): Xmm {
    const result = this.xmm(def);
    if (!isUse(source)) {
      if (source.constant === 0n) this.asm.packed('xor', result, result);
      else this.asm.movs(source.width, result, this.constantMemory(source.constant, source.width));
    } else if (!this.same(source, def)) this.asm.movs(8, result, this.xmmRm(source));
    return result;
  }

  same(a: Use | Def, b: Use | Def): boolean {
    const [x, y] = [this.registerOf(a), this.registerOf(b)];
    return x !== undefined && x === y;
  }

  outOfLine(body: () => void): Label {
    const label = new Label();
    this.outOfLineCode.push({ label, body, pc: this.pc });
    return label;
  }

  trap(name: TrapName): Label {
    return this.outOfLine(() => this.trapHere(name));
  }

  trapHere(name: TrapName): void {
    this.sink.trap(this.asm.position, name, this.pc);
    this.asm.op('ud2');
    this.asm.emit(trapCodes[name]);
  }

  noteDivision(): void {
    this.sink.trap(this.asm.position, 'integer divide by zero or overflow', this.pc);
  }

  callFunction(index: number): void {
    this.sink.callFunction(this.asm, index);
  }

  callHelper(name: string): void {
    this.sink.callHelper(this.asm, name);
  }
}
