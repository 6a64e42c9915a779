// SPDX-License-Identifier: MIT
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BootImageError } from '../firmware/bootError.ts';
import { FileDisk } from './fileDisk.ts';
import type { MachineConfiguration, ReportingMachine } from './runnable.ts';
import { runCommandLine } from './testTerminal.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'diorama-cli-'));
  writeFileSync(join(directory, 'kernel'), 'K');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Says hello and powers off after a million instructions. */
function greeter(): ReportingMachine {
  let listener: (byte: number) => void = () => {};
  let instructions = 0;
  return {
    get instructions() {
      return instructions;
    },
    now: 2_000_000,
    run: () => {
      for (const byte of Buffer.from('hello\n')) listener(byte);
      instructions = 1_000_000;
      return { kind: 'power-off' };
    },
    stop: () => {},
    onConsoleOutput: (given) => {
      listener = given;
    },
    typeOnConsole: () => {},
    waitsWhenIdle: false,
    idleFor: 0,
    isDeaf: false,
    passIdle: () => {},
    save: () => {
      throw new Error('nothing to save');
    },
    stateHash: () => 'abc',
    statistics: () => ({ exceptions: 7 }),
    describe: () => 'RIP 1234',
    onMissing: () => {},
    traceJit: () => () => {},
  };
}

const diorama = (words: string[], factory: (configuration: MachineConfiguration) => ReportingMachine = () => greeter()) =>
  runCommandLine(words, directory, factory);

test('a run hands over what it was given and passes output on', async () => {
  writeFileSync(join(directory, 'initrd'), 'I');
  writeFileSync(join(directory, 'disk'), new Uint8Array(1024));
  let seen: MachineConfiguration | undefined;
  const words = ['run', '--kernel', '@kernel', '--initrd', '@initrd', '--disk', '@disk', '--disk', 'mem:1M', '--append', 'a b'];
  const result = await diorama(words, (configuration) => {
    seen = configuration;
    return greeter();
  });
  expect(result).toEqual({ exitCode: 0, output: 'hello\n', errors: '' });
  expect(seen).toMatchObject({ memory: 512 * 2 ** 20, smp: 1, append: 'a b', kernelName: join(directory, 'kernel') });
  expect(Buffer.from(seen!.initrd!).toString()).toBe('I');
  expect(seen!.disks[0]).toBeInstanceOf(FileDisk);
  expect(seen!.disks[1]).toEqual({ memory: 2 ** 20 });
});

test('--json reports figures, --serial file: catches the output', async () => {
  const result = await diorama(['run', '--kernel', '@kernel', '--json', '@report', '--serial', `file:${directory}/log`]);
  expect(result).toEqual({ exitCode: 0, output: '', errors: '' });
  expect(readFileSync(join(directory, 'log'), 'utf8')).toBe('hello\n');
  const report = JSON.parse(readFileSync(join(directory, 'report'), 'utf8'));
  const expected = {
    outcome: 'power-off',
    exitCode: 0,
    instructions: 1_000_000,
    virtualSeconds: 0.002,
    stateHash: 'abc',
    exceptions: 7,
  };
  expect(report).toMatchObject(expected);
  expect(report.mips).toBeGreaterThan(0);
});

describe('one line, exit 2', () => {
  test.each<[string[], RegExp]>([
    [['run'], /^diorama: nothing to boot: give --kernel\n$/],
    [['run', '--kernel', '@none'], /^diorama: cannot read kernel '@none': no such file or directory\n$/],
    [['run', '--kernel', '@.'], /^diorama: cannot read kernel '@\.': it is a directory\n$/],
    [['run', '--kernel', '@kernel', '--initrd', '@none'], /^diorama: cannot read initrd '@none'/],
    [['run', '--kernel', '@kernel', '--disk', '@none'], /^diorama: cannot open disk '@none': no such file or directory\n$/],
    [
      ['run', '--kernel', '@kernel', '--disk', '@kernel'],
      /^diorama: cannot use '@kernel' as a disk: its size of 1 bytes is no multiple of 512\n$/,
    ],
    [['run', '--kernel', '@kernel', '--json', '@none/report'], /^diorama: cannot write report/],
    [
      ['run', '--kernel', '@kernel', '--serial', 'file:/none/log'],
      /^diorama: cannot write serial output '\/none\/log': no such file or directory\n$/,
    ],
    [['fly'], /^diorama: unknown command 'fly'\n$/],
  ])('%j', async (words, message) => {
    const { exitCode, output, errors } = await diorama(words);
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' });
    expect(errors).toMatch(message);
  });

  test('an impossible machine', async () => {
    const refused = await diorama(['run', '--kernel', '@kernel'], () => {
      throw new BootImageError('kernel: truncated');
    });
    expect(refused).toEqual({ exitCode: 2, output: '', errors: 'diorama: kernel: truncated\n' });
  });
});

test('our own faults are exit 4', async () => {
  const fault = await diorama(['run', '--kernel', '@kernel'], () => {
    throw new Error('boom');
  });
  expect(fault.exitCode).toBe(4);
  expect(fault.errors).toMatch(/internal error: Error: boom/);
});

test('a fault of ours while a machine runs is told with its state', async () => {
  const run = () => {
    throw new Error('boom');
  };
  const fault = await diorama(['run', '--kernel', '@kernel'], () => ({ ...greeter(), run }));
  expect(fault.exitCode).toBe(4);
  expect(fault.errors).toMatch(/internal error: Error: boom[\s\S]*\nRIP 1234\n$/);
});

test('an unmet expectation fails and says so', async () => {
  const result = await diorama(['run', '--kernel', '@kernel', '--expect', 'bye']);
  expect(result).toEqual({ exitCode: 1, output: 'hello\n', errors: '\ndiorama: power-off, still waiting for /bye/\n' });
});

test('a disk in a file is read and written in place', () => {
  const path = join(directory, 'disk');
  writeFileSync(path, Buffer.alloc(4096, 1));
  const disk = new FileDisk(path);
  expect(disk.sectors).toBe(8);
  const sector = new Uint8Array(512);
  disk.read(7, sector);
  expect(sector).toEqual(new Uint8Array(512).fill(1));
  disk.write(3, sector.fill(9));
  disk.flush();
  expect(readFileSync(path).indexOf(9)).toBe(3 * 512);
  expect(readFileSync(path).lastIndexOf(9)).toBe(4 * 512 - 1);
  disk.close();
  expect(existsSync(path)).toBe(true);
});
