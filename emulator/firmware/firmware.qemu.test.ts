// SPDX-License-Identifier: MIT
/** @fileoverview The whole firmware judged by Debian's kernel on QEMU's q35: chipset, tables, boot parameters. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { debianKernel, haveOracles } from '../../tools/oracles.js';
import { QtestMachine } from '../../tools/qtest.ts';
import { type BootOptions, loadBootImage } from './bootImage.ts';
import { prepareMachine } from './firmware.ts';

const MIB = 2 ** 20;

describe.skipIf(!haveOracles('qemu-system-x86_64', 'nasm', 'busybox', 'cpio'))('under QEMU', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'diorama-firmware-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  function boot(ramSize: number, image: Uint8Array, options: BootOptions, seconds: number, ...extra: string[]): Promise<string> {
    const machine = new QtestMachine(directory, ramSize, ...extra);
    try {
      const platform = { ramSize, cpus: 1, serialPorts: 1, pvpanic: true, fwCfg: true, cpuSignature: 0, cpuFeatures: 0 };
      const { rsdp } = prepareMachine(machine, machine, platform);
      return machine.run(loadBootImage(machine, image, { ...options, rsdp }).entry, seconds);
    } catch (error) {
      machine.stop();
      throw error;
    }
  }

  function initramfs(script: string): Uint8Array {
    const root = mkdtempSync(join(directory, 'root-'));
    mkdirSync(join(root, 'bin'));
    const busybox = spawnSync('sh', ['-c', 'readlink -f "$(command -v busybox)"'], { encoding: 'utf8' }).stdout.trim();
    writeFileSync(join(root, 'bin/busybox'), readFileSync(busybox), { mode: 0o755 });
    writeFileSync(join(root, 'init'), script, { mode: 0o755 });
    const { status, stdout } = spawnSync('sh', ['-c', 'find . | cpio -o -H newc --quiet'], { cwd: root, maxBuffer: 64 * MIB });
    expect(status).toBe(0);
    return stdout;
  }

  const kernel = debianKernel();
  describe.skipIf(!kernel)('Debian', () => {
    const report = `#!/bin/busybox sh
b=/bin/busybox
$b mkdir /proc /sys
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b dmesg
echo; echo "== command line"; $b cat /proc/cmdline
echo "== dmi"; $b cat /sys/class/dmi/id/product_name /sys/class/dmi/id/chassis_type
echo "== pnp"; for d in /sys/bus/pnp/devices/*; do $b cat $d/id; done
echo "== acpi"; for d in /sys/bus/acpi/devices/*; do echo "$($b basename $d)"; done
echo "== iomem"; $b cat /proc/iomem
echo "== ioports"; $b cat /proc/ioports
echo "== pci"; for d in /sys/bus/pci/devices/*; do echo 1 > $d/enable; echo "$($b basename $d) irq $($b cat $d/irq) $($b head -n 1 $d/resource)"; done
echo "== end"
$b poweroff -f
`;
    /** The kernel without its claim to have a 64-bit entry point (XLF_KERNEL_64): then the 32-bit one is used. */
    function without64BitEntry(image: Uint8Array): Uint8Array {
      const changed = image.slice();
      changed[0x236] &= ~1;
      return changed;
    }

    test.each<[string, number, (image: Uint8Array) => Uint8Array]>([
      ['512 MiB', 512 * MIB, (image) => image],
      ['3 GiB, a third of it above 4 GiB', 3072 * MIB, (image) => image],
      ['256 MiB, by the 32-bit entry', 256 * MIB, without64BitEntry],
    ])('boots with %s, believes the tables, and powers off', { timeout: 120_000 }, async (_, ramSize, variant) => {
      const commandLine = 'console=ttyS0 loglevel=3';
      const options = { commandLine, modules: [{ contents: initramfs(report) }] };
      const devices = ['virtio-rng-pci', 'virtio-scsi-pci', 'virtio-serial-pci'].flatMap((device) => ['-device', device]);
      const output = await boot(ramSize, variant(readFileSync(kernel!.image)), options, 110, ...devices);
      const section = (name: string) => output.split(`== ${name}\n`)[1].split('\n==')[0].split('\n');

      expect(output).toContain('== end');
      expect(output).not.toMatch(
        /ACPI (BIOS )?(Error|Warning|Exception)|\[Firmware Bug\]|BAR \d: (no space|failed)|can't claim/i,
      );
      expect(output).toMatch(/ACPI: RSDP 0x00000000000F0000 000024 \(v02 DIORAM\)/);
      expect(output).toMatch(/ACPI: PCI Root Bridge \[PCI0\] \(domain 0000 \[bus 00-ff\]\)/);
      expect(output).toMatch(/ACPI: Using IOAPIC for interrupt routing/);
      expect(section('command line')).toEqual([commandLine]);
      expect(section('dmi')).toEqual(['Standard PC (Q35 + ICH9, 2009)', '1']);
      expect(section('pnp')).toEqual(expect.arrayContaining(['PNP0303', 'PNP0f13', 'PNP0b00', 'PNP0501', 'PNP0c02']));
      expect(section('acpi')).toEqual(
        expect.arrayContaining(['QEMU0001:00', 'QEMU0002:00', 'ACPI0007:00', 'PNP0103:00', 'PNP0C0F:0f']),
      );
      expect(output).toMatch(/serio: i8042 KBD port/);
      expect(output).toMatch(/serio: i8042 AUX port/);
      expect(section('iomem').join('\n')).toMatch(/b0000000-bfffffff : PCI MMCONFIG 0000 \[bus 00-ff\]/);
      expect(section('ioports').join('\n')).toMatch(/0608-060b : ACPI PM_TMR/);
      // Slots 1 to 3, pin A: PIRQ F, G, H, whose wires end at I/O APIC pins 21 to 23. Base addresses are ours, kept by the kernel.
      const functions = section('pci');
      for (const [slot, gsi] of [
        [1, 21],
        [2, 22],
        [3, 23],
      ]) {
        const line = functions.find((text) => text.startsWith(`0000:00:0${slot}.0`))!;
        expect(line).toMatch(new RegExp(`irq ${gsi} 0x000000000000c0[0-9a-f]{2} `));
      }
    });
  });
});
