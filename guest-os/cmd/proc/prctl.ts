// SPDX-License-Identifier: MIT
/** @fileoverview prctl(1): get or set the resource controls of running processes, tasks, projects and zones */
/** @manual
 * DESCRIPTION
 * Shows resource controls, what is in use of them and their values, or changes the value that one has.
 *
 * OPTIONS
 *   -i type     what the operands are: process (otherwise), project, or zone, by number or name
 *   -n name     this control alone; otherwise all that there are of that type
 *   -t priv     this value alone: basic, privileged or system; of changes it is the value that is meant, privileged if not said
 *   -v value    with -n: sets a value that there is none of; with -r it takes the place of the one that is there. Thousands K, M, G, T; of
 *               bytes 1024s of 1024, as in 512mb
 *   -x          with -n: takes the value away
 *   -e action, -d action   what happens at the value: deny for some, nothing for others; it is for the control to say, and another is refused
 *   -P          in fields for programs, values as they are
 *
 * SEE ALSO
 * zonecfg(8), prstat(8), zonememstat(8)
 */
import { errorText } from '../../lib/errors';
import { out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { processOf } from '../../lib/processes';
import {
  deleteRctl,
  P_PID,
  P_PROJID,
  P_ZONEID,
  parseRctlAmount,
  RCPRIV_BASIC,
  RCPRIV_PRIVILEGED,
  RCPRIV_SYSTEM,
  rctlAmount,
  rctlError,
  RCTL_GLOBAL_DENY_ALWAYS,
  RCTL_GLOBAL_DENY_NEVER,
  RCTL_GLOBAL_INFINITE,
  RCTL_LOCAL_MAXIMAL,
  rctlNames,
  rctlUsage,
  RctlValue,
  rctlValues,
  setRctl,
} from '../../lib/rctl';
import { padLeft, parseNumber } from '../../lib/text';
import { ATTR_NAME, zoneId, zoneText } from '../../lib/zones/kernel';

export const USAGE: string =
  'prctl [-P] [-t basic|privileged|system] [-n name] [-i process|project|zone] id ...\n' +
  'prctl -n name [-t basic|privileged] [-r] -v value [-e|-d action] [-i process|project|zone] id ...\n' +
  'prctl -n name [-t basic|privileged] -x [-i process|project|zone] id ...';

const KINDS: string[] = ['process', 'project', 'zone'];
const KIND_IDS: StaticArray<i32> = [P_PID, P_PROJID, P_ZONEID];
const PRIVILEGES: string[] = ['basic', 'privileged', 'system'];
const PRIVILEGE_IDS: StaticArray<i32> = [RCPRIV_BASIC, RCPRIV_PRIVILEGED, RCPRIV_SYSTEM];

let kind: i32 = 0;
let wanted: string = '';
let privilege: i32 = 0;
let parsable: bool = false;
let replaces: bool = false;
let deletes: bool = false;
let amount: string = '';
let action: string = '';
let disables: bool = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'Pt:n:srxv:e:d:i:');
  let sets = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'P') parsable = true;
    else if (option == 'r') replaces = true;
    else if (option == 's') sets = true;
    else if (option == 'x') deletes = true;
    else if (option == 'n') wanted = options.argument;
    else if (option == 'v') amount = options.argument;
    else if (option == 'e' || option == 'd') {
      action = options.argument;
      disables = option == 'd';
    } else if (option == 'i') {
      kind = KINDS.indexOf(options.argument == 'pid' ? 'process' : options.argument);
      if (kind < 0) return misused(USAGE, 2);
    } else {
      const index = PRIVILEGES.indexOf(options.argument);
      if (index < 0) return misused(USAGE, 2);
      privilege = PRIVILEGE_IDS[index];
    }
  }
  const operands = options.operands();
  if (options.failed) return 2;
  const changes = amount.length > 0 || deletes || action.length > 0;
  if (!operands.length || ((replaces || sets) && !amount.length) || (deletes && amount.length)) return misused(USAGE, 2);
  if (changes && !wanted.length) return misused(USAGE, 2);
  if (wanted.length && !rctlNames().includes(wanted)) return fail('unknown resource control name: ' + wanted);
  let status = 0;
  for (let i = 0; i < operands.length; i++) if (!perform(operands[i], changes)) status = 1;
  return status;
}

function fail(what: string): i32 {
  say('prctl: ' + what + '\n');
  return 1;
}

/** False after a complaint. */
function perform(operand: string, changes: bool): bool {
  let id = <i32>parseNumber(operand);
  if (KINDS[kind] == 'zone') {
    if (id < 0 || !zoneText(id, ATTR_NAME).length) id = zoneId(operand);
    if (id < 0) return fail('unknown zone: ' + operand) == 0;
  } else if (id < 0) return fail('invalid ' + KINDS[kind] + ' id: ' + operand) == 0;
  return changes ? change(id) : show(id);
}

// ---- changes

function change(id: i32): bool {
  const type = KIND_IDS[kind];
  const values = rctlValues(wanted, type, id);
  if (!values.length) return refuse(rctlError(wanted, type, id));
  const flags = values[0].globalFlags;
  let old: RctlValue | null = null;
  const which = privilege ? privilege : RCPRIV_PRIVILEGED;
  for (let i = 0; i < values.length; i++) if (values[i].privilege == which) old = values[i];
  if (which == RCPRIV_SYSTEM) return fail('system values cannot be changed') == 0;
  // What happens at a value is the control's to say: it may be said again, and not otherwise.
  if (action.length) {
    if (action != 'deny' && action != 'all') return fail('action ' + action + ' is not supported') == 0;
    if (!disables && action == 'deny' && flags & RCTL_GLOBAL_DENY_NEVER) return fail(wanted + ' cannot deny') == 0;
    if (disables && action == 'deny' && flags & RCTL_GLOBAL_DENY_ALWAYS) return fail(wanted + ' always denies') == 0;
    if (!deletes && !amount.length) return true;
  }
  if (deletes) {
    if (!old) return fail('no such value of ' + wanted) == 0;
    return refuse(deleteRctl(wanted, type, id, which));
  }
  const value = parseRctlAmount(amount, flags);
  if (value < 0) return fail('invalid value: ' + amount) == 0;
  if (old && !replaces && !(old.localFlags & RCTL_LOCAL_MAXIMAL)) return fail(wanted + ' has a value, which -r replaces') == 0;
  return refuse(setRctl(wanted, type, id, which, value, (flags & RCTL_GLOBAL_DENY_ALWAYS) != 0));
}

/** True: nothing was wrong. */
function refuse(error: i64): bool {
  if (error >= 0) return true;
  fail(wanted + ': ' + errorText(-error));
  return false;
}

// ---- shows

function show(id: i32): bool {
  const type = KIND_IDS[kind];
  const names = rctlNames();
  let shown = false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (wanted.length ? name != wanted : !isOf(name)) continue;
    const values = rctlValues(name, type, id);
    if (!values.length) {
      if (!wanted.length) continue;
      return refuse(rctlError(name, type, id));
    }
    if (!shown) heading(id);
    shown = true;
    print(name, id, values);
  }
  return shown || fail('no such ' + KINDS[kind] + ': ' + id.toString()) == 0;
}

/** A process has those of its project and its zone, too. */
function isOf(name: string): bool {
  return KINDS[kind] == 'process' || name.startsWith(KINDS[kind] + '.');
}

function heading(id: i32): void {
  let line = KINDS[kind] + ': ' + id.toString();
  if (KINDS[kind] == 'zone') line += ': ' + zoneText(id, ATTR_NAME);
  else if (KINDS[kind] == 'process') {
    const process = processOf(id.toString());
    if (process) line += ': ' + process.shown;
  }
  out(line + '\n');
  if (!parsable) out('NAME    PRIVILEGE       VALUE    FLAG   ACTION                    RECIPIENT\n');
}

function print(name: string, id: i32, values: RctlValue[]): void {
  const flags = values[0].globalFlags;
  const used = rctlUsage(name, KIND_IDS[kind], id);
  if (parsable) {
    if (used >= 0 && !privilege) out(name + ' usage ' + used.toString() + ' - - -\n');
  } else {
    out(name + '\n');
    if (used >= 0 && !privilege) out('        usage' + padLeft(rctlAmount(used, flags), 16) + '\n');
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (privilege && value.privilege != privilege) continue;
    const title = PRIVILEGES[PRIVILEGE_IDS.indexOf(value.privilege)];
    const maximal = (value.localFlags & RCTL_LOCAL_MAXIMAL) != 0;
    const flag = !maximal ? '-' : flags & RCTL_GLOBAL_INFINITE ? 'inf' : 'max';
    const what = value.denies ? 'deny' : 'none';
    const recipient = value.privilege == RCPRIV_BASIC ? id.toString() : '-';
    if (parsable) out(name + ' ' + title + ' ' + value.value.toString() + ' ' + flag + ' ' + what + ' ' + recipient + '\n');
    else {
      const text = '        ' + title.padEnd(13) + padLeft(rctlAmount(value.value, flags), 8) + padLeft(flag, 8);
      out(text + '   ' + what.padEnd(26) + padLeft(recipient, 9) + '\n');
    }
  }
}
