// SPDX-License-Identifier: MIT
/**
 * @fileoverview Loads, stores, globals, memory.size/grow, bulk memory, and volatile accesses outside the window.
 *
 * Accesses need no bounds checks: what lies beyond linear memory is unmapped, so a fault is the trap. Bulk operations check,
 * because they must trap before they write.
 */
import { gpr, type Mem } from '../../x86/x86.ts';
import { type Address, bit, type Code, RCX, RDX } from '../machine.ts';
import { type Selector, unwrapped } from '../select.ts';
import { isConstant, type Value } from '../ssa.ts';
import type { AccessIntrinsic } from '../types.ts';
import type { Rule } from './rules.ts';

interface Load {
  readonly bytes: 1 | 2 | 4 | 8;
  emit(code: Code, def: Parameters<Code['result']>[0], m: Mem): void;
}
/** Zero extension happens by writing a 32-bit register; sign extension at the width of the type. */
const unsignedLoad = (bytes: 1 | 2 | 4 | 8): Load => ({
  bytes,
  emit: (code, def, m) => {
    if (bytes === 8) code.asm.mov(code.result(def, 8), m);
    else code.asm.movzx(code.result(def, 4), m);
  },
});
const signedLoad = (bytes: 1 | 2 | 4, width: 4 | 8): Load => ({
  bytes,
  emit: (code, def, m) => code.asm.movsx(code.result(def, width), m),
});
const floatLoad = (bytes: 4 | 8): Load => ({
  bytes,
  emit: (code, def, m) => code.asm.movs(bytes, code.resultXmm(def), m),
});
const LOADS: Readonly<Record<string, Load>> = {
  'i32.load': unsignedLoad(4),
  'i64.load': unsignedLoad(8),
  'f32.load': floatLoad(4),
  'f64.load': floatLoad(8),
  'i32.load8_s': signedLoad(1, 4),
  'i32.load8_u': unsignedLoad(1),
  'i32.load16_s': signedLoad(2, 4),
  'i32.load16_u': unsignedLoad(2),
  'i64.load8_s': signedLoad(1, 8),
  'i64.load8_u': unsignedLoad(1),
  'i64.load16_s': signedLoad(2, 8),
  'i64.load16_u': unsignedLoad(2),
  'i64.load32_s': signedLoad(4, 8),
  'i64.load32_u': unsignedLoad(4),
};
const STORES: Readonly<Record<string, 1 | 2 | 4 | 8>> = {
  'i32.store': 4,
  'i64.store': 8,
  'i32.store8': 1,
  'i32.store16': 2,
  'i64.store8': 1,
  'i64.store16': 2,
  'i64.store32': 4,
};

const load =
  (form: Load): Rule =>
  (s, v) => {
    const def = s.def(v);
    const address = s.address(v.args[0], v.immediate, form.bytes);
    s.emit((code) => form.emit(code, def, code.mem(address, form.bytes)));
  };

/** The value whose low `bytes` are stored: masks and wraps above them change nothing. */
function storedValue(v: Value, bytes: number): Value {
  const mask = (1n << BigInt(8 * bytes)) - 1n;
  for (;;) {
    const masked = /^i(32|64)\.and$/.test(v.op) && isConstant(v.args[1]) && (v.args[1].constant & mask) === mask;
    if (masked || (bytes <= 4 && v.op === 'i64.extend_i32_s')) v = v.args[0];
    else if (v.op === 'i32.wrap_i64') v = v.args[0];
    else return v;
  }
}

const READ_MODIFY_WRITE = { add: 'add', sub: 'sub', and: 'and', or: 'or', xor: 'xor' } as const;

const store =
  (bytes: 1 | 2 | 4 | 8): Rule =>
  (s, v) => {
    const [pointer, stored] = v.args;
    if (bytes >= 4 && updateInPlace(s, v, bytes as 4 | 8)) return;
    const value = storedValue(stored, bytes);
    const immediate = isConstant(value) ? BigInt.asIntN(8 * bytes, value.constant) : undefined;
    const address = s.address(pointer, v.immediate, bytes);
    storeTo(s, address, bytes, value, immediate);
  };

function storeTo(s: Selector, address: Address, bytes: 1 | 2 | 4 | 8, value: Value, immediate: bigint | undefined): void {
  if (immediate !== undefined && (bytes < 8 || BigInt.asIntN(32, immediate) === immediate)) {
    s.emit((code) => code.asm.mov(code.mem(address, bytes), immediate));
    return;
  }
  const source = s.use(value);
  s.emit((code) => code.asm.mov(code.mem(address, bytes), code.gpr(source, bytes)));
}

/** `p[i] = p[i] op x` as one instruction on memory. */
function updateInPlace(s: Selector, v: Value, bytes: 4 | 8): boolean {
  const [pointer, result] = v.args;
  const match = /^i(32|64)\.(add|sub|and|or|xor)$/.exec(result.op);
  if (!match || Number(match[1]) !== bytes * 8 || !s.isOwn(result)) return false;
  const operation = READ_MODIFY_WRITE[match[2] as keyof typeof READ_MODIFY_WRITE];
  const isSame = (x: Value) =>
    s.canFoldLoad(x, bytes) && x.op !== 'global.get' && x.args[0] === pointer && x.immediate === v.immediate;
  let [left, right] = result.args;
  if (!isSame(left) && operation !== 'sub') [left, right] = [right, left];
  if (!isSame(left) || right === left) return false;
  s.fold(left);
  const address = s.address(pointer, v.immediate, bytes);
  if (isConstant(right) && BigInt.asIntN(32, right.constant) === right.constant) {
    const constant = right.constant;
    s.emit((code) => code.asm.alu(operation, code.mem(address, bytes), constant));
  } else {
    const source = bytes === 4 ? s.use32(right) : s.use(right);
    s.emit((code) => code.asm.alu(operation, code.mem(address, bytes), code.gpr(source, bytes)));
  }
  return true;
}

const floatStore =
  (bytes: 4 | 8): Rule =>
  (s, v) => {
    const address = s.address(v.args[0], v.immediate, bytes);
    const value = v.args[1];
    if (isConstant(value) && (bytes === 4 || BigInt.asIntN(32, value.constant) === BigInt.asIntN(64, value.constant))) {
      const bits = BigInt.asIntN(bytes * 8, value.constant);
      s.emit((code) => code.asm.mov(code.mem(address, bytes), bits));
      return;
    }
    const source = s.use(value);
    s.emit((code) => code.asm.movs(bytes, code.mem(address), code.xmm(source)));
  };

const globalAddress = (s: Selector, index: number): Address => ({ symbol: s.context.globalsSymbol, scale: 1, disp: index * 8 });

const globalGet: Rule = (s, v) => {
  const def = s.def(v);
  if (!def) return;
  const address = globalAddress(s, v.immediate);
  const width = v.type === 'i64' || v.type === 'f64' ? 8 : 4;
  if (v.type === 'f32' || v.type === 'f64') s.emit((code) => code.asm.movs(width, code.xmm(def), code.mem(address)));
  else s.emit((code) => code.asm.mov(code.gpr(def, width), code.mem(address)));
};

const globalSet: Rule = (s, v) => {
  const [value] = v.args;
  const address = globalAddress(s, v.immediate);
  const width = value.type === 'i64' || value.type === 'f64' ? 8 : 4;
  if (value.type === 'f32' || value.type === 'f64') {
    const source = s.use(value);
    s.emit((code) => code.asm.movs(width, code.mem(address), code.xmm(source)));
  } else storeTo(s, address, width, width === 4 ? unwrapped(value) : value, isConstant(value) ? value.constant : undefined);
};

const memorySize: Rule = (s, v) => {
  const def = s.def(v);
  if (!def) return;
  const symbol = s.context.memoryPagesSymbol;
  s.emit((code) => code.asm.mov(code.gpr(def, 4), code.mem({ symbol, scale: 1, disp: 0 })));
};

const memoryGrow: Rule = (s, v) => s.call(v.args, v, (code) => code.asm.call('memory_grow'));

/** Arguments in rdi, rsi, rdx; helpers change what REP MOVS changes and rax. */
function bulk(helper: string): Rule {
  return (s, v) => {
    s.context.requireHelper(helper);
    const [destination, source, length] = v.args;
    s.fixed(destination, 7);
    s.fixed(source, 6);
    s.fixed(length, RDX);
    s.current.clobbers = bit(0) | bit(RCX) | bit(RDX) | bit(6) | bit(7);
    s.emit((code) => code.callHelper(helper));
  };
}

/** The segment's address and the address of its current length go in r8 and r9. */
const memoryInit: Rule = (s, v) => {
  s.context.requireHelper('memory_init');
  const [destination, source, length] = v.args;
  s.fixed(destination, 7);
  s.fixed(source, 6);
  s.fixed(length, RDX);
  s.current.clobbers = bit(0) | bit(RCX) | bit(RDX) | bit(6) | bit(7) | bit(8) | bit(9);
  const { bytes, length: limit } = s.context.passiveSegment(v.immediate);
  s.emit((code) => {
    code.asm.lea(gpr(8, 8), code.mem(bytes));
    code.asm.lea(gpr(9, 8), code.mem(limit));
    code.callHelper('memory_init');
  });
};

const dataDrop: Rule = (s, v) => {
  const { length } = s.context.passiveSegment(v.immediate);
  s.emit((code) => code.asm.mov(code.mem(length, 4), 0));
};

/** A volatile access at a u64 address, with the constant part of the address folded. */
export function accessIntrinsic(s: Selector, v: Value, access: AccessIntrinsic): void {
  const address = rawAddress(s, v.args[0], access.segment);
  const { bytes } = access;
  if (access.kind === 'load') {
    const def = s.def(v);
    s.emit((code) => unsignedLoad(bytes).emit(code, def, code.mem(address, bytes)));
    return;
  }
  const value = storedValue(v.args[1], bytes);
  storeTo(s, address, bytes, value, isConstant(value) ? BigInt.asIntN(8 * bytes, value.constant) : undefined);
}

function rawAddress(s: Selector, v: Value, segment: 'fs' | 'gs' | undefined): Address {
  const fits = (constant: bigint) => BigInt.asIntN(32, constant) === constant;
  if (isConstant(v) && fits(v.constant)) return { scale: 1, disp: Number(v.constant), segment };
  if (v.op === 'i64.add' && isConstant(v.args[1]) && fits(v.args[1].constant)) {
    return { base: s.use(v.args[0]), scale: 1, disp: Number(v.args[1].constant), segment };
  }
  return { base: s.use(v), scale: 1, disp: 0, segment };
}

export const memoryRules: Record<string, Rule> = {
  'f32.store': floatStore(4),
  'f64.store': floatStore(8),
  'global.get': globalGet,
  'global.set': globalSet,
  'memory.size': memorySize,
  'memory.grow': memoryGrow,
  'memory.copy': bulk('memory_copy'),
  'memory.fill': bulk('memory_fill'),
  'memory.init': memoryInit,
  'data.drop': dataDrop,
};
for (const [op, form] of Object.entries(LOADS)) memoryRules[op] = load(form);
for (const [op, bytes] of Object.entries(STORES)) memoryRules[op] = store(bytes);
