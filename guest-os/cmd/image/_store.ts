// SPDX-License-Identifier: MIT
/**
 * @fileoverview Images that are installed: a dataset POOL/UUID with the snapshot @final, and a manifest in /var/imgadm/images/POOL-UUID.json beside the pool and
 * the source that it came from. An image is there if both are: whoever installs or deletes one can be interrupted anywhere between.
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { namesIn, sortNames } from '../../lib/files';
import { O_CREAT, O_TRUNC, O_WRONLY, openFile, writeAll } from '../../lib/io';
import { Json, OBJECT } from '../../lib/json';
import { bytesOf, pathOf } from '../../lib/text';
import { isUuid } from '../../lib/uuid';
import { NvList } from '../../../zfs/port/nvlist';
import { DeviceChannel } from '../zfs/_channel';
import { readJson, textIn } from './_manifest';

const HOME: string = '/var/imgadm';
const FOLDER: string = HOME + '/images/';
export const CONFIGURATION: string = HOME + '/imgadm.conf';
export const POOL: string = 'zones';
const FILE_SYSTEM: u64 = 1;
const VOLUME: u64 = 2;
const SNAPSHOT: u64 = 4;

export class Image {
  /** Datasets that have been cloned from it. */
  clones: string[] = [];
  constructor(
    readonly manifest: Json,
    readonly pool: string,
    /** Where it came from: a source's address, or nothing. */
    readonly source: string,
  ) {}

  get uuid(): string {
    return textIn(this.manifest, 'uuid');
  }
  get dataset(): string {
    return this.pool + '/' + this.uuid;
  }
}

/** A dataset: its name, and the snapshot that it was cloned from. */
export class Dataset {
  constructor(
    readonly name: string,
    readonly origin: string,
  ) {}
}

let channel: DeviceChannel | null = null;
/** File systems, volumes and snapshots of all pools. */
export function allDatasets(): Dataset[] {
  if (!channel) channel = DeviceChannel.open();
  const found: Dataset[] = [];
  if (!channel) return found;
  const output = new NvList();
  const input = new NvList().setNumber('types', FILE_SYSTEM | VOLUME | SNAPSHOT).setText('properties', 'origin');
  if (channel!.call('dataset_list', input, output) < 0) return found;
  const lists = output.lists('datasets');
  for (let i = 0; i < lists.length; i++) {
    const origin = lists[i].list('origin');
    found.push(new Dataset(lists[i].text('name'), origin ? origin.text('value') : ''));
  }
  return found;
}

export function hasDataset(all: Dataset[], name: string): bool {
  for (let i = 0; i < all.length; i++) if (all[i].name == name) return true;
  return false;
}

/** All that are installed, in the order of their file's names. */
export function installedImages(): Image[] {
  const images: Image[] = [];
  const names = namesIn(FOLDER);
  if (!names || !names.length) return images;
  sortNames(names);
  const datasets = allDatasets();
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const uuid = name.slice(-41, -5);
    if (!name.endsWith('.json') || !isUuid(uuid)) continue;
    const record = readJson(FOLDER + name);
    const manifest = record ? record.get('manifest') : null;
    if (!record || !manifest || manifest.kind != OBJECT || textIn(manifest, 'uuid') != uuid) continue;
    const image = new Image(manifest, textIn(record, 'zpool'), textIn(record, 'source'));
    if (!hasDataset(datasets, image.dataset + '@final')) continue;
    for (let k = 0; k < datasets.length; k++)
      if (datasets[k].origin.startsWith(image.dataset + '@')) image.clones.push(datasets[k].name);
    images.push(image);
  }
  return images;
}

/** Null: it is not installed. */
export function installedImage(uuid: string, pool: string = POOL): Image | null {
  const all = installedImages();
  for (let i = 0; i < all.length; i++) if (all[i].uuid == uuid && all[i].pool == pool) return all[i];
  return null;
}

/** The record of an image that is about to have its dataset. 0, or a negative errno. */
export function recordImage(manifest: Json, pool: string, source: string): i64 {
  const record = new Json(OBJECT);
  record.set('manifest', manifest);
  record.set('zpool', Json.string(pool));
  if (source.length) record.set('source', Json.string(source));
  calls.mkdir(pathOf(HOME), 0o755);
  calls.mkdir(pathOf(FOLDER), 0o755);
  return replaceFile(pathFor(textIn(manifest, 'uuid'), pool), record.print(2) + '\n');
}
export function forgetImage(uuid: string, pool: string): void {
  calls.unlink(pathOf(pathFor(uuid, pool)));
}
function pathFor(uuid: string, pool: string): string {
  return FOLDER + pool + '-' + uuid + '.json';
}

/** Written under another name first: a crash leaves the old file or the new one. */
export function replaceFile(path: string, text: string): i64 {
  const temporary = path + '.new';
  calls.mkdir(pathOf(HOME), 0o755);
  const descriptor = openFile(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  if (descriptor < 0) return descriptor;
  let error = writeAll(descriptor, changetype<usize>(bytesOf(text)), text.length);
  if (error >= 0) error = calls.fdsync(descriptor, 0);
  calls.close(descriptor);
  if (error >= 0) error = calls.rename(pathOf(temporary), pathOf(path));
  return error;
}

// ---- errors

/** What has gone wrong: a code as SmartOS's imgadm has it, and words. */
export let errorCode: string = '';
export let errorMessage: string = '';
/** False, so that it can be returned. */
export function fail(code: string, message: string): bool {
  errorCode = code;
  errorMessage = message;
  return false;
}
export function failWith(code: string, what: string, error: i64): bool {
  return fail(code, what + ': ' + errorText(-error));
}
