// SPDX-License-Identifier: MIT
/**
 * @fileoverview From the bytes of a kernel to a machine ready to run its first instruction.
 *
 * The kind of image is found from its bytes. Where an image speaks several protocols, multiboot comes before PVH: an ELF kernel
 * with both (Xen) means PVH for use as a guest.
 */

import { BootImageError } from './bootError.ts';
import { BootMemory } from './bootMemory.ts';
import type { CpuEntry } from './cpuEntry.ts';
import type { GuestRam } from './guestRam.ts';
import { isLinux, loadLinux, type SetupData } from './linuxBoot.ts';
import type { BootModule } from './multiboot.ts';
import { isMultiboot1, loadMultiboot1 } from './multiboot1.ts';
import { isMultiboot2, loadMultiboot2 } from './multiboot2.ts';
import { isPvh, loadPvh } from './pvh.ts';

export type BootKind = 'linux' | 'multiboot2' | 'multiboot1' | 'pvh';

export interface BootOptions {
  commandLine?: string;
  /** Linux: the initrd is the first module, and there may be only one. */
  modules?: BootModule[];
  /** The kernel's file name, for the multiboot command line. */
  imageName?: string;
  /** Address of the RSDP, as `placeAcpiTables` returned it. */
  rsdp?: number;
  /** Linux: further boot parameters. */
  setupData?: SetupData[];
  /** Boot by this protocol instead of the one found first. */
  kind?: BootKind;
}

export interface BootResult {
  kind: BootKind;
  entry: CpuEntry;
}

/** In order of preference. */
const detectors: [BootKind, (image: Uint8Array) => boolean][] = [
  ['linux', isLinux],
  ['multiboot2', isMultiboot2],
  ['multiboot1', isMultiboot1],
  ['pvh', isPvh],
];

export function detectBootKind(image: Uint8Array): BootKind {
  if (image.length === 0) throw new BootImageError('kernel: the file is empty');
  const found = detectors.find(([, matches]) => matches(image));
  if (!found) throw new BootImageError('kernel: neither a Linux bzImage nor an ELF image with a multiboot header or a PVH note');
  return found[0];
}

/** Loads `image` into `ram`. Throws BootImageError, with RAM in an unspecified state, if it cannot be booted. */
export function loadBootImage(ram: GuestRam, image: Uint8Array, options: BootOptions = {}): BootResult {
  const kind = options.kind ?? detectBootKind(image);
  const memory = new BootMemory(ram);
  return { kind, entry: loaders[kind](memory, image, options) };
}

const RSDP_SIZE = 36;

const loaders: Record<BootKind, (memory: BootMemory, image: Uint8Array, options: BootOptions) => CpuEntry> = {
  linux(memory, image, { commandLine, modules = [], rsdp, setupData }) {
    if (modules.length > 1) throw new BootImageError('kernel: Linux takes one initrd, not several modules');
    return loadLinux(memory, image, { commandLine, initrd: modules[0]?.contents, rsdp, setupData });
  },
  multiboot2(memory, image, options) {
    const rsdpBytes = options.rsdp ? memory.ram.read(options.rsdp, RSDP_SIZE) : undefined;
    return loadMultiboot2(memory, image, { ...options, rsdpBytes });
  },
  multiboot1: loadMultiboot1,
  pvh: loadPvh,
};
