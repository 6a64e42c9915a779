// SPDX-License-Identifier: MIT
/** @fileoverview Paths without links, . and .. (realpath(3C)). */
import { currentDirectory, linkTarget, setFailure, Status, status } from './files';

const ENOENT: i64 = 2;
const ENOTDIR: i64 = 20;
const ELOOP: i64 = 90;
/** Links that may follow one another (<limits.h>, MAXSYMLINKS is 20; here it bounds the whole path). */
const MOST_LINKS: i32 = 40;

/** The path; null with `failure` of lib/files set. So many parts at the end may be `missing`. */
export function canonical(path: string, missing: i32): string | null {
  if (!path.length) {
    setFailure(ENOENT);
    return null;
  }
  let parts = path.split('/');
  let done = path.startsWith('/') ? '' : currentDirectory();
  if (done == '/') done = '';
  let links = 0;
  let absent = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    const last = restIsEmpty(parts, i + 1);
    if (!part.length || part == '.') continue;
    if (part == '..') {
      done = done.substring(0, max(done.lastIndexOf('/'), 0));
      if (absent) absent--;
      continue;
    }
    const next = done + '/' + part;
    let about: Status | null = null;
    if (!absent) about = status(next, false);
    if (!about) {
      if (++absent > missing || (missing < 1000 && !last)) return null;
      done = next;
      continue;
    }
    if (about.isLink) {
      if (++links > MOST_LINKS) {
        setFailure(ELOOP);
        return null;
      }
      const target = linkTarget(next);
      if (target.startsWith('/')) done = '';
      parts = target.split('/').concat(parts.slice(i + 1));
      i = -1;
      continue;
    }
    if (!about.isDirectory && !(i + 1 == parts.length) && missing < 1000) {
      setFailure(ENOTDIR);
      return null;
    }
    done = next;
  }
  return done.length ? done : '/';
}

function restIsEmpty(parts: string[], from: i32): bool {
  for (let i = from; i < parts.length; i++) if (parts[i].length) return false;
  return true;
}
