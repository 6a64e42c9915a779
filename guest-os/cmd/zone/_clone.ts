// SPDX-License-Identifier: MIT
/**
 * @fileoverview `zoneadm clone` and `zoneadm move`: a zone's root made of another one's, and a root that goes to another zonepath.
 *
 * Where the source has a dataset of its own and the new zonepath can have one, clone takes a snapshot, SUNWzoneN with the first N that is free, and makes a
 * clone of it; otherwise, or with `-m copy`, files are copied. Move renames the dataset or the directory; the configuration and the index follow. Between the two
 * writes the index tells the old path, where nothing is: whoever looks then is told so, and move can be said again.
 */
import * as calls from '../../lib/calls';
import { capture } from '../../lib/capture';
import { Copier, isDirectory } from '../../lib/copy';
import { say } from '../../lib/io';
import { pathOf } from '../../lib/text';
import {
  Configuration,
  Entry,
  INCOMPLETE,
  INSTALLED,
  setEntry,
  withReason,
  writeConfiguration,
} from '../../lib/zones/configuration';
import { datasetFor, identify, makeEmpty, makeParents, ownDataset, Wish } from './_install';

/** Why it could not be done; nothing: it is. `snapshot`: one of the source's dataset that is to be cloned; nothing: a new one. */
export function clone(configuration: Configuration, source: Entry, copies: bool, snapshot: string): string {
  const path = configuration.zonepath;
  if (isDirectory(path + '/root')) return path + '/root: is there already';
  const from = ownDataset(source.path);
  const to = isDirectory(path) ? '' : datasetFor(path);
  if (snapshot.length && !from.length) return source.path + ': has no dataset of its own';
  let error = setEntry(configuration.name, INCOMPLETE, path);
  if (error < 0) return withReason('/etc/zones/index', error);
  const failed = from.length && to.length && !copies ? cloneDataset(from, to, snapshot) : copyRoot(source.path, path);
  if (failed.length) return failed;
  error = calls.chmod(pathOf(path), 0o700);
  if (error < 0) return withReason(path, error);
  const wrong = identify(configuration, path + '/root');
  if (wrong.length) return wrong;
  error = setEntry(configuration.name, INSTALLED, path);
  return error < 0 ? withReason('/etc/zones/index', error) : '';
}

function cloneDataset(from: string, to: string, given: string): string {
  let snapshot = given;
  for (let number = 1; !snapshot.length; number++) {
    const name = from + '@SUNWzone' + number.toString();
    if (capture(['zfs', 'list', '-H', '-t', 'snapshot', '-o', 'name', name]).status == 0) continue;
    const taken = capture(['zfs', 'snapshot', name]);
    if (taken.status) return taken.complaint;
    snapshot = name;
  }
  const made = capture(['zfs', 'clone', '-o', 'devices=off', snapshot, to]);
  if (made.status) return made.complaint;
  say('Instead of copying, a ZFS clone has been created for this zone.\n');
  return '';
}

function copyRoot(from: string, to: string): string {
  const failed = makeEmpty(to, new Wish());
  if (failed.length) return failed;
  say('Copying ' + from + '...\n');
  const copier = new Copier('zoneadm');
  copier.recursive = true;
  copier.preserve = true;
  copier.preserveLinks = true;
  copier.follow = false;
  copier.copy(from + '/root', to + '/root');
  return copier.failed ? 'could not copy ' + from : '';
}

/** Why it could not be done; nothing: it is. */
export function move(configuration: Configuration, entry: Entry, path: string): string {
  if (isDirectory(path)) return path + ': is there already';
  const from = ownDataset(entry.path);
  const to = datasetFor(path);
  if (from.length) {
    if (!to.length) return path + ': its parent directory is no dataset';
    const renamed = capture(['zfs', 'rename', from, to]);
    if (renamed.status) return renamed.complaint;
  } else {
    let error = makeParents(path.substring(0, path.lastIndexOf('/')));
    if (error >= 0) error = calls.rename(pathOf(entry.path), pathOf(path));
    if (error < 0) return withReason(path, error);
  }
  configuration.zonepath = path;
  let error = writeConfiguration(configuration);
  if (error >= 0) error = setEntry(entry.name, entry.state, path);
  return error < 0 ? withReason('could not write the configuration', error) : '';
}
