// SPDX-License-Identifier: MIT
/**
 * @fileoverview Reads the source map that asc writes: wasm byte offset -> source file and line.
 *
 * A wasm source map has a single generated line whose columns are byte offsets in the module, so only the mappings of that
 * line exist. An offset belongs to the last mapping at or before it; where functions begin is the caller's knowledge, and
 * so is that a mapping must not leak from one function into the next (see toolchain/image/tables.ts).
 * Source Map Revision 3, with the wasm convention of the binaryen tools.
 */

export interface Mapping {
  /** Byte offset in the wasm binary. */
  readonly offset: number;
  /** Index in {@link SourceMap.sources}. */
  readonly source: number;
  /** 1-based. */
  readonly line: number;
}

export interface SourceMap {
  readonly sources: readonly string[];
  /** Ascending by offset. */
  readonly mappings: readonly Mapping[];
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUE = new Map([...DIGITS].map((digit, value) => [digit, value]));

/** `origin` turns asc's names (`~lib/array.ts`) into the names people know. */
export function parseSourceMap(json: string, origin: (source: string) => string = (source) => source): SourceMap {
  const map = JSON.parse(json) as { sources: string[]; mappings: string };
  const mappings: Mapping[] = [];
  let offset = 0;
  let source = 0;
  let line = 0;
  for (const segment of map.mappings.split(/[,;]/)) {
    const fields = decodeVlq(segment);
    if (fields.length === 0) continue;
    offset += fields[0];
    // A segment of one field says that what follows has no source; asc emits none, and there is nothing to say about it.
    if (fields.length === 1) continue;
    source += fields[1];
    line += fields[2];
    mappings.push({ offset, source, line: line + 1 });
  }
  return { sources: map.sources.map(origin), mappings };
}

/** The mapping that covers an offset, or null before the first. */
export function findMapping(map: SourceMap, offset: number): Mapping | null {
  let low = 0;
  let high = map.mappings.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (map.mappings[middle].offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : map.mappings[low - 1];
}

/** Base64 VLQ: five bits a digit, least significant first, bit 5 continues, the sign is the lowest bit of the value. */
function decodeVlq(segment: string): number[] {
  const fields: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of segment) {
    const digit = VALUE.get(character);
    if (digit === undefined) throw new Error(`not base64: ${character}`);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    fields.push(value & 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return fields;
}
