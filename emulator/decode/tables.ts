// SPDX-License-Identifier: MIT
/**
 * @fileoverview The decoder's tables, built from the instruction records.
 *
 * One list of candidates per (64-bit mode or not, opcode map, opcode), most specific first: a literal ModRM byte, then a mandatory
 * prefix, then REX.W, then a ModRM digit, then register-only or memory-only. The first that matches is the instruction. Two
 * equally specific candidates that could both match are an error in the records and are reported when the tables are built.
 */
import type { Instruction } from '../isa/record.ts';
import { type Entry, parseEncoding } from './notation.ts';

export interface Tables {
  /** All entries by id. */
  readonly entries: readonly Entry[];
  /** [map << 8 | opcode] for legacy encodings, 1024 + the same for VEX. */
  readonly long: readonly (readonly Entry[])[];
  readonly legacy: readonly (readonly Entry[])[];
}

export const VEX_TABLE = 1024;
const SLOTS = 2048;

/** `available` tells whether the CPU model has a CPUID feature; the ids of entries do not depend on it. */
export function buildTables(records: readonly Instruction[], available: (feature: string) => boolean): Tables {
  const entries: Entry[] = [];
  const long: Entry[][] = Array.from({ length: SLOTS }, () => []);
  const legacy: Entry[][] = Array.from({ length: SLOTS }, () => []);
  for (const record of records) {
    for (const [notation, operands] of Object.entries(record.encodings)) {
      for (const parsed of parseEncoding(record, notation, operands)) {
        const entry: Entry = { id: entries.length, ...parsed };
        entries.push(entry);
        if (record.cpuid && !available(record.cpuid)) continue;
        const slot = (entry.vex ? VEX_TABLE : 0) + (entry.map << 8) + entry.opcode;
        if (record.modes !== 'legacy') long[slot].push(entry);
        if (record.modes !== 'long') legacy[slot].push(entry);
      }
    }
  }
  for (const table of [long, legacy]) {
    for (const list of table) {
      list.sort((a, b) => specificity(b) - specificity(a));
      checkClashes(list);
    }
  }
  return { entries, long, legacy };
}

const specificity = (e: Entry): number =>
  (e.literal >= 0 ? 32 : 0) +
  (e.prefix !== 'any' ? 16 : 0) -
  (e.prefix === 'NFx' ? 1 : 0) +
  (e.rexW || e.rexB || (e.vex !== undefined && e.vex.w !== 'WIG') ? 8 : 0) +
  (e.digit >= 0 ? 4 : 0) +
  (e.mod !== 'any' ? 2 : 0);

function checkClashes(list: readonly Entry[]): void {
  for (let i = 0; i < list.length; i++) {
    for (let j = i + 1; j < list.length && specificity(list[i]) === specificity(list[j]); j++) {
      if (overlap(list[i], list[j])) {
        const name = (e: Entry): string => `${e.record.mnemonic} '${e.notation}'`;
        throw new Error(`encodings clash: ${name(list[i])} and ${name(list[j])}`);
      }
    }
  }
}
function overlap(a: Entry, b: Entry): boolean {
  const literalApart =
    a.literal >= 0 && b.literal >= 0 && (a.literal + a.literalSpan <= b.literal || b.literal + b.literalSpan <= a.literal);
  return (
    !literalApart &&
    !(a.prefix !== b.prefix && a.prefix !== 'any' && b.prefix !== 'any' && a.prefix !== 'NFx' && b.prefix !== 'NFx') &&
    !(a.digit >= 0 && b.digit >= 0 && a.digit !== b.digit) &&
    !(a.mod !== 'any' && b.mod !== 'any' && a.mod !== b.mod) &&
    !(
      a.vex &&
      b.vex &&
      ((a.vex.length !== b.vex.length && a.vex.length !== 'LIG' && b.vex.length !== 'LIG') || a.vex.w !== b.vex.w)
    )
  );
}
