// SPDX-License-Identifier: MIT
/**
 * @fileoverview The image of a kernel: an ELF64 executable that PVH and Multiboot2 loaders start.
 *
 * In physical memory, from KERNEL_LOAD: entry code (virtual = physical), text, constants, data, page tables, the initial stacks; from
 * KERNEL_MEMORY_BASE: linear memory, static data first, then the heap up to the memory's initial size. Everything but the
 * entry code and linear memory is linked at KERNEL_BASE plus its physical address.
 *
 * GRUB looks for e_entry among virtual addresses, PVH takes the note's physical one: both are entry32, whose addresses agree.
 * No Multiboot 1 header may be in the first 8 KiB, or QEMU refuses a 64-bit image.
 */
import { bootStubs } from '../asm/bootStubs.ts';
import { bootStackTop, kernelStubs } from '../asm/kernelStubs.ts';
import { writeElf } from '../link/elf.ts';
import { type Linked, link, type SegmentPlan } from '../link/link.ts';
import type { Section } from '../translate/types.ts';
import {
  DEVICES,
  KERNEL_BASE,
  KERNEL_INITIAL_STACKS,
  KERNEL_LOAD,
  KERNEL_MEMORY_BASE,
  KERNEL_STACK_SLOT,
  KERNEL_STACKS,
  LOW_PAGES,
  WINDOW,
  WINDOW_DIRECT,
} from './addresses.ts';
import { codeSegments, type Image, memorySection, type ProgramInput, translateProgram } from './image.ts';
import { LARGE_PAGE, NO_EXECUTE, PAGE, PageTables, UNCACHED, WRITABLE } from './pageTables.ts';

/** Entry code and its headers fit one page. */
const BOOT_SIZE = 4096;
/** Tables besides those for the image's own 4 KiB pages: see {@link mapAll}. */
const FIXED_TABLES = 13;
const PVH_NOTE_SIZE = 24;
const STACK_SIZE = BigInt(KERNEL_STACK_SLOT) - PAGE;

export function kernelImage(input: ProgramInput): Image {
  const module = translateProgram(input.wasm, 'kernel');
  const stubs = [...kernelStubs(new Set(module.exports)), ...bootStubs(module.start !== undefined)];
  const boot = stubs.filter((stub) => stub.section.name.startsWith('.boot.'));
  const high = stubs.filter((stub) => !boot.includes(stub));
  const physicalOffset = -KERNEL_BASE;
  const code = codeSegments(module, high, input, { address: KERNEL_BASE + BigInt(KERNEL_LOAD + BOOT_SIZE), physicalOffset });
  const { section, end } = memorySection(module, KERNEL_MEMORY_BASE);
  const memoryEnd = module.memory.initialPages << 16;
  const tables: Section = {
    name: '.pageTables',
    bytes: new Uint8Array((FIXED_TABLES + imageTablesNeeded(code.segments)) * Number(PAGE)),
    alignment: Number(PAGE),
    writable: true,
    executable: false,
    relocations: [],
  };
  const linked = link(
    {
      segments: [
        { name: '.boot', address: BigInt(KERNEL_LOAD), sections: boot.map((stub) => stub.section), executable: true },
        ...code.segments,
        { name: '.pageTables', physicalOffset, sections: [tables], writable: true },
        { name: '.stacks', physicalOffset, sections: [], zeros: STACK_SIZE * BigInt(KERNEL_INITIAL_STACKS), writable: true },
        {
          name: '.memory',
          address: WINDOW + BigInt(KERNEL_MEMORY_BASE),
          physicalOffset: -WINDOW,
          sections: [section],
          zeros: BigInt(memoryEnd - end),
          writable: true,
        },
      ],
      symbols: [...boot.flatMap((stub) => stub.symbols), ...code.symbols],
      absolute: new Map([
        ['imageEnd', BigInt(memoryEnd)],
        ['bootStackTop', bootStackTop],
      ]),
    },
    ({ sectionAddress, segmentEnd }) => [
      ['imageText', sectionAddress('.text')],
      ['imageTextEnd', segmentEnd('.text')],
      ['kernelSpace', sectionAddress('.pageTables') - KERNEL_BASE],
    ],
  );
  mapAll(linked);
  const elf = writeElf({
    entry: linked.address('entry32'),
    segments: linked.segments,
    symbols: linked.symbols,
    notes: [
      { address: linked.address('pvhNote'), size: PVH_NOTE_SIZE },
      { address: linked.sectionAddress('.image.note'), size: code.noteSize },
    ],
  });
  return { elf, sizes: Object.fromEntries(linked.segments.map(({ name, bytes }) => [name, bytes.length])) };
}

/** Tables for the 4 KiB pages of text, constants and data: one for every 2 MiB they may reach. */
function imageTablesNeeded(segments: readonly SegmentPlan[]): number {
  let end = KERNEL_LOAD + BOOT_SIZE;
  for (const { sections } of segments) {
    for (const { bytes, alignment, zeros } of sections) end += bytes.length + alignment + (zeros ?? 0);
    end += Number(PAGE);
  }
  return Math.ceil(end / Number(LARGE_PAGE));
}

/**
 * Fills in the page tables, now that everything has its address. Tables: the top level; two for the entry code's low 2 MiB; for the
 * window the third level, four second levels, the first 2 MiB (page 0 is missing), its other view and the stacks; two for the image.
 */
function mapAll(linked: Linked): void {
  const segment = segmentNamed(linked, '.pageTables');
  const tables = new PageTables(segment.physical);
  tables.mapLarge(0n, 0n, LARGE_PAGE, 0n);

  tables.map(WINDOW + PAGE, PAGE, LARGE_PAGE - PAGE, WRITABLE | NO_EXECUTE);
  tables.mapLarge(WINDOW + LARGE_PAGE, LARGE_PAGE, BigInt(WINDOW_DIRECT) - LARGE_PAGE, WRITABLE | NO_EXECUTE);
  tables.mapLarge(WINDOW + BigInt(DEVICES), BigInt(DEVICES), 0x1_0000_0000n - BigInt(DEVICES), WRITABLE | NO_EXECUTE | UNCACHED);
  tables.map(WINDOW + BigInt(LOW_PAGES), 0n, 2n * PAGE, NO_EXECUTE);
  const stacks = segmentNamed(linked, '.stacks');
  for (let slot = 0n; slot < KERNEL_INITIAL_STACKS; slot++) {
    const guard = WINDOW + BigInt(KERNEL_STACKS) + slot * BigInt(KERNEL_STACK_SLOT);
    tables.map(guard + PAGE, stacks.physical + slot * STACK_SIZE, STACK_SIZE, WRITABLE | NO_EXECUTE);
  }

  for (const name of ['.text', '.rodata', '.data']) {
    const { address, physical, memorySize, writable, executable } = segmentNamed(linked, name);
    tables.map(address, physical, memorySize, (writable ? WRITABLE : 0n) | (executable ? 0n : NO_EXECUTE));
  }
  const end = stacks.physical + stacks.memorySize;
  if (end > BigInt(KERNEL_MEMORY_BASE)) throw new Error('the kernel is too large: it must end below its linear memory');
  const { bytes } = tables;
  if (bytes.length > segment.bytes.length) throw new Error('more page tables than planned');
  segment.bytes.set(bytes);
}

function segmentNamed(linked: Linked, name: string) {
  const segment = linked.segments.find((candidate) => candidate.name === name);
  if (!segment) throw new Error(`no segment ${name}`);
  return segment;
}
