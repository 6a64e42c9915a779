// SPDX-License-Identifier: MIT
/** @fileoverview CRC32 (SDM vol. 2): CRC-32C, the Castagnoli polynomial, bit-reflected, without inversion at either end. */
import type { HelperRef } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';

const REFLECTED_POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ REFLECTED_POLYNOMIAL : crc >>> 1;
  return crc;
});
const compute = (bytes: number): HelperRef =>
  helper(`crc32.${bytes * 8}`, (cpu: Cpu) => {
    let crc = cpu.args.u32(0);
    const data = cpu.args.bytes(1);
    for (let i = 0; i < bytes; i++) crc = TABLE[(crc ^ data[i]) & 0xff] ^ (crc >>> 8);
    cpu.args.returnU32(crc >>> 0);
  });
const helpers = { i8: compute(1), i16: compute(2), i32: compute(4), i64: compute(8) };

instruction({
  mnemonic: 'crc32',
  encodings: { 'F2 0F 38 F0 /r': 'Gy,Eb', 'F2 0F 38 F1 /r': 'Gy,Ev' },
  cpuid: 'SSE4.2',
  exec(ir, dst, src) {
    const data = ir.read(src);
    const crc = ir.call(helpers[data.type as keyof typeof helpers], 'i32', [ir.resize(ir.read(dst), 'i32'), data]);
    ir.write(dst, dst.type === 'i64' ? ir.zext(crc, 'i64') : crc);
  },
});
