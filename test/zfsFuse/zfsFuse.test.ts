// SPDX-License-Identifier: MIT
/**
 * Pools that zfs-fuse makes are read here, and changed; then zfs-fuse reads them again, and one that was made here. Both sides have to see
 * every file as it was written. Needs root and FUSE.
 */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { endTheirs, newFolder, startTheirs } from './sides.ts';
import './pools.ts';
import './streams.ts';
import './attributes.ts';
// Last, since in the end no daemon is left.
import './promises.ts';

beforeAll(startTheirs, 60_000);
afterAll(endTheirs);
beforeEach(newFolder);
