// SPDX-License-Identifier: MIT
/**
 * What a brand can change, on our machine and on QEMU: a kernel that has one more brand (guest-os/kernel/test/brand.ts) makes a zone of it, and each place where
 * the kernel asks the brand does what that one says: system calls and their results, exec, auxiliary vector, signals, /proc. Programs elsewhere are native.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../toolchain/asc/root.ts';
import { buildKernel, systemWith } from './guestTests.ts';
import { type Image, MACHINES, type Session } from './session.ts';

let image: Image;
beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'brands-'));
  image = { directory, ...(await systemWith(directory, ['brand'])), remove: () => rmSync(directory, { recursive: true }) };
  const path = 'guest-os/kernel/brand/brands.ts';
  const text = readFileSync(join(projectRoot(), path), 'utf8')
    .replace('import { registerBrand }', "import { TestBrand } from '../test/brand';\nimport { registerBrand }")
    .replace(/\}\n$/, "  registerBrand(new TestBrand('test'));\n}\n");
  writeFileSync(image.kernel, await buildKernel(new Map([[path, text]])));
}, 900_000);
afterAll(() => image?.remove());

describe.each(MACHINES)('on %s', (_name, type, present) => {
  test.skipIf(!present)('each place asks the brand of the process', { timeout: 300_000 }, async () => {
    const { outputs }: Session = await type(image, ['brand']);
    expect(outputs[0]).toBe('22 checks, 0 failed\n11 checks, 0 failed\n');
  });
});
