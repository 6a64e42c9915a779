// SPDX-License-Identifier: MIT
/** @fileoverview iostat(8): report I/O statistics
 * @path /usr/bin/iostat
 */
/** @manual
 * DESCRIPTION
 * Prints a line for each disk: since boot at first, then in each interval. Always in the form of -x.
 *
 *   r/s, w/s     reads and writes a second;  kr/s, kw/s  KiB a second
 *   actv         how many were under way, on average
 *   svc_t        milliseconds that one took
 *   %b           percent of the time in which something was under way
 *
 * There is no queue in front of a disk here, so that illumos's columns wait, wsvc_t and %w would say nothing and are left out.
 *
 * OPTIONS
 *   -x   accepted;  -n  names such as c1t0d0, not sd0
 *   -z   no line for a disk that did nothing;  -e  errors;  -E  what each disk is, and its errors
 *
 * SEE ALSO
 * kstat(8), vmstat(8)
 */
import { out } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { Change, instancesOf, lookAgain, Sample } from '../../lib/sampling';
import { inColumn, padLeft, padRight } from '../../lib/text';

export const USAGE: string = 'iostat [-eExnz] [interval [count]]';

let flags: string = '';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'xnzeE');
  for (let option = options.next(); option != ''; option = options.next()) flags += option;
  if (options.failed) return 1;
  if (flags.includes('E')) {
    describe(Sample.take());
    return 0;
  }
  return lookAgain(options.operands(), show) ? 0 : misused(USAGE);
}

function nameOf(sample: Sample, disk: i32): string {
  const plain = 'sd' + disk.toString();
  const about = sample.find('sderr', disk, plain + ',err');
  return flags.includes('n') && about ? about.text('Device') : plain;
}

/** With one digit behind the point. */
function tenths(value: f64, width: i32): string {
  const scaled = <u64>Math.round(value * 10);
  const text = (scaled / 10).toString() + '.' + (scaled % 10).toString();
  return width ? inColumn(text, width) : text;
}

function show(change: Change): void {
  const errors = flags.includes('e');
  out('                    extended device statistics' + (errors ? '       ---- errors ----' : '') + '\n');
  const wide = flags.includes('n');
  const heading = '    r/s    w/s   kr/s   kw/s actv  svc_t  %b' + (errors ? ' h/w' : '');
  out(wide ? heading + ' device\n' : 'device  ' + heading + '\n');
  const disks = instancesOf(change.now, 'sd');
  const seconds = <f64>change.span / 1e9;
  for (let i = 0; i < disks.length; i++) {
    const disk = disks[i];
    const name = 'sd' + disk.toString();
    const reads = <f64>change.growth('sd', disk, name, 'reads');
    const writes = <f64>change.growth('sd', disk, name, 'writes');
    if (flags.includes('z') && reads + writes == 0) continue;
    const served = <f64>change.growth('sd', disk, name, 'rlentime');
    const busy = <f64>change.growth('sd', disk, name, 'rtime');
    let line = tenths(reads / seconds, 7) + tenths(writes / seconds, 7);
    line += tenths(<f64>change.growth('sd', disk, name, 'nread') / 1024 / seconds, 7);
    line += tenths(<f64>change.growth('sd', disk, name, 'nwritten') / 1024 / seconds, 7);
    line += tenths(served / <f64>change.span, 5);
    line += tenths(reads + writes > 0 ? served / (reads + writes) / 1e6 : 0, 7);
    line += padLeft((<u64>Math.round((busy * 100) / <f64>change.span)).toString(), 4);
    if (errors) line += padLeft(change.growth('sderr', disk, name + ',err', 'Hard Errors').toString(), 4);
    out(wide ? line + ' ' + nameOf(change.now, disk) + '\n' : padRight(nameOf(change.now, disk), 8) + line + '\n');
  }
}

function describe(sample: Sample): void {
  const disks = instancesOf(sample, 'sd');
  for (let i = 0; i < disks.length; i++) {
    const about = sample.find('sderr', disks[i], 'sd' + disks[i].toString() + ',err');
    if (!about) continue;
    const size = about.number('Size');
    out(padRight(nameOf(sample, disks[i]), 9) + 'Hard Errors: ' + about.text('Hard Errors') + '\n');
    out('Vendor: ' + padRight(about.text('Vendor'), 8) + ' Product: ' + padRight(about.text('Product'), 16));
    out(' Serial No: ' + about.text('Serial No') + '\n');
    out('Size: ' + tenths(<f64>size / 1e9, 0) + 'GB <' + size.toString() + ' bytes>\n');
  }
}
