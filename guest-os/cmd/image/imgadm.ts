// SPDX-License-Identifier: MIT
/** @fileoverview imgadm(8): manage images of zones */
/** @manual
 * DESCRIPTION
 * An image is what zones are made from: a manifest (JSON, version 2) and a file with the stream of a ZFS dataset, which has a zone's files below `root` and a
 * snapshot called final. Installed, it is the dataset zones/UUID; the root of each zone is a clone of it.
 *
 * SUBCOMMANDS
 *   sources [-v|-j]                     lists where images come from
 *   sources -a url, -d url              adds or removes a source: a directory, file:///path
 *   avail [-jH] [-o field,...] [-s field,...] [filter ...]
 *                                       lists images of all sources
 *   show uuid                           an available image's manifest
 *   import [-q] [-P pool] [-S url] uuid
 *                                       installs an image of a source
 *   install [-q] [-P pool] -m manifest -f file
 *                                       installs an image from two files
 *   list [-jH] [-o field,...] [-s field,...] [filter ...]
 *                                       lists installed images
 *   get [-r] [-P pool] uuid             what is known of an installed image; -r: with clones of it
 *   delete [-P pool] uuid               removes an image that nothing has been cloned from
 *   ancestry [-jH] [-o field,...] [-P pool] uuid
 *                                       an image and those that it is an increment of
 *   vacuum [-nf]                        removes images that nothing uses; -n tells only, -f does not ask
 *   create [-i] [-c none|gzip] [-m manifest] [-o path] zone [field=value ...]
 *                                       makes an image of a stopped zone; -i: as an increment of the zone's own image
 *
 * FIELDS AND FILTERS
 * A field is one of the manifest's, with dots between names, or published, published_date, source, clones or size. A filter is FIELD=VALUE, FIELD=true, FIELD=false
 * or FIELD=~PART. With - in front of a field -s sorts downwards.
 *
 * FILES
 *   /var/imgadm/imgadm.conf             sources, where they are not the usual ones
 *   /var/imgadm/images/POOL-UUID.json   manifests of installed images
 *   /usr/share/images                   images that the platform brings, a source
 *
 * EXIT STATUS
 *   0   done
 *   1   an error, which is told as `imgadm SUBCOMMAND: error (Code): message`
 *   2   wrong usage
 *   3   the image, or its origin, is not installed
 *
 * EXAMPLES
 *   imgadm avail
 *   imgadm import b12ef1c6-4ed9-4fb2-9fed-25a69d79f131
 *   imgadm list -H -o uuid,name clones=0
 *   imgadm create -c gzip -o /var/tmp my-zone name=web version=1.0.0
 *
 * SEE ALSO
 * zoneadm(8), zfs(8), json(1)
 */
import { flush, out, Reader, say } from '../../lib/io';
import { ARRAY, Json, OBJECT } from '../../lib/json';
import { Options } from '../../lib/options';
import { isUuid } from '../../lib/uuid';
import { calledIn, createImage, Creation } from './_create';
import { deleteImage, installImage, notInstalled } from './_install';
import { COMPRESSIONS, problem, readJson, sizeOf, textIn } from './_manifest';
import { allSources, availableImage, availableImages, checkedSource, TYPE, writeSources } from './_sources';
import { errorCode, errorMessage, fail, Image, installedImage, installedImages, POOL } from './_store';
import { matches, printJson, printTable, Row, sortRows } from './_table';
import { GLOBAL, ownZoneId } from '../../lib/zones/kernel';

export const USAGE: string =
  'imgadm sources [-v|-j] | -a url | -d url\n' +
  'imgadm avail|list [-jH] [-o field,...] [-s field,...] [filter ...]\n' +
  'imgadm show uuid\n' +
  'imgadm import [-q] [-P pool] [-S url] uuid\n' +
  'imgadm install [-q] [-P pool] -m manifest -f file\n' +
  'imgadm get [-r] [-P pool] uuid\n' +
  'imgadm delete [-P pool] uuid\n' +
  'imgadm ancestry [-jH] [-o field,...] [-P pool] uuid\n' +
  'imgadm vacuum [-nf]\n' +
  'imgadm create [-i] [-c none|gzip] [-m manifest] [-o path] zone [field=value ...]';

const COMMANDS: string[] = [
  'sources',
  'avail',
  'show',
  'import',
  'install',
  'list',
  'get',
  'delete',
  'ancestry',
  'vacuum',
  'create',
  'help',
];
/** Options of each, in the same order. */
const OPTIONS: string[] = ['vja:d:t:f', 'jHo:s:', '', 'qP:S:', 'qP:m:f:', 'jHo:s:', 'rP:', 'P:', 'jHo:P:', 'nf', 'ic:m:o:', ''];
const COLUMNS: string = 'uuid,name,version,os,type,pub';
const ANCESTRY_COLUMNS: string = 'uuid,name,version,published';
const SORT: string = 'published_at,name';
const NOT_INSTALLED: string[] = ['ImageNotInstalled', 'OriginNotInstalled'];

/** Options that were given, letters together, and the arguments of some. */
let flags: string = '';
let given: Map<string, string> = new Map<string, string>();
let operands: string[] = [];
let command: string = '';

function option(letter: string, usual: string): string {
  return given.has(letter) ? given.get(letter) : usual;
}
function pool(): string {
  return option('P', POOL);
}

export function main(args: string[]): i32 {
  if (args.length < 2 || args[1] == '-h' || args[1] == '--help' || args[1] == 'help') {
    const usage = 'usage: ' + USAGE.replaceAll('\n', '\n       ') + '\n';
    if (args.length >= 2) out(usage);
    else say(usage);
    return args.length < 2 ? 2 : 0;
  }
  if (ownZoneId() != GLOBAL) {
    say('imgadm: can only be run from the global zone.\n');
    return 1;
  }
  command = args[1];
  const which = COMMANDS.indexOf(command);
  if (which < 0) {
    say('imgadm: error (UnknownCommand): unknown command: "' + command + '"\n');
    return 2;
  }
  const options = new Options(args.slice(1), USAGE, OPTIONS[which], ['quiet=q', 'verbose=v', 'json=j', 'type=t']);
  for (let letter = options.next(); letter != ''; letter = options.next()) {
    flags += letter;
    given.set(letter, options.argument);
  }
  if (options.failed) return 2;
  operands = options.operands();
  return report(perform(which));
}

function perform(which: i32): bool {
  switch (which) {
    case 0:
      return sources();
    case 1:
      return avail();
    case 2:
      return show();
    case 3:
      return import_();
    case 4:
      return install();
    case 5:
      return list();
    case 6:
      return get();
    case 7:
      return delete_();
    case 8:
      return ancestry();
    case 9:
      return vacuum();
  }
  return create();
}

function report(done: bool): i32 {
  if (done) return 0;
  say('imgadm ' + command + ': error (' + errorCode + '): ' + errorMessage + '\n');
  return errorCode == 'Usage' ? 2 : NOT_INSTALLED.includes(errorCode) ? 3 : 1;
}

function usage(message: string): bool {
  return fail('Usage', message);
}

/** The one UUID that is asked about; nothing: see fail. */
function oneUuid(): string {
  if (operands.length != 1) usage('incorrect number of args (' + operands.length.toString() + ')');
  else if (isUuid(operands[0])) return operands[0];
  else fail('InvalidUUID', 'invalid uuid: "' + operands[0] + '"');
  return '';
}

// ---- sources

function sources(): bool {
  if (operands.length) return usage('incorrect number of args');
  const all = allSources();
  if (flags.includes('a')) {
    const url = checkedSource(option('a', ''));
    if (url == null) return false;
    if (flags.includes('t') && option('t', '') != TYPE)
      return fail('NotSupported', 'sources of type "' + option('t', '') + '" are not known here');
    if (all.includes(url)) {
      out('Already have image source "' + url + '", no change\n');
      return true;
    }
    if (!writeSources(all.concat([url]))) return false;
    out('Added "' + TYPE + '" image source "' + url + '"\n');
    return true;
  }
  if (flags.includes('d')) {
    const url = checkedSource(option('d', ''));
    if (url == null) return false;
    const at = all.indexOf(url);
    if (at < 0) {
      out('Do not have image source "' + url + '", no change\n');
      return true;
    }
    all.splice(at, 1);
    if (!writeSources(all)) return false;
    out('Deleted "' + TYPE + '" image source "' + url + '"\n');
    return true;
  }
  if (flags.includes('j')) {
    const result = new Json(ARRAY);
    for (let i = 0; i < all.length; i++) {
      const source = new Json(OBJECT);
      source.set('url', Json.string(all[i]));
      source.set('type', Json.string(TYPE));
      result.items.push(source);
    }
    out(result.print(2) + '\n');
    return true;
  }
  const verbose = flags.includes('v');
  let width = 3;
  for (let i = 0; i < all.length; i++) width = max(width, all[i].length);
  if (verbose) out('URL'.padEnd(width + 2, ' ') + 'TYPE\n');
  for (let i = 0; i < all.length; i++) out(verbose ? all[i].padEnd(width + 2, ' ') + TYPE + '\n' : all[i] + '\n');
  return true;
}

// ---- tables

function table(rows: Row[], filters: string[], usual: string): bool {
  for (let i = 0; i < filters.length; i++)
    if (filters[i].indexOf('=') < 1) return usage('invalid filter: "' + filters[i] + '" (must be of the form "field=value")');
  const chosen: Row[] = [];
  for (let i = 0; i < rows.length; i++) if (matches(rows[i], filters)) chosen.push(rows[i]);
  sortRows(chosen, option('s', SORT).split(','));
  if (flags.includes('j')) printJson(chosen);
  else printTable(chosen, option('o', usual).split(','), !flags.includes('H'));
  return true;
}

function avail(): bool {
  const found = availableImages();
  const rows: Row[] = [];
  for (let i = 0; i < found.length; i++) rows.push(new Row(found[i].manifest, found[i].source, ''));
  return table(rows, operands, COLUMNS);
}

function rowOf(image: Image): Row {
  const row = new Row(image.manifest, image.source, image.pool);
  row.clones = image.clones.length;
  return row;
}

function list(): bool {
  const images = installedImages();
  const rows: Row[] = [];
  for (let i = 0; i < images.length; i++) rows.push(rowOf(images[i]));
  return table(rows, operands, COLUMNS);
}

function ancestry(): bool {
  const uuid = oneUuid();
  if (!uuid.length) return false;
  const rows: Row[] = [];
  for (let next = uuid; next.length; next = textIn(rows[rows.length - 1].manifest, 'origin')) {
    const image = installedImage(next, pool());
    if (!image) return notInstalled(next, pool());
    rows.push(rowOf(image));
  }
  if (flags.includes('j')) printJson(rows);
  else printTable(rows, option('o', ANCESTRY_COLUMNS).split(','), !flags.includes('H'));
  return true;
}

// ---- one image

function show(): bool {
  const uuid = oneUuid();
  const found = uuid.length ? availableImage(uuid, '') : null;
  if (!found) return false;
  out(found.manifest.print(2) + '\n');
  return true;
}

function get(): bool {
  const uuid = oneUuid();
  if (!uuid.length) return false;
  const image = installedImage(uuid, pool());
  if (!image) return notInstalled(uuid, pool());
  const result = rowOf(image).json;
  if (flags.includes('r')) {
    const clones = new Json(ARRAY);
    for (let i = 0; i < image.clones.length; i++) clones.items.push(Json.string(image.clones[i]));
    const children = new Json(OBJECT);
    children.set('clones', clones);
    result.set('children', children);
  }
  out(result.print(2) + '\n');
  return true;
}

/** MiB with one digit behind the point, KiB and bytes below. */
function sizeText(bytes: u64): string {
  if (bytes < 1024) return bytes.toString() + ' B';
  const unit: u64 = bytes < 1048576 ? 1024 : 1048576;
  const tenths = (bytes * 10 + unit / 2) / unit;
  return (tenths / 10).toString() + '.' + (tenths % 10).toString() + (unit == 1024 ? ' KiB' : ' MiB');
}

function import_(): bool {
  const uuid = oneUuid();
  if (!uuid.length) return false;
  const installed = installedImage(uuid, pool());
  if (installed) {
    out('Image ' + calledIn(installed.manifest) + ' is already installed, skipping\n');
    return true;
  }
  let source = '';
  if (flags.includes('S')) {
    const url = checkedSource(option('S', ''));
    if (url == null) return false;
    source = url;
  }
  const found = availableImage(uuid, source);
  if (!found) return false;
  out('Importing ' + calledIn(found.manifest) + ' from "' + found.source + '"\n');
  out('Gather image ' + uuid + ' ancestry\n');
  const origin = textIn(found.manifest, 'origin');
  if (origin.length && !installedImage(origin, pool())) {
    if (!availableImage(origin, source))
      return fail('OriginNotFoundInSource', 'origin image "' + origin + '" was not found in source "' + found.source + '"');
    operands = [origin];
    if (!import_()) return false;
  }
  out('Must download and install 1 image (' + sizeText(sizeOf(found.manifest)) + ')\n');
  if (!found.file.length) return fail('DownloadError', 'source "' + found.source + '" has no file of image "' + uuid + '"');
  flush();
  if (!installImage(found.manifest, found.file, pool(), found.source)) return false;
  out('Imported image ' + calledIn(found.manifest) + '\n');
  return true;
}

function install(): bool {
  if (operands.length) return usage('unexpected args: ' + operands.join(' '));
  if (!flags.includes('m')) return usage('missing path to image manifest (-m MANIFEST)');
  if (!flags.includes('f')) return usage('missing path to image file (-f FILE)');
  const manifest = readJson(option('m', ''));
  if (!manifest || manifest.kind != OBJECT)
    return fail('InvalidManifest', 'manifest is invalid: ' + (problem.length ? problem : 'not an object'));
  const uuid = textIn(manifest, 'uuid');
  const installed = isUuid(uuid) ? installedImage(uuid, pool()) : null;
  if (installed) {
    out('Image ' + calledIn(installed.manifest) + ' is already installed, skipping\n');
    return true;
  }
  out('Installing image ' + calledIn(manifest) + '\n');
  flush();
  if (!installImage(manifest, option('f', ''), pool(), '')) return false;
  out('Installed image ' + calledIn(manifest) + '\n');
  return true;
}

function delete_(): bool {
  const uuid = oneUuid();
  if (!uuid.length) return false;
  const image = installedImage(uuid, pool());
  if (!image) return notInstalled(uuid, pool());
  if (!deleteImage(image)) return false;
  out('Deleted image ' + uuid + '\n');
  return true;
}

function vacuum(): bool {
  if (operands.length) return usage('unexpected args: ' + operands.join(' '));
  const all = installedImages();
  const unused: Image[] = [];
  for (let i = 0; i < all.length; i++) if (!all[i].clones.length) unused.push(all[i]);
  if (!unused.length) {
    out('No unused images to delete.\n');
    return true;
  }
  out('This will delete the following images:\n');
  for (let i = 0; i < unused.length; i++) out('    ' + calledIn(unused[i].manifest) + '\n');
  if (!flags.includes('f') && !flags.includes('n')) {
    out('Delete these images? [y/N] ');
    flush();
    const answer = new Reader(0).line();
    if (answer == null || !answer.toLowerCase().startsWith('y')) {
      out('Aborting\n');
      return true;
    }
  }
  for (let i = 0; i < unused.length; i++) {
    if (!flags.includes('n') && !deleteImage(unused[i])) return false;
    out('Deleted image ' + calledIn(unused[i].manifest) + '\n');
  }
  return true;
}

function create(): bool {
  if (!operands.length) return usage('incorrect number of args (0)');
  const how = new Creation();
  how.manifestFile = option('m', '');
  how.output = option('o', '');
  how.incremental = flags.includes('i');
  how.fields = operands.slice(1);
  const compression = option('c', 'none');
  how.compression = compression == 'gz' ? 'gzip' : compression;
  if (!COMPRESSIONS.includes(how.compression) && compression != 'bz2') return usage('unknown compression: "' + compression + '"');
  if (how.compression != 'none' && how.compression != 'gzip')
    return fail('NotSupported', 'compression ' + compression + ' is not known here');
  return createImage(operands[0], how);
}
