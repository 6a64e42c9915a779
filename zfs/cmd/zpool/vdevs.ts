// SPDX-License-Identifier: MIT
/**
 * @fileoverview The words that describe vdevs on a command line: disks by their short names or paths, files by absolute paths, and `mirror` or
 * `raidz` in front of those that belong together.
 */
import { NvList } from '../../port/nvlist';
import { KIND_DISK, KIND_FILE, KIND_NONE, Surroundings } from '../surroundings';

const DISKS: string = '/dev/dsk/';
/** Kinds of vdevs that exist elsewhere. */
const NOT_HERE: string[] = ['raidz2', 'raidz3', 'spare', 'log', 'cache', 'dedup', 'special', 'draid'];

/** Why the last words made no sense. */
export let vdevError: string = '';

/** The device a word names; null: {@link vdevError}. */
export function leafOf(place: Surroundings, word: string): NvList | null {
  if (!word.startsWith('/')) {
    // A whole disk is known without its slice.
    const whole = DISKS + word + 's0';
    if (place.kind(whole) == KIND_DISK)
      return new NvList().setText('type', 'disk').setText('path', whole).setNumber('whole_disk', 1);
    if (place.kind(DISKS + word) == KIND_DISK) return new NvList().setText('type', 'disk').setText('path', DISKS + word);
    vdevError = "cannot open '" + word + "': no such device in /dev/dsk\nmust be a full path or shorthand device name";
    return null;
  }
  let path = word;
  let kind = place.kind(path);
  let whole = false;
  if (kind == KIND_NONE && place.kind(path + 's0') == KIND_DISK) {
    path += 's0';
    kind = KIND_DISK;
    whole = true;
  }
  if (kind == KIND_DISK)
    return new NvList()
      .setText('type', 'disk')
      .setText('path', path)
      .setNumber('whole_disk', whole ? 1 : 0);
  if (kind == KIND_FILE) return new NvList().setText('type', 'file').setText('path', path);
  vdevError =
    kind == KIND_NONE
      ? "cannot open '" + word + "': No such file or directory"
      : "cannot use '" + word + "': must be a block device or regular file";
  return null;
}

/** Top-level vdevs; none: {@link vdevError}. */
export function vdevsOf(place: Surroundings, words: string[]): NvList[] {
  const tops: NvList[] = [];
  let group: NvList | null = null;
  let children: NvList[] = [];
  vdevError = '';
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (NOT_HERE.includes(word)) {
      vdevError = 'invalid vdev specification: ' + word + ' is not supported';
      return [];
    }
    if (word == 'mirror' || word == 'raidz' || word == 'raidz1') {
      if (group && !isComplete(group, children)) return [];
      children = [];
      group = new NvList().setText('type', word == 'mirror' ? 'mirror' : 'raidz');
      if (word != 'mirror') group.setNumber('nparity', 1);
      tops.push(group);
      continue;
    }
    const leaf = leafOf(place, word);
    if (!leaf) return [];
    if (!group) tops.push(leaf);
    else {
      children.push(leaf);
      group.setLists('children', children);
    }
  }
  if (group && !isComplete(group, children)) return [];
  if (!tops.length) vdevError = 'invalid vdev specification: at least one toplevel vdev must be specified';
  return tops;
}

function isComplete(group: NvList, children: NvList[]): bool {
  if (children.length >= 2) return true;
  const kind = group.text('type') == 'mirror' ? 'mirror' : 'raidz1';
  vdevError = 'invalid vdev specification: ' + kind + ' requires at least 2 devices';
  return false;
}

/** What a device is called: a file by its path, a disk by its name, without the slice if it is a whole one. */
export function leafName(leaf: NvList): string {
  const path = leaf.text('path');
  if (leaf.text('type') == 'file') return path;
  const name = path.substring(path.lastIndexOf('/') + 1);
  return leaf.number('whole_disk') && name.endsWith('s0') ? name.substring(0, name.length - 2) : name;
}

/** Paths of all devices. */
export function pathsOf(vdevs: NvList[]): string[] {
  const paths: string[] = [];
  for (let i = 0; i < vdevs.length; i++) {
    const children = vdevs[i].lists('children');
    if (children.length) {
      const below = pathsOf(children);
      for (let j = 0; j < below.length; j++) paths.push(below[j]);
    } else paths.push(vdevs[i].text('path'));
  }
  return paths;
}

/** mirror, raidz or disk: what must be alike in a pool, unless -f says otherwise. */
export function replicationOf(vdev: NvList): string {
  const type = vdev.text('type');
  if (type == 'mirror') return vdev.lists('children').length.toString() + '-way mirror';
  if (type == 'raidz') return vdev.lists('children').length.toString() + '-way raidz';
  return type;
}
/** Empty: these vdevs, and those that a pool has, fit together. */
export function mismatchOf(vdevs: NvList[]): string {
  for (let i = 1; i < vdevs.length; i++) {
    const first = vdevs[0].text('type');
    const other = vdevs[i].text('type');
    const kinds = first != other && (vdevs[0].lists('children').length != 0 || vdevs[i].lists('children').length != 0);
    if (kinds) return 'mismatched replication level: both ' + first + ' and ' + other + ' vdevs are present';
    const a = replicationOf(vdevs[0]);
    const b = replicationOf(vdevs[i]);
    if (a != b && vdevs[0].lists('children').length)
      return 'mismatched replication level: both ' + a + ' and ' + b + ' vdevs are present';
  }
  return '';
}
