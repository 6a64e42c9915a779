// SPDX-License-Identifier: MIT
/**
 * @fileoverview A disk in memory that takes room only for what has been written: chunks of 64 KiB, absent ones read as zeros.
 *
 * It can lie over a read-only base (an image, possibly fetched piece by piece by whoever implements it): absent chunks are then read
 * from the base, and the first write to a chunk copies it. `save` holds the chunks that differ from the base.
 */
import type { Device, DeviceState, StateValue } from '../../bus/device.ts';
import { type BlockBackend, SECTOR_SIZE } from './block.ts';

const CHUNK_SIZE = 0x1_0000;
const CHUNK_SECTORS = CHUNK_SIZE / SECTOR_SIZE;

export interface MemoryDiskOptions {
  sectors: number;
  readOnly?: boolean;
  serial?: string;
  /** Read where nothing was written; sectors beyond its end are zeros. */
  base?: Pick<BlockBackend, 'sectors' | 'read'>;
}

export class MemoryDisk implements BlockBackend, Device {
  readonly name: string;
  readonly sectors: number;
  readonly readOnly: boolean;
  readonly serial: string | undefined;
  readonly #base: MemoryDiskOptions['base'];
  #chunks = new Map<number, Uint8Array>();
  /** Chunks that forks have too: to be copied before they change. */
  #shared = new Set<number>();

  constructor(name: string, options: MemoryDiskOptions) {
    this.name = name;
    this.sectors = options.sectors;
    this.readOnly = options.readOnly ?? false;
    this.serial = options.serial;
    this.#base = options.base;
  }

  /** A disk that holds `image`, its length rounded up to whole sectors. */
  static of(name: string, image: Uint8Array, options: { readOnly?: boolean } = {}): MemoryDisk {
    const disk = new MemoryDisk(name, { sectors: Math.ceil(image.length / SECTOR_SIZE), readOnly: options.readOnly });
    for (let at = 0; at < image.length; at += CHUNK_SIZE) {
      const piece = image.subarray(at, at + CHUNK_SIZE);
      if (piece.some((byte) => byte !== 0)) disk.#own(at / CHUNK_SIZE).set(piece);
    }
    return disk;
  }

  /** Bytes of memory the contents take. */
  get allocated(): number {
    return this.#chunks.size * CHUNK_SIZE;
  }

  read(sector: number, into: Uint8Array): void {
    this.#visit(sector, into.length, (chunk, from, at, length) => {
      const piece = into.subarray(at, at + length);
      const own = this.#chunks.get(chunk);
      if (own) piece.set(own.subarray(from, from + length));
      else this.#readBase(chunk * CHUNK_SECTORS + from / SECTOR_SIZE, piece);
    });
  }

  write(sector: number, from: Uint8Array): void {
    this.#visit(sector, from.length, (chunk, to, at, length) => this.#own(chunk).set(from.subarray(at, at + length), to));
  }

  flush(): void {}

  writeZeroes(sector: number, count: number): void {
    this.#visit(sector, count * SECTOR_SIZE, (chunk, at, _, length) => {
      if (length === CHUNK_SIZE && !this.#base) this.#chunks.delete(chunk);
      else if (this.#base || this.#chunks.has(chunk)) this.#own(chunk).fill(0, at, at + length);
    });
  }

  /** Another disk with the same contents, over the same base. */
  fork(): MemoryDisk {
    const { sectors, readOnly, serial } = this;
    const fork = new MemoryDisk(this.name, { sectors, readOnly, serial, base: this.#base });
    fork.#chunks = new Map(this.#chunks);
    this.#shared = new Set(this.#chunks.keys());
    fork.#shared = new Set(this.#shared);
    return fork;
  }

  /** A disk keeps its contents through a reset. */
  reset(): void {}

  save(): DeviceState {
    const numbers = [...this.#chunks.keys()].sort((a, b) => a - b);
    return { version: 1, sectors: this.sectors, numbers, chunks: numbers.map((number) => this.#chunks.get(number)!.slice()) };
  }

  load(state: DeviceState): void {
    if (state.version !== 1) throw new Error(`${this.name}: snapshot version ${state.version} is not 1`);
    if (state.sectors !== this.sectors) {
      throw new Error(`${this.name}: the snapshot has ${state.sectors} sectors, the machine ${this.sectors}`);
    }
    const numbers = list(state.numbers);
    const chunks = list(state.chunks);
    this.#chunks = new Map();
    this.#shared.clear();
    for (const [index, number] of numbers.entries()) {
      const chunk = chunks[index];
      if (typeof number !== 'number' || !(chunk instanceof Uint8Array) || chunk.length !== CHUNK_SIZE) {
        throw new Error(`${this.name}: snapshot field 'chunks' is malformed`);
      }
      this.#chunks.set(number, chunk.slice());
    }
  }

  /** The chunk as the disk's own, copied from the base the first time. */
  #own(number: number): Uint8Array {
    let chunk = this.#chunks.get(number);
    if (chunk && this.#shared.delete(number)) this.#chunks.set(number, (chunk = chunk.slice()));
    if (!chunk) {
      chunk = new Uint8Array(CHUNK_SIZE);
      if (this.#base) this.#readBase(number * CHUNK_SECTORS, chunk);
      this.#chunks.set(number, chunk);
    }
    return chunk;
  }

  #readBase(sector: number, into: Uint8Array): void {
    const sectors = Math.max(0, Math.min(into.length / SECTOR_SIZE, (this.#base?.sectors ?? 0) - sector));
    if (sectors > 0) this.#base?.read(sector, into.subarray(0, sectors * SECTOR_SIZE));
    into.fill(0, sectors * SECTOR_SIZE);
  }

  /** Calls `each(chunk, offset in it, position, length)` for the pieces of a range. */
  #visit(sector: number, bytes: number, each: (chunk: number, from: number, at: number, length: number) => void): void {
    for (let done = 0; done < bytes; ) {
      const position = sector * SECTOR_SIZE + done;
      const chunk = Math.floor(position / CHUNK_SIZE);
      const from = position - chunk * CHUNK_SIZE;
      const length = Math.min(CHUNK_SIZE - from, bytes - done);
      each(chunk, from, done, length);
      done += length;
    }
  }
}

function list(value: StateValue | undefined): StateValue[] {
  return Array.isArray(value) ? value : [];
}
