// SPDX-License-Identifier: MIT
/**
 * @fileoverview zoneadmd(8): zones administration daemon
 * @path /usr/lib/zones/zoneadmd
 *
 * One process for each zone that is at least ready: it makes the zone, mounts what the zone's root shall have, boots it, holds its console, and
 * takes it down. That the zone's contract is empty tells that a zone has ended by itself.
 */
/** @manual
 * DESCRIPTION
 * Started by zoneadm(8) for a zone that is to be made ready or booted, or by zlogin(1) -C, and ends when the zone is halted and nobody is at its console.
 * Requests come through a socket in /var/run/zones; another one there is the console, where it also says what becomes of the zone.
 *
 * SEE ALSO
 * zoneadm(8), zlogin(1), zones(7)
 */
import * as calls from '../../lib/calls';
import { capture } from '../../lib/capture';
import {
  abandonContract,
  beginContracts,
  CT_PR_EV_EMPTY,
  endContracts,
  latestContract,
  nextContractEvent,
  openContractEvents,
} from '../../lib/contracts';
import { O_NONBLOCK, O_RDWR, O_WRONLY, openFile, Reader, say } from '../../lib/io';
import { PollSet } from '../../lib/pollSet';
import { execute, fork, ignoreSignal, SIGHUP, sleepFor, waitFor } from '../../lib/process';
import { openMaster, slaveName } from '../../lib/ptyMaster';
import { writeText } from '../../lib/smf/door';
import { P_ZONEID, RCPRIV_PRIVILEGED, rctlNames, setRctl } from '../../lib/rctl';
import { parseHex, parseNumber, pathOf } from '../../lib/text';
import { acceptFrom, listenAt } from '../../lib/unixSocket';
import { problem as brandProblem, readBrand } from '../../lib/zones/brand';
import { Configuration, problem, readConfiguration, withReason } from '../../lib/zones/configuration';
import {
  ATTR_BOOTARGS,
  ATTR_BRAND,
  ATTR_DATASETS,
  ATTR_FS_ALLOWED,
  ATTR_INITNAME,
  bootZone,
  createZone,
  destroyZone,
  enterZone,
  privilegesOf,
  problem as privilegeProblem,
  REBOOT_ASKED,
  setZoneHostid,
  setZoneText,
  shutDownZone,
  zoneAsked,
  zoneId,
} from '../../lib/zones/kernel';
import { mountAll, unmountAll } from './_mounts';
import { ADMITTED, consoleOf, doorOf, DOORS, IN_USE } from './_state';

export const USAGE: string = 'zoneadmd -z zonename';

const O_NOCTTY: i32 = 0x800;
/** How often, and after how many nanoseconds again, a zone's init is asked to shut down. */
const TRIES: i32 = 50;
const PAUSE: u64 = 100000000;
const SIGPIPE: i32 = 13;
const F_SETFL: i32 = 4;
const READIED: string = 'Zone readied';
const BOOTING: string = 'Zone booting up';
const REBOOTING: string = 'Zone rebooting';
const HALTED: string = 'Zone halted';
const ROOM: i32 = 4096;
const buffer = memory.data(4096);

let name: string = '';
let zone: i32 = -1;
let master: i32 = -1;
/** Holds the console open, so that it does not hang up between those who use it. */
let slave: i32 = -1;
/** The zone's contract, and its events. */
let contract: i32 = 0;
let events: i32 = -1;
let booted: bool = false;
/** Who is at the console. */
let client: i32 = -1;
/** Who has asked for something and has no answer yet, and what that will be. */
const waiting: i32[] = [];
const answers: string[] = [];

export function main(args: string[]): i32 {
  if (args.length != 3 || args[1] != '-z') {
    say('usage: ' + USAGE + '\n');
    return 2;
  }
  name = args[2];
  calls.mkdir(pathOf('/var/run'), 0o755);
  calls.mkdir(pathOf(DOORS), 0o700);
  const door = listenAt(doorOf(name));
  const consoles = listenAt(consoleOf(name));
  if (door < 0 || consoles < 0) {
    say(withReason('zoneadmd: ' + doorOf(name), door < 0 ? door : consoles) + '\n');
    return 1;
  }
  // From here on requests are taken: who has started it may go on.
  const pid = fork();
  if (pid) return pid < 0 ? 1 : 0;
  calls.pgrpsys(3, 0, 0);
  ignoreSignal(SIGHUP);
  ignoreSignal(SIGPIPE);
  // Whoever waits for the end of its starter's output is not kept waiting.
  const log = openFile('/dev/msglog', O_WRONLY | O_NOCTTY);
  for (let i = 0; log > 2 && i < 3; i++) {
    calls.close(i);
    calls.fcntl(log, 0, i);
  }
  serve(door, consoles);
  return 0;
}

/** Until the zone is down, and nobody is at its console. */
function serve(door: i32, consoles: i32): void {
  const set = new PollSet();
  while (true) {
    set.clear();
    set.add(door);
    set.add(consoles);
    set.add(master);
    set.add(client);
    set.add(events);
    if (!set.wait()) continue;
    if (set.isReady(master)) {
      const count = <i32>calls.read(master, buffer, ROOM);
      if (count > 0 && client >= 0) calls.write(client, buffer, count);
    }
    if (client >= 0 && set.isReady(client)) {
      const count = <i32>calls.read(client, buffer, ROOM);
      if (count > 0 && master >= 0) calls.write(master, buffer, count);
      if (count <= 0) {
        calls.close(client);
        client = -1;
      }
    }
    if (set.isReady(consoles)) admit(acceptFrom(consoles));
    if (events >= 0 && set.isReady(events)) zoneNews();
    else if (set.isReady(door)) request(acceptFrom(door));
    if (zone >= 0 || client >= 0) continue;
    // Gone before anybody hears of it: whoever does may start another daemon.
    calls.unlink(pathOf(doorOf(name)));
    calls.unlink(pathOf(consoleOf(name)));
    answerAll();
    return;
  }
}

/** One at a time: the console is one terminal. What the zone writes is not held up by who does not read it. */
function admit(next: i32): void {
  if (next < 0) return;
  store<u8>(buffer, client < 0 ? ADMITTED : IN_USE);
  calls.write(next, buffer, 1);
  if (client >= 0) {
    calls.close(next);
    return;
  }
  client = next;
  calls.fcntl(client, F_SETFL, O_RDWR | O_NONBLOCK);
}

/** For who is at the console. */
function notice(text: string): void {
  if (client >= 0) writeText(client, '\r\n[NOTICE: ' + text + ']\r\n');
}

/** The zone may have ended by itself. */
function zoneNews(): void {
  const news = nextContractEvent(events);
  if (news && news.type != CT_PR_EV_EMPTY) return;
  const again = zoneAsked(zone) == REBOOT_ASKED;
  if (again) notice(REBOOTING);
  halt();
  let failed = '';
  if (again) failed = ready();
  if (again && !failed.length) failed = boot('');
  if (failed.length) halt();
  if (zone < 0) notice(HALTED);
  for (let i = 0; i < waiting.length; i++) answers[i] = failed;
  if (zone >= 0 || client >= 0) answerAll();
}

/** Does what somebody asks for at the door, who is answered when it is done. */
function request(asker: i32): void {
  if (asker < 0) return;
  const line = new Reader(asker).line();
  if (line == null) {
    // Somebody who only wanted to know whether there is a daemon.
    calls.close(asker);
    return;
  }
  const waits = line == 'shutdown' && booted && askForShutdown();
  const failed = waits ? '' : perform(line);
  if (!waits && zone >= 0) {
    answer(asker, failed);
    return;
  }
  waiting.push(asker);
  answers.push(failed);
  if (!waits && client >= 0) answerAll();
}

function answerAll(): void {
  while (waiting.length) answer(waiting.pop(), answers.pop());
}

/** 0 for what was done, 1 and why for what was not. */
function answer(asker: i32, failed: string): void {
  writeText(asker, (failed.length ? '1 ' + failed : '0') + '\n');
  calls.close(asker);
}

/** Why it could not be done; nothing: it was. */
function perform(line: string): string {
  const space = line.indexOf(' ');
  const word = space < 0 ? line : line.substring(0, space);
  const rest = space < 0 ? '' : line.substring(space + 1);
  let failed = '';
  if (word == 'ready') {
    failed = zone < 0 ? ready() : 'zone is already ready';
    if (!failed.length) notice(READIED);
  } else if (word == 'boot') {
    if (booted) return 'zone is already booted';
    notice(rest.length ? BOOTING + ' with arguments: ' + rest : BOOTING);
    if (zone < 0) failed = ready();
    if (!failed.length) failed = boot(rest);
    if (failed.length) halt();
  } else if (word == 'reboot') {
    notice(REBOOTING);
    halt();
    failed = ready();
    if (!failed.length) failed = boot(rest);
    if (failed.length) halt();
  } else {
    halt();
    notice(HALTED);
  }
  return failed;
}

/** The zone exists, with its file systems and its console. */
function ready(): string {
  const configuration = readConfiguration(name);
  if (!configuration) return problem.length ? problem : 'No such zone configured';
  const privileges = privilegesOf(configuration.limitpriv);
  if (!privileges) return privilegeProblem;
  const brand = readBrand(configuration.brand);
  if (!brand) return brandProblem;
  const root = configuration.zonepath + '/root';
  zone = createZone(name, root, privileges, configuration.hasExclusiveIp);
  if (zone < 0) return withReason(root, zone);
  setZoneText(zone, ATTR_BRAND, configuration.brand);
  const init = configuration.attribute('init-name');
  setZoneText(zone, ATTR_INITNAME, init == null ? brand.initName : init);
  setZoneText(zone, ATTR_BOOTARGS, configuration.bootargs);
  setZoneText(zone, ATTR_FS_ALLOWED, configuration.fsAllowed);
  const hostid = parseHex(configuration.hostid);
  if (hostid >= 0) setZoneHostid(zone, <u32>hostid);
  setControls(configuration);
  const undelegated = delegate(configuration);
  if (undelegated.length) {
    halt();
    return undelegated;
  }
  master = openMaster(zone);
  const failed = master < 0 ? withReason('console', master) : mountAll(configuration, brand, zone, slaveName(master));
  if (failed.length) {
    halt();
    return failed;
  }
  slave = openFile('/dev/' + slaveName(master), O_RDWR | O_NOCTTY);
  return '';
}

/** Resource controls that the system does not have are told and left alone: a configuration may come from one that has more. */
function setControls(configuration: Configuration): void {
  const known = rctlNames();
  for (let i = 0; i < configuration.resources.length; i++) {
    const resource = configuration.resources[i];
    const control = resource.get('name');
    if (resource.kind != 'rctl') continue;
    if (!known.includes(control)) {
      say("zone '" + name + "': WARNING: Ignoring unrecognized rctl '" + control + "'.\n");
      continue;
    }
    const limit = parseNumber(resource.get('limit'));
    const error = setRctl(control, P_ZONEID, zone, RCPRIV_PRIVILEGED, <u64>limit, resource.get('action') == 'deny');
    if (error < 0) say(withReason('zoneadmd: ' + name + ': ' + control, error) + '\n');
  }
}

/** Datasets of the configuration become the zone's: from then on it alone mounts them. Why not; nothing: they are. */
function delegate(configuration: Configuration): string {
  const names: string[] = [];
  for (let i = 0; i < configuration.resources.length; i++) {
    if (configuration.resources[i].kind != 'dataset') continue;
    const dataset = configuration.resources[i].get('name');
    const zoned = capture(['zfs', 'get', '-H', '-o', 'value', 'zoned', dataset]);
    if (zoned.status) return 'could not verify zfs dataset ' + dataset + ': ' + zoned.complaint;
    const set = zoned.out == 'on\n' ? zoned : capture(['zfs', 'set', 'zoned=on', dataset]);
    if (set.status) return 'could not delegate zfs dataset ' + dataset + ': ' + set.complaint;
    names.push(dataset);
  }
  if (!names.length) return '';
  const error = setZoneText(zone, ATTR_DATASETS, names.join(','));
  return error < 0 ? withReason('could not delegate datasets', error) : '';
}

function boot(bootargs: string): string {
  if (bootargs.length) setZoneText(zone, ATTR_BOOTARGS, bootargs);
  const template = beginContracts();
  const error = bootZone(zone);
  // It is there, empty or not, as long as this process owns it.
  contract = latestContract();
  events = openContractEvents(contract);
  endContracts(template);
  if (error < 0) return withReason('could not start its init', error);
  booted = true;
  return '';
}

/** Whatever there is of the zone goes. */
function halt(): void {
  if (events >= 0) calls.close(events);
  events = -1;
  if (contract) abandonContract(contract);
  contract = 0;
  if (zone >= 0) {
    shutDownZone(zone);
    if (slave >= 0) calls.close(slave);
    if (master >= 0) calls.close(master);
    slave = -1;
    master = -1;
    const failed = unmountAll(zone);
    const error = destroyZone(zone);
    if (failed.length) say('zoneadmd: ' + failed + '\n');
    if (error < 0) say(withReason('zoneadmd: ' + name, error) + '\n');
  }
  zone = -1;
  booted = false;
}

/** The zone's own init stops its services in order, and then asks for the end. False: it cannot be reached, not even after a while. */
function askForShutdown(): bool {
  for (let tries = 0; tries < TRIES; tries++) {
    const pid = fork();
    if (!pid) {
      // What it says is not for whoever has started this daemon.
      calls.close(2);
      openFile('/dev/null', O_RDWR);
      if (enterZone(zone) >= 0) execute('/sbin/init', ['init', '0'], ['PATH=/usr/sbin:/usr/bin']);
      calls.exit(1);
    }
    if (pid > 0 && !waitFor(pid).status) return true;
    // It may have been booted just now, and not be listening yet.
    sleepFor(PAUSE);
  }
  return false;
}
