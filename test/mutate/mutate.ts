// SPDX-License-Identifier: MIT
/**
 * @fileoverview Images of pools that are not what anyone wrote: bytes overwritten at random, which checksums find; and bytes of objects changed and
 * written with checksums that are right, which only sense can find. Each image is imported, listed, read, scrubbed, changed and exported. Anything may
 * be refused; nothing may panic, and nothing may go on for ever: a device that is read without end says so.
 */
import { type Disk, loadZfs, type Zfs } from '../../toolchain/zfs/host.ts';
import { randomFrom } from '../crash/load.ts';

const SIZE = 64 << 20;
const FILE = 0o100644n;
const DIRECTORY = 0o40755n;
const LATEST = 0xffff_ffff_ffff_ffffn;
/** Requests to devices that one image may cause: a sound one takes a few thousand. */
const MOST_REQUESTS = 400_000;
/** An instance is made anew after so many images, and after each failure. */
const IMAGES_PER_INSTANCE = 100;
const MEMORY = 16 << 20;

export interface Report {
  readonly images: number;
  /** How many could be imported. */
  readonly imported: number;
  readonly failures: readonly string[];
}

class Endless extends Error {}
/** The pool was given up after an error, which is as it should be; this instance still has it. */
class Unusable extends Error {}

/** A disk whose changes can be taken back, and which counts requests. */
class Image {
  readonly bytes = new Uint8Array(SIZE);
  private readonly undo: [number, Uint8Array][] = [];
  requests = 0;
  constructor(readonly path: string) {}

  change(at: number, bytes: Uint8Array): void {
    this.undo.push([at, this.bytes.slice(at, at + bytes.length)]);
    this.bytes.set(bytes, at);
  }
  restore(): void {
    for (const [at, bytes] of this.undo.splice(0).reverse()) this.bytes.set(bytes, at);
    this.requests = 0;
  }
  keep(): void {
    this.undo.length = 0;
  }
  disk(): Disk {
    const count = (): void => {
      if (++this.requests > MOST_REQUESTS) throw new Endless('device requests without end');
    };
    return {
      path: this.path,
      size: SIZE,
      sectorSize: 512,
      read: (offset, to) => {
        count();
        to.set(this.bytes.subarray(offset, offset + to.length));
        return true;
      },
      write: (offset, from) => {
        count();
        this.change(offset, from);
        return true;
      },
      flush: () => true,
      close: () => undefined,
    };
  }
}

const VDEVS = ['/d0', 'mirror /d0 /d1', 'raidz1 /d0 /d1 /d2'];

/** A pool with something of everything. */
function build(zfs: Zfs, vdevs: string, random: () => number): void {
  const call = (name: string, ...values: (number | bigint | string | Uint8Array)[]): void => {
    const result = zfs.call(name, ...values);
    if (result < 0) throw new Error(`building: ${name}: ${result}`);
  };
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  call('createPoolOf', 'tank', 28n, vdevs, 9);
  call('createFs', 'tank/a');
  call('setNumber', 'tank/a', 'compression', 3n);
  call('choose', 'tank/a');
  call('makeFile', 'dir', DIRECTORY, '');
  for (let i = 0; i < 60; i++) {
    const name = `dir/a name so long that no micro ZAP could hold it, and so the ZAP is fat, ${i}`;
    call('makeFile', name, FILE, '');
    call('writeFile', name, 0n, noise(i * 40));
  }
  call('makeFile', 'big', FILE, '');
  for (let i = 0; i < 8; i++) call('writeFile', 'big', BigInt(i) << 20n, noise(140_000));
  call('makeFile', 'link', 0o120777n, 'dir/x');
  call('snapshot', 'tank/a@one');
  call('truncate', 'big', 3_000_000n);
  call('snapshot', 'tank/a@two');
  call('clone', 'tank/a@one', 'tank/b');
  call('choose', 'tank/b');
  call('remove', 'big');
  call('exportPool');
}

/** Overwrites, exchanges or clears pieces of an image; most of them where something is. */
function overwrite(images: Image[], random: () => number): string {
  const below = (n: number): number => Math.floor(random() * n);
  const count = 1 + below(random() < 0.3 ? 40 : 4);
  for (let i = 0; i < count; i++) {
    const image = images[below(images.length)];
    let at = below(SIZE / 512) * 512;
    // Labels half of the time, and the first MiB of the rest, where metadata are.
    const where = random();
    if (where < 0.4) at = [0, 256 << 10, SIZE - (512 << 10), SIZE - (256 << 10)][below(4)] + below(512) * 512;
    else if (where < 0.9) at = (4 << 20) + below(8192) * 512;
    const kind = below(3);
    if (kind === 0) image.change(at + below(512), new Uint8Array([below(256)]));
    else if (kind === 1) image.change(at, new Uint8Array(Math.min(512 << below(6), SIZE - at)));
    else {
      const from = below(SIZE / 512 - 64) * 512;
      image.change(at, image.bytes.slice(from, from + 512));
    }
  }
  return `${count} overwritten`;
}

const OBJECTS = 90;
/** Changes words of objects; the pool is written with it. */
function pokeObjects(zfs: Zfs, random: () => number): string {
  const below = (n: number): number => Math.floor(random() * n);
  if (zfs.call('search', '/d0 /d1 /d2') < 1 || zfs.call('importFound', 0, 1, LATEST) < 0)
    throw new Error('the sound pool cannot be imported');
  const done: string[] = [];
  const wanted = 1 + below(3);
  for (let tries = 0; done.length < wanted && tries < 200; tries++) {
    const name = ['', '', '', 'tank/a', 'tank/b'][below(5)];
    const object = BigInt(below(OBJECTS));
    const block = random() < 0.4 ? -1n : 0n;
    const offset = random() < 0.7 ? below(48) * 8 : below(16384);
    const bits = [1n, 0xffn, 0xffffn, 1n << 63n, LATEST, BigInt(below(2 ** 31)), 1n << BigInt(below(64))];
    const mask = bits[below(bits.length)] << BigInt(8 * below(8));
    if (zfs.call('poke', name, object, block, offset, BigInt.asUintN(64, mask) || 1n) === 0)
      done.push(`${name}:${object}:${block}:${offset}`);
  }
  if (zfs.call('sync') < 0) throw new Unusable();
  zfs.call('closePool');
  return `${done.join(' ')} poked`;
}

/** Everything that people do with a pool; the result says whether it could be imported. */
function use(zfs: Zfs): boolean {
  zfs.zpool('import', '-d', '');
  if (zfs.call('search', '/d0 /d1 /d2') < 1) return false;
  if (zfs.call('importFound', 0, 1, LATEST) < 0) return false;
  zfs.call('list');
  const datasets = zfs.guest
    .text(zfs.guest.call('answer') as number)
    .split('\n')
    .slice(0, 20);
  for (const dataset of datasets) {
    if (!dataset || zfs.call('choose', dataset) < 0) continue;
    walk(zfs, '', 0);
    if (dataset.includes('@')) continue;
    zfs.call('makeFile', 'new', FILE, '');
    zfs.call('writeFile', 'new', 0n, new Uint8Array(5000).fill(7));
    zfs.call('remove', 'big');
    zfs.call('snapshot', `${dataset}@three`);
  }
  zfs.zpool('status', '-v');
  zfs.zpool('history', '-il');
  zfs.zpool('scrub', 'tank');
  for (let i = 0; i < 3000 && zfs.call('scanSlice', 1n << 20n) > 0; i++);
  zfs.zpool('status', '-v');
  if (zfs.call('exportPool') < 0) throw new Unusable();
  return true;
}

function walk(zfs: Zfs, path: string, depth: number): void {
  if (zfs.call('listDirectory', path) < 0 || depth > 3) return;
  const names = zfs.guest
    .text(zfs.guest.call('answer') as number)
    .split('\n')
    .slice(0, 70);
  for (const name of names) {
    const one = path ? `${path}/${name}` : name;
    zfs.call('describe', one);
    zfs.read('readFile', 100_000, one, 0n);
    zfs.read('readFile', 100_000, one, 1n << 22n);
    walk(zfs, one, depth + 1);
  }
}

/** Tries images `from` to `count`. `each` hears of every one before it is used, so that one that hangs can be named. */
export async function mutate(
  seed: number,
  count: number,
  each: (image: number, what: string) => void = () => undefined,
  from = 0,
): Promise<Report> {
  const images = ['/d0', '/d1', '/d2'].map((path) => new Image(path));
  const sound: Uint8Array[][] = [];
  const load = (): Promise<Zfs> =>
    loadZfs(
      images.map((image) => image.disk()),
      { memory: MEMORY },
    );
  for (const vdevs of VDEVS) {
    for (const image of images) image.bytes.fill(0);
    build(await load(), vdevs, randomFrom(seed));
    sound.push(images.map((image) => image.bytes.slice()));
    for (const image of images) image.keep();
  }
  let zfs: Zfs | undefined;
  let imported = 0;
  const failures: string[] = [];
  for (let i = from; i < count; i++) {
    // Seeds of their own, so that one can be had again without those before it.
    const random = randomFrom(seed * 1_000_003 + i);
    if (i % IMAGES_PER_INSTANCE === 0 || i === from) {
      const layout = sound[Math.floor(i / IMAGES_PER_INSTANCE) % VDEVS.length];
      for (const [index, image] of images.entries()) image.bytes.set(layout[index]);
      zfs = undefined;
    }
    if (!zfs) {
      each(i, 'a new instance');
      zfs = await load();
    }
    let what = '';
    try {
      what = random() < 0.5 ? overwrite(images, random) : pokeObjects(zfs, random);
      each(i, what);
      if (use(zfs)) imported++;
    } catch (error) {
      if (error instanceof Unusable) imported++;
      else failures.push(`seed ${seed} image ${i} (${what}): ${error instanceof Error ? error.message : error}`);
      zfs = undefined;
    }
    for (const image of images) image.restore();
  }
  return { images: count - from, imported, failures };
}
