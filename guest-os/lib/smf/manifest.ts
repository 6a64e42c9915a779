// SPDX-License-Identifier: MIT
/**
 * @fileoverview Service manifests (service_bundle(5), DTD version 1): XML to services, and back.
 *
 * What each element becomes: `dependency` a group of type dependency; `exec_method` a group of type method; `property_group` itself;
 * `template` groups of type template (`tm_common_name`, `tm_description`, `tm_man_…`); `instance` and `create_default_instance` an instance with
 * general/enabled; `dependent` a dependency of the other service on this one. The file's name is kept in `manifestfiles`.
 */
import { Element, escapeXml, XmlParser } from '../xml';
import { Entity, Instance, Property, PropertyGroup, Repository, Service } from './repository';

export class Manifest {
  error: string = '';
  /** Services that it describes. */
  readonly services: string[] = [];
  /** Those of a bundle of profile type: nothing but enabled flags. */
  isProfile: bool = false;

  constructor(private readonly repository: Repository) {}

  /** Reads a manifest into the repository. False: see {@link error}. */
  read(text: string, path: string): bool {
    const parser = new XmlParser(text);
    const root = parser.parse();
    if (!root) {
      this.error = parser.error;
      return false;
    }
    const type = root.get('type');
    if (root.name != 'service_bundle') return this.fail(root, 'the root element is not service_bundle');
    if (type != 'manifest' && type != 'profile') return this.fail(root, 'a service_bundle of type ' + type);
    this.isProfile = type == 'profile';
    for (let i = 0; i < root.children.length; i++) {
      const child = root.children[i];
      if (child.name != 'service') return this.fail(child, 'unexpected element ' + child.name);
      if (!this.service(child, path)) return false;
    }
    return true;
  }

  private fail(element: Element, what: string): bool {
    this.error = 'line ' + element.line.toString() + ': ' + what;
    return false;
  }

  private service(element: Element, path: string): bool {
    const name = element.get('name');
    if (!isServiceName(name)) return this.fail(element, "service name '" + name + "' is not valid");
    const service = this.repository.makeService(name);
    this.services.push(name);
    if (path.length && !this.isProfile) {
      const files = service.makeGroup('manifestfiles', 'framework');
      files.set(path.substring(1).replaceAll('/', '_').replaceAll('.', '_'), 'astring', [path]);
    }
    return this.content(element, service, service);
  }

  private content(element: Element, service: Service, entity: Entity): bool {
    for (let i = 0; i < element.children.length; i++) {
      const child = element.children[i];
      const name = child.name;
      let good: bool = true;
      if (name == 'create_default_instance') good = this.instance(child, service, 'default');
      else if (name == 'instance' && entity == service) good = this.instance(child, service, child.get('name'));
      else if (name == 'single_instance') entity.makeGroup('general', 'framework').set('single_instance', 'boolean', ['true']);
      else if (name == 'restarter') good = this.restarter(child, entity);
      else if (name == 'dependency') good = this.dependency(child, entity, '');
      else if (name == 'dependent') good = this.dependent(child, service, entity);
      else if (name == 'exec_method') good = this.method(child, entity);
      else if (name == 'property_group') good = this.propertyGroup(child, entity);
      else if (name == 'template') good = this.template(child, entity);
      else if (name == 'method_context') good = this.context(child, entity.makeGroup('method_context', 'framework'));
      else if (name != 'stability') return this.fail(child, 'unexpected element ' + name);
      if (!good) return false;
    }
    return true;
  }

  private instance(element: Element, service: Service, name: string): bool {
    if (!isInstanceName(name)) return this.fail(element, "instance name '" + name + "' is not valid");
    const enabled = element.get('enabled');
    if (enabled != 'true' && enabled != 'false') return this.fail(element, 'enabled is neither true nor false');
    const instance = service.makeInstance(name);
    instance.makeGroup('general', 'framework').set('enabled', 'boolean', [enabled]);
    return this.content(element, service, instance);
  }

  private restarter(element: Element, entity: Entity): bool {
    const fmri = serviceReference(element);
    if (!fmri.length) return this.fail(element, 'restarter without a service_fmri');
    entity.makeGroup('general', 'framework').set('restarter', 'fmri', [fmri]);
    return true;
  }

  private dependency(element: Element, entity: Entity, target: string): bool {
    const name = element.get('name');
    const grouping = element.get('grouping');
    const restartOn = element.get('restart_on');
    if (!name.length) return this.fail(element, 'a dependency without a name');
    if (grouping != 'require_all' && grouping != 'require_any' && grouping != 'optional_all' && grouping != 'exclude_all')
      return this.fail(element, "grouping '" + grouping + "' is not known");
    if (restartOn != 'none' && restartOn != 'error' && restartOn != 'restart' && restartOn != 'refresh')
      return this.fail(element, "restart_on '" + restartOn + "' is not known");
    const entities: string[] = [];
    if (target.length) entities.push(target);
    else
      for (let i = 0; i < element.children.length; i++)
        if (element.children[i].name == 'service_fmri') entities.push(element.children[i].get('value'));
    if (!entities.length && element.get('delete') != 'true') return this.fail(element, 'a dependency on nothing');
    entity.removeGroup(name);
    const group = entity.makeGroup(name, 'dependency');
    group.set('entities', 'fmri', entities);
    group.set('grouping', 'astring', [grouping]);
    group.set('restart_on', 'astring', [restartOn]);
    group.set('type', 'astring', [target.length ? 'service' : element.get('type')]);
    return true;
  }

  /** Another service shall depend on this one. */
  private dependent(element: Element, service: Service, entity: Entity): bool {
    const fmri = serviceReference(element);
    if (!fmri.startsWith('svc:/')) return this.fail(element, 'a dependent without a service_fmri');
    let other: Entity | null = this.repository.findEntity(fmri);
    if (!other && fmri.lastIndexOf(':') <= 4) other = this.repository.makeService(fmri.substring(5));
    if (!other) return true;
    const own = entity == service ? service.fmri : service.fmri + ':' + entity.name;
    return this.dependency(element, other, own);
  }

  private method(element: Element, entity: Entity): bool {
    const name = element.get('name');
    const exec = element.get('exec');
    if (!name.length || !exec.length) return this.fail(element, 'exec_method needs name and exec');
    entity.removeGroup(name);
    const group = entity.makeGroup(name, 'method');
    group.set('exec', 'astring', [exec]);
    group.set('timeout_seconds', 'count', [element.get('timeout_seconds')]);
    group.set('type', 'astring', [element.get('type')]);
    for (let i = 0; i < element.children.length; i++) {
      const child = element.children[i];
      if (child.name == 'method_context' && !this.context(child, group)) return false;
      if (child.name == 'propval' && !this.value(child, group)) return false;
    }
    return true;
  }

  private context(element: Element, group: PropertyGroup): bool {
    const directory = element.get('working_directory');
    if (directory.length) group.set('working_directory', 'astring', [directory]);
    for (let i = 0; i < element.children.length; i++) {
      const child = element.children[i];
      if (child.name == 'method_credential') {
        if (child.get('user').length) group.set('user', 'astring', [child.get('user')]);
        if (child.get('group').length) group.set('group', 'astring', [child.get('group')]);
      } else if (child.name == 'method_environment') {
        const variables: string[] = [];
        for (let k = 0; k < child.children.length; k++)
          variables.push(child.children[k].get('name') + '=' + child.children[k].get('value'));
        group.set('environment', 'astring', variables);
      } else return this.fail(child, 'unexpected element ' + child.name);
    }
    return true;
  }

  private propertyGroup(element: Element, entity: Entity): bool {
    const name = element.get('name');
    if (!name.length) return this.fail(element, 'a property_group without a name');
    const group = entity.makeGroup(name, element.get('type'));
    for (let i = 0; i < element.children.length; i++) {
      const child = element.children[i];
      if (child.name == 'stability') continue;
      if (child.name == 'propval') {
        if (!this.value(child, group)) return false;
        continue;
      }
      if (child.name != 'property') return this.fail(child, 'unexpected element ' + child.name);
      const values: string[] = [];
      for (let k = 0; k < child.children.length; k++) {
        const list = child.children[k].children;
        for (let v = 0; v < list.length; v++) if (list[v].name == 'value_node') values.push(list[v].get('value'));
      }
      if (!isType(child.get('type'))) return this.fail(child, "property type '" + child.get('type') + "' is not known");
      group.set(child.get('name'), child.get('type'), values);
    }
    return true;
  }

  private value(element: Element, group: PropertyGroup): bool {
    if (!isType(element.get('type'))) return this.fail(element, "property type '" + element.get('type') + "' is not known");
    group.set(element.get('name'), element.get('type'), [element.get('value')]);
    return true;
  }

  private template(element: Element, entity: Entity): bool {
    for (let i = 0; i < element.children.length; i++) {
      const child = element.children[i];
      if (child.name == 'common_name' || child.name == 'description') {
        const text = child.children.length ? child.children[0].text.trim() : '';
        entity.makeGroup('tm_' + child.name, 'template').set('C', 'ustring', [text]);
      } else if (child.name == 'documentation') {
        for (let k = 0; k < child.children.length; k++) {
          const page = child.children[k];
          if (page.name != 'manpage') continue;
          const group = entity.makeGroup('tm_man_' + page.get('title') + page.get('section'), 'template');
          group.set('title', 'ustring', [page.get('title')]);
          group.set('section', 'astring', [page.get('section')]);
          group.set('manpath', 'astring', [page.get('manpath')]);
        }
      }
    }
    return true;
  }
}

function serviceReference(element: Element): string {
  for (let i = 0; i < element.children.length; i++)
    if (element.children[i].name == 'service_fmri') return element.children[i].get('value');
  return '';
}

/** Parts of letters, digits, `_` and `-` with slashes between. */
export function isServiceName(name: string): bool {
  const parts = name.split('/');
  for (let i = 0; i < parts.length; i++) if (!isInstanceName(parts[i])) return false;
  return true;
}
export function isInstanceName(name: string): bool {
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    const isLetter = (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a;
    const isDigit = c >= 0x30 && c <= 0x39;
    if (!isLetter && !isDigit && (!i || (c != 0x2d && c != 0x5f && c != 0x2c && c != 0x2e))) return false;
  }
  return name.length > 0;
}

const TYPES: string[] = [
  'boolean',
  'count',
  'integer',
  'time',
  'astring',
  'ustring',
  'opaque',
  'fmri',
  'uri',
  'host',
  'hostname',
  'net_address',
  'net_address_v4',
  'net_address_v6',
];
export function isType(type: string): bool {
  return TYPES.includes(type);
}

// ---- back to XML

class Writer {
  readonly lines: string[] = [];

  line(depth: i32, text: string): void {
    this.lines.push('  '.repeat(depth) + text);
  }

  groups(entity: Entity, depth: i32): void {
    for (let i = 0; i < entity.groups.length; i++) {
      const group = entity.groups[i];
      if (group.type == 'dependency') this.dependency(group, depth);
    }
    for (let i = 0; i < entity.groups.length; i++) {
      const group = entity.groups[i];
      if (group.type == 'method') this.method(group, depth);
    }
    for (let i = 0; i < entity.groups.length; i++) {
      const group = entity.groups[i];
      if (group.type == 'dependency' || group.type == 'method' || group.type == 'template' || !group.persistent) continue;
      if (group.name == 'general' || group.name == 'manifestfiles') continue;
      this.line(depth, "<property_group name='" + escapeXml(group.name) + "' type='" + escapeXml(group.type) + "'>");
      for (let k = 0; k < group.properties.length; k++) this.property(group.properties[k], depth + 1);
      this.line(depth, '</property_group>');
    }
  }

  private dependency(group: PropertyGroup, depth: i32): void {
    const attributes =
      attribute('name', group.name) +
      attribute('grouping', valueOf(group, 'grouping')) +
      attribute('restart_on', valueOf(group, 'restart_on')) +
      attribute('type', valueOf(group, 'type'));
    this.line(depth, '<dependency' + attributes + '>');
    const entities = group.find('entities');
    if (entities)
      for (let i = 0; i < entities.values.length; i++)
        this.line(depth + 1, '<service_fmri' + attribute('value', entities.values[i]) + '/>');
    this.line(depth, '</dependency>');
  }

  private method(group: PropertyGroup, depth: i32): void {
    const attributes =
      attribute('name', group.name) +
      attribute('type', valueOf(group, 'type')) +
      attribute('exec', valueOf(group, 'exec')) +
      attribute('timeout_seconds', valueOf(group, 'timeout_seconds'));
    const environment = group.find('environment');
    const user = valueOf(group, 'user');
    const owner = valueOf(group, 'group');
    const directory = valueOf(group, 'working_directory');
    if (!environment && !user.length && !owner.length && !directory.length) {
      this.line(depth, '<exec_method' + attributes + '/>');
      return;
    }
    this.line(depth, '<exec_method' + attributes + '>');
    this.line(depth + 1, '<method_context' + (directory.length ? attribute('working_directory', directory) : '') + '>');
    if (user.length || owner.length)
      this.line(
        depth + 2,
        '<method_credential' +
          (user.length ? attribute('user', user) : '') +
          (owner.length ? attribute('group', owner) : '') +
          '/>',
      );
    if (environment) {
      this.line(depth + 2, '<method_environment>');
      for (let i = 0; i < environment.values.length; i++) {
        const equals = environment.values[i].indexOf('=');
        const name = environment.values[i].substring(0, equals);
        this.line(
          depth + 3,
          '<envvar' + attribute('name', name) + attribute('value', environment.values[i].substring(equals + 1)) + '/>',
        );
      }
      this.line(depth + 2, '</method_environment>');
    }
    this.line(depth + 1, '</method_context>');
    this.line(depth, '</exec_method>');
  }

  private property(property: Property, depth: i32): void {
    const attributes = attribute('name', property.name) + attribute('type', property.type);
    if (property.values.length == 1) {
      this.line(depth, '<propval' + attributes + attribute('value', property.value) + '/>');
      return;
    }
    this.line(depth, '<property' + attributes + '>');
    this.line(depth + 1, '<' + property.type + '_list>');
    for (let i = 0; i < property.values.length; i++)
      this.line(depth + 2, '<value_node' + attribute('value', property.values[i]) + '/>');
    this.line(depth + 1, '</' + property.type + '_list>');
    this.line(depth, '</property>');
  }

  template(entity: Entity, depth: i32): void {
    const name = entity.group('tm_common_name');
    if (!name) return;
    this.line(depth, '<template>');
    this.line(depth + 1, '<common_name>');
    this.line(depth + 2, "<loctext xml:lang='C'>" + escapeXml(valueOf(name, 'C')) + '</loctext>');
    this.line(depth + 1, '</common_name>');
    let documented = false;
    for (let i = 0; i < entity.groups.length; i++) {
      const group = entity.groups[i];
      if (!group.name.startsWith('tm_man_')) continue;
      if (!documented) this.line(depth + 1, '<documentation>');
      documented = true;
      const attributes =
        attribute('title', valueOf(group, 'title')) +
        attribute('section', valueOf(group, 'section')) +
        attribute('manpath', valueOf(group, 'manpath'));
      this.line(depth + 2, '<manpage' + attributes + '/>');
    }
    if (documented) this.line(depth + 1, '</documentation>');
    this.line(depth, '</template>');
  }

  instance(instance: Instance, depth: i32): void {
    const general = instance.group('general');
    const enabled = general ? valueOf(general, 'enabled') : '';
    this.line(
      depth,
      '<instance' + attribute('name', instance.name) + attribute('enabled', enabled == 'true' ? 'true' : 'false') + '>',
    );
    this.groups(instance, depth + 1);
    this.template(instance, depth + 1);
    this.line(depth, '</instance>');
  }
}

function attribute(name: string, value: string): string {
  return ' ' + name + "='" + escapeXml(value) + "'";
}
function valueOf(group: PropertyGroup, name: string): string {
  const property = group.find(name);
  return property ? property.value : '';
}

/** A service as a manifest. */
export function manifestText(service: Service): string {
  const writer = new Writer();
  writer.line(0, "<?xml version='1.0'?>");
  writer.line(0, "<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'>");
  writer.line(0, "<service_bundle type='manifest' name='export'>");
  writer.line(1, '<service' + attribute('name', service.name) + " type='service' version='0'>");
  const general = service.group('general');
  if (general && valueOf(general, 'single_instance') == 'true') writer.line(2, '<single_instance/>');
  writer.groups(service, 2);
  for (let i = 0; i < service.instances.length; i++) writer.instance(service.instances[i], 2);
  writer.template(service, 2);
  writer.line(1, '</service>');
  writer.line(0, '</service_bundle>');
  writer.line(0, '');
  return writer.lines.join('\n');
}
