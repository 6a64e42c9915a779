// SPDX-License-Identifier: MIT
/**
 * @fileoverview An image made of a zone that is stopped: its dataset's snapshot @final as a stream, compressed or not, beside a manifest. The snapshot goes
 * again, also when it could not be sent.
 */
import * as calls from '../../lib/calls';
import { capture } from '../../lib/capture';
import { isDirectory } from '../../lib/copy';
import { status } from '../../lib/files';
import { O_CREAT, O_TRUNC, O_WRONLY, openFile, out, writeAll } from '../../lib/io';
import { ARRAY, FALSE, Json, OBJECT, TRUE } from '../../lib/json';
import { runPipeline } from '../../lib/pipeline';
import { bytesOf, pathOf, zeroTerminated } from '../../lib/text';
import { newUuid } from '../../lib/uuid';
import { entryOf, INSTALLED, readIndex } from '../../lib/zones/configuration';
import { zoneId } from '../../lib/zones/kernel';
import { digestOfFile, zfs } from './_install';
import { problemsOf, readJson, textIn, titleOf, problem } from './_manifest';
import { allDatasets, fail, failWith, hasDataset, installedImage, POOL } from './_store';

const OWNER: string = '00000000-0000-0000-0000-000000000000';
const names = memory.data(1285);

export class Creation {
  manifestFile: string = '';
  /** Where the two files go: a directory, or what their names begin with. */
  output: string = '';
  compression: string = 'none';
  incremental: bool = false;
  /** `field=value`. */
  fields: string[] = [];
}

/** True: the files are there. Else see fail. */
export function createImage(vm: string, how: Creation): bool {
  const entry = entryOf(readIndex(), vm);
  if (!entry) return fail('VmNotFound', 'vm "' + vm + '" was not found');
  if (zoneId(vm) >= 0 || entry.state != INSTALLED) return fail('VmNotStopped', 'vm "' + vm + '" is not stopped');
  const dataset = POOL + entry.path.substring(entry.path.lastIndexOf('/'));
  const datasets = allDatasets();
  let origin = '';
  for (let i = 0; i < datasets.length; i++) if (datasets[i].name == dataset) origin = datasets[i].origin;
  if (!hasDataset(datasets, dataset)) return fail('VmNotFound', 'vm "' + vm + '" has no dataset "' + dataset + '"');
  const parent = origin.substring(POOL.length + 1, origin.indexOf('@'));
  if (how.incremental && !origin.length) return fail('VmHasNoOrigin', 'vm "' + vm + '" has no origin');
  if (how.incremental && (!origin.endsWith('@final') || !installedImage(parent)))
    return fail('OriginHasNoFinalSnapshot', 'origin image "' + parent + '" has no "@final" snapshot');
  const manifest = manifestFor(how, how.incremental ? parent : '');
  if (!manifest) return false;
  out('Manifest:\n' + manifest.print(2) + '\n');
  const base = baseOf(how.output, manifest);
  const file = base + (how.compression == 'gzip' ? '.zfs.gz' : '.zfs');
  const snapshot = dataset + '@final';
  if (hasDataset(datasets, snapshot)) return fail('InternalError', 'snapshot "' + snapshot + '" exists already');
  if (!zfs(['snapshot', snapshot])) return false;
  out('Saving image to "' + file + '"\n');
  const sent = send(snapshot, how.incremental ? origin : '', how.compression, file);
  capture(['zfs', 'destroy', snapshot]);
  return sent && describe(manifest, how.compression, file) && save(manifest, base + '.imgmanifest');
}

/** Null: see fail. */
function manifestFor(how: Creation, origin: string): Json | null {
  const manifest = new Json(OBJECT);
  const two = Json.number(2);
  manifest.set('v', two);
  manifest.set('uuid', Json.string(newUuid()));
  manifest.set('owner', Json.string(OWNER));
  if (how.manifestFile.length) {
    const given = readJson(how.manifestFile == '-' ? '/dev/stdin' : how.manifestFile);
    if (!given || given.kind != OBJECT) {
      fail('InvalidManifest', 'manifest is invalid: ' + (problem.length ? problem : 'not an object'));
      return null;
    }
    for (let i = 0; i < given.names.length; i++) manifest.set(given.names[i], given.items[i]);
  }
  for (let i = 0; i < how.fields.length; i++) {
    const equals = how.fields[i].indexOf('=');
    if (equals < 1) {
      fail('Usage', 'invalid manifest field: "' + how.fields[i] + '"');
      return null;
    }
    const value = how.fields[i].substring(equals + 1);
    const flag = value == 'true' ? new Json(TRUE) : value == 'false' ? new Json(FALSE) : Json.string(value);
    manifest.set(how.fields[i].substring(0, equals), flag);
  }
  manifest.set('v', two);
  if (!manifest.get('type')) manifest.set('type', Json.string('zone-dataset'));
  if (!manifest.get('os')) manifest.set('os', Json.string('smartos'));
  if (origin.length) manifest.set('origin', Json.string(origin));
  if (!manifest.get('requirements')) {
    // What is in the zone was made for the commands of this platform.
    calls.uname(names);
    const version = zeroTerminated(names + 257 * 3);
    const platform = new Json(OBJECT);
    platform.set('7.0', Json.string(version.substring(version.indexOf('_') + 1)));
    const requirements = new Json(OBJECT);
    requirements.set('min_platform', platform);
    manifest.set('requirements', requirements);
  }
  const wrong = problemsOf(manifest);
  if (!wrong.length) return manifest;
  fail('ManifestValidation', 'invalid manifest: ' + wrong);
  return null;
}

function baseOf(output: string, manifest: Json): string {
  const name = (textIn(manifest, 'name') + '-' + textIn(manifest, 'version')).replaceAll('/', '-').replaceAll(' ', '-');
  if (!output.length) return name;
  return isDirectory(output) ? (output.endsWith('/') ? output : output + '/') + name : output;
}

function send(snapshot: string, origin: string, compression: string, file: string): bool {
  const descriptor = openFile(file, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  if (descriptor < 0) return failWith('FileSystem', file, descriptor);
  const commands: string[][] = [origin.length ? ['zfs', 'send', '-i', origin, snapshot] : ['zfs', 'send', snapshot]];
  if (compression == 'gzip') commands.push(['gzip', '-c']);
  const failed = runPipeline('imgadm', commands, 0, descriptor);
  calls.close(descriptor);
  if (!failed) return true;
  calls.unlink(pathOf(file));
  return fail('InternalError', 'could not send "' + snapshot + '"');
}

/** The manifest gets what is known of the file. */
function describe(manifest: Json, compression: string, path: string): bool {
  const about = status(path, true);
  const digest = digestOfFile(path);
  if (!about || !digest.length) return fail('FileSystem', path + ': cannot be read');
  const file = new Json(OBJECT);
  file.set('sha1', Json.string(digest));
  file.set('size', Json.number(<i64>about.size));
  file.set('compression', Json.string(compression));
  const files = new Json(ARRAY);
  files.items.push(file);
  manifest.set('files', files);
  return true;
}

function save(manifest: Json, path: string): bool {
  out('Saving manifest to "' + path + '"\n');
  const descriptor = openFile(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  if (descriptor < 0) return failWith('FileSystem', path, descriptor);
  const text = manifest.print(2) + '\n';
  const error = writeAll(descriptor, changetype<usize>(bytesOf(text)), text.length);
  calls.close(descriptor);
  return error < 0 ? failWith('FileSystem', path, error) : true;
}

/** What an image is called in messages. */
export function calledIn(manifest: Json): string {
  return textIn(manifest, 'uuid') + ' (' + titleOf(manifest) + ')';
}
