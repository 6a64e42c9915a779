// SPDX-License-Identifier: MIT
/**
 * @fileoverview The image of a user program: a static ELF64 executable whose window is at address 0.
 *
 * Text, constants and data from USER_TEXT, linear memory from USER_MEMORY_BASE; nothing below USER_TEXT is mapped, so page 0
 * faults.
 */
import { type Abi, userStubs } from '../asm/userStubs.ts';
import { writeElf } from '../link/elf.ts';
import { link } from '../link/link.ts';
import { USER_MEMORY_BASE, USER_TEXT } from './addresses.ts';
import { codeSegments, type Image, memorySection, type ProgramInput, translateProgram } from './image.ts';

export function userImage(input: ProgramInput, abi: Abi = 'illumos'): Image {
  const module = translateProgram(input.wasm, 'user');
  const code = codeSegments(module, userStubs(module.start !== undefined, new Set(module.exports), abi), input, {
    address: USER_TEXT,
    physicalOffset: 0n,
  });
  const { section, end } = memorySection(module, USER_MEMORY_BASE);
  const memoryEnd = module.memory.initialPages << 16;
  const linked = link(
    {
      segments: [
        ...code.segments,
        {
          name: '.memory',
          address: BigInt(USER_MEMORY_BASE),
          sections: [section],
          zeros: BigInt(memoryEnd - end),
          writable: true,
        },
      ],
      symbols: code.symbols,
      absolute: new Map([['imageEnd', BigInt(memoryEnd)]]),
    },
    ({ sectionAddress, segmentEnd }) => [
      ['imageText', sectionAddress('.text')],
      ['imageTextEnd', segmentEnd('.text')],
    ],
  );
  if (linked.segments[2].address + linked.segments[2].memorySize > BigInt(USER_MEMORY_BASE)) {
    throw new Error('the program is too large: text and data must end below linear memory');
  }
  const elf = writeElf({
    entry: linked.address('_start'),
    segments: linked.segments,
    symbols: linked.symbols,
    notes: [{ address: linked.sectionAddress('.image.note'), size: code.noteSize }],
  });
  return { elf, sizes: Object.fromEntries(linked.segments.map(({ name, bytes }) => [name, bytes.length])) };
}
