// SPDX-License-Identifier: MIT
/** @fileoverview The start of a small kernel: what the boot loader says, page frames, traps, then `kmain`; power-off after it. */
import { cli, hlt, outw } from 'machine/cpu';
import { addUsable, commandLineAt, eachUsable, moduleEnd, moduleStart, readBootInformation } from 'runtime/bootInformation';
import { initTraps } from 'runtime/trap';

// @ts-ignore: decorator
@external("ts", "kmain") declare function kmain(): void;

let line = '';

export function commandLine(): string {
  return line;
}
/** The first module: an initial RAM disk, or whatever the user gave. Both 0 if there is none. */
export function bootModule(): usize {
  return moduleStart;
}
export function bootModuleSize(): usize {
  return moduleEnd - moduleStart;
}

/** Called by the entry stub with the loader's magic and what it points at. */
export function kernelStart(magic: u32, information: usize): void {
  readBootInformation(magic, information);
  if (commandLineAt) line = textAt(commandLineAt);
  eachUsable(addUsable);
  initTraps();
  kmain();
  powerOff();
}

function textAt(text: usize): string {
  let length: usize = 0;
  while (load<u8>(text + length)) length++;
  return String.UTF8.decodeUnsafe(text, length);
}

/** PM1a control of the ACPI block where QEMU's firmware puts it (port 0x604): sleep type 0, sleep enable. */
export function powerOff(): void {
  outw(0x604, 0x2000);
  for (;;) {
    cli();
    hlt();
  }
}
