// SPDX-License-Identifier: MIT
/** @fileoverview svccfg(8): import, export and modify service configurations */
/** @manual
 * DESCRIPTION
 * Changes the repository of services. Commands come from the arguments, from a file (-f), or from standard input, one a line. What is changed
 * takes effect when the instance is refreshed.
 *
 * OPTIONS
 *   -f file   commands are read from it
 *   -s FMRI   the service or instance that is selected first
 *   -v        say what is imported
 *
 * SUBCOMMANDS
 *   import file|directory        the services of a manifest, refreshed
 *   validate file                is this a manifest?
 *   export service               a service as a manifest
 *   list [pattern]               services, or the instances of the selected service
 *   select FMRI, unselect        what the following commands mean
 *   add name                     a service; within a selected service an instance
 *   delete [-f] FMRI             a service, or an instance; -f although it runs
 *   listpg, addpg name type, delpg name           property groups
 *   listprop [pattern]           properties
 *   setprop group/name = [type:] value | (value ...)
 *   addpropvalue group/name [type:] value
 *   delpropvalue group/name pattern
 *   delprop group[/name]
 *   refresh                      the selected instance runs with what it has now
 *   help, end
 *
 * EXIT STATUS
 *   0   done
 *   1   a command failed
 *   2   wrong usage
 *
 * EXAMPLES
 *   svccfg import /opt/custom/smf/mine.xml
 *   svccfg -s site/mine setprop config/port = count: 8080
 *   svcadm refresh site/mine
 *
 * SEE ALSO
 * svcprop(1), svcadm(8), smf(7), service_bundle(5)
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { status } from '../../lib/files';
import { flush, O_RDONLY, openFile, out, Reader, say } from '../../lib/io';
import { ask, problem } from '../../lib/smf/door';
import { isInstanceName, isServiceName, isType, manifestText } from '../../lib/smf/manifest';
import { Entity, escapeField, glob, Instance, PropertyGroup, Repository, Service } from '../../lib/smf/repository';
import { padRight } from '../../lib/text';
import { fetchRepository, instancesFor } from './_client';
import { importBelow, importFile, sendImport } from './_import';

export const USAGE: string =
  'svccfg [-v] [-s FMRI]\nsvccfg [-v] [-s FMRI] [-f file]\nsvccfg [-v] [-s FMRI] command [argument ...]';

const COMMANDS: string =
  'add addpg addpropvalue delete delpg delprop delpropvalue end export help import list listpg listprop refresh select setprop unselect validate';
const TCGETS: i32 = 0x540d;
const settings = memory.data(40, 8);

let selected: string = '';
let verbose = false;
let ended = false;

export function main(args: string[]): i32 {
  let i = 1;
  let file = '';
  for (; i < args.length && args[i].startsWith('-'); i++) {
    if (args[i] == '-v') verbose = true;
    else if (args[i] == '-s' && i + 1 < args.length) {
      if (!select(args[++i])) return 1;
    } else if (args[i] == '-f' && i + 1 < args.length) file = args[++i];
    else return usage();
  }
  // As if it were a line: an argument may hold several words.
  if (i < args.length) return run(split(args.slice(i).join(' '))) ? 0 : 1;
  let descriptor = 0;
  if (file.length && file != '-') {
    descriptor = openFile(file, O_RDONLY);
    if (descriptor < 0) return complain(file + ': ' + errorText(-descriptor)) ? 0 : 1;
  }
  return readCommands(descriptor);
}

function usage(): i32 {
  say('Usage: ' + USAGE.replaceAll('\n', '\n       ') + '\n');
  return 2;
}

/** Always false, so that a command can end with it. */
function complain(text: string): bool {
  say('svccfg: ' + text + '\n');
  return false;
}

function readCommands(descriptor: i32): i32 {
  const asks = descriptor == 0 && calls.ioctl(0, TCGETS, settings) >= 0;
  const reader = new Reader(descriptor);
  let good = true;
  while (!ended) {
    if (asks) out((selected.length ? selected : 'svc:') + '> ');
    flush();
    const line = reader.line();
    if (line == null) break;
    const words = split(line);
    if (words.length && !words[0].startsWith('#') && !run(words)) good = false;
  }
  return good ? 0 : 1;
}

/** Words of a line: quotes keep together, parentheses and `=` stand for themselves. */
function split(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let begun = false;
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (c == '"') {
      begun = true;
      for (i++; i < line.length && line.charAt(i) != '"'; i++) {
        if (line.charAt(i) == '\\' && i + 1 < line.length) i++;
        word += line.charAt(i);
      }
    } else if (c == ' ' || c == '\t') {
      if (begun) words.push(word);
      word = '';
      begun = false;
    } else {
      word += c;
      begun = true;
    }
  }
  if (begun) words.push(word);
  return words;
}

function run(words: string[]): bool {
  const command = words[0];
  const argument = words.length > 1 ? words[1] : '';
  if (command == 'end' || command == 'exit' || command == 'quit') {
    ended = true;
    return true;
  }
  if (command == 'help') {
    out('Commands: ' + COMMANDS + '\n');
    return true;
  }
  if (command == 'import') return importAll(argument);
  if (command == 'validate') return validate(argument);
  if (command == 'select') return select(argument);
  if (command == 'unselect') {
    const colon = selected.lastIndexOf(':');
    selected = colon > 4 ? selected.substring(0, colon) : '';
    return true;
  }
  if (command == 'list') return list(argument);
  if (command == 'export') return exportService(argument);
  if (command == 'add') return add(argument);
  if (command == 'delete') return remove(words);
  if (!COMMANDS.split(' ').includes(command)) return complain("Unknown command '" + command + "'.");
  return change(words);
}

function send(request: string): bool {
  return ask(request) != null || complain(problem);
}

function importAll(path: string): bool {
  if (!path.length) return complain('usage: import file|directory');
  const file = status(path, true);
  if (!file) return complain(path + ': ' + errorText(2));
  if (file.isDirectory) return importBelow(path, true) == 0;
  const repository = new Repository();
  const wrong = importFile(path, repository);
  if (wrong.length) return complain(path + ': ' + wrong);
  const failed = sendImport(repository);
  if (failed.length) return complain(failed);
  if (verbose)
    for (let i = 0; i < repository.services.length; i++)
      out('svccfg: Successful import of ' + repository.services[i].name + '.\n');
  return true;
}

function validate(path: string): bool {
  const wrong = importFile(path, new Repository());
  return !wrong.length || complain(path + ': ' + wrong);
}

/** By FMRI, or an abbreviation that means one service or instance. */
function select(name: string): bool {
  const repository = fetchRepository('svccfg');
  if (!repository) return false;
  const found = find(repository, name);
  if (!found) return complain("Pattern '" + name + "' doesn't match any instances or services");
  selected = found instanceof Instance ? (found as Instance).fmri : (found as Service).fmri;
  return true;
}

function find(repository: Repository, name: string): Entity | null {
  const direct = repository.findEntity(name);
  if (direct) return direct;
  const own: Entity | null = selected.length ? repository.findEntity(selected) : null;
  if (own instanceof Service) {
    const instance = (own as Service).instance(name);
    if (instance) return instance;
  }
  const service = repository.service(name);
  if (service) return service;
  const instances = instancesFor(repository, name);
  if (!instances.length) return null;
  for (let i = 1; i < instances.length; i++) if (instances[i].service != instances[0].service) return null;
  return name.includes(':') ? instances[0] : instances[0].service;
}

/** The selected service or instance; null after a complaint. */
function current(repository: Repository | null): Entity | null {
  if (!repository) return null;
  const entity = selected.length ? repository.findEntity(selected) : null;
  if (!entity) complain('An entity must be selected.');
  return entity;
}

function list(pattern: string): bool {
  const repository = fetchRepository('svccfg');
  if (!repository) return false;
  const own: Entity | null = selected.length ? repository.findEntity(selected) : null;
  if (own instanceof Service) {
    const instances = (own as Service).instances;
    for (let i = 0; i < instances.length; i++)
      if (!pattern.length || glob(pattern, instances[i].name)) out(instances[i].name + '\n');
    return true;
  }
  const names: string[] = [];
  for (let i = 0; i < repository.services.length; i++) names.push(repository.services[i].name);
  names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  for (let i = 0; i < names.length; i++) if (!pattern.length || glob(pattern, names[i])) out(names[i] + '\n');
  return true;
}

function exportService(name: string): bool {
  const repository = fetchRepository('svccfg');
  if (!repository) return false;
  const found = name.length ? find(repository, name) : current(repository);
  if (!found) return complain("Pattern '" + name + "' doesn't match any services");
  out(manifestText(found instanceof Instance ? (found as Instance).service : (found as Service)));
  return true;
}

function add(name: string): bool {
  if (selected.length && selected.lastIndexOf(':') <= 4) {
    if (!isInstanceName(name)) return complain("Invalid name '" + name + "'.");
    return send('edit\nadd\t' + selected + ':' + name + '\n');
  }
  return isServiceName(name) ? send('edit\nadd\tsvc:/' + name + '\n') : complain("Invalid name '" + name + "'.");
}

function remove(words: string[]): bool {
  const forced = words.length > 2 && words[1] == '-f';
  const name = words.length > (forced ? 2 : 1) ? words[forced ? 2 : 1] : '';
  const repository = fetchRepository('svccfg');
  if (!repository) return false;
  const found = find(repository, name);
  if (!found) return complain("Pattern '" + name + "' doesn't match any instances or services");
  const instances = found instanceof Instance ? [found as Instance] : (found as Service).instances;
  for (let i = 0; i < instances.length; i++) {
    const state = instances[i].state;
    if (!forced && (state == 'online' || state == 'degraded'))
      return complain('Instance "' + instances[i].fmri + '" is in state "' + state + '". Use delete -f.');
  }
  const fmri = found instanceof Instance ? (found as Instance).fmri : (found as Service).fmri;
  if (selected.startsWith(fmri)) selected = '';
  return send('edit\ndelete\t' + fmri + '\n');
}

// ---- properties of what is selected

function change(words: string[]): bool {
  const repository = fetchRepository('svccfg');
  const entity = current(repository);
  if (!entity) return false;
  const command = words[0];
  const argument = words.length > 1 ? words[1] : '';
  if (command == 'refresh')
    return entity instanceof Instance ? send('refresh\t' + selected + '\n') : refreshAll(entity as Service);
  if (command == 'listpg') {
    for (let i = 0; i < entity.groups.length; i++) {
      const group = entity.groups[i];
      out(padRight(group.name, 20) + ' ' + group.type + (group.persistent ? '' : '   NONPERSISTENT') + '\n');
    }
    return true;
  }
  if (command == 'listprop') {
    listProperties(entity.groups, argument);
    return true;
  }
  if (command == 'addpg') {
    if (words.length < 3) return complain('usage: addpg name type [flags]');
    return send('edit\naddpg\t' + selected + '\t' + escapeField(argument) + '\t' + escapeField(words[2]) + '\t\n');
  }
  if (command == 'delpg') return send('edit\ndelpg\t' + selected + '\t' + escapeField(argument) + '\n');
  const slash = argument.indexOf('/');
  if (command == 'delprop' && slash < 0) return send('edit\ndelpg\t' + selected + '\t' + escapeField(argument) + '\n');
  if (slash <= 0) return complain("Invalid property name '" + argument + "': it is group/name.");
  const groupName = argument.substring(0, slash);
  const name = argument.substring(slash + 1);
  if (command == 'delprop')
    return send('edit\ndelprop\t' + selected + '\t' + escapeField(groupName) + '\t' + escapeField(name) + '\n');
  const group = entity.group(groupName);
  if (!group) return complain('No such property group "' + groupName + '".');
  if (command == 'setprop') return setProperty(group, name, words);
  return changeValues(group, name, words);
}

function refreshAll(service: Service): bool {
  for (let i = 0; i < service.instances.length; i++) if (!send('refresh\t' + service.instances[i].fmri + '\n')) return false;
  return true;
}

function listProperties(groups: PropertyGroup[], pattern: string): void {
  let width = 0;
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i];
      if (!pattern.length || glob(pattern, group.name)) {
        width = max(width, group.name.length);
        if (pass) out(padRight(group.name, width + 2) + group.type + '\n');
      }
      for (let k = 0; k < group.properties.length; k++) {
        const property = group.properties[k];
        const name = group.name + '/' + property.name;
        if (pattern.length && !glob(pattern, name) && !glob(pattern, group.name)) continue;
        width = max(width, name.length);
        let values = '';
        for (let v = 0; v < property.values.length; v++) values += ' ' + quoted(property.values[v], property.type);
        if (pass) out(padRight(name, width + 2) + padRight(property.type, 8) + values + '\n');
      }
    }
  }
}

function quoted(value: string, type: string): string {
  if (type == 'count' || type == 'integer' || type == 'boolean' || type == 'time') return value;
  let plain = value.length > 0;
  for (let i = 0; i < value.length; i++) if (' \t\n"();&'.includes(value.charAt(i))) plain = false;
  return plain ? value : '"' + value.replaceAll('\\', '\\\\').replaceAll('"', '\\"') + '"';
}

/** Is the text a value of the type? */
function isValue(type: string, text: string): bool {
  if (type == 'boolean') return text == 'true' || text == 'false';
  if (type != 'count' && type != 'integer') return true;
  const start = type == 'integer' && text.startsWith('-') ? 1 : 0;
  for (let i = start; i < text.length; i++) if (text.charCodeAt(i) < 0x30 || text.charCodeAt(i) > 0x39) return false;
  return text.length > start;
}

function setProperty(group: PropertyGroup, name: string, words: string[]): bool {
  if (words.length < 4 || words[2] != '=') return complain('usage: setprop group/name = [type:] value');
  let at = 3;
  const old = group.find(name);
  let type = old ? old.type : '';
  if (words[at].endsWith(':') && at + 1 < words.length) type = words[at++].slice(0, -1);
  if (!type.length) return complain('Type required for new properties.');
  if (!isType(type)) return complain('Unknown property type "' + type + '".');
  const values = words.slice(at);
  if (values[0].startsWith('(')) {
    values[0] = values[0].substring(1);
    const last = values.length - 1;
    if (!values[last].endsWith(')')) return complain('a list of values ends with )');
    values[last] = values[last].slice(0, -1);
    if (!values[last].length) values.pop();
    if (values.length && !values[0].length) values.shift();
  } else if (values.length > 1) return complain('several values stand in parentheses');
  return store(group, name, type, values);
}

function store(group: PropertyGroup, name: string, type: string, values: string[]): bool {
  let request =
    'edit\nset\t' +
    selected +
    '\t' +
    escapeField(group.name) +
    '\t' +
    escapeField(group.type) +
    '\t' +
    (group.persistent ? '' : 'N') +
    '\t' +
    escapeField(name) +
    '\t' +
    type;
  for (let i = 0; i < values.length; i++) {
    if (!isValue(type, values[i])) return complain('"' + values[i] + '" is not a value of type ' + type + '.');
    request += '\t' + escapeField(values[i]);
  }
  return send(request + '\n');
}

function changeValues(group: PropertyGroup, name: string, words: string[]): bool {
  let at = 2;
  const old = group.find(name);
  let type = old ? old.type : '';
  if (words.length > 3 && words[at].endsWith(':')) type = words[at++].slice(0, -1);
  if (at >= words.length) return complain('usage: ' + words[0] + ' group/name [type:] value');
  if (!isType(type)) return complain('Type required for new properties.');
  let values: string[] = old ? old.values.slice(0) : [];
  if (words[0] == 'addpropvalue') values.push(words[at]);
  else {
    const kept: string[] = [];
    for (let i = 0; i < values.length; i++) if (!glob(words[at], values[i])) kept.push(values[i]);
    values = kept;
  }
  return store(group, name, type, values);
}
