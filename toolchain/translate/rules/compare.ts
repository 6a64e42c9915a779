// SPDX-License-Identifier: MIT
/**
 * @fileoverview Comparisons: as flags for branches and selects, or as a 0 or 1 in a register.
 *
 * UCOMISD leaves ZF, PF, CF all set for unordered operands, so `a < b` is tested as `b above a`, which is false then; equality
 * needs ZF without PF. (wasm: every comparison with a NaN is false but `ne`.)
 */
import { type AluOperation, type Condition, conditions, fitsInt32, invert, Label, type Rm, withWidth } from '../../x86/x86.ts';
import { type BranchCondition, type Code, scratch, type Test, type Use } from '../machine.ts';
import type { Operand, Selector } from '../select.ts';
import { isConstant, type Value } from '../ssa.ts';
import type { Rule } from './rules.ts';

interface Flags {
  readonly test: Test;
  readonly emit: (code: Code) => void;
}

const INTEGER: Readonly<Record<string, Condition>> = {
  eq: 'e',
  ne: 'ne',
  lt_s: 'l',
  lt_u: 'b',
  gt_s: 'g',
  gt_u: 'a',
  le_s: 'le',
  le_u: 'be',
  ge_s: 'ge',
  ge_u: 'ae',
};
/** The same comparison with its operands exchanged. */
const MIRRORED: Readonly<Partial<Record<Condition, Condition>>> = {
  e: 'e',
  ne: 'ne',
  l: 'g',
  g: 'l',
  le: 'ge',
  ge: 'le',
  b: 'a',
  a: 'b',
  be: 'ae',
  ae: 'be',
};
const COMPARISON = /^(i32|i64|f32|f64)\.(eqz|eq|ne|[lg][te](_[su])?)$/;

const single = (condition: Condition): Test => ({ conditions: [condition], mode: 'all' });
export const invertTest = (test: Test): Test => ({
  conditions: test.conditions.map(invert),
  mode: test.mode === 'all' ? 'any' : 'all',
});

/** A branch on `a && b` or `a || b`, written as `and` or `or` of comparisons, makes one comparison after another. */
export function branchConditionOf(s: Selector, v: Value): BranchCondition {
  const parts = (mode: 'all' | 'any', at: Value): Value[] => {
    const op = mode === 'all' ? 'i32.and' : 'i32.or';
    if (at.op !== op || !s.isOwn(at) || !at.args.every((a) => COMPARISON.test(a.op) || a.op === op)) return [at];
    return at.args.flatMap((a) => parts(mode, a));
  };
  if (v.op === 'i32.eqz' && s.canRepeat(v)) {
    const { parts: inner, mode } = branchConditionOf(s, v.args[0]);
    return { mode: mode === 'all' ? 'any' : 'all', parts: inner.map(({ emit, test }) => ({ emit, test: invertTest(test) })) };
  }
  const mode = v.op === 'i32.or' ? 'any' : 'all';
  const [first, ...rest] = parts(mode, v);
  return { mode, parts: [conditionOf(s, first), ...rest.map((part) => s.withoutLoads(() => conditionOf(s, part)))] };
}

/** Flags that are true when `v` is not zero. Becomes part of the instruction being made. */
export function conditionOf(s: Selector, v: Value): Flags {
  if (v.op === 'i32.eqz' && s.canRepeat(v)) {
    const { test, emit } = conditionOf(s, v.args[0]);
    return { test: invertTest(test), emit };
  }
  if (COMPARISON.test(v.op) && s.canRepeat(v)) return comparison(s, v);
  if (v.op === 'i32.and' && s.isOwn(v)) return bitTest(s, v, 4, 'ne');
  const use = s.use32(v);
  return {
    test: single('ne'),
    emit: (code) => code.asm.test(code.gpr(use, 4), code.gpr(use, 4)),
  };
}

function comparison(s: Selector, v: Value): Flags {
  const [type, name] = v.op.split('.');
  const width = type.endsWith('64') ? 8 : 4;
  if (type.startsWith('f')) return floatComparison(s, v, name, width);
  if (name === 'eqz') {
    const [operand] = v.args;
    if (operand.op === `${type}.and` && s.isOwn(operand)) return bitTest(s, operand, width, 'e');
    if (s.canFoldLoad(operand, width)) return compareOperands(s, operand, { kind: 'immediate', value: 0n }, width, 'e');
    const use = width === 4 ? s.use32(operand) : s.use(operand);
    return { test: single('e'), emit: (code) => code.asm.test(code.gpr(use, width), code.gpr(use, width)) };
  }
  const condition = INTEGER[name];
  const [a, b] = v.args;
  if (isConstant(b) && b.constant === 0n && (condition === 'e' || condition === 'ne') && a.op === `${type}.and` && s.isOwn(a)) {
    return bitTest(s, a, width, condition);
  }
  if (isConstant(a) && !isConstant(b)) return compareOperands(s, b, s.operand(a, width), width, MIRRORED[condition]!);
  // One side may be a folded load; the right one by preference.
  if (!isConstant(b) && !s.canFoldLoad(b, width) && s.canFoldLoad(a, width)) {
    return compareOperands(s, b, s.operand(a, width), width, MIRRORED[condition]!);
  }
  return compareOperands(s, a, s.operand(b, width), width, condition);
}

/** The narrow unsigned loads that can be compared with a constant where they are. */
const NARROW: Readonly<Record<string, 1 | 2>> = { 'i32.load8_u': 1, 'i32.load16_u': 2 };

function compareOperands(s: Selector, left: Value, right: Operand, width: 4 | 8, condition: Condition): Flags {
  if (right.kind === 'immediate') {
    const value = right.value;
    const narrow = NARROW[left.op];
    const unsignedTest = condition === 'e' || condition === 'ne' || conditions[condition] < 8;
    if (narrow && s.isOwn(left) && s.isNow(left) && unsignedTest && value >= 0n && value < 1n << BigInt(8 * narrow)) {
      s.fold(left);
      const address = s.address(left.args[0], left.immediate, narrow);
      return { test: single(condition), emit: (code) => code.asm.cmp(code.mem(address, narrow), value) };
    }
    const address = s.foldLoad(left, width, false);
    if (address) return { test: single(condition), emit: (code) => code.asm.cmp(code.mem(address, width), value) };
    const use = width === 4 ? s.use32(left, { anywhere: true }) : s.use(left, { anywhere: true });
    const emit = (code: Code) => {
      const operand = code.rm(use, width);
      if (value === 0n && operand.kind === 'gpr') code.asm.test(operand, operand);
      else code.asm.cmp(operand, value);
    };
    return { test: single(condition), emit };
  }
  const use = width === 4 ? s.use32(left) : s.use(left);
  return {
    test: single(condition),
    emit: (code) => code.asm.cmp(code.gpr(use, width), rightOperand(code, right, width)),
  };
}

export function rightOperand(code: Code, operand: Operand, width: 4 | 8): Rm | bigint {
  if (operand.kind === 'immediate') return operand.value;
  return operand.kind === 'memory' ? code.mem(operand.address, width) : code.rm(operand.use, width);
}

/** x & y compared with zero. */
function bitTest(s: Selector, and: Value, width: 4 | 8, condition: Condition): Flags {
  s.fold(and);
  const [a, b] = and.args;
  const use = width === 4 ? s.use32(a) : s.use(a);
  if (isConstant(b) && fitsInt32(width === 4 ? BigInt.asIntN(32, b.constant) : b.constant)) {
    const mask = b.constant;
    return {
      test: single(condition),
      emit: (code) => {
        if (mask >= 0n && mask < 128n) code.asm.test(code.gpr(use, 1), mask);
        else code.asm.test(code.gpr(use, mask >= 0n ? 4 : width), mask);
      },
    };
  }
  const other = width === 4 ? s.use32(b) : s.use(b);
  return { test: single(condition), emit: (code) => code.asm.test(code.gpr(use, width), code.gpr(other, width)) };
}

function floatComparison(s: Selector, v: Value, name: string, width: 4 | 8): Flags {
  let [a, b] = v.args;
  if (name === 'lt' || name === 'le') [a, b] = [b, a];
  const test: Test =
    name === 'eq'
      ? { conditions: ['np', 'e'], mode: 'all' }
      : name === 'ne'
        ? { conditions: ['p', 'ne'], mode: 'any' }
        : single(name === 'lt' || name === 'gt' ? 'a' : 'ae');
  const left = s.use(a);
  const right = s.operand(b, width);
  const emit = (code: Code) => {
    if (right.kind === 'memory') code.asm.ucomis(width, code.xmm(left), code.mem(right.address));
    else if (right.kind === 'use') code.asm.ucomis(width, code.xmm(left), code.xmmRm(right.use));
  };
  return { test, emit };
}

/** A comparison whose value is wanted: 0 or 1 in a register. */
const setCondition: Rule = (s, v) => {
  const def = s.result(v);
  const { test, emit } = comparison(s, v);
  const uses = [...s.current.uses];
  s.emit((code) => {
    const result = code.gpr(def, 4);
    const low = withWidth(result, 1);
    // Zeroing beforehand is cheaper than extending afterwards, if the comparison does not read the register.
    const zeroFirst = !uses.some((use: Use) => code.same(use, def));
    if (zeroFirst) code.asm.xor(result, result);
    emit(code);
    code.asm.setcc(test.conditions[0], low);
    if (test.conditions.length === 2) {
      code.asm.setcc(test.conditions[1], scratch(1));
      code.asm.alu((test.mode === 'all' ? 'and' : 'or') as AluOperation, low, scratch(1));
    }
    if (!zeroFirst) code.asm.movzx(result, low);
  });
};

const select: Rule = (s, v) => {
  const def = s.result(v);
  const [condition, whenTrue, whenFalse] = v.args;
  const flags = conditionOf(s, condition);
  let { test } = flags;
  let [kept, replacement] = [whenTrue, whenFalse];
  // The kept value is replaced as soon as one condition fails, so "any" becomes "all" of the inverse with roles exchanged.
  if (test.mode === 'any') {
    test = invertTest(test);
    [kept, replacement] = [replacement, kept];
  }
  const width = v.type === 'i64' || v.type === 'f64' ? 8 : 4;
  if (v.type === 'f32' || v.type === 'f64') {
    const first = s.source(kept, { tied: true });
    const second = s.use(replacement, { late: true });
    s.emit((code) => {
      flags.emit(code);
      const result = code.copyToResultXmm(def, first);
      const done = new Label();
      const replace = code.outOfLine(() => {
        code.asm.movs(width, result, code.xmm(second));
        code.asm.jmp(done);
      });
      for (const c of test.conditions) code.asm.jcc(invert(c), replace);
      code.asm.bind(done);
    });
    return;
  }
  const first = s.source(kept, { tied: true });
  const second = isConstant(replacement)
    ? s.use(replacement, { late: true })
    : s.use(replacement, { late: true, anywhere: true });
  s.emit((code) => {
    flags.emit(code);
    const result = code.copyToResult(def, first, width);
    for (const c of test.conditions) code.asm.cmov(invert(c), result, code.rm(second, width));
  });
};

export const compareRules: Record<string, Rule> = { select };
for (const type of ['i32', 'i64']) {
  for (const name of ['eqz', ...Object.keys(INTEGER)]) compareRules[`${type}.${name}`] = setCondition;
}
for (const type of ['f32', 'f64']) {
  for (const name of ['eq', 'ne', 'lt', 'gt', 'le', 'ge']) compareRules[`${type}.${name}`] = setCondition;
}
