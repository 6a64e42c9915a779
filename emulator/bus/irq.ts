// SPDX-License-Identifier: MIT
/**
 * @fileoverview Interrupt wiring: a wire that remembers its level, fan-out to several inputs, several sources on one wire, and how
 * ISA interrupts reach both the 8259 pair and the I/O APIC.
 *
 * None of these hold architectural state: after `load`, every device drives its outputs again from its own registers.
 */
import type { IrqLine } from './device.ts';

/** Connected to nothing. */
export const noIrq: IrqLine = { set() {} };

/** Remembers its level and reports changes only. */
export class Wire implements IrqLine {
  level = false;
  private readonly changed: (level: boolean) => void;

  constructor(changed: (level: boolean) => void = () => {}) {
    this.changed = changed;
  }

  set(level: boolean): void {
    if (level === this.level) return;
    this.level = level;
    this.changed(level);
  }
}

/** Drives every line given with the same level, in order. */
export function fanOut(...lines: IrqLine[]): IrqLine {
  return {
    set(level) {
      for (const line of lines) line.set(level);
    },
  };
}

/** Several level sources share one line (PCI INTx, ACPI SCI): it is high while any of them is. */
export class SharedLine {
  private active = 0;
  private readonly line: IrqLine;

  constructor(line: IrqLine) {
    this.line = line;
  }

  /** One more source; each device gets its own. */
  source(): IrqLine {
    return new Wire((level) => {
      this.active += level ? 1 : -1;
      this.line.set(this.active > 0);
    });
  }
}

/**
 * The inputs of global system interrupts 0-23 as QEMU's q35 wires them: 0-15 drive the 8259 pair and the I/O APIC alike, the timer's
 * IRQ 0 entering the I/O APIC at pin 2 (the MADT's interrupt source override), 16-23 the I/O APIC alone.
 */
export function systemInterrupts(pic: readonly IrqLine[], ioapic: readonly IrqLine[]): IrqLine[] {
  // An HPET timer may be routed to 2 itself.
  const pin2 = new SharedLine(ioapic[2]);
  return ioapic.map((input, gsi) => {
    if (gsi === 0) return fanOut(pic[0], pin2.source());
    if (gsi === 2) return pin2.source();
    return gsi < 16 ? fanOut(pic[gsi], input) : input;
  });
}
