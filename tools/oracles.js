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
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Command, or file where there is no command, to the package that has it. */
export const packages = {
  'qemu-system-x86_64': 'qemu-system-x86',
  nasm: 'nasm',
  gcc: 'gcc',
  gdb: 'gdb',
  iasl: 'acpica-tools',
  dmidecode: 'dmidecode',
  busybox: 'busybox-static',
  chromium: 'chromium',
  cpio: 'cpio',
  'grub-mkrescue': 'grub-common',
  '/usr/lib/grub/i386-pc/multiboot2.mod': 'grub-pc-bin',
  xorriso: 'xorriso',
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
 * Debian's kernel for amd64: the image, and the tree that holds lib/modules. Undefined where it cannot be had.
 * @returns {{ image: string, root: string, version: string } | undefined}
 */
export function debianKernel() {
  const root = join(cache, 'linux-amd64');
  if (!existsSync(root) && !fetchKernel(root)) return undefined;
  const name = readdirSync(join(root, 'boot')).find((file) => file.startsWith('vmlinuz-'));
  if (!name) throw new Error(`no kernel in ${root}; remove it to fetch it again`);
  return { image: join(root, 'boot', name), root, version: name.slice('vmlinuz-'.length) };
}

/** @param {string} root */
function fetchKernel(root) {
  if (!onPath('apt-get') || !onPath('dpkg-deb')) return unavailable('the Debian kernel (linux-image-amd64)');
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    // linux-image-amd64 is an empty package that depends on the current kernel.
    if (!kernelPackage() && CAN_INSTALL) run('apt-get', ['update']);
    const name = kernelPackage();
    if (!name) return unavailable('the Debian kernel (linux-image-amd64)');
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
    return unavailable(`the Debian kernel: ${/** @type {Error} */ (error).message.split('\n')[0]}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function kernelPackage() {
  const { stdout } = spawnSync('apt-cache', ['depends', 'linux-image-amd64'], { encoding: 'utf8' });
  return /Depends: (linux-image-\S+)/.exec(stdout ?? '')?.[1];
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
