// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the repository of services holds (smf(7)): services, their instances, property groups, properties, values.
 *
 * An instance has its own property groups and inherits its service's, property by property. What it runs with is its running snapshot: a
 * copy of that composition, made when it is refreshed. Groups that are not persistent (`restarter`: states) are not in snapshots.
 *
 * Text form, in which it is stored and sent: one record a line, fields separated by tabs; a value's tabs, newlines and backslashes are escaped.
 *
 *     S name                  a service; what follows belongs to it
 *     I name                  an instance of it
 *     R                       the instance's running snapshot follows
 *     G name type flags       a property group; flag N: not persistent
 *     P name type value …     a property of it
 */
export class Property {
  constructor(
    public readonly name: string,
    public type: string,
    public values: string[],
  ) {}
  get value(): string {
    return this.values.length ? this.values[0] : '';
  }
}

export class PropertyGroup {
  readonly properties: Property[] = [];
  constructor(
    public readonly name: string,
    public readonly type: string,
    public readonly persistent: bool,
  ) {}

  find(name: string): Property | null {
    for (let i = 0; i < this.properties.length; i++) if (this.properties[i].name == name) return this.properties[i];
    return null;
  }
  set(name: string, type: string, values: string[]): void {
    const property = this.find(name);
    if (!property) {
      this.properties.push(new Property(name, type, values));
      return;
    }
    property.type = type;
    property.values = values;
  }
  remove(name: string): bool {
    for (let i = 0; i < this.properties.length; i++) {
      if (this.properties[i].name != name) continue;
      this.properties.splice(i, 1);
      return true;
    }
    return false;
  }
  copy(): PropertyGroup {
    const copy = new PropertyGroup(this.name, this.type, this.persistent);
    for (let i = 0; i < this.properties.length; i++) {
      const property = this.properties[i];
      copy.properties.push(new Property(property.name, property.type, property.values.slice(0)));
    }
    return copy;
  }
}

export function findGroup(groups: PropertyGroup[], name: string): PropertyGroup | null {
  for (let i = 0; i < groups.length; i++) if (groups[i].name == name) return groups[i];
  return null;
}

/** What may have property groups. */
export class Entity {
  groups: PropertyGroup[] = [];
  constructor(public readonly name: string) {}

  group(name: string): PropertyGroup | null {
    return findGroup(this.groups, name);
  }
  /** The group of that name, made if it is missing. */
  makeGroup(name: string, type: string, persistent: bool = true): PropertyGroup {
    const found = this.group(name);
    if (found) return found;
    const made = new PropertyGroup(name, type, persistent);
    this.groups.push(made);
    return made;
  }
  removeGroup(name: string): bool {
    for (let i = 0; i < this.groups.length; i++) {
      if (this.groups[i].name != name) continue;
      this.groups.splice(i, 1);
      return true;
    }
    return false;
  }
}

export class Instance extends Entity {
  running: PropertyGroup[] = [];
  constructor(
    public readonly service: Service,
    name: string,
  ) {
    super(name);
  }
  get fmri(): string {
    return 'svc:/' + this.service.name + ':' + this.name;
  }

  /** Own groups over the service's, as they are now; those that are not persistent last. */
  composed(): PropertyGroup[] {
    const result: PropertyGroup[] = [];
    for (let i = 0; i < this.service.groups.length; i++) result.push(this.service.groups[i].copy());
    for (let i = 0; i < this.groups.length; i++) {
      const own = this.groups[i];
      const inherited = findGroup(result, own.name);
      if (!inherited) {
        result.push(own.copy());
        continue;
      }
      for (let k = 0; k < own.properties.length; k++) {
        const property = own.properties[k];
        inherited.set(property.name, property.type, property.values.slice(0));
      }
    }
    return result;
  }

  /** The running snapshot becomes what there is now. */
  refresh(): void {
    const all = this.composed();
    this.running = [];
    for (let i = 0; i < all.length; i++) if (all[i].persistent) this.running.push(all[i]);
  }

  /** Groups that it runs with, and those that are not in snapshots. */
  effective(): PropertyGroup[] {
    const result = this.running.slice(0);
    for (let i = 0; i < this.groups.length; i++) if (!this.groups[i].persistent) result.push(this.groups[i]);
    return result;
  }

  /** A property that it runs with, or a state; nothing where it has none. */
  get(group: string, name: string): string {
    const found = this.getProperty(group, name);
    return found ? found.value : '';
  }
  getProperty(group: string, name: string): Property | null {
    let found = findGroup(this.running, group);
    if (!found) found = this.group(group);
    return found ? found.find(name) : null;
  }
  /** Its state as the restarter has said it last. */
  get state(): string {
    const state = this.get('restarter', 'state');
    return state.length ? state : 'uninitialized';
  }
  get nextState(): string {
    const state = this.get('restarter', 'next_state');
    return state.length ? state : 'none';
  }
  /** What the administrator wants: for now (general_ovr), or in general. */
  get isEnabled(): bool {
    const temporary = this.overridden();
    if (temporary.length) return temporary == 'true';
    const general = this.group('general');
    const enabled = general ? general.find('enabled') : null;
    return enabled != null && enabled.value == 'true';
  }
  /** `true` or `false` until the next boot, or nothing. */
  overridden(): string {
    const group = this.group('general_ovr');
    const enabled = group ? group.find('enabled') : null;
    return enabled ? enabled.value : '';
  }
}

export class Service extends Entity {
  readonly instances: Instance[] = [];
  get fmri(): string {
    return 'svc:/' + this.name;
  }
  instance(name: string): Instance | null {
    for (let i = 0; i < this.instances.length; i++) if (this.instances[i].name == name) return this.instances[i];
    return null;
  }
  makeInstance(name: string): Instance {
    const found = this.instance(name);
    if (found) return found;
    const made = new Instance(this, name);
    this.instances.push(made);
    return made;
  }
}

export class Repository {
  readonly services: Service[] = [];

  service(name: string): Service | null {
    for (let i = 0; i < this.services.length; i++) if (this.services[i].name == name) return this.services[i];
    return null;
  }
  makeService(name: string): Service {
    const found = this.service(name);
    if (found) return found;
    const made = new Service(name);
    this.services.push(made);
    return made;
  }
  instances(): Instance[] {
    const result: Instance[] = [];
    for (let i = 0; i < this.services.length; i++) {
      const instances = this.services[i].instances;
      for (let k = 0; k < instances.length; k++) result.push(instances[k]);
    }
    return result;
  }
  /** By a full FMRI. */
  findInstance(fmri: string): Instance | null {
    const colon = fmri.lastIndexOf(':');
    if (!fmri.startsWith('svc:/') || colon <= 4) return null;
    const service = this.service(fmri.substring(5, colon));
    return service ? service.instance(fmri.substring(colon + 1)) : null;
  }
  /** A service or an instance by its full FMRI. */
  findEntity(fmri: string): Entity | null {
    if (fmri.lastIndexOf(':') > 4) return this.findInstance(fmri);
    return fmri.startsWith('svc:/') ? this.service(fmri.substring(5)) : null;
  }
}

// ---- text form

export function escapeField(text: string): string {
  if (!text.includes('\\') && !text.includes('\t') && !text.includes('\n')) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
}
export function unescapeField(text: string): string {
  if (!text.includes('\\')) return text;
  let result = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c != '\\' || i + 1 == text.length) result += c;
    else {
      const letter = text.charAt(++i);
      result += letter == 't' ? '\t' : letter == 'n' ? '\n' : letter;
    }
  }
  return result;
}

/** Which groups a text shall have. */
export const EVERYTHING: i32 = 0;
export const PERSISTENT: i32 = 1;
export const VOLATILE: i32 = 2;

function writeGroups(groups: PropertyGroup[], which: i32, lines: string[]): void {
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i];
    if (which && group.persistent != (which == PERSISTENT)) continue;
    lines.push('G\t' + escapeField(group.name) + '\t' + escapeField(group.type) + '\t' + (group.persistent ? '' : 'N'));
    for (let k = 0; k < group.properties.length; k++) {
      const property = group.properties[k];
      let line = 'P\t' + escapeField(property.name) + '\t' + property.type;
      for (let v = 0; v < property.values.length; v++) line += '\t' + escapeField(property.values[v]);
      lines.push(line);
    }
  }
}

function writeInstance(instance: Instance, which: i32, lines: string[]): void {
  lines.push('I\t' + instance.name);
  writeGroups(instance.groups, which, lines);
  if (which == VOLATILE) return;
  lines.push('R');
  writeGroups(instance.running, EVERYTHING, lines);
}

export function repositoryText(repository: Repository, which: i32): string {
  const lines: string[] = [];
  for (let i = 0; i < repository.services.length; i++) {
    const service = repository.services[i];
    lines.push('S\t' + service.name);
    if (which != VOLATILE) writeGroups(service.groups, which, lines);
    for (let k = 0; k < service.instances.length; k++) writeInstance(service.instances[k], which, lines);
  }
  lines.push('');
  return lines.join('\n');
}

/** One instance, with its service's groups. */
export function instanceText(instance: Instance): string {
  const lines: string[] = [];
  lines.push('S\t' + instance.service.name);
  writeGroups(instance.service.groups, EVERYTHING, lines);
  writeInstance(instance, EVERYTHING, lines);
  lines.push('');
  return lines.join('\n');
}

/** Puts what a text says into a repository: groups that it names are replaced, others stay. False: it is no such text. */
export function readRepository(text: string, repository: Repository): bool {
  let service: Service | null = null;
  let instance: Instance | null = null;
  let running = false;
  let group: PropertyGroup | null = null;
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    const fields = text.substring(start, end).split('\t');
    start = end + 1;
    const kind = fields[0];
    if (kind == 'S' && fields.length > 1) {
      service = repository.makeService(fields[1]);
      instance = null;
      group = null;
    } else if (kind == 'I' && fields.length > 1 && service) {
      instance = service.makeInstance(fields[1]);
      running = false;
      group = null;
    } else if (kind == 'R' && instance) {
      running = true;
      instance.running = [];
      group = null;
    } else if (kind == 'G' && fields.length > 3 && service) {
      const made = new PropertyGroup(unescapeField(fields[1]), unescapeField(fields[2]), fields[3] != 'N');
      if (instance && running) instance.running.push(made);
      else {
        const entity: Entity = instance ? instance : service;
        entity.removeGroup(made.name);
        entity.groups.push(made);
      }
      group = made;
    } else if (kind == 'P' && fields.length > 2 && group) {
      const values: string[] = [];
      for (let i = 3; i < fields.length; i++) values.push(unescapeField(fields[i]));
      group.properties.push(new Property(unescapeField(fields[1]), fields[2], values));
    } else if (kind.length) {
      return false;
    }
  }
  return true;
}

// ---- names

/** Does a pattern, abbreviated as svcs(1) and svcadm(8) allow it, mean this instance? */
export function matchesInstance(pattern: string, instance: Instance): bool {
  let wanted = pattern;
  const full = wanted.startsWith('svc:/') || wanted.startsWith('svc://localhost/');
  if (full) wanted = wanted.substring(wanted.startsWith('svc://localhost/') ? 16 : 5);
  const colon = wanted.lastIndexOf(':');
  const service = colon < 0 ? wanted : wanted.substring(0, colon);
  if (colon >= 0 && !glob(wanted.substring(colon + 1), instance.name)) return false;
  const name = instance.service.name;
  if (glob(service, name)) return true;
  if (full) return false;
  // The end of a name, from a slash on.
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1))
    if (glob(service, name.substring(at + 1))) return true;
  return false;
}

/** `*`, `?` and `[…]` over all of a text. */
export function glob(pattern: string, text: string, p: i32 = 0, t: i32 = 0): bool {
  for (; p < pattern.length; p++) {
    const c = pattern.charAt(p);
    if (c == '*') {
      for (let i = t; i <= text.length; i++) if (glob(pattern, text, p + 1, i)) return true;
      return false;
    }
    if (t >= text.length) return false;
    const close = c == '[' ? pattern.indexOf(']', p + 2) : -1;
    if (close > 0) {
      if (!inSet(pattern.substring(p + 1, close), text.charCodeAt(t))) return false;
      p = close;
    } else if (c != '?' && c != text.charAt(t)) {
      return false;
    }
    t++;
  }
  return t == text.length;
}

function inSet(set: string, c: i32): bool {
  const negated = set.startsWith('!');
  let found = false;
  for (let i = negated ? 1 : 0; i < set.length; i++) {
    const from = set.charCodeAt(i);
    const isRange = i + 2 < set.length && set.charCodeAt(i + 1) == 0x2d;
    if (c >= from && c <= (isRange ? set.charCodeAt(i + 2) : from)) found = true;
    if (isRange) i += 2;
  }
  return found != negated;
}

/** Its log's path: slashes of the FMRI become dashes. */
export function logPath(instance: Instance): string {
  return '/var/svc/log/' + instance.service.name.replaceAll('/', '-') + ':' + instance.name + '.log';
}
