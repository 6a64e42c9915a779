// SPDX-License-Identifier: MIT
/**
 * @fileoverview Registers of a region. General and vector registers that it touches are wasm locals, loaded at its beginning and stored at its
 * end; all other state is accessed where it lies, at constant addresses.
 *
 * In a region that keeps its registers in state (`through`), a local holds one only within a block, from its first use on, and every change is stored
 * at once.
 *
 * Legacy code holds its general registers, its addresses and RIP in i32 locals ("words"): upper halves are zero then, or the region is not
 * entered (`SLOT.ODD`).
 *
 * Locals are of two kinds: temporaries live as long as a block and are used again in the next, lasting ones have a name.
 */
import { Emitter } from '../../ir/emit.ts';
import { type FlagDefs, PACKED } from '../../ir/flags.ts';
import { ORDINARY, ORDINARY_MASK } from '../../ir/float.ts';
import { Scoped } from '../../ir/scoped.ts';
import { SLOT, XMM } from '../../ir/state.ts';
import type { RegRef, Type, Value } from '../../ir/value.ts';
import { Code, I32, I64, V128, type WasmType } from '../../wasm/module.ts';

/** Parameters of a region: what is left of the budget, and the head that it was entered through. */
export const BUDGET = 0;
export const HEAD_LOCAL = 1;
const PARAMETERS = 2;
const FPR_END = XMM(16);
/** Bytes that most regions' code fits in. */
const ROOM = 8192;
/** Types have consecutive numbers, that of I32 being the last. */
const typeNumber = (type: WasmType): number => I32 - type;

export interface RegionPlace {
  /** State of the processor, and the translation block of the mode. */
  base: number;
  tlb: number;
  /** Functions of the module; see `wasm/divide.ts`, `interp/bulk.ts`. */
  divideWide: () => number;
  bulk: () => number;
  /** Whether registers and addresses have 64 bits. */
  long: boolean;
  /** Segments ES, CS, SS and DS begin at 0 and allow everything, or the region is not entered. */
  flat: boolean;
  /** Address of counters (`trace.ts`), or 0. */
  counters: number;
  /** Code of a kernel. */
  kernel: boolean;
}

export abstract class RegionRegisters extends Emitter {
  readonly place: RegionPlace;
  exitLabel = 0;
  /** Registers are kept in state, and in locals only within a block: for code that is entered and left more than it loops. */
  through = false;
  flags: FlagDefs = PACKED;
  /** Of the current instruction: page offsets of itself and the next, of its target; instructions of the block not done yet; segment. */
  offset = 0;
  next = 0;
  target = 0;
  undone = 0;
  sourceSegment = 0;
  protected readonly slots = new Map<number, number>();
  protected readonly written = new Set<number>();
  /** Temporaries by `typeNumber`, and how many of them are in use. */
  private readonly pool: number[][] = [[], [], [], [], []];
  protected used = [0, 0, 0, 0, 0];
  protected readonly named = new Map<string, number>();
  private readonly keys = new Map<number, Value>();
  /** Lower halves of i64 values. */
  protected lowOf = new Scoped<Value, number>();
  /** Type of general registers, addresses and RIP. */
  protected readonly word: WasmType;

  constructor(place: RegionPlace) {
    super(PARAMETERS);
    this.code = new Code(ROOM);
    this.place = place;
    this.word = place.long ? I64 : I32;
  }

  // Locals.

  /** Temporaries live as long as a block. */
  beginBlock(): void {
    this.cached = new Scoped();
    this.lowOf = new Scoped();
    this.hostOf = new Scoped();
    this.used = [0, 0, 0, 0, 0];
    this.flags = PACKED;
  }
  override newLocal(type: WasmType): number {
    const n = typeNumber(type);
    const list = this.pool[n];
    const at = this.used[n]++;
    if (at === list.length) list.push(super.newLocal(type));
    return list[at];
  }
  protected lasting(name: string, type: WasmType): number {
    let local = this.named.get(name);
    if (local === undefined) {
      local = super.newLocal(type);
      this.named.set(name, local);
    }
    return local;
  }
  protected registerLocal(slot: number): number {
    let local = this.slots.get(slot);
    if (local === undefined) {
      local = super.newLocal(slot >= XMM(0) ? V128 : slot < SLOT.RIP ? this.word : I64);
      this.slots.set(slot, local);
    }
    return local;
  }
  /** The slot whose local holds a register, or -1 if it is accessed in state. */
  protected home(slot: number): number {
    if (slot < SLOT.RIP) return slot & ~7;
    if (slot === SLOT.FR || slot === SLOT.FC) return slot;
    return slot >= XMM(0) && slot < FPR_END ? slot & ~15 : -1;
  }
  protected get page(): number {
    return this.lasting('page', this.word);
  }
  /** Whether MXCSR is ordinary (`ir/float.ts`): what else would change it leaves the region. */
  protected get ordinary(): number {
    return this.lasting('ordinary', I32);
  }
  protected setOrdinary(c: Code): void {
    c.i32(this.place.base)
      .mem('i32.load', SLOT.MXCSR)
      .i32(ORDINARY_MASK)
      .op('i32.and')
      .i32(ORDINARY)
      .op('i32.eq')
      .set(this.ordinary);
  }

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
    c.get(this.held(home));
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
    const part = value.type === 'i8' || value.type === 'i16';
    const local = part ? this.held(home) : this.registerLocal(home);
    if (this.isNarrow(home)) {
      this.setNarrow(local, slot !== home, value);
      this.changed(home);
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
      this.changed(home);
      return;
    }
    this.emit(value);
    if (value.type === 'i32') c.op('i64.extend_i32_u');
    c.set(local);
    this.changed(home);
  }
  /** The local of a register, which holds it. */
  protected held(home: number): number {
    const local = this.registerLocal(home);
    if (this.through && !this.cached.has(this.keyOf(home))) {
      this.loadHome(this.code, home).set(local);
      this.cached.set(this.keyOf(home), local);
    }
    return local;
  }
  /** The local of a register has been set. */
  protected changed(home: number): void {
    this.written.add(home);
    if (!this.through) return;
    const local = this.registerLocal(home);
    this.storeHome(home, local);
    if (!this.cached.has(this.keyOf(home))) this.cached.set(this.keyOf(home), local);
  }
  private keyOf(home: number): Value {
    let key = this.keys.get(home);
    if (!key) {
      key = {} as Value;
      this.keys.set(home, key);
    }
    return key;
  }
  protected loadHome(c: Code, slot: number): Code {
    if (slot < SLOT.RIP) return this.loadWord(c, slot);
    c.i32(this.place.base);
    return slot >= XMM(0) ? c.simdMem('v128.load', slot) : c.mem('i64.load', slot);
  }
  protected storeHome(slot: number, local: number): void {
    const c = this.code;
    if (slot < SLOT.RIP) {
      this.storeWord(slot, local);
      return;
    }
    c.i32(this.place.base).get(local);
    if (slot >= XMM(0)) c.simdMem('v128.store', slot);
    else c.mem('i64.store', slot);
  }
  protected isNarrow(home: number): boolean {
    return home >= 0 && home < SLOT.RIP && !this.place.long;
  }
  /** Pushes the lower half of an i64 of legacy code. */
  abstract low(value: Value): void;
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
  protected loadWord(c: Code, slot: number): Code {
    return c.i32(this.place.base).mem(this.place.long ? 'i64.load' : 'i32.load', slot);
  }
  /** The upper half of a register of legacy code is zero and stays so. */
  protected storeWord(slot: number, local: number): void {
    this.code
      .i32(this.place.base)
      .get(local)
      .mem(this.place.long ? 'i64.store' : 'i32.store', slot);
  }
}
