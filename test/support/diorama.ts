// SPDX-License-Identifier: MIT
/** @fileoverview ./diorama as a user runs it, for tests. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface DioramaResult {
  exitCode: number | null;
  output: string;
  /** Without what building says. */
  errors: string;
}

/** `input`: what a pipe on stdin brings. */
export function diorama(words: readonly string[], input?: string): Promise<DioramaResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(home, 'diorama'), words, { stdio: 'pipe' });
    // Who does not read it may be gone before it is written.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, output, errors: errors.replace(/^built .*\n/gm, '') }));
  });
}

/** A folder for one test file; `remove` in afterAll. */
export function temporaryFolder(): { path(name: string): string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'diorama-test-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
