// SPDX-License-Identifier: MIT
/** @fileoverview kstat(8): display kernel statistics */
/** @manual
 * DESCRIPTION
 * Prints statistics that the kernel keeps, each with a module, an instance, a name and a class. Operands module:instance:name:statistic choose some;
 * parts that are left out, or *, mean all. With an interval it prints again and again, count times or for ever.
 *
 * OPTIONS
 *   -c class, -i instance, -m module, -n name, -s statistic   only these; patterns of the shell's kind
 *   -l   names only
 *   -p   one line for each: module:instance:name:statistic, a tab, the value
 *   -q   nothing: is there one?
 *   -z zone   only statistics of this zone, which say its name as zonename
 *
 * EXIT STATUS
 *   0   something was found
 *   1   nothing was
 *   2   wrong usage
 *
 * EXAMPLES
 *   kstat -p unix:0:system_pages:freemem
 *   kstat -m cpu_info
 */
import { flush, out } from '../../lib/io';
import { Kstat, kstatChain, KSTAT_TYPE_IO, KSTAT_TYPE_NAMED } from '../../lib/kstat';
import { Options } from '../../lib/options';
import { sleepFor } from '../../lib/process';
import { glob } from '../../lib/smf/repository';
import { padRight, parseNumber } from '../../lib/text';

export const USAGE: string =
  'kstat [-lpq] [-z zone] [-c class] [-m module] [-i instance] [-n name] [-s statistic]\n[module:instance:name:statistic ...] [interval [count]]';

class Choice {
  module: string = '*';
  instance: string = '*';
  name: string = '*';
  statistic: string = '*';
  kind: string = '*';
  fits(record: Kstat): bool {
    return (
      glob(this.module, record.module) &&
      glob(this.instance, record.instance.toString()) &&
      glob(this.name, record.name) &&
      glob(this.kind, record.class_)
    );
  }
}

const choices: Choice[] = [];
let listOnly = false;
let lines = false;
let quiet = false;
let zone = '';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'c:i:lm:n:pqs:z:');
  const common = new Choice();
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'l') listOnly = true;
    else if (option == 'p') lines = true;
    else if (option == 'q') quiet = true;
    else if (option == 'c') common.kind = options.argument;
    else if (option == 'i') common.instance = options.argument;
    else if (option == 'm') common.module = options.argument;
    else if (option == 'n') common.name = options.argument;
    else if (option == 'z') zone = options.argument;
    else if (option == 's') common.statistic = options.argument;
  }
  if (options.failed) return 2;
  const operands = options.operands();
  const times: i64[] = [];
  for (let i = 0; i < operands.length; i++) {
    const number = parseNumber(operands[i]);
    if (number >= 0) times.push(number);
    else choose(operands[i]);
  }
  if (!choices.length) choices.push(common);
  const found = show();
  const count = times.length > 1 ? times[1] : times.length ? 0x7fffffff : 1;
  for (let i: i64 = 1; i < count; i++) {
    if (!lines) out('\n');
    flush();
    sleepFor(<u64>times[0] * 1000000000);
    show();
  }
  return found ? 0 : 1;
}

function choose(operand: string): void {
  const parts = operand.split(':');
  const choice = new Choice();
  if (parts[0].length) choice.module = parts[0];
  if (parts.length > 1 && parts[1].length) choice.instance = parts[1];
  if (parts.length > 2 && parts[2].length) choice.name = parts[2];
  if (parts.length > 3 && parts[3].length) choice.statistic = parts[3];
  choices.push(choice);
}

/** A name and a value of the record. */
class Entry {
  constructor(
    public readonly name: string,
    public readonly value: string,
  ) {}
}

/** Nanoseconds since boot, in seconds. */
function seconds(nanoseconds: u64): string {
  return (nanoseconds / 1000000000).toString() + '.' + ('00000000' + (nanoseconds % 1000000000).toString()).slice(-9);
}

function entries(record: Kstat): Entry[] {
  const list: Entry[] = [];
  for (let i = 0; i < record.values.length; i++) list.push(new Entry(record.values[i].name, record.values[i].text));
  list.push(new Entry('crtime', seconds(record.created)));
  list.push(new Entry('snaptime', seconds(record.taken)));
  if (lines) list.push(new Entry('class', record.class_));
  list.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return list;
}

/** True: there was something. */
function show(): bool {
  const chain = kstatChain();
  chain.sort((a, b) => compare(a, b));
  let found = false;
  for (let i = 0; i < chain.length; i++) {
    const record = chain[i];
    let at = 0;
    while (at < choices.length && !choices[at].fits(record)) at++;
    // Other types than named values have layouts of their own.
    if (at == choices.length || (record.type != KSTAT_TYPE_NAMED && record.type != KSTAT_TYPE_IO) || !record.read()) continue;
    if (zone.length && record.text('zonename') != zone) continue;
    if (printRecord(record, choices[at])) found = true;
  }
  return found;
}

function compare(a: Kstat, b: Kstat): i32 {
  if (a.module != b.module) return order(a.module, b.module);
  return a.instance == b.instance ? order(a.name, b.name) : a.instance - b.instance;
}
function order(a: string, b: string): i32 {
  return a < b ? -1 : a > b ? 1 : 0;
}

function printRecord(record: Kstat, choice: Choice): bool {
  const list = entries(record);
  let begun = false;
  const instance = record.instance.toString();
  for (let i = 0; i < list.length; i++) {
    if (!glob(choice.statistic, list[i].name)) continue;
    if (!begun && !lines && !listOnly && !quiet) {
      out('module: ' + padRight(record.module, 30) + '  instance: ' + padRight(instance, 6) + '\n');
      out('name:   ' + padRight(record.name, 30) + '  class:    ' + record.class_ + '\n');
    }
    begun = true;
    if (quiet) return true;
    if (lines || listOnly)
      out(
        record.module + ':' + instance + ':' + record.name + ':' + list[i].name + (listOnly ? '' : '\t' + list[i].value) + '\n',
      );
    else out('\t' + padRight(list[i].name, 30) + '  ' + list[i].value + '\n');
  }
  if (begun && !lines && !listOnly) out('\n');
  return begun;
}
