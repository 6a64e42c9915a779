// SPDX-License-Identifier: MIT
/** @fileoverview The library on a kernel of forty bytes: it writes "ok" to COM1, echoes what is typed, and powers off at "q". */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/diorama.ts';
import { KERNEL_ENTRY, multibootKernel } from '../../test/support/multibootKernel.ts';
import { Machine, type MachineEnd, type MachineOptions, MemoryDisk } from './library.ts';

// biome-ignore format: one instruction a line
const ECHO = [
  0x66, 0xba, 0xf8, 0x03, // mov dx, 0x3f8
  0xb0, 0x6f, 0xee, // mov al, 'o'; out dx, al
  0xb0, 0x6b, 0xee, // 'k'
  0xb0, 0x0a, 0xee, // '\n'
  0x66, 0xba, 0xfd, 0x03, // wait: mov dx, 0x3fd
  0xec, // in al, dx
  0xa8, 0x01, // test al, 1
  0x74, 0xf7, // jz wait
  0x66, 0xba, 0xf8, 0x03, // mov dx, 0x3f8
  0xec, // in al, dx
  0x3c, 0x71, // cmp al, 'q'
  0x74, 0x03, // je off
  0xee, // out dx, al
  0xeb, 0xeb, // jmp wait
  0x66, 0xba, 0x04, 0x06, // off: mov dx, 0x604 (PM1a control)
  0x66, 0xb8, 0x00, 0x20, // mov ax, 0x2000 (SLP_EN, S5)
  0x66, 0xef, // out dx, ax
];
const boot = (options: Partial<MachineOptions> = {}): Machine =>
  Machine.boot({ kernel: multibootKernel(ECHO), memory: 16 * 2 ** 20, ...options });

test('expect, send, run to the end', async () => {
  const machine = boot();
  const ends: MachineEnd[] = [];
  machine.on('exit', (end) => ends.push(end));
  await machine.console.expect(/^ok$/);
  machine.console.type('a(12)b');
  const match = await machine.console.expect(/\((\d+)\)/);
  expect(match[1]).toBe('12');
  machine.console.send('q');
  expect(await machine.run()).toEqual({ kind: 'power-off' });
  expect(ends).toEqual([{ kind: 'power-off' }]);
});

test('the machine stands still at the instruction that wrote the match', async () => {
  const machine = boot();
  await machine.console.expect(/o/);
  const [cpu] = machine.inspect().processors;
  expect(machine.inspect().instructions).toBe(3);
  expect(cpu.rip).toBe(BigInt(KERNEL_ENTRY + 7));
  expect(cpu.registers[2] & 0xffffn).toBe(0x3f8n);
  expect(cpu.description).toMatch(/^=> 0000000000100027 {2}b0 6b +mov al, 0x6b$/m);
  expect([...machine.readMemory(cpu.rip, 3)]).toEqual([0xb0, 0x6b, 0xee]);
  expect(machine.step(2)).toBeUndefined();
  expect(machine.inspect().processors[0].rip).toBe(BigInt(KERNEL_ENTRY + 10));
});

test('an expectation fails when time runs out or the machine ends, and the next one still works', async () => {
  const machine = boot();
  await expect(machine.console.expect(/never/, { within: 0.01 })).rejects.toThrow('0.01 s of virtual time passed before /never/');
  machine.console.type('x');
  await machine.console.expect(/x/);
  machine.console.type('q');
  await expect(machine.console.expect(/never/)).rejects.toThrow('the machine ended (power-off) before /never/');
});

test('the state hash does not depend on how a machine was driven, but on its state', async () => {
  const whole = boot();
  whole.step(5000);
  const pieces = boot();
  for (let i = 0; i < 5000; i += 50) pieces.step(50);
  expect(pieces.stateHash()).toBe(whole.stateHash());
  expect(whole.stateHash()).toMatch(/^[0-9a-f]{64}$/);

  const hashes = new Set([whole.stateHash()]);
  const differs = (machine: Machine) => {
    expect(hashes).not.toContain(machine.stateHash());
    hashes.add(machine.stateHash());
  };
  pieces.step(1);
  differs(pieces);
  whole.console.type('x');
  differs(whole);
  const larger = boot({ memory: 32 * 2 ** 20 });
  larger.step(5000);
  differs(larger);
  const disk = boot({ disks: [{ memory: 512 }] });
  disk.step(5000);
  differs(disk);
});

test('impossible machines are refused', () => {
  expect(() => boot({ kernel: new Uint8Array(0) })).toThrow('kernel: the file is empty');
  expect(() => boot({ kernel: '/nowhere' })).toThrow("cannot read kernel '/nowhere': no such file or directory");
  expect(() => boot({ memory: 1000 })).toThrow('memory: 1000 bytes');
});

test('a snapshot restores, a fork goes its own way, and both say what the first would have said', async () => {
  const machine = boot({ disks: [{ memory: 4096 }] });
  await machine.console.expect(/^ok$/);
  machine.console.type('abc');
  const restored = Machine.restore(machine.snapshot());
  const fork = machine.fork();
  await machine.console.expect(/c/);
  for (const other of [restored, fork]) {
    await other.console.expect(/c/);
    expect(other.stateHash()).toBe(machine.stateHash());
  }
  fork.console.type('q');
  expect(await fork.run()).toEqual({ kind: 'power-off' });
  expect(restored.step(1000)).toBeUndefined();
  expect(() => Machine.restore(machine.snapshot().subarray(1))).toThrow("cannot load snapshot 'given': it is no snapshot");
});

test('a machine that writes to a file cannot be forked; with the same image in memory it can', async () => {
  const folder = temporaryFolder();
  try {
    const path = folder.path('disk.img');
    writeFileSync(path, new Uint8Array(4096).fill(7));
    const onFile = boot({ disks: [path] });
    expect(() => onFile.fork()).toThrow(`writes to '${path}' cannot be forked`);
    onFile.close();
    const machine = boot({ disks: [MemoryDisk.of('disk0', readFileSync(path))] });
    const fork = machine.fork();
    await fork.console.expect(/^ok$/);
    await machine.console.expect(/^ok$/);
    expect(fork.stateHash()).toBe(machine.stateHash());
  } finally {
    folder.remove();
  }
});
