// SPDX-License-Identifier: MIT
/**
 * Random programs on machines without an operating system, against V8: on QEMU as its oldest 64-bit processor (translated code
 * must need nothing beyond x86-64-v1; a host's processor would not tell), and on the machine of this project.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../asc/root.ts';
import { decodeModule } from '../../wasm/decode.ts';
import { bareImage, hashOf, TRAPPED } from './bare.ts';
import { generateProgram } from './generate.ts';
import { Random } from './random.ts';
import { runInV8 } from './run.ts';

const count = Number(process.env.FUZZ_BARE ?? 40);
const first = Number(process.env.FUZZ_SEED ?? 1);

/** Boots an image of `count` programs; the results that came over the serial line. */
function boot(image: Uint8Array, command: (kernel: string, serial: string) => string[]): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'bare-'));
  try {
    const [kernel, serial] = [join(directory, 'kernel'), join(directory, 'serial')];
    writeFileSync(kernel, image);
    const [program, ...args] = command(kernel, serial);
    const { error, status, stderr } = spawnSync(program, args, { timeout: 240_000, encoding: 'utf8' });
    if (error) throw error;
    expect([status, stderr]).toEqual([0, stderr]);
    return readFileSync(serial);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function compare(command: Parameters<typeof boot>[1]): void {
  const programs = Array.from({ length: count }, (_, i) => {
    const { bytes } = generateProgram(new Random(first + i), false);
    return { seed: first + i, bytes, expected: runInV8(bytes) };
  }).flatMap(({ expected, ...rest }) => (expected ? [{ ...rest, expected }] : []));
  const output = boot(bareImage(programs.map(({ bytes }) => decodeModule(bytes))), command);
  const name = (hash: bigint, end: bigint) => `${hash.toString(16)} ${end === TRAPPED ? 'trapped' : `status ${end}`}`;
  const actual = programs.map(
    ({ seed }, i) => `seed ${seed}: ${name(output.readBigUInt64LE(16 * i), output.readBigUInt64LE(16 * i + 8))}`,
  );
  const wanted = programs.map(({ seed, expected: { output: hex, trapped, status } }) => {
    return `seed ${seed}: ${name(hashOf(Buffer.from(hex, 'hex')), trapped ? TRAPPED : BigInt(status ?? 0))}`;
  });
  expect(actual).toEqual(wanted);
}

const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;

describe('random programs on bare machines', () => {
  it.skipIf(!hasQemu)('QEMU, -cpu qemu64', { timeout: 300_000 }, () => {
    compare((kernel, serial) => {
      const machine = ['-accel', 'tcg', '-cpu', 'qemu64', '-m', '512', '-display', 'none', '-monitor', 'none', '-no-reboot'];
      return ['qemu-system-x86_64', ...machine, '-kernel', kernel, '-serial', `file:${serial}`];
    });
  });

  it('this machine', { timeout: 300_000 }, () => {
    compare((kernel, serial) => {
      const machine = ['--memory', '512M', '--kernel', kernel, '--serial', `file:${serial}`, '--timeout', '200'];
      return [join(projectRoot(), 'diorama'), 'run', ...machine];
    });
  });
});
