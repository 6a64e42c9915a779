// SPDX-License-Identifier: MIT
/** The tutorial's kernel and program on our own machine: what toolchain/image/hello.test.ts shows on QEMU. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../toolchain/asc/root.ts';
import { buildProgram } from '../../toolchain/build/program.ts';

let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hello-'));
  const stamp = { name: 'test', time: 0 };
  const build = async (target: 'kernel' | 'user', name: string, entry: string, text?: string) => {
    const overlay = text === undefined ? undefined : new Map([[entry, text]]);
    const { image } = await buildProgram({ name, target, entry }, { stamp, overlay });
    writeFileSync(join(directory, name), image);
  };
  await build('kernel', 'unix', 'guest-os/hello/kernel.ts');
  await build('user', 'hello', 'guest-os/cmd/hello.ts');
  const failing = `import { provoke } from './faults';\nexport function main(): i32 {\n  return provoke('stack');\n}\n`;
  await build('user', 'failing', 'guest-os/hello/failing.ts', failing);
}, 300_000);
afterAll(() => rmSync(directory, { recursive: true }));

function run(append: string, initrd: string): { status: number | null; output: string } {
  const args = [
    'run',
    '--kernel',
    join(directory, 'unix'),
    '--initrd',
    join(directory, initrd),
    '--append',
    append,
    '--memory',
    '128M',
  ];
  const { status, stdout } = spawnSync(process.execPath, [join(projectRoot(), 'tools/diorama.js'), ...args], {
    encoding: 'utf8',
    input: '',
  });
  return { status, output: stdout.replaceAll('\r', '') };
}

test('the kernel boots with interrupts on, enters and leaves a program, and powers off', () => {
  const { status, output } = run('some words', 'hello');
  expect(output).toMatch(/^Hello from the kernel, booted with ".*some words"\.$/m);
  expect(output).toContain('Ten timer interrupts came.\nHello from process 1.\nThe program ended with status 42.\n');
  expect(status).toBe(0);
});

test.each([
  ['null', /panic: null dereference/, 'provoke'],
  ['stack', /panic: stack overflow/, 'recurse'],
  ['range', /panic: Index out of range/, 'provoke'],
  ['unreachable', /panic: unreachable/, 'provoke'],
])('%s in the kernel is a panic that names the place, exit 3', (word, reason, name) => {
  const { status, output } = run(word, 'hello');
  expect(output).toMatch(reason);
  expect(output).toMatch(new RegExp(`faults/${name}\\+0x[0-9a-f]+ \\(guest-os/hello/faults\\.ts:\\d+\\)`));
  expect(status).toBe(3);
});

test('a program that overflows its stack is ended, and the kernel goes on', () => {
  const { status, output } = run('', 'failing');
  expect(output).toMatch(/^hello: stack overflow, address 0x[0-9a-f]+\n {2}at 0x[0-9a-f]+ guest-os\/hello\/faults\/recurse/m);
  expect(output).toContain('The program ended with status 139.');
  expect(status).toBe(0);
});
