// SPDX-License-Identifier: MIT
/**
 * @fileoverview Files of VMs. What only root writes is replaced whole: a crash leaves the old one or the new one. What lies in a zone's root is the zone's own:
 * its parts may be links to anywhere, and are therefore looked at one by one before something is put there.
 */
import * as calls from '../../../lib/calls';
import { lockFile } from '../../../lib/fileLock';
import { status } from '../../../lib/files';
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, openFile, readAll } from '../../../lib/io';
import { Json, JsonParser, OBJECT } from '../../../lib/json';
import { O_NOFOLLOW, writeText } from '../../../lib/smf/door';
import { pathOf } from '../../../lib/text';
import { withReason } from '../../../lib/zones/configuration';

/** Null: there is none. */
export function readFile(path: string): string | null {
  const descriptor = openFile(path, O_RDONLY | O_NOFOLLOW);
  if (descriptor < 0) return null;
  const text = readAll(descriptor);
  calls.close(descriptor);
  return text;
}

/** 0 or a negative errno. It has reached the disk. */
export function replaceFile(path: string, text: string, mode: i32): i64 {
  const temporary = path + '.new';
  const descriptor = openFile(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
  if (descriptor < 0) return descriptor;
  let error = writeText(descriptor, text);
  if (error >= 0) error = calls.fdsync(descriptor, 0);
  if (error >= 0) error = calls.rename(pathOf(temporary), pathOf(path));
  if (error >= 0) error = calls.fdsync(descriptor, 0);
  calls.close(descriptor);
  return min<i64>(error, 0);
}

/** An object; empty where there is none. */
export function readJson(path: string): Json {
  const text = readFile(path);
  if (text == null) return new Json(OBJECT);
  const value = new JsonParser(text).next();
  return value && value.kind == OBJECT ? value : new Json(OBJECT);
}
export function writeJson(path: string, value: Json): i64 {
  return replaceFile(path, value.print(2) + '\n', 0o600);
}

/** Whether a path in a zone's root has nothing but directories above its last part, which is a file or not there. */
export function isSafe(root: string, path: string): bool {
  const parts = path.split('/');
  let at = root;
  for (let i = 1; i < parts.length; i++) {
    at += '/' + parts[i];
    const about = status(at, false);
    const isLast = i == parts.length - 1;
    if (!about) return isLast;
    if (isLast ? !about.isRegular : !about.isDirectory) return false;
  }
  return true;
}
/**
 * Why a file in a zone's root could not be written; nothing: it was. Each directory is opened in the one before, and none through a link: a zone that runs may
 * change its directories meanwhile, and nothing leads out of them.
 */
export function writeInZone(root: string, path: string, text: string): string {
  const parts = path.split('/');
  let directory = openFile(root, O_RDONLY);
  for (let i = 1; i + 1 < parts.length && directory >= 0; i++) {
    const next = <i32>calls.openat(directory, pathOf(parts[i]), O_RDONLY | O_NOFOLLOW, 0);
    calls.close(directory);
    directory = next;
  }
  if (directory < 0) return withReason(root + path, directory);
  const name = pathOf(parts[parts.length - 1]);
  const descriptor = <i32>calls.openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644);
  calls.close(directory);
  const error = descriptor < 0 ? <i64>descriptor : writeText(descriptor, text);
  if (descriptor >= 0) calls.close(descriptor);
  return error < 0 ? withReason(root + path, error) : '';
}

/** Held by whoever changes a VM. */
export function lockMachine(uuid: string): i32 {
  calls.mkdir(pathOf('/var/run'), 0o755);
  return lockFile('/var/run/vm.' + uuid + '.lock');
}
