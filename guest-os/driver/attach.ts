// SPDX-License-Identifier: MIT
/** @fileoverview All drivers: those of pseudo devices, and those of PCI functions, which say by id what they take. */
import { makeDevice } from '../fs/device';
import { addDevice, addDeviceDirectory } from '../fs/devices';
import { attachKstat } from './kstat';
import { attachMemory } from './memory';
import { attachPci } from './pci';
import { attachPty } from './pty';
import { attachRandom, VirtioRandomDriver } from './random';
import { attachSerial } from './serial';
import { ControllingTerminal, Terminal } from './terminal';
import { VirtioBlockDriver } from './virtioBlock';
import { VirtioConsoleDriver } from './virtioConsole';

const DIRECTORIES = ['dsk', 'pts', 'rdsk', 'term'];
let console_: Terminal | null = null;

/** Waits until the console has shown everything: the machine is about to stop. */
export function drainConsole(): void {
  const terminal = console_;
  if (terminal) terminal.drain();
}

export function attachDevices(): void {
  for (let i = 0; i < DIRECTORIES.length; i++) addDeviceDirectory(DIRECTORIES[i]);
  const ttya = attachSerial();
  console_ = ttya;
  addDevice('console', 'pseudo/cn@0:console', ttya);
  addDevice('tty', 'pseudo/sy@0:tty', new ControllingTerminal(makeDevice(22, 0)));
  attachMemory();
  attachKstat();
  attachPty();
  attachRandom();
  attachPci([new VirtioBlockDriver(), new VirtioRandomDriver(), new VirtioConsoleDriver()]);
}
