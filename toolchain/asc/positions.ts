// SPDX-License-Identifier: MIT
/**
 * @fileoverview Byte offset in a compiled module -> file and line, under the names people know.
 *
 * asc gives some code that it makes itself (null checks among it) no position; such code gets its function's first, since a
 * report without a line is worth less than one that is a few lines off.
 */
import { decodeModule } from '../wasm/decode.ts';
import type { WasmFunction } from '../wasm/module.ts';
import { SourceMap } from '../wasm/sourceMap.ts';

export interface Position {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export class Positions {
  private readonly map: SourceMap;
  private readonly origin: (source: string) => string;
  /** Defined functions in order of code. */
  private readonly functions: readonly WasmFunction[];
  private readonly first = new Map<WasmFunction, Position | undefined>();

  /** `origin` turns asc's names (`~lib/array.ts`) into those to be shown. */
  constructor(wasm: Uint8Array, sourceMap: string, origin: (source: string) => string) {
    this.map = new SourceMap(sourceMap);
    this.origin = origin;
    this.functions = decodeModule(wasm).functions.filter((fn) => !fn.import);
  }

  lookup(offset: number): Position | undefined {
    const fn = this.functionAt(offset);
    if (!fn) return undefined;
    return this.exact(offset, fn) ?? this.firstOf(fn);
  }

  private exact(offset: number, fn: WasmFunction): Position | undefined {
    const found = this.map.lookup(offset, fn.start);
    return found && { file: this.origin(found.file), line: found.line };
  }

  private firstOf(fn: WasmFunction): Position | undefined {
    if (!this.first.has(fn)) {
      const instruction = fn.body.find(({ pc }) => this.map.lookup(pc, fn.start));
      this.first.set(fn, instruction && this.exact(instruction.pc, fn));
    }
    return this.first.get(fn);
  }

  private functionAt(offset: number): WasmFunction | undefined {
    let low = 0;
    let high = this.functions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.functions[middle].start <= offset) low = middle + 1;
      else high = middle;
    }
    const fn = this.functions[low - 1];
    return fn && offset < fn.end ? fn : undefined;
  }
}
