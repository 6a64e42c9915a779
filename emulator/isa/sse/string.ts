// SPDX-License-Identifier: MIT
/**
 * @fileoverview SSE4.2 string comparison: PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM (SDM vol. 1, 12.10 and vol. 2, 4.1).
 *
 * The immediate: bits 0-1 element (unsigned or signed, byte or word), 2-3 aggregation, 4-5 polarity, 6 kind of output. The helper
 * returns the result bits (IntRes2) in bits 0-15, and in bits 16 and 17 whether the second and the first string end early; index,
 * mask and flags are made from that in the IR. The first string is the needle (set, ranges), the second the text.
 */
import type { Builder } from '../../ir/builder.ts';
import { XMM } from '../../ir/state.ts';
import type { HelperRef, Operand, Value } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { fromScalar, maskFromBits } from './vector.ts';

const MODE = { any: 0, ranges: 1, each: 2, ordered: 3 } as const;

function elements(bytes: Uint8Array, control: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const signed = (control & 2) !== 0;
  if (control & 1)
    return Array.from({ length: 8 }, (_, i) => (signed ? view.getInt16(2 * i, true) : view.getUint16(2 * i, true)));
  return Array.from({ length: 16 }, (_, i) => (signed ? view.getInt8(i) : view.getUint8(i)));
}

/** Result bits of the text's elements before polarity. */
function aggregate(mode: number, set: readonly number[], m: number, text: readonly number[], n: number): number {
  const count = text.length;
  let result = 0;
  for (let i = 0; i < count; i++) {
    let holds = false;
    switch (mode) {
      case MODE.any:
        for (let j = 0; j < m && i < n; j++) holds ||= set[j] === text[i];
        break;
      case MODE.ranges:
        for (let j = 0; j + 1 < m && i < n; j += 2) holds ||= set[j] <= text[i] && text[i] <= set[j + 1];
        break;
      case MODE.each:
        // Beyond both ends elements are equal, beyond one they are not.
        holds = i < m && i < n ? set[i] === text[i] : i >= m && i >= n;
        break;
      default:
        // The set's elements from here on, as far as the text's register reaches.
        holds = true;
        for (let j = 0; j < m && i + j < count; j++) holds &&= i + j < n && set[j] === text[i + j];
    }
    if (holds) result |= 1 << i;
  }
  return result;
}
function compareStrings(cpu: Cpu, set: readonly number[], m: number, text: readonly number[], n: number, control: number): void {
  const count = text.length;
  let bits = aggregate((control >> 2) & 3, set, m, text, n);
  const every = (1 << count) - 1;
  const polarity = (control >> 4) & 3;
  if (polarity === 1) bits ^= every;
  else if (polarity === 3) bits ^= (1 << n) - 1;
  cpu.args.returnU32(bits | (n < count ? 0x10000 : 0) | (m < count ? 0x20000 : 0));
}

const implicitLength = (e: readonly number[]): number => {
  const end = e.indexOf(0);
  return end < 0 ? e.length : end;
};
const implicit = helper('pcmpistr', (cpu) => {
  const control = cpu.args.u32(2);
  const [set, text] = [elements(cpu.args.bytes(0), control), elements(cpu.args.bytes(1), control)];
  compareStrings(cpu, set, implicitLength(set), text, implicitLength(text), control);
});
/** The absolute value of a length, at most the number of elements. */
const explicitLength = (length: bigint, count: number): number => {
  const magnitude = length < 0n ? -length : length;
  return magnitude > BigInt(count) ? count : Number(magnitude);
};
const explicit = helper('pcmpestr', (cpu) => {
  const control = cpu.args.u32(2);
  const [set, text] = [elements(cpu.args.bytes(0), control), elements(cpu.args.bytes(1), control)];
  const [m, n] = [3, 4].map((slot) => explicitLength(BigInt.asIntN(64, cpu.args.u64(slot)), set.length));
  compareStrings(cpu, set, m, text, n, control);
});

/** Index of the lowest or (bit 6) highest result bit; the number of elements if there is none. */
function index(ir: Builder, result: Value, control: Value): Value {
  const c = (n: number): Value => ir.const(n, 'i32');
  const count = ir.select(ir.trunc(control, 'i1'), c(8), c(16));
  const highest = ir.sub(c(31), ir.countLeadingZeros(result));
  const found = ir.select(ir.bit(control, 6), highest, ir.countTrailingZeros(result));
  return ir.select(ir.isZero(result), count, found);
}
/** The result bits, or (bit 6) a mask of bytes or words. */
function mask(ir: Builder, result: Value, control: Value): Value {
  const expanded = ir.select(ir.trunc(control, 'i1'), maskFromBits(ir, 16, result), maskFromBits(ir, 8, result));
  return ir.select(ir.bit(control, 6), expanded, fromScalar(ir, result));
}

function define(mnemonic: string, notation: string, lengths: 'implicit' | 'i32' | 'i64', output: 'index' | 'mask'): void {
  const compute: HelperRef = lengths === 'implicit' ? implicit : explicit;
  instruction({
    mnemonic,
    encodings: { [notation]: 'Vx,Wx,Ib' },
    cpuid: 'SSE4.2',
    unit: 'sse',
    exec(ir, first: Operand, second: Operand, imm: Operand) {
      const b = ir.read(second);
      const control = ir.zext(ir.read(imm), 'i32');
      const length = (register: number): Value => ir.sext(ir.gpr(register, lengths === 'i64' ? 'i64' : 'i32'), 'i64');
      const more = lengths === 'implicit' ? [] : [length(0), length(2)];
      const all = ir.call(compute, 'i32', [ir.read(first), b, control, ...more]);
      const result = ir.and(all, ir.const(0xffff, 'i32'));
      if (output === 'index') ir.setGpr(1, index(ir, result, control));
      else ir.setSlot(XMM(0), mask(ir, result, control));
      ir.setFlags({
        ...ir.clearedFlags,
        CF: ir.bool(ir.ne(result, ir.const(0, 'i32'))),
        ZF: ir.bool(ir.bit(all, 16)),
        SF: ir.bool(ir.bit(all, 17)),
        OF: ir.bool(ir.bit(all, 0)),
      });
    },
  });
}
define('pcmpestrm', '66 0F 3A 60 /r ib', 'i32', 'mask');
define('pcmpestrm', '66 REX.W 0F 3A 60 /r ib', 'i64', 'mask');
define('pcmpestri', '66 0F 3A 61 /r ib', 'i32', 'index');
define('pcmpestri', '66 REX.W 0F 3A 61 /r ib', 'i64', 'index');
define('pcmpistrm', '66 0F 3A 62 /r ib', 'implicit', 'mask');
define('pcmpistri', '66 0F 3A 63 /r ib', 'implicit', 'index');
