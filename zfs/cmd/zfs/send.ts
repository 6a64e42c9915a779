// SPDX-License-Identifier: MIT
/** @fileoverview zfs send: one stream, or with -R, -I or -p a compound of many with the datasets' properties (send/records.ts). */
import { ReplayBegin, ReplayEnd } from 'layout/zfs';
import { putText } from '../../port/bytes';
import { NV_UINT64, NvList, packList } from '../../port/nvlist';
import { FILE_SYSTEM, SNAPSHOT, VOLUME } from '../../prop/property';
import { findProperty } from '../../prop/table';
import {
  COMPOUND,
  FEATURE_SPILL,
  FLAG_CLONE,
  RECORD,
  RECORD_BEGIN,
  RECORD_END,
  STREAM_MAGIC,
  streamVersion,
  SUBSTREAM,
} from '../../send/records';
import { StreamSum } from '../../send/sum';
import { Surroundings } from '../surroundings';
import { niceNumber } from '../text';
import { ALL_PROPERTIES, below, complain, fail, numberOf, openDataset, query, Subcommand, textOf } from './subcommand';

const ENOENT: i32 = 2;
const EXDEV: i32 = 18;
const SYSTEM_ATTRIBUTES: u64 = 5;

export class SendCommand extends Subcommand {
  private verbose: bool = false;
  private dryRun: bool = false;
  private replicate: bool = false;
  private properties: bool = false;
  private all: bool = false;
  private total: u64 = 0;

  constructor() {
    super('send', 'send [-DnPpRv] [-[iI] snapshot] <snapshot>');
  }
  get changes(): bool {
    return false;
  }

  run(zfs: Surroundings, words: string[]): i32 {
    this.verbose = this.dryRun = this.replicate = this.properties = this.all = false;
    this.total = 0;
    let from = '';
    const options = this.options(words, ':i:I:RDpvnP');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'i' || letter == 'I') {
        if (from.length) return this.misused(zfs, '');
        from = options.argument;
        this.all = letter == 'I';
      } else if (letter == 'R') this.replicate = true;
      else if (letter == 'p') this.properties = true;
      else if (letter == 'v' || letter == 'P') this.verbose = true;
      else if (letter == 'n') this.dryRun = true;
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'missing snapshot argument');
    if (operands.length > 1) return this.misused(zfs, 'too many arguments');
    if (!this.dryRun && zfs.outputIsTerminal()) {
      zfs.err('Error: Stream can not be written to a terminal.\nYou must redirect standard output.\n');
      return 1;
    }
    const name = operands[0];
    const at = name.indexOf('@');
    if (at < 0) {
      zfs.err('argument must be a snapshot\n');
      return this.misused(zfs, '');
    }
    const dataset = name.substring(0, at);
    if (!openDataset(zfs, dataset, FILE_SYSTEM | VOLUME, '')) return 1;
    if (!query(zfs, name, '')) return complain(zfs, "cannot open '" + name + "'", 'dataset does not exist');
    let origin = '';
    if (from.length) {
      const own = query(zfs, dataset, 'origin');
      if (own && textOf(own, 'origin') == from) origin = from;
      else {
        const mark = from.indexOf('@');
        if (mark > 0 && from.substring(0, mark) != dataset)
          return this.misused(zfs, 'incremental source must be in same filesystem');
        from = from.substring(mark + 1);
        if (from.includes('@') || from.includes('/')) return this.misused(zfs, 'invalid incremental source');
      }
    }
    if (this.replicate && !from.length) this.all = true;
    if (this.replicate || this.properties || this.all) return this.compound(zfs, dataset, name.substring(at + 1), from, origin);
    const earlier = origin.length ? origin : from.length ? dataset + '@' + from : '';
    const result = this.one(zfs, name, earlier);
    if (this.verbose) zfs.err('total estimated size is ' + niceNumber(this.total) + '\n');
    return result;
  }

  // ---- one stream

  private one(zfs: Surroundings, name: string, earlier: string): i32 {
    const input = new NvList().setText('name', name);
    if (earlier.length) input.setText('from', earlier);
    const result = zfs.request('send_info', input);
    if (result < 0) {
      const what = "warning: cannot send '" + name + "'";
      const mark = earlier.substring(earlier.indexOf('@'));
      if (result == -ENOENT && earlier.length) return complain(zfs, what, 'incremental source (' + mark + ') does not exist');
      if (result == -EXDEV) return complain(zfs, what, 'not an earlier snapshot from the same fs');
      return fail(zfs, what, result);
    }
    const info = zfs.answer;
    if (this.verbose) {
      const begin = earlier.length ? 'send from ' + earlier.substring(earlier.indexOf('@')) + ' to ' : 'full send of ';
      const size = query(zfs, name, 'referenced');
      if (size && !earlier.length) this.total += numberOf(size, 'referenced');
      zfs.err(begin + name + '\n');
    }
    return this.dryRun ? 0 : this.stream(zfs, name, info);
  }

  private stream(zfs: Surroundings, name: string, info: NvList): i32 {
    const sum = new StreamSum();
    const bytes = new StaticArray<u8>(RECORD);
    const begin = changetype<ReplayBegin>(changetype<usize>(bytes));
    begin.kind = RECORD_BEGIN;
    begin.magic = STREAM_MAGIC;
    const version = query(zfs, name, 'version');
    const spills = version != null && numberOf(version, 'version') >= SYSTEM_ATTRIBUTES;
    begin.version = streamVersion(SUBSTREAM, spills ? FEATURE_SPILL : 0);
    begin.creation = info.number('creation');
    begin.type = <u32>info.number('type');
    begin.flags = info.has('clone') ? FLAG_CLONE : 0;
    begin.toGuid = info.number('guid');
    begin.fromGuid = info.number('from_guid');
    putText(name, begin.pointer + ReplayBegin.nameOffset);
    if (!put(zfs, sum, bytes, RECORD)) return this.broken(zfs);
    let object: u64 = 0;
    let block: u64 = u64.MAX_VALUE;
    while (true) {
      const input = new NvList().setText('name', name).setNumber('guid', info.number('guid'));
      input.setNumber('after', info.number('from_txg')).setNumber('object', object).setNumber('block', block);
      const result = zfs.request('send', input);
      if (result < 0) return fail(zfs, "warning: cannot send '" + name + "'", result);
      const piece = zfs.answer.bytes('bytes');
      if (piece && piece.length && !put(zfs, sum, piece, piece.length)) return this.broken(zfs);
      if (zfs.answer.has('done')) break;
      object = zfs.answer.number('object');
      block = zfs.answer.number('block');
    }
    const last = new StaticArray<u8>(RECORD);
    const end = changetype<ReplayEnd>(changetype<usize>(last));
    end.kind = RECORD_END;
    sum.put(end.pointer + ReplayEnd.checksumOffset);
    end.toGuid = info.number('guid');
    return put(zfs, sum, last, RECORD) ? 0 : this.broken(zfs);
  }
  private broken(zfs: Surroundings): i32 {
    return complain(zfs, 'warning: cannot send', zfs.errorText(-writeError));
  }

  // ---- many

  private compound(zfs: Surroundings, dataset: string, to: string, from: string, origin: string): i32 {
    const kinds = FILE_SYSTEM | VOLUME | SNAPSHOT;
    const all = below(zfs, dataset, kinds, this.replicate ? u64.MAX_VALUE : 1, ALL_PROPERTIES);
    const heads: NvList[] = [];
    for (let i = 0; i < all.length; i++) {
      const name = all[i].text('name');
      if (name.includes('@') || (!this.replicate && name != dataset)) continue;
      // What has no such snapshot is not sent.
      if (findIn(all, name + '@' + to)) heads.push(all[i]);
    }
    if (this.replicate || this.properties) {
      if (!this.dryRun && !this.header(zfs, all, heads, dataset, to, origin.length ? '' : from)) return this.broken(zfs);
    } else if (!this.dryRun && !this.header(zfs, all, [], dataset, to, '')) return this.broken(zfs);
    const done: string[] = [];
    let result = 0;
    // A clone is sent after what it is a clone of.
    while (done.length < heads.length && !result) {
      const before = done.length;
      for (let i = 0; i < heads.length && !result; i++) {
        const name = heads[i].text('name');
        const own = textOf(heads[i], 'origin');
        const parent = own.length ? own.substring(0, own.indexOf('@')) : '';
        if (done.includes(name) || (isHead(heads, parent) && !done.includes(parent))) continue;
        const isSent = isHead(heads, parent);
        result = this.history(zfs, all, name, to, from, name == dataset ? origin : isSent ? own : '');
        done.push(name);
      }
      if (done.length == before) break;
    }
    if (this.dryRun) return result;
    const last = new StaticArray<u8>(RECORD);
    changetype<ReplayEnd>(changetype<usize>(last)).kind = RECORD_END;
    return put(zfs, new StreamSum(), last, RECORD) ? result : this.broken(zfs);
  }

  /** A dataset's snapshots up to one of them, each from the one before. */
  private history(zfs: Surroundings, all: NvList[], name: string, to: string, from: string, origin: string): i32 {
    // What lacks the snapshot to begin from is sent from its origin, or whole.
    const start = from.length && !from.includes('@') ? name + '@' + from : '';
    let within = !start.length || !findIn(all, start);
    let earlier = within ? origin : start;
    for (let i = 0; i < all.length; i++) {
      const one = all[i].text('name');
      if (!one.startsWith(name + '@')) continue;
      const isLast = one == name + '@' + to;
      if (within && (this.all || isLast)) {
        const result = this.one(zfs, one, earlier);
        if (result) return result;
        earlier = one;
      }
      if (one == start) within = true;
      if (isLast) break;
    }
    return 0;
  }

  private header(zfs: Surroundings, all: NvList[], heads: NvList[], dataset: string, to: string, from: string): bool {
    const bytes = new StaticArray<u8>(RECORD);
    const begin = changetype<ReplayBegin>(changetype<usize>(bytes));
    begin.kind = RECORD_BEGIN;
    begin.magic = STREAM_MAGIC;
    begin.version = streamVersion(COMPOUND, 0);
    putText(dataset + '@' + to, begin.pointer + ReplayBegin.nameOffset);
    const sum = new StreamSum();
    if (heads.length) {
      const list = this.describe(zfs, all, heads, to, from);
      const size = packList(list, 0, 0);
      const packed = new StaticArray<u8>(<i32>size);
      packList(list, changetype<usize>(packed), size);
      begin.payload = <u32>size;
      if (!put(zfs, sum, bytes, RECORD) || !put(zfs, sum, packed, <i32>size)) return false;
    } else if (!put(zfs, sum, bytes, RECORD)) return false;
    const last = new StaticArray<u8>(RECORD);
    const end = changetype<ReplayEnd>(changetype<usize>(last));
    end.kind = RECORD_END;
    sum.put(end.pointer + ReplayEnd.checksumOffset);
    return put(zfs, sum, last, RECORD);
  }

  /** What there is of each dataset: snapshots by name, properties, where it comes from. */
  private describe(zfs: Surroundings, all: NvList[], heads: NvList[], to: string, from: string): NvList {
    const list = new NvList();
    if (from.length) list.setText('fromsnap', from);
    list.setText('tosnap', to);
    if (!this.replicate) list.flag('not_recursive');
    const datasets = new NvList();
    for (let i = 0; i < heads.length; i++) {
      const name = heads[i].text('name');
      const one = new NvList().setText('name', name);
      const slash = name.lastIndexOf('/');
      const parent = from.length && slash > 0 && i ? findIn(all, name.substring(0, slash) + '@' + from) : null;
      one.setNumber('parentfromsnap', parent ? numberOf(parent, 'guid') : 0);
      const origin = textOf(heads[i], 'origin');
      // It may lie elsewhere.
      let source = origin.length ? findIn(all, origin) : null;
      if (!source && origin.length) source = query(zfs, origin, 'guid');
      if (source) one.setNumber('origin', numberOf(source, 'guid'));
      one.setList('props', sentProperties(heads[i]));
      const snapshots = new NvList();
      const properties = new NvList();
      for (let j = 0; j < all.length; j++) {
        const snapshot = all[j].text('name');
        if (!snapshot.startsWith(name + '@')) continue;
        const own = snapshot.substring(name.length + 1);
        snapshots.setNumber(own, numberOf(all[j], 'guid'));
        properties.setList(own, sentProperties(all[j]));
      }
      one.setList('snaps', snapshots);
      one.setList('snapprops', properties);
      datasets.setList('0x' + numberOf(heads[i], 'guid').toString(16), one);
    }
    list.setList('fss', datasets);
    return list;
  }
}

function findIn(all: NvList[], name: string): NvList | null {
  for (let i = 0; i < all.length; i++) if (all[i].text('name') == name) return all[i];
  return null;
}
function isHead(heads: NvList[], name: string): bool {
  return findIn(heads, name) != null;
}

/** What is set here, in the form of libzfs: words as their numbers. */
function sentProperties(dataset: NvList): NvList {
  const list = new NvList();
  for (let i = 0; i < dataset.pairs.length; i++) {
    const pair = dataset.pairs[i];
    const value = pair.list;
    if (!value) continue;
    const source = value.text('source');
    if (source != 'local' && source != 'received') continue;
    const property = findProperty(pair.name);
    if (property ? property.isReadOnly || property.name == 'volsize' : !pair.name.includes(':')) continue;
    const found = value.find('value')!;
    if (found.type == NV_UINT64) list.setNumber(pair.name, found.number);
    else list.setText(pair.name, found.text);
  }
  return list;
}

let writeError: i32 = 0;
/** Adds to the checksum, and writes. */
function put(zfs: Surroundings, sum: StreamSum, bytes: StaticArray<u8>, count: i32): bool {
  sum.add(changetype<usize>(bytes), count);
  writeError = zfs.write(changetype<usize>(bytes), count);
  return writeError == 0;
}
