// SPDX-License-Identifier: MIT
/**
 * @fileoverview What kernel and user images have in common: the translated program, its stubs, the tables, in segments.
 *
 * Sequence: {@link translateProgram} (wasm -> sections) -> stubs for what it exports -> {@link codeSegments} (text, constants,
 * data; tables built from the offsets they will have) -> linear memory -> link -> ELF. kernel.ts and user.ts choose addresses.
 */
import type { Positions } from '../asc/positions.ts';
import type { Stub } from '../asm/stub.ts';
import { intrinsicsFor, type Target } from '../intrinsics/intrinsics.ts';
import { type SegmentPlan, sectionOffsets } from '../link/link.ts';
import { translate } from '../translate/translate.ts';
import type { Section, SectionSymbol, TranslatedModule, TranslateOptions } from '../translate/types.ts';
import { decodeModule } from '../wasm/decode.ts';
import { buildTables } from './tables.ts';

export interface ProgramInput {
  readonly wasm: Uint8Array;
  readonly positions: Positions;
  readonly build: BuildStamp;
}

/** Which build an image is of: a name, and the commit's time in seconds since 1970. */
export interface BuildStamp {
  readonly name: string;
  readonly time: number;
}

export interface Image {
  readonly elf: Uint8Array;
  /** Sizes by segment, for the build's report. */
  readonly sizes: Readonly<Record<string, number>>;
}

export function translateProgram(wasm: Uint8Array, target: Target): TranslatedModule {
  const kernel: TranslateOptions = { addressing: 'r15', patchable: true, forbidFloat: true };
  const user: TranslateOptions = { addressing: 'zero' };
  return translate(decodeModule(wasm), { ...(target === 'kernel' ? kernel : user), intrinsics: intrinsicsFor(target) });
}

export interface CodeSegments {
  readonly segments: readonly SegmentPlan[];
  readonly symbols: readonly SectionSymbol[];
  /** Bytes of the note in section `.image.note`. */
  readonly noteSize: number;
}

/** Text, constants and data. The first begins at `address`, the others follow; all are loaded at `physicalOffset` from there. */
export function codeSegments(
  module: TranslatedModule,
  stubs: readonly Stub[],
  input: ProgramInput,
  place: { readonly address: bigint; readonly physicalOffset: bigint },
): CodeSegments {
  const sections = [...module.sections, ...stubs.map((stub) => stub.section)];
  const symbols = [...module.symbols, ...stubs.flatMap((stub) => stub.symbols)];
  // The translation's text comes first, so that its line and probe offsets count from the start of the segment.
  const text = sections.filter((section) => section.executable);
  if (text[0] !== module.sections.find((section) => section.executable)) throw new Error('the translated text must come first');
  const tables = buildTables({
    functions: functionsIn(text, symbols),
    lines: module.lines,
    probes: module.probes,
    positions: input.positions,
    build: input.build,
  });
  const constants = [...sections.filter((section) => !section.executable && !section.writable), tables.section, tables.note];
  const data = sections.filter((section) => section.writable);
  const { physicalOffset } = place;
  return {
    segments: [
      { name: '.text', address: place.address, physicalOffset, sections: text, executable: true },
      { name: '.rodata', physicalOffset, sections: constants },
      { name: '.data', physicalOffset, sections: data, writable: true },
    ],
    symbols: [...symbols, ...tables.symbols],
    noteSize: tables.note.bytes.length,
  };
}

function functionsIn(
  text: readonly Section[],
  symbols: readonly SectionSymbol[],
): { name: string; offset: number; size: number }[] {
  const offsets = new Map(sectionOffsets(text).map((offset, index) => [text[index].name, offset]));
  // Local names, which say the file, go before exported ones of the same function.
  const ordered = [...symbols.filter((symbol) => symbol.local), ...symbols.filter((symbol) => !symbol.local)];
  return ordered.flatMap(({ name, section, offset, size, kind }) => {
    const base = offsets.get(section);
    return base === undefined || kind !== 'function' ? [] : [{ name, offset: base + offset, size }];
  });
}

/** Linear memory's initial content from `base` on, as one section; what follows up to its end is zero. */
export function memorySection(module: TranslatedModule, base: number): { section: Section; end: number } {
  const end = Math.max(base, ...module.memory.segments.map((segment) => segment.offset + segment.bytes.length));
  const bytes = new Uint8Array(end - base);
  for (const segment of module.memory.segments) {
    if (segment.offset < base) throw new Error(`static data at ${segment.offset} lies below linear memory's base`);
    bytes.set(segment.bytes, segment.offset - base);
  }
  const section: Section = { name: '.memory', bytes, alignment: 4096, writable: true, executable: false, relocations: [] };
  return { section, end };
}
