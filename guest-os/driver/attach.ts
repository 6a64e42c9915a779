// SPDX-License-Identifier: MIT
/** @fileoverview All drivers: those of pseudo devices, and those of PCI functions, which say by id what they take. */
import { makeDevice } from '../fs/dev/device';
import { addDevice, addDeviceDirectory } from '../fs/dev/devices';
import { attachDump } from './dump';
import { attachKstat } from './kstat';
import { attachKernelMemory } from './kernelMemory';
import { attachMemory } from './memory';
import { attachMessages } from './messages';
import { attachPci } from './pci';
import { attachPowerButton } from './powerButton';
import { attachPty } from './pty';
import { attachRandom, VirtioRandomDriver } from './random';
import { attachSerial } from './serial';
import { attachSmbios } from './smbios';
import { ControllingTerminal, Terminal } from './terminal';
import { attachVga } from './vga';
import { VirtioBlockDriver } from './virtioBlock';
import { VirtioConsoleDriver } from './virtioConsole';

const DIRECTORIES = ['dsk', 'pts', 'rdsk', 'term'];
let console_: Terminal | null = null;

/** Waits until the console has shown everything: the machine is about to stop. */
export function drainConsole(): void {
  const terminal = console_;
  if (terminal) terminal.drain();
}

/** `consoleName`: what `console=` on the kernel's command line says: `text`, or a serial port. */
export function attachDevices(consoleName: string): void {
  for (let i = 0; i < DIRECTORIES.length; i++) addDeviceDirectory(DIRECTORIES[i]);
  const ttya = attachSerial();
  const screen = attachVga(consoleName == 'text');
  const terminal = consoleName == 'text' ? screen : ttya;
  console_ = terminal;
  addDevice('console', 'pseudo/cn@0:console', terminal);
  addDevice('tty', 'pseudo/sy@0:tty', new ControllingTerminal(makeDevice(22, 0)));
  attachMemory();
  attachKstat();
  attachSmbios();
  attachMessages();
  attachDump();
  attachKernelMemory();
  attachPty();
  attachRandom();
  attachPowerButton();
  attachPci([new VirtioBlockDriver(), new VirtioRandomDriver(), new VirtioConsoleDriver()]);
}
