// SPDX-License-Identifier: MIT
/** @fileoverview zoneadm(8): administer zones */
/** @manual
 * DESCRIPTION
 * Lists zones, and takes a zone that zonecfg(8) has configured through its states: install makes its root, boot starts it, halt ends it,
 * uninstall takes the root away.
 *
 * SUBCOMMANDS
 *   list [-cipv]       running zones; -i: installed ones, too; -c: all that are configured; -v: what they are; -p: for programs
 *   install [-q quota] [-t image]
 *                      makes the zone's root: a clone of an image (imgadm(8)), without -t a copy of the brand's skeleton; quota: GiB, 0 for none
 *   ready              makes the zone and mounts its file systems, but starts nothing
 *   boot [-- args]     starts the zone's init
 *   shutdown [-r]      asks the zone to stop its services and to end; -r: boots it again
 *   reboot             ends all its processes, and boots it again
 *   halt               ends all its processes at once
 *   uninstall [-F]     takes the zone's root away; -F: without asking
 *   clone [-m copy] [-s snapshot] source
 *                      makes the zone's root of another zone's, which is halted: a clone of its dataset, or of a snapshot of that, or copied files
 *   move path          the zone, halted, gets another zonepath
 *   mark incomplete    an installed zone counts as one whose installing broke off: it can be uninstalled, and nothing else
 *   verify             looks whether the configuration could be installed
 *
 * SEE ALSO
 * zonecfg(8), zlogin(1), zoneadmd(8), zones(7)
 */
import * as calls from '../../lib/calls';
import { out, Reader, flush, say } from '../../lib/io';
import { Options } from '../../lib/options';
import { padLeft, padRight, parseNumber } from '../../lib/text';
import { isUuid } from '../../lib/uuid';
import { problem as brandProblem, readBrand } from '../../lib/zones/brand';
import {
  Configuration,
  CONFIGURED,
  Entry,
  entryOf,
  INCOMPLETE,
  INSTALLED,
  problem,
  readConfiguration,
  readIndex,
  setEntry,
  withReason,
} from '../../lib/zones/configuration';
import {
  ATTR_BRAND,
  ATTR_NAME,
  ATTR_ROOT,
  GLOBAL,
  ownZoneId,
  privilegesOf,
  problem as privilegeProblem,
  zoneId,
  zoneIds,
  zoneText,
  hasExclusiveIp,
} from '../../lib/zones/kernel';
import { clone, move } from './_clone';
import { install, uninstall, Wish } from './_install';
import { Answer, askDaemon, startDaemon, stateOf } from './_state';

/** How often a daemon is asked that may just be ending. */
const TRIES: i32 = 3;
export const USAGE: string =
  'zoneadm list [-cipv]\n' +
  'zoneadm -z zonename ready | boot [-- args] | reboot | halt\n' +
  'zoneadm -z zonename shutdown [-r] | verify\n' +
  'zoneadm -z zonename install [-q quota] [-t image] | uninstall [-F]\n' +
  'zoneadm -z zonename clone [-m copy] [-s snapshot] source\n' +
  'zoneadm -z zonename move path | mark incomplete';

export function main(args: string[]): i32 {
  if (args.length > 1 && args[1] == 'list') return list(args.slice(2), '');
  if (args.length < 4 || args[1] != '-z') {
    say('usage: ' + USAGE.replaceAll('\n', '\n       ') + '\n');
    return 2;
  }
  const name = args[2];
  const rest = args.slice(4);
  const command = args[3];
  if (command == 'list') return list(rest, name);
  if (ownZoneId() != GLOBAL) return fail(name, 'must be in the global zone to ' + command + ' a zone');
  if (name == 'global') return fail(name, command + ' operation is invalid for the global zone.');
  const entry = entryOf(readIndex(), name);
  if (!entry) {
    say('zoneadm: ' + name + ': No such zone configured\n');
    return 1;
  }
  if (calls.getuid() != 0) return fail(name, 'you lack sufficient privilege');
  switch (SUBCOMMANDS.indexOf(command)) {
    case 0:
      return installZone(entry, rest);
    case 1:
      return uninstallZone(entry, rest.includes('-F'));
    case 2:
      return verify(entry) ? 0 : 1;
    case 3:
      return start(entry, 'ready');
    case 4:
      return start(entry, 'boot' + (rest.length > 1 && rest[0] == '--' ? ' ' + rest.slice(1).join(' ') : ''));
    case 5:
      return rest.includes('-r') ? change(entry, 'reboot') : change(entry, 'shutdown');
    case 6:
      return change(entry, 'reboot');
    case 7:
      return change(entry, 'halt');
    case 8:
      return cloneZone(entry, rest);
    case 9:
      return moveZone(entry, rest);
    case 10:
      return markZone(entry, rest);
  }
  say('zoneadm: ' + command + ': unknown subcommand\n');
  return 2;
}
const SUBCOMMANDS: string[] = [
  'install',
  'uninstall',
  'verify',
  'ready',
  'boot',
  'shutdown',
  'reboot',
  'halt',
  'clone',
  'move',
  'mark',
];

function fail(name: string, what: string): i32 {
  say("zoneadm: zone '" + name + "': " + what + '\n');
  return 1;
}

// ---- list

class Line {
  constructor(
    readonly id: i32,
    readonly entry: Entry,
    readonly brand: string,
    readonly hasExclusiveIp: bool,
  ) {}
}

function list(options: string[], only: string): i32 {
  let flags = '';
  for (let i = 0; i < options.length; i++) {
    if (!options[i].startsWith('-')) {
      say('usage: zoneadm list [-cipv]\n');
      return 2;
    }
    flags += options[i].substring(1);
  }
  const lines: Line[] = [];
  const ids = zoneIds();
  const entries = readIndex();
  for (let i = 0; i < ids.length; i++) {
    const name = zoneText(ids[i], ATTR_NAME);
    const own = ids[i] == GLOBAL || ownZoneId() != GLOBAL;
    const known = entryOf(entries, name);
    const entry = known ? known : new Entry(name, 'running', own ? '/' : zoneText(ids[i], ATTR_ROOT), '');
    if (own) entry.state = 'running';
    lines.push(new Line(ids[i], entry, ids[i] == GLOBAL ? 'liveimg' : zoneText(ids[i], ATTR_BRAND), hasExclusiveIp(ids[i])));
  }
  const all = flags.includes('c');
  for (let i = 0; i < entries.length && ownZoneId() == GLOBAL; i++) {
    if (zoneId(entries[i].name) >= 0) continue;
    if (!all && !(flags.includes('i') && entries[i].state == INSTALLED) && entries[i].name != only) continue;
    const configuration = readConfiguration(entries[i].name);
    lines.push(
      new Line(-1, entries[i], configuration ? configuration.brand : '', configuration != null && configuration.hasExclusiveIp),
    );
  }
  let shown = 0;
  if (flags.includes('v')) out('  ID NAME             STATUS     PATH                           BRAND    IP    \n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    if (only.length && line.entry.name != only) continue;
    shown++;
    print(line, flags);
  }
  if (shown || !only.length) return 0;
  say('zoneadm: ' + only + ': No such zone configured\n');
  return 1;
}

function print(line: Line, flags: string): void {
  const entry = line.entry;
  const id = line.id < 0 ? '-' : line.id.toString();
  const state = line.id == GLOBAL || ownZoneId() != GLOBAL ? 'running' : stateOf(entry);
  const ip = line.hasExclusiveIp ? 'excl' : 'shared';
  if (flags.includes('p')) out([id, entry.name, state, entry.path, entry.uuid, line.brand, ip].join(':') + '\n');
  else if (!flags.includes('v')) out(entry.name + '\n');
  else
    out(
      padLeft(id, 4) +
        ' ' +
        padRight(entry.name, 16) +
        ' ' +
        padRight(state, 10) +
        ' ' +
        padRight(entry.path, 30) +
        ' ' +
        padRight(line.brand, 8) +
        ' ' +
        padRight(ip, 6) +
        '\n',
    );
}

// ---- changes of state

/** A zone's configuration, if it could be used; else it says why not. */
function verify(entry: Entry): Configuration | null {
  const configuration = readConfiguration(entry.name);
  let wrong = '';
  if (!configuration) wrong = problem.length ? problem : 'No such zone configured';
  else if (!configuration.zonepath.startsWith('/')) wrong = 'zonepath is not an absolute path';
  else if (!privilegesOf(configuration.limitpriv)) wrong = privilegeProblem;
  if (!wrong.length) return configuration;
  fail(entry.name, wrong);
  return null;
}

function installZone(entry: Entry, words: string[]): i32 {
  if (stateOf(entry) != CONFIGURED) return fail(entry.name, 'must be configured before install.');
  const configuration = verify(entry);
  if (!configuration) return 1;
  const brand = readBrand(configuration.brand);
  if (!brand) return fail(entry.name, brandProblem);
  const options = new Options(
    ['zoneadm'].concat(words),
    'zoneadm -z zonename install [-q quota] [-t image]',
    brand.installOptions,
  );
  const wish = new Wish();
  for (let letter = options.next(); letter != ''; letter = options.next()) {
    if (letter == 't') wish.image = options.argument;
    else wish.quota = parseNumber(options.argument);
  }
  if (options.failed) return 2;
  if (wish.quota < 0) return fail(entry.name, 'the quota must be a number of GiB');
  if (wish.image.length && !isUuid(wish.image)) return fail(entry.name, wish.image + ': not the UUID of an image');
  const failed = install(configuration, wish);
  return failed.length ? fail(entry.name, failed) : 0;
}

function uninstallZone(entry: Entry, force: bool): i32 {
  const state = stateOf(entry);
  if (state == CONFIGURED) return fail(entry.name, 'must be installed before uninstall.');
  if (zoneId(entry.name) >= 0) return fail(entry.name, 'uninstall operation is invalid for ' + state + ' zones.');
  if (!force) {
    out('Are you sure you want to uninstall zone ' + entry.name + ' (y/[n])? ');
    flush();
    const answer = new Reader(0).line();
    if (answer == null || !answer.startsWith('y')) return 1;
  }
  const failed = uninstall(entry);
  return failed.length ? fail(entry.name, failed) : 0;
}

function cloneZone(entry: Entry, words: string[]): i32 {
  if (stateOf(entry) != CONFIGURED) return fail(entry.name, 'must be configured before clone.');
  const usage = 'zoneadm -z zonename clone [-m copy] [-s snapshot] source';
  const options = new Options(['zoneadm'].concat(words), usage, 'm:s:');
  let copies = false;
  let snapshot = '';
  for (let letter = options.next(); letter != ''; letter = options.next()) {
    if (letter == 's') snapshot = options.argument;
    else if (options.argument == 'copy') copies = true;
    else return fail(entry.name, options.argument + ': the method is copy');
  }
  const operands = options.operands();
  if (options.failed || operands.length != 1) {
    say('usage: ' + usage + '\n');
    return 2;
  }
  const source = entryOf(readIndex(), operands[0]);
  if (!source || source.name == entry.name) return fail(entry.name, operands[0] + ': no zone to clone');
  if (stateOf(source) != INSTALLED) return fail(source.name, 'must be installed and halted to be cloned.');
  const configuration = verify(entry);
  if (!configuration) return 1;
  const failed = clone(configuration, source, copies, snapshot);
  return failed.length ? fail(entry.name, failed) : 0;
}

function moveZone(entry: Entry, words: string[]): i32 {
  if (stateOf(entry) != INSTALLED) return fail(entry.name, 'must be installed and halted before move.');
  const path = words.length == 1 ? words[0] : '';
  if (!path.startsWith('/') || path.endsWith('/') || (path + '/').includes('/../'))
    return fail(entry.name, 'move needs an absolute path');
  const entries = readIndex();
  for (let i = 0; i < entries.length; i++)
    if ((path + '/').startsWith(entries[i].path + '/') || (entries[i].path + '/').startsWith(path + '/'))
      return fail(entry.name, 'zonepath (' + path + ') is in use by zone ' + entries[i].name);
  const configuration = verify(entry);
  if (!configuration) return 1;
  const failed = move(configuration, entry, path);
  return failed.length ? fail(entry.name, failed) : 0;
}

function markZone(entry: Entry, words: string[]): i32 {
  if (words.length != 1 || words[0] != INCOMPLETE) {
    say('usage: zoneadm -z zonename mark incomplete\n');
    return 2;
  }
  if (stateOf(entry) != INSTALLED) return fail(entry.name, 'must be installed and halted before mark.');
  const error = setEntry(entry.name, INCOMPLETE, entry.path);
  return error < 0 ? fail(entry.name, withReason('/etc/zones/index', error)) : 0;
}

function start(entry: Entry, request: string): i32 {
  const state = stateOf(entry);
  if (state == 'running') return fail(entry.name, 'zone is already booted');
  if (state != INSTALLED && state != 'ready') return fail(entry.name, 'must be installed before ' + request.split(' ')[0] + '.');
  if (!verify(entry)) return 1;
  // One that holds only a console may end at any moment.
  let answer: Answer | null = null;
  for (let tries = 0; tries < TRIES && !answer; tries++) {
    if (!startDaemon(entry.name)) return fail(entry.name, 'could not start zoneadmd');
    answer = askDaemon(entry.name, request);
  }
  return report(entry, answer);
}

function change(entry: Entry, request: string): i32 {
  const state = stateOf(entry);
  if (zoneId(entry.name) < 0) return fail(entry.name, 'zone is already ' + (state == INSTALLED ? 'halted' : state));
  if (state != 'running' && request != 'halt') return fail(entry.name, 'must be running before ' + request + '.');
  return report(entry, askDaemon(entry.name, request));
}

function report(entry: Entry, answer: Answer | null): i32 {
  if (!answer) return fail(entry.name, 'zoneadmd does not answer');
  return answer.status ? fail(entry.name, answer.text) : 0;
}
