// SPDX-License-Identifier: MIT
/**
 * @fileoverview The pages whose code a region may take in: the one it begins in, and those nearby that direct branches lead to.
 *
 * Everything in a region is named by its offset from the first page, as mapped when the region was found hot; offsets in other pages are negative or
 * above 4095. That another page is still mapped there is looked up in the jump cache on every way into it, as the interpreter does: what is found
 * has to be the head that stood there, whose address is never used again for anything else while the region can be entered. So a page
 * takes in what the jump cache had, and nothing depends on what it may have meanwhile.
 */
import type { RunMode } from '../interp/records.ts';
import type { CodeSource } from './codeSource.ts';

export const PAGE = 4096;
/** Pages of a region, and how far from the first, which an exit can name (`emitter/exits.ts`). */
const MOST_PAGES = 4;
export const FARTHEST = 64 * PAGE;

export interface CodePage {
  /** Physical page number. */
  page: number;
  /** Host address of its first byte. */
  bytes: number;
}
/** Page of the run that the jump cache has at a distance in bytes from the first page, or undefined. */
export type Neighbour = (offset: number) => CodePage | undefined;

/** Distance of a page from the first, in bytes. */
export const pageOf = (offset: number): number => offset & -PAGE;
export const samePage = (a: number, b: number): boolean => pageOf(a) === pageOf(b);

export class RegionCode {
  readonly runs: CodeSource;
  readonly mode: RunMode;
  /** Of the first page. */
  readonly page: number;
  private readonly pages: Map<number, CodePage>;
  private readonly neighbour: Neighbour;

  constructor(runs: CodeSource, mode: RunMode, first: CodePage, neighbour: Neighbour) {
    this.runs = runs;
    this.mode = mode;
    this.page = first.page;
    this.pages = new Map([[0, first]]);
    this.neighbour = neighbour;
  }
  /** The page of an offset, if the region has it. */
  at(offset: number): CodePage | undefined {
    return this.pages.get(pageOf(offset));
  }
  get single(): boolean {
    return this.pages.size === 1;
  }
  /** Takes in the page of a branch target outside if what is there is entered often; false if not. */
  reach(offset: number): boolean {
    if (offset < -FARTHEST || offset >= FARTHEST) return false;
    const found = this.neighbour(offset);
    const known = this.at(offset);
    if (!found || (known ? known.page !== found.page : this.pages.size >= MOST_PAGES)) return false;
    if (!this.runs.isOftenEntered(this.runs.find(found.page, offset & (PAGE - 1), this.mode))) return false;
    this.pages.set(pageOf(offset), found);
    return true;
  }
  /** The run that begins at an offset, or 0. */
  runAt(offset: number): number {
    const place = this.at(offset);
    return place ? this.runs.find(place.page, offset & (PAGE - 1), this.mode) : 0;
  }
}
