// SPDX-License-Identifier: MIT
/** @fileoverview Our operating system for tests: built once, logged in to as root, commands typed one after the other at its prompt. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../toolchain/asc/root.ts';
import { build } from '../../toolchain/build/main.ts';
import { haveOracles } from '../../tools/oracles.js';
import type { System } from './guestTests.ts';

export const LOGIN = /login: $/;
export const PROMPT = /\[root@\S+ \S+\]# $/;

export interface Image extends System {
  readonly directory: string;
  remove(): void;
}

export async function buildImage(): Promise<Image> {
  const directory = mkdtempSync(join(tmpdir(), 'os-'));
  await build({ output: directory, report: () => undefined });
  return {
    directory,
    kernel: join(directory, 'platform/i86pc/kernel/amd64/unix'),
    archive: join(directory, 'platform/i86pc/amd64/boot_archive'),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/** What each command prints. */
export interface Session {
  readonly outputs: string[];
  /** Everything before the first prompt of the shell. */
  readonly banner: string;
  readonly status: number | null;
}

/** A line is edited by the terminal, not by the shell: what comes back is its echo and nothing else. */
const QUIET = 'set +o emacs';
/** Ends the session without waiting for services. */
const END = 'uadmin 2 6';

export function qemu(image: Image, boot?: readonly string[], options: readonly string[] = []): ChildProcess {
  const serial = ['-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot', '-device', 'pvpanic'];
  const files = boot ?? ['-kernel', image.kernel, '-initrd', image.archive, '-append', 'console=ttya'];
  const system = ['-accel', 'tcg', '-m', '256', ...files];
  return spawn('qemu-system-x86_64', [...system, ...serial, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** `options`: further ones of QEMU. */
export function typeOnQemu(
  image: Image,
  commands: readonly string[],
  boot?: readonly string[],
  options?: readonly string[],
): Promise<Session> {
  const child = qemu(image, boot, options);
  const outputs: string[] = [];
  let text = '';
  let banner = '';
  const rest = ['root', QUIET, ...commands, END];
  let typed = 0;
  const timer = setTimeout(() => child.kill('SIGKILL'), 240_000);
  child.stdout?.on('data', (data: Buffer) => {
    text += data.toString('latin1').replaceAll('\r', '');
    if (!(typed === 0 ? LOGIN : PROMPT).test(text)) return;
    // The echo of what was typed comes first, the prompt last.
    if (typed <= 1) banner += text;
    else outputs.push(text.slice(text.indexOf('\n') + 1).replace(PROMPT, ''));
    text = '';
    const next = rest[typed++];
    if (next !== undefined) child.stdin?.write(`${next}\n`);
  });
  return new Promise((resolve) => {
    child.on('exit', (status) => {
      clearTimeout(timer);
      // The first is that of QUIET.
      resolve({ outputs: outputs.slice(1), banner: (banner || text).replace(PROMPT, ''), status });
    });
  });
}

/** `more`: further options of `./diorama run`; `seconds`: how long it may take. */
export function typeOnOurs(
  image: System,
  commands: readonly string[],
  more: readonly string[] = [],
  seconds = 240,
): Promise<Session> {
  const typed = [QUIET, ...commands, END].flatMap((command) => ['--expect', '\\]# $', '--send', command]);
  const system = ['--kernel', image.kernel, '--initrd', image.archive, '--append', 'console=ttya', '--memory', '256M'];
  const options = [...system, ...more, '--timeout', String(seconds), '--expect', 'login: $', '--send', 'root', ...typed];
  const child = spawn(process.execPath, [join(projectRoot(), 'tools/diorama.js'), 'run', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString('latin1');
  });
  return new Promise((resolve) => {
    child.on('exit', (status) => {
      const [banner, ...parts] = stdout.replaceAll('\r', '').split(/\[root@\S+ \S+\]# /);
      resolve({ outputs: parts.map((part) => part.slice(part.indexOf('\n') + 1)).slice(1, commands.length + 1), banner, status });
    });
  });
}

/** A new disk of QEMU's on which the system makes its pool: its file, and QEMU's options for it. */
export function poolDrive(image: Image, mebibytes: number): { readonly file: string; readonly options: string[] } {
  const folder = join(image.directory, 'disks');
  mkdirSync(folder);
  const file = join(folder, 'disk');
  writeFileSync(file, '');
  truncateSync(file, mebibytes << 20);
  const drive = `file=${file},format=raw,if=none,id=pool`;
  return { file, options: ['-drive', drive, '-device', 'virtio-blk-pci,drive=pool,serial=pool'] };
}

/** Where tests type: a name, how, and whether it is there. */
export const MACHINES = [
  ['our machine', typeOnOurs, true],
  ['QEMU', typeOnQemu, haveOracles('qemu-system-x86_64')],
] as const;

/** Both machines, with an empty disk on which the system makes its pool: name, how commands are typed, whether it is there. */
export const MACHINES_WITH_POOL = [
  [
    'our machine',
    (image: Image, commands: readonly string[]) => typeOnOurs(image, commands, ['--disk', 'mem:512M:pool'], 1200),
    true,
  ],
  [
    'QEMU',
    (image: Image, commands: readonly string[]) => typeOnQemu(image, commands, undefined, poolDrive(image, 512).options),
    haveOracles('qemu-system-x86_64'),
  ],
] as const;

/** A CD that GRUB boots the system from, by multiboot2. */
export function makeCd(image: Image): string {
  const tree = join(image.directory, 'cd');
  mkdirSync(join(tree, 'boot/grub'), { recursive: true });
  const menu = ['set timeout=0', 'menuentry diorama {', '  multiboot2 /unix console=ttya', '  module2 /boot_archive', '}', ''];
  writeFileSync(join(tree, 'boot/grub/grub.cfg'), menu.join('\n'));
  for (const file of [image.kernel, image.archive]) spawnSync('cp', [file, tree]);
  const cd = join(image.directory, 'cd.iso');
  const made = spawnSync('grub-mkrescue', ['-o', cd, tree], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  return cd;
}
