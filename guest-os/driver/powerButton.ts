// SPDX-License-Identifier: MIT
/**
 * @fileoverview The power button (Advanced Configuration and Power Interface 6.4, 4.8.2.2.1 and 4.8.3.1): pressed, it raises the system control
 * interrupt, and process 1 is sent SIGPWR, upon which it goes to run level 5.
 *
 * Only the button that is a fixed feature is served: one that the FADT calls a control method would need AML. Events other than
 * the button's stay disabled. Called with interrupts off; nothing is allocated.
 */
import { inw, outb, outw } from 'machine/cpu';
import { findProcess } from '../kernel/process/processes';
import { SIGPWR } from '../kernel/signal/signal';
import { FADT_FLAGS, FADT_PM1A_CONTROL, fixedTable } from './acpi';
import { addInterruptSource, InterruptSource } from './pci';

const FADT_SCI: usize = 46;
const FADT_SMI_COMMAND: usize = 48;
const FADT_ACPI_ENABLE: usize = 52;
const FADT_PM1A_EVENTS: usize = 56;
const FADT_EVENT_LENGTH: usize = 88;
/** The button is a control method. */
const PWR_BUTTON: u32 = 1 << 4;
/** Its bit in the status and in the enable register. */
const PWRBTN: u32 = 1 << 8;
const SCI_EN: u32 = 1;

class PowerButton extends InterruptSource {
  /** Port of the status register. */
  status: u32 = 0;

  interrupted(): void {
    if (!(inw(this.status) & PWRBTN)) return;
    outw(this.status, PWRBTN);
    const init = findProcess(1);
    if (init) init.post(SIGPWR);
  }
}

export function attachPowerButton(): void {
  const fadt = fixedTable();
  if (!fadt || load<u32>(fadt + FADT_FLAGS) & PWR_BUTTON) return;
  const events = load<u32>(fadt + FADT_PM1A_EVENTS);
  // The enable register is the second half of the block.
  const enable = events + (<u32>load<u8>(fadt + FADT_EVENT_LENGTH) >> 1);
  if (!events || enable == events) return;
  const button = new PowerButton();
  button.status = events;
  addInterruptSource(<u32>load<u16>(fadt + FADT_SCI), button);
  if (!(inw(load<u32>(fadt + FADT_PM1A_CONTROL)) & SCI_EN) && load<u32>(fadt + FADT_SMI_COMMAND))
    outb(load<u32>(fadt + FADT_SMI_COMMAND), load<u8>(fadt + FADT_ACPI_ENABLE));
  // What was pressed before is nobody's.
  outw(events, PWRBTN);
  outw(enable, PWRBTN);
}
