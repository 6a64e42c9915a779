// SPDX-License-Identifier: MIT
/**
 * Crash dumps, on our machine and on QEMU: what the kernel writes in a panic, read off the disk by the format's documentation, is what memory holds; the next
 * boot saves it; a dump that was cut off is none; and OpenZFS's zdb is content with the pool before and afterwards.
 */
import { type ChildProcess, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BlockBackend, Machine } from '../../emulator/host/library.ts';
import { haveOracles, openZfs } from '../../tools/oracles.js';
import {
  DF_COMPLETE,
  DF_COMPRESSED,
  DF_KERNEL,
  DF_VALID,
  DUMP_MAGIC,
  eachPage,
  firstHeader,
  lastHeader,
  type Medium,
  pageNumbers,
  symbolFile,
  translations,
  volumeMedium,
} from './dumpReader.ts';
import { buildKernel, sourceOf, systemWith } from './guestTests.ts';
import { type Image, LOGIN, PROMPT, qemu, typeOnQemu } from './session.ts';

const DISK = 1 << 30;
const MEMORY = 256 << 20;
const PAGE = 4096;
const WINDOW = 0xffff_c000_0000_0000n;
/** Pages that the dump itself changes while it is written: its buffers, what it prints, its stack. */
const CHANGED = 64;
const SHOWN = `      Dump content: kernel pages
       Dump device: /dev/zvol/dsk/zones/dump (dedicated)
Savecore directory: /var/crash/volatile
  Savecore enabled: yes
   Save compressed: on
`;

let image: Image;
const zdb = openZfs();
beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'os-dump-'));
  image = { directory, ...(await systemWith(directory, [])), remove: () => rmSync(directory, { recursive: true }) };
}, 600_000);
afterAll(() => image.remove());

/** A new, empty disk in a folder of its own. */
function newDisk(name: string): string {
  const folder = join(image.directory, name);
  mkdirSync(folder);
  const file = join(folder, 'disk');
  writeFileSync(file, '');
  truncateSync(file, DISK);
  return file;
}

/** A file as the disk on which the system makes its pool. What has not been flushed is lost when it goes. */
class PoolFile implements BlockBackend {
  readonly sectors = DISK / 512;
  readonly readOnly = false;
  readonly serial = 'pool';
  readonly #descriptor: number;
  /** By sector. */
  readonly #cache = new Map<number, Uint8Array>();
  constructor(path: string) {
    this.#descriptor = openSync(path, 'r+');
  }
  read(sector: number, into: Uint8Array): void {
    readSync(this.#descriptor, into, 0, into.length, sector * 512);
    for (let at = 0; at < into.length; at += 512) {
      const bytes = this.#cache.get(sector + at / 512);
      if (bytes) into.set(bytes, at);
    }
  }
  write(sector: number, from: Uint8Array): void {
    for (let at = 0; at < from.length; at += 512) this.#cache.set(sector + at / 512, from.slice(at, at + 512));
  }
  flush(): void {
    for (const [sector, bytes] of this.#cache) writeSync(this.#descriptor, bytes, 0, 512, sector * 512);
    this.#cache.clear();
  }
  close(): void {
    closeSync(this.#descriptor);
  }
}

function judgePool(disk: string): void {
  const blocks = zdb?.('zdb', ['-e', '-p', join(disk, '..'), '-bcc', 'zones']);
  expect(blocks?.output).toContain('No leaks (block sum matches space maps exactly)');
  expect(blocks?.status).toBe(0);
}

/** The dump device on a disk, where zdb says that its blocks are. */
function dumpDevice(disk: string): Medium {
  const listing = zdb?.('zdb', ['-e', '-p', join(disk, '..'), '-ddddd', 'zones/dump', '1']);
  expect(listing?.status).toBe(0);
  return volumeMedium(disk, DISK, listing?.output ?? '');
}

/** A dump of what `memory` holds. `content`: DF_KERNEL or DF_ALL. */
function judgeDump(medium: Medium, content: number, memory: (page: number) => Uint8Array): void {
  const header = lastHeader(medium);
  expect(header.magic).toBe(DUMP_MAGIC);
  expect(header.version).toBe(10);
  expect(header.flags).toBe(DF_VALID | DF_COMPLETE | DF_COMPRESSED | content);
  expect(header.wordSize).toBe(64);
  expect(header.start).toBe(65536);
  expect(header.pageSize).toBe(PAGE);
  expect(header.utsname[0]).toBe('SunOS');
  expect(header.utsname.slice(2, 3).concat(header.utsname[4], header.platform)).toEqual(['5.11', 'i86pc', 'i86pc']);
  expect(header.panicString).toBe('forced crash dump initiated at user request');
  expect(firstHeader(medium, header).bytes).toEqual(header.bytes);
  const pages = pageNumbers(medium, header);
  expect(pages).toEqual([...new Set(pages)].sort((a, b) => a - b));
  const different: number[] = [];
  let count = 0;
  eachPage(medium, header, (index, page) => {
    count++;
    if (page.compare(memory(pages[index])) !== 0) different.push(pages[index]);
  });
  expect(count).toBe(header.npages);
  expect(different.length).toBeLessThan(CHANGED);
  // What the kernel has in its window lies where the window says.
  const known = new Set(pages);
  const table = translations(medium, header);
  for (const { address, page } of table) {
    if (!known.has(page)) throw new Error(`page ${page} is mapped, but not there`);
    if (address >= WINDOW && address < WINDOW + 0xc000_0000n && address !== WINDOW + BigInt(page * PAGE))
      throw new Error(`page ${page} is not at its place`);
  }
  expect(table.length).toBeGreaterThan(pages.length);
  judgeSymbols(symbolFile(medium, header));
}

function functionsOf(file: string): Map<string, string> {
  const { stdout } = spawnSync('readelf', ['-sW', file], { encoding: 'utf8', maxBuffer: 64 << 20 });
  return new Map([...stdout.matchAll(/^\s*\d+: ([0-9a-f]{16}) +\d+ FUNC .* (\S+)$/gm)].map(([, at, name]) => [name, at]));
}
/** The functions are those of the kernel's file, as binutils sees both. */
function judgeSymbols(symbols: Buffer): void {
  if (!haveOracles('gcc')) return;
  const file = join(image.directory, 'symbols');
  writeFileSync(file, symbols);
  const dumped = functionsOf(file);
  const built = functionsOf(image.kernel);
  const common = [...dumped].filter(([name]) => built.has(name));
  expect(common.length).toBeGreaterThan(1000);
  expect(common.filter(([name, at]) => built.get(name) !== at)).toEqual([]);
}

/** Processes but for this ps. */
const PROCESSES = `ps -e -o pid= -o ppid= -o fname= > /tmp/list; sed 's/  */ /g' /tmp/list | grep -v ' ps$'`;
const DEBUGGER = [
  'echo ::status | mdb 0',
  'echo ::ps | mdb unix.0 vmcore.0 | sed "s/  */ /g" | cut -d " " -f 2,3,8 | grep "^[0-9]"',
  'echo ::msgbuf | mdb 0',
  "echo '$C' | mdb 0",
  'echo ::ps > /tmp/ask; mdb -k < /tmp/ask | wc -l; ps -e | wc -l',
];
/** What mdb says of the dump. `before`: what ps said before the panic. */
function judgeDebugger(before: string, [status, processes, messages, stack, live]: readonly string[]): void {
  expect(status).toMatch(/^debugging crash dump vmcore\.0 \(64-bit\) from /);
  expect(status).toContain('\npanic message: forced crash dump initiated at user request\ndump content: kernel pages only\n');
  const rows = processes.trim().split('\n');
  // The last is the one that asked for the dump.
  expect(rows.at(-1)).toMatch(/ reboot$/);
  expect(rows.slice(0, -1)).toEqual(
    before
      .trim()
      .split('\n')
      .map((line) => line.trim()),
  );
  expect(messages).toMatch(/\npanic: forced crash dump initiated at user request\n {2}at 0x[0-9a-f]+ \S*panic\/panic\+/);
  expect(stack).toMatch(
    /^[0-9a-f]{16} \S*panic\/panic\+0x[0-9a-f]+\(\)\n[0-9a-f]{16} \S*forceDump\+.*\n[0-9a-f]{16} \S*uadmin\+/,
  );
  expect(stack).toMatch(/systemCallEntry\+0x[0-9a-f]+\(\)\n$/);
  // Both lists have a heading, and each its own process and that of wc.
  const [inKernel, inProc] = live.trim().split(/\s+/);
  expect(inKernel).toBe(inProc);
}

/** A machine at its shell. */
async function bootOurs(disk: BlockBackend): Promise<Machine> {
  const machine = Machine.boot({
    kernel: image.kernel,
    initrd: image.archive,
    append: 'console=ttya',
    memory: MEMORY,
    disks: [disk],
  });
  await login(machine);
  return machine;
}
async function login(machine: Machine): Promise<void> {
  await machine.console.expect(LOGIN);
  machine.console.send('root');
  await machine.console.expect(PROMPT);
  await ask(machine, 'set +o emacs');
}
/** What a command prints. */
async function ask(machine: Machine, command: string): Promise<string> {
  machine.console.send(command);
  const [text] = await machine.console.expect(PROMPT_AFTER);
  return text.replaceAll('\r', '').replace(/^.*\n/, '').replace(PROMPT, '');
}
const PROMPT_AFTER = /[\s\S]*\[root@\S+ \S+\]# $/;
const ourMemory = (machine: Machine) => (page: number) => machine.readMemory(WINDOW + BigInt(page * PAGE), PAGE);

/** The service has run. */
const ONLINE = 'while [ "$(svcs -H -o state dumpadm)" != online ]; do sleep 1; done';
const SAVED = 'savecore: reboot after panic: forced crash dump initiated at user request';

describe.skipIf(!zdb)('on our machine', () => {
  test('a dump holds what memory does, and is saved at the next boot', async () => {
    const file = newDisk('ours');
    const disk = new PoolFile(file);
    const machine = await bootOurs(disk);
    expect(await ask(machine, 'zfs list -H -o name')).toContain('zones/cores/global\nzones/dump\nzones/opt\n');
    expect(await ask(machine, 'dumpadm')).toBe(SHOWN);
    expect(await ask(machine, 'zfs get -H -o value checksum,compression,volblocksize zones/dump')).toBe('off\noff\n128K\n');
    for (const command of ['zfs destroy zones/dump', 'zfs set volsize=8m zones/dump', 'zfs rename zones/dump zones/other'])
      expect(await ask(machine, `${command}; echo $?`)).toMatch(/busy\n1\n$/);
    // Nothing comes or goes any more.
    await ask(machine, ONLINE.replace('dumpadm', 'milestone/multi-user-server'));
    const before = await ask(machine, PROCESSES);
    machine.console.send('reboot -d');
    await machine.console.expect(/rebooting\.\.\./);
    judgeDump(dumpDevice(file), DF_KERNEL, ourMemory(machine));
    judgePool(file);

    await login(machine);
    expect(await ask(machine, `${ONLINE}; dmesg`)).toContain(SAVED);
    expect(await ask(machine, 'cd /var/crash/volatile; ls -1; cat bounds; savecore -f vmdump.0 . ; ls -1; cd')).toMatch(
      /^bounds\nvmdump\.0\n1\n[\s\S]*\nbounds\nunix\.0\nvmcore\.0\nvmdump\.0\n$/,
    );
    await ask(machine, 'cd /var/crash/volatile');
    const said: string[] = [];
    for (const command of DEBUGGER) said.push(await ask(machine, command));
    judgeDebugger(before, said);
    expect(await ask(machine, 'savecore -v; ls /var/crash/volatile | wc -l')).toMatch(/dump already processed\n\s*4\n$/);
    machine.console.send('uadmin 2 6');
    await machine.run();
    disk.close();
    judgePool(file);
    expect(lastHeader(dumpDevice(file)).flags & DF_VALID).toBe(0);
  }, 600_000);

  test('a dump that was cut off is none, and the pool is whole', async () => {
    const file = newDisk('cut');
    const disk = new PoolFile(file);
    const machine = await bootOurs(disk);
    // Another volume takes its place, and gives it back.
    const use = (name: string) => `dumpadm -d /dev/zvol/dsk/zones/${name} | sed -n 2p; zfs get -H -o value volblocksize,checksum`;
    expect(await ask(machine, `zfs create -V 64m zones/d; ${use('d')},used zones/dump zones/d`)).toBe(
      '       Dump device: /dev/zvol/dsk/zones/d (dedicated)\n8K\non\n4K\n128K\noff\n64.0M\n',
    );
    expect(await ask(machine, `${use('dump')} zones/dump zones/d; zfs destroy zones/d; echo $?`)).toBe(
      '       Dump device: /dev/zvol/dsk/zones/dump (dedicated)\n128K\noff\n8K\non\n0\n',
    );
    // There is a whole one, of the running system, that could not be saved.
    expect(await ask(machine, 'savecore -L /nowhere; echo $?')).toMatch(/dump succeeded\n[\s\S]*No such file or directory\n1\n$/);
    expect(await ask(machine, 'dumpadm -c all; echo $?')).toMatch(/is too small to hold a system dump\n.*\n1\n$/);
    machine.console.send('reboot -d');
    await machine.console.expect(/ 50% done/);
    disk.close();
    judgePool(file);
    const again = new PoolFile(file);
    const next = await bootOurs(again);
    expect(await ask(next, 'savecore -v')).toBe('savecore: bad magic number 0\n');
    expect(await ask(next, 'ls /var/crash/volatile')).toBe('');
    again.close();
  }, 600_000);
});

/** QEMU until a text on its console: everything it has said. */
function waitFor(child: ChildProcess, wanted: RegExp, answers: readonly [RegExp, string][]): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = '';
    let from = 0;
    const rest = [...answers];
    const timer = setTimeout(() => child.kill('SIGKILL'), 400_000);
    child.on('exit', () => {
      clearTimeout(timer);
      reject(new Error(`ended: ${all.slice(-2000)}`));
    });
    child.stdout?.on('data', (data: Buffer) => {
      all += data.toString('latin1').replaceAll('\r', '');
      if (rest.length > 0 && rest[0][0].test(all.slice(from))) {
        from = all.length;
        child.stdin?.write(`${rest.shift()?.[1]}\n`);
      }
      if (rest.length > 0 || !wanted.test(all.slice(from))) return;
      clearTimeout(timer);
      resolve(all);
    });
  });
}

/** Memory of a QEMU that stands still, by its monitor. */
function saveMemory(socket: string, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const monitor = connect(socket);
    const commands = ['stop', `pmemsave 0 ${MEMORY} "${file}"`];
    let text = '';
    monitor.on('error', reject);
    monitor.on('data', (data) => {
      text += data.toString('latin1');
      if (!/\(qemu\) $/.test(text)) return;
      text = '';
      const next = commands.shift();
      if (next) monitor.write(`${next}\n`);
      else {
        monitor.end();
        resolve();
      }
    });
  });
}

describe.skipIf(!zdb || !haveOracles('qemu-system-x86_64'))('on QEMU', () => {
  test('a dump holds what memory does, and is saved at the next boot', async () => {
    const file = newDisk('qemu');
    const socket = join(image.directory, 'monitor');
    const drive = ['-drive', `file=${file},format=raw,if=none,id=pool`, '-device', 'virtio-blk-pci,drive=pool,serial=pool'];
    const stays = ['-no-shutdown', '-monitor', `unix:${socket},server,nowait`];
    const child = qemu(image, undefined, [...drive, ...stays]);
    await waitFor(child, /rebooting\.\.\./, [
      [LOGIN, 'root'],
      [PROMPT, 'reboot -d'],
    ]);
    const saved = join(image.directory, 'memory');
    await saveMemory(socket, saved);
    child.removeAllListeners('exit');
    const gone = new Promise((resolve) => child.on('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const memory = readFileSync(saved);
    judgeDump(dumpDevice(file), DF_KERNEL, (page) => memory.subarray(page * PAGE, (page + 1) * PAGE));
    judgePool(file);
    const { outputs } = await typeOnQemu(image, [`${ONLINE}; dmesg`, 'dumpadm', 'ls -1 /var/crash/volatile'], undefined, drive);
    expect(outputs[0]).toContain(SAVED);
    expect(outputs.slice(1)).toEqual([SHOWN, 'bounds\nvmdump.0\n']);
    judgePool(file);
  }, 900_000);
});

/** uadmin(99, N) panics where it is asked to. */
const BREAKER = `
import { Callout, uptime } from '../kernel/time/clock';
import { enter } from '../../zfs/port/kernel';
import { panic } from 'runtime/panic';
const hoard: StaticArray<u8>[] = [];
function fire(argument: usize): void {
  panic('broken in an interrupt');
}
const alarm = new Callout(fire, 0);
function breakIn(where: i32): void {
  if (where == 1) {
    alarm.at(uptime() + 1000000);
    for (;;) {}
  }
  if (where == 2) for (;;) hoard.push(new StaticArray<u8>(65536));
  if (where == 3) {
    enter();
    panic('broken in ZFS');
  }
  panic('broken within the dump');
}
`;
/** Where, what the kernel says, and what savecore says of it. */
const BREAKS = [
  [1, 'broken in an interrupt'],
  [2, 'kernel heap exhausted'],
  [3, 'broken in ZFS'],
] as const;

describe('a panic', () => {
  let machine: Machine;
  let kernel: string;
  beforeAll(async () => {
    const uadmin = 'guest-os/syscall/uadmin.ts';
    const crash = 'guest-os/kernel/dump/crash.ts';
    const start = 'export function uadmin(command: i32, action: i32, argument: u64): i64 {\n';
    const page = '    done++;\n';
    expect(sourceOf(uadmin)).toContain(start);
    expect(sourceOf(crash)).toContain(page);
    const overlay = new Map([
      [uadmin, `${sourceOf(uadmin).replace(start, `${start}  if (command == 99) breakIn(action);\n`)}${BREAKER}`],
      [crash, sourceOf(crash).replace(page, `${page}    if (done == 100 && load<u8>(reasonText, 7) == 0x77) panic('again');\n`)],
    ]);
    kernel = join(image.directory, 'broken');
    writeFileSync(kernel, await buildKernel(overlay));
    const disks = [{ memory: DISK, serial: 'pool' }];
    machine = Machine.boot({ kernel, initrd: image.archive, append: 'console=ttya', memory: MEMORY, disks });
    await login(machine);
    await ask(machine, ONLINE);
  }, 600_000);

  test.each(BREAKS)(
    '%i: %s',
    async (where, reason) => {
      const own = machine.fork();
      own.console.send(`uadmin 99 ${where}`);
      const [text] = await own.console.expect(/[\s\S]*rebooting\.\.\./);
      expect(text).toContain(`panic: ${reason}`);
      expect(text).toMatch(/100% done: \d+ pages dumped, dump succeeded/);
      await login(own);
      expect(await ask(own, `${ONLINE}; dmesg`)).toContain(`savecore: reboot after panic: ${reason}`);
      expect(await ask(own, 'cd /var/crash/volatile; savecore -f vmdump.0 .; echo ::status | mdb 0')).toContain(
        `panic message: ${reason}\n`,
      );
    },
    300_000,
  );

  test('within the dump ends it, and there is none', async () => {
    const own = machine.fork();
    own.console.send('uadmin 99 4');
    const [text] = await own.console.expect(/[\s\S]*rebooting\.\.\./);
    expect(text).toContain('panic: again, while dumping: dump aborted');
    await login(own);
    expect(await ask(own, `${ONLINE}; savecore -v`)).toBe('savecore: bad magic number 0\n');
  }, 300_000);

  test.skipIf(!haveOracles('qemu-system-x86_64'))(
    'in an interrupt, on QEMU',
    async () => {
      const file = newDisk('interrupt');
      const drive = ['-drive', `file=${file},format=raw,if=none,id=pool`, '-device', 'virtio-blk-pci,drive=pool,serial=pool'];
      const child = qemu({ ...image, kernel }, undefined, drive);
      const gone = new Promise((resolve) => child.on('exit', resolve));
      const text = await waitFor(child, /rebooting\.\.\./, [
        [LOGIN, 'root'],
        [PROMPT, ONLINE],
        [PROMPT, 'uadmin 99 1'],
      ]);
      expect(text).toMatch(/panic: broken in an interrupt\n[\s\S]*100% done: \d+ pages dumped, dump succeeded/);
      child.kill('SIGKILL');
      await gone;
    },
    600_000,
  );
});
