// SPDX-License-Identifier: MIT
/** @fileoverview zdb(8), apart from where it runs: labels of a device (-l), and of an open pool its configuration (-C), uberblock (-u) and datasets (-d). */
import { ENOENT } from '../../guest-os/kernel/errno';
import { formatDate } from '../../guest-os/lib/dates';
import { NV_LIST, NV_LIST_ARRAY, NV_STRING, NV_UINT64, NvList } from '../port/nvlist';
import { Arguments } from './arguments';
import { Surroundings } from './surroundings';
import { niceNumber, reasonOf } from './text';

export const ZDB_USAGE: string = 'zdb -l <device>\nzdb [-Cud] <pool> ...';
const LABELS: i32 = 4;
const RULE: string = '------------------------------------\n';

/** `words`: what follows `zdb`. */
export function runZdb(place: Surroundings, words: string[]): i32 {
  const options = new Arguments(words, 'lCud');
  let label = false;
  let config = false;
  let uberblock = false;
  let datasets = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'l') label = true;
    else if (option == 'C') config = true;
    else if (option == 'u') uberblock = true;
    else datasets = true;
  }
  const operands = options.operands();
  if (options.wrong.length || !operands.length || (label && operands.length > 1)) {
    place.err((options.wrong.length ? options.wrong + '\n' : '') + 'Usage: ' + ZDB_USAGE.replaceAll('\n', '\n       ') + '\n');
    return 2;
  }
  if (label) return showLabels(place, operands[0]);
  if (!config && !uberblock && !datasets) {
    config = true;
    uberblock = true;
    datasets = true;
  }
  let status = 0;
  for (let i = 0; i < operands.length; i++) {
    const input = new NvList().setText('pool', operands[i]);
    const output = new NvList();
    const result = place.call('pool_config', input, output);
    if (result < 0) {
      place.err(
        "zdb: can't open '" + operands[i] + "': " + (result == -ENOENT ? 'No such file or directory' : reasonOf(result)) + '\n',
      );
      status = 1;
      continue;
    }
    if (config) place.out('\nMOS Configuration:\n' + listText(output.list('config')!, '        '));
    if (uberblock) place.out(uberblockText(output));
    if (datasets) status = max(status, showDatasets(place, input));
  }
  return status;
}

/** A list as zdb dumps it. */
function listText(list: NvList, indent: string): string {
  let text = '';
  for (let i = 0; i < list.pairs.length; i++) {
    const pair = list.pairs[i];
    if (pair.type == NV_UINT64) text += indent + pair.name + ': ' + pair.number.toString() + '\n';
    else if (pair.type == NV_STRING) text += indent + pair.name + ": '" + pair.text + "'\n";
    else if (pair.type == NV_LIST) text += indent + pair.name + ':\n' + listText(pair.list!, indent + '    ');
    else if (pair.type == NV_LIST_ARRAY) {
      const lists = pair.lists!;
      for (let j = 0; j < lists.length; j++) {
        text += indent + pair.name + '[' + j.toString() + ']:\n' + listText(lists[j], indent + '    ');
      }
    } else text += indent + pair.name + '\n';
  }
  return text;
}

function showLabels(place: Surroundings, word: string): i32 {
  const path = word.startsWith('/') ? word : '/dev/dsk/' + word;
  const output = new NvList();
  let result = place.call('device_labels', new NvList().setText('path', path), output);
  if (result < 0) result = place.call('device_labels', new NvList().setText('path', path + 's0'), output);
  if (result < 0) {
    place.err("cannot open '" + word + "': " + (result == -ENOENT ? 'No such file or directory' : reasonOf(result)) + '\n');
    return 1;
  }
  const labels = output.lists('labels');
  for (let i = 0; i < LABELS; i++) {
    let config: NvList | null = null;
    for (let j = 0; j < labels.length; j++) if (labels[j].number('label') == i) config = labels[j].list('config');
    if (!config) place.out('failed to unpack label ' + i.toString() + '\n');
    else place.out(RULE + 'LABEL ' + i.toString() + '\n' + RULE + listText(config, '    '));
  }
  return labels.length ? 0 : 2;
}

function uberblockText(output: NvList): string {
  const time = output.number('timestamp');
  let text = '\nUberblock:\n\tmagic = 0000000000bab10c\n\tversion = ' + output.number('version').toString();
  text += '\n\ttxg = ' + output.number('txg').toString() + '\n\tguid_sum = ' + output.number('guid_sum').toString();
  return text + '\n\ttimestamp = ' + time.toString() + ' UTC = ' + formatDate('%a %b %e %H:%M:%S %Y', time) + '\n';
}

function showDatasets(place: Surroundings, input: NvList): i32 {
  const output = new NvList();
  const result = place.call('pool_objsets', input, output);
  const lists = output.lists('objsets');
  for (let i = 0; i < lists.length; i++) {
    const list = lists[i];
    let text = 'Dataset ' + list.text('name') + ' [' + list.text('type') + '], ID ' + list.number('id').toString();
    text += ', cr_txg ' + list.number('cr_txg').toString() + ', ' + niceNumber(list.number('bytes'));
    place.out(text + ', ' + list.number('objects').toString() + ' objects\n');
  }
  if (result < 0) place.err('zdb: ' + reasonOf(result) + '\n');
  return result < 0 ? 1 : 0;
}
