// SPDX-License-Identifier: MIT
/**
 * @fileoverview The MSI-X capability (PCI Local Bus 3.0, 6.8.2): a table of messages and an array of pending bits in a BAR.
 *
 * A vector raised while it or the whole function is masked sets its pending bit; unmasking sends it. Table entries are masked
 * after reset. The block answers for the whole BAR: table, pending bit array, and zeros between them.
 *
 * Control bits live in configuration space and are written through it; `written` tells this class about it.
 */
import type { AccessSize, DeviceState, MsiSink, RegisterBlock } from '../../bus/device.ts';
import { loadFields } from '../../bus/state.ts';
import { CAPABILITY_MSIX, type ConfigSpace } from './configSpace.ts';

const CONTROL_ENABLE = 0x8000;
const CONTROL_FUNCTION_MASK = 0x4000;
const ENTRY_MASKED = 1;
const WORDS_PER_ENTRY = 4;

export interface MsixOptions {
  /** Offset of the capability in configuration space. */
  offset: number;
  /** 1 to 2048. */
  vectors: number;
  bar: number;
  tableOffset: number;
  pendingOffset: number;
}

export class Msix implements RegisterBlock {
  readonly vectors: number;
  readonly #config: ConfigSpace;
  readonly #options: MsixOptions;
  readonly #send: MsiSink;
  /** Message address low, high, data, vector control; per vector. */
  readonly #table: Uint32Array;
  readonly #pending: Uint32Array;

  constructor(config: ConfigSpace, options: MsixOptions, send: MsiSink) {
    this.vectors = options.vectors;
    this.#config = config;
    this.#options = options;
    this.#send = send;
    this.#table = new Uint32Array(options.vectors * WORDS_PER_ENTRY);
    // The array is read in quadwords, so it has an even number of words.
    this.#pending = new Uint32Array(Math.ceil(options.vectors / 64) * 2);
    config.addCapability(CAPABILITY_MSIX, options.offset, new Uint8Array(10));
    config.set(options.offset + 2, 2, options.vectors - 1);
    config.set(options.offset + 4, 4, options.tableOffset | options.bar);
    config.set(options.offset + 8, 4, options.pendingOffset | options.bar);
    config.allowWrites(options.offset + 2, 2, CONTROL_ENABLE | CONTROL_FUNCTION_MASK);
    this.reset();
  }

  get enabled(): boolean {
    return (this.#control & CONTROL_ENABLE) !== 0;
  }

  reset(): void {
    this.#table.fill(0);
    this.#pending.fill(0);
    for (let vector = 0; vector < this.vectors; vector++) this.#table[vector * WORDS_PER_ENTRY + 3] = ENTRY_MASKED;
  }

  notify(vector: number): void {
    if (!this.enabled || vector >= this.vectors) return;
    if (this.#isMasked(vector)) this.#pending[vector >>> 5] |= 1 << (vector & 31);
    else this.#sendMessage(vector);
  }

  /** Called after a configuration write that touched the capability. */
  written(): void {
    for (let vector = 0; vector < this.vectors; vector++) this.#sendIfUnmasked(vector);
  }

  read(offset: number, size: AccessSize): number {
    const word = this.#wordAt(offset & ~3) >>> (8 * (offset & 3));
    return size === 4 ? word : word & (size === 2 ? 0xffff : 0xff);
  }

  /** Only the table can be written, and only in whole words: the specification leaves anything else undefined. */
  write(offset: number, size: AccessSize, value: number): void {
    const index = (offset - this.#options.tableOffset) >>> 2;
    if (size !== 4 || offset < this.#options.tableOffset || index >= this.#table.length) return;
    this.#table[index] = index % WORDS_PER_ENTRY === 0 ? value & ~3 : value;
    this.#sendIfUnmasked(Math.floor(index / WORDS_PER_ENTRY));
  }

  save(): DeviceState {
    return { version: 1, table: Array.from(this.#table), pending: Array.from(this.#pending) };
  }

  /** `owner` names the function in the error message of a malformed snapshot. */
  load(owner: string, state: DeviceState | null | undefined): void {
    const shape = { table: Array.from(this.#table), pending: Array.from(this.#pending) };
    const fields = loadFields(`${owner} MSI-X`, state ?? { version: 0 }, 1, shape);
    this.#table.set(fields.table);
    this.#pending.set(fields.pending);
  }

  get #control(): number {
    return this.#config.get(this.#options.offset + 2, 2);
  }

  #wordAt(offset: number): number {
    const { tableOffset, pendingOffset } = this.#options;
    const inTable = (offset - tableOffset) >>> 2;
    if (offset >= tableOffset && inTable < this.#table.length) return this.#table[inTable];
    const inPending = (offset - pendingOffset) >>> 2;
    if (offset >= pendingOffset && inPending < this.#pending.length) return this.#pending[inPending];
    return 0;
  }

  #isMasked(vector: number): boolean {
    return (this.#control & CONTROL_FUNCTION_MASK) !== 0 || (this.#table[vector * WORDS_PER_ENTRY + 3] & ENTRY_MASKED) !== 0;
  }

  #sendIfUnmasked(vector: number): void {
    const bit = 1 << (vector & 31);
    if ((this.#pending[vector >>> 5] & bit) === 0 || !this.enabled || this.#isMasked(vector)) return;
    this.#pending[vector >>> 5] &= ~bit;
    this.#sendMessage(vector);
  }

  #sendMessage(vector: number): void {
    const entry = vector * WORDS_PER_ENTRY;
    this.#send(this.#table[entry + 1] * 2 ** 32 + this.#table[entry], this.#table[entry + 2]);
  }
}
