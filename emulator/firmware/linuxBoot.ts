// SPDX-License-Identifier: MIT
/**
 * @fileoverview Linux kernels: bzImage by the x86 boot protocol, 2.06 and later (Documentation/arch/x86/boot.rst, zero-page.rst).
 *
 * The image is a sequence of 512-byte sectors: real-mode code whose end holds the setup header, then the protected-mode kernel.
 * We skip the real-mode code, as GRUB does: place the protected-mode part, fill in boot_params ("zero page") with what its BIOS
 * calls would have found out, and enter at the 64-bit entry point where the kernel has one, else at the 32-bit one.
 *
 * The kernel goes to its preferred address if it can be relocated, and gets `init_size` bytes there, in which it decompresses
 * itself; the initrd goes as high as `initrd_addr_max` allows.
 *
 * Left out: zImage (loaded below 1 MiB; none since 2.6.30), protocols before 2.06 (2005), the EFI handover.
 */

import { BootImageError } from './bootError.ts';
import { type BootMemory, MIB, PAGE_SIZE } from './bootMemory.ts';
import { ByteReader, ByteWriter, cString } from './bytes.ts';
import { type CpuEntry, longModeEntry, protectedModeEntry } from './cpuEntry.ts';
import { E820_USABLE } from './memoryMap.ts';

/** Offsets in the first sectors of the image, and in boot_params alike. */
const SETUP_SECTS = 0x1f1;
const SYSSIZE = 0x1f4;
const VID_MODE = 0x1fa;
const BOOT_FLAG = 0x1fe;
const JUMP_OFFSET = 0x201;
const HEADER_MAGIC = 0x202;
const VERSION = 0x206;
const TYPE_OF_LOADER = 0x210;
const LOADFLAGS = 0x211;
const CODE32_START = 0x214;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const CMD_LINE_PTR = 0x228;
const INITRD_ADDR_MAX = 0x22c;
const KERNEL_ALIGNMENT = 0x230;
const RELOCATABLE_KERNEL = 0x234;
const MIN_ALIGNMENT = 0x235;
const XLOADFLAGS = 0x236;
const CMDLINE_SIZE = 0x238;
const SETUP_DATA = 0x250;
const PREF_ADDRESS = 0x258;
const INIT_SIZE = 0x260;
/** The header's end in protocol 2.15; older kernels have a shorter one. */
const HEADER_END = 0x26c;

/** Offsets in boot_params alone. */
const ACPI_RSDP_ADDR = 0x070;
const ALT_MEM_K = 0x1e0;
const E820_ENTRIES = 0x1e8;
const E820_TABLE = 0x2d0;
const E820_MAX_ENTRIES = 128;
const SETUP_HEADER = 0x1f1;
const BOOT_PARAMS_SIZE = 0x1000;
/** Unit of the size of the protected-mode code. */
const PARAGRAPH = 16;

const HDRS = 0x5372_6448;
const LOADED_HIGH = 1 << 0;
const XLF_KERNEL_64 = 1 << 0;
const UNDEFINED_LOADER = 0xff;
const VID_MODE_NORMAL = 0xffff;
const ENTRY64_OFFSET = 0x200;

/** struct setup_data: extensible boot parameters, chained. */
export interface SetupData {
  type: number;
  data: Uint8Array;
}

export interface LinuxOptions {
  commandLine?: string;
  initrd?: Uint8Array;
  setupData?: SetupData[];
  /** Address of the RSDP; without it the kernel searches F0000-FFFFF. */
  rsdp?: number;
}

interface SetupHeader {
  setupSectors: number;
  systemSize: number;
  version: number;
  initrdLimit: number;
  alignment: number;
  relocatable: boolean;
  minimumAlignment: number;
  has64BitEntry: boolean;
  commandLineLimit: number;
  preferredAddress: number;
  initSize: number;
}

export function isLinux(image: Uint8Array): boolean {
  if (image.length < HEADER_MAGIC + 4) return false;
  const reader = new ByteReader(image, 'kernel');
  return reader.u16(BOOT_FLAG) === 0xaa55 && reader.u32(HEADER_MAGIC) === HDRS;
}

/** Places a bzImage and all it is handed. Throws BootImageError if it is none, is damaged, or does not fit. */
export function loadLinux(memory: BootMemory, image: Uint8Array, options: LinuxOptions = {}): CpuEntry {
  const reader = new ByteReader(image, 'kernel');
  const header = parseHeader(reader);
  const systemStart = (header.setupSectors + 1) * 512;
  const system = reader.slice(systemStart, Math.min(header.systemSize, reader.length - systemStart));

  const loadAddress = placeKernel(memory, header);
  memory.ram.write(loadAddress, system);

  const commandLine = cString(options.commandLine ?? '');
  if (commandLine.length - 1 > header.commandLineLimit) {
    throw new BootImageError(
      `command line of ${commandLine.length - 1} bytes is longer than the kernel's limit of ${header.commandLineLimit}`,
    );
  }
  const commandLineAddress = memory.place(commandLine, 'command line', { alignment: 16 });

  let initrdAddress = 0;
  const initrd = options.initrd;
  if (initrd && initrd.length > 0) {
    initrdAddress = memory.place(initrd, 'initrd', { below: header.initrdLimit + 1, prefer: 'top' });
  }

  let setupData = 0;
  for (const { type, data } of [...(options.setupData ?? [])].reverse()) {
    const node = new ByteWriter().u64(setupData).u32(type, data.length).bytes(data).finish();
    setupData = memory.place(node, 'setup data', { alignment: 16 });
  }

  const parameters = bootParameters(memory, reader);
  const view = new DataView(parameters.buffer);
  view.setUint8(TYPE_OF_LOADER, UNDEFINED_LOADER);
  view.setUint16(VID_MODE, VID_MODE_NORMAL, true);
  view.setUint32(CODE32_START, loadAddress, true);
  view.setUint32(CMD_LINE_PTR, commandLineAddress, true);
  view.setUint32(RAMDISK_IMAGE, initrdAddress, true);
  view.setUint32(RAMDISK_SIZE, initrd?.length ?? 0, true);
  if (header.version >= 0x209) view.setBigUint64(SETUP_DATA, BigInt(setupData), true);
  else if (setupData) throw new BootImageError(`kernel: boot protocol ${versionName(header.version)} knows no setup data`);
  // Kernels older than protocol 2.14 ignore the field and search for the RSDP themselves.
  view.setBigUint64(ACPI_RSDP_ADDR, BigInt(options.rsdp ?? 0), true);

  const parametersAddress = memory.place(parameters, 'boot parameters');
  const registers = { rsi: parametersAddress };
  return header.has64BitEntry
    ? longModeEntry(memory, loadAddress + ENTRY64_OFFSET, registers)
    : protectedModeEntry(memory, loadAddress, registers);
}

function parseHeader(reader: ByteReader): SetupHeader {
  if (reader.length < HEADER_MAGIC + 6)
    throw new BootImageError(`kernel: truncated: ${reader.length} bytes hold no setup header`);
  if (reader.u16(BOOT_FLAG) !== 0xaa55 || reader.u32(HEADER_MAGIC) !== HDRS) {
    throw new BootImageError('kernel: no Linux bzImage: signatures 0xAA55 and HdrS are missing');
  }
  const version = reader.u16(VERSION);
  if (version < 0x206) throw new BootImageError(`kernel: boot protocol ${versionName(version)} is older than 2.06`);
  if (!(reader.u8(LOADFLAGS) & LOADED_HIGH)) throw new BootImageError('kernel: a zImage (loaded below 1 MiB) is not supported');

  const since = <T>(protocol: number, read: () => T, otherwise: T): T => (version >= protocol ? read() : otherwise);
  const relocatable = reader.u8(RELOCATABLE_KERNEL) !== 0;
  const header: SetupHeader = {
    setupSectors: reader.u8(SETUP_SECTS) || 4,
    systemSize: reader.u32(SYSSIZE) * PARAGRAPH,
    version,
    initrdLimit: reader.u32(INITRD_ADDR_MAX),
    alignment: reader.u32(KERNEL_ALIGNMENT),
    relocatable,
    minimumAlignment: since(0x20a, () => 2 ** reader.u8(MIN_ALIGNMENT), 0),
    has64BitEntry: since(0x20c, () => (reader.u16(XLOADFLAGS) & XLF_KERNEL_64) !== 0, false),
    commandLineLimit: reader.u32(CMDLINE_SIZE),
    preferredAddress: since(0x20a, () => reader.size64(PREF_ADDRESS), MIB),
    initSize: since(0x20a, () => reader.u32(INIT_SIZE), 0),
  };
  if (header.systemSize === 0) throw new BootImageError('kernel: the image has no protected-mode code');
  const needed = (header.setupSectors + 1) * 512 + header.systemSize;
  // The size is in whole paragraphs; the last one need not be in the file.
  if (reader.length <= needed - PARAGRAPH)
    throw new BootImageError(`kernel: truncated: needs ${needed} bytes, has ${reader.length}`);
  if (relocatable && !isPowerOfTwo(header.alignment)) {
    throw new BootImageError(`kernel: impossible alignment 0x${header.alignment.toString(16)}`);
  }
  return header;
}

/** Chooses and claims the kernel's place: preferred address, else any aligned one, else one of the weaker alignment. */
function placeKernel(memory: BootMemory, header: SetupHeader): number {
  const size = Math.max(header.initSize, header.systemSize);
  const preferred = header.preferredAddress;
  if (!header.relocatable || memory.isFree(preferred, size)) {
    memory.claim(preferred, size, 'kernel');
    return preferred;
  }
  const { alignment, minimumAlignment } = header;
  const fallback = minimumAlignment >= PAGE_SIZE && minimumAlignment < alignment ? minimumAlignment : alignment;
  return (
    memory.tryAllocate(size, { alignment, from: MIB }) ?? memory.allocate(size, 'kernel', { alignment: fallback, from: MIB })
  );
}

/** boot_params with the header copied from the image, the memory map, and the screen as the VGA BIOS leaves it. */
function bootParameters(memory: BootMemory, reader: ByteReader): Uint8Array<ArrayBuffer> {
  const parameters = new Uint8Array(BOOT_PARAMS_SIZE);
  const headerEnd = Math.min(HEADER_MAGIC + reader.u8(JUMP_OFFSET), HEADER_END);
  parameters.set(reader.slice(SETUP_HEADER, headerEnd - SETUP_HEADER), SETUP_HEADER);
  parameters.set(screenInfo());

  const view = new DataView(parameters.buffer);
  const map = memory.map.slice(0, E820_MAX_ENTRIES);
  view.setUint8(E820_ENTRIES, map.length);
  map.forEach(({ base, length, type }, index) => {
    const entry = E820_TABLE + index * 20;
    view.setBigUint64(entry, BigInt(base), true);
    view.setBigUint64(entry + 8, BigInt(length), true);
    view.setUint32(entry + 16, type, true);
  });
  const aboveOneMib = map.find(({ base, type }) => base === MIB && type === E820_USABLE);
  view.setUint32(ALT_MEM_K, Math.floor((aboveOneMib?.length ?? 0) / 1024), true);
  return parameters;
}

/** struct screen_info for VGA text mode 3: 80 by 25, cursor at the origin, 16-line font. */
function screenInfo(): Uint8Array {
  const VGA_256K_COLOUR = 0x0003;
  const screen = new ByteWriter();
  screen.u8(0, 0); // orig_x, orig_y
  screen.u16(0); // ext_mem_k, superseded by alt_mem_k
  screen.u16(0); // orig_video_page
  screen.u8(3, 80); // orig_video_mode, orig_video_cols
  screen.u8(0, 0); // flags, unused
  screen.u16(VGA_256K_COLOUR); // orig_video_ega_bx
  screen.u16(0);
  screen.u8(25, 1); // orig_video_lines, orig_video_isVGA
  screen.u16(16); // orig_video_points
  return screen.finish();
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

function versionName(version: number): string {
  return `${version >> 8}.${(version & 0xff).toString().padStart(2, '0')}`;
}
