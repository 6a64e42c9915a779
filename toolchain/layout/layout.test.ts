// SPDX-License-Identifier: MIT
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Guest, loadGuest } from '../asc/hostWasm.ts';
import { elf64Header, elf64Note, elf64ProgramHeader } from './definitions/elf.ts';
import { layoutModules } from './definitions/index.ts';
import { perCpu, taskStateSegment, trapFrame } from './definitions/processor.ts';
import { guestModule } from './guest.ts';
import { create, view } from './host.ts';
import { array, i16, type Layout, layout, u8, u16, u16be, u32, u32be, u64, u64be } from './layout.ts';

const inner = layout('Inner', {}, { a: u8, b: u32 });
const sample = layout(
  'Sample',
  {},
  { tag: u8, small: i16, big: u32be, wide: u64, port: u16be, inner, list: array(u16, 3), inners: array(inner, 2), last: u64be },
);

test('fields are placed as a C compiler places them', () => {
  expect(sample.offsets).toEqual({ tag: 0, small: 2, big: 4, wide: 8, port: 16, inner: 20, list: 28, inners: 36, last: 56 });
  expect(sample.size).toBe(64);
  expect(layout('P', { packed: true }, { a: u8, b: u64, c: u16 }).offsets).toEqual({ a: 0, b: 1, c: 9 });
});

test('what a specification states is checked', () => {
  expect(() => layout('S', { size: 12 }, { a: u32, b: u64 })).toThrow('S is 16 bytes, stated as 12');
  expect(() => layout('S', { at: { b: 2 } }, { a: u32, b: u32 })).toThrow('after its stated offset');
  expect(layout('S', { at: { b: 12 }, size: 16 }, { a: u32, b: u32 }).offsets.b).toBe(12);
  expect(() => layout('S', { at: { c: 0 } }, { a: u32 })).toThrow('has no field c');
});

/** Offsets and sizes as gcc sees them, for structures that the system's headers declare. */
const IN_HEADERS: readonly [Layout, string, string, Record<string, string>][] = [
  [elf64Header, 'elf.h', 'Elf64_Ehdr', Object.fromEntries(elf64Header.fields.map(({ name }) => [name, `e_${name}`]))],
  [
    elf64ProgramHeader,
    'elf.h',
    'Elf64_Phdr',
    Object.fromEntries(elf64ProgramHeader.fields.map(({ name }) => [name, `p_${name}`])),
  ],
  [elf64Note, 'elf.h', 'Elf64_Nhdr', Object.fromEntries(elf64Note.fields.map(({ name }) => [name, `n_${name}`]))],
];

function hasGcc(): boolean {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

// Without gcc there is nothing to compare with.
test.skipIf(!hasGcc())('offsets agree with gcc', () => {
  const directory = mkdtempSync(join(tmpdir(), 'layout-'));
  try {
    const own = `struct inner { unsigned char a; unsigned int b; };
      struct sample { unsigned char tag; short small; unsigned int big; unsigned long wide; unsigned short port; struct inner inner;
        unsigned short list[3]; struct inner inners[2]; unsigned long last; };`;
    const cases: typeof IN_HEADERS = [
      ...IN_HEADERS,
      [sample, 'stddef.h', 'struct sample', Object.fromEntries(sample.fields.map(({ name }) => [name, name]))],
    ];
    const prints = cases.flatMap(([structure, , type, names]) => [
      `printf("${structure.name} %zu\\n", sizeof(${type}));`,
      ...Object.entries(names).map(([name, field]) => `printf("${structure.name}.${name} %zu\\n", offsetof(${type}, ${field}));`),
    ]);
    const includes = ['stdio.h', 'stddef.h', ...new Set(cases.map(([, header]) => header))].map(
      (header) => `#include <${header}>`,
    );
    const source = join(directory, 'offsets.c');
    writeFileSync(source, `${includes.join('\n')}\n${own}\nint main(void) { ${prints.join('\n')} return 0; }\n`);
    execFileSync('gcc', ['-o', join(directory, 'offsets'), source]);
    const output = execFileSync(join(directory, 'offsets'), { encoding: 'utf8' });
    const ours = cases.flatMap(([structure]) => [
      `${structure.name} ${structure.size}`,
      ...structure.fields.map((field) => `${structure.name}.${field.name} ${field.offset}`),
    ]);
    expect(output.trim().split('\n')).toEqual(ours);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('host accessors read and write in the declared byte order', () => {
  const { bytes, fields } = create(sample);
  fields.big = 0x11223344;
  fields.wide = 0x0102030405060708n;
  fields.port = 443;
  fields.small = -2;
  fields.list.set(2, 0xbeef);
  fields.inners.get(1).b = 7;
  fields.last = 1n;
  expect([...bytes.slice(0, 18)]).toEqual([0, 0, 0xfe, 0xff, 0x11, 0x22, 0x33, 0x44, 8, 7, 6, 5, 4, 3, 2, 1, 1, 187]);
  expect([...bytes.slice(32, 34)]).toEqual([0xef, 0xbe]);
  expect(view(inner, bytes, 44).b).toBe(7);
  expect([...bytes.slice(56)]).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  expect(view(sample, bytes).small).toBe(-2);
  expect(() => fields.list.get(3)).toThrow(RangeError);
  expect(() => view(sample, bytes, 1)).toThrow(RangeError);
});

test('guest accessors, in and outside the window, agree with the host', async () => {
  const source = `
${guestModule([inner, sample], 'this test')}
const at = memory.data(64, 16);
export function place(): usize { return at; }
export function fill(): void {
  const s = changetype<Sample>(at);
  s.tag = 200; s.small = -3; s.big = 0xdeadbeef; s.wide = 0x1122334455667788; s.port = 0x1234;
  s.inner.b = 99; s.setList(1, 0x5678); s.inners(1).a = 17; s.last = 0x0102030405060708;
}
export function sum(): u64 {
  const s = changetype<Sample>(at);
  return <u64>s.tag + s.big + s.wide + s.port + s.inner.b + s.list(1) + s.inners(1).a + s.last;
}
export function sumOutside(): u64 {
  const base = <u64>at;
  return <u64>SampleAt.tag(base) + SampleAt.big(base) + SampleAt.wide(base) + SampleAt.port(base) + InnerAt.b(SampleAt.inner(base))
    + SampleAt.list(base, 1) + InnerAt.a(SampleAt.inners(base, 1)) + SampleAt.last(base);
}
export function setOutside(): void { SampleAt.setPort(<u64>at, 80); SampleAt.setSmall(<u64>at, -9); SampleAt.setList(<u64>at, 2, 5); }
`;
  const guest: Guest = await loadGuest({ source, target: 'kernel' });
  guest.call('fill');
  const at = guest.call('place') as number;
  const fields = view(sample, new Uint8Array(guest.memory.buffer), at);
  expect([fields.tag, fields.small, fields.big, fields.wide, fields.port]).toEqual([
    200,
    -3,
    0xdeadbeef,
    0x1122334455667788n,
    0x1234,
  ]);
  expect([fields.inner.b, fields.list.get(1), fields.inners.get(1).a, fields.last]).toEqual([
    99,
    0x5678,
    17,
    0x0102030405060708n,
  ]);
  const sum = 200n + 0xdeadbeefn + 0x1122334455667788n + 0x1234n + 99n + 0x5678n + 17n + 0x0102030405060708n;
  expect(guest.call('sum')).toBe(sum);
  expect(guest.call('sumOutside')).toBe(sum);
  guest.call('setOutside');
  expect([fields.port, fields.small, fields.list.get(2)]).toEqual([80, -9, 5]);
});

test('the structures that stubs and processor share have the manuals’ offsets', () => {
  // APM vol. 2, figure 12-8 and table 8-1: 64-bit TSS; interrupt stack frame with ss on top.
  expect([taskStateSegment.offsets.rsp, taskStateSegment.offsets.ist, taskStateSegment.offsets.ioMap]).toEqual([4, 0x24, 0x66]);
  expect(trapFrame.offsets.ss - trapFrame.offsets.rip).toBe(32);
  expect(trapFrame.size % 16).toBe(0);
  expect(perCpu.offsets.self).toBe(0);
});

test('every layout has a name of its own', () => {
  const names = Object.values(layoutModules).flatMap((layouts) => layouts.map(({ name }) => name));
  expect(new Set(names).size).toBe(names.length);
});
