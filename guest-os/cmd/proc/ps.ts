// SPDX-License-Identifier: MIT
/** @fileoverview ps(1): show processes */
/** @manual
 * DESCRIPTION
 * Shows the processes of this user at this terminal.
 *
 * OPTIONS
 *   -e, -A   all;  -a  all at terminals but session leaders;  -d  all but those
 *   -p list, -u list, -U list, -t list, -g list, -s list   these processes, users, terminals, groups, sessions
 *   -f   more columns;  -l  still more;  -c  the scheduling class, and the priority, instead of C;  -y  with -l, memory instead of addresses
 *   -o format   these columns, with a title behind =: user ruser uid pid ppid pgid sid s nlwp nice pri vsz rss pcpu pmem stime etime time tty
 *   fname comm args zone zoneid ctid taskid projid gid group c class
 *   -z list   of these zones;  -Z  with the zone
 *
 * aux and the like, without a dash, show all with shares of processor and memory.
 */
import * as calls from '../../lib/calls';
import { Moment, two } from '../../lib/dates';
import { effectiveUser } from '../../lib/identity';
import { out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { allProcesses, Process, processOf, terminalOf } from '../../lib/processes';
import { padLeft, padRight } from '../../lib/text';
import { groupName, userName } from '../../lib/users';
import { ATTR_NAME, zoneText } from '../../lib/zones/kernel';

export const USAGE: string =
  'ps [-aAcdefjlLyZ] [-o format] [-p proclist] [-t term] [-u uidlist] [-U uidlist] [-g grplist] [-s sidlist] [-z zonelist]';

let now: i64 = 0;

/** A column: what it is, its title, its width; below 0 to the left. */
class Column {
  constructor(
    readonly name: string,
    readonly title: string,
    readonly width: i32,
  ) {}
}

const COLUMNS: Column[] = [
  new Column('user', 'USER', 8),
  new Column('ruser', 'RUSER', 8),
  new Column('uid', 'UID', 5),
  new Column('ruid', 'RUID', 5),
  new Column('gid', 'GID', 5),
  new Column('group', 'GROUP', 8),
  new Column('rgroup', 'RGROUP', 8),
  new Column('pid', 'PID', 6),
  new Column('ppid', 'PPID', 6),
  new Column('pgid', 'PGID', 6),
  new Column('sid', 'SID', 6),
  new Column('s', 'S', 1),
  new Column('nlwp', 'NLWP', 4),
  new Column('nice', 'NI', 2),
  new Column('pri', 'PRI', 3),
  new Column('vsz', 'VSZ', 7),
  new Column('rss', 'RSS', 7),
  new Column('pcpu', '%CPU', 4),
  new Column('pmem', '%MEM', 4),
  new Column('stime', 'STIME', 8),
  new Column('etime', 'ELAPSED', 11),
  new Column('time', 'TIME', 11),
  new Column('tty', 'TT', -8),
  new Column('fname', 'COMMAND', -8),
  new Column('comm', 'COMMAND', -80),
  new Column('args', 'COMMAND', -80),
  new Column('zone', 'ZONE', 8),
  new Column('zoneid', 'ZONEID', 6),
  new Column('ctid', 'CTID', 6),
  new Column('taskid', 'TASKID', 6),
  new Column('projid', 'PROJID', 6),
  new Column('c', 'C', 2),
  new Column('cls', 'CLS', 3),
];

export function main(args: string[]): i32 {
  now = calls.time();
  const words = args.slice(0);
  const berkeley = words.length > 1 && !words[1].startsWith('-');
  if (berkeley) words[1] = '-' + words[1];
  const options = new Options(words, USAGE, berkeley ? 'aefglnruvwxSU' : 'aAcdefg:G:jlLo:p:s:t:u:U:yz:ZPH', []);
  let given = '';
  const formats: string[] = [];
  // Each list by its letter.
  const lists = new Map<string, string[]>();
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'o') formats.push(options.argument);
    else if (!berkeley && 'gGpstuUz'.includes(option)) {
      const parts = options.argument.replaceAll(' ', ',').split(',');
      lists.set(option, lists.has(option) ? lists.get(option).concat(parts) : parts);
    } else given += option;
  }
  if (options.failed) return 1;
  const columns: Column[] = [];
  for (let i = 0; i < formats.length; i++) if (!addColumns(columns, formats[i])) return 1;
  const own = processOf('self');
  if (!own) {
    say('ps: no /proc/self\n');
    return 1;
  }
  const all = allProcesses();
  const shown: Process[] = [];
  for (let i = 0; i < all.length; i++)
    if (berkeley ? ofBerkeley(all[i], given, own) : chosen(all[i], given, lists, own)) shown.push(all[i]);
  if (berkeley) table(shown);
  else if (columns.length) custom(shown, columns);
  else if (given.includes('l')) long(shown, given);
  else if (given.includes('f')) full(shown, given);
  else plain(shown, given);
  return shown.length || !lists.size ? 0 : 1;
}

function addColumns(columns: Column[], format: string): bool {
  // A title takes the rest of the text.
  const equals = format.indexOf('=');
  const names = (equals < 0 ? format : format.substring(0, equals)).replaceAll(' ', ',').split(',');
  for (let i = 0; i < names.length; i++) {
    if (!names[i].length) continue;
    const name =
      names[i] == 'class'
        ? 'cls'
        : names[i] == 'tt'
          ? 'tty'
          : names[i] == 'ni'
            ? 'nice'
            : names[i] == 'command' || names[i] == 'cmd'
              ? 'args'
              : names[i];
    let found = false;
    for (let k = 0; k < COLUMNS.length; k++) {
      if (COLUMNS[k].name != name) continue;
      const last = i == names.length - 1 && equals >= 0;
      columns.push(last ? new Column(name, format.substring(equals + 1), COLUMNS[k].width) : COLUMNS[k]);
      found = true;
    }
    if (found) continue;
    say('ps: unknown output format: -o ' + names[i] + '\n');
    misused(USAGE);
    return false;
  }
  return true;
}

function inList(lists: Map<string, string[]>, letter: string, value: string, other: string): bool {
  if (!lists.has(letter)) return false;
  const list = lists.get(letter);
  return list.includes(value) || list.includes(other);
}

function chosen(process: Process, given: string, lists: Map<string, string[]>, own: Process): bool {
  if (given.includes('e') || given.includes('A')) return true;
  const leader = process.pid == process.sid;
  const hasTerminal = process.terminal != u64.MAX_VALUE;
  if (given.includes('d') && !leader) return true;
  if (given.includes('a') && !leader && hasTerminal) return true;
  if (inList(lists, 'p', process.pid.toString(), '')) return true;
  if (inList(lists, 'u', userName(process.euid), process.euid.toString())) return true;
  if (inList(lists, 'U', userName(process.uid), process.uid.toString())) return true;
  if (inList(lists, 'g', process.sid.toString(), process.pgid.toString())) return true;
  if (inList(lists, 's', process.sid.toString(), '')) return true;
  if (inList(lists, 't', terminalOf(process.terminal), '/dev/' + terminalOf(process.terminal))) return true;
  if (inList(lists, 'z', process.zone.toString(), zoneText(process.zone, ATTR_NAME))) return true;
  if (lists.size || given.includes('a') || given.includes('d')) return false;
  return process.terminal == own.terminal && process.euid == effectiveUser();
}

function ofBerkeley(process: Process, given: string, own: Process): bool {
  if (!given.includes('x') && process.terminal == u64.MAX_VALUE) return false;
  return given.includes('a') || process.euid == own.euid;
}

// ---- values

/** m:ss, as it has always been. */
function minutes(process: Process): string {
  const seconds = process.time / 1000000000;
  return (seconds / 60).toString() + ':' + two(<i32>(seconds % 60));
}

/** [[dd-]hh:]mm:ss */
function elapsed(seconds: i64, hours: bool): string {
  const days = seconds / 86400;
  const rest = <i32>(seconds % 86400);
  let text = two((rest / 60) % 60) + ':' + two(rest % 60);
  if (days || rest >= 3600 || hours) text = two(rest / 3600) + ':' + text;
  return (days ? two(<i32>days) + '-' : '') + text;
}

function started(process: Process): string {
  const moment = new Moment(process.started);
  if (now - process.started < 86400) return moment.clock + ':' + moment.seconds;
  return moment.monthName + ' ' + two(moment.day);
}

/** Tenths of a percent from parts of 0x8000. */
function percent(share: u32): string {
  const tenths = (share * 1000 + 0x4000) / 0x8000;
  return (tenths / 10).toString() + '.' + (tenths % 10).toString();
}

function value(process: Process, name: string): string {
  if (name == 'user') return userName(process.euid);
  if (name == 'ruser') return userName(process.uid);
  if (name == 'uid') return process.euid.toString();
  if (name == 'ruid') return process.uid.toString();
  if (name == 'gid') return process.egid.toString();
  if (name == 'group') return groupName(process.egid);
  if (name == 'rgroup') return groupName(process.gid);
  if (name == 'pid') return process.pid.toString();
  if (name == 'ppid') return process.ppid.toString();
  if (name == 'pgid') return process.pgid.toString();
  if (name == 'sid') return process.sid.toString();
  if (name == 's') return process.state;
  if (name == 'nlwp') return process.threads.toString();
  if (name == 'nice') return process.nice.toString();
  if (name == 'pri') return process.priority.toString();
  if (name == 'vsz') return process.size.toString();
  if (name == 'rss') return process.resident.toString();
  if (name == 'pcpu') return percent(process.cpuShare);
  if (name == 'pmem') return percent(process.memoryShare);
  if (name == 'stime') return started(process);
  if (name == 'etime') return elapsed(now - process.started, false);
  if (name == 'time') return elapsed(<i64>(process.time / 1000000000), false);
  if (name == 'tty') return terminalOf(process.terminal);
  if (name == 'fname') return process.isZombie ? '<defunct>' : process.name;
  if (name == 'comm') return process.isZombie ? '<defunct>' : process.command.split(' ')[0];
  if (name == 'zone') return zoneText(process.zone, ATTR_NAME);
  if (name == 'zoneid') return process.zone.toString();
  if (name == 'ctid') return process.contract ? process.contract.toString() : '-';
  if (name == 'taskid') return process.task.toString();
  if (name == 'projid') return process.project.toString();
  if (name == 'c') return process.utilization.toString();
  return name == 'cls' ? process.schedulingClass : process.shown;
}

// ---- forms

function placed(text: string, width: i32, last: bool): string {
  if (width >= 0) return padLeft(text, width);
  return last ? text : padRight(text, -width);
}

function custom(list: Process[], columns: Column[]): void {
  let title = '';
  let any = false;
  for (let i = 0; i < columns.length; i++) {
    if (columns[i].title.length) any = true;
    title += (i ? ' ' : '') + placed(columns[i].title, columns[i].width, i == columns.length - 1);
  }
  if (any) out(title + '\n');
  for (let i = 0; i < list.length; i++) {
    let line = '';
    for (let k = 0; k < columns.length; k++)
      line += (k ? ' ' : '') + placed(value(list[i], columns[k].name), columns[k].width, k == columns.length - 1);
    out(line + '\n');
  }
}

function zonePart(process: Process | null, given: string): string {
  if (!given.includes('Z')) return '';
  return padLeft(process ? value(process, 'zone') : 'ZONE', 8) + ' ';
}

/** With -c: the scheduling class, and the priority. */
function classPart(process: Process): string {
  return padLeft(process.isZombie ? '-' : process.schedulingClass, 5) + padLeft(process.priority.toString(), 4);
}

function plain(list: Process[], given: string): void {
  const classes = given.includes('c');
  out(zonePart(null, given) + '   PID ' + (classes ? ' CLS PRI ' : '') + 'TTY         TIME CMD\n');
  for (let i = 0; i < list.length; i++) {
    const process = list[i];
    const name = process.isZombie ? '<defunct>' : process.name;
    out(
      zonePart(process, given) +
        padLeft(process.pid.toString(), 6) +
        (classes ? classPart(process) : '') +
        ' ' +
        padRight(terminalOf(process.terminal), 8) +
        padLeft(minutes(process), 8) +
        ' ' +
        name +
        '\n',
    );
  }
}

function full(list: Process[], given: string): void {
  const classes = given.includes('c');
  const heading = classes ? '  CLS PRI' : '   C';
  out(zonePart(null, given) + '     UID   PID  PPID' + heading + '    STIME TTY         TIME CMD\n');
  for (let i = 0; i < list.length; i++) {
    const process = list[i];
    out(
      zonePart(process, given) +
        padLeft(userName(process.euid), 8) +
        padLeft(process.pid.toString(), 6) +
        padLeft(process.ppid.toString(), 6) +
        (classes ? classPart(process) : padLeft(process.utilization.toString(), 4)) +
        ' ' +
        padLeft(started(process), 8) +
        ' ' +
        padRight(terminalOf(process.terminal), 8) +
        padLeft(minutes(process), 8) +
        ' ' +
        process.shown +
        '\n',
    );
  }
}

function long(list: Process[], given: string): void {
  const memory_ = given.includes('y');
  const classes = given.includes('c');
  const heading = classes ? '  CLS PRI' : '   C PRI NI';
  out(zonePart(null, given) + ' S    UID   PID  PPID' + heading + (memory_ ? '   RSS' : '') + '     SZ TTY         TIME CMD\n');
  for (let i = 0; i < list.length; i++) {
    const process = list[i];
    let text =
      zonePart(process, given) +
      ' ' +
      process.state +
      padLeft(process.euid.toString(), 7) +
      padLeft(process.pid.toString(), 6) +
      padLeft(process.ppid.toString(), 6);
    if (classes) text += classPart(process);
    else {
      text += padLeft(process.utilization.toString(), 4) + padLeft(process.priority.toString(), 4);
      text += padLeft(process.nice.toString(), 3);
    }
    if (memory_) text += padLeft(process.resident.toString(), 6);
    // Pages, or KiB with -y.
    text +=
      padLeft((memory_ ? process.size : process.size / 4).toString(), 7) +
      ' ' +
      padRight(terminalOf(process.terminal), 8) +
      padLeft(minutes(process), 8);
    out(text + ' ' + (given.includes('f') ? process.shown : process.isZombie ? '<defunct>' : process.name) + '\n');
  }
}

function table(list: Process[]): void {
  out('USER       PID %CPU %MEM   SZ  RSS TT       S    START  TIME COMMAND\n');
  for (let i = 0; i < list.length; i++) {
    const process = list[i];
    out(
      padRight(userName(process.euid), 8) +
        padLeft(process.pid.toString(), 6) +
        padLeft(percent(process.cpuShare), 5) +
        padLeft(percent(process.memoryShare), 5) +
        padLeft(process.size.toString(), 5) +
        padLeft(process.resident.toString(), 5) +
        ' ' +
        padRight(terminalOf(process.terminal), 8) +
        ' ' +
        process.state +
        padLeft(started(process), 9) +
        padLeft(minutes(process), 6) +
        ' ' +
        process.shown +
        '\n',
    );
  }
}
