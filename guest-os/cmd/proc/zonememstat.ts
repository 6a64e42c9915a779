// SPDX-License-Identifier: MIT
/** @fileoverview zonememstat(8): what memory zones have, and what they may have */
/** @manual
 * DESCRIPTION
 * A line for each zone that runs: its memory in MiB, its cap, how often it has been at that, what was paged out of its memory in MiB, and its promised
 * memory in percent of what it may have. A dash stands where there is no cap. At its cap a zone's pages go to swap; without swap, or if none can
 * go, its largest process ends.
 *
 * OPTIONS
 *   -H       without the heading
 *   -a       with the zone's alias
 *   -z zone  this zone alone
 *
 * SEE ALSO
 * prctl(1), prstat(8), swap(8), zonecfg(8)
 */
import { out, say } from '../../lib/io';
import { fromBase64 } from '../../lib/base64';
import { findKstat } from '../../lib/kstat';
import { misused, Options } from '../../lib/options';
import { padLeft } from '../../lib/text';
import { readConfiguration } from '../../lib/zones/configuration';
import { ATTR_NAME, zoneId, zoneIds, zoneText } from '../../lib/zones/kernel';

export const USAGE: string = 'zonememstat [-Ha] [-z zonename]';

const MEBIBYTE: u64 = 1 << 20;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'Haz:');
  let heading = true;
  let aliases = false;
  let only = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'H') heading = false;
    else if (option == 'a') aliases = true;
    else only = options.argument;
  }
  if (options.failed || options.operands().length) return misused(USAGE, 2);
  if (only.length && zoneId(only) < 0) {
    say('zonememstat: no such zone: ' + only + '\n');
    return 1;
  }
  if (heading)
    out(
      '                                 ZONE' +
        (aliases ? padLeft('ALIAS', 17) : '') +
        '  RSS(MB)  CAP(MB)    NOVER  POUT(MB) SWAP%\n',
    );
  const ids = zoneIds();
  for (let i = 0; i < ids.length; i++) {
    const name = zoneText(ids[i], ATTR_NAME);
    if (!only.length || only == name) show(ids[i], name, aliases);
  }
  return 0;
}

function show(id: i32, name: string, aliases: bool): void {
  const memory = findKstat('memory_cap', id, name);
  if (!memory) return;
  const cap = <u64>memory.number('physcap');
  const swapCap = <u64>memory.number('swapcap');
  const swap = <u64>memory.number('swap');
  let line = padLeft(name, 37);
  if (aliases) {
    const configuration = id ? readConfiguration(name) : null;
    const alias = configuration ? configuration.attribute('alias') : null;
    line += padLeft(alias == null ? '-' : decoded(alias), 17);
  }
  line += padLeft((<u64>memory.number('rss') / MEBIBYTE).toString(), 9);
  line += padLeft(cap == u64.MAX_VALUE ? '-' : (cap / MEBIBYTE).toString(), 9);
  line += padLeft(memory.number('nover').toString(), 9) + padLeft((<u64>memory.number('pagedout') / MEBIBYTE).toString(), 10);
  line += padLeft(swapCap == u64.MAX_VALUE || !swapCap ? '-' : ((swap * 100) / swapCap).toString(), 6);
  out(line + '\n');
}

/** vmadm keeps it in base64, since it may hold anything. */
function decoded(alias: string): string {
  const text = fromBase64(alias);
  return text == null ? alias : text;
}
