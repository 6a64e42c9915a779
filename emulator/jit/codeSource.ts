// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the compiler asks about code, and what it writes beside what it emits. On the processor's own thread its decoded runs
 * answer (`interp/runs.ts`); elsewhere what an order says of them (`orderedCode.ts`).
 */
import type { Decoded } from '../decode/decode.ts';
import type { RecordWriter, RunMode, Variant } from '../interp/records.ts';

export interface CodeSource {
  readonly compiledHandler: number;
  /** The instruction at an offset of the page at `bytes`. */
  decodeAt(offset: number, bytes: number, mode: RunMode): ReturnType<RecordWriter['decodeAt']>;
  variant(d: Decoded, mode: RunMode, near: boolean): Variant;
  /** The head of the run at an offset of a page, or 0. */
  find(page: number, offset: number, mode: RunMode): number;
  isHead(record: number): boolean;
  isWarm(head: number): boolean;
  isOftenEntered(head: number): boolean;
  oftenEntered(page: number, mode: RunMode, most: number): number[];
  /** Address of a record of one instruction by itself. */
  recordOf(d: Decoded, offset: number, mode: RunMode): number;
  /** Address of some cleared bytes. */
  spare(bytes: number): number;
  setSpare(address: number, byte: number): void;
}
