// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the platform's boot archive contains: programs, their names, manual pages, the files of /etc, empty directories.
 *
 * Commands of a multi-call program are names of one file; /bin is /usr/bin. Text files are those of guest-os/platform, with `@build@`
 * replaced by the build's name.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ArchiveFile, writeArchive } from '../image/archive.ts';
import type { BuildStamp } from '../image/image.ts';
import { commandPaths, manualIndex, manualPage, manualPath, multiCallPrograms, readCommands } from '../registry/commands.ts';
import { platformImages } from './images.ts';

/** Text files that only root may read. */
const PRIVATE = new Set(['etc/shadow']);
/** Where a program lies, if not in /usr/bin. */
const PLACES: Readonly<Record<string, string>> = { init: 'sbin/init' };
/** Programs for demonstration only. */
const LEFT_OUT = new Set(['hello']);
/** What a zone without an image begins with, as the system itself does. */
const SKELETON = new Set(
  ['default/login', 'group', 'passwd', 'profile', 'shadow', 'shells']
    .map((name) => `etc/${name}`)
    .concat('root/.bashrc', 'root/.profile'),
);
const SKELETON_FOLDER = 'usr/lib/brand/joyent-minimal/skel';
const DIRECTORIES = [
  'dev',
  'etc',
  'export',
  'home',
  'mnt',
  'opt',
  'proc',
  'root',
  'sbin',
  'system/contract',
  'tmp',
  'usr/bin',
  'usr/sbin',
  'var/log',
  'var/tmp',
];

/** `programs`: images by name. */
export async function platformArchive(
  root: string,
  programs: ReadonlyMap<string, Uint8Array>,
  stamp: BuildStamp,
): Promise<Uint8Array> {
  const files: ArchiveFile[] = [];
  const links = new Map<string, string[]>();
  const commands = readCommands(root);
  const multiCall = new Set(multiCallPrograms(root));
  for (const [name, content] of programs) {
    if (LEFT_OUT.has(name)) continue;
    const names = commands.filter(({ program }) => program === name).flatMap(commandPaths);
    const path = PLACES[name] ?? (multiCall.has(name) ? `usr/lib/${name}` : (names[0] ?? `usr/bin/${name}`));
    files.push({ path, mode: 0o755, content });
    links.set(
      path,
      names.filter((other) => other !== path),
    );
  }
  for (const command of commands) files.push({ path: manualPath(command), content: manualPage(command) });
  const pages = facilityPages(join(root, 'guest-os/man'));
  for (const { name, section, text } of pages)
    files.push({ path: `usr/share/man/man${section}/${name}.${section}`, content: text });
  const summaries = pages.map(({ name, section, text }) => `${name}(${section}) - ${/ - (.*)/.exec(text)?.[1] ?? ''}\n`);
  files.push({
    path: 'usr/share/man/whatis',
    content: [...manualIndex(commands).matchAll(/.*\n/g), ...summaries].sort().join(''),
  });
  const platform = platformFiles(root, stamp);
  files.push(...platform.values());
  for (const { path, ...rest } of platform.values())
    if (SKELETON.has(path)) files.push({ ...rest, path: `${SKELETON_FOLDER}/${path}` });
  files.push(...(await platformImages(root, platform, stamp)));
  const symlinks = new Map([
    ['bin', 'usr/bin'],
    ['sbin/sh', '../usr/bin/sh'],
  ]);
  return writeArchive({ directories: DIRECTORIES, files, links, symlinks }, stamp.time);
}

/** Pages of what is no command: files NAME.SECTION. */
function facilityPages(folder: string): { name: string; section: string; text: string }[] {
  return (existsSync(folder) ? readdirSync(folder) : []).sort().map((file) => {
    const dot = file.lastIndexOf('.');
    return { name: file.slice(0, dot), section: file.slice(dot + 1), text: readFileSync(join(folder, file), 'utf8') };
  });
}

/** The platform's text files, by path. */
export function platformFiles(root: string, stamp: BuildStamp): Map<string, ArchiveFile> {
  return new Map(textFiles(join(root, 'guest-os/platform'), '', stamp).map((file) => [file.path, file]));
}

/** Everything below a folder, at the same place in the system. Scripts can be executed. */
function textFiles(folder: string, at: string, stamp: BuildStamp): ArchiveFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${at}${entry.name}`;
    if (entry.isDirectory()) return textFiles(join(folder, entry.name), `${path}/`, stamp);
    const content = readFileSync(join(folder, entry.name), 'utf8').replaceAll('@build@', stamp.name.replace('diorama_', ''));
    return [{ path, content, mode: content.startsWith('#!') ? 0o755 : PRIVATE.has(path) ? 0o400 : 0o644 }];
  });
}
