// SPDX-License-Identifier: MIT
/**
 * @fileoverview A raw disk image in a file of the host, written in place.
 *
 * What the guest has flushed is on the host's disk; what it has only written is in the host's cache. Errors of the host become errors
 * of the medium, which the guest sees.
 */

import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { type BlockBackend, MediumError, SECTOR_SIZE } from '../device/virtio/block.ts';
import { reason } from './files.ts';
import { UsageError } from './usageError.ts';

export class FileDisk implements BlockBackend {
  readonly path: string;
  readonly sectors: number;
  readonly readOnly = false;
  readonly #file: number;

  /** Throws UsageError if the file cannot be a disk. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#file = openSync(path, 'r+');
    } catch (error) {
      throw new UsageError(`cannot open disk '${path}': ${reason(error)}`);
    }
    const status = fstatSync(this.#file);
    if (!status.isFile() || status.size === 0 || status.size % SECTOR_SIZE !== 0) {
      closeSync(this.#file);
      const what = status.isFile() ? `its size of ${status.size} bytes is no multiple of ${SECTOR_SIZE}` : 'it is no file';
      throw new UsageError(`cannot use '${path}' as a disk: ${status.size === 0 ? 'it is empty' : what}`);
    }
    this.sectors = status.size / SECTOR_SIZE;
  }

  read(sector: number, into: Uint8Array): void {
    this.#transfer(sector, into.length, (done, position) => readSync(this.#file, into, done, into.length - done, position));
  }

  write(sector: number, from: Uint8Array): void {
    this.#transfer(sector, from.length, (done, position) => writeSync(this.#file, from, done, from.length - done, position));
  }

  flush(): void {
    medium(() => fdatasyncSync(this.#file));
  }

  close(): void {
    closeSync(this.#file);
  }

  #transfer(sector: number, length: number, piece: (done: number, position: number) => number): void {
    medium(() => {
      for (let done = 0; done < length; ) {
        const count = piece(done, sector * SECTOR_SIZE + done);
        if (count === 0) throw new Error('the file has become shorter');
        done += count;
      }
    });
  }
}

function medium(action: () => void): void {
  try {
    action();
  } catch (error) {
    throw new MediumError(reason(error));
  }
}
