// SPDX-License-Identifier: MIT
/**
 * @fileoverview login(1): sign on to the system
 *
 * The session's leader stays as long as the shell: it writes down that the user has gone, and ends well whatever the shell's status was, for the
 * restarter takes a status for a failure of the service.
 */
/** @manual
 * DESCRIPTION
 * Asks for the user's password, unless the user has none, and starts the user's shell with a fresh environment in the home directory.
 *
 * OPTIONS
 *   -d device   the terminal that it runs on; -l label: what the prompt calls it
 *   -f          who calls it knows who the user is: only root may say so
 *   -z zone     zlogin(1) calls it, from that zone: root may log in on any terminal
 *
 * FILES
 *   /etc/passwd, /etc/shadow   users, and their passwords as crypt(3C) hashes of kinds $5$ and $6$
 *   /etc/default/login         CONSOLE: root may log in on this terminal only
 *   /etc/motd                  written before the shell starts
 *   /var/adm/utmpx, wtmpx      who is logged in, who was
 *   ~/.hushlogin               silences what is written
 *
 * SEE ALSO
 * passwd(1), su(8), who(1), ttymon(8)
 */
import { findUserByName, passwordHash, User } from '../../lib/accounts';
import * as calls from '../../lib/calls';
import { verifies } from '../../lib/crypt';
import { errorText } from '../../lib/errors';
import { status } from '../../lib/files';
import { flush, O_RDONLY, openFile, out, readAll, Reader, say } from '../../lib/io';
import {
  defaultSignal,
  environment,
  execute,
  fork,
  ignoreSignal,
  onSignal,
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGTERM,
  SIGTSTP,
  sleepFor,
  takeSignal,
  waitFor,
} from '../../lib/process';
import { pathOf } from '../../lib/text';
import { DEAD_PROCESS, Login, readLogins, recordLogin, USER_PROCESS, WTMPX } from '../../lib/utmpx';
import { longTime } from '../smf/_client';
import { askSecretly, becomeUser, loginEnvironment } from './_session';
import { hostName, lineName } from './ttymon';

export const USAGE: string = 'login [-f] [-z zone] [-d device] [-l label] [name]';

const SIGCONT: i32 = 25;
const ATTEMPTS: i32 = 5;
/** A wrong password costs time, so that many cannot be tried. */
const PENALTY: u64 = 4000000000;
const UNKNOWN: User | null = null;

let device: string = '/dev/console';
/** What its prompt calls the terminal. */
let label: string = '';
/** The zone that zlogin was called in; empty: it was not. */
let from: string = '';

export function main(args: string[]): i32 {
  let name = '';
  let trusted = false;
  for (let i = 1; i < args.length; i++) {
    if (args[i] == '-d' && i + 1 < args.length) device = args[++i];
    else if (args[i] == '-l' && i + 1 < args.length) label = args[++i];
    else if (args[i] == '-z' && i + 1 < args.length) from = args[++i];
    else if (args[i] == '-f') trusted = true;
    else if (args[i].startsWith('-')) {
      say('usage: ' + USAGE + '\n');
      return 2;
    } else name = args[i];
  }
  if (calls.getuid() != 0) {
    say('login: Not owner\n');
    return 1;
  }
  ignoreSignal(SIGQUIT);
  ignoreSignal(SIGTSTP);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (!name.length) {
      out(hostName() + ' ' + (label.length ? label : lineName(device)) + ' login: ');
      flush();
      const line = new Reader(0).line();
      if (line == null) return 0;
      name = line.trim();
      if (!name.length) continue;
    }
    const user = authenticate(name, trusted);
    if (user) return session(user);
    say('Login incorrect\n');
    name = '';
  }
  return 0;
}

/** Null: not this user. An unknown user and a wrong password look alike. */
function authenticate(name: string, trusted: bool): User | null {
  const user = findUserByName(name);
  const hash = user ? passwordHash(name) : null;
  if (user && (trusted || (hash != null && !hash.length))) return allowedHere(user) ? user : UNKNOWN;
  const typed = askSecretly('Password: ');
  if (user && hash != null && typed != null && verifies(typed, hash)) return allowedHere(user) ? user : UNKNOWN;
  sleepFor(PENALTY);
  return UNKNOWN;
}

/** Root may be limited to the console. */
function allowedHere(user: User): bool {
  if (user.uid || from.length) return true;
  const descriptor = openFile('/etc/default/login', O_RDONLY);
  if (descriptor < 0) return true;
  const lines = readAll(descriptor).split('\n');
  calls.close(descriptor);
  for (let i = 0; i < lines.length; i++) {
    if (!lines[i].startsWith('CONSOLE=') || lines[i].substring(8) == device) continue;
    say('Not on system console\n');
    return false;
  }
  return true;
}

function session(user: User): i32 {
  const quiet = status(user.home + '/.hushlogin', true) != null;
  if (!quiet) showLast(user);
  const login = new Login();
  login.user = user.name;
  login.line = lineName(device);
  login.id = login.line.substring(0, 2);
  login.type = USER_PROCESS;
  login.pid = <i32>calls.getpid();
  recordLogin(login);
  if (!quiet) {
    const motd = openFile('/etc/motd', O_RDONLY);
    if (motd >= 0) {
      out(readAll(motd));
      calls.close(motd);
    }
  }
  flush();
  const shell = fork();
  if (!shell) startShell(user);
  ignoreSignal(SIGINT);
  // The end of the session is for the shell too, which takes no SIGTERM.
  onSignal(SIGTERM);
  onSignal(SIGHUP);
  while (shell > 0 && waitFor(shell).pid == -4) {
    if (!takeSignal()) continue;
    calls.kill(shell, SIGHUP);
    calls.kill(shell, SIGCONT);
  }
  login.type = DEAD_PROCESS;
  login.time = 0;
  recordLogin(login);
  return 0;
}

/** The child. Does not return. */
function startShell(user: User): void {
  defaultSignal(SIGQUIT);
  defaultSignal(SIGTSTP);
  calls.chown(pathOf(device), <i32>user.uid, <i32>user.gid);
  if (!becomeUser(user)) {
    say('login: cannot become ' + user.name + '\n');
    calls.exit(1);
  }
  if (calls.chdir(pathOf(user.home)) < 0) {
    say('No directory! Logging in with home=/\n');
    calls.chdir(pathOf('/'));
  }
  let terminal = '';
  const given = environment();
  for (let i = 0; i < given.length; i++) if (given[i].startsWith('TERM=')) terminal = given[i].substring(5);
  const shell = user.shell.length ? user.shell : '/usr/bin/sh';
  const error = execute(shell, ['-' + shell.substring(shell.lastIndexOf('/') + 1)], loginEnvironment(user, terminal));
  say('login: ' + shell + ': ' + errorText(-error) + '\n');
  calls.exit(1);
}

/** When the user was here before. */
function showLast(user: User): void {
  const logins = readLogins(WTMPX);
  for (let i = logins.length - 1; i >= 0; i--) {
    if (logins[i].type != USER_PROCESS || logins[i].user != user.name) continue;
    const from = logins[i].host.length ? 'from ' + logins[i].host : 'on ' + logins[i].line;
    out('Last login: ' + longTime(<u64>logins[i].time) + ' ' + from + '\n');
    return;
  }
}
