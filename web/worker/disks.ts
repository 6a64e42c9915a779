// SPDX-License-Identifier: MIT
/**
 * @fileoverview The disks of a machine in the browser: empty ones, and images that the user chose. What the guest writes stays in memory.
 *
 * An image is read when the guest does, so that it may be larger than memory, a chunk at a time, as guests read in smaller pieces. The
 * last chunks stay in memory. Reading must be synchronous, which browsers allow in workers only.
 */
import { type BlockBackend, MediumError, SECTOR_SIZE } from '../../emulator/device/virtio/block.ts';
import { MemoryDisk } from '../../emulator/device/virtio/memoryDisk.ts';
import type { DiskSpecification } from './messages.ts';

const CHUNK_SIZE = 65_536;
const CACHED_CHUNKS = 256;

export function makeDisk(specification: DiskSpecification, index: number): BlockBackend {
  const name = `disk${index}`;
  if (!('image' in specification)) return new MemoryDisk(name, { sectors: specification.bytes / SECTOR_SIZE });
  const base = new ImageReader(specification.image);
  return new MemoryDisk(name, { sectors: base.sectors, base });
}

class ImageReader implements Pick<BlockBackend, 'sectors' | 'read'> {
  readonly sectors: number;
  readonly #image: Blob;
  readonly #reader = new FileReaderSync();
  /** By number, in order of reading. */
  readonly #chunks = new Map<number, Uint8Array>();

  constructor(image: Blob) {
    this.#image = image;
    this.sectors = image.size / SECTOR_SIZE;
  }

  read(sector: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const position = sector * SECTOR_SIZE + done;
      const offset = position % CHUNK_SIZE;
      const piece = this.#chunk((position - offset) / CHUNK_SIZE).subarray(offset, offset + into.length - done);
      into.set(piece, done);
      done += piece.length;
    }
  }

  #chunk(number: number): Uint8Array {
    const known = this.#chunks.get(number);
    if (known) return known;
    const start = number * CHUNK_SIZE;
    let chunk: Uint8Array;
    try {
      chunk = new Uint8Array(this.#reader.readAsArrayBuffer(this.#image.slice(start, start + CHUNK_SIZE)));
    } catch (error) {
      throw new MediumError(error instanceof Error ? error.message : String(error));
    }
    if (chunk.length !== Math.min(CHUNK_SIZE, this.#image.size - start)) throw new MediumError('the image has become shorter');
    for (const oldest of this.#chunks.keys()) {
      if (this.#chunks.size < CACHED_CHUNKS) break;
      this.#chunks.delete(oldest);
    }
    this.#chunks.set(number, chunk);
    return chunk;
  }
}
