// SPDX-License-Identifier: MIT
/**
 * @fileoverview Which instructions are compared with hardware: all records of the instruction set but those named here with a reason.
 * What a privileged instruction does to a user program, namely fault, is compared like everything else.
 */
import type { Entry } from '../../../emulator/decode/notation.ts';
import type { Tables } from '../../../emulator/decode/tables.ts';
import { tablesFor } from '../../../emulator/interp/interpreter.ts';
import type { CpuModel } from '../../../emulator/isa/helper.ts';
import { cpuModel, DEFAULT_MODEL } from '../../../emulator/isa/system/models.ts';

interface Exclusion {
  mnemonics: RegExp;
  why: string;
}
export const EXCLUDED: readonly Exclusion[] = [
  { mnemonics: /^(syscall|sysenter)$/, why: 'enters the kernel that runs the oracle' },
  { mnemonics: /^(rdtsc|rdtscp|rdrand|rdseed)$/, why: 'its result is different every time' },
  { mnemonics: /^(cpuid|xgetbv|rdpid)$/, why: 'tells the oracle and this machine apart' },
  { mnemonics: /^(sgdt|sidt|sldt|str|smsw)$/, why: 'the kernel answers in place of a processor with UMIP' },
  {
    mnemonics: /^(xsave|xrstor)/,
    why: 'saves components that this machine does not have; compared with hardware, with a mask of those it has, in emulator/isa/x87',
  },
];
export const exclusionOf = (mnemonic: string): string | undefined => EXCLUDED.find((e) => e.mnemonics.test(mnemonic))?.why;

let tables: Tables | undefined;
/** A processor that has every feature for which there are records; models may report fewer. */
export function fullModel(): CpuModel {
  const model = cpuModel(DEFAULT_MODEL);
  if (!model) throw new Error('the default model is gone');
  return { ...model, has: () => true };
}
export function fullTables(): Tables {
  tables ??= tablesFor(() => true);
  return tables;
}
/** Entries that are compared. */
export const comparedEntries = (): Entry[] => fullTables().entries.filter((e) => !exclusionOf(e.record.mnemonic));
