// SPDX-License-Identifier: MIT
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../build/program.ts';

const stamp = { name: 'test', time: 0 };
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hello-'));
  const kernel = await buildProgram({ name: 'kernel', target: 'kernel', entry: 'guest-os/hello/kernel.ts' }, { stamp });
  const program = await buildProgram({ name: 'hello', target: 'user', entry: 'guest-os/hello/program.ts' }, { stamp });
  writeFileSync(join(directory, 'unix'), kernel.image);
  writeFileSync(join(directory, 'hello'), program.image);
});
afterAll(() => rmSync(directory, { recursive: true }));

function hasQemu(): boolean {
  return spawnSync('qemu-system-x86_64', ['--version']).status === 0;
}

/** What the kernel prints, booted by PVH with `append`. */
function boot(append: string, ...more: string[]): string {
  const args = [
    '-accel',
    'tcg',
    '-m',
    '128',
    '-kernel',
    'unix',
    '-append',
    append,
    '-nographic',
    '-no-reboot',
    '-device',
    'pvpanic',
  ];
  const { stdout } = spawnSync('qemu-system-x86_64', [...args, ...more], { cwd: directory, timeout: 20_000, encoding: 'utf8' });
  return stdout.slice(Math.max(0, stdout.indexOf('Hello'))).replaceAll('\r', '');
}

// Without QEMU there is nobody to boot it.
describe.skipIf(!hasQemu())('the hello kernel on QEMU', () => {
  test('boots, takes interrupts, runs a program and powers off', () => {
    expect(boot('some words', '-initrd', 'hello')).toBe(
      [
        'Hello from the kernel, booted with "some words".',
        'Ten timer interrupts came.',
        'Hello from process 1.',
        'The program ended with status 42.',
        '',
      ].join('\n'),
    );
  });
});
