// SPDX-License-Identifier: MIT
/**
 * @fileoverview What firmware writes to a VGA to show 80 x 25 characters in 16 colours: BIOS mode 3 (IBM PS/2 Technical Reference, video
 * modes). Only register values; it loads no font, which displays of ours do not need, and clears the screen.
 */

const SEQUENCER = [0x03, 0x00, 0x03, 0x00, 0x02];
const CRTC = [
  0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f,
  0x96, 0xb9, 0xa3, 0xff,
];
const GRAPHICS = [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x0f, 0xff];
const ATTRIBUTE = [0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00];
/** 80 x 25, I/O at 3Dxh, 28.322 MHz, 400 lines. */
const MISC = 0x67;
const TEXT_MEMORY = 0xb8000;
/** A blank in light grey on black. */
const BLANK = 0x0720;

export interface VgaAccess {
  in(port: number): number;
  out(port: number, value: number): void;
  write16(address: number, value: number): void;
}

/** Brings a VGA from any state to mode 3, screen cleared, cursor in the top left corner. */
export function setVgaTextMode(vga: VgaAccess): void {
  const indexed = (port: number, values: readonly number[]) => {
    values.forEach((value, index) => {
      vga.out(port, index);
      vga.out(port + 1, value);
    });
  };
  vga.out(0x3c2, MISC);
  indexed(0x3c4, SEQUENCER);
  // Registers 0-7 are protected until register 11h lets go of them.
  vga.out(0x3d4, 0x11);
  vga.out(0x3d5, 0x0e);
  indexed(0x3d4, CRTC);
  indexed(0x3ce, GRAPHICS);
  vga.in(0x3da);
  ATTRIBUTE.forEach((value, index) => {
    vga.out(0x3c0, index);
    vga.out(0x3c0, value);
  });
  // Bit 5 of the index turns the screen on.
  vga.out(0x3c0, 0x20);
  vga.out(0x3c6, 0xff);
  vga.out(0x3c8, 0);
  // Two bits per colour: bits 2-0 two thirds, bits 5-3 one third of red, green, blue.
  for (let entry = 0; entry < 64; entry++) {
    for (const bit of [2, 1, 0]) vga.out(0x3c9, ((entry >>> bit) & 1) * 0x2a + ((entry >>> (bit + 3)) & 1) * 0x15);
  }
  for (let cell = 0; cell < 80 * 25; cell++) vga.write16(TEXT_MEMORY + 2 * cell, BLANK);
}
