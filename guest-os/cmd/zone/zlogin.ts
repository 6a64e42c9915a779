// SPDX-License-Identifier: MIT
/** @fileoverview zlogin(1): enter a zone */
/** @manual
 * DESCRIPTION
 * Logs in to a running zone from the global zone, on a terminal of the zone's; or runs a command in it and ends with its status. `~.` at the
 * start of a line leaves.
 *
 * OPTIONS
 *   -C        the zone's console, also while the zone does not run: it stays there when the zone boots and halts
 *   -S        a shell without login or profile, for a zone in which those are broken
 *   -e char   another escape character
 *   -E        none
 *   -l user   as this user, not as root
 *
 * SEE ALSO
 * zoneadm(8), zonename(1), zones(7)
 */
import * as calls from '../../lib/calls';
import { O_RDWR, openFile, out, flush, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { environment, execute, fork, ignoreSignal, onSignal, SIGINT, SIGQUIT, variableIn, waitFor } from '../../lib/process';
import { openMaster, slaveName } from '../../lib/ptyMaster';
import { columns, isTerminal, rows, Settings } from '../../lib/tty';
import { connectTo } from '../../lib/unixSocket';
import { withReason } from '../../lib/zones/configuration';
import { entryOf, readIndex } from '../../lib/zones/configuration';
import { enterZone, GLOBAL, ownZoneId, zoneId, zoneStatus, ZONE_IS_RUNNING } from '../../lib/zones/kernel';
import { relay } from './_session';
import { ADMITTED, consoleOf, startDaemon } from './_state';

export const USAGE: string =
  'zlogin [-ES] [-e char] [-l user] zonename [command [argument ...]]\n' + 'zlogin -C [-E] [-e char] zonename';

const SIGWINCH: i32 = 20;
const TIOCSWINSZ: i32 = 0x5467;
const window = memory.data(8, 8);
const ENVIRONMENT: string[] = [
  'PATH=/usr/sbin:/usr/bin',
  'HOME=/root',
  'LOGNAME=root',
  'USER=root',
  'SHELL=/usr/bin/bash',
  'TZ=UTC',
];

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'CESe:l:');
  let user = 'root';
  let escape: u8 = 0x7e;
  let toConsole = false;
  let safe = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'C') toConsole = true;
    else if (option == 'S') safe = true;
    else if (option == 'E') escape = 0;
    else if (option == 'l') user = options.argument;
    else escape = <u8>options.argument.charCodeAt(0);
  }
  const words = options.operands();
  if (options.failed || !words.length) return options.failed ? 2 : usage();
  const name = words[0];
  if (ownZoneId() != GLOBAL) return fail('can only be used from the global zone');
  if (name == 'global') return fail('cannot log in to the global zone');
  if (calls.getuid() != 0) return fail('you lack sufficient privilege');
  if (!entryOf(readIndex(), name) && zoneId(name) < 0) return fail("zone '" + name + "' unknown");
  if (toConsole) return consoleSession(name, escape);
  const zone = zoneId(name);
  if (zone < 0 || zoneStatus(zone) != ZONE_IS_RUNNING)
    return fail('login allowed only to running zones (' + name + " is '" + (zone < 0 ? 'installed' : 'ready') + "').");
  if (words.length > 1) return run(zone, user, words.slice(1), safe);
  return isTerminal(0) ? session(zone, name, user, safe, escape) : run(zone, user, [], safe);
}

function usage(): i32 {
  say('usage: ' + USAGE.replaceAll('\n', '\n       ') + '\n');
  return 2;
}
function fail(what: string): i32 {
  say('zlogin: ' + what + '\n');
  return 1;
}

/** Becomes what runs in the zone: a login on a line, or a plain shell; with a command, a shell that runs it. */
function become(zone: i32, user: string, words: string[], safe: bool, line: string, terminal: string): void {
  const error = enterZone(zone);
  if (error < 0) {
    say(withReason('zlogin: could not enter zone', error) + '\n');
    calls.exit(1);
  }
  const variables = ENVIRONMENT.concat(['TERM=' + terminal]);
  const command = words.join(' ');
  if (safe) execute('/sbin/sh', words.length ? ['sh', '-c', command] : ['sh'], variables);
  else if (!words.length) execute('/usr/bin/login', ['login', '-f', '-z', 'global', '-d', line, user], variables);
  else execute('/usr/bin/su', user == 'root' ? ['su', user, '-c', command] : ['su', '-', user, '-c', command], variables);
  say('zlogin: could not start a shell in the zone\n');
  calls.exit(1);
}

/** A command, or a shell that reads what is not a terminal: its standard files are the caller's. */
function run(zone: i32, user: string, words: string[], safe: bool): i32 {
  const pid = fork();
  if (!pid) {
    if (!words.length) words = ['exec', '/usr/bin/bash'];
    become(zone, user, words, safe, '', '');
  }
  const news = waitFor(pid);
  return news.status;
}

function session(zone: i32, name: string, user: string, safe: bool, escape: u8): i32 {
  const master = openMaster(zone);
  if (master < 0) return fail(withReason('could not make a terminal', master));
  const line = slaveName(master);
  out("[Connected to zone '" + name + "' " + line + ']\n');
  flush();
  setWindow(master);
  const term = variableIn(environment(), 'TERM');
  const pid = fork();
  if (!pid) {
    calls.pgrpsys(3, 0, 0);
    const slave = openFile('/dev/' + line, O_RDWR);
    for (let i = 0; i < 3; i++) {
      calls.close(i);
      calls.fcntl(slave, 0, i);
    }
    calls.close(slave);
    calls.close(master);
    become(zone, user, [], safe, '/dev/' + line, term == null ? 'xterm' : term);
  }
  const settings = Settings.of(0);
  if (settings) settings.transparent().apply(0);
  onSignal(SIGWINCH);
  const escaped = relay(0, 1, master, escape, setWindow);
  if (settings) settings.apply(0);
  calls.close(master);
  const news = waitFor(pid);
  out("\n[Connection to zone '" + name + "' " + line + ' closed]\n');
  return escaped ? 0 : news.status;
}

/** The terminal in the zone is as large as the user's. */
function setWindow(master: i32): void {
  store<u16>(window, <u16>rows(0));
  store<u16>(window, <u16>columns(0), 2);
  store<u32>(window, 0, 4);
  calls.ioctl(master, TIOCSWINSZ, window);
}

function consoleSession(name: string, escape: u8): i32 {
  const entry = entryOf(readIndex(), name);
  if (zoneId(name) < 0 && (!entry || entry.state != 'installed'))
    return fail("zone '" + name + "' must be installed to have a console");
  const far = startDaemon(name) ? connectTo(consoleOf(name)) : -1;
  if (far < 0) return fail("could not connect to the console of zone '" + name + "'");
  if (calls.read(far, window, 1) != 1 || load<u8>(window) != ADMITTED)
    return fail("the console of zone '" + name + "' is already in use");
  out("[Connected to zone '" + name + "' console]\n");
  flush();
  ignoreSignal(SIGINT);
  ignoreSignal(SIGQUIT);
  const settings = Settings.of(0);
  if (settings) settings.transparent().apply(0);
  relay(0, 1, far, escape, null);
  if (settings) settings.apply(0);
  calls.close(far);
  out("\n[Connection to zone '" + name + "' console closed]\n");
  return 0;
}
