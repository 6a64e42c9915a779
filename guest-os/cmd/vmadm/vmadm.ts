// SPDX-License-Identifier: MIT
/** @fileoverview vmadm(8): manage virtual machines
 * @path /usr/vm/sbin/vmadm
 */
/** @manual
 * DESCRIPTION
 * Makes VMs from images, and shows, changes, starts, stops and deletes them. A VM is a zone of the brand joyent or joyent-minimal whose name is a UUID.
 * Data goes to standard output; that something has been done is said on standard error.
 *
 * SUBCOMMANDS
 *   create [-f file]               makes a VM of a payload, an object in JSON, and starts it
 *   update uuid [-f file]          changes what the payload has
 *   update uuid name=value ...     the same
 *   get uuid                       shows all of a VM as JSON; also json
 *   list [-pHh] [-o name,...] [-s name,...] [name=value ...]
 *       a table. -p with colons, for programs; -H without headings, -h with; -o columns; -s order, - in front of a name reverses it. Filters
 *       are name=value, or name=~pattern.
 *   lookup [-j | -1] [-o name,...] [name=value ...]
 *       UUIDs, one a line; -j as JSON, with -o only these members; -1 fails unless there is exactly one.
 *   start uuid, stop [-F] uuid, reboot [-F] uuid
 *       -F at once, without asking the VM's services. Also boot and halt.
 *   delete uuid                    takes all of a VM away, without asking; also destroy
 *   console uuid                   the VM's console; Enter, Ctrl-], . leaves
 *   kill [-s signal] uuid          a signal for the VM's first process; SIGTERM if none is named
 *   create-snapshot, rollback-snapshot, delete-snapshot uuid name
 *       rollback stops the VM, takes newer snapshots away, and starts it.
 *   validate create [-f file], validate update brand [-f file]
 *       what is wrong with a payload, as JSON
 *   help
 *
 * PROPERTIES
 * Memory is in MiB, quota in GiB.
 *   brand, image_uuid              needed: joyent or joyent-minimal, and an image that imgadm(8) has installed
 *   alias, hostname, dns_domain, owner_uuid, billing_id, package_name, package_version
 *   autoboot                       start it when the system starts; start and stop change it
 *   ram                            another name for max_physical_memory
 *   max_physical_memory, max_locked_memory, max_swap, max_shm_memory, max_lwps
 *   max_shm_ids, max_sem_ids, max_msg_ids
 *   cpu_shares, cpu_cap            parts of the processors among those who want them; percent of one processor at most
 *   zfs_io_priority                parts of ZFS among VMs that use it at the same time
 *   tmpfs                          size of /tmp, at the next boot; 0: /tmp is in the VM's dataset
 *   quota, zfs_root_compression, zfs_root_recsize
 *   delegate_dataset, zfs_data_compression, zfs_data_recsize
 *   indestructible_zoneroot, indestructible_delegated, archive_on_delete
 *   filesystems                    objects with type (lofs, tmpfs), source, target, options
 *   limit_priv, fs_allowed, init_name
 *   nics, routes, resolvers, maintain_resolvers, firewall_enabled
 *       kept and shown; there is no network yet.
 *   customer_metadata, internal_metadata, internal_metadata_namespaces, tags
 *   mdata_exec_timeout, nowait     for create alone
 * What is no property is left out with a warning; validate refuses it.
 *
 * In updates, set_ and remove_ in front of tags, customer_metadata, internal_metadata and routes, and add_, update_ and remove_ in front of nics and
 * filesystems, change parts. Limits, quota, compression and sizes of records take effect at once, the rest when the VM starts.
 *
 * EXIT STATUS
 *   0   done
 *   1   it could not be done
 *   2   wrong usage
 *
 * EXAMPLES
 *   echo '{"brand": "joyent-minimal", "image_uuid": "...", "alias": "web0", "ram": 256}' | vmadm create
 *   vmadm list -o uuid,alias,state alias=~^web
 *   vmadm update 54f1cc77-68f1-42ab-acac-5c4f64f5d6e0 quota=20
 *
 * SEE ALSO
 * imgadm(8), zoneadm(8), mdata-get(1), json(1)
 */
import * as calls from '../../lib/calls';
import { flush, out, readAll, say, O_RDONLY, openFile } from '../../lib/io';
import { ARRAY, Json, OBJECT } from '../../lib/json';
import { execute } from '../../lib/process';
import { isTerminal } from '../../lib/tty';
import { GLOBAL, ownZoneId } from '../../lib/zones/kernel';
import { create, noZone, remove, update } from './machine/_change';
import { createSnapshot, deleteSnapshot, reboot, rollbackSnapshot, signal, start, stop } from './machine/_control';
import { decorate, Filter, filtered, isColumn, isFilter, isSlow, lineOf, part, sorted } from './machine/_list';
import { entryOfMachine, loadMachine, loadMachines } from './machine/_load';
import { Node } from './machine/_node';
import { parsePayload, problem, warnings } from './payload/_payload';
import { validate } from './payload/_validate';
import { textIn } from './payload/_values';

export const USAGE: string =
  'vmadm create [-f filename]\n' +
  'vmadm create-snapshot uuid snapname\n' +
  'vmadm console uuid\n' +
  'vmadm delete uuid\n' +
  'vmadm delete-snapshot uuid snapname\n' +
  'vmadm get uuid\n' +
  'vmadm info uuid [type,...]\n' +
  'vmadm kill [-s signal] uuid\n' +
  'vmadm list [-pHh] [-o field,...] [-s field,...] [field=value ...]\n' +
  'vmadm lookup [-j|-1] [-o field,...] [field=value ...]\n' +
  'vmadm reboot uuid [-F]\n' +
  'vmadm rollback-snapshot uuid snapname\n' +
  'vmadm start uuid\n' +
  'vmadm stop uuid [-F]\n' +
  'vmadm update uuid [-f filename]\n' +
  'vmadm update uuid property=value [property=value ...]\n' +
  'vmadm validate create [-f filename]\n' +
  'vmadm validate update brand [-f filename]';

/** Known elsewhere, and not here yet. */
const MISSING: string[] = ['events', 'install', 'receive', 'recv', 'reprovision', 'send', 'sysrq'];

/** A subcommand's words: options by letter, and the rest. */
class Words {
  readonly operands: string[] = [];
  private readonly letters: string[] = [];
  private readonly values: string[] = [];
  wrong: string = '';

  /** `plain`: letters of options without an argument, `valued` of those with one. */
  constructor(args: string[], plain: string, valued: string) {
    for (let i = 0; i < args.length; i++) {
      const word = args[i];
      if (word.length < 2 || word.charAt(0) != '-') {
        this.operands.push(word);
        continue;
      }
      for (let k = 1; k < word.length; k++) {
        const letter = word.charAt(k);
        if (plain.includes(letter)) this.put(letter, '');
        else if (valued.includes(letter)) {
          const rest = word.substring(k + 1);
          if (!rest.length && i + 1 == args.length) this.wrong = 'Missing argument to -' + letter;
          else this.put(letter, rest.length ? rest : args[++i]);
          break;
        } else {
          // -SIGKILL
          if (valued.includes('s') && k == 1 && !plain.length) this.put('s', word.substring(1));
          else this.wrong = 'Invalid option: -' + letter;
          break;
        }
      }
    }
  }
  private put(letter: string, value: string): void {
    this.letters.push(letter);
    this.values.push(value);
  }
  has(letter: string): bool {
    return this.letters.includes(letter);
  }
  /** The last one that was given. */
  value(letter: string, otherwise: string): string {
    const at = this.letters.lastIndexOf(letter);
    return at < 0 ? otherwise : this.values[at];
  }
  /** Which of two came last. */
  last(a: string, b: string): bool {
    return this.letters.lastIndexOf(a) > this.letters.lastIndexOf(b);
  }
}

function usage(message: string, status: i32 = 2): i32 {
  let text = message.length ? message + '\n' : '';
  const lines = USAGE.split('\n');
  text += 'Usage: vmadm <command> [options]\n\n';
  for (let i = 0; i < lines.length; i++) text += lines[i].substring(6) + '\n';
  text += "\nFor more detailed information on the use of this command, type 'man vmadm'.\n";
  if (status) say(text);
  else out(text);
  return status;
}
function fail(message: string): i32 {
  say(message + '\n');
  return 1;
}
/** What went wrong, or else what has been done. */
function done(failed: string, message: string): i32 {
  say((failed.length ? failed : message) + '\n');
  return failed.length ? 1 : 0;
}

export function main(args: string[]): i32 {
  if (ownZoneId() != GLOBAL || calls.getuid() != 0) {
    say(
      'FATAL: cannot run because: ' +
        (calls.getuid() != 0 ? 'can only be run as root' : 'can only be run from the global zone') +
        '\n',
    );
    return 2;
  }
  const command = args.length > 1 ? args[1] : '';
  const rest = args.slice(2);
  if (!command.length) return usage('');
  if (command == '-h' || command == '-?' || command == 'help') return usage('', 0);
  if (command == 'create') return createCommand(new Words(rest, '', 'f'));
  if (command == 'update') return updateCommand(new Words(rest, '', 'f'));
  if (command == 'list') return list(new Words(rest, 'pHh', 'os'));
  if (command == 'lookup') return lookup(new Words(rest, 'j1', 'o'));
  if (command == 'validate') return validateCommand(new Words(rest, '', 'f'));
  if (MISSING.includes(command)) return fail('vmadm ' + command + ' is not implemented');
  const at = SUBCOMMANDS.indexOf(command);
  if (at < 0) return usage('Invalid command: "' + command + '".');
  return withMachine(command, at, rest);
}

const SUBCOMMANDS: string[] = [
  'get',
  'json',
  'start',
  'boot',
  'stop',
  'halt',
  'reboot',
  'delete',
  'destroy',
  'console',
  'kill',
  'create-snapshot',
  'rollback-snapshot',
  'delete-snapshot',
  'info',
];

function isFullUuid(text: string): bool {
  return text.length == 36 && text.charAt(8) + text.charAt(13) + text.charAt(18) + text.charAt(23) == '----';
}

/** What is done with one VM that there is. */
function withMachine(command: string, at: i32, rest: string[]): i32 {
  const words = new Words(rest, at >= 4 && at <= 6 ? 'F' : '', at == 10 ? 's' : '');
  const operands = words.operands;
  if (!operands.length || !isFullUuid(operands[0])) return usage('Invalid or missing UUID for ' + command);
  if (words.wrong.length) return usage(words.wrong);
  const uuid = operands[0];
  const isSnapshot = at >= 11 && at <= 13;
  if (isSnapshot && operands.length != 2) return usage('Wrong number of parameters to "' + command + '"');
  if (!isSnapshot && at != 14 && operands.length > 1)
    return usage('Invalid argument' + (at == 2 || at == 3 ? ' to start' : '') + ': ' + operands[1]);
  if (at == 7 || at == 8) {
    const failed = remove(uuid);
    return done(failed.length ? 'Failed to delete VM ' + uuid + ': ' + failed : '', 'Successfully deleted VM ' + uuid);
  }
  const entry = entryOfMachine(uuid);
  const machine = entry ? loadMachine(entry, true) : null;
  if (!machine) return fail(noZone(uuid));
  const state = textIn(machine, 'state');
  const isUp = textIn(machine, 'zone_state') == 'running';
  switch (at) {
    case 0:
    case 1:
      out(machine.print(2) + '\n');
      return 0;
    case 2:
    case 3: {
      if (isUp) return done('', 'VM ' + uuid + " is already 'running'");
      const failed = start(machine);
      return done(failed.length ? 'Unable to start VM ' + uuid + ': ' + failed : '', 'Successfully started VM ' + uuid);
    }
    case 4:
    case 5:
      if (!isUp && textIn(machine, 'zone_state') == 'installed')
        return done('', 'VM ' + uuid + " is already not 'running' (currently: " + state + ')');
      return done(stop(machine, words.has('F')), 'Successfully completed stop for VM ' + uuid);
    case 6:
      if (!isUp) return done('', 'VM ' + uuid + " is already not 'running' (currently: " + state + ')');
      return done(reboot(machine, words.has('F')), 'Successfully completed reboot for VM ' + uuid);
    case 9:
      flush();
      execute('/usr/bin/zlogin', ['zlogin', '-C', '-e', '\x1d', textIn(machine, 'zonename')], ['PATH=/usr/sbin:/usr/bin']);
      return fail('zlogin cannot be started');
    case 10: {
      let name = words.value('s', 'SIGTERM').toUpperCase();
      if (!name.startsWith('SIG') && !(name.charCodeAt(0) >= 0x30 && name.charCodeAt(0) <= 0x39)) name = 'SIG' + name;
      return done(signal(machine, name), 'Sent signal "' + name + '" to init process for VM ' + uuid);
    }
    case 11:
      return done(createSnapshot(machine, operands[1]), 'Created snapshot ' + operands[1] + ' for VM ' + uuid);
    case 12:
      return done(rollbackSnapshot(machine, operands[1]), 'Rolled back snapshot ' + operands[1] + ' for VM ' + uuid);
    case 13:
      return done(deleteSnapshot(machine, operands[1]), 'Deleted snapshot ' + operands[1] + ' for VM ' + uuid);
  }
  return fail('Unable to get VM info for VM ' + uuid + ": the brand '" + textIn(machine, 'brand') + "' has none");
}

// ---- payloads

/** What is wrong with the file that a payload was to come from; nothing: {@link payloadText} has it. */
let payloadText: string = '';
function readPayload(words: Words): string {
  const file = words.value('f', '-');
  const descriptor = file == '-' ? 0 : openFile(file, O_RDONLY);
  if (descriptor < 0) return 'File: ' + file + ' does not exist.';
  payloadText = readAll(descriptor);
  return '';
}
function readsTerminal(words: Words): bool {
  return words.value('f', '-') == '-' && isTerminal(0);
}

function createCommand(words: Words): i32 {
  if (words.wrong.length) return usage(words.wrong);
  if (readsTerminal(words)) return usage('Will not create from stdin when stdin is a tty.');
  const failed = readPayload(words);
  if (failed.length) return fail(failed);
  const payload = parsePayload(payloadText);
  if (!payload) return fail(problem);
  const wrong = create(payload);
  warn();
  return done(wrong, 'Successfully created VM ' + textIn(payload, 'uuid'));
}

/** What was not heeded; the rest is done nevertheless. */
function warn(): void {
  for (let i = 0; i < warnings.length; i++) say(warnings[i] + '\n');
}

/** name=value each, as an object of texts; null: one is none. */
function assignments(operands: string[]): Json | null {
  const result = new Json(OBJECT);
  for (let i = 0; i < operands.length; i++) {
    const equals = operands[i].indexOf('=');
    if (equals < 1) return null;
    result.set(operands[i].substring(0, equals), Json.string(operands[i].substring(equals + 1)));
  }
  return result;
}

function updateCommand(words: Words): i32 {
  const operands = words.operands;
  if (!operands.length || !isFullUuid(operands[0])) return usage('Invalid or missing UUID for update');
  if (words.wrong.length) return usage(words.wrong);
  const uuid = operands[0];
  let payload: Json | null = null;
  if (operands.length > 1) {
    payload = assignments(operands.slice(1));
    if (!payload) return usage('Bad arguments: unable to split ' + operands.slice(1).join(' '));
  } else {
    if (readsTerminal(words)) return usage('Will not update from stdin when stdin is a tty.');
    const failed = readPayload(words);
    if (failed.length) return fail(failed);
    payload = parsePayload(payloadText);
    if (!payload) return fail(problem);
  }
  const wrong = update(uuid, payload);
  warn();
  return done(wrong, 'Successfully updated VM ' + uuid);
}

function validateCommand(words: Words): i32 {
  if (words.wrong.length) return usage(words.wrong);
  if (readsTerminal(words)) return usage('Will not validate from stdin when stdin is a tty.');
  const operands = words.operands;
  const action = operands.length ? operands[0] : '';
  if (action != 'create' && action != 'update') return usage('Will not validate without a valid action.');
  if (action == 'update' && operands.length != 2) return usage('Will not validate without a valid action and brand.');
  const failed = readPayload(words);
  if (failed.length) return fail(failed);
  const payload = parsePayload(payloadText);
  if (!payload) return fail(problem);
  const brand = action == 'update' ? operands[1] : textIn(payload, 'brand');
  const findings = validate(brand, action, payload, new Node());
  return done(findings.any ? findings.json().print(2) : '', "VALID '" + action + "' payload for " + brand + ' brand VMs.');
}

// ---- many VMs

/** Filters of operands; null, after a complaint: one is none. */
function filtersOf(operands: string[], what: string): Filter[] | null {
  const filters: Filter[] = [];
  for (let i = 0; i < operands.length; i++) {
    const equals = operands[i].indexOf('=');
    const name = equals < 0 ? operands[i] : operands[i].substring(0, equals);
    if (equals < 0 || !isFilter(name)) {
      fail('Invalid ' + what + ' key: "' + name + '"');
      return null;
    }
    const filter = new Filter(name, operands[i].substring(equals + 1));
    if (filter.isBroken) {
      fail('Invalid pattern: ' + filter.value.substring(1));
      return null;
    }
    filters.push(filter);
  }
  return filters;
}

function found(filters: Filter[], names: string[]): Json[] {
  const asked = names.slice(0);
  for (let i = 0; i < filters.length; i++) asked.push(filters[i].name);
  const machines = loadMachines(isSlow(asked));
  for (let i = 0; i < machines.length; i++) decorate(machines[i]);
  return filtered(machines, filters);
}

function list(words: Words): i32 {
  if (words.wrong.length) return usage(words.wrong);
  const filters = filtersOf(words.operands, 'filter');
  if (!filters) return 1;
  const columns = words.value('o', 'uuid,type,ram,state,alias').split(',');
  for (let i = 0; i < columns.length; i++) if (!isColumn(columns[i])) return fail('Invalid order key: "' + columns[i] + '"');
  const order = words.value('s', 'ram,uuid').split(',');
  const plain: string[] = [];
  for (let i = 0; i < order.length; i++) {
    const name = order[i].startsWith('-') || order[i].startsWith('+') ? order[i].substring(1) : order[i];
    if (!isColumn(name)) return fail('Invalid sort key: "' + order[i] + '"');
    plain.push(name);
  }
  const machines = sorted(found(filters, columns.concat(plain)), order);
  const parsable = words.has('p');
  const headed = words.has('h') && words.last('h', 'H') ? true : !parsable && !words.has('H');
  if (headed) out(lineOf(null, columns, parsable));
  for (let i = 0; i < machines.length; i++) out(lineOf(machines[i], columns, parsable));
  return 0;
}

function lookup(words: Words): i32 {
  if (words.wrong.length) return usage(words.wrong);
  if (words.has('o') && !words.has('j')) return fail('Cannot specify -o without -j');
  const filters = filtersOf(words.operands, 'lookup');
  if (!filters) return 1;
  const names = words.has('o') ? words.value('o', '').split(',') : [];
  const machines = found(filters, words.has('j') && !names.length ? ['quota'] : names);
  if (words.has('1') && machines.length != 1)
    return fail('Requested unique lookup but found ' + machines.length.toString() + ' results.');
  if (!words.has('j')) {
    for (let i = 0; i < machines.length; i++) out(textIn(machines[i], 'uuid') + '\n');
    return 0;
  }
  const array = new Json(ARRAY);
  for (let i = 0; i < machines.length; i++) array.items.push(names.length ? part(machines[i], names) : machines[i]);
  out(array.print(2) + '\n');
  return 0;
}
