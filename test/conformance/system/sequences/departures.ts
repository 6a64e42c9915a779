// SPDX-License-Identifier: MIT
/**
 * @fileoverview Where QEMU 7.2 goes a way of its own: the two are compared as far as that. One record for each departure, with what the manuals say;
 * docs/conformance.md has them as a table. What would be met at every step is not made at all: units.ts and plain.ts.
 */
import { type Mode, PAGE_TABLES, SELECTOR } from './layout.ts';

/** What was recorded of an event, by name. */
export type Values = Readonly<Record<string, bigint>>;
/** Two events that differ. */
export interface Meeting {
  theirs: Values;
  ours: Values;
  /** Names of those that differ. */
  fields: readonly string[];
  /** The instruction that ours names, or theirs if ours is that behind the last. */
  mnemonic: string;
  code: readonly number[];
  /** Eight bytes before that, and before the one that theirs names. */
  before: readonly number[];
  theirBefore: readonly number[];
  /** The sequence's code. */
  all: readonly number[];
}
interface Departure {
  why: string;
  test(at: Meeting): boolean;
}
/** Which pages are not compared after what was met. */
interface MemoryDeparture {
  why: string;
  pages: readonly number[];
  test(mode: Mode, met: readonly { vector: bigint; mnemonic: string }[]): boolean;
}
const endsWith = (bytes: readonly number[], ...last: number[]): boolean =>
  bytes.length >= last.length && last.every((byte, i) => bytes[bytes.length - last.length + i] === byte);
const contains = (bytes: readonly number[], first: number, second: readonly number[]): boolean =>
  bytes.some((byte, i) => byte === first && second.includes(bytes[i + 1]));
const INTERRUPT = 0x24n;
const POP_SS = 0x17;
/** MOV SS, r16. */
const MODRM_SS: readonly number[] = Array.from({ length: 8 }, (_, register) => 0xd0 | register);
const CODE64: readonly number[] = [SELECTOR.code64, SELECTOR.code64Level3];
const EFER_NXE = 0x800;
const DR6_BS = 0x4000n;
/** Page fault error codes. */
const [PRESENT, WRITE, USER, RESERVED] = [1n, 2n, 4n, 8n];
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
    why: 'reserved bits in page tables fault with P set (SDM vol. 3, 4.7); QEMU leaves it out (the driver takes W from ours with SMAP)',
    test: ({ theirs, ours, fields }) =>
      ours.vector === 14n &&
      fields.every((f) => f === 'error') &&
      (ours.error & RESERVED) !== 0n &&
      ((ours.error ^ theirs.error) & ~WRITE) === PRESENT,
  },
  {
    why: 'SYSENTER and SYSEXIT are undefined in all of AMD’s long mode (APM vol. 3), for programs SYSEXIT is #GP; QEMU: undefined in 64-bit code',
    test: ({ ours, mnemonic }) =>
      (ours.vector === 6n || ours.vector === 13n) && /^sys(enter|exit)$/.test(mnemonic) && (ours.efer & 0x400n) !== 0n,
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
    why: 'RETF and IRET at level 3 access the stack as the user (APM vol. 2, 5.4.1); QEMU: as the supervisor, which its SMAP refuses',
    test: ({ theirs, ours, mnemonic }) =>
      /^(ret|iret)$/.test(mnemonic) &&
      ((theirs.vector === 14n && (theirs.cr4 & 0x200000n) !== 0n) || (ours.vector === 14n && (ours.error & USER) !== 0n)),
  },
  {
    why: 'a single step over STI traps behind it: it holds back interrupts, not exceptions (SDM vol. 2, STI); QEMU holds the trap back',
    test: ({ ours, fields, before }) =>
      ours.vector === 1n && fields.some((f) => /ip$/.test(f)) && (ours.dr6 & DR6_BS) !== 0n && endsWith(before, 0xfb),
  },
  {
    why: 'STI behind a load of SS holds interrupts back like any other here; QEMU’s does not, as SDM vol. 2, MOV allows, and its LSS counts among the loads',
    test: ({ theirs, theirBefore }) =>
      theirs.vector === INTERRUPT &&
      endsWith(theirBefore, 0xfb) &&
      (contains(theirBefore, 0x0f, [0xb2]) || contains(theirBefore, 0x8e, MODRM_SS) || theirBefore.includes(POP_SS)),
  },
  {
    why: 'DS and ES that are null cannot be used outside 64-bit mode (SDM vol. 3, 3.4.2); QEMU asks only when it loads them',
    test: ({ theirs, ours, fields }) =>
      ours.vector === 13n &&
      ours.error === 0n &&
      fields.some((f) => /^[er]ip$/.test(f)) &&
      !CODE64.includes(Number(theirs.cs) & ~3) &&
      (ours.ds < 4n || ours.es < 4n),
  },
  {
    why: 'BSF and BSR of 0 with 32 bits leave all of the destination (APM vol. 3; hardware agrees); QEMU clears its upper half',
    test: ({ theirs, ours, fields, all }) =>
      contains(all, 0x0f, [0xbc, 0xbd]) && fields.every((f) => /^r[0-9a-ds]/.test(f) && theirs[f] === (ours[f] & 0xffffffffn)),
  },
  {
    why: 'SYSCALL keeps the flags that SFMASK does not name (APM vol. 3); QEMU loses them, which a step shows',
    test: ({ ours, fields, before }) => ours.vector === 1n && onlyFlags(fields) && endsWith(before, 0x0f, 0x05),
  },
  {
    why: 'MASKMOVQ with an empty mask may fault for its address (APM vol. 5, MASKMOVQ); QEMU looks at no byte that is not stored',
    test: ({ theirs, ours, mnemonic }) =>
      [12n, 13n, 14n].includes(ours.vector) && ours.vector !== theirs.vector && /^maskmov/.test(mnemonic),
  },
  {
    why: 'NXE that is cleared makes bit 63 of entries reserved at once here; QEMU keeps translations, as SDM vol. 3, 4.10.2.2 allows',
    test: ({ theirs, ours }) =>
      ours.vector === 14n && theirs.vector !== 14n && (ours.error & RESERVED) !== 0n && (ours.efer & BigInt(EFER_NXE)) === 0n,
  },
];
export const MEMORY_DEPARTURES: readonly MemoryDeparture[] = [
  {
    why: 'which operand of CMPS is accessed first is nowhere said: when one faults, the other’s accessed bits tell',
    pages: [0x10, 0x11, 0x12, 0x13],
    test: (_, met) => met.some((m) => m.vector === 14n && m.mnemonic === 'cmps'),
  },
  {
    why: 'PDPTEs of PAE have no accessed bit (SDM vol. 3, 4.4.1); QEMU sets one',
    pages: [PAGE_TABLES >> 12],
    test: (mode) => mode.paging === 'pae',
  },
];
