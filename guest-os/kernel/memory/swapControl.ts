// SPDX-License-Identifier: MIT
/**
 * @fileoverview swapctl(2), which is part of uadmin(2): areas of swap are added, listed and removed; what memory is promised in all.
 *
 * An area is a block device that nobody else uses (device.ts says whether it can be one), or so many blocks of 512 bytes of its beginning. Its first page is
 * left alone. Removing one brings back all that is in it; it is refused if memory and the other areas would not be enough for what is promised (ENOMEM).
 *
 * A zone does not add or remove (EPERM) and sees no devices: if it has a cap on swap, that is its one area. Left out: files as areas (ENOSYS, as illumos says
 * of files in ZFS and tmpfs); areas that begin later.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { Device } from '../../fs/dev/device';
import { newWalk } from '../../fs/names';
import { S_IFBLK } from '../../fs/vnode';
import { anonymousList } from './anonymous';
import { GLOBAL_ZONE } from '../process/credentials';
import { EBUSY, EEXIST, EINTR, EINVAL, ENOMEM, ENOSPC, ENOSYS, ENOTBLK, EPERM, failure, setError } from '../errno';
import { freeFrames, freeSwap, PAGE, promisable, totalFrames } from './frames';
import { startPageout, throttle } from './pageout';
import { PRIV_SYS_CONFIG } from '../process/privilege';
import { currentProcess, processList } from '../process/processes';
import { UNLIMITED } from '../limits/rctl';
import { enterArea, isSlotOf, leaveArea, SWAP_AREAS, SWAP_PAGES_MOST, SwapArea, swapArea } from './swap';
import { WaitQueue } from '../thread/waitQueue';
import { copyIn, copyOut, fetch32, fetch64, fetched, fetchText, storeText } from './user';
import { zoneOf } from '../zone/zone';

/** <sys/swap.h> */
const SC_ADD: i32 = 1;
const SC_LIST: i32 = 2;
const SC_REMOVE: i32 = 3;
const SC_GETNSWP: i32 = 4;
const SC_AINFO: i32 = 5;
const ST_INDEL: i32 = 1;
const MAXPATHLEN: i32 = 1024;

const BLOCKS: u64 = PAGE / 512;
/** swapres, swapent, anoninfo. */
const SWAPRES: usize = 24;
const SWAPENT: u64 = 48;
const ANONINFO: usize = 24;
const buffer: usize = memory.data(48, 8);
const pathBuffer: usize = memory.data(1024, 8);
/** Passes over everything without a page less in the area, after which it is not removed. */
const PATIENCE: i32 = 50;

export function swapControl(command: i32, argument: u64): i64 {
  const credentials = currentProcess().credentials;
  const isGlobal = credentials.zoneid == GLOBAL_ZONE;
  switch (command) {
    case SC_ADD:
    case SC_REMOVE:
      if (!isGlobal || !credentials.has(PRIV_SYS_CONFIG)) return setError(EPERM);
      return command == SC_ADD ? add(argument) : remove(argument);
    case SC_GETNSWP:
      return isGlobal ? areaCount() : hasCap() ? 1 : 0;
    case SC_LIST:
      return list(argument, isGlobal);
    case SC_AINFO:
      return information(argument);
  }
  return setError(EINVAL);
}

function areaCount(): i32 {
  let count = 0;
  for (let i = 0; i < SWAP_AREAS; i++) if (swapArea(i)) count++;
  return count;
}
function hasCap(): bool {
  return zoneOf(currentProcess().credentials.zoneid).memory.swapLimit != UNLIMITED;
}

// ---- adding and removing

/** A swapres: a name, and where the area begins, and how many blocks it has; 0: all. */
class Wish {
  path: string = '';
  start: u64 = 0;
  length: u64 = 0;
  /** What is at the path, held. */
  device: Device | null = null;

  /** 0, or why there is no device. */
  fetch(argument: u64): i32 {
    if (copyIn(buffer, argument, SWAPRES)) return setError(failure);
    this.start = load<u64>(buffer, 8);
    this.length = load<u64>(buffer, 16);
    const path = fetchText(load<u64>(buffer));
    if (path == null) return setError(failure);
    this.path = path;
    const process = currentProcess();
    const vnode = newWalk().find(process.directory!, path, true);
    if (!vnode) return setError(failure);
    const real = vnode.real;
    const isBlock = vnode.type == S_IFBLK;
    if (isBlock && real instanceof Device) {
      real.hold();
      this.device = real as Device;
    }
    vnode.release();
    return this.device ? 0 : setError(isBlock ? ENOTBLK : ENOSYS);
  }
}

function add(argument: u64): i64 {
  const wish = new Wish();
  let error = wish.fetch(argument);
  if (error) return error;
  error = addDevice(wish.device!, wish.path, wish.start, wish.length);
  if (error) wish.device!.release();
  return error;
}

function addDevice(device: Device, path: string, start: u64, length: u64): i32 {
  for (let i = 0; i < SWAP_AREAS; i++) {
    const area = swapArea(i);
    if (area && area.device == device) return setError(EEXIST);
  }
  const blocks = device.size / 512;
  if (start || length > blocks) return setError(EINVAL);
  const pages = (length ? length : blocks) / BLOCKS;
  if (pages < 2) return setError(ENOSPC);
  const area = new SwapArea(path, device, <u32>min(pages, SWAP_PAGES_MOST));
  const error = device.useForSwap(true);
  if (error) return error;
  // It may have slept.
  if (startPageout() && enterArea(area)) return 0;
  device.useForSwap(false);
  return setError(ENOMEM);
}

function remove(argument: u64): i64 {
  const wish = new Wish();
  const error = wish.fetch(argument);
  if (error) return error;
  const device = wish.device!;
  device.release();
  for (let i = 0; i < SWAP_AREAS; i++) {
    const area = swapArea(i);
    if (!area || area.device != device) continue;
    if (area.isLeaving) return setError(EBUSY);
    return removeArea(area);
  }
  return setError(EINVAL);
}

/** Is there room for what is promised without it? */
function isNeeded(area: SwapArea): bool {
  return promisable() < <i64>area.used + (area.isClosed ? 0 : area.free);
}

function removeArea(area: SwapArea): i64 {
  if (isNeeded(area)) return setError(ENOMEM);
  const wasClosed = area.isClosed;
  area.isLeaving = true;
  area.setClosed(true);
  const error = emptyArea(area);
  area.isLeaving = false;
  if (error) {
    area.setClosed(wasClosed);
    return error;
  }
  leaveArea(area);
  area.giveBack();
  area.device.useForSwap(false);
  area.device.release();
  return 0;
}

function emptyArea(area: SwapArea): i32 {
  const timer = new WaitQueue();
  let used = area.used;
  for (let idle = 0; idle < PATIENCE; idle++) {
    const error = bringAllBack(area);
    if (error) return error;
    if (!area.used) return 0;
    if (area.used < used) idle = 0;
    used = area.used;
    // Somebody is using what is left.
    const flags = saveInterrupts();
    const interrupted = timer.wait(true, 1);
    restoreInterrupts(flags);
    if (interrupted) return setError(EINTR);
  }
  return setError(EBUSY);
}

function bringAllBack(area: SwapArea): i32 {
  const list = processList();
  for (let i = 0; i < list.length; i++) {
    const space = list[i].space;
    if (!space) continue;
    space.hold();
    const error = space.bringBack(area);
    space.release();
    if (error) return error;
  }
  const objects = anonymousList();
  for (let i = 0; i < objects.length; i++) {
    const object = objects[i];
    object.hold();
    let error = 0;
    for (let index: u64 = 0; index < object.pages && !error; index = object.nextLeaf(index) + 1) {
      const slot = object.slotAt(index);
      if (!slot || !isSlotOf(slot, area)) continue;
      throttle();
      if (!object.page(index * PAGE)) error = setError(failure);
    }
    object.release();
    if (error) return error;
  }
  return 0;
}

// ---- listing

/** A swaptbl: how many entries it has room for, then those; each points to where its path goes. */
function list(table: u64, isGlobal: bool): i64 {
  if (fetch32(table)) return -failure;
  const room = <i32>fetched();
  const count = isGlobal ? areaCount() : hasCap() ? 1 : 0;
  if (room < count) return setError(ENOMEM);
  let at = table + 8;
  if (!isGlobal) {
    const zone = zoneOf(currentProcess().credentials.zoneid).memory;
    if (!count) return 0;
    const left = zone.swapLimit > zone.swap ? zone.swapLimit - zone.swap : 0;
    const error = putEntry(at, 'swap', 0, zone.swapLimit, left, 0);
    return error ? error : 1;
  }
  let done = 0;
  for (let i = 0; i < SWAP_AREAS && done < count; i++) {
    const area = swapArea(i);
    if (!area) continue;
    const error = putEntry(at, area.path, BLOCKS, area.usable, area.free, area.isLeaving ? ST_INDEL : 0);
    if (error) return error;
    at += SWAPENT;
    done++;
  }
  return done;
}

function putEntry(at: u64, path: string, start: u64, pages: u64, free: u64, flags: i32): i32 {
  if (fetch64(at)) return setError(failure);
  const place = fetched();
  const size = min(path.length, MAXPATHLEN - 1);
  storeText(pathBuffer, path.substring(0, size));
  store<u8>(pathBuffer + size, 0);
  const error = copyOut(place, pathBuffer, size + 1);
  if (error) return error;
  store<u64>(buffer, place);
  store<u64>(buffer, start, 8);
  store<u64>(buffer, pages * BLOCKS, 16);
  store<u64>(buffer, pages, 24);
  store<u64>(buffer, free, 32);
  store<u64>(buffer, <u64>flags, 40);
  return copyOut(at, buffer, <usize>SWAPENT);
}

/** Pages that there are of memory and swap, of them free, and promised. */
function information(at: u64): i64 {
  let all: u64 = totalFrames();
  for (let i = 0; i < SWAP_AREAS; i++) {
    const area = swapArea(i);
    if (area) all += area.usable;
  }
  const free = <u64>freeFrames() + freeSwap();
  store<u64>(buffer, all);
  store<u64>(buffer, free, 8);
  store<u64>(buffer, all - <u64>min<i64>(max<i64>(promisable(), 0), free), 16);
  return copyOut(at, buffer, ANONINFO);
}
