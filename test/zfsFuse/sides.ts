// SPDX-License-Identifier: MIT
/**
 * @fileoverview The two sides of the tests with zfs-fuse: its daemon and commands, and our ZFS under Node, on disks that both see. A machine has one such
 * daemon at the most, so all tests with it are in one file's run, zfsFuse.test.ts.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fileDisk, loadZfs, type Zfs } from '../../toolchain/zfs/host.ts';
import { openZfs, unpackedPackage } from '../../tools/oracles.js';

export const LATEST = 0xffff_ffff_ffff_ffffn;
export const FILE = 0o100644n;
export const DIRECTORY = 0o40755n;

const root = process.getuid?.() === 0 && existsSync('/dev/fuse') ? unpackedPackage('zfs-fuse') : undefined;
export const hasZfsFuse = root !== undefined;
let base_: string;
let testFolder: string;
let daemon: ChildProcess | undefined;

/** Of all tests. */
export const base = (): string => base_;
/** Of one test: an import looks at all that is in it, and tests use the same names. */
export const folder = (): string => testFolder;

// ---- theirs

/** A command of zfs-fuse has to work: what it says. */
export const theirs = (name: string, ...words: string[]): string =>
  execFileSync(join(root as string, 'sbin', name), words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
/** The same for its zfs where streams go in or out. */
export const theirStream = (words: readonly string[], input?: Uint8Array): Buffer =>
  execFileSync(join(root as string, 'sbin/zfs'), words, { input, maxBuffer: 1 << 28, stdio: 'pipe' });

export async function startTheirs(): Promise<void> {
  if (!root) return;
  base_ = mkdtempSync(join(tmpdir(), 'zfs-fuse-'));
  daemon = spawn(join(root, 'sbin/zfs-fuse'), ['-n', '--enable-xattr'], { stdio: 'ignore' });
  // It has no way to say that it is ready but to answer.
  for (let tries = 0; tries < 100; tries++) {
    try {
      theirs('zpool', 'list');
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error('zfs-fuse does not answer');
}
export function endTheirs(): void {
  for (const pool of root ? ['fuse', 'ours'] : []) {
    // After a failed test one may be left, which would be there again the next time.
    try {
      theirs('zpool', 'export', '-f', pool);
    } catch {}
  }
  daemon?.kill();
  if (base_) rmSync(base_, { recursive: true });
}
/** Without a chance to do anything more. */
export async function killTheirs(): Promise<void> {
  daemon?.kill('SIGKILL');
  await new Promise((resolve) => daemon?.on('exit', resolve));
}
export function newFolder(): void {
  if (base_) testFolder = mkdtempSync(join(base_, 'test-'));
}
/** Their scrub of an imported pool finds nothing. */
export async function scrub(pool: string): Promise<void> {
  theirs('zpool', 'scrub', pool);
  while (/in progress/.test(theirs('zpool', 'status', pool))) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(theirs('zpool', 'status', pool)).toMatch(/scrub completed .* with 0 errors[\s\S]*No known data errors/);
}
/** OpenZFS's zdb, where it is there, adds the blocks of an exported pool up. */
export function expectNoLeaks(pool: string): void {
  const zdb = openZfs();
  if (!zdb) return;
  const blocks = zdb('zdb', ['-e', '-p', testFolder, '-bcc', pool]);
  expect(blocks.output).toContain('No leaks (block sum matches space maps exactly)');
}

// ---- disks

/** Where a disk of the test is, for either side. */
export const disk = (name: string): string => join(testFolder, name);
export function newDisk(name: string, megabytes = 96): void {
  writeFileSync(disk(name), '');
  truncateSync(disk(name), megabytes << 20);
}

// ---- ours

export const ours = (...names: string[]): Promise<Zfs> => loadZfs(names.map((name) => fileDisk(disk(name), true)));
/** The pool is exported, the disks are closed. */
export function leave(zfs: Zfs): void {
  ok(zfs, 'exportPool');
  for (const file of zfs.disks) file.close();
}
export const said = (zfs: Zfs): string => zfs.guest.text(zfs.guest.call('answer') as number);
export function ok(zfs: Zfs, name: string, ...values: (number | bigint | string | Uint8Array)[]): number {
  const result = zfs.call(name, ...values);
  if (result < 0) throw new Error(`${name}(${values[0]}): ${result}`);
  return result;
}

export function makeFile(zfs: Zfs, path: string, content: Uint8Array): void {
  ok(zfs, 'makeFile', path, FILE, '');
  ok(zfs, 'writeFile', path, 0n, content);
}

export function contents(zfs: Zfs, path: string, size: number): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < size; at += 1 << 20) {
    const part = zfs.read('readFile', Math.min(1 << 20, size - at), path, BigInt(at));
    if (typeof part === 'number') throw new Error(`${path}: ${part}`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Every file below `path` of the chosen dataset must be what the host has below `host`. */
export function compare(zfs: Zfs, path: string, host: string): number {
  ok(zfs, 'listDirectory', path);
  const names = said(zfs).split('\n').filter(Boolean).sort();
  expect(names).toEqual(readdirSync(host).sort());
  let count = 0;
  for (const name of names) {
    const there = join(host, name);
    const here = `${path}/${name}`;
    ok(zfs, 'describe', here);
    const [mode, size, , target] = said(zfs).split(' ');
    if ((Number(mode) & 0xf000) === 0xa000) expect(target).toBe(readlinkSync(there));
    else if (statSync(there).isDirectory()) count += compare(zfs, here, there);
    else {
      expect(Number(size)).toBe(statSync(there).size);
      expect(contents(zfs, here, Number(size)).equals(readFileSync(there))).toBe(true);
    }
    count++;
  }
  return count;
}

export function takeStream(zfs: Zfs): Buffer {
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = zfs.read('take', 1 << 20);
    if (typeof part === 'number' || part.length === 0) return Buffer.concat(parts);
    parts.push(part);
  }
}
export function giveStream(zfs: Zfs, stream: Uint8Array): void {
  for (let at = 0; at < stream.length; at += 200_000) zfs.call('give', stream.subarray(at, at + 200_000));
}
/** zfs(8), ours; has to work. */
export function zfsCommand(zfs: Zfs, line: string): string {
  const status = zfs.call('command', `zfs ${line}`.split(' ').join('\n'));
  const [out, err] = said(zfs).split('\x01');
  expect([line, status, err]).toEqual([line, 0, '']);
  return out;
}
