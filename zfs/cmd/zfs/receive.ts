// SPDX-License-Identifier: MIT
/**
 * @fileoverview zfs receive: reads a stream record by record, checks its sum, and passes whole records on to the kernel. A compound stream's streams go
 * to datasets below the one that is named, with the properties that came with them.
 */
import { ReplayBegin, ReplayEnd, ReplayObject, ReplaySpill, ReplayWrite } from 'layout/zfs';
import { zeroTerminated } from '../../port/bytes';
import { NvList, unpackList } from '../../port/nvlist';
import { FILE_SYSTEM, SNAPSHOT, VOLUME } from '../../prop/property';
import {
  COMPOUND,
  FEATURE_SPILL,
  FLAG_CLONE,
  LARGEST_PAYLOAD,
  RECORD,
  RECORD_BEGIN,
  RECORD_END,
  RECORD_OBJECT,
  RECORD_SPILL,
  RECORD_WRITE,
  STREAM_MAGIC,
  STREAM_MAGIC_SWAPPED,
  streamFeatures,
  streamKind,
} from '../../send/records';
import { StreamSum } from '../../send/sum';
import { Surroundings } from '../surroundings';
import { mountNew, unmountDataset } from './mounting';
import { Reconciliation } from './reconcile';
import { below, complain, fail, nameProblem, parentName, poolName, query, Subcommand } from './subcommand';

const ENOENT: i32 = 2;
const EBUSY: i32 = 16;
const EEXIST: i32 = 17;
const ENODEV: i32 = 19;
const EINVAL: i32 = 22;
const ETXTBSY: i32 = 26;
const ENOTSUP: i32 = 48;
/** Records are passed on when so many bytes have come. */
const PIECE: i32 = 256 << 10;
const MOST_HEADER: u32 = 16 << 20;
const BROKEN: string = 'checksum mismatch or incomplete stream';

export class ReceiveCommand extends Subcommand {
  private zfs_: Surroundings | null = null;
  private sum: StreamSum = new StreamSum();
  private force: bool = false;
  private unmounted: bool = false;
  private verbose: bool = false;
  private dryRun: bool = false;
  private byPrefix: bool = false;
  private byTail: bool = false;
  /** What was named, and the dataset at the top of the stream. */
  private target: string = '';
  private top: string = '';
  /** A compound stream's list of datasets. */
  private described: NvList | null = null;

  constructor() {
    super('receive', 'receive [-vnFu] <filesystem|volume|snapshot>\nreceive [-vnFu] [-d | -e] <filesystem>');
  }

  run(zfs: Surroundings, words: string[]): i32 {
    this.zfs_ = zfs;
    this.force = this.unmounted = this.verbose = this.dryRun = this.byPrefix = this.byTail = false;
    this.described = null;
    const options = this.options(words, ':denuvF');
    for (let letter = options.next(); letter.length; letter = options.next()) {
      if (letter == 'd') this.byPrefix = true;
      else if (letter == 'e') this.byTail = true;
      else if (letter == 'n') this.dryRun = true;
      else if (letter == 'u') this.unmounted = true;
      else if (letter == 'v') this.verbose = true;
      else this.force = true;
    }
    if (options.wrong.length) return this.misused(zfs, options.wrong);
    const operands = options.operands();
    if (!operands.length) return this.misused(zfs, 'missing snapshot argument');
    if (operands.length > 1) return this.misused(zfs, 'too many arguments');
    if (zfs.inputIsTerminal()) {
      zfs.err('Error: Backup stream can not be read from a terminal.\nYou must redirect standard input.\n');
      return 1;
    }
    this.target = operands[0];
    const wrong = nameProblem(this.target, FILE_SYSTEM | VOLUME | SNAPSHOT);
    if (wrong.length) return complain(zfs, 'cannot receive', wrong);
    const bytes = new StaticArray<u8>(RECORD);
    this.sum = new StreamSum();
    if (!this.take(changetype<usize>(bytes), RECORD)) return complain(zfs, 'cannot receive', 'failed to read from stream');
    const begin = changetype<ReplayBegin>(changetype<usize>(bytes));
    const refused = this.refusal(begin);
    if (refused.length) return complain(zfs, 'cannot receive', refused);
    this.top = sentName(begin).split('@')[0];
    return streamKind(begin.version) == COMPOUND ? this.compound(begin) : this.one(begin);
  }
  private get zfs(): Surroundings {
    return this.zfs_!;
  }

  /** Why a stream cannot be received; empty: it can. */
  private refusal(begin: ReplayBegin): string {
    if (begin.magic == STREAM_MAGIC_SWAPPED) return 'stream of the other byte order is not supported';
    if (begin.kind != RECORD_BEGIN || begin.magic != STREAM_MAGIC) return 'invalid stream (bad magic number)';
    const features = streamFeatures(begin.version) & ~FEATURE_SPILL;
    if (features) return 'stream has unsupported feature, feature flags = ' + features.toString(16);
    return sentName(begin).includes('@') ? '' : 'invalid stream (bad snapshot name)';
  }

  // ---- reading

  /** False: the stream ends too soon. */
  private take(to: usize, count: i32): bool {
    for (let done = 0; done < count; ) {
      const part = this.zfs.read(to + done, count - done);
      if (part <= 0) return false;
      done += part;
    }
    return true;
  }

  // ---- many

  private compound(begin: ReplayBegin): i32 {
    const zfs = this.zfs;
    this.sum.add(begin.pointer, RECORD);
    if (begin.payload > MOST_HEADER) return complain(zfs, 'cannot receive', 'invalid stream (malformed nvlist)');
    if (begin.payload) {
      const packed = new StaticArray<u8>(begin.payload);
      if (!this.take(changetype<usize>(packed), begin.payload))
        return complain(zfs, 'cannot receive', 'failed to read from stream');
      this.sum.add(changetype<usize>(packed), begin.payload);
      this.described = unpackList(changetype<usize>(packed), begin.payload);
    }
    const bytes = new StaticArray<u8>(RECORD);
    const record = changetype<usize>(bytes);
    if (!this.take(record, RECORD)) return complain(zfs, 'cannot receive', 'failed to read from stream');
    const end = changetype<ReplayEnd>(record);
    if (end.kind != RECORD_END || !this.sum.isAt(record + ReplayEnd.checksumOffset)) {
      return complain(zfs, 'cannot receive', 'invalid stream (checksum mismatch)');
    }
    if (begin.payload && !this.described) return complain(zfs, 'cannot receive', 'invalid stream (malformed nvlist)');
    this.reconcile();
    while (true) {
      if (!this.take(record, RECORD)) return complain(zfs, 'cannot receive', 'failed to read from stream');
      if (load<u32>(record) == RECORD_END) {
        // What had no place to go to before may have one now.
        this.reconcile();
        return 0;
      }
      const next = changetype<ReplayBegin>(record);
      const refused = this.refusal(next);
      if (refused.length) return complain(zfs, 'cannot receive', refused);
      this.sum = new StreamSum();
      const result = this.one(next);
      if (result) return result;
    }
  }

  /** Renames, and with -F destroys, what has been renamed and destroyed where the stream comes from. */
  private reconcile(): void {
    const described = this.described;
    if (!described || this.dryRun || !described.has('fromsnap')) return;
    const top = this.destination(this.top + '@x').split('@')[0];
    if (!query(this.zfs, top, '')) return;
    new Reconciliation(this.zfs, top, described, this.force, this.byPrefix, this.verbose).run();
  }

  // ---- one stream

  /** Where it goes: dataset@snapshot; empty: that has been refused. */
  private destination(sent: string): string {
    const at = sent.indexOf('@');
    const name = sent.substring(0, at);
    if (this.byTail) return this.target + '/' + name.substring(name.lastIndexOf('/') + 1) + sent.substring(at);
    if (this.byPrefix) {
      const slash = name.indexOf('/');
      return this.target + (slash < 0 ? '' : name.substring(slash)) + sent.substring(at);
    }
    if (!this.target.includes('@')) return this.target + sent.substring(this.top.length);
    if (name == this.top && !this.described) return this.target;
    complain(this.zfs, 'cannot receive', 'cannot specify snapshot name for multi-snapshot stream');
    return '';
  }

  private one(begin: ReplayBegin): i32 {
    const zfs = this.zfs;
    const sent = sentName(begin);
    const destination = this.destination(sent);
    if (!destination.length) return 1;
    const at = destination.indexOf('@');
    const name = destination.substring(0, at);
    const input = new NvList().setText('name', name).setText('snapshot', destination.substring(at + 1));
    input.setNumber('type', begin.type).setNumber('guid', begin.toGuid).setNumber('creation', begin.creation);
    input.setNumber('from_guid', begin.fromGuid);
    const isClone = (begin.flags & FLAG_CLONE) != 0;
    const isNew = !begin.fromGuid || isClone;
    if (isClone) input.flag('clone');
    if (this.force) input.flag('force');
    const what = isNew ? 'cannot receive new filesystem stream' : 'cannot receive incremental stream';
    const existing = query(zfs, name, '');
    const refused = this.prepare(name, existing, isNew, what, begin);
    if (refused) return refused;
    if (this.verbose || this.dryRun) {
      const kind = begin.fromGuid ? 'incremental' : 'full';
      zfs.out((this.dryRun ? 'would receive ' : 'receiving ') + kind + ' stream of ' + sent + ' into ' + destination + '\n');
    }
    this.sum.add(begin.pointer, RECORD);
    if (this.dryRun) return this.records(null, what);
    let result = zfs.request('receive_begin', input);
    if (result < 0) return this.tell(what, name, result);
    input.setNumber('head', zfs.answer.number('head'));
    const described = this.describedAs(destination);
    const properties = described ? described.list('props') : null;
    // What is written now is compressed as they say. What was there before keeps its own, should the stream break off.
    if (isNew && properties) this.apply(name, properties);
    let status = this.records(input, what);
    if (!status) {
      result = zfs.request('receive_end', input);
      if (result < 0) status = this.tell(what, name, result);
    }
    if (status) zfs.request('receive_abort', input);
    else {
      if (!isNew && properties) this.apply(name, properties);
      const all = described ? described.list('snapprops') : null;
      const own = all ? all.list(destination.substring(at + 1)) : null;
      if (own) this.apply(destination, own);
    }
    if (isNew && !status && !this.unmounted && !mountNew(zfs, name)) status = 1;
    return status;
  }

  /** What stands in the way of a new dataset; 0: nothing, or nothing any more. */
  private prepare(name: string, existing: NvList | null, isNew: bool, what: string, begin: ReplayBegin): i32 {
    const zfs = this.zfs;
    if (!isNew) return existing ? 0 : complain(zfs, what, "destination '" + name + "' does not exist");
    if (begin.flags & FLAG_CLONE && zfs.request('find_guid', new NvList().setNumber('guid', begin.fromGuid)) < 0) {
      return complain(zfs, 'cannot receive', 'local origin for clone ' + sentName(begin) + ' does not exist');
    }
    if (!existing) {
      if (!name.includes('/')) return complain(zfs, what, "destination '" + name + "' does not exist");
      if (!this.byPrefix)
        return query(zfs, parentName(name), '') ? 0 : complain(zfs, what, "destination '" + name + "' does not exist");
      return this.makeParents(name);
    }
    if (!this.force) return complain(zfs, what, "destination '" + name + "' exists\nmust specify -F to overwrite it");
    const snapshots = below(zfs, name, SNAPSHOT, 1, '');
    if (snapshots.length) {
      const one = snapshots[0].text('name');
      return complain(zfs, what, 'destination has snapshots (eg. ' + one + ')\nmust destroy them to overwrite it');
    }
    if (this.dryRun) return 0;
    if (!unmountDataset(zfs, name, true)) return 1;
    const result = zfs.request('destroy', new NvList().setText('names', name));
    return result < 0 ? fail(zfs, what, result) : 0;
  }
  private makeParents(name: string): i32 {
    const words = name.split('/');
    let path = words[0];
    for (let i = 1; i + 1 < words.length; i++) {
      path += '/' + words[i];
      if (query(this.zfs, path, '')) continue;
      const result = this.dryRun ? 0 : this.zfs.request('dataset_create', new NvList().setText('name', path));
      if (result < 0) return fail(this.zfs, "cannot create '" + path + "'", result);
      if (!this.dryRun && !this.unmounted) mountNew(this.zfs, path);
    }
    return query(this.zfs, poolName(name), '')
      ? 0
      : complain(this.zfs, 'cannot receive', "destination '" + name + "' does not exist");
  }

  /** Reads up to END and passes on (`input`: to whom; null: nobody). 0, or 1 when it has said why not. */
  private records(input: NvList | null, what: string): i32 {
    const zfs = this.zfs;
    const buffer = new StaticArray<u8>(PIECE);
    const start = changetype<usize>(buffer);
    let used = 0;
    while (true) {
      const record = start + used;
      if (!this.take(record, RECORD)) return complain(zfs, what, BROKEN);
      const kind = load<u32>(record);
      if (kind == RECORD_END) {
        const good = this.sum.isAt(record + ReplayEnd.checksumOffset);
        if (!good) return complain(zfs, what, BROKEN);
        return used && input ? this.pass(input, start, used, what) : 0;
      }
      let payload: u64 = 0;
      if (kind == RECORD_OBJECT) payload = (<u64>changetype<ReplayObject>(record).bonusLength + 7) & ~7;
      else if (kind == RECORD_WRITE) payload = changetype<ReplayWrite>(record).length;
      else if (kind == RECORD_SPILL) payload = changetype<ReplaySpill>(record).length;
      if (payload > <u64>LARGEST_PAYLOAD || kind > 7 || kind == RECORD_BEGIN) return complain(zfs, what, BROKEN);
      if (payload && !this.take(record + RECORD, <i32>payload)) return complain(zfs, what, BROKEN);
      const size = RECORD + <i32>payload;
      this.sum.add(record, size);
      used += size;
      if (used + <i32>RECORD + <i32>LARGEST_PAYLOAD <= PIECE) continue;
      const result = input ? this.pass(input, start, used, what) : 0;
      if (result) return result;
      used = 0;
    }
  }
  private pass(input: NvList, from: usize, count: i32, what: string): i32 {
    const bytes = new StaticArray<u8>(count);
    memory.copy(changetype<usize>(bytes), from, count);
    const given = new NvList()
      .setText('name', input.text('name'))
      .setNumber('head', input.number('head'))
      .setBytes('bytes', bytes);
    const result = this.zfs.request('receive_records', given);
    return result < 0 ? this.tell(what, input.text('name'), result) : 0;
  }

  private tell(what: string, name: string, error: i32): i32 {
    const zfs = this.zfs;
    if (error == -ENODEV) return complain(zfs, what, 'most recent snapshot of ' + name + ' does not\nmatch incremental source');
    if (error == -ETXTBSY) return complain(zfs, what, 'destination ' + name + ' has been modified\nsince most recent snapshot');
    if (error == -EEXIST) return complain(zfs, what, 'destination already exists');
    if (error == -ENOENT) return complain(zfs, what, "destination '" + name + "' does not exist");
    if (error == -EINVAL) return complain(zfs, what, 'invalid backup stream');
    if (error == -ENOTSUP) return complain(zfs, what, 'stream has unsupported records');
    if (error == -EBUSY) return complain(zfs, what, 'destination ' + name + ' is busy');
    return fail(zfs, what, error);
  }

  // ---- properties

  /** What the head of the whole stream says of the dataset that goes to this place. */
  private describedAs(destination: string): NvList | null {
    const datasets = this.described ? this.described!.list('fss') : null;
    const snapshot = destination.substring(destination.indexOf('@'));
    for (let i = 0; datasets && i < datasets.pairs.length; i++) {
      const one = datasets.pairs[i].list;
      if (one && this.destination(one.text('name') + snapshot) == destination) return one;
    }
    return null;
  }
  private apply(name: string, properties: NvList): void {
    // Those of others, or that limit more than there is, are left out one by one.
    for (let i = 0; i < properties.pairs.length; i++) {
      // A volume's size comes with what is in it.
      if (properties.pairs[i].name == 'volsize') continue;
      const list = new NvList();
      list.pairs.push(properties.pairs[i]);
      const input = new NvList().setText('name', name).with('properties', list);
      input.flag('received');
      const result = this.zfs.request('property_set', input);
      if (result < 0) fail(this.zfs, 'cannot receive ' + properties.pairs[i].name + ' property on ' + name, result);
    }
  }
}

function sentName(begin: ReplayBegin): string {
  return zeroTerminated(begin.pointer + ReplayBegin.nameOffset, 256);
}
