// SPDX-License-Identifier: MIT
/** @fileoverview What memory holds when a sequence begins, but for its own patches: descriptors, gates, page tables, data. */
import { Random } from '../../hardware/random.ts';
import {
  ALIAS,
  ALIAS_PAGES,
  DATA,
  DRIVER,
  GDT,
  IDT,
  INTERRUPT_STACK,
  LDT,
  PAGE_TABLES,
  type Paging,
  SELECTOR,
  TSS,
  TSS_LIMIT,
} from './layout.ts';

/** Addresses in the driver. */
interface DriverAddresses {
  stubs16: number;
  stubs32: number;
  stubs64: number;
  gate32: number;
  gate64: number;
}
/** The driver's last words, behind the address of the templates. */
function driverAddresses(driver: Uint8Array): DriverAddresses {
  const v = new DataView(driver.buffer, driver.byteOffset + driver.length - 20);
  const [stubs16, stubs32, stubs64, gate32, gate64] = [0, 4, 8, 12, 16].map((n) => v.getUint32(n, true));
  return { stubs16, stubs32, stubs64, gate32, gate64 };
}

const VECTORS = 64;
/** Gates of INT n beyond the processor's own exceptions. */
export const SOFTWARE = { level3: 0x30, level0: 0x31, absent: 0x32, trap: 0x33, nullTarget: 0x34, dataTarget: 0x35 } as const;

const PRESENT = 1n;
const WRITABLE = 2n;
const USER = 4n;
const LARGE = 0x80n;

export function template(paging: Paging, image: Uint8Array): Uint8Array {
  const driver = driverAddresses(image);
  const bytes = new Uint8Array(0x20000);
  bytes.set(image, DRIVER);
  bytes.fill(0xcc, 0x7000, 0x9000);
  const v = new DataView(bytes.buffer);
  const long = paging === 'long';
  const q = (address: number, value: bigint): void => v.setBigUint64(address, value, true);
  for (let n = 0; n < VECTORS; n++) v.setUint32(n * 4, driver.stubs16 + 8 * n, true);

  const descriptors: [number, bigint][] = [
    [SELECTOR.code32, 0x00cf9b000000ffffn],
    [SELECTOR.data, 0x00cf93000000ffffn],
    [SELECTOR.code32Level3, 0x00cffb000000ffffn],
    [SELECTOR.dataLevel3, 0x00cff3000000ffffn],
    [SELECTOR.tss, 0x0000890000000000n | BigInt(TSS_LIMIT) | (BigInt(TSS) << 16n)],
    [SELECTOR.ldt, 0x000082000000007fn | (BigInt(LDT) << 16n)],
    [SELECTOR.code64, 0x00af9b000000ffffn],
    [SELECTOR.dataAgain, 0x00cf93000000ffffn],
    [SELECTOR.code64Level3, 0x00affb000000ffffn],
    [SELECTOR.code16, 0x008f9b000000ffffn],
    [SELECTOR.code16Level3, 0x008ffb000000ffffn],
    [SELECTOR.stack16, 0x008f93000000ffffn],
    [SELECTOR.stack16Level3, 0x008ff3000000ffffn],
    [SELECTOR.shifted, 0x00cff3000100ffffn],
    [SELECTOR.readOnly, 0x00cff1000000ffffn],
    [SELECTOR.executeOnly, 0x00cff9000000ffffn],
    [SELECTOR.conforming, 0x00cf9f000000ffffn],
    [SELECTOR.dataAbsent, 0x00cf73000000ffffn],
    [SELECTOR.codeAbsent, 0x00cf7b000000ffffn],
    [SELECTOR.otherTss, 0x0000890000000000n | BigInt(TSS_LIMIT) | (BigInt(TSS) << 16n)],
    [SELECTOR.ldtAbsent, 0x000002000000007fn | (BigInt(LDT) << 16n)],
  ];
  for (const [selector, descriptor] of descriptors) q(GDT + selector, descriptor);
  const gates: [number, bigint][] = [
    [SELECTOR.gate, 0xec00n],
    [SELECTOR.gateLevel0, 0x8c00n],
    [SELECTOR.gateAbsent, 0x6c00n],
  ];
  const target = BigInt(long ? driver.gate64 : driver.gate32);
  const through = BigInt(long ? SELECTOR.code64 : SELECTOR.code32);
  for (const [selector, type] of gates) q(GDT + selector, target | (through << 16n) | (type << 32n));
  q(LDT + 8, 0x00cff3000200ffffn);
  q(LDT + 16, 0x00cffb000000ffffn);

  v.setUint32(TSS + 4, INTERRUPT_STACK, true);
  if (!long) v.setUint16(TSS + 8, SELECTOR.data, true);
  // I/O permissions: a mixture for the ports from 10h on that sequences use.
  v.setUint16(TSS + 0x66, 0x68, true);
  bytes.fill(0xff, TSS + 0x68, TSS + TSS_LIMIT + 1);
  bytes.set([0xaa, 0x30], TSS + 0x68 + 2);

  for (let n = 0; n < VECTORS; n++) {
    let type = 0x8e;
    let selector: number = long ? SELECTOR.code64 : SELECTOR.code32;
    if (n === 3 || n === 4 || n === SOFTWARE.level3) type = 0xee;
    else if (n === SOFTWARE.trap) type = 0xef;
    else if (n === SOFTWARE.absent) type = 0x6e;
    else if (n === SOFTWARE.nullTarget || n === SOFTWARE.dataTarget) type = 0xee;
    else if (n < 32 && n % 5 === 1) type = 0x8f;
    if (n === SOFTWARE.nullTarget) selector = 0;
    if (n === SOFTWARE.dataTarget) selector = SELECTOR.data;
    const offset = BigInt((long ? driver.stubs64 : driver.stubs32) + 16 * n);
    q(IDT + n * (long ? 16 : 8), offset | (BigInt(selector) << 16n) | (BigInt(type) << 40n));
  }

  const r = new Random(4711);
  for (let at = DATA; at < 0xf000; at += 4) v.setUint32(at, r.one(3) ? r.below(256) : r.u32(), true);
  pageTables(paging, v);
  return bytes;
}

/** Places of page table entries: of a 4 KiB page below 2 MiB, and their size. */
export function entryOf(paging: Paging, page: number): { address: number; bytes: 4 | 8 } {
  if (paging === 'legacy') return { address: PAGE_TABLES + 0x1000 + page * 4, bytes: 4 };
  return { address: PAGE_TABLES + (paging === 'pae' ? 0x2000 : 0x3000) + page * 8, bytes: 8 };
}
function pageTables(paging: Paging, v: DataView): void {
  if (paging === 'none') return;
  const table = (n: number): bigint => BigInt(PAGE_TABLES + n * 0x1000);
  const all = PRESENT | WRITABLE | USER;
  if (paging === 'legacy') {
    v.setUint32(PAGE_TABLES, Number(table(1) | all), true);
    v.setUint32(PAGE_TABLES + 4, Number(all | LARGE), true);
  } else {
    const directory = paging === 'pae' ? 1 : 2;
    if (paging === 'pae') v.setBigUint64(PAGE_TABLES, table(1) | PRESENT, true);
    else {
      v.setBigUint64(PAGE_TABLES, table(1) | all, true);
      v.setBigUint64(PAGE_TABLES + 0x1000, table(2) | all, true);
    }
    v.setBigUint64(PAGE_TABLES + directory * 0x1000, table(directory + 1) | all, true);
    v.setBigUint64(PAGE_TABLES + directory * 0x1000 + 8, all | LARGE, true);
  }
  const set = (page: number, value: bigint): void => {
    const { address, bytes } = entryOf(paging, page);
    if (bytes === 4) v.setUint32(address, Number(value), true);
    else v.setBigUint64(address, value, true);
  };
  for (let page = 0; page < 0x30; page++) {
    const user = page >= 9 && page <= 13;
    set(page, (BigInt(page) << 12n) | PRESENT | WRITABLE | (user ? USER : 0n));
  }
  for (let i = 0; i < ALIAS_PAGES; i++) set((ALIAS >> 12) + i, (BigInt(9 + i) << 12n) | all);
}
