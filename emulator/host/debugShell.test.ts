// SPDX-License-Identifier: MIT
/** @fileoverview `diorama debug` with a keyboard and from a pipe, on kernels of a few instructions whose every step is known. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { DEBUG_COMMANDS } from './debugCommands.ts';
import { debugShell } from './debugShell.ts';
import { Machine } from './library.ts';

const ENTRY = 0x10_0020;
/** The smallest multiboot kernel (Multiboot 0.6.96, 3.1.3). */
function kernel(code: readonly number[]): Uint8Array {
  const base = ENTRY - 32;
  const head = Int32Array.of(0x1bad_b002, 0x1_0000, -(0x1bad_b002 + 0x1_0000), base, base, 0, 0, ENTRY);
  return new Uint8Array([...new Uint8Array(head.buffer), ...code]);
}
/** mov dx,3f8h; mov al,'A'; out dx,al; inc ecx; jmp to the inc. */
const COUNT = kernel([0x66, 0xba, 0xf8, 0x03, 0xb0, 0x41, 0xee, 0x41, 0xeb, 0xfd]);
const INC = ENTRY + 7;
const at = (address: number) => address.toString(16).padStart(16, '0');

const folder = mkdtempSync(join(tmpdir(), 'diorama-debug-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function debug(lines: readonly string[], { image = COUNT, smp = 1, keyboard = false } = {}) {
  const machine = Machine.boot({ kernel: image, memory: 16 * 2 ** 20, smp });
  let output = '';
  let errors = '';
  const exitCode = await debugShell(machine, {
    writeOutput: (bytes) => {
      output += Buffer.from(bytes).toString();
    },
    writeError: (text) => {
      errors += text;
    },
    hasKeyboard: keyboard,
    async *readLines() {
      yield* lines;
    },
  });
  return { exitCode, output, errors, machine };
}

test('begins at the first instruction, and steps', async () => {
  const { exitCode, output, errors, machine } = await debug(['step', 's 3', 'registers']);
  expect([exitCode, errors]).toEqual([0, '']);
  expect(output).toMatch(
    new RegExp(`^0 instructions, 0\\.0+ s\nCPU 0: protected, ring 0\n=> ${at(ENTRY)}  66 ba f8 03 +mov dx, 0x3f8\n`),
  );
  expect(output).toMatch(/\n1 instructions, .*\n.*\n=> .* mov al, 0x41\n/);
  // What the guest writes is in between, on lines of its own.
  expect(output).toContain('\nA\n4 instructions');
  expect(output).toMatch(/RCX 0000000000000001[\s\S]*CS +0008|RCX 0000000000000001[\s\S]*CS /);
  expect(machine.instructions).toBe(4);
});

test('stops at breakpoints, each time they are reached, and runs to an address', async () => {
  const { output, machine } = await debug([`b ${at(INC)}`, 'c', 'c', 'c', 'break', 'delete 0x100027', 'break', 'runto 100028']);
  expect(machine.instructions).toBe(8);
  expect([...output.matchAll(/^(\d+) instructions/gm)].map(([, count]) => Number(count))).toEqual([0, 3, 5, 7, 8]);
  expect(output).toContain(`=>*${at(INC)}  41 `);
  expect(output).toContain(`\n${at(INC)}\nno breakpoints\n`);
  expect(output.trimEnd()).toMatch(/jmp 0x100027$/);
});

test('looks at code and memory by address and by register', async () => {
  const { output } = await debug(['s 4', 'code 100027 2', 'x rip 4', 'x 0x100000 16']);
  expect(output).toMatch(
    new RegExp(`\n  {2}${at(INC)}  41 +inc ecx\n=> ${at(INC + 1)}  eb fd +jmp 0x100027\n${at(INC + 1)}  eb fd 00 00 `),
  );
  // The magic number of multiboot.
  expect(output).toMatch(/\n0000000000100000 {2}02 b0 ad 1b 00 00 01 00 /);
});

test('runs for a time, and says what is where and what was accessed', async () => {
  const { output, machine } = await debug(['c 0.001', 'memory', 'devices', 'interrupts', 'hash']);
  expect(machine.now).toBe(1_000_000);
  expect(output).toMatch(/^000000000-000ffffff {2}ram$/m);
  expect(output).toMatch(/^0fec00000-0fec00fff {2}ioapic$/m);
  expect(output).toMatch(/^serial0 +0 reads +1 writes +03f8-03ff$/m);
  expect(output).toMatch(/^line 0 +timer +\d+$/m);
  expect(output).toContain(`\n${machine.stateHash()}\n`);
});

test('waits for the console, types on it, and shows its screen', async () => {
  /** Echoes: mov dx,3fdh; in al,dx; test al,1; jz; mov dx,3f8h; in al,dx; out dx,al; jmp. */
  const echo = kernel([0x66, 0xba, 0xfd, 3, 0xec, 0xa8, 1, 0x74, 0xf7, 0x66, 0xba, 0xf8, 3, 0xec, 0xee, 0xeb, 0xef]);
  const { exitCode, output } = await debug(['send two words', 'expect two (words)', 'screen'], { image: echo });
  expect(exitCode).toBe(0);
  expect(output).toContain('serial console:\ntwo words\n');
});

test('shows every processor, and the one that is chosen', async () => {
  const { output, errors } = await debug(['cpu', 'cpu 1', 'where', 'registers 0', 'cpu 2'], { smp: 2 });
  expect(output).toMatch(/CPU 0\*: protected[\s\S]*CPU 1: waits to be started[\s\S]*CPU 1\*: waits/);
  expect(output).toContain('CPU 0: RIP 0000000000100020');
  expect(errors).toBe('diorama: there is no processor 2: they are 0 to 1\n');
});

test('a snapshot goes on from there', async () => {
  const { output, machine } = await debug(['s 5', `snapshot ${join(folder, 'saved')}`]);
  expect(output).toContain('saved in');
  expect(Machine.restore(join(folder, 'saved')).stateHash()).toBe(machine.stateHash());
});

test('tells of the end, and runs no further', async () => {
  /** ud2 without a table of handlers: a triple fault. */
  const { output, errors } = await debug(['c', 's'], { image: kernel([0x0f, 0x01, 0x1d, 0, 0, 0, 0, 0x0f, 0x0b]) });
  expect(output).toContain('the machine has ended: triple-fault\n');
  expect(errors).toBe('diorama: the machine has ended: triple-fault\n');
});

test('a script ends at its first mistake, with exit code 1; a person is asked again', async () => {
  for (const wrong of ['nonsense', 'step x', 'x', 'x 123g', 'code f0000000', 'delete 1', 'expect (', 'registers 7', 'c 0']) {
    const { exitCode, errors, machine } = await debug(['# a comment', '', wrong, 'step']);
    expect([wrong, exitCode, machine.instructions]).toEqual([wrong, 1, 0]);
    expect(errors).toMatch(/^diorama: .+\n$/);
  }
  // An empty line repeats the last command.
  const { exitCode, machine } = await debug(['nonsense', 'step', '', 'quit', 'step'], { keyboard: true });
  expect([exitCode, machine.instructions]).toEqual([0, 2]);
});

test('help names every command', async () => {
  const { output } = await debug(['help', 'help x']);
  for (const { names, help } of DEBUG_COMMANDS) for (const part of [...names, help]) expect(output).toContain(part);
  expect(output).toContain('\nexamine, x ADDRESS [BYTES]: memory at a linear address\n');
});
