// SPDX-License-Identifier: MIT
/** @fileoverview Compares many sequences, and makes those that differ as short as they can be while they still do. */
import { compareOutcomes } from './compare.ts';
import { MOST_CASES } from './layout.ts';
import { onOurs, onQemu } from './machines.ts';
import { randomSequence, type Sequence, unitBytes } from './sequence.ts';

export interface SequenceReport {
  sequences: number;
  /** That met QEMU's departures and were compared as far as that. */
  departed: number;
  exceptions: number;
  /** That went on for ever, or wrote where the others lie. */
  wild: number;
  differences: string[];
}

interface Compared {
  lines: string[];
  departed: boolean;
  wild: boolean;
  exceptions: number;
}
function compareAll(sequences: readonly Sequence[]): Compared[] {
  const result: Compared[] = [];
  for (let at = 0; at < sequences.length; at += MOST_CASES) {
    const some = sequences.slice(at, at + MOST_CASES);
    const ours = onOurs(some);
    const tame = some.filter((_, i) => !ours[i].wild);
    const theirs = onQemu(tame);
    some.forEach((q, i) => {
      const at = tame.indexOf(q);
      if (at < 0) result.push({ lines: [], departed: false, wild: true, exceptions: 0 });
      else if (theirs[at].wild) result.push({ lines: ['does not end in QEMU'], departed: false, wild: false, exceptions: 0 });
      else result.push({ ...compareOutcomes(q, theirs[at], ours[i]), wild: false, exceptions: ours[i].events.length });
    });
  }
  return result;
}

/** Takes away halves, quarters, …, single units, whatever does not matter: one batch of candidates a step. */
function shrink(q: Sequence): Sequence {
  let best = q;
  for (let chunk = Math.max(1, best.units.length >> 1); ; ) {
    const candidates: Sequence[] = [];
    for (let at = 0; at < best.units.length; at += chunk)
      candidates.push({ ...best, units: best.units.filter((_, i) => i < at || i >= at + chunk) });
    const found = compareAll(candidates).findIndex((c) => c.lines.length > 0);
    if (found >= 0) {
      best = candidates[found];
      chunk = Math.min(chunk, Math.max(1, best.units.length >> 1));
    } else if (chunk === 1) return best;
    else chunk >>= 1;
  }
}

export function describe(q: Sequence, lines: readonly string[]): string {
  const hex = (n: number): string => (n >>> 0).toString(16);
  const units = unitBytes(q).map((u) => Buffer.from(u).toString('hex'));
  const state = `cr0 ${hex(q.cr0)} cr4 ${hex(q.cr4)} efer ${hex(q.efer)} flags ${hex(q.flags)}`;
  return `sequence ${q.seed}, ${q.mode.name}, ${state}\n    ${units.join(' | ')}\n    ${lines.join('\n    ')}`;
}

/** Those of seeds `seed` to `seed + count - 1`; no more than `most` differences are shrunk and told. */
export function compareSequences(seed: number, count: number, most = 10): SequenceReport {
  const sequences = Array.from({ length: count }, (_, i) => randomSequence(seed + i));
  const report: SequenceReport = { sequences: count, departed: 0, exceptions: 0, wild: 0, differences: [] };
  compareAll(sequences).forEach(({ lines, departed, wild, exceptions }, i) => {
    report.exceptions += exceptions;
    if (departed) report.departed++;
    if (wild) report.wild++;
    if (lines.length === 0) return;
    if (report.differences.length >= most) {
      report.differences.push(`sequence ${seed + i}: ${lines[0]}`);
      return;
    }
    const small = shrink(sequences[i]);
    report.differences.push(describe(small, compareAll([small])[0].lines));
  });
  return report;
}
