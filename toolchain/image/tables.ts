// SPDX-License-Identifier: MIT
/**
 * @fileoverview Writes the tables by which an image explains itself (layout/definitions/image.ts says what is in them): symbols,
 * a line program for each function, probe sites, the build stamp.
 *
 * Offsets count from the start of the text, where all executable sections lie one after another; addresses are left to the
 * linker, as relocations against the symbols `imageText`, `imageTextEnd` and `imageEnd`.
 */
import type { Positions } from '../asc/positions.ts';
import {
  IMAGE_MAGIC,
  IMAGE_NOTE_NAME,
  IMAGE_NOTE_TYPE,
  imageProbe,
  imageSymbol,
  imageTables,
} from '../layout/definitions/image.ts';
import { create } from '../layout/host.ts';
import type { LineEntry, ProbeSite, Section, SectionSymbol } from '../translate/types.ts';
import type { Relocation } from '../x86/x86.ts';

export interface TablesInput {
  /** Functions by offset in the text. Several may start at one place: the first named is kept. */
  readonly functions: readonly { readonly name: string; readonly offset: number; readonly size: number }[];
  readonly lines: readonly LineEntry[];
  readonly probes: readonly ProbeSite[];
  readonly positions: Pick<Positions, 'lookup'>;
  readonly build: { readonly name: string; readonly time: number };
}

export interface ImageTables {
  /** The tables, which hold no code and are never written. */
  readonly section: Section;
  /** The note that says where the tables are. */
  readonly note: Section;
  readonly symbols: readonly SectionSymbol[];
}

export function buildTables(input: TablesInput): ImageTables {
  const names = new Names();
  const files = new Files(names);
  const functions = distinct(input.functions);
  const lines: number[] = [];
  const symbolBytes: Uint8Array[] = [];
  const byName = new Map<string, number>();
  const rows = new LineRows(input.lines, input.positions);
  for (const [index, fn] of functions.entries()) {
    const { bytes, fields } = create(imageSymbol);
    fields.start = fn.offset;
    fields.size = fn.size;
    fields.name = names.add(fn.name);
    fields.lines = lines.length;
    lines.push(...lineProgram(rows.between(fn.offset, fn.offset + fn.size), fn.offset, files));
    symbolBytes.push(bytes);
    if (!byName.has(fn.name)) byName.set(fn.name, index);
  }
  const probeBytes = input.probes.map((probe) => {
    const { bytes, fields } = create(imageProbe);
    fields.site = probe.offset;
    fields.symbol = byName.get(probe.function) ?? 0;
    fields.isReturn = probe.kind === 'return' ? 1 : 0;
    return bytes;
  });
  const buildName = names.add(input.build.name);
  const fileBytes = new Uint8Array(new Uint32Array(files.offsets).buffer);

  const { bytes: header, fields } = create(imageTables);
  fields.magic = IMAGE_MAGIC;
  fields.symbolCount = functions.length;
  fields.probeCount = input.probes.length;
  fields.fileCount = files.offsets.length;
  fields.buildTime = BigInt(input.build.time);
  fields.build = buildName;

  const parts: [keyof typeof imageTables.offsets, Uint8Array][] = [
    ['symbols', concatenate(symbolBytes)],
    ['probes', concatenate(probeBytes)],
    ['files', fileBytes],
    ['lines', Uint8Array.from(lines)],
    ['names', names.bytes()],
  ];
  const relocations: Relocation[] = [
    { offset: imageTables.offsets.text, kind: 'abs64', symbol: 'imageText', addend: 0 },
    { offset: imageTables.offsets.textEnd, kind: 'abs64', symbol: 'imageTextEnd', addend: 0 },
    { offset: imageTables.offsets.imageEnd, kind: 'abs64', symbol: 'imageEnd', addend: 0 },
  ];
  const chunks: Uint8Array[] = [header];
  let at = header.length;
  for (const [field, bytes] of parts) {
    const padding = -at & 7;
    chunks.push(new Uint8Array(padding));
    at += padding;
    relocations.push({ offset: imageTables.offsets[field], kind: 'abs64', symbol: 'imageTables', addend: at });
    chunks.push(bytes);
    at += bytes.length;
  }
  const section: Section = { ...constants('.image'), bytes: concatenate(chunks), relocations };
  const symbols: SectionSymbol[] = [{ name: 'imageTables', section: '.image', offset: 0, size: at, kind: 'object' }];
  return { section, note: note(), symbols };
}

const constants = (name: string) => ({ name, alignment: 16, writable: false, executable: false }) as const;

/** An ELF note: name, type, and as descriptor the address of the tables. */
function note(): Section {
  const name = new TextEncoder().encode(`${IMAGE_NOTE_NAME}\0`);
  const bytes = new Uint8Array(12 + name.length + 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, name.length, true);
  view.setUint32(4, 8, true);
  view.setUint32(8, IMAGE_NOTE_TYPE, true);
  bytes.set(name, 12);
  return {
    ...constants('.image.note'),
    bytes,
    relocations: [{ offset: 12 + name.length, kind: 'abs64', symbol: 'imageTables', addend: 0 }],
  };
}

/** By offset, one for each place; local names of the translation come first in the input and win. */
function distinct(functions: TablesInput['functions']): TablesInput['functions'] {
  const byOffset = new Map<number, TablesInput['functions'][number]>();
  for (const fn of functions) if (!byOffset.has(fn.offset)) byOffset.set(fn.offset, fn);
  return [...byOffset.values()].sort((a, b) => a.offset - b.offset);
}

interface Row {
  readonly offset: number;
  /** undefined: nothing is known from here on. */
  readonly file: string | undefined;
  readonly line: number;
}

/** The translation's line entries with their positions, which are looked up once each. */
class LineRows {
  private readonly rows: readonly Row[];

  constructor(lines: readonly LineEntry[], positions: TablesInput['positions']) {
    this.rows = lines.map(({ offset, wasm }) => {
      const position = wasm === undefined ? undefined : positions.lookup(wasm);
      return { offset, file: position?.file, line: position?.line ?? 0 };
    });
  }

  between(from: number, to: number): readonly Row[] {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle].offset < from) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (end < this.rows.length && this.rows[end].offset < to) end++;
    return this.rows.slice(low, end);
  }
}

/** Rows of one function, as differences; rows that change nothing are left out. */
function lineProgram(rows: readonly Row[], start: number, files: Files): number[] {
  const bytes: number[] = [];
  let at = start;
  let file = 0;
  let line = 0;
  for (const row of rows) {
    // What is unknown keeps the place before it: prologues, spills.
    if (row.file === undefined) continue;
    const nextFile = files.add(row.file);
    if (nextFile === file && row.line === line) continue;
    // What precedes the first known place of a function, its prologue, gets that place too.
    const distance = line === 0 ? 0 : row.offset - at;
    pushUnsigned(bytes, distance * 2 + (nextFile === file ? 0 : 1));
    if (nextFile !== file) pushUnsigned(bytes, nextFile);
    pushSigned(bytes, row.line - line);
    at += distance;
    file = nextFile;
    line = row.line;
  }
  bytes.push(0, 0);
  return bytes;
}

function pushUnsigned(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

function pushSigned(bytes: number[], value: number): void {
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) {
      bytes.push(low);
      return;
    }
    bytes.push(low | 0x80);
  }
}

class Names {
  private readonly offsets = new Map<string, number>();
  private readonly chunks: number[] = [];

  add(name: string): number {
    const known = this.offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.chunks.length;
    this.offsets.set(name, offset);
    for (const byte of new TextEncoder().encode(name)) this.chunks.push(byte);
    this.chunks.push(0);
    return offset;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.chunks);
  }
}

/** Files by index; index 0 is one without a name, which the first row of a function replaces. */
class Files {
  readonly offsets: number[];
  private readonly indexes = new Map<string, number>();
  private readonly names: Names;

  constructor(names: Names) {
    this.names = names;
    this.offsets = [names.add('')];
  }

  add(file: string): number {
    let index = this.indexes.get(file);
    if (index === undefined) {
      index = this.offsets.length;
      this.indexes.set(file, index);
      this.offsets.push(this.names.add(file));
    }
    return index;
  }
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
