// SPDX-License-Identifier: MIT
/**
 * @fileoverview The disks of a machine in the browser: empty ones, and images that the user chose. What the guest writes stays in memory.
 *
 * A snapshot holds all of a disk, image and changes, so that it needs no file of the user's when it is restored.
 *
 * An image is read when the guest does, so that it may be larger than memory, a chunk at a time, as guests read in smaller pieces. The
 * last chunks stay in memory. Reading must be synchronous, which browsers allow in workers only.
 */
import type { Device, DeviceState } from '../../emulator/bus/device.ts';
import { type BlockBackend, MediumError, SECTOR_SIZE } from '../../emulator/device/virtio/block.ts';
import { MemoryDisk } from '../../emulator/device/virtio/memoryDisk.ts';
import { isZero } from '../../emulator/machine/chunks.ts';
import { SnapshotError } from '../../emulator/machine/snapshot.ts';
import type { DiskSpecification } from './messages.ts';

const CHUNK_SIZE = 65_536;
const CACHED_CHUNKS = 256;
/** A snapshot copies the image; more than this a tab may not have. */
const LARGEST_SAVED_IMAGE = 2 ** 30;

export function makeDisk(specification: DiskSpecification, index: number): BlockBackend & Device {
  const name = `disk${index}`;
  if (!('image' in specification)) {
    const { bytes, serial } = specification;
    return new MemoryDisk(name, { sectors: bytes / SECTOR_SIZE, serial });
  }
  const base = new ImageReader(specification.image);
  return new ImageDisk(name, base);
}

/** An image under changes. */
class ImageDisk implements BlockBackend, Device {
  readonly name: string;
  readonly sectors: number;
  readonly readOnly = false;
  readonly #disk: MemoryDisk;

  constructor(name: string, base: ImageReader) {
    this.name = name;
    this.sectors = base.sectors;
    this.#disk = new MemoryDisk(name, { sectors: base.sectors, base });
  }

  read(sector: number, into: Uint8Array): void {
    this.#disk.read(sector, into);
  }
  write(sector: number, from: Uint8Array): void {
    this.#disk.write(sector, from);
  }
  flush(): void {}
  writeZeroes(sector: number, count: number): void {
    this.#disk.writeZeroes(sector, count);
  }
  reset(): void {}

  /** What a disk in memory with the same contents saves. */
  save(): DeviceState {
    const size = this.sectors * SECTOR_SIZE;
    if (size > LARGEST_SAVED_IMAGE) throw new SnapshotError(`the image of ${this.name} is too large for a snapshot`);
    const numbers: number[] = [];
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < size; at += CHUNK_SIZE) {
      const chunk = new Uint8Array(CHUNK_SIZE);
      this.#disk.read(at / SECTOR_SIZE, chunk.subarray(0, Math.min(CHUNK_SIZE, size - at)));
      if (isZero(chunk)) continue;
      numbers.push(at / CHUNK_SIZE);
      chunks.push(chunk);
    }
    return { version: 1, sectors: this.sectors, numbers, chunks };
  }
  load(state: DeviceState): void {
    this.#disk.load(state);
  }
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
