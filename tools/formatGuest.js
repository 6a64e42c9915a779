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
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDERS = ['guest-os', 'zfs', 'zones', 'crossbow', 'dtrace', 'kvm'];
const RUNTIME = ['shared', 'kernel', 'user'].map((folder) => `toolchain/runtime/${folder}`);

/** Decorators at the start of a statement that is no class. */
const DECORATED = /^((?:@\w+(?:\([^)\n]*\))?[ \t]+)+)(?=(?:export|declare|function|let|const|var)\b(?!.*\bclass\b))/gm;
const DECORATOR = /@\w+(?:\([^)\n]*\))?/g;
const HIDDEN = /\/\*(@\w+(?:\([^)\n]*\))?)\*\//g;

/**
 * One process of Biome for all of them, in a folder of their own, since the tree's settings leave guest code out.
 * @param {readonly string[]} texts
 * @returns {string[]} the texts as they should be, in the same order
 */
export function formatGuest(texts) {
  const folder = mkdtempSync(join(tmpdir(), 'format-'));
  try {
    const { files: _, ...settings } = JSON.parse(readFileSync(join(home, 'biome.json'), 'utf8'));
    delete settings.$schema;
    writeFileSync(join(folder, 'biome.json'), JSON.stringify({ root: true, ...settings }));
    const hide = (/** @type {string} */ decorators) => decorators.replace(DECORATOR, (decorator) => `/*${decorator}*/`);
    texts.forEach((text, index) => {
      writeFileSync(join(folder, `${index}.ts`), text.replace(DECORATED, hide));
    });
    const biome = join(home, 'node_modules/.bin/biome');
    const { status, stderr } = spawnSync(biome, ['format', '--write', '.'], { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return texts.map((_, index) => readFileSync(join(folder, `${index}.ts`), 'utf8').replace(HIDDEN, '$1'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
  const files = named.length ? named : guestFiles();
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  formatGuest(texts).forEach((formatted, index) => {
    if (formatted === texts[index]) return;
    console.log(relative(home, files[index]));
    if (check) process.exitCode = 1;
    else writeFileSync(files[index], formatted);
  });
}
