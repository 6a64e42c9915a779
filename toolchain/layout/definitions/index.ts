// SPDX-License-Identifier: MIT
/** @fileoverview Every layout, by the guest module it appears in: `import { TrapFrame } from 'layout/processor'`. */
import type { Layout } from '../layout.ts';
import { layouts as boot } from './boot.ts';
import { layouts as dump } from './dump.ts';
import { layouts as elf } from './elf.ts';
import { layouts as image } from './image.ts';
import { layouts as processor } from './processor.ts';
import { layouts as zfs } from './zfs.ts';

export const layoutModules: Readonly<Record<string, readonly Layout[]>> = { boot, dump, elf, image, processor, zfs };
