// SPDX-License-Identifier: MIT
/**
 * @fileoverview Snapshots in the browser's storage (IndexedDB).
 *
 *   snapshots   id -> title, time, fields as JSON with their hash, names of the chunks in the JSON's order
 *   chunks      SHA-256 -> pack, offset, length
 *   packs       id -> a Blob: the chunks that one snapshot brought and none before it had
 *
 * A chunk that several snapshots hold is stored once. Saving is one transaction: it is all there or nothing is, whatever happens to the tab
 * meanwhile, and so is deleting, which takes along the packs in which nothing is wanted any more.
 *
 * Restoring reads the fields; packs are read as a whole if they are small, else a chunk at a time when the machine touches it. Each chunk's hash
 * is checked before it is used. Reading must be synchronous, which browsers allow in workers only. Where the browser lends its own SHA-256,
 * which is several times as fast as ours but not synchronous, chunks of packs read as a whole are checked ahead: those that are no RAM before the
 * machine is loaded from them, RAM while it runs already.
 */
import { decodeSnapshotLater, encodeSnapshot, snapshotFromText, snapshotToText } from '../../emulator/host/snapshotFile.ts';
import type { Chunks } from '../../emulator/machine/chunks.ts';
import { sha256 } from '../../emulator/machine/sha256.ts';
import { type Snapshot, SnapshotError } from '../../emulator/machine/snapshot.ts';
import type { StoredSnapshot } from './messages.ts';

interface SnapshotRecord extends Omit<StoredSnapshot, 'id'> {
  id?: number;
  json: string;
  /** SHA-256 of `json`. */
  hash: string;
  names: string[];
}
interface ChunkRecord {
  name: string;
  pack: number;
  offset: number;
  length: number;
}
interface PackRecord {
  id?: number;
  blob: Blob;
}

const DATABASE = 'diorama';
const LAYOUT = 1;
/** Bytes of packs that are read in one go when a snapshot is restored. */
const READ_WHOLE = 64 * 2 ** 20;
/** Chunks of RAM that are given to the browser's SHA-256 together. */
const CHECKED_TOGETHER = 128;
/** In secure contexts only. */
const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;

/** Something is wrong with the storage, not with the machine: one line for the user. */
export class StorageError extends Error {}

export class SnapshotStore {
  #database: Promise<IDBDatabase> | undefined;

  /** Oldest first. */
  async list(): Promise<StoredSnapshot[]> {
    const records = await this.#transaction(['snapshots'], 'readonly', ({ snapshots }) => all<SnapshotRecord>(snapshots));
    return records.map(({ id, title, created, size, memory, virtualSeconds }) => ({
      ...{ id: id!, title, created, size, memory, virtualSeconds },
    }));
  }

  async save(snapshot: Snapshot, title: string, virtualSeconds: number): Promise<StoredSnapshot> {
    const { json, names } = snapshotToText(snapshot);
    let size = 0;
    for (const name of names) size += snapshot.chunks.get(name)!.length;
    const stored = { title, created: Date.now(), size, memory: snapshot.configuration.memory, virtualSeconds };
    const record: SnapshotRecord = { ...stored, json, hash: sha256(new TextEncoder().encode(json)), names };
    const id = await this.#transaction(['snapshots', 'chunks', 'packs'], 'readwrite', async ({ snapshots, chunks, packs }) => {
      const known = new Set((await request(chunks.getAllKeys())) as string[]);
      const fresh = names.filter((name) => !known.has(name));
      const blob = new Blob(fresh.map((name) => snapshot.chunks.get(name) as Uint8Array<ArrayBuffer>));
      if (fresh.length > 0) {
        const pack = (await request(packs.add({ blob } satisfies PackRecord))) as number;
        let offset = 0;
        for (const name of fresh) {
          const { length } = snapshot.chunks.get(name)!;
          chunks.add({ name, pack, offset, length } satisfies ChunkRecord);
          offset += length;
        }
      }
      return (await request(snapshots.add(record))) as number;
    });
    return { id, ...stored };
  }

  async delete(id: number): Promise<void> {
    await this.#transaction(['snapshots', 'chunks', 'packs'], 'readwrite', async ({ snapshots, chunks, packs }) => {
      await request(snapshots.delete(id));
      const wanted = new Set((await all<SnapshotRecord>(snapshots)).flatMap(({ names }) => names));
      const kept = new Set<number>();
      for (const { name, pack } of await all<ChunkRecord>(chunks)) {
        if (wanted.has(name)) kept.add(pack);
        else chunks.delete(name);
      }
      for (const pack of (await request(packs.getAllKeys())) as number[]) if (!kept.has(pack)) packs.delete(pack);
    });
  }

  /** Throws SnapshotError. */
  async load(id: number): Promise<Snapshot> {
    const found = await this.#transaction(['snapshots', 'chunks', 'packs'], 'readonly', async ({ snapshots, chunks, packs }) => {
      const record = await request<SnapshotRecord | undefined>(snapshots.get(id));
      if (!record) throw new SnapshotError('it is no longer there');
      const wanted = new Set(record.names);
      const pieces = (await all<ChunkRecord>(chunks)).filter(({ name }) => wanted.has(name));
      const blobs = new Map<number, Blob>();
      for (const pack of new Set(pieces.map((piece) => piece.pack))) {
        const { blob } = (await request<PackRecord | undefined>(packs.get(pack))) ?? {};
        if (blob) blobs.set(pack, blob);
      }
      return { record, pieces, blobs };
    });
    const { json, hash, names } = found.record;
    const chunks = new StoredChunks(found.pieces, found.blobs);
    const fields = new TextEncoder().encode(json);
    const [hashNow] = await Promise.all([subtle ? digest(subtle, fields) : sha256(fields), chunks.readSmall()]);
    if (hashNow !== hash) throw new SnapshotError('it is damaged: its fields');
    const snapshot = snapshotFromText({ json, names }, chunks);
    await chunks.checkAhead(new Set(snapshot.ram.names));
    return snapshot;
  }

  /** A file that the command line reads. */
  async export(id: number): Promise<Blob> {
    const snapshot = await this.load(id);
    const packed = new Map<Uint8Array, Uint8Array<ArrayBuffer>>();
    const chunks = new Map<string, Uint8Array>();
    for (const name of snapshot.chunks.keys()) {
      const chunk = snapshot.chunks.get(name)!;
      chunks.set(name, chunk);
      packed.set(chunk, await through(new CompressionStream('deflate-raw'), chunk));
    }
    return new Blob(encodeSnapshot({ ...snapshot, chunks }, { hash: sha256, deflate: (bytes) => packed.get(bytes)! }));
  }

  /** Throws SnapshotError. */
  async import(file: Blob, title: string): Promise<StoredSnapshot> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const snapshot = await decodeSnapshotLater(bytes, sha256, (piece) => through(new DecompressionStream('deflate-raw'), piece));
    return this.save(snapshot, title, 0);
  }

  #open(): Promise<IDBDatabase> {
    this.#database ??= new Promise((resolve, reject) => {
      if (!('indexedDB' in globalThis)) {
        reject(new StorageError('this browser has no storage for snapshots'));
        return;
      }
      const opening = indexedDB.open(DATABASE, LAYOUT);
      opening.onupgradeneeded = () => {
        const database = opening.result;
        database.createObjectStore('snapshots', { keyPath: 'id', autoIncrement: true });
        database.createObjectStore('chunks', { keyPath: 'name' });
        database.createObjectStore('packs', { keyPath: 'id', autoIncrement: true });
      };
      opening.onsuccess = () => {
        // A later version of the page, in another tab, wants to change the layout.
        opening.result.onversionchange = () => opening.result.close();
        resolve(opening.result);
      };
      opening.onerror = () => {
        const newer = opening.error?.name === 'VersionError';
        const why = newer ? 'it belongs to a later version of this page' : (opening.error?.message ?? 'unknown reason');
        reject(new StorageError(`the browser's storage cannot be opened: ${why}`));
      };
    });
    return this.#database;
  }

  /** Resolves when the transaction is complete, that is, on the disk. */
  async #transaction<Name extends string, Value>(
    names: readonly Name[],
    mode: IDBTransactionMode,
    action: (stores: Record<Name, IDBObjectStore>) => Promise<Value>,
  ): Promise<Value> {
    const transaction = (await this.#open()).transaction([...names], mode, { durability: 'strict' });
    const complete = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(explained(transaction.error));
    });
    try {
      const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
      const value = await action(stores as Record<Name, IDBObjectStore>);
      await complete;
      return value;
    } catch (error) {
      complete.catch(() => {});
      try {
        transaction.abort();
      } catch {
        // It is over already: that is why we are here.
      }
      throw error instanceof DOMException ? explained(error) : error;
    }
  }
}

/** Chunks in packs. */
class StoredChunks implements Chunks {
  readonly #pieces: Map<string, ChunkRecord>;
  readonly #blobs: Map<number, Blob>;
  readonly #whole = new Map<number, Uint8Array>();
  readonly #checked = new Set<string>();
  readonly #reader = new FileReaderSync();

  constructor(pieces: readonly ChunkRecord[], blobs: Map<number, Blob>) {
    this.#pieces = new Map(pieces.map((piece) => [piece.name, piece]));
    this.#blobs = blobs;
  }

  async readSmall(): Promise<void> {
    const total = [...this.#blobs.values()].reduce((sum, blob) => sum + blob.size, 0);
    if (total > READ_WHOLE) return;
    for (const [pack, blob] of this.#blobs) this.#whole.set(pack, new Uint8Array(await blob.arrayBuffer()));
  }

  /** Resolves when all but `later` have been looked at; the others follow. What is damaged is refused when it is wanted. */
  async checkAhead(later: ReadonlySet<string | null>): Promise<void> {
    if (!subtle) return;
    const whole = [...this.#pieces.values()].filter(({ pack }) => this.#whole.has(pack));
    const check = async (piece: ChunkRecord): Promise<void> => {
      if (this.#checked.has(piece.name)) return;
      if ((await digest(subtle, this.#read(piece))) === piece.name) this.#checked.add(piece.name);
    };
    await Promise.all(whole.filter(({ name }) => !later.has(name)).map(check));
    const rest = whole.filter(({ name }) => later.has(name));
    void (async () => {
      for (let at = 0; at < rest.length; at += CHECKED_TOGETHER) {
        await Promise.all(rest.slice(at, at + CHECKED_TOGETHER).map(check));
      }
    })();
  }

  has(name: string): boolean {
    return this.#pieces.has(name);
  }
  keys(): MapIterator<string> {
    return this.#pieces.keys();
  }
  get(name: string): Uint8Array | undefined {
    const piece = this.#pieces.get(name);
    if (!piece) return undefined;
    const chunk = this.#read(piece);
    if (!this.#checked.has(name) && sha256(chunk) !== name) throw new SnapshotError(`it is damaged: chunk ${name}`);
    this.#checked.add(name);
    return chunk;
  }

  #read({ name, pack, offset, length }: ChunkRecord): Uint8Array {
    const whole = this.#whole.get(pack);
    if (whole) return whole.subarray(offset, offset + length);
    const blob = this.#blobs.get(pack);
    try {
      if (blob) return new Uint8Array(this.#reader.readAsArrayBuffer(blob.slice(offset, offset + length)));
    } catch {
      // The browser has thrown away what it had promised to keep.
    }
    throw new SnapshotError(`it is damaged: chunk ${name} cannot be read`);
  }
}

/** SHA-256 as `sha256` gives it, by the browser. */
async function digest(subtle: SubtleCrypto, bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function explained(error: DOMException | null): StorageError {
  if (error?.name === 'QuotaExceededError') {
    return new StorageError('the storage that the browser allows is full. Nothing was saved; earlier snapshots are untouched');
  }
  return new StorageError(`the browser's storage failed: ${error?.message ?? 'the transaction was aborted'}`);
}

function request<Value>(asked: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}
const all = <Value>(store: IDBObjectStore): Promise<Value[]> => request(store.getAll() as IDBRequest<Value[]>);

async function through(stream: CompressionStream | DecompressionStream, bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const piped = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(piped).arrayBuffer());
}
