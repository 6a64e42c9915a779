// SPDX-License-Identifier: MIT
/**
 * @fileoverview Sources of images (imgadm sources): directories, each with UUID.json and UUID.zfs, or UUID.zfs.gz, of every image. The platform's own is the
 * first and is there without being configured.
 */
import { namesIn, sortNames, status } from '../../lib/files';
import { ARRAY, Json, OBJECT } from '../../lib/json';
import { isUuid } from '../../lib/uuid';
import { problemsOf, readJson, textIn } from './_manifest';
import { CONFIGURATION, fail, failWith, replaceFile } from './_store';

const PLATFORM: string = 'file:///usr/share/images';
const SCHEME: string = 'file://';
export const TYPE: string = 'dir';

/** Addresses, in the order in which they are asked. */
export function allSources(): string[] {
  const configuration = readJson(CONFIGURATION);
  const sources = configuration ? configuration.get('sources') : null;
  if (!sources || sources.kind != ARRAY) return [PLATFORM];
  const found: string[] = [];
  for (let i = 0; i < sources.items.length; i++)
    if (textIn(sources.items[i], 'type') == TYPE) found.push(textIn(sources.items[i], 'url'));
  return found;
}

export function pathOfSource(url: string): string {
  return url.startsWith(SCHEME) ? url.substring(SCHEME.length) : url;
}

/** Null: see fail. */
export function checkedSource(text: string): string | null {
  const url = text.startsWith('/') ? SCHEME + text : text;
  if (!url.startsWith(SCHEME + '/')) {
    fail('NotSupported', 'source "' + text + '": only directories can be sources yet, as file:///path');
    return null;
  }
  return url;
}

/** False: see fail. */
export function writeSources(urls: string[]): bool {
  const list = new Json(ARRAY);
  for (let i = 0; i < urls.length; i++) {
    const source = new Json(OBJECT);
    source.set('url', Json.string(urls[i]));
    source.set('type', Json.string(TYPE));
    list.items.push(source);
  }
  const configuration = new Json(OBJECT);
  configuration.set('sources', list);
  const error = replaceFile(CONFIGURATION, configuration.print(2) + '\n');
  return error < 0 ? failWith('ConfigError', CONFIGURATION, error) : true;
}

/** An image that a source has. */
export class Available {
  constructor(
    readonly manifest: Json,
    readonly source: string,
  ) {}
  get uuid(): string {
    return textIn(this.manifest, 'uuid');
  }
  /** Its stream's file; nothing: there is none. */
  get file(): string {
    const base = pathOfSource(this.source) + '/' + this.uuid + '.zfs';
    return status(base + '.gz', true) ? base + '.gz' : status(base, true) ? base : '';
  }
}

/** Images of all sources; of one that several have, the first. */
export function availableImages(): Available[] {
  const found: Available[] = [];
  const sources = allSources();
  for (let i = 0; i < sources.length; i++) imagesOf(sources[i], found);
  return found;
}

function imagesOf(source: string, found: Available[]): void {
  const folder = pathOfSource(source);
  const names = namesIn(folder);
  if (!names) return;
  sortNames(names);
  for (let i = 0; i < names.length; i++) {
    const uuid = names[i].slice(0, -5);
    if (!names[i].endsWith('.json') || !isUuid(uuid) || has(found, uuid)) continue;
    const manifest = readJson(folder + '/' + names[i]);
    if (manifest && !problemsOf(manifest).length && textIn(manifest, 'uuid') == uuid) found.push(new Available(manifest, source));
  }
}
function has(found: Available[], uuid: string): bool {
  for (let i = 0; i < found.length; i++) if (found[i].uuid == uuid) return true;
  return false;
}

/** In the sources, or in this one. Null: see fail. */
export function availableImage(uuid: string, source: string): Available | null {
  const found: Available[] = [];
  if (source.length) imagesOf(source, found);
  const all = source.length ? found : availableImages();
  for (let i = 0; i < all.length; i++) if (all[i].uuid == uuid) return all[i];
  if (!source.length && !allSources().length) fail('NoSources', 'imgadm has no configured sources');
  else fail('ImageNotFound', 'image "' + uuid + '" was not found');
  return null;
}
