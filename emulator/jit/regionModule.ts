// SPDX-License-Identifier: MIT
/**
 * @fileoverview A wasm module of compiled regions: their functions, and the two ways in which they all end. It shares memory and function
 * table with the interpreter.
 *
 * Both ends look RIP up in the jump cache, as the interpreter does, so that compiled code follows the same translations: `dispatch` goes on
 * with what it finds, `interpret` with the first instruction of what it finds, whether that is compiled or not.
 */
import { bulkLegacy, bulkLong } from '../interp/generate.ts';
import type { RunMode } from '../interp/records.ts';
import { ACCESS_KIND, EXIT, HEAD, JUMP_BESIDE, JUMP_CACHE, JUMP_ENTRIES, RECORD_SIZE, SLOT } from '../ir/state.ts';
import { divideWide } from '../wasm/divide.ts';
import { Code, I32, I64, Module, type WasmFunction } from '../wasm/module.ts';
import type { RegionCode } from './pages.ts';
import { compileRegion, type Region } from './region.ts';

export interface RegionHost {
  /** State of the processor. */
  base: number;
  headHandler: number;
  compiledHandler: number;
  /** A region for everything that is hot, though another one has it inside. */
  onlyEntries: boolean;
}
/** A hot run. */
export interface HotRun {
  page: number;
  entry: number;
  mode: RunMode;
  /** Translation block of the mode. */
  tlb: number;
  /** Legacy code, and its first four segments are flat. */
  flat: boolean;
  /** Where the region counts (`trace.ts`), or 0. */
  counters: number;
}
export interface Wanted extends HotRun {
  code: RegionCode;
}
/** A region that has been compiled. */
export interface BuiltRegion extends Omit<Region, 'function'> {
  /** Which of those that were wanted it is. */
  wanted: number;
  /** Bytes of its wasm. */
  size: number;
}
export interface Built {
  /** In table order. */
  regions: BuiltRegion[];
  /** Which could not be compiled. */
  refused: number[];
}
const MEMORY = { minimum: 0, maximum: 65536, shared: false };

/** A function of the module that is made when somebody asks for its number: few regions need all of them. */
const once = (make: () => number): (() => number) => {
  let known = -1;
  return () => {
    if (known < 0) known = make();
    return known;
  };
};

/** The regions that could be compiled, in the table from `tableAt` on. */
export function buildRegions(
  host: RegionHost,
  wanted: readonly Wanted[],
  tableAt: number,
): Built & { wasm: Uint8Array<ArrayBuffer> } {
  const module = new Module(MEMORY);
  module.tableImport = 'table';
  module.elementsAt = tableAt;
  const helping = module.importFunction('help', [I32, I32, I32], [I32]);
  const type = module.type([I32, I32], [I32]);
  const divide = once(() => module.func(divideWide(module)));
  const bulk = { long: once(() => bulkLong(module)), legacy: once(() => bulkLegacy(module)) };
  const ends = new Map<number, { dispatch: number; interpret: number }>();
  const dispatchFar = once(() => module.func({ ...dispatch(host, undefined, type), type: module.type([I32], [I32]) }));
  const help = once(() =>
    module.func({ type: module.type([I32, I32, I32], [I32]), locals: [], code: callHelp(host, helping, dispatchFar()) }),
  );
  const regions: BuiltRegion[] = [];
  const refused: number[] = [];
  /** Blocks of regions that have been made: what became hot with them need not be made again. */
  const covered = new Set<string>();
  for (const [index, w] of wanted.entries()) {
    let end = ends.get(w.tlb);
    if (!end) {
      end = {
        dispatch: module.func({ ...dispatch(host, w.tlb, type), type: module.type([I32], [I32]) }),
        interpret: module.func({ ...interpret(host, w.tlb), type }),
      };
      ends.set(w.tlb, end);
    }
    const long = w.mode.code === 64;
    const place = {
      base: host.base,
      tlb: w.tlb,
      divideWide: divide,
      bulk: long ? bulk.long : bulk.legacy,
      long,
      flat: w.flat,
      counters: w.counters,
      kernel: w.mode.kind !== ACCESS_KIND.user,
    };
    const key = (page: number, offset: number): string => `${page} ${offset} ${w.mode.id}`;
    if (covered.has(key(w.page, w.entry))) continue;
    const region = compileRegion(w.code, w.entry, place, {
      ...end,
      dispatchFar,
      help,
      type,
    });
    if (!region) {
      refused.push(index);
      continue;
    }
    const { function: body, entries, blocks, instructions } = region;
    if (host.onlyEntries) for (const offset of entries) covered.add(key(w.page, offset));
    else for (const b of blocks) covered.add(key(b.page, b.from));
    module.elements.push(module.func(body));
    regions.push({ entries, blocks, instructions, wanted: index, size: body.code.length });
  }
  return { wasm: module.build(), regions, refused };
}

/** Goes on wherever the helper leads, unless the processor has something to do before. */
function callHelp({ base }: RegionHost, helping: number, dispatchFar: number): Code {
  const [budget, helper, record] = [0, 1, 2];
  const c = new Code().i32(base).get(budget).mem('i32.store', SLOT.BUDGET);
  c.get(helper).get(record).get(budget).call(helping).if().get(budget).returnCall(dispatchFar).end();
  return c.i32(0);
}

type Body = Pick<WasmFunction, 'locals' | 'code'>;
const BUDGET = 0;
const REASON = 1;

/**
 * Looks RIP up: leaves with `exit` if it is not there; else PAGE is set and the record in local `record`. `tlb`: the translation block, that
 * which state names if undefined.
 */
function lookUp(
  c: Code,
  host: RegionHost,
  tlb: number | undefined,
  exit: number,
  locals: { rip: number; entry: number; record: number },
): void {
  const { base } = host;
  const { rip, entry, record } = locals;
  c.i32(base).get(BUDGET).mem('i32.store', SLOT.BUDGET);
  c.i32(base).mem('i64.load', SLOT.RIP).tee(rip).op('i32.wrap_i64').tee(entry).get(entry);
  c.i32(10)
    .op('i32.shr_u')
    .op('i32.xor')
    .i32(4)
    .op('i32.shl')
    .i32((JUMP_ENTRIES - 1) << 4)
    .op('i32.and');
  if (tlb === undefined) c.i32(base).mem('i32.load', SLOT.TLB).op('i32.add');
  const cache = (tlb ?? 0) + JUMP_CACHE;
  c.tee(entry).mem('i64.load', cache).get(rip).op('i64.ne').if();
  c.get(entry).i32(JUMP_BESIDE).op('i32.xor').tee(entry).mem('i64.load', cache).get(rip).op('i64.ne').if();
  c.i32(base).i32(exit).mem('i32.store', SLOT.EXIT).i32(0).op('return').end();
  c.end();
  c.i32(base)
    .get(rip)
    .get(entry)
    .mem('i64.load32_u', cache + 12)
    .op('i64.sub')
    .mem('i64.store', SLOT.PAGE);
  c.get(entry)
    .mem('i32.load', cache + 8)
    .set(record);
}
function dispatch(host: RegionHost, tlb: number | undefined, type: number): Body {
  const c = new Code();
  const [rip, entry, record] = [1, 2, 3];
  lookUp(c, host, tlb, EXIT.lookup, { rip, entry, record });
  c.get(record).mem('i32.load16_u', 0).i32(host.compiledHandler).op('i32.eq').if();
  c.get(BUDGET).get(record).get(record).mem('i32.load', HEAD.region).returnCallIndirect(type).end();
  c.get(record);
  return { locals: [I64, I32, I32], code: c };
}
function interpret(host: RegionHost, tlb: number): Body {
  const c = new Code();
  const [rip, entry, record] = [2, 3, 4];
  const counter = SLOT.LEFT;
  c.get(REASON)
    .i32(2)
    .op('i32.shl')
    .tee(entry)
    .get(entry)
    .mem('i32.load', host.base + counter)
    .i32(1)
    .op('i32.add');
  c.mem('i32.store', host.base + counter);
  c.get(REASON)
    .i32(3)
    .op('i32.shl')
    .i32(host.base)
    .mem('i64.load', SLOT.RIP)
    .mem('i64.store', host.base + SLOT.LEFT_AT);
  lookUp(c, host, tlb, EXIT.interpret, { rip, entry, record });
  // Heads are one record long.
  c.get(record).get(record).i32(RECORD_SIZE).op('i32.add');
  c.get(record).mem('i32.load16_u', 0).tee(entry).i32(host.compiledHandler).op('i32.eq');
  c.get(entry).i32(host.headHandler).op('i32.eq').op('i32.or').op('i32.eqz').op('select');
  return { locals: [I64, I32, I32], code: c };
}
