// SPDX-License-Identifier: MIT
/** @fileoverview A processor's registers and the code around RIP as text, for reports of triple faults and of faults of ours. */
import type { Processor } from '../cpu/processor.ts';
import { type Disassembled, disassemble } from '../decode/disassemble.ts';
import { GPR, SEG, SEGMENT, SLOT, segmentSlot } from '../ir/state.ts';
import { linearRip, peek } from './debugMemory.ts';
import { tablesOf } from './tables.ts';

const NAMES = ['RAX', 'RCX', 'RDX', 'RBX', 'RSP', 'RBP', 'RSI', 'RDI', 'R8 ', 'R9 ', 'R10', 'R11', 'R12', 'R13', 'R14', 'R15'];
const hex64 = (value: bigint): string => BigInt.asUintN(64, value).toString(16).padStart(16, '0');
const hex = (value: number, digits: number): string => (value >>> 0).toString(16).padStart(digits, '0');

/** Several lines, without a final newline. */
export function describeProcessor(cpu: Processor): string {
  const lines = [
    `CPU ${cpu.index}: RIP ${hex64(cpu.rip)} RFLAGS ${hex(Number(cpu.rflags), 8)} CPL ${cpu.cpl} ${cpu.codeSize}-bit code`,
  ];
  for (let row = 0; row < 4; row++) {
    lines.push([0, 1, 2, 3].map((i) => `${NAMES[row * 4 + i]} ${hex64(cpu.read64(GPR(row * 4 + i)))}`).join(' '));
  }
  lines.push(
    (['CR0', 'CR2', 'CR3', 'CR4', 'EFER'] as const)
      .map((name) => `${name} ${hex64(cpu.read64(SLOT[name])).slice(name === 'CR2' || name === 'CR3' ? 0 : 8)}`)
      .join(' '),
  );
  for (const name of ['cs', 'ss', 'ds', 'es', 'fs', 'gs', 'ldtr', 'tr', 'gdtr', 'idtr'] as const) {
    const at = cpu.base + segmentSlot(SEGMENT[name]);
    const selector = hex(cpu.view.getUint16(at + SEG.selector, true), 4);
    const base = hex64(cpu.view.getBigUint64(at + SEG.base, true));
    lines.push(
      `${name.toUpperCase().padEnd(4)} ${selector} base ${base} limit ${hex(cpu.view.getUint32(at + SEG.limit, true), 8)} attributes ${hex(cpu.view.getUint16(at + SEG.attributes, true), 4)}`,
    );
  }
  return [...lines, describeStack(cpu), ...describeCode(cpu)].join('\n');
}

/** Bytes that are disassembled at least ahead of RIP, and instructions shown on either side of it. */
const BEFORE = 40;
const LONGEST = 15;
const SHOWN_BEFORE = 5;
const SHOWN_AFTER = 6;

/** Words shown of the stack: who called what went wrong is among them. */
const STACK_WORDS = 8;

function describeStack(cpu: Processor): string {
  const long = cpu.codeSize === 64;
  const base = long ? 0n : cpu.read64(segmentSlot(SEGMENT.ss) + SEG.base);
  const rsp = cpu.read64(SLOT.rsp);
  const bytes = peek(cpu, long ? rsp : BigInt.asUintN(32, base + BigInt.asUintN(32, rsp)), STACK_WORDS * (long ? 8 : 4));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words: string[] = [];
  for (let at = 0; at + (long ? 8 : 4) <= bytes.length; at += long ? 8 : 4) {
    words.push(long ? hex64(view.getBigUint64(at, true)) : hex(view.getUint32(at, true), 8));
  }
  return `stack: ${words.length > 0 ? words.join(' ') : 'RSP is not mapped to RAM'}`;
}

/** An instruction in memory. */
export interface CodeLine {
  /** RIP that executes it. */
  address: bigint;
  bytes: Uint8Array;
  text: string;
}

function describeCode(cpu: Processor): string[] {
  const rip = BigInt.asUintN(64, cpu.instructionRip);
  const lines = codeAround(cpu, rip, SHOWN_BEFORE, SHOWN_AFTER);
  if (lines.length === 0) return ['code: RIP is not mapped to RAM'];
  return lines.map(({ address, bytes, text }) => {
    const shown = [...bytes].map((byte) => hex(byte, 2)).join(' ');
    return `${address === rip ? '=>' : '  '} ${hex64(address)}  ${shown.padEnd(30)} ${text}`;
  });
}

/** The instruction at `rip`, up to `before` ahead of it, and `after - 1` behind it, as many as are mapped to RAM. */
export function codeAround(cpu: Processor, rip: bigint, before: number, after: number): CodeLine[] {
  const linear = linearRip(cpu, rip);
  const following = peek(cpu, linear, after * LONGEST);
  if (following.length === 0) return [];
  // Of code before RIP only what is mapped without a gap up to RIP counts.
  const reach = Math.max(BEFORE, before * LONGEST);
  let preceding = before > 0 ? peek(cpu, linear - BigInt(reach), reach) : new Uint8Array(0);
  if (preceding.length < reach) preceding = new Uint8Array(0);
  const bytes = new Uint8Array([...preceding, ...following]);
  const lines = code(cpu, bytes, preceding.length, rip);
  const current = lines.findIndex((line) => line.at === preceding.length);
  return lines.slice(Math.max(0, current - before), current + after).map(({ at, length, text }) => ({
    address: BigInt.asUintN(cpu.codeSize === 64 ? 64 : 32, rip + BigInt(at - preceding.length)),
    bytes: bytes.subarray(at, at + length),
    text,
  }));
}

interface Line extends Disassembled {
  at: number;
}

/** Code cannot be read backwards: the earliest start from which it runs into RIP without nonsense is the likeliest. */
function code(cpu: Processor, bytes: Uint8Array, at: number, rip: bigint): Line[] {
  const tables = tablesOf(cpu.platform.cpuModel);
  const mode = { code: cpu.codeSize, protectedMode: (cpu.read32(SLOT.CR0) & 1) !== 0 };
  const from = (start: number): Line[] => {
    const lines: Line[] = [];
    for (let next = start; next < bytes.length; ) {
      const line = { at: next, ...disassemble(tables, bytes, next, mode, rip + BigInt(next - at)) };
      // The last ones may be cut off.
      if (line.text === '(bad)' && next > at && bytes.length - next < 15) break;
      lines.push(line);
      next += line.length;
    }
    return lines;
  };
  for (let start = 0; start < at; start++) {
    const lines = from(start);
    const reaches = lines.some((line) => line.at === at);
    if (reaches && !lines.some((line) => line.at < at && line.text === '(bad)')) return lines;
  }
  return from(at);
}
