// SPDX-License-Identifier: MIT
/**
 * Every figure that a command prints comes from the kernel: the machine is made otherwise, or something happens in it, and the figure follows.
 *
 * MACHINES are two that differ in what a machine may differ in; each row of PARTS is what a command must print of them. A row of EVENTS looks, lets
 * something happen, and looks again. Both run on our machine and on QEMU. What is the same on every machine (isainfo) is compared with the image.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, type Image, type Session, typeOnOurs, typeOnQemu } from './session.ts';

interface Made {
  /** MiB. */
  readonly memory: number;
  /** MiB each. */
  readonly disks: readonly number[];
  readonly cpu: { readonly vendor: string; readonly family: number; readonly model: number };
  readonly maker: string;
  readonly serial: string;
  readonly uuid: string;
}

const OURS: Made = {
  memory: 192,
  disks: [64],
  cpu: { vendor: 'AuthenticAMD', family: 15, model: 107 },
  maker: 'Diorama',
  serial: '',
  uuid: '0c5d9a3e-4b1f-4c8e-9d27-5e6f708192a3',
};
const QEMU: Made = {
  memory: 320,
  disks: [96, 32],
  cpu: { vendor: 'GenuineIntel', family: 6, model: 60 },
  maker: 'Acme',
  serial: 'S-4711',
  uuid: '7f3a1c52-90bd-4e17-a6a5-1d2c3b4a5968',
};
const MIB = 1024;
const total = ({ disks }: Made): number => disks.reduce((sum, size) => sum + size, 0);

/** A command, and what it must print of a machine: a text in its output, or bounds of the number that a pattern finds. */
type Part = readonly [command: string, (made: Made) => string | readonly [pattern: RegExp, least: number, most: number]];

const PARTS: readonly Part[] = [
  ['prtconf -m', ({ memory }) => `${memory}\n`],
  ['prtconf | head -2', ({ memory }) => `Memory size: ${memory} Megabytes\n`],
  ['prtconf | head -1', ({ maker }) => `System Configuration:  ${maker}  i86pc\n`],
  ['prtconf -D | grep -c "driver name: blkdev"', ({ disks }) => `${disks.length}\n`],
  ['kstat -p unix:0:system_pages:installed', ({ memory }) => [/(\d+)\n/, (memory - 1) * 2 ** 20, memory * 2 ** 20]],
  ['kstat -p sderr:::Size | cut -f 2 | paste -s -d + -', ({ disks }) => `${disks.map((size) => size * 2 ** 20).join('+')}\n`],
  ['psrinfo -pv', ({ cpu }) => `(${cpu.vendor} family ${cpu.family} model ${cpu.model} `],
  ['kstat -p cpu_info:0::vendor_id', ({ cpu }) => `${cpu.vendor}\n`],
  ['sysinfo | json "MiB of Memory"', ({ memory }) => `${memory}\n`],
  ['sysinfo | json Manufacturer "Serial Number"', ({ maker, serial }) => `${maker}\n${serial}\n`],
  ['sysinfo | json UUID', ({ uuid }) => `${uuid}\n`],
  ['smbios -t 1 | grep corrected', ({ uuid }) => `UUID (Endian-corrected): ${uuid}\n`],
  [
    'smbios -t 1 | grep UUID:',
    ({ uuid }) => `UUID: ${uuid.replace(/^(..)(..)(..)(..)-(..)(..)-(..)(..)/, '$4$3$2$1-$6$5-$8$7')}\n`,
  ],
  ['sysinfo | json Disks | grep -c "Size in GB"', ({ disks }) => `${disks.length}\n`],
  ['smbios -t 1', ({ serial }) => (serial ? `Serial Number: ${serial}\n` : 'Product')],
  ['smbios -t 17', ({ memory }) => `Size: ${memory * 2 ** 20} bytes`],
  ['prtdiag | grep DIMM', ({ memory }) => `${memory}M`],
  ['prtdiag | head -1', ({ maker }) => `System Configuration: ${maker} `],
  ['getconf _PHYS_PAGES', ({ memory }) => [/(\d+)/, memory * 150, memory * 256]],
  ['vmstat', ({ memory }) => [/\n +\d+ +\d+ +(\d+)/, memory * 500, memory * 1024]],
  [
    'swap -s | sed "s/.*= \\([0-9]*\\)k used, \\([0-9]*\\)k.*/\\1+\\2/" | { IFS=+ read a b; echo $((a + b)); }',
    ({ memory }) => [/(\d+)/, memory * 600, memory * 1024],
  ],
  ['df -k /tmp', ({ memory }) => [/swap +(\d+)/, memory * 400, memory * 1024]],
  [
    'iostat -E',
    ({ disks }) =>
      `${
        disks
          .map((size) => size * 2 ** 20)
          .join('=')
          .split('=')[0]
      } bytes`,
  ],
  ['iostat -xn | grep -c c1t', ({ disks }) => `${disks.length}\n`],
  ['diskinfo -Hp | cut -f 5 | paste -s -d + -', ({ disks }) => `${disks.map((size) => size * 2 ** 20).join('+')}\n`],
  ['ls /dev/rdsk | grep -c p0', ({ disks }) => `${disks.length}\n`],
  [
    'for d in /dev/rdsk/*p0; do dd if=$d of=/dev/null bs=1048576 2>/dev/null; done; kstat -p sd:::nread | cut -f 2 | paste -s -d + - | { read a; echo $((a / 1048576)); }',
    (made) => [/(\d+)/, total(made), total(made) + 4],
  ],
];

/** What is seen, what happens, and by how much what is seen then grows: exactly, or between two numbers. */
interface Event {
  readonly look: string;
  readonly act: string;
  readonly by: number | readonly [least: number, most: number];
  /** Afterwards. */
  readonly undo?: string;
  /** What takes a while: time passes quickly on our machine only, work is quick on QEMU only. */
  readonly only?: 'ours' | 'QEMU';
}
const MORE = [1, 1e9] as const;
const FILE = 'dd if=/dev/zero of=/tmp/big bs=65536 count=128 2>/dev/null';
const RM = 'rm -f /tmp/big';
const five = 'for i in 1 2 3 4 5; do sleep 1000 & done 2>/dev/null';
const killFive = 'pkill sleep; wait';
const hog = '(while :; do :; done) & sleep 2';
const killHog = 'kill $!; wait';

const EVENTS: readonly Event[] = [
  // An average since boot, so before the boot is long ago.
  {
    look: 'iostat -x | sed -n "s/^sd0  *\\([0-9]*\\)[.].*/\\1/p"',
    act: 'dd if=/dev/rdsk/c1t0d0p0 of=/dev/null bs=512 count=20000 2>/dev/null',
    by: [1, 1e6],
  },
  { look: 'df -k /tmp | tail -1 | tr -s " " | cut -d " " -f 3', act: FILE, by: 8 * MIB, undo: RM },
  {
    look: 'df -i /tmp | tail -1 | tr -s " " | cut -d " " -f 2',
    act: 'mkdir /tmp/d; touch /tmp/d/1 /tmp/d/2',
    by: 3,
    undo: 'rm -r /tmp/d',
  },
  { look: 'du -sk /tmp | cut -f 1', act: FILE, by: 8 * MIB, undo: RM },
  { look: 'ls -l /tmp/f | tr -s " " | cut -d " " -f 5', act: 'echo 12345 >> /tmp/f', by: 6, undo: 'rm /tmp/f' },
  { look: 'swap -s | sed "s/.*= \\([0-9]*\\)k.*/\\1/"', act: FILE, by: [7 * MIB, 12 * MIB], undo: RM },
  { look: 'vmstat | tail -1 | tr -s " " | cut -d " " -f 4', act: FILE, by: [-12 * MIB, -7 * MIB], undo: RM },
  { look: 'getconf _AVPHYS_PAGES', act: FILE, by: [-3 * MIB, -7 * 256], undo: RM },
  { look: 'kstat -p unix:0:system_pages:pagesfree | cut -f 2', act: FILE, by: [-3 * MIB, -7 * 256], undo: RM },
  { look: 'kstat -p unix:0:system_misc:nproc | cut -f 2', act: five, by: 5, undo: killFive },
  { look: 'ps -e | wc -l', act: five, by: 5, undo: killFive },
  // In brackets, since whether grep itself is seen, its pattern among its arguments, is a matter of who runs first.
  { look: 'ps -ef | grep -c "[s]leep 1000"', act: five, by: 5, undo: killFive },
  { look: 'prstat -c 1 1 | sed -n "s/Total: \\([0-9]*\\).*/\\1/p"', act: five, by: 5, undo: killFive },
  { look: 'prstat -Z -c 1 1 | sed -n "s/^ *0 *\\([0-9]*\\) .* global/\\1/p"', act: five, by: 5, undo: killFive },
  { look: 'prstat -tc 1 1 | sed -n "s/^ root *\\([0-9]*\\) .*/\\1/p"', act: five, by: 5, undo: killFive },
  { look: 'pgrep -c sleep', act: five, by: 5, undo: killFive },
  { look: 'ptree $$ | grep -c "[s]leep"', act: five, by: 5, undo: killFive },
  { look: 'jobs | wc -l', act: five, by: 5, undo: killFive },
  { look: 'ps -o vsz= -p $$', act: 'v=$(head -c 400000 /dev/zero | tr "\\0" x)', by: [400, 1e6], undo: 'v=' },
  { look: 'pmap $! 2>/dev/null | tail -1 | tr -dc 0-9', act: 'sleep 2002 &', by: [50, 100_000], undo: 'kill $!; wait' },
  { look: 'pfiles $$ | grep -c S_IF', act: 'exec 7< /etc/passwd 8> /tmp/8', by: 2, undo: 'exec 7<&- 8>&-' },
  { look: 'ps -e -o s= | grep -c T', act: 'sleep 1000 & pstop $!', by: 1, undo: 'prun $!; kill $!; wait' },
  { look: 'ps -e -o s= | grep -c T', act: 'sleep 1000 & pstop $!; prun $!', by: 0, undo: 'kill $!; wait' },
  { look: 'du -k /tmp | cut -f 1', act: 'mkfile 2m /tmp/m', by: 2 * MIB, undo: 'rm /tmp/m' },
  { look: 'ls -s /tmp | grep -c "^ *0 m"', act: 'mkfile -n 2m /tmp/m', by: 1, undo: 'rm /tmp/m' },
  { look: 'pgrep -fl "sleep 1000" | grep -c "sleep 1000"', act: 'sleep 1000 &', by: 1, undo: 'kill $!; wait' },
  { look: 'pwdx $$ | grep -c /usr/share/man', act: 'cd /usr/share/man', by: 1, undo: 'cd' },
  { look: 'pargs $! 2>/dev/null | tail -1 | sed "s/.*: //"', act: 'sleep 2001 &', by: 2001, undo: 'kill $!; wait' },
  { look: 'ps -o nice= -p $!', act: 'nice -n 7 sleep 1000 &', by: 27, undo: 'pkill sleep; wait' },
  { look: 'ps -o pcpu= -p $! | tr -d .', act: hog, by: [1, 1000], undo: killHog, only: 'QEMU' },
  { look: 'ps -o c= -p $!', act: hog, by: [1, 99], undo: killHog, only: 'QEMU' },
  {
    look: 'prstat -c -p $! 1 2 | sed -n "s/.* \\([0-9]*\\)[.][0-9]% bash.*/\\1/p" | tail -1',
    act: hog,
    by: [1, 100],
    undo: killHog,
    only: 'QEMU',
  },
  {
    look: 'uptime | sed "s/.*average: //" | cut -d , -f 1 | tr -d . | sed "s/^0*\\(.\\)/\\1/"',
    act: 'for i in 1 2 3 4 5 6 7 8 9 10; do (while :; do :; done) & done; sleep 3',
    by: [1, 1000],
    undo: 'kill $(jobs -p); wait',
    only: 'QEMU',
  },
  { look: 'uptime | sed -n "s/.*up  *\\([0-9]*\\):.*/\\1/p"', act: 'sleep 7300', by: 2, only: 'ours' },
  { look: 'date +%s', act: 'sleep 3000', by: [3000, 3100], only: 'ours' },
  { look: 'kstat -p cpu:0:sys:cpu_ticks_idle | cut -f 2', act: 'sleep 3000', by: [290000, 300100], only: 'ours' },
  { look: 'mpstat | tail -1 | tr -s " " | cut -d " " -f 10', act: 'sleep 3000', by: [0, 100], only: 'ours' },
  {
    look: 'kstat -p cpu:0:sys:syscall | cut -f 2',
    act: 'dd if=/dev/zero of=/dev/null bs=1 count=1000 2>/dev/null',
    by: [2000, 9000],
  },
  { look: 'kstat -p cpu:0:sys:sysfork | cut -f 2', act: ': | : | :', by: [3, 8] },
  {
    look: 'kstat -p sd:0:sd0:nread | cut -f 2',
    act: 'dd if=/dev/rdsk/c1t0d0p0 of=/dev/null bs=65536 count=16 2>/dev/null',
    by: 2 ** 20,
  },
  {
    look: 'kstat -p sd:0:sd0:writes | cut -f 2',
    act: 'dd if=/dev/zero of=/dev/rdsk/c1t0d0p0 bs=65536 count=3 2>/dev/null',
    by: 3,
  },
  {
    look: 'kstat -p sd:0:sd0:rtime | cut -f 2',
    act: 'dd if=/dev/rdsk/c1t0d0p0 of=/dev/null bs=65536 count=16 2>/dev/null',
    by: MORE,
  },
  { look: 'mount | grep -c /mnt', act: 'mount -F tmpfs -o size=3m swap /mnt', by: 1, undo: 'umount /mnt' },
  {
    look: 'df -k /mnt | sed -n "s/^swap *\\([0-9]*\\).* .mnt$/\\1/p"',
    act: 'mount -F tmpfs -o size=3m swap /mnt',
    by: 3 * MIB,
    undo: 'umount /mnt',
  },
  { look: 'svcs -H utmp | grep -c online', act: 'svcadm disable -s utmp', by: -1, undo: 'svcadm enable -s utmp' },
  { look: 'svcs -H -a | grep -c ^disabled', act: 'svcadm disable -s utmp', by: 1, undo: 'svcadm enable -s utmp' },
  { look: 'svcs -H -p utmp | grep -c utmpd', act: 'svcadm disable -s utmp', by: -1, undo: 'svcadm enable -s utmp' },
  {
    look: 'svcs -x | grep -c utmp',
    act: 'svcadm mark maintenance utmp; until svcs -H utmp | grep -q ^maint; do sleep 1; done',
    by: MORE,
    undo: 'svcadm clear utmp',
  },
  { look: 'uname -n | grep -c other', act: 'hostname other', by: 1, undo: 'hostname diorama' },
  { look: 'uname -a | grep -c "^SunOS other 5.11"', act: 'hostname other', by: 1, undo: 'hostname diorama' },
  { look: 'hostname | grep -c other', act: 'uname -S other', by: 1, undo: 'uname -S diorama' },
  {
    look: 'who | grep -c adm',
    act: '(sleep 1000 | login -f -d /dev/term/b adm > /dev/null 2>&1 &); until who | grep -q adm; do sleep 1; done',
    by: 1,
    undo: 'pkill sleep',
  },
  { look: 'who -b | tr -dc 0-9', act: ':', by: 0 },
  { look: 'stty size | cut -d " " -f 1', act: 'stty rows 50', by: 50, undo: 'stty rows 0' },
  { look: 'umask', act: 'umask 27', by: 5, undo: 'umask 22' },
  { look: 'id -u', act: 'id() { command su nobody -c "id $*"; }', by: 60001, undo: 'unset -f id' },
];

let image: Image;
const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;
beforeAll(async () => {
  image = await buildImage();
}, 400_000);
afterAll(() => image.remove());

function script(where: 'ours' | 'QEMU'): string[] {
  const events = EVENTS.filter(({ only }) => only === undefined || only === where);
  return [
    ...PARTS.map(([command]) => command),
    ...events.flatMap(({ look, act, undo }) => [look, act, look, undo ?? ':']),
    'uname -v',
    'who -b',
    'isainfo -k',
  ];
}

const numberIn = (text: string): number => Number(/-?\d+/.exec(text)?.[0] ?? 0);

function judge({ outputs }: Session, made: Made, where: 'ours' | 'QEMU'): string[] {
  const wrong: string[] = [];
  for (const [index, [command, wanted]] of PARTS.entries()) {
    const output = outputs[index] ?? '';
    const expected = wanted(made);
    if (typeof expected === 'string') {
      if (!output.includes(expected)) wrong.push(`${command}: ${JSON.stringify(output)}, not ${JSON.stringify(expected)}`);
      continue;
    }
    const [pattern, least, most] = expected;
    const value = Number(pattern.exec(output)?.[1] ?? Number.NaN);
    if (!(value >= least && value <= most)) wrong.push(`${command}: ${JSON.stringify(output)}, not ${least} to ${most}`);
  }
  const events = EVENTS.filter(({ only }) => only === undefined || only === where);
  for (const [index, { look, act, by }] of events.entries()) {
    const [before, , after] = outputs.slice(PARTS.length + 4 * index);
    const grown = numberIn(after ?? '') - numberIn(before ?? '');
    const [least, most] = typeof by === 'number' ? [by, by] : by;
    if (!(grown >= least && grown <= most))
      wrong.push(`${look}: ${JSON.stringify(before)}, and after ${act}: ${JSON.stringify(after)}`);
  }
  const [version, booted, kernel] = outputs.slice(-3);
  if (!readFileSync(image.kernel, 'latin1').includes(version.trim())) wrong.push(`uname -v: ${version}`);
  if (!/system boot {2}\w{3} [ \d]\d \d\d:\d\d/.test(booted)) wrong.push(`who -b: ${booted}`);
  // EM_X86_64 in the header of the kernel's own file.
  if ((readFileSync(image.kernel).readUInt16LE(18) === 62) !== (kernel === 'amd64\n')) wrong.push(`isainfo -k: ${kernel}`);
  return wrong;
}

describe('figures follow the machine and what happens in it', () => {
  test('on our machine', { timeout: 400_000 }, async () => {
    const options = [
      '--memory',
      `${OURS.memory}M`,
      '--uuid',
      OURS.uuid,
      ...OURS.disks.flatMap((size) => ['--disk', `mem:${size}M`]),
    ];
    const session = await typeOnOurs(image, script('ours'), options);
    expect(judge(session, OURS, 'ours')).toEqual([]);
  });

  test.skipIf(!hasQemu)('on QEMU', { timeout: 400_000 }, async () => {
    const disks = QEMU.disks.flatMap((size, index) => [
      '-drive',
      `if=none,id=d${index},driver=null-co,read-zeroes=on,size=${size}M`,
      '-device',
      `virtio-blk-pci,drive=d${index}`,
    ]);
    const named = ['-smbios', `type=1,manufacturer=${QEMU.maker},serial=${QEMU.serial},uuid=${QEMU.uuid}`];
    const options = ['-m', String(QEMU.memory), '-cpu', 'Haswell', ...disks, ...named];
    const session = await typeOnQemu(image, script('QEMU'), undefined, options);
    expect(judge(session, QEMU, 'QEMU')).toEqual([]);
  });
});
