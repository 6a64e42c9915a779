// SPDX-License-Identifier: MIT
/** @fileoverview tsort(1): names in an order that their pairs allow */
/** @manual
 * DESCRIPTION
 * Reads pairs of names, of which the first is to come before the second, and writes all names in such an order. A pair of a name with itself only
 * says that it is there.
 *
 * EXIT STATUS
 *   0   done
 *   1   there is a cycle, which is named and broken, or a name without its pair
 */
import { flush, openInput, out, readAll, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';

export const USAGE: string = 'tsort [file]';

class Item {
  before: i32 = 0;
  readonly after: Item[] = [];
  done: bool = false;
  constructor(readonly name: string) {}
}

const items: Item[] = [];
const byName = new Map<string, Item>();

function item(name: string): Item {
  if (byName.has(name)) return byName.get(name);
  const made = new Item(name);
  byName.set(name, made);
  items.push(made);
  return made;
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, '');
  while (options.next() != '') {}
  const files = options.operands();
  if (options.failed || files.length > 1) return misused(USAGE);
  const descriptor = files.length ? openInput('tsort', files[0]) : 0;
  if (descriptor < 0) return 1;
  const words = readAll(descriptor).replaceAll('\n', ' ').replaceAll('\t', ' ').split(' ');
  const names: string[] = [];
  for (let i = 0; i < words.length; i++) if (words[i].length) names.push(words[i]);
  if (names.length & 1) {
    say('tsort: input contains an odd number of tokens\n');
    return 1;
  }
  for (let i = 0; i < names.length; i += 2) {
    const first = item(names[i]);
    const second = item(names[i + 1]);
    if (first == second) continue;
    first.after.push(second);
    second.before++;
  }
  return write();
}

function write(): i32 {
  let status = 0;
  let ready: Item[] = [];
  for (let i = 0; i < items.length; i++) if (!items[i].before) ready.push(items[i]);
  for (let left = items.length; left; ) {
    if (!ready.length) {
      status = 1;
      ready.push(breakCycle());
    }
    const next = ready.shift();
    if (next.done) continue;
    next.done = true;
    left--;
    out(next.name + '\n');
    for (let i = 0; i < next.after.length; i++) if (--next.after[i].before == 0) ready.push(next.after[i]);
  }
  return status;
}

/** Names a cycle; the item at which it is broken. */
function breakCycle(): Item {
  let at: Item = items[0];
  for (let i = 0; i < items.length; i++) if (!items[i].done) at = items[i];
  // Backwards from something that waits, there is a cycle.
  const seen: Item[] = [];
  while (!seen.includes(at)) {
    seen.push(at);
    at = waitedFor(at);
  }
  flush();
  say('tsort: input contains a loop:\n');
  for (let i = seen.length - 1; i >= seen.indexOf(at); i--) say('tsort: ' + seen[i].name + '\n');
  return at;
}

function waitedFor(waiting: Item): Item {
  for (let i = 0; i < items.length; i++) if (!items[i].done && items[i].after.includes(waiting)) return items[i];
  return waiting;
}
