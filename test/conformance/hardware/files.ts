// SPDX-License-Identifier: MIT
/** @fileoverview The recorded vectors on disk: `vectors/*.txt`, by unit. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Decoded } from '../../../emulator/decode/decode.ts';
import type { Maker } from './programState.ts';

const folder = new URL('vectors/', import.meta.url).pathname;
export const unitOf = (d: Decoded): string => d.record.unit ?? 'integer';

export interface VectorFile {
  name: string;
  /** Of the processor that it was recorded on, by its first line. */
  maker: Maker;
  /** Without comments. */
  lines: readonly string[];
}
export function readVectors(): VectorFile[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  return names.map((name) => {
    const all = readFileSync(`${folder}${name}`, 'latin1').split('\n');
    const lines = all.filter((line) => line !== '' && !line.startsWith('#'));
    return { name, maker: all[0].startsWith('# Recorded on AMD') ? 'AMD' : 'Intel', lines };
  });
}
export function writeVectors(name: string, comments: readonly string[], lines: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${name}`, `${[...comments.map((c) => `# ${c}`), ...lines].join('\n')}\n`);
}
