// SPDX-License-Identifier: MIT
/**
 * @fileoverview Blocks that no redundancy could bring back: since the last scrub ended, and of the scrub under way. On disk each list is a ZAP of
 * names object-set:object:level:block in hexadecimal, `errlog_last` and `errlog_scrub` of the object directory.
 */
import { TYPE_ERROR_LOG, TYPE_NONE } from '../dmu/types';
import { freeObject, holdDnode, releaseDnode } from '../dmu/dnode';
import { parseHex } from '../port/bytes';
import { NvList } from '../port/nvlist';
import { markBlock, markLevel, markObject, markObjset } from '../zio/bookmark';
import { zapCreate, zapDelete, zapGet, zapNext, zapSet, zapSetArray, ZapEntry, zapValue } from '../zap/zap';
import { OBJECT_DIRECTORY, Spa } from './spa';

const LAST: string = 'errlog_last';
const SCRUB: string = 'errlog_scrub';
/** More are counted by the pool's statistics only. */
const MOST: i32 = 10000;

export class ErrorLog {
  private last: Set<string> = new Set<string>();
  private scrubbed: Set<string> = new Set<string>();
  isDirty: bool = false;

  /** The block that was being read (zio/bookmark.ts) is lost. */
  note(scrubbing: bool): void {
    const list = scrubbing ? this.scrubbed : this.last;
    if (list.size >= MOST) return;
    const level = <u64>(<i64>markLevel);
    const name =
      markObjset.toString(16) + ':' + markObject.toString(16) + ':' + level.toString(16) + ':' + markBlock.toString(16);
    if (list.has(name)) return;
    list.add(name);
    this.isDirty = true;
  }

  get count(): i32 {
    return this.all().length;
  }
  private all(): string[] {
    const names = this.last.values();
    const others = this.scrubbed.values();
    for (let i = 0; i < others.length; i++) if (!this.last.has(others[i])) names.push(others[i]);
    return names;
  }

  /** Object sets and objects with errors, each once: `objset`, `object`. */
  objects(): NvList[] {
    const lists: NvList[] = [];
    const names = this.all();
    const seen = new Set<string>();
    for (let i = 0; i < names.length; i++) {
      const words = names[i].split(':');
      if (words.length != 4) continue;
      const key = words[0] + ':' + words[1];
      if (seen.has(key)) continue;
      seen.add(key);
      lists.push(new NvList().setNumber('objset', parseHex(words[0])).setNumber('object', parseHex(words[1])));
    }
    return lists;
  }

  scrubStarts(): void {
    this.scrubbed.clear();
    this.isDirty = true;
  }
  /** What the scrub found is all there is. */
  scrubEnds(): void {
    this.last = this.scrubbed;
    this.scrubbed = new Set<string>();
    this.isDirty = true;
  }

  /** Writes both lists, in the sync of a group. */
  sync(spa: Spa): void {
    if (!this.isDirty) return;
    this.isDirty = false;
    this.store(spa, LAST, this.last);
    this.store(spa, SCRUB, this.scrubbed);
  }
  private store(spa: Spa, key: string, list: Set<string>): void {
    const mos = spa.mos!;
    if (zapGet(mos, OBJECT_DIRECTORY, key) == 0 && zapValue) {
      const old = holdDnode(mos, zapValue);
      if (old) {
        freeObject(old);
        releaseDnode(old);
      }
      if (!list.size) zapDelete(mos, OBJECT_DIRECTORY, key);
    }
    if (!list.size) return;
    const object = zapCreate(mos, TYPE_ERROR_LOG, TYPE_NONE, 0);
    zapSet(mos, OBJECT_DIRECTORY, key, object);
    const names = list.values();
    for (let i = 0; i < names.length; i++) zapSetArray(mos, object, names[i], 1, 1, nothing);
  }

  load(spa: Spa): void {
    this.fetch(spa, LAST, this.last);
    this.fetch(spa, SCRUB, this.scrubbed);
  }
  private fetch(spa: Spa, key: string, list: Set<string>): void {
    const mos = spa.mos!;
    if (zapGet(mos, OBJECT_DIRECTORY, key) < 0 || !zapValue) return;
    const dn = holdDnode(mos, zapValue);
    if (!dn) return;
    const entry = new ZapEntry();
    for (let at: u64 = 0; list.size < MOST && zapNext(dn, at, entry) == 0; at = entry.next) list.add(entry.name);
    releaseDnode(dn);
  }
}
/** The value of an entry: an empty text. */
const nothing = memory.data(8, 8);
