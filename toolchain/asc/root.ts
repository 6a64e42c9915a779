// SPDX-License-Identifier: MIT
/** @fileoverview Where the project lies: the nearest directory above with our package.json. Works bundled and unbundled. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let found: string | undefined;

export function projectRoot(): string {
  if (found) return found;
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    if (isProject(at)) return (found = at);
    if (at === dirname(at)) throw new Error('this toolchain lies outside its project');
  }
}

function isProject(directory: string): boolean {
  const manifest = join(directory, 'package.json');
  return existsSync(manifest) && (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name === 'diorama';
}
