// SPDX-License-Identifier: MIT
/**
 * Requirements of POSIX.1-2017, named (guest-os/test/posix): the verdicts on our system, on our machine and on QEMU, are those that the same
 * source has under the Linux that runs this test. docs/operating-system.md lists the ones that differ, and so does DIFFERENT.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type System, systemWith, testProgram, typeOnOurs, typeOnQemu } from './guestTests.ts';

/** Requirements whose verdict is another one than Debian's, and why. */
const DIFFERENT: Readonly<Record<string, string>> = {};

let directory: string;
let system: System;
let linux: ReadonlyMap<string, string>;

function verdicts(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^(.+: .+) = (.+)$/gm)].map(([, name, verdict]) => [name, verdict]));
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'posix-'));
  system = await systemWith(directory, ['posix']);
  const program = join(directory, 'posix.linux');
  writeFileSync(program, await testProgram('posix', 'linux'));
  chmodSync(program, 0o755);
  const { stdout } = spawnSync(program, [], { encoding: 'latin1', timeout: 120_000 });
  linux = verdicts(stdout);
}, 600_000);
afterAll(() => rmSync(directory, { recursive: true }));

test('there are at least 300, and Debian meets nearly all', () => {
  expect(linux.size).toBeGreaterThan(300);
  expect([...linux.values()].filter((verdict) => verdict === 'holds').length).toBeGreaterThan(linux.size * 0.97);
});

function hasQemu(): boolean {
  return spawnSync('qemu-system-x86_64', ['--version']).status === 0;
}

describe.each([
  ['our machine', async () => typeOnOurs(system, '/usr/bin/posix', ['--memory', '256M']), true],
  ['QEMU', () => typeOnQemu(system, '/usr/bin/posix', ['-m', '256']), hasQemu()],
] as const)('on %s', (_name, run, present) => {
  test.skipIf(!present)(
    'the verdicts are those of Linux',
    async () => {
      const { text, status } = await run();
      const ours = verdicts(text);
      const expected = new Map([...linux].filter(([name]) => !(name in DIFFERENT)));
      const found = new Map([...ours].filter(([name]) => !(name in DIFFERENT)));
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
      expect(status).toBe(0);
    },
    400_000,
  );
});
