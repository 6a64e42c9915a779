// SPDX-License-Identifier: MIT
/**
 * @fileoverview Values of a region. IR addresses are i64 in every mode; in legacy code, where nobody sees upper halves, `low` computes their lower
 * half with 32-bit operations. Conditions are negated as comparisons, and what does not depend on the machine's state at all, such as where
 * an instruction lies in its page, is a constant.
 */
import { type Builder, comparison } from '../../ir/builder.ts';
import { PLAIN_CODES } from '../../ir/emit.ts';
import { ORDINARY } from '../../ir/float.ts';
import { SLOT } from '../../ir/state.ts';
import type { CompareOp, Op, Value } from '../../ir/value.ts';
import { I32, I64 } from '../../wasm/module.ts';
import { BUDGET, RegionRegisters } from './registers.ts';

const MASK32 = 0xffffffffn;

export abstract class RegionValues extends RegionRegisters {
  /** Whether an i64 of legacy code is known to be below 2^32. */
  protected isShort(value: Value): boolean {
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
  override low(value: Value): void {
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
  protected computeLow(value: Value): boolean {
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
    c.byte(PLAIN_CODES.i32[value.op]!);
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
  protected emitNot(value: Value): void {
    const opposite = OPPOSITE[value.op];
    if (!opposite || value.uses > 1 || this.cached.has(value)) {
      this.emit(value);
      this.code.op('i32.eqz');
      return;
    }
    const [a, b] = value.args;
    const [op, swapped] = opposite;
    super.compute(swapped ? comparison(op, b, a) : comparison(op, a, b));
  }
  /** Pushes RIP at an offset from the page, not wrapped in 64-bit code. */
  protected pushOffset(offset: number): void {
    const c = this.code.get(this.page);
    if (this.place.long) c.i64(BigInt(offset)).op('i64.add');
    else c.i32(offset).op('i32.add');
  }
  /** Pushes the word in a local as an i64. */
  protected pushWord(local: number): void {
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
  protected override divideWide(): void {
    const c = this.code;
    const [divisor, low, high] = [this.newLocal(I64), this.newLocal(I64), this.newLocal(I64)];
    c.set(divisor).set(low).tee(high).op('i64.eqz');
    this.openIf(I64);
    c.get(low).get(divisor).op('i64.div_u');
    c.else();
    c.get(high).get(low).get(divisor).call(this.place.divideWide());
    this.close();
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
    const { cached, lowOf, hostOf, flags, used, offset, undone } = this;
    const marks = [cached.mark, lowOf.mark, hostOf.mark];
    this.used = used.slice();
    emit();
    cached.forget(marks[0]);
    lowOf.forget(marks[1]);
    hostOf.forget(marks[2]);
    this.cached = cached;
    this.lowOf = lowOf;
    this.hostOf = hostOf;
    this.flags = flags;
    this.used = used;
    this.offset = offset;
    this.undone = undone;
  }
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
