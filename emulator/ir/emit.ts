// SPDX-License-Identifier: MIT
/**
 * @fileoverview IR to wasm, shared by the interpreter's generator and the region compiler. A subclass says what leaves are and
 * what a TLB miss, a fault and a jump do; everything else is here once.
 *
 * Values are emitted as expression trees. A value that is used more than once is kept in a local; its first emission must
 * dominate the others, so anything that later code may need again is pinned before a wasm `if` opens.
 */
import { Code, F32, F64, I32, I64, V128, type WasmType } from '../wasm/module.ts';
import { OP, type OpName, SATURATING, type SaturatingName } from '../wasm/opcodes.ts';
import { Scoped } from './scoped.ts';
import { ACCESS, type MemoryAccess, SEG, SLOT, segmentSlot, TLB_ENTRIES, TLB_READ, TLB_WRITE } from './state.ts';
import { bits, type Effect, type HelperRef, type Op, type RegRef, type Shortcut, type Type, type Value } from './value.ts';

export const wasmType = (type: Type): WasmType =>
  type === 'i64' ? I64 : type === 'f64' ? F64 : type === 'f32' ? F32 : type === 'v128' ? V128 : I32;

const COMPARE: Partial<Record<Op, string>> = { eq: 'eq', ne: 'ne', ult: 'lt_u', ule: 'le_u', slt: 'lt_s', sle: 'le_s' };
const PLAIN: Partial<Record<Op, string>> = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  and: 'and',
  or: 'or',
  xor: 'xor',
  shl: 'shl',
  shr: 'shr_u',
  sar: 'shr_s',
  rotl: 'rotl',
  rotr: 'rotr',
  udiv: 'div_u',
  urem: 'rem_u',
  sdiv: 'div_s',
  srem: 'rem_s',
};
/** Opcodes of such operations, by the width of their operands. */
const opcodes = (names: Partial<Record<Op, string>>): Record<'i32' | 'i64', Partial<Record<Op, number>>> => {
  const of = (width: 'i32' | 'i64') =>
    Object.fromEntries(Object.entries(names).map(([op, name]) => [op, OP[`${width}.${name}` as OpName]]));
  return { i32: of('i32'), i64: of('i64') };
};
const COMPARE_CODES = opcodes(COMPARE);
export const PLAIN_CODES = opcodes(PLAIN);
const COUNT_CODES = opcodes({ popcount: 'popcnt', clz: 'clz', ctz: 'ctz' });
const LOAD: Record<Exclude<Type, 'v128'>, OpName> = {
  i1: 'i32.load8_u',
  i8: 'i32.load8_u',
  i16: 'i32.load16_u',
  i32: 'i32.load',
  i64: 'i64.load',
  f32: 'f32.load',
  f64: 'f64.load',
};
const STORE: Record<Exclude<Type, 'v128'>, OpName> = {
  i1: 'i32.store8',
  i8: 'i32.store8',
  i16: 'i32.store16',
  i32: 'i32.store',
  i64: 'i64.store',
  f32: 'f32.store',
  f64: 'f64.store',
};

export abstract class Emitter {
  code = new Code();
  /** Types of locals from `firstLocal` on. */
  readonly locals: WasmType[] = [];
  protected readonly firstLocal: number;
  protected cached = new Scoped<Value, number>();
  /** Host addresses of loads, for the store that follows. */
  protected hostOf = new Scoped<Value, number>();
  /** Open blocks, for branch depths. */
  private nest = 0;

  constructor(firstLocal: number) {
    this.firstLocal = firstLocal;
  }

  newLocal(type: WasmType): number {
    this.locals.push(type);
    return this.firstLocal + this.locals.length - 1;
  }
  br(label: number): void {
    this.code.br(this.nest - label);
  }
  brIf(label: number): void {
    this.code.brIf(this.nest - label);
  }
  /** Depth of `label` as an immediate at this place. */
  depth(label: number): number {
    return this.nest - label;
  }
  openIf(type?: WasmType): void {
    this.code.if(type);
    this.nest++;
  }
  openBlock(type?: WasmType): number {
    this.code.block(type);
    return ++this.nest;
  }
  openLoop(): number {
    this.code.loop();
    return ++this.nest;
  }
  close(): void {
    this.code.end();
    this.nest--;
  }

  // What an engine decides.

  /** Pushes the i32 base that state offsets are relative to. */
  abstract stateBase(): void;
  /** Pushes the base of the current translation block. */
  protected abstract tlbBase(): void;
  protected abstract register(ref: RegRef, type: Type): void;
  protected abstract setRegister(ref: RegRef, value: Value): void;
  protected abstract leaf(value: Value): void;
  /** Inside the miss branch: puts a host address into local `host`, or leaves the instruction. */
  protected abstract miss(address: number, size: number, access: MemoryAccess, host: number): void;
  /** Leaves the instruction with a fault; the condition has been tested. */
  protected abstract raise(vector: number, error: number): void;
  protected abstract jump(to: Value, when?: Value): void;
  protected abstract repeat(again: Value): void;
  /** Calls a helper with state written back; it returns, or throws out of the engine. */
  protected abstract callHelper(helper: HelperRef): void;
  protected abstract control(helper: HelperRef): void;
  /** Completes the instruction where that is true. */
  protected abstract goOnIf(condition: Value): void;
  /** Pushes the state address of the segment that the record names. */
  protected abstract recordSegment(): void;
  /** Pushes, as an i64, the access size that the record names. */
  protected abstract recordBytes(): void;
  /** After a store through local `host`: the interpreter copies its bounce buffer back. */
  protected abstract afterStore(host: number): void;

  // Values.

  /** Calls the module's 128 by 64 bit division (`wasm/divide.ts`) on three values on the stack. */
  protected abstract divideWide(): void;

  /** Evaluates into a local, so that later emissions only read it. */
  pin(value: Value): void {
    if (value.op === 'const' || this.cached.has(value)) return;
    this.emit(value);
    if (this.cached.has(value)) {
      this.code.op('drop');
      return;
    }
    const local = this.newLocal(wasmType(value.type));
    this.code.set(local);
    this.cached.set(value, local);
  }
  /** Whether the bits above an i8 or i16 are known to be zero. */
  private isClean(value: Value): boolean {
    if (value.type !== 'i8' && value.type !== 'i16') return true;
    switch (value.op) {
      case 'const':
      case 'reg':
      case 'imm':
      case 'result':
      case 'shr':
      case 'udiv':
      case 'urem':
      case 'zext':
        return true;
      case 'and':
        return this.isClean(value.args[0]) || this.isClean(value.args[1]);
      case 'or':
      case 'xor':
        return this.isClean(value.args[0]) && this.isClean(value.args[1]);
      case 'select':
        return this.isClean(value.args[1]) && this.isClean(value.args[2]);
      default:
        return false;
    }
  }
  /** Emits with zero bits above the type. */
  clean(value: Value): void {
    this.emit(value);
    if (!this.isClean(value)) this.code.i32(value.type === 'i8' ? 0xff : 0xffff).op('i32.and');
  }
  /** Emits sign-extended to 32 bits where the type is narrower. */
  signed(value: Value): void {
    if (value.op === 'const' && value.type !== 'i64') {
      this.code.i32(Number(BigInt.asIntN(bits(value.type), value.n)));
      return;
    }
    this.emit(value);
    if (value.type === 'i8') this.code.op('i32.extend8_s');
    if (value.type === 'i16') this.code.op('i32.extend16_s');
  }
  emit(value: Value): void {
    const local = this.cached.get(value);
    if (local !== undefined) {
      this.code.get(local);
      return;
    }
    this.compute(value);
    if (value.uses > 1 && value.op !== 'const') {
      const fresh = this.newLocal(wasmType(value.type));
      this.code.tee(fresh);
      this.cached.set(value, fresh);
    }
  }
  /** Pushes a value that is not in a local. */
  protected compute(value: Value): void {
    const c = this.code;
    const [a, b, d] = value.args;
    const compare = (a?.type === 'i64' ? COMPARE_CODES.i64 : COMPARE_CODES.i32)[value.op];
    if (compare !== undefined) {
      if (value.op === 'eq' && b.op === 'const' && b.n === 0n) {
        this.clean(a);
        c.op(a.type === 'i64' ? 'i64.eqz' : 'i32.eqz');
        return;
      }
      if (value.op === 'slt' || value.op === 'sle') {
        this.signed(a);
        this.signed(b);
      } else {
        this.clean(a);
        this.clean(b);
      }
      c.byte(compare);
      return;
    }
    const plain = (value.type === 'i64' ? PLAIN_CODES.i64 : PLAIN_CODES.i32)[value.op];
    if (plain !== undefined) {
      this.operand(value.op, a, 0);
      this.operand(value.op, b, 1);
      c.byte(plain);
      return;
    }
    switch (value.op) {
      case 'const':
        if (value.type === 'i64') c.i64(value.n);
        else if (value.type === 'v128') c.v128(value.n, value.high ?? 0n);
        else c.i32(Number(BigInt.asIntN(32, value.n)));
        return;
      case 'reg':
        this.register(value.reg!, value.type);
        return;
      case 'result':
        throw new Error('a result is used before its effect');
      case 'zext':
        this.clean(a);
        if (value.type === 'i64') c.op('i64.extend_i32_u');
        return;
      case 'sext':
        this.signed(a);
        if (value.type === 'i64') c.op('i64.extend_i32_s');
        return;
      case 'trunc':
        this.emit(a);
        if (a.type === 'i64') c.op('i32.wrap_i64');
        if (value.type === 'i1') c.i32(1).op('i32.and');
        return;
      case 'popcount':
        this.clean(a);
        c.byte((value.type === 'i64' ? COUNT_CODES.i64 : COUNT_CODES.i32).popcount!);
        return;
      case 'clz':
      case 'ctz':
        this.clean(a);
        c.byte((value.type === 'i64' ? COUNT_CODES.i64 : COUNT_CODES.i32)[value.op]!);
        return;
      case 'bitcast':
        this.emit(a);
        c.op(`${TEXT[value.type]}.reinterpret_${TEXT[a.type]}` as OpName);
        return;
      case 'select':
        this.emit(b);
        this.emit(d);
        this.emit(a);
        c.op('select');
        return;
      case 'udivWide':
        for (const x of value.args) this.emit(x);
        this.divideWide();
        return;
      case 'simd':
        for (const x of value.args) this.emit(x);
        c.simd(value.simd!, LANE.test(value.simd!) ? Number(value.n) : undefined);
        return;
      case 'float':
        for (const x of value.args) this.emit(x);
        if (value.float! in SATURATING) c.saturating(value.float as SaturatingName);
        else c.op(value.float as OpName);
        return;
      case 'shuffle':
        this.emit(a);
        this.emit(b);
        c.shuffle(value.lanes!);
        return;
      default:
        this.leaf(value);
    }
  }

  /** Pushes one of the two operands of an operation, with as much of it as matters. */
  private operand(op: Op, value: Value, number: 0 | 1): void {
    switch (op) {
      case 'sar':
        if (number === 0) this.signed(value);
        else this.clean(value);
        return;
      case 'sdiv':
      case 'srem':
        this.signed(value);
        return;
      case 'shr':
      case 'udiv':
      case 'urem':
        this.clean(value);
        return;
      case 'shl':
        if (number === 1) this.clean(value);
        else this.emit(value);
        return;
      default:
        this.emit(value);
    }
  }

  // Memory.

  protected loadAt(type: Type, offset = 0): void {
    if (type === 'v128') this.code.simdMem('v128.load', offset);
    else this.code.mem(LOAD[type], offset);
  }
  protected storeAt(type: Type, offset = 0): void {
    if (type === 'v128') this.code.simdMem('v128.store', offset);
    else this.code.mem(STORE[type], offset);
  }
  /** Host address of `size` bytes at `address` in a fresh local: a TLB probe that also catches page crossing. */
  protected translate(address: Value, size: number, access: MemoryAccess): number {
    const c = this.code;
    const linear = this.newLocal(I64);
    const entry = this.newLocal(I32);
    const host = this.newLocal(I32);
    const table = access === ACCESS.read ? TLB_READ : TLB_WRITE;
    this.emit(address);
    c.tee(linear)
      .op('i32.wrap_i64')
      .i32(8)
      .op('i32.shr_u')
      .i32((TLB_ENTRIES - 1) << 4)
      .op('i32.and');
    this.tlbBase();
    c.op('i32.add').tee(entry).mem('i64.load', table);
    c.get(linear);
    if (size > 1) c.i64(BigInt(size - 1)).op('i64.add');
    c.i64(-4096n).op('i64.and').op('i64.ne');
    this.openIf();
    this.miss(linear, size, access, host);
    c.else();
    c.get(linear)
      .op('i32.wrap_i64')
      .get(entry)
      .mem('i32.load', table + 8)
      .op('i32.add')
      .set(host);
    this.close();
    return host;
  }

  // Effects.

  /** Runs an instruction's effects; all committed values are evaluated before the first register is written. */
  effects(list: readonly Effect[]): void {
    let pinned = false;
    for (const e of list) {
      if (!pinned && (e.k === 'set' || e.k === 'jump' || e.k === 'repeat' || e.k === 'control')) {
        pinned = true;
        this.pinCommits(list);
      }
      this.effect(e);
    }
  }
  /** With a single commit nothing can be overwritten too early. */
  pinCommits(list: readonly Effect[]): void {
    const commits = list.filter((e) => e.k === 'set' || e.k === 'jump' || e.k === 'repeat' || e.k === 'control');
    if (commits.length < 2) return;
    for (const e of commits) {
      if (e.k === 'set') this.pin(e.value);
      if (e.k === 'repeat') this.pin(e.again);
      if (e.k === 'control') for (const a of e.unless && !e.to ? [...e.args, e.unless] : e.args) this.pin(a);
      if (e.k === 'jump') {
        if (e.when) this.pin(e.when);
        if (e.to.op !== 'target') this.pin(e.to);
      }
    }
  }
  private effect(e: Effect): void {
    const c = this.code;
    switch (e.k) {
      case 'load': {
        const host = this.translate(e.addr, bits(e.out.type) / 8, e.forWrite ? ACCESS.modify : ACCESS.read);
        this.hostOf.set(e.out, host);
        c.get(host);
        this.loadAt(e.out.type);
        this.bind(e.out);
        break;
      }
      case 'store': {
        const size = bits(e.value.type) / 8;
        // The value may be used again by commits, and a miss branch must not be its first emission.
        this.pin(e.value);
        const known = e.after && this.hostOf.get(e.after);
        const host = known ?? this.translate(e.addr, size, ACCESS.write);
        c.get(host);
        this.emit(e.value);
        this.storeAt(e.value.type);
        this.afterStore(host);
        break;
      }
      case 'segment':
        this.segment(e);
        break;
      case 'fault':
        this.emit(e.when);
        this.openIf();
        this.raise(e.vector, e.error);
        this.close();
        break;
      case 'align':
        this.pin(e.addr);
        this.emit(e.addr);
        c.op('i32.wrap_i64')
          .i32(e.bytes - 1)
          .op('i32.and');
        this.openIf();
        this.raise(13, 0);
        this.close();
        break;
      case 'call':
        if (e.unless && e.out) {
          this.callUnless(e, e.unless, e.out);
          break;
        }
        this.passArguments(e.args);
        this.callHelper(e.helper);
        if (e.out) {
          this.stateBase();
          this.loadAt(e.out.type, SLOT.SCRATCH);
          this.bind(e.out);
        }
        break;
      case 'set':
        this.setRegister(e.reg, e.value);
        break;
      case 'jump':
        this.jump(e.to, e.when);
        break;
      case 'repeat':
        this.repeat(e.again);
        break;
      case 'control':
        if (e.unless && !e.to) this.goOnIf(e.unless);
        this.passArguments(e.args);
        this.control(e.helper);
        break;
    }
  }
  protected callUnless(e: Effect & { k: 'call' }, { when, value }: Shortcut, out: Value): void {
    // Both branches may be the first to use a value.
    for (const x of [...e.args, value]) this.pin(x);
    this.emit(when);
    this.openIf(wasmType(out.type));
    this.emit(value);
    this.code.else();
    this.slowCall(e.helper, e.args, out.type);
    this.close();
    this.bind(out);
  }
  /** The call behind a shortcut that does not hold: leaves the result on the stack. */
  protected slowCall(helper: HelperRef, args: readonly Value[], type: Type): void {
    this.passArguments(args);
    this.callHelper(helper);
    this.stateBase();
    this.loadAt(type, SLOT.SCRATCH);
  }
  protected passArguments(args: readonly Value[]): void {
    args.forEach((a, i) => {
      this.stateBase();
      if (a.type === 'i8' || a.type === 'i16') this.clean(a);
      else this.emit(a);
      this.storeAt(a.type === 'i8' || a.type === 'i16' || a.type === 'i1' ? 'i32' : a.type, SLOT.SCRATCH + 16 * i);
    });
  }
  /** Keeps the value on the stack as the value of a result leaf. */
  protected bind(out: Value): void {
    const local = this.newLocal(wasmType(out.type));
    this.code.set(local);
    this.cached.set(out, local);
  }
  private segment(e: Effect & { k: 'segment' }): void {
    const c = this.code;
    const segment = this.newLocal(I32);
    const offset = this.newLocal(I64);
    if (e.seg === 'record') this.recordSegment();
    else {
      this.stateBase();
      c.i32(segmentSlot(e.seg)).op('i32.add');
    }
    c.set(segment);
    this.emit(e.offset);
    c.tee(offset);
    c.get(segment)
      .mem('i64.load32_u', e.write ? SEG.writeLow : SEG.readLow)
      .op('i64.lt_u');
    c.get(offset);
    if (e.bytes === 'record') {
      this.recordBytes();
      c.i64(1n).op('i64.sub').op('i64.add');
    } else if (e.bytes > 1) c.i64(BigInt(e.bytes - 1)).op('i64.add');
    c.get(segment)
      .mem('i64.load32_u', e.write ? SEG.writeHigh : SEG.readHigh)
      .op('i64.gt_u')
      .op('i32.or');
    this.openIf();
    if (e.seg === 'record') {
      // #SS for the stack segment, #GP for the others.
      c.get(segment);
      this.stateBase();
      c.i32(segmentSlot(2)).op('i32.add').op('i32.eq');
      this.openIf();
      this.raise(12, 0);
      this.close();
      this.raise(13, 0);
    } else this.raise(e.seg === 2 ? 12 : 13, 0);
    this.close();
    c.get(offset).get(segment).mem('i64.load', SEG.base).op('i64.add').i64(0xffffffffn).op('i64.and');
    this.bind(e.out);
  }
}

const TEXT: Record<Type, string> = {
  i1: 'i32',
  i8: 'i32',
  i16: 'i32',
  i32: 'i32',
  i64: 'i64',
  f32: 'f32',
  f64: 'f64',
  v128: 'v128',
};
const LANE = /_lane/;
