// SPDX-License-Identifier: MIT
/**
 * @fileoverview Every instruction that a user program can execute, against what hardware did: all recorded vectors; where the host is
 * x86-64, a random hundredth of them recorded again, and fresh random instructions. docs/conformance.md says what is left out.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allInstructions } from '../../../emulator/isa/record.ts';
import { commitSeed, testSeed } from '../../support/seed.ts';
import { compareBlocks } from './blocks.ts';
import { readVectors } from './files.ts';
import { decodeCode, shapesOf } from './generate.ts';
import { type HostProcessor, hostProcessor, hostProcessorMissing } from './hostProcessor.ts';
import { comparedEntries, EXCLUDED, exclusionOf, fullTables } from './inventory.ts';
import { Machine } from './machine.ts';
import { Random } from './random.ts';
import { compareAgain, compareFresh, EXACT, judge, judgeExactly, recipes, recordedVectors } from './session.ts';
import { compareSpecialValues } from './specialValues.ts';
import { parseVector } from './vectors.ts';

const BLOCKS = 500;
const files = readVectors();
const vectors = recordedVectors();
/** Vectors of one instruction. */
const single = vectors.filter(({ name }) => !EXACT.includes(name));
const machine = new Machine();
const compiling = new Machine('compiled');

describe('recorded vectors', () => {
  for (const [{ name, lines, maker }, judged, how] of files.flatMap((f) => [
    [f, machine, 'interpreted'] as const,
    [f, compiling, 'compiled'] as const,
  ])) {
    test(`${name}: ${lines.length} vectors have here the outcome that they had on hardware, ${how}`, () => {
      const wrong: string[] = [];
      for (const line of lines) {
        const { recipe, outcome } = parseVector(line, maker);
        const found = EXACT.includes(name) ? judgeExactly(recipe, outcome, judged) : judge(recipe, outcome, judged);
        if (found.length > 0) wrong.push(`${line}\n    ${found.join('\n    ')}`);
      }
      expect(wrong.slice(0, 10), `${wrong.length} differ`).toEqual([]);
    });
  }

  test('cover every record, in every mode, operand size and kind of operand, or say why not', () => {
    const present = new Set<string>();
    const tables = fullTables();
    const key = (id: number, mode: number, size: number, memory: boolean): string => `${id}/${mode}/${size}/${memory}`;
    for (const { recipe } of single) {
      const d = decodeCode(tables, recipe.code, recipe.mode);
      if (d) present.add(key(d.entry.id, recipe.mode, d.effective, d.memory !== undefined));
    }
    const missing = new Set<string>();
    for (const entry of comparedEntries()) {
      const name = `${entry.record.mnemonic} '${entry.notation}'`;
      const found = (mode: number, memory: boolean): boolean =>
        [16, 32, 64].some((size) => present.has(key(entry.id, mode, size, memory)));
      for (const shape of shapesOf(entry)) {
        const memory = shape.memory || entry.operands.some((o) => o.letter === 'O' || o.letter === 'mDI');
        if (!found(shape.mode, memory)) missing.add(`${name} in ${shape.mode}-bit code${memory ? ' with memory' : ''}`);
      }
    }
    expect([...missing]).toEqual([]);
    const compared = new Set(comparedEntries().map((e) => e.record));
    const forgotten = allInstructions.filter((r) => !compared.has(r) && !exclusionOf(r.mnemonic));
    expect(forgotten.map((r) => r.mnemonic)).toEqual([]);
    for (const e of EXCLUDED)
      expect(
        allInstructions.some((r) => e.mnemonics.test(r.mnemonic)),
        `${e.mnemonics} is needed`,
      ).toBe(true);
  });

  test('a wrong outcome is noticed', () => {
    const { line, name } = single.find((v) => / > r0=/.test(v.line))!;
    const { recipe, outcome } = parseVector(line, files.find((f) => f.name === name)!.maker);
    outcome.registers[0] ^= 1n;
    expect(judge(recipe, outcome, machine).length).toBe(1);
  });
});

const missing = hostProcessorMissing();
describe.skipIf(missing)(`the host's processor${missing ? `: ${missing}` : ''}`, () => {
  let host: HostProcessor;
  beforeAll(() => {
    host = hostProcessor();
  });
  afterAll(() => host.close());
  /** None on processors that somebody has looked at. Others may hold surprises: a few in a hundred, which are printed. */
  const expectNone = (wrong: readonly string[], of: number): void => {
    if (wrong.length > 0 && !host.isKnown) console.log(`on ${host.name}:\n${wrong.slice(0, 20).join('\n')}`);
    if (host.isKnown) expect(wrong.slice(0, 10), `${wrong.length} of ${of} differ`).toEqual([]);
    else expect(wrong.length).toBeLessThan(of * 0.05);
  };
  const sample = commitSeed();
  const seed = testSeed();

  test(`records a random hundredth again, with the outcome recorded or what its maker may answer else (DIORAMA_SEED=${sample})`, () => {
    const r = new Random(sample);
    const chosen = vectors.filter(() => r.one(100));
    expectNone(compareAgain(host, machine, chosen), chosen.length);
  });
  for (const first of [1, seed])
    test(`agrees with this machine on ${BLOCKS} random blocks (from seed ${first})`, () => {
      const report = compareBlocks(host, machine, first, BLOCKS);
      expectNone(report.differences, BLOCKS);
      expect(report.complete).toBeGreaterThan(BLOCKS / 3);
    });
  test(`agrees with this machine on special floating-point values (DIORAMA_SEED=${seed})`, () => {
    const report = compareSpecialValues(host, machine, seed, 40);
    expectNone(report.differences, report.cases);
    expect(report.cases).toBeGreaterThan(1000);
  });
  test(`agrees with this machine on fresh random instructions (DIORAMA_SEED=${seed})`, () => {
    const made = recipes(1, seed);
    expectNone(compareFresh(host, machine, made), made.length);
  });
});
