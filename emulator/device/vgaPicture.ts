// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a VGA in a graphics mode shows, as pixels (IBM PS/2 Technical Reference, video subsystem; line addressing as QEMU's).
 *
 * The CRTC says where a line begins; the graphics controller's shift mode how bytes become colours: four planes with a bit each, pairs of bits
 * (CGA's four colours), or a byte a pixel. Lines that the CRTC repeats are given once, and so are pixels that are two dots wide.
 *
 * Left out: pel panning, and changes in the middle of a frame.
 */

export interface VgaRegisters {
  readonly crtc: Uint8Array;
  readonly graphics: Uint8Array;
  readonly attribute: Uint8Array;
  readonly sequencer: Uint8Array;
  /** 256 times red, green, blue, 0-63. */
  readonly palette: Uint8Array;
  readonly pelMask: number;
  /** Four bytes, one of each plane, per plane address. */
  readonly memory: Uint8Array;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, 255 of each pixel, row by row. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

const GR5_MODE = 5;
const PLANE_ADDRESSES = 0xffff;

/** `colours`: red, green and blue (0-63) of the 16 attribute colours. */
export function drawGraphics(vga: VgaRegisters, colours: Uint8Array): Picture {
  const { crtc, graphics, attribute, palette, pelMask, memory } = vga;
  const shift = (graphics[GR5_MODE] >>> 5) & 3;
  const bytePixels = shift >= 2;
  const dots = (crtc[0x01] + 1) * 8;
  const width = bytePixels ? dots >> 1 : dots;
  const lines = (crtc[0x12] | ((crtc[0x07] & 0x02) << 7) | ((crtc[0x07] & 0x40) << 3)) + 1;
  const repeats = ((crtc[0x09] & 0x1f) + 1) * (crtc[0x09] & 0x80 ? 2 : 1);
  // With A13 taken from the row counter, its rows are lines of their own, not repetitions.
  const interleaved = !(crtc[0x17] & 1);
  const height = Math.max(1, Math.floor(lines / (interleaved ? Math.max(1, repeats >> 1) : repeats)));
  const start = (crtc[0x0c] << 8) | crtc[0x0d];
  const pitch = crtc[0x13] * 2;
  const compare = crtc[0x18] | ((crtc[0x07] & 0x10) << 4) | ((crtc[0x09] & 0x40) << 3);
  const split = Math.floor((compare + 1) / Math.max(1, lines / height));
  const enabled = attribute[0x12] & 0x0f;
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    const row = y < split ? y : y - split;
    let line = (y < split ? start : 0) + pitch * (interleaved ? row >> 1 : row);
    if (interleaved) line = (line & ~0x2000) | ((row & 1) << 13);
    for (let x = 0; x < width; x++) {
      let from: Uint8Array;
      let entry: number;
      if (bytePixels) {
        const at = ((line + (x >> 2)) & PLANE_ADDRESSES) * 4 + (x & 3);
        entry = memory[at] & pelMask;
        from = palette;
      } else {
        const cell = ((line + (x >> 3)) & PLANE_ADDRESSES) * 4;
        entry = (shift === 1 ? pairOf(memory, cell, x & 7) : planesOf(memory, cell, x & 7)) & enabled;
        from = colours;
      }
      const to = (y * width + x) * 4;
      for (let i = 0; i < 3; i++) pixels[to + i] = (from[entry * 3 + i] << 2) | (from[entry * 3 + i] >>> 4);
      pixels[to + 3] = 255;
    }
  }
  return { width, height, pixels };
}

function planesOf(memory: Uint8Array, cell: number, x: number): number {
  const bit = 7 - x;
  return (
    ((memory[cell] >>> bit) & 1) |
    (((memory[cell + 1] >>> bit) & 1) << 1) |
    (((memory[cell + 2] >>> bit) & 1) << 2) |
    (((memory[cell + 3] >>> bit) & 1) << 3)
  );
}

/** Planes 0 and 2 hold the left four of eight pixels, 1 and 3 the right four; the lower planes give the lower two bits. */
function pairOf(memory: Uint8Array, cell: number, x: number): number {
  const at = cell + (x >> 2);
  const bits = 6 - 2 * (x & 3);
  return ((memory[at] >>> bits) & 3) | (((memory[at + 2] >>> bits) & 3) << 2);
}
