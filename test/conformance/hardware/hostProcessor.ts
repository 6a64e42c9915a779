// SPDX-License-Identifier: MIT
/** @fileoverview Runs cases on the processor this runs on, by `hardware.c`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { haveOracles } from '../../../tools/oracles.js';
import { type Case, CODE, type Maker, type Outcome, packCases, SELECTOR, unpackOutcomes } from './programState.ts';
import { stateFromSeed } from './random.ts';

const source = new URL('hardware.c', import.meta.url).pathname;
const FLAGS = [
  ...['-O2', '-nostdlib', '-static', '-no-pie', '-ffreestanding', '-fno-stack-protector', '-fno-builtin', '-mgeneral-regs-only'],
  // Far from everything that a case may reach.
  ...['-mno-red-zone', '-mcmodel=large', '-Wl,-Ttext-segment=0x6a5b00000000'],
];
const BATCH = 4000;
const MAKERS: Readonly<Record<string, Maker>> = { AuthenticAMD: 'AMD', GenuineIntel: 'Intel' };
/** Maker, family and model. */
const KNOWN = ['Intel 6 207', 'AMD 26 2'];

/** Why cases cannot run here, or undefined. In CI a missing compiler is an error, another kind of host is not. */
export function hostProcessorMissing(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the host is not Linux on x86-64';
  if (!haveOracles('gcc')) return 'there is no gcc';
  return worksHere() ? undefined : 'the kernel does not run 16- and 32-bit segments for a 64-bit program';
}
/** A NOP in each mode ends with the INT3 behind it. */
function worksHere(): boolean {
  const host = hostProcessor();
  const { code64, code32, code16, data } = SELECTOR;
  try {
    const cases = [code64, code32, code16].map((cs): Case => {
      const { registers, flags, fx, windowSeed } = stateFromSeed(1, false);
      const selectors = { cs, ds: data, es: data, fs: 0, gs: 0, ss: data };
      return { code: Uint8Array.of(0x90), selectors, registers, rip: CODE, flags, seed: windowSeed, overrides: [], fx };
    });
    return host.run(cases).every((o) => o.vector === 3);
  } catch {
    return false;
  } finally {
    host.close();
  }
}

export interface HostProcessor {
  /** From /proc/cpuinfo. */
  readonly name: string;
  /** A processor that long runs found no difference with; others' answers may hold some that no allowance names yet. */
  readonly isKnown: boolean;
  run(cases: readonly Case[]): Outcome[];
  close(): void;
}
export function hostProcessor(): HostProcessor {
  const folder = mkdtempSync(join(tmpdir(), 'hardware-'));
  const program = join(folder, 'hardware');
  execFileSync('gcc', [...FLAGS, source, '-o', program]);
  const info = readFileSync('/proc/cpuinfo', 'latin1');
  const line = (key: string): string => new RegExp(`^${key}\\s*: (.*)$`, 'm').exec(info)?.[1] ?? '';
  const maker = MAKERS[line('vendor_id')];
  return {
    name: `${line('model name')}, family ${line('cpu family')}, model ${line('model')}, stepping ${line('stepping')}`,
    isKnown: KNOWN.includes(`${maker} ${line('cpu family')} ${line('model')}`),
    run(cases) {
      const outcomes: Outcome[] = [];
      for (let at = 0; at < cases.length; at += BATCH) {
        const batch = cases.slice(at, at + BATCH);
        const output = execFileSync(program, { input: packCases(batch), maxBuffer: 1 << 30 });
        outcomes.push(...unpackOutcomes(output, batch.length).map((o) => ({ ...o, maker })));
      }
      return outcomes;
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}
