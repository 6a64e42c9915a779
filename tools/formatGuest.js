// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview Formats guest code: `node tools/formatGuest.js [--check] [FILE…]`, all of it if no file is named.
 *
 * AssemblyScript has decorators on functions and variables, which Biome does not parse. They are hidden from it as comments,
 * which it leaves where they are, and come back afterwards. With --check nothing is written: files that would change are listed,
 * exit 1.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDERS = ['guest-os', 'zfs', 'zones', 'crossbow', 'dtrace', 'kvm'];
const RUNTIME = ['shared', 'kernel', 'user'].map((folder) => `toolchain/runtime/${folder}`);

/** Decorators at the start of a statement that is no class. */
const DECORATED = /^((?:@\w+(?:\([^)\n]*\))?[ \t]+)+)(?=(?:export|declare|function|let|const|var)\b(?!.*\bclass\b))/gm;
const DECORATOR = /@\w+(?:\([^)\n]*\))?/g;
const HIDDEN = /\/\*(@\w+(?:\([^)\n]*\))?)\*\//g;

/** @param {string} text */
export function formatGuest(text) {
  const hidden = text.replace(DECORATED, (decorators) => decorators.replace(DECORATOR, (decorator) => `/*${decorator}*/`));
  const biome = join(home, 'node_modules/.bin/biome');
  // A path that Biome's settings do not leave out, so that they apply.
  const options = ['format', '--stdin-file-path=toolchain/guest.ts'];
  const { status, stdout, stderr } = spawnSync(biome, options, { cwd: home, input: hidden, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.replace(HIDDEN, '$1');
}

/** @returns {string[]} */
export function guestFiles() {
  return [...FOLDERS, ...RUNTIME].flatMap((folder) => filesBelow(join(home, folder)));
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2).filter((word) => word !== '--check');
  const check = process.argv.includes('--check');
  for (const file of named.length ? named : guestFiles()) {
    const text = readFileSync(file, 'utf8');
    const formatted = formatGuest(text);
    if (formatted === text) continue;
    console.log(relative(home, file));
    if (check) process.exitCode = 1;
    else writeFileSync(file, formatted);
  }
}
