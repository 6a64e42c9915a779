// SPDX-License-Identifier: MIT
/**
 * @fileoverview The kernel's start in order: console, traps, threads, clock, ACPI, root file system, init; then it idles.
 *
 * The serial port ttya is the only console there is, so `console=ttya` on the command line is what happens anyway.
 */
import { sti } from 'machine/cpu';
import { print } from 'runtime/console';
import { panic } from 'runtime/panic';
import { releaseFrame } from 'runtime/frames';
import { Console } from '../driver/console';
import { initAcpi } from '../driver/acpi';
import { DeviceDirectory } from '../fs/devices';
import { ContractRoot } from '../fs/ctfs';
import { Proc } from '../fs/procfs';
import { Node } from '../fs/tmpfs';
import { FileSystem, Vnode } from '../fs/vnode';
import { startClock } from '../kernel/clock';
import { beginContracts } from '../kernel/contract';
import { exec } from '../kernel/exec';
import { PAGE } from '../kernel/frames';
import { createProcess, currentProcess } from '../kernel/process';
import { initSystem, systemVersion } from '../kernel/system';
import { idleLoop, initThreads, startThread, tickArrived } from '../kernel/thread';
import { initTraps, setInterrupt } from '../kernel/trap';
import { bootArchive, bootArchiveEnd, rootPointer } from './loader';
import { unpack, unpackError } from './archive';
import { TrapFrame } from 'layout/processor';

const INIT = '/sbin/init';
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
  setInterrupt(0, tickArrived);
  initAcpi(rootPointer());
  mountRoot();
  startInit();
  sti();
  idleLoop();
}

function mountRoot(): void {
  const directory = Node.root(new FileSystem('tmpfs', 1, false));
  rootDirectory = directory;
  const start = bootArchive();
  if (!start) panic('no boot archive: it is the first module, or initrd');
  if (unpack(directory, start, bootArchiveEnd()) < 0) panic('boot archive: ' + unpackError());
  freeArchive(start, bootArchiveEnd());
  const devices = new DeviceDirectory(directory);
  const terminal = new Console(devices.fileSystem);
  devices.add('console', terminal);
  devices.add('ttya', terminal);
  devices.mount('dev');
  terminal.start();
  new Proc(directory).mount('proc');
  new ContractRoot(directory.lookup('system')!).mount('contract');
}

/** The files have been copied: the archive's whole pages are memory like any other. */
function freeArchive(start: usize, end: usize): void {
  for (let at = (start + PAGE - 1) & ~(PAGE - 1); at + PAGE <= end; at += PAGE) releaseFrame(at);
}

/** Process 1: its thread executes /sbin/init, which opens the console itself. */
function startInit(): void {
  const process = createProcess();
  if (!process) {
    panic('no memory for init');
    return;
  }
  beginContracts(process);
  const directory = root();
  process.root = directory;
  process.directory = directory;
  directory.hold();
  directory.hold();
  const thread = process.thread!;
  thread.start = executeInit;
  startThread(thread, TrapFrame.SIZE);
}

function executeInit(): void {
  const error = exec(currentProcess(), INIT, [INIT], ['PATH=/usr/sbin:/usr/bin', 'TZ=UTC']);
  if (error) panic(INIT + ' cannot be executed: error ' + (-error).toString());
}
