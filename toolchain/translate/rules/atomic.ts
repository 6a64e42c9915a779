// SPDX-License-Identifier: MIT
/**
 * @fileoverview Atomic accesses of the threads proposal: sequentially consistent, trapping when misaligned.
 *
 * On x86 a plain load is as strong as needed if stores are XCHG. Results are zero-extended. Waiting and notifying are the
 * runtime's: calls of extern symbols with the effective address.
 */
import { gpr, Label, ptr, type Width, withWidth } from '../../x86/x86.ts';
import { type Address, bit, type Code, RAX, RCX, RDX, scratch64 } from '../machine.ts';
import type { Selector } from '../select.ts';
import { unwrapped } from '../select.ts';
import type { Value } from '../ssa.ts';
import type { Rule } from './rules.ts';

/** Puts the address in r11 after checking its alignment (bases of windows are aligned). */
function alignedAddress(code: Code, address: Address, bytes: number): void {
  code.asm.lea(scratch64, code.mem(address));
  if (bytes === 1) return;
  code.asm.test(withWidth(scratch64, 1), bytes - 1);
  code.asm.jcc('ne', code.trap('unaligned atomic'));
}

const atomicAddress = (s: Selector, v: Value, bytes: number, late = false): Address =>
  s.address(v.args[0], v.immediate, bytes, late);

const atomicLoad =
  (bytes: Width): Rule =>
  (s, v) => {
    const def = s.def(v);
    const address = atomicAddress(s, v, bytes);
    s.emit((code) => {
      alignedAddress(code, address, bytes);
      const result = code.result(def, bytes === 8 ? 8 : 4);
      if (bytes === 8) code.asm.mov(result, ptr(scratch64));
      else code.asm.movzx(result, { ...ptr(scratch64), width: bytes });
    });
  };

const atomicStore =
  (bytes: Width): Rule =>
  (s, v) => {
    const address = atomicAddress(s, v, bytes);
    s.fixed(unwrapped(v.args[1]), RAX);
    s.current.clobbers = bit(RAX);
    s.emit((code) => {
      alignedAddress(code, address, bytes);
      code.asm.xchg(ptr(scratch64), gpr(RAX, bytes));
    });
  };

/** add, sub and xchg are one instruction; the others retry CMPXCHG until nobody interfered. */
function readModifyWrite(operation: 'add' | 'sub' | 'and' | 'or' | 'xor' | 'xchg', bytes: Width): Rule {
  return (s, v) => {
    s.def(v);
    const address = atomicAddress(s, v, bytes);
    const value = unwrapped(v.args[1]);
    const accumulator = gpr(RAX, bytes);
    const loops = operation === 'and' || operation === 'or' || operation === 'xor';
    s.fixed(value, loops ? RCX : RAX);
    s.current.clobbers = bit(RAX) | (loops ? bit(RCX) | bit(RDX) : 0);
    s.current.resultIn = RAX;
    s.emit((code) => {
      const { asm } = code;
      alignedAddress(code, address, bytes);
      if (operation === 'xchg') asm.xchg(ptr(scratch64), accumulator);
      else if (!loops) {
        if (operation === 'sub') asm.neg(accumulator);
        asm.xadd(ptr(scratch64), accumulator);
      } else {
        const retry = new Label();
        asm.mov(accumulator, ptr(scratch64));
        asm.bind(retry);
        asm.mov(gpr(RDX, bytes === 8 ? 8 : 4), gpr(RAX, bytes === 8 ? 8 : 4));
        asm.alu(operation as 'and', gpr(RDX, bytes), gpr(RCX, bytes));
        asm.cmpxchg(ptr(scratch64), gpr(RDX, bytes));
        asm.jcc('ne', retry);
      }
      if (bytes < 4) asm.movzx(gpr(RAX, 4), accumulator);
      else if (bytes === 4) asm.mov(gpr(RAX, 4), gpr(RAX, 4));
    });
  };
}

const compareExchange =
  (bytes: Width): Rule =>
  (s, v) => {
    s.def(v);
    const address = atomicAddress(s, v, bytes);
    s.fixed(unwrapped(v.args[1]), RAX);
    s.fixed(unwrapped(v.args[2]), RDX);
    s.current.clobbers = bit(RAX) | bit(RDX);
    s.current.resultIn = RAX;
    s.emit((code) => {
      alignedAddress(code, address, bytes);
      code.asm.cmpxchg(ptr(scratch64), gpr(RDX, bytes));
      if (bytes < 4) code.asm.movzx(gpr(RAX, 4), gpr(RAX, bytes));
      else if (bytes === 4) code.asm.mov(gpr(RAX, 4), gpr(RAX, 4));
    });
  };

/** The address argument gets the static offset added; it must not wrap, which atomics' alignment checks by the callee ensure. */
const runtimeCall =
  (symbol: string): Rule =>
  (s, v) => {
    const { immediate } = v;
    s.call(v.args, v, (code) => {
      if (immediate !== 0) {
        code.asm.add(gpr(7, 4), BigInt.asIntN(32, BigInt(immediate)));
        code.asm.jcc('b', code.trap('out of bounds memory operation'));
      }
      code.asm.call(symbol);
    });
  };

const fence: Rule = (s) => {
  s.emit((code) => code.asm.op('mfence'));
};

export const atomicRules: Record<string, Rule> = {
  'atomic.fence': fence,
  'memory.atomic.notify': runtimeCall('atomic_notify'),
  'memory.atomic.wait32': runtimeCall('atomic_wait32'),
  'memory.atomic.wait64': runtimeCall('atomic_wait64'),
};
for (const [type, full] of [
  ['i32', 4],
  ['i64', 8],
] as const) {
  for (const bytes of [1, 2, 4, 8] as const) {
    if (bytes > full) continue;
    const size = bytes === full ? '' : String(bytes * 8);
    const unsigned = size && '_u';
    atomicRules[`${type}.atomic.load${size}${unsigned}`] = atomicLoad(bytes);
    atomicRules[`${type}.atomic.store${size}`] = atomicStore(bytes);
    for (const operation of ['add', 'sub', 'and', 'or', 'xor', 'xchg'] as const) {
      atomicRules[`${type}.atomic.rmw${size}.${operation}${unsigned}`] = readModifyWrite(operation, bytes);
    }
    atomicRules[`${type}.atomic.rmw${size}.cmpxchg${unsigned}`] = compareExchange(bytes);
  }
}
