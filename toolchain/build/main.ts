// SPDX-License-Identifier: MIT
/**
 * @fileoverview Builds all guest programs: `./diorama build` without the page.
 *
 * What there is to build follows from the tree: kernels are named here, a program is every file guest-os/cmd/NAME.ts and every folder
 * there (toolchain/registry/commands.ts), so a command is added by adding its file. Each is compiled, translated and linked if anything that it was made
 * from has changed; images are written only if they differ. Nothing but Node and npm packages takes part.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, pruneCache, writeAtomically } from '../asc/cache.ts';
import { CompileError, digest, type Optimize } from '../asc/compile.ts';
import { writeForEditors } from '../asc/libraries.ts';
import { projectRoot } from '../asc/root.ts';
import type { BuildStamp } from '../image/image.ts';
import { LinkError } from '../link/link.ts';
import { multiCallEntry } from '../registry/sources.ts';
import { platformArchive } from './platform.ts';
import { buildProgram, type Program } from './program.ts';

export interface BuildOptions {
  /** Project whose guest-os is built; default: this one. */
  readonly root?: string;
  /** Default: dist in the project. */
  readonly output?: string;
  readonly cache?: string;
  /** `release` takes longer, inlines more, and shows fewer frames. */
  readonly optimize?: Optimize;
  /** Told of what happens, one line each; default: standard error. */
  readonly report?: (line: string) => void;
}

export interface BuildResult {
  /** Images by path below the output. */
  readonly images: readonly string[];
  /** Those that were made anew. */
  readonly rebuilt: readonly string[];
  readonly warnings: readonly string[];
}

/** Guest source that cannot be built: every message, one a line. */
export class BuildError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    // The name by which ./diorama knows that this is not a fault of its own.
    this.name = 'UsageError';
  }
}

interface Target extends Program {
  /** Below the output. */
  readonly path: string;
}

const KERNELS: readonly Target[] = [
  { name: 'hello kernel', target: 'kernel', entry: 'guest-os/hello/kernel.ts', path: 'guest/hello/unix' },
  {
    name: 'unix',
    target: 'kernel',
    entry: 'guest-os/boot/unix.ts',
    path: 'platform/i86pc/kernel/amd64/unix',
    heapBytes: 16 << 20,
  },
];
/** Made of the commands, where there is the kernel that boots it. */
const ARCHIVE = 'platform/i86pc/amd64/boot_archive';

export async function build(options: BuildOptions = {}): Promise<BuildResult> {
  const root = options.root ?? projectRoot();
  const output = options.output ?? join(root, 'dist');
  const report = options.report ?? ((line) => console.error(line));
  const stamp = buildStamp(root);
  const toolchain = toolchainDigest();
  const targets = findTargets(root);
  refreshEditors(toolchain, options.cache ?? cacheDirectory());

  const rebuilt: string[] = [];
  const warnings = new Set<string>();
  const problems: string[] = [];
  const programs = new Map<string, Uint8Array>();
  for (const [index, target] of targets.entries()) {
    const started = Date.now();
    try {
      const { optimize, cache } = options;
      const built = await buildProgram(target, { root, optimize, cache, stamp, toolchain });
      for (const warning of built.warnings) warnings.add(warning);
      if (target.target === 'user') programs.set(target.name, built.image);
      const path = join(output, target.path);
      if (!built.fresh && existsSync(path) && readFileSync(path).equals(built.image)) continue;
      mkdirSync(dirname(path), { recursive: true });
      writeAtomically(path, built.image, 0o755);
      rebuilt.push(target.path);
      const size = `${Math.ceil(built.image.length / 1024)} KiB`;
      report(`[${index + 1}/${targets.length}] ${target.path}, ${size}, ${((Date.now() - started) / 1000).toFixed(1)} s`);
    } catch (error) {
      if (!(error instanceof CompileError || error instanceof LinkError)) throw error;
      problems.push(error instanceof LinkError ? `${target.entry}: ${error.message}` : error.message);
    }
  }
  removeStale(output, targets);
  const images = targets.map(({ path }) => path);
  if (existsSync(join(root, 'guest-os/boot/unix.ts')) && problems.length === 0) {
    images.push(ARCHIVE);
    if (writeIfChanged(join(output, ARCHIVE), await platformArchive(root, programs, stamp))) rebuilt.push(ARCHIVE);
  }
  if (rebuilt.length) pruneCache(options.cache ?? cacheDirectory());
  for (const warning of warnings) report(warning);
  if (problems.length) throw new BuildError([...new Set(problems.flatMap((problem) => problem.split('\n')))]);
  return { images, rebuilt, warnings: [...warnings] };
}

function writeIfChanged(path: string, content: Uint8Array): boolean {
  if (existsSync(path) && readFileSync(path).equals(content)) return false;
  mkdirSync(dirname(path), { recursive: true });
  writeAtomically(path, content);
  return true;
}

function findTargets(root: string): Target[] {
  const kernels = KERNELS.filter(({ entry }) => existsSync(join(root, entry)));
  const folder = join(root, 'guest-os/cmd');
  const found = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const commands = found.flatMap((file): Target[] => {
    const name = file.name.replace(/\.ts$/, '');
    const path = `guest/cmd/${name}`;
    if (file.isFile() && /^[\w-]+\.ts$/.test(file.name))
      return [{ name, target: 'user', entry: `guest-os/cmd/${file.name}`, path }];
    return file.isDirectory() ? [{ name, target: 'user', entry: multiCallEntry(file.name), path }] : [];
  });
  return [...kernels, ...commands.sort((a, b) => (a.name < b.name ? -1 : 1))];
}

/** Images of commands whose source is gone. */
function removeStale(output: string, targets: readonly Target[]): void {
  const folder = join(output, 'guest/cmd');
  if (!existsSync(folder)) return;
  const wanted = new Set(targets.map(({ path }) => path));
  for (const file of readdirSync(folder)) if (!wanted.has(`guest/cmd/${file}`)) rmSync(join(folder, file));
}

/** The time of the commit that is checked out: the same sources give the same images. Without git there is none: 1970. */
function buildStamp(root: string): BuildStamp {
  let time = Number(process.env.SOURCE_DATE_EPOCH ?? 0);
  if (!process.env.SOURCE_DATE_EPOCH) {
    try {
      time = Number(
        execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
      );
    } catch {
      time = 0;
    }
  }
  const name = new Date(time * 1000).toISOString().replace(/[-:]|\.\d+/g, '');
  return { name: `diorama_${name}`, time };
}

/** Digest of the running bundle; of nothing when run from source, where images are not taken from the cache. */
function toolchainDigest(): string | undefined {
  const own = fileURLToPath(import.meta.url);
  if (own.endsWith('.ts')) return undefined;
  const folder = dirname(own);
  const files = readdirSync(folder).filter((file) => file.endsWith('.js'));
  return digest(
    files
      .sort()
      .map((file) => digest(readFileSync(join(folder, file))))
      .join(),
  );
}

/** Editors read copies of the generated declarations; they change only with the toolchain. */
function refreshEditors(toolchain: string | undefined, cache: string): void {
  const mark = join(cache, 'editors');
  if (toolchain && existsSync(mark) && readFileSync(mark, 'utf8') === toolchain) return;
  writeForEditors(projectRoot());
  mkdirSync(cache, { recursive: true });
  writeAtomically(mark, toolchain ?? '');
}
