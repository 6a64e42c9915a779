// SPDX-License-Identifier: MIT
/**
 * @fileoverview The kernel's start in order: console, traps, threads, clock, ACPI, root file system, init; then it idles.
 *
 * `console=` on the command line says what the console is: `text`, the screen and the keyboard, or `ttya`, the serial port, which is also the default.
 */
import { sti } from 'machine/cpu';
import { print } from 'runtime/console';
import { panic } from 'runtime/panic';
import { releaseFrame } from 'runtime/frames';
import { initAcpi } from '../driver/acpi';
import { attachDevices } from '../driver/attach';
import { devFileSystem, devicesFileSystem } from '../fs/dev/devices';
import { ContractRoot, ContractType } from '../fs/ctfs';
import { LofType } from '../fs/lofs';
import { MntTab, MntType } from '../fs/mnttab';
import { applyOptions, mountOn, mountRoot, registerFileSystemType, remount } from '../fs/mount';
import { Proc, ProcType } from '../fs/proc/procfs';
import { registerSocketFamily } from '../fs/socket/socket';
import { TmpFileSystem, TmpType } from '../fs/tmpfs';
import { UnixFamily } from '../fs/socket/unixSocket';
import { FileSystem, S_IFDIR, S_IFREG, Vnode } from '../fs/vnode';
import { DevType } from '../fs/dev/zoneDevices';
import { registerBrands } from '../kernel/brand/brands';
import { startClock } from '../kernel/time/clock';
import { beginContracts } from '../kernel/process/contract';
import { PAGE } from '../kernel/memory/frames';
import { dumpCore } from '../kernel/process/core';
import { setCoreDumper } from '../kernel/process/life';
import { findProcess } from '../kernel/process/processes';
import { installKernelKstats } from '../kernel/kstats';
import { initSystem, systemVersion } from '../kernel/system';
import { idleLoop, initThreads } from '../kernel/thread/dispatcher';
import { initTraps } from '../kernel/trap';
import { globalZone, ZONE_IS_RUNNING } from '../kernel/zone/zone';
import { beginZones, startInit } from '../kernel/zone/zoneLife';
import { bootArchive, bootArchiveEnd, bootOption, commandLine, rootPointer } from './loader';
import { unpack, unpackError } from './archive';
import { attachZfs } from '../../zfs/port/device';
import { setBeforeSync, startZfs } from '../../zfs/port/kernel';
import { putAllPages, ZfsType } from '../../zfs/zpl/mount';

let rootDirectory: Vnode | null = null;

export function root(): Vnode {
  return rootDirectory!;
}

export function main(): void {
  initSystem();
  print('SunOS Release 5.11 Version ' + systemVersion() + ' 64-bit\n');
  initTraps();
  initThreads();
  startClock();
  installKernelKstats();
  initAcpi(rootPointer());
  beginZfs();
  setCoreDumper(dumpCore);
  registerBrands();
  makeRoot();
  startSystem();
  sti();
  idleLoop();
}

/** Its memory is taken before anything else can break it up. */
function beginZfs(): void {
  if (!startZfs()) return print('WARNING: too little memory for ZFS\n');
  setBeforeSync(putAllPages);
  registerFileSystemType(new ZfsType());
  attachZfs();
}

/**
 * The root is in memory, and made from the archive at each boot. /usr is a file system of its own that nobody writes to; what is in /etc may be
 * changed until the next boot.
 */
function makeRoot(): void {
  registerFileSystemType(new TmpType());
  registerFileSystemType(new LofType());
  registerFileSystemType(new ProcType());
  registerFileSystemType(new ContractType());
  registerFileSystemType(new MntType());
  registerFileSystemType(new DevType());
  registerSocketFamily(new UnixFamily());
  const system = TmpFileSystem.create();
  const directory = system.root!;
  rootDirectory = directory;
  mountRoot(system);
  const programs = TmpFileSystem.create();
  mountUnder(directory, 'usr', programs);
  const start = bootArchive();
  if (!start) panic('no boot archive: it is the first module, or initrd');
  if (unpack(directory, start, bootArchiveEnd()) < 0) panic('boot archive: ' + unpackError());
  freeArchive(start, bootArchiveEnd());
  remount(programs, 'ro');
  const scratch = TmpFileSystem.create(0, 3, 0o1777);
  mountUnder(directory, 'tmp', scratch);
  attachDevices(bootOption('console'));
  mountUnder(directory, 'dev', devFileSystem());
  mountUnder(directory, 'devices', devicesFileSystem());
  mountUnder(directory, 'proc', new Proc().fileSystem);
  const contracts = new ContractRoot();
  mountUnder(directory.lookup('system')!, 'contract', contracts.fileSystem, '/system/contract');
  mountTable(directory);
}

/** Onto a directory of the root, which is made if the archive has not brought it. */
function mountUnder(root: Vnode, name: string, fileSystem: FileSystem, mountPoint: string = '/' + name): void {
  let directory = root.lookup(name);
  if (!directory) directory = root.create(name, S_IFDIR | 0o755, 0, 0);
  mountOn(fileSystem, directory!, mountPoint);
  applyOptions(fileSystem, '');
  directory!.release();
}

/** /etc/mnttab lies on an empty file. */
function mountTable(root: Vnode): void {
  const etc = root.lookup('etc')!;
  const file = etc.create('mnttab', S_IFREG | 0o444, 0, 0)!;
  const table = new MntTab();
  mountOn(table.fileSystem, file, '/etc/mnttab');
  applyOptions(table.fileSystem, '');
  file.release();
  etc.release();
}

/** The files have been copied: the archive's whole pages are memory like any other. */
function freeArchive(start: usize, end: usize): void {
  for (let at = (start + PAGE - 1) & ~(PAGE - 1); at + PAGE <= end; at += PAGE) releaseFrame(at);
}

/** Process 1: its thread executes /sbin/init, which opens the console itself. */
function startSystem(): void {
  beginZones();
  globalZone.become(ZONE_IS_RUNNING);
  globalZone.bootArguments = initArguments();
  if (startInit(globalZone, root())) panic('no memory for init');
  beginContracts(findProcess(1)!);
}

/** What the command line has that is meant for init: flags, `-m` with the word behind it. */
function initArguments(): string {
  const args: string[] = [];
  const words = commandLine().split(' ');
  for (let i = 0; i < words.length; i++) {
    if (!words[i].startsWith('-')) continue;
    args.push(words[i]);
    if (words[i] == '-m' && i + 1 < words.length) args.push(words[++i]);
  }
  return args.join(' ');
}
