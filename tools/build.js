// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview Builds what runs: dist/interp (the generated interpreter), dist/node (command line and library), dist/toolchain (the compiler of guest programs), dist/web
 * (the page), and with the toolchain dist/guest (kernels and commands).
 *
 * Each target is built when the content of its sources has changed: the hash of the last build lies beside its output. So an
 * up-to-date tree costs little more than reading the sources, and Vite is not even loaded.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const home = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {string} output Folder under dist.
 * @property {string[]} sources Files and folders that the result depends on.
 * @property {() => import('vite').InlineConfig} config
 * @property {(folder: string) => Promise<void>} [afterwards] Works on what has been bundled.
 */

/**
 * What runs in Node, readable.
 * @param {Record<string, string>} files by names of what they become
 * @returns {import('vite').InlineConfig}
 */
function forNode(files, sourcemap = true) {
  return {
    build: {
      ssr: true,
      target: 'node20',
      minify: false,
      sourcemap,
      rollupOptions: { input: entries(files), output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' } },
    },
  };
}

/** @type {Target} */
const nodeTarget = {
  name: 'command line and library',
  output: 'node',
  sources: ['emulator', 'package-lock.json', 'tools/build.js'],
  config: () =>
    forNode(
      Object.fromEntries(
        ['cli', 'library', 'options', 'vitest', 'playwright', 'workshopThread'].map((name) => [name, `emulator/host/${name}.ts`]),
      ),
    ),
};

/** Generates the interpreter and stores it; what bundles a machine needs it. @type {Target} */
const interpreterTarget = {
  name: 'interpreter',
  output: 'interp',
  sources: [
    ...['decode', 'interp', 'ir', 'isa', 'wasm'].map((name) => `emulator/${name}`),
    'emulator/machine/storedInterpreter.ts',
    'emulator/host/generateInterpreter.ts',
    'package-lock.json',
    'tools/build.js',
  ],
  config: () => forNode({ generate: 'emulator/host/generateInterpreter.ts' }, false),
  async afterwards(folder) {
    const { interpreterToStore } = await import(pathToFileURL(join(folder, 'generate.js')).href);
    const { wasm, description } = interpreterToStore();
    writeFileSync(join(folder, 'interpreter.wasm'), wasm);
    writeFileSync(join(folder, 'interpreter.json'), description);
  },
};

/** @type {Target} */
const toolchainTarget = {
  name: 'toolchain',
  output: 'toolchain',
  sources: ['toolchain', 'package-lock.json', 'tools/build.js'],
  config: () => forNode({ build: 'toolchain/build/main.ts' }),
};

/**
 * Scripts of the page most of whose functions are called when it opens. Chromium compiles these functions while the script arrives, on another thread
 * than the page's (its explicit compile hints), instead of each when it is first called; other browsers see a comment.
 */
const COMPILED_AT_ONCE = new Set(['terminal']);

/** The page, with our own system beside it, and the list of files that makes it work without a network. @type {Target} */
const webTarget = {
  name: 'page',
  output: 'web',
  sources: ['emulator', 'web', 'dist/platform', 'package-lock.json', 'tools/build.js'],
  config: () => ({
    root: join(home, 'web/page'),
    publicDir: join(home, 'web/public'),
    base: './',
    build: {
      target: 'es2023',
      sourcemap: true,
      // Icons stay files: the page's policy allows no others.
      assetsInlineLimit: 0,
      rollupOptions: {
        input: { index: join(home, 'web/page/index.html'), sw: join(home, 'web/page/sw.ts') },
        output: {
          entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
          postBanner: (chunk) => (COMPILED_AT_ONCE.has(chunk.name) ? '//# allFunctionsCalledOnLoad' : ''),
        },
      },
    },
    define: { BUILD: JSON.stringify('@build@') },
    worker: { format: 'es' },
  }),
  async afterwards(folder) {
    if (existsSync(join(home, 'dist/platform')))
      cpSync(join(home, 'dist/platform'), join(folder, 'platform'), { recursive: true });
    const files = filesOf(folder).filter((file) => !file.endsWith('.map') && file !== 'sw.js');
    writeFileSync(join(folder, 'files.json'), JSON.stringify(files));
    const hash = createHash('sha256');
    for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(folder, file)));
    const worker = join(folder, 'sw.js');
    writeFileSync(worker, readFileSync(worker, 'utf8').replace('@build@', hash.digest('hex').slice(0, 16)));
  },
};

/**
 * Paths in a folder, with slashes, in order.
 * @param {string} folder
 * @returns {string[]}
 */
function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

export async function buildNode() {
  await bringUpToDate(interpreterTarget);
  await bringUpToDate(nodeTarget);
}

export async function buildWeb() {
  await bringUpToDate(interpreterTarget);
  await buildGuest();
  await bringUpToDate(webTarget);
}

/** Kernels and commands, compiled by the toolchain, which tells what it rebuilds. */
export async function buildGuest() {
  await bringUpToDate(toolchainTarget);
  // The bundle does not exist when this file is type-checked.
  const bundle = new URL('../dist/toolchain/build.js', import.meta.url).href;
  const { build } = await import(bundle);
  await build();
}

export async function buildAll() {
  await buildNode();
  await buildGuest();
  await bringUpToDate(webTarget);
}

export function hasPage() {
  return existsSync(join(home, 'web/page/index.html'));
}

/** @param {Target} target */
async function bringUpToDate(target) {
  const folder = join(home, 'dist', target.output);
  const stamp = join(folder, '.sources');
  const hash = hashSources(target.sources);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;

  const started = Date.now();
  // Beside its place, then moved there: whoever starts meanwhile finds the old build or the new one, never half of one.
  const fresh = `${folder}.${process.pid}`;
  const { build } = await import('vite');
  const config = target.config();
  try {
    await build({
      configFile: false,
      root: home,
      logLevel: 'warn',
      ...config,
      build: { ...config.build, outDir: fresh, emptyOutDir: true },
    });
    await target.afterwards?.(fresh);
    writeFileSync(join(fresh, '.sources'), hash);
    putInPlace(fresh, folder, hash);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  console.error(`built ${target.name} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/**
 * Moves a finished build to where it is used, unless somebody else has put the same there meanwhile: others may be reading that.
 * @param {string} fresh
 * @param {string} folder
 * @param {string} hash
 */
function putInPlace(fresh, folder, hash) {
  const stamp = join(folder, '.sources');
  const isThere = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  if (isThere()) return;
  const old = `${fresh}.old`;
  try {
    if (existsSync(folder)) renameSync(folder, old);
    renameSync(fresh, folder);
  } catch (error) {
    if (!isThere()) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

/** @param {string[]} sources */
function hashSources(sources) {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of filesBelow(source))
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(home, file)))
        .update('\0');
  }
  return hash.digest('hex');
}

/**
 * Files in a stable order; tests do not count.
 * @param {string} path
 * @returns {string[]}
 */
function filesBelow(path) {
  const full = join(home, path);
  if (!existsSync(full)) return [];
  /** @type {import('node:fs').Dirent[]} */
  let listing;
  try {
    listing = readdirSync(full, { withFileTypes: true });
  } catch {
    return [path];
  }
  listing.sort((a, b) => (a.name < b.name ? -1 : 1));
  return listing.flatMap((entry) => {
    if (entry.isDirectory()) return filesBelow(`${path}/${entry.name}`);
    return entry.name.endsWith('.test.ts') ? [] : [`${path}/${entry.name}`];
  });
}

/**
 * Entry points that exist, by name.
 * @param {{ [name: string]: string }} files
 */
function entries(files) {
  return Object.fromEntries(
    Object.entries(files)
      .filter(([, file]) => existsSync(join(home, file)))
      .map(([name, file]) => [name, join(home, file)]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
