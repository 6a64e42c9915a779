// SPDX-License-Identifier: MIT
/**
 * @fileoverview A ring of bytes in page frames, between who puts in and who takes out: what pipes and local sockets consist of.
 */
import { address } from 'machine/mem';
import { ENOMEM, setError } from '../kernel/errno';
import { dropFrame, newFrame, PAGE } from '../kernel/memory/frames';
import { bring, copyNow } from '../kernel/memory/user';

const FRAMES: i32 = 4;
export const RING_CAPACITY: u64 = 16384;

/** The caller's memory had to be brought, and others may have used the ring meanwhile: look at it anew, then try again. */
export const LOOK_AGAIN: i32 = 1;

function afterBringing(at: u64, count: u64, write: bool): i32 {
  const error = bring(at, count, write);
  return error ? error : LOOK_AGAIN;
}

export class ByteRing {
  private readonly frames: StaticArray<usize> = new StaticArray<usize>(FRAMES);
  /** Bytes put in and taken out so far. */
  private written: u64 = 0;
  private taken: u64 = 0;

  /** Gets its frames, if it has none yet. 0 or -ENOMEM. */
  allocate(): i32 {
    for (let i = 0; i < FRAMES; i++) {
      if (this.frames[i]) continue;
      this.frames[i] = newFrame();
      if (this.frames[i]) continue;
      this.drop();
      return setError(ENOMEM);
    }
    return 0;
  }
  /** Gives them back, with what is in them. */
  drop(): void {
    for (let i = 0; i < FRAMES; i++) {
      if (this.frames[i]) dropFrame(this.frames[i]);
      this.frames[i] = 0;
    }
    this.taken = this.written;
  }

  get waiting(): u64 {
    return this.written - this.taken;
  }
  get room(): u64 {
    return RING_CAPACITY - this.waiting;
  }

  private place(count: u64): usize {
    const at = <usize>(count % RING_CAPACITY);
    return this.frames[<i32>(at / PAGE)] + (at & (PAGE - 1));
  }

  /** Puts bytes in, for which there is room. 0, or -EFAULT; or {@link LOOK_AGAIN}. Of these nothing has been put in. */
  put(from: u64, count: u64): i32 {
    for (let done: u64 = 0; done < count; ) {
      const at = this.written + done;
      const part = min(count - done, <u64>PAGE - (at & (<u64>PAGE - 1)));
      if (copyNow(address(this.place(at)), from + done, part)) return afterBringing(from, count, false);
      done += part;
    }
    this.written += count;
    return 0;
  }

  /** Copies bytes out, `skip` behind the next one; they stay. Results as of {@link put}. */
  peek(to: u64, count: u64, skip: u64 = 0): i32 {
    for (let done: u64 = 0; done < count; ) {
      const at = this.taken + skip + done;
      const part = min(count - done, <u64>PAGE - (at & (<u64>PAGE - 1)));
      if (copyNow(to + done, address(this.place(at)), part)) return afterBringing(to, count, true);
      done += part;
    }
    return 0;
  }
  skip(count: u64): void {
    this.taken += count;
  }
}
