// SPDX-License-Identifier: MIT
/** All guest code of the tree: formatted, and understood by the TypeScript that editors run. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { formatGuest, guestFiles } from '../../tools/formatGuest.js';
import { writeForEditors } from '../asc/libraries.ts';
import { projectRoot } from '../asc/root.ts';
import { build } from '../build/main.ts';

const root = projectRoot();
beforeAll(() => writeForEditors(root));

test('the formatter keeps decorators where they were', () => {
  const [formatted] = formatGuest([
    '@lazy let a:u32=1;\n@global @inline export function f( ):u32{return a}\n@unmanaged class C{@inline get x():u32{return 1}}\n',
  ]);
  expect(formatted).toBe(
    '@lazy let a: u32 = 1;\n@global @inline export function f(): u32 {\n  return a;\n}\n' +
      '@unmanaged\nclass C {\n  @inline get x(): u32 {\n    return 1;\n  }\n}\n',
  );
});

test('guest code is formatted (node tools/formatGuest.js)', () => {
  const files = guestFiles();
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  const formatted = formatGuest(texts);
  const unformatted = files.filter((_, index) => formatted[index] !== texts[index]);
  expect(unformatted.map((file) => relative(root, file))).toEqual([]);
});

test.each(['guest-os', 'guest-os/cmd', 'zfs', 'toolchain/runtime', 'toolchain/runtime/tsconfig.user.json'])(
  'TypeScript understands %s',
  (project) => {
    const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', project], { cwd: root, encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  },
);

// All of them are compiled: seconds on an idle machine, minutes on a loaded one.
test('guest programs build without findings', { timeout: 900_000 }, async () => {
  const output = mkdtempSync(join(tmpdir(), 'guest-'));
  const { warnings } = await build({ output, report: () => undefined });
  rmSync(output, { recursive: true });
  expect(warnings).toEqual([]);
});
