// SPDX-License-Identifier: MIT
/**
 * @fileoverview What users give, at random: command lines, arguments of the library, lines of the debugger. Each is taken or refused with one clear error; none
 * is an exception of another kind. (Kernels, snapshots, scripts, disks and registers have tests of their own beside their code.)
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { multibootKernel } from '../../test/support/multibootKernel.ts';
import { DEBUG_COMMANDS } from './debugCommands.ts';
import { debugShell } from './debugShell.ts';
import { BootImageError, Machine, type MachineOptions, UsageError } from './library.ts';
import { parseCommandLine } from './options.ts';

const RUN_OPTIONS =
  'kernel initrd append disk memory cpu smp tier snapshot-load serial net expect send timeout instructions json trace snapshot-save help'
    .split(' ')
    .map((name) => `--${name}`);
const COMMANDS = ['run', 'debug', 'bench', 'zpool', 'help', '--version', '--help'];
/** Texts that stand for sizes, numbers and names, and such as nearly do. */
const text = fc.oneof(
  fc.constantFrom(
    '',
    '-',
    '--',
    '0',
    '-1',
    '1e999',
    'NaN',
    '0x10',
    '512M',
    '9999999999999G',
    'mem:',
    'mem:1M:x',
    'mem:1.5',
    'stdio',
    'none',
  ),
  fc.constantFrom('file:', '[', '(?<', '*', 'jit', 'jit,', ',', 'mixed', '../..', '\u0000', '\ud800', '💽'),
  fc.integer().map(String),
  fc.double().map(String),
  fc.string({ unit: 'binary' }),
);

test('a command line is taken, or refused with one line', () => {
  const option = fc.constantFrom(...RUN_OPTIONS);
  const word = fc.oneof(
    option,
    text,
    fc.tuple(option, text).map(([name, value]) => `${name}=${value}`),
  );
  fc.assert(
    fc.property(fc.constantFrom(...COMMANDS), fc.array(word, { maxLength: 8 }), (command, words) => {
      try {
        expect(parseCommandLine([command, ...words], '1.2.3')).toHaveProperty('kind');
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        expect((error as UsageError).message).not.toBe('');
      }
    }),
    { numRuns: 3000 },
  );
});

test('the library makes a machine of its arguments, or says what is wrong with them', () => {
  const number = fc.oneof(
    fc.constantFrom(0, -1, 0.5, 4096, Number.NaN, Infinity, -Infinity, 2 ** 31, 2 ** 53, 1e300),
    fc.integer(),
    fc.double(),
  );
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(multibootKernel([0xf4])));
  const disk = fc.oneof(fc.record({ memory: number }), fc.record({ memory: number, serial: text }), text);
  const options = fc.record(
    {
      kernel: fc.oneof(bytes, text),
      initrd: fc.oneof(bytes, text),
      append: text,
      memory: fc.oneof(fc.constant(2 ** 22), number),
      cpu: text,
      smp: fc.oneof(fc.constant(1), number),
      tier: fc.constantFrom('mixed', 'interpreted', 'compiled'),
      disks: fc.array(disk, { maxLength: 3 }),
    },
    { requiredKeys: ['kernel', 'memory'] },
  );
  let made = 0;
  fc.assert(
    fc.property(options, (given) => {
      // No machine here needs more, and the host's memory is not what is tried.
      if (given.memory > 2 ** 26 && given.memory <= 2 ** 32) given.memory = 2 ** 22;
      let machine: Machine | undefined;
      try {
        machine = Machine.boot(given as MachineOptions);
        made++;
      } catch (error) {
        if (!(error instanceof UsageError || error instanceof BootImageError)) throw error;
        expect(error.message).not.toBe('');
      }
      machine?.close();
    }),
    { numRuns: 300 },
  );
  expect(made).toBeGreaterThan(0);
});

/** Commands that let the machine run, for ever perhaps, and the one that writes a file. */
const LEFT_OUT = ['continue', 'step', 'runto', 'expect', 'snapshot'];
const leftOut = new Set(DEBUG_COMMANDS.filter(({ names }) => LEFT_OUT.includes(names[0])).flatMap(({ names }) => names));
test('the debugger answers any line, or complains', async () => {
  const argument = fc.oneof(text, fc.constantFrom('rip', 'rsp', '0x100020', 'ffffffffffffffff', '-1', '10', '9999'));
  const line = fc
    .tuple(fc.oneof(fc.constantFrom(...DEBUG_COMMANDS.flatMap(({ names }) => names)), text), fc.array(argument, { maxLength: 3 }))
    .map((words) => words.flat().join(' '));
  const machine = Machine.boot({ kernel: multibootKernel([0x41, 0xeb, 0xfd]), memory: 2 ** 22 });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
      const given = lines.filter((each) => !leftOut.has(each.trim().split(/\s+/)[0]));
      const code = await debugShell(machine, {
        writeOutput() {},
        writeError() {},
        hasKeyboard: true,
        async *readLines() {
          yield* given;
        },
      });
      expect(code).toBe(0);
    }),
    { numRuns: 30 },
  );
  machine.close();
});
