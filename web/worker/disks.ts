// SPDX-License-Identifier: MIT
/**
 * @fileoverview The disks of a machine in the browser: empty ones, and images that the user chose.
 *
 * Both keep what the guest writes in memory, in chunks that are made when first written. An image is read a chunk at a time, when the
 * guest does, so that it may be larger than memory; the user's file never changes. The last chunks read stay in memory, as guests
 * read in smaller pieces.
 *
 * Reading must be synchronous, which browsers allow in workers only.
 */
import { type BlockBackend, MediumError, SECTOR_SIZE } from '../../emulator/device/virtio/block.ts';

const CHUNK_SIZE = 65_536;
/** Chunks read from an image and not written: 16 MiB. */
const CACHED_CHUNKS = 256;

/** Bytes of a chunk that was never written; undefined where it is zeros. */
type Source = (start: number, end: number) => Uint8Array | undefined;

class ChunkedDisk implements BlockBackend {
  readonly sectors: number;
  readonly readOnly = false;
  readonly #size: number;
  readonly #source: Source;
  readonly #written = new Map<number, Uint8Array>();
  /** In order of reading, oldest first. */
  readonly #cached = new Map<number, Uint8Array>();

  constructor(size: number, source: Source) {
    this.#size = size;
    this.sectors = size / SECTOR_SIZE;
    this.#source = source;
  }

  read(sector: number, into: Uint8Array): void {
    this.#pieces(sector, into.length, (index, offset, done, length) => {
      const chunk = this.#chunk(index);
      const target = into.subarray(done, done + length);
      if (chunk) target.set(chunk.subarray(offset, offset + length));
      else target.fill(0);
    });
  }

  write(sector: number, from: Uint8Array): void {
    this.#pieces(sector, from.length, (index, offset, done, length) => {
      this.#own(index).set(from.subarray(done, done + length), offset);
    });
  }

  /** Nothing here outlives the page. */
  flush(): void {}

  #pieces(sector: number, length: number, piece: (index: number, offset: number, done: number, length: number) => void): void {
    for (let done = 0; done < length; ) {
      const position = sector * SECTOR_SIZE + done;
      const offset = position % CHUNK_SIZE;
      const count = Math.min(CHUNK_SIZE - offset, length - done);
      piece((position - offset) / CHUNK_SIZE, offset, done, count);
      done += count;
    }
  }

  #chunk(index: number): Uint8Array | undefined {
    const known = this.#written.get(index) ?? this.#cached.get(index);
    if (known) return known;
    const start = index * CHUNK_SIZE;
    const chunk = this.#source(start, Math.min(start + CHUNK_SIZE, this.#size));
    if (!chunk) return undefined;
    for (const oldest of this.#cached.keys()) {
      if (this.#cached.size < CACHED_CHUNKS) break;
      this.#cached.delete(oldest);
    }
    this.#cached.set(index, chunk);
    return chunk;
  }

  #own(index: number): Uint8Array {
    const written = this.#written.get(index);
    if (written) return written;
    const chunk = this.#chunk(index) ?? new Uint8Array(CHUNK_SIZE);
    this.#cached.delete(index);
    this.#written.set(index, chunk);
    return chunk;
  }
}

/** `size` is a multiple of the sector size. */
export function memoryDisk(size: number): BlockBackend {
  return new ChunkedDisk(size, () => undefined);
}

/** The image's size is a multiple of the sector size. */
export function imageDisk(image: Blob): BlockBackend {
  const reader = new FileReaderSync();
  return new ChunkedDisk(image.size, (start, end) => {
    try {
      return new Uint8Array(reader.readAsArrayBuffer(image.slice(start, end)));
    } catch (error) {
      throw new MediumError(error instanceof Error ? error.message : String(error));
    }
  });
}
