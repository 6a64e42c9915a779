// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { interpreter } from '../interp/interpreter.ts';
import { Machine } from './machine.ts';

const LOAD_ADDRESS = 0x10_0000;
const HEADER_SIZE = 32;
const MULTIBOOT_MAGIC = 0x1bad_b002;
/** The header says where to load and enter. */
const ADDRESSES_VALID = 1 << 16;
/** The second processor's code and, in the same page, a procedure. */
const SECOND = 0x8000;
const PROCEDURE = 0x8800;
const COUNTERS = 0x9000;

/** Two processors; a multiboot kernel enters `first` in protected mode without paging. */
function machineWith(first: number[], second: number[]): Machine {
  const image = new Uint8Array(HEADER_SIZE + first.length);
  const header = new DataView(image.buffer);
  const end = LOAD_ADDRESS + image.length;
  const fields = [MULTIBOOT_MAGIC, ADDRESSES_VALID, -(MULTIBOOT_MAGIC + ADDRESSES_VALID), LOAD_ADDRESS, LOAD_ADDRESS, end, end];
  for (const [i, value] of [...fields, LOAD_ADDRESS + HEADER_SIZE].entries()) header.setUint32(4 * i, value, true);
  image.set(first, HEADER_SIZE);
  const machine = new Machine({ memory: 4 << 20, cpus: 2, interpreter: interpreter() });
  machine.loadKernel(image);
  machine.physical.writeBytes(SECOND, new Uint8Array(second));
  machine.physical.writeBytes(PROCEDURE, new Uint8Array(RET));
  return machine;
}

// mov byte [8003h], 0: a translation for writing exists before there is code.
const TOUCH = [0xc6, 0x05, 0x03, 0x80, 0, 0, 0];
// INIT and start-up at page 8 to APIC ID 1, through ICR.
const START_SECOND = [
  ...[0xc7, 0x05, 0x10, 0x03, 0xe0, 0xfe, 0, 0, 0, 1],
  ...[0xc7, 0x05, 0x00, 0x03, 0xe0, 0xfe, 0, 0x45, 0, 0],
  ...[0xc7, 0x05, 0x00, 0x03, 0xe0, 0xfe, 8, 0x46, 0, 0],
];
// cmp byte [9000h], 0; je back.
const WAIT = [0x80, 0x3d, 0, 0x90, 0, 0, 0, 0x74, 0xf7];
const RET = [0xc3];
// mov esp, 7000h; mov eax, 8800h; call eax; mov byte [eax], 0: the first processor has had code in the page, and it is forgotten.
const CHANGE_OWN = [0xbc, 0x00, 0x70, 0, 0, 0xb8, 0x00, 0x88, 0, 0, 0xff, 0xd0, 0xc6, 0x00, 0x00];
// mov byte [8003h], 4: the second processor's instruction gets another address.
const CHANGE_OTHER = [0xc6, 0x05, 0x03, 0x80, 0, 0, 4];
const STAY = [0xeb, 0xfe];
// inc dword [9000h]; jmp back.
const COUNT = [0x66, 0xff, 0x06, 0x00, 0x90, 0xeb, 0xf9];

test.each([
  ['', []],
  [', after rewriting its own in the same page', CHANGE_OWN],
])('a processor notices that another one rewrites its code%s', (_, before) => {
  const machine = machineWith([...TOUCH, ...START_SECOND, ...WAIT, ...before, ...CHANGE_OTHER, ...STAY], COUNT);
  const counter = (n: number): number => machine.physical.read32(COUNTERS + 4 * n);
  machine.run(1_000_000);
  const old = counter(0);
  const changed = counter(1);
  expect(old).toBeGreaterThan(0);
  expect(changed).toBeGreaterThan(0);
  machine.run(1_300_000);
  expect(counter(0)).toBe(old);
  expect(counter(1)).toBeGreaterThan(changed);
});

test('a processor that starts another gives it its turn', () => {
  const machine = machineWith([...TOUCH, ...START_SECOND, ...WAIT, ...STAY], COUNT);
  machine.run(100);
  expect(machine.processors[1].retired).toBeGreaterThan(50);
});
