// SPDX-License-Identifier: MIT
/**
 * @fileoverview The images that the platform brings for zones: each a manifest and a compressed stream of a dataset's snapshot @final, as imgadm(8) installs them.
 *
 * What an image holds is said in guest-os/images/NAME: `image.json`, and a folder `root` whose files lie at the same places in the zone. The
 * dataset is made by our own ZFS under Node, in a pool in memory. Times are the commit's and random numbers follow from the contents, so the same sources
 * give the same bytes.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ArchiveFile } from '../image/archive.ts';
import type { BuildStamp } from '../image/image.ts';
import { loadZfs, memoryDisk, type Zfs } from '../zfs/host.ts';

/** What image.json says. */
interface ImageSource {
  /** The manifest's fields but for those that follow from the stream and the build. */
  readonly manifest: Readonly<Record<string, unknown>> & { readonly uuid: string; readonly name: string };
  /** Files that are the platform's own. */
  readonly platform: readonly string[];
  /** Directories by path, with their permissions in octal. */
  readonly directories: Readonly<Record<string, string>>;
  readonly symlinks: Readonly<Record<string, string>>;
  /** Permissions of files that are not 644. */
  readonly modes: Readonly<Record<string, string>>;
}

/** A file of an image's dataset, below its `root`. */
interface ImageFile {
  readonly path: string;
  readonly mode: number;
  /** Of a file; a link's target is text. */
  readonly content?: Uint8Array;
  readonly target?: string;
}

const FOLDER = 'guest-os/images';
/** Where they lie in the platform. */
export const IMAGES_FOLDER = 'usr/share/images';
const POOL = 'images';
const DISK = '/disk';
const DISK_BYTES = 64 << 20;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const PIECE = 1 << 20;
/** Whose images they are: nobody's, as IMGAPI has it for public ones. */
const OWNER = '00000000-0000-0000-0000-000000000000';

/** Files of the platform: UUID.json and UUID.zfs.gz of each image. `platform`: text files by path. */
export async function platformImages(
  root: string,
  platform: ReadonlyMap<string, ArchiveFile>,
  stamp: BuildStamp,
): Promise<ArchiveFile[]> {
  const folder = join(root, FOLDER);
  const files: ArchiveFile[] = [];
  for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
    const source = JSON.parse(readFileSync(join(folder, name, 'image.json'), 'utf8')) as ImageSource;
    const { stream, guid } = await datasetStream(
      source.manifest.uuid,
      contentsOf(source, join(folder, name), platform, stamp),
      stamp,
    );
    const content = gzipSync(stream, { level: 9 });
    const at = `${IMAGES_FOLDER}/${source.manifest.uuid}`;
    files.push({ path: `${at}.json`, content: `${JSON.stringify(manifestOf(source, content, guid, stamp), null, 2)}\n` });
    files.push({ path: `${at}.zfs.gz`, content });
  }
  return files;
}

function manifestOf(source: ImageSource, content: Uint8Array, guid: string, stamp: BuildStamp): object {
  const { uuid, name, version, ...rest } = source.manifest;
  const sha1 = createHash('sha1').update(content).digest('hex');
  return {
    v: 2,
    uuid,
    owner: OWNER,
    name,
    version,
    state: 'active',
    disabled: false,
    public: true,
    published_at: new Date(stamp.time * 1000).toISOString(),
    type: 'zone-dataset',
    os: 'smartos',
    files: [{ sha1, size: content.length, compression: 'gzip', dataset_guid: guid }],
    ...rest,
  };
}

/** Everything below the dataset's `root`, parents first. */
function contentsOf(
  source: ImageSource,
  folder: string,
  platform: ReadonlyMap<string, ArchiveFile>,
  stamp: BuildStamp,
): ImageFile[] {
  const found = new Map<string, ImageFile>();
  const directory = (path: string, mode = 0o755): void => void found.set(path, { path, mode: S_IFDIR | mode });
  const put = (file: ImageFile): void => {
    const parts = file.path.split('/');
    for (let i = 1; i < parts.length; i++) if (!found.has(parts.slice(0, i).join('/'))) directory(parts.slice(0, i).join('/'));
    found.set(file.path, file);
  };
  const modeOf = (path: string, usual: number): number => (source.modes[path] ? Number.parseInt(source.modes[path], 8) : usual);
  for (const [path, mode] of Object.entries(source.directories)) put({ path, mode: S_IFDIR | Number.parseInt(mode, 8) });
  for (const path of source.platform) {
    const file = platform.get(path);
    if (!file) throw new Error(`${folder}/image.json: the platform has no ${path}`);
    put({ path, mode: S_IFREG | modeOf(path, file.mode ?? 0o644), content: Buffer.from(file.content) });
  }
  for (const path of filesBelow(join(folder, 'root'), '')) {
    const { uuid, name, version } = source.manifest;
    const text = readFileSync(join(folder, 'root', path), 'utf8')
      .replaceAll('@build@', stamp.name.replace('diorama_', ''))
      .replaceAll('@image@', `${name} ${version}`)
      .replaceAll('@uuid@', uuid);
    put({ path, mode: S_IFREG | modeOf(path, text.startsWith('#!') ? 0o755 : 0o644), content: Buffer.from(text) });
  }
  for (const [path, target] of Object.entries(source.symlinks)) put({ path, mode: S_IFLNK | 0o777, target });
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function filesBelow(folder: string, at: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name), `${at}${entry.name}/`) : [`${at}${entry.name}`],
  );
}

/** The dataset as `zfs send` writes it, and its snapshot's guid. */
async function datasetStream(
  name: string,
  files: readonly ImageFile[],
  stamp: BuildStamp,
): Promise<{ stream: Uint8Array; guid: string }> {
  const digest = createHash('sha256').update(name);
  for (const { path, mode, content, target } of files)
    digest.update(`\n${path} ${mode} ${target ?? content?.length ?? 0}\n`).update(content ?? '');
  const seed = digest.digest();
  let drawn = 0;
  const zfs = await loadZfs([memoryDisk(DISK, new Uint8Array(DISK_BYTES))], {
    now: () => BigInt(stamp.time) * 1_000_000_000n,
    random: () => createHash('sha256').update(seed).update(String(drawn++)).digest().readBigUInt64LE(),
  });
  const call = (what: string, ...values: (number | bigint | string | Uint8Array)[]): void => {
    const result = zfs.call(what, ...values);
    if (result < 0) throw new Error(`image ${name}: ${what} ${values[0]}: error ${-result}`);
  };
  const dataset = `${POOL}/${name}`;
  call('createPoolOf', POOL, 28n, DISK, 9);
  call('createFs', dataset);
  call('choose', dataset);
  call('makeFile', 'root', BigInt(S_IFDIR | 0o755), '');
  for (const { path, mode, content, target } of files) {
    call('makeFile', `root/${path}`, BigInt(mode), target ?? '');
    for (let at = 0; content && at < content.length; at += PIECE)
      call('writeFile', `root/${path}`, BigInt(at), content.subarray(at, at + PIECE));
  }
  call('snapshot', `${dataset}@final`);
  const guid = said(zfs, 'get', '-Hpo', 'value', 'guid', `${dataset}@final`).trim();
  said(zfs, 'send', `${dataset}@final`);
  const parts: Uint8Array[] = [];
  for (let part = zfs.read('take', PIECE); typeof part !== 'number' && part.length > 0; part = zfs.read('take', PIECE))
    parts.push(part);
  return { stream: Buffer.concat(parts), guid };
}

/** What zfs(8) prints. */
function said(zfs: Zfs, ...words: string[]): string {
  const status = zfs.call('command', ['zfs', ...words].join('\n'));
  const [out, error] = zfs.guest.text(zfs.guest.call('answer') as number).split('\x01');
  if (status !== 0) throw new Error(`zfs ${words.join(' ')}: ${error}`);
  return out;
}
