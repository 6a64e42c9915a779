// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { parseCommandLine, type RunOptions } from './options.ts';
import { UsageError } from './usageError.ts';

function run(...words: string[]): RunOptions {
  const invocation = parseCommandLine(['run', ...words], '1.2.3');
  if (invocation.kind !== 'run') throw new Error('not run');
  return invocation.options;
}

test('defaults', () => {
  expect(run()).toEqual({
    kernel: undefined,
    initrd: undefined,
    append: '',
    disks: [],
    memory: undefined,
    cpu: undefined,
    smp: undefined,
    uuid: undefined,
    tier: undefined,
    serial: { kind: 'stdio' },
    net: 'none',
    script: [],
    timeout: undefined,
    trace: [],
    instructions: undefined,
    json: undefined,
    snapshotSave: undefined,
    snapshotLoad: undefined,
  });
});

test('everything at once', () => {
  const words =
    '--kernel k --initrd i --append=console=ttyS0 --disk a --disk mem:64M --memory 2G --cpu c --smp 2 --uuid 7f3a1c52-90bd-4e17-a6a5-1d2c3b4a5968 --tier interpreted';
  const more = '--serial file:log --net none --timeout 1.5 --instructions 1000000 --json r.json --snapshot-save s';
  expect(run(...words.split(' '), ...more.split(' '))).toMatchObject({
    kernel: 'k',
    initrd: 'i',
    append: 'console=ttyS0',
    disks: [{ file: 'a' }, { memory: 64 * 2 ** 20 }],
    memory: 2 ** 31,
    cpu: 'c',
    smp: 2,
    uuid: '7f3a1c52-90bd-4e17-a6a5-1d2c3b4a5968',
    tier: 'interpreted',
    serial: { kind: 'file', file: 'log' },
    timeout: 1.5,
    instructions: 1_000_000,
    json: 'r.json',
    snapshotSave: 's',
  });
});

test('--expect and --send keep the order given', () => {
  expect(run('--send', 'a', '--expect', 'b$', '--expect', 'c', '--send', '')).toMatchObject({
    script: [{ send: 'a' }, { expect: /b$/gm }, { expect: /c/gm }, { send: '' }],
  });
});

test('help and version are texts', () => {
  expect(parseCommandLine(['--version'], '1.2.3')).toEqual({ kind: 'text', text: '1.2.3\n' });
  expect(parseCommandLine(['run', '--help'], '1.2.3')).toMatchObject({
    kind: 'text',
    text: expect.stringContaining('--expect <regex>'),
  });
});

describe('refused in one line', () => {
  test.each<[string[], RegExp]>([
    [['--nonsense'], /^unknown option '--nonsense'$/],
    [['nonsense'], /^unknown command 'nonsense'$/],
    [[], /^a command is missing/],
    [['run', '--uuid', '7f3a1c52'], /^option '--uuid <uuid>' argument '7f3a1c52' is invalid. It must be a UUID like 550e8400-/],
    [['run', '--nonsense'], /^unknown option '--nonsense'$/],
    [['run', '--kernel'], /^option '--kernel <file>' argument missing$/],
    [['run', 'image'], /^booting an IMAGE is not available yet/],
    [['run', '--kernel', 'a', 'b', 'c'], /too many arguments/],
    [['run', '--memory', '12Q'], /^option '--memory <size>' argument '12Q' is invalid. It must be a size like 512M or 2G.$/],
    [['run', '--memory', '0'], /--memory/],
    [['run', '--smp', '0'], /--smp/],
    [['run', '--tier', 'fast'], /--tier.*interpreted, mixed or compiled/],
    [['run', '--smp', '1.5'], /--smp/],
    [['run', '--smp', '256'], /It must be a whole number from 1 to 255\.$/],
    [['run', '--instructions', '0'], /It must be a whole number from 1 on\.$/],
    [['run', '--serial', 'file:'], /--serial/],
    [['run', '--net', 'user'], /^--net user is not available yet$/],
    [['run', '--net', 'what'], /--net/],
    [['run', '--expect', '('], /Invalid regular expression/],
    [['run', '--timeout', 'soon'], /--timeout/],
    [['run', '--instructions', '-1'], /--instructions/],
    [['run', '--disk', 'mem:lots'], /--disk/],
    [['run', '--cdrom', 'x'], /^--cdrom is not available yet$/],
    [['run', '--snapshot-load', 'x', '--initrd', 'y'], /^--snapshot-load takes no --initrd: nothing is booted$/],
    [['run', '--gdb', '1234'], /^--gdb is not available yet$/],
  ])('%j', (words, message) => {
    expect(() => parseCommandLine(words, '1.2.3')).toThrow(message);
    expect(() => parseCommandLine(words, '1.2.3')).toThrow(UsageError);
    try {
      parseCommandLine(words, '1.2.3');
    } catch (error) {
      expect((error as Error).message).not.toContain('\n');
    }
  });
});
