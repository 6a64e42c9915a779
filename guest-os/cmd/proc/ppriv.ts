// SPDX-License-Identifier: MIT
/** @fileoverview ppriv(1): show privileges of processes, and which there are */
/** @manual
 * DESCRIPTION
 * Shows the four privilege sets of processes: effective (E), inheritable (I), permitted (P) and limit (L); `basic`, `all` and `zone` stand for sets, and
 * !name for what is missing from one.
 *
 * OPTIONS
 *   -v          every privilege by its name
 *   -l [set]    the names of all privileges, or of those of a set: all, basic, zone
 *
 * SEE ALSO
 * zonecfg(8), privileges(7)
 */
import { PRIV_BASIC, PRIVILEGES } from '../../kernel/process/privilege';
import { flush, out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { field, forEach, heading, procFile } from '../../lib/procFiles';
import { ownZoneId, zonePrivileges } from '../../lib/zones/kernel';

export const USAGE: string = 'ppriv [-v] pid ...\n' + 'ppriv -l [-v] [all | basic | zone | privilege ...]';

/** prpriv_t: where its sets begin, and the bytes of one. */
const SETS: i32 = 12;
const SET: i32 = 12;
const FLAGS: i32 = 68;
const PRIV_AWARE: u64 = 2;

let verbose: bool = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'lv');
  let lists = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'v') verbose = true;
    else lists = true;
  }
  const operands = options.operands();
  if (options.failed || (!lists && !operands.length)) return misused(USAGE, 2);
  return lists ? list(operands.length ? operands : ['all']) : forEach('ppriv', operands, show);
}

/** What everybody has. */
function basicSet(): string[] {
  const names: string[] = [];
  for (let i = 0; i < PRIVILEGES.length; i++) if (PRIV_BASIC.has(i)) names.push(PRIVILEGES[i]);
  return names;
}
/** What this zone can have: all, in the global one. */
function zoneSet(): string[] {
  return zonePrivileges(ownZoneId());
}

function list(operands: string[]): i32 {
  let status = 0;
  for (let i = 0; i < operands.length; i++) {
    const word = operands[i].toLowerCase();
    const set = word == 'basic' ? basicSet() : word == 'zone' ? zoneSet() : [word];
    for (let k = 0; k < PRIVILEGES.length; k++) if (word == 'all' || set.includes(PRIVILEGES[k])) out(PRIVILEGES[k] + '\n');
    if (word == 'all' || word == 'basic' || word == 'zone' || PRIVILEGES.includes(word)) continue;
    flush();
    say('ppriv: ' + operands[i] + ': not a privilege\n');
    status = 1;
  }
  return status;
}

function show(pid: i32): bool {
  const bytes = procFile('ppriv', pid, 'priv');
  if (bytes == null || !heading('ppriv', pid)) return false;
  out('flags = ' + (field(bytes, FLAGS, 4) & PRIV_AWARE ? 'PRIV_AWARE' : '<none>') + '\n');
  const letters = 'EIPL';
  for (let set = 0; set < 4; set++) {
    const names: string[] = [];
    for (let i = 0; i < PRIVILEGES.length; i++)
      if (field(bytes, SETS + set * SET + (i >> 5) * 4, 4) & ((<u64>1) << (i & 31))) names.push(PRIVILEGES[i]);
    out('\t' + letters.charAt(set) + ': ' + (verbose ? (names.length ? names.join(',') : 'none') : shortest(names)) + '\n');
  }
  return true;
}

/** The shortest that says it: a set's name with what is more and what is missing, or the names. */
function shortest(names: string[]): string {
  if (!names.length) return 'none';
  if (names.length == PRIVILEGES.length) return 'all';
  let best = names.join(',');
  const bases = ['basic', 'zone'];
  for (let i = 0; i < bases.length; i++) {
    const set = i ? zoneSet() : basicSet();
    let text = bases[i];
    for (let k = 0; k < set.length; k++) if (!names.includes(set[k])) text += ',!' + set[k];
    for (let k = 0; k < names.length; k++) if (!set.includes(names[k])) text += ',' + names[k];
    if (text.length < best.length) best = text;
  }
  return best;
}
