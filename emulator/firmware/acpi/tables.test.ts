// SPDX-License-Identifier: MIT
/** @fileoverview The tables as strangers read them: Intel's disassembler and compiler, and the layout in RAM by ACPI's own rules. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haveOracles } from '../../../tools/oracles.js';
import { SparseRam } from '../guestRam.ts';
import type { AcpiPlatform } from './platform.ts';
import { placeAcpiTables } from './tables.ts';

const MIB = 2 ** 20;
const platform: AcpiPlatform = { ramSize: 512 * MIB, cpus: 1, serialPorts: 2, pvpanic: true, fwCfg: true };

interface Tables {
  [signature: string]: { address: number; bytes: Uint8Array };
}

/** Follows the pointers as a kernel does, and checks every checksum on the way. */
function readTables(machine: AcpiPlatform): Tables {
  const ram = new SparseRam(machine.ramSize);
  const root = placeAcpiTables(ram, machine);
  const rsdp = ram.read(root, 36);
  expect(sum(rsdp.subarray(0, 20))).toBe(0);
  expect(sum(rsdp)).toBe(0);
  const view = new DataView(rsdp.buffer);
  const tables: Tables = { 'RSD PTR ': { address: root, bytes: rsdp } };
  const add = (address: number, checked = true) => {
    const bytes = ram.read(address, new DataView(ram.read(address + 4, 4).buffer).getUint32(0, true));
    if (checked) expect(sum(bytes)).toBe(0);
    tables[String.fromCharCode(...bytes.subarray(0, 4))] = { address, bytes };
    return new DataView(bytes.buffer);
  };
  const rsdt = add(view.getUint32(16, true));
  const xsdt = add(Number(view.getBigUint64(24, true)));
  const entries32 = Array.from({ length: (rsdt.byteLength - 36) / 4 }, (_, i) => rsdt.getUint32(36 + 4 * i, true));
  const entries64 = Array.from({ length: (xsdt.byteLength - 36) / 8 }, (_, i) => Number(xsdt.getBigUint64(36 + 8 * i, true)));
  expect(entries64).toEqual(entries32);
  for (const address of entries32) add(address);
  const fadt = new DataView(tables.FACP.bytes.buffer);
  add(fadt.getUint32(36, true), false);
  add(fadt.getUint32(40, true));
  return tables;
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
}

describe('layout', () => {
  test('all tables are reachable from the RSDP with right checksums, inside the reserved tail of low RAM', () => {
    const tables = readTables(platform);
    expect(Object.keys(tables).sort()).toEqual([
      'APIC',
      'DSDT',
      'FACP',
      'FACS',
      'HPET',
      'MCFG',
      'RSD PTR ',
      'RSDT',
      'WAET',
      'XSDT',
    ]);
    for (const [signature, { address, bytes }] of Object.entries(tables)) {
      if (signature === 'RSD PTR ') continue;
      expect(address).toBeGreaterThanOrEqual(512 * MIB - 0x20000);
      expect(address + bytes.length).toBeLessThanOrEqual(512 * MIB);
    }
    expect(tables.FACS.address % 64).toBe(0);
  });

  test('the largest machine fits', () => {
    expect(readTables({ ...platform, ramSize: 2 ** 39, cpus: 255 }).APIC.bytes.length).toBe(44 + 255 * 8 + 12 + 5 * 10 + 6);
  });

  test('impossible machines are refused in one line', () => {
    expect(() => placeAcpiTables(new SparseRam(64 * MIB), { ...platform, ramSize: 64 * MIB, cpus: 256 })).toThrow(
      /^processors: 256/,
    );
  });
});

const iasl = haveOracles('iasl');
describe.skipIf(!iasl)('judged by iasl', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'diorama-acpi-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  function run(...parameters: string[]): string {
    const { status, stdout, stderr } = spawnSync('iasl', parameters, { cwd: directory, encoding: 'utf8' });
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' });
    return stdout + stderr;
  }

  const machines: [string, AcpiPlatform][] = [
    ['one CPU, all devices', platform],
    ['16 CPUs, 8 GiB, no optional device', { ramSize: 2 ** 33, cpus: 16, serialPorts: 0, pvpanic: false, fwCfg: false }],
    ['2.75 GiB', { ...platform, ramSize: 0xb000_0000 }],
  ];
  test.each(machines)('%s: disassembles, and compiles again to the same bytes without errors or warnings', (_, machine) => {
    const { DSDT } = readTables(machine);
    writeFileSync(join(directory, 'dsdt.aml'), DSDT.bytes);
    const log = run('-d', 'dsdt.aml');
    expect(log).not.toMatch(/error|warning|invalid|unknown/i);
    const report = run('-oa', '-p', 'again', 'dsdt.dsl');
    expect(report).toMatch(/ 0 Errors, 0 Warnings/);
    // All but the header's checksum and compiler fields, which iasl fills in with its own.
    expect(readFileSync(join(directory, 'again.aml')).subarray(36).equals(DSDT.bytes.subarray(36))).toBe(true);
  });

  test('the static tables disassemble without complaint and say what q35 says', () => {
    const tables = readTables(platform);
    const text: { [signature: string]: string } = {};
    for (const signature of ['FACP', 'FACS', 'APIC', 'HPET', 'MCFG', 'WAET']) {
      writeFileSync(join(directory, `${signature}.aml`), tables[signature].bytes);
      expect(run('-d', `${signature}.aml`)).not.toMatch(/error|warning|invalid/i);
      text[signature] = readFileSync(join(directory, `${signature}.dsl`), 'utf8');
      expect(text[signature]).not.toMatch(/incorrect|invalid|unknown/i);
    }
    const says = (signature: string, field: string, value: string) =>
      expect(text[signature]).toMatch(new RegExp(`\\b${field} : ${value}$`, 'm'));
    says('FACP', 'SCI Interrupt', '0009');
    says('FACP', 'PM1A Event Block Address', '00000600');
    says('FACP', 'PM1A Control Block Address', '00000604');
    says('FACP', 'PM Timer Block Address', '00000608');
    says('FACP', 'GPE0 Block Address', '00000620');
    says('FACP', 'GPE0 Block Length', '10');
    says('FACP', 'RTC Century Index', '32');
    says('FACP', 'Value to cause reset', '0F');
    says('FACP', 'Reset Register Supported \\(V2\\)', '1');
    says('FACP', 'Control Method Power Button \\(V1\\)', '0');
    says('APIC', 'Local Apic Address', 'FEE00000');
    says('HPET', 'Address', '00000000FED00000');
    says('MCFG', 'Base Address', '00000000B0000000');
    expect(/Source : 00\s+.*Interrupt : 00000002$/m.test(text.APIC)).toBe(true);
  });
});
