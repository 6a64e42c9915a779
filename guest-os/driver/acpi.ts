// SPDX-License-Identifier: MIT
/**
 * @fileoverview Power-off and reset through ACPI (Advanced Configuration and Power Interface 6.4, chapters 4.8, 5.2 and 7.4).
 *
 * From the root pointer (given by the boot loader, or found in the BIOS area) to the FADT, whose PM1a control port takes the sleep type of S5.
 * The type is in the DSDT: the package named `_S5_`, whose first element is a small integer. Without it nothing is switched off.
 * Reset: the FADT's reset register, else port CF9h, else the keyboard controller.
 *
 * All tables are physical; what does not lie in the window's direct part is not looked at.
 */
import { LOW_PAGES, WINDOW_DIRECT } from 'machine/addresses';
import { cli, hlt, outb, outw } from 'machine/cpu';

const RSD_PTR: u64 = 0x2052545020445352;
const FACP: u32 = 0x50434146;
const FADT_DSDT: usize = 40;
export const FADT_PM1A_CONTROL: usize = 64;
export const FADT_FLAGS: usize = 112;
const FADT_RESET: usize = 116;
const FADT_RESET_VALUE: usize = 128;
const RESET_SUPPORTED: u32 = 1 << 10;
const SLEEP_ENABLE: u32 = 1 << 13;
const S5_NAME: u32 = 0x5f35535f;
const PACKAGE: u32 = 0x12;
const BYTE_PREFIX: u32 = 0x0a;

let fadt: usize = 0;

/** A table's place in the window; 0 if it lies elsewhere. */
function at(physical: u64): usize {
  if (!physical || physical >= WINDOW_DIRECT - 0x1000) return 0;
  return <usize>physical < 4096 ? <usize>physical + LOW_PAGES : <usize>physical;
}

/** Finds the FADT. `rsdp`: as the loader said, or 0. */
export function initAcpi(rsdp: u64): void {
  let root = at(rsdp);
  if (!root) root = searchRoot();
  if (!root || load<u64>(root) != RSD_PTR) return;
  const wide = load<u8>(root + 15) >= 2 && load<u64>(root + 24) != 0;
  const table = at(wide ? load<u64>(root + 24) : <u64>load<u32>(root + 16));
  if (!table) return;
  const length = load<u32>(table + 4);
  for (let entry: usize = 36; entry + (wide ? 8 : 4) <= length; entry += wide ? 8 : 4) {
    const place = at(wide ? load<u64>(table + entry) : <u64>load<u32>(table + entry));
    if (place && load<u32>(place) == FACP) fadt = place;
  }
}

/** The FADT's place, after `initAcpi`; 0: there is none. */
export function fixedTable(): usize {
  return fadt;
}

/** The root pointer lies at a multiple of 16 between E0000h and FFFFFh. */
function searchRoot(): usize {
  for (let place: usize = 0xe0000; place < 0x100000; place += 16) if (load<u64>(place) == RSD_PTR) return place;
  return 0;
}

/** The sleep type of S5 from the DSDT, or -1. */
function sleepType(): i32 {
  const dsdt = at(load<u32>(fadt + FADT_DSDT));
  if (!dsdt) return -1;
  const end = dsdt + load<u32>(dsdt + 4);
  // Name, package, one byte each of length and number, and one of the first element: it may be the last that the table has.
  for (let place = dsdt + 36; place + 8 <= end; place++) {
    if (load<u32>(place) != S5_NAME || <u32>load<u8>(place + 4) != PACKAGE) continue;
    // Package length (its upper two bits say how many bytes follow), number of elements, then the first element.
    const element = place + 5 + (<usize>load<u8>(place + 5) >> 6) + 2;
    const byte = <u32>load<u8>(element);
    return byte == BYTE_PREFIX ? <i32>load<u8>(element + 1) : <i32>byte;
  }
  return -1;
}

export function powerOff(): void {
  if (fadt) {
    const type = sleepType();
    if (type >= 0) outw(load<u32>(fadt + FADT_PM1A_CONTROL), SLEEP_ENABLE | ((<u32>type) << 10));
  }
  halt();
}

export function reset(): void {
  if (fadt && load<u32>(fadt + 4) > FADT_RESET_VALUE && load<u32>(fadt + FADT_FLAGS) & RESET_SUPPORTED) {
    // Address space 1 is port I/O.
    if (load<u8>(fadt + FADT_RESET) == 1) outb(load<u32>(fadt + FADT_RESET + 4), load<u8>(fadt + FADT_RESET_VALUE));
  }
  outb(0xcf9, 0x06);
  outb(0x64, 0xfe);
  halt();
}

export function halt(): void {
  for (;;) {
    cli();
    hlt();
  }
}
