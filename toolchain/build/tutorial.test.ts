// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../asc/root.ts';

const read = (path: string): string => readFileSync(join(projectRoot(), path), 'utf8');

test.each(['guest-os/cmd/hello.ts', 'guest-os/hello/kernel.ts'])('the tutorial shows %s as it is, under 30 lines', (path) => {
  expect(read('docs/toolchain-tutorial.md')).toContain(`\`\`\`ts\n${read(path)}\`\`\``);
  expect(read(path).trimEnd().split('\n').length).toBeLessThan(30);
});
