// SPDX-License-Identifier: MIT
/**
 * Pools that zfs-fuse makes are read here, and changed; then zfs-fuse reads them again, and one that was made here. Both sides have to see
 * every file as it was written. Needs root and FUSE.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { randomFrom } from '../../test/crash/load.ts';
import { testSeed } from '../../test/support/seed.ts';
import { projectRoot } from '../../toolchain/asc/root.ts';
import { fileDisk, loadZfs, type Zfs } from '../../toolchain/zfs/host.ts';
import { openZfs, unpackedPackage } from '../../tools/oracles.js';

const LATEST = 0xffff_ffff_ffff_ffffn;
const FILE = 0o100644n;
const DIRECTORY = 0o40755n;

const root = process.getuid?.() === 0 && existsSync('/dev/fuse') ? unpackedPackage('zfs-fuse') : undefined;
let base: string;
/** Of one test: an import looks at all that is in it, and tests use the same names. */
let folder: string;
let daemon: ChildProcess | undefined;
const command = (name: string, ...words: string[]): string =>
  execFileSync(join(root as string, 'sbin', name), words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

beforeAll(async () => {
  if (!root) return;
  base = mkdtempSync(join(tmpdir(), 'zfs-fuse-'));
  daemon = spawn(join(root, 'sbin/zfs-fuse'), ['-n', '--enable-xattr'], { stdio: 'ignore' });
  // It has no way to say that it is ready but to answer.
  for (let tries = 0; tries < 100; tries++) {
    try {
      command('zpool', 'list');
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error('zfs-fuse does not answer');
}, 60_000);
afterAll(() => {
  for (const pool of root ? ['fuse', 'ours'] : []) {
    // After a failed test one may be left, which would be there again the next time.
    try {
      command('zpool', 'export', '-f', pool);
    } catch {}
  }
  daemon?.kill();
  if (base) rmSync(base, { recursive: true });
});
beforeEach(() => {
  if (base) folder = mkdtempSync(join(base, 'test-'));
});

const disk = (name: string): string => join(folder, name);
const said = (zfs: Zfs): string => zfs.guest.text(zfs.guest.call('answer') as number);
function ok(zfs: Zfs, name: string, ...values: (number | bigint | string | Uint8Array)[]): number {
  const result = zfs.call(name, ...values);
  if (result < 0) throw new Error(`${name}(${values[0]}): ${result}`);
  return result;
}

function contents(zfs: Zfs, path: string, size: number): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < size; at += 1 << 20) {
    const part = zfs.read('readFile', Math.min(1 << 20, size - at), path, BigInt(at));
    if (typeof part === 'number') throw new Error(`${path}: ${part}`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Every file below `path` of the chosen dataset must be what the host has below `host`. */
function compare(zfs: Zfs, path: string, host: string): number {
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

/** Who has how many bytes, of users and groups without names. zfs-fuse tells it in K, with at least two digits. */
function theirOwners(name: string): Map<string, number> {
  const lines = command('zfs', 'userspace', name).matchAll(/^used (user|group) +(\d+) ([\d.]+)K$/gm);
  return new Map([...lines].map(([, kind, id, size]) => [`${kind} ${id}`, Number(size) * 1024]));
}
function ourOwners(zfs: Zfs, name: string): Map<string, number> {
  const lines = zfsCommand(zfs, `userspace -Hnp -t all ${name}`).matchAll(/^POSIX (User|Group)\t(\d{4,})\t(\d+)\t/gm);
  return new Map([...lines].map(([, kind, id, bytes]) => [`${kind.toLowerCase()} ${id}`, Number(bytes)]));
}
function expectSame(ours: Map<string, number>, theirs: Map<string, number>): void {
  expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
  for (const [owner, bytes] of ours) expect(Math.abs(bytes - (theirs.get(owner) ?? 0))).toBeLessThanOrEqual(512);
}

test.skipIf(!root)(
  'a mirror of zfs-fuse with compression and a snapshot, to us and back',
  async () => {
    for (const name of ['a', 'b']) {
      writeFileSync(disk(name), '');
      truncateSync(disk(name), 96 << 20);
    }
    const mount = join(folder, 'mnt');
    command('zpool', 'create', '-m', mount, 'fuse', 'mirror', disk('a'), disk('b'));
    command('zfs', 'create', '-o', 'compression=gzip', 'fuse/gzip');
    command('zfs', 'create', '-o', 'compression=lzjb', '-o', 'checksum=sha256', 'fuse/lzjb');
    const source = join(projectRoot(), 'toolchain');
    cpSync(source, join(mount, 'gzip/t'), { recursive: true });
    cpSync(source, join(mount, 'lzjb/t'), { recursive: true });
    symlinkSync('t/asc', join(mount, 'lzjb/link'));
    for (const name of readdirSync(source))
      chownSync(join(mount, 'lzjb/t', name), 61001 + (name.length % 3), 62001 + (name.length % 2));
    command('zfs', 'snapshot', 'fuse/lzjb@before');
    const before = theirOwners('fuse/lzjb@before');
    expect(before.size).toBe(5);
    rmSync(join(mount, 'lzjb/t/asc'), { recursive: true });
    command('zpool', 'export', 'fuse');

    const zfs = await loadZfs([fileDisk(disk('a'), true), fileDisk(disk('b'), true)]);
    expect(ok(zfs, 'search', `${disk('a')} ${disk('b')}`)).toBe(1);
    expect(said(zfs)).toMatch(/^fuse \d+ 1 23\n$/);
    expect(zfs.call('importFound', 0, 1, LATEST) && said(zfs)).toBe(0);
    ok(zfs, 'choose', 'fuse/gzip');
    expect(compare(zfs, 't', source)).toBeGreaterThan(100);
    ok(zfs, 'choose', 'fuse/lzjb@before');
    expect(compare(zfs, 't', source)).toBeGreaterThan(100);
    ok(zfs, 'choose', 'fuse/lzjb');
    expect(zfs.call('describe', 't/asc')).toBe(-2);
    expectSame(ourOwners(zfs, 'fuse/lzjb@before'), before);
    ok(zfs, 'choose', 'fuse/lzjb');
    // Now we write.
    const text = 'written by others\n'.repeat(10_000);
    ok(zfs, 'makeFile', 'new', DIRECTORY, '');
    ok(zfs, 'makeFile', 'new/file', FILE, '');
    ok(zfs, 'writeFile', 'new/file', 0n, Buffer.from(text));
    ok(zfs, 'remove', 't/link/link.ts');
    ok(zfs, 'setAttributes', 'new/file', 0o640n, 61002, 62077, 0n, 0n);
    ok(zfs, 'snapshot', 'fuse/lzjb@after');
    const after = ourOwners(zfs, 'fuse/lzjb@after');
    ok(zfs, 'exportPool');
    for (const file of zfs.disks) file.close();

    command('zpool', 'import', '-d', folder, 'fuse');
    expect(readFileSync(join(mount, 'lzjb/new/file'), 'utf8')).toBe(text);
    expect(existsSync(join(mount, 'lzjb/t/link/link.ts'))).toBe(false);
    expect(after.get('group 62077')).toBeGreaterThan(1000);
    expectSame(after, theirOwners('fuse/lzjb@after'));
    expect(command('zfs', 'list', '-H', '-o', 'name', '-t', 'all', '-r', 'fuse/lzjb')).toBe(
      'fuse/lzjb\nfuse/lzjb@before\nfuse/lzjb@after\n',
    );
    writeFileSync(join(mount, 'lzjb/again'), 'and again');
    command('zpool', 'scrub', 'fuse');
    while (/in progress/.test(command('zpool', 'status', 'fuse'))) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(command('zpool', 'status', 'fuse')).toMatch(/scrub completed .* with 0 errors[\s\S]*No known data errors/);
    command('zpool', 'export', 'fuse');
  },
  120_000,
);

test.skipIf(!root)(
  'a raidz pool of ours of version 23, to zfs-fuse',
  async () => {
    const names = ['c', 'd', 'e'];
    for (const name of names) {
      writeFileSync(disk(name), '');
      truncateSync(disk(name), 64 << 20);
    }
    const zfs = await loadZfs(names.map((name) => fileDisk(disk(name), true)));
    ok(zfs, 'createPoolOf', 'ours', 23n, ['raidz1', ...names.map(disk)].join(' '), 9);
    ok(zfs, 'choose', 'ours');
    const source = join(projectRoot(), 'toolchain/asc');
    for (const name of readdirSync(source)) {
      ok(zfs, 'makeFile', name, FILE, '');
      ok(zfs, 'writeFile', name, 0n, readFileSync(join(source, name)));
    }
    ok(zfs, 'exportPool');
    for (const file of zfs.disks) file.close();
    const other = join(folder, 'other');
    mkdirSync(other);
    command('zpool', 'import', '-d', folder, '-R', other, 'ours');
    const mounted = join(other, 'ours');
    for (const name of readdirSync(source))
      expect(readFileSync(join(mounted, name)).equals(readFileSync(join(source, name)))).toBe(true);
    command('zpool', 'export', 'ours');
  },
  120_000,
);

function takeStream(zfs: Zfs): Buffer {
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = zfs.read('take', 1 << 20);
    if (typeof part === 'number' || part.length === 0) return Buffer.concat(parts);
    parts.push(part);
  }
}
function giveStream(zfs: Zfs, stream: Uint8Array): void {
  for (let at = 0; at < stream.length; at += 200_000) zfs.call('give', stream.subarray(at, at + 200_000));
}
/** zfs(8), ours; has to work. */
function zfsCommand(zfs: Zfs, line: string): string {
  const status = zfs.call('command', `zfs ${line}`.split(' ').join('\n'));
  const [out, err] = said(zfs).split('\x01');
  expect([line, status, err]).toEqual([line, 0, '']);
  return out;
}

test.skipIf(!root)(
  'streams of zfs-fuse to us, with its properties, and ours to it',
  async () => {
    for (const name of ['s', 't']) {
      writeFileSync(disk(name), '');
      truncateSync(disk(name), 96 << 20);
    }
    const stream = (...words: string[]): Buffer =>
      execFileSync(join(root as string, 'sbin/zfs'), ['send', ...words], { maxBuffer: 1 << 28 });
    const mount = join(folder, 'streams');
    command('zpool', 'create', '-m', mount, 'fuse', disk('s'));
    command('zfs', 'create', '-o', 'compression=gzip', 'fuse/one');
    command('zfs', 'create', 'fuse/one/two');
    const source = join(projectRoot(), 'toolchain');
    cpSync(source, join(mount, 'one/t'), { recursive: true });
    writeFileSync(join(mount, 'one/two/file'), 'first\n');
    command('zfs', 'snapshot', '-r', 'fuse/one@a');
    const full = stream('-R', 'fuse/one@a');
    rmSync(join(mount, 'one/t/asc'), { recursive: true });
    writeFileSync(join(mount, 'one/two/file'), 'second\n'.repeat(10_000));
    truncateSync(join(mount, 'one/t/tsconfig.json'), 10);
    command('zfs', 'snapshot', '-r', 'fuse/one@b');
    const later = stream('-R', '-I', 'a', 'fuse/one@b');
    const now = join(folder, 'now');
    cpSync(join(mount, 'one'), now, { recursive: true });
    rmSync(join(now, 'two'), { recursive: true });
    mkdirSync(join(now, 'two'));

    const zfs = await loadZfs([fileDisk(disk('t'), true)]);
    ok(zfs, 'createPoolOf', 'ours', 23n, disk('t'), 9);
    giveStream(zfs, full);
    zfsCommand(zfs, 'receive ours/copy');
    ok(zfs, 'choose', 'ours/copy@a');
    expect(compare(zfs, 't', source)).toBeGreaterThan(100);
    const ratioOf = (text: string) => Number(text.replace(/x\n$/, ''));
    const ratio = ratioOf(command('zfs', 'get', '-H', '-o', 'value', 'compressratio', 'fuse/one@a'));
    expect(ratio).toBeGreaterThan(1.5);
    expect(ratioOf(zfsCommand(zfs, 'get -H -o value compressratio ours/copy@a'))).toBeCloseTo(ratio, 1);
    expect(zfsCommand(zfs, 'get -H -o value compressratio ours/copy/two@a')).toBe(
      command('zfs', 'get', '-H', '-o', 'value', 'compressratio', 'fuse/one/two@a'),
    );
    giveStream(zfs, later);
    zfsCommand(zfs, 'receive ours/copy');
    ok(zfs, 'choose', 'ours/copy');
    expect(compare(zfs, '', now)).toBeGreaterThan(50);
    ok(zfs, 'choose', 'ours/copy/two');
    expect(contents(zfs, 'file', 70_000).toString()).toBe('second\n'.repeat(10_000));
    expect(zfsCommand(zfs, 'get -H -o value,source compression ours/copy')).toBe('gzip\treceived\n');

    // What we have received and changed goes back.
    ok(zfs, 'choose', 'ours/copy');
    ok(zfs, 'makeFile', 'added', FILE, '');
    ok(zfs, 'writeFile', 'added', 0n, Buffer.from('added here\n'));
    ok(zfs, 'remove', 't/link/link.ts');
    zfsCommand(zfs, 'snapshot -r ours/copy@c');
    const receive = (words: string[], bytes: Buffer): void => {
      execFileSync(join(root as string, 'sbin/zfs'), ['receive', ...words], { input: bytes, maxBuffer: 1 << 28 });
    };
    zfsCommand(zfs, 'send -i b ours/copy@c');
    receive(['-F', 'fuse/one'], takeStream(zfs));
    expect(readFileSync(join(mount, 'one/added'), 'utf8')).toBe('added here\n');
    expect(existsSync(join(mount, 'one/t/link/link.ts'))).toBe(false);
    zfsCommand(zfs, 'send -R ours/copy@c');
    receive(['fuse/back'], takeStream(zfs));
    ok(zfs, 'choose', 'ours/copy');
    rmSync(join(now, 't/link/link.ts'), { force: true });
    writeFileSync(join(now, 'added'), 'added here\n');
    expect(compare(zfs, '', now)).toBeGreaterThan(50);
    expect(execFileSync('diff', ['-r', join(mount, 'back'), join(mount, 'one')], { encoding: 'utf8' })).toBe('');
    expect(command('zfs', 'list', '-H', '-o', 'name', '-t', 'all', '-r', 'fuse/back')).toMatch(
      /^fuse\/back\nfuse\/back@a\nfuse\/back@b\nfuse\/back@c\nfuse\/back\/two\n/,
    );
    expect(command('zfs', 'get', '-H', '-o', 'value', 'compression', 'fuse/back')).toBe('gzip\n');
    command('zpool', 'export', 'fuse');
    ok(zfs, 'exportPool');
    for (const file of zfs.disks) file.close();
  },
  300_000,
);

test.skipIf(!root)(
  'what is renamed and destroyed at the source of a tree is so at both destinations, zfs-fuse and ours',
  async () => {
    for (const name of ['u', 'v']) {
      writeFileSync(disk(name), '');
      truncateSync(disk(name), 96 << 20);
    }
    // Of what is mounted it renames nothing reliably.
    command('zpool', 'create', '-m', 'none', 'fuse', disk('u'));
    const zfs = await loadZfs([fileDisk(disk('v'), true)]);
    ok(zfs, 'createPoolOf', 'ours', 23n, disk('v'), 9);
    const receive = (options: string, bytes: Buffer): string => {
      const words = ['receive', options, 'fuse/dst'];
      execFileSync(join(root as string, 'sbin/zfs'), words, { input: bytes, maxBuffer: 1 << 28, stdio: 'pipe' });
      giveStream(zfs, bytes);
      return zfsCommand(zfs, `receive ${options} ours/dst`);
    };
    const send = (words: string): Buffer => {
      zfsCommand(zfs, `send ${words}`);
      return takeStream(zfs);
    };
    for (const name of ['src', 'src/a', 'src/a/below', 'src/b', 'src/b/c', 'src/d', 'src/e'])
      zfsCommand(zfs, `create ours/${name}`);
    for (const name of ['old', 'gone', '1']) zfsCommand(zfs, `snapshot -r ours/src@${name}`);
    receive('-u', send('-R ours/src@1'));
    for (const line of [
      'destroy -r ours/src/b',
      'rename ours/src/a ours/src/e/a',
      'rename ours/src/d ours/src/d2',
      'rename ours/src/e@old ours/src/e@older',
      'destroy ours/src@gone',
      'create ours/src/new',
      // What only the destination has.
      'create ours/dst/mine',
    ])
      zfsCommand(zfs, line);
    command('zfs', 'create', 'fuse/dst/mine');
    ok(zfs, 'choose', 'ours/src/e/a');
    ok(zfs, 'makeFile', 'file', FILE, '');
    ok(zfs, 'writeFile', 'file', 0n, Buffer.from('in e/a'));
    zfsCommand(zfs, 'snapshot -r ours/src@2');
    expect(receive('-uvF', send('-R -I 1 ours/src@2'))).toContain('attempting rename ours/dst/d to ours/dst/d2\n');
    const theirs = command('zfs', 'list', '-H', '-o', 'name', '-t', 'all', '-r', 'fuse/dst').replaceAll('fuse/', 'ours/');
    const list = zfsCommand(zfs, 'list -H -o name -t all -r ours/dst');
    expect(list.split('\n').sort()).toEqual(theirs.split('\n').sort());
    expect(list).toBe(zfsCommand(zfs, 'list -H -o name -t all -r ours/src').replaceAll('/src', '/dst'));
    ok(zfs, 'choose', 'ours/dst/e/a');
    expect(contents(zfs, 'file', 6).toString()).toBe('in e/a');
    command('zpool', 'export', 'fuse');
    ok(zfs, 'exportPool');
    for (const file of zfs.disks) file.close();
  },
  300_000,
);

test.skipIf(!root)(
  'what we had promised before the power failed is replayed by zfs-fuse from our log',
  async () => {
    writeFileSync(disk('promised'), '');
    truncateSync(disk('promised'), 96 << 20);
    const zfs = await loadZfs([fileDisk(disk('promised'), true)]);
    ok(zfs, 'createPoolOf', 'ours', 23n, disk('promised'), 9);
    ok(zfs, 'createFs', 'ours/whole');
    ok(zfs, 'setNumber', 'ours/whole', 'logbias', 1n);
    const sample = (bytes: number, seed: number): Buffer => Buffer.from({ length: bytes }, (_, i) => (i * seed) >> 3);
    const write = (name: string, offset: number, bytes: Buffer): void => {
      ok(zfs, 'writeFile', name, BigInt(offset), bytes);
    };
    ok(zfs, 'choose', 'ours/whole');
    ok(zfs, 'makeFile', 'file', FILE, '');
    ok(zfs, 'fsync', 'file');
    ok(zfs, 'choose', 'ours');
    for (const name of ['old', 'gone', 'moved', 'replaced']) ok(zfs, 'makeFile', name, FILE, '');
    write('moved', 0, Buffer.from('moved'));
    // Both file systems have a log from now on.
    ok(zfs, 'fsync', 'old');
    const group = ok(zfs, 'openGroup');
    const old = sample(400_000, 7);
    write('old', 0, old);
    ok(zfs, 'fsync', 'old');
    const changed = sample(500, 11);
    write('old', 70_000, changed);
    changed.copy(old, 70_000);
    ok(zfs, 'makeFile', 'd', DIRECTORY, '');
    ok(zfs, 'makeFile', 'd/new', FILE, '');
    for (let at = 0; at < 50_000; at += 1000) {
      write('d/new', at, sample(50_000, 13).subarray(at, at + 1000));
      if (at % 5000 === 0) ok(zfs, 'fsync', 'd/new');
    }
    ok(zfs, 'makeFile', 'd/zeros', FILE, '');
    write('d/zeros', 0, Buffer.alloc(200_000));
    ok(zfs, 'makeFile', 'link', 0o120777n, 'd/new');
    ok(zfs, 'rename', 'moved', 'd/there');
    ok(zfs, 'remove', 'gone');
    ok(zfs, 'link', 'd/there', 'hard');
    ok(zfs, 'rename', 'hard', 'replaced');
    ok(zfs, 'makeFile', 'empty', DIRECTORY, '');
    ok(zfs, 'remove', 'empty');
    ok(zfs, 'setAttributes', 'd/there', 0o640n, 7, 8, 1_000_000_000_000_000_000n, 1_100_000_000_000_000_000n);
    for (const name of ['old', 'd/new', 'd/zeros', 'd/there']) ok(zfs, 'fsync', name);
    ok(zfs, 'freeRange', 'old', 1000n, 200_000n);
    old.fill(0, 1000, 201_000);
    ok(zfs, 'truncate', 'old', 300_001n);
    ok(zfs, 'fsync', 'old');
    ok(zfs, 'choose', 'ours/whole');
    write('file', 0, sample(150_000, 17));
    write('file', 3000, sample(10, 19));
    ok(zfs, 'fsync', 'file');
    write('file', 0, Buffer.from('not promised'));
    expect(ok(zfs, 'openGroup')).toBe(group);
    zfs.call('abandon');
    for (const file of zfs.disks) file.close();

    const other = join(folder, 'after');
    mkdirSync(other);
    command('zpool', 'import', '-f', '-d', folder, '-R', other, 'ours');
    const at = (name: string): string => join(other, 'ours', name);
    expect(readdirSync(at('.')).sort()).toEqual(['d', 'link', 'old', 'replaced', 'whole']);
    expect(readdirSync(at('d')).sort()).toEqual(['new', 'there', 'zeros']);
    expect(readFileSync(at('old')).equals(old.subarray(0, 300_001))).toBe(true);
    expect(readFileSync(at('d/new')).equals(sample(50_000, 13))).toBe(true);
    expect(readFileSync(at('d/zeros')).equals(Buffer.alloc(200_000))).toBe(true);
    expect(readlinkSync(at('link'))).toBe('d/new');
    expect(readFileSync(at('replaced'), 'utf8')).toBe('moved');
    const status = statSync(at('d/there'));
    expect([status.mode, status.nlink, status.uid, status.gid, status.mtimeMs]).toEqual([0o100640, 2, 7, 8, 1_100_000_000_000]);
    const whole = sample(150_000, 17);
    sample(10, 19).copy(whole, 3000);
    expect(readFileSync(at('whole/file')).equals(whole)).toBe(true);
    command('zpool', 'scrub', 'ours');
    while (/in progress/.test(command('zpool', 'status', 'ours'))) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(command('zpool', 'status', 'ours')).toMatch(/with 0 errors[\s\S]*No known data errors/);
    command('zpool', 'export', 'ours');
  },
  120_000,
);

const attr = root ? unpackedPackage('attr') : undefined;

test.skipIf(!attr)(
  'extended attributes, of zfs-fuse to us and ours to it',
  async () => {
    const setAttribute = (path: string, name: string, value: string): void => {
      execFileSync(join(attr as string, 'usr/bin/setfattr'), ['-n', name, '-v', value, path]);
    };
    const attribute = (path: string, name: string): string =>
      execFileSync(join(attr as string, 'usr/bin/getfattr'), ['--absolute-names', '--only-values', '-n', name, path], {
        encoding: 'utf8',
      });
    writeFileSync(disk('named'), '');
    truncateSync(disk('named'), 96 << 20);
    const mount = join(folder, 'named-by-it');
    command('zpool', 'create', '-m', mount, 'fuse', disk('named'));
    for (const name of ['one', 'gone']) {
      writeFileSync(join(mount, name), name);
      setAttribute(join(mount, name), 'user.theirs', `theirs of ${name}`);
    }
    expect(attribute(join(mount, 'one'), 'user.theirs')).toBe('theirs of one');
    command('zpool', 'export', 'fuse');

    const zfs = await loadZfs([fileDisk(disk('named'), true)]);
    expect(ok(zfs, 'search', disk('named'))).toBe(1);
    ok(zfs, 'importFound', 0, 1, LATEST);
    ok(zfs, 'choose', 'fuse');
    ok(zfs, 'listDirectory', 'one/@/');
    expect(said(zfs)).toBe('user.theirs');
    expect(contents(zfs, 'one/@/user.theirs', 13).toString()).toBe('theirs of one');
    ok(zfs, 'makeFile', 'one/@/user.ours', FILE, '');
    ok(zfs, 'writeFile', 'one/@/user.ours', 0n, Buffer.from('ours of one'));
    ok(zfs, 'makeFile', 'two', FILE, '');
    ok(zfs, 'makeExtended', 'two');
    ok(zfs, 'makeFile', 'two/@/user.ours', FILE, '');
    ok(zfs, 'writeFile', 'two/@/user.ours', 0n, Buffer.from('ours of two'));
    ok(zfs, 'remove', 'gone');
    ok(zfs, 'exportPool');
    for (const file of zfs.disks) file.close();

    command('zpool', 'import', '-d', folder, 'fuse');
    expect(readdirSync(mount).sort()).toEqual(['one', 'two']);
    expect(attribute(join(mount, 'one'), 'user.theirs')).toBe('theirs of one');
    for (const name of ['one', 'two']) expect(attribute(join(mount, name), 'user.ours')).toBe(`ours of ${name}`);
    command('zpool', 'export', 'fuse');
    const zdb = openZfs();
    if (!zdb) return;
    const blocks = zdb('zdb', ['-e', '-p', folder, '-bcc', 'fuse']);
    expect(blocks.output).toContain('No leaks (block sum matches space maps exactly)');
    rmSync(disk('named'));
  },
  120_000,
);

test.skipIf(!root)(
  'lists of access that we make allow the same to zfs-fuse as to us, and it makes no others of them',
  async () => {
    const random = randomFrom(testSeed());
    const below = (n: number): number => Math.floor(random() * n);
    writeFileSync(disk('acl'), '');
    truncateSync(disk('acl'), 96 << 20);
    const zfs = await loadZfs([fileDisk(disk('acl'), true)]);
    ok(zfs, 'createPoolOf', 'ours', 23n, disk('acl'), 9);
    ok(zfs, 'choose', 'ours');
    const users = [
      { uid: 2001, gid: 3001 },
      { uid: 2002, gid: 3002 },
      { uid: 2003, gid: 3002 },
    ];
    const ABOUT = [0x1000, 0x2040, 0x4000, 0, 0, 0x40];
    const ATTRIBUTES = Buffer.from('ffffffff8000120000400000', 'hex');
    const FILES = 24;
    const READ = 1;
    const WRITE = 2;
    for (let file = 0; file < FILES; file++) {
      const name = `f${file}`;
      ok(zfs, 'makeFile', name, FILE, '');
      ok(zfs, 'writeFile', name, 0n, Buffer.from(name));
      const { uid, gid } = users[below(users.length)];
      ok(zfs, 'setAttributes', name, 0o644n, uid, gid, 0n, 0n);
      // Some have room in the structure, others are objects of their own.
      const entries = Array.from({ length: 1 + below(12) }, () => {
        const about = ABOUT[below(ABOUT.length)];
        const bytes = Buffer.alloc(12);
        const { uid, gid } = users[below(users.length)];
        bytes.writeUInt32LE(about === 0 ? uid : about === 0x40 ? gid : 0xffff_ffff, 0);
        bytes.writeUInt32LE(below(4) | (below(2) * 0x20), 4);
        bytes.writeUInt16LE(about, 8);
        bytes.writeUInt16LE(below(2), 10);
        return bytes;
      });
      // Who may not see attributes is told nothing at all.
      ok(zfs, 'setAces', name, Buffer.concat([...entries, ATTRIBUTES]));
    }
    const expected = Array.from({ length: FILES }, (_, file) =>
      users.map(({ uid, gid }) => [READ, WRITE].map((right) => ok(zfs, 'missingRights', `f${file}`, uid, gid, right) === 0)),
    );
    const modes = Array.from({ length: FILES }, (_, file) => {
      ok(zfs, 'describe', `f${file}`);
      return Number(said(zfs).split(' ')[0]);
    });
    const mount = join(folder, 'lists');
    zfsCommand(zfs, `set mountpoint=${mount} ours`);
    ok(zfs, 'exportPool');
    for (const file of zfs.disks) file.close();

    for (const directory of [base, folder]) chmodSync(directory, 0o755);
    command('zpool', 'import', '-d', folder, 'ours');
    const may = (who: (typeof users)[0], program: string, ...words: string[]): boolean =>
      spawnSync(program, words, { ...who, stdio: 'ignore' }).status === 0;
    for (let file = 0; file < FILES; file++) {
      const path = join(mount, `f${file}`);
      const allowed = users.map((who) => [may(who, 'test', '-r', path), may(who, 'test', '-w', path)]);
      expect({ file, allowed, mode: statSync(path).mode }).toEqual({ file, allowed: expected[file], mode: modes[file] });
    }
    command('zpool', 'export', 'ours');
    const zdb = openZfs();
    if (!zdb) return;
    const blocks = zdb('zdb', ['-e', '-p', folder, '-bcc', 'ours']);
    expect(blocks.output).toContain('No leaks (block sum matches space maps exactly)');
  },
  120_000,
);

test.skipIf(!root)(
  'what zfs-fuse had promised before it was killed is replayed from its log',
  async () => {
    writeFileSync(disk('log'), '');
    truncateSync(disk('log'), 96 << 20);
    const mount = join(folder, 'logged');
    command('zpool', 'create', '-m', mount, 'logged', disk('log'));
    const at = (name: string): string => join(mount, name);
    /** It promises only what was done through the same descriptor, and what has been done to names. */
    const promise = (name: string, change: (file: number) => void): void => {
      const file = openSync(at(name), existsSync(at(name)) ? 'r+' : 'w');
      change(file);
      fsyncSync(file);
      closeSync(file);
    };
    const sample = (bytes: number, seed: number): Buffer => Buffer.from({ length: bytes }, (_, i) => (i * seed) >> 3);
    writeFileSync(at('gone'), 'x');
    writeFileSync(at('moved'), 'moved');
    // The first promise makes the log, once all this is on disk; what follows is in the log alone.
    promise('old', (file) => writeSync(file, sample(300_000, 7)));
    mkdirSync(at('d'));
    promise('d/new', (file) => writeSync(file, sample(200_000, 13)));
    symlinkSync('d/new', at('link'));
    renameSync(at('moved'), at('d/there'));
    rmSync(at('gone'));
    promise('old', (file) => ftruncateSync(file, 100_001));
    promise('d/small', (file) => writeSync(file, 'small'));
    linkSync(at('d/small'), at('hard'));
    promise('d/small', (file) => fchmodSync(file, 0o640));
    daemon?.kill('SIGKILL');
    await new Promise((resolve) => daemon?.on('exit', resolve));
    execFileSync('umount', ['-l', mount]);
    // Or the next one would look for it.
    rmSync('/var/lib/zfs/zpool.cache', { force: true });

    const zfs = await loadZfs([fileDisk(disk('log'), true)]);
    expect(zfs.call('search', disk('log'))).toBe(1);
    ok(zfs, 'importFound', 0, 1, LATEST);
    ok(zfs, 'choose', 'logged');
    ok(zfs, 'listDirectory', '');
    expect(said(zfs).split('\n').sort()).toEqual(['d', 'hard', 'link', 'old']);
    ok(zfs, 'listDirectory', 'd');
    expect(said(zfs).split('\n').sort()).toEqual(['new', 'small', 'there']);
    expect(contents(zfs, 'd/new', 200_000).equals(sample(200_000, 13))).toBe(true);
    expect(contents(zfs, 'old', 100_001).equals(sample(300_000, 7).subarray(0, 100_001))).toBe(true);
    const described = (path: string): string => {
      ok(zfs, 'describe', path);
      return said(zfs);
    };
    expect(described('old')).toBe(`${0o100644} 100001 1`);
    expect(described('hard')).toBe(`${0o100640} 5 2`);
    expect(described('link')).toBe(`${0o120777} 5 1 d/new`);
    expect(described('d/there')).toBe(`${0o100644} 5 1`);
    ok(zfs, 'exportPool');
    const zdb = openZfs();
    if (!zdb) return;
    const blocks = zdb('zdb', ['-e', '-p', folder, '-bcc', 'logged']);
    expect(blocks.output).toContain('No leaks (block sum matches space maps exactly)');
  },
  120_000,
);
