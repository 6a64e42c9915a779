// SPDX-License-Identifier: MIT
/** @fileoverview psrinfo(8): display information about processors */
/** @manual
 * DESCRIPTION
 * Lists the processors and their states, from the statistics cpu_info.
 *
 * OPTIONS
 *   -p   the number of physical processors; with -v, about each of them
 *   -s   with a number: 1 if it is on-line, 0 if not
 *   -t   the number of threads, one for each processor
 *   -v   in words
 *
 * SEE ALSO
 * kstat(8)
 */
import { Moment, two } from '../../lib/dates';
import { out, say } from '../../lib/io';
import { Kstat, kstatChain } from '../../lib/kstat';
import { Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';
import { currentTime } from '../../lib/time';
import { bootTime } from '../../lib/utmpx';

export const USAGE: string = 'psrinfo [-ptv] [processor ...]\npsrinfo -s processor';

export function cpuInfo(): Kstat[] {
  const chain = kstatChain();
  const found: Kstat[] = [];
  for (let i = 0; i < chain.length; i++) if (chain[i].module == 'cpu_info' && chain[i].read()) found.push(chain[i]);
  found.sort((a, b) => a.instance - b.instance);
  return found;
}

function date(seconds: i64): string {
  const moment = new Moment(<u64>seconds);
  return two(moment.month) + '/' + two(moment.day) + '/' + moment.year.toString() + ' ' + moment.clock + ':' + moment.seconds;
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'pstv');
  let flags = '';
  for (let option = options.next(); option != ''; option = options.next()) flags += option;
  if (options.failed) return 2;
  const wanted = options.operands();
  const all = cpuInfo();
  const chosen: Kstat[] = [];
  for (let i = 0; i < all.length; i++) if (!wanted.length || wanted.includes(all[i].instance.toString())) chosen.push(all[i]);
  let result = 0;
  for (let i = 0; i < wanted.length; i++) {
    const number = parseNumber(wanted[i]);
    if (number >= 0 && number < all.length) continue;
    say('psrinfo: processor ' + wanted[i] + ': Invalid argument\n');
    result = 2;
  }
  if (flags.includes('s')) {
    if (wanted.length != 1) return 2;
    out(chosen.length && chosen[0].text('state') == 'on-line' ? '1\n' : '0\n');
    return result;
  }
  if (flags.includes('p') && !flags.includes('v')) {
    const chips: string[] = [];
    for (let i = 0; i < chosen.length; i++) if (!chips.includes(chosen[i].text('chip_id'))) chips.push(chosen[i].text('chip_id'));
    out(chips.length.toString() + '\n');
    return result;
  }
  if (flags.includes('t')) {
    out(chosen.length.toString() + '\n');
    return result;
  }
  for (let i = 0; i < chosen.length; i++) {
    if (flags.includes('p')) physical(chosen[i]);
    else if (flags.includes('v')) words(chosen[i]);
    else out(chosen[i].instance.toString() + '\t' + chosen[i].text('state') + '   since ' + date(bootTime()) + '\n');
  }
  return result;
}

function words(cpu: Kstat): void {
  out('Status of virtual processor ' + cpu.instance.toString() + ' as of: ' + date(currentTime()) + '\n');
  out('  ' + cpu.text('state') + ' since ' + date(bootTime()) + '.\n');
  out('  The ' + cpu.text('cpu_type') + ' processor operates at ' + cpu.text('clock_MHz') + ' MHz,\n');
  out('\tand has an ' + cpu.text('fpu_type') + ' floating point processor.\n');
}

function physical(cpu: Kstat): void {
  out('The physical processor has 1 virtual processor (' + cpu.instance.toString() + ')\n');
  const kind =
    cpu.text('vendor_id') + ' family ' + cpu.text('family') + ' model ' + cpu.text('model') + ' step ' + cpu.text('stepping');
  out('  x86 (' + kind + ' clock ' + cpu.text('clock_MHz') + ' MHz)\n\t' + cpu.text('brand') + '\n');
}
