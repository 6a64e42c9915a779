// SPDX-License-Identifier: MIT
/** @fileoverview zfsrequest(8): makes one request of ZFS in the kernel and shows what it answers */
import { complain, out, say } from '../../lib/io';
import { NV_LIST, NV_LIST_ARRAY, NV_STRING, NV_UINT64, NvList } from '../../../zfs/port/nvlist';
import { DeviceChannel, openError } from './_channel';

export const USAGE: string = 'zfsrequest REQUEST [NAME=TEXT | NAME:NUMBER | vdevs=WORD[,WORD]]...';
/** @manual
 * For looking beneath zpool(8) and zfs(8). Each argument becomes an entry of the request's list; `vdevs` are disks or files, and `mirror` or `raidz`
 * before those that belong together. The answer is
 * printed one entry a line, lists within it indented.
 */

export function main(args: string[]): i32 {
  if (args.length < 2) {
    say('usage: ' + USAGE + '\n');
    return 2;
  }
  const channel = DeviceChannel.open();
  if (!channel) {
    complain('zfsrequest', '/dev/zfs', openError);
    return 1;
  }
  const input = new NvList();
  for (let i = 2; i < args.length; i++) enter(input, args[i]);
  const output = new NvList();
  const result = channel.call(args[1], input, output);
  show(output, '');
  if (result >= 0) return 0;
  complain('zfsrequest', args[1], result);
  return 1;
}

function enter(list: NvList, word: string): void {
  const equals = word.indexOf('=');
  const colon = word.indexOf(':');
  if (word.startsWith('vdevs=')) {
    const words = word.substring(6).split(',');
    const vdevs: NvList[] = [];
    let group: NvList | null = null;
    let children: NvList[] = [];
    for (let i = 0; i < words.length; i++) {
      if (words[i] == 'mirror' || words[i] == 'raidz') {
        children = [];
        group = new NvList().setText('type', words[i]);
        vdevs.push(group);
        continue;
      }
      const leaf = leafOf(words[i]);
      if (!group) vdevs.push(leaf);
      else {
        children.push(leaf);
        group.setLists('children', children);
      }
    }
    list.setLists('vdevs', vdevs);
  } else if (equals >= 0 && (colon < 0 || equals < colon)) list.setText(word.substring(0, equals), word.substring(equals + 1));
  else if (colon >= 0) list.setNumber(word.substring(0, colon), U64.parseInt(word.substring(colon + 1)));
}

function leafOf(path: string): NvList {
  const isDisk = path.startsWith('/dev/');
  const leaf = new NvList().setText('type', isDisk ? 'disk' : 'file').setText('path', path);
  return isDisk && path.endsWith('s0') ? leaf.setNumber('whole_disk', 1) : leaf;
}

function show(list: NvList, indent: string): void {
  for (let i = 0; i < list.pairs.length; i++) {
    const pair = list.pairs[i];
    out(indent + pair.name);
    if (pair.type == NV_UINT64) out(' ' + pair.number.toString() + '\n');
    else if (pair.type == NV_STRING) out(' ' + pair.text + '\n');
    else {
      out('\n');
      if (pair.type == NV_LIST) show(pair.list!, indent + '  ');
      else if (pair.type == NV_LIST_ARRAY) {
        const lists = pair.lists!;
        for (let j = 0; j < lists.length; j++) {
          show(lists[j], indent + '  ');
          if (j + 1 < lists.length) out('\n');
        }
      }
    }
  }
}
