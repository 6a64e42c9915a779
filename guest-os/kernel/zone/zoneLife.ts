// SPDX-License-Identifier: MIT
/**
 * @fileoverview How zones are made, booted, shut down and destroyed, and how a process enters one: what zone(2) does.
 *
 * Whoever boots a zone gives it its first process, which is a child of the system's first one: in its zone nobody sees that. When it ends by
 * itself it is started again, as the system's own would have to be. A zone that is shut down has all its processes killed, and again
 * until none is left.
 */
import { TrapFrame } from 'layout/processor';
import { panic } from 'runtime/panic';
import { Vnode } from '../../fs/vnode';
import { uptime } from '../time/clock';
import { joinContract } from '../process/contract';
import { GLOBAL_ZONE } from '../process/credentials';
import { EBUSY, EEXIST, EINVAL, ENOTDIR, failure, setError } from '../errno';
import { exec } from '../process/exec';
import { removeZoneIpc } from '../ipc/objects';
import { createProcess, exitProcess, setZoneInitEnded } from '../process/life';
import { PRIV_SYS_CONFIG, PrivilegeSet } from '../process/privilege';
import { currentProcess, findProcess, processList } from '../process/processes';
import { Process, ZOMBIE } from '../process/process';
import { removeProjects } from '../limits/project';
import { SIGKILL } from '../signal/signal';
import { startThread } from '../thread/dispatcher';
import {
  addZone,
  globalZone,
  HALT_ASKED,
  NOTHING_ASKED,
  removeZone,
  Zone,
  zoneAt,
  zoneList,
  ZONE_IS_BOOTING,
  ZONE_IS_DOWN,
  ZONE_IS_EMPTY,
  ZONE_IS_READY,
  ZONE_IS_RUNNING,
  ZONE_IS_SHUTTING_DOWN,
  zoneNamed,
  zoneOf,
} from './zone';
import { installZoneKstats, removeZoneKstats } from './zoneKstats';
import { mountList } from '../../fs/mount';
import { isZoneName } from './zoneName';

const ENVIRONMENT: string[] = ['PATH=/usr/sbin:/usr/bin', 'TZ=UTC'];
const EXIT_FAILURE: i32 = 1;
/** A zone whose init ends so often within so many nanoseconds of its start is halted. */
const QUICK_ENDS: i32 = 3;
const SOON: u64 = 1000000000;

/** May the caller make, change and end zones? From the global zone only, with PRIV_SYS_CONFIG. */
export function mayConfigureZones(): bool {
  const credentials = currentProcess().credentials;
  return credentials.zoneid == GLOBAL_ZONE && credentials.has(PRIV_SYS_CONFIG);
}

/** Makes a zone; takes over the hold of its root if it does. Its id, or -EINVAL, -EEXIST, -ENOTDIR, -EBUSY (its root lies in another's). */
export function createZone(name: string, root: Vnode, rootPath: string, privileges: PrivilegeSet): i32 {
  if (!isZoneName(name)) return setError(EINVAL);
  if (zoneNamed(name)) return setError(EEXIST);
  if (!root.isDirectory) return setError(ENOTDIR);
  if (rootPath == '/' || zoneAt(rootPath) != globalZone) return setError(EBUSY);
  for (let i = 1; i < zoneList().length; i++) if (zoneList()[i].rootPath.startsWith(rootPath + '/')) return setError(EBUSY);
  const zone = addZone(name, root, rootPath, privileges);
  zone.hostName = name;
  installZoneKstats(zone);
  zone.become(ZONE_IS_READY);
  return zone.id;
}

/** Starts a zone's init, and waits until it executes. 0, -EINVAL if the zone is not ready, or why init cannot be executed. */
export function bootZone(zone: Zone): i32 {
  if (zone == globalZone || zone.status != ZONE_IS_READY) return setError(EINVAL);
  zone.asked = NOTHING_ASKED;
  zone.bootError = 0;
  zone.quickEnds = 0;
  zone.become(ZONE_IS_BOOTING);
  const error = startInit(zone, zone.root!);
  if (error) {
    zone.become(ZONE_IS_READY);
    return error;
  }
  while (zone.status == ZONE_IS_BOOTING && !zone.bootError) zone.news.wait(false);
  if (!zone.bootError) return 0;
  zone.become(ZONE_IS_READY);
  return setError(zone.bootError);
}

/** A zone's first process: its thread executes the zone's init. 0, or a negative errno. */
export function startInit(zone: Zone, root: Vnode): i32 {
  const process = createProcess();
  if (!process) return setError(failure);
  process.credentials = process.credentials.inZone(zone.id, zone.privileges);
  process.moveTo(zone, process.project.id);
  zone.initPid = process.pid;
  zone.initStarted = uptime();
  let system: Process | null = null;
  if (zone != globalZone) system = findProcess(1);
  process.parent = system;
  if (system) joinContract(currentProcess(), process);
  process.root = root;
  process.directory = root;
  root.hold();
  root.hold();
  const thread = process.thread!;
  thread.start = executeInit;
  startThread(thread, TrapFrame.SIZE);
  return 0;
}

function executeInit(): void {
  const process = currentProcess();
  const zone = zoneOf(process.credentials.zoneid);
  const words = [zone.initName];
  const given = zone.bootArguments.split(' ');
  for (let i = 0; i < given.length; i++) if (given[i].length) words.push(given[i]);
  const error = exec(process, zone.initName, words, ENVIRONMENT);
  if (!error) {
    if (zone.status == ZONE_IS_BOOTING) zone.become(ZONE_IS_RUNNING);
    return;
  }
  if (zone == globalZone) panic(zone.initName + ' cannot be executed: error ' + (-error).toString());
  zone.initPid = 0;
  zone.bootError = -error;
  zone.news.wakeAll();
  exitProcess(EXIT_FAILURE, 0);
}

/** A zone's first process has ended: it gets another one, unless the zone is ending, too, or that does not help. */
function initEnded(zone: Zone): void {
  zone.initPid = 0;
  if (zone.status != ZONE_IS_RUNNING) return;
  zone.quickEnds = uptime() - zone.initStarted < SOON ? zone.quickEnds + 1 : 0;
  if (zone.quickEnds == QUICK_ENDS || startInit(zone, zone.root!)) askOf(zone, HALT_ASKED);
}
export function beginZones(): void {
  installZoneKstats(globalZone);
  setZoneInitEnded(initEnded);
}

/** How many processes of a zone there are that have not ended. */
export function processesIn(zone: Zone): i32 {
  const list = processList();
  let count = 0;
  for (let i = 0; i < list.length; i++) if (isAliveIn(list[i], zone)) count++;
  return count;
}
function isAliveIn(process: Process, zone: Zone): bool {
  return process.state != ZOMBIE && process.credentials.zoneid == zone.id;
}

function killAll(zone: Zone): void {
  const list = processList();
  for (let i = 0; i < list.length; i++) if (isAliveIn(list[i], zone)) list[i].post(SIGKILL);
}

/** A process inside wants its zone to end, or to begin anew: that is as far as it gets, and whoever runs the zone does the rest. */
export function askOf(zone: Zone, what: i32): void {
  zone.asked = what;
  zone.become(ZONE_IS_SHUTTING_DOWN);
  killAll(zone);
}

/** Ends all processes of a zone. 0, or -EINVAL. */
export function shutDownZone(zone: Zone): i32 {
  if (zone == globalZone) return setError(EINVAL);
  if (zone.status < ZONE_IS_SHUTTING_DOWN) zone.become(ZONE_IS_SHUTTING_DOWN);
  while (processesIn(zone)) {
    killAll(zone);
    zone.news.wait(false);
  }
  if (zone.status < ZONE_IS_EMPTY) zone.become(ZONE_IS_EMPTY);
  zone.become(ZONE_IS_DOWN);
  return 0;
}

/** 0, -EINVAL, or -EBUSY while it has processes or file systems. */
export function destroyZone(zone: Zone): i32 {
  if (zone == globalZone) return setError(EINVAL);
  if (zone.status != ZONE_IS_DOWN && zone.status != ZONE_IS_READY) return setError(EBUSY);
  if (processesIn(zone)) return setError(EBUSY);
  const mounts = mountList();
  for (let i = 0; i < mounts.length; i++)
    if (mounts[i].zoneid == zone.id && mounts[i].mountPoint != zone.rootPath) return setError(EBUSY);
  removeZoneKstats(zone);
  removeZoneIpc(zone.id);
  removeProjects(zone);
  zone.share.end();
  zone.io.remove();
  removeZone(zone);
  zone.root!.release();
  return 0;
}

/** The caller goes on in a zone, with no more privileges than that has. 0, or -EINVAL. */
export function enterZone(zone: Zone): i32 {
  const process = currentProcess();
  if (zone == globalZone || zone.isEnding) return setError(EINVAL);
  // Its other threads would still be outside.
  if (process.threads.length > 1) return setError(EINVAL);
  process.credentials = process.credentials.inZone(zone.id, zone.privileges);
  process.moveTo(zone, process.project.id);
  const root = zone.root!;
  process.root!.release();
  process.directory!.release();
  root.hold();
  root.hold();
  process.root = root;
  process.directory = root;
  return 0;
}
