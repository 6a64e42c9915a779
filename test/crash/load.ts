// SPDX-License-Identifier: MIT
/**
 * @fileoverview A load on a pool, and a model of what its files hold after each transaction group and each fsync. The load is a function of its seed.
 */
import type { Zfs } from '../../toolchain/zfs/host.ts';
import { type Contents, Model, type Point, type State } from './model.ts';
import type { Trace } from './tracedDisk.ts';

const FILE = 0o100644n;
const POOL = 'tank';
/** The second is compressed; the third has whole blocks in its log, however small the writes. */
const DATASETS = ['a', 'b', 'c'];
/** The second has whole blocks in its log. In the model a volume is a file of its dataset whose name and length never change. */
const VOLUMES = ['v', 'w'];
const VOLUME_SIZE = 192 << 10;
const volumeFile = (dataset: string): string => `${dataset}/volume`;
const LZJB = 3n;
const THROUGHPUT = 1n;

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Calls that must work. */
export function call(zfs: Zfs, name: string, ...values: (number | bigint | string | Uint8Array)[]): number {
  const result = zfs.call(name, ...values);
  if (result < 0) throw new Error(`${name}: ${result}`);
  return result;
}

/** Makes a pool of `vdevs` on the traced disks and changes it for `groups` transaction groups. The first point is the new pool. */
export function runLoad(zfs: Zfs, trace: Trace, vdevs: string, seed: number, groups: number): Point[] {
  call(zfs, 'createPoolOf', POOL, 28n, vdevs, 9);
  for (const dataset of DATASETS) call(zfs, 'createFs', `${POOL}/${dataset}`);
  call(zfs, 'setNumber', `${POOL}/b`, 'compression', LZJB);
  for (const volume of VOLUMES) call(zfs, 'createVolume', `${POOL}/${volume}`, BigInt(VOLUME_SIZE));
  for (const dataset of ['c', 'w']) call(zfs, 'setNumber', `${POOL}/${dataset}`, 'logbias', THROUGHPUT);
  call(zfs, 'sync');
  const load = new Load(zfs, trace, randomFrom(seed));
  load.takeVolumes();
  load.complete();
  for (let group = 0; group < groups; group++) load.group(group);
  return load.model.points;
}

class Load {
  readonly model = new Model();
  #files = 0;
  #group = 0;

  constructor(
    readonly zfs: Zfs,
    readonly trace: Trace,
    readonly random: () => number,
  ) {}

  group(group: number): void {
    const changes = 1 + this.#below(8);
    for (let change = 0; change < changes; change++) {
      this.#change(group);
      // An fsync without a log syncs the group.
      if (this.#openGroup() !== this.#group) this.complete();
    }
    if (group % 3 === 1) this.#listAccess(group);
    call(this.zfs, 'sync');
    this.complete();
  }
  /** Lists of access of all lengths, most too long for bonus buffers: the model knows nothing of them, but zdb of their blocks. */
  #listAccess(group: number): void {
    const files = [...this.model.now.names.keys()].filter((name) => DATASETS.includes(datasetOf(name)));
    for (const [index, name] of files.entries()) {
      if ((index + group) % 4) continue;
      const users = (index * 7 + group * 5) % 50;
      const entries = Buffer.alloc(12 * (users + 1));
      for (let i = 0; i <= users; i++) entries.set([i, 8, 0, 0, 1], i * 12);
      // The last is everyone's.
      entries.writeUInt16LE(0x4000, users * 12 + 8);
      call(this.zfs, 'choose', `${POOL}/${datasetOf(name)}`);
      call(this.zfs, 'setAces', bare(name), entries);
      if (index % 3 === 0) this.#fsync(name);
      if (this.#openGroup() !== this.#group) this.complete();
    }
  }
  complete(): void {
    this.#group = this.#openGroup();
    this.model.groupComplete(this.trace.events.length);
  }
  #openGroup(): number {
    return call(this.zfs, 'openGroup');
  }
  #below(n: number): number {
    return Math.floor(this.random() * n);
  }

  takeVolumes(): void {
    for (const volume of VOLUMES) this.#appear(volumeFile(volume), VOLUME_SIZE);
  }

  #change(group: number): void {
    if (this.#below(4) === 0) {
      this.#changeVolume(group, VOLUMES[this.#below(VOLUMES.length)]);
      return;
    }
    const dataset = DATASETS[this.#below(DATASETS.length)];
    call(this.zfs, 'choose', `${POOL}/${dataset}`);
    const own = [...this.model.now.names.keys()].filter((name) => name.startsWith(`${dataset}/`));
    const some = own[this.#below(own.length)];
    const what = this.#below(15);
    if (own.length < 3 || what < 3) {
      const name = `${dataset}/file${this.#below(40)}`;
      if (!this.model.now.names.has(name)) this.#make(name);
      this.#write(name, 0, this.#below(60_000));
    } else if (what < 6) this.#write(some, this.#below(this.#bytes(some).length + 5000), this.#below(200_000));
    else if (what < 7) this.#truncate(some, this.#below(this.#bytes(some).length + 1));
    else if (what < 8) this.#remove(some);
    else if (what < 9) this.#rename(some, `${dataset}/moved${this.#below(10)}`);
    else if (what < 14) this.#fsync(some);
    // It takes a transaction group of its own.
    else call(this.zfs, 'snapshot', `${POOL}/${dataset}@s${group}-${this.#below(1000)}`);
  }

  #changeVolume(group: number, volume: string): void {
    const what = this.#below(8);
    if (what < 5) {
      const offset = this.#below(VOLUME_SIZE);
      const length = Math.min(1 + this.#below(50_000), VOLUME_SIZE - offset);
      const written = this.#content(length);
      call(this.zfs, 'writeVolume', `${POOL}/${volume}`, BigInt(offset), written);
      this.#overwrite(volumeFile(volume), offset, written);
      if (this.#below(2)) this.#syncVolume(volume);
    } else if (what < 7) this.#syncVolume(volume);
    else call(this.zfs, 'snapshot', `${POOL}/${volume}@s${group}-${this.#below(1000)}`);
  }

  #syncVolume(volume: string): void {
    call(this.zfs, 'syncVolume', `${POOL}/${volume}`);
    this.#kept(volumeFile(volume));
  }

  #file(name: string): number {
    return this.model.now.names.get(name)!;
  }
  #bytes(name: string): Buffer {
    return this.model.now.bytes.get(this.#file(name))!;
  }
  #names(name: string, apply: (state: State) => void): void {
    this.model.do({ dataset: datasetOf(name), apply });
  }
  #contents(name: string, change: (before: Buffer) => Buffer): void {
    const file = this.#file(name);
    this.model.do({ dataset: datasetOf(name), file, apply: ({ bytes }) => bytes.set(file, change(bytes.get(file)!)) });
  }

  #make(name: string): void {
    call(this.zfs, 'makeFile', bare(name), FILE, '');
    this.#appear(name, 0);
  }
  #appear(name: string, length: number): void {
    const file = this.#files++;
    this.#names(name, ({ names, bytes }) => {
      names.set(name, file);
      bytes.set(file, Buffer.alloc(length));
    });
  }
  #write(name: string, offset: number, length: number): void {
    if (length === 0) return;
    const written = this.#content(length);
    call(this.zfs, 'writeFile', bare(name), BigInt(offset), written);
    this.#overwrite(name, offset, written);
  }
  #content(length: number): Buffer {
    const content = Buffer.alloc(length);
    // Half of it compresses.
    for (let i = 0; i < length; i++) content[i] = i & 128 ? 0x20 : this.#below(256);
    return content;
  }
  #overwrite(name: string, offset: number, written: Buffer): void {
    this.#contents(name, (before) => {
      const after = Buffer.alloc(Math.max(before.length, offset + written.length));
      before.copy(after);
      written.copy(after, offset);
      return after;
    });
  }
  #truncate(name: string, size: number): void {
    call(this.zfs, 'truncate', bare(name), BigInt(size));
    // What a later change has made longer again has zeros here.
    this.#contents(name, (before) => Buffer.concat([before.subarray(0, size), Buffer.alloc(Math.max(0, size - before.length))]));
  }
  #remove(name: string): void {
    call(this.zfs, 'remove', bare(name));
    this.model.forget(this.#file(name));
    this.#names(name, ({ names }) => void names.delete(name));
  }
  #rename(name: string, to: string): void {
    if (name === to) return;
    call(this.zfs, 'rename', bare(name), bare(to));
    const replaced = this.model.now.names.get(to);
    if (replaced !== undefined) this.model.forget(replaced);
    this.#names(name, ({ names }) => {
      names.set(to, names.get(name)!);
      names.delete(name);
    });
  }
  #fsync(name: string): void {
    call(this.zfs, 'fsync', bare(name));
    this.#kept(name);
  }
  /** A promise, unless the whole group has been synced for it. */
  #kept(name: string): void {
    if (this.#openGroup() === this.#group) this.model.promised(this.trace.events.length, datasetOf(name), this.#file(name));
  }
}

const datasetOf = (name: string): string => name.slice(0, name.indexOf('/'));
const bare = (name: string): string => name.slice(name.indexOf('/') + 1);

/** What the files of an imported pool hold. */
export function readContents(zfs: Zfs): Contents {
  const contents = new Map<string, Buffer>();
  for (const dataset of DATASETS) {
    call(zfs, 'choose', `${POOL}/${dataset}`);
    const count = call(zfs, 'listDirectory', '');
    const names = zfs.guest.text(zfs.guest.call('answer') as number).split('\n');
    for (const name of count > 0 ? names : []) contents.set(`${dataset}/${name}`, readFile(zfs, name));
  }
  for (const volume of VOLUMES) {
    const bytes = zfs.read('readVolume', VOLUME_SIZE, `${POOL}/${volume}`, 0n);
    if (typeof bytes === 'number') throw new Error(`reading volume ${volume}: ${bytes}`);
    contents.set(volumeFile(volume), Buffer.from(bytes));
  }
  return contents;
}

function readFile(zfs: Zfs, name: string): Buffer {
  call(zfs, 'describe', name);
  const size = Number(zfs.guest.text(zfs.guest.call('answer') as number).split(' ')[1]);
  const bytes = size > 0 ? zfs.read('readFile', size, name, 0n) : new Uint8Array(0);
  if (typeof bytes === 'number') throw new Error(`reading ${name}: ${bytes}`);
  if (bytes.length !== size) throw new Error(`reading ${name}: ${bytes.length} of ${size} bytes`);
  return Buffer.from(bytes);
}
