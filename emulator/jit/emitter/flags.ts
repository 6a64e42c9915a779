// SPDX-License-Identifier: MIT
/**
 * @fileoverview Flags of a region that are made late, or never. They are symbolic within a block. At its borders they are packed in locals FR and
 * FC if an instruction may read them there; if only an exit may show them, their operands are kept in LA, LB and LR with the number of the
 * `Shape` that makes flags of them, in LK, and the exit does that (LK 0: FR and FC hold). `liveness.ts` says which of these it is.
 */
import { Builder, type LateFlags } from '../../ir/builder.ts';
import { type FlagDefs, PACKED, pack } from '../../ir/flags.ts';
import { SLOT } from '../../ir/state.ts';
import { type Effect, FLAGS, type Type, type Value } from '../../ir/value.ts';
import { I32 } from '../../wasm/module.ts';
import { RegionValues } from './values.ts';

/** Makes flags of the operands in LA, LB and LR. */
interface Shape {
  key: string;
  flags(ir: Builder, a: Value, b: Value, r: Value): FlagDefs;
  type: Type;
}
const ENVIRONMENT = { code: 64, stack: 64, address: 64 } as const;
const isZero = (d: FlagDefs['CF']): boolean => d.kind === 'bool' && d.v.op === 'const' && d.v.n === 0n;

export abstract class RegionFlags extends RegionValues {
  private readonly shapes: Shape[] = [];

  /** Evaluates what flags are made of, before registers change. */
  pinFlags(defs: Partial<FlagDefs>): void {
    for (const flag of FLAGS) {
      const d = defs[flag];
      if (!d || d.kind === 'packed') continue;
      const values = d.kind === 'arith' ? [d.a, d.b, d.r] : d.kind === 'result' ? [d.r] : [d.v];
      for (const v of values) this.pin(v);
    }
  }
  /** The flags have been packed by the instruction's own commits. */
  packed(): void {
    this.code.i32(0).set(this.lasting('LK', I32));
    this.flags = PACKED;
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
  protected resolveShapes(): void {
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
}
