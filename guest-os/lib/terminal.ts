// SPDX-License-Identifier: MIT
/** @fileoverview Names of terminals: the device file in /dev that stands for the same device. */
import { entriesOf, S_IFCHR, status, statusOf } from './files';

/** Path of the terminal that a descriptor is; empty where no device file is found. */
export function terminalName(descriptor: i32): string {
  const about = statusOf(descriptor);
  return about && about.type == S_IFCHR ? deviceName(about.rdev) : '';
}

const places: string[] = ['/dev/pts', '/dev/term', '/dev/vt', '/dev'];

/** Path of a character device by its number; empty where there is none. /dev/tty stands for any. */
export function deviceName(rdev: u64): string {
  // The console is some other terminal, too, and known by this name.
  const console = status('/dev/console', true);
  if (console && console.type == S_IFCHR && console.rdev == rdev) return '/dev/console';
  for (let i = 0; i < places.length; i++) {
    const names = entriesOf(places[i]);
    if (!names) continue;
    for (let k = 0; k < names.length; k++) {
      const path = places[i] + '/' + names[k];
      const about = status(path, true);
      if (about && about.type == S_IFCHR && about.rdev == rdev && path != '/dev/tty') return path;
    }
  }
  return '';
}
