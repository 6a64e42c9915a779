// SPDX-License-Identifier: MIT
/** @fileoverview For tests of commands: a pool in memory, commands by lines as one would type them, and zdb's verdict on what is left. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { loadZfs, memoryDisk, type Zfs, type ZfsOptions } from '../../toolchain/zfs/host.ts';
import { openZfs } from '../../tools/oracles.js';

const LATEST = 0xffff_ffff_ffff_ffffn;
const zdb = openZfs();
export const hasZdb = zdb !== undefined;

export interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export class Bench {
  readonly folder: string;
  private readonly bytes: Uint8Array;
  readonly path: string;

  private constructor(
    readonly zfs: Zfs,
    folder: string,
    bytes: Uint8Array,
  ) {
    this.folder = folder;
    this.bytes = bytes;
    this.path = join(folder, 'disk');
  }

  static async make(megabytes = 96, options: ZfsOptions = {}): Promise<Bench> {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-'));
    const bytes = new Uint8Array(megabytes << 20);
    return new Bench(await loadZfs([memoryDisk(join(folder, 'disk'), bytes)], options), folder, bytes);
  }
  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** Makes a new pool in place of what there was. */
  create(pool: string, version = 28n): void {
    this.bytes.fill(0);
    this.ok('createPoolOf', pool, version, this.path, 9);
  }
  /** Of all that is on the disk. */
  digest(): string {
    return createHash('sha256').update(this.bytes).digest('hex');
  }
  get said(): string {
    return this.zfs.guest.text(this.zfs.guest.call('answer') as number);
  }
  ok(name: string, ...values: (number | bigint | string | Uint8Array)[]): number {
    const result = this.zfs.call(name, ...values);
    if (result < 0) throw new Error(`${name}(${values[0]}): ${result}`);
    return result;
  }

  /** Words are separated by blanks; a word with blanks is given by itself. */
  run(line: string, ...more: string[]): Said {
    const status = this.zfs.call('command', [...line.split(' '), ...more].join('\n'));
    const [out, err] = this.said.split('\x01');
    return { status, out, err };
  }
  /** Has to work; its output. */
  zfsOut(line: string): string {
    const { status, out, err } = this.run(`zfs ${line}`);
    if (status !== 0) throw new Error(`zfs ${line}: ${status} ${err}`);
    return out;
  }

  write(dataset: string, name: string, contents: Uint8Array): void {
    this.ok('choose', dataset);
    if (this.zfs.call('describe', name) < 0) this.ok('makeFile', name, 0o100644n, '');
    else this.ok('truncate', name, 0n);
    for (let at = 0; at < contents.length; at += 1 << 20)
      this.ok('writeFile', name, BigInt(at), contents.subarray(at, at + (1 << 20)));
  }
  read(dataset: string, name: string): Buffer {
    this.ok('choose', dataset);
    this.ok('describe', name);
    const size = Number(this.said.split(' ')[1]);
    const parts: Uint8Array[] = [];
    for (let at = 0; at < size; at += 1 << 20) {
      const part = this.zfs.read('readFile', Math.min(1 << 20, size - at), name, BigInt(at));
      if (typeof part === 'number') throw new Error(`reading ${dataset}/${name}: ${part}`);
      parts.push(part);
    }
    return Buffer.concat(parts);
  }
  list(dataset: string): string[] {
    this.ok('choose', dataset);
    this.ok('listDirectory', '');
    return this.said.split('\n').filter(Boolean).sort();
  }

  /** Exports the pool and has zdb look at every block and object. */
  judge(pool: string): void {
    this.ok('exportPool');
    if (!zdb) return;
    const disks = join(this.folder, 'judged');
    mkdirSync(disks, { recursive: true });
    writeFileSync(join(disks, 'disk'), this.bytes);
    const blocks = zdb('zdb', ['-e', '-p', disks, '-bcc', pool]);
    expect(blocks.output).toContain('No leaks (block sum matches space maps exactly)');
    expect(blocks.status).toBe(0);
    const objects = zdb('zdb', ['-e', '-p', disks, '-dddd', pool]);
    expect(objects.output.slice(-2000)).not.toMatch(/leaked|ASSERT/);
    expect(objects.status).toBe(0);
  }
  /** What zdb shows of a pool that has been synced, or exported. */
  shown(...words: string[]): string {
    if (!zdb) throw new Error('no zdb');
    const disks = join(this.folder, 'judged');
    mkdirSync(disks, { recursive: true });
    writeFileSync(join(disks, 'disk'), this.bytes);
    const { status, output } = zdb('zdb', ['-e', '-p', disks, ...words]);
    expect(`${status} ${status === 0 ? '' : output}`).toBe('0 ');
    return output;
  }
  import(): void {
    this.ok('search', this.path);
    this.ok('importFound', 0, 1, LATEST);
  }

  /** What a command wrote as a stream. */
  takeStream(): Buffer {
    const parts: Uint8Array[] = [];
    for (;;) {
      const part = this.zfs.read('take', 1 << 20);
      if (typeof part === 'number' || part.length === 0) return Buffer.concat(parts);
      parts.push(part);
    }
  }
  giveStream(bytes: Uint8Array): void {
    this.zfs.call('forgetGiven');
    for (let at = 0; at < bytes.length; at += 100_000) this.zfs.call('give', bytes.subarray(at, at + 100_000));
  }
}
