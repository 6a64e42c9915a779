// SPDX-License-Identifier: MIT
/**
 * The kernel under load and under attack (guest-os/test/kernel), on our machine and on QEMU: many processes at once and nothing lost, memory that
 * runs out, random system calls without privileges; and statistics that follow the machine. Longer runs are a command:
 * `STRESS=300 FUZZ=10000000 npx vitest run --project system test/os/kernel.test.ts`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { haveOracles } from '../../tools/oracles.js';
import { type System, systemWith, typeOnOurs, typeOnQemu } from './guestTests.ts';

/** Seconds of virtual time, with pauses of up to a second between the operations of each process in the long run. */
const STRESS = Number(process.env.STRESS ?? 0.15);
const PAUSE = process.env.STRESS ? 1000 : 0;
const FUZZ = Number(process.env.FUZZ ?? 3000);
const PROCESSES = process.env.STRESS ? 200 : 40;
/** Seconds that a run may take. */
const PATIENCE = process.env.STRESS || process.env.FUZZ ? 7000 : 200;
const LIMIT = { timeout: PATIENCE * 2000 + 60_000 };
const COMMANDS = [
  'threads',
  'proc',
  'trace',
  'controls',
  'room',
  `stress ${STRESS * 1000} ${PROCESSES} ${PAUSE}`,
  `fuzz ${FUZZ} 1`,
  'kstat',
];
/** truss of a command and of its children. */
const TRUSS = [
  'truss -t open,read,write,exit -o /tmp/t1 cat /etc/nosuch /etc/nodename',
  'truss -f -t forksys,waitid,exit -o /tmp/t2 sh -c "ls /nope; true"',
  "truss -s USR1 -t none -o /tmp/t3 sh -c 'kill -USR1 $$'",
  'truss -c -t open,stat -o /tmp/t4 ls /usr',
  'sleep 3000 & truss -t nanosleep -o /tmp/t5 -p $! & sleep 1; kill $!; wait $!; kill %1; cat /tmp/t[1-5]',
].join('; ');
/** Mounts over one another go in the right order. */
const UMOUNT =
  'mkdir /tmp/m; mount -F tmpfs swap /tmp/m; mkdir /tmp/m/n; mount -F tmpfs swap /tmp/m/n; umount -a /tmp/m /tmp/m/n; mount | grep -c "/tmp/m" | sed "s/^/left: /"';
const OTHERS = `${UMOUNT}; dmesg | grep -c "^SunOS Release 5.11 Version" | sed "s/^/dmesg: /"`;
const command = `${COMMANDS.map((words) => `/usr/bin/kernel ${words}`).join('; ')}; ${TRUSS}; ${OTHERS}`;

let directory: string;
let system: System;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'kernel-'));
  system = await systemWith(directory, ['kernel']);
}, 600_000);
afterAll(() => rmSync(directory, { recursive: true }));

const hasGdb = haveOracles('gdb');
const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;

function figure(text: string, name: string): string {
  return new RegExp(`^${name}\\t(.*)$`, 'm').exec(text)?.[1] ?? '';
}

function expectSound(text: string): void {
  expect(text).toContain('threads: as it should be\n');
  expect(text).toContain('proc: as it should be\n');
  expect(text).toContain('trace: as it should be\n');
  expect(text).toContain('controls: as they should be\n');
  expect(text).toContain('room: as it should be\n');
  expectTruss(text);
  expect(text).toContain('\nleft: 0\n');
  expect(text).toContain('\ndmesg: 1\n');
  expect(text).toMatch(/^stress: \d+ operations, 0 failures$/m);
  expect(text).toMatch(/^fuzz: \d+ calls by \d+ processes, \d+ of them stopped$/m);
  expect(text).not.toContain('panic');
}

/** Lines as truss(1) of illumos writes them; numbers of processes and addresses are the system's own. */
function expectTruss(text: string): void {
  expect(text).toMatch(/^open\("\/etc\/nosuch", O_RDONLY\)\t+Err#2 ENOENT$/m);
  expect(text).toMatch(/^open\("\/etc\/nodename", O_RDONLY\)\t+= 3$/m);
  expect(text).toMatch(/^read\(3, " d i o r a m a\\n", \d+\)\t+= 8$/m);
  expect(text).toMatch(/^_exit\(1\)$/m);
  const parent = /^(\d+):\tforksys\(0, 0\)\t+= (\d+)$/m.exec(text);
  expect(text).toMatch(new RegExp(`^${parent?.[2]}:\\tforksys\\(0, 0\\)\\t+= ${parent?.[1]}$`, 'm'));
  expect(text).toContain(`\n${parent?.[2]}:\t_exit(2)\n`);
  expect(text).toContain(`siginfo: SIGCLD CLD_EXITED pid=${parent?.[2]} status=0x0002\n`);
  expect(text).toMatch(/^ {4}Received signal #16, SIGUSR1 \[default\]$/m);
  expect(text).toMatch(/^open +\.\d{3} +1$/m);
  expect(text).toMatch(/^sys totals: +\.\d{3} +\d+ +0$/m);
}

test(
  'on our machine: threads, stress and random calls leave nothing behind, and the same run is the same to the last bit',
  LIMIT,
  () => {
    const options = ['--memory', '192M', '--disk', 'mem:64M'];
    const first = typeOnOurs(system, command, options, PATIENCE);
    expectSound(first.text);
    expect(first.status).toBe(0);
    expect(typeOnOurs(system, command, options, PATIENCE).stateHash).toBe(first.stateHash);
    expect(Number(figure(first.text, 'unix:0:system_pages:installed'))).toBeGreaterThan(190 << 20);
    expect(figure(first.text, 'sderr:0:sd0,err:Size')).toBe(String(64 << 20));
  },
);

test.skipIf(!hasQemu)('on QEMU: the same, and figures that follow the machine', LIMIT, async () => {
  const { text, status } = await typeOnQemu(system, command, ['-m', '96', '-cpu', 'Haswell'], PATIENCE);
  expectSound(text);
  expect(status).toBe(0);
  const installed = Number(figure(text, 'unix:0:system_pages:installed'));
  expect(installed).toBeGreaterThan(94 << 20);
  expect(installed).toBeLessThanOrEqual(96 << 20);
  expect(figure(text, 'cpu_info:0:cpu_info0:vendor_id')).toBe('GenuineIntel');
  expect(figure(text, 'cpu_info:0:cpu_info0:model')).toBe('60');
  expect(text).not.toContain('sderr:');
});

/** Leaves a core file, once where the process says and once where everybody does, not beyond a link; and brings it out on the disk. */
const CRASH = [
  'cd /tmp; ln -s /etc/passwd core; kernel crash; rm core; kernel crash; dd if=core of=/dev/rdsk/c1t0d0p0 bs=512 conv=sync',
  'coreadm -p /tmp/%f.of.%u; kernel crash; ls /tmp/kernel.of.0; head -1 /etc/passwd',
].join('; ');

test.skipIf(!hasGdb)("a core file is one to Debian's gdb: registers, memory, the instruction, the program", LIMIT, () => {
  const image = join(directory, 'core');
  writeFileSync(image, new Uint8Array(16 << 20));
  const { text } = typeOnOurs(system, CRASH, ['--memory', '192M', '--disk', image], PATIENCE);
  expect(text.match(/^Segmentation Fault( \(core dumped\))?$/gm)).toEqual([
    'Segmentation Fault',
    ...Array<string>(2).fill('Segmentation Fault (core dumped)'),
  ]);
  expect(text).toMatch(/^\/tmp\/kernel\.of\.0$/m);
  expect(text).toMatch(/^root:/m);
  const questions = ['x/s 0x20000000000', 'x/gx 0x20000003008', 'p $mxcsr', 'x/i $rip'];
  const words = questions.flatMap((question) => ['-ex', question]);
  const { stdout } = spawnSync('gdb', ['-batch', '-nx', '-c', image, ...words], { encoding: 'utf8' });
  expect(stdout).toContain('Core was generated by `kernel crash');
  expect(stdout).toContain('"read by a debugger"');
  expect(stdout).toContain('0x1122334455667788');
  // A program begins with none noted, whatever the one that executed it has computed.
  expect(stdout).toContain('[ IM DM ZM OM UM PM ]');
  const place = /^#0 {2}0x0*([0-9a-f]+) in/m.exec(stdout)?.[1];
  // The kernel has said where it was, by the program's own tables.
  expect(text).toMatch(new RegExp(`at 0x0*${place} guest-os/test/kernel/crash`));
  expect(stdout).toMatch(new RegExp(`=> 0x${place}:\\tmov +\\(%`));
});

/** A pool on a slow disk, a file in it, and the pool opened anew, so that nothing of the file is in memory. */
const COLD = [
  'zfsrequest pool_create pool=tank vdevs=/dev/dsk/c1t0d0; mkdir /tank; mount -F zfs tank /tank; kernel cold make /tank/f',
  'umount /tank; zfsrequest pool_export pool=tank',
  `zfsrequest pool_import guid:$(zfsrequest pool_search paths=/dev/dsk/c1t0d0 | sed -n 's/^ *guid //p' | head -1)`,
  'mount -F zfs tank /tank; kernel cold check /tank/f',
].join('; ');

test.skipIf(!hasQemu)(
  'what two write at once is not mixed, though one has to wait for the disk in the middle',
  LIMIT,
  async () => {
    const image = join(directory, 'slow');
    writeFileSync(image, new Uint8Array(128 << 20));
    const drive = [
      '-drive',
      `if=none,id=a,file=${image},format=raw,throttling.iops-total=100`,
      '-device',
      'virtio-blk-pci,drive=a',
    ];
    const { text } = await typeOnQemu(system, COLD, ['-m', '256', ...drive], PATIENCE);
    expect(text).toMatch(/^cold: 22 writes, 0 mixed$/m);
  },
);

test.skipIf(!hasQemu)('memory, processes, files and mappings run out with errors, and the system goes on', LIMIT, async () => {
  const { text, status } = await typeOnQemu(system, '/usr/bin/kernel memory', ['-m', '64'], PATIENCE);
  expect(text).toContain('memory: as it should be\n');
  expect(status).toBe(0);
});
