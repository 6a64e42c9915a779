// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { elf64Header, elf64ProgramHeader } from '../layout/definitions/elf.ts';
import { view } from '../layout/host.ts';
import type { Section } from '../translate/types.ts';
import type { Relocation } from '../x86/x86.ts';
import { writeElf } from './elf.ts';
import { LinkError, link } from './link.ts';

const section = (name: string, size: number, relocations: Relocation[] = [], more: Partial<Section> = {}): Section => ({
  name,
  bytes: new Uint8Array(size),
  alignment: 16,
  writable: false,
  executable: false,
  relocations,
  ...more,
});
const symbol = (name: string, where: string, offset: number, local = false) =>
  ({ name, section: where, offset, size: 4, kind: 'function', local }) as const;
const refer = (kind: Relocation['kind'], to: string, offset: number, addend = 0): Relocation => ({
  kind,
  symbol: to,
  offset,
  addend,
});

test('sections follow one another, segments begin at pages', () => {
  const linked = link({
    segments: [
      { name: '.text', address: 0x401000n, sections: [section('a', 5), section('b', 3)], executable: true },
      { name: '.data', sections: [section('c', 8, [], { alignment: 64 })], zeros: 100n, writable: true },
    ],
    symbols: [symbol('f', 'b', 2)],
  });
  expect(['a', 'b', 'c'].map((name) => linked.sectionAddress(name))).toEqual([0x401000n, 0x401010n, 0x402000n]);
  expect(linked.address('f')).toBe(0x401012n);
  expect(linked.segments.map(({ bytes, memorySize }) => [bytes.length, memorySize])).toEqual([
    [19, 19n],
    [8, 108n],
  ]);
  // Padding between routines must not be run.
  expect([...linked.segments[0].bytes.slice(5, 16)]).toEqual(new Array(11).fill(0xcc));
});

test('every kind of reference gets its value', () => {
  const base = 0xffffffff80100000n;
  const references = [
    refer('abs64', 'f', 0, 1),
    refer('abs32s', 'f', 8),
    refer('pc32', 'f', 12, -4),
    refer('abs32', 'low', 16, 2),
  ];
  const linked = link({
    segments: [{ name: '.text', address: base, sections: [section('a', 32, references), section('b', 16)] }],
    symbols: [symbol('f', 'b', 4)],
    absolute: new Map([['low', 0x9000_0000n]]),
  });
  const bytes = new DataView(linked.segments[0].bytes.buffer);
  expect(bytes.getBigUint64(0, true)).toBe(base + 37n);
  expect(bytes.getInt32(8, true)).toBe(-0x7ff00000 + 36);
  expect(bytes.getInt32(12, true)).toBe(36 - 12 - 4);
  expect(bytes.getUint32(16, true)).toBe(0x9000_0002);
});

test('what is wrong is said, all of it', () => {
  const attempt = () =>
    link({
      segments: [
        { name: '.a', address: 0x1000n, sections: [section('a', 0x2000, [refer('pc32', 'gone', 0), refer('abs32', 'far', 8)])] },
        { name: '.b', address: 0x2000n, sections: [section('b', 16), section('b', 16)] },
      ],
      symbols: [symbol('f', 'a', 0), symbol('f', 'b', 0), symbol('g', 'a', 0, true), symbol('g', 'b', 0, true)],
      absolute: new Map([['far', 0x1_0000_0000n]]),
    });
  expect(attempt).toThrow(LinkError);
  for (const problem of [
    'gone is not defined (used in a)',
    'far at 0x100000000 is out of reach of abs32',
    'segments .a and .b overlap',
    'there are two sections b',
    'f is defined twice',
  ]) {
    expect(attempt).toThrow(problem);
  }
  expect(attempt).not.toThrow('g is defined twice');
});

test('an ELF file: what it says agrees with readelf', () => {
  const linked = link({
    segments: [
      { name: '.text', address: 0x401000n, sections: [section('t', 32)], executable: true },
      { name: '.data', sections: [section('d', 24)], zeros: 0x2000n, writable: true, physicalOffset: -0x400000n },
    ],
    symbols: [symbol('start', 't', 16), symbol('inner', 't', 4, true)],
  });
  const file = writeElf({
    entry: linked.address('start'),
    ...linked,
    notes: [{ address: linked.sectionAddress('d'), size: 20 }],
  });
  const header = view(elf64Header, file);
  const segment = view(elf64ProgramHeader, file, Number(header.phoff) + elf64ProgramHeader.size);
  expect([segment.vaddr, segment.paddr, segment.filesz, segment.memsz]).toEqual([0x402000n, 0x2000n, 24n, 0x2018n]);
  expect(segment.offset % 4096n).toBe(segment.vaddr % 4096n);
  // Without binutils the fields above are what is checked.
  if (spawnSync('readelf', ['--version']).status !== 0) return;
  const directory = mkdtempSync(join(tmpdir(), 'elf-'));
  writeFileSync(join(directory, 'x'), file);
  const { stdout, stderr } = spawnSync('readelf', ['-hlSsW', join(directory, 'x')], { encoding: 'utf8' });
  rmSync(directory, { recursive: true });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/Entry point address:\s+0x401010/);
  expect(stdout).toMatch(/LOAD\s+0x001000 0x0000000000401000 0x0000000000401000 0x000020 0x000020 R E/);
  expect(stdout).toMatch(/LOAD\s+0x002000 0x0000000000402000 0x0000000000002000 0x000018 0x002018 RW/);
  expect(stdout).toMatch(/NOTE\s+0x002000 0x0000000000402000/);
  expect(stdout).toMatch(/0000000000401010\s+4 FUNC\s+GLOBAL DEFAULT\s+1 start/);
  expect(stdout).toMatch(/0000000000401004\s+4 FUNC\s+LOCAL\s+DEFAULT\s+1 inner/);
});
