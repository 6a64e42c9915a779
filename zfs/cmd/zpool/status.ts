// SPDX-License-Identifier: MIT
/** @fileoverview zpool status: how a pool is, what is wrong with it, what can be done, and the same of each of its vdevs. */
import { formatDate } from '../../../guest-os/lib/dates';
import { NvList } from '../../port/nvlist';
import { Arguments } from '../arguments';
import { left, niceNumber, right } from '../text';
import { LATEST, Subcommand } from './subcommand';

const OFFLINE: u64 = 2;
const REMOVED: u64 = 3;
const CANT_OPEN: u64 = 4;
const FAULTED: u64 = 5;
const DEGRADED: u64 = 6;
const ONLINE: u64 = 7;

export function stateName(state: u64, suspended: bool = false): string {
  if (suspended) return 'SUSPENDED';
  if (state == ONLINE) return 'ONLINE';
  if (state == DEGRADED) return 'DEGRADED';
  if (state == FAULTED) return 'FAULTED';
  if (state == OFFLINE) return 'OFFLINE';
  if (state == REMOVED) return 'REMOVED';
  return 'UNAVAIL';
}

function auxText(aux: u64): string {
  if (aux == 1) return 'cannot open';
  if (aux == 3) return 'insufficient replicas';
  if (aux == 4) return 'missing device';
  if (aux == 5) return 'too small';
  return 'corrupted data';
}

/** What is remarkable about the leaves below. */
class Finding {
  offline: bool = false;
  missing: bool = false;
  errors: bool = false;
  /** A top-level vdev cannot work. */
  lost: bool = false;

  look(vdev: NvList): void {
    const children = vdev.lists('children');
    for (let i = 0; i < children.length; i++) this.look(children[i]);
    if (children.length) return;
    const state = vdev.number('state');
    if (state == OFFLINE) this.offline = true;
    else if (state != ONLINE) this.missing = true;
    if (vdev.number('read_errors') + vdev.number('write_errors') + vdev.number('checksum_errors')) this.errors = true;
  }
}

/** The lines `status:`, `action:` and `see:`; empty: all is well. */
function advice(pool: NvList, errors: u64, resilvering: bool): string {
  const finding = new Finding();
  const vdevs = pool.lists('vdevs');
  for (let i = 0; i < vdevs.length; i++) {
    finding.look(vdevs[i]);
    if (vdevs[i].number('state') < DEGRADED) finding.lost = true;
  }
  if (finding.lost) {
    return advise(
      'One or more devices could not be opened.  There are insufficient\n\treplicas for the pool to continue functioning.',
      "Attach the missing device and online it using 'zpool online'.",
      '3C',
    );
  }
  if (pool.number('suspended')) {
    return advise(
      'One or more devices are faulted in response to IO failures.',
      'Make sure the affected devices are connected, then export and import the pool.',
      'HC',
    );
  }
  if (errors) {
    return advise(
      'One or more devices has experienced an error resulting in data\n\tcorruption.  Applications may be affected.',
      'Restore the file in question if possible.  Otherwise restore the\n\tentire pool from backup.',
      '8A',
    );
  }
  if (resilvering) {
    return advise(
      'One or more devices is currently being resilvered.  The pool will\n\tcontinue to function, possibly in a degraded state.',
      'Wait for the resilver to complete.',
      '',
    );
  }
  if (finding.missing) {
    return advise(
      'One or more devices could not be opened.  Sufficient replicas exist for\n\tthe pool to continue functioning in a degraded state.',
      "Attach the missing device and online it using 'zpool online'.",
      '2Q',
    );
  }
  if (finding.offline) {
    return advise(
      'One or more devices has been taken offline by the administrator.\n\tSufficient replicas exist for the pool to continue functioning in a\n\tdegraded state.',
      "Online the device using 'zpool online' or replace the device with\n\t'zpool replace'.",
      '',
    );
  }
  if (finding.errors) {
    return advise(
      'One or more devices has experienced an unrecoverable error.  An\n\tattempt was made to correct the error.  Applications are unaffected.',
      "Determine if the device needs to be replaced, and clear the errors\n\tusing 'zpool clear' or replace the device with 'zpool replace'.",
      '9P',
    );
  }
  if (pool.number('version') < LATEST) {
    return advise(
      'The pool is formatted using a legacy on-disk format.  The pool can\n\tstill be used, but some features are unavailable.',
      '',
      '',
    );
  }
  return '';
}
function advise(status: string, action: string, message: string): string {
  let text = 'status: ' + status + '\n';
  if (action.length) text += 'action: ' + action + '\n';
  return message.length ? text + '   see: http://illumos.org/msg/ZFS-8000-' + message + '\n' : text;
}

/** Days, hours, minutes and seconds as the line of a scan has them. */
function duration(seconds: u64): string {
  const rest = seconds % 86400;
  return (seconds / 86400).toString() + ' days ' + two(rest / 3600) + ':' + two((rest / 60) % 60) + ':' + two(rest % 60);
}
function two(value: u64): string {
  return (value < 10 ? '0' : '') + value.toString();
}
function ctime(seconds: u64): string {
  return formatDate('%a %b %e %H:%M:%S %Y', seconds);
}
function percent(part: u64, whole: u64): string {
  const hundredths = whole ? (part * 10000) / whole : 10000;
  const rest = hundredths % 100;
  return (hundredths / 100).toString() + '.' + two(rest) + '%';
}

/** What the last scan, or the one under way, did. */
function scanText(pool: NvList, now: u64): string {
  const scan = pool.list('scan');
  if (!scan || !scan.number('function')) return 'none requested';
  const isScrub = scan.number('function') == 1;
  const name = isScrub ? 'scrub' : 'resilver';
  const state = scan.number('state');
  const processed = niceNumber(scan.number('processed'));
  const start = scan.number('start');
  if (state == 2) {
    const end = scan.number('end');
    const what = isScrub ? 'scrub repaired ' : 'resilvered ';
    const took = duration(end - start);
    return what + processed + ' in ' + took + ' with ' + scan.number('errors').toString() + ' errors on ' + ctime(end);
  }
  if (state == 3) return name + ' canceled on ' + ctime(scan.number('end'));
  const examined = scan.number('examined');
  const all = max(scan.number('to_examine'), examined);
  const elapsed = now > start ? now - start : 1;
  const rate = max<u64>(examined / elapsed, 1);
  let text = name + ' in progress since ' + ctime(start) + '\n';
  text += '\t' + niceNumber(examined) + ' scanned out of ' + niceNumber(all) + ' at ' + niceNumber(rate) + '/s, ';
  const left = (all - examined) / rate;
  text += (left / 3600).toString() + 'h' + ((left / 60) % 60).toString() + 'm to go\n';
  return text + '\t' + processed + (isScrub ? ' repaired, ' : ' resilvered, ') + percent(examined, all) + ' done';
}

/** The widest name below, with its indentation. */
function widthOf(vdevs: NvList[], depth: i32): i32 {
  let width = 0;
  for (let i = 0; i < vdevs.length; i++) {
    width = max(width, vdevs[i].text('name').length + depth);
    width = max(width, widthOf(vdevs[i].lists('children'), depth + 2));
  }
  return width;
}

function rowText(name: string, depth: i32, width: i32, state: string, vdev: NvList, exact: bool): string {
  let text = '\t' + ' '.repeat(depth) + left(name, width - depth) + '  ' + left(state, 8);
  const counts: string[] = ['read_errors', 'write_errors', 'checksum_errors'];
  for (let i = 0; i < counts.length; i++) {
    const count = vdev.number(counts[i]);
    text += ' ' + right(exact ? count.toString() : niceNumber(count), 5);
  }
  return text;
}

function vdevText(vdevs: NvList[], depth: i32, width: i32, exact: bool): string {
  let text = '';
  for (let i = 0; i < vdevs.length; i++) {
    const vdev = vdevs[i];
    text += rowText(vdev.text('name'), depth, width, stateName(vdev.number('state')), vdev, exact);
    const aux = vdev.number('aux');
    if (aux) text += '  ' + auxText(aux);
    if (vdev.number('resilvering')) text += '  (resilvering)';
    text += '\n' + vdevText(vdev.lists('children'), depth + 2, width, exact);
  }
  return text;
}

export class Status extends Subcommand {
  constructor() {
    super('status', 'status [-pvx] [<pool>] ...');
  }
  run(words: string[]): i32 {
    const options = new Arguments(words, 'pvx');
    let unhealthy = false;
    let verbose = false;
    let exact = false;
    for (let option = options.next(); option != ''; option = options.next()) {
      if (option == 'x') unhealthy = true;
      else if (option == 'p') exact = true;
      else verbose = true;
    }
    if (this.isWrong(options)) return 2;
    const operands = options.operands();
    const pools = this.pools(operands);
    if (!pools.length && !this.missing) {
      if (unhealthy) this.out('no pools available\n');
      else this.say('no pools available\n');
      return 0;
    }
    let shown = 0;
    for (let i = 0; i < pools.length; i++) {
      const text = this.poolText(pools[i], verbose, exact, unhealthy);
      if (text.length) {
        if (shown++) this.out('\n');
        this.out(text);
      } else if (operands.length) this.out("pool '" + pools[i].text('name') + "' is healthy\n");
    }
    if (unhealthy && !shown && !operands.length) this.out('all pools are healthy\n');
    return this.missing ? 1 : 0;
  }

  /** Empty: nothing is wrong, and only pools with which something is are asked for. */
  private poolText(pool: NvList, verbose: bool, exact: bool, unhealthy: bool): string {
    const name = pool.text('name');
    const scan = pool.list('scan');
    const resilvering = scan != null && scan.number('function') == 2 && scan.number('state') == 1;
    const errors = pool.number('errors');
    const words = advice(pool, errors, resilvering);
    const isOld = pool.number('version') < LATEST && words.startsWith('status: The pool is formatted');
    if (unhealthy && (!words.length || isOld)) return '';
    let text = '  pool: ' + name + '\n';
    text += ' state: ' + stateName(pool.number('state'), pool.number('suspended') != 0) + '\n' + words;
    text += '  scan: ' + scanText(pool, this.context.place.now()) + '\nconfig:\n\n';
    const vdevs = pool.lists('vdevs');
    const width = max(10, max(name.length, widthOf(vdevs, 2)));
    text += '\t' + left('NAME', width) + '  ' + left('STATE', 8) + '  READ WRITE CKSUM\n';
    text += rowText(name, 0, width, stateName(pool.number('state')), pool, exact) + '\n' + vdevText(vdevs, 2, width, exact);
    text += '\n';
    if (!errors) return text + 'errors: No known data errors\n';
    if (!verbose) return text + 'errors: ' + errors.toString() + " data errors, use '-v' for a list\n";
    const output = new NvList();
    this.request('pool_errors', new NvList().setText('pool', name), output);
    const list = output.lists('errors');
    text += 'errors: Permanent errors have been detected in the following files:\n\n';
    for (let i = 0; i < list.length; i++) text += '        ' + this.errorText(list[i]) + '\n';
    return text;
  }

  /** A file by its path where it is mounted, or by dataset and path, or by numbers. */
  private errorText(error: NvList): string {
    const object = '<0x' + error.number('object').toString(16) + '>';
    if (!error.number('objset')) return '<metadata>:' + object;
    if (!error.has('dataset')) return '<0x' + error.number('objset').toString(16) + '>:' + object;
    const dataset = error.text('dataset');
    const path = error.text('path');
    if (!path.length) return dataset + ':' + object;
    const point = this.context.place.mountedAt(dataset);
    return point != null ? (point == '/' ? '' : point) + path : dataset + ':' + path;
  }
}
