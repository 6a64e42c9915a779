// SPDX-License-Identifier: MIT
/**
 * @fileoverview svc.startd(8): the master restarter
 * @path /lib/svc/bin/svc.startd
 *
 * One loop: a line of the FIFO `restarter`, or an event of a contract, says what has happened, then {@link settle} does whatever the graph now asks
 * for, until nothing more can be done. Lines come from svc.configd (what administrators want), from children that are timers, and from
 * init. So there is one place to wait at, and nothing is missed while something else is done.
 *
 * It remembers nothing that it could not find again: states and contracts are in the repository, and a restarter that is started anew adopts
 * the contracts of the last one.
 *
 * Going down (run levels 0, 5, 6): no instance is wanted any more, dependents stop before what they depend on, and when all have stopped, or
 * too much time has passed, uadmin(2) ends it.
 */
/** @manual
 * DESCRIPTION
 * Starts, watches, restarts and stops the instances of services that have no other restarter, in the order of their dependencies. init(8)
 * starts it, and again when it ends; services go on meanwhile.
 *
 * A service is restarted when all its processes have ended, or one was killed by a signal from outside. One that fails three times within a minute, or whose start method fails three
 * times in a row, is put into maintenance, where it stays until svcadm clear.
 *
 * STARTD PROPERTIES
 *   startd/duration    contract (default): up while its contract has members; transient: up once its start method has succeeded;
 *                      child: up while its start method runs
 *   startd/ignore_error    signal: a killed process is no reason to restart, as long as there are others
 *
 * FILES
 *   /var/svc/log/SERVICE:INSTANCE.log      what was done with a service, and what its methods wrote
 *   /var/svc/log/svc.startd.log            other news
 *   /lib/svc/manifest, /opt/custom/smf     manifests that are imported at boot
 *   /lib/svc/global, /lib/svc/zone         those of the global zone, and of all others
 *
 * SEE ALSO
 * smf(7), svcs(1), svcadm(8), svc.configd(8)
 */
import * as calls from '../../lib/calls';
import {
  CT_PR_EV_EMPTY,
  CT_PR_EV_EXIT,
  CT_PR_EV_SIGNAL,
  beginContracts,
  ContractNews,
  endContracts,
  nextContractEvent,
  openBundle,
  signalContract,
} from '../../lib/contracts';
import { O_RDWR, O_WRONLY, openFile, Reader, say } from '../../lib/io';
import {
  execute,
  environment,
  fork,
  ignoreSignal,
  onSignal,
  SIGCLD,
  SIGKILL,
  sleepFor,
  takeSignal,
  waitFor,
  WNOHANG,
} from '../../lib/process';
import { trimIdleHeap } from '../../lib/idleHeap';
import { PollSet } from '../../lib/pollSet';
import { parseNumber, pathOf } from '../../lib/text';
import { ask, DOORS, makeFifo, RESTARTER, setInterruptHook, VOLATILE_ROOT, writeText } from '../../lib/smf/door';
import { readRepository, Repository } from '../../lib/smf/repository';
import { GLOBAL, ownZoneId } from '../../lib/zones/kernel';
import { importBelow } from './_import';
import { logGeneral } from './_log';
import { hasRefresh, runMethod } from './_methods';
import { BY_REFRESH, REFRESH, Unit } from './_unit';
import { reload, system } from './_system';
import { action, advance, childEnded, contractEmptied, memberKilled, methodEnded, propagate, timeOut } from './_transitions';

export const USAGE: string = '/lib/svc/bin/svc.startd [-m milestone]';

const CONFIGD: string = '/lib/svc/bin/svc.configd';
const SULOGIN: string = '/sbin/sulogin';
const CONSOLE: string = '/dev/console';
const SIGPIPE: i32 = 13;
/** After this long what has not stopped is killed with everything else. */
const SHUTDOWN_SECONDS: u64 = 60;
const GRACE: u64 = 100000000;

let configd = 0;
let milestone = 'all';
/** The maintenance shell's process; 0: there is none. */
let maintenance = 0;

export function main(args: string[]): i32 {
  if (calls.getuid() != 0) {
    say('svc.startd: must be run by root\n');
    return 1;
  }
  for (let i = 1; i + 1 < args.length; i++) if (args[i] == '-m') milestone = args[i + 1].replace('milestone=', '');
  ignoreSignal(SIGPIPE);
  onSignal(SIGCLD);
  setInterruptHook(checkConfigd);
  makeDirectories();
  // A fresh FIFO: children of an earlier restarter write into nothing.
  if (makeFifo(RESTARTER, 0o600) < 0) return 1;
  const news = openFile(RESTARTER, O_RDWR);
  if (news < 0) return 1;
  const reader = new Reader(news);
  // Open before anything can happen.
  const contracts = openBundle();
  startConfigd();
  awaitLine(reader, 'ready');
  importBelow('/lib/svc/manifest', true);
  importBelow(ownZoneId() == GLOBAL ? '/lib/svc/global' : '/lib/svc/zone', true);
  importBelow('/opt/custom/smf', false);
  loadUnits();
  setMilestone(milestone);
  settle();
  const sources = new PollSet();
  while (true) {
    if (!reader.hasMore) {
      sources.clear();
      sources.add(news);
      sources.add(contracts);
      if (!sources.look()) {
        trimIdleHeap();
        if (!sources.wait()) continue;
      }
      if (sources.isReady(contracts)) {
        const event = nextContractEvent(contracts);
        if (event) contractNews(event);
      }
    }
    if (reader.hasMore || sources.isReady(news)) {
      const line = reader.line();
      if (line != null) handle(line.split('\t'));
    }
    settle();
    reap();
  }
}

function makeDirectories(): void {
  calls.mkdir(pathOf('/etc/svc'), 0o755);
  calls.mkdir(pathOf(VOLATILE_ROOT), 0o755);
  calls.mkdir(pathOf(DOORS), 0o1777);
  calls.chmod(pathOf(DOORS), 0o1777);
  calls.mkdir(pathOf('/var/svc'), 0o755);
  calls.mkdir(pathOf('/var/svc/log'), 0o755);
}

// ---- children

function startConfigd(): void {
  const template = beginContracts();
  const pid = fork();
  if (!pid) {
    execute(CONFIGD, [CONFIGD], environment());
    calls.exit(1);
  }
  endContracts(template);
  configd = pid;
}

/** The repository may have ended while it was asked something: the next one answers. */
function checkConfigd(): void {
  takeSignal();
  if (configd && waitFor(configd, WNOHANG).pid == configd) startConfigd();
}

function awaitLine(reader: Reader, wanted: string): void {
  while (true) {
    const line = reader.line();
    if (line != null && line == wanted) return;
  }
}

/** A milestone below multi-user has no console login: when all is quiet somebody may log in for maintenance. */
function offerMaintenance(): void {
  const low = milestone == 'none' || milestone == 'single-user' || milestone == 'svc:/milestone/single-user:default';
  if (!low || maintenance || system.goingDown >= 0) return;
  const all = system.graph.list();
  for (let i = 0; i < all.length; i++) if (all[i].isBusy) return;
  const template = beginContracts();
  const pid = fork();
  if (!pid) {
    execute(SULOGIN, [SULOGIN], environment());
    calls.exit(1);
  }
  endContracts(template);
  maintenance = pid;
}

/** Whoever was there is done: everything may run. */
function maintenanceEnded(pid: i32): void {
  waitFor(pid);
  maintenance = 0;
  const low = milestone == 'none' || milestone.includes('single-user');
  if (!low || system.goingDown >= 0) return;
  tellConsole('svc.startd: Returning to milestone all.\n');
  setMilestone('all');
}

/** Children that have ended and of which their contracts have told already. */
function reap(): void {
  while (true) {
    const pid = waitFor(0, WNOHANG).pid;
    if (pid <= 0) return;
    if (pid == configd) startConfigd();
  }
}

// ---- the system.graph

function loadUnits(): void {
  const text = ask('get\n');
  if (text == null) return;
  const repository = new Repository();
  readRepository(text, repository);
  const instances = repository.instances();
  for (let i = 0; i < instances.length; i++) {
    const instance = instances[i];
    if (system.graph.find(instance.fmri)) continue;
    const restarter = instance.get('general', 'restarter');
    if (restarter.length && restarter != 'svc:/system/svc/restarter:default') continue;
    const unit = new Unit(instance);
    system.graph.units.set(instance.fmri, unit);
    unit.resume();
  }
}

function setMilestone(name: string): void {
  milestone = name;
  if (name == 'all') system.graph.allowed = null;
  else if (name == 'none') system.graph.allowed = new Set<string>();
  else {
    const fmri = name.startsWith('svc:/') ? name : 'svc:/milestone/' + name + ':default';
    system.graph.allowed = system.graph.closure(fmri);
  }
}

// ---- news

function handle(words: string[]): void {
  const kind = words[0];
  if (kind == 'timeout' && words.length > 2) timeOut(words[1], words[2]);
  else if (kind == 'enabled' && words.length > 1) {
    const unit = reload(words[1]);
    if (unit && unit.state == 'disabled') unit.forgetFailures();
  } else if (kind == 'refresh' && words.length > 1) refreshed(words[1]);
  else if (kind == 'action' && words.length > 2) action(words[1], words[2]);
  else if (kind == 'milestone' && words.length > 1) setMilestone(words[1]);
  else if (kind == 'deleted' && words.length > 1) {
    const unit = system.graph.find(words[1]);
    if (!unit) return;
    if (unit.contract) signalContract(unit.contract, SIGKILL);
    system.graph.units.delete(words[1]);
  } else if (kind == 'runlevel' && words.length > 1) runLevel(words[1]);
  else if (kind == 'down') end();
  else if (kind == 'ready') {
    const all = system.graph.list();
    for (let i = 0; i < all.length; i++) if (all[i].unsaved) all[i].become(all[i].state, all[i].next);
  }
}

function refreshed(fmri: string): void {
  const unit = reload(fmri);
  if (!unit || !unit.isUp || unit.isBusy) return;
  unit.note('Rereading configuration.');
  propagate(unit, BY_REFRESH);
  if (hasRefresh(unit)) runMethod(unit, REFRESH);
}

function contractNews(event: ContractNews): void {
  const contract = event.contract;
  const type = event.type;
  const pid = event.pid;
  const status = event.status;
  if (type == CT_PR_EV_EXIT && pid == configd) {
    waitFor(pid);
    logGeneral('svc.configd exited with status ' + status.toString() + '; restarting it.');
    startConfigd();
    return;
  }
  if (type == CT_PR_EV_EXIT && maintenance && pid == maintenance) {
    maintenanceEnded(pid);
    return;
  }
  const all = system.graph.list();
  for (let i = 0; i < all.length; i++) {
    const unit = all[i];
    if (type == CT_PR_EV_EXIT && unit.isBusy && unit.methodPid == pid) {
      waitFor(pid);
      methodEnded(unit, status);
      return;
    }
    if (type == CT_PR_EV_EXIT && unit.contract == contract && unit.duration == 'child' && unit.methodPid == pid && unit.isUp) {
      waitFor(pid);
      childEnded(unit, status);
      return;
    }
    if (unit.contract != contract) continue;
    if (type == CT_PR_EV_EMPTY) contractEmptied(unit);
    else if (type == CT_PR_EV_SIGNAL) memberKilled(unit);
    return;
  }
}

// ---- decisions

function settle(): void {
  for (let changed = true; changed; ) {
    changed = false;
    const all = system.graph.list();
    for (let i = 0; i < all.length; i++) if (!all[i].isBusy && advance(all[i])) changed = true;
  }
  if (system.goingDown >= 0 && allDown()) end();
  offerMaintenance();
}

// ---- the end of everything

function runLevel(level: string): void {
  if (level == '0' || level == '5' || level == '6') {
    if (system.goingDown >= 0) return;
    system.goingDown = <i32>parseNumber(level);
    let up = 0;
    const all = system.graph.list();
    for (let i = 0; i < all.length; i++) if (all[i].isUp || all[i].isBusy) up++;
    tellConsole('svc.startd: The system is coming down.  Please wait.\n');
    tellConsole('svc.startd: ' + up.toString() + ' system services are now being stopped.\n');
    if (!fork()) {
      sleepFor(SHUTDOWN_SECONDS * 1000000000);
      const news = openFile(RESTARTER, O_WRONLY);
      writeText(news, 'down\n');
      calls.exit(0);
    }
  } else if (level == 's' || level == 'S') setMilestone('single-user');
  else if (level == '2') setMilestone('multi-user');
  else if (level == '3') setMilestone('all');
}

function allDown(): bool {
  const all = system.graph.list();
  for (let i = 0; i < all.length; i++) if (all[i].isUp || all[i].isBusy) return false;
  return true;
}

function end(): void {
  tellConsole('svc.startd: The system is down.\n');
  // Whoever is left may end by itself, for a moment.
  calls.kill(-1, 15);
  sleepFor(GRACE);
  calls.kill(-1, SIGKILL);
  calls.uadmin(2, system.goingDown == 6 ? 1 : system.goingDown == 5 ? 6 : 0, 0);
  sleepFor(SHUTDOWN_SECONDS * 1000000000);
}

function tellConsole(text: string): void {
  const descriptor = openFile(CONSOLE, O_WRONLY | 0x800);
  if (descriptor < 0) return;
  writeText(descriptor, text);
  calls.close(descriptor);
}
