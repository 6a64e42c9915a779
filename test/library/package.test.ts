// SPDX-License-Identifier: MIT
/**
 * @fileoverview The package as its users have it: packed, installed in an empty project, type-checked there, and the examples run. Vitest and
 * TypeScript are lent to the project, so that nothing but Diorama and what it needs is installed.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { machineFixtures } from '../../emulator/host/playwright.ts';
import { debianKernel, haveOracles } from '../../tools/oracles.js';
import { initramfs } from '../support/initramfs.ts';
import { multibootKernel } from '../support/multibootKernel.ts';

const home = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Writes "ok" to COM1, then echoes: mov dx,3f8h; mov al,'o'; out; mov al,'k'; out; mov al,10; out; wait for and return each byte. */
const ECHO = [
  ...[0x66, 0xba, 0xf8, 0x03, 0xb0, 0x6f, 0xee, 0xb0, 0x6b, 0xee, 0xb0, 0x0a, 0xee],
  ...[0x66, 0xba, 0xfd, 3, 0xec, 0xa8, 1, 0x74, 0xf7, 0x66, 0xba, 0xf8, 3, 0xec, 0xee, 0xeb, 0xef],
];
const kernel = multibootKernel(ECHO);
let project: string;

function run(command: string, ...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd: project, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'diorama-package-'));
  const built = spawnSync(process.execPath, ['tools/build.js'], { cwd: home, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
  const types = spawnSync(join(home, 'node_modules/.bin/tsc'), ['-b'], { cwd: home, encoding: 'utf8' });
  if (types.status !== 0) throw new Error(types.stdout);
  const packed = spawnSync('npm', ['pack', '--pack-destination', project], { cwd: home, encoding: 'utf8' });
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(project, 'kernel.elf'), kernel);
  run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', packed.stdout.trim().split('\n').at(-1)!);
  for (const lent of ['vitest', 'typescript', '@types'])
    symlinkSync(join(home, 'node_modules', lent), join(project, 'node_modules', lent));
}, 300_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

test('the package brings our system along, and is small', () => {
  expect(existsSync(join(project, 'node_modules/diorama/dist/platform/i86pc/kernel/amd64/unix'))).toBe(true);
  const [archive] = readdirSync(project).filter((name) => name.endsWith('.tgz'));
  expect(statSync(join(project, archive)).size).toBeLessThan(12 * 2 ** 20);
});

test('its types serve a strict project', () => {
  writeFileSync(
    join(project, 'typed.ts'),
    `import { boot, Machine, type MachineEnd, UnmetExpectation } from 'diorama';
     import { machineFixtures } from 'diorama/playwright';
     const vm: Machine = boot({ kernel: 'kernel.elf', memory: 2 ** 24 });
     const match: RegExpExecArray = await vm.console.expect(/ok/, { within: 1 });
     const rip: bigint = vm.inspect().processors[0].rip;
     const end: MachineEnd | undefined = vm.step(1);
     const fork: Machine = vm.fork();
     // @ts-expect-error: a number is no kernel
     boot({ kernel: 1 });
     export { end, fork, machineFixtures, match, rip, UnmetExpectation };`,
  );
  const options = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext', '--moduleResolution', 'nodenext'];
  run(process.execPath, join(home, 'node_modules/typescript/bin/tsc'), ...options, '--types', 'node', 'typed.ts');
});

test('a program boots, expects, forks, and shows the last screen of what went wrong', () => {
  writeFileSync(
    join(project, 'program.mjs'),
    `import { boot } from 'diorama';
     const vm = boot({ kernel: 'kernel.elf', memory: 2 ** 24 });
     await vm.console.expect(/^ok$/, { within: 1 });
     const fork = vm.fork();
     fork.console.type('from the fork');
     await fork.console.expect(/fork/, { within: 1 });
     try {
       await vm.console.expect(/never/, { within: 0.01 });
     } catch (error) {
       console.log(error.message);
     }`,
  );
  expect(run(process.execPath, 'program.mjs')).toBe(
    '0.01 s of virtual time passed before /never/ was met\nThe console shows:\n  | ok\n',
  );
  expect(run('npx', 'diorama', 'run', '--kernel', 'kernel.elf', '--memory', '16M', '--expect', '^ok$')).toContain('ok');
});

test('the command line compiles hot code on another thread, and the guest cannot tell', () => {
  const report = (...options: string[]): { instructions: number; stateHash: string; compiler: Record<string, number> } => {
    const platform = 'node_modules/diorama/dist/platform/i86pc';
    const system = ['--kernel', `${platform}/kernel/amd64/unix`, '--initrd', `${platform}/amd64/boot_archive`];
    run(
      'npx',
      'diorama',
      'run',
      ...system,
      '--append',
      'console=ttya',
      ...options,
      '--expect',
      'login:',
      '--json',
      'report.json',
    );
    return JSON.parse(readFileSync(join(project, 'report.json'), 'utf8'));
  };
  const { instructions, stateHash, compiler } = report();
  expect(compiler.elsewhere).toBeGreaterThan(50);
  expect(report('--tier', 'interpreted')).toMatchObject({ instructions, stateHash });
}, 300_000);

test('the example for Vitest boots our system once and passes', () => {
  mkdirSync(join(project, 'tests'));
  copyFileSync(join(home, 'examples/our-system.test.ts'), join(project, 'tests/our-system.test.ts'));
  const output = run(process.execPath, join(home, 'node_modules/vitest/vitest.mjs'), 'run', '--root', project);
  expect(output).toMatch(/2 passed/);
}, 300_000);

const debian = haveOracles('busybox') ? debianKernel() : undefined;
test.skipIf(!debian)(
  'the example for Debian boots its kernel, asks it who it is and switches it off',
  () => {
    writeFileSync(join(project, 'initrd.gz'), initramfs());
    copyFileSync(join(home, 'examples/debian.mjs'), join(project, 'debian.mjs'));
    const output = run(process.execPath, 'debian.mjs', debian!.image, 'initrd.gz');
    expect(output).toMatch(/\n6\.1\.\S+ ran \d+ instructions and ended by power-off\n$/);
  },
  300_000,
);

test("Playwright's fixtures boot once and give every test a fork", async () => {
  const { bootedMachine, vm } = machineFixtures({ kernel, memory: 2 ** 24, ready: /^ok$/ });
  const [boot, { scope }] = bootedMachine;
  expect(scope).toBe('worker');
  const seen: string[] = [];
  await boot({}, async (booted) => {
    for (const word of ['one', 'two']) {
      await vm({ bootedMachine: booted }, async (machine) => {
        machine.console.type(word);
        await machine.console.expect(new RegExp(word), { within: 1 });
        seen.push(machine.console.screen);
      });
    }
    expect(booted.console.screen).toBe('ok');
  });
  expect(seen.map((screen) => screen.split('\n').at(-1))).toEqual(['one', 'two']);
});
