// SPDX-License-Identifier: MIT
/** @fileoverview Starting and stopping VMs, signals, snapshots. Results are what went wrong; nothing: nothing did. */
import * as calls from '../../../lib/calls';
import { capture } from '../../../lib/capture';
import { Json } from '../../../lib/json';
import { sleepFor } from '../../../lib/process';
import { signalNumber } from '../../../lib/signals';
import { INSTALLED, readConfiguration, writeConfiguration } from '../../../lib/zones/configuration';
import { zoneId, zoneInit } from '../../../lib/zones/kernel';
import { objectsIn, textIn } from '../payload/_values';
import { lockMachine } from './_files';
import { SNAPSHOT } from './_load';

/** Seconds that a zone has to stop its services. */
const PATIENCE: string = '60';
const MOMENT: u64 = 50000000;
const LONGEST_NAME: i32 = 64;

function setAutoboot(machine: Json, value: bool): void {
  const lock = lockMachine(textIn(machine, 'uuid'));
  const configuration = readConfiguration(textIn(machine, 'zonename'));
  if (configuration && configuration.autoboot != value) {
    configuration.autoboot = value;
    writeConfiguration(configuration);
  }
  calls.close(lock);
}

export function start(machine: Json): string {
  const name = textIn(machine, 'zonename');
  const done = capture(['zoneadm', '-z', name, 'boot']);
  if (done.status) return done.complaint;
  setAutoboot(machine, true);
  return '';
}

/** `force`: without its services' consent. */
export function stop(machine: Json, force: bool): string {
  setAutoboot(machine, false);
  return down(textIn(machine, 'zonename'), force);
}
function down(name: string, force: bool): string {
  if (!force) capture(['timeout', PATIENCE, 'zoneadm', '-z', name, 'shutdown']);
  if (zoneId(name) < 0) return '';
  const halted = capture(['zoneadm', '-z', name, 'halt']);
  return halted.status && zoneId(name) >= 0 ? halted.complaint : '';
}

export function reboot(machine: Json, force: bool): string {
  const name = textIn(machine, 'zonename');
  const failed = down(name, force);
  if (failed.length) return failed;
  const done = capture(['zoneadm', '-z', name, 'boot']);
  return done.status ? done.complaint : '';
}

/** To the zone's first process. */
export function signal(machine: Json, name: string): string {
  const number = signalNumber(name);
  if (number <= 0) return 'Invalid signal "' + name + '"';
  const zone = zoneId(textIn(machine, 'zonename'));
  const init = zone < 0 ? -1 : zoneInit(zone);
  if (init <= 0) return 'VM is not running';
  return calls.kill(init, number) < 0 ? 'could not send signal to process ' + init.toString() : '';
}

// ---- snapshots

/** Letters, digits and `_.:%-`, up to 64. */
function isSnapshotName(name: string): bool {
  if (!name.length || name.length > LONGEST_NAME) return false;
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    const isAlphanumeric = (c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a);
    if (!isAlphanumeric && !'_.:%-'.includes(name.charAt(i))) return false;
  }
  return true;
}
function has(machine: Json, name: string): bool {
  const list = objectsIn(machine, 'snapshots');
  for (let i = 0; i < list.length; i++) if (textIn(list[i], 'name') == name) return true;
  return false;
}
function snapshotOf(machine: Json, name: string): string {
  return textIn(machine, 'zfs_filesystem') + SNAPSHOT + name;
}
function zfs(words: string[]): string {
  const done = capture(['zfs'].concat(words));
  return done.status ? done.complaint : '';
}

export function createSnapshot(machine: Json, name: string): string {
  if (!isSnapshotName(name)) return 'Invalid snapshot name';
  if (machine.get('datasets')) return 'Cannot currently snapshot zones that have datasets';
  if (has(machine, name)) return 'snapshot with name "' + name + '" already exists.';
  return zfs(['snapshot', snapshotOf(machine, name)]);
}

export function deleteSnapshot(machine: Json, name: string): string {
  if (!isSnapshotName(name)) return 'Invalid snapshot name';
  if (!has(machine, name)) return 'No snapshot named "' + name + '" for ' + textIn(machine, 'uuid');
  return zfs(['destroy', snapshotOf(machine, name)]);
}

/** Newer snapshots go; the VM is started again, whether it ran or not. */
export function rollbackSnapshot(machine: Json, name: string): string {
  if (!isSnapshotName(name)) return 'Invalid snapshot name';
  if (!has(machine, name)) return 'No snapshot named "' + name + '" for ' + textIn(machine, 'uuid');
  const zone = textIn(machine, 'zonename');
  if (textIn(machine, 'zone_state') != INSTALLED) {
    const failed = down(zone, true);
    if (failed.length) return failed;
  }
  const failed = zfs(['rollback', '-r', snapshotOf(machine, name)]);
  if (failed.length) return failed;
  // A zone that has just been halted may be on its way down still.
  for (let i = 0; i < 100 && zoneId(zone) >= 0; i++) sleepFor(MOMENT);
  return start(machine);
}
