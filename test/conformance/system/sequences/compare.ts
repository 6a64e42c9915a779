// SPDX-License-Identifier: MIT
/** @fileoverview Where two outcomes of a sequence differ, in words. */
import { decodeCode } from '../../hardware/generate.ts';
import { fullTables } from '../../hardware/inventory.ts';
import { DEPARTURES, MEMORY_DEPARTURES, type Values } from './departures.ts';
import { CODE, ENTRY, HASHED, type Mode, SELECTOR } from './layout.ts';
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

/** The instruction that `event` names, and the bytes before it. */
function codeAt(q: Sequence, event: Values): { mnemonic: string; code: number[]; before: number[] } {
  const ip = Number(event.rip ?? event.eip ?? event.ip);
  const all = unitBytes(q).flat();
  if (ip < CODE || ip > CODE + all.length) return { mnemonic: '', code: [], before: [] };
  const code = all.slice(ip - CODE, ip - CODE + 15);
  const before = all.slice(Math.max(0, ip - CODE - 8), ip - CODE);
  const selector = Number(event.cs) & ~3;
  const is64 = selector === SELECTOR.code64 || selector === SELECTOR.code64Level3;
  const is16 = q.mode.entry === ENTRY.real || selector === SELECTOR.code16 || selector === SELECTOR.code16Level3;
  const decoded = decodeCode(fullTables(), Uint8Array.from(code), is64 ? 64 : is16 ? 16 : 32);
  return { mnemonic: decoded?.record.mnemonic ?? '', code, before };
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
    const where = { ...values, ...at, theirBefore: codeAt(q, values.theirs).before, all: unitBytes(q).flat() };
    if (DEPARTURES.some((d) => d.test({ ...where, fields: fields.map((f) => f[0]) }))) return { lines: [], departed: true };
    for (const f of fields) lines.push(`event ${i}: ${f[0]} is ${value(a, f)} in QEMU, ${value(b, f)} here`);
    lines.push(`  there: ${describeEvent(mode, a)}`);
    return { lines, departed: false };
  }
  // The event behind the last that is recorded may have been one of the departures.
  if (theirs.full && ours.full) return { lines, departed: true };
  if (theirs.ended !== ours.ended) lines.push(theirs.ended ? 'triple fault here only' : 'triple fault in QEMU only');
  const met = ours.events.map((event) => {
    const values = valuesOf(mode, event);
    return { vector: values.vector, mnemonic: codeAt(q, values).mnemonic };
  });
  const left = MEMORY_DEPARTURES.filter((d) => d.test(mode, met)).flatMap((d) => d.pages);
  HASHED.forEach((page, i) => {
    if (left.includes(page)) return;
    if (theirs.hashes[i] !== ours.hashes[i]) lines.push(`memory: page ${page.toString(16)}`);
  });
  return { lines, departed: false };
}
