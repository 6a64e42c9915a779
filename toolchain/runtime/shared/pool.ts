// SPDX-License-Identifier: MIT
/**
 * @fileoverview Pools of equal objects outside the collected heap: vnodes, buffer headers, processes, page descriptors.
 *
 * A pool takes slabs from a page source and cuts them into cells. An object is constructed once, when its slab is cut, and
 * keeps that state from `free` to the next `alloc`: whoever frees it leaves it as the constructor did (J. Bonwick, The Slab
 * Allocator, 1994). The collector does not look into pools: a reference from a pooled object keeps nothing alive.
 *
 * A word behind each object links free cells and marks those in use, so that freeing twice, or something else's pointer, is
 * caught. Neither alloc nor free may be interrupted by another use of the same pool: callers hold their lock.
 *
 *     const vnodes = new Pool('vnode', offsetof<Vnode>(), allocatePages, (p) => { changetype<Vnode>(p).count = 0; });
 *     const vnode = changetype<Vnode>(vnodes.alloc());
 */

/** The marker behind an object in use: no pointer, since pointers are aligned. */
const IN_USE: usize = 0x6c6f6f71;
const NOTHING: usize = 0;

export class Pool {
  /** Objects handed out. */
  used: u32 = 0;
  /** Objects constructed, used or not. */
  total: u32 = 0;
  private free_: usize = NOTHING;
  private readonly stride: usize;
  private readonly slab: usize;

  /**
   * `source(bytes)` gives zeroed memory aligned to 16, or 0; it is asked for at least `slabBytes` at a time.
   */
  constructor(
    public readonly name: string,
    private readonly size: usize,
    private readonly source: (bytes: usize) => usize,
    private readonly construct: ((object: usize) => void) | null = null,
    slabBytes: usize = 16384,
  ) {
    this.stride = (((size + 7) & ~7) + 8 + 15) & ~15;
    this.slab = max(slabBytes, this.stride);
  }

  /** An object as its constructor left it, or 0 if the page source has nothing left. */
  alloc(): usize {
    if (!this.free_ && !this.addSlab()) return 0;
    const object = this.free_;
    this.free_ = load<usize>(this.linkOf(object));
    store<usize>(this.linkOf(object), IN_USE);
    this.used++;
    return object;
  }

  free(object: usize): void {
    const link = this.linkOf(object);
    assert(load<usize>(link) == IN_USE, 'freed twice, or not of this pool');
    store<usize>(link, this.free_);
    this.free_ = object;
    this.used--;
  }

  // @ts-ignore: decorator
  @inline private linkOf(object: usize): usize {
    return object + ((this.size + 7) & ~7);
  }

  private addSlab(): bool {
    const slab = this.source(this.slab);
    if (!slab) return false;
    const construct = this.construct;
    // Backwards, so that allocation runs upwards through the slab.
    for (let i = <i32>(this.slab / this.stride) - 1; i >= 0; i--) {
      const object = slab + <usize>i * this.stride;
      if (construct) construct(object);
      store<usize>(this.linkOf(object), this.free_);
      this.free_ = object;
      this.total++;
    }
    return true;
  }
}
