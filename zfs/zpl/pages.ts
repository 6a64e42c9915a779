// SPDX-License-Identifier: MIT
/**
 * @fileoverview Mapped files: frames that are copies of parts of blocks.
 *
 * write(2) changes both. What is written through a shared mapping changes the frame only, and is found later: such a frame is marked {@link WRITABLE} when
 * the mapping asks for it, and compared with its block before reads, at fsync, and when a group is about to be synced, for as long as it is mapped.
 * Frames that are not mapped are given back when memory is short.
 *
 * Callers hold ZFS's lock, and see to it that the file is there.
 */
import { EIO, ENOMEM, setFailure } from '../../guest-os/kernel/errno';
import { dropFrame, isShared, newFrame, PAGE } from '../../guest-os/kernel/memory/frames';
import { dmuRead, dmuWrite } from '../dmu/dmu';
import { Dnode } from '../dmu/dnode';
import { A_SIZE } from './attributes';
import { FileSystem } from './fileSystem';
import { dropUnmapped } from './mount';

/** Of a frame's place in {@link Pages.frames}: it may be changed through a mapping. */
const WRITABLE: usize = 1;
/** What copies of pages are compared in. */
const scratch: usize = memory.data(4096, 16);

/** Those of one file. */
export class Pages {
  /** By number of page, with {@link WRITABLE}. */
  private readonly frames: Map<u64, usize> = new Map<u64, usize>();

  constructor(
    private readonly fs: FileSystem,
    private readonly dn: Dnode,
  ) {}

  private frameAt(index: u64): usize {
    return this.frames.has(index) ? this.frames.get(index) & ~WRITABLE : 0;
  }

  /** The frame of a page; 0: see failure. */
  page(index: u64, write: bool): usize {
    const frames = this.frames;
    let frame = this.frameAt(index);
    if (!frame) {
      frame = newFrame();
      if (!frame && dropUnmapped()) frame = newFrame();
      if (!frame) {
        setFailure(ENOMEM);
        return 0;
      }
      if (dmuRead(this.dn, index * PAGE, PAGE, frame) < 0) {
        dropFrame(frame);
        setFailure(EIO);
        return 0;
      }
      frames.set(index, frame);
    }
    if (write) frames.set(index, frame | WRITABLE);
    return frame;
  }

  /** What has been written to blocks comes into the frames that are copies of them. */
  refresh(offset: u64, count: u64, from: usize): void {
    for (let at = offset; at < offset + count; ) {
      const within = at % PAGE;
      const part = min(<u64>PAGE - within, offset + count - at);
      const frame = this.frameAt(at / PAGE);
      if (frame) memory.copy(frame + <usize>within, from + <usize>(at - offset), <usize>part);
      at += part;
    }
  }
  /** A hole. */
  clear(offset: u64, length: u64): void {
    const numbers = this.frames.keys();
    for (let i = 0; i < numbers.length; i++) {
      const first = numbers[i] * PAGE;
      const from = max(first, offset);
      const to = min(first + PAGE, offset + length);
      if (from < to) memory.fill(this.frameAt(numbers[i]) + <usize>(from - first), 0, <usize>(to - from));
    }
  }
  /** The file ends here now. */
  cut(size: u64): void {
    this.drop((size + PAGE - 1) / PAGE);
    const within = <usize>size & (PAGE - 1);
    const last = within ? this.frameAt(size / PAGE) : 0;
    if (last) memory.fill(last + within, 0, PAGE - within);
  }

  /** What mappings have changed comes into the blocks. */
  put(): i32 {
    const frames = this.frames;
    const numbers = frames.keys();
    let result = 0;
    for (let i = 0; i < numbers.length; i++) {
      const cell = frames.get(numbers[i]);
      if (!(cell & WRITABLE)) continue;
      const frame = cell & ~WRITABLE;
      const one = this.putPage(numbers[i], frame);
      if (one < 0) result = one;
      else if (!isShared(frame)) frames.set(numbers[i], frame);
    }
    return result;
  }
  private putPage(index: u64, frame: usize): i32 {
    const dn = this.dn;
    const at = index * PAGE;
    const size = this.fs.znodes.get(dn, A_SIZE);
    if (at >= size) return 0;
    const count = min<u64>(PAGE, size - at);
    let result = dmuRead(dn, at, count, scratch);
    if (result < 0 || memory.compare(scratch, frame, <usize>count) == 0) return result;
    result = this.fs.prepareWrite(dn, at, count);
    if (result == 0) result = dmuWrite(dn, at, count, frame);
    if (result == 0) result = this.fs.wrote(dn, at, count);
    return result;
  }

  /** Gives back the frames from a page on; who has them mapped keeps them. */
  drop(from: u64): void {
    const frames = this.frames;
    const numbers = frames.keys();
    for (let i = 0; i < numbers.length; i++) {
      if (numbers[i] < from) continue;
      dropFrame(frames.get(numbers[i]) & ~WRITABLE);
      frames.delete(numbers[i]);
    }
  }
  /** Gives back frames that nobody has mapped. */
  dropUnmapped(): bool {
    const frames = this.frames;
    const numbers = frames.keys();
    let any = false;
    for (let i = 0; i < numbers.length; i++) {
      const cell = frames.get(numbers[i]);
      if (cell & WRITABLE || isShared(cell)) continue;
      dropFrame(cell);
      frames.delete(numbers[i]);
      any = true;
    }
    return any;
  }
}
