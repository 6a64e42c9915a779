// SPDX-License-Identifier: MIT
/** @fileoverview Snapshot files through the command line, and what is not one. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { multibootKernel } from '../../test/support/multibootKernel.ts';
import { SnapshotError } from '../machine/snapshot.ts';
import { makeNodeMachine } from './nodeMachine.ts';
import { nodeCodec } from './nodeSnapshot.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshotFile.ts';
import { runCommandLine } from './testTerminal.ts';
import { UsageError } from './usageError.ts';

// biome-ignore format: one instruction a line
/** Writes "ok" to COM1, then echoes what is typed. */
const ECHO = multibootKernel([
  0x66, 0xba, 0xf8, 0x03, 0xb0, 0x6f, 0xee, 0xb0, 0x6b, 0xee, 0xb0, 0x0a, 0xee,
  0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xf7, // wait: in al, 3fdh; test al, 1; jz wait
  0x66, 0xba, 0xf8, 0x03, 0xec, 0xee, 0xeb, 0xef, // in al, 3f8h; out 3f8h, al; jmp wait
]);

let directory: string;
let file: Uint8Array;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'diorama-snapshot-'));
  writeFileSync(join(directory, 'kernel'), ECHO);
  writeFileSync(join(directory, 'disk'), Buffer.alloc(4096, 5));
  expect(await diorama('--kernel @kernel --memory 4M --expect ok$ --snapshot-save @ok')).toEqual([0, 'ok', '']);
  file = new Uint8Array(readFileSync(join(directory, 'ok')));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Exit code, output and errors; words are separated by spaces, @ is the test's directory. */
async function diorama(words: string): Promise<[number, string, string]> {
  const { exitCode, output, errors } = await runCommandLine(['run', ...words.split(' ')], directory, makeNodeMachine);
  return [exitCode, output, errors];
}
const hashOf = (name: string): string => JSON.parse(readFileSync(join(directory, name), 'utf8')).stateHash;

describe('a run goes on from a file', () => {
  test('as if it had never stopped, as often as one likes', async () => {
    const straight = '--kernel @kernel --memory 4M --expect ok$ --send hello --expect hello$ --json @straight';
    expect(await diorama(straight)).toEqual([0, 'ok\nhello', '']);
    for (const name of ['first', 'second']) {
      const words = `--snapshot-load @ok --send hello --expect hello$ --json @${name}`;
      expect(await diorama(words)).toEqual([0, '\nhello', '']);
      expect(hashOf(name)).toBe(hashOf('straight'));
    }
  });

  test('with what waits on the line, and with a disk in memory', async () => {
    const first = '--kernel @kernel --memory 4M --disk mem:1M --send 123456789 --instructions 200000 --snapshot-save @waiting';
    const [exitCode, output, errors] = await diorama(first);
    expect([exitCode, errors]).toEqual([0, '']);
    expect(output).not.toContain('9');
    const [, rest] = await diorama('--snapshot-load @waiting --expect 9');
    expect(output + rest).toBe('ok\n123456789');
  });

  test('with the UUID that the machine was given', async () => {
    const uuid = '7f3a1c52-90bd-4e17-a6a5-1d2c3b4a5968';
    expect(await diorama(`--kernel @kernel --memory 4M --uuid ${uuid} --expect ok$ --snapshot-save @named`)).toEqual([
      0,
      'ok',
      '',
    ]);
    expect(await diorama('--snapshot-load @named --send a --expect a$')).toEqual([0, '\na', '']);
    const [, , errors] = await diorama(`--snapshot-load @named --uuid ${uuid.replace('7', '8')} --instructions 1`);
    expect(errors).toMatch(/of a machine with UUID 7f3a1c52-\S+, not 8f3a1c52-/);
  });

  test('read and written again, it is the same', () => {
    const read = decodeSnapshot(file, nodeCodec);
    expect(Buffer.concat(encodeSnapshot(read, nodeCodec)).equals(file)).toBe(true);
  });
});

test('a run that fails saves nothing and leaves the earlier snapshot', async () => {
  writeFileSync(join(directory, 'kept'), 'earlier');
  const [exitCode] = await diorama('--kernel @kernel --memory 4M --expect never --instructions 100000 --snapshot-save @kept');
  expect(exitCode).toBe(1);
  expect(readFileSync(join(directory, 'kept'), 'utf8')).toBe('earlier');
  expect(existsSync(join(directory, 'kept.part'))).toBe(false);
});

describe('one line, exit 2', () => {
  const text = () => Buffer.from(file).toString('latin1');
  const bytes = (edited: string) => Buffer.from(edited, 'latin1');
  test.each<[string, () => Uint8Array, RegExp]>([
    ['an empty file', () => new Uint8Array(0), /^it is no snapshot$/],
    ['a kernel', () => ECHO, /^it is no snapshot$/],
    [
      'another format',
      () => bytes(text().replace('snapshot 1', 'snapshot 27')),
      /^it has format 27, this program reads format 1$/,
    ],
    ['a damaged first line', () => bytes(text().replace('snapshot 1 ', 'snapshot 1 x')), /^its first line is damaged$/],
    ['a truncated file', () => file.subarray(0, -1), /^it has \d+ bytes instead of \d+$/],
    ['a longer file', () => Buffer.concat([file, Buffer.of(0)]), /^it has \d+ bytes instead of \d+$/],
    ['a damaged header', () => bytes(text().replace('"cpus":1', '"cpus":2')), /^its header is damaged$/],
    ['a damaged chunk', () => changed(file.length - 1), /^it is damaged: chunk \d+$/],
    [
      'another version',
      () => withHeader((header) => ({ ...header, version: 2 })),
      /^the snapshot has version 2, this program reads version 1$/,
    ],
    [
      'another version of a device',
      () => withHeader((header) => versionOf(header, 'rtc', 7)),
      /^the snapshot is damaged: rtc: snapshot version 7 is not 1$/,
    ],
    [
      'a missing device',
      () => withHeader((header) => ({ ...header, devices: {} })),
      /^the snapshot is damaged: clock is missing$/,
    ],
  ])('%s', async (_, contents, message) => {
    writeFileSync(join(directory, 'bad'), contents());
    const [exitCode, output, errors] = await diorama('--snapshot-load @bad --instructions 1');
    expect([exitCode, output]).toEqual([2, '']);
    const [, reason] = /^diorama: cannot load snapshot '@bad': (.*)\n$/.exec(errors) ?? [errors, errors];
    expect(reason).toMatch(message);
  });

  test.each<[string, RegExp]>([
    ['--snapshot-load @none', /cannot read snapshot '@none': no such file or directory/],
    [
      '--snapshot-load @ok --memory 8M',
      /cannot load snapshot '@ok': the snapshot is of a machine with memory of bytes: 4194304, not 8388608/,
    ],
    ['--snapshot-load @ok --smp 2', /processors: 1, not 2/],
    ['--snapshot-load @ok --disk mem:1M', /disks: 0, not 1/],
    ['--kernel @kernel --snapshot-save @none/s', /cannot write snapshot '@none\/s': no such file or directory/],
  ])('%s', async (words, message) => {
    const [exitCode, output, errors] = await diorama(`${words} --instructions 1`);
    expect([exitCode, output]).toEqual([2, '']);
    expect(errors).toMatch(message);
    expect(errors.trimEnd()).not.toContain('\n');
  });

  test('a disk in a file that has changed since', async () => {
    const words = '--disk @disk --instructions 500';
    expect((await diorama(`--kernel @kernel --memory 4M --snapshot-save @disked ${words}`))[0]).toBe(0);
    expect((await diorama(`--snapshot-load @disked ${words}`))[0]).toBe(0);
    writeFileSync(join(directory, 'disk'), Buffer.alloc(4096, 6));
    const [exitCode, , errors] = await diorama(`--snapshot-load @disked ${words}`);
    expect(exitCode).toBe(2);
    expect(errors).toBe(
      "diorama: cannot load snapshot '@disked': disk 0 no longer holds what it held when the snapshot was saved\n",
    );
  });
});

describe('the reader refuses with SnapshotError or UsageError alone', () => {
  test('files with changed bytes', () => {
    const whole = decodeSnapshot(file, nodeCodec);
    const mutation = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(mutation, fc.nat(), fc.boolean(), (changes, cut, cuts) => {
        const copy = file.slice(0, cuts ? cut % file.length : file.length);
        // Half of the changes hit the first line and the beginning of the header.
        for (const [at, value] of changes)
          if (copy.length > 0) copy[at % (at & 1 ? copy.length : Math.min(copy.length, 200))] ^= value;
        if (Buffer.compare(copy, file) === 0) return;
        try {
          // The last bits of a compressed chunk may mean nothing.
          expect(decodeSnapshot(copy, nodeCodec)).toEqual(whole);
        } catch (error) {
          if (!(error instanceof SnapshotError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('counts of instructions that do not make up the time', () => {
    const edited = withHeader((header) => ({ ...header, machine: { ...(header.machine as Header), retiredBefore: 7 } }));
    const snapshot = decodeSnapshot(edited, nodeCodec);
    const { memory, cpu, cpus } = snapshot.configuration;
    expect(() => makeNodeMachine({ memory, cpu, smp: cpus, disks: [], snapshot })).toThrow('its clocks disagree');
  });

  test('headers with any value in any place, under a right hash', () => {
    const value = fc.oneof(
      fc.constantFrom(-1, 0, 1.5, 2 ** 53, 1e300, '', null, true, [], {}, { $int: 'zz' }, { $chunks: [9999], length: 65536 }),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), value, (path, replacement) => {
        const edited = withHeader((header) => {
          put(header, path, replacement);
          return header;
        });
        try {
          const snapshot = decodeSnapshot(edited, nodeCodec);
          const { memory, cpu, cpus, disks } = snapshot.configuration;
          if (memory > 64 * 2 ** 20 || cpus > 2 || disks.length > 0) return;
          const machine = makeNodeMachine({ memory, cpu, smp: cpus, disks: [], snapshot });
          machine.run(machine.instructions + 1000);
        } catch (error) {
          if (!(error instanceof SnapshotError || error instanceof UsageError)) throw error;
          expect(error.message).not.toContain('\n');
        }
      }),
      { numRuns: 150 },
    );
  });
});

function changed(at: number): Uint8Array {
  const copy = file.slice();
  copy[at] ^= 0x10;
  return copy;
}
type Header = Record<string, unknown>;
/** The file with another header, its hash and sizes right. */
function withHeader(edit: (header: Header) => Header): Uint8Array {
  const end = file.indexOf(0x0a);
  const words = Buffer.from(file.subarray(0, end)).toString().split(' ');
  const body = file.subarray(end + 1 + Number(words[3]));
  const header = Buffer.from(
    JSON.stringify(edit(JSON.parse(Buffer.from(file.subarray(end + 1, end + 1 + Number(words[3]))).toString()))),
  );
  words[3] = String(header.length);
  words[5] = createHash('sha256').update(header).digest('hex');
  const line = (size: number) => `${words.with(4, String(size)).join(' ')}\n`;
  let size = 0;
  while (size !== header.length + body.length + line(size).length) size = header.length + body.length + line(size).length;
  return Buffer.concat([Buffer.from(line(size)), header, body]);
}
function versionOf(header: Header, device: string, version: number): Header {
  const devices = header.devices as Record<string, object>;
  return { ...header, devices: { ...devices, [device]: { ...devices[device], version } } };
}
/** Goes down by the numbers of `path` as far as there are members, and replaces one there. */
function put(target: unknown, path: readonly number[], value: unknown): void {
  const members = target as Record<string, unknown>;
  const names = Object.keys(members);
  if (names.length === 0) return;
  const name = names[path[0] % names.length];
  const member = members[name];
  if (path.length > 1 && member !== null && typeof member === 'object') put(member, path.slice(1), value);
  else members[name] = value;
}
