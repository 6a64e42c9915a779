// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview Other people's programs that tests are judged by, all from Debian: the one list of them, and how to get them.
 *
 * A program that is missing is installed where that is possible (root and apt-get); where it is not, the test that wants it skips,
 * except in CI (environment variable CI), where a missing oracle is a failure. Kernels are not installed but unpacked into
 * .cache/oracles, since installing one runs hooks that want a boot loader.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Command, or file where there is no command, to the package that has it. */
export const packages = {
  'qemu-system-x86_64': 'qemu-system-x86',
  nasm: 'nasm',
  gcc: 'gcc',
  '/usr/lib/gcc/x86_64-linux-gnu/12/32/libgcc.a': 'gcc-multilib',
  gdb: 'gdb',
  iasl: 'acpica-tools',
  dmidecode: 'dmidecode',
  busybox: 'busybox-static',
  chromium: 'chromium',
  cpio: 'cpio',
  patch: 'patch',
  'grub-mkrescue': 'grub-common',
  'grub-fstest': 'grub-common',
  '/usr/lib/grub/i386-pc/multiboot2.mod': 'grub-pc-bin',
  xorriso: 'xorriso',
  bash: 'bash',
  dash: 'dash',
  xmllint: 'libxml2-utils',
  '/usr/share/seabios/vgabios.bin': 'seabios',
};

const cache = fileURLToPath(new URL('../.cache/oracles/', import.meta.url));
const CAN_INSTALL = process.getuid?.() === 0 && onPath('apt-get');

/** @param {string} command */
function onPath(command) {
  if (command.startsWith('/')) return existsSync(command);
  return (process.env.PATH ?? '').split(':').some((directory) => directory !== '' && existsSync(join(directory, command)));
}

/**
 * Makes sure that all `commands` can be run. False where they cannot be had; throws instead in CI.
 * @param {(keyof typeof packages)[]} commands
 * @returns {boolean}
 */
export function haveOracles(...commands) {
  const missing = commands.filter((command) => !onPath(command));
  if (missing.length === 0) return true;
  if (CAN_INSTALL) install([...new Set(missing.map((command) => packages[command]))]);
  const absent = commands.filter((command) => !onPath(command));
  if (absent.length === 0) return true;
  return unavailable(`${absent.join(', ')} (${absent.map((command) => packages[command]).join(', ')})`);
}

/**
 * Debian's kernel for amd64, or for i386 with PAE: the image, and the tree that holds lib/modules. Undefined where it cannot be had.
 * @param {'amd64' | '686-pae'} [flavour]
 * @returns {{ image: string, root: string, version: string } | undefined}
 */
export function debianKernel(flavour = 'amd64') {
  const empty = flavour === 'amd64' ? 'linux-image-amd64' : `linux-image-${flavour}:i386`;
  // It only depends on the current kernel.
  const root = unpackedPackage(`linux-${flavour}`, () => {
    const { stdout } = spawnSync('apt-cache', ['depends', empty], { encoding: 'utf8' });
    return /Depends: (linux-image-\S+)/.exec(stdout ?? '')?.[1];
  });
  if (!root) return undefined;
  const name = readdirSync(join(root, 'boot')).find((file) => file.startsWith('vmlinuz-'));
  if (!name) throw new Error(`no kernel in ${root}; remove it to fetch it again`);
  return { image: join(root, 'boot', name), root, version: name.slice('vmlinuz-'.length) };
}

/**
 * A package's files, unpacked and not installed: the folder, or undefined where it cannot be had. `resolve` finds the package's name,
 * which with `:i386` is one of that architecture.
 * @param {string} folder Name in the cache.
 * @param {() => string | undefined} [resolve]
 * @returns {string | undefined}
 */
export function unpackedPackage(folder, resolve = () => folder) {
  const root = join(cache, folder.replace(':', '-'));
  return existsSync(root) || fetchPackage(root, folder, resolve) ? root : undefined;
}

/**
 * At its end zdb spins until what it has read ahead is a second old, or six: the ARC lets go of nothing younger. Variables of libzpool can be set once
 * the library is found without its version, as packages for development have it.
 */
const SOONER = ['-o', 'zfs_arc_min_prefetch_ms=1', '-o', 'zfs_arc_min_prescient_prefetch_ms=1'];
const OPENZFS = ['libnvpair3linux', 'libuutil3linux', 'libzfs4linux', 'libzpool5linux', 'zfsutils-linux', 'zfs-test'];

/**
 * OpenZFS's programs (zdb, zstream, zhack, ztest): a function that runs one of them. They come from Debian's component contrib, which
 * need not be enabled here: apt gets lists of its own for them. Undefined where they cannot be had.
 * @returns {((command: string, parameters: string[], options?: import('node:child_process').SpawnSyncOptions)
 *   => { status: number | null, output: string }) | undefined}
 */
export function openZfs() {
  const root = join(cache, 'openzfs');
  if (!existsSync(root) && !fetchContrib(root, OPENZFS)) return undefined;
  const libraries = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'].map((folder) => join(root, folder)).join(':');
  const unversioned = join(root, 'lib/x86_64-linux-gnu/libzpool.so');
  try {
    if (!existsSync(unversioned)) symlinkSync('libzpool.so.5', unversioned);
  } catch (error) {
    // Another test file may have been faster.
    if (!existsSync(unversioned)) throw error;
  }
  return (command, parameters, options) => {
    const path = ['sbin', 'usr/sbin', 'usr/bin'].map((folder) => join(root, folder, command)).find((file) => existsSync(file));
    if (!path) throw new Error(`OpenZFS has no ${command}`);
    const environment = { ...process.env, ...options?.env, LD_LIBRARY_PATH: libraries };
    const words = command === 'zdb' ? [...SOONER, ...parameters] : parameters;
    const { status, stdout, stderr } = spawnSync(path, words, {
      maxBuffer: 256 << 20,
      ...options,
      encoding: 'utf8',
      env: environment,
    });
    return { status, output: `${stdout}${stderr}` };
  };
}

/**
 * Unpacks packages of the component contrib of whatever mirrors apt uses for main.
 * @param {string} root
 * @param {string[]} names
 */
function fetchContrib(root, names) {
  if (!onPath('apt-get') || !onPath('dpkg-deb')) return unavailable(names.join(' '));
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    const parts = join(work, 'parts');
    mkdirSync(join(work, 'lists/partial'), { recursive: true });
    mkdirSync(parts);
    mkdirSync(join(work, 'debs'));
    const folder = '/etc/apt/sources.list.d';
    const files = existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : [];
    for (const [index, file] of [...files, '/etc/apt/sources.list'].entries()) {
      if (!existsSync(file) || !/\.(sources|list)$/.test(file)) continue;
      const text = readFileSync(file, 'utf8').replace(/\bmain\b/g, 'main contrib');
      writeFileSync(join(parts, `${index}${file.endsWith('.sources') ? '.sources' : '.list'}`), text);
    }
    const settings = {
      'Dir::Etc::sourcelist': '/dev/null',
      'Dir::Etc::sourceparts': parts,
      'Dir::State::lists': join(work, 'lists'),
    };
    const options = Object.entries({ ...settings, 'APT::Sandbox::User': 'root' }).flatMap(([key, value]) => [
      '-o',
      `${key}=${value}`,
    ]);
    // One bad index among several makes it fail, and what is wanted may be in the others.
    spawnSync('apt-get', [...options, 'update'], { stdio: 'ignore' });
    run('apt-get', [...options, 'download', ...names], join(work, 'debs'));
    const archives = readdirSync(join(work, 'debs'));
    if (archives.length < names.length) return unavailable(names.join(' '));
    for (const archive of archives) run('dpkg-deb', ['-x', join(work, 'debs', archive), join(work, 'tree')]);
    renameSync(join(work, 'tree'), root);
    return true;
  } catch (error) {
    if (existsSync(root)) return true;
    return unavailable(`${names.join(' ')}: ${/** @type {Error} */ (error).message.split('\n')[0]}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * @param {string} root
 * @param {string} what
 * @param {() => string | undefined} resolve
 */
function fetchPackage(root, what, resolve) {
  if (!onPath('apt-get') || !onPath('dpkg-deb')) return unavailable(what);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    if (!isKnown(resolve()) && CAN_INSTALL) {
      run('dpkg', ['--add-architecture', 'i386']);
      // Fails as a whole if a single index cannot be had, maybe one that nobody here wants.
      spawnSync('apt-get', ['update'], { stdio: 'ignore' });
    }
    const name = resolve();
    if (!name) return unavailable(what);
    // The sandbox user of apt cannot write into our directory.
    run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', name], work);
    const archive = readdirSync(work).find((file) => file.endsWith('.deb'));
    if (!archive) return unavailable(`the package ${name}`);
    run('dpkg-deb', ['-x', join(work, archive), join(work, 'tree')]);
    renameSync(join(work, 'tree'), root);
    return true;
  } catch (error) {
    // Another test file may have been faster.
    if (existsSync(root)) return true;
    return unavailable(`${what}: ${/** @type {Error} */ (error).message.split('\n')[0]}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @param {string | undefined} name */
function isKnown(name) {
  return name !== undefined && spawnSync('apt-cache', ['show', name], { stdio: 'ignore' }).status === 0;
}

/** @param {string[]} names */
function install(names) {
  console.error(`installing ${names.join(' ')} for the tests`);
  // Several test files may want to install at once: wait for the lock instead of failing.
  const options = ['-o', 'DPkg::Lock::Timeout=300', '-qq', '-y', '--no-install-recommends'];
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const attempt = () =>
    spawnSync('apt-get', ['install', ...options, ...names], { stdio: 'ignore', env: environment }).status === 0;
  if (attempt()) return;
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
  attempt();
}

/**
 * @param {string} command
 * @param {string[]} parameters
 * @param {string} [directory]
 */
function run(command, parameters, directory) {
  execFileSync(command, parameters, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
}

/**
 * @param {string} what
 * @returns {false}
 */
function unavailable(what) {
  if (process.env.CI) throw new Error(`missing in CI: ${what}`);
  console.error(`not available here: ${what}; tests that need it are skipped`);
  return false;
}
