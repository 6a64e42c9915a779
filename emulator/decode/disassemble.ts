// SPDX-License-Identifier: MIT
/**
 * @fileoverview Machine code as text, in Intel's order and spelling, for register dumps and traces.
 *
 * Everything comes from the decoder and the records, so what the machine executes and what is shown cannot differ. Numbers are
 * hexadecimal and unsigned, of the operand's size; addresses relative to RIP and branch targets are shown as the addresses they mean.
 */
import { SEGMENT, SLOT, XMM } from '../ir/state.ts';
import { bits, type Type } from '../ir/value.ts';
import { type Decoded, type DecodedOperand, type DecodeMode, decode, type Memory } from './decode.ts';
import type { OperandSpec } from './notation.ts';
import type { Tables } from './tables.ts';

export interface Disassembled {
  text: string;
  /** Bytes; 1 where the bytes are no instruction. */
  length: number;
}

const LONGEST = 15;
const LOCK = 0xf0;
/** Number of `Memory.base` for RIP. */
const RIP = 16;
const CONDITIONS = ['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'];
const WORDS = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];
const SIZE_LETTER: { [size: number]: string } = { 8: 'b', 16: 'w', 32: 'd', 64: 'q' };
const SIZE_NAME: { [size: number]: string } = { 8: 'byte', 16: 'word', 32: 'dword', 64: 'qword', 128: 'xmmword' };
/** Mnemonics whose spelling says the operand size, for 16, 32 and 64 bits. */
const BY_SIZE: { [mnemonic: string]: readonly [string, string, string] } = {
  cbw: ['cbw', 'cwde', 'cdqe'],
  cwd: ['cwd', 'cdq', 'cqo'],
  pushf: ['pushf', 'pushfd', 'pushfq'],
  popf: ['popf', 'popfd', 'popfq'],
  pusha: ['pusha', 'pushad', ''],
  popa: ['popa', 'popad', ''],
  iret: ['iret', 'iretd', 'iretq'],
  sysret: ['sysret', 'sysret', 'sysretq'],
};
/** There are no 64-bit ports. */
const PORT = /^(in|out)s?$/;
const STRING = new Set(['movs', 'stos', 'lods', 'cmps', 'scas', 'ins', 'outs']);

/** The instruction at `bytes[at]`, whose address is `rip`. */
export function disassemble(tables: Tables, bytes: Uint8Array, at: number, mode: DecodeMode, rip: bigint): Disassembled {
  const window = new Uint8Array(LONGEST + 1);
  window.set(bytes.subarray(at, at + LONGEST));
  const decoded = decode(tables, window, 0, mode);
  if (typeof decoded === 'string' || at + decoded.length > bytes.length) return { text: '(bad)', length: 1 };
  const next = BigInt.asUintN(mode.code === 64 ? 64 : 32, rip + BigInt(decoded.length));
  const text = [prefixes(decoded, window), mnemonic(decoded), operands(decoded, mode, next)]
    .filter((part) => part !== '')
    .join(' ');
  return { text, length: decoded.length };
}

function prefixes({ rep, record, length }: Decoded, bytes: Uint8Array): string {
  if (rep !== 'none') return record.repeat === 'zf' && rep === 'rep' ? 'repe' : rep;
  if (!record.lock) return '';
  // Prefixes come first, and no prefix has the value of an opcode that takes LOCK.
  for (let i = 0; i < length; i++) {
    if (bytes[i] === LOCK) return 'lock';
    if (!isPrefix(bytes[i])) break;
  }
  return '';
}
const isPrefix = (byte: number): boolean =>
  byte === 0x66 || byte === 0x67 || byte === 0xf2 || byte === 0xf3 || (byte & 0xe7) === 0x26 || (byte & 0xfe) === 0x64;

function mnemonic(d: Decoded): string {
  const name = d.record.mnemonic;
  if (STRING.has(name)) return name + SIZE_LETTER[PORT.test(name) ? Math.min(d.size, 32) : d.size];
  if (name === 'jrcxz') return d.address === 64 ? 'jrcxz' : d.address === 32 ? 'jecxz' : 'jcxz';
  if (name in BY_SIZE) return BY_SIZE[name][Math.log2(d.effective) - 4];
  if (name === 'ret' && d.entry.opcode >= 0xca) return 'retf';
  return name.endsWith('cc') && d.entry.notation.includes('+cc') ? name.slice(0, -2) + CONDITIONS[d.cc] : name;
}

function operands(d: Decoded, mode: DecodeMode, next: bigint): string {
  const specs = d.entry.operands.filter((spec) => spec.letter !== 'size');
  const texts = d.operands.map((operand, i) => operandText(d, operand, specs[i], mode, next));
  // Of an x87 operation on two registers the notation names the one that is not ST(0).
  if (specs[0]?.letter === 'ST' && TWO_REGISTERS.test(d.record.mnemonic)) {
    if (d.entry.notation.startsWith('DC') || d.entry.notation.startsWith('DE')) texts.push('st(0)');
    else texts.unshift('st(0)');
  }
  return texts.join(', ');
}
const TWO_REGISTERS = /^f(add|sub|mul|div|cmov|u?comi)/;

function operandText(d: Decoded, operand: DecodedOperand, spec: OperandSpec, mode: DecodeMode, next: bigint): string {
  switch (operand.k) {
    case 'r':
    case 'f':
      return register(operand.slot, operand.type === 'i64' && PORT.test(d.record.mnemonic) ? 'i32' : operand.type);
    case 'm':
      return `${memorySize(d, operand.type, spec)}${memory(d, mode, next)}`;
    case 'j':
      return hex(BigInt.asUintN(mode.code === 64 ? 64 : d.effective, next + BigInt(operand.rel)));
    case 'c':
      return d.record.mnemonic === 'push' || d.record.mnemonic === 'pop' ? SEGMENTS[operand.value] : hex(BigInt(operand.value));
    case 'i':
      return numbered(spec.letter, operand.value) ?? hex(BigInt.asUintN(bits(operand.type), operand.value));
  }
}
/** Operands that are register numbers, and far pointers. */
function numbered(letter: string, value: bigint): string | undefined {
  switch (letter) {
    case 'S':
      return SEGMENTS[Number(value)] ?? '(bad)';
    case 'C':
      return `cr${value}`;
    case 'D':
      return `dr${value}`;
    case 'ST':
      return `st(${value})`;
    case 'A':
      return `${hex((value >> 32n) & 0xffffn)}:${hex(value & 0xffffffffn)}`;
  }
  return undefined;
}

function register(slot: number, type: Type): string {
  if (slot >= SLOT.FPR) return `mm${(slot - SLOT.FPR) / 16}`;
  if (slot >= XMM(0)) return `xmm${(slot - XMM(0)) / 16}`;
  if (slot % 8 === 1) return `${'acdb'[slot >> 3]}h`;
  return general(slot >> 3, bits(type));
}
function general(n: number, size: number): string {
  if (n >= 8) return `r${n}${size === 64 ? '' : size === 8 ? 'b' : SIZE_LETTER[size]}`;
  const word = WORDS[n];
  if (size === 8) return n < 4 ? `${word[0]}l` : `${word}l`;
  return size === 16 ? word : size === 32 ? `e${word}` : `r${word}`;
}

function memorySize(d: Decoded, type: Type, spec: OperandSpec): string {
  if (spec.width === '') return '';
  if (spec.width === 't') return 'tbyte ptr ';
  // Limit and base of a table.
  if (/^[ls][gi]dt$/.test(d.record.mnemonic)) return 'fword ptr ';
  if (spec.width === 'p') return d.effective === 16 ? 'dword ptr ' : d.effective === 32 ? 'fword ptr ' : 'tbyte ptr ';
  const size = SIZE_NAME[type === 'v128' ? 128 : bits(type)];
  return size ? `${size} ptr ` : '';
}

function memory(d: Decoded, mode: DecodeMode, next: bigint): string {
  const m = d.memory!;
  const prefix = segmentPrefix(m, mode);
  if (m.absolute !== undefined) return `${prefix}[${hex(m.absolute)}]`;
  const disp = BigInt(m.disp);
  if (m.base === RIP) return `${prefix}[${hex(BigInt.asUintN(d.address, next + disp))}]`;
  const parts: string[] = [];
  if (m.base >= 0) parts.push(general(m.base, d.address));
  if (m.index >= 0) parts.push(general(m.index, d.address) + (m.scale > 0 ? `*${1 << m.scale}` : ''));
  if (parts.length === 0) return `${prefix}[${hex(BigInt.asUintN(d.address, disp))}]`;
  const sign = disp < 0n ? '-' : '+';
  return `${prefix}[${parts.join('+')}${disp === 0n ? '' : sign + hex(disp < 0n ? -disp : disp)}]`;
}
/** Only where it is not what the address itself implies. */
function segmentPrefix({ segment, base }: Memory, mode: DecodeMode): string {
  const implied = base === 4 || base === 5 ? SEGMENT.ss : SEGMENT.ds;
  if (segment < 0 || segment === SEGMENT.flat || segment === implied) return '';
  return mode.code === 64 && segment < SEGMENT.fs ? '' : `${SEGMENTS[segment]}:`;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
