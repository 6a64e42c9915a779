// SPDX-License-Identifier: MIT
/** @fileoverview Where two outcomes of a sequence differ, in words. */
import { decodeCode } from '../../hardware/generate.ts';
import { fullTables } from '../../hardware/inventory.ts';
import { CODE, ENTRY, HASHED, type Mode, PAGE_TABLES, SELECTOR } from './layout.ts';
import type { Outcome } from './machines.ts';
import { type Sequence, unitBytes } from './sequence.ts';

type Field = readonly [name: string, offset: number, bytes: 1 | 2 | 4 | 6 | 8 | 10];
const row = (names: string, offset: number, bytes: Field[2]): Field[] =>
  names.split(' ').map((name, i) => [name, offset + i * bytes, bytes] as const);

/** What the driver's three handlers write. */
const FIELDS: Readonly<Record<number, readonly Field[]>> = {
  [ENTRY.real]: [
    ...row('gs fs es ds', 0, 2),
    ...row('edi esi ebp esp ebx edx ecx eax', 8, 4),
    ...row('vector ip cs flags', 40, 2),
    ...row('[0] [2] [4] [6] [8] [10] [12] [14] [16] [18] [20] [22] [24] [26] [28] [30]', 48, 2),
    ...row('cr0 cr2 cr3 cr4 dr6 efer', 80, 4),
    ['ss', 104, 2],
    ['gdtr', 106, 6],
    ['idtr', 112, 6],
  ],
  [ENTRY.legacy]: [
    ...row('gs fs es ds edi esi ebp esp ebx edx ecx eax vector error eip cs eflags [0] [4] [8] [12] [16]', 0, 4),
    ...row('cr0 cr2 cr3 cr4 dr6 efer', 88, 4),
    ...row('ss ldtr tr', 112, 2),
    ...row('gdtr idtr', 118, 6),
  ],
  [ENTRY.long]: [
    ...row('r15 r14 r13 r12 r11 r10 r9 r8 rdi rsi rbp rbx rdx rcx rax vector error rip cs rflags rsp ss [0] [8]', 0, 8),
    ['cr0', 192, 4],
    ['cr2', 196, 8],
    ...row('cr3 cr4 dr6 efer', 204, 4),
    ...row('ss ds es fs gs ldtr tr', 220, 2),
    ...row('gdtr idtr', 234, 10),
    ...row('fs.base gs.base kernelgs', 254 + 4, 8),
  ],
};
const value = (event: Uint8Array, [, offset, bytes]: Field): string =>
  Buffer.from(event.subarray(offset, offset + bytes))
    .reverse()
    .toString('hex')
    .replace(/^0+(?=.)/, '');
export function describeEvent(mode: Mode, event: Uint8Array): string {
  return FIELDS[mode.entry].map((f) => `${f[0]} ${value(event, f)}`).join(' ');
}

/** Where QEMU 7.2 goes a way of its own: the two are compared as far as that. */
interface Departure {
  why: string;
  /** `fields`: names of those that differ. */
  test(at: { theirs: Values; ours: Values; fields: readonly string[]; mnemonic: string; code: readonly number[] }): boolean;
}
type Values = Readonly<Record<string, bigint>>;
const CR0_EM_TS = 0xcn;
const onlyFlags = (fields: readonly string[]): boolean => fields.every((f) => /^(r|e|)flags$/.test(f));
export const DEPARTURES: readonly Departure[] = [
  {
    why: 'which operand of CMPS faults first is nowhere said; QEMU: that in ES',
    test: ({ fields, mnemonic }) => mnemonic === 'cmps' && fields.every((f) => f === 'cr2' || f === 'error'),
  },
  {
    why: 'which of its eight words faults first PUSHA does not say; QEMU: the lowest',
    test: ({ fields, mnemonic }) => mnemonic === 'pusha' && fields.every((f) => f === 'cr2'),
  },
  {
    why: 'SSE instructions with CR0.EM and CR0.TS set are #UD (SDM vol. 3, table 14-1); QEMU: #NM',
    test: ({ theirs, ours }) => theirs.vector === 7n && ours.vector === 6n && (ours.cr0 & CR0_EM_TS) === CR0_EM_TS,
  },
  {
    why: 'reserved bits of MSRs are #GP (APM vol. 2, 3.2); QEMU ignores them',
    test: ({ ours, mnemonic }) => ours.vector === 13n && mnemonic === 'wrmsr',
  },
  {
    why: 'a read-modify-write faults as a write (SDM vol. 3, 4.7); QEMU: as a read',
    test: ({ theirs, ours, fields }) =>
      ours.vector === 14n && fields.every((f) => f === 'error') && (ours.error ^ theirs.error) === 2n && (ours.error & 2n) !== 0n,
  },
  {
    why: 'an instruction that faults has changed no flags; QEMU computes those that SETcc, CMOVcc, ADC and rotations read and loses them',
    test: ({ ours, fields, mnemonic }) =>
      ours.vector === 14n && onlyFlags(fields) && /^(setcc|cmovcc|rc[lr]|ro[lr]|adc|sbb|sh[lr]d?|sar)$/.test(mnemonic),
  },
  {
    why: 'reserved bits in page tables fault with P set (SDM vol. 3, 4.7); QEMU leaves it out',
    test: ({ theirs, ours, fields }) =>
      ours.vector === 14n && fields.every((f) => f === 'error') && (ours.error ^ theirs.error) === 1n && (ours.error & 8n) !== 0n,
  },
  {
    why: 'SYSENTER and SYSEXIT are undefined in all of AMD’s long mode (APM vol. 3); QEMU: in 64-bit code',
    test: ({ ours, mnemonic }) => ours.vector === 6n && /^sys(enter|exit)$/.test(mnemonic) && (ours.efer & 0x400n) !== 0n,
  },
  {
    why: 'WRFSBASE and WRGSBASE refuse addresses that are not canonical (APM vol. 3); QEMU takes them',
    test: ({ ours, mnemonic }) => ours.vector === 13n && /^wr[fg]sbase$/.test(mnemonic),
  },
  {
    why: 'paging cannot be left from 64-bit code (APM vol. 2, 14.6.2: #GP); QEMU ignores the attempt',
    test: ({ ours, code }) => ours.vector === 13n && code[0] === 0x0f && code[1] === 0x22 && (code[2] & 0x38) === 0,
  },
  {
    why: '8F with ModRM.reg other than 0 is no POP (APM vol. 3, XOP); QEMU takes it for one',
    test: ({ ours, code }) => ours.vector === 6n && code.some((byte, i) => byte === 0x8f && i < 4),
  },
  {
    why: 'RETF and IRET to an absent stack segment are #SS (APM vol. 3); QEMU: #NP',
    test: ({ theirs, ours, mnemonic }) => theirs.vector === 11n && ours.vector === 12n && /^(ret|iret)$/.test(mnemonic),
  },
  {
    why: 'with SMAP, QEMU takes the stack accesses of RETF and IRET at level 3 for the supervisor’s',
    test: ({ theirs, mnemonic }) => theirs.vector === 14n && (theirs.cr4 & 0x200000n) !== 0n && /^(ret|iret)$/.test(mnemonic),
  },
];
/** The instruction that `event` names. */
function codeAt(q: Sequence, event: Values): { mnemonic: string; code: number[] } {
  const ip = Number(event.rip ?? event.eip ?? event.ip);
  const all = unitBytes(q).flat();
  if (ip < CODE || ip >= CODE + all.length) return { mnemonic: '', code: [] };
  const code = all.slice(ip - CODE, ip - CODE + 15);
  const selector = Number(event.cs) & ~3;
  const is64 = selector === SELECTOR.code64 || selector === SELECTOR.code64Level3;
  const is16 = q.mode.entry === ENTRY.real || selector === SELECTOR.code16 || selector === SELECTOR.code16Level3;
  const decoded = decodeCode(fullTables(), Uint8Array.from(code), is64 ? 64 : is16 ? 16 : 32);
  return { mnemonic: decoded?.record.mnemonic ?? '', code };
}
const valuesOf = (mode: Mode, event: Uint8Array): Values =>
  Object.fromEntries(FIELDS[mode.entry].map((f) => [f[0], BigInt(`0x${value(event, f)}`)]));

interface Comparison {
  lines: string[];
  /** They met one of QEMU's departures, and were compared as far as that. */
  departed: boolean;
}
export function compareOutcomes(q: Sequence, theirs: Outcome, ours: Outcome): Comparison {
  const { mode } = q;
  const lines: string[] = [];
  const count = Math.max(theirs.events.length, ours.events.length);
  for (let i = 0; i < count; i++) {
    const [a, b] = [theirs.events[i], ours.events[i]];
    if (!a || !b) {
      lines.push(`event ${i} only ${a ? 'in QEMU' : 'here'}: ${describeEvent(mode, a ?? b)}`);
      return { lines, departed: false };
    }
    const fields = FIELDS[mode.entry].filter((f) => value(a, f) !== value(b, f));
    if (fields.length === 0) continue;
    const values = { theirs: valuesOf(mode, a), ours: valuesOf(mode, b) };
    // Which instruction it was, as the processor says that faulted; should both have, this one.
    const at = codeAt(q, values.ours.vector === 3n ? values.theirs : values.ours);
    if (DEPARTURES.some((d) => d.test({ ...values, ...at, fields: fields.map((f) => f[0]) })))
      return { lines: [], departed: true };
    for (const f of fields) lines.push(`event ${i}: ${f[0]} is ${value(a, f)} in QEMU, ${value(b, f)} here`);
    lines.push(`  there: ${describeEvent(mode, a)}`);
    return { lines, departed: false };
  }
  if (theirs.ended !== ours.ended) lines.push(theirs.ended ? 'triple fault here only' : 'triple fault in QEMU only');
  HASHED.forEach((page, i) => {
    // QEMU 7.2 sets an accessed bit in PDPTEs, where there is none (SDM vol. 3, 4.4.1).
    if (mode.paging === 'pae' && page === PAGE_TABLES >> 12) return;
    if (theirs.hashes[i] !== ours.hashes[i]) lines.push(`memory: page ${page.toString(16)}`);
  });
  return { lines, departed: false };
}
