// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cachedCompile } from './cache.ts';
import { ascArguments, CompileError, type CompileRequest, compile } from './compile.ts';
import { loadGuest } from './hostWasm.ts';
import { librariesFor } from './libraries.ts';
import { projectRoot } from './root.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'asc-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const libraries = librariesFor('user', projectRoot());
const request = (entry: string): CompileRequest => ({
  root,
  entries: [entry],
  libraries,
  runtime: 'runtime/entry',
  optimize: 'development',
  memoryBase: 4096,
  initialPages: 0,
  abort: 'runtime/abort/abort',
});
const write = (name: string, text: string): void => {
  mkdirSync(join(root, name, '..'), { recursive: true });
  writeFileSync(join(root, name), text);
};

test('a program of several files compiles, with a source map, its inputs known', async () => {
  write('main.ts', `import { twice } from './lib/twice';\nexport function main(): i32 { return twice(21); }\n`);
  write('lib/twice.ts', 'export function twice(x: i32): i32 { return x * 2; }\n');
  const { wasm, sourceMap, inputs } = await compile(request('main.ts'));
  expect(WebAssembly.validate(wasm as Uint8Array<ArrayBuffer>)).toBe(true);
  expect(JSON.parse(sourceMap).sources).toContain('main.ts');
  expect(inputs.filter(({ digest }) => digest).map(({ path }) => path)).toEqual(['main.ts', 'lib/twice.ts']);
});

test('faulty source: every diagnostic with file, line and column', async () => {
  write('main.ts', 'export function main(): i32 {\n  const x: i32 = "text";\n  return y;\n}\n');
  const error = await compile(request('main.ts')).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CompileError);
  const { diagnostics } = error as CompileError;
  expect(diagnostics[0]).toMatch(/^main\.ts:2:18: error TS2322: /);
  expect(diagnostics[1]).toMatch(/^main\.ts:3:10: error TS2304: Cannot find name 'y'/);
});

test('a missing file is an error of its importer', async () => {
  write('main.ts', `import { x } from './nowhere';\nexport function main(): i32 { return x; }\n`);
  await expect(compile(request('main.ts'))).rejects.toThrow("main.ts:1:19: error TS6054: File 'nowhere.ts' not found");
});

test('no shadow stack: functions allocate without storing to it', async () => {
  write('main.ts', 'class Node { next: Node | null = null; }\nexport function main(): Node { return new Node(); }\n');
  const { wasm } = await compile(request('main.ts'));
  const names = new TextDecoder('latin1').decode(wasm);
  expect(names).not.toContain('__stack_pointer');
  expect(names).toContain('runtime/heap/__new');
});

test('neither plain -O2 nor -O3 nor --noAssert is ever passed', () => {
  for (const optimize of ['development', 'release'] as const) {
    const given = ascArguments({ ...request('main.ts'), optimize });
    expect(given).not.toContain('--noAssert');
    expect(given.filter((option) => /^-O/.test(option))).toEqual([optimize === 'development' ? '-O1' : '-O3s']);
  }
});

test('the cache answers while nothing changed, and only then', async () => {
  write('main.ts', `import { n } from './n';\nexport function main(): i32 { return n; }\n`);
  write('n.ts', 'export const n: i32 = 1;\n');
  const options = { directory: join(root, 'cache') };
  const build = () => cachedCompile(request('main.ts'), options);
  const first = await build();
  expect(first.fresh).toBe(true);
  const second = await build();
  expect([second.fresh, second.wasmDigest, second.sourceMap]).toEqual([false, first.wasmDigest, first.sourceMap]);
  write('n.ts', 'export const n: i32 = 2;\n');
  const third = await build();
  expect([third.fresh, third.wasmDigest === first.wasmDigest]).toEqual([true, false]);
  write('n.ts', 'export const n: i32 = 1;\n');
  expect((await build()).wasmDigest).toBe(first.wasmDigest);
  expect((await cachedCompile({ ...request('main.ts'), optimize: 'release' }, options)).fresh).toBe(true);
});

test('a file that appears where asc looked in vain is noticed', async () => {
  write('main.ts', `import { n } from './n';\nexport function main(): i32 { return n; }\n`);
  write('n/index.ts', 'export const n: i32 = 1;\n');
  const options = { directory: join(root, 'cache') };
  await cachedCompile(request('main.ts'), options);
  expect((await cachedCompile(request('main.ts'), options)).fresh).toBe(false);
  write('n.ts', 'export const n: i32 = 2;\n');
  expect((await cachedCompile(request('main.ts'), options)).fresh).toBe(true);
});

test('runs do not disturb one another', async () => {
  const results = await Promise.all(
    ['kernel', 'user', 'kernel'].map((target) =>
      loadGuest({ source: `export function f(): i32 { return ${target.length}; }`, target: target as 'kernel' | 'user' }),
    ),
  );
  expect(results.map((guest) => guest.call('f'))).toEqual([6, 4, 6]);
});

test('privileged instructions throw under Node unless the test brings them', async () => {
  const source = `import { inb } from 'machine/cpu';\nexport function read(): u32 { return inb(0x64); }`;
  const bare = await loadGuest({ source, target: 'kernel' });
  expect(() => bare.call('read')).toThrow('cpu.inb is privileged');
  const guest = await loadGuest({ source, target: 'kernel', imports: { cpu: { inb: (port: number) => port + 1 } } });
  expect(guest.call('read')).toBe(0x65);
});
