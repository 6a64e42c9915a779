// SPDX-License-Identifier: MIT
/** @fileoverview pgrep(1): find processes by name and other marks */
/** @manual
 * DESCRIPTION
 * Prints the numbers of processes whose name matches the extended regular expression and that are as the options say; pkill sends them a signal.
 *
 * OPTIONS
 *   -f   matches the whole command line;  -x  as a whole
 *   -l   with names, with -f with command lines;  -a  with command lines;  -c  only how many;  -d text  between numbers
 *   -n, -o   only the newest, the oldest;  -v  the others
 *   -u, -U list   users;  -P list  parents;  -g list  groups;  -s list  sessions;  -t list  terminals;  -z list  zones;  -c list  contracts
 *   -signal   for pkill: this one, TERM otherwise
 *
 * EXIT STATUS
 *   0   there are some;  1  there are none;  2  the command is wrong;  3  something else
 */
import * as calls from '../../lib/calls';
import { complain, out, say } from '../../lib/io';
import { misused, Options, programName } from '../../lib/options';
import { allProcesses, Process, terminalOf } from '../../lib/processes';
import { compile, EXTENDED, IGNORE_CASE, Regex, regexError, WHOLE } from '../../lib/regex/regex';
import { signalNumber } from '../../lib/signals';
import { userName } from '../../lib/users';
import { ATTR_NAME, zoneText } from '../../lib/zones/kernel';

export const USAGE: string =
  'pgrep [-aflnovxi] [-d delim] [-P ppidlist] [-g pgrplist] [-s sidlist] [-u euidlist] [-U uidlist] [-t termlist] [-z zonelist] [pattern]';
const SIGTERM: i32 = 15;

export function main(args: string[]): i32 {
  const program = programName(args);
  const killing = program == 'pkill';
  let signal = SIGTERM;
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    // -9, -HUP, -SIGHUP
    const name = args[i].substring(1);
    const isSignal =
      killing &&
      i &&
      args[i].startsWith('-') &&
      args[i].length > 1 &&
      signalNumber(name) >= 0 &&
      (name.length > 1 || <u32>(name.charCodeAt(0) - 0x30) < 10);
    if (isSignal) signal = signalNumber(name);
    else words.push(args[i]);
  }
  const options = new Options(words, USAGE, 'acd:fg:ilnoP:s:t:u:U:vxz:', [
    'signal=S',
    'full=f',
    'exact=x',
    'list-name=l',
    'count=c',
    'newest=n',
    'oldest=o',
    'parent=P',
  ]);
  let given = '';
  let delimiter = '\n';
  const lists = new Map<string, string[]>();
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'd') delimiter = options.argument;
    else if ('gPstuUz'.includes(option)) lists.set(option, options.argument.split(','));
    else given += option;
  }
  if (options.failed) return 2;
  const operands = options.operands();
  if (operands.length > 1 || (!operands.length && !lists.size)) return misused(USAGE.replaceAll('pgrep', program), 2);
  let regex: Regex | null = null;
  if (operands.length) {
    regex = compile(operands[0], EXTENDED | (given.includes('x') ? WHOLE : 0) | (given.includes('i') ? IGNORE_CASE : 0));
    if (!regex) {
      say(program + ': regular expression error: ' + regexError + '\n');
      return 2;
    }
  }
  let found: Process[] = [];
  const own = <i32>calls.getpid();
  const all = allProcesses();
  for (let i = 0; i < all.length; i++) {
    const process = all[i];
    if (process.pid == own || process.isZombie) continue;
    const matched = (!regex || regex.test(textOf(process, given))) && fits(process, lists);
    if (matched != given.includes('v')) found.push(process);
  }
  if (found.length && (given.includes('n') || given.includes('o'))) {
    let best = found[0];
    for (let i = 1; i < found.length; i++) {
      const newer = found[i].started > best.started || (found[i].started == best.started && found[i].pid > best.pid);
      if (newer == given.includes('n')) best = found[i];
    }
    found = [best];
  }
  let failed = false;
  const texts: string[] = [];
  for (let i = 0; i < found.length; i++) {
    const process = found[i];
    if (killing) {
      const error = calls.kill(process.pid, signal);
      if (error >= 0) continue;
      complain(program, 'failed to signal pid ' + process.pid.toString(), error);
      failed = true;
      continue;
    }
    const number = process.pid.toString();
    texts.push(
      given.includes('a')
        ? number + ' ' + process.command
        : given.includes('l')
          ? number.padStart(5) + ' ' + textOf(process, given)
          : number,
    );
  }
  if (given.includes('c') && !killing) out(found.length.toString() + '\n');
  else if (texts.length) out(texts.join(delimiter) + '\n');
  return failed ? 3 : found.length ? 0 : 1;
}

/** What is looked into, and shown by -l. */
function textOf(process: Process, given: string): string {
  return given.includes('f') ? process.command : process.name;
}

function listed(lists: Map<string, string[]>, letter: string, value: string, other: string): bool {
  if (!lists.has(letter)) return true;
  const list = lists.get(letter);
  return list.includes(value) || list.includes(other);
}

function fits(process: Process, lists: Map<string, string[]>): bool {
  return (
    listed(lists, 'u', userName(process.euid), process.euid.toString()) &&
    listed(lists, 'U', userName(process.uid), process.uid.toString()) &&
    listed(lists, 'P', process.ppid.toString(), '') &&
    listed(lists, 'g', process.pgid.toString(), '') &&
    listed(lists, 's', process.sid.toString(), '') &&
    listed(lists, 't', terminalOf(process.terminal), '') &&
    listed(lists, 'z', process.zone.toString(), zoneText(process.zone, ATTR_NAME))
  );
}
