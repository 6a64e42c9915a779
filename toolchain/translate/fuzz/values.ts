// SPDX-License-Identifier: MIT
/** @fileoverview Constants of random programs: mostly where operators change what they do, sometimes any bits, never NaN but the canonical one. */
import type { ValueType } from '../../wasm/module.ts';
import type { Random } from './random.ts';

const INTEGERS = [
  0n,
  1n,
  2n,
  3n,
  4n,
  7n,
  8n,
  15n,
  31n,
  32n,
  63n,
  64n,
  100n,
  127n,
  128n,
  255n,
  256n,
  641n,
  1000n,
  4095n,
  65535n,
  65536n,
];
const LIMITS = [0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, (1n << 63n) - 1n, 1n << 63n, 0x0123_4567_89ab_cdefn];
const F32 = [
  0n,
  0x8000_0000n,
  0x3f80_0000n,
  0xbf00_0000n,
  0x7f80_0000n,
  0xff80_0000n,
  0x7fc0_0000n,
  0x4f00_0000n,
  0xcf00_0000n,
  0x5f00_0000n,
  1n,
  0x4b00_0001n,
];
const F64 = [
  0n,
  1n << 63n,
  0x3ff0_0000_0000_0000n,
  0xbfe0_0000_0000_0000n,
  0x7ff0_0000_0000_0000n,
  0xfff0_0000_0000_0000n,
  0x7ff8_0000_0000_0000n,
];
const F64_LIMITS = [
  0x41e0_0000_0000_0000n,
  0xc1e0_0000_0000_0000n,
  0x43e0_0000_0000_0000n,
  0xc3e0_0000_0000_0000n,
  0x4330_0000_0000_0001n,
  1n,
];

export function randomConstant(random: Random, type: ValueType): bigint {
  switch (type) {
    case 'f32':
      return random.chance(4) ? random.bits64() & 0x7f7f_ffffn : random.pick(F32);
    case 'f64':
      return random.chance(4) ? random.bits64() & 0x7fef_ffff_ffff_ffffn : random.pick(random.chance(2) ? F64 : F64_LIMITS);
    default: {
      const value = random.chance(8) ? random.bits64() : random.pick(random.chance(4) ? LIMITS : INTEGERS);
      return random.chance(3) ? -value : value;
    }
  }
}
