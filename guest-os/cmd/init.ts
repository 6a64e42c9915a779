// SPDX-License-Identifier: MIT
/**
 * @fileoverview init(8): process control initialization
 * @path /sbin/init
 * @path /sbin/telinit
 *
 * Process 1, or a zone's first process, starts svc.startd, and again when it ends, takes in orphans, and passes run levels on. Called by anybody else it is telinit:
 * it writes the level into the FIFO that a child of process 1 reads, and which ends with the level as its status, so that process 1 has
 * one place to wait at: for the signals SIGCLD and SIGPWR, which it blocks, so that neither comes when nobody looks.
 */
/** @manual
 * DESCRIPTION
 * The kernel starts init as process 1. It starts svc.startd(8), which starts everything else, and takes in processes whose parents have ended.
 * Called later, it asks process 1 for another run level.
 *
 * RUN LEVELS
 *   0       stop all services and halt
 *   5       stop all services and switch off
 *   6       stop all services and reset
 *   s, S    what single-user mode needs: milestone/single-user
 *   2       milestone/multi-user
 *   3       everything that is enabled
 *
 * SIGNALS
 *   SIGPWR   run level 5: the kernel sends it when the power button is pressed
 *
 * BOOT ARGUMENTS
 *   -s               single-user mode
 *   -m milestone=X   the milestone to boot to: none, single-user, multi-user, multi-user-server, all
 *
 * FILES
 *   /etc/svc/volatile/initpipe   where run levels are written
 *
 * SEE ALSO
 * svc.startd(8), shutdown(8), who(1), smf(7)
 */
import * as calls from '../lib/calls';
import { errorText } from '../lib/errors';
import { O_RDONLY, openFile, say } from '../lib/io';
import {
  arguments_,
  environment,
  execute,
  fork,
  mask,
  SIG_BLOCK,
  SIG_UNBLOCK,
  SIGCLD,
  SIGPWR,
  sleepFor,
  waitFor,
  waitForSignal,
  WNOHANG,
} from '../lib/process';
import { makeFifo, RESTARTER, send, VOLATILE_ROOT } from '../lib/smf/door';
import { pathOf } from '../lib/text';
import { BOOT_TIME, Login, recordLogin, RUN_LVL } from '../lib/utmpx';
import { ownZoneId, zoneInit } from '../lib/zones/kernel';
export { signalArrived } from '../lib/process';

export const USAGE: string = 'init [0 | 2 | 3 | 5 | 6 | S | s]';

const STARTD: string = '/lib/svc/bin/svc.startd';
const PIPE: string = '/etc/svc/volatile/initpipe';
const LEVELS: string = '02356Ss';
/** A restarter that cannot even start is not started again at once. */
const PAUSE: u64 = 1000000000;
const byte = memory.data(8);
/** What process 1 waits for. */
const NEWS: u64 = ((<u64>1) << (<u64>SIGCLD - 1)) | ((<u64>1) << (<u64>SIGPWR - 1));

export function main(): i32 {
  const args = arguments_();
  if (calls.getpid() != zoneInit(ownZoneId())) return tell(args);
  let milestone = 'all';
  for (let i = 1; i < args.length; i++) {
    if (args[i] == '-s') milestone = 'single-user';
    else if (args[i].startsWith('milestone=')) milestone = args[i].substring(10);
  }
  calls.mkdir(pathOf('/etc/svc'), 0o755);
  calls.mkdir(pathOf(VOLATILE_ROOT), 0o755);
  calls.mkdir(pathOf('/var/adm'), 0o755);
  makeFifo(PIPE, 0o600);
  note(BOOT_TIME, 'system boot');
  note(RUN_LVL, 'run-level ' + (milestone == 'single-user' ? 'S' : '3'));
  mask(SIG_BLOCK, NEWS);
  let listener = listen();
  let restarter = start(milestone);
  while (true) {
    const news = waitFor(0, WNOHANG);
    if (news.pid <= 0) {
      if (waitForSignal(NEWS) == SIGPWR) change('5');
      continue;
    }
    if (news.pid == restarter) {
      if (news.status) sleepFor(PAUSE);
      restarter = start(milestone);
    } else if (news.pid == listener) {
      if (news.status > 0 && news.status < 128) change(String.fromCharCode(news.status));
      listener = listen();
    }
  }
}

function note(type: i32, line: string): void {
  const login = new Login();
  login.type = type;
  login.line = line;
  recordLogin(login);
}

function start(milestone: string): i32 {
  const pid = fork();
  if (pid) return pid;
  mask(SIG_UNBLOCK, NEWS);
  const error = execute(STARTD, [STARTD, '-m', milestone], environment());
  say('init: ' + STARTD + ': ' + errorText(-error) + '\n');
  calls.exit(1);
  return 0;
}

/** A child that waits for a level. */
function listen(): i32 {
  const pid = fork();
  if (pid) return pid;
  mask(SIG_UNBLOCK, NEWS);
  while (true) {
    const pipe = openFile(PIPE, O_RDONLY);
    if (pipe < 0) sleepFor(PAUSE);
    while (pipe >= 0 && calls.read(pipe, byte, 1) == 1) {
      const level = load<u8>(byte);
      if (LEVELS.includes(String.fromCharCode(level))) calls.exit(level);
    }
    calls.close(pipe);
  }
}

function change(level: string): void {
  note(RUN_LVL, 'run-level ' + level.toUpperCase());
  if (send(RESTARTER, 'runlevel\t' + level + '\n') >= 0 || !'056'.includes(level)) return;
  // There is no restarter to stop anything in order.
  calls.kill(-1, 15);
  sleepFor(PAUSE);
  calls.kill(-1, 9);
  calls.uadmin(2, level == '6' ? 1 : level == '5' ? 6 : 0, 0);
}

function tell(args: string[]): i32 {
  if (args.length != 2 || args[1].length != 1 || !LEVELS.includes(args[1])) {
    say('Usage: ' + USAGE + '\n');
    return 1;
  }
  const error = send(PIPE, args[1]);
  if (error >= 0) return 0;
  say('init: ' + (error == -13 ? 'Must be super-user' : 'cannot reach process 1: ' + errorText(-error)) + '\n');
  return 1;
}
