// SPDX-License-Identifier: MIT
/** The platform's images: OpenZFS's zstream reads their streams, manifests say of them what is so, and the same sources give the same bytes. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test, vi } from 'vitest';
import { openZfs } from '../../tools/oracles.js';
import { projectRoot } from '../asc/root.ts';
import type { ArchiveFile } from '../image/archive.ts';
import { platformImages } from './images.ts';
import { platformFiles } from './platform.ts';

vi.setConfig({ testTimeout: 200_000 });
const stamp = { name: 'diorama_20260102T030405Z', time: 1_767_323_045 };
const zstream = openZfs();
let files: ArchiveFile[];
const make = () => platformImages(projectRoot(), platformFiles(projectRoot(), stamp), stamp);
beforeAll(async () => {
  files = await make();
}, 200_000);

interface Manifest {
  readonly uuid: string;
  readonly name: string;
  readonly published_at: string;
  readonly files: readonly { readonly sha1: string; readonly size: number; readonly dataset_guid: string }[];
}
const images = (): { manifest: Manifest; content: Uint8Array }[] =>
  files
    .filter(({ path }) => path.endsWith('.json'))
    .map(({ path, content }) => ({
      manifest: JSON.parse(content as string) as Manifest,
      content: files.find((file) => file.path === path.replace('.json', '.zfs.gz'))?.content as Uint8Array,
    }));

test('there are two, under their UUIDs, and manifests tell of their files', () => {
  expect(images().map(({ manifest }) => manifest.name)).toEqual(['base', 'minimal']);
  for (const { manifest, content } of images()) {
    expect(manifest.published_at).toBe('2026-01-02T03:04:05.000Z');
    expect(files.some(({ path }) => path.endsWith(`/${manifest.uuid}.zfs.gz`))).toBe(true);
    expect(manifest.files[0]).toMatchObject({
      size: content.length,
      sha1: createHash('sha1').update(content).digest('hex'),
    });
  }
});

test.skipIf(!zstream)('OpenZFS reads the streams, whose snapshot is called final and has the guid of the manifest', () => {
  for (const { manifest, content } of images()) {
    const { status, output } = zstream?.('zstream', ['dump', '-v'], { input: gunzipSync(content) } as never) ?? {
      status: -1,
      output: '',
    };
    expect(status, output.slice(-500)).toBe(0);
    expect(output).toMatch(/toname = \S+@final\n/);
    expect(output).toContain(`toguid = ${BigInt(manifest.files[0].dataset_guid).toString(16)}\n`);
    expect(output).toMatch(/Total DRR_OBJECT records = \d\d/);
  }
});

test('the same sources give the same bytes', async () => {
  expect((await make()).map(({ content }) => createHash('sha256').update(content).digest('hex'))).toEqual(
    files.map(({ content }) => createHash('sha256').update(content).digest('hex')),
  );
});
