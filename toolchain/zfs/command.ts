// SPDX-License-Identifier: MIT
/**
 * @fileoverview `./diorama zpool`: looks into pools in files of the host with the guest's own ZFS, compiled to wasm. Files are only read.
 */
import { mkdirSync, statSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Disk, fileDisk, loadZfs, type Zfs } from './host.ts';

export const USAGE = `usage: ./diorama zpool COMMAND FILE... [-- ARGUMENT...]
  import  FILE...                          what pools are in these files, and in what state
  status  FILE... [-- OPTION...]           zpool status of them, opened for reading
  list    FILE... [-- OPTION...]           zpool list
  history FILE... [-- OPTION...]           zpool history
  scrub   FILE...                          reads every block and says what is wrong; repairs nothing
  zfs     FILE...                          datasets and snapshots
  ls      FILE... -- DATASET:PATH          names in a directory, such as zones/var@monday:/log
  cat     FILE... -- DATASET:PATH          a file's contents to standard output
  extract FILE... -- DATASET:PATH TARGET   a file or everything below a directory
`;

const STEP = 1 << 20;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

export interface Streams {
  out(text: string | Uint8Array): void;
  err(text: string): void;
}
const standard: Streams = {
  out: (text) => void (typeof text === 'string' ? writeSync(1, text) : writeSync(1, text)),
  err: (text) => void writeSync(2, text),
};

/** The exit status: 1 for what could not be done, 2 for misuse. */
export async function zpoolCommand(words: readonly string[], streams: Streams = standard): Promise<number> {
  const [command, ...rest] = words;
  if (command === '--help' || command === '-h') {
    streams.out(USAGE);
    return 0;
  }
  const split = rest.indexOf('--');
  const files = (split < 0 ? rest : rest.slice(0, split)).map((file) => resolve(file));
  const more = split < 0 ? [] : rest.slice(split + 1);
  const commands = ['import', 'status', 'list', 'history', 'scrub', 'zfs', 'ls', 'cat', 'extract'];
  if (!command || !commands.includes(command) || files.length === 0) {
    const mistake = !command
      ? 'a command is missing'
      : commands.includes(command)
        ? 'a file is missing'
        : `unknown command '${command}'`;
    streams.err(`diorama: ${mistake}\n${USAGE}`);
    return 2;
  }
  const disks: Disk[] = [];
  for (const file of files) {
    try {
      if (!statSync(file).isFile()) throw new Error('not a file');
      // Writes are refused below too: the pool is opened for reading.
      disks.push(fileDisk(file, false));
    } catch (error) {
      streams.err(`cannot open '${file}': ${error instanceof Error ? error.message : error}\n`);
      return 1;
    }
  }
  try {
    const zfs = await loadZfs(disks, { now: () => BigInt(Date.now()) * 1_000_000n });
    return run(zfs, files, command, more, streams);
  } finally {
    for (const disk of disks) disk.close();
  }
}

function run(zfs: Zfs, files: readonly string[], command: string, more: readonly string[], { out, err }: Streams): number {
  const show = (words: readonly string[]): number => {
    const outcome = zfs.zpool(...words);
    out(outcome.out);
    err(outcome.err);
    return outcome.status;
  };
  const directories = files.flatMap((file) => ['-d', file]);
  if (command === 'import') {
    const { status, out: text } = zfs.zpool('import', ...directories);
    if (!text) {
      err('no pools available to import\n');
      return 1;
    }
    out(text);
    return status;
  }
  const opened = zfs.zpool('import', '-f', '-N', '-o', 'readonly=on', ...directories, '-a');
  err(opened.err);
  if (opened.status !== 0) return 1;
  if (command === 'status' || command === 'list' || command === 'history') return show([command, ...more]);
  const said = (): string => Buffer.from(zfs.guest.text(zfs.guest.call('answer') as number), 'latin1').toString();
  const pool = zfs.zpool('list', '-Ho', 'name').out.split('\n')[0];
  zfs.call('usePool', pool);
  if (command === 'zfs') {
    zfs.call('list');
    out(said());
    return 0;
  }
  if (command === 'scrub') {
    zfs.call('scanAll');
    return show(['status', '-v']);
  }
  const [place, target] = more;
  const colon = place?.indexOf(':') ?? -1;
  if (colon < 0 || (command === 'extract') !== (target !== undefined)) {
    err(USAGE);
    return 2;
  }
  const dataset = place.slice(0, colon);
  const path = place.slice(colon + 1).replace(/^\/+|\/+$/g, '');
  if (zfs.call('choose', dataset) < 0) {
    err(`cannot open '${dataset}': dataset does not exist\n`);
    return 1;
  }
  const files_ = new Files(zfs, said);
  try {
    if (command === 'ls')
      out(
        files_
          .names(path)
          .map((name) => `${name}\n`)
          .join(''),
      );
    else if (command === 'cat') files_.read(path, out);
    else files_.extract(path, target);
    return 0;
  } catch (error) {
    err(`${dataset}:/${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
}

/** Files of the dataset that has been chosen. */
class Files {
  constructor(
    private readonly zfs: Zfs,
    private readonly said: () => string,
  ) {}

  private describe(path: string): { mode: number; size: number; target: string } {
    if (this.zfs.call('describe', Buffer.from(path)) < 0) throw new Error(`${path}: No such file or directory`);
    const [mode, size, , ...target] = this.said().split(' ');
    return { mode: Number(mode), size: Number(size), target: target.join(' ') };
  }
  names(path: string): string[] {
    if ((this.describe(path).mode & S_IFMT) !== S_IFDIR) throw new Error(`${path}: Not a directory`);
    if (this.zfs.call('listDirectory', Buffer.from(path)) < 0) throw new Error(`${path}: I/O error`);
    return this.said()
      .split('\n')
      .filter((name) => name !== '')
      .sort();
  }
  read(path: string, to: (bytes: Uint8Array) => void): void {
    const { mode, size } = this.describe(path);
    if ((mode & S_IFMT) !== S_IFREG) throw new Error(`${path}: Not a file`);
    for (let at = 0; at < size; at += STEP) {
      const part = this.zfs.read('readFile', Math.min(STEP, size - at), path, BigInt(at));
      if (typeof part === 'number') throw new Error(`${path}: I/O error at ${at}`);
      to(part);
    }
  }
  extract(path: string, target: string): void {
    const { mode, target: link } = this.describe(path);
    if ((mode & S_IFMT) === S_IFDIR) {
      mkdirSync(target, { recursive: true });
      // A name is a name: what would lead elsewhere cannot be one.
      const names = this.names(path).filter((name) => !name.includes('/') && name !== '..' && name !== '.');
      for (const name of names) this.extract(path ? `${path}/${name}` : name, join(target, name));
      return;
    }
    mkdirSync(dirname(resolve(target)), { recursive: true });
    if ((mode & S_IFMT) === S_IFLNK) symlinkSync(link, target);
    else if ((mode & S_IFMT) === S_IFREG) {
      writeFileSync(target, '', { mode: mode & 0o777 });
      this.read(path, (bytes) => writeFileSync(target, bytes, { flag: 'a' }));
    }
  }
}
