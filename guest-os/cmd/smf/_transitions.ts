// SPDX-License-Identifier: MIT
/**
 * @fileoverview What becomes of an instance: its methods started and ended, contracts emptied, failures and maintenance, and which step is next. The
 * restarter's loop (svc_startd.ts) calls these with the news and then {@link advance} until nothing moves any more.
 */
import { signalContract } from '../../lib/contracts';
import { SIGKILL } from '../../lib/process';
import { parseNumber } from '../../lib/text';
import {
  DONE,
  dropContract,
  IMPOSSIBLE,
  runMethod,
  SMF_EXIT_ERR_CONFIG,
  SMF_EXIT_ERR_FATAL,
  startTimer,
  stopTimer,
} from './_methods';
import { BY_ERROR, BY_REFRESH, BY_RESTART, FAILURES, NO_METHOD, REFRESH, START, STOP, Unit } from './_unit';
import { reload, system } from './_system';

export function action(fmri: string, name: string): void {
  const unit = reload(fmri);
  if (!unit) return;
  if (name == 'restart' && unit.isUp) {
    unit.note('Stopping because service restarting.');
    unit.restartWanted = true;
    propagate(unit, BY_RESTART);
  } else if (name == 'maint_off' && unit.state == 'maintenance') {
    unit.note('Leaving maintenance because clear requested.');
    unit.forgetFailures();
    unit.maintenanceWanted = '';
    unit.auxiliary = 'clear_request';
    unit.become(system.graph.wanted(unit) ? 'offline' : 'disabled');
  } else if (name == 'maint_off' && unit.state == 'degraded') {
    unit.become('online');
  } else if (name == 'maint_on') {
    unit.note('Stopping because maintenance requested.');
    unit.maintenanceWanted = 'administrative_request';
    propagate(unit, BY_ERROR);
  } else if (name == 'degrade' && unit.state == 'online') {
    unit.become('degraded');
  }
}

/** Dependents that care stop too, and start again when they can. */
export function propagate(unit: Unit, reason: i32): void {
  const followers = system.graph.dependents(unit, reason);
  for (let i = 0; i < followers.length; i++) {
    const follower = followers[i];
    if (!follower.isUp || follower.restartWanted) continue;
    follower.note('Stopping because dependency activity requires stop.');
    follower.restartWanted = true;
    propagate(follower, reason == BY_REFRESH ? BY_RESTART : reason);
  }
}

/** Somebody else has killed a process of a service that runs: what is left of it may not be right. */
export function memberKilled(unit: Unit): void {
  if (!unit.isUp || unit.isBusy || unit.next != 'none' || unit.failed || unit.duration != 'contract') return;
  if (unit.instance.get('startd', 'ignore_error').includes('signal')) return;
  unit.note('Stopping because process received fatal signal from outside the service.');
  fail(unit);
}

/** Nothing of it is left. */
export function contractEmptied(unit: Unit): void {
  // The method that is running says what comes of it.
  if (unit.method == START) return;
  dropContract(unit);
  if (unit.method == STOP) {
    if (!unit.methodPid) stopped(unit);
    return;
  }
  if (!unit.isUp || unit.duration != 'contract') return;
  unit.note('Stopping because all processes in service exited.');
  fail(unit);
}

/** The process that is the service has ended: normally it is just started again. */
export function childEnded(unit: Unit, status: i32): void {
  unit.methodPid = 0;
  if (!status) {
    unit.note('Stopping because process exited.');
    unit.failed = true;
    propagate(unit, BY_RESTART);
    return;
  }
  unit.note(
    status > 128
      ? 'Stopping because process received fatal signal ' + (status - 128).toString() + '.'
      : 'Stopping because process exited with status ' + status.toString() + '.',
  );
  fail(unit);
}

function fail(unit: Unit): void {
  unit.failed = true;
  if (unit.countFailure()) {
    unit.note('Restarting too quickly, changing state to maintenance.');
    unit.maintenanceWanted = 'restarting_too_quickly';
  }
  propagate(unit, BY_ERROR);
}

export function timeOut(fmri: string, serial: string): void {
  const unit = system.graph.find(fmri);
  if (!unit || !unit.isBusy || unit.serial.toString() != serial) return;
  unit.killed = true;
  const contract = unit.methodPid ? unit.methodContract : unit.contract;
  unit.note('Method or service exit timed out.  Killing contract ' + contract.toString() + '.');
  if (signalContract(contract, SIGKILL) < 0 && !unit.methodPid) stopped(unit);
}

// ---- methods

function start(unit: Unit): void {
  unit.auxiliary = 'none';
  const result = runMethod(unit, START);
  if (result == IMPOSSIBLE) {
    unit.auxiliary = 'method_failed';
    unit.become('maintenance');
    return;
  }
  if (result == DONE) {
    unit.become('online');
    return;
  }
  if (unit.duration != 'child') {
    unit.become('offline', 'online');
    return;
  }
  // The method is the service: it is up at once.
  stopTimer(unit);
  unit.contract = unit.methodContract;
  unit.method = NO_METHOD;
  unit.become('online');
}

function stop(unit: Unit): void {
  unit.become(unit.state, unit.maintenanceWanted.length ? 'maintenance' : system.graph.wanted(unit) ? 'offline' : 'disabled');
  if (!system.graph.wanted(unit)) unit.note('Stopping because service disabled.');
  // Of a child the contract is all there is.
  const hasMethod = unit.instance.get('stop', 'exec').length > 0;
  if (!hasMethod && unit.contract && signalContract(unit.contract, 15) >= 0) {
    unit.serial++;
    unit.method = STOP;
    unit.methodPid = 0;
    unit.timer = startTimer(unit, 60);
    return;
  }
  if (runMethod(unit, STOP) == DONE) stopped(unit);
}

export function methodEnded(unit: Unit, status: i32): void {
  stopTimer(unit);
  const method = unit.method;
  const contract = unit.methodContract;
  const name = method == START ? 'start' : method == STOP ? 'stop' : 'refresh';
  unit.methodPid = 0;
  unit.methodContract = 0;
  unit.method = NO_METHOD;
  if (status > 128) unit.note('Method "' + name + '" failed due to signal ' + (status - 128).toString() + '.');
  else unit.note('Method "' + name + '" exited with status ' + status.toString() + '.');
  if (method == START) {
    startEnded(unit, status, contract);
    return;
  }
  // What a stop or refresh method leaves behind is nobody's.
  const own = unit.contract;
  unit.contract = contract;
  dropContract(unit);
  unit.contract = own;
  if (method == REFRESH) return;
  if (status && !unit.killed) {
    unit.maintenanceWanted = 'method_failed';
  } else if (unit.contract && signalContract(unit.contract, 0) >= 0) {
    // Its processes have as long as the method had.
    unit.serial++;
    unit.method = STOP;
    const seconds = parseNumber(unit.instance.get('stop', 'timeout_seconds'));
    unit.timer = startTimer(unit, seconds > 0 ? seconds : 60);
    return;
  }
  stopped(unit);
}

function startEnded(unit: Unit, status: i32, contract: i32): void {
  unit.contract = contract;
  if (!status && !unit.killed) {
    unit.startFailures = 0;
    if (unit.duration == 'transient') dropContract(unit);
    unit.become('online');
    // A daemon that has gone before its method said that all is well.
    if (unit.duration == 'contract' && signalContract(contract, 0) < 0) contractEmptied(unit);
    return;
  }
  if (unit.contract) signalContract(unit.contract, SIGKILL);
  dropContract(unit);
  unit.startFailures++;
  const final = status == SMF_EXIT_ERR_FATAL || status == SMF_EXIT_ERR_CONFIG;
  if (!final && unit.startFailures < FAILURES) {
    unit.become('offline');
    return;
  }
  unit.auxiliary =
    status == SMF_EXIT_ERR_CONFIG
      ? 'method_failed_config'
      : final
        ? 'method_failed_fatal'
        : unit.killed
          ? 'method_timed_out'
          : 'method_failed_' + status.toString();
  unit.startFailures = 0;
  unit.become('maintenance');
  propagate(unit, BY_ERROR);
}

/** All of it has stopped. */
function stopped(unit: Unit): void {
  stopTimer(unit);
  unit.method = NO_METHOD;
  unit.failed = false;
  unit.restartWanted = false;
  unit.killed = false;
  dropContract(unit);
  if (unit.maintenanceWanted.length) {
    unit.auxiliary = unit.maintenanceWanted;
    unit.maintenanceWanted = '';
    unit.become('maintenance');
    propagate(unit, BY_ERROR);
    return;
  }
  unit.become(system.graph.wanted(unit) ? 'offline' : 'disabled');
}

/** One step of an instance whose method does not run; false: there is none to take. */
export function advance(unit: Unit): bool {
  const wanted = system.goingDown < 0 && system.graph.wanted(unit);
  const state = unit.state;
  if (state == 'uninitialized') {
    unit.become(wanted ? 'offline' : 'disabled');
    return true;
  }
  if (state == 'disabled') {
    if (!wanted) return false;
    unit.note('Enabled.');
    unit.become('offline');
    return true;
  }
  if (state == 'maintenance') {
    unit.maintenanceWanted = '';
    if (wanted || system.goingDown >= 0) return false;
    unit.become('disabled');
    return true;
  }
  if (unit.isUp) return stopIfNeeded(unit, wanted);
  if (unit.maintenanceWanted.length) {
    unit.auxiliary = unit.maintenanceWanted;
    unit.maintenanceWanted = '';
    unit.become('maintenance');
    return true;
  }
  if (!wanted) {
    unit.become('disabled');
    return true;
  }
  if (!system.graph.satisfied(unit)) return false;
  start(unit);
  return true;
}

function stopIfNeeded(unit: Unit, wanted: bool): bool {
  const must = !wanted || unit.failed || unit.restartWanted || unit.maintenanceWanted.length > 0 || lostDependency(unit);
  if (!must) return false;
  // Those that follow it stop first, except when it has gone already.
  if (!unit.failed && followersUp(unit, system.goingDown >= 0 ? 0 : BY_RESTART)) {
    propagate(unit, BY_RESTART);
    return false;
  }
  stop(unit);
  return true;
}

/** A dependency that it follows is no longer satisfied. */
function lostDependency(unit: Unit): bool {
  const groups = unit.dependencies();
  for (let i = 0; i < groups.length; i++) {
    const restartOn = groups[i].find('restart_on');
    if (restartOn && restartOn.value != 'none' && !system.graph.groupSatisfied(groups[i])) return restartOn.value != 'error';
  }
  return false;
}

function followersUp(unit: Unit, reason: i32): bool {
  const followers = system.graph.dependents(unit, reason);
  for (let i = 0; i < followers.length; i++) if (followers[i].isUp || followers[i].method == STOP) return true;
  return false;
}
