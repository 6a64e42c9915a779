// SPDX-License-Identifier: MIT
/**
 * @fileoverview Floating-point arithmetic on SSE2 with wasm's semantics.
 *
 * wasm differs from the instructions in: min and max (NaN wins, -0 is below +0), rounding without SSE4.1 (helpers), unsigned and
 * 64-bit conversions, and conversions to integers that trap or saturate where CVTT gives the "integer indefinite" value, the
 * smallest signed number. Payloads of NaN results are the processor's choice, as wasm allows.
 */
import { gpr, Label, type ScalarOperation, withWidth, type Xmm } from '../../x86/x86.ts';
import { type Address, bit, type Code, FIRST_XMM, scratch, scratchXmm, type Use } from '../machine.ts';
import type { Operand, Selector } from '../select.ts';
import { isConstant } from '../ssa.ts';
import type { Rule } from './rules.ts';

type Width = 4 | 8;
const SIGN = { 4: 0x8000_0000n, 8: 1n << 63n } as const;
/** A bit pattern in both, or all four, lanes: packed operations need 16 aligned bytes. */
const lanes = (pattern: bigint, width: Width): bigint => {
  let all = 0n;
  for (let lane = 0; lane < 16 / width; lane++) all |= pattern << BigInt(lane * width * 8);
  return all;
};
const signMask = (s: Selector, width: Width): Address => s.context.constant(lanes(SIGN[width], width), 16);
const valueMask = (s: Selector, width: Width): Address => s.context.constant(lanes(SIGN[width] - 1n, width), 16);

/** add, sub, mul, div: the second operand may be memory. */
function arithmetic(operation: ScalarOperation, width: Width, isCommutative: boolean): Rule {
  return (s, v) => {
    const def = s.result(v);
    let [a, b] = v.args;
    if (isCommutative && !isConstant(b) && !s.canFoldLoad(b, width) && (isConstant(a) || s.canFoldLoad(a, width)))
      [a, b] = [b, a];
    const right = s.operand(b, width, { late: true });
    const left = s.source(a, { tied: true });
    s.emit((code) => {
      const result = code.copyToResultXmm(def, left);
      applyScalar(code, operation, width, result, right);
    });
  };
}

function applyScalar(code: Code, operation: ScalarOperation, width: Width, result: Xmm, right: Operand): void {
  if (right.kind === 'memory') code.asm.scalar(operation, width, result, code.mem(right.address));
  else if (right.kind === 'use') code.asm.scalar(operation, width, result, code.xmmRm(right.use));
}

const squareRoot =
  (width: Width): Rule =>
  (s, v) => {
    const def = s.result(v);
    const operand = s.operand(v.args[0], width);
    s.emit((code) => {
      const result = code.xmm(def);
      // Only the low lane is written: zeroing breaks the dependency on whatever was there.
      const reads = operand.kind === 'use' && code.same(operand.use, def);
      if (!reads) code.asm.packed('xor', result, result);
      applyScalar(code, 'sqrt', width, result, operand);
    });
  };

/** abs clears the sign, neg flips it: both by a mask, also for NaNs. */
function signOperation(operation: 'and' | 'xor', width: Width): Rule {
  return (s, v) => {
    const def = s.result(v);
    const mask = operation === 'and' ? valueMask(s, width) : signMask(s, width);
    const operand = s.source(v.args[0], { tied: true });
    s.emit((code) => code.asm.packed(operation, code.copyToResultXmm(def, operand), code.mem(mask)));
  };
}

function copySign(width: Width): Rule {
  return (s, v) => {
    const def = s.result(v);
    const [value, sign] = v.args;
    const from = s.use(sign, { late: true });
    const operand = s.source(value, { tied: true });
    const [signs, values] = [signMask(s, width), valueMask(s, width)];
    s.emit((code) => {
      const result = code.copyToResultXmm(def, operand);
      code.asm.movaps(scratchXmm, code.mem(signs));
      code.asm.packed('and', scratchXmm, code.xmm(from));
      code.asm.packed('and', result, code.mem(values));
      code.asm.packed('or', result, scratchXmm);
    });
  };
}

/**
 * MINSD and MAXSD return the second operand for NaNs and for two zeros. Equal operands are combined bitwise instead (which
 * settles the zeros' signs), unordered ones added (which gives a quiet NaN).
 */
function extremum(operation: 'min' | 'max', width: Width): Rule {
  return (s, v) => {
    const def = s.result(v);
    const right = s.use(v.args[1], { late: true });
    const left = s.source(v.args[0], { tied: true });
    s.emit((code) => {
      const { asm } = code;
      const result = code.copyToResultXmm(def, left);
      const other = code.xmm(right);
      const done = new Label();
      const unordered = code.outOfLine(() => {
        asm.scalar('add', width, result, other);
        asm.jmp(done);
      });
      const equal = code.outOfLine(() => {
        asm.packed(operation === 'min' ? 'or' : 'and', result, other);
        asm.jmp(done);
      });
      asm.ucomis(width, result, other);
      asm.jcc('p', unordered);
      asm.jcc('e', equal);
      asm.scalar(operation, width, result, other);
      asm.bind(done);
    });
  };
}

function rounding(mode: 'floor' | 'ceil' | 'trunc' | 'nearest', width: Width): Rule {
  return (s, v) => {
    const def = s.result(v);
    if (s.context.options.cpu?.sse41) {
      const operand = s.source(v.args[0], { tied: true });
      s.emit((code) => {
        const result = code.copyToResultXmm(def, operand);
        code.asm.rounds(width, result, result, mode);
      });
      return;
    }
    const helper = `${mode}${width * 8}`;
    s.context.requireHelper(helper);
    s.fixed(v.args[0], FIRST_XMM);
    s.current.clobbers = bit(FIRST_XMM) | bit(FIRST_XMM + 1) | bit(FIRST_XMM + 2);
    s.current.resultIn = FIRST_XMM;
    s.emit((code) => code.callHelper(helper));
  };
}

/** CVTSI2SD writes the low lane only: zeroing first breaks a false dependency. */
function fromInteger(from: Width, signed: boolean, width: Width): Rule {
  return (s, v) => {
    const def = s.result(v);
    // A zero-extended i32 is a non-negative i64.
    const isWide = from === 8 || !signed;
    const operand = from === 4 && signed ? s.use32(v.args[0]) : s.use(v.args[0]);
    s.emit((code) => {
      const { asm } = code;
      const result = code.xmm(def);
      const source = code.gpr(operand, isWide ? 8 : 4);
      asm.packed('xor', result, result);
      if (from === 4 || signed) {
        asm.cvtFromInt(width, result, source);
        return;
      }
      // Beyond 2^63: halved with the lost bit kept for rounding, converted, doubled.
      const done = new Label();
      const large = code.outOfLine(() => {
        const half = scratch(8);
        const even = new Label();
        asm.mov(half, source);
        asm.shr(half, 1);
        asm.jcc('ae', even);
        asm.or(half, 1);
        asm.bind(even);
        asm.cvtFromInt(width, result, half);
        asm.scalar('add', width, result, result);
        asm.jmp(done);
      });
      asm.test(source, source);
      asm.jcc('s', large);
      asm.cvtFromInt(width, result, source);
      asm.bind(done);
    });
  };
}

const changeWidth =
  (from: Width): Rule =>
  (s, v) => {
    const def = s.result(v);
    const operand = s.use(v.args[0]);
    s.emit((code) => {
      if (!code.same(operand, def)) code.asm.packed('xor', code.xmm(def), code.xmm(def));
      code.asm.cvtFloat(from, code.xmm(def), code.xmm(operand));
    });
  };

interface Truncation {
  readonly from: Width;
  readonly to: Width;
  readonly signed: boolean;
  readonly saturating: boolean;
}

/** To integers, truncating. The fast path is one conversion and one test; everything unusual is out of line. */
function truncation(t: Truncation): Rule {
  return (s, v) => {
    const def = s.def(v);
    const source = s.use(v.args[0], { late: true });
    const limit = s.context.constant(t.from === 4 ? 0x5f00_0000n : 0x43e0_0000_0000_0000n, t.from);
    s.emit((code) => {
      if (!def) {
        // A result that nobody reads still has to trap; r11 cannot hold it since the checks need it, so rax is borrowed.
        code.asm.push(gpr(0, 8));
        truncate(code, t, 0, source, limit);
        code.asm.pop(gpr(0, 8));
      } else truncate(code, t, code.gpr(def, 8).code, source, limit);
    });
  };
}

function truncate(code: Code, t: Truncation, register: number, source: Use, limit: Address): void {
  const { asm } = code;
  const result = gpr(register, 8);
  const result32 = withWidth(result, 4);
  const x = code.xmm(source);
  const done = new Label();
  /** Out of range or NaN. */
  const outside = () => {
    if (!t.saturating) {
      code.trapHere('integer overflow in conversion');
      return;
    }
    saturate(code, t, result32.code, x);
    asm.jmp(done);
  };
  if (t.to === 4 && t.signed) {
    // Only 0x80000000 is suspicious: it may be exact. The 64-bit conversion tells.
    const suspicious = code.outOfLine(() => {
      asm.cvttToInt(t.from, scratch(8), x);
      asm.movsx(result, scratch(4));
      asm.cmp(result, scratch(8));
      asm.mov(result32, scratch(4));
      asm.jcc('e', done);
      outside();
    });
    asm.cvttToInt(t.from, result32, x);
    asm.cmp(result32, 1);
    asm.jcc('o', suspicious);
  } else if (t.to === 4) {
    asm.cvttToInt(t.from, result, x);
    asm.mov(scratch(4), result32);
    asm.cmp(scratch(8), result);
    asm.jcc('ne', code.outOfLine(outside));
  } else if (t.signed) {
    const suspicious = code.outOfLine(() => {
      // -2^63 is exact; its magnitude is the limit.
      const wrong = new Label();
      asm.packed('xor', scratchXmm, scratchXmm);
      asm.scalar('sub', t.from, scratchXmm, code.mem(limit));
      asm.ucomis(t.from, x, scratchXmm);
      asm.jcc('p', wrong);
      asm.jcc('e', done);
      asm.bind(wrong);
      outside();
    });
    asm.cvttToInt(t.from, result, x);
    asm.cmp(result, 1);
    asm.jcc('o', suspicious);
  } else {
    // Non-negative results are right; others may be 2^63 or more, converted with the top bit taken off.
    const large = code.outOfLine(() => {
      const wrong = new Label();
      asm.movs(t.from, scratchXmm, x);
      asm.scalar('sub', t.from, scratchXmm, code.mem(limit));
      asm.cvttToInt(t.from, scratch(8), scratchXmm);
      asm.test(scratch(8), scratch(8));
      asm.jcc('s', wrong);
      asm.mov(result, scratch(8));
      asm.btc(result, 63);
      asm.jmp(done);
      asm.bind(wrong);
      outside();
    });
    asm.cvttToInt(t.from, result, x);
    asm.test(result, result);
    asm.jcc('s', large);
  }
  asm.bind(done);
}

/** The nearest representable number; zero for NaN. */
function saturate(code: Code, t: Truncation, register: number, x: Xmm): void {
  const { asm } = code;
  const [result, result32] = [gpr(register, 8), gpr(register, 4)];
  const ready = new Label();
  asm.xor(result32, result32);
  asm.packed('xor', scratchXmm, scratchXmm);
  asm.ucomis(t.from, x, scratchXmm);
  asm.jcc('p', ready);
  if (t.signed) {
    const bits = BigInt(t.to * 8);
    asm.mov(t.to === 8 ? result : result32, 1n << (bits - 1n));
    asm.jcc('b', ready);
    asm.mov(t.to === 8 ? result : result32, (1n << (bits - 1n)) - 1n);
  } else {
    asm.jcc('b', ready);
    asm.mov(t.to === 8 ? result : result32, -1);
  }
  asm.bind(ready);
}

const toInteger =
  (width: Width): Rule =>
  (s, v) => {
    const def = s.result(v);
    const operand = s.use(v.args[0]);
    s.emit((code) => code.asm.movToGpr(code.gpr(def, width), code.xmm(operand)));
  };
const toFloat =
  (width: Width): Rule =>
  (s, v) => {
    const def = s.result(v);
    const operand: Use = width === 4 ? s.use32(v.args[0]) : s.use(v.args[0]);
    s.emit((code) => code.asm.movFromGpr(code.xmm(def), code.gpr(operand, width)));
  };

export const floatRules: Record<string, Rule> = {
  'f32.demote_f64': changeWidth(8),
  'f64.promote_f32': changeWidth(4),
  'i32.reinterpret_f32': toInteger(4),
  'i64.reinterpret_f64': toInteger(8),
  'f32.reinterpret_i32': toFloat(4),
  'f64.reinterpret_i64': toFloat(8),
};
for (const [type, width] of [
  ['f32', 4],
  ['f64', 8],
] as const) {
  Object.assign(floatRules, {
    [`${type}.add`]: arithmetic('add', width, true),
    [`${type}.sub`]: arithmetic('sub', width, false),
    [`${type}.mul`]: arithmetic('mul', width, true),
    [`${type}.div`]: arithmetic('div', width, false),
    [`${type}.sqrt`]: squareRoot(width),
    [`${type}.abs`]: signOperation('and', width),
    [`${type}.neg`]: signOperation('xor', width),
    [`${type}.copysign`]: copySign(width),
    [`${type}.min`]: extremum('min', width),
    [`${type}.max`]: extremum('max', width),
    [`${type}.floor`]: rounding('floor', width),
    [`${type}.ceil`]: rounding('ceil', width),
    [`${type}.trunc`]: rounding('trunc', width),
    [`${type}.nearest`]: rounding('nearest', width),
    [`${type}.convert_i32_s`]: fromInteger(4, true, width),
    [`${type}.convert_i32_u`]: fromInteger(4, false, width),
    [`${type}.convert_i64_s`]: fromInteger(8, true, width),
    [`${type}.convert_i64_u`]: fromInteger(8, false, width),
  });
  for (const [integer, to] of [
    ['i32', 4],
    ['i64', 8],
  ] as const) {
    for (const signed of [true, false]) {
      const suffix = `${type}_${signed ? 's' : 'u'}`;
      floatRules[`${integer}.trunc_${suffix}`] = truncation({ from: width, to, signed, saturating: false });
      floatRules[`${integer}.trunc_sat_${suffix}`] = truncation({ from: width, to, signed, saturating: true });
    }
  }
}
