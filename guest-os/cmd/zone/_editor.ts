// SPDX-License-Identifier: MIT
/** @fileoverview A zone's configuration being edited: the subcommands of zonecfg(8), one line each. What is wrong is said, and perform gives false. */
import { isZoneName } from '../../kernel/zone/zoneName';
import { out, say } from '../../lib/io';
import { errorText } from '../../lib/errors';
import { rctlNames } from '../../lib/rctl';
import { problem as brandProblem, readBrand } from '../../lib/zones/brand';
import {
  Configuration,
  CONFIGURED,
  entryOf,
  problem,
  readConfiguration,
  readIndex,
  removeConfiguration,
  removeEntry,
  Resource,
  setEntry,
  Shape,
  shapeOf,
  writeConfiguration,
  EXCLUSIVE_IP,
  SHARED_IP,
} from '../../lib/zones/configuration';
import { classNamed } from '../../lib/priorities';
import { parseHex } from '../../lib/text';
import { privilegesOf, problem as privilegeProblem } from '../../lib/zones/kernel';
import { CAPPED, cappedOf, isWhole, membersOf, removeCapped, setCapped, setShort, setValue, SHORT, shortOf } from './_limits';

const USUAL_BRAND: string = 'joyent-minimal';
const PROPERTIES: string[] = [
  'zonepath',
  'brand',
  'autoboot',
  'bootargs',
  'limitpriv',
  'fs-allowed',
  'ip-type',
  'hostid',
  'scheduling-class',
];
const ATTR_TYPES: string[] = ['string', 'boolean', 'int', 'uint'];
/** What a zone's fs may be: others reach what zones share. */
const FS_TYPES: string[] = ['lofs', 'tmpfs'];

export class Editor {
  ended: bool = false;
  exists: bool;
  private configuration: Configuration | null;
  private changed: bool = false;
  private resource: Resource | null = null;

  constructor(readonly name: string) {
    this.configuration = readConfiguration(name);
    this.exists = this.configuration != null;
    if (problem.length) say('zonecfg: ' + problem + '\n');
  }

  get prompt(): string {
    const resource = this.resource;
    return 'zonecfg:' + this.name + (resource ? ':' + resource.kind : '') + '> ';
  }

  private fail(what: string): bool {
    say('zonecfg: ' + what + '\n');
    return false;
  }

  perform(line: string): bool {
    const words = wordsOf(line);
    if (!words.length || words[0].startsWith('#')) return true;
    const command = words[0];
    const rest = words.slice(1);
    if (command == 'exit' || command == 'quit') {
      this.ended = true;
      return true;
    }
    if (command == 'help') return this.help(rest);
    if (command == 'create') return this.create(rest);
    const configuration = this.configuration;
    if (!configuration) return this.fail(this.name + ": No such zone configured\nUse 'create' to begin configuring a new zone.");
    switch (COMMANDS.indexOf(command)) {
      case 0:
        return this.set(configuration, rest);
      case 1:
        return this.add(rest);
      case 2:
        return this.end(configuration);
      case 3:
        this.resource = null;
        return true;
      case 4:
        return this.select(configuration, rest);
      case 5:
        return this.remove(configuration, rest);
      case 6:
        return this.info(configuration, rest);
      case 7:
        return this.export(configuration);
      case 8:
        return this.verify(configuration);
      case 9:
        return this.commit(configuration);
      case 10:
        this.configuration = readConfiguration(this.name);
        this.changed = false;
        return true;
      case 11:
        return this.delete(rest);
      case 12:
        return rest.length == 1 && this.assign(configuration, rest[0], rest[0] == 'autoboot' ? 'false' : '');
    }
    return this.fail(command + ': unknown subcommand');
  }

  /** All subcommands, or what one is; within a resource, also its properties. */
  private help(words: string[]): bool {
    if (words.length && words[0] != 'help') {
      for (let i = 0; i < HELP.length; i++) {
        if (!HELP[i].startsWith(words[0] + ' ') && HELP[i] != words[0]) continue;
        out('usage: ' + HELP[i].substring(0, SYNOPSIS).trimEnd() + '\n\t' + HELP[i].substring(SYNOPSIS) + '\n');
        return true;
      }
      return this.fail(words[0] + ': unknown subcommand');
    }
    for (let i = 0; i < HELP.length; i++) out(HELP[i] + '\n');
    out('\n' + wrapped('Properties:', PROPERTIES.concat(SHORT)));
    out('Resources:  fs net dataset attr rctl ' + CAPPED.join(' ') + '\n');
    const resource = this.resource;
    const shape = resource ? shapeOf(resource.kind) : null;
    if (resource)
      out(
        'Of ' +
          resource.kind +
          ':  ' +
          (shape ? shape.names.concat(shape.childNames) : membersOf(resource.kind)).join(' ') +
          '\n',
      );
    return true;
  }

  /** At the end what has changed is written. */
  finish(): bool {
    const configuration = this.configuration;
    if (this.resource) return this.fail('a resource has been begun and not ended');
    return !this.changed || !configuration || this.commit(configuration);
  }

  private create(words: string[]): bool {
    if (this.exists && !words.includes('-F')) return this.fail('zone ' + this.name + ' already exists, use -F to overwrite');
    if (!isZoneName(this.name)) return this.fail(this.name + ': invalid zone name');
    const made = new Configuration(this.name);
    if (!words.includes('-b')) made.brand = USUAL_BRAND;
    this.configuration = made;
    this.changed = true;
    return true;
  }

  private set(configuration: Configuration, words: string[]): bool {
    const text = words.join(' ');
    const equals = text.indexOf('=');
    if (equals < 1) return this.fail('set needs property=value');
    return this.assign(configuration, text.substring(0, equals).trim(), text.substring(equals + 1).trim());
  }

  private assign(configuration: Configuration, name: string, value: string): bool {
    const resource = this.resource;
    if (resource) {
      const shape = shapeOf(resource.kind);
      if (shape ? !shape.has(name) : !membersOf(resource.kind).includes(name))
        return this.fail(name + ': invalid property of ' + resource.kind);
      // What the kernel does not know it would not enforce.
      if (resource.kind == 'rctl' && name == 'name' && !(value.startsWith('zone.') && rctlNames().includes(value)))
        return this.fail("'" + value + "' is not a valid zone rctl name.");
      resource.set(name, value);
      return true;
    }
    if (SHORT.includes(name)) {
      if (!setShort(configuration, name, value)) return this.fail(name + ': invalid value ' + value);
      this.changed = true;
      return true;
    }
    switch (PROPERTIES.indexOf(name)) {
      case 0:
        if (!value.startsWith('/') || value.includes('/../') || value.endsWith('/'))
          return this.fail(value + ': zonepath is not an absolute path');
        configuration.zonepath = value;
        break;
      case 1:
        if (!readBrand(value)) return this.fail(brandProblem);
        configuration.brand = value;
        break;
      case 2:
        if (value != 'true' && value != 'false') return this.fail('autoboot is true or false');
        configuration.autoboot = value == 'true';
        break;
      case 3:
        configuration.bootargs = value;
        break;
      case 4:
        if (!privilegesOf(value)) return this.fail(privilegeProblem);
        configuration.limitpriv = value;
        break;
      case 5:
        configuration.fsAllowed = value;
        break;
      case 6:
        if (value.length && value != SHARED_IP && value != EXCLUSIVE_IP) return this.fail('ip-type is shared or exclusive');
        configuration.ipType = value.length ? value : SHARED_IP;
        break;
      case 7:
        if (value.length && (parseHex(value) < 0 || parseHex(value) >= 0xffffffff)) return this.fail(value + ': invalid hostid');
        configuration.hostid = value.length ? parseHex(value).toString(16) : '';
        break;
      case 8:
        if (value.length && (!classNamed(value) || value == 'SYS')) return this.fail(value + ': invalid scheduling class');
        configuration.schedulingClass = value;
        break;
      default:
        return this.fail(name + ': invalid property');
    }
    this.changed = true;
    return true;
  }

  private add(words: string[]): bool {
    const begun = this.resource;
    if (begun && begun.kind == 'rctl' && words.length > 1 && words[0] == 'value') {
      const text = words.slice(1).join('');
      return setValue(begun, text) || this.fail(text + ': a value is (priv=privileged,limit=number,action=none|deny)');
    }
    if (this.resource) return this.fail('end the resource that is being added first');
    if (words.length != 1 || !(shapeOf(words[0]) || CAPPED.includes(words[0])))
      return this.fail('resources are fs, net, dataset, attr, rctl, capped-memory and capped-cpu');
    this.resource = new Resource(words[0]);
    return true;
  }

  private end(configuration: Configuration): bool {
    const resource = this.resource;
    if (!resource) return this.fail('there is no resource to end');
    if (CAPPED.includes(resource.kind)) {
      const wrong = setCapped(configuration, resource);
      if (wrong.length) return this.fail(resource.kind + ': ' + wrong);
      this.resource = null;
      this.changed = true;
      return true;
    }
    const shape = <Shape>shapeOf(resource.kind);
    for (let i = 0; i < shape.required; i++)
      if (!resource.get(shape.names[i]).length) return this.fail(resource.kind + ': ' + shape.names[i] + ' is not specified');
    if (resource.kind == 'fs' && (!resource.get('dir').startsWith('/') || resource.get('dir').includes('..')))
      return this.fail('dir is not an absolute path');
    if (resource.kind == 'fs' && !FS_TYPES.includes(resource.get('type'))) return this.fail('type of fs is lofs or tmpfs');
    if (resource.kind == 'rctl' && !isWhole(resource)) return this.fail(resource.get('name') + ': has no valid value');
    if (resource.kind == 'attr' && !ATTR_TYPES.includes(resource.get('type')))
      return this.fail('type of attr is string, boolean, int or uint');
    if (!configuration.resources.includes(resource)) configuration.resources.push(resource);
    this.resource = null;
    this.changed = true;
    return true;
  }

  /** The one resource that `kind name=value` means; null after a complaint. */
  private find(configuration: Configuration, words: string[]): Resource | null {
    const capped = words.length == 1 ? cappedOf(configuration, words[0]) : null;
    if (capped) return capped;
    const equals = words.length == 2 ? words[1].indexOf('=') : -1;
    for (let i = 0; equals > 0 && i < configuration.resources.length; i++) {
      const resource = configuration.resources[i];
      if (resource.kind == words[0] && resource.get(words[1].substring(0, equals)) == words[1].substring(equals + 1))
        return resource;
    }
    this.fail('no such resource: ' + words.join(' '));
    return null;
  }
  private select(configuration: Configuration, words: string[]): bool {
    this.resource = this.find(configuration, words);
    return this.resource != null;
  }
  private remove(configuration: Configuration, words: string[]): bool {
    const found = this.find(configuration, words);
    if (!found) return false;
    if (CAPPED.includes(found.kind)) removeCapped(configuration, found.kind);
    else configuration.remove(found);
    this.changed = true;
    return true;
  }

  private info(configuration: Configuration, words: string[]): bool {
    const wanted = words.length ? words[0] : '';
    const names = [
      'zonename',
      'zonepath',
      'brand',
      'autoboot',
      'bootargs',
      'limitpriv',
      'scheduling-class',
      'ip-type',
      'hostid',
      'fs-allowed',
    ];
    const values = [
      configuration.name,
      configuration.zonepath,
      configuration.brand,
      configuration.autoboot ? 'true' : 'false',
      configuration.bootargs,
      configuration.limitpriv,
      configuration.schedulingClass,
      configuration.ipType,
      configuration.hostid,
      configuration.fsAllowed,
    ];
    for (let i = 0; i < names.length; i++) if (!wanted.length || wanted == names[i]) out(names[i] + ': ' + values[i] + '\n');
    for (let i = 0; i < SHORT.length; i++) {
      const value = shortOf(configuration, SHORT[i]);
      if (value.length ? !wanted.length || wanted == SHORT[i] : wanted == SHORT[i]) out('[' + SHORT[i] + ': ' + value + ']\n');
    }
    for (let i = 0; i < CAPPED.length; i++) {
      const capped = !wanted.length || wanted == CAPPED[i] ? cappedOf(configuration, CAPPED[i]) : null;
      if (!capped) continue;
      out(capped.kind + ':\n');
      for (let k = 0; k < capped.names.length; k++) out('\t[' + capped.names[k] + ': ' + capped.values[k] + ']\n');
    }
    for (let i = 0; i < configuration.resources.length; i++) {
      const resource = configuration.resources[i];
      if (wanted.length && wanted != resource.kind) continue;
      out(resource.kind + ':\n');
      for (let k = 0; k < resource.names.length; k++) out('\t' + resource.names[k] + ': ' + resource.values[k] + '\n');
    }
    return true;
  }

  private export(configuration: Configuration): bool {
    out('create -b\nset zonepath=' + configuration.zonepath + '\nset brand=' + configuration.brand + '\n');
    out('set autoboot=' + (configuration.autoboot ? 'true' : 'false') + '\n');
    if (configuration.bootargs.length) out('set bootargs=' + configuration.bootargs + '\n');
    if (configuration.limitpriv.length) out('set limitpriv=' + configuration.limitpriv + '\n');
    if (configuration.schedulingClass.length) out('set scheduling-class=' + configuration.schedulingClass + '\n');
    if (configuration.hostid.length) out('set hostid=' + configuration.hostid + '\n');
    if (configuration.hasExclusiveIp) out('set ip-type=' + configuration.ipType + '\n');
    if (configuration.fsAllowed.length) out('set fs-allowed=' + configuration.fsAllowed + '\n');
    for (let i = 0; i < configuration.resources.length; i++) {
      const resource = configuration.resources[i];
      out('add ' + resource.kind + '\n');
      for (let k = 0; k < resource.names.length; k++) out('set ' + resource.names[k] + '=' + resource.values[k] + '\n');
      out('end\n');
    }
    return true;
  }

  private verify(configuration: Configuration): bool {
    if (!configuration.zonepath.length) return this.fail('zonepath not specified');
    if (!configuration.brand.length) return this.fail('brand not specified');
    const entries = readIndex();
    for (let i = 0; i < entries.length; i++) {
      const other = entries[i];
      if (other.name == this.name) continue;
      if (
        other.path == configuration.zonepath ||
        (other.path + '/').startsWith(configuration.zonepath + '/') ||
        configuration.zonepath.startsWith(other.path + '/')
      )
        return this.fail('zonepath (' + configuration.zonepath + ') is in use by zone ' + other.name);
    }
    return true;
  }

  private commit(configuration: Configuration): bool {
    if (!this.verify(configuration)) return false;
    const entry = entryOf(readIndex(), this.name);
    if (entry && entry.state != CONFIGURED && entry.path != configuration.zonepath)
      return this.fail('zonepath of an installed zone stays as it is');
    let error = writeConfiguration(configuration);
    if (error >= 0) error = setEntry(this.name, entry ? entry.state : CONFIGURED, configuration.zonepath);
    if (error < 0) return this.fail('could not write the configuration: ' + errorText(-error));
    this.changed = false;
    this.exists = true;
    return true;
  }

  private delete(words: string[]): bool {
    const entry = entryOf(readIndex(), this.name);
    if (entry && entry.state != CONFIGURED)
      return this.fail('zone ' + this.name + ': is ' + entry.state + ', uninstall it first');
    if (!words.includes('-F')) return this.fail('delete needs -F');
    // The index first: what it does not know is no zone.
    removeEntry(this.name);
    removeConfiguration(this.name);
    this.configuration = null;
    this.changed = false;
    this.exists = false;
    return true;
  }
}

/** Subcommands as they are written, and from column {@link SYNOPSIS} on what they do. */
const SYNOPSIS: i32 = 32;
const HELP: string[] = [
  'add kind                        begins a resource',
  'cancel                          drops the resource that was begun',
  'clear property                  as it is in a new configuration',
  'commit                          writes what was changed',
  'create [-b] [-F]                begins a configuration',
  'delete -F                       takes the configuration away',
  'end                             ends the resource that was begun',
  'exit                            ends; what was changed is written',
  'export                          subcommands that make this configuration',
  'help [subcommand]               this, or what a subcommand does',
  'info [kind | property]          what is set',
  'remove kind property=value      takes a resource away',
  'revert                          forgets what was not written',
  'select kind property=value      goes on with a resource',
  'set property=value              sets a property, of the resource that was begun',
  'verify                          looks whether the configuration is whole',
];

const COMMANDS: string[] = [
  'set',
  'add',
  'end',
  'cancel',
  'select',
  'remove',
  'info',
  'export',
  'verify',
  'commit',
  'revert',
  'delete',
  'clear',
];

/** Words behind a title, in lines that fit a terminal. */
function wrapped(title: string, words: string[]): string {
  let text = '';
  let line = title;
  for (let i = 0; i < words.length; i++) {
    if (line.length + 1 + words[i].length > WIDTH) {
      text += line + '\n';
      line = ''.padEnd(title.length);
    }
    line += ' ' + words[i];
  }
  return text + line + '\n';
}
const WIDTH: i32 = 78;

/** Words, of which quotes keep spaces. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let any = false;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (c == 0x22) {
      quoted = !quoted;
      any = true;
    } else if (!quoted && (c == 0x20 || c == 9 || c == 0x0d)) {
      if (any) words.push(word);
      word = '';
      any = false;
    } else {
      word += line.charAt(i);
      any = true;
    }
  }
  if (any) words.push(word);
  return words;
}
