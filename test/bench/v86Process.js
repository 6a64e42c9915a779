// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview v86 as a process with a serial line on its standard input and output: `node v86Process.js KERNEL INITRAMFS BIOS-FOLDER`.
 * v86 needs an event loop of its own.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const [kernel, initramfs, bios] = process.argv.slice(2);
const library = createRequire(import.meta.url).resolve('v86');
const { V86 } = await import(library);

/** @param {string} path */
const image = (path) => {
  const bytes = readFileSync(path);
  return { buffer: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) };
};
const machine = new V86({
  wasm_path: join(dirname(library), 'v86.wasm'),
  memory_size: 512 * 2 ** 20,
  bios: image(join(bios, 'bios.bin')),
  vga_bios: image(join(bios, 'vgabios.bin')),
  bzimage: image(kernel),
  initrd: image(initramfs),
  cmdline: 'console=ttyS0',
  autostart: true,
  disable_speaker: true,
});
machine.add_listener('serial0-output-byte', (/** @type {number} */ byte) => process.stdout.write(Uint8Array.of(byte)));
process.stdin.setEncoding('latin1').on('data', (text) => machine.serial0_send(String(text)));
