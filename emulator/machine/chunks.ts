// SPDX-License-Identifier: MIT
/**
 * @fileoverview Content-addressed chunks: how snapshots hold RAM, disks and everything else that is large.
 *
 * Bytes are cut into chunks of CHUNK_SIZE, the last one may be shorter. A chunk's name is its SHA-256, so that chunks that are equal, within
 * a snapshot or among several, are held once. A chunk of zeros has no name and is not held.
 *
 * Where SHA-256 comes from is the host's business: a `Hash` gives it as text, in whatever alphabet, always the same.
 */

export const CHUNK_SIZE = 0x1_0000;
/** SHA-256 as text. */
export type Hash = (bytes: Uint8Array) => string;
/** By name. Nobody changes the bytes. `get` may read a chunk when it is asked for, and throw if it cannot. */
export type Chunks = Pick<ReadonlyMap<string, Uint8Array>, 'get' | 'has' | 'keys'>;

/** A string of bytes as its chunks; null stands for zeros. */
export class ChunkList {
  readonly length: number;
  readonly names: readonly (string | null)[];

  constructor(length: number, names: readonly (string | null)[]) {
    this.length = length;
    this.names = names;
  }
}

/** Collects chunks. */
export class ChunkStore {
  readonly hash: Hash;
  readonly chunks = new Map<string, Uint8Array>();

  constructor(hash: Hash) {
    this.hash = hash;
  }

  /** Copies what it has not got yet. */
  add(bytes: Uint8Array): ChunkList {
    const names: (string | null)[] = [];
    for (let at = 0; at < bytes.length; at += CHUNK_SIZE) names.push(this.addChunk(bytes.subarray(at, at + CHUNK_SIZE)));
    return new ChunkList(bytes.length, names);
  }

  private addChunk(chunk: Uint8Array): string | null {
    if (isZero(chunk)) return null;
    const name = this.hash(chunk);
    if (!this.chunks.has(name)) this.chunks.set(name, new Uint8Array(chunk));
    return name;
  }
}

/**
 * Writes the bytes of a list; `into` has its length, and is all zeros if `fresh`. Throws an Error with one line if a chunk is missing or has
 * the wrong size.
 */
export function readChunks(chunks: Chunks, list: ChunkList, into: Uint8Array, fresh: boolean): void {
  checkLength(list, into.length);
  for (const [index, name] of list.names.entries()) {
    const piece = into.subarray(index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE);
    if (name === null) {
      // Memory that was never touched costs the host nothing, and writing zeros would touch it.
      if (!fresh && !isZero(piece)) piece.fill(0);
      continue;
    }
    const chunk = chunks.get(name);
    if (chunk?.length !== piece.length) throw new Error(`chunk ${name} is ${chunk ? 'of another size' : 'missing'}`);
    piece.set(chunk);
  }
}

/**
 * Pieces of a list, read when they are asked for. Missing chunks are noticed at once, chunks of the wrong size when they are read. `piece` is
 * as long as the one it fills, all zeros, and lies in one chunk.
 */
export function lazyChunks(chunks: Chunks, list: ChunkList, length: number): (at: number, piece: Uint8Array) => void {
  checkLength(list, length);
  for (const name of list.names) if (name !== null && !chunks.has(name)) throw new Error(`chunk ${name} is missing`);
  // Pieces of a chunk are often asked for one after the other.
  let last: { name: string; chunk: Uint8Array } | undefined;
  return (at, piece) => {
    const index = Math.floor(at / CHUNK_SIZE);
    const name = list.names[index];
    if (name === null) return;
    if (last?.name !== name) {
      const chunk = chunks.get(name);
      if (chunk?.length !== Math.min(CHUNK_SIZE, length - index * CHUNK_SIZE))
        throw new Error(`chunk ${name} is of another size`);
      last = { name, chunk };
    }
    const from = at - index * CHUNK_SIZE;
    piece.set(last.chunk.subarray(from, from + piece.length));
  };
}

function checkLength(list: ChunkList, length: number): void {
  if (list.length !== length || list.names.length !== Math.ceil(length / CHUNK_SIZE)) {
    throw new Error(`${list.length} bytes in ${list.names.length} chunks do not make ${length} bytes`);
  }
}

export function isZero(bytes: Uint8Array): boolean {
  const aligned = bytes.byteOffset % 4 === 0;
  const words = aligned ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2) : new Int32Array(0);
  const n = words.length;
  // Whole memories are looked through: eight words at a time is several times as fast.
  const whole = n - (n % 8);
  for (let i = 0; i < whole; i += 8) {
    const low = words[i] | words[i + 1] | words[i + 2] | words[i + 3];
    if ((low | words[i + 4] | words[i + 5] | words[i + 6] | words[i + 7]) !== 0) return false;
  }
  for (let i = whole; i < n; i++) if (words[i] !== 0) return false;
  for (let i = n * 4; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
