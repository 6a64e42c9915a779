// SPDX-License-Identifier: MIT
/**
 * @fileoverview Differential fuzzing: random programs in V8 and as native executables; what they write, and whether they trap,
 * must agree.
 */
import { decodeModule } from '../../wasm/decode.ts';
import { runNative } from '../testing.ts';
import { generateProgram } from './generate.ts';
import { Random } from './random.ts';

export interface Outcome {
  /** All bytes written. */
  readonly output: string;
  readonly trapped: boolean;
  readonly status: number | undefined;
}

export interface Mismatch {
  readonly seed: number;
  readonly addressing: 'zero' | 'r15';
  readonly expected: Outcome;
  readonly actual: Outcome;
  readonly wasm: Uint8Array;
}

/** What V8 makes of the module; undefined if it runs out of stack. */
export function runInV8(bytes: Uint8Array<ArrayBuffer>): Outcome | undefined {
  const written: string[] = [];
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    linux: {
      write: (_descriptor: number, at: number, length: number) => {
        written.push(Buffer.from((instance.exports.memory as WebAssembly.Memory).buffer, at, length).toString('hex'));
        return length;
      },
    },
  });
  try {
    const status = (instance.exports.main as () => number)();
    return { output: written.join(''), trapped: false, status };
  } catch (error) {
    // Running out of stack is a matter of stack sizes, not of translation.
    if (error instanceof RangeError) return undefined;
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    return { output: written.join(''), trapped: true, status: undefined };
  }
}

export interface FuzzResult {
  readonly trapped: boolean;
  readonly mismatch: Mismatch | undefined;
}

export function fuzzOne(seed: number): FuzzResult {
  const random = new Random(seed);
  const addressing = random.chance(2) ? 'zero' : 'r15';
  const { bytes } = generateProgram(random, addressing === 'r15');
  const expected = runInV8(bytes);
  if (!expected) return { trapped: false, mismatch: undefined };
  const cpu = random.chance(3) ? { popcnt: true, lzcnt: true, bmi1: true, sse41: true } : undefined;
  const run = runNative(decodeModule(bytes), addressing, cpu);
  const actual = { output: run.output.toString('hex'), trapped: run.signal !== null, status: run.status ?? undefined };
  const same = actual.output === expected.output && actual.trapped === expected.trapped && actual.status === expected.status;
  return { trapped: expected.trapped, mismatch: same ? undefined : { seed, addressing, expected, actual, wasm: bytes } };
}

export interface FuzzSummary {
  programs: number;
  /** Those that ended in a trap. */
  traps: number;
  readonly mismatches: Mismatch[];
}

/** Runs `count` seeds from `first` on, or until five mismatches are found. */
export function fuzz(first: number, count: number): FuzzSummary {
  const summary: FuzzSummary = { programs: 0, traps: 0, mismatches: [] };
  while (summary.programs < count && summary.mismatches.length < 5) {
    const { trapped, mismatch } = fuzzOne(first + summary.programs);
    summary.programs++;
    if (trapped) summary.traps++;
    if (mismatch) summary.mismatches.push(mismatch);
  }
  return summary;
}
