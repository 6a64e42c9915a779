// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { elf64Header } from '../layout/definitions/elf.ts';
import { view } from '../layout/host.ts';
import { build } from './main.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'build-'));
  mkdirSync(join(root, 'guest-os/cmd'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const lines: string[] = [];
const run = () => build({ root, output: join(root, 'out'), cache: join(root, 'cache'), report: (line) => lines.push(line) });
/** What was compiled, and when. Run from source, as here, programs are always linked anew. */
const compiled = (): string[] =>
  readdirSync(join(root, 'cache'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.wasm'))
    .sort()
    .map((file) => `${file} ${statSync(join(root, 'cache', file)).mtimeMs}`);
const command = (name: string, text: string) => writeFileSync(join(root, 'guest-os/cmd', `${name}.ts`), text);

test('a program is added by adding its file', async () => {
  command('mine', `import { print } from 'runtime/console';\nexport function main(): i32 { print('mine'); return 0; }\n`);
  const { images, rebuilt } = await run();
  expect(images).toEqual(['guest/cmd/mine']);
  expect(rebuilt).toEqual(['guest/cmd/mine']);
  const image = new Uint8Array(readFileSync(join(root, 'out/guest/cmd/mine')));
  const { ident, type, machine, entry } = view(elf64Header, image);
  expect([...ident.bytes.subarray(0, 6), type, machine]).toEqual([0x7f, 0x45, 0x4c, 0x46, 2, 1, 2, 62]);
  expect(entry).toBeGreaterThanOrEqual(0x400000n);
});

test('the image of a removed program goes with it', async () => {
  command('kept', 'export function main(): i32 { return 1; }\n');
  command('gone', 'export function main(): i32 { return 2; }\n');
  await run();
  rmSync(join(root, 'guest-os/cmd/gone.ts'));
  await run();
  expect(readdirSync(join(root, 'out/guest/cmd'))).toEqual(['kept']);
});

test('nothing is compiled again unless it changed', async () => {
  command('one', 'export function main(): i32 { return 1; }\n');
  command('two', 'export function main(): i32 { return 2; }\n');
  await run();
  const first = compiled();
  expect(first.length).toBeGreaterThan(1);
  await run();
  expect(compiled()).toEqual(first);
  const before = readFileSync(join(root, 'out/guest/cmd/one'));
  command('two', 'export function main(): i32 { return 3; }\n');
  await run();
  expect(compiled().length).toBeGreaterThan(first.length);
  expect(readFileSync(join(root, 'out/guest/cmd/one'))).toEqual(before);
});

test('the same sources give the same image', async () => {
  command('same', 'export function main(): i32 { return [1, 2, 3].length; }\n');
  await run();
  const first = readFileSync(join(root, 'out/guest/cmd/same'));
  rmSync(join(root, 'cache'), { recursive: true });
  await run();
  expect(readFileSync(join(root, 'out/guest/cmd/same')).equals(first)).toBe(true);
});

test('faulty programs are all reported, and the others built', async () => {
  command('bad', 'export function main(): i32 { return nowhere; }\n');
  command('good', 'export function main(): i32 { return 0; }\n');
  command(
    'lost',
    `@external("asm", "nothing") declare function nothing(): void;\nexport function main(): i32 { nothing(); return 0; }\n`,
  );
  const error = (await run().catch((reason: unknown) => reason)) as Error;
  expect(error.name).toBe('UsageError');
  expect(error.message).toContain("guest-os/cmd/bad.ts:1:38: error TS2304: Cannot find name 'nowhere'");
  expect(error.message).toContain('guest-os/cmd/lost.ts: nothing is not defined (used in .text)');
  expect(readFileSync(join(root, 'out/guest/cmd/good')).length).toBeGreaterThan(1000);
});

test('silent traps are reported as warnings', async () => {
  command(
    'trap',
    'let pages: u32 = 3;\nexport function main(): i32 { const bytes: u64 = pages * 4096; return <i32>(bytes >> 12); }\n',
  );
  const { warnings } = await run();
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^guest-os\/cmd\/trap\.ts:2:\d+: lint: .*\(widened-late\)$/);
});

test('no other program is needed: with nothing on the PATH it builds', async () => {
  command('alone', 'export function main(): i32 { return 0; }\n');
  const { PATH } = process.env;
  process.env.PATH = join(root, 'nothing');
  try {
    expect((await run()).rebuilt).toEqual(['guest/cmd/alone']);
  } finally {
    process.env.PATH = PATH;
  }
});
