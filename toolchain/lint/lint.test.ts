// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { type CompileRequest, compile } from '../asc/compile.ts';
import { librariesFor } from '../asc/libraries.ts';
import { projectRoot } from '../asc/root.ts';

/** Findings as `line: rule`, of a program's text. */
async function lint(text: string): Promise<string[]> {
  const root = projectRoot();
  const request: CompileRequest = {
    root,
    entries: ['source.ts'],
    overlay: new Map([['source.ts', text]]),
    libraries: librariesFor('user', root),
    runtime: 'runtime/entry',
    optimize: 'development',
    memoryBase: 4096,
    initialPages: 0,
    abort: 'runtime/abort/abort',
    lint: true,
  };
  const { warnings } = await compile(request);
  return warnings
    .filter((warning) => warning.includes(': lint: '))
    .map((warning) => /^(.*):(\d+):\d+: lint: .*\(([\w-]+)\)$/.exec(warning))
    .map((match) => (match?.[1] === 'source.ts' ? `${match[2]}: ${match[3]}` : String(match?.[0])));
}

test('narrow-arithmetic: nothing is promoted', async () => {
  const found = await lint(`
export function wraps(a: u8): u32 { return a + 1; }
export function infers(a: u16): u32 { const b = a * a; return b; }
export function compares(a: u8): bool { return a + 1 > 255; }
export function casts(a: u8): u32 { return <u32>a + 1; }
export function means(a: u8): u32 { return <u8>(a + 1); }
export function stays(a: u8): u8 { return a + 1; }
export function wide(a: u32): u32 { return a + 1; }
`);
  expect(found).toEqual(['2: narrow-arithmetic', '3: narrow-arithmetic', '4: narrow-arithmetic']);
});

test('widened-late: arithmetic in 32 bits that becomes 64', async () => {
  const found = await lint(`
export function product(pages: u32): u64 { return pages * 4096; }
export function cast(pages: u32): u64 { return <u64>(pages * 4096); }
export function compared(pages: u32, limit: u64): bool { return pages << 12 > limit; }
export function right(pages: u32): u64 { return <u64>pages * 4096; }
export function meant(pages: u32): u64 { return <u64><u32>(pages * 4096); }
export function plain(pages: u32): u64 { return pages; }
export function wide(pages: u64): u64 { return pages * 4096; }
`);
  expect(found).toEqual(['2: widened-late', '3: widened-late', '4: widened-late']);
});

test('shift-count: more than the type has', async () => {
  const found = await lint(`
export function literal(): i64 { const x = 1 << 40; return x; }
export function variable(a: u32): u32 { return a >> 32; }
export function right(): i64 { return <i64>1 << 40; }
export function inContext(a: u64): u64 { return a & (1 << 47); }
`);
  expect(found.filter((finding) => finding.includes('shift-count'))).toEqual(['2: shift-count', '3: shift-count']);
});

test('unmanaged-override: there is nothing to dispatch by', async () => {
  const found = await lint(`
@unmanaged class Base { a: u32; size(): u32 { return 1; } own(): u32 { return 2; } }
@unmanaged class Derived extends Base { b: u32; size(): u32 { return 3; } }
class Managed { size(): u32 { return 1; } }
class Other extends Managed { size(): u32 { return 2; } }
export function f(p: usize): u32 { return changetype<Derived>(p).size() + changetype<Base>(p).own() + new Other().size(); }
`);
  expect(found).toEqual(['3: unmanaged-override']);
});

test('unmanaged-field: a structure within a structure is a pointer', async () => {
  const found = await lint(`
@unmanaged class Inner { a: u32; }
@unmanaged class Outer { tag: u32; inner: Inner; next: Outer | null; raw: usize; }
class Managed { view: Inner = changetype<Inner>(4096); }
export function f(p: usize): u32 { return changetype<Outer>(p).inner.a + new Managed().view.a; }
`);
  expect(found).toEqual(['3: unmanaged-field']);
});

test('ignored-decorator: asc knows no @noinline', async () => {
  const found = await lint(`
@noinline export function f(): u32 { return 1; }
@inline export function g(): u32 { return 2; }
`);
  expect(found).toEqual(['2: ignored-decorator']);
});

test('a checked p! traps, since there is no --noAssert', async () => {
  const { loadGuest } = await import('../asc/hostWasm.ts');
  const source = `
class Box { value: i32 = 7; }
let box: Box | null = null;
export function open(): i32 { return box!.value; }
`;
  const guest = await loadGuest({ source, target: 'user', imports: { sys: { call: () => 0n } } });
  expect(() => guest.call('open')).toThrow('source/open');
});

test('the runtime has no findings', async () => {
  expect(
    await lint(`
import { Pool } from 'runtime/pool';
export { exit } from 'runtime/system';
export function f(): usize { __collect(); return new Pool('p', 8, (bytes) => bytes).alloc(); }
`),
  ).toEqual([]);
});
