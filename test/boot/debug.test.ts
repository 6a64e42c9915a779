// SPDX-License-Identifier: MIT
/** @fileoverview `./diorama debug` as people run it: our own system, and commands from a pipe. */
import { expect, test } from 'vitest';
import { diorama } from '../support/diorama.ts';

test('our own system boots under it, and stops where it is told to', async () => {
  const script = [
    'registers',
    'expect login: $',
    'send root',
    'expect # $',
    // Where it is now, it comes by again: the prompt waits for keys.
    'break rip',
    'send echo $((6 * 7))',
    'continue',
    'code',
    'delete all',
    'expect ^42\\r?$',
    'interrupts',
  ];
  const { exitCode, output } = await diorama(['debug'], script.join('\n'));
  expect(exitCode).toBe(0);
  // Multiboot or PVH: 32-bit code, no paging.
  expect(output).toMatch(/^0 instructions[\s\S]*protected, ring 0[\s\S]*CR0 00000011/);
  expect(output).toMatch(/=>\*[0-9a-f]{16} /);
  expect(output).toMatch(/^42\r?$/m);
  expect(output).toMatch(/^line 4 +serial0 +\d+$|^CPU 0 +vector [0-9a-f]{2} +\d+$/m);
});

test('a mistake in a script is told, and ends it', async () => {
  expect(await diorama(['debug', '--memory', '64M'], 'step\nsteep\nstep\n')).toMatchObject({
    exitCode: 1,
    errors: expect.stringMatching(/diorama: there is no command 'steep': help lists them\n$/),
  });
  const { exitCode, errors } = await diorama(['debug', '--kernel', '/nowhere'], '');
  expect([exitCode, errors]).toEqual([2, expect.stringMatching(/^diorama: cannot read kernel '\/nowhere': .*\n$/)]);
});
