// SPDX-License-Identifier: MIT
/** @fileoverview A processor's registers as text, for reports of triple faults and panics. */
import type { Processor } from '../cpu/processor.ts';
import { GPR, SEG, SEGMENT, SLOT, segmentSlot } from '../ir/state.ts';

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
  return lines.join('\n');
}
