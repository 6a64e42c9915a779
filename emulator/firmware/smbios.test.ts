// SPDX-License-Identifier: MIT
/** @fileoverview SMBIOS tables as dmidecode reads them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { haveOracles } from '../../tools/oracles.js';
import { checksum } from './bytes.ts';
import { SparseRam } from './guestRam.ts';
import { placeSmbiosTables, type SmbiosPlatform } from './smbios.ts';

const GIB = 2 ** 30;

/** What `dmidecode --from-dump` wants: the entry point, and at 20h, where it is made to point, the structures. */
function dump(platform: SmbiosPlatform): Uint8Array {
  const ram = new SparseRam(platform.ramSize);
  const entryAddress = placeSmbiosTables(ram, platform);
  expect(entryAddress % 16).toBe(0);
  const entry = ram.read(entryAddress, 0x1f);
  expect(checksum(entry)).toBe(0);
  expect(checksum(entry.subarray(16))).toBe(0);
  const view = new DataView(entry.buffer);
  const table = ram.read(view.getUint32(0x18, true), view.getUint16(0x16, true));
  view.setUint32(0x18, 0x20, true);
  entry[0x15] = 0;
  entry[0x15] = checksum(entry.subarray(16));
  entry[4] = 0;
  entry[4] = checksum(entry);
  return Uint8Array.from([...entry, 0, ...table]);
}

describe.skipIf(!haveOracles('dmidecode'))('judged by dmidecode', () => {
  test.each<[string, SmbiosPlatform, RegExp[]]>([
    [
      'half a GiB',
      { ramSize: GIB / 2, cpus: 1, cpuSignature: 0x60fb1, cpuFeatures: 0x78bfbfd },
      [
        /SMBIOS 2\.8 present/,
        /\tProduct Name: Standard PC \(Q35/,
        /\tSize: 512 MB/,
        /ID: B1 0F 06 00 FD FB 8B 07/,
        /Range Size: 512 MB/,
        // dmidecode's words for zeros.
        /UUID: Not Settable/,
      ],
    ],
    [
      'many processors, several DIMMs, RAM above 4 GiB',
      { ramSize: 40 * GIB, cpus: 128, cpuSignature: 0, cpuFeatures: 0, uuid: '7F3A1C52-90bd-4e17-a6a5-1d2c3b4a5968' },
      [
        /UUID: 7f3a1c52-90bd-4e17-a6a5-1d2c3b4a5968/,
        /Socket Designation: CPU 127/,
        /Number Of Devices: 3/,
        /Locator: DIMM 2/,
        /\tSize: 8 GB/,
        /Range Size: 38 GB/,
        /Maximum Capacity: 40 GB/,
      ],
    ],
  ])('%s', (_, platform, expected) => {
    const directory = mkdtempSync(join(tmpdir(), 'diorama-smbios-'));
    try {
      writeFileSync(join(directory, 'dump'), dump(platform));
      const { status, stdout, stderr } = spawnSync('dmidecode', ['--from-dump', 'dump'], { cwd: directory, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      for (const line of expected) expect(stdout).toMatch(line);
      expect(stdout).not.toMatch(/out of spec|bad index|truncated|wrong|broken/i);
      for (const type of [0, 1, 3, 4, 16, 17, 19, 32, 127]) expect(stdout).toContain(`DMI type ${type},`);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
