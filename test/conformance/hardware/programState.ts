// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a user program can see of a processor: the state before a case, the state after it, and the address space both
 * live in. `hardware.c` and `machine.ts` give it to their processors alike.
 *
 * The address space: two pages of code, which appear again as data; two pages of data, which appear again read-only and once more above 4 GiB; nothing else. Descriptor
 * tables are Linux's: 64-bit code 33h, 32-bit code 23h, data 2Bh, and in the LDT 16-bit code over the code pages, 16-bit data over the
 * data pages (its limit a page beyond them), 32-bit data over the data pages (expand-up, limit at their end).
 */
export const CODE = 0x10000000;
/** The same pages, to write to. */
export const CODE_ALIAS = 0x18000000;
export const DATA = 0x20000000;
export const READ_ONLY = 0x30000000;
export const HIGH = 0x345620000000n;
/** Bytes of code and of data. */
export const AREA_SIZE = 0x2000;
/** Part of the data that is filled from a case's seed; the rest is zero. */
export const WINDOW = 0xe00;
export const WINDOW_END = 0x1200;
export const SELECTOR = { code64: 0x33, code32: 0x23, code16: 0x07, data: 0x2b, data16: 0x0f, data32: 0x17 } as const;
export const DATA16_LIMIT = 0x2fff;
export const DATA32_LIMIT = 0x1fff;

export interface Override {
  /** Linear address in code or data. */
  address: number;
  /** At most 16. */
  bytes: Uint8Array;
}
export interface Case {
  /** Placed at `rip`; everything around it is INT3. */
  code: Uint8Array;
  selectors: Selectors;
  /** rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 … r15. */
  registers: BigUint64Array;
  /** Linear address, whatever the code segment's base. */
  rip: number;
  flags: number;
  /** Of the data window. */
  seed: number;
  overrides: readonly Override[];
  /** The 512 bytes of FXSAVE64. */
  fx: Uint8Array;
}
export interface Selectors {
  cs: number;
  ds: number;
  es: number;
  fs: number;
  gs: number;
  ss: number;
}
export type Maker = 'AMD' | 'Intel';
export interface Outcome {
  /** The exception that ended the case; 255: it did not end. */
  vector: number;
  error: number;
  /** After #PF. */
  cr2: bigint;
  selectors: Selectors;
  registers: BigUint64Array;
  /** Offset in the code segment, as pushed. */
  rip: bigint;
  flags: number;
  fx: Uint8Array;
  /** Changed bytes of data: offset -> value. */
  changes: ReadonlyMap<number, number>;
  /** Of the processor that this is the outcome on; undefined for this machine and for makers that nobody has looked at. */
  maker?: Maker;
}

/** Words of the data window. */
export function fillWindow(view: DataView, at: number, seed: number): void {
  let s = seed;
  for (let i = WINDOW; i < WINDOW_END; i += 4) {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    view.setUint32(at + i, s >>> 0, true);
  }
}

/** Sizes and order as in `hardware.c`. */
const CASE_SIZE = 1280;
export const MAXIMUM_CODE = 472;
const RESULT_SIZE = 696;
const SELECTOR_ORDER = ['cs', 'ds', 'es', 'fs', 'gs', 'ss'] as const;

export function packCases(cases: readonly Case[]): Uint8Array {
  const bytes = new Uint8Array(cases.length * CASE_SIZE);
  const view = new DataView(bytes.buffer);
  cases.forEach((c, n) => {
    const at = n * CASE_SIZE;
    SELECTOR_ORDER.forEach((name, i) => {
      view.setUint16(at + i * 2, c.selectors[name], true);
    });
    view.setUint16(at + 12, c.code.length, true);
    view.setUint16(at + 14, c.overrides.length, true);
    for (let i = 0; i < 16; i++) view.setBigUint64(at + 16 + i * 8, c.registers[i], true);
    view.setBigUint64(at + 144, BigInt(c.rip), true);
    view.setBigUint64(at + 152, BigInt(c.flags), true);
    view.setUint32(at + 160, c.seed, true);
    bytes.set(c.fx, at + 168);
    c.overrides.forEach((o, i) => {
      view.setBigUint64(at + 680 + i * 32, BigInt(o.address), true);
      view.setBigUint64(at + 688 + i * 32, BigInt(o.bytes.length), true);
      bytes.set(o.bytes, at + 696 + i * 32);
    });
    bytes.set(c.code, at + 808);
  });
  return bytes;
}
export function unpackOutcomes(bytes: Uint8Array, count: number): Outcome[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const outcomes: Outcome[] = [];
  let at = 0;
  for (let n = 0; n < count; n++) {
    const selectors = { cs: 0, ds: 0, es: 0, fs: 0, gs: 0, ss: 0 };
    SELECTOR_ORDER.forEach((name, i) => {
      selectors[name] = view.getUint16(at + 168 + i * 2, true);
    });
    const changes = new Map<number, number>();
    const changed = view.getUint16(at + 180, true);
    for (let i = 0; i < changed; i++)
      changes.set(view.getUint16(at + RESULT_SIZE + i * 4, true), view.getUint16(at + RESULT_SIZE + 2 + i * 4, true));
    outcomes.push({
      vector: view.getUint32(at, true),
      error: view.getUint32(at + 8, true),
      cr2: view.getBigUint64(at + 16, true),
      selectors,
      registers: BigUint64Array.from({ length: 16 }, (_, i) => view.getBigUint64(at + 24 + i * 8, true)),
      rip: view.getBigUint64(at + 152, true),
      flags: view.getUint32(at + 160, true),
      fx: bytes.slice(at + 184, at + RESULT_SIZE),
      changes,
    });
    at += RESULT_SIZE + changed * 4;
  }
  return outcomes;
}
