// SPDX-License-Identifier: MIT
/**
 * @fileoverview What is mounted in a zone's root: what its brand says, and what is configured.
 *
 * A zone's root may put anything in the way, also a symbolic link to some place outside: a mount point is looked at component by
 * component, and must be made of directories.
 */
import * as calls from '../../lib/calls';
import { S_IFDIR, S_IFMT, S_IFREG, status } from '../../lib/files';
import { allMounts } from '../../lib/mounts';
import { pathOf } from '../../lib/text';
import { Brand } from '../../lib/zones/brand';
import { Configuration, withReason } from '../../lib/zones/configuration';
import { ATTR_ROOT, zoneText } from '../../lib/zones/kernel';

const MS_OPTIONSTR: i32 = 0x100;
const MS_FORCE: i32 = 0x400;

/** Why one could not be mounted; nothing: all are. */
export function mountAll(configuration: Configuration, brand: Brand, zone: i32, console: string): string {
  const root = zoneText(zone, ATTR_ROOT);
  let failed = '';
  for (let i = 0; i < brand.mounts.length && !failed.length; i++) {
    const mount = brand.mounts[i];
    let options = mount.type == 'dev' ? 'zone=' + zone.toString() + ',console=' + console : mount.options;
    const size = mount.directory == '/tmp' && mount.type == 'tmpfs' ? configuration.attribute('tmpfs') : null;
    // Without one, /tmp is a directory like others.
    if (size != null && size == '0') continue;
    if (size != null) options = (options.length ? options + ',' : '') + 'size=' + size + 'm';
    failed = mountAt(root, mount.directory, mount.type, mount.special, options);
    if (mount.directory == '/tmp' && !failed.length) calls.chmod(pathOf(root + '/tmp'), 0o1777);
  }
  for (let i = 0; i < configuration.resources.length && !failed.length; i++) {
    const resource = configuration.resources[i];
    if (resource.kind == 'fs')
      failed = mountAt(root, resource.get('dir'), resource.get('type'), resource.get('special'), resource.get('options'));
  }
  // Of a VM: where the metadata agent listens for it.
  const control = '/var/zonecontrol/' + configuration.name;
  if (!failed.length && status(control, true) && status(root + '/.zonecontrol', false))
    failed = mountAt(root, '/.zonecontrol', 'lofs', control, 'ro');
  return failed;
}

function mountAt(root: string, point: string, type: string, special: string, options: string): string {
  const parts = point.split('/');
  let path = root;
  for (let i = 1; i < parts.length; i++) {
    path += '/' + parts[i];
    const about = status(path, false);
    if (!about) return path + ': No such file or directory';
    const isLast = i == parts.length - 1;
    const kind = about.mode & S_IFMT;
    if (kind != S_IFDIR && !(isLast && kind == S_IFREG && type == 'mntfs')) return path + ': not a directory';
  }
  const error = calls.mount(pathOf(special), pathOf(path), MS_OPTIONSTR, pathOf(type), pathOf(options), options.length + 1);
  return error < 0 ? withReason('could not mount ' + special + ' on ' + path, error) : '';
}

/** Everything below a zone's root, the last one first. Why one could not be unmounted; nothing: none is left. */
export function unmountAll(zone: i32): string {
  const root = zoneText(zone, ATTR_ROOT);
  const mounts = allMounts();
  for (let i = mounts.length - 1; i >= 0; i--) {
    const point = mounts[i].point;
    if (!point.startsWith(root + '/')) continue;
    const error = calls.umount2(pathOf(point), MS_FORCE);
    if (error < 0) return withReason('could not unmount ' + point, error);
  }
  return '';
}
