// SPDX-License-Identifier: MIT
/**
 * @fileoverview Source maps of wasm modules: byte offset in the module to file and line.
 *
 * asc and binaryen write version 3 maps with one generated line whose columns are byte offsets (ECMA-426; the wasm convention of
 * its section "Extracting source map URLs"). Lookups are bounded by the function, so that the code of a function without positions
 * does not appear to come from the function before it.
 */

export interface SourcePosition {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

const DIGITS = new Map([...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].map((c, i) => [c, i]));

interface Mapping {
  readonly offset: number;
  readonly position: SourcePosition | undefined;
}

export class SourceMap {
  private readonly mappings: Mapping[] = [];

  /** `json` is the text of the map file. */
  constructor(json: string) {
    const map = JSON.parse(json) as { sources: string[]; mappings: string };
    let [offset, source, line, column] = [0, 0, 0, 0];
    for (const segment of map.mappings.split(/[,;]/)) {
      if (segment === '') continue;
      const fields = decodeVlq(segment);
      offset += fields[0];
      if (fields.length >= 4) {
        source += fields[1];
        line += fields[2];
        column += fields[3];
        this.mappings.push({ offset, position: { file: map.sources[source], line: line + 1, column } });
      } else this.mappings.push({ offset, position: undefined });
    }
    this.mappings.sort((a, b) => a.offset - b.offset);
  }

  /** The position of the instruction at `offset`, in a function whose body starts at `functionStart`. */
  lookup(offset: number, functionStart = 0): SourcePosition | undefined {
    let low = 0;
    let high = this.mappings.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.mappings[middle].offset <= offset) low = middle + 1;
      else high = middle;
    }
    const mapping = this.mappings[low - 1];
    return mapping && mapping.offset >= functionStart ? mapping.position : undefined;
  }
}

function decodeVlq(segment: string): number[] {
  const values: number[] = [];
  let value = 0;
  let shift = 0;
  for (const c of segment) {
    const digit = DIGITS.get(c);
    if (digit === undefined) throw new Error(`malformed source map segment ${segment}`);
    value += (digit & 31) * 2 ** shift;
    shift += 5;
    if (digit & 32) continue;
    values.push(value % 2 === 1 ? -Math.floor(value / 2) : value / 2);
    value = 0;
    shift = 0;
  }
  return values;
}
