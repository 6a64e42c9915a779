// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeArchive } from './archive.ts';

const content = {
  directories: ['empty/below'],
  files: [
    { path: 'usr/bin/core', mode: 0o755, content: new Uint8Array([1, 2, 3, 4, 5]) },
    { path: 'etc/motd', content: 'hello\n' },
  ],
  links: new Map([['usr/bin/core', ['usr/bin/ls', 'usr/bin/cat']]]),
  symlinks: new Map([['bin', 'usr/bin']]),
};

test('the same content gives the same bytes, whatever its order', () => {
  const turned = { ...content, files: [...content.files].reverse() };
  expect(writeArchive(turned, 1000)).toEqual(writeArchive(content, 1000));
});

// Without cpio there is nobody to read it.
test.skipIf(spawnSync('cpio', ['--version']).status !== 0)('cpio unpacks it: data, modes, links, times', () => {
  const directory = mkdtempSync(join(tmpdir(), 'archive-'));
  const options = ['-i', '-d', '-m', '--quiet', '--no-preserve-owner'];
  const { status } = spawnSync('cpio', options, { cwd: directory, input: writeArchive(content, 1000) });
  expect(status).toBe(0);
  expect([...readFileSync(join(directory, 'usr/bin/ls'))]).toEqual([1, 2, 3, 4, 5]);
  const core = statSync(join(directory, 'usr/bin/core'));
  expect([core.nlink, core.mode & 0o777, core.mtimeMs]).toEqual([3, 0o755, 1_000_000]);
  expect(readFileSync(join(directory, 'etc/motd'), 'utf8')).toBe('hello\n');
  expect(readlinkSync(join(directory, 'bin'))).toBe('usr/bin');
  expect(statSync(join(directory, 'empty/below')).isDirectory()).toBe(true);
  rmSync(directory, { recursive: true });
});
