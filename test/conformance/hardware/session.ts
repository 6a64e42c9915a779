// SPDX-License-Identifier: MIT
/**
 * @fileoverview Comparing on demand: recording vectors, and fresh random instructions against the host's processor.
 */
import type { Decoded } from '../../../emulator/decode/decode.ts';
import type { Masks } from './allowances.ts';
import { differences, masksFor } from './compare.ts';
import { readVectors, unitOf, writeVectors } from './files.ts';
import { FOUND } from './found.ts';
import { caseOf, decodeCode, generate, type Recipe, shapesOf } from './generate.ts';
import type { HostProcessor } from './hostProcessor.ts';
import { comparedEntries, fullTables } from './inventory.ts';
import type { Machine } from './machine.ts';
import { AREA_SIZE, CODE, DATA, type Outcome } from './programState.ts';
import { Random } from './random.ts';
import { PROGRAMS, recipeOfProgram } from './selfModifying.ts';
import { formatRecipe, formatVector, parseRecipe, parseVector, type Vector } from './vectors.ts';

export const SELF_MODIFYING = 'selfModifying.txt';
export const CUT = 'cut.txt';
/** Files whose vectors are more, or less, than one instruction. */
export const EXACT: readonly string[] = [SELF_MODIFYING, CUT];

/** `perShape` recipes of every shape of every compared entry. */
export function recipes(perShape: number, seed: number): Recipe[] {
  const r = new Random(seed);
  const tables = fullTables();
  const made: Recipe[] = [];
  for (const entry of comparedEntries()) {
    for (const shape of shapesOf(entry)) {
      for (let n = 0, tries = 0; n < perShape && tries < perShape * 20; tries++) {
        const recipe = generate(shape, tables, r);
        if (!recipe || entersKernel(recipe)) continue;
        made.push(recipe);
        n++;
      }
    }
  }
  return made;
}
/** Every memory operand on the last bytes before a page that is not there, in 64- and 32-bit code. */
export function pageEndRecipes(seed: number): Recipe[] {
  const r = new Random(seed);
  const made: Recipe[] = [];
  const shapes = comparedEntries().flatMap(shapesOf);
  for (const shape of shapes) {
    if (!shape.memory || shape.mode === 16) continue;
    for (let tries = 0; tries < 20; tries++) {
      const recipe = generate(shape, fullTables(), r, DATA + AREA_SIZE - 1 - r.below(4));
      if (!recipe) continue;
      made.push(recipe);
      break;
    }
  }
  return made;
}
/** Instructions of which only the first bytes are in memory. */
export function cutRecipes(seed: number): Recipe[] {
  const r = new Random(seed);
  const made: Recipe[] = [];
  for (const entry of comparedEntries()) {
    for (const shape of shapesOf(entry)) {
      const recipe = r.one(8) ? generate(shape, fullTables(), r) : undefined;
      if (!recipe || recipe.code.length < 2) continue;
      const code = recipe.code.subarray(0, 1 + r.below(recipe.code.length - 1));
      made.push({ ...recipe, code, rip: CODE + AREA_SIZE - code.length });
    }
  }
  return made;
}
/** INT 80h is a system call. */
function entersKernel(recipe: Recipe): boolean {
  const { code } = recipe;
  return code[code.length - 1] === 0x80 && code[code.length - 2] === 0xcd;
}

/** What is wrong with this machine's outcome, or nothing. */
export function judge(recipe: Recipe, hardware: Outcome, machine: Machine): string[] {
  const d = decodeCode(fullTables(), recipe.code, recipe.mode);
  // Undefined, or cut off by the end of memory.
  if (!d) return judgeExactly(recipe, hardware, machine);
  const c = caseOf(recipe);
  return differences(hardware, machine.run(c), masksFor(d, c, hardware), recipe.mode !== 64);
}
/** Whole programs leave nothing undefined. */
export function judgeExactly(recipe: Recipe, hardware: Outcome, machine: Machine): string[] {
  return differences(hardware, machine.run(caseOf(recipe)), { flags: 0, faults: [] }, recipe.mode !== 64);
}
export interface RecordedVector extends Vector {
  /** Of its file. */
  name: string;
  line: string;
}
export function recordedVectors(): RecordedVector[] {
  return readVectors().flatMap(({ name, maker, lines }) => lines.map((line) => ({ name, line, ...parseVector(line, maker) })));
}
/**
 * Records vectors again: those that come out otherwise than recorded, described. On a processor of another maker it is enough that
 * its maker may answer so.
 */
export function compareAgain(host: HostProcessor, machine: Machine, chosen: readonly RecordedVector[]): string[] {
  const outcomes = host.run(chosen.map((v) => caseOf(v.recipe)));
  const wrong: string[] = [];
  chosen.forEach(({ name, line, recipe, outcome }, i) => {
    const d = EXACT.includes(name) ? undefined : decodeCode(fullTables(), recipe.code, recipe.mode);
    const masks: Masks = d ? masksFor(d, caseOf(recipe), outcome) : { flags: 0, faults: [] };
    const found = differences(outcome, outcomes[i], masks, recipe.mode !== 64);
    if (found.length === 0) return;
    const allowing = d !== undefined || name === CUT ? judge : judgeExactly;
    if (outcome.maker !== outcomes[i].maker && allowing(recipe, outcomes[i], machine).length === 0) return;
    wrong.push(`${line}\n    ${found.join('\n    ')}`);
  });
  return wrong;
}
/** Differences of fresh random instructions, described. */
export function compareFresh(host: HostProcessor, machine: Machine, made: readonly Recipe[]): string[] {
  const outcomes = host.run(made.map(caseOf));
  const wrong: string[] = [];
  made.forEach((recipe, i) => {
    if (outcomes[i].vector === 255) return;
    const lines = judge(recipe, outcomes[i], machine);
    if (lines.length > 0) wrong.push(`${formatRecipe(recipe)}\n    ${lines.join('\n    ')}`);
  });
  return wrong;
}

/** Writes the vector files; how many vectors, by file. */
export function record(host: HostProcessor, perShape: number, seed: number): Map<string, number> {
  const files = new Map<string, string[]>();
  const add = (made: readonly Recipe[], fileOf: (d: Decoded) => string): void => {
    const outcomes = host.run(made.map(caseOf));
    made.forEach((recipe, i) => {
      const d = decodeCode(fullTables(), recipe.code, recipe.mode);
      if (!d || outcomes[i].vector === 255) return;
      const name = fileOf(d);
      const list = files.get(name) ?? [];
      list.push(formatVector({ recipe, outcome: outcomes[i] }));
      files.set(name, list);
    });
  };
  add(recipes(perShape, seed), (d) => `${unitOf(d)}.txt`);
  add(pageEndRecipes(seed), () => 'pageEnds.txt');
  const list = (made: readonly Recipe[]): string[] => {
    const outcomes = host.run(made.map(caseOf));
    return made.map((recipe, i) => formatVector({ recipe, outcome: outcomes[i] }));
  };
  files.set(SELF_MODIFYING, list(PROGRAMS.map(recipeOfProgram)));
  files.set(CUT, list(cutRecipes(seed)));
  files.set(
    'found.txt',
    list(FOUND.map((f) => parseRecipe(f.recipe))).flatMap((line, i) => [`# ${FOUND[i].what}`, line]),
  );
  const counts = new Map<string, number>();
  for (const [name, lines] of files) {
    const comments = [`Recorded on ${host.name}, by tools/conformance.js record ${perShape} ${seed}. Format: ../vectors.ts.`];
    writeVectors(name, comments, lines);
    counts.set(name, lines.filter((line) => !line.startsWith('#')).length);
  }
  return counts;
}
