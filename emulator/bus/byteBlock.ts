// SPDX-License-Identifier: MIT
/**
 * @fileoverview A block of byte-wide registers. Wider accesses become byte accesses at consecutive offsets, lowest first, as the ISA
 * bridge does for 8-bit devices. The byte functions see offsets beyond the block when such an access runs past its end.
 */
import type { RegisterBlock } from './device.ts';

export function byteBlock(
  readByte: (offset: number) => number,
  writeByte: (offset: number, value: number) => void,
): RegisterBlock {
  return {
    read(offset, size) {
      let value = 0;
      for (let index = 0; index < size; index++) value |= (readByte(offset + index) & 0xff) << (8 * index);
      return value >>> 0;
    },
    write(offset, size, value) {
      for (let index = 0; index < size; index++) writeByte(offset + index, (value >>> (8 * index)) & 0xff);
    },
  };
}
