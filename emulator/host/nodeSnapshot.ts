// SPDX-License-Identifier: MIT
/** @fileoverview Snapshots in files of the host. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { SECTOR_SIZE } from '../device/virtio/block.ts';
import { type Snapshot, SnapshotError } from '../machine/snapshot.ts';
import { readInput, reason } from './files.ts';
import { type Codec, decodeSnapshot, encodeSnapshot } from './snapshotFile.ts';
import { UsageError } from './usageError.ts';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const nodeCodec: Codec = {
  hash: sha256,
  // RAM that compresses at all does so at once; higher levels take several times as long for a tenth less.
  deflate: (bytes) => new Uint8Array(deflateRawSync(bytes, { level: 1 })),
  inflate: (bytes, length) => inflateRawSync(bytes, { maxOutputLength: Math.max(1, length) }),
};

/** Throws UsageError. */
export function readSnapshot(path: string): Snapshot {
  const file = readInput('snapshot', path);
  return naming(path, () => decodeSnapshot(file, nodeCodec));
}

/** The disks of a machine that has them all in memory need not be asked for again. */
export function disksOf({ configuration: { disks } }: Snapshot): { memory: number; serial?: string }[] {
  return disks.every((disk) => disk.contents === null)
    ? disks.map(({ sectors, serial }) => ({ memory: sectors * SECTOR_SIZE, serial }))
    : [];
}

/** What `action` finds wrong with a snapshot becomes one line that names its file. */
export function naming<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof SnapshotError ? new UsageError(`cannot load snapshot '${path}': ${error.message}`) : error;
  }
}

/**
 * A file to be: another name is written first and takes the place of `path` when it is complete, so that an earlier snapshot is there until a
 * new one is. Throws UsageError if there can be no such file.
 */
export class SnapshotOutput {
  readonly #path: string;
  readonly #partial: string;
  readonly #file: number;

  constructor(path: string) {
    this.#path = path;
    this.#partial = `${path}.part`;
    this.#file = this.#trying(() => openSync(this.#partial, 'w'));
  }

  /** Takes the only snapshot. */
  write(snapshot: Snapshot): void {
    this.#trying(() => {
      for (const piece of encodeSnapshot(snapshot, nodeCodec)) {
        for (let done = 0; done < piece.length; ) done += writeSync(this.#file, piece, done);
      }
      renameSync(this.#partial, this.#path);
    });
  }

  /** Afterwards, with or without a snapshot. */
  close(): void {
    closeSync(this.#file);
    rmSync(this.#partial, { force: true });
  }

  #trying<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw new UsageError(`cannot write snapshot '${this.#path}': ${reason(error)}`);
    }
  }
}
