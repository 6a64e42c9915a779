// SPDX-License-Identifier: MIT
/**
 * @fileoverview The kernel's beginning: what the boot loader says (runtime/bootInformation) is copied out at once, since its memory is free
 * afterwards; the archive's is not given to the allocator.
 */
import {
  addUsable,
  commandLineAt,
  eachUsable,
  moduleEnd,
  moduleStart,
  readBootInformation,
  rootPointer as root,
} from 'runtime/bootInformation';
import { countFrames, noteRam } from '../kernel/memory/frames';
import { textOf } from '../kernel/memory/user';
import { main } from './main';

let line: string = '';
let installed: u64 = 0;

export function commandLine(): string {
  return line;
}
/** The value of `name=value` on the command line, the last if there are several; empty: it is not there. */
export function bootOption(name: string): string {
  const words = line.split(' ');
  for (let i = words.length - 1; i >= 0; i--) if (words[i].startsWith(name + '=')) return words[i].substring(name.length + 1);
  return '';
}
/** The boot archive in memory; 0 if the loader gave none. */
export function bootArchive(): usize {
  return moduleStart;
}
export function bootArchiveEnd(): usize {
  return moduleEnd;
}
/** ACPI's root pointer, 0 if the loader did not say. Multiboot2 gives a copy of it. */
export function rootPointer(): u64 {
  return root;
}
/** Bytes of usable memory that the loader told of. */
export function installedMemory(): u64 {
  return installed;
}

/** Called by the entry stub with the loader's magic and what it points at. */
export function kernelStart(magic: u32, information: usize): void {
  readBootInformation(magic, information);
  if (commandLineAt) line = zeroTerminated(commandLineAt);
  eachUsable(foundMemory);
  countFrames();
  main();
}

function zeroTerminated(text: usize): string {
  let length = 0;
  while (load<u8>(text + length)) length++;
  return textOf(text, length);
}

function foundMemory(start: u64, end: u64): void {
  installed += end - start;
  noteRam(start, end);
  addUsable(start, end);
}
