// SPDX-License-Identifier: MIT
/**
 * @fileoverview RIP of one processor. Whenever no engine runs it is in state; while a helper executes the instruction of a record, it follows from
 * that record and the page, until the helper assigns another.
 */
import { RECORD, SLOT } from '../ir/state.ts';
import { RegisterFile } from './registerFile.ts';

export class InstructionPointer extends RegisterFile {
  /** 64 in 64-bit mode, else the code segment's default size. */
  codeSize: 16 | 32 | 64 = 16;
  /** Of the helper in progress: its record, or 0, and whether it has assigned RIP. */
  protected currentRecord = 0;
  protected ripAssigned = false;

  get rip(): bigint {
    if (this.currentRecord && !this.ripAssigned) return this.nextOf(this.currentRecord);
    return this.read64(SLOT.RIP);
  }
  set rip(value: bigint) {
    this.write64(SLOT.RIP, value);
    this.ripAssigned = true;
  }
  jumpTo(low: number, high: number): void {
    this.write32(SLOT.RIP, low);
    this.write32(SLOT.RIP + 4, high);
    this.ripAssigned = true;
  }
  settleRip(): void {
    if (this.currentRecord && !this.ripAssigned) this.ripToNext(this.currentRecord);
  }
  get instructionRip(): bigint {
    return this.currentRecord ? this.startOf(this.currentRecord) : this.read64(SLOT.RIP);
  }
  private nextOf(record: number): bigint {
    return this.wrapRip(this.read64(SLOT.PAGE) + BigInt(this.view.getUint16(record + RECORD.next, true)));
  }
  private startOf(record: number): bigint {
    return this.wrapRip(this.read64(SLOT.PAGE) + BigInt(this.startOffset(record)));
  }
  protected startOffset(record: number): number {
    return this.view.getUint16(record + RECORD.next, true) - (this.view.getUint8(record + RECORD.length) & 0x1f);
  }
  private wrapRip(rip: bigint): bigint {
    return BigInt.asUintN(this.codeSize === 64 ? 64 : 32, rip);
  }
  /** Sets RIP to an offset from the page, without making bigints. */
  protected setRipTo(offset: number): void {
    const low = this.read32(SLOT.PAGE) >>> 0;
    const sum = low + offset;
    const carry = sum > 0xffffffff ? 1 : sum < 0 ? -1 : 0;
    this.write32(SLOT.RIP, sum);
    this.write32(SLOT.RIP + 4, this.codeSize === 64 ? this.read32(SLOT.PAGE + 4) + carry : 0);
  }
  protected ripToNext(record: number): void {
    this.setRipTo(this.view.getUint16(record + RECORD.next, true));
  }
}
