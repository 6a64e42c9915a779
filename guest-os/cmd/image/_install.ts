// SPDX-License-Identifier: MIT
/**
 * @fileoverview Installing an image from its manifest and its file, and deleting it.
 *
 * The stream goes to POOL/UUID-partial first; then its record is written, and last the dataset gets its own name: until then it is not installed, and what an
 * interrupted installation has left is destroyed by the next one. A file that is not what its manifest says is refused before anything is made of it.
 */
import * as calls from '../../lib/calls';
import { capture } from '../../lib/capture';
import { Sha1 } from '../../lib/digest';
import { status } from '../../lib/files';
import { O_RDONLY, openFile } from '../../lib/io';
import { Json } from '../../lib/json';
import { runPipeline } from '../../lib/pipeline';
import { fileOf, problemsOf, sizeOf, textIn } from './_manifest';
import { allDatasets, fail, failWith, forgetImage, hasDataset, Image, installedImage, recordImage } from './_store';

const ROOM: i32 = 65536;

/** True: it is installed. Else see fail. */
export function installImage(manifest: Json, path: string, pool: string, source: string): bool {
  const wrong = problemsOf(manifest);
  if (wrong.length) return fail('ManifestValidation', 'invalid manifest: ' + wrong);
  const uuid = textIn(manifest, 'uuid');
  const dataset = pool + '/' + uuid;
  const datasets = allDatasets();
  if (!hasDataset(datasets, pool)) return fail('InternalError', 'there is no zpool "' + pool + '"');
  if (hasDataset(datasets, dataset)) return fail('ImageAlreadyInstalled', 'dataset "' + dataset + '" exists already');
  const origin = textIn(manifest, 'origin');
  if (origin.length && !installedImage(origin, pool))
    return fail('OriginNotInstalled', 'origin image "' + origin + '" was not found on zpool "' + pool + '"');
  if (!isFile(manifest, path)) return false;
  const partial = dataset + '-partial';
  if (hasDataset(datasets, partial) && !zfs(['destroy', '-r', partial])) return false;
  if (!receive(manifest, path, partial)) {
    if (hasDataset(allDatasets(), partial)) capture(['zfs', 'destroy', '-r', partial]);
    return false;
  }
  const error = recordImage(manifest, pool, source);
  if (error < 0) return failWith('FileSystem', 'could not write the manifest of image "' + uuid + '"', error);
  if (!zfs(['rename', partial, dataset])) return false;
  return zfs(['mount', dataset]);
}

/** Is it what the manifest says? */
function isFile(manifest: Json, path: string): bool {
  const file = fileOf(manifest);
  const about = status(path, true);
  if (!about) return fail('FileSystem', path + ': No such file or directory');
  // A manifest without its file's digest comes with an image that has just been made by hand.
  if (!file) return true;
  if (<u64>about.size != sizeOf(manifest))
    return fail(
      'DownloadError',
      path + ': has ' + about.size.toString() + ' bytes, the manifest says ' + sizeOf(manifest).toString(),
    );
  const found = digestOfFile(path);
  if (found != textIn(file, 'sha1'))
    return fail('DownloadError', path + ': has the sha1 ' + found + ', the manifest says ' + textIn(file, 'sha1'));
  return true;
}

/** Nothing: it cannot be read. */
export function digestOfFile(path: string): string {
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) return '';
  const bytes = new StaticArray<u8>(ROOM);
  const digest = new Sha1();
  let count = calls.read(descriptor, changetype<usize>(bytes), ROOM);
  for (; count > 0; count = calls.read(descriptor, changetype<usize>(bytes), ROOM))
    digest.update(changetype<usize>(bytes), <i32>count);
  calls.close(descriptor);
  return count < 0 ? '' : digest.finish();
}

/** The stream, as it is or out of gzip, becomes a dataset whose last snapshot is called final. */
function receive(manifest: Json, path: string, partial: string): bool {
  const file = fileOf(manifest);
  const compression = file ? textIn(file, 'compression') : isGzip(path) ? 'gzip' : 'none';
  if (compression != 'gzip' && compression != 'none')
    return fail('NotSupported', 'compression ' + compression + ' is not known here');
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) return failWith('FileSystem', path, descriptor);
  const commands: string[][] = compression == 'gzip' ? [['gzip', '-dc']] : [];
  commands.push(['zfs', 'receive', '-u', partial]);
  const status = runPipeline('imgadm', commands, descriptor, 1);
  calls.close(descriptor);
  if (status) return fail('InternalError', "the image's stream could not be received");
  return hasFinal(partial);
}

function isGzip(path: string): bool {
  const descriptor = openFile(path, O_RDONLY);
  const bytes = new StaticArray<u8>(2);
  const count = descriptor < 0 ? 0 : calls.read(descriptor, changetype<usize>(bytes), 2);
  if (descriptor >= 0) calls.close(descriptor);
  return count == 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

function hasFinal(dataset: string): bool {
  const all = allDatasets();
  const snapshots: string[] = [];
  for (let i = 0; i < all.length; i++) if (all[i].name.startsWith(dataset + '@')) snapshots.push(all[i].name);
  if (snapshots.includes(dataset + '@final')) return true;
  if (snapshots.length == 1) return zfs(['rename', snapshots[0], dataset + '@final']);
  return fail(
    'UnexpectedNumberOfSnapshots',
    'image "' + dataset + '" has an unexpected number of snapshots (' + snapshots.length.toString() + ')',
  );
}

/** zfs(8) with these arguments; false: see fail. */
export function zfs(words: string[]): bool {
  const done = capture(['zfs'].concat(words));
  return done.status ? fail('InternalError', 'zfs ' + words.join(' ') + ': ' + done.complaint) : true;
}

export function notInstalled(uuid: string, pool: string): bool {
  return fail('ImageNotInstalled', 'image "' + uuid + '" was not found on zpool "' + pool + '"');
}

/** True: it is gone. Else see fail. */
export function deleteImage(image: Image): bool {
  const clones = image.clones;
  if (clones.length) {
    const more = clones.length > 1 ? ' and ' + (clones.length - 1).toString() + ' others...' : '';
    return fail('ImageHasDependentClones', 'image "' + image.uuid + '" has dependent clones: ' + clones[0] + more);
  }
  if (!zfs(['destroy', '-r', image.dataset])) return false;
  forgetImage(image.uuid, image.pool);
  return true;
}
