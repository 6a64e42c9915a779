// SPDX-License-Identifier: MIT
/**
 * @fileoverview A snapshot as one file.
 *
 *     diorama snapshot FORMAT HEADER-BYTES FILE-BYTES SHA-256-OF-HEADER     one line of ASCII
 *     HEADER                                                                JSON, UTF-8
 *     CHUNK...                                                              raw DEFLATE (RFC 1951), one after the other
 *
 * The header is the snapshot's fields, with what JSON lacks spelled out: {"$int": "hexadecimal"}, {"$bytes": "hexadecimal"},
 * {"$chunks": [number...], "length": bytes}; chunk numbers count in `chunks`, whose entries are [SHA-256, bytes, bytes in the file];
 * -1 stands for zeros. FORMAT changes with this layout; snapshot, processors and devices have versions of their own in the header.
 *
 * Everything is covered by a hash, so a file that was cut, changed or made by another format is refused with one line before any of it is
 * used. A file that somebody made on purpose is checked by those who load the fields.
 *
 * Compression is the host's, and any implementation of DEFLATE reads what another has written.
 */
import { CHUNK_SIZE, ChunkList, type Chunks, type Hash } from '../machine/chunks.ts';
import { type Configuration, type Packed, type Snapshot, SnapshotError } from '../machine/snapshot.ts';

export interface Codec {
  /** SHA-256 in lower-case hexadecimal. */
  hash: Hash;
  deflate(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
  /** `length` is that of the result; what does not have it, or is malformed, makes it throw. */
  inflate(bytes: Uint8Array, length: number): Uint8Array;
}

const FORMAT = 1;
const NAME = 'diorama snapshot';
/** The first line is shorter than this. */
const LINE_LIMIT = 200;

/** A snapshot without the bytes of its chunks: JSON, in which chunks are numbers, and their names in that order. */
export interface SnapshotText {
  json: string;
  names: string[];
}

export function snapshotToText(snapshot: Snapshot): SnapshotText {
  const names = [...snapshot.chunks.keys()];
  return { json: JSON.stringify(fieldsOf(snapshot, names)), names };
}

/** Throws SnapshotError. */
export function snapshotFromText({ json, names }: SnapshotText, chunks: Chunks): Snapshot {
  try {
    return snapshotOf(object(JSON.parse(json)), names, chunks);
  } catch (error) {
    throw error instanceof SnapshotError ? error : damaged('its header is malformed');
  }
}

function fieldsOf(snapshot: Snapshot, names: readonly string[]): object {
  const numbers = new Map(names.map((name, number) => [name, number]));
  const { version, configuration, machine, processors, devices, ram, boot } = snapshot;
  return toJson({ version, configuration, machine, processors, devices, ram, boot } as unknown as Packed, numbers) as object;
}

/** The file's bytes in pieces, in order. */
export function encodeSnapshot(snapshot: Snapshot, codec: Pick<Codec, 'hash' | 'deflate'>): Uint8Array<ArrayBuffer>[] {
  const names = [...snapshot.chunks.keys()];
  const bodies = names.map((name) => codec.deflate(snapshot.chunks.get(name)!));
  const chunks = names.map((name, i) => [name, snapshot.chunks.get(name)!.length, bodies[i].length]);
  const header = new TextEncoder().encode(JSON.stringify({ ...fieldsOf(snapshot, names), chunks }));
  const rest = `${header.length} `;
  const body = bodies.reduce((sum, piece) => sum + piece.length, header.length);
  const line = (size: number): string => `${NAME} ${FORMAT} ${rest}${size} ${codec.hash(header)}\n`;
  // The size is part of the line whose length it counts.
  let size = body;
  while (size !== body + line(size).length) size = body + line(size).length;
  return [new TextEncoder().encode(line(size)), header, ...bodies];
}

/** Throws SnapshotError. */
export function decodeSnapshot(file: Uint8Array, codec: Pick<Codec, 'hash' | 'inflate'>): Snapshot {
  const { fields, pieces } = openSnapshot(file, codec.hash);
  const chunks = new Map<string, Uint8Array>();
  for (const piece of pieces)
    chunks.set(
      piece.name,
      checkedChunk(piece, () => codec.inflate(piece.body, piece.length), codec.hash),
    );
  return snapshotOf(
    fields,
    pieces.map(({ name }) => name),
    chunks,
  );
}

/** The same where inflating takes its time. */
export async function decodeSnapshotLater(
  file: Uint8Array,
  hash: Hash,
  inflate: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>,
): Promise<Snapshot> {
  const { fields, pieces } = openSnapshot(file, hash);
  const chunks = new Map<string, Uint8Array>();
  for (const piece of pieces) {
    const inflated = await inflate(piece.body).catch(() => undefined);
    chunks.set(
      piece.name,
      checkedChunk(piece, () => inflated, hash),
    );
  }
  return snapshotOf(
    fields,
    pieces.map(({ name }) => name),
    chunks,
  );
}

/** A chunk in a file. */
interface Piece {
  number: number;
  name: string;
  /** Of the chunk itself. */
  length: number;
  body: Uint8Array<ArrayBuffer>;
}

function checkedChunk({ number, name, length }: Piece, inflate: () => Uint8Array | undefined, hash: Hash): Uint8Array {
  let chunk: Uint8Array | undefined;
  try {
    chunk = inflate();
  } catch {
    // Not the bytes that were written; the hash says so.
  }
  if (chunk?.length !== length || hash(chunk) !== name) throw damaged(`chunk ${number}`);
  return chunk;
}

/** Takes a file apart, checks all but its chunks. */
function openSnapshot(file: Uint8Array, hash: Hash): { fields: Record<string, unknown>; pieces: Piece[] } {
  const end = file.subarray(0, LINE_LIMIT).indexOf(0x0a);
  const [line, format, headerBytes, fileBytes, sha256] =
    /^diorama snapshot (\d+)(?: (\d+) (\d+) ([0-9a-f]{64})$)?/.exec(ascii(file.subarray(0, Math.max(0, end)))) ?? [];
  if (line === undefined) throw new SnapshotError('it is no snapshot');
  if (Number(format) !== FORMAT) throw new SnapshotError(`it has format ${format}, this program reads format ${FORMAT}`);
  if (sha256 === undefined) throw new SnapshotError('its first line is damaged');
  if (file.length !== Number(fileBytes)) throw new SnapshotError(`it has ${file.length} bytes instead of ${fileBytes}`);
  const body = end + 1 + Number(headerBytes);
  const header = file.subarray(end + 1, body);
  if (hash(header) !== sha256) throw new SnapshotError('its header is damaged');

  let fields: Record<string, unknown>;
  try {
    fields = object(JSON.parse(new TextDecoder().decode(header)));
  } catch {
    throw damaged('its header is malformed');
  }
  const pieces: Piece[] = [];
  let at = body;
  for (const entry of list(fields.chunks)) {
    const [name, length, compressed] = list(entry);
    if (!(typeof name === 'string' && isSize(length, CHUNK_SIZE) && isSize(compressed, file.length - at))) {
      throw damaged('its header is malformed');
    }
    pieces.push({ number: pieces.length, name, length, body: file.subarray(at, at + compressed) as Uint8Array<ArrayBuffer> });
    at += compressed;
  }
  if (at !== file.length) throw damaged('there is something behind its last chunk');
  return { fields, pieces };
}

function snapshotOf(fields: Record<string, unknown>, names: readonly string[], chunks: Chunks): Snapshot {
  let snapshot: Record<string, unknown>;
  try {
    snapshot = fromJson(fields, names) as Record<string, unknown>;
  } catch {
    throw damaged('its header is malformed');
  }
  const { version, machine, processors, devices, ram, boot } = snapshot;
  const sound = typeof version === 'number' && Array.isArray(processors) && isObject(devices) && ram instanceof ChunkList;
  if (!sound || machine === undefined || boot === undefined) throw damaged('fields are missing');
  const configuration = configurationOf(snapshot.configuration);
  if (!configuration) throw damaged("'configuration' is malformed");
  return { version, configuration, machine, processors, devices, ram, boot, chunks } as Snapshot;
}

const damaged = (what: string): SnapshotError => new SnapshotError(`it is damaged: ${what}`);

function configurationOf(value: unknown): Configuration | undefined {
  if (!isObject(value)) return undefined;
  const { memory, cpu, cpus, epoch, uuid, disks, net, consolePorts } = value;
  const numbers = [memory, cpus, epoch].every((field) => typeof field === 'number' && Number.isFinite(field));
  const others =
    typeof cpu === 'string' &&
    (uuid === undefined || typeof uuid === 'string') &&
    Array.isArray(consolePorts) &&
    (net === null || (Array.isArray(net) && net.every(Number.isInteger)));
  const sound =
    Array.isArray(disks) &&
    disks.every(
      (disk) =>
        isObject(disk) &&
        isSize(disk.sectors, Number.MAX_SAFE_INTEGER) &&
        typeof disk.readOnly === 'boolean' &&
        (disk.contents === null || typeof disk.contents === 'string'),
    );
  return numbers && others && sound ? (value as unknown as Configuration) : undefined;
}

function toJson(value: Packed, numbers: ReadonlyMap<string, number>): unknown {
  if (typeof value === 'bigint') return { $int: value.toString(16) };
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('a snapshot field is no finite number');
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return { $bytes: Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('') };
  if (value instanceof ChunkList) {
    return { $chunks: value.names.map((name) => (name === null ? -1 : numbers.get(name)!)), length: value.length };
  }
  if (Array.isArray(value)) return value.map((item) => toJson(item, numbers));
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toJson(field, numbers)]));
}

function fromJson(value: unknown, names: readonly string[]): Packed {
  if (value === null || typeof value !== 'object') return value as Packed;
  if (Array.isArray(value)) return value.map((item) => fromJson(item, names));
  const fields = object(value);
  if (typeof fields.$int === 'string') return BigInt(`0x${fields.$int}`);
  if (typeof fields.$bytes === 'string') {
    const { $bytes } = fields;
    return Uint8Array.from({ length: $bytes.length / 2 }, (_, i) => Number.parseInt($bytes.slice(2 * i, 2 * i + 2), 16));
  }
  if (Array.isArray(fields.$chunks)) {
    if (!isSize(fields.length, Number.MAX_SAFE_INTEGER)) throw new Error('length');
    return new ChunkList(
      fields.length,
      fields.$chunks.map((number: number) => (number === -1 ? null : (names[number] ?? 'unknown'))),
    );
  }
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fromJson(field, names)]));
}

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
function object(value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw new Error('no object');
  return value;
}
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const isSize = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
