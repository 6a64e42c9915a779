// SPDX-License-Identifier: MIT
/** @fileoverview Snapshots of small kernels at every kind of instant; whole operating systems are in test/boot/snapshots.test.ts. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { KERNEL_ENTRY, multibootKernel } from '../../test/support/multibootKernel.ts';
import { MemoryDisk } from '../device/virtio/memoryDisk.ts';
import { interpreter } from '../interp/interpreter.ts';
import { SLOT, XMM } from '../ir/state.ts';
import { Machine, type MachineOptions } from './machine.ts';
import { type Packed, type Snapshot, SnapshotError } from './snapshot.ts';
import { stateChunks } from './stateHash.ts';

const MIB = 2 ** 20;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
function stateHash(machine: Machine): string {
  const hash = createHash('sha256');
  for (const chunk of stateChunks(machine)) hash.update(chunk);
  return hash.digest('hex');
}
const make = (options: Partial<MachineOptions> = {}): Machine =>
  new Machine({ memory: 4 * MIB, interpreter: interpreter(), ...options });
function boot(code: readonly number[], options: Partial<MachineOptions> = {}): Machine {
  const machine = make(options);
  machine.loadKernel(multibootKernel(code));
  return machine;
}
function restored(machine: Machine, options: Partial<MachineOptions> = {}): Machine {
  const other = make(options);
  other.load(machine.save(sha256), sha256);
  return other;
}

const STAY = [0xeb, 0xfe];
/** Numbers as little-endian doublewords. */
const dword = (value: number): number[] => [...new Uint8Array(Int32Array.of(value).buffer)];
const outb = (port: number, value: number): number[] => [0x66, 0xba, port & 0xff, port >> 8, 0xb0, value, 0xee];

// biome-ignore format: one instruction a line
/** Paging on with a mapping of 2000h that its table no longer has: only the TLB knows it. Reads 2000h for ever, counting in EBX. */
const STALE = [
  0xc7, 0x05, ...dword(0x8000), ...dword(0x9003), // page directory: 0 -> table at 9000h
  0xbf, ...dword(0x9000), // mov edi, 9000h
  0xb8, ...dword(0x3), // mov eax, 3
  0xb9, ...dword(1024), // mov ecx, 1024
  0xab, 0x05, ...dword(0x1000), 0xe2, 0xf8, // fill: stosd; add eax, 1000h; loop fill
  0xc7, 0x05, ...dword(0x5000), ...dword(0x1234), // what page 5 holds
  0xc7, 0x05, ...dword(0x9008), ...dword(0x5003), // page 2 is page 5
  0xb8, ...dword(0x8000), 0x0f, 0x22, 0xd8, // mov cr3
  0x0f, 0x20, 0xc0, 0x0d, ...dword(0x80000000 | 0), 0x0f, 0x22, 0xc0, // CR0.PG
  0x8b, 0x1d, ...dword(0x2000), // mov ebx, [2000h]: fills the TLB
  0xc7, 0x05, ...dword(0x9008), ...dword(0), // page 2 is gone, without INVLPG
  0xc7, 0x05, ...dword(0x9400), ...dword(0x100003), // the code's own entry loses its accessed bit
  0x03, 0x1d, ...dword(0x2000), // again: add ebx, [2000h]
  0xeb, 0xf8, // jmp again
];

describe('goes on exactly', () => {
  // biome-ignore format: one instruction a line
  const kernels: [string, readonly number[]][] = [
    ['with stale translations of data and code', STALE],
    ['in the middle of REP STOS', [0xbf, ...dword(0x200000), 0xb9, ...dword(100_000), 0xf3, 0xaa, ...STAY]],
    ['with the timer armed and interrupts coming', [
      // A timer interrupt every 5 us through the 8259 pair, each of which INT 20h's handler counts.
      0xbc, ...dword(0x7000), // mov esp, 7000h
      0xc7, 0x05, ...dword(0x6000), ...dword(0x0000ffff), // GDT: null is the limit's place; see below
      0xc7, 0x05, ...dword(0x6108), ...dword(0x0000ffff), // entry 1: flat code
      0xc7, 0x05, ...dword(0x610c), ...dword(0x00cf9a00),
      0xc7, 0x05, ...dword(0x6000), ...dword(0x6100000f | 0), // GDTR: limit 0fh, base 6100h
      0xc7, 0x05, ...dword(0x6004), ...dword(0),
      0x0f, 0x01, 0x15, ...dword(0x6000), // lgdt
      0xc7, 0x05, ...dword(0x6300), ...dword(0x00080000 | 0x0400), // IDT entry 20h: selector 8, offset 8400h
      0xc7, 0x05, ...dword(0x6304), ...dword(0x00008e00),
      0x66, 0xc7, 0x05, ...dword(0x6302), 0x08, 0x00,
      0x66, 0xc7, 0x05, ...dword(0x6300), 0x00, 0x84,
      0xc7, 0x05, ...dword(0x6008), ...dword(0x620007ff | 0), // IDTR: limit 7ffh, base 6200h
      0xc7, 0x05, ...dword(0x600c), ...dword(0),
      0x0f, 0x01, 0x1d, ...dword(0x6008), // lidt
      0xc7, 0x05, ...dword(0x8400), ...dword(0x20b04350 | 0), // handler: push eax; inc ebx; mov al, 20h
      0xc7, 0x05, ...dword(0x8404), ...dword(0xcf5820e6 | 0), // out 20h, al; pop eax; iret
      ...outb(0x20, 0x11), ...outb(0x21, 0x20), ...outb(0x21, 4), ...outb(0x21, 1), ...outb(0x21, 0xfe),
      ...outb(0x43, 0x34), ...outb(0x40, 6), ...outb(0x40, 0), // counter 0, mode 2, every 6 ticks
      0xea, ...dword(0), 0x08, 0x00, // jmp 8:next, patched below
      0xfb, 0x90, 0xf4, 0xfa, 0xeb, 0xfa, // next: sti; nop; hlt; cli; jmp next
    ]],
    ['with a serial FIFO filling up', [
      ...outb(0x3fa, 0x81), // FCR: on, trigger level 8
      0x66, 0xba, 0xfd, 0x03, 0xec, 0xeb, 0xf9, // poll LSR for ever
    ]],
  ];
  test.each(kernels)('%s', (name, kernel) => {
    const code = [...kernel];
    const far = code.indexOf(0xea);
    if (name.includes('timer')) code.splice(far + 1, 4, ...dword(KERNEL_ENTRY + far + 7));
    const start = (): Machine => {
      const machine = boot(code);
      machine.typeOnConsole(Buffer.from('twenty-four characters !'));
      return machine;
    };
    const straight = start();
    straight.run(40_000);
    if (name.includes('timer')) expect(straight.processors[0].read32(SLOT.rbx)).toBeGreaterThan(3);
    if (name.includes('stale')) expect(straight.processors[0].read32(SLOT.rbx)).toBeGreaterThan(0x1234 * 1000);
    // One machine is saved again and again, and each time another one goes on from there.
    const saved = start();
    const instants = [1, 2, 30, 3000, 3080, 3100, 3101, 3102, 3103, 3104, 3105, 3106, 4000, 10_000, 30_001, 39_999];
    for (const instant of instants) {
      saved.run(instant);
      const other = restored(saved);
      expect(stateHash(other)).toBe(stateHash(saved));
      other.run(40_000);
      expect(stateHash(other), `from ${instant}`).toBe(stateHash(straight));
    }
    saved.run(40_000);
    expect(stateHash(saved)).toBe(stateHash(straight));
  });
});

test('every register that the state hash covers is in a snapshot', () => {
  const machine = boot(STAY);
  const [cpu] = machine.processors;
  const fill = (from: number, to: number): void => {
    for (let at = from; at < to; at++) cpu.u8[cpu.base + at] = (at * 7 + 1) & 0xff;
  };
  fill(SLOT.rax, SLOT.RIP);
  fill(XMM(0), SLOT.FPR);
  for (let n = 0; n < 8; n++) fill(SLOT.FPR + 16 * n, SLOT.FPR + 16 * n + 10);
  fill(SLOT.FIP, SLOT.FDS + 2);
  fill(SLOT.MXCSR, SLOT.MXCSR + 4);
  fill(SLOT.CR2, SLOT.CR3);
  fill(SLOT.XCR0, SLOT.XCR0 + 8);
  fill(SLOT.STAR, SLOT.SCRATCH);
  fill(SLOT.MCG_STATUS, SLOT.TOP_MEM2 + 8);
  const other = restored(machine);
  expect(other.save(sha256).processors).toEqual(machine.save(sha256).processors);
  expect(stateHash(other)).toBe(stateHash(machine));
});

test('chunks: zeros are left out, equal ones are held once, and a snapshot holds what it names', () => {
  const machine = boot(STAY);
  const equal = new Uint8Array(0x3_0000).fill(7);
  machine.physical.writeBytes(0x20_0000, equal);
  const snapshot = machine.save(sha256);
  const sevens = snapshot.ram.names.slice(0x20, 0x23);
  expect(sevens).toEqual([sevens[0], sevens[0], sevens[0]]);
  expect(snapshot.ram.names[0x30]).toBeNull();
  for (const name of snapshot.chunks.keys()) expect(sha256(snapshot.chunks.get(name)!)).toBe(name);
});

test('loaded lazily, a machine reads the chunks of RAM that it touches, and goes on as it would have', () => {
  const machine = boot(STALE);
  machine.physical.writeBytes(0x30_0000, new Uint8Array(0x10_0000).fill(9));
  machine.run(5000);
  const saved = machine.save(sha256);
  const read: string[] = [];
  const get = (name: string): Uint8Array | undefined => {
    read.push(name);
    return saved.chunks.get(name);
  };
  const snapshot = { ...saved, chunks: { get, has: (name: string) => saved.chunks.has(name), keys: () => saved.chunks.keys() } };
  const other = new Machine({ ...machine.configuration, interpreter: interpreter() });
  other.load(snapshot, sha256, true);
  for (const each of [machine, other]) each.run(20_000);
  expect(read).not.toContain(saved.ram.names[0x30]);
  expect(stateHash(other)).toBe(stateHash(machine));
  expect(read).toContain(saved.ram.names[0x30]);
  const broken = { ...snapshot, chunks: { ...snapshot.chunks, has: () => false } };
  expect(() => new Machine({ ...machine.configuration, interpreter: interpreter() }).load(broken, sha256, true)).toThrow(
    'is missing',
  );
});

test('a machine that is loaded anew leaves its forks what they were', () => {
  const machine = boot(STALE);
  const before = machine.save(sha256);
  machine.run(5000);
  const fork = machine.fork();
  machine.load(before, sha256);
  machine.run(5000);
  expect(stateHash(fork)).toBe(stateHash(machine));
});

test('a snapshot loads into a machine that has run something else, again and again', () => {
  const machine = boot(STALE);
  machine.run(5000);
  const snapshot = machine.save(sha256);
  machine.run(20_000);
  const other = boot([...outb(0x43, 0x34), ...outb(0x40, 6), ...outb(0x40, 0), 0xf3, 0x90, 0xeb, 0xfc]);
  other.run(30_000);
  for (let i = 0; i < 2; i++) {
    other.load(snapshot, sha256);
    other.run(20_000);
    expect(stateHash(other)).toBe(stateHash(machine));
  }
});

test('a reset after loading boots the same kernel again', () => {
  const machine = boot([
    0x81,
    0x3d,
    ...dword(0x9000),
    ...dword(1),
    0x74,
    0x11,
    0xc7,
    0x05,
    ...dword(0x9000),
    ...dword(1),
    ...outb(0xcf9, 6),
    ...STAY,
  ]);
  machine.run(1);
  const other = restored(machine);
  for (const m of [machine, other]) m.run(10_000);
  expect(other.processors[0].rip).toBe(machine.processors[0].rip);
  expect(stateHash(other)).toBe(stateHash(machine));
  expect(other.physical.read32(0x9000)).toBe(1);
});

test('the end of a machine is part of its state', () => {
  const machine = boot([0xfa, 0x0f, 0x0b]);
  const end = machine.run(1000);
  expect(end?.kind).toBe('triple-fault');
  expect(restored(machine).run(2000)).toEqual(end);
});

describe('forks', () => {
  test('go their own ways from the same state', () => {
    const disks = [new MemoryDisk('disk0', { sectors: 256 })];
    const machine = boot(STALE, { disks });
    disks[0].write(3, new Uint8Array(512).fill(9));
    machine.run(5000);
    const fork = machine.fork();
    expect(stateHash(fork)).toBe(stateHash(machine));
    disks[0].write(3, new Uint8Array(512).fill(8));
    machine.physical.write8(0x5000, 1);
    const sector = new Uint8Array(512);
    (fork.configuration.disks[0] as MemoryDisk).read(3, sector);
    expect(sector).toEqual(new Uint8Array(512).fill(9));
    expect(fork.physical.read32(0x5000)).toBe(0x1234);
    const second = fork.fork();
    for (const m of [fork, second]) m.run(20_000);
    expect(stateHash(second)).toBe(stateHash(fork));
  });

  test('need connections of their own', () => {
    const net = { backend: { send: () => {}, onReceive: () => {} }, mac: [2, 0, 0, 0, 0, 1] };
    expect(() => boot(STAY, { net }).fork()).toThrow('needs a network of its own');
    expect(boot(STAY, { net }).fork({ net: { ...net } }).instructions).toBe(0);
  });
});

describe('refused', () => {
  const bytes = new Map([['d', new Uint8Array(1024)]]);
  const hostDisk = {
    sectors: 2,
    readOnly: false,
    read: (at: number, into: Uint8Array) => into.set(bytes.get('d')!.subarray(at * 512, at * 512 + into.length)),
    write: () => {},
    flush: () => {},
  };

  test.each<[string, Partial<MachineOptions>, Partial<MachineOptions>]>([
    ['memory of bytes: 4194304, not 8388608', {}, { memory: 8 * MIB }],
    ['processors: 1, not 2', {}, { cpus: 2 }],
    ['disks: 1, not 0', { disks: [new MemoryDisk('disk0', { sectors: 8 })] }, {}],
    [
      'disk 0 of bytes: 4096, not 8192',
      { disks: [new MemoryDisk('a', { sectors: 8 })] },
      { disks: [new MemoryDisk('a', { sectors: 16 })] },
    ],
    ['disk 0 in a file, not memory', { disks: [hostDisk] }, { disks: [new MemoryDisk('a', { sectors: 2 })] }],
    ['power-on at second 1767225600, not 5', {}, { epoch: 5 }],
  ])('%s', (message, saved, given) => {
    const machine = boot(STAY, saved);
    const load = () => restored(machine, given);
    expect(load).toThrow(SnapshotError);
    expect(load).toThrow(message);
  });

  test('a disk that has changed since', () => {
    const machine = boot(STAY, { disks: [hostDisk] });
    const snapshot = machine.save(sha256);
    make({ disks: [hostDisk] }).load(snapshot, sha256);
    bytes.get('d')![600] = 1;
    expect(() => make({ disks: [hostDisk] }).load(snapshot, sha256)).toThrow('disk 0 no longer holds what it held');
  });

  test('another version, a missing device, a missing chunk, translations that lead out of RAM', () => {
    const machine = boot(STALE);
    machine.run(5000);
    const good = machine.save(sha256);
    const cpu = good.processors[0] as { [name: string]: Packed };
    const entries = cpu.tlb as { [name: string]: number[] };
    const tlb = { ...entries, page: entries.page.map(() => 1024) };
    const { rtc: _, ...devices } = good.devices;
    const bad: [Snapshot, string][] = [
      [{ ...good, version: 2 }, 'the snapshot has version 2, this program reads version 1'],
      [{ ...good, devices }, 'rtc is missing'],
      [{ ...good, chunks: new Map() }, 'is missing'],
      [{ ...good, processors: [{ ...cpu, tlb }] }, "cpu0: snapshot field 'tlb' is malformed"],
      [{ ...good, processors: [{ ...cpu, CPL: 4n }] }, "cpu0: snapshot field 'CPL' is malformed"],
    ];
    for (const [snapshot, message] of bad) {
      expect(() => make().load(snapshot, sha256)).toThrow(SnapshotError);
      expect(() => make().load(snapshot, sha256)).toThrow(message);
    }
  });

  test('while the machine runs', () => {
    const machine = boot([...outb(0x3f8, 65), ...STAY]);
    let refusal: unknown;
    machine.onConsoleOutput(() => {
      try {
        machine.save(sha256);
      } catch (error) {
        refusal = error;
      }
    });
    machine.run(1000);
    expect(String(refusal)).toContain('the machine is running');
  });
});
