// SPDX-License-Identifier: MIT
/**
 * @fileoverview Every wasm instruction the toolchain knows: its code, immediates and type, by its name in the text format.
 *
 * This one table drives the decoder, the encoder, the translator's checks and the fuzzer. It covers WebAssembly 1.0 plus sign
 * extension, saturating conversions, bulk memory and threads (atomics): all that AssemblyScript emits without SIMD and
 * reference types. WebAssembly core specification 2.0, section 5.4; threads proposal, section "Binary format".
 */
import type { ValueType } from './module.ts';

/** What follows the opcode in the binary. */
export type Immediate =
  | 'none'
  | 'block'
  | 'label'
  | 'labels'
  | 'function'
  | 'indirect'
  | 'local'
  | 'global'
  | 'access'
  | 'memory'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'copy'
  | 'init'
  | 'data'
  | 'fence';

export interface Opcode {
  readonly name: string;
  /** The opcode byte, or prefix byte * 256 + the number after it. */
  readonly code: number;
  readonly immediate: Immediate;
  /** Operand and result types where they are fixed; undefined for control, variables and parametric instructions. */
  readonly type?: { readonly parameters: readonly ValueType[]; readonly result: ValueType | undefined };
  /** Bytes accessed, for loads, stores and atomics. */
  readonly bytes?: number;
}

const all: Opcode[] = [];
const letters: Record<string, ValueType> = { i: 'i32', I: 'i64', f: 'f32', F: 'f64' };

/** `type` is a compact signature: 'iI>f' takes i32 and i64 and gives f32. */
function define(code: number, name: string, type?: string, immediate: Immediate = 'none', bytes?: number): void {
  const [parameters, result] = type?.split('>') ?? [];
  const parsed = type === undefined ? undefined : { parameters: [...parameters].map((c) => letters[c]), result: letters[result] };
  all.push({ name, code, immediate, type: parsed, bytes });
}
/** Consecutive opcodes of one type. */
function family(code: number, prefix: string, type: string, names: string): void {
  names.split(' ').forEach((name, i) => {
    define(code + i, prefix + name, type);
  });
}

define(0x00, 'unreachable');
define(0x01, 'nop');
define(0x02, 'block', undefined, 'block');
define(0x03, 'loop', undefined, 'block');
define(0x04, 'if', undefined, 'block');
define(0x05, 'else');
define(0x0b, 'end');
define(0x0c, 'br', undefined, 'label');
define(0x0d, 'br_if', undefined, 'label');
define(0x0e, 'br_table', undefined, 'labels');
define(0x0f, 'return');
define(0x10, 'call', undefined, 'function');
define(0x11, 'call_indirect', undefined, 'indirect');
define(0x1a, 'drop');
define(0x1b, 'select');
define(0x20, 'local.get', undefined, 'local');
define(0x21, 'local.set', undefined, 'local');
define(0x22, 'local.tee', undefined, 'local');
define(0x23, 'global.get', undefined, 'global');
define(0x24, 'global.set', undefined, 'global');

const load = (code: number, name: string, result: string, bytes: number) => define(code, name, 'i>' + result, 'access', bytes);
load(0x28, 'i32.load', 'i', 4);
load(0x29, 'i64.load', 'I', 8);
load(0x2a, 'f32.load', 'f', 4);
load(0x2b, 'f64.load', 'F', 8);
load(0x2c, 'i32.load8_s', 'i', 1);
load(0x2d, 'i32.load8_u', 'i', 1);
load(0x2e, 'i32.load16_s', 'i', 2);
load(0x2f, 'i32.load16_u', 'i', 2);
load(0x30, 'i64.load8_s', 'I', 1);
load(0x31, 'i64.load8_u', 'I', 1);
load(0x32, 'i64.load16_s', 'I', 2);
load(0x33, 'i64.load16_u', 'I', 2);
load(0x34, 'i64.load32_s', 'I', 4);
load(0x35, 'i64.load32_u', 'I', 4);
const store = (code: number, name: string, value: string, bytes: number) => define(code, name, `i${value}>`, 'access', bytes);
store(0x36, 'i32.store', 'i', 4);
store(0x37, 'i64.store', 'I', 8);
store(0x38, 'f32.store', 'f', 4);
store(0x39, 'f64.store', 'F', 8);
store(0x3a, 'i32.store8', 'i', 1);
store(0x3b, 'i32.store16', 'i', 2);
store(0x3c, 'i64.store8', 'I', 1);
store(0x3d, 'i64.store16', 'I', 2);
store(0x3e, 'i64.store32', 'I', 4);
define(0x3f, 'memory.size', '>i', 'memory');
define(0x40, 'memory.grow', 'i>i', 'memory');
define(0x41, 'i32.const', '>i', 'i32');
define(0x42, 'i64.const', '>I', 'i64');
define(0x43, 'f32.const', '>f', 'f32');
define(0x44, 'f64.const', '>F', 'f64');

const integerComparisons = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const floatComparisons = 'eq ne lt gt le ge';
const integerBinaries = 'add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr';
const floatUnaries = 'abs neg ceil floor trunc nearest sqrt';
const floatBinaries = 'add sub mul div min max copysign';
define(0x45, 'i32.eqz', 'i>i');
family(0x46, 'i32.', 'ii>i', integerComparisons);
define(0x50, 'i64.eqz', 'I>i');
family(0x51, 'i64.', 'II>i', integerComparisons);
family(0x5b, 'f32.', 'ff>i', floatComparisons);
family(0x61, 'f64.', 'FF>i', floatComparisons);
family(0x67, 'i32.', 'i>i', 'clz ctz popcnt');
family(0x6a, 'i32.', 'ii>i', integerBinaries);
family(0x79, 'i64.', 'I>I', 'clz ctz popcnt');
family(0x7c, 'i64.', 'II>I', integerBinaries);
family(0x8b, 'f32.', 'f>f', floatUnaries);
family(0x92, 'f32.', 'ff>f', floatBinaries);
family(0x99, 'f64.', 'F>F', floatUnaries);
family(0xa0, 'f64.', 'FF>F', floatBinaries);
define(0xa7, 'i32.wrap_i64', 'I>i');
define(0xa8, 'i32.trunc_f32_s', 'f>i');
define(0xa9, 'i32.trunc_f32_u', 'f>i');
define(0xaa, 'i32.trunc_f64_s', 'F>i');
define(0xab, 'i32.trunc_f64_u', 'F>i');
define(0xac, 'i64.extend_i32_s', 'i>I');
define(0xad, 'i64.extend_i32_u', 'i>I');
define(0xae, 'i64.trunc_f32_s', 'f>I');
define(0xaf, 'i64.trunc_f32_u', 'f>I');
define(0xb0, 'i64.trunc_f64_s', 'F>I');
define(0xb1, 'i64.trunc_f64_u', 'F>I');
define(0xb2, 'f32.convert_i32_s', 'i>f');
define(0xb3, 'f32.convert_i32_u', 'i>f');
define(0xb4, 'f32.convert_i64_s', 'I>f');
define(0xb5, 'f32.convert_i64_u', 'I>f');
define(0xb6, 'f32.demote_f64', 'F>f');
define(0xb7, 'f64.convert_i32_s', 'i>F');
define(0xb8, 'f64.convert_i32_u', 'i>F');
define(0xb9, 'f64.convert_i64_s', 'I>F');
define(0xba, 'f64.convert_i64_u', 'I>F');
define(0xbb, 'f64.promote_f32', 'f>F');
define(0xbc, 'i32.reinterpret_f32', 'f>i');
define(0xbd, 'i64.reinterpret_f64', 'F>I');
define(0xbe, 'f32.reinterpret_i32', 'i>f');
define(0xbf, 'f64.reinterpret_i64', 'I>F');
family(0xc0, 'i32.', 'i>i', 'extend8_s extend16_s');
family(0xc2, 'i64.', 'I>I', 'extend8_s extend16_s extend32_s');

define(0xfc00, 'i32.trunc_sat_f32_s', 'f>i');
define(0xfc01, 'i32.trunc_sat_f32_u', 'f>i');
define(0xfc02, 'i32.trunc_sat_f64_s', 'F>i');
define(0xfc03, 'i32.trunc_sat_f64_u', 'F>i');
define(0xfc04, 'i64.trunc_sat_f32_s', 'f>I');
define(0xfc05, 'i64.trunc_sat_f32_u', 'f>I');
define(0xfc06, 'i64.trunc_sat_f64_s', 'F>I');
define(0xfc07, 'i64.trunc_sat_f64_u', 'F>I');
define(0xfc08, 'memory.init', 'iii>', 'init');
define(0xfc09, 'data.drop', '>', 'data');
define(0xfc0a, 'memory.copy', 'iii>', 'copy');
define(0xfc0b, 'memory.fill', 'iii>', 'memory');

const atomic = (code: number, name: string, type: string, bytes: number) => define(0xfe00 | code, name, type, 'access', bytes);
atomic(0x00, 'memory.atomic.notify', 'ii>i', 4);
atomic(0x01, 'memory.atomic.wait32', 'iiI>i', 4);
atomic(0x02, 'memory.atomic.wait64', 'iII>i', 8);
define(0xfe03, 'atomic.fence', '>', 'fence');
/** The seven widths in which the threads proposal offers each atomic access, in order of opcode. */
const widths: [type: string, letter: string, size: string, bytes: number][] = [
  ['i32', 'i', '', 4],
  ['i64', 'I', '', 8],
  ['i32', 'i', '8', 1],
  ['i32', 'i', '16', 2],
  ['i64', 'I', '8', 1],
  ['i64', 'I', '16', 2],
  ['i64', 'I', '32', 4],
];
widths.forEach(([type, letter, size, bytes], i) => {
  const unsigned = size && '_u';
  atomic(0x10 + i, `${type}.atomic.load${size}${unsigned}`, `i>${letter}`, bytes);
  atomic(0x17 + i, `${type}.atomic.store${size}`, `i${letter}>`, bytes);
  ['add', 'sub', 'and', 'or', 'xor', 'xchg'].forEach((operation, k) => {
    atomic(0x1e + k * 7 + i, `${type}.atomic.rmw${size}.${operation}${unsigned}`, `i${letter}>${letter}`, bytes);
  });
  atomic(0x48 + i, `${type}.atomic.rmw${size}.cmpxchg${unsigned}`, `i${letter}${letter}>${letter}`, bytes);
});

export const opcodes: readonly Opcode[] = all;
export const opcodeByCode: ReadonlyMap<number, Opcode> = new Map(all.map((opcode) => [opcode.code, opcode]));
export const opcodeByName: ReadonlyMap<string, Opcode> = new Map(all.map((opcode) => [opcode.name, opcode]));
