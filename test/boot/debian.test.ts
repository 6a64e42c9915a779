// SPDX-License-Identifier: MIT
/**
 * @fileoverview Debian 12's kernel with busybox: the serial shell, every virtio device through the kernel's own drivers, and the same
 * state twice.
 *
 * Whole boots are dear, so there are three, each of which shows several things.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConsolePort, Machine } from '../../emulator/host/library.ts';
import { debianKernel, haveOracles } from '../../tools/oracles.js';
import { diorama, temporaryFolder } from '../support/diorama.ts';
import { initramfs } from '../support/initramfs.ts';
import { kernelModules } from '../support/kernelModules.ts';
import { Neighbour } from '../support/neighbour.ts';

const kernel = haveOracles('busybox') ? debianKernel() : undefined;
const folder = temporaryFolder();
const MIB = 2 ** 20;
const PROMPT = '# $';
/** Seconds; the host may be slow and shared. */
const TIMEOUT = '400';
const MODULES = ['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_console', 'virtio_rng'];

describe.skipIf(!kernel)('Debian 12', () => {
  const { image = '', root = '' } = kernel ?? {};
  const initrd = folder.path('initrd.gz');
  beforeAll(() => writeFileSync(initrd, initramfs(kernelModules(root, MODULES))));
  afterAll(() => folder.remove());

  /**
   * One run with a minute of work: the disk written, read back and checked while timers fire; then power-off. Returns the report.
   */
  async function workday(name: string) {
    const disk = folder.path(`${name}.img`);
    writeFileSync(disk, Buffer.alloc(4 * MIB));
    const work =
      'for i in $(seq 1 20); do dd if=/dev/vda of=/dev/vdb bs=64k count=16 seek=$((16*i)) 2>/dev/null; sync; sleep 3; done; echo worked $((6*7))';
    const script = [
      ['--expect', PROMPT, '--send', 'uname -sm'],
      ['--expect', '^Linux x86_64\\r?$', '--expect', PROMPT],
      ['--send', 'yes diorama | dd of=/dev/vda bs=64k count=16 iflag=fullblock; sync; dd if=/dev/vda bs=1M count=1 | sha256sum'],
      ['--expect', '^[0-9a-f]{64} ', '--expect', PROMPT, '--send', work],
      ['--expect', '^worked 42', '--expect', PROMPT, '--send', 'cat /proc/uptime; poweroff -f'],
    ].flat();
    const report = folder.path(`${name}.json`);
    const machine = ['--kernel', image, '--initrd', initrd, '--append', 'console=ttyS0', '--disk', disk, '--disk', 'mem:64M'];
    const result = await diorama(['run', ...machine, ...script, '--timeout', TIMEOUT, '--json', report]);
    return { ...result, disk: readFileSync(disk), report: JSON.parse(readFileSync(report, 'utf8')) };
  }

  test('a shell on the serial line, a disk that the host reads, power-off; and the same state a second time', {
    timeout: 2 * Number(TIMEOUT) * 1000,
  }, async () => {
    const first = await workday('first');
    expect(first.errors).toBe('');
    expect(first.exitCode).toBe(0);
    expect(first.output).toContain('Power down');
    expect(first.output).not.toContain('cannot load');
    expect(first.report).toMatchObject({ outcome: 'power-off', exitCode: 0, missing: {} });
    // At least a minute of work after the boot.
    expect(first.report.virtualSeconds).toBeGreaterThan(61);
    expect(first.report.peakResidentBytes).toBeLessThan((512 + 300) * MIB);
    const written = Buffer.from('diorama\n'.repeat(MIB / 8));
    expect(first.disk.subarray(0, MIB).equals(written)).toBe(true);

    const second = await workday('second');
    expect(second.output).toBe(first.output);
    const { instructions, stateHash } = first.report;
    expect(second.report).toMatchObject({ outcome: 'power-off', instructions, stateHash });
  });

  test('network, random numbers and console ports through the kernel’s own drivers', async () => {
    const neighbour = new Neighbour([10, 0, 2, 2], [0x52, 0x55, 10, 0, 2, 2]);
    const terminal = new Port('', true);
    const port = new Port('org.diorama.test', false);
    const machine = Machine.boot({
      kernel: image,
      initrd,
      append: 'console=ttyS0 quiet',
      net: { backend: neighbour, mac: [0x52, 0x54, 0, 0x12, 0x34, 0x56] },
      consolePorts: [terminal, port],
    });
    const { console } = machine;
    const ask = async (command: string, answer: RegExp) => {
      console.send(command);
      const match = await console.expect(answer, { within: 60 });
      await console.expect(/# $/, { within: 60 });
      return match;
    };
    await console.expect(/# $/, { within: 60 });

    await ask('cat /sys/class/net/eth0/address', /^52:54:00:12:34:56\r$/);
    await ask(
      'ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ping -c 3 10.0.2.2',
      /^3 packets transmitted, 3 packets received/,
    );
    expect(neighbour.asked).toEqual(['10.0.2.2']);
    expect(neighbour.echoes).toBe(3);

    await ask('cat /sys/class/misc/hw_random/rng_current', /^virtio_rng\.0\r$/);
    const [, first] = await ask('dd if=/dev/hwrng bs=16 count=1 2>/dev/null | sha256sum', /^([0-9a-f]{64})/);
    const [, second] = await ask('dd if=/dev/hwrng bs=16 count=1 2>/dev/null | sha256sum', /^([0-9a-f]{64})/);
    expect(first).not.toBe(second);

    await ask('echo to the terminal > /dev/hvc0; echo out $?', /^out 0\r$/);
    expect(terminal.text).toBe('to the terminal\r\n');
    await ask('cat /sys/class/virtio-ports/vport*p1/name', /^org\.diorama\.test\r$/);
    await ask('echo to the port > /dev/vport0p1; echo out $?', /^out 0\r$/);
    expect(port.text).toBe('to the port\n');
    machine.sendToPort(1, Buffer.from('from the host\n'));
    await ask('head -n 1 /dev/vport0p1', /^from the host\r$/);

    console.send('poweroff -f');
    expect(await machine.run()).toEqual({ kind: 'power-off' });
  });
});

class Port implements ConsolePort {
  readonly name: string;
  readonly console: boolean;
  text = '';
  constructor(name: string, console: boolean) {
    this.name = name;
    this.console = console;
  }
  output(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString();
  }
}
