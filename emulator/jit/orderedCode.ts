// SPDX-License-Identifier: MIT
/**
 * @fileoverview The code that an order was given for (`order.ts`): the pages as they were then, and which runs of them were entered how often.
 *
 * Records and tables that the compiler writes beside wasm go into a buffer, at the addresses that they will have in the processor's pool.
 */
import type { Decoded } from '../decode/decode.ts';
import type { Tables } from '../decode/tables.ts';
import { PSEUDO } from '../interp/generate.ts';
import { RecordWriter, type RunMode } from '../interp/records.ts';
import { type HeadState, isOften, isWarm } from '../interp/runs.ts';
import { RECORD_SIZE } from '../ir/state.ts';
import type { CodeSource } from './codeSource.ts';
import type { Order } from './order.ts';
import { PAGE } from './pages.ts';

/** Four numbers a head in `OrderedPage.heads`. */
const HEAD_NUMBERS = 4;

/** There was no room left for records. */
export class NoRoom extends Error {}

export class OrderedCode extends RecordWriter implements CodeSource {
  readonly compiledHandler: number;
  private readonly u8: Uint8Array;
  private readonly hotAfter: number;
  /** By page, mode and offset. */
  private readonly heads = new Map<string, number>();
  private readonly states = new Map<number, HeadState>();
  private readonly places = new Map<number, number>();
  /** First byte of the buffer's room for records, and what that is in the pool. */
  private readonly room: number;
  private readonly shift: number;

  constructor({ pages, hotAfter, host, spare }: Order, tables: Tables, keys: readonly string[]) {
    const room = pages.length * PAGE;
    const u8 = new Uint8Array(room + spare.bytes);
    super({ u8, view: new DataView(u8.buffer), base: host.base }, tables, keys, room);
    this.u8 = u8;
    this.hotAfter = hotAfter;
    this.room = room;
    this.shift = spare.from - room;
    this.compiledHandler = this.handlers.get(PSEUDO.compiled)!;
    for (const [i, { page, bytes, heads }] of pages.entries()) {
      u8.set(bytes, i * PAGE);
      this.places.set(page, i * PAGE);
      for (const { mode, list } of heads) {
        for (let at = 0; at < list.length; at += HEAD_NUMBERS) {
          const [offset, head, left, compiled] = list.slice(at, at + HEAD_NUMBERS);
          this.heads.set(keyOf(page, offset, mode), head);
          this.states.set(head, { left, compiled: compiled === 1 });
        }
      }
    }
  }
  /** Where a page of the order lies. */
  placeOf(page: number): number | undefined {
    return this.places.get(page);
  }
  /** What has been written for the pool. */
  get written(): Uint8Array {
    return this.u8.slice(this.room, this.next);
  }

  find(page: number, offset: number, mode: RunMode): number {
    return this.heads.get(keyOf(page, offset, mode.id)) ?? 0;
  }
  isHead(record: number): boolean {
    return this.states.has(record);
  }
  isWarm(head: number): boolean {
    const state = this.states.get(head);
    return state !== undefined && isWarm(state, this.hotAfter);
  }
  isOftenEntered(head: number): boolean {
    const state = this.states.get(head);
    return state !== undefined && isOften(state, this.hotAfter);
  }
  oftenEntered(page: number, mode: RunMode, most: number): number[] {
    const found: { offset: number; left: number }[] = [];
    for (let offset = 0; offset < PAGE; offset++) {
      const head = this.find(page, offset, mode);
      if (this.isOftenEntered(head)) found.push({ offset, left: this.states.get(head)!.left });
    }
    found.sort((a, b) => a.left - b.left || a.offset - b.offset);
    return found.slice(0, most).map((f) => f.offset);
  }
  override recordOf(d: Decoded, offset: number, mode: RunMode): number {
    this.need(RECORD_SIZE * 4);
    return super.recordOf(d, offset, mode) + this.shift;
  }
  spare(bytes: number): number {
    this.need(bytes + RECORD_SIZE);
    const at = this.next;
    this.next += Math.ceil(bytes / RECORD_SIZE) * RECORD_SIZE;
    return at + this.shift;
  }
  setSpare(address: number, byte: number): void {
    this.u8[address - this.shift] = byte;
  }
  private need(bytes: number): void {
    if (this.next + bytes > this.u8.length) throw new NoRoom();
  }
}

const keyOf = (page: number, offset: number, mode: number): string => `${page} ${offset} ${mode}`;
