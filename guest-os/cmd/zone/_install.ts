// SPDX-License-Identifier: MIT
/**
 * @fileoverview Roots of zones, made and taken away: clones of an image, or copies of the skeleton. Each whose zonepath lies right below a dataset's mount
 * point has a dataset of its own. While one is being made or removed its zone is `incomplete`: what a crash leaves is uninstalled.
 */
import * as calls from '../../lib/calls';
import { Copier, isDirectory, removeTree } from '../../lib/copy';
import { S_IFDIR, S_IFMT, status } from '../../lib/files';
import { O_CREAT, O_EXCL, O_WRONLY, openFile, say } from '../../lib/io';
import { allMounts } from '../../lib/mounts';
import { startPath, waitFor } from '../../lib/process';
import { pathOf } from '../../lib/text';
import { writeText } from '../../lib/smf/door';
import { Configuration, CONFIGURED, Entry, INCOMPLETE, INSTALLED, setEntry, withReason } from '../../lib/zones/configuration';

const SKELETON: string = '/usr/lib/brand/joyent-minimal/skel';
/** What is not in the skeleton: where something is mounted, and what is empty. */
const DIRECTORIES: string[] = [
  'dev',
  'etc/svc',
  'etc/svc/volatile',
  'export',
  'home',
  'lib',
  'mnt',
  'opt',
  'proc',
  'root',
  'sbin',
  'system',
  'system/contract',
  'tmp',
  'usr',
  'var',
  'var/tmp',
];

/** What `install` is asked for. */
export class Wish {
  /** UUID of the image that the root is cloned from; nothing: it is copied from the skeleton. */
  image: string = '';
  /** GiB that the zone's dataset may take; 0: no limit. */
  quota: i64 = 0;
}

/** Why it could not be done; nothing: it is. */
export function install(configuration: Configuration, wish: Wish): string {
  const path = configuration.zonepath;
  const root = path + '/root';
  if (isDirectory(root)) return root + ': is there already';
  let error = setEntry(configuration.name, INCOMPLETE, path);
  if (error < 0) return withReason('/etc/zones/index', error);
  const failed = wish.image.length ? cloneImage(path, wish) : makeEmpty(path, wish);
  if (failed.length) return failed;
  error = calls.chmod(pathOf(path), 0o700);
  if (error < 0) return withReason(path, error);
  if (!wish.image.length && !copySkeleton(root)) return 'could not copy ' + SKELETON;
  const wrong = identify(configuration, root);
  if (wrong.length) return wrong;
  error = setEntry(configuration.name, INSTALLED, path);
  return error < 0 ? withReason('/etc/zones/index', error) : '';
}

/** The zonepath, as a dataset of its own where that can be. */
export function makeEmpty(path: string, wish: Wish): string {
  const dataset = datasetFor(path);
  if (!dataset.length || isDirectory(path)) {
    if (wish.quota) return 'a quota needs a dataset of its own';
    const error = makeParents(path);
    return error < 0 ? withReason(path, error) : '';
  }
  if (run(['zfs', 'create', '-o', 'devices=off', '-o', 'quota=' + quotaOf(wish), dataset]))
    return 'could not create ZFS dataset ' + dataset;
  say('A ZFS file system has been created for this zone.\n');
  return '';
}

function quotaOf(wish: Wish): string {
  return wish.quota ? wish.quota.toString() + 'g' : 'none';
}

/** The zonepath as a clone of an image, whose files lie below `root`. */
function cloneImage(path: string, wish: Wish): string {
  const dataset = datasetFor(path);
  if (!dataset.length) return path + ': an image needs a zonepath right below a dataset';
  const origin = dataset.substring(0, dataset.lastIndexOf('/') + 1) + wish.image + '@final';
  if (run(['zfs', 'clone', '-o', 'devices=off', '-o', 'quota=' + quotaOf(wish), origin, dataset]))
    return 'could not clone ' + origin + ' to ' + dataset;
  return isDirectory(path + '/root') ? '' : 'image ' + wish.image + ' has no directory root';
}

function copySkeleton(root: string): bool {
  const copier = new Copier('zoneadm');
  copier.recursive = true;
  copier.preserve = true;
  copier.copy(SKELETON, root);
  if (copier.failed) return false;
  for (let i = 0; i < DIRECTORIES.length; i++) {
    calls.mkdir(pathOf(root + '/' + DIRECTORIES[i]), DIRECTORIES[i] == 'root' ? 0o700 : 0o755);
  }
  calls.chmod(pathOf(root + '/var/tmp'), 0o1777);
  calls.symlink(pathOf('usr/bin'), pathOf(root + '/bin'));
  write(root + '/etc/mnttab', '', 0o444);
  return true;
}

/** What the zone is called and whom it asks for names. An image may have put anything in the way: nothing is written through a link. */
export function identify(configuration: Configuration, root: string): string {
  const etc = status(root + '/etc', false);
  if (!etc || (etc.mode & S_IFMT) != S_IFDIR) return root + '/etc: not a directory';
  const given = configuration.attribute('hostname');
  const name = given != null && given.length ? given : configuration.name;
  replace(root + '/etc/nodename', name + '\n');
  const found = configuration.attribute('dns-domain');
  const domain = found == null ? '' : found;
  replace(
    root + '/etc/hosts',
    '# Names of hosts (hosts(5))\n127.0.0.1\tlocalhost loghost\n::1\tlocalhost loghost\n127.0.0.1\t' +
      (domain.length ? name + '.' + domain + ' ' : '') +
      name +
      '\n',
  );
  const resolvers = configuration.attribute('resolvers');
  if (resolvers == null && !domain.length) return '';
  let text = domain.length ? 'search ' + domain + '\n' : '';
  const addresses: string[] = resolvers == null ? [] : resolvers.split(',');
  for (let i = 0; i < addresses.length; i++) if (addresses[i].length) text += 'nameserver ' + addresses[i] + '\n';
  replace(root + '/etc/resolv.conf', text);
  return '';
}
function replace(path: string, text: string): void {
  calls.unlink(pathOf(path));
  write(path, text, 0o644);
}

/** The file system of type zfs on a directory; empty: there is none. */
export function ownDataset(path: string): string {
  const mounts = allMounts();
  for (let i = mounts.length - 1; i >= 0; i--)
    if (mounts[i].point == path) return mounts[i].type == 'zfs' ? mounts[i].special : '';
  return '';
}
/** What a dataset for a zonepath would be called; empty: its parent directory is none. */
export function datasetFor(path: string): string {
  const slash = path.lastIndexOf('/');
  const above = slash > 0 ? ownDataset(path.substring(0, slash)) : '';
  return above.length ? above + path.substring(slash) : '';
}
/** A command's exit status. */
function run(words: string[]): i32 {
  const child = startPath('zoneadm', words, ['PATH=/usr/sbin:/usr/bin', 'TZ=UTC']);
  return child < 0 ? 1 : waitFor(child).status;
}

export function makeParents(path: string): i64 {
  const parts = path.split('/');
  let at = '';
  for (let i = 1; i < parts.length; i++) {
    at += '/' + parts[i];
    if (isDirectory(at)) continue;
    const error = calls.mkdir(pathOf(at), 0o755);
    if (error < 0) return error;
  }
  return 0;
}

function write(path: string, text: string, mode: i32): void {
  const descriptor = openFile(path, O_WRONLY | O_CREAT | O_EXCL, mode);
  if (descriptor < 0) return;
  writeText(descriptor, text);
  calls.close(descriptor);
}

export function uninstall(entry: Entry): string {
  const error = setEntry(entry.name, INCOMPLETE, entry.path);
  if (error < 0) return withReason('/etc/zones/index', error);
  const root = entry.path + '/root';
  if (isDirectory(root) && !removeTree('zoneadm', root)) return 'could not remove ' + root;
  if (ownDataset(entry.path).length) {
    if (run(['zfs', 'destroy', '-r', ownDataset(entry.path)])) return 'could not destroy its dataset';
  } else calls.rmdir(pathOf(entry.path));
  setEntry(entry.name, CONFIGURED, entry.path);
  return '';
}
