// SPDX-License-Identifier: MIT
/**
 * @fileoverview x87 loads, stores, constants, exchange, conditional moves and sign operations (SDM vol. 1, 8.3.3 and 8.3.4).
 *
 * Stores to memory happen inside their helpers, since an unmasked exception suppresses them; the store precedes every change of state.
 */
import type { Builder } from '../../ir/builder.ts';
import type { HelperRef, Operand } from '../../ir/value.ts';
import { type Cpu, type HelperFunction, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { fromDecimal, fromDouble, fromInteger, fromSingle, toDecimal, toInteger, toShorter, word } from './convert.ts';
import { type Environment, type Float80, isSpecialNaN, quietNaN, ROUND, SIGN, setIndefinite } from './float80.ts';
import {
  begin,
  commit,
  env,
  following,
  getRegister,
  isEmpty,
  overflow,
  pending,
  pop,
  push,
  r,
  registerNumber,
  report,
  setRegister,
  underflow,
  unit,
  x,
  y,
} from './unit.ts';

/** Pushes what `load` leaves in `r`, unless the stack is full or an unmasked exception forbids. */
function pushResult(cpu: Cpu, load: () => void, operand?: bigint): void {
  begin(cpu);
  let withheld: boolean;
  if (!isEmpty(-1)) withheld = overflow();
  else {
    load();
    withheld = report(env.flags);
  }
  if (!withheld) {
    push();
    setRegister(cpu, 0, r);
  }
  commit(cpu, operand);
}

// Loads. Arguments: value (10-byte operands: low 8 bytes, upper 2), address of the operand.

const quietResult = (): void => {
  if (isSpecialNaN(r)) quietNaN(r, r, env);
};
const load = (name: string, read: (cpu: Cpu) => void, address = 1): HelperRef =>
  helper(name, (cpu) => pushResult(cpu, () => read(cpu), cpu.args.u64(address)));
const fldSingle = load('fld.m32', (cpu) => {
  fromSingle(r, cpu.args.u32(0), env);
  quietResult();
});
const fldDouble = load('fld.m64', (cpu) => {
  const value = cpu.args.u64(0);
  fromDouble(r, Number(value >> 32n), Number(value & 0xffffffffn), env);
  quietResult();
});
const fldExtended = load(
  'fld.m80',
  (cpu) => {
    const value = cpu.args.u64(0);
    r.set(cpu.args.u32(1), Number(value >> 32n), Number(value & 0xffffffffn));
  },
  2,
);
const fbld = load('fbld', (cpu) => fromDecimal(r, cpu.args.u64(0), cpu.args.u32(1)), 2);
const fildNarrow = load('fild.m32', (cpu) => {
  const value = cpu.args.i32(0);
  fromInteger(r, value < 0 ? 0xffffffff : 0, value >>> 0);
});
const fildWide = load('fild.m64', (cpu) => {
  const value = cpu.args.u64(0);
  fromInteger(r, Number(value >> 32n), Number(value & 0xffffffffn));
});
const fldRegister = helper('fld.st', (cpu) => {
  const i = cpu.args.u32(0);
  begin(cpu);
  let withheld: boolean;
  if (isEmpty(i)) withheld = underflow();
  else if (!isEmpty(-1)) withheld = overflow();
  else {
    getRegister(cpu, i, r);
    withheld = false;
  }
  if (!withheld) {
    push();
    setRegister(cpu, 0, r);
  }
  commit(cpu);
});

instruction({
  mnemonic: 'fld',
  encodings: { 'D9 /0': 'Md', 'DD /0': 'Mq', 'D9 C0+i': 'ST' },
  unit: 'fpu',
  exec(ir, o) {
    pending(ir);
    if (o.kind === 'mem') ir.callVoid(o.type === 'i32' ? fldSingle : fldDouble, [ir.read(o), ir.address(o)]);
    else ir.callVoid(fldRegister, [registerNumber(ir, o)]);
  },
});
/** The two parts of a 10-byte operand, and its address. */
function readTen(ir: Builder, o: Operand): ReturnType<Builder['address']>[] {
  const at = ir.address(o);
  const upper = ir.wrap(ir.add(at, ir.const(8, 'i64')), ir.env.code === 64 ? 64 : 32);
  return [ir.load(at, 'i64'), ir.zext(ir.load(upper, 'i16'), 'i32'), at];
}
instruction({
  mnemonic: 'fld',
  encodings: { 'DB /5': 'Mt' },
  memory: { bytes: () => 10 },
  unit: 'fpu',
  exec(ir, o) {
    pending(ir);
    ir.callVoid(fldExtended, readTen(ir, o));
  },
});
instruction({
  mnemonic: 'fbld',
  encodings: { 'DF /4': 'Mt' },
  memory: { bytes: () => 10 },
  unit: 'fpu',
  exec(ir, o) {
    pending(ir);
    ir.callVoid(fbld, readTen(ir, o));
  },
});
instruction({
  mnemonic: 'fild',
  encodings: { 'DF /0': 'Mw', 'DB /0': 'Md', 'DF /5': 'Mq' },
  unit: 'fpu',
  exec(ir, o) {
    pending(ir);
    const value = ir.read(o);
    if (o.type === 'i64') ir.callVoid(fildWide, [value, ir.address(o)]);
    else ir.callVoid(fildNarrow, [o.type === 'i16' ? ir.sext(value, 'i32') : value, ir.address(o)]);
  },
});

/** Significands of the constants as 64 bits and the tail that rounds them (SDM vol. 2, FLD1 ...): se, hi, lo, tail above one half. */
const CONSTANTS: readonly [
  mnemonic: string,
  modrm: string,
  se: number,
  hi: number,
  lo: number,
  up: 'below' | 'above' | 'exact',
][] = [
  ['fld1', 'E8', 0x3fff, 0x80000000, 0, 'exact'],
  ['fldl2t', 'E9', 0x4000, 0xd49a784b, 0xcd1b8afe, 'below'],
  ['fldl2e', 'EA', 0x3fff, 0xb8aa3b29, 0x5c17f0bb, 'above'],
  ['fldpi', 'EB', 0x4000, 0xc90fdaa2, 0x2168c234, 'above'],
  ['fldlg2', 'EC', 0x3ffd, 0x9a209a84, 0xfbcff798, 'above'],
  ['fldln2', 'ED', 0x3ffe, 0xb17217f7, 0xd1cf79ab, 'above'],
  ['fldz', 'EE', 0, 0, 0, 'exact'],
];
for (const [mnemonic, modrm, se, hi, lo, tail] of CONSTANTS) {
  const run = helper(mnemonic, (cpu) =>
    pushResult(cpu, () => {
      const up = tail !== 'exact' && (env.rounding === ROUND.up || (env.rounding === ROUND.nearest && tail === 'above'));
      r.set(se, hi, up ? lo + 1 : lo);
    }),
  );
  instruction({
    mnemonic,
    encodings: { [`D9 ${modrm}`]: '' },
    unit: 'fpu',
    exec(ir) {
      pending(ir);
      ir.callVoid(run, []);
    },
  });
}

// Stores. Argument: address.

/** What a store puts into memory: the conversion, the masked response to stack underflow, and the bytes. */
interface Store {
  convert(a: Float80, e: Environment): void;
  bytes: 2 | 4 | 8;
  indefinite: bigint;
}
const both = (): bigint => (BigInt(word.hi) << 32n) | BigInt(word.lo);
const SINGLE: Store = { convert: (a, e) => toShorter(a, e, 24), bytes: 4, indefinite: 0xffc00000n };
const DOUBLE: Store = { convert: (a, e) => toShorter(a, e, 53), bytes: 8, indefinite: 0xfff8000000000000n };
const integerStore = (size: 16 | 32 | 64, truncate: boolean): Store => ({
  convert: (a, e) => toInteger(a, e, size, truncate ? ROUND.zero : e.rounding),
  bytes: (size / 8) as 2 | 4 | 8,
  indefinite: 1n << BigInt(size - 1),
});
function storeHelper(name: string, store: Store, pops: boolean): HelperRef {
  return helper(name, (cpu) => {
    const address = cpu.args.u64(0);
    begin(cpu);
    let withheld: boolean;
    let value = store.indefinite;
    if (isEmpty(0)) withheld = underflow();
    else {
      getRegister(cpu, 0, x);
      store.convert(x, env);
      value = BigInt.asUintN(store.bytes * 8, both());
      withheld = report(env.flags, true);
    }
    if (!withheld) {
      cpu.store(address, store.bytes, value);
      if (pops) pop();
    }
    commit(cpu, address);
  });
}
/** A family of stores to memory; the operand's type picks the helper. */
function storeRecord(
  mnemonic: string,
  encodings: Record<string, string>,
  stores: Record<string, Store>,
  pops: boolean,
  cpuid?: string,
): void {
  const helpers: Record<string, HelperRef> = {};
  for (const [type, store] of Object.entries(stores)) helpers[type] = storeHelper(`${mnemonic}.${type}`, store, pops);
  instruction({
    mnemonic,
    encodings,
    cpuid,
    memory: { writes: true },
    unit: 'fpu',
    exec(ir, o) {
      pending(ir);
      ir.callVoid(helpers[o.type], [ir.address(o)]);
    },
  });
}
const REAL = { i32: SINGLE, i64: DOUBLE };
const integers = (truncate: boolean): Record<string, Store> => ({
  i16: integerStore(16, truncate),
  i32: integerStore(32, truncate),
  i64: integerStore(64, truncate),
});
storeRecord('fst', { 'D9 /2': 'Md', 'DD /2': 'Mq' }, REAL, false);
storeRecord('fstp', { 'D9 /3': 'Md', 'DD /3': 'Mq' }, REAL, true);
storeRecord('fist', { 'DF /2': 'Mw', 'DB /2': 'Md' }, integers(false), false);
storeRecord('fistp', { 'DF /3': 'Mw', 'DB /3': 'Md', 'DF /7': 'Mq' }, integers(false), true);
storeRecord('fisttp', { 'DF /1': 'Mw', 'DB /1': 'Md', 'DD /1': 'Mq' }, integers(true), true, 'SSE3');

/** Ten bytes: both accesses are tested before either is made. */
function storeTen(cpu: Cpu, address: bigint, low: bigint, high: number): void {
  cpu.probe(address, 10, true);
  cpu.store(address, 8, low);
  cpu.store(following(cpu, address, 8), 2, BigInt(high));
}
const fstpExtended = helper('fstp.m80', (cpu) => {
  const address = cpu.args.u64(0);
  begin(cpu);
  let withheld = false;
  if (isEmpty(0)) withheld = underflow();
  else getRegister(cpu, 0, r);
  if (!withheld) {
    storeTen(cpu, address, (BigInt(r.hi) << 32n) | BigInt(r.lo), r.se);
    pop();
  }
  commit(cpu, address);
});
const fbstp = helper('fbstp', (cpu) => {
  const address = cpu.args.u64(0);
  begin(cpu);
  let withheld: boolean;
  if (isEmpty(0)) {
    withheld = underflow();
    setIndefinite(x);
  } else {
    getRegister(cpu, 0, x);
    withheld = false;
  }
  const { digits, top } = toDecimal(x, env);
  if (!isEmpty(0)) withheld = report(env.flags, true);
  if (!withheld) {
    storeTen(cpu, address, digits, top);
    pop();
  }
  commit(cpu, address);
});
for (const [mnemonic, encoding, run] of [
  ['fstp', 'DB /7', fstpExtended],
  ['fbstp', 'DF /6', fbstp],
] as const) {
  instruction({
    mnemonic,
    encodings: { [encoding]: 'Mt' },
    memory: { bytes: () => 10, writes: true },
    unit: 'fpu',
    exec(ir, o) {
      pending(ir);
      ir.callVoid(run, [ir.address(o)]);
    },
  });
}

// Between registers. Argument: register number.

/** One record whose helper gets the register number. */
function registerRecord(mnemonic: string, notations: readonly string[], run: HelperFunction, cpuid?: string): void {
  const ref = helper(`${mnemonic}.st`, run);
  instruction({
    mnemonic,
    cpuid,
    encodings: Object.fromEntries(notations.map((n) => [n, 'ST'])),
    unit: 'fpu',
    exec(ir, o) {
      pending(ir);
      ir.callVoid(ref, [registerNumber(ir, o)]);
    },
  });
}
const storeRegister =
  (pops: boolean): HelperFunction =>
  (cpu) => {
    const i = cpu.args.u32(0);
    begin(cpu);
    let withheld = false;
    if (isEmpty(0)) withheld = underflow();
    else getRegister(cpu, 0, r);
    if (!withheld) {
      setRegister(cpu, i, r);
      if (pops) pop();
    }
    commit(cpu);
  };
registerRecord('fst', ['DD D0+i'], storeRegister(false));
// The others are undocumented aliases that all processors have.
registerRecord('fstp', ['DD D8+i', 'DF D0+i', 'DF D8+i'], storeRegister(true));
// With an empty ST0 this alias only pops.
registerRecord('fstpnce', ['D9 D8+i'], (cpu) => {
  const i = cpu.args.u32(0);
  begin(cpu);
  if (!isEmpty(0)) {
    getRegister(cpu, 0, r);
    setRegister(cpu, i, r);
  }
  pop();
  commit(cpu);
});
registerRecord('fxch', ['D9 C8+i', 'DD C8+i', 'DF C8+i'], (cpu) => {
  const i = cpu.args.u32(0);
  begin(cpu);
  getRegister(cpu, 0, x);
  getRegister(cpu, i, y);
  let withheld = false;
  if (isEmpty(0) || isEmpty(i)) {
    withheld = underflow();
    if (isEmpty(0)) setIndefinite(x);
    if (isEmpty(i)) setIndefinite(y);
  }
  if (!withheld) {
    setRegister(cpu, 0, y);
    setRegister(cpu, i, x);
  }
  commit(cpu);
});

const move = helper('fcmov', (cpu) => {
  const i = cpu.args.u32(0);
  begin(cpu, true);
  let write = cpu.args.u32(1) !== 0;
  if (isEmpty(0) || isEmpty(i)) write = !underflow();
  else getRegister(cpu, i, r);
  if (write) setRegister(cpu, 0, r);
  commit(cpu);
});
/** Condition codes of Jcc: below, equal, below or equal, parity; and their negations. */
const MOVES: readonly [mnemonic: string, notation: string, cc: number][] = [
  ['fcmovb', 'DA C0+i', 2],
  ['fcmove', 'DA C8+i', 4],
  ['fcmovbe', 'DA D0+i', 6],
  ['fcmovu', 'DA D8+i', 10],
  ['fcmovnb', 'DB C0+i', 3],
  ['fcmovne', 'DB C8+i', 5],
  ['fcmovnbe', 'DB D0+i', 7],
  ['fcmovnu', 'DB D8+i', 11],
];
for (const [mnemonic, notation, cc] of MOVES) {
  instruction({
    mnemonic,
    encodings: { [notation]: 'ST' },
    cpuid: 'CMOV',
    unit: 'fpu',
    exec(ir, o) {
      pending(ir);
      ir.callVoid(move, [registerNumber(ir, o), ir.zext(ir.condition(cc), 'i32')]);
    },
  });
}

const signRecord = (mnemonic: string, notation: string, sign: (se: number) => number): void => {
  const run = helper(mnemonic, (cpu) => {
    begin(cpu);
    let withheld = false;
    if (isEmpty(0)) withheld = underflow();
    else {
      getRegister(cpu, 0, r);
      r.se = sign(r.se);
    }
    if (!withheld) setRegister(cpu, 0, r);
    commit(cpu);
  });
  instruction({
    mnemonic,
    encodings: { [notation]: '' },
    unit: 'fpu',
    exec(ir) {
      pending(ir);
      ir.callVoid(run, []);
    },
  });
};
signRecord('fchs', 'D9 E0', (se) => se ^ SIGN);
signRecord('fabs', 'D9 E1', (se) => se & ~SIGN);

// Stack management.

for (const [mnemonic, notation, step] of [
  ['fincstp', 'D9 F7', 1],
  ['fdecstp', 'D9 F6', -1],
  ['fnop', 'D9 D0', 0],
] as const) {
  const ref = helper(mnemonic, (cpu) => {
    begin(cpu, step === 0);
    unit.top = (unit.top + step) & 7;
    commit(cpu);
  });
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
registerRecord('ffree', ['DD C0+i'], (cpu) => {
  begin(cpu);
  unit.tags &= ~(1 << ((unit.top + cpu.args.u32(0)) & 7));
  commit(cpu);
});
registerRecord('ffreep', ['DF C0+i'], (cpu) => {
  begin(cpu);
  unit.tags &= ~(1 << ((unit.top + cpu.args.u32(0)) & 7));
  pop();
  commit(cpu);
});
