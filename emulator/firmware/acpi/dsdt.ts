// SPDX-License-Identifier: MIT
/**
 * @fileoverview The DSDT: the devices of a q35 that cannot be discovered, and how PCI interrupts reach the interrupt controllers.
 *
 * Names, identifiers and resources are those of QEMU's table for the same machine, so that a kernel finds the same devices under
 * either. Interrupts of PCI slots go through links: LNKA-LNKH are the PIRQ routing registers of the LPC bridge (8259 mode), GSIA-GSIH
 * the wires to I/O APIC pins 16-23 (APIC mode, told by \_PIC).
 *
 * Left out, since the machine does not have it: CPU, memory and PCI hot-plug, sleep states S3 and S4. The power button is fixed
 * hardware (FADT), not a device here.
 */

import { ByteWriter } from '../bytes.ts';
import { pirqOf } from '../chipset.ts';
import { ECAM_BASE, ECAM_SIZE, HPET_BASE, memoryLayout, PCI_WINDOW_END, PCI_WINDOW64_SIZE } from '../memoryMap.ts';
import {
  type Aml,
  and,
  arg,
  busWindow,
  call,
  createDWordField,
  device,
  eisaId,
  equal,
  field,
  interrupts,
  io,
  ioWindow,
  irq,
  local,
  memory32Fixed,
  memoryWindow,
  method,
  name,
  not,
  operationRegion,
  or,
  otherwise,
  packageOf,
  path,
  resources,
  returns,
  scope,
  serializedMethod,
  store,
  uuid,
  when,
} from './aml.ts';
import type { AcpiPlatform } from './platform.ts';

/** _STA: present, enabled, shown, functioning; without the second bit a device is there but switched off. */
const PRESENT = 0x0f;
const PRESENT_HIDDEN = 0x0b;
const LINK_ENABLED = 0x0b;
const LINK_DISABLED = 0x09;

const LETTERS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
/** ISA interrupts that PIRQs may be routed to; the MADT says that these are level-triggered. */
const PIRQ_CHOICES = [5, 10, 11];
const FIRST_PIRQ_GSI = 16;
/** PIRQ routing register: bit 7 disconnects it. */
const PIRQ_DISABLE = 0x80;

export function dsdtBody(platform: AcpiPlatform): Uint8Array {
  return new ByteWriter()
    .bytes(name('PICF', 0))
    .bytes(method('_PIC', 1, store(arg(0), path('PICF'))))
    .bytes(scope('\\_SB', ...processors(platform.cpus), rootBridge(platform), configurationSpace(), hpet()))
    .bytes(scope('\\_SB.PCI0', lpcBridge(platform)))
    .bytes(scope('\\_SB', ...interruptRouting()))
    .bytes(name('_S5', packageOf(0, 0, 0, 0)))
    .finish();
}

function processors(count: number): Aml[] {
  return Array.from({ length: count }, (_, id) =>
    device(`C${id.toString(16).toUpperCase().padStart(3, '0')}`, name('_HID', 'ACPI0007'), name('_UID', id)),
  );
}

function rootBridge(platform: AcpiPlatform): Aml {
  const { lowTop, pciWindow64 } = memoryLayout(platform.ramSize);
  const windows = [
    busWindow(0, 0xff),
    io(0xcf8, 8),
    ioWindow(0, 0xcf7),
    ioWindow(0xd00, 0xffff),
    memoryWindow(0xa_0000, 0xb_ffff, true),
    ...(lowTop < ECAM_BASE ? [memoryWindow(lowTop, ECAM_BASE - 1, false)] : []),
    memoryWindow(ECAM_BASE + ECAM_SIZE, PCI_WINDOW_END - 1, false),
    memoryWindow(pciWindow64, pciWindow64 + PCI_WINDOW64_SIZE - 1, true),
  ];
  return device(
    'PCI0',
    name('_HID', eisaId('PNP0A08')),
    name('_CID', eisaId('PNP0A03')),
    name('_UID', 0),
    name('_CRS', resources(...windows)),
    operatingSystemCapabilities(),
    ...routingTables(),
  );
}

/**
 * _OSC (PCI Firmware 3.2, 4.5.1): the kernel may have native control of all PCI Express features but PCI Express hot-plug, which
 * the machine does not have. Bits of the first word of the answer: 2 unknown UUID, 3 unknown revision, 4 capabilities masked.
 */
function operatingSystemCapabilities(): Aml {
  const PCI_HOST_BRIDGE = '33db4d5b-1ff7-401c-9657-7441c03dd766';
  const GRANTED = 0x1e;
  const status = path('CDW1');
  const control = path('CDW3');
  return serializedMethod(
    '_OSC',
    4,
    createDWordField(arg(3), 0, 'CDW1'),
    when(
      equal(arg(0), uuid(PCI_HOST_BRIDGE)),
      createDWordField(arg(3), 8, 'CDW3'),
      and(control, GRANTED, local(0)),
      when(not(equal(arg(1), 1)), or(status, 0x08, status)),
      when(not(equal(control, local(0))), or(status, 0x10, status)),
      store(local(0), control),
    ),
    otherwise(or(status, 0x04, status)),
    returns(arg(3)),
  );
}

function routingTables(): Aml[] {
  const table = (links: string) => {
    const entries: Aml[] = [];
    for (let slot = 0; slot < 32; slot++) {
      for (let pin = 0; pin < 4; pin++) {
        entries.push(packageOf(slot * 0x1_0000 + 0xffff, pin, path(`\\_SB.${links}${LETTERS[pirqOf(slot, pin)]}`), 0));
      }
    }
    return packageOf(...entries);
  };
  return [
    name('PRTP', table('LNK')),
    name('PRTA', table('GSI')),
    method('_PRT', 0, when(equal(path('\\PICF'), 0), returns(path('PRTP'))), returns(path('PRTA'))),
  ];
}

/** The links. IQCR makes the current setting of a routing register into a resource template. */
function interruptRouting(): Aml[] {
  const INTERRUPT_OFFSET = 5;
  const status = method('IQST', 1, when(and(arg(0), PIRQ_DISABLE), returns(LINK_DISABLED)), returns(LINK_ENABLED));
  const current = serializedMethod(
    'IQCR',
    1,
    name('PRR0', resources(interrupts(0))),
    createDWordField(path('PRR0'), INTERRUPT_OFFSET, 'PRRI'),
    and(arg(0), 0x0f, path('PRRI')),
    returns(path('PRR0')),
  );
  const pirqLinks = LETTERS.map((letter, index) => {
    const register = path(`\\_SB.PCI0.ISA.PRQ${letter}`);
    return device(
      `LNK${letter}`,
      name('_HID', eisaId('PNP0C0F')),
      name('_UID', index),
      name('_PRS', resources(interrupts(...PIRQ_CHOICES))),
      method('_STA', 0, returns(call('IQST', register))),
      method('_DIS', 0, or(register, PIRQ_DISABLE, register)),
      method('_CRS', 0, returns(call('IQCR', register))),
      serializedMethod('_SRS', 1, createDWordField(arg(0), INTERRUPT_OFFSET, 'PRRI'), store(path('PRRI'), register)),
    );
  });
  const gsiLinks = LETTERS.map((letter, index) => {
    const wire = resources(interrupts(FIRST_PIRQ_GSI + index));
    return device(
      `GSI${letter}`,
      name('_HID', eisaId('PNP0C0F')),
      name('_UID', FIRST_PIRQ_GSI + index),
      name('_PRS', wire),
      name('_CRS', wire),
      method('_SRS', 1),
      method('_DIS', 0),
    );
  });
  return [status, current, ...pirqLinks, ...gsiLinks];
}

/** ECAM is a resource of the board: no PCI function may be placed there. */
function configurationSpace(): Aml {
  return device('DRAC', name('_HID', eisaId('PNP0C02')), name('_CRS', resources(memory32Fixed(ECAM_BASE, ECAM_SIZE, true))));
}

function hpet(): Aml {
  return device(
    'HPET',
    name('_HID', eisaId('PNP0103')),
    name('_UID', 0),
    name('_STA', PRESENT),
    name('_CRS', resources(memory32Fixed(HPET_BASE, 0x400, false))),
  );
}

/** The LPC bridge at 1f.0 and what answers at ports behind it. */
function lpcBridge(platform: AcpiPlatform): Aml {
  const serial = [
    { base: 0x3f8, line: 4 },
    { base: 0x2f8, line: 3 },
  ].slice(0, platform.serialPorts);
  const optional = [
    ...(platform.pvpanic ? [legacy('PEVT', name('_HID', 'QEMU0001'), PRESENT, io(0x505, 1))] : []),
    ...(platform.fwCfg ? [legacy('FWCF', name('_HID', 'QEMU0002'), PRESENT_HIDDEN, io(0x510, 12))] : []),
  ];
  return device(
    'ISA',
    name('_ADR', 0x1f_0000),
    operationRegion('PIRQ', 'PCI_Config', 0x60, 12),
    field(
      'PIRQ',
      'ByteAcc',
      ['PRQA', 8],
      ['PRQB', 8],
      ['PRQC', 8],
      ['PRQD', 8],
      [undefined, 32],
      ['PRQE', 8],
      ['PRQF', 8],
      ['PRQG', 8],
      ['PRQH', 8],
    ),
    legacy('KBD', name('_HID', eisaId('PNP0303')), PRESENT, io(0x60, 1), io(0x64, 1), irq(1)),
    legacy('MOU', name('_HID', eisaId('PNP0F13')), PRESENT, irq(12)),
    legacy('RTC', name('_HID', eisaId('PNP0B00')), PRESENT, io(0x70, 8), irq(8)),
    ...serial.map(({ base, line }, index) =>
      legacy(`COM${index + 1}`, name('_HID', eisaId('PNP0501')), PRESENT, io(base, 8), irq(line), index + 1),
    ),
    ...optional,
  );
}

/** A device with a state and current resources; a trailing number is its _UID. */
function legacy(named: string, id: Aml, state: number, ...rest: (Aml | number)[]): Aml {
  const descriptors = rest.filter((part): part is Aml => typeof part !== 'number');
  const uid = rest.find((part): part is number => typeof part === 'number');
  const unique = uid === undefined ? [] : [name('_UID', uid)];
  return device(named, id, ...unique, name('_STA', state), name('_CRS', resources(...descriptors)));
}
