// SPDX-License-Identifier: MIT
/**
 * @fileoverview x87 arithmetic and comparison instructions: operands from the stack or memory, exceptions, stack faults (SDM vol. 1,
 * 8.3.5 and 8.3.6). The numbers are in `arithmetic.ts`, `compare.ts` and `remainder.ts`.
 */
import type { HelperRef } from '../../ir/value.ts';
import { type Cpu, type HelperFunction, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { add, div, mul, sqrt, sub } from './arithmetic.ts';
import { COMPARED, classify, compare } from './compare.ts';
import { fromDouble, fromInteger, fromSingle, roundInteger } from './convert.ts';
import { type Environment, type Float80, FSW, setIndefinite } from './float80.ts';
import { extract, remainder, scale } from './remainder.ts';
import {
  begin,
  commit,
  env,
  getRegister,
  isEmpty,
  overflow,
  pending,
  pop,
  push,
  r,
  registerNumber,
  report,
  setConditions,
  setRegister,
  underflow,
  unit,
  x,
  y,
} from './unit.ts';

type Operation = (result: Float80, a: Float80, b: Float80, e: Environment) => void;

/** How a memory operand becomes a number: by its type, and whether it is an integer. */
type Source = (cpu: Cpu, f: Float80) => void;
const fromSinglePart: Source = (cpu, f) => fromSingle(f, cpu.args.u32(0), env);
const fromDoublePart: Source = (cpu, f) => {
  const value = cpu.args.u64(0);
  fromDouble(f, Number(value >> 32n), Number(value & 0xffffffffn), env);
};
const fromIntegerPart: Source = (cpu, f) => {
  const value = cpu.args.i32(0);
  fromInteger(f, value < 0 ? 0xffffffff : 0, value >>> 0);
};

// Two operands: ST0 with memory, ST0 with ST(i), ST(i) with ST0, the last also popping.

function withMemory(name: string, source: Source, operate: Operation): HelperRef {
  return helper(name, (cpu) => {
    const address = cpu.args.u64(1);
    begin(cpu);
    let withheld: boolean;
    if (isEmpty(0)) withheld = underflow();
    else {
      getRegister(cpu, 0, x);
      source(cpu, y);
      operate(r, x, y, env);
      withheld = report(env.flags);
    }
    if (!withheld) setRegister(cpu, 0, r);
    commit(cpu, address);
  });
}
/** `reverse`: the destination is ST(i). */
function withRegister(name: string, operate: Operation, reverse: boolean, pops: boolean): HelperRef {
  return helper(name, (cpu) => {
    const i = cpu.args.u32(0);
    begin(cpu);
    let withheld: boolean;
    if (isEmpty(0) || isEmpty(i)) withheld = underflow();
    else {
      getRegister(cpu, reverse ? i : 0, x);
      getRegister(cpu, reverse ? 0 : i, y);
      operate(r, x, y, env);
      withheld = report(env.flags);
    }
    if (!withheld) {
      setRegister(cpu, reverse ? i : 0, r);
      if (pops) pop();
    }
    commit(cpu);
  });
}
const reversed =
  (operate: Operation): Operation =>
  (result, a, b, e) =>
    operate(result, b, a, e);

/** /digit of D8 and DA, and of DC and DE with registers, where the two subtractions and divisions change places. */
const ARITHMETIC: readonly [mnemonic: string, digit: number, reverseDigit: number, operate: Operation][] = [
  ['fadd', 0, 0, add],
  ['fmul', 1, 1, mul],
  ['fsub', 4, 5, sub],
  ['fsubr', 5, 4, reversed(sub)],
  ['fdiv', 6, 7, div],
  ['fdivr', 7, 6, reversed(div)],
];
const literal = (digit: number): string => `${(0xc0 + digit * 8).toString(16).toUpperCase()}+i`;
for (const [mnemonic, digit, reverseDigit, operate] of ARITHMETIC) {
  const single = withMemory(`${mnemonic}.m32`, fromSinglePart, operate);
  const double = withMemory(`${mnemonic}.m64`, fromDoublePart, operate);
  const integer = withMemory(`fi${mnemonic.slice(1)}`, fromIntegerPart, operate);
  const direct = withRegister(`${mnemonic}.st0`, operate, false, false);
  instruction({
    mnemonic,
    encodings: { [`D8 /${digit}`]: 'Md', [`DC /${digit}`]: 'Mq', [`D8 ${literal(digit)}`]: 'ST' },
    unit: 'fpu',
    exec(ir, o) {
      pending(ir);
      if (o.kind === 'mem') ir.callVoid(o.type === 'i32' ? single : double, [ir.read(o), ir.address(o)]);
      else ir.callVoid(direct, [registerNumber(ir, o)]);
    },
  });
  instruction({
    mnemonic: `fi${mnemonic.slice(1)}`,
    encodings: { [`DA /${digit}`]: 'Md', [`DE /${digit}`]: 'Mw' },
    unit: 'fpu',
    exec(ir, o) {
      pending(ir);
      const value = ir.read(o);
      ir.callVoid(integer, [o.type === 'i16' ? ir.sext(value, 'i32') : value, ir.address(o)]);
    },
  });
  for (const [suffix, opcode, pops] of [
    ['', 'DC', false],
    ['p', 'DE', true],
  ] as const) {
    const ref = withRegister(`${mnemonic}${suffix}.sti`, operate, true, pops);
    instruction({
      mnemonic: mnemonic + suffix,
      encodings: { [`${opcode} ${literal(reverseDigit)}`]: 'ST' },
      unit: 'fpu',
      exec(ir, o) {
        pending(ir);
        ir.callVoid(ref, [registerNumber(ir, o)]);
      },
    });
  }
}

/** A record without operands. */
export function plainRecord(mnemonic: string, notation: string, run: HelperFunction): void {
  const ref = helper(mnemonic, run);
  instruction({
    mnemonic,
    encodings: { [notation]: '' },
    unit: 'fpu',
    exec(ir) {
      pending(ir);
      ir.callVoid(ref, []);
    },
  });
}

/** ST0 becomes a function of itself and, if the function wants it, ST1. */
function unary(mnemonic: string, notation: string, operate: (e: Environment) => void, two = false): void {
  plainRecord(mnemonic, notation, (cpu) => {
    begin(cpu);
    let withheld: boolean;
    if (isEmpty(0) || (two && isEmpty(1))) withheld = underflow();
    else {
      getRegister(cpu, 0, x);
      if (two) getRegister(cpu, 1, y);
      operate(env);
      withheld = report(env.flags);
    }
    if (!withheld) setRegister(cpu, 0, r);
    commit(cpu);
  });
}
unary('fsqrt', 'D9 FA', (e) => sqrt(r, x, e));
unary('frndint', 'D9 FC', (e) => roundInteger(r, x, e));
unary('fscale', 'D9 FD', (e) => scale(r, x, y, e), true);

/** C0, C3, C1 hold the quotient's low bits, C2 that the remainder is partial. */
function partialRemainder(mnemonic: string, notation: string, nearest: boolean): void {
  plainRecord(mnemonic, notation, (cpu) => {
    begin(cpu);
    let withheld: boolean;
    unit.fsw &= ~FSW.C2;
    if (isEmpty(0) || isEmpty(1)) withheld = underflow();
    else {
      getRegister(cpu, 0, x);
      getRegister(cpu, 1, y);
      const conditions = remainder(r, x, y, env, nearest);
      withheld = report(env.flags & ~FSW.C1);
      if (!withheld && conditions >= 0) setConditions(conditions);
    }
    if (!withheld) setRegister(cpu, 0, r);
    commit(cpu);
  });
}
partialRemainder('fprem', 'D9 F8', false);
partialRemainder('fprem1', 'D9 F5', true);

plainRecord('fxtract', 'D9 F4', (cpu) => {
  begin(cpu);
  setIndefinite(y);
  let withheld: boolean;
  if (isEmpty(0)) withheld = underflow();
  else if (!isEmpty(-1)) withheld = overflow();
  else {
    getRegister(cpu, 0, x);
    extract(r, y, x, env);
    withheld = report(env.flags);
  }
  if (!withheld) {
    setRegister(cpu, 0, y);
    push();
    setRegister(cpu, 0, r);
  }
  commit(cpu);
});

// Comparison.

/** `other`: loads the second operand into `y`; undefined if that register is empty. */
function compareWith(cpu: Cpu, other: () => boolean, quiet: boolean, pops: number, operand?: bigint): void {
  begin(cpu);
  let withheld: boolean;
  if (isEmpty(0) || !other()) {
    withheld = underflow();
    setConditions(COMPARED[2]);
  } else {
    getRegister(cpu, 0, x);
    setConditions(COMPARED[compare(x, y, env, quiet)]);
    withheld = report(env.flags);
  }
  if (!withheld) for (let n = 0; n < pops; n++) pop();
  commit(cpu, operand);
}
const registerOperand = (cpu: Cpu, i: number): boolean => {
  getRegister(cpu, i, y);
  return !isEmpty(i);
};
function compareMemory(name: string, source: Source, pops: number): HelperRef {
  return helper(name, (cpu) =>
    compareWith(
      cpu,
      () => {
        source(cpu, y);
        return true;
      },
      false,
      pops,
      cpu.args.u64(1),
    ),
  );
}
function compareRegister(mnemonic: string, notations: readonly string[], quiet: boolean, pops: number): HelperRef {
  const ref = helper(`${mnemonic}.st`, (cpu) => {
    const i = cpu.args.u32(0);
    compareWith(cpu, () => registerOperand(cpu, i), quiet, pops);
  });
  instruction({
    mnemonic,
    encodings: Object.fromEntries(notations.map((n) => [n, 'ST'])),
    unit: 'fpu',
    exec(ir, o) {
      pending(ir);
      ir.callVoid(ref, [registerNumber(ir, o)]);
    },
  });
  return ref;
}
for (const [mnemonic, digit, pops] of [
  ['fcom', 2, 0],
  ['fcomp', 3, 1],
] as const) {
  const single = compareMemory(`${mnemonic}.m32`, fromSinglePart, pops);
  const double = compareMemory(`${mnemonic}.m64`, fromDoublePart, pops);
  const integer = compareMemory(`fi${mnemonic.slice(1)}`, fromIntegerPart, pops);
  instruction({
    mnemonic,
    encodings: { [`D8 /${digit}`]: 'Md', [`DC /${digit}`]: 'Mq' },
    unit: 'fpu',
    exec(ir, o) {
      pending(ir);
      ir.callVoid(o.type === 'i32' ? single : double, [ir.read(o), ir.address(o)]);
    },
  });
  instruction({
    mnemonic: `fi${mnemonic.slice(1)}`,
    encodings: { [`DA /${digit}`]: 'Md', [`DE /${digit}`]: 'Mw' },
    unit: 'fpu',
    exec(ir, o) {
      pending(ir);
      const value = ir.read(o);
      ir.callVoid(integer, [o.type === 'i16' ? ir.sext(value, 'i32') : value, ir.address(o)]);
    },
  });
}
// With undocumented aliases that all processors have.
compareRegister('fcom', ['D8 D0+i', 'DC D0+i'], false, 0);
compareRegister('fcomp', ['D8 D8+i', 'DC D8+i', 'DE D0+i'], false, 1);
compareRegister('fucom', ['DD E0+i'], true, 0);
compareRegister('fucomp', ['DD E8+i'], true, 1);
for (const [mnemonic, notation, quiet] of [
  ['fcompp', 'DE D9', false],
  ['fucompp', 'DA E9', true],
] as const) {
  plainRecord(mnemonic, notation, (cpu) => compareWith(cpu, () => registerOperand(cpu, 1), quiet, 2));
}
plainRecord('ftst', 'D9 E4', (cpu) =>
  compareWith(
    cpu,
    () => {
      y.set(0, 0, 0);
      return true;
    },
    false,
    0,
  ),
);
plainRecord('fxam', 'D9 E5', (cpu) => {
  begin(cpu);
  getRegister(cpu, 0, x);
  setConditions(classify(x, isEmpty(0)) | (x.se & 0x8000 ? FSW.C1 : 0));
  commit(cpu);
});

// FCOMI and its kind: the result goes to ZF, PF, CF.

/** CF, PF, ZF in bits 0, 1, 2. */
const FLAGS: Readonly<Record<number, number>> = { [-1]: 1, 0: 4, 1: 0, 2: 7 };
for (const [mnemonic, notation, quiet, pops] of [
  ['fcomi', 'DB F0+i', false, false],
  ['fcomip', 'DF F0+i', false, true],
  ['fucomi', 'DB E8+i', true, false],
  ['fucomip', 'DF E8+i', true, true],
] as const) {
  const ref = helper(mnemonic, (cpu) => {
    const i = cpu.args.u32(0);
    begin(cpu, true);
    let withheld: boolean;
    let order = 2;
    if (isEmpty(0) || isEmpty(i)) withheld = underflow();
    else {
      getRegister(cpu, 0, x);
      getRegister(cpu, i, y);
      order = compare(x, y, env, quiet);
      withheld = report(env.flags);
    }
    if (pops && !withheld) pop();
    commit(cpu);
    cpu.args.returnU32(FLAGS[order]);
  });
  instruction({
    mnemonic,
    encodings: { [notation]: 'ST' },
    cpuid: 'CMOV',
    unit: 'fpu',
    exec(ir, o) {
      pending(ir);
      const flags = ir.call(ref, 'i32', [registerNumber(ir, o)]);
      ir.setFlags({
        ...ir.clearedFlags,
        CF: ir.bool(ir.bit(flags, 0)),
        PF: ir.bool(ir.bit(flags, 1)),
        ZF: ir.bool(ir.bit(flags, 2)),
      });
    },
  });
}
