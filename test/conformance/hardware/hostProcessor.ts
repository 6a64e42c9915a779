// SPDX-License-Identifier: MIT
/** @fileoverview Runs cases on the processor this runs on, by `hardware.c`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Case, type Outcome, packCases, unpackOutcomes } from './programState.ts';

const source = new URL('hardware.c', import.meta.url).pathname;
const FLAGS = [
  ...['-O2', '-nostdlib', '-static', '-no-pie', '-ffreestanding', '-fno-stack-protector', '-fno-builtin', '-mgeneral-regs-only'],
  // Far from everything that a case may reach.
  ...['-mno-red-zone', '-mcmodel=large', '-Wl,-Ttext-segment=0x6a5b00000000'],
];
const BATCH = 4000;

/** Why cases cannot run here, or undefined. */
export function hostProcessorMissing(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the host is not Linux on x86-64';
  if (spawnSync('gcc', ['--version']).status !== 0) return 'there is no gcc';
  return undefined;
}

export interface HostProcessor {
  /** From /proc/cpuinfo. */
  readonly name: string;
  readonly vendor: string;
  has(flag: string): boolean;
  run(cases: readonly Case[]): Outcome[];
  close(): void;
}
export function hostProcessor(): HostProcessor {
  const folder = mkdtempSync(join(tmpdir(), 'hardware-'));
  const program = join(folder, 'hardware');
  execFileSync('gcc', [...FLAGS, source, '-o', program]);
  const info = readFileSync('/proc/cpuinfo', 'latin1');
  const line = (key: string): string => new RegExp(`^${key}\\s*: (.*)$`, 'm').exec(info)?.[1] ?? '';
  const flags = new Set(line('flags').split(' '));
  return {
    name: `${line('model name')}, family ${line('cpu family')}, model ${line('model')}, stepping ${line('stepping')}`,
    vendor: line('vendor_id'),
    has: (flag) => flags.has(flag),
    run(cases) {
      const outcomes: Outcome[] = [];
      for (let at = 0; at < cases.length; at += BATCH) {
        const batch = cases.slice(at, at + BATCH);
        const output = execFileSync(program, { input: packCases(batch), maxBuffer: 1 << 30 });
        outcomes.push(...unpackOutcomes(output, batch.length));
      }
      return outcomes;
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}
