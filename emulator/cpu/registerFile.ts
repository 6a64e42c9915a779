// SPDX-License-Identifier: MIT
/**
 * @fileoverview State of a processor as TypeScript reads and writes it: fields by their offset (`SLOT`), and RFLAGS, which lies in several of them
 * (`ir/state.ts`).
 */
import { SLOT, stateBase } from '../ir/state.ts';

const RFLAGS_CF = 1;
const RFLAGS_DF = 1 << 10;
/** CF PF AF ZF SF DF OF: kept in FR, FC and DIRECTION. Bit 1 is fixed. */
const ELSEWHERE = 0xcd5 | 2;

export class RegisterFile {
  readonly base: number;
  readonly view: DataView;

  constructor(index: number, view: DataView) {
    this.base = stateBase(index);
    this.view = view;
  }

  read16(slot: number): number {
    return this.view.getUint16(this.base + slot, true);
  }
  read32(slot: number): number {
    return this.view.getInt32(this.base + slot, true);
  }
  read64(slot: number): bigint {
    return this.view.getBigUint64(this.base + slot, true);
  }
  write16(slot: number, value: number): void {
    this.view.setUint16(this.base + slot, value, true);
  }
  write32(slot: number, value: number): void {
    this.view.setInt32(this.base + slot, value, true);
  }
  write64(slot: number, value: bigint): void {
    this.view.setBigUint64(this.base + slot, BigInt.asUintN(64, value), true);
  }
  get cpl(): number {
    return this.read32(SLOT.CPL);
  }

  get flags(): number {
    const frLow = this.read32(SLOT.FR);
    const frHigh = this.read32(SLOT.FR + 4);
    const fcLow = this.read32(SLOT.FC);
    const fcHigh = this.read32(SLOT.FC + 4);
    let parity = (frLow ^ (fcLow >>> 8)) & 0xff;
    parity ^= parity >> 4;
    parity ^= parity >> 2;
    parity ^= parity >> 1;
    const cf = fcHigh >>> 31;
    const of = cf ^ ((fcHigh >>> 30) & 1);
    const sf = (frHigh >>> 31) ^ (fcLow & 1);
    const zf = (frLow | frHigh) === 0 ? 64 : 0;
    const flags = (cf * RFLAGS_CF) | 2 | (parity & 1 ? 0 : 4) | ((fcLow & 8) << 1) | zf | (sf << 7) | (of << 11);
    const df = this.read32(SLOT.DIRECTION + 4) < 0 ? RFLAGS_DF : 0;
    return flags | df | this.read32(SLOT.RFLAGS);
  }
  set flags(value: number) {
    const bit = (n: number): number => (value >>> n) & 1;
    const zf = bit(6);
    const parity = bit(2) ^ zf;
    const direction = value & RFLAGS_DF ? -1 : 1;
    this.write32(SLOT.FR, 1 - zf);
    this.write32(SLOT.FR + 4, 0);
    this.write32(SLOT.FC, (bit(4) << 3) | bit(7) | (parity << 8));
    this.write32(SLOT.FC + 4, (bit(0) << 31) | ((bit(0) ^ bit(11)) << 30));
    this.write32(SLOT.DIRECTION, direction);
    this.write32(SLOT.DIRECTION + 4, direction >> 31);
    this.write32(SLOT.RFLAGS, value & ~ELSEWHERE);
    this.write32(SLOT.RFLAGS + 4, 0);
  }
  get rflags(): bigint {
    return BigInt(this.flags >>> 0);
  }
  set rflags(value: bigint) {
    this.flags = Number(BigInt.asIntN(32, value));
  }
}
