// SPDX-License-Identifier: MIT
/**
 * @fileoverview IR to wasm for compiled regions: what registers, memory accesses, faults and flags are there.
 *
 * General and vector registers that a region touches are wasm locals, loaded at its beginning and stored at its end; all other state is
 * accessed where it lies, at constant addresses. Flags are symbolic within a block. At its borders they are packed in locals FR and FC if
 * an instruction may read them there; if only an exit may show them, their operands are kept in LA, LB and LR with the number of the `Shape`
 * that makes flags of them, in LK, and the exit does that (LK 0: FR and FC hold).
 *
 * Legacy code holds its general registers, its addresses and RIP in i32 locals: upper halves are zero then, or the region is not entered
 * (`SLOT.ODD`). IR addresses are i64 in every mode; `low` computes their lower half with 32-bit operations.
 *
 * An access probes the TLB. Accesses through the stack pointer of legacy code compare with the entry that the one before them found, which nothing
 * changes while the region runs.
 *
 * The region is left before an instruction by setting LEAVE and branching to the common exit. Nothing of the instruction has been
 * committed then, since the builder puts commits behind all that can leave.
 */
import { Builder, type LateFlags } from '../ir/builder.ts';
import { Emitter } from '../ir/emit.ts';
import { type FlagDefs, PACKED, pack } from '../ir/flags.ts';
import { ORDINARY, ORDINARY_MASK } from '../ir/float.ts';
import {
  ACCESS,
  HEAD,
  LEAVE,
  type MemoryAccess,
  ODD_REGISTERS,
  ODD_SEGMENTS,
  RECORD,
  SLOT,
  TLB_ENTRIES,
  TLB_READ,
  TLB_WRITE,
  XMM,
} from '../ir/state.ts';
import { type CompareOp, type Effect, FLAGS, type Op, type RegRef, type Shortcut, type Type, type Value } from '../ir/value.ts';
import { Code, I32, I64, V128, type WasmType } from '../wasm/module.ts';
import { COUNTERS } from './trace.ts';

const BUDGET = 0;
const HEAD_LOCAL = 1;
const PARAMETERS = 2;
const FPR_END = XMM(16);

/** Makes flags of the operands in LA, LB and LR. */
interface Shape {
  key: string;
  flags(ir: Builder, a: Value, b: Value, r: Value): FlagDefs;
  type: Type;
}

export interface RegionPlace {
  /** State of the processor, and the translation block of the mode. */
  base: number;
  tlb: number;
  /** Functions of the module; see `wasm/divide.ts`, `interp/bulk.ts`. */
  divideWide: number;
  bulk: number;
  /** Whether registers and addresses have 64 bits. */
  long: boolean;
  /** Segments ES, CS, SS and DS begin at 0 and allow everything, or the region is not entered. */
  flat: boolean;
  /** Address of counters (`trace.ts`), or 0. */
  counters: number;
}

export class RegionEmitter extends Emitter {
  readonly place: RegionPlace;
  exitLabel = 0;
  /** Leaves into another translation block somewhere. */
  private far = false;
  /** Calls helpers. */
  private helps = false;
  flags: FlagDefs = PACKED;
  /** Of the current instruction: page offsets of itself and the next, of its target; instructions of the block not done yet; segment. */
  offset = 0;
  next = 0;
  target = 0;
  undone = 0;
  sourceSegment = 0;
  private readonly slots = new Map<number, number>();
  private readonly written = new Set<number>();
  private readonly shapes: Shape[] = [];
  private readonly pool: { type: WasmType; local: number }[] = [];
  private free: { type: WasmType; local: number }[] = [];
  private readonly named = new Map<string, number>();
  /** Lower halves of i64 values. */
  private lowOf = new Map<Value, number>();
  /** Type of general registers, addresses and RIP. */
  private readonly word: WasmType;

  constructor(place: RegionPlace) {
    super(PARAMETERS);
    this.place = place;
    this.word = place.long ? I64 : I32;
  }

  // Locals.

  /** Temporaries live as long as a block. */
  beginBlock(): void {
    this.cached = new Map();
    this.lowOf = new Map();
    this.hostOf = new Map();
    this.free = [...this.pool];
    this.flags = PACKED;
  }
  override newLocal(type: WasmType): number {
    const i = this.free.findIndex((x) => x.type === type);
    if (i >= 0) return this.free.splice(i, 1)[0].local;
    const local = super.newLocal(type);
    this.pool.push({ type, local });
    return local;
  }
  private lasting(name: string, type: WasmType): number {
    let local = this.named.get(name);
    if (local === undefined) {
      local = super.newLocal(type);
      this.named.set(name, local);
    }
    return local;
  }
  private registerLocal(slot: number): number {
    let local = this.slots.get(slot);
    if (local === undefined) {
      local = super.newLocal(slot >= XMM(0) ? V128 : slot < SLOT.RIP ? this.word : I64);
      this.slots.set(slot, local);
    }
    return local;
  }
  /** The slot whose local holds a register, or -1 if it is accessed in state. */
  private home(slot: number): number {
    if (slot < SLOT.RIP) return slot & ~7;
    if (slot === SLOT.FR || slot === SLOT.FC) return slot;
    return slot >= XMM(0) && slot < FPR_END ? slot & ~15 : -1;
  }
  private get page(): number {
    return this.lasting('page', this.word);
  }
  /** Why and where the region is left: head of a run, or -1 for RIP, -2 for RIP in another translation block, -3 behind a helper, or reason << 12 | offset. */
  private get how(): number {
    return this.lasting('how', I32);
  }
  /** Whether MXCSR is ordinary (`ir/float.ts`): what else would change it leaves the region. */
  private get ordinary(): number {
    return this.lasting('ordinary', I32);
  }
  private setOrdinary(c: Code): void {
    c.i32(this.place.base)
      .mem('i32.load', SLOT.MXCSR)
      .i32(ORDINARY_MASK)
      .op('i32.and')
      .i32(ORDINARY)
      .op('i32.eq')
      .set(this.ordinary);
  }
  private get helper(): number {
    return this.lasting('helper', I32);
  }
  private get record(): number {
    return this.lasting('record', I32);
  }
  private get rip(): number {
    return this.lasting('rip', this.word);
  }

  // What the base class asks for.

  override stateBase(): void {
    this.code.i32(this.place.base);
  }
  protected override tlbBase(): void {
    this.code.i32(this.place.tlb);
  }
  private slotOf(ref: RegRef): number {
    return 'slot' in ref ? ref.slot : this.sourceSegment + (ref.plus ?? 0);
  }
  protected override register(ref: RegRef, type: Type): void {
    const c = this.code;
    const slot = this.slotOf(ref);
    const home = this.home(slot);
    if (home < 0) {
      this.stateBase();
      this.loadAt(type, slot);
      return;
    }
    c.get(this.registerLocal(home));
    if (type === 'v128') return;
    const narrow = this.isNarrow(home);
    if (type === 'i64') {
      if (narrow) c.op('i64.extend_i32_u');
      return;
    }
    if (!narrow) c.op('i32.wrap_i64');
    if (type === 'i8' && slot !== home) c.i32(8).op('i32.shr_u');
    if (type === 'i8') c.i32(0xff).op('i32.and');
    if (type === 'i16') c.i32(0xffff).op('i32.and');
  }
  protected override setRegister(ref: RegRef, value: Value): void {
    const c = this.code;
    const slot = this.slotOf(ref);
    const home = this.home(slot);
    if (home < 0) {
      this.stateBase();
      this.emit(value);
      if (value.type === 'i32' && slot < SLOT.CPL) c.op('i64.extend_i32_u').mem('i64.store', slot);
      else this.storeAt(value.type, slot);
      if (slot === SLOT.MXCSR) this.setOrdinary(c);
      return;
    }
    const local = this.registerLocal(home);
    this.written.add(home);
    if (this.isNarrow(home)) {
      this.setNarrow(local, slot !== home, value);
      return;
    }
    if (value.type === 'i8' || value.type === 'i16') {
      const high = slot !== home;
      c.get(local)
        .i64(value.type === 'i16' ? ~0xffffn : high ? ~0xff00n : ~0xffn)
        .op('i64.and');
      this.clean(value);
      c.op('i64.extend_i32_u');
      if (high) c.i64(8n).op('i64.shl');
      c.op('i64.or').set(local);
      return;
    }
    this.emit(value);
    if (value.type === 'i32') c.op('i64.extend_i32_u');
    c.set(local);
  }
  private isNarrow(home: number): boolean {
    return home >= 0 && home < SLOT.RIP && !this.place.long;
  }
  private setNarrow(local: number, high: boolean, value: Value): void {
    const c = this.code;
    if (value.type === 'i8' || value.type === 'i16') {
      c.get(local)
        .i32(value.type === 'i16' ? ~0xffff : high ? ~0xff00 : ~0xff)
        .op('i32.and');
      this.clean(value);
      if (high) c.i32(8).op('i32.shl');
      c.op('i32.or');
    } else if (value.type === 'i64') this.low(value);
    else this.emit(value);
    c.set(local);
  }

  // Lower halves.

  /** Whether an i64 of legacy code is known to be below 2^32. */
  private isShort(value: Value): boolean {
    switch (value.op) {
      case 'const':
        return value.n <= MASK32;
      case 'zext':
        return true;
      case 'reg':
        return 'slot' in value.reg! && this.isNarrow(this.home(value.reg.slot));
      case 'and':
        return value.args.some((x) => this.isShort(x));
      default:
        return false;
    }
  }
  /** Pushes the lower half of an i64 of legacy code. */
  low(value: Value): void {
    const known = this.lowOf.get(value);
    if (known !== undefined) {
      this.code.get(known);
      return;
    }
    if (this.cached.has(value) || !this.computeLow(value)) {
      this.emit(value);
      this.code.op('i32.wrap_i64');
      return;
    }
    if (value.uses > 1 && value.op !== 'const') {
      const fresh = this.newLocal(I32);
      this.code.tee(fresh);
      this.lowOf.set(value, fresh);
    }
  }
  /** False, with nothing pushed, for operations whose lower half depends on upper ones. */
  private computeLow(value: Value): boolean {
    const c = this.code;
    const [a, b, d] = value.args;
    switch (value.op) {
      case 'const':
        c.i32(Number(BigInt.asIntN(32, value.n)));
        return true;
      case 'reg':
        this.register(value.reg!, 'i32');
        return true;
      case 'zext':
        this.clean(a);
        return true;
      case 'sext':
        this.signed(a);
        return true;
      case 'nextRip':
      case 'target':
        this.pushOffset(value.op === 'target' ? this.target : this.next);
        return true;
      case 'and':
        if (b.op === 'const' && (b.n & MASK32) === MASK32) {
          this.low(a);
          return true;
        }
        break;
      case 'shl':
        if (b.op !== 'const' || b.n >= 32n) return false;
        break;
      case 'select':
        this.low(b);
        this.low(d);
        this.emit(a);
        c.op('select');
        return true;
      case 'add':
      case 'sub':
      case 'or':
      case 'xor':
        break;
      case 'mul':
        // The product is often wanted whole as well.
        if (value.uses > 1) return false;
        break;
      default:
        return false;
    }
    this.low(a);
    this.low(b);
    c.op(`i32.${value.op}`);
    return true;
  }
  protected override compute(value: Value): void {
    if (isOrdinaryMxcsr(value)) {
      this.code.get(this.ordinary);
      return;
    }
    if (value.op === 'xor' && value.type === 'i1' && value.args[1].op === 'const' && value.args[1].n === 1n) {
      this.emitNot(value.args[0]);
      return;
    }
    if (!this.place.long) {
      const [a] = value.args;
      if (value.op === 'trunc' && a.type === 'i64') {
        this.low(a);
        if (value.type === 'i1') this.code.i32(1).op('i32.and');
        return;
      }
      if (value.type === 'i64' && value.op !== 'const' && this.isShort(value)) {
        const known = this.lowOf.get(value);
        if (known !== undefined) this.code.get(known);
        else if (!this.computeLow(value)) {
          super.compute(value);
          return;
        }
        this.code.op('i64.extend_i32_u');
        return;
      }
    }
    super.compute(value);
  }
  override pin(value: Value): void {
    if (this.place.long || value.type !== 'i64' || !this.isShort(value)) {
      super.pin(value);
      return;
    }
    if (value.op === 'const' || this.cached.has(value) || this.lowOf.has(value)) return;
    this.low(value);
    if (this.lowOf.has(value)) {
      this.code.op('drop');
      return;
    }
    const local = this.newLocal(I32);
    this.code.set(local);
    this.lowOf.set(value, local);
  }
  /** Pushes the negation of a condition, as the opposite comparison if it is one. */
  private emitNot(value: Value): void {
    const opposite = OPPOSITE[value.op];
    if (!opposite || value.uses > 1 || this.cached.has(value)) {
      this.emit(value);
      this.code.op('i32.eqz');
      return;
    }
    const [a, b] = value.args;
    const [op, swapped] = opposite;
    super.compute({ ...value, op, args: swapped ? [b, a] : [a, b] });
  }
  /** Pushes RIP at an offset from the page, not wrapped in 64-bit code. */
  private pushOffset(offset: number): void {
    const c = this.code.get(this.page);
    if (this.place.long) c.i64(BigInt(offset)).op('i64.add');
    else c.i32(offset).op('i32.add');
  }
  /** Pushes the word in a local as an i64. */
  private pushWord(local: number): void {
    this.code.get(local);
    if (!this.place.long) this.code.op('i64.extend_i32_u');
  }

  protected override leaf(value: Value): void {
    if (value.op === 'time') {
      this.stateBase();
      this.code.mem('i64.load', SLOT.TIME_END).get(BUDGET).i32(this.undone).op('i32.add').op('i64.extend_i32_s').op('i64.sub');
      return;
    }
    if (value.op !== 'nextRip' && value.op !== 'target') throw new Error(`a region has no leaf ${value.op}`);
    this.pushOffset(value.op === 'target' ? this.target : this.next);
    if (!this.place.long) this.code.op('i64.extend_i32_u');
  }
  /** A rip-relative address. */
  pageAddress(ir: Builder, offset: number): Value {
    const page = ir.leaf('reg', 'i64', { reg: { slot: SLOT.PAGE } });
    this.cached.set(page, this.page);
    return ir.add(page, ir.const(offset, 'i64'));
  }
  protected override recordSegment(): void {
    this.code.i32(this.place.base + this.sourceSegment);
  }
  protected override recordBytes(): void {
    throw new Error('an access of unknown size');
  }
  protected override divideWide(): void {
    const c = this.code;
    const [divisor, low, high] = [this.newLocal(I64), this.newLocal(I64), this.newLocal(I64)];
    c.set(divisor).set(low).tee(high).op('i64.eqz');
    this.openIf(I64);
    c.get(low).get(divisor).op('i64.div_u');
    c.else();
    c.get(high).get(low).get(divisor).call(this.place.divideWide);
    this.close();
  }
  protected override callHelper(): void {
    throw new Error('regions call no helpers');
  }
  protected override control(): void {
    throw new Error('regions call no helpers');
  }
  protected override goOnIf(): void {
    throw new Error('regions call no helpers');
  }
  /** Leaves the instruction to the interpreter where the helper at its end would be called. */
  requireNoHelper(unless: Value): void {
    this.emit(unless);
    this.code.op('i32.eqz');
    this.openIf();
    this.leave(LEAVE.unusual);
    this.close();
  }
  protected override callUnless(_: Effect & { k: 'call' }, { when, value }: Shortcut, out: Value): void {
    this.pin(value);
    const fast = this.openBlock();
    const slow = this.openBlock();
    this.unlessAll(when, slow);
    this.br(fast);
    this.close();
    this.leave(LEAVE.unusual);
    this.close();
    this.emit(value);
    this.bind(out);
  }
  /** Branches to a label unless a condition holds, test by test: the first that fails decides. */
  private unlessAll(when: Value, label: number): void {
    if (when.type === 'i1' && when.uses <= 1 && !this.cached.has(when)) {
      if (when.op === 'and') {
        for (const x of when.args) this.unlessAll(x, label);
        return;
      }
      if (when.op === 'or') {
        const [a, b] = when.args;
        this.emitNot(a);
        this.openIf();
        this.inside(() => this.unlessAll(b, label));
        this.close();
        return;
      }
    }
    this.emitNot(when);
    this.brIf(label);
  }
  protected override afterStore(): void {}
  protected override jump(): void {
    throw new Error('branches belong to the region');
  }
  protected override repeat(): void {
    throw new Error('repetitions are not compiled');
  }
  protected override raise(): void {
    this.leave(LEAVE.fault);
  }
  protected override miss(): void {
    this.leave(LEAVE.memory);
  }
  protected override translate(address: Value, size: number, access: MemoryAccess): number {
    const c = this.code;
    const linear = this.newLocal(this.word);
    const host = this.newLocal(I32);
    if (this.place.long) this.emit(address);
    else this.low(address);
    c.set(linear);
    if (!this.place.long && isStack(address)) {
      const kind = access === ACCESS.read ? 'Read' : 'Write';
      const tag = this.lasting(`stack${kind}`, I64);
      const addend = this.lasting(`stack${kind}At`, I32);
      this.differs(linear, size, () => c.get(tag));
      this.openIf();
      c.get(this.probe(linear, size, access, (entry, table) => c.get(entry).mem('i64.load', table).tee(tag)))
        .mem('i32.load', this.tableOf(access) + 8)
        .set(addend);
      this.close();
      c.get(linear).get(addend).op('i32.add').set(host);
      return host;
    }
    const entry = this.probe(linear, size, access, (at, table) => c.get(at).mem('i64.load', table));
    c.get(linear);
    if (this.place.long) c.op('i32.wrap_i64');
    c.get(entry)
      .mem('i32.load', this.tableOf(access) + 8)
      .op('i32.add')
      .set(host);
    return host;
  }
  private tableOf(access: MemoryAccess): number {
    return this.place.tlb + (access === ACCESS.read ? TLB_READ : TLB_WRITE);
  }
  /** Finds the TLB entry of an address, or leaves; `pushTag` pushes the tag of the entry in a local. Returns that local. */
  private probe(linear: number, size: number, access: MemoryAccess, pushTag: (entry: number, table: number) => unknown): number {
    const c = this.code;
    const entry = this.newLocal(I32);
    c.get(linear);
    if (this.place.long) c.op('i32.wrap_i64');
    c.i32(8)
      .op('i32.shr_u')
      .i32((TLB_ENTRIES - 1) << 4)
      .op('i32.and')
      .set(entry);
    this.differs(linear, size, () => pushTag(entry, this.tableOf(access)));
    this.openIf();
    this.leave(LEAVE.memory);
    this.close();
    return entry;
  }
  /**
   * Pushes whether any of some bytes are in another page than that of a tag. Tags of other pages differ above the offset (see `mmu/tlb.ts`). V8 moves
   * what a comparison for greater guards out of the way.
   */
  private differs(linear: number, size: number, pushTag: () => unknown): void {
    pushTag();
    this.pushWord(linear);
    this.code
      .op('i64.xor')
      .i64(BigInt(4096 - size))
      .op('i64.gt_u');
  }

  /** The local that numbers the entry to go on at. */
  get entry(): number {
    return this.lasting('entry', I32);
  }
  /** The local of an evaluated branch target. */
  pinned(value: Value): number {
    this.pin(value);
    const low = this.lowOf.get(value);
    if (low !== undefined) return low;
    const local = this.cached.get(value);
    if (local === undefined) throw new Error('a constant branch target');
    if (this.place.long) return local;
    const fresh = this.newLocal(I32);
    this.code.get(local).op('i32.wrap_i64').set(fresh);
    return fresh;
  }
  /** Emits one arm of a condition: what is evaluated and allocated there is forgotten behind it. */
  inside(emit: () => void): void {
    const cached = new Map(this.cached);
    const lowOf = new Map(this.lowOf);
    const hostOf = new Map(this.hostOf);
    const { flags, free, offset, undone } = this;
    this.free = [...free];
    emit();
    this.cached = cached;
    this.lowOf = lowOf;
    this.hostOf = hostOf;
    Object.assign(this, { flags, free, offset, undone });
  }
  /** The flags have been packed by the instruction's own commits. */
  packed(): void {
    this.code.i32(0).set(this.lasting('LK', I32));
    this.flags = PACKED;
  }

  /** A repeated MOVS or STOS: what does not go in stretches is left to the interpreter. `reserve`: budget that must remain. */
  bulk(bytes: number, copies: boolean, reserve: number): void {
    const c = this.code;
    const { base, tlb, long } = this.place;
    const done = this.newLocal(I32);
    const changed = copies ? [SLOT.rcx, SLOT.rsi, SLOT.rdi] : [SLOT.rcx, SLOT.rdi];
    for (const slot of copies ? changed : [SLOT.rax, ...changed]) this.storeWord(slot, this.registerLocal(slot));
    c.i32(base).i32(tlb).get(BUDGET).i32(reserve).op('i32.sub').i32(bytes);
    c.i32(copies ? base + this.sourceSegment : 0)
      .call(this.place.bulk)
      .set(done);
    for (const slot of changed) {
      this.written.add(slot);
      this.loadWord(c, slot).set(this.registerLocal(slot));
    }
    // Every iteration counts as an instruction, of which the block has charged one.
    c.get(BUDGET).get(done).op('i32.sub').set(BUDGET);
    c.get(this.registerLocal(SLOT.rcx));
    if (long) c.i64(0n).op('i64.ne');
    this.openIf();
    this.leave(LEAVE.memory);
    this.close();
    c.get(BUDGET).get(done).i32(0).op('i32.ne').op('i32.add').set(BUDGET);
  }

  // Leaving.

  /** Leaves the current instruction to the interpreter. It stands inside a condition: nothing it evaluates is kept for others. */
  leave(why: number): void {
    this.leaveFor((why << 12) | this.offset, this.undone);
  }
  private leaveFor(how: number, undone: number): void {
    const saved = new Map(this.cached);
    const savedLow = new Map(this.lowOf);
    const { flags, free } = this;
    this.free = [...free];
    this.keepFlags();
    if (undone > 0) this.code.get(BUDGET).i32(undone).op('i32.add').set(BUDGET);
    this.code.i32(how).set(this.how);
    this.br(this.exitLabel);
    this.cached = saved;
    this.lowOf = savedLow;
    this.flags = flags;
    this.free = free;
  }
  /** Goes on at the run of a head in the same page. */
  exitToRun(head: number): void {
    this.leaveFor(head, 0);
  }
  /** Goes on at an address: a local, or an offset from the page. */
  exitToLocal(local: number): void {
    this.code.get(local).set(this.rip);
    this.leaveFor(-1, 0);
  }
  /** Behind the commits of an instruction: passes what the helper at its end is given. */
  prepareHelp({ helper, args }: Effect & { k: 'control' }, record: number): void {
    this.passArguments(args);
    this.code.i32(helper.index).set(this.helper).i32(record).set(this.record);
  }
  /** Leaves to where that helper takes the processor. */
  help(): void {
    this.helps = true;
    this.leaveFor(-3, 0);
  }
  /** Goes on at an address in an i64 local, in the translation block that state names. */
  exitFar(local: number): void {
    this.code.get(local).set(this.rip);
    this.far = true;
    this.leaveFor(-2, 0);
  }
  exitToOffset(offset: number): void {
    this.pushOffset(offset);
    this.code.set(this.rip);
    this.leaveFor(-1, 0);
  }
  charge(instructions: number): void {
    this.code.get(BUDGET).i32(instructions).op('i32.sub').set(BUDGET);
  }
  /** Leaves to the interpreter at a page offset if the rest of the region may need more than the budget. */
  checkBudget(need: number, offset: number): void {
    this.code.get(BUDGET).i32(need).op('i32.lt_s');
    this.openIf();
    this.leaveFor((LEAVE.budget << 12) | offset, 0);
    this.close();
  }

  /**
   * At the beginning of the function: leaves its entry to the interpreter if the budget may not last, or where 16-bit branches could wrap,
   * which they do within a page only where the 64 KiB of the code segment end in it, or where legacy code is not what it was.
   */
  checkEntry(need: number, wraps: boolean): void {
    const c = this.code;
    const { base, long, flat } = this.place;
    const leaveFor = (why: number): void => {
      this.openIf();
      c.get(HEAD_LOCAL)
        .mem('i32.load16_u', RECORD.next)
        .i32(why << 12)
        .op('i32.or')
        .set(this.how);
      this.br(this.exitLabel);
      this.close();
    };
    if (!long) {
      c.i32(base)
        .mem('i32.load', SLOT.ODD)
        .i32(flat ? ODD_REGISTERS | ODD_SEGMENTS : ODD_REGISTERS)
        .op('i32.and');
      leaveFor(LEAVE.mode);
    }
    c.get(BUDGET).i32(need).op('i32.lt_s');
    if (wraps) c.get(this.page).i32(0xf000).op('i32.gt_u').op('i32.or');
    leaveFor(LEAVE.budget);
  }
  /**
   * Opens a condition: the address in a local is an entry of this region, whose number is set. `table` has, for each offset in the page, one more than
   * the number of the entry there. Code of the page that runs is known to be mapped: nobody else has to be asked.
   */
  dispatchInside(local: number, table: number, need: number): void {
    const c = this.code;
    const offset = this.newLocal(I32);
    c.get(local).get(this.page);
    if (this.place.long) c.op('i64.sub').op('i32.wrap_i64');
    else c.op('i32.sub');
    if (this.place.long) c.set(offset).get(local).get(this.page).op('i64.sub').i64(4096n).op('i64.lt_u');
    else c.tee(offset).i32(4096).op('i32.lt_u');
    this.openIf(I32);
    c.get(offset).mem('i32.load8_u', table);
    c.else();
    c.i32(0);
    this.close();
    c.tee(offset).i32(0).op('i32.ne');
    c.get(BUDGET).i32(need).op('i32.ge_s').op('i32.and');
    this.openIf();
    c.get(offset).i32(1).op('i32.sub').set(this.entry);
  }

  // Flags.

  /** Evaluates what flags are made of, before registers change. */
  pinFlags(defs: Partial<FlagDefs>): void {
    for (const flag of FLAGS) {
      const d = defs[flag];
      if (!d || d.kind === 'packed') continue;
      const values = d.kind === 'arith' ? [d.a, d.b, d.r] : d.kind === 'result' ? [d.r] : [d.v];
      for (const v of values) this.pin(v);
    }
  }
  /** Materialises FR and FC. */
  packFlags(): void {
    if (FLAGS.every((flag) => this.flags[flag].kind === 'packed')) return;
    const ir = new Builder(64, ENVIRONMENT, this.flags);
    const { fr, fc } = pack(ir, this.flags);
    const list: Effect[] = [];
    for (const [slot, value] of [
      [SLOT.FR, fr],
      [SLOT.FC, fc],
    ] as const) {
      if (!value) continue;
      value.uses++;
      list.push({ k: 'set', reg: { slot }, value });
    }
    this.effects(list);
    this.registerLocal(SLOT.FR);
    this.registerLocal(SLOT.FC);
    this.packed();
  }
  /** Makes the flags survive the block for an exit: as operands where they have a shape, else packed. */
  keepFlags(): void {
    const { flags } = this;
    if (FLAGS.every((flag) => flags[flag].kind === 'packed')) return;
    const { CF, ZF, OF, AF } = flags;
    if (ZF.kind !== 'result' || flags.SF !== ZF || flags.PF !== ZF || (ZF.r.type === 'i64' && !this.place.long)) {
      this.packFlags();
      return;
    }
    const type = ZF.r.type;
    const put = (value: Value, name: string): void => this.keepOperand(value, name);
    let shape: Shape;
    if (CF.kind === 'arith' && OF === CF && AF === CF && CF.r === ZF.r) {
      const { op } = CF;
      put(CF.a, 'LA');
      put(CF.b, 'LB');
      const carried = op === 'adc' || op === 'sbb';
      if (carried) put(CF.r, 'LR');
      shape = {
        key: `${op}/${type}`,
        type,
        flags: (ir, a, b, r) => ir.arith(op, a, b, carried ? r : op === 'add' ? ir.add(a, b) : ir.sub(a, b)),
      };
    } else if (isZero(CF) && isZero(OF) && isZero(AF)) {
      put(ZF.r, 'LR');
      shape = { key: `logic/${type}`, type, flags: (ir, _a, _b, r) => ({ ...ir.clearedFlags, ...ir.resultFlags(r) }) };
    } else {
      this.packFlags();
      return;
    }
    this.setShape(shape);
    this.flags = PACKED;
  }
  private setShape(shape: Shape): void {
    let number = this.shapes.findIndex((s) => s.key === shape.key);
    if (number < 0) number = this.shapes.push(shape) - 1;
    this.code.i32(number + 1).set(this.lasting('LK', I32));
  }
  private keepOperand(value: Value, name: string): void {
    this.emit(value);
    if (value.type !== 'i64' && this.place.long) this.code.op('i64.extend_i32_u');
    this.code.set(this.lasting(name, this.word));
  }
  /** Where `when` holds, flags that nobody needs but exits: keeps their operands, else what there was. */
  keepLate({ key, a, b, c, flags }: LateFlags, when: Value): void {
    for (const v of [a, b, c, when]) this.pin(v);
    this.keepFlags();
    this.emit(when);
    this.openIf();
    this.keepOperand(a, 'LA');
    this.keepOperand(b, 'LB');
    this.keepOperand(c, 'LR');
    this.setShape({ key: `late ${key}`, type: a.type, flags });
    this.close();
  }
  /** At the exit: packs what LK says. */
  private resolveShapes(): void {
    this.shapes.forEach((shape, i) => {
      const c = this.code;
      this.beginBlock();
      c.get(this.lasting('LK', I32))
        .i32(i + 1)
        .op('i32.eq');
      this.openIf();
      const ir = new Builder(64, ENVIRONMENT);
      const operand = (name: string): Value => {
        const whole = ir.leaf('reg', 'i64', { reg: { slot: SLOT.ZERO } });
        (this.place.long ? this.cached : this.lowOf).set(whole, this.lasting(name, this.word));
        const value = ir.trunc(whole, shape.type);
        value.uses = 2;
        return value;
      };
      this.flags = shape.flags(ir, operand('LA'), operand('LB'), operand('LR'));
      this.pinFlags(this.flags);
      this.packFlags();
      this.close();
    });
  }

  // The whole function.

  /** The common exit: state is stored, and control goes on where `how` says. */
  finish(
    functions: { dispatch: number; dispatchFar: number; help: number; interpret: number; type: number },
    head: { region: number; compiled: number },
  ): void {
    const c = this.code;
    const { base } = this.place;
    this.resolveShapes();
    for (const [slot, local] of this.slots) {
      if (!this.written.has(slot)) continue;
      if (slot < SLOT.RIP) {
        this.storeWord(slot, local);
        continue;
      }
      c.i32(base).get(local);
      if (slot >= XMM(0)) c.simdMem('v128.store', slot);
      else c.mem('i64.store', slot);
    }
    const storeRip = (): void => {
      c.i32(base);
      this.pushWord(this.rip);
      c.mem('i64.store', SLOT.RIP);
    };
    c.get(this.how).i32(-1).op('i32.eq');
    this.openIf();
    storeRip();
    c.get(BUDGET).returnCall(functions.dispatch);
    this.close();
    if (this.far) {
      c.get(this.how).i32(-2).op('i32.eq');
      this.openIf();
      storeRip();
      c.get(BUDGET).returnCall(functions.dispatchFar);
      this.close();
    }
    if (this.helps) {
      c.get(this.how).i32(-3).op('i32.eq');
      this.openIf();
      c.get(BUDGET).get(this.helper).get(this.record).returnCall(functions.help);
      this.close();
    }
    c.get(this.how).i32(0x10000).op('i32.lt_u');
    this.openIf();
    c.i32(base).get(this.page).get(this.how).i32(0xfff).op('i32.and');
    if (this.place.long) c.op('i64.extend_i32_u').op('i64.add');
    else c.op('i32.add').op('i64.extend_i32_u');
    c.mem('i64.store', SLOT.RIP);
    if (this.place.counters) {
      const counter = this.newLocal(I32);
      c.get(this.how).i32(12).op('i32.shr_u').i32(2).op('i32.shl').set(counter);
      count(c, () => c.get(counter), this.place.counters + COUNTERS.left);
    }
    c.get(BUDGET).get(this.how).i32(12).op('i32.shr_u').returnCall(functions.interpret);
    this.close();
    c.get(this.how).mem('i32.load16_u', 0).i32(head.compiled).op('i32.eq');
    this.openIf();
    c.get(BUDGET).get(this.how).get(this.how).mem('i32.load', head.region).returnCallIndirect(functions.type);
    this.close();
    c.i32(base).get(BUDGET).mem('i32.store', SLOT.BUDGET);
    c.get(this.how);
  }
  private loadWord(c: Code, slot: number): Code {
    return c.i32(this.place.base).mem(this.place.long ? 'i64.load' : 'i32.load', slot);
  }
  /** The upper half of a register of legacy code is zero and stays so. */
  private storeWord(slot: number, local: number): void {
    this.code
      .i32(this.place.base)
      .get(local)
      .mem(this.place.long ? 'i64.store' : 'i32.store', slot);
  }
  /** Loads what the body uses; to be put in front of it. */
  prologue(hasEntries: boolean): Code {
    const c = new Code();
    const { base } = this.place;
    if (this.place.counters) count(c, () => c.i32(0), this.place.counters + COUNTERS.entered);
    if (hasEntries) c.get(HEAD_LOCAL).mem('i32.load', HEAD.entry).set(this.entry);
    for (const kind of ['stackRead', 'stackWrite']) {
      const tag = this.named.get(kind);
      if (tag !== undefined) c.i64(-1n).set(tag);
    }
    if (this.named.has('ordinary')) this.setOrdinary(c);
    if (this.named.has('page')) this.loadWord(c, SLOT.PAGE).set(this.page);
    for (const [slot, local] of this.slots) {
      if (slot < SLOT.RIP) {
        this.loadWord(c, slot).set(local);
        continue;
      }
      c.i32(base);
      if (slot >= XMM(0)) c.simdMem('v128.load', slot);
      else c.mem('i64.load', slot);
      c.set(local);
    }
    return c;
  }
}

/** Whether an address begins with the stack pointer. */
function isStack(address: Value): boolean {
  let v = address;
  while (v.op === 'and' || v.op === 'add' || v.op === 'sub' || v.op === 'zext') v = v.args[0];
  return v.op === 'reg' && 'slot' in v.reg! && v.reg.slot === SLOT.rsp;
}
/** The test of `ordinaryMxcsr`. */
const isOrdinaryMxcsr = ({ op, args: [a, b] }: Value): boolean => {
  const state = a?.op === 'and' ? a.args[0].reg : undefined;
  return op === 'eq' && state !== undefined && 'slot' in state && state.slot === SLOT.MXCSR && b.n === BigInt(ORDINARY);
};
/** The comparison that holds where another one does not, and whether its operands are swapped. */
const OPPOSITE: Partial<Record<Op, [CompareOp, boolean]>> = {
  eq: ['ne', false],
  ne: ['eq', false],
  ult: ['ule', true],
  ule: ['ult', true],
  slt: ['sle', true],
  sle: ['slt', true],
};
/** Adds one to the i32 at `offset` behind the address that `push` pushes. */
function count(c: Code, push: () => void, offset: number): void {
  push();
  push();
  c.mem('i32.load', offset).i32(1).op('i32.add').mem('i32.store', offset);
}
const MASK32 = 0xffffffffn;
const ENVIRONMENT = { code: 64, stack: 64, address: 64 } as const;
const isZero = (d: FlagDefs['CF']): boolean => d.kind === 'bool' && d.v.op === 'const' && d.v.n === 0n;
