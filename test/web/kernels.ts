// SPDX-License-Identifier: MIT
/** @fileoverview 32-bit machine code for the smallest kernels: what a browser does, told on COM1. */

/** To COM1 when it is free: al. mov ah,al; mov dx,3fdh; in al,dx; test al,20h; jz; mov al,ah; mov dx,3f8h; out dx,al. */
const SEND = [0x88, 0xc4, 0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x20, 0x74, 0xfb, 0x88, 0xe0, 0x66, 0xba, 0xf8, 0x03, 0xee];
/** From COM1, to al: mov dx,3fdh; in al,dx; test al,1; jz; mov dx,3f8h; in al,dx. */
const RECEIVE = [0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb, 0x66, 0xba, 0xf8, 0x03, 0xec];
/** al as two letters, A to P: mov bl,al; shr al,4; add al,'A'; …; mov al,bl; and al,15; add al,'A'; … */
const SEND_LETTERS = [0x88, 0xc3, 0xc0, 0xe8, 0x04, 0x04, 0x41, ...SEND, 0x88, 0xd8, 0x24, 0x0f, 0x04, 0x41, ...SEND];

const bytesOf = (value: number): number[] => [...new Uint8Array(Int32Array.of(value).buffer)];
const forEver = (body: readonly number[]): number[] => [...body, 0xe9, ...bytesOf(-(body.length + 5))];
/** mov dx,port; mov al,value; out dx,al. */
const out = (port: number, value: number): number[] => [0x66, 0xba, port & 0xff, port >> 8, 0xb0, value, 0xee];
const say = (text: string): number[] => [...text].flatMap((character) => [0xb0, character.charCodeAt(0), ...SEND]);

/** What `SEND_LETTERS` has sent. */
export const fromLetters = (text: string): number[] =>
  (text.match(/[A-P]{2}/g) ?? []).map((pair) => (pair.charCodeAt(0) - 65) * 16 + pair.charCodeAt(1) - 65);

/** Asks the terminal for its size in characters, echoes what comes, and asks again after each "q": cmp al,'q'; jne. */
export const ASK_SIZE = (() => {
  const echo = [...RECEIVE, ...SEND, 0x3c, 0x71];
  return forEver([...say('\x1b[18t'), ...echo, 0x75, -(echo.length + 2) & 0xff]);
})();

/**
 * Says "ready" and switches itself off when the power button is pressed (ACPI 6.5, 4.8.3: PM1 enable and PM1 status, bit 8; PM1 control, type 0 of
 * q35 and SLP_EN): mov dx,602h; mov ax,100h; out dx,ax; …; mov dx,600h; in ax,dx; test ah,1; jz; mov dx,604h; mov ax,2000h; out dx,ax.
 */
export const OBEY_POWER_BUTTON = [
  ...[0x66, 0xba, 0x02, 0x06, 0x66, 0xb8, 0x00, 0x01, 0x66, 0xef],
  ...say('ready'),
  ...[0x66, 0xba, 0x00, 0x06, 0x66, 0xed, 0xf6, 0xc4, 0x01, 0x74, 0xf9],
  ...[0x66, 0xba, 0x04, 0x06, 0x66, 0xb8, 0x00, 0x20, 0x66, 0xef],
  ...[0xeb, 0xfe],
];

/** in al,64h; test al,2; jnz: the controller takes a byte. */
const CONTROLLER_READY = [0xe4, 0x64, 0xa8, 0x02, 0x75, 0xfa];
const tellController = (port: number, value: number): number[] => [...CONTROLLER_READY, ...out(port, value)];
/** Has the PS/2 mouse report (command F4h to the second port), then sends every byte of the controller in letters: in al,64h; test al,1; jz; in al,60h. */
export const REPORT_MOUSE = [
  ...tellController(0x64, 0xa8),
  ...tellController(0x64, 0xd4),
  ...tellController(0x60, 0xf4),
  ...forEver([0xe4, 0x64, 0xa8, 0x01, 0x74, 0xfa, 0xe4, 0x60, ...SEND_LETTERS]),
];

/** Sends every byte of the controller in letters, among them the keyboard's. */
export const REPORT_KEYS = [...say('ready'), ...forEver([0xe4, 0x64, 0xa8, 0x01, 0x74, 0xfa, 0xe4, 0x60, ...SEND_LETTERS])];

/** Register values of BIOS mode 13h, 320 x 200 in 256 colours (IBM PS/2 and PC BIOS Interface Technical Reference), by index and data ports. */
const MODE_13H: readonly (readonly [number, readonly number[]])[] = [
  [0x3c4, [0x03, 0x01, 0x0f, 0x00, 0x0e]],
  [
    0x3d4,
    [
      ...[0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0x00, 0x41, 0x00, 0x00, 0x00],
      ...[0x00, 0x00, 0x00, 0x9c, 0x0e, 0x8f, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff],
    ],
  ],
  [0x3ce, [0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x05, 0x0f, 0xff]],
];
const ATTRIBUTES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x41, 0x00, 0x0f, 0x00, 0x00];
const COLOURS = [
  [0, 0, 0],
  [63, 0, 0],
  [0, 63, 0],
];
/** Mode 13h with a red and a green pixel at the left of the first line, and a red one at the right of the last; jmp to itself. */
export const PICTURE = [
  ...out(0x3c2, 0x63),
  // The first seven registers of the CRT controller are locked by bit 7 of 11h.
  ...[...out(0x3d4, 0x11), ...out(0x3d5, 0x0e)],
  ...MODE_13H.flatMap(([port, values]) => values.flatMap((value, n) => [...out(port, n), ...out(port + 1, value)])),
  // in al,dx of 3dah: the attribute controller takes an index next.
  ...[0x66, 0xba, 0xda, 0x03, 0xec],
  ...ATTRIBUTES.flatMap((value, n) => [...out(0x3c0, n), ...out(0x3c0, value)]),
  ...out(0x3c0, 0x20),
  ...out(0x3c8, 0),
  ...COLOURS.flat().flatMap((value) => out(0x3c9, value)),
  // mov word [a0000h],0201h; mov byte [a0000h+63999],1.
  ...[0x66, 0xc7, 0x05, ...bytesOf(0xa_0000), 0x01, 0x02, 0xc6, 0x05, ...bytesOf(0xa_0000 + 63_999), 0x01],
  ...[0xeb, 0xfe],
];
