// SPDX-License-Identifier: MIT
/**
 * @fileoverview ZFS on disk, pool versions 1 to 28, as little-endian writers leave it.
 *
 * "ZFS On-Disk Specification" (Sun, 2006) for what version 1 had; the rest was read from pools that OpenZFS and zfs-fuse made.
 * Sizes in block pointers are in sectors of 512 bytes whatever the device's own are.
 */
import { array, layout, u8, u16, u32, u64 } from '../layout.ts';

export const dva = layout(
  'Dva',
  { size: 16, comment: 'Where a block lies: vdev << 32 | grid << 24 | asize in sectors; gang << 63 | offset in sectors.' },
  { place: u64, offset: u64 },
);

export const blockPointer = layout(
  'BlockPointer',
  { size: 128, comment: 'A block: up to three copies, sizes, algorithms, checksum. All zero: a hole.' },
  { dva: array(dva, 3), prop: u64, pad: array(u64, 2), physicalBirth: u64, birth: u64, fill: u64, checksum: array(u64, 4) },
);

export const checksumTail = layout(
  'ChecksumTail',
  { size: 40, comment: 'The last bytes of a block that holds its own checksum: labels, uberblocks, gang headers, log blocks.' },
  { magic: u64, checksum: array(u64, 4) },
);

export const uberblock = layout(
  'Uberblock',
  { size: 176 },
  {
    magic: u64,
    version: u64,
    txg: u64,
    guidSum: u64,
    timestamp: u64,
    root: blockPointer,
    softwareVersion: u64,
  },
);

export const dnode = layout(
  'DnodePhys',
  { size: 512, comment: 'A dnode: block pointers, then the bonus buffer where they end.' },
  {
    type: u8,
    indirectShift: u8,
    levels: u8,
    pointers: u8,
    bonusType: u8,
    checksum: u8,
    compress: u8,
    flags: u8,
    sectors: u16,
    bonusLength: u16,
    extra: u8,
    pad1: array(u8, 3),
    maxBlock: u64,
    used: u64,
    pad2: array(u64, 4),
    block: array(blockPointer, 3),
    rest: array(u8, 64),
  },
);

export const zilHeader = layout(
  'ZilHeader',
  { size: 192 },
  { claimTxg: u64, replaySeq: u64, log: blockPointer, claimBlockSeq: u64, flags: u64, claimRecordSeq: u64, pad: array(u64, 3) },
);

export const zilChain = layout(
  'ZilChain',
  {
    size: 184,
    comment: 'Part of each block of an intent log: the next block, bytes in use (this included, where it is in front), checksum.',
  },
  { pad: u64, next: blockPointer, used: u64, tail: checksumTail },
);

export const zilRecord = layout(
  'ZilRecord',
  { size: 32, comment: 'What each record of an intent log begins with; its length is that of all of it.' },
  { type: u64, length: u64, txg: u64, sequence: u64 },
);

export const zilCreate = layout(
  'ZilCreate',
  { size: 104, comment: 'A new file; its name follows, and the target of a link.' },
  {
    record: zilRecord,
    directory: u64,
    object: u64,
    mode: u64,
    uid: u64,
    gid: u64,
    generation: u64,
    crtime: array(u64, 2),
    rdev: u64,
  },
);
export const zilRemove = layout('ZilRemove', { size: 40, comment: 'The name follows.' }, { record: zilRecord, directory: u64 });
export const zilLink = layout(
  'ZilLink',
  { size: 48, comment: 'The name follows.' },
  { record: zilRecord, directory: u64, object: u64 },
);
export const zilRename = layout(
  'ZilRename',
  { size: 48, comment: 'Both names follow.' },
  { record: zilRecord, from: u64, to: u64 },
);
export const zilWrite = layout(
  'ZilWrite',
  { size: 192, comment: 'Data follow, unless they are a block of their own.' },
  { record: zilRecord, object: u64, offset: u64, count: u64, within: u64, block: blockPointer },
);
export const zilTruncate = layout(
  'ZilTruncate',
  { size: 56, comment: 'A hole; with a count of 0 up to the end, which is then there.' },
  { record: zilRecord, object: u64, offset: u64, count: u64 },
);
export const zilSetAttributes = layout(
  'ZilSetAttributes',
  { size: 112, comment: 'Those whose bits are in the mask.' },
  {
    record: zilRecord,
    object: u64,
    mask: u64,
    mode: u64,
    uid: u64,
    gid: u64,
    size: u64,
    atime: u64,
    atimePart: u64,
    mtime: u64,
    mtimePart: u64,
  },
);

export const zilAcl = layout(
  'ZilAcl',
  { size: 80, comment: 'A list of access: its entries follow, twelve bytes each, and ids of other domains.' },
  { record: zilRecord, object: u64, count: u64, domains: u64, ids: u64, bytes: u64, flags: u64 },
);

export const objset = layout(
  'ObjsetPhys',
  { size: 2048, comment: 'The root of an object set; 1024 bytes before version 15.' },
  {
    meta: dnode,
    zil: zilHeader,
    type: u64,
    flags: u64,
    pad: array(u8, 304),
    userUsed: dnode,
    groupUsed: dnode,
  },
);

export const dslDir = layout(
  'DslDirPhys',
  { size: 256 },
  {
    creation: u64,
    head: u64,
    parent: u64,
    origin: u64,
    children: u64,
    used: u64,
    compressed: u64,
    uncompressed: u64,
    quota: u64,
    reserved: u64,
    properties: u64,
    delegation: u64,
    flags: u64,
    breakdown: array(u64, 5),
    clones: u64,
    pad: array(u64, 13),
  },
);

export const dslDataset = layout(
  'DslDatasetPhys',
  { size: 320 },
  {
    dir: u64,
    previous: u64,
    previousTxg: u64,
    next: u64,
    snapshots: u64,
    children: u64,
    creation: u64,
    creationTxg: u64,
    deadlist: u64,
    referenced: u64,
    compressed: u64,
    uncompressed: u64,
    unique: u64,
    fsid: u64,
    guid: u64,
    flags: u64,
    root: blockPointer,
    nextClones: u64,
    properties: u64,
    userReferences: u64,
    pad: array(u64, 5),
  },
);

export const bpobj = layout(
  'BpobjPhys',
  { size: 48, comment: 'A list of block pointers; the last two fields since version 26.' },
  { count: u64, bytes: u64, compressed: u64, uncompressed: u64, subobjects: u64, subobjectCount: u64 },
);

export const deadlist = layout(
  'DeadlistPhys',
  { size: 320 },
  { used: u64, compressed: u64, uncompressed: u64, pad: array(u64, 37) },
);

export const spaceMap = layout('SpaceMapPhys', { size: 24 }, { object: u64, length: u64, allocated: u64 });

export const history = layout(
  'HistoryPhys',
  { size: 40, comment: 'The ring of commands: its first part, of createLength bytes, is never overwritten.' },
  { createLength: u64, limit: u64, begin: u64, end: u64, lost: u64 },
);

export const scan = layout(
  'ScanPhys',
  { size: 192, comment: 'The last scrub or resilver, or the one under way: an entry of the object directory.' },
  {
    kind: u64,
    state: u64,
    queue: u64,
    minTxg: u64,
    maxTxg: u64,
    currentMinTxg: u64,
    currentMaxTxg: u64,
    start: u64,
    end: u64,
    toExamine: u64,
    examined: u64,
    toProcess: u64,
    processed: u64,
    errors: u64,
    dedupClass: u64,
    dedupBookmark: array(u64, 4),
    bookmark: array(u64, 4),
    flags: u64,
  },
);

export const znode = layout(
  'ZnodePhys',
  { size: 264, comment: 'Attributes of a file before version 5 of the file system; times are seconds and nanoseconds.' },
  {
    atime: array(u64, 2),
    mtime: array(u64, 2),
    ctime: array(u64, 2),
    crtime: array(u64, 2),
    gen: u64,
    mode: u64,
    size: u64,
    parent: u64,
    links: u64,
    xattr: u64,
    rdev: u64,
    flags: u64,
    uid: u64,
    gid: u64,
    zap: u64,
    pad: array(u64, 3),
    aclExternal: u64,
    aclSize: u32,
    aclVersion: u16,
    aclCount: u16,
    aces: array(u8, 72),
  },
);

export const zapMicroHeader = layout('MicroZap', { size: 64 }, { type: u64, salt: u64, normalisation: u64, pad: array(u64, 5) });
export const zapMicroEntry = layout('MicroZapEntry', { size: 64 }, { value: u64, cd: u32, pad: u16, name: array(u8, 50) });

export const zapHeader = layout(
  'FatZap',
  { size: 104, comment: 'Block 0 of a fat ZAP; its second half is the pointer table until that needs blocks of its own.' },
  {
    type: u64,
    magic: u64,
    tableStart: u64,
    tableBlocks: u64,
    tableShift: u64,
    tableNext: u64,
    tableCopied: u64,
    freeBlock: u64,
    leaves: u64,
    entries: u64,
    salt: u64,
    normalisation: u64,
    flags: u64,
  },
);

export const zapLeaf = layout(
  'ZapLeaf',
  { size: 48 },
  {
    type: u64,
    pad: u64,
    prefix: u64,
    magic: u32,
    free: u16,
    entries: u16,
    prefixLength: u16,
    freeList: u16,
    flags: u8,
    pad2: array(u8, 11),
  },
);

export const zapLeafEntry = layout(
  'ZapLeafEntry',
  { size: 24 },
  {
    type: u8,
    valueIntegers: u8,
    next: u16,
    nameChunk: u16,
    nameLength: u16,
    valueChunk: u16,
    valueLength: u16,
    cd: u32,
    hash: u64,
  },
);

// ---- streams of zfs send (DMU_BACKUP); every record has 312 bytes, and what follows is said by its length

export const replayBegin = layout(
  'ReplayBegin',
  { size: 312, comment: 'The first record of a stream. Version: bits 0-1 kind of stream, 2-31 features.' },
  {
    kind: u32,
    payload: u32,
    magic: u64,
    version: u64,
    creation: u64,
    type: u32,
    flags: u32,
    toGuid: u64,
    fromGuid: u64,
    name: array(u8, 256),
  },
);
export const replayEnd = layout(
  'ReplayEnd',
  { size: 312, comment: 'The checksum is fletcher4 over all of the stream before this record.' },
  { kind: u32, payload: u32, checksum: array(u64, 4), toGuid: u64, pad: array(u8, 264) },
);
export const replayObject = layout(
  'ReplayObject',
  { size: 312, comment: 'An object, new or changed; its bonus buffer follows, filled up to eight bytes.' },
  {
    kind: u32,
    payload: u32,
    object: u64,
    type: u32,
    bonusType: u32,
    blockSize: u32,
    bonusLength: u32,
    checksum: u8,
    compress: u8,
    pad1: array(u8, 6),
    toGuid: u64,
    pad2: array(u8, 264),
  },
);
export const replayFreeObjects = layout(
  'ReplayFreeObjects',
  { size: 312 },
  { kind: u32, payload: u32, first: u64, count: u64, toGuid: u64, pad: array(u8, 280) },
);
export const replayWrite = layout(
  'ReplayWrite',
  { size: 312, comment: 'A block of data, which follows; its checksum on the disk that it was sent from, and sizes there.' },
  {
    kind: u32,
    payload: u32,
    object: u64,
    type: u32,
    pad1: u32,
    offset: u64,
    length: u64,
    toGuid: u64,
    checksumType: u8,
    checksumFlags: u8,
    pad2: array(u8, 6),
    checksum: array(u64, 4),
    sizes: u64,
    pad3: array(u8, 216),
  },
);
export const replaySpill = layout(
  'ReplaySpill',
  { size: 312, comment: 'A spill block, which follows.' },
  { kind: u32, payload: u32, object: u64, length: u64, toGuid: u64, pad: array(u8, 280) },
);
export const replayFree = layout(
  'ReplayFree',
  { size: 312, comment: 'A hole; a length of all ones reaches to the end.' },
  { kind: u32, payload: u32, object: u64, offset: u64, length: u64, toGuid: u64, pad: array(u8, 272) },
);

export const layouts = [
  dva,
  blockPointer,
  checksumTail,
  uberblock,
  dnode,
  zilHeader,
  zilChain,
  zilRecord,
  zilCreate,
  zilRemove,
  zilLink,
  zilRename,
  zilWrite,
  zilTruncate,
  zilSetAttributes,
  zilAcl,
  replayBegin,
  replayEnd,
  replayObject,
  replayFreeObjects,
  replayWrite,
  replayFree,
  replaySpill,
  objset,
  dslDir,
  dslDataset,
  bpobj,
  deadlist,
  spaceMap,
  history,
  scan,
  znode,
  zapMicroHeader,
  zapMicroEntry,
  zapHeader,
  zapLeaf,
  zapLeafEntry,
];
