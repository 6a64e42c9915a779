// SPDX-License-Identifier: MIT
/**
 * @fileoverview The body of a random function: statements and expressions of every kind, down to a budget.
 *
 * Addresses are mostly masked into one region of memory; divisors, conversions and table indices are mostly made safe, since a trap ends the program:
 * what was written before it is still compared.
 *
 * wasm leaves the bits of NaN results open. Arithmetic therefore feeds only operations to which all NaNs are alike; a value
 * that becomes visible (stored, reinterpreted, passed on, its sign copied) is replaced by the canonical NaN first.
 */
import type { CodeWriter, ModuleWriter } from '../../wasm/encode.ts';
import type { FunctionType, ValueType } from '../../wasm/module.ts';
import { type Opcode, opcodes } from '../../wasm/opcodes.ts';
import type { Random } from './random.ts';
import { randomConstant } from './values.ts';

export const TYPES: readonly ValueType[] = ['i32', 'i64', 'f32', 'f64'];
/** Loads and stores stay about [REGION, REGION + 128 KiB). */
export const REGION = 0x2_0000;

const byResult = (type: ValueType, select: (op: Opcode) => boolean): Opcode[] =>
  opcodes.filter((op) => op.type?.result === type && select(op));
const isPlain = (op: Opcode): boolean => op.immediate === 'none' && op.type!.parameters.length > 0;
const isLoad = (op: Opcode): boolean => op.immediate === 'access' && op.type!.parameters.length === 1;
const isAtomic = (op: Opcode): boolean => op.name.includes('.atomic.') && !op.name.startsWith('memory');
const operators = Object.fromEntries(TYPES.map((type) => [type, byResult(type, isPlain)])) as Record<ValueType, Opcode[]>;
const loads = Object.fromEntries(TYPES.map((type) => [type, byResult(type, isLoad)])) as Record<ValueType, Opcode[]>;
const atomics = Object.fromEntries(TYPES.map((type) => [type, byResult(type, isAtomic)])) as Record<ValueType, Opcode[]>;
const stores = opcodes.filter((op) => op.immediate === 'access' && op.type!.result === undefined);

/** Float operations that copy bits: their operand must be canonical where its bits show. */
const SHOWS_BITS = /reinterpret/;

export interface GlobalVariable {
  readonly index: number;
  readonly type: ValueType;
}

/** What a body knows of its program. */
export interface Surroundings {
  readonly random: Random;
  readonly wild: boolean;
  readonly writer: ModuleWriter;
  /** The global that holds fuel. */
  readonly fuel: number;
  readonly globals: readonly GlobalVariable[];
  readonly functions: readonly { readonly index: number; readonly type: FunctionType }[];
  /** A passive segment of data. */
  readonly passive: number;
}

/** Labels in scope, innermost last. */
interface LabelInScope {
  readonly kind: 'block' | 'loop';
  readonly result: ValueType | undefined;
}

export class BodyGenerator {
  private readonly random: Random;
  private readonly variables: ValueType[];
  private readonly labels: LabelInScope[] = [];
  private readonly f32Scratch: number;
  private readonly f64Scratch: number;
  /** Two locals that always hold addresses in the region, as pointers of real programs do. */
  private readonly pointers: readonly number[];
  /** Statements still allowed in this body. */
  private budget: number;

  constructor(
    private readonly program: Surroundings,
    private readonly code: CodeWriter,
    private readonly type: FunctionType,
    locals: readonly ValueType[],
  ) {
    this.random = program.random;
    this.variables = [...type.parameters, ...locals];
    this.f32Scratch = type.parameters.length;
    this.f64Scratch = type.parameters.length + 1;
    this.pointers = [type.parameters.length + 2, type.parameters.length + 3];
    this.budget = 8 + this.random.below(30);
  }

  generate(): void {
    this.spendFuel(() => {
      if (this.type.result) this.code.constant(this.type.result, 0n);
      this.code.op('return');
    });
    for (const pointer of this.pointers)
      this.code.constant('i32', BigInt(REGION + this.random.below(999))).op('local.set', pointer);
    this.statements(3);
    if (this.type.result) this.visible(this.type.result, 3);
  }

  /** A local for general use: neither scratch nor pointer. */
  private isGeneral(index: number): boolean {
    return index !== this.f32Scratch && index !== this.f64Scratch && !this.pointers.includes(index);
  }

  private movePointer(): void {
    const { code, random } = this;
    const pointer = random.pick(this.pointers);
    if (random.chance(2))
      code
        .op('local.get', random.pick(this.pointers))
        .constant('i32', BigInt(random.below(64) - 8))
        .op('i32.add');
    else this.expression('i32', 2);
    code.constant('i32', 0xffffn).op('i32.and').constant('i32', BigInt(REGION)).op('i32.or').op('local.set', pointer);
  }

  private spendFuel(exhausted: () => void): void {
    const { code } = this;
    const { fuel } = this.program;
    code.op('global.get', fuel).constant('i32', 1n).op('i32.sub').op('global.set', fuel);
    code.op('global.get', fuel).constant('i32', 0n).op('i32.lt_s').open('if');
    exhausted();
    code.op('end');
  }

  // ---- statements

  private statements(depth: number): void {
    const count = 1 + this.random.below(5);
    for (let i = 0; i < count && this.budget > 0; i++) this.statement(depth);
  }

  private statement(depth: number): void {
    this.budget--;
    const { random, code } = this;
    const choice = random.below(depth > 0 ? 15 : 8);
    switch (choice) {
      case 0:
      case 1:
      case 2:
        this.setVariable();
        return;
      case 3:
      case 4:
        this.store();
        return;
      case 5: {
        const { index, type } = random.pick(this.program.globals);
        this.visible(type, 2);
        code.op('global.set', index);
        return;
      }
      case 6:
        this.bulk();
        return;
      case 7:
        this.expression(random.pick(TYPES), 3);
        code.op('drop');
        return;
      case 8:
      case 9:
        this.condition(2);
        code.open('if');
        this.inLabel({ kind: 'block', result: undefined }, () => {
          this.statements(depth - 1);
          if (random.chance(2)) {
            code.op('else');
            this.statements(depth - 1);
          }
        });
        return;
      case 10:
        code.open('block');
        this.inLabel({ kind: 'block', result: undefined }, () => {
          this.statements(depth - 1);
          this.branchSomewhere();
          this.statements(depth - 1);
        });
        return;
      case 11:
      case 12:
        this.loop(depth);
        return;
      case 13:
        this.switch(depth);
        return;
      default:
        this.callStatement();
    }
  }

  private inLabel(label: LabelInScope, body: () => void): void {
    this.labels.push(label);
    body();
    this.labels.pop();
    this.code.op('end');
  }

  private setVariable(): void {
    const index = this.random.below(this.variables.length);
    if (!this.isGeneral(index)) {
      this.movePointer();
      return;
    }
    this.visible(this.variables[index], 4);
    this.code.op('local.set', index);
  }

  private store(): void {
    const op = this.random.pick(stores);
    this.address(op);
    this.visible(op.type!.parameters[1], 3);
    this.code.op(op.name, this.offsetFor(op));
  }

  private bulk(): void {
    const { random, code } = this;
    const inRegion = (mask: bigint) => {
      this.expression('i32', 2);
      code.constant('i32', mask).op('i32.and').constant('i32', BigInt(REGION)).op('i32.add');
    };
    const length = () => {
      if (random.chance(3)) code.constant('i32', BigInt(random.below(40)));
      else {
        this.expression('i32', 1);
        code.constant('i32', random.pick([7n, 31n, 1023n])).op('i32.and');
      }
    };
    switch (random.below(4)) {
      case 0:
        inRegion(0xffffn);
        this.expression('i32', 1);
        length();
        code.op('memory.fill');
        return;
      case 1:
      case 2:
        inRegion(random.chance(2) ? 0xffffn : 0xffn);
        inRegion(random.chance(2) ? 0xffffn : 0xffn);
        length();
        code.op('memory.copy');
        return;
      default:
        if (random.chance(6)) {
          code
            .constant('i32', BigInt(random.below(3)))
            .op('memory.grow')
            .op('drop');
        } else {
          inRegion(0xffn);
          code.constant('i32', BigInt(random.below(8))).constant('i32', BigInt(random.below(random.chance(20) ? 60 : 30)));
          code.op('memory.init', this.program.passive);
          if (random.chance(60)) code.op('data.drop', this.program.passive);
        }
    }
  }

  private loop(depth: number): void {
    const { code, random } = this;
    code.open('block');
    this.labels.push({ kind: 'block', result: undefined });
    code.open('loop');
    this.inLabel({ kind: 'loop', result: undefined }, () => {
      this.spendFuel(() => code.op('br', 2));
      this.statements(depth - 1);
      this.condition(2);
      if (random.chance(2)) code.op('br_if', 0);
      else code.op('i32.eqz').op('br_if', 1).op('br', 0);
    });
    this.labels.pop();
    code.op('end');
  }

  private switch(depth: number): void {
    const { code, random } = this;
    const arms = 2 + random.below(5);
    for (let i = 0; i < arms; i++) {
      code.open('block');
      this.labels.push({ kind: 'block', result: undefined });
    }
    this.expression('i32', 2);
    if (random.chance(2)) code.constant('i32', 7n).op('i32.and');
    const labels = Array.from({ length: random.below(9) }, () => random.below(arms));
    code.brTable(labels, random.below(arms));
    for (let i = 0; i < arms; i++) {
      this.labels.pop();
      code.op('end');
      this.statements(depth - 1);
      if (i < arms - 1 && random.chance(2)) code.op('br', random.below(arms - 1 - i));
    }
  }

  /** A conditional branch to any label that takes no value, or a conditional return. */
  private branchSomewhere(): void {
    const { code, random } = this;
    const depth = random.below(this.labels.length + 1);
    const label = this.labels[this.labels.length - 1 - depth];
    // Branching to an enclosing loop goes round without its condition, but not without its fuel.
    if (label && label.result === undefined) {
      this.condition(2);
      code.op('br_if', depth);
      return;
    }
    this.condition(2);
    code.open('if');
    if (this.type.result) this.visible(this.type.result, 2);
    code.op('return').op('end');
  }

  private callStatement(): void {
    const { type } = this.call();
    if (type.result) this.code.op('drop');
  }

  private call(result?: ValueType): { type: FunctionType } {
    const { code, random } = this;
    const candidates = this.program.functions.filter((f) => result === undefined || f.type.result === result);
    const callee = random.pick(candidates);
    for (const parameter of callee.type.parameters) this.visible(parameter, 2);
    if (random.chance(2)) code.op('call', callee.index);
    else {
      // Mostly the right slot; sometimes one of another type, or none at all.
      if (random.chance(40)) this.expression('i32', 1);
      else code.constant('i32', BigInt(callee.index - 1));
      code.op('call_indirect', this.program.writer.type(callee.type));
    }
    return callee;
  }

  // ---- expressions

  private condition(depth: number): void {
    this.expression('i32', depth);
  }

  /** A value whose bits may show. */
  private visible(type: ValueType, depth: number): void {
    this.expression(type, depth);
    if (type === 'f32' || type === 'f64') this.canonical(type);
  }

  private canonical(type: 'f32' | 'f64'): void {
    const scratch = type === 'f32' ? this.f32Scratch : this.f64Scratch;
    const nan = type === 'f32' ? 0x7fc0_0000n : 0x7ff8_0000_0000_0000n;
    this.code
      .op('local.tee', scratch)
      .constant(type, nan)
      .op('local.get', scratch)
      .op('local.get', scratch)
      .op(`${type}.eq`)
      .op('select');
  }

  private expression(type: ValueType, depth: number): void {
    const { code, random } = this;
    if (depth <= 0) {
      this.leaf(type);
      return;
    }
    switch (random.below(16)) {
      case 0:
      case 1:
        this.leaf(type);
        return;
      case 2:
      case 3: {
        const op = random.pick(loads[type]);
        this.address(op);
        code.op(op.name, this.offsetFor(op));
        // What memory holds may be any NaN, which is fine: its bits are the same everywhere.
        return;
      }
      case 4:
        this.visible(type, depth - 1);
        this.visible(type, depth - 1);
        this.condition(depth - 1);
        code.op('select');
        return;
      case 5:
        if (this.program.functions.some((f) => f.type.result === type) && random.chance(3)) this.call(type);
        else this.leaf(type);
        return;
      case 6: {
        this.condition(depth - 1);
        code.open('if', type);
        this.labels.push({ kind: 'block', result: type });
        this.expression(type, depth - 1);
        code.op('else');
        this.expression(type, depth - 1);
        this.labels.pop();
        code.op('end');
        return;
      }
      case 7: {
        code.open('block', type);
        this.labels.push({ kind: 'block', result: type });
        this.expression(type, depth - 1);
        this.condition(depth - 1);
        code.op('br_if', 0);
        code.op('drop');
        this.expression(type, depth - 1);
        this.labels.pop();
        code.op('end');
        return;
      }
      case 8:
        if (atomics[type].length > 0 && random.chance(2)) {
          this.atomic(random.pick(atomics[type]));
          return;
        }
        this.operator(type, depth);
        return;
      case 9: {
        const index = random.below(this.variables.length);
        if (this.variables[index] === type && this.isGeneral(index)) {
          this.visible(type, depth - 1);
          code.op('local.tee', index);
        } else this.leaf(type);
        return;
      }
      default:
        this.operator(type, depth);
    }
  }

  private operator(type: ValueType, depth: number): void {
    const { code, random } = this;
    const op = random.pick(operators[type]);
    const { parameters } = op.type!;
    const guarded = !random.chance(60);
    if (guarded && /^i(32|64)\.trunc_f/.test(op.name)) {
      // The saturating form of the same conversion.
      this.expression(parameters[0], depth - 1);
      code.op(op.name.replace('trunc_', 'trunc_sat_'));
      return;
    }
    parameters.forEach((parameter, i) => {
      const bitsShow = SHOWS_BITS.test(op.name) || (op.name.endsWith('copysign') && i === 1);
      // Constants on the right take paths of their own in selection.
      if (i === 1 && random.chance(3)) code.constant(parameter, randomConstant(random, parameter));
      else if (bitsShow) this.visible(parameter, depth - 1);
      else this.expression(parameter, depth - 1);
      if (i === 1 && guarded && /\.(div|rem)_/.test(op.name)) {
        code.constant(parameter, 1n).op(`${parameter}.or`);
        // -1 can overflow: keep divisors positive.
        if (op.name.endsWith('div_s'))
          code.constant(parameter, parameter === 'i32' ? 0x7fff_ffffn : (1n << 63n) - 1n).op(`${parameter}.and`);
      }
    });
    code.op(op.name);
  }

  private atomic(op: Opcode): void {
    this.expression('i32', 1);
    const mask = 0xfff8n;
    this.code.constant('i32', mask).op('i32.and');
    for (const parameter of op.type!.parameters.slice(1)) this.expression(parameter, 1);
    this.code.op(op.name, REGION + (this.random.chance(50) ? 1 : 8 * this.random.below(4)));
  }

  private leaf(type: ValueType): void {
    const { code, random } = this;
    const candidates = this.variables.flatMap((t, i) => (t === type && this.isGeneral(i) ? [i] : []));
    const choice = random.below(8);
    if (choice < 5 && candidates.length > 0) code.op('local.get', random.pick(candidates));
    else if (choice < 6) {
      const globals = this.program.globals.filter((g) => g.type === type);
      if (globals.length > 0) code.op('global.get', random.pick(globals).index);
      else code.constant(type, randomConstant(random, type));
    } else if (type === 'i32' && random.chance(12)) code.op('memory.size');
    else code.constant(type, randomConstant(random, type));
  }

  /** The address operand of an access; its static offset is `offsetFor`. Forms vary, since they fold differently. */
  private address(op: Opcode): void {
    const { code, random } = this;
    const atomic = op.name.includes('atomic');
    const mask = BigInt(atomic ? 0xfff8 : 0xffff);
    if (this.program.wild && random.chance(300)) {
      this.expression('i32', 1);
      return;
    }
    if (!atomic && random.chance(2)) {
      this.pointerAddress();
      return;
    }
    switch (random.below(atomic ? 1 : 5)) {
      case 0:
        this.expression('i32', 2);
        code.constant('i32', mask).op('i32.and').constant('i32', BigInt(REGION)).op('i32.add');
        return;
      case 1:
        code.constant('i32', BigInt(REGION + random.below(0x1000)));
        return;
      case 2: {
        // base + (index << scale)
        code.constant('i32', BigInt(REGION + 64));
        this.expression('i32', 1);
        code
          .constant('i32', 0xfffn)
          .op('i32.and')
          .constant('i32', BigInt(random.below(4)))
          .op('i32.shl')
          .op('i32.add');
        return;
      }
      case 3: {
        // (a + b) + constant, which wraps below and comes back
        this.expression('i32', 1);
        code.constant('i32', 0x7fffn).op('i32.and');
        this.expression('i32', 1);
        code
          .constant('i32', 0x7ffn)
          .op('i32.and')
          .constant('i32', BigInt(random.below(4)))
          .op('i32.shl')
          .op('i32.add');
        code.constant('i32', BigInt(REGION)).op('i32.add');
        return;
      }
      default:
        this.expression('i32', 1);
        code
          .constant('i32', 0x7fffn)
          .op('i32.and')
          .constant('i32', BigInt(REGION + 0x8000))
          .op('i32.sub');
        code.constant('i32', BigInt(2 * REGION + 0x8000)).op('i32.add');
    }
  }

  /** p, p + constant, p + q's offset, p + (index << scale) */
  private pointerAddress(): void {
    const { code, random } = this;
    code.op('local.get', random.pick(this.pointers));
    switch (random.below(4)) {
      case 0:
        return;
      case 1:
        code.constant('i32', BigInt(random.below(300) - 100)).op('i32.add');
        return;
      case 2:
        code.op('local.get', random.pick(this.pointers)).op('i32.add').constant('i32', BigInt(-REGION)).op('i32.add');
        return;
      default:
        this.expression('i32', 1);
        code
          .constant('i32', 0xffn)
          .op('i32.and')
          .constant('i32', BigInt(random.below(4)))
          .op('i32.shl')
          .op('i32.add');
    }
  }

  private offsetFor(op: Opcode): number {
    const { random } = this;
    if (op.name.includes('atomic')) return 8 * random.below(3);
    if (random.chance(400)) return random.pick([0x10_0000, 0x7fff_fff0, 0x8000_0000, 0xffff_fff0]);
    return random.pick([0, 0, 0, 1, 4, 8, 12, 255]);
  }
}
