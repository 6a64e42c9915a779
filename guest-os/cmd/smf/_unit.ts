// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the restarter knows of an instance: its state, what is running for it, how often it has failed.
 *
 * States and their transitions (smf(7)):
 *
 *     uninitialized -> disabled | offline         first look
 *     disabled <-> offline                        enabled, disabled
 *     offline -> (start method) -> online         dependencies are satisfied
 *     online -> (stop method) -> offline|disabled disabled, failed, or a dependency went
 *     any -> maintenance                          failed too often, or asked for
 *     maintenance -> offline                      cleared
 *
 * While a method runs {@link Unit.next} says where it leads; what is decided meanwhile waits.
 */
import { adoptContract } from '../../lib/contracts';
import { ask } from '../../lib/smf/door';
import { escapeField, Instance, PropertyGroup } from '../../lib/smf/repository';
import { currentTime } from '../../lib/time';
import { log } from './_log';

/** Failures in this many seconds that are too many. */
export const FAILURES: i32 = 3;
const FAILURE_WINDOW: i64 = 60;

export const NO_METHOD: i32 = 0;
export const START: i32 = 1;
export const STOP: i32 = 2;
export const REFRESH: i32 = 3;

/** Why an instance stopped, as far as dependents care; restart_on of at least that follows. */
export const BY_ERROR: i32 = 1;
export const BY_RESTART: i32 = 2;
export const BY_REFRESH: i32 = 3;

export class Unit {
  state: string = 'uninitialized';
  next: string = 'none';
  auxiliary: string = 'none';
  /** The service's contract; 0: none. */
  contract: i32 = 0;
  /** The method that runs: which, its process, its contract, the process that will say its time is over. */
  method: i32 = NO_METHOD;
  methodPid: i32 = 0;
  methodContract: i32 = 0;
  timer: i32 = 0;
  /** Counts methods, so that late news of an earlier one is known as such. */
  serial: i32 = 0;
  killed: bool = false;
  /** Start methods that failed, one after the other. */
  startFailures: i32 = 0;
  private failures: i64[] = [];
  /** A dependency has stopped or been refreshed: stop, and start again. */
  restartWanted: bool = false;
  /** Maintenance was asked for, or is where a stop leads. */
  maintenanceWanted: string = '';
  /** Exited by itself: what is left of it is stopped. */
  failed: bool = false;
  /** The repository was not there to be told of the state. */
  unsaved: bool = false;

  constructor(public instance: Instance) {}

  get fmri(): string {
    return this.instance.fmri;
  }
  get isUp(): bool {
    return this.state == 'online' || this.state == 'degraded';
  }
  get isBusy(): bool {
    return this.method != NO_METHOD;
  }
  /** contract, transient or child: what being online means. */
  get duration(): string {
    const duration = this.instance.get('startd', 'duration');
    return duration == 'wait' ? 'child' : duration.length ? duration : 'contract';
  }

  /** What an earlier restarter has said of it. True: it was up and still is. */
  resume(): void {
    const state = this.instance.state;
    this.contract = <i32>I64.parseInt('0' + this.instance.get('restarter', 'contract'));
    this.auxiliary = this.instance.get('restarter', 'auxiliary_state');
    const wasUp = state == 'online' || state == 'degraded';
    if (this.contract && adoptContract(this.contract) < 0) this.contract = 0;
    this.state = state;
    // Its processes have gone while nobody looked, or a method was under way.
    if (wasUp && this.duration != 'transient' && !this.contract) this.state = 'offline';
    if (this.instance.nextState != 'none' && !wasUp) this.state = 'uninitialized';
  }

  /** Tells the repository of a new state. */
  become(state: string, next: string = 'none'): void {
    this.state = state;
    this.next = next;
    const now = currentTime();
    const values = [
      ['state', 'astring', state],
      ['next_state', 'astring', next],
      ['auxiliary_state', 'astring', this.auxiliary],
      ['state_timestamp', 'time', now.toString()],
      ['contract', 'count', this.contract ? this.contract.toString() : ''],
      ['start_pid', 'count', this.method == START ? this.methodPid.toString() : ''],
    ];
    let body = 'edit\n';
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const field = value[2].length ? '\t' + escapeField(value[2]) : '';
      body += 'set\t' + this.fmri + '\trestarter\tframework\tN\t' + value[0] + '\t' + value[1] + field + '\n';
    }
    this.unsaved = ask(body) == null;
    this.instance.makeGroup('restarter', 'framework', false).set('state', 'astring', [state]);
  }

  /** A service that was up ended by itself. True: it has done so too often. */
  countFailure(): bool {
    const now = currentTime();
    this.failures.push(now);
    while (this.failures.length && this.failures[0] < now - FAILURE_WINDOW) this.failures.shift();
    return this.failures.length >= FAILURES;
  }
  forgetFailures(): void {
    this.failures = [];
    this.startFailures = 0;
  }

  /** Dependency groups that it runs with. */
  dependencies(): PropertyGroup[] {
    const result: PropertyGroup[] = [];
    const groups = this.instance.running;
    for (let i = 0; i < groups.length; i++) if (groups[i].type == 'dependency') result.push(groups[i]);
    return result;
  }

  note(text: string): void {
    log(this.instance, text);
  }
}
