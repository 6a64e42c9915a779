// SPDX-License-Identifier: MIT
/**
 * @fileoverview Pools that the operating system makes: every layout (disk, file, mirror, raidz1) with datasets of every compression and checksum,
 * loaded from all sides at once, and what others find in them.
 *
 * {@link makePools} types the commands at a machine's prompt, whatever machine it is, and exports the pools; {@link loadAgain} imports them and leaves
 * a load running, so that its caller can cut the machine off. {@link judgeExported} and {@link judgeCut} ask OpenZFS's zdb and zstream and GRUB about
 * the disks.
 *
 * A file of a pool would be lost with the memory it is in, so it is copied to a disk after the export.
 */
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Machine } from '../../emulator/host/library.ts';
import { haveOracles, openZfs } from '../../tools/oracles.js';
import { type Image, LOGIN, PROMPT, qemu } from './session.ts';

const zdb = openZfs();
const hasGrub = haveOracles('grub-fstest');

/** Types a line, and gives what came before the next prompt; with `until`, comes back when that has been printed. */
export type Type = (line: string, until?: RegExp) => Promise<string>;

interface Layout {
  readonly pool: string;
  /** Of the disks, by number from 1, those that it consists of. */
  readonly disks: readonly number[];
  readonly vdevs: string;
}

const FILE_DISK = 7;
const LAYOUTS: readonly Layout[] = [
  { pool: 'single', disks: [1], vdevs: '$1' },
  { pool: 'doubled', disks: [2, 3], vdevs: 'mirror $2 $3' },
  { pool: 'parity', disks: [4, 5, 6], vdevs: 'raidz1 $4 $5 $6' },
  { pool: 'filed', disks: [FILE_DISK], vdevs: '/tmp/vdev' },
];
/** Besides that of the pool zones. */
export const DISKS = 7;
const MEBIBYTES = 64;

const COMPRESSIONS = ['off', 'lzjb', 'zle', ...Array.from({ length: 9 }, (_, level) => `gzip-${level + 1}`)];
const CHECKSUMS = ['fletcher2', 'fletcher4', 'sha256'];

export interface Scope {
  /** Every compression with every checksum on every layout; else each pair of the three occurs. */
  readonly all: boolean;
}

/** Datasets of a layout: name, compression, checksum. */
function datasetsOf(layout: number, { all }: Scope): [string, string, string][] {
  const pairs = COMPRESSIONS.flatMap((compression, at) =>
    CHECKSUMS.filter((_, which) => all || which === (at + layout) % CHECKSUMS.length).map((checksum) => [compression, checksum]),
  );
  return pairs.map(([compression, checksum]) => [`${compression}-${checksum}`, compression, checksum]);
}

export function newDisks(folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: DISKS + 1 }, (_, index) => {
    const path = join(folder, `d${index}`);
    writeFileSync(path, '');
    truncateSync(path, MEBIBYTES << 20);
    return path;
  });
}

/** What is written everywhere: parts of programs, and smaller ones for what changes. Their bytes are in the build's folder too. */
const CONTENT = { from: 'core', bytes: 50_000 };
const CHANGE = { from: 'zfs', bytes: 10_000 };
const LARGE = 'text';
const [CONTENT_FILE, CHANGE_FILE] = ['/tmp/content', '/tmp/change'];
const extract = ({ from, bytes }: typeof CONTENT, to: string): string =>
  `dd if=/usr/lib/${from} of=${to} bs=1000 count=${bytes / 1000} 2>/dev/null`;
const onHost = (image: Image, { from, bytes }: typeof CONTENT): Buffer =>
  readFileSync(join(image.directory, 'guest/cmd', from)).subarray(0, bytes);

export interface Made {
  /** What `zfs list` says of each pool: file systems and snapshots. */
  readonly names: ReadonlyMap<string, readonly string[]>;
}

/** Makes the pools, loads them all at once, takes snapshots, and exports them. */
export async function makePools(type: Type, scope: Scope): Promise<Made> {
  await type('set -- $(ls /dev/dsk | grep "^c1t.*d0$"); cd /tmp');
  await type(`dd if=/dev/zero of=/tmp/vdev bs=1024k count=${MEBIBYTES} 2>/dev/null`);
  await type(`${extract(CONTENT, CONTENT_FILE)}; ${extract(CHANGE, CHANGE_FILE)}`);
  for (const { pool, vdevs } of LAYOUTS) expect(await type(`zpool create ${pool} ${vdevs} && echo made`)).toMatch(/^made$/m);
  for (const [layout, { pool }] of LAYOUTS.entries())
    for (const [name, compression, checksum] of datasetsOf(layout, scope))
      expect(await type(`zfs create -o compression=${compression} -o checksum=${checksum} ${pool}/${name}`)).toBe('');
  // Of each dataset a file is kept, one goes, one is overwritten in part; all datasets of a pool one after the other, all pools at the same time.
  const each = (pool: string, body: string): string => `(for d in /${pool}/*-*; do ${body}; done) &`;
  const everywhere = async (body: string): Promise<string> =>
    await type(`${LAYOUTS.map(({ pool }) => each(pool, body)).join(' ')} wait`);
  // And files of many blocks where they cost little.
  await type(`${LAYOUTS.map(({ pool }) => `cp -r /usr/lib /${pool}/lib &`).join(' ')} wait`);
  await everywhere(`cp ${CONTENT_FILE} $d/kept; cp ${CHANGE_FILE} $d/gone; mkdir $d/x; cp ${CHANGE_FILE} $d/x/y`);
  for (const { pool } of LAYOUTS) await type(`zfs snapshot -r ${pool}@one`);
  await everywhere(
    `rm $d/gone; dd if=${CHANGE_FILE} of=$d/kept conv=notrunc bs=2000 count=3 seek=7 2>/dev/null; cp ${CHANGE_FILE} $d/new`,
  );
  const [stream] = datasetsOf(0, scope)[1];
  const target = `/single/${datasetsOf(0, scope)[0][0]}`;
  for (const { pool } of LAYOUTS) await type(`zfs snapshot -r ${pool}@two`);
  await type(`zfs send -R single/${stream}@two > ${target}/stream`);
  await type(
    `zfs send -i one single/${stream}@two > ${target}/increment; zfs snapshot single${target.slice('/single'.length)}@sent`,
  );
  const names = new Map<string, string[]>();
  for (const { pool } of LAYOUTS) {
    const text = await type(`zfs list -H -o name -t all -r ${pool}`);
    names.set(pool, text.trim().split('\n').sort());
    expect(await type(`zpool export ${pool} && echo exported`)).toMatch(/^exported$/m);
  }
  await type(`dd if=/tmp/vdev of=/dev/dsk/$${FILE_DISK} bs=1024k 2>/dev/null; sync`);
  return { names };
}

/** Layouts whose disks outlive the machine. */
const LASTING = LAYOUTS.filter(({ pool }) => pool !== 'filed');

/** Rounds of the load that a pool has seen before the machine is cut off. */
const ROUNDS = 2;

/** Imports the pools again, puts a load on them, and comes back while it goes on: files come and go, and so do snapshots. */
export async function loadAgain(type: Type): Promise<void> {
  for (const { pool } of LASTING) expect(await type(`zpool import ${pool} && echo in`)).toMatch(/^in$/m);
  await type(extract(CHANGE, CHANGE_FILE));
  const round = (pool: string): string =>
    `for d in /${pool}/*-fletcher*; do cp ${CHANGE_FILE} $d/a; rm -r $d/x; mkdir $d/x; cp ${CHANGE_FILE} $d/x/z; done; zfs snapshot ${pool}@three; rm -r /${pool}/lib; cp -r /usr/lib /${pool}/lib; zfs destroy ${pool}@three`;
  const jobs = LASTING.map(({ pool }) => `(i=0; while :; do ${round(pool)}; i=$((i+1)); echo "@""round $i"; done) 2>/dev/null &`);
  await type(jobs.join(' '), new RegExp(`@round ${ROUNDS}\\r?\\n`));
}

/** A folder that has the disks of one pool only: programs search folders. */
function disksOf(folder: string, { pool, disks }: Layout): { directory: string; paths: string[] } {
  const directory = join(folder, pool);
  mkdirSync(directory, { recursive: true });
  const paths = disks.map((disk) => {
    const path = join(directory, `d${disk}`);
    try {
      linkSync(join(folder, `d${disk}`), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    return path;
  });
  return { directory, paths };
}

function blocksAreRight(directory: string, pool: string): string {
  const { output, status } = zdb!('zdb', ['-e', '-p', directory, '-bcc', pool]);
  expect(output).not.toMatch(/error|damaged/i);
  expect(status, output).toBe(0);
  return output;
}

/** Names that `zdb -d` lists. */
function listed(directory: string, pool: string): string[] {
  const { output, status } = zdb!('zdb', ['-e', '-p', directory, '-d', pool]);
  expect(status).toBe(0);
  return [...output.matchAll(/^Dataset (\S+) \[ZPL\]/gm)].map(([, name]) => name).sort();
}

function grubReads(paths: string[], file: string): Buffer {
  const words = [...paths, '-c', String(paths.length), '-r', 'loop0', 'cat', '--', file];
  const { stdout, stderr } = spawnSync('grub-fstest', words, { maxBuffer: 256 << 20 });
  expect(stderr.toString()).toBe('');
  return stdout;
}

export function judgeExported(folder: string, made: Made, image: Image, scope: Scope): void {
  const before = onHost(image, CONTENT);
  const change = onHost(image, CHANGE);
  const large = readFileSync(join(image.directory, 'guest/cmd', LARGE));
  const after = Buffer.from(before);
  change.copy(after, 14_000, 0, 6_000);
  for (const [index, layout] of LAYOUTS.entries()) {
    const { directory, paths } = disksOf(folder, layout);
    if (zdb) {
      expect(blocksAreRight(directory, layout.pool)).toContain('No leaks (block sum matches space maps exactly)');
      expect(listed(directory, layout.pool)).toEqual(made.names.get(layout.pool));
    }
    if (!hasGrub) continue;
    expect(large.equals(grubReads(paths, `/@one/lib/${LARGE}`)), `${layout.pool}@one`).toBe(true);
    for (const [name] of datasetsOf(index, scope)) {
      expect(before.equals(grubReads(paths, `/${name}@one/kept`)), `${layout.pool}/${name}@one`).toBe(true);
      expect(after.equals(grubReads(paths, `/${name}@two/kept`)), `${layout.pool}/${name}@two`).toBe(true);
    }
  }
  if (!zdb || !hasGrub) return;
  const { paths } = disksOf(folder, LAYOUTS[0]);
  for (const name of ['stream', 'increment']) {
    const stream = grubReads(paths, `/${datasetsOf(0, scope)[0][0]}@sent/${name}`);
    const { output, status } = zdb('zstream', ['dump', '-v'], { input: stream } as never);
    expect(output).toMatch(/Total DRR_WRITE records = [1-9]/);
    expect(output).not.toMatch(/expected checksum|invalid|warning/i);
    expect(status).toBe(0);
  }
}

/** After a cut. What was there before the load, which was synced, is there. */
export function judgeCut(folder: string, made: Made): void {
  if (!zdb) return;
  for (const layout of LASTING) {
    const { directory } = disksOf(folder, layout);
    blocksAreRight(directory, layout.pool);
    expect(listed(directory, layout.pool)).toEqual(expect.arrayContaining([...made.names.get(layout.pool)!]));
  }
}

// ---- the two machines

/** Makes, judges, loads again, cuts off with `cut`, and judges once more. */
async function wholeStory(image: Image, folder: string, scope: Scope, type: Type, cut: () => Promise<void>): Promise<void> {
  const made = await makePools(type, scope);
  judgeExported(folder, made, image, scope);
  await loadAgain(type);
  await cut();
  judgeCut(folder, made);
}

const MEMORY = 512;
const SOME: Scope = { all: false };

export async function poolsOnOurs(image: Image, folder: string, scope = SOME): Promise<void> {
  const [, ...others] = newDisks(folder);
  const machine = Machine.boot({
    kernel: image.kernel,
    initrd: image.archive,
    append: 'console=ttya',
    memory: MEMORY << 20,
    disks: [{ memory: MEBIBYTES << 20, serial: 'pool' }, ...others],
  });
  await machine.console.expect(LOGIN);
  machine.console.send('root');
  await machine.console.expect(PROMPT);
  machine.console.send('set +o emacs');
  const type: Type = async (line, until) => {
    machine.console.send(until ? line : line + MARK);
    return between((await machine.console.expect(until ?? DONE)).input);
  };
  await wholeStory(image, folder, scope, type, async () => machine.close());
}

export async function poolsOnQemu(image: Image, folder: string, scope = SOME): Promise<void> {
  const drives = newDisks(folder).flatMap((path, index) => [
    '-drive',
    `file=${path},format=raw,if=none,id=d${index}`,
    '-device',
    `virtio-blk-pci,drive=d${index},serial=${index === 0 ? 'pool' : `d${index}`}`,
  ]);
  const child = qemu(image, undefined, ['-m', String(MEMORY), ...drives]);
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  let text = '';
  let heard = (): void => undefined;
  child.stdout!.on('data', (data: Buffer) => {
    text += data.toString('latin1');
    heard();
  });
  const until = async (what: RegExp): Promise<string> => {
    while (!what.test(text)) {
      const more = new Promise<'more'>((resolve) => {
        heard = () => resolve('more');
      });
      if ((await Promise.race([more, ended])) !== 'more') throw new Error(`QEMU ended:\n${text.slice(-2000)}`);
    }
    const got = text;
    text = '';
    return got;
  };
  try {
    await until(LOGIN);
    child.stdin!.write('root\n');
    await until(PROMPT);
    child.stdin!.write('set +o emacs\n');
    const type: Type = async (line, what) => {
      child.stdin!.write(`${line}${what ? '' : MARK}\n`);
      return between(await until(what ?? DONE));
    };
    await wholeStory(image, folder, scope, type, async () => {
      child.kill('SIGKILL');
      await ended;
    });
  } finally {
    child.kill('SIGKILL');
  }
}

/** Follows each command; its echo looks different from what it prints. */
const MARK = '; echo "<""done>"';
const DONE = /<done>\r?\n[^\n]*# $/;

/** What a command printed, without the echo of its line before and the prompt behind. */
function between(text: string): string {
  const plain = text.replaceAll('\r', '');
  return plain.slice(plain.indexOf('\n', plain.lastIndexOf(MARK)) + 1).replace(DONE, '');
}
