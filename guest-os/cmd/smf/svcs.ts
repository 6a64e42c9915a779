// SPDX-License-Identifier: MIT
/** @fileoverview svcs(1): report the states of services */
/** @manual
 * DESCRIPTION
 * Lists service instances: without a pattern those that are enabled, otherwise those whose FMRI, abbreviated or as a pattern of the
 * shell's kind, matches.
 *
 * OPTIONS
 *   -a          disabled instances too
 *   -d          what the instances depend on
 *   -D          what depends on the instances
 *   -H          no header
 *   -l          everything about each instance
 *   -L          the path of its log
 *   -o columns  these columns: CTID DESC FMRI INST NSTA NSTATE SCOPE SN SVC STA STATE STIME ZONE
 *   -p          the processes of each instance
 *   -s column   sort by this column; -S the other way round
 *   -v          state it comes from, contract too
 *   -x          explain what is not running though it should
 *   -z zone     services of another zone that runs; in the global zone only
 *   -Z          services of all zones that run, sorted by zone, with the zone's name; in the global zone only
 *
 * STATES
 *   uninitialized   the restarter has not looked at it yet
 *   disabled        it shall not run
 *   offline         it shall run and does not: a dependency is missing, or a method is under way (a * behind the state)
 *   online          it runs
 *   degraded        it runs, not as it should
 *   maintenance     it has failed, and waits for an administrator
 *
 * EXIT STATUS
 *   0   done
 *   1   a pattern matched nothing, or the repository cannot be reached
 *   2   wrong usage
 *
 * SEE ALSO
 * svcadm(8), svcprop(1), smf(7)
 */
import * as calls from '../../lib/calls';
import { Moment } from '../../lib/dates';
import { namesIn } from '../../lib/files';
import { O_RDONLY, openFile, out, say } from '../../lib/io';
import { Instance, Repository } from '../../lib/smf/repository';
import { padLeft, padRight, parseNumber, zeroTerminated } from '../../lib/text';
import { currentTime } from '../../lib/time';
import { GLOBAL, ownZoneId, ZONE_IS_RUNNING, zoneId, zoneStatus } from '../../lib/zones/kernel';
import { commonName, instancesFor, longTime, sortInstances, stateTime } from './_client';
import { explain } from './_explain';
import { allPlaces, ownPlace, Place, placeOf } from './_place';

export const USAGE: string =
  'svcs [-aHpv] [-z zone | -Z] [-o column[,column ...]] [-s column] [-S column] [pattern ...]\n' +
  'svcs {-d | -D} [-Hpv] [-z zone | -Z] [-o column[,column ...]] [-s column] [-S column] pattern ...\n' +
  'svcs {-l | -L} [-z zone | -Z] pattern ...\n' +
  'svcs -x [-v] [-z zone | -Z] [pattern ...]';

class Column {
  constructor(
    public readonly name: string,
    public readonly width: i32,
  ) {}
}
const COLUMNS: Column[] = [
  new Column('STATE', 14),
  new Column('NSTATE', 14),
  new Column('STA', 3),
  new Column('NSTA', 4),
  new Column('STIME', 8),
  new Column('CTID', 6),
  new Column('ZONE', 10),
  new Column('SCOPE', 9),
  new Column('SVC', 22),
  new Column('INST', 12),
  new Column('SN', 2),
  new Column('DESC', 30),
  new Column('FMRI', 0),
];
/** In this order states are listed. */
const ORDER: string[] = ['legacy_run', 'disabled', 'online', 'degraded', 'uninitialized', 'maintenance', 'offline'];

let flags: string = '';
let columns: Column[] = [];
let sortBy: string = '';
let reversed = false;
/** The zone of -z. */
let inZone: string = '';

/** A line of the table. */
class Row {
  constructor(
    public readonly place: Place,
    public readonly instance: Instance,
  ) {}
}

function usage(): i32 {
  say('Usage: ' + USAGE.replaceAll('\n', '\n       ') + '\n');
  return 2;
}
function has(letter: string): bool {
  return flags.includes(letter);
}

function findColumn(name: string): Column | null {
  for (let i = 0; i < COLUMNS.length; i++) if (COLUMNS[i].name == name.toUpperCase()) return COLUMNS[i];
  say("svcs: Unknown column '" + name + "'.\n");
  return null;
}

/** Names with commas between; false: one is not known. */
function chooseColumns(list: string): bool {
  const names = list.split(',');
  columns = [];
  for (let i = 0; i < names.length; i++) {
    const column = findColumn(names[i]);
    if (!column) return false;
    columns.push(column);
  }
  return true;
}

export function main(args: string[]): i32 {
  const patterns: string[] = [];
  let chosen = '';
  for (let i = 1; i < args.length; i++) {
    const word = args[i];
    if (!word.startsWith('-') || word.length < 2) {
      patterns.push(word);
      continue;
    }
    for (let k = 1; k < word.length; k++) {
      const letter = word.charAt(k);
      if (letter == 'o' || letter == 's' || letter == 'S' || letter == 'z') {
        const rest = word.substring(k + 1);
        const value = rest.length ? rest : i + 1 < args.length ? args[++i] : '';
        if (!value.length) return usage();
        if (letter == 'o') chosen = value;
        else if (letter == 'z') inZone = value;
        else {
          sortBy = value.toUpperCase();
          reversed = letter == 'S';
          if (!findColumn(value)) return 2;
        }
        break;
      }
      if (!'adDHlLpvxZ'.includes(letter)) return usage();
      flags += letter;
    }
  }
  if ((has('d') || has('D') || has('l') || has('L')) && !patterns.length) return usage();
  const standard = has('v') ? 'STATE,NSTATE,STIME,CTID,FMRI' : 'STATE,STIME,FMRI';
  if (!chooseColumns(chosen.length ? chosen : has('Z') ? 'ZONE,' + standard : standard)) return 2;
  const places = placesAsked();
  return places.length ? report(places, patterns) : 1;
}

/** None after a complaint. */
function placesAsked(): Place[] {
  const option = has('Z') ? '-Z' : '-z';
  if (!has('Z') && !inZone.length) {
    const own = ownPlace();
    return own ? [own] : [];
  }
  if (ownZoneId() != GLOBAL) say('svcs: ' + option + ' can only be used from the global zone.\n');
  else if (has('Z')) return allPlaces();
  else {
    const id = zoneId(inZone);
    if (id >= 0 && zoneStatus(id) == ZONE_IS_RUNNING) {
      const place = placeOf(id);
      return place ? [place] : [];
    }
    say("svcs: zone '" + inZone + "' is not running.\n");
  }
  return [];
}

/** Must names of zones be said? */
function saysZone(): bool {
  return has('Z') || inZone.length > 0;
}

function report(places: Place[], patterns: string[]): i32 {
  let result = 0;
  const chosen: Instance[][] = [];
  for (let p = 0; p < places.length; p++) chosen.push([]);
  for (let i = 0; i < patterns.length; i++) {
    let matched = false;
    for (let p = 0; p < places.length; p++) {
      const found = instancesFor(places[p].repository, patterns[i]);
      matched = matched || found.length > 0;
      for (let k = 0; k < found.length; k++) if (!chosen[p].includes(found[k])) chosen[p].push(found[k]);
    }
    if (matched) continue;
    say("svcs: Pattern '" + patterns[i] + "' doesn't match any instances\n");
    result = 1;
  }
  if (has('x')) {
    let separated = false;
    for (let p = 0; p < places.length; p++)
      if (explain(places[p], patterns.length ? chosen[p] : null, has('v'), saysZone(), separated)) separated = true;
    return result;
  }
  const rows: Row[] = [];
  for (let p = 0; p < places.length; p++) {
    const repository = places[p].repository;
    let instances = chosen[p];
    if (has('d') || has('D')) instances = related(repository, instances, has('D'));
    else if (!patterns.length) {
      const all = repository.instances();
      for (let i = 0; i < all.length; i++) if (has('a') || all[i].state != 'disabled') instances.push(all[i]);
    }
    sortInstances(instances);
    for (let i = 0; i < instances.length; i++) rows.push(new Row(places[p], instances[i]));
  }
  if (has('l') || has('L')) {
    for (let i = 0; i < rows.length; i++) {
      if (has('L')) out(rows[i].place.logPath(rows[i].instance) + '\n');
      else details(rows[i], i > 0);
    }
    return result;
  }
  list(rows);
  return result;
}

/** What the chosen depend on, or what depends on them. */
function related(repository: Repository, chosen: Instance[], dependents: bool): Instance[] {
  const result: Instance[] = [];
  const all = repository.instances();
  for (let i = 0; i < all.length; i++) {
    for (let k = 0; k < chosen.length; k++) {
      const found = dependents ? dependsOn(all[i], chosen[k]) : dependsOn(chosen[k], all[i]);
      if (found && !result.includes(all[i])) result.push(all[i]);
    }
  }
  return result;
}

export function dependsOn(instance: Instance, other: Instance): bool {
  for (let i = 0; i < instance.running.length; i++) {
    const group = instance.running[i];
    const entities = group.type == 'dependency' ? group.find('entities') : null;
    if (entities && (entities.values.includes(other.fmri) || entities.values.includes(other.service.fmri))) return true;
  }
  return false;
}

// ---- the table

/** In the order of zones, FMRIs in each. */
function list(chosen: Row[]): void {
  // Sorting twice by something must leave what is equal as it was.
  for (let i = 1; i < chosen.length; i++) {
    const one = chosen[i];
    let at = i;
    while (at > 0 && before(one, chosen[at - 1])) {
      chosen[at] = chosen[at - 1];
      at--;
    }
    chosen[at] = one;
  }
  for (let i = 0; i < columns.length; i++)
    if (columns[i].name == 'ZONE')
      for (let k = 0; k < chosen.length; k++) zoneWidth = max(zoneWidth, chosen[k].place.zone.length);
  if (!has('H')) out(line(null));
  const processes = has('p') ? new Processes() : null;
  for (let i = 0; i < chosen.length; i++) {
    out(line(chosen[i]));
    if (processes) out(processes.of(chosen[i].instance));
  }
}

function before(one: Row, other: Row): bool {
  const a = one.instance;
  const b = other.instance;
  if (sortBy.length && sortBy != 'STATE' && sortBy != 'STIME') {
    const x = cell(sortBy, one);
    const y = cell(sortBy, other);
    return reversed ? x > y : x < y;
  }
  if (!sortBy.length && one.place !== other.place) return one.place.zone < other.place.zone;
  if (sortBy != 'STIME') {
    const x = ORDER.indexOf(a.state);
    const y = ORDER.indexOf(b.state);
    if (x != y) return reversed ? x > y : x < y;
    if (sortBy.length) return false;
  }
  return reversed ? stateTime(a) > stateTime(b) : stateTime(a) < stateTime(b);
}

/** Of the zones that are shown. */
let zoneWidth = 0;

function line(row: Row | null): string {
  let text = '';
  for (let i = 0; i < columns.length; i++) {
    const content = row ? cell(columns[i].name, row) : columns[i].name;
    const width = columns[i].name == 'ZONE' ? max(columns[i].width, zoneWidth) : columns[i].width;
    text += i + 1 < columns.length ? padRight(content, width) + ' ' : content;
  }
  return text + '\n';
}

const SHORT: string[] = [
  'online',
  'ON',
  'offline',
  'OFF',
  'disabled',
  'DIS',
  'maintenance',
  'MNT',
  'degraded',
  'DGD',
  'uninitialized',
  'UN',
];
function short(state: string): string {
  const at = SHORT.indexOf(state);
  return at < 0 ? '-' : SHORT[at + 1];
}

function cell(column: string, row: Row): string {
  const instance = row.instance;
  const changing = instance.nextState != 'none';
  if (column == 'STATE') return instance.state + (changing ? '*' : '');
  if (column == 'NSTATE') return changing ? instance.nextState : '-';
  if (column == 'STA') return short(instance.state) + (changing ? '*' : '');
  if (column == 'NSTA') return short(instance.nextState);
  if (column == 'STIME') return shortTime(stateTime(instance));
  if (column == 'CTID') return contractOf(instance) ? contractOf(instance).toString() : '-';
  if (column == 'ZONE') return row.place.zone;
  if (column == 'SCOPE') return 'localhost';
  if (column == 'SVC') return instance.service.name;
  if (column == 'INST') return instance.name;
  if (column == 'SN') return '0';
  if (column == 'DESC') return commonName(instance).length ? commonName(instance) : '-';
  return instance.fmri;
}

function contractOf(instance: Instance): i64 {
  return max<i64>(parseNumber(instance.get('restarter', 'contract')), 0);
}

/** The time of day within a day, the day within a year, the year. */
function shortTime(seconds: u64): string {
  if (!seconds) return '?';
  const moment = new Moment(seconds);
  const age = currentTime() - <i64>seconds;
  if (age < 86400) return moment.clock + ':' + moment.seconds;
  return age < 31536000 ? moment.monthName + '_' + padLeft(moment.day.toString(), 2).replace(' ', '0') : moment.year.toString();
}

// ---- processes

const info = memory.data(416, 8);

/** What /proc says of the processes of contracts. */
class Processes {
  private readonly contracts: i32[] = [];
  private readonly lines: string[] = [];
  constructor() {
    const found = namesIn('/proc');
    const names: string[] = found ? found : [];
    for (let i = 0; i < names.length; i++) {
      const descriptor = parseNumber(names[i]) < 0 ? -1 : openFile('/proc/' + names[i] + '/psinfo', O_RDONLY);
      if (descriptor < 0) continue;
      const count = calls.read(descriptor, info, 416);
      calls.close(descriptor);
      if (count != 416) continue;
      this.contracts.push(load<i32>(info, 280));
      const started = shortTime(load<u64>(info, 88));
      this.lines.push(
        ' '.repeat(15) + padRight(started, 8) + ' ' + padLeft(names[i], 8) + ' ' + zeroTerminated(info + 136) + '\n',
      );
    }
  }
  of(instance: Instance): string {
    const contract = <i32>contractOf(instance);
    let text = '';
    if (contract) for (let i = 0; i < this.lines.length; i++) if (this.contracts[i] == contract) text += this.lines[i];
    return text;
  }
}

// ---- -l

function details(row: Row, separated: bool): void {
  const instance = row.instance;
  const repository = row.place.repository;
  if (separated) out('\n');
  const field = (name: string, value: string): void => out(padRight(name, 12) + ' ' + value + '\n');
  field('fmri', instance.fmri);
  if (commonName(instance).length) field('name', commonName(instance));
  if (saysZone()) field('zone', row.place.zone);
  const temporary = instance.overridden();
  field('enabled', (instance.isEnabled ? 'true' : 'false') + (temporary.length ? ' (temporary)' : ''));
  field('state', instance.state);
  field('next_state', instance.nextState);
  field('state_time', longTime(stateTime(instance)));
  field('logfile', row.place.logPath(instance));
  const restarter = instance.get('general', 'restarter');
  field('restarter', restarter.length ? restarter : 'svc:/system/svc/restarter:default');
  if (contractOf(instance)) field('contract_id', contractOf(instance).toString() + ' ');
  const files = instance.service.group('manifestfiles');
  if (files) for (let i = 0; i < files.properties.length; i++) field('manifest', files.properties[i].value);
  for (let i = 0; i < instance.running.length; i++) {
    const group = instance.running[i];
    const entities = group.type == 'dependency' ? group.find('entities') : null;
    if (!entities) continue;
    let text = instance.get(group.name, 'grouping') + '/' + instance.get(group.name, 'restart_on');
    for (let k = 0; k < entities.values.length; k++)
      text += ' ' + entities.values[k] + ' (' + entityState(repository, entities.values[k]) + ')';
    field('dependency', text);
  }
}

export function entityState(repository: Repository, entity: string): string {
  if (entity.startsWith('file:')) return '-';
  const all = repository.instances();
  let state = 'absent';
  for (let i = 0; i < all.length; i++) {
    if (all[i].fmri != entity && all[i].service.fmri != entity) continue;
    if (state == 'absent' || all[i].state == 'online') state = all[i].state;
  }
  return state;
}
