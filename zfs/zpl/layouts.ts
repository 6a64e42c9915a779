// SPDX-License-Identifier: MIT
/**
 * @fileoverview The tables of one file system that say what its system attributes are called and in which order they lie (attributes.ts): the registry and the
 * layouts. Both are read when the file system is opened, and grow when a file is to have attributes that none has had in this order.
 */
import { EIO, ENOSPC, setError } from '../../guest-os/kernel/errno';
import { holdDnode, releaseDnode } from '../dmu/dnode';
import { Objset } from '../dmu/objset';
import { freeBuffer, newZeroed } from '../port/memory';
import { zapFind, zapGet, zapNext, zapSet, zapSetArray, zapValue, ZapEntry } from '../zap/zap';
import {
  attributeLengths,
  attributeNames,
  ATTRIBUTES,
  attributeSwaps,
  LAYOUT_DEVICE,
  LAYOUT_DEVICE_NUMBER,
  LAYOUT_FILE,
  LAYOUT_FILE_NUMBER,
  LAYOUT_LINK,
  LAYOUT_LINK_NUMBER,
  LEGACY_ATTRIBUTES,
} from './attributes';

/** Of a place: a layout does not have the attribute. */
export const ABSENT: u32 = u32.MAX_VALUE;
/** Kinds of new files, by what they have. */
export const NEW_LAYOUTS: i32[][] = [LAYOUT_FILE, LAYOUT_LINK, LAYOUT_DEVICE];

export class Layouts {
  /** Our number of each number that this file system's registry has. */
  readonly ours: i32[] = [];
  readonly lengths: i32[] = [];
  private readonly layoutNumbers: u64[] = [];
  private readonly layouts: StaticArray<u16>[] = [];
  /** Of each layout, where each of our attributes lies behind the header (upper half) and how long it is (lower); ABSENT; 0: it has to be looked for. */
  private readonly places: StaticArray<u32>[] = [];
  private registryObject: u64 = 0;
  private layoutsObject: u64 = 0;
  /** Numbers of the layouts of new files, links and devices; -1: not known yet. */
  private readonly ownLayouts: i32[] = [-1, -1, -1];

  /** Reads the tables of a file system. */
  load(objset: Objset, master: u64): i32 {
    if (zapGet(objset, master, 'REGISTRY') < 0) return setError(EIO);
    this.registryObject = zapValue;
    const registry = holdDnode(objset, zapValue);
    if (!registry) return setError(EIO);
    for (let i = 0; i < LEGACY_ATTRIBUTES; i++) {
      this.ours.push(i);
      this.lengths.push(attributeLengths[i]);
    }
    const entry = new ZapEntry();
    let position: u64 = 0;
    while (zapNext(registry, position, entry) == 0) {
      position = entry.next;
      const number = <i32>(entry.value & 0xffff);
      while (this.ours.length <= number) {
        this.ours.push(-1);
        this.lengths.push(0);
      }
      if (number < LEGACY_ATTRIBUTES) continue;
      this.ours[number] = attributeNames.indexOf(entry.name);
      this.lengths[number] = <i32>((entry.value >> 24) & 0xffff);
    }
    releaseDnode(registry);
    if (zapGet(objset, master, 'LAYOUTS') < 0) return setError(EIO);
    this.layoutsObject = zapValue;
    const layouts = holdDnode(objset, zapValue);
    if (!layouts) return setError(EIO);
    position = 0;
    const buffer = newZeroed(512);
    while (zapNext(layouts, position, entry) == 0) {
      position = entry.next;
      if (entry.integerSize != 2 || entry.count > 256) continue;
      if (zapFind(layouts, entry.name, 2, 256, buffer) < 0) continue;
      const list = new StaticArray<u16>(entry.count);
      for (let i: u32 = 0; i < entry.count; i++) list[i] = load<u16>(buffer + <usize>i * 2);
      this.keepLayout(<u64>I32.parseInt(entry.name), list);
    }
    freeBuffer(buffer, 512);
    releaseDnode(layouts);
    return 0;
  }

  /** The tables that we write. */
  describe(): void {
    for (let i = 0; i < ATTRIBUTES; i++) {
      this.ours.push(i);
      this.lengths.push(attributeLengths[i]);
    }
    this.addLayout(LAYOUT_FILE_NUMBER, LAYOUT_FILE);
    this.addLayout(LAYOUT_LINK_NUMBER, LAYOUT_LINK);
    this.addLayout(LAYOUT_DEVICE_NUMBER, LAYOUT_DEVICE);
  }
  private addLayout(number: u32, attributes: i32[]): void {
    const list = new StaticArray<u16>(attributes.length);
    for (let i = 0; i < attributes.length; i++) list[i] = <u16>attributes[i];
    this.keepLayout(number, list);
  }
  private keepLayout(number: u64, list: StaticArray<u16>): void {
    const places = new StaticArray<u32>(ATTRIBUTES);
    for (let ours = 0; ours < ATTRIBUTES; ours++) {
      let has = false;
      for (let i = 0; i < list.length; i++) if (<i32>list[i] >= this.ours.length || this.ours[list[i]] == ours) has = true;
      if (!has) places[ours] = ABSENT;
    }
    let at: u32 = 0;
    // Behind the first of varying length it depends on the file.
    for (let i = 0; i < list.length && <i32>list[i] < this.ours.length && this.lengths[list[i]]; i++) {
      const ours = this.ours[list[i]];
      const length = <u32>this.lengths[list[i]];
      if (at + length > <u32>u16.MAX_VALUE) break;
      if (ours >= 0 && !places[ours]) places[ours] = (at << 16) | length;
      at += (length + 7) & ~7;
    }
    this.layoutNumbers.push(number);
    this.layouts.push(list);
    this.places.push(places);
  }

  /** The number that this file system has for one of our attributes; it gets one if it has none. */
  attributeNumber(objset: Objset, attribute: i32): i32 {
    const known = this.ours.indexOf(attribute);
    if (known >= 0) return known;
    const number = this.ours.length;
    const value = ((<u64>attributeLengths[attribute]) << 24) | ((<u64>attributeSwaps[attribute]) << 16) | <u64>number;
    const result = zapSet(objset, this.registryObject, attributeNames[attribute], value);
    if (result < 0) return result;
    this.ours.push(attribute);
    this.lengths.push(attributeLengths[attribute]);
    return number;
  }
  /** The number of the layout of a kind of new files, which the file system gets if it has none like it. */
  layoutFor(objset: Objset, kind: i32): i32 {
    if (this.ownLayouts[kind] >= 0) return this.ownLayouts[kind];
    const attributes = NEW_LAYOUTS[kind];
    const list = new StaticArray<u16>(attributes.length);
    for (let i = 0; i < attributes.length; i++) {
      const number = this.attributeNumber(objset, attributes[i]);
      if (number < 0) return number;
      list[i] = <u16>number;
    }
    const made = this.numberOf(objset, list);
    if (made >= 0) this.ownLayouts[kind] = made;
    return made;
  }
  /** The attributes of a layout, by this file system's numbers; null: there is no such layout. */
  layoutOf(number: u32): StaticArray<u16> | null {
    const index = this.layoutNumbers.indexOf(number);
    return index < 0 ? null : this.layouts[index];
  }
  /** Where its attributes lie. */
  placesOf(number: u32): StaticArray<u32> | null {
    const index = this.layoutNumbers.indexOf(number);
    return index < 0 ? null : this.places[index];
  }
  /** The number of a layout, which the file system gets if it has none like it. */
  numberOf(objset: Objset, list: StaticArray<u16>): i32 {
    let highest: u64 = 0;
    for (let i = 0; i < this.layouts.length; i++) {
      if (sameLayout(this.layouts[i], list)) return <i32>this.layoutNumbers[i];
      highest = max(highest, this.layoutNumbers[i]);
    }
    const number = highest + 1;
    // The field in a file's header has ten bits.
    if (number > 0x3ff) return setError(ENOSPC);
    const result = zapSetArray(objset, this.layoutsObject, number.toString(), 2, list.length, changetype<usize>(list));
    if (result < 0) return result;
    this.keepLayout(number, list);
    return <i32>number;
  }
}

function sameLayout(a: StaticArray<u16>, b: StaticArray<u16>): bool {
  if (a.length != b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] != b[i]) return false;
  return true;
}
