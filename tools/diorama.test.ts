// SPDX-License-Identifier: MIT
/** @fileoverview ./diorama as people meet it: refusals before anything is installed or built, and what an up-to-date tree costs. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const home = dirname(dirname(fileURLToPath(import.meta.url)));

function diorama(words: string[], environment: NodeJS.ProcessEnv = process.env, program = join(home, 'diorama')) {
  const { status, stdout, stderr } = spawnSync(program, words, {
    encoding: 'utf8',
    cwd: tmpdir(),
    env: environment,
    timeout: 60_000,
  });
  return { status, stdout, stderr: stderr.replace(/^built .*\n/m, '') };
}

test('an old or missing Node is named in one line', () => {
  const directory = mkdtempSync(join(tmpdir(), 'diorama-path-'));
  try {
    for (const tool of ['dirname', 'readlink', 'sh', 'find']) {
      symlinkSync(spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim(), join(directory, tool));
    }
    const missing = diorama([], { PATH: directory });
    expect(missing).toEqual({
      status: 2,
      stdout: '',
      stderr: "diorama: Node.js 20.19 or later is needed, and there is no 'node' on the PATH\n",
    });
    writeFileSync(join(directory, 'node'), '#!/bin/sh\n[ "$1" = --version ] && echo v18.20.4\nexit 1\n');
    chmodSync(join(directory, 'node'), 0o755);
    const old = diorama([], { PATH: directory });
    expect(old).toEqual({ status: 2, stdout: '', stderr: 'diorama: Node.js 20.19 or later is needed; this is v18.20.4\n' });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('it works through a symbolic link and from any directory; unknown words get one line', () => {
  const directory = mkdtempSync(join(tmpdir(), 'diorama-link-'));
  try {
    symlinkSync(join(home, 'diorama'), join(directory, 'd'));
    const refused = { status: 2, stdout: '', stderr: "diorama: unknown command 'fly'\n" };
    expect(diorama(['fly'], process.env, join(directory, 'd'))).toEqual(refused);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a port in use, or none, gets one line', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  try {
    const refused = { status: 2, stdout: '', stderr: `diorama: cannot listen on port ${port}: it is in use\n` };
    expect(diorama(['--port', `${port}`])).toEqual(refused);
  } finally {
    server.close();
  }
  expect(diorama(['--port', 'x'])).toEqual({ status: 2, stdout: '', stderr: "diorama: 'x' is no port number\n" });
  expect(diorama(['--port', '70000']).stderr).toBe("diorama: '70000' is no port number\n");
});

test('finding nothing to build loads no bundler', () => {
  const build = (folder?: string) => {
    const env = { ...process.env, ...(folder && { NODE_V8_COVERAGE: folder }) };
    return spawnSync(process.execPath, [join(home, 'tools/build.js')], { encoding: 'utf8', env }).status;
  };
  expect(build()).toBe(0);
  const folder = mkdtempSync(join(tmpdir(), 'diorama-'));
  try {
    expect(build(folder)).toBe(0);
    const loaded = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).result);
    const urls = loaded.map(({ url }: { url: string }) => url);
    expect(urls.some((url) => url.endsWith('/tools/build.js'))).toBe(true);
    expect(urls.filter((url) => url.includes('/node_modules/vite/'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what is wrong with the words of run is told before our system is built', () => {
  const source = join(home, 'dist/platform/i86pc/kernel/amd64/unix');
  const before = existsSync(source) ? statSync(source).mtimeMs : undefined;
  expect(diorama(['run', '--foo'])).toEqual({ status: 2, stdout: '', stderr: "diorama: unknown option '--foo'\n" });
  expect(existsSync(source) ? statSync(source).mtimeMs : undefined).toBe(before);
});
