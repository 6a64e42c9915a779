// SPDX-License-Identifier: MIT
/**
 * @fileoverview The scan code sets of AT keyboards, and the 8042's translation between two of them (IBM PS/2 Technical Reference, keyboard
 * controller; the same table is in every AT's controller).
 *
 * Set 1 is what software on PCs calls a scan code: one byte, bit 7 set on release. Set 2 is what AT keyboards send: other bytes, F0h before a
 * release. Both put E0h before the keys that the AT's keyboard did not have.
 */

/** Set 2 codes in the order of their set 1 codes, 00h to 7Fh. */
const SET2 = Uint8Array.from(
  (
    '00 76 16 1e 26 25 2e 36 3d 3e 46 45 4e 55 66 0d 15 1d 24 2d 2c 35 3c 43 44 4d 54 5b 5a 14 1c 1b ' +
    '23 2b 34 33 3b 42 4b 4c 52 0e 12 5d 1a 22 21 2a 32 31 3a 41 49 4a 59 7c 11 29 58 05 06 04 0c 03 ' +
    '0b 83 0a 01 09 77 7e 6c 75 7d 7b 6b 73 74 79 69 72 7a 70 71 84 60 61 78 07 0f 17 1f 27 2f 37 3f ' +
    '47 4f 56 5e 08 10 18 20 28 30 38 40 48 50 57 6f 13 19 39 51 53 5c 5f 62 63 64 65 67 68 6a 6d 6e'
  )
    .split(' ')
    .map((code) => Number.parseInt(code, 16)),
);

/** Set 1 codes by set 2 code. Codes that no key has pass unchanged, as replies of the keyboard do. */
const SET1 = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code === 0x02) return 0x41;
  if (code === 0x7f) return 0x54;
  const found = SET2.indexOf(code, 1);
  return code !== 0 && found > 0 ? found : code === 0 ? 0xff : code;
});

/** The set 2 code of a key known by its set 1 make code. */
export function set2OfSet1(code: number): number {
  return SET2[code & 0x7f];
}

/** What the 8042 makes of a byte that is not F0h. */
export function translateSet2(byte: number): number {
  return SET1[byte];
}
