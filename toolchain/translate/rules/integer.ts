// SPDX-License-Identifier: MIT
/**
 * @fileoverview Integer arithmetic, shifts, bit counting, division, extension.
 *
 * x86's arithmetic overwrites its first operand: rules copy it to the result's register and ask the allocator to make that copy
 * vanish (`tied`). Where LEA computes the same into a third register, whether to use it is decided when places are known.
 */
import { type AluOperation, fitsInt32, indexed, Label, ptr, type ShiftOperation, withWidth } from '../../x86/x86.ts';
import { bit, type Code, type Def, RAX, RCX, RDX, scratch, type Use } from '../machine.ts';
import { type Operand, type Selector, unwrapped } from '../select.ts';
import { isConstant, type Value } from '../ssa.ts';
import { rightOperand } from './compare.ts';
import type { Rule } from './rules.ts';

type Width = 4 | 8;
const useOf = (s: Selector, v: Value, width: Width, options: { late?: boolean; tied?: boolean; anywhere?: boolean } = {}): Use =>
  width === 4 ? s.use32(v, options) : s.use(v, options);

/** Two-operand arithmetic on `result`, which already holds the left operand. */
function apply(code: Code, operation: AluOperation | 'mul', def: Def, right: Operand, width: Width): void {
  const result = code.gpr(def, width);
  const operand = rightOperand(code, right, width);
  if (operation !== 'mul') code.asm.alu(operation, result, operand);
  else if (typeof operand === 'bigint') code.asm.imul(result, result, operand);
  else code.asm.imul(result, operand);
}

function commutative(operation: AluOperation | 'mul', width: Width): Rule {
  return (s, v) => {
    const def = s.result(v);
    let [a, b] = v.args;
    if (!s.canFoldLoad(b, width) && s.canFoldLoad(a, width) && !isConstant(b)) [a, b] = [b, a];
    const right = s.operand(b, width, { late: s.canFoldLoad(b, width) });
    const left = useOf(s, a, width, { tied: true, anywhere: true });
    s.emit((code) => {
      if (right.kind === 'use' && code.same(right.use, def)) apply(code, operation, def, { kind: 'use', use: left }, width);
      else {
        code.copyToResult(def, left, width);
        apply(code, operation, def, right, width);
      }
    });
  };
}

/** `x + y`, `x + constant`, `x + (y << 1 … 3)`: LEA unless the sum replaces an operand. */
function addition(width: Width): Rule {
  const general = commutative('add', width);
  return (s, v) => {
    let [a, b] = v.args;
    if (isConstant(b) && fitsInt32(b.constant)) {
      const def = s.result(v);
      const constant = Number(b.constant);
      const left = useOf(s, a, width, { tied: true });
      s.emit((code) => addConstant(code, def, left, constant, width));
      return;
    }
    if (isConstant(b) || s.canFoldLoad(a, width) || s.canFoldLoad(b, width)) {
      general(s, v);
      return;
    }
    const def = s.result(v);
    let scaled = scaleOf(s, b, width);
    if (!scaled) {
      scaled = scaleOf(s, a, width);
      if (scaled) a = b;
    }
    if (scaled) b = scaled.value;
    const scale = scaled?.scale ?? 1;
    const left = useOf(s, a, width, { tied: true });
    const right = useOf(s, b, width);
    s.emit((code) => {
      const result = code.gpr(def, width);
      if (scale === 1 && code.same(left, def)) code.asm.add(result, code.gpr(right, width));
      else if (scale === 1 && code.same(right, def)) code.asm.add(result, code.gpr(left, width));
      else code.asm.lea(result, indexed(code.gpr(left, 8), code.gpr(right, 8), scale));
    });
  };
}

function addConstant(code: Code, def: Def, left: Use, constant: number, width: Width): void {
  const result = code.gpr(def, width);
  if (!code.same(left, def)) code.asm.lea(result, ptr(code.gpr(left, 8), constant));
  else if (constant === 1) code.asm.inc(result);
  else if (constant === -1) code.asm.dec(result);
  else if (constant === 128) code.asm.sub(result, -128);
  else code.asm.add(result, constant);
}

function scaleOf(s: Selector, v: Value, width: Width): { value: Value; scale: 2 | 4 | 8 } | undefined {
  if (v.op !== (width === 4 ? 'i32.shl' : 'i64.shl') || !isConstant(v.args[1]) || !s.isOwn(v)) return undefined;
  const scale = ([1, 2, 4, 8] as const)[Number(v.args[1].constant & (width === 4 ? 31n : 63n))];
  return scale && scale !== 1 ? { value: v.args[0], scale } : undefined;
}

function subtraction(width: Width): Rule {
  return (s, v) => {
    const def = s.result(v);
    const [a, b] = v.args;
    if (isConstant(a) && a.constant === 0n) {
      const operand = useOf(s, b, width, { tied: true, anywhere: true });
      s.emit((code) => code.asm.neg(code.copyToResult(def, operand, width)));
      return;
    }
    const right = s.operand(b, width, { late: true });
    const left = isConstant(a) ? s.source(a) : useOf(s, a, width, { tied: true, anywhere: true });
    s.emit((code) => {
      code.copyToResult(def, left, width);
      apply(code, 'sub', def, right, width);
    });
  };
}

/** Products with small constants are cheaper as LEA. */
function multiplication(width: Width): Rule {
  const general = commutative('mul', width);
  return (s, v) => {
    const [a, b] = v.args;
    if (!isConstant(b) || !fitsInt32(b.constant)) {
      general(s, v);
      return;
    }
    const def = s.result(v);
    const factor = b.constant;
    if (factor === 3n || factor === 5n || factor === 9n) {
      const operand = useOf(s, a, width);
      const scale = Number(factor - 1n) as 2 | 4 | 8;
      s.emit((code) => code.asm.lea(code.gpr(def, width), indexed(code.gpr(operand, 8), code.gpr(operand, 8), scale)));
      return;
    }
    const left = s.operand(a, width);
    s.emit((code) => {
      const operand = rightOperand(code, left, width);
      if (typeof operand !== 'bigint') code.asm.imul(code.gpr(def, width), operand, factor);
    });
  };
}

/** High half of a 128-bit product. */
function highMultiplication(signed: boolean): Rule {
  return (s, v) => {
    s.result(v);
    s.fixed(v.args[0], RAX);
    const factor = s.use(v.args[1], { anywhere: true });
    s.current.clobbers = bit(RAX) | bit(RDX);
    s.current.resultIn = RDX;
    s.emit((code) => (signed ? code.asm.imul(code.rm(factor, 8)) : code.asm.mul(code.rm(factor, 8))));
  };
}

function shift(operation: ShiftOperation, width: Width): Rule {
  return (s, v) => {
    const def = s.result(v);
    const [a, count] = v.args;
    if (isConstant(count)) {
      const amount = Number(count.constant & BigInt(width * 8 - 1));
      const left = useOf(s, a, width, { tied: true, anywhere: true });
      s.emit((code) => {
        const result = code.copyToResult(def, left, width);
        if (amount !== 0) code.asm.shift(operation, result, amount);
        else if (width === 4) code.asm.mov(result, result);
      });
      return;
    }
    s.fixed(unwrapped(count), RCX);
    s.current.lateClobbers = bit(RCX);
    const left = isConstant(a) ? s.source(a) : useOf(s, a, width, { tied: true, anywhere: true });
    s.emit((code) => code.asm.shift(operation, code.copyToResult(def, left, width), 'cl'));
  };
}

/**
 * DIV and IDIV trap by #DE on zero and on overflow. wasm's rem_s of the smallest number by -1 is 0 instead: there the divisor is
 * tested first.
 */
function division(width: Width, signed: boolean, remainder: boolean): Rule {
  return (s, v) => {
    s.def(v);
    s.fixed(v.args[0], RAX);
    const divisor = useOf(s, v.args[1], width);
    s.current.clobbers = bit(RAX) | bit(RDX);
    s.current.resultIn = remainder ? RDX : RAX;
    s.emit((code) => {
      const { asm } = code;
      const by = code.gpr(divisor, width);
      const high = code.physical(RDX, width);
      const done = new Label();
      if (!signed) {
        asm.xor(code.physical(RDX, 4), code.physical(RDX, 4));
        code.noteDivision();
        asm.div(by);
      } else {
        if (remainder) {
          const minusOne = code.outOfLine(() => {
            asm.xor(withWidth(high, 4), withWidth(high, 4));
            asm.jmp(done);
          });
          asm.cmp(by, -1);
          asm.jcc('e', minusOne);
        }
        if (width === 8) asm.cqo();
        else asm.cdq();
        code.noteDivision();
        asm.idiv(by);
      }
      asm.bind(done);
    });
  };
}

/** BSR and BSF leave the result alone for zero: then the number of bits is put there, up to the final XOR. */
function countZeros(leading: boolean, width: Width): Rule {
  return (s, v) => {
    const def = s.result(v);
    const operand = useOf(s, v.args[0], width, { anywhere: true });
    const { lzcnt, bmi1 } = s.context.options.cpu ?? {};
    const bits = width * 8;
    s.emit((code) => {
      const result = code.gpr(def, width);
      const source = code.rm(operand, width);
      if (leading && lzcnt) code.asm.lzcnt(result, source);
      else if (!leading && bmi1) code.asm.tzcnt(result, source);
      else {
        code.asm.mov(scratch(4), leading ? 2 * bits - 1 : bits);
        if (leading) code.asm.bsr(result, source);
        else code.asm.bsf(result, source);
        code.asm.cmov('e', result, scratch(width));
        if (leading) code.asm.xor(withWidth(result, 4), bits - 1);
      }
    });
  };
}

function populationCount(width: Width): Rule {
  return (s, v) => {
    s.result(v);
    if (s.context.options.cpu?.popcnt) {
      const def = s.result(v);
      const operand = useOf(s, v.args[0], width, { anywhere: true });
      s.emit((code) => code.asm.popcnt(code.gpr(def, width), code.rm(operand, width)));
      return;
    }
    // An i32 has zero upper bits, so one helper serves both.
    s.context.requireHelper('popcount');
    s.fixed(v.args[0], RAX);
    s.current.clobbers = bit(RAX) | bit(RDX);
    s.current.resultIn = RAX;
    s.emit((code) => code.callHelper('popcount'));
  };
}

/** Sign extension from the low `from` bytes; a load that is only extended is extended as it is loaded. */
function signExtension(from: 1 | 2 | 4, width: Width): Rule {
  return (s, v) => {
    const def = s.result(v);
    const [a] = v.args;
    const address = from === 4 ? s.foldLoad(a, 4, false) : undefined;
    if (address) {
      s.emit((code) => code.asm.movsx(code.gpr(def, width), code.mem(address, 4)));
      return;
    }
    const operand = s.use(unwrapped(a), { anywhere: true });
    s.emit((code) => code.asm.movsx(code.gpr(def, width), code.rm(operand, from)));
  };
}

const wrap: Rule = (s, v) => {
  const def = s.result(v);
  const operand = s.use(v.args[0], { tied: true, anywhere: true });
  s.emit((code) => code.asm.mov(code.gpr(def, 4), code.rm(operand, 4)));
};

export const integerRules: Record<string, Rule> = {
  'i32.wrap_i64': wrap,
  'i64.extend_i32_s': signExtension(4, 8),
  'i64.mulhi_s': highMultiplication(true),
  'i64.mulhi_u': highMultiplication(false),
  'i32.extend8_s': signExtension(1, 4),
  'i32.extend16_s': signExtension(2, 4),
  'i64.extend8_s': signExtension(1, 8),
  'i64.extend16_s': signExtension(2, 8),
  'i64.extend32_s': signExtension(4, 8),
};
for (const [type, width] of [
  ['i32', 4],
  ['i64', 8],
] as const) {
  Object.assign(integerRules, {
    [`${type}.add`]: addition(width),
    [`${type}.sub`]: subtraction(width),
    [`${type}.mul`]: multiplication(width),
    [`${type}.and`]: commutative('and', width),
    [`${type}.or`]: commutative('or', width),
    [`${type}.xor`]: commutative('xor', width),
    [`${type}.shl`]: shift('shl', width),
    [`${type}.shr_s`]: shift('sar', width),
    [`${type}.shr_u`]: shift('shr', width),
    [`${type}.rotl`]: shift('rol', width),
    [`${type}.rotr`]: shift('ror', width),
    [`${type}.div_s`]: division(width, true, false),
    [`${type}.div_u`]: division(width, false, false),
    [`${type}.rem_s`]: division(width, true, true),
    [`${type}.rem_u`]: division(width, false, true),
    [`${type}.clz`]: countZeros(true, width),
    [`${type}.ctz`]: countZeros(false, width),
    [`${type}.popcnt`]: populationCount(width),
  });
}
