// SPDX-License-Identifier: MIT
/** @fileoverview The recorded vectors on disk: `vectors/*.txt`, by unit. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Decoded } from '../../../emulator/decode/decode.ts';

const folder = new URL('vectors/', import.meta.url).pathname;
export const unitOf = (d: Decoded): string => d.record.unit ?? 'integer';

/** Lines by file, without comments. */
export function readVectors(): Map<string, string[]> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  const lines = (name: string): string[] => readFileSync(`${folder}${name}`, 'latin1').split('\n');
  return new Map(files.map((name) => [name, lines(name).filter((line) => line !== '' && !line.startsWith('#'))]));
}
export function writeVectors(name: string, comments: readonly string[], lines: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${name}`, `${[...comments.map((c) => `# ${c}`), ...lines].join('\n')}\n`);
}
