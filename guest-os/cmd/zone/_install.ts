// SPDX-License-Identifier: MIT
/**
 * @fileoverview Roots of zones, made and taken away: a dataset of its own for each whose zonepath lies right below a dataset's mount point. While one is being made or removed its zone is `incomplete`: what a crash leaves is uninstalled.
 */
import * as calls from '../../lib/calls';
import { Copier, isDirectory, removeTree } from '../../lib/copy';
import { O_CREAT, O_WRONLY, openFile, say } from '../../lib/io';
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

/** Why it could not be done; nothing: it is. */
export function install(configuration: Configuration): string {
  const path = configuration.zonepath;
  const root = path + '/root';
  if (isDirectory(root)) return root + ': is there already';
  let error = setEntry(configuration.name, INCOMPLETE, path);
  const dataset = datasetFor(path);
  if (error >= 0 && dataset.length && !isDirectory(path)) {
    if (run(['zfs', 'create', dataset])) return 'could not create ZFS dataset ' + dataset;
    say('A ZFS file system has been created for this zone.\n');
  } else if (error >= 0) error = makeParents(path);
  if (error >= 0) error = calls.chmod(pathOf(path), 0o700);
  if (error < 0) return withReason(path, error);
  const copier = new Copier('zoneadm');
  copier.recursive = true;
  copier.preserve = true;
  copier.copy(SKELETON, root);
  if (copier.failed) return 'could not copy ' + SKELETON;
  for (let i = 0; i < DIRECTORIES.length; i++) {
    calls.mkdir(pathOf(root + '/' + DIRECTORIES[i]), DIRECTORIES[i] == 'root' ? 0o700 : 0o755);
  }
  calls.chmod(pathOf(root + '/var/tmp'), 0o1777);
  calls.symlink(pathOf('usr/bin'), pathOf(root + '/bin'));
  write(root + '/etc/mnttab', '', 0o444);
  write(root + '/etc/nodename', configuration.name + '\n', 0o644);
  error = setEntry(configuration.name, INSTALLED, path);
  return error < 0 ? withReason('/etc/zones/index', error) : '';
}

/** The file system of type zfs on a directory; empty: there is none. */
function ownDataset(path: string): string {
  const mounts = allMounts();
  for (let i = mounts.length - 1; i >= 0; i--)
    if (mounts[i].point == path) return mounts[i].type == 'zfs' ? mounts[i].special : '';
  return '';
}
/** What a dataset for a zonepath would be called; empty: its parent directory is none. */
function datasetFor(path: string): string {
  const slash = path.lastIndexOf('/');
  const above = slash > 0 ? ownDataset(path.substring(0, slash)) : '';
  return above.length ? above + path.substring(slash) : '';
}
/** A command's exit status. */
function run(words: string[]): i32 {
  const child = startPath('zoneadm', words, ['PATH=/usr/sbin:/usr/bin', 'TZ=UTC']);
  return child < 0 ? 1 : waitFor(child).status;
}

function makeParents(path: string): i64 {
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
  const descriptor = openFile(path, O_WRONLY | O_CREAT, mode);
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
