// SPDX-License-Identifier: MIT
/**
 * @fileoverview The memory type ranges that firmware leaves behind: ordinary RAM write-back, the VGA window and the PCI hole uncached, the
 * expansion ROM area write-protected (APM vol. 2, 7.7). QEMU's firmware programs the same; without it Linux uses no page attribute table.
 */
import type { Cpu } from '../isa/helper.ts';
import { writeMsr } from '../isa/system/msr.ts';

const UNCACHED = 0x00n;
const WRITE_PROTECTED = 0x05n;
const WRITE_BACK = 0x06n;
/** One type in all eight bytes of a fixed-range register. */
const all = (type: bigint): bigint => type * 0x0101010101010101n;

/** 64 KiB steps from 0, 16 KiB steps from 512 KiB and 640 KiB, 4 KiB steps from 768 KiB. */
const FIXED: readonly (readonly [number, bigint])[] = [
  [0x250, WRITE_BACK],
  [0x258, WRITE_BACK],
  [0x259, UNCACHED],
  ...[0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f].map((number): [number, bigint] => [number, WRITE_PROTECTED]),
];
/** The top gigabyte below 4 GiB holds devices only. */
const HOLE = 0xc0000000n;
const HOLE_SIZE = 0x40000000n;
const VALID = 1n << 11n;
const ENABLE = 3n << 10n;

export function programMemoryTypes(cpu: Cpu, physicalBits: number): void {
  if (!cpu.platform.cpuModel.has('MTRR')) return;
  for (const [number, type] of FIXED) writeMsr(cpu, number, all(type));
  writeMsr(cpu, 0x200, HOLE | UNCACHED);
  writeMsr(cpu, 0x201, BigInt.asUintN(physicalBits, -HOLE_SIZE) | VALID);
  writeMsr(cpu, 0x2ff, ENABLE | WRITE_BACK);
}
